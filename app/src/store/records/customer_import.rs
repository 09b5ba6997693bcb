//! Import of many customers from pasted text (R85): one transaction, with an event for each customer that is created or
//! updated. Rows that cannot be taken are left out and do not hold up the others.
use super::customers::{insert, load};
use crate::domain::{
    actor_stamp::ActorStamp,
    customer::{Customer, CustomerFields},
    customer_import::{
        ImportAction, ImportContext, ImportPlan, ImportReport, ImportRequest, KnownCustomer,
        warnings as warnings_about,
    },
    customer_import_parser::{SourceRow, parse},
    event::{Changed, EventAction},
    field_error::FieldError,
    id::{ClusterId, CustomerId},
    normalize::notices,
    permission::Permission,
    validation_errors::ValidationErrors,
    vocabulary::{Field, Noun},
};
use crate::store::{
    Store,
    change::{Change, VersionedRow},
    engine::{IDS_PER_STATEMENT_MAX, compute::compute},
    entity::{cluster, customer},
    error::StoreError,
};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect};
use std::collections::BTreeSet;

impl Store {
    /// What becomes of each row of a pasted text; unless it is a dry run, also creates and updates the chosen customers.
    /// Errors: an empty text; too many rows; an unknown cluster.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn import_customers(
        &self,
        mut request: ImportRequest,
        stamp: ActorStamp,
    ) -> Result<Changed<ImportReport>, StoreError> {
        let permit = self.permit(Permission::Import.on_anything()).await?;
        let text = std::mem::take(&mut request.text);
        if text.trim().is_empty() {
            return Err(ValidationErrors::one(Field::Text, FieldError::Missing).into());
        }
        // Parsing a long text takes a while, so it is done before the transaction begins.
        let read = compute(move || {
            let rows = parse(&text)?;
            let mut warnings = notices(&text);
            warnings.extend(warnings_about(&text, &rows));
            Ok::<_, FieldError>((rows, warnings))
        });
        let (rows, warnings) = read
            .await?
            .map_err(|it| ValidationErrors::one(Field::Text, it))?;
        if request.dry_run {
            let (mut row, _) = choose(&self.read, rows, &request).await?;
            row.warnings = warnings;
            return Ok(Changed {
                row,
                batch_id: None,
            });
        }
        let mut change = self.change(permit, stamp).await?;
        let (mut report, actions) = choose(&change.tx, rows, &request).await?;
        report.warnings = warnings;
        for action in actions {
            match action {
                ImportAction::Create(fields) => {
                    let row = insert(&change.tx, fields, change.stamp.at).await?;
                    change.record(row.event(EventAction::Create).after(&row));
                }
                ImportAction::Update(id, fields) => update(&mut change, id, fields).await?,
            }
        }
        change.finish(report).await
    }
}

/// The report on a text, and what is to be written.
async fn choose(
    db: &impl ConnectionTrait,
    rows: Vec<SourceRow>,
    request: &ImportRequest,
) -> Result<(ImportReport, Vec<ImportAction>), StoreError> {
    let context = load_context(db, &rows).await?;
    if let Some(id) = request.cluster_id
        && !context.clusters.values().any(|it| it.0 == id)
    {
        let unknown = FieldError::NoSuchRow {
            noun: Noun::Cluster.to_string(),
            id: id.0,
        };
        return Err(ValidationErrors::one(Field::Cluster, unknown).into());
    }
    Ok(ImportPlan::of(rows, request.cluster_id, &context).choose(request))
}

/// Saves what the text has differently of a known customer. The plan was made within the same transaction.
async fn update(
    change: &mut Change,
    id: CustomerId,
    fields: CustomerFields,
) -> Result<(), StoreError> {
    let before = load(&change.tx, id).await?;
    let mut after = before.clone();
    after.name = fields.name.into();
    after.description = fields.description.map(Into::into);
    after.metadata = fields.metadata;
    after.set_next_version(change.stamp.at);
    let row = after.save(&change.tx).await?;
    change.record(row.event(EventAction::Update).before(&before).after(&row));
    Ok(())
}

/// A cluster's id, name, whether it is active, its context and the path of its kubeconfig.
type ClusterTexts = (i64, String, bool, Option<String>, Option<String>);

/// All clusters, and the customers that have the namespace of a row.
async fn load_context(
    db: &impl ConnectionTrait,
    rows: &[SourceRow],
) -> Result<ImportContext, StoreError> {
    let clusters: Vec<ClusterTexts> = cluster::Entity::find()
        .select_only()
        .columns([
            cluster::Column::Id,
            cluster::Column::Name,
            cluster::Column::IsActive,
            cluster::Column::Context,
            cluster::Column::KubeconfigPath,
        ])
        .into_tuple()
        .all(db)
        .await?;
    let mut context = ImportContext::default();
    for (id, name, is_active, own, path) in clusters {
        let id = ClusterId(id);
        let called = own.into_iter().chain(path);
        context.contexts.extend(called.map(|it| (id, it)));
        context.clusters.insert(name, (id, is_active));
    }
    let namespaces: BTreeSet<&str> = rows.iter().map(|it| it.namespace.trim()).collect();
    let namespaces: Vec<&str> = namespaces.into_iter().collect();
    for chunk in namespaces.chunks(IDS_PER_STATEMENT_MAX) {
        let found = customer::Entity::find()
            .filter(customer::Column::Namespace.is_in(chunk.iter().copied()))
            .all(db)
            .await?;
        for row in found {
            let customer = Customer::try_from(row)?;
            let key = (customer.cluster_id, customer.namespace);
            let known = KnownCustomer {
                id: customer.id,
                is_active: customer.is_active,
                version: customer.version,
                name: customer.name,
                description: customer.description,
                metadata: customer.metadata,
            };
            context.customers.insert(key, known);
        }
    }
    Ok(context)
}
