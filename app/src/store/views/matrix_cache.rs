//! Grids that are kept in memory, so that no page reads 100,000 rows. They are never stale: each time the history is
//! asked what has happened since, which takes one look if nothing has. What happened to single cells is taken in by
//! reading those cells; whatever else concerns the grid makes it be read anew.
use super::matrix::{CustomerCells, MatrixSnapshot, reasons, unresolved_texts};
use crate::domain::{
    event::{Entity, EventAction},
    id::{ReleaseId, StepId},
    matrix::{Cell, CellIndex, Grid},
};
use crate::store::{
    Store,
    entity::{audit_event, customer_step},
    error::StoreError,
};
use futures_util::TryStreamExt;
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait, QueryFilter, QueryOrder,
    QuerySelect,
};
use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, PoisonError},
};

/// So many cells are kept, of all releases together; each takes about 70 bytes. The least used release goes first.
const CELLS_KEPT: usize = 1_000_000;
/// After more changes than this all is read anew: that is quicker.
const CHANGES_MAX: u64 = 5_000;

/// A release's grid, with the marks of all its cells, as of an event.
#[derive(Clone, Debug)]
pub struct CachedMatrix {
    as_of: i64,
    known: MatrixSnapshot,
}

impl CachedMatrix {
    pub fn grid(&self) -> &Grid {
        &self.known.grid
    }
}

/// One reader of a release catches up; the others wait for it instead of reading the same.
type CacheSlot = Arc<tokio::sync::Mutex<Option<Arc<CachedMatrix>>>>;

#[derive(Debug, Default)]
struct CacheSlots {
    places: HashMap<ReleaseId, (CacheSlot, CacheUse)>,
    uses: u64,
}

#[derive(Clone, Copy, Debug, Default)]
struct CacheUse {
    last: u64,
    cells: usize,
}

#[derive(Clone, Debug, Default)]
pub struct MatrixCache(Arc<Mutex<CacheSlots>>);

impl MatrixCache {
    fn place(&self, id: ReleaseId) -> CacheSlot {
        let mut shelf = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        shelf.uses += 1;
        let now = shelf.uses;
        let (place, used) = shelf.places.entry(id).or_default();
        used.last = now;
        Arc::clone(place)
    }

    fn forget(&self, id: ReleaseId) {
        let mut shelf = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        shelf.places.remove(&id);
    }

    /// Makes room for a release by letting those go that were not used for the longest time.
    fn weigh(&self, id: ReleaseId, cells: usize) {
        let mut shelf = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, used)) = shelf.places.get_mut(&id) {
            used.cells = cells;
        }
        while shelf.places.values().map(|it| it.1.cells).sum::<usize>() > CELLS_KEPT {
            let others = shelf.places.iter().filter(|it| *it.0 != id);
            let Some(oldest) = others.min_by_key(|it| it.1.1.last).map(|it| *it.0) else {
                return;
            };
            shelf.places.remove(&oldest);
        }
    }
}

/// It tells one state of the database from another, since nothing changes without an event (R17).
async fn last_event(db: &impl ConnectionTrait) -> Result<i64, DbErr> {
    let last = audit_event::Entity::find()
        .select_only()
        .column_as(audit_event::Column::Id.max(), "last")
        .into_tuple::<Option<i64>>()
        .one(db)
        .await?;
    Ok(last.flatten().unwrap_or_default())
}

impl Store {
    /// The last event: as long as it is the same, so is whatever a page shows.
    pub async fn last_event(&self) -> Result<i64, StoreError> {
        Ok(last_event(&self.read).await?)
    }

    /// The grid of a release as it is now.
    pub(in crate::store) async fn kept(
        &self,
        id: ReleaseId,
    ) -> Result<Arc<CachedMatrix>, StoreError> {
        let last = self.last_event().await?;
        let place = self.grids.place(id);
        let mut kept = place.lock().await;
        if let Some(there) = kept.as_ref().filter(|it| it.as_of >= last) {
            return Ok(Arc::clone(there));
        }
        let tx = self.snapshot().await?;
        let now = match kept.take() {
            Some(before) => caught_up(&tx, before).await?,
            None => None,
        };
        let now = match now {
            Some(now) => now,
            None => read(&tx, id).await.inspect_err(|_| self.grids.forget(id))?,
        };
        tx.commit().await?;
        let (rows, columns) = (now.grid().rows.len(), now.grid().columns.len());
        self.grids.weigh(id, rows * columns);
        *kept = Some(Arc::clone(&now));
        Ok(now)
    }
}

async fn read(tx: &DatabaseTransaction, id: ReleaseId) -> Result<Arc<CachedMatrix>, StoreError> {
    Ok(Arc::new(CachedMatrix {
        as_of: last_event(tx).await?,
        known: MatrixSnapshot::read(tx, id).await?,
    }))
}

/// None if all has to be read anew.
async fn caught_up(
    tx: &DatabaseTransaction,
    mut kept: Arc<CachedMatrix>,
) -> Result<Option<Arc<CachedMatrix>>, StoreError> {
    use audit_event::Column as Of;
    let release = kept.grid().release.id;
    let events: Vec<(i64, String, i64, Option<i64>, String)> = audit_event::Entity::find()
        .select_only()
        .columns([Of::Id, Of::Entity, Of::EntityId, Of::ReleaseId, Of::Action])
        .filter(Of::Id.gt(kept.as_of))
        .order_by_asc(Of::Id)
        .limit(CHANGES_MAX + 1)
        .into_tuple()
        .all(tx)
        .await?;
    if events.len() as u64 > CHANGES_MAX {
        return Ok(None);
    }
    // Steps, and whether something of them was undone.
    let mut steps: HashMap<i64, bool> = HashMap::new();
    for (_, entity, entity_id, of, action) in &events {
        match effect(entity, *entity_id, *of, action, release) {
            EventImpact::None => {}
            EventImpact::Cell { undone } => *steps.entry(*entity_id).or_default() |= undone,
            EventImpact::All => return Ok(None),
        }
    }
    let there = Arc::make_mut(&mut kept);
    if !steps.is_empty() && !there.known.take_in(tx, &steps).await? {
        return Ok(None);
    }
    there.as_of = events.last().map_or(there.as_of, |it| it.0);
    Ok(Some(kept))
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum EventImpact {
    None,
    Cell { undone: bool },
    All,
}

/// What an event changes in the grid of a release.
fn effect(entity: &str, id: i64, of: Option<i64>, action: &str, release: ReleaseId) -> EventImpact {
    use EventAction as Did;
    let (Ok(entity), Ok(action)) = (entity.parse::<Entity>(), action.parse::<EventAction>()) else {
        return EventImpact::All;
    };
    let is_ours = of.is_none_or(|it| it == release.0);
    match entity {
        // They show once they are in the release.
        Entity::Cluster | Entity::Customer if action == Did::Create => EventImpact::None,
        Entity::Release if id != release.0 => EventImpact::None,
        Entity::Template | Entity::Step if !is_ours => EventImpact::None,
        // Names, values of variables, what there is at all.
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
            _ => EventImpact::All,
        },
    }
}

impl MatrixSnapshot {
    /// Reads some cells again. False if they are no longer, or not yet, cells of this grid, or something other than
    /// their state and marks is different: then all has to be read.
    async fn take_in(
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
        let mut reasons = reasons(tx, these()).await?;
        let texts: HashSet<i64> = rows.iter().flat_map(|it| &it.1).map(|it| it.text).collect();
        self.know(tx, texts).await?;
        let mut places: HashMap<StepId, CellIndex> = self
            .grid
            .places_of(|step| steps.contains_key(&step.0))
            .into_iter()
            .filter_map(|at| Some((self.grid.cell(at)?.step, at)))
            .collect();
        let rows = rows
            .iter()
            .flat_map(|(customer, rows)| rows.iter().map(|it| (*customer, it)));
        for (customer, row) in rows {
            let Some(at) = places.remove(&StepId(row.id)) else {
                return Ok(false);
            };
            // The name of a custom step is its row's, and an undo may have changed it.
            let template = self.grid.rows[at.row].template;
            let may_have_another_name = template.is_none() && steps.get(&row.id) == Some(&true);
            if may_have_another_name || template.map(|it| it.0) != row.template {
                return Ok(false);
            }
            let missing = self.unresolved.get(&(customer, row.text)).cloned();
            let cell = Cell {
                is_unresolved: missing.is_some(),
                ..row.cell()?
            };
            let mark = row.mark(&mut self.people, &mut reasons);
            self.grid.set(at, cell, mark);
            self.grid.set_missing(at, missing);
        }
        // What is left is no longer there.
        Ok(places.is_empty())
    }

    /// Finds out what texts lack that no cell had until now.
    async fn know(
        &mut self,
        tx: &DatabaseTransaction,
        texts: HashSet<i64>,
    ) -> Result<(), StoreError> {
        let new: HashSet<i64> = texts.difference(&self.texts).copied().collect();
        if !new.is_empty() {
            let (release, columns) = (&self.grid.release, &self.grid.columns);
            let lacking = unresolved_texts(tx, release, columns, &new).await?;
            self.unresolved.extend(lacking);
            self.texts.extend(new);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_happens_elsewhere_does_not_concern_a_grid() {
        let june = ReleaseId(6);
        let of = |entity, id, release, action| effect(entity, id, release, action, june);
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
