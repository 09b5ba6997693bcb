//! Values that are missing where work is left: which variables of open cells have none, release by release.
use super::{
    Store,
    entity::{customer_step, release_customer, text_variable},
    error::StoreError,
    releases, texts,
};
use crate::domain::{
    cluster::Cluster, customer::Customer, id::CustomerId, release::Release, step::StepStatus,
    summary::MissingValue, vars::Scope,
};
use sea_orm::{
    ColumnTrait, EntityTrait, QueryFilter, QuerySelect,
    sea_query::{Expr, Query},
};
use std::collections::{BTreeMap, HashMap, HashSet};

/// As many as a page can show.
const MISSING_MAX: usize = 30;
/// So many customers are named; the others are counted.
const NAMED: usize = 3;

/// Work is left in these.
fn is_open() -> Expr {
    let finished = [StepStatus::Done.as_str(), StepStatus::Skipped.as_str()];
    customer_step::Column::Status.is_not_in(finished)
}

/// What a customer of a release has no value for: by release and customer, the names.
type Lacking = HashMap<(i64, i64), HashSet<String>>;

impl Store {
    /// In these releases, which are the active ones.
    pub(super) async fn missing_values(
        &self,
        active: &[Release],
    ) -> Result<Vec<MissingValue>, StoreError> {
        let keys = self.open_keys().await?;
        let names = texts::names(&self.read, keys.iter().map(|it| it.1)).await?;
        if names.is_empty() {
            return Ok(Vec::new());
        }
        let mut asked: HashMap<i64, HashSet<&String>> = HashMap::new();
        for (release, key) in &keys {
            let of_release = asked.entry(*release).or_default();
            of_release.extend(names.get(key).into_iter().flatten());
        }
        let members = self.active_members().await?;
        let ids: HashSet<i64> = members.iter().map(|it| it.1).collect();
        let ids: Vec<CustomerId> = ids.into_iter().map(CustomerId).collect();
        let people: HashMap<i64, (Customer, Cluster)> = texts::with_clusters(&self.read, &ids)
            .await?
            .into_iter()
            .map(|it| (it.0.id.0, it))
            .collect();
        let mut lacking = Lacking::new();
        for (release_id, customer_id) in members {
            let release = active.iter().find(|it| it.id.0 == release_id);
            let (Some(release), Some((customer, cluster)), Some(asked)) =
                (release, people.get(&customer_id), asked.get(&release_id))
            else {
                continue;
            };
            let scope = Scope {
                customer,
                cluster,
                release,
            };
            let without = asked.iter().filter(|it| scope.value(it).is_none());
            let without: HashSet<String> = without.map(|it| (*it).clone()).collect();
            if !without.is_empty() {
                lacking.insert((release_id, customer_id), without);
            }
        }
        let cells = self.cells_lacking(&lacking, &names).await?;
        Ok(summed(active, &people, &names, &lacking, cells))
    }

    /// The texts of open cells that use variables, once a release.
    async fn open_keys(&self) -> Result<Vec<(i64, i64)>, StoreError> {
        use customer_step::Column as Of;
        let with_variables = Query::select()
            .column(text_variable::Column::TextKey)
            .from(text_variable::Entity)
            .to_owned();
        Ok(customer_step::Entity::find()
            .select_only()
            .columns([Of::ReleaseId, Of::TextKey])
            .distinct()
            .filter(Of::ReleaseId.in_subquery(releases::active_ids()))
            .filter(is_open())
            .filter(Of::TextKey.in_subquery(with_variables))
            .into_tuple()
            .all(&self.read)
            .await?)
    }

    /// Who is in an active release: release and customer.
    async fn active_members(&self) -> Result<Vec<(i64, i64)>, StoreError> {
        use release_customer::Column as Of;
        Ok(release_customer::Entity::find()
            .select_only()
            .columns([Of::ReleaseId, Of::CustomerId])
            .filter(Of::ReleaseId.in_subquery(releases::active_ids()))
            .into_tuple()
            .all(&self.read)
            .await?)
    }

    /// Open cells of those who lack a value: release, customer, text and how many.
    async fn cells_lacking(
        &self,
        lacking: &Lacking,
        names: &HashMap<i64, Vec<String>>,
    ) -> Result<Vec<(i64, i64, i64, i64)>, StoreError> {
        use customer_step::Column as Of;
        let wanted: HashSet<&String> = lacking.values().flatten().collect();
        let keys: Vec<i64> = names
            .iter()
            .filter(|it| it.1.iter().any(|name| wanted.contains(name)))
            .map(|it| *it.0)
            .collect();
        let releases: HashSet<i64> = lacking.keys().map(|it| it.0).collect();
        let customers: HashSet<i64> = lacking.keys().map(|it| it.1).collect();
        if keys.is_empty() {
            return Ok(Vec::new());
        }
        Ok(customer_step::Entity::find()
            .select_only()
            .columns([Of::ReleaseId, Of::CustomerId, Of::TextKey])
            .column_as(Of::Id.count(), "n")
            .filter(Of::ReleaseId.is_in(releases))
            .filter(Of::CustomerId.is_in(customers))
            .filter(Of::TextKey.is_in(keys))
            .filter(is_open())
            .group_by(Of::ReleaseId)
            .group_by(Of::CustomerId)
            .group_by(Of::TextKey)
            .into_tuple()
            .all(&self.read)
            .await?)
    }
}

/// One line for each release and variable, in the order of the releases.
fn summed(
    active: &[Release],
    people: &HashMap<i64, (Customer, Cluster)>,
    names: &HashMap<i64, Vec<String>>,
    lacking: &Lacking,
    cells: Vec<(i64, i64, i64, i64)>,
) -> Vec<MissingValue> {
    let place = |release: i64| active.iter().position(|it| it.id.0 == release);
    // By release and variable: whose, and how many cells.
    let mut found: BTreeMap<(usize, &String), (HashSet<i64>, u32)> = BTreeMap::new();
    for (release, customer, key, n) in cells {
        let (Some(index), Some(without)) = (place(release), lacking.get(&(release, customer)))
        else {
            continue;
        };
        for name in names.get(&key).into_iter().flatten() {
            if without.contains(name) {
                let (customers, cells) = found.entry((index, name)).or_default();
                customers.insert(customer);
                *cells += u32::try_from(n).unwrap_or_default();
            }
        }
    }
    let lines = found.into_iter().take(MISSING_MAX);
    let lines = lines.map(|((index, name), (customers, cells))| {
        let n_customers = u32::try_from(customers.len()).unwrap_or(u32::MAX);
        let mut named: Vec<(String, CustomerId)> = customers
            .iter()
            .filter_map(|it| people.get(it))
            .map(|(customer, _)| (customer.name.clone(), customer.id))
            .collect();
        named.sort();
        named.truncate(NAMED);
        MissingValue {
            release_id: active[index].id,
            release: active[index].name.clone(),
            variable: name.clone(),
            customers: named.into_iter().map(|it| (it.1, it.0)).collect(),
            n_customers,
            cells,
        }
    });
    lines.collect()
}
