//! Search of the history by what its lines show (R107): an event is found by its author, by the name of the customer, release, cluster
//! or step that it is about, as they are called now, or by the reason of its batch. Texts are compared as all filters do it (R84).
use crate::domain::{
    event::{Entity, EventAction, EventFilter},
    fold::{fold, lowercase},
    id::EventId,
    summary::SEARCHED_EVENTS_MAX,
};
use crate::store::{
    Store,
    engine::sought,
    entity::{
        audit_event::{self, Column},
        cluster, customer, customer_step, release, step_template,
    },
    error::StoreError,
};
use sea_orm::{
    ColumnTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait, Select,
    sea_query::{Condition, Expr, Func, LikeExpr, SelectStatement},
};
use serde::Deserialize;
use std::cmp::Reverse;

/// The number of newest batches whose reasons are read.
const REASON_BATCHES_MAX: usize = 5_000;

/// The reasons in an event of a step; the first that there is counts, as in `Event::reason`.
#[derive(Deserialize)]
struct StepReasons {
    #[serde(rename = "failReason")]
    failed: Option<String>,
    #[serde(rename = "skipReason")]
    skipped: Option<String>,
    #[serde(rename = "revertReason")]
    reverted: Option<String>,
    run: Option<RunReason>,
}

/// Why a run did not succeed.
#[derive(Deserialize)]
struct RunReason {
    reason: Option<String>,
}

/// The authors that the person of a filter may be.
#[derive(Clone, Debug)]
pub enum PersonMatch {
    /// The whole name of a recent author.
    Whole(String),
    /// A part of names: as a pattern for `LIKE` in small letters, and the recent authors that have it.
    Part(String, Vec<String>),
}

impl PersonMatch {
    /// Whether an event is theirs; `of` qualifies its columns.
    pub fn condition(&self, of: impl Fn(Column) -> Expr) -> Condition {
        match self {
            Self::Whole(name) => Condition::all().add(of(Column::Actor).eq(sought(name))),
            Self::Part(pattern, people) => by_author(pattern, people, of),
        }
    }
}

/// Whether an event's author is one of these people, or has a name of the pattern.
fn by_author(pattern: &str, people: &[String], of: impl Fn(Column) -> Expr) -> Condition {
    let pattern = LikeExpr::new(pattern.to_owned()).escape('\\');
    Condition::any()
        .add(Expr::from(Func::lower(of(Column::Actor))).like(pattern))
        .add(of(Column::Actor).is_in(people.to_vec()))
}

/// What the search text of a filter was found in.
#[derive(Clone, Debug)]
pub struct NameMatches {
    /// A pattern for `LIKE`, in small letters.
    pattern: String,
    /// Recent authors.
    people: Vec<String>,
    customers: Vec<i64>,
    releases: Vec<i64>,
    clusters: Vec<i64>,
    templates: Vec<i64>,
    custom_steps: Vec<i64>,
    /// Batches of steps, by their reason.
    reasons: Vec<String>,
    /// The copies of `templates`.
    copies: SelectStatement,
}

/// A text as a pattern that finds it anywhere, whatever it contains.
fn pattern(text: &str) -> String {
    let mut pattern = "%".to_owned();
    for letter in lowercase(&sought(text)).chars() {
        if matches!(letter, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(letter);
    }
    pattern.push('%');
    pattern
}

impl NameMatches {
    /// Whether an event is found; `of` qualifies its columns.
    pub fn condition(&self, of: impl Fn(Column) -> Expr) -> Condition {
        let ids = |ids: &[i64]| ids.to_vec();
        let about = |entity: Entity| of(Column::Entity).eq(entity.as_str());
        Condition::any()
            .add(by_author(&self.pattern, &self.people, &of))
            .add(of(Column::CustomerId).is_in(ids(&self.customers)))
            .add(of(Column::ReleaseId).is_in(ids(&self.releases)))
            .add(about(Entity::Cluster).and(of(Column::EntityId).is_in(ids(&self.clusters))))
            .add(about(Entity::Template).and(of(Column::EntityId).is_in(ids(&self.templates))))
            .add(about(Entity::Step).and(of(Column::EntityId).is_in(ids(&self.custom_steps))))
            .add(about(Entity::Step).and(of(Column::EntityId).in_subquery(self.copies.clone())))
            .add(about(Entity::Step).and(of(Column::BatchId).is_in(self.reasons.clone())))
    }
}

/// The last event that a search does not look at any more which begins before this one; none if it looks at all of them.
fn search_end(before: i64) -> Option<EventId> {
    let end = before - 1 - i64::from(SEARCHED_EVENTS_MAX);
    (end > 0).then_some(EventId(end))
}

impl Store {
    /// Where a search for a part of names or reasons ends for now, so that one that finds nothing does not walk the whole history:
    /// the last event that it does not look at. None if it looks at all of them: few are left, or an index leads to them.
    pub(super) async fn search_end(
        &self,
        filter: &EventFilter,
    ) -> Result<Option<EventId>, StoreError> {
        let is_set =
            |text: &Option<String>| text.as_deref().is_some_and(|it| !it.trim().is_empty());
        let is_search = is_set(&filter.q) || is_set(&filter.person);
        let has_index = filter.batch_id.is_some()
            || filter.customer_id.is_some()
            || (filter.entity.is_some() && filter.entity_id.is_some());
        if !is_search || has_index {
            return Ok(None);
        }
        let before = match (filter.cursor, filter.to) {
            (Some(cursor), _) => cursor.0,
            (None, None) => self.last_event().await? + 1,
            // Later events are no part of what is searched.
            (None, Some(to)) => {
                let newest = self.visible().events().filter(Column::At.lte(to));
                self.newest_id(newest).await?.unwrap_or_default() + 1
            }
        };
        Ok(search_end(before))
    }

    /// Whether there is anything to search beyond the end of a search: the filter may begin later.
    pub(super) async fn may_search_beyond(
        &self,
        filter: &EventFilter,
        end: EventId,
    ) -> Result<bool, StoreError> {
        let beyond = self.visible().events().filter(Column::Id.lte(end.0));
        let Some(next) = self.newest_id(beyond).await? else {
            return Ok(false);
        };
        let Some(from) = filter.from else {
            return Ok(true);
        };
        let is_wanted = self
            .visible()
            .events()
            .filter(Column::Id.eq(next))
            .filter(Column::At.gte(from));
        Ok(self.newest_id(is_wanted).await?.is_some())
    }

    async fn newest_id(
        &self,
        events: Select<audit_event::Entity>,
    ) -> Result<Option<i64>, StoreError> {
        let newest = events
            .select_only()
            .column(Column::Id)
            .order_by_desc(Column::Id)
            .into_tuple::<i64>()
            .one(&self.read)
            .await?;
        Ok(newest)
    }

    /// Who the person of a filter may be; none if it names none.
    pub(super) async fn person_match(
        &self,
        filter: &EventFilter,
    ) -> Result<Option<PersonMatch>, StoreError> {
        let text = filter.person.as_deref().unwrap_or_default().trim();
        if text.is_empty() {
            return Ok(None);
        }
        let mut people = self.recent_people().await?;
        if people.iter().any(|it| it == text) {
            return Ok(Some(PersonMatch::Whole(text.to_owned())));
        }
        let needle = fold(text);
        people.retain(|it| fold(it).contains(&needle));
        Ok(Some(PersonMatch::Part(pattern(text), people)))
    }

    /// The newest batches of steps whose line says a reason with this text in it.
    async fn batches_by_reason(&self, needle: &str) -> Result<Vec<String>, StoreError> {
        let oldest = self.last_event().await? - i64::from(SEARCHED_EVENTS_MAX);
        // In JSON a reason begins with a quote; without one it is null. That of a run is a `reason`.
        let engine = self.database.engine;
        let has_reason = engine.contains(ColumnTrait::into_expr(Column::After), "eason\":\"");
        // A line shows the last event of its batch.
        let mut lines: Vec<i64> = self
            .visible()
            .events()
            .select_only()
            .column_as(Column::Id.max(), "last")
            .filter(Column::Id.gt(oldest))
            .filter(Column::Entity.eq(Entity::Step.as_str()))
            .filter(has_reason)
            .group_by(Column::BatchId)
            .into_tuple()
            .all(&self.read)
            .await?;
        lines.sort_unstable_by_key(|it| Reverse(*it));
        lines.truncate(REASON_BATCHES_MAX);
        let rows: Vec<(String, String, Option<String>)> = self
            .visible()
            .events()
            .select_only()
            .columns([Column::BatchId, Column::Action, Column::After])
            .filter(Column::Id.is_in(lines))
            .into_tuple()
            .all(&self.read)
            .await?;
        let is_found = |action: &str, after: &Option<String>| {
            let reasons = after.as_deref().map(serde_json::from_str::<StepReasons>);
            let Some(Ok(it)) = reasons else {
                return false;
            };
            let is_of_run = action
                .parse::<EventAction>()
                .is_ok_and(EventAction::is_of_run);
            let of_step = it.failed.or(it.skipped).or(it.reverted);
            let of_step = of_step.filter(|_| !is_of_run);
            let reason = of_step.or_else(|| it.run?.reason);
            reason.is_some_and(|it| fold(&it).contains(needle))
        };
        let found = rows.into_iter().filter(|it| is_found(&it.1, &it.2));
        Ok(found.map(|it| it.0).collect())
    }

    /// Where the search text of a filter is found; none if it has none.
    pub(super) async fn name_matches(
        &self,
        filter: &EventFilter,
    ) -> Result<Option<NameMatches>, StoreError> {
        let text = filter.q.as_deref().unwrap_or_default().trim();
        if text.is_empty() {
            return Ok(None);
        }
        let needle = fold(text);
        let has = |name: &str| fold(name).contains(&needle);
        let found = |rows: Vec<(i64, String)>| -> Vec<i64> {
            let rows = rows.into_iter().filter(|it| has(&it.1));
            rows.map(|it| it.0).collect()
        };
        let (visible, read) = (self.visible(), &self.read);
        macro_rules! names {
            ($rows:expr, $table:ident) => {
                found(
                    $rows
                        .select_only()
                        .columns([$table::Column::Id, $table::Column::Name])
                        .into_tuple()
                        .all(read)
                        .await?,
                )
            };
        }
        let templates = names!(visible.templates(), step_template);
        let custom = visible
            .steps()
            .filter(customer_step::Column::TemplateId.is_null());
        let copies = visible
            .steps()
            .select_only()
            .column(customer_step::Column::Id)
            .filter(customer_step::Column::TemplateId.is_in(templates.clone()))
            .into_query();
        let people = self.recent_people().await?.into_iter();
        Ok(Some(NameMatches {
            pattern: pattern(text),
            people: people.filter(|it| has(it)).collect(),
            customers: names!(visible.customers(), customer),
            releases: names!(visible.releases(), release),
            clusters: names!(visible.clusters(), cluster),
            custom_steps: names!(custom, customer_step),
            templates,
            copies,
            reasons: self.batches_by_reason(&needle).await?,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_of_a_pattern_are_looked_for_as_they_are() {
        assert_eq!(pattern("Ana_1 50%"), "%ana\\_1 50\\%%");
    }

    #[test]
    fn a_search_looks_at_the_newest_fifty_thousand_events_and_then_at_the_next() {
        assert_eq!(search_end(50_001), None);
        assert_eq!(search_end(120_001), Some(EventId(70_000)));
        assert_eq!(search_end(70_001), Some(EventId(20_000)));
        assert_eq!(search_end(20_001), None);
    }
}
