//! Queries of the audit trail: filtered and paged, with the current names of the rows that events refer to.
use super::activity_search::{NameMatches, PersonMatch};
use crate::domain::{
    event::{Entity, Event, EventAction, EventFilter, HistoryEntry, ListPage},
    field_error::FieldError,
    id::{ClusterId, CustomerId, EventId},
    summary::{ActivityFilterOptions, HistoryPage, NamedEvent, UndoState},
    validation_errors::ValidationErrors,
    vocabulary::{Field, ReleaseStatus},
};
use crate::store::{
    Store,
    access::visible::Visible,
    audit::event_texts,
    engine::sought,
    entity::{audit_event, cluster, customer, customer_step, release, step_template},
    error::StoreError,
};
use audit_event::Column;
use sea_orm::{
    ColumnTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::{Condition, Expr, Order, Query},
};
use std::collections::{BTreeSet, HashMap, HashSet};

/// Events per page without a given limit.
const DEFAULT_PAGE_SIZE: u32 = 100;
const PAGE_SIZE_MAX: u32 = 500;
/// Changed texts are cut to this number of characters in a list.
const CHANGED_TEXT_MAX_CHARS: usize = 600;
/// The number of latest events that the list of authors is taken from.
const PEOPLE_EVENTS_MAX: u64 = 2_000;

/// A filter, what its search text was found in, and who its person may be.
struct Filter<'a> {
    of: &'a EventFilter,
    names: Option<NameMatches>,
    person: Option<PersonMatch>,
}

/// The condition of a filter; `of` qualifies its columns. The cursor is not part of it.
fn filter_condition(filter: &Filter<'_>, of: impl Fn(Column) -> Expr) -> Condition {
    let mut all = Condition::all();
    if let Some(names) = &filter.names {
        all = all.add(names.condition(&of));
    }
    if let Some(person) = &filter.person {
        all = all.add(person.condition(&of));
    }
    let filter = filter.of;
    if let Some(entity) = filter.entity {
        all = all.add(of(Column::Entity).eq(entity.as_str()));
    }
    if let Some(id) = filter.entity_id {
        all = all.add(of(Column::EntityId).eq(id));
    }
    if let Some(release) = filter.release_id {
        all = all.add(of(Column::ReleaseId).eq(release.0));
    }
    if let Some(customer) = filter.customer_id {
        all = all.add(of(Column::CustomerId).eq(customer.0));
    }
    if let Some(cluster) = filter.cluster_id {
        let customers = Query::select()
            .column(customer::Column::Id)
            .from(customer::Entity)
            .and_where(customer::Column::ClusterId.eq(cluster.0))
            .to_owned();
        let itself = of(Column::Entity)
            .eq(Entity::Cluster.as_str())
            .and(of(Column::EntityId).eq(cluster.0));
        all = all.add(itself.or(of(Column::CustomerId).in_subquery(customers)));
    }
    if let Some(action) = filter.action {
        all = all.add(of(Column::Action).eq(action.as_str()));
    }
    if let Some(actor) = &filter.actor {
        all = all.add(of(Column::Actor).eq(sought(actor)));
    }
    if let Some(user) = filter.user_id {
        all = all.add(of(Column::UserId).eq(user.0));
    }
    if let Some(batch) = &filter.batch_id {
        all = all.add(of(Column::BatchId).eq(sought(&batch.0)));
    }
    if let Some(from) = filter.from {
        all = all.add(of(Column::At).gte(from));
    }
    if let Some(to) = filter.to {
        all = all.add(of(Column::At).lte(to));
    }
    all
}

fn column_of_table(column: Column) -> Expr {
    Expr::col((audit_event::Entity, column))
}

/// Whether an event is the last one of its batch that matches the filter, so that a batch is one line on all pages.
fn is_last_of_batch(filter: &Filter<'_>, visible: Visible<'_>) -> Expr {
    let of_later = |column: Column| Expr::col(("later", column));
    let later = Query::select()
        .expr(Expr::val(1_i32))
        .from_as(audit_event::Entity, "later")
        .and_where(of_later(Column::BatchId).equals((audit_event::Entity, Column::BatchId)))
        .and_where(of_later(Column::Id).gt(column_of_table(Column::Id)))
        .cond_where(filter_condition(filter, of_later))
        .cond_where(visible.events_condition(of_later))
        .to_owned();
    Expr::not_exists(later)
}

impl Store {
    /// Events, newest first. Errors: a limit out of 1 to 500.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn events(&self, filter: EventFilter) -> Result<ListPage<Event>, StoreError> {
        let filter = self.found(&filter).await?;
        self.page_of_events(&filter, false, None).await
    }

    /// Events after this one, oldest first: for those who follow the history. The filter's cursor is the last event of the page
    /// before. Errors: a limit out of 1 to 500.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn events_after(
        &self,
        after: EventId,
        filter: EventFilter,
    ) -> Result<ListPage<Event>, StoreError> {
        let filter = self.found(&filter).await?;
        self.page_of_events(&filter, false, Some(after)).await
    }

    /// A filter with what its search text is found in.
    async fn found<'a>(&self, filter: &'a EventFilter) -> Result<Filter<'a>, StoreError> {
        Ok(Filter {
            of: filter,
            names: self.name_matches(filter).await?,
            person: self.person_match(filter).await?,
        })
    }

    async fn page_of_events(
        &self,
        filter: &Filter<'_>,
        is_one_per_batch: bool,
        after: Option<EventId>,
    ) -> Result<ListPage<Event>, StoreError> {
        let limit = filter.of.limit.unwrap_or(DEFAULT_PAGE_SIZE);
        if !(1..=PAGE_SIZE_MAX).contains(&limit) {
            let problem = FieldError::TooMany {
                max: PAGE_SIZE_MAX as usize,
                long: limit as usize,
            };
            return Err(ValidationErrors::one(Field::Limit, problem).into());
        }
        let is_forward = after.is_some();
        let order = if is_forward { Order::Asc } else { Order::Desc };
        let mut query = self
            .visible()
            .events()
            .filter(filter_condition(filter, column_of_table))
            .order_by(Column::Id, order);
        let mut search_end = None;
        if is_one_per_batch {
            query = query.filter(is_last_of_batch(filter, self.visible()));
            search_end = self.search_end(filter.of).await?;
        }
        if let Some(end) = search_end {
            query = query.filter(Column::Id.gt(end.0));
        }
        let wanted = limit as usize + 1;
        let mut items: Vec<Event> = Vec::new();
        let mut cursor = filter.of.cursor.max(after);
        // Trimming may leave nothing of an event for a caller with a scope; the page is then filled with further events.
        loop {
            let mut rest = query.clone();
            if let Some(cursor) = cursor {
                rest = rest.filter(if is_forward {
                    Column::Id.gt(cursor.0)
                } else {
                    Column::Id.lt(cursor.0)
                });
            }
            let rows = rest
                .limit((wanted - items.len()) as u64)
                .all(&self.read)
                .await?;
            let is_end = rows.len() < wanted - items.len();
            cursor = rows.last().map(|it| EventId(it.id));
            let events = event_texts::read(&self.read, rows).await?;
            items.extend(self.seen_events(events).await?);
            if is_end || items.len() == wanted {
                break;
            }
        }
        let more = items.len() == wanted;
        items.truncate(limit as usize);
        let mut next_cursor = items.last().filter(|_| more).map(|it| it.id);
        if let Some(end) = search_end.filter(|_| !more)
            && self.may_search_beyond(filter.of, end).await?
        {
            next_cursor = Some(EventId(end.0 + 1));
        }
        Ok(ListPage { items, next_cursor })
    }

    /// Batches, newest first, each by its last event; or all events of one batch, if the filter names it. A search ends after
    /// `SEARCHED_EVENTS_MAX` events: its page may be empty, and leads on. Errors: a limit out of 1 to 500.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn activity(&self, filter: EventFilter) -> Result<ListPage<NamedEvent>, StoreError> {
        let is_one_per_batch = filter.batch_id.is_none();
        let filter = self.found(&filter).await?;
        let page = self.page_of_events(&filter, is_one_per_batch, None).await?;
        let undo = self.undo_states(&page.items).await?;
        let mut items = self.named_events(page.items, &filter).await?;
        for line in &mut items {
            line.undo = undo
                .get(&line.entry.id)
                .copied()
                .unwrap_or(UndoState::Never);
        }
        Ok(ListPage {
            items,
            next_cursor: page.next_cursor,
        })
    }

    /// The same with the newest event of all, after which `new_activity` counts. Errors: a limit out of 1 to 500.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn activity_page(&self, filter: EventFilter) -> Result<HistoryPage, StoreError> {
        // Read first: what comes in between is counted as new, rather than never shown.
        let newest = self
            .visible()
            .events()
            .select_only()
            .column(Column::Id)
            .order_by_desc(Column::Id)
            .into_tuple::<i64>()
            .one(&self.read)
            .await?;
        Ok(HistoryPage {
            newest: EventId(newest.unwrap_or_default()),
            lines: self.activity(filter).await?,
        })
    }

    /// How many events came after this one that the filter lets through, up to its limit, and whether there are more. Errors: a
    /// limit out of 1 to 500.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn new_activity(
        &self,
        after: EventId,
        filter: EventFilter,
    ) -> Result<(usize, bool), StoreError> {
        let page = self.events_after(after, filter).await?;
        Ok((page.items.len(), page.next_cursor.is_some()))
    }

    /// The newest batches, without the changed fields.
    pub(in crate::store) async fn recent_batches(
        &self,
        limit: u32,
    ) -> Result<Vec<NamedEvent>, StoreError> {
        let filter = EventFilter {
            limit: Some(limit),
            ..EventFilter::default()
        };
        let filter = self.found(&filter).await?;
        let page = self.page_of_events(&filter, true, None).await?;
        let mut named_events = self.named_events(page.items, &filter).await?;
        for line in &mut named_events {
            line.entry.changes.clear();
        }
        Ok(named_events)
    }

    async fn named_events(
        &self,
        events: Vec<Event>,
        filter: &Filter<'_>,
    ) -> Result<Vec<NamedEvent>, StoreError> {
        let batches: Vec<&str> = events.iter().map(|it| it.batch_id.0.as_str()).collect();
        let whole = self.batch_sizes(&batches, Condition::all()).await?;
        let found = if filter.of.is_narrowing() {
            let condition = filter_condition(filter, column_of_table);
            self.batch_sizes(&batches, condition).await?
        } else {
            whole.clone()
        };
        let undone = events.iter().filter_map(|it| it.undoes.as_ref());
        let undone = undone.map(|it| it.0.clone()).collect();
        let undone = self.undone_actions(undone).await?;
        let names = NameLookup::of(self, &events).await?;
        let size = |sizes: &HashMap<String, (u32, u32)>, event: &Event| {
            sizes.get(&event.batch_id.0).copied().unwrap_or((1, 1))
        };
        let mut steps: HashMap<String, u32> = HashMap::new();
        let mut of_cells: Vec<&str> = Vec::new();
        for event in &events {
            if event.entity == Entity::Step && size(&found, event).1 > 1 {
                of_cells.push(event.batch_id.0.as_str());
            }
        }
        // The lines of one batch are together.
        of_cells.dedup();
        for batch in of_cells {
            let condition = filter_condition(filter, column_of_table);
            let n = self.steps_of_batch(batch, condition).await?;
            steps.insert(batch.to_owned(), n);
        }
        let named_events = events.into_iter().map(|event| NamedEvent {
            in_batch: size(&found, &event).0,
            customers: size(&found, &event).1,
            steps: steps.get(&event.batch_id.0).copied().unwrap_or(1),
            batch_size: size(&whole, &event).0,
            undid: (event.undoes.as_ref()).and_then(|it| undone.get(&it.0).copied()),
            subject: names
                .of_entity(event.entity, event.entity_id)
                .or_else(|| event.text("name").map(String::from))
                .or_else(|| session_of(&event)),
            customer: event
                .customer_id
                .and_then(|it| names.of_entity(Entity::Customer, it.0)),
            release: event
                .release_id
                .and_then(|it| names.of_entity(Entity::Release, it.0)),
            undo: UndoState::Never,
            entry: HistoryEntry::of_page(event).brief(CHANGED_TEXT_MAX_CHARS),
        });
        Ok(named_events.collect())
    }

    /// Whether each event's batch can be undone. What is undone as it stands, archived releases and actions with an opposite
    /// cannot.
    async fn undo_states(
        &self,
        events: &[Event],
    ) -> Result<HashMap<EventId, UndoState>, StoreError> {
        let batches = events.iter().map(|it| it.batch_id.0.clone()).collect();
        let undone = self.undone_batches(batches).await?;
        let releases = events.iter().filter_map(|it| it.release_id);
        let releases: HashSet<i64> = releases.map(|it| it.0).collect();
        let open: HashSet<i64> = self
            .visible()
            .releases()
            .select_only()
            .column(release::Column::Id)
            .filter(release::Column::Id.is_in(releases))
            .filter(release::Column::Status.ne(ReleaseStatus::Archived.as_str()))
            .into_tuple::<i64>()
            .all(&self.read)
            .await?
            .into_iter()
            .collect();
        let state = |event: &Event| {
            let is_open = event.release_id.is_none_or(|it| open.contains(&it.0));
            if undone.contains(&event.batch_id.0) {
                UndoState::Undone
            } else if event.is_undoable() && is_open && self.caller.may(event.undo_permission()) {
                UndoState::Open
            } else {
                UndoState::Never
            }
        };
        Ok(events.iter().map(|it| (it.id, state(it))).collect())
    }

    /// The authors of recent events, by name.
    pub(super) async fn recent_people(&self) -> Result<Vec<String>, StoreError> {
        let people: Vec<String> = self
            .visible()
            .events()
            .select_only()
            .column(Column::Actor)
            .order_by_desc(Column::Id)
            .limit(PEOPLE_EVENTS_MAX)
            .into_tuple()
            .all(&self.read)
            .await?;
        let people: BTreeSet<String> = people.into_iter().collect();
        Ok(people.into_iter().collect())
    }

    /// The choices of the activity filter.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn activity_choices(&self) -> Result<ActivityFilterOptions, StoreError> {
        let clusters: Vec<(i64, String)> = self
            .visible()
            .clusters()
            .select_only()
            .columns([cluster::Column::Id, cluster::Column::Name])
            .order_by_asc(cluster::Column::Name)
            .into_tuple()
            .all(&self.read)
            .await?;
        let customers: Vec<(i64, String)> = self
            .visible()
            .customers()
            .select_only()
            .columns([customer::Column::Id, customer::Column::Name])
            .order_by_asc(customer::Column::Name)
            .order_by_asc(customer::Column::Id)
            .into_tuple()
            .all(&self.read)
            .await?;
        let clusters = clusters.into_iter().map(|it| (ClusterId(it.0), it.1));
        let customers = customers.into_iter().map(|it| (CustomerId(it.0), it.1));
        Ok(ActivityFilterOptions {
            releases: self.release_choices().await?,
            clusters: clusters.collect(),
            customers: customers.collect(),
            people: self.recent_people().await?,
        })
    }
}

/// Whose session an event is about: its login. What ends a session names none; but one's own is ended by oneself.
fn session_of(event: &Event) -> Option<String> {
    if event.entity != Entity::Session {
        return None;
    }
    let is_of_user = event
        .after
        .as_ref()
        .is_some_and(|it| it.get("userId").is_some());
    let unnamed = match event.action {
        EventAction::LoginFailed => "an unknown login",
        _ if is_of_user => "another user",
        _ => event.actor.as_str(),
    };
    Some(event.text("login").unwrap_or(unnamed).to_owned())
}

/// The current names of rows, by entity and id.
struct NameLookup(HashMap<(Entity, i64), String>);

impl NameLookup {
    async fn of(store: &Store, events: &[Event]) -> Result<Self, StoreError> {
        let mut wanted: HashMap<Entity, HashSet<i64>> = HashMap::new();
        for event in events {
            wanted
                .entry(event.entity)
                .or_default()
                .insert(event.entity_id);
            if let Some(customer) = event.customer_id {
                wanted
                    .entry(Entity::Customer)
                    .or_default()
                    .insert(customer.0);
            }
            if let Some(release) = event.release_id {
                wanted.entry(Entity::Release).or_default().insert(release.0);
            }
        }
        let mut names = HashMap::new();
        macro_rules! read {
            ($entity:path, $table:ident, $visible:ident) => {
                if let Some(ids) = wanted.remove(&$entity) {
                    let rows: Vec<(i64, String)> = store
                        .visible()
                        .$visible()
                        .select_only()
                        .columns([$table::Column::Id, $table::Column::Name])
                        .filter($table::Column::Id.is_in(ids))
                        .into_tuple()
                        .all(&store.read)
                        .await?;
                    names.extend(rows.into_iter().map(|(id, name)| (($entity, id), name)));
                }
            };
        }
        read!(Entity::Cluster, cluster, clusters);
        read!(Entity::Customer, customer, customers);
        read!(Entity::Release, release, releases);
        read!(Entity::Template, step_template, templates);
        read!(Entity::Step, customer_step, steps);
        Ok(Self(names))
    }

    fn of_entity(&self, entity: Entity, id: i64) -> Option<String> {
        if entity == Entity::Database {
            return Some("the database".to_owned());
        }
        self.0.get(&(entity, id)).cloned()
    }
}
