//! Index of the variables that texts use, keyed by a fingerprint of the text, and the search for unresolved
//! variables. It answers which variables have no value without parsing texts again.
use super::{
    engine::sqlite::IDS_PER_STATEMENT_MAX, entity::cluster, entity::customer,
    entity::read_metadata, entity::text_key, entity::text_variable, error::StoreError,
};
use crate::domain::{
    cluster::Cluster, customer::Customer, id::CustomerId, release::Release, variables,
    variables::VariableScope,
};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, QueryFilter,
    QuerySelect, sea_query::OnConflict,
};
use std::collections::{HashMap, HashSet};

/// Stores the names of a text's variables.
pub async fn save(tx: &DatabaseTransaction, text: &str) -> Result<(), StoreError> {
    let key = text_key(text);
    let rows: Vec<_> = variables::names(text)
        .into_iter()
        .map(|name| text_variable::ActiveModel {
            text_key: Set(key),
            name: Set(name.to_owned()),
        })
        .collect();
    if rows.is_empty() {
        return Ok(());
    }
    text_variable::Entity::insert_many(rows)
        .on_conflict(
            OnConflict::columns([text_variable::Column::TextKey, text_variable::Column::Name])
                .do_nothing()
                .to_owned(),
        )
        .exec_without_returning(tx)
        .await?;
    Ok(())
}

/// The variable names of each text, by text key.
pub async fn names(
    db: &impl ConnectionTrait,
    keys: impl IntoIterator<Item = i64>,
) -> Result<HashMap<i64, Vec<String>>, StoreError> {
    let keys: HashSet<i64> = keys.into_iter().collect();
    let mut names: HashMap<i64, Vec<String>> = HashMap::new();
    let keys: Vec<i64> = keys.into_iter().collect();
    for chunk in keys.chunks(IDS_PER_STATEMENT_MAX) {
        let rows = text_variable::Entity::find()
            .filter(text_variable::Column::TextKey.is_in(chunk.iter().copied()))
            .all(db)
            .await?;
        for row in rows {
            names.entry(row.text_key).or_default().push(row.name);
        }
    }
    Ok(names)
}

/// The variables without a value per customer, among a given set of names.
pub struct UnresolvedByCustomer {
    asked: Vec<String>,
    /// By customer id, one flag for each name.
    missing: HashMap<i64, Vec<bool>>,
}

impl UnresolvedByCustomer {
    /// Resolves the names for each customer of a release.
    pub async fn of(
        db: &impl ConnectionTrait,
        release: &Release,
        customers: &[CustomerId],
        names: impl IntoIterator<Item = &String>,
    ) -> Result<Self, StoreError> {
        let mut asked: Vec<String> = names.into_iter().cloned().collect();
        asked.sort();
        asked.dedup();
        let mut this = Self {
            asked,
            missing: HashMap::new(),
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
            let missing: Vec<bool> = this
                .asked
                .iter()
                .map(|name| scope.value(name).is_none())
                .collect();
            if missing.contains(&true) {
                this.missing.insert(customer.id.0, missing);
            }
        }
        Ok(this)
    }

    /// Whether any of the names has no value for the customer.
    pub fn is_any(&self, customer: CustomerId) -> bool {
        self.missing.contains_key(&customer.0)
    }

    /// Which of these names have no value for the customer.
    pub fn among<'a>(
        &'a self,
        customer: CustomerId,
        names: &'a [String],
    ) -> impl Iterator<Item = &'a String> {
        let missing = self.missing.get(&customer.0);
        names.iter().filter(move |name| {
            missing.is_some_and(|missing| {
                self.asked
                    .binary_search(name)
                    .is_ok_and(|index| missing[index])
            })
        })
    }
}

/// The customers with their clusters, in no particular order.
pub async fn with_clusters(
    db: &impl ConnectionTrait,
    ids: &[CustomerId],
) -> Result<Vec<(Customer, Cluster)>, StoreError> {
    let clusters: HashMap<i64, Cluster> = cluster::Entity::find()
        .all(db)
        .await?
        .into_iter()
        .map(|row| Ok((row.id, Cluster::try_from(row)?)))
        .collect::<Result<_, StoreError>>()?;
    let mut found = Vec::with_capacity(ids.len());
    for chunk in ids.chunks(IDS_PER_STATEMENT_MAX) {
        let rows = customer::Entity::find()
            .filter(customer::Column::Id.is_in(chunk.iter().map(|it| it.0)))
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

/// Text key and name of each template step of a release, in order.
pub async fn template_keys(
    db: &impl ConnectionTrait,
    release: crate::domain::id::ReleaseId,
) -> Result<Vec<(i64, String)>, StoreError> {
    use super::{entity::step_template::Column, entity::step_template::Entity};
    use sea_orm::QueryOrder;
    Ok(Entity::find()
        .select_only()
        .columns([Column::TextKey, Column::Name])
        .filter(Column::ReleaseId.eq(release.0))
        .order_by_asc(Column::Category)
        .order_by_asc(Column::OrderIndex)
        .into_tuple()
        .all(db)
        .await?)
}
