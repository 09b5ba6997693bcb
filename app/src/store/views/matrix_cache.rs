//! In-memory cache of release matrices, keyed by release id and caught up from the audit trail. Every read compares
//! the last event id, so the cache is never stale. Events about single steps reload these cells; other events reload
//! the whole matrix. One reader per release refreshes, the others wait for it. What callers with a scope see of a matrix is
//! cached beside it.
use super::matrix_snapshot::{CustomerCells, MatrixSnapshot, load_reasons, load_unresolved};
use crate::domain::{
    event::{Entity, EventAction},
    id::{ReleaseId, StepId},
    matrix::{Cell, CellIndex, Grid},
    past_clusters::PastClusters,
    scope::Scope,
};
use crate::store::{
    Database, Store,
    audit::last_event::last_event,
    entity::{audit_event, customer_step},
    error::StoreError,
};
use futures_util::TryStreamExt;
use moka::{policy::EvictionPolicy, sync::Cache};
use sea_orm::{
    ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
};
use std::{
    collections::{HashMap, HashSet},
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

/// Default capacity of the cache, in bytes: matrices and the parts that scopes see, together. Least recently used entries are evicted
/// first.
pub const MATRIX_CACHE_BYTES_DEFAULT: u64 = 90_000_000;
/// The capacity for parts is the whole capacity divided by this; matrices have the rest.
const PARTS_SHARE: u64 = 5;
/// What a cell of a cached matrix takes, in bytes.
const CELL_BYTES: u64 = 70;
/// With more new events than this, the matrix is reloaded: that is faster than catching up.
const CATCH_UP_EVENTS_MAX: u64 = 5_000;

/// The matrix of a release with the status information of all cells, as of an event.
#[derive(Clone, Debug)]
pub struct CachedMatrix {
    last_event_id: i64,
    /// The event that changed it last, or as of which it was loaded: a version of its contents.
    changed_by: i64,
    snapshot: MatrixSnapshot,
}

impl CachedMatrix {
    /// The matrix.
    pub fn grid(&self) -> &Grid {
        &self.snapshot.grid
    }
}

/// The cache entry of a release.
#[derive(Clone, Debug, Default)]
struct CacheSlot {
    /// Locked while it is refreshed, so that concurrent readers wait for one refresh.
    matrix: Arc<tokio::sync::Mutex<Option<Arc<CachedMatrix>>>>,
    /// What the matrix takes, in bytes.
    bytes: Arc<AtomicU32>,
}

/// What a scope shows of a release's matrix.
#[derive(Clone, Debug)]
struct CachedPart {
    /// The version of the matrix that it was cut from.
    changed_by: i64,
    grid: Arc<Grid>,
}

/// The cache; clones share it.
#[derive(Clone, Debug)]
pub struct MatrixCache {
    /// The capacity of `whole`, in bytes.
    whole_max: u64,
    whole: Cache<ReleaseId, CacheSlot>,
    parts: Cache<(ReleaseId, Scope), CachedPart>,
}

impl Default for MatrixCache {
    fn default() -> Self {
        Self::new(MATRIX_CACHE_BYTES_DEFAULT)
    }
}

/// The weight of a matrix in a cache, in bytes, by its number of cells. At most half of the capacity: moka would not keep an entry that
/// is heavier than the cache.
fn bytes(grid: &Grid, cache_max: u64) -> u32 {
    let cells = (grid.rows.len() * grid.columns.len()) as u64;
    u32::try_from((cells * CELL_BYTES).min(cache_max / 2)).unwrap_or(u32::MAX)
}

impl MatrixCache {
    /// A cache with this capacity, in bytes.
    fn new(max_bytes: u64) -> Self {
        let parts_max = max_bytes / PARTS_SHARE;
        let whole_max = max_bytes - parts_max;
        let of_whole = |_: &ReleaseId, slot: &CacheSlot| slot.bytes.load(Ordering::Relaxed);
        let of_part = move |_: &(ReleaseId, Scope), part: &CachedPart| bytes(&part.grid, parts_max);
        Self {
            whole_max,
            whole: Cache::builder()
                .max_capacity(whole_max)
                .weigher(of_whole)
                .eviction_policy(EvictionPolicy::lru())
                .build(),
            parts: Cache::builder()
                .max_capacity(parts_max)
                .weigher(of_part)
                .eviction_policy(EvictionPolicy::lru())
                .build(),
        }
    }

    fn slot(&self, id: ReleaseId) -> CacheSlot {
        self.whole.get_with(id, CacheSlot::default)
    }

    fn remove(&self, id: ReleaseId) {
        self.whole.invalidate(&id);
    }

    /// What a scope shows of this matrix, cut once for each of its versions.
    pub fn part(&self, whole: &CachedMatrix, scope: &Scope, past: &PastClusters) -> Arc<Grid> {
        let changed_by = whole.changed_by;
        let key = (whole.grid().release.id, scope.clone());
        if let Some(cut) = self
            .parts
            .get(&key)
            .filter(|it| it.changed_by == changed_by)
        {
            return cut.grid;
        }
        let is_visible = |customer, cluster| scope.contains(customer, cluster);
        let mut grid = whole.grid().only(is_visible);
        grid.hide_value_changes(past);
        let grid = Arc::new(grid);
        let cut = CachedPart {
            changed_by,
            grid: Arc::clone(&grid),
        };
        self.parts.insert(key, cut);
        grid
    }

    /// Weighs a release's entry by its matrix, which evicts others if the cache is full.
    fn weigh(&self, id: ReleaseId, slot: CacheSlot, grid: &Grid) {
        let bytes = bytes(grid, self.whole_max);
        slot.bytes.store(bytes, Ordering::Relaxed);
        self.whole.insert(id, slot);
    }
}

impl Database {
    /// Replaces the matrix cache by an empty one with this capacity, in bytes. For the start, before the database is cloned.
    #[must_use]
    pub fn with_matrix_cache(self, max_bytes: u64) -> Self {
        Self {
            matrix_cache: MatrixCache::new(max_bytes),
            ..self
        }
    }
}

impl Store {
    /// The current matrix of a release with all its customers, from the cache or refreshed; `visible_matrix` cuts it for the
    /// caller. Errors: not found.
    pub(in crate::store) async fn cached_matrix(
        &self,
        id: ReleaseId,
    ) -> Result<Arc<CachedMatrix>, StoreError> {
        let last = self.last_event().await?;
        let slot = self.database.matrix_cache.slot(id);
        let mut cached = slot.matrix.lock().await;
        if let Some(current) = cached.as_ref().filter(|it| it.last_event_id >= last) {
            return Ok(Arc::clone(current));
        }
        let tx = self.snapshot().await?;
        let caught_up = match cached.take() {
            Some(earlier) => catch_up(&tx, earlier).await?,
            None => None,
        };
        let fresh = match caught_up {
            Some(matrix) => matrix,
            None => load(&tx, id)
                .await
                .inspect_err(|_| self.database.matrix_cache.remove(id))?,
        };
        tx.commit().await?;
        *cached = Some(Arc::clone(&fresh));
        drop(cached);
        self.database.matrix_cache.weigh(id, slot, fresh.grid());
        Ok(fresh)
    }
}

async fn load(tx: &DatabaseTransaction, id: ReleaseId) -> Result<Arc<CachedMatrix>, StoreError> {
    let last_event_id = last_event(tx).await?;
    Ok(Arc::new(CachedMatrix {
        last_event_id,
        changed_by: last_event_id,
        snapshot: MatrixSnapshot::load(tx, id).await?,
    }))
}

/// Applies the events since the entry was refreshed; none if the whole matrix must be reloaded.
async fn catch_up(
    tx: &DatabaseTransaction,
    mut cached: Arc<CachedMatrix>,
) -> Result<Option<Arc<CachedMatrix>>, StoreError> {
    use audit_event::Column as Of;
    let release = cached.grid().release.id;
    let events: Vec<(i64, String, i64, Option<i64>, String)> = audit_event::Entity::find()
        .select_only()
        .columns([Of::Id, Of::Entity, Of::EntityId, Of::ReleaseId, Of::Action])
        .filter(Of::Id.gt(cached.last_event_id))
        .order_by_asc(Of::Id)
        .limit(CATCH_UP_EVENTS_MAX + 1)
        .into_tuple()
        .all(tx)
        .await?;
    if events.len() as u64 > CATCH_UP_EVENTS_MAX {
        return Ok(None);
    }
    // By step: whether one of its changes was an undo.
    let mut steps: HashMap<i64, bool> = HashMap::new();
    for (_, entity, entity_id, of, action) in &events {
        match event_impact(entity, *entity_id, *of, action, release) {
            EventImpact::None => {}
            EventImpact::Cell { undone } => *steps.entry(*entity_id).or_default() |= undone,
            EventImpact::All => return Ok(None),
        }
    }
    let updated = Arc::make_mut(&mut cached);
    if !steps.is_empty() && !updated.snapshot.refresh_cells(tx, &steps).await? {
        return Ok(None);
    }
    updated.last_event_id = events.last().map_or(updated.last_event_id, |it| it.0);
    if !steps.is_empty() {
        updated.changed_by = updated.last_event_id;
    }
    Ok(Some(cached))
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum EventImpact {
    None,
    Cell { undone: bool },
    All,
}

/// Which part of a release's matrix an event changes.
fn event_impact(
    entity: &str,
    id: i64,
    of: Option<i64>,
    action: &str,
    release: ReleaseId,
) -> EventImpact {
    use EventAction as Did;
    let (Ok(entity), Ok(action)) = (entity.parse::<Entity>(), action.parse::<EventAction>()) else {
        return EventImpact::All;
    };
    let is_ours = of.is_none_or(|it| it == release.0);
    match entity {
        // They appear in the matrix only once they are members.
        Entity::Cluster | Entity::Customer if action == Did::Create => EventImpact::None,
        Entity::Release if id != release.0 => EventImpact::None,
        Entity::Template | Entity::Step if !is_ours => EventImpact::None,
        // People, their views, hooks, addresses for CI and runners are no part of any matrix.
        Entity::User
        | Entity::Session
        | Entity::Token
        | Entity::View
        | Entity::IncomingHook
        | Entity::Webhook
        | Entity::Runner => EventImpact::None,
        // They change names, values of variables, rows or columns.
        Entity::Cluster
        | Entity::Customer
        | Entity::Release
        | Entity::Template
        | Entity::Database => EventImpact::All,
        Entity::Step => match action {
            Did::Start
            | Did::Done
            | Did::Fail
            | Did::Skip
            | Did::Revert
            | Did::Reopen
            | Did::Notes
            | Did::Override
            | Did::Reset => EventImpact::Cell { undone: false },
            Did::Undo => EventImpact::Cell { undone: true },
            // A cell shows no evidence, and what it shows of a run comes by another way.
            Did::Attach | Did::Detach | Did::RunLost | Did::RunCancel | Did::RunEnd => {
                EventImpact::None
            }
            _ => EventImpact::All,
        },
    }
}

impl MatrixSnapshot {
    /// Reloads the given cells. False if the whole matrix must be reloaded: because a step is not in it any more or
    /// not yet, or because more than its state and flags changed.
    async fn refresh_cells(
        &mut self,
        tx: &DatabaseTransaction,
        steps: &HashMap<i64, bool>,
    ) -> Result<bool, StoreError> {
        let these = || customer_step::Column::Id.is_in(steps.keys().copied());
        let read: Vec<CustomerCells> = CustomerCells::stream(tx, these())
            .await?
            .try_collect()
            .await?;
        let rows: Vec<_> = read
            .iter()
            .map(|it| Ok((it.customer, it.steps()?)))
            .collect::<Result<_, StoreError>>()?;
        let mut reasons = load_reasons(tx, these()).await?;
        let texts: HashSet<i64> = rows.iter().flat_map(|it| &it.1).map(|it| it.text).collect();
        self.load_new_texts(tx, texts).await?;
        let mut indexes: HashMap<StepId, CellIndex> = self
            .grid
            .indexes_of(|step| steps.contains_key(&step.0))
            .into_iter()
            .filter_map(|at| Some((self.grid.cell(at)?.step, at)))
            .collect();
        let rows = rows
            .iter()
            .flat_map(|(customer, rows)| rows.iter().map(|it| (*customer, it)));
        for (customer, row) in rows {
            let Some(at) = indexes.remove(&StepId(row.id)) else {
                return Ok(false);
            };
            // A custom step has a row of its own with its name, which an undo may have changed.
            let template = self.grid.rows[at.row].template;
            let may_be_renamed = template.is_none() && steps.get(&row.id) == Some(&true);
            if may_be_renamed || template.map(|it| it.0) != row.template {
                return Ok(false);
            }
            let kind = self.grid.rows[at.row].kind;
            let missing = self.unresolved.get(customer, row.text, kind);
            let cell = Cell {
                is_unresolved: missing.is_some(),
                ..row.cell()?
            };
            let missing = self.jobs.with(customer, template, missing);
            let change = row.status_change(&mut self.people, &mut reasons);
            self.grid.set(at, cell, change);
            self.grid.set_missing(at, missing);
        }
        // The steps that were not found are deleted.
        Ok(indexes.is_empty())
    }

    /// Determines the unresolved variables of texts that no cell had before.
    async fn load_new_texts(
        &mut self,
        tx: &DatabaseTransaction,
        texts: HashSet<i64>,
    ) -> Result<(), StoreError> {
        let new: HashSet<i64> = texts.difference(&self.texts).copied().collect();
        if !new.is_empty() {
            let (release, columns) = (&self.grid.release, &self.grid.columns);
            let unresolved = load_unresolved(tx, release, columns, &new).await?;
            self.unresolved.extend(unresolved);
            self.texts.extend(new);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::{
        matrix_snapshot::{NameTable, UnresolvedTexts},
        unresolved_jobs::UnresolvedJobs,
    };
    use super::*;
    use crate::domain::{id::CustomerId, matrix, scope::ScopeIds};

    #[test]
    fn a_part_is_cut_once_for_each_version_of_its_matrix() {
        let whole = |changed_by| CachedMatrix {
            last_event_id: 9,
            changed_by,
            snapshot: MatrixSnapshot {
                grid: matrix::tests::grid(1, 2, |_| None),
                texts: HashSet::new(),
                unresolved: UnresolvedTexts::default(),
                jobs: UnresolvedJobs::default(),
                people: NameTable::default(),
            },
        };
        let scope = Scope::of_user(Some(ScopeIds {
            customers: [CustomerId(1)].into(),
            ..ScopeIds::default()
        }));
        let cache = MatrixCache::default();
        let past = PastClusters::default();
        let first = cache.part(&whole(3), &scope, &past);
        assert!(Arc::ptr_eq(&first, &cache.part(&whole(3), &scope, &past)));
        assert!(!Arc::ptr_eq(&first, &cache.part(&whole(4), &scope, &past)));
        let nobody = Scope::of_user(Some(ScopeIds::default()));
        assert!(cache.part(&whole(4), &nobody, &past).columns.is_empty());
    }

    #[test]
    fn the_bound_is_one_of_bytes_and_a_matrix_of_any_size_is_kept() {
        let release = |id, rows, columns| {
            let mut grid = matrix::tests::grid(rows, columns, |_| None);
            grid.release.id = ReleaseId(id);
            grid
        };
        let kept_of = |max_bytes, grids: &[Grid]| {
            let cache = MatrixCache::new(max_bytes);
            for it in grids {
                let id = it.release.id;
                cache.weigh(id, cache.slot(id), it);
                cache.whole.run_pending_tasks();
            }
            assert!(cache.whole.weighted_size() <= max_bytes);
            let mut kept: Vec<_> = cache.whole.iter().map(|(id, _)| id.0).collect();
            kept.sort_unstable();
            kept
        };
        let ten: Vec<_> = (1..=10).map(|id| release(id, 10, 10)).collect();
        // Each takes 7,000 bytes, and four of five bytes are for whole matrices.
        assert_eq!(kept_of(100_000, &ten).len(), 10);
        assert_eq!(kept_of(27_000, &ten), [8, 9, 10]);
        assert_eq!(kept_of(1_000, &ten), [9, 10]);
    }

    #[test]
    fn what_happens_elsewhere_does_not_concern_a_grid() {
        let june = ReleaseId(6);
        let of = |entity, id, release, action| event_impact(entity, id, release, action, june);
        assert_eq!(of("step", 1, Some(7), "done"), EventImpact::None);
        assert_eq!(of("template", 1, Some(7), "delete"), EventImpact::None);
        assert_eq!(of("release", 7, Some(7), "archive"), EventImpact::None);
        assert_eq!(of("customer", 1, None, "create"), EventImpact::None);
        assert_eq!(
            of("step", 1, Some(6), "done"),
            EventImpact::Cell { undone: false }
        );
        assert_eq!(
            of("step", 1, Some(6), "undo"),
            EventImpact::Cell { undone: true }
        );
        assert_eq!(of("step", 1, Some(6), "delete"), EventImpact::All);
        assert_eq!(of("template", 1, Some(6), "update"), EventImpact::All);
        assert_eq!(of("release", 6, Some(6), "archive"), EventImpact::All);
        assert_eq!(of("cluster", 1, None, "update"), EventImpact::All);
        assert_eq!(of("something", 1, None, "new"), EventImpact::All);
    }
}
