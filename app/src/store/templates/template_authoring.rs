//! Support for writing template steps: known variables, previews with a customer's values, and the last author.
use crate::domain::{
    event::Entity,
    id::{CustomerId, ReleaseId, TemplateId},
    permission::Permission,
    summary::{PreviewTarget, TemplateDetail, TextPreview},
    text::Content,
    validation_errors::ValidationErrors,
    variables::{self, VariableScope},
    vocabulary::{Field, ReleaseStatus, StepType},
};
use crate::highlight::ValueChecks;
use crate::store::{
    Store,
    audit::events,
    entity::{cluster, customer, read_metadata, release_customer},
    error::StoreError,
    records::clusters,
};
use sea_orm::{ColumnTrait, QueryFilter, QueryOrder, QuerySelect, sea_query::Query};
use std::collections::{BTreeSet, HashMap};

impl Store {
    /// A template step, and who changed it last. Errors: not found.
    #[tracing::instrument(level = "debug", skip_all, fields(id = id.0))]
    pub async fn template(&self, id: TemplateId) -> Result<TemplateDetail, StoreError> {
        let template = self.visible_template(id).await?;
        let last = events::last_change(&self.read, Entity::Template, id.0).await?;
        let (changed_by, changed_at) = last.unzip();
        Ok(TemplateDetail {
            template,
            changed_by,
            changed_at,
        })
    }

    /// The names of all variables that a step of a release can use: the built-in ones, and every key of the release,
    /// any cluster and any customer. Errors: not found.
    #[tracing::instrument(level = "debug", skip_all, fields(release = release.0))]
    pub async fn variable_names(&self, release: ReleaseId) -> Result<Vec<String>, StoreError> {
        self.must_have(Permission::PreviewTemplates)?;
        let release = self.visible_release(release).await?;
        let mut keys: BTreeSet<String> = release.metadata.0.into_keys().collect();
        let of_clusters: Vec<String> = self
            .visible()
            .clusters()
            .select_only()
            .column(cluster::Column::Metadata)
            .distinct()
            .into_tuple()
            .all(&self.read)
            .await?;
        let of_customers: Vec<String> = self
            .visible()
            .customers()
            .select_only()
            .column(customer::Column::Metadata)
            .distinct()
            .into_tuple()
            .all(&self.read)
            .await?;
        for json in &of_clusters {
            keys.extend(read_metadata("clusters", json)?.0.into_keys());
        }
        for json in &of_customers {
            keys.extend(read_metadata("customers", json)?.0.into_keys());
        }
        let fixed = variables::BUILT_IN_VARIABLES.into_iter().map(str::to_owned);
        let keys = keys.into_iter().map(|it| format!("var.{it}"));
        Ok(fixed.chain(keys).collect())
    }

    /// The customers whose values a text can be previewed with, by name: the members, or for a draft all active
    /// customers. Errors: not found.
    #[tracing::instrument(level = "debug", skip_all, fields(release = release.0))]
    pub async fn preview_targets(
        &self,
        release: ReleaseId,
    ) -> Result<Vec<PreviewTarget>, StoreError> {
        use customer::Column;
        self.must_have(Permission::PreviewTemplates)?;
        let release = self.visible_release(release).await?;
        let of_release = if release.status == ReleaseStatus::Draft {
            Column::IsActive.eq(true)
        } else {
            let members = Query::select()
                .column(release_customer::Column::CustomerId)
                .from(release_customer::Entity)
                .and_where(release_customer::Column::ReleaseId.eq(release.id.0))
                .to_owned();
            Column::Id.in_subquery(members)
        };
        let rows: Vec<(i64, String, i64)> = self
            .visible()
            .customers()
            .select_only()
            .columns([Column::Id, Column::Name, Column::ClusterId])
            .filter(of_release)
            .order_by_asc(Column::Name)
            .order_by_asc(Column::Id)
            .into_tuple()
            .all(&self.read)
            .await?;
        let clusters: HashMap<i64, String> = self
            .visible()
            .clusters()
            .select_only()
            .columns([cluster::Column::Id, cluster::Column::Name])
            .into_tuple::<(i64, String)>()
            .all(&self.read)
            .await?
            .into_iter()
            .collect();
        let targets = rows.into_iter().map(|(id, name, cluster)| PreviewTarget {
            id: CustomerId(id),
            name,
            cluster: clusters.get(&cluster).cloned().unwrap_or_default(),
        });
        Ok(targets.collect())
    }

    /// A text, stored or not, with one customer's values filled in. Errors: not found; wrong text.
    #[tracing::instrument(level = "debug", skip_all, fields(release = release.0, customer = customer.0))]
    pub async fn preview_text(
        &self,
        release: ReleaseId,
        customer: CustomerId,
        content: String,
        kind: StepType,
    ) -> Result<TextPreview, StoreError> {
        self.must_have(Permission::PreviewTemplates)?;
        if content.trim().is_empty() {
            return Ok(TextPreview::default());
        }
        let content =
            Content::parse(&content).map_err(|it| ValidationErrors::one(Field::Content, it))?;
        let release = self.visible_release(release).await?;
        let customer = self.visible_customer(customer).await?;
        let cluster = clusters::load(&self.read, customer.cluster_id).await?;
        let scope = VariableScope {
            customer: &customer,
            cluster: &cluster,
            release: &release,
        };
        Ok(TextPreview {
            resolved: variables::resolve(content.as_str(), kind, scope),
            warnings: ValueChecks::of(content.as_str(), kind).warnings(scope),
        })
    }
}
