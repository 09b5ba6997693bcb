//! Table `text_variables`: the names of the variables that each text of a step uses, saved together with the text. So
//! unresolved variables of a thousand customers are found without parsing texts again.
use super::{
    engine::IDS_PER_STATEMENT_MAX, entity::cluster, entity::customer, entity::parse_word,
    entity::read_metadata, entity::text_variable, error::StoreError, texts,
};
use crate::domain::{
    cluster::Cluster, customer::Customer, id::CustomerId, release::Release, variables,
    variables::VariableScope, vocabulary::StepType,
};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, QueryFilter,
    QueryOrder, QuerySelect, sea_query::OnConflict,
};
use std::collections::{HashMap, HashSet};

/// Longer names, which no variable has, are cut: PostgreSQL's index takes 2,704 bytes.
const NAME_MAX_CHARS: usize = 500;

/// Saves the text of a step, and how it uses its variables. Answers its id in `texts`.
pub async fn save(tx: &DatabaseTransaction, text: &str) -> Result<i64, StoreError> {
    let saved = texts::save(tx, &[text], false).await?;
    let id = saved
        .of(text)
        .ok_or_else(|| StoreError::corrupt("texts", "a text that was saved is missing"))?;
    let rows: Vec<_> = variables::uses(text)
        .into_iter()
        .map(|used| text_variable::ActiveModel {
            text_id: Set(id),
            name: Set(used.chars().take(NAME_MAX_CHARS).collect()),
        })
        .collect();
    if rows.is_empty() {
        return Ok(id);
    }
    text_variable::Entity::insert_many(rows)
        .on_conflict(
            OnConflict::columns([text_variable::Column::TextId, text_variable::Column::Name])
                .do_nothing()
                .to_owned(),
        )
        .exec_without_returning(tx)
        .await?;
    Ok(id)
}

/// How each text uses its variables (`variables::uses`), by the text's id.
pub async fn uses(
    db: &impl ConnectionTrait,
    texts: impl IntoIterator<Item = i64>,
) -> Result<HashMap<i64, Vec<String>>, StoreError> {
    let texts: HashSet<i64> = texts.into_iter().collect();
    let mut uses: HashMap<i64, Vec<String>> = HashMap::new();
    let texts: Vec<i64> = texts.into_iter().collect();
    for chunk in texts.chunks(IDS_PER_STATEMENT_MAX) {
        let rows = text_variable::Entity::find()
            .filter(text_variable::Column::TextId.is_in(chunk.iter().copied()))
            .order_by_asc(text_variable::Column::TextId)
            .order_by_asc(text_variable::Column::Name)
            .all(db)
            .await?;
        for row in rows {
            uses.entry(row.text_id).or_default().push(row.name);
        }
    }
    Ok(uses)
}

/// The unresolved variables per customer, among a given set of uses.
pub struct UnresolvedByCustomer {
    asked: Vec<String>,
    /// By customer id, for each use: whether it is unresolved in bash and text steps, and in sql steps.
    unresolved: HashMap<i64, Vec<[bool; 2]>>,
}

impl UnresolvedByCustomer {
    /// Resolves the names for each customer of a release.
    pub async fn of(
        db: &impl ConnectionTrait,
        release: &Release,
        customers: &[CustomerId],
        uses: impl IntoIterator<Item = &String>,
    ) -> Result<Self, StoreError> {
        let mut asked: Vec<String> = uses.into_iter().cloned().collect();
        asked.sort();
        asked.dedup();
        let mut this = Self {
            asked,
            unresolved: HashMap::new(),
        };
        if this.asked.is_empty() {
            return Ok(this);
        }
        for (customer, cluster) in with_clusters(db, customers).await? {
            let scope = VariableScope {
                customer: &customer,
                cluster: &cluster,
                release,
            };
            let kinds = [StepType::Bash, StepType::Sql];
            let asked = this.asked.iter();
            let unresolved: Vec<[bool; 2]> = asked
                .map(|used| kinds.map(|kind| scope.is_unresolved(used, kind)))
                .collect();
            if unresolved.as_flattened().contains(&true) {
                this.unresolved.insert(customer.id.0, unresolved);
            }
        }
        Ok(this)
    }

    /// Whether any of the uses is unresolved for the customer.
    pub fn is_any(&self, customer: CustomerId) -> bool {
        self.unresolved.contains_key(&customer.0)
    }

    /// The names of variables that are unresolved for the customer in a step of this type, of these uses; each once.
    pub fn among<'a>(
        &self,
        customer: CustomerId,
        uses: &'a [String],
        kind: StepType,
    ) -> Vec<&'a str> {
        let Some(unresolved) = self.unresolved.get(&customer.0) else {
            return Vec::new();
        };
        let is_sql = usize::from(kind == StepType::Sql);
        let mut names: Vec<&str> = Vec::new();
        for used in uses {
            let index = self.asked.binary_search(used);
            let name = variables::name_of(used);
            if index.is_ok_and(|it| unresolved[it][is_sql]) && !names.contains(&name) {
                names.push(name);
            }
        }
        names
    }

    /// The same of a template step: of its text, whose uses are given, and of the parameters of its job.
    pub fn of_step<'a>(
        &self,
        customer: CustomerId,
        uses: &'a [String],
        step: &'a TemplateText,
    ) -> Vec<&'a str> {
        let mut names = self.among(customer, uses, step.kind);
        for name in self.among(customer, &step.job_uses, StepType::Text) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        names
    }
}

/// All clusters by their id.
pub async fn clusters_by_id(
    db: &impl ConnectionTrait,
) -> Result<HashMap<i64, Cluster>, StoreError> {
    cluster::Entity::find()
        .all(db)
        .await?
        .into_iter()
        .map(|row| Ok((row.id, Cluster::try_from(row)?)))
        .collect()
}

/// The customers with their clusters, in no particular order.
pub async fn with_clusters(
    db: &impl ConnectionTrait,
    ids: &[CustomerId],
) -> Result<Vec<(Customer, Cluster)>, StoreError> {
    let clusters = clusters_by_id(db).await?;
    let mut found = Vec::with_capacity(ids.len());
    for chunk in ids.chunks(IDS_PER_STATEMENT_MAX) {
        let rows = customer::Entity::find()
            .filter(customer::Column::Id.is_in(chunk.iter().map(|it| it.0)))
            .order_by_asc(customer::Column::Id)
            .all(db)
            .await?;
        for row in rows {
            let cluster = clusters
                .get(&row.cluster_id)
                .cloned()
                .ok_or_else(|| StoreError::corrupt("customers", "its cluster is missing"))?;
            found.push((Customer::try_from(row)?, cluster));
        }
    }
    Ok(found)
}

/// The number of a customer's variables; 0 if the stored JSON is malformed.
pub fn count_variables(metadata: &str) -> u32 {
    read_metadata("customers", metadata)
        .map_or(0, |it| u32::try_from(it.0.len()).unwrap_or(u32::MAX))
}

/// The text of a template step.
pub struct TemplateText {
    /// Its id in `texts`.
    pub id: i64,
    /// The step's name.
    pub name: String,
    pub kind: StepType,
    pub content: String,
    /// How the parameters of its job at Jenkins use variables (R64).
    pub job_uses: Vec<String>,
}

/// The texts of a release's template steps, in order.
pub async fn template_texts(
    db: &impl ConnectionTrait,
    release: crate::domain::id::ReleaseId,
) -> Result<Vec<TemplateText>, StoreError> {
    use super::entity::step_template::{self, Column, Entity};
    let rows: Vec<(i64, String, String, String, Option<String>)> = Entity::find()
        .select_only()
        .columns([
            Column::TextId,
            Column::Name,
            Column::Kind,
            Column::Content,
            Column::Jenkins,
        ])
        .filter(Column::ReleaseId.eq(release.0))
        .order_by_asc(Column::Category)
        .order_by_asc(Column::OrderIndex)
        .into_tuple()
        .all(db)
        .await?;
    let texts = rows.into_iter().map(|(id, name, kind, content, job)| {
        let job = job.as_deref().map(step_template::job).transpose()?;
        Ok(TemplateText {
            id,
            name,
            kind: parse_word("step_templates", &kind)?,
            content,
            job_uses: job.map(|it| it.uses()).unwrap_or_default(),
        })
    });
    texts.collect()
}
