//! Reading the history: by any of its columns, page by page, with the names of what it speaks of.
use super::{
    Store,
    entity::{audit_event, cluster, customer, customer_step, release, step_template},
    error::StoreError,
};
use crate::domain::{
    event::{Entity, Event, EventFilter, Page},
    id::EventId,
    refusal::{Field, Invalid, Problem},
    summary::EventLine,
};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use std::collections::{HashMap, HashSet};

/// How many rows a page has if nobody says; and at most.
const PAGE: u32 = 100;
const PAGE_MAX: u32 = 500;

impl Store {
    /// Events, newest first.
    pub async fn events(&self, filter: EventFilter) -> Result<Page<Event>, StoreError> {
        use audit_event::Column;
        let limit = filter.limit.unwrap_or(PAGE);
        if !(1..=PAGE_MAX).contains(&limit) {
            let problem = Problem::TooMany {
                max: PAGE_MAX as usize,
                long: limit as usize,
            };
            return Err(Invalid::one(Field::Limit, problem).into());
        }
        let mut query = audit_event::Entity::find().order_by_desc(Column::Id);
        if let Some(entity) = filter.entity {
            query = query.filter(Column::Entity.eq(entity.as_str()));
        }
        if let Some(id) = filter.entity_id {
            query = query.filter(Column::EntityId.eq(id));
        }
        if let Some(release) = filter.release_id {
            query = query.filter(Column::ReleaseId.eq(release.0));
        }
        if let Some(customer) = filter.customer_id {
            query = query.filter(Column::CustomerId.eq(customer.0));
        }
        if let Some(action) = filter.action {
            query = query.filter(Column::Action.eq(action.as_str()));
        }
        if let Some(actor) = filter.actor {
            query = query.filter(Column::Actor.eq(actor));
        }
        if let Some(batch) = filter.batch_id {
            query = query.filter(Column::BatchId.eq(batch.0));
        }
        if let Some(from) = filter.from {
            query = query.filter(Column::At.gte(from));
        }
        if let Some(to) = filter.to {
            query = query.filter(Column::At.lte(to));
        }
        if let Some(cursor) = filter.cursor {
            query = query.filter(Column::Id.lt(cursor.0));
        }
        let mut rows = query.limit(u64::from(limit) + 1).all(&self.read).await?;
        let more = rows.len() > limit as usize;
        rows.truncate(limit as usize);
        let next_cursor = if more {
            rows.last().map(|it| EventId(it.id))
        } else {
            None
        };
        Ok(Page {
            items: rows
                .into_iter()
                .map(Event::try_from)
                .collect::<Result<_, _>>()?,
            next_cursor,
        })
    }

    /// The newest batches, each by its first event, with the names of what it speaks of.
    pub async fn activity(&self, filter: EventFilter) -> Result<Page<EventLine>, StoreError> {
        let page = self.events(filter).await?;
        let mut sizes: HashMap<String, u32> = HashMap::new();
        let mut firsts: Vec<Event> = Vec::new();
        for event in page.items {
            let size = sizes.entry(event.batch_id.0.clone()).or_default();
            *size += 1;
            if *size == 1 {
                firsts.push(event);
            }
        }
        let names = Names::of(self, &firsts).await?;
        let items = firsts
            .into_iter()
            .map(|event| EventLine {
                in_batch: sizes.get(&event.batch_id.0).copied().unwrap_or(1),
                subject: names
                    .of_entity(event.entity, event.entity_id)
                    .or_else(|| event.text("name").map(String::from)),
                customer: event
                    .customer_id
                    .and_then(|it| names.of_entity(Entity::Customer, it.0)),
                release: event
                    .release_id
                    .and_then(|it| names.of_entity(Entity::Release, it.0)),
                entry: event.into(),
            })
            .collect();
        Ok(Page {
            items,
            next_cursor: page.next_cursor,
        })
    }
}

/// The present names of rows, by kind and id.
struct Names(HashMap<(Entity, i64), String>);

impl Names {
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
            ($entity:path, $table:ident) => {
                if let Some(ids) = wanted.remove(&$entity) {
                    let rows: Vec<(i64, String)> = $table::Entity::find()
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
        read!(Entity::Cluster, cluster);
        read!(Entity::Customer, customer);
        read!(Entity::Release, release);
        read!(Entity::Template, step_template);
        read!(Entity::Step, customer_step);
        Ok(Self(names))
    }

    fn of_entity(&self, entity: Entity, id: i64) -> Option<String> {
        self.0.get(&(entity, id)).cloned()
    }
}
