//! Integrity check of a database: the file is intact, foreign keys hold, rows are readable, lists have no gaps, the
//! audit trail agrees with the rows, no event was changed, removed or added later (R89), and each text is kept once.
use super::{
    check_texts, import,
    recorded_states::{RecordedState, RecordedStates, RemovedSteps, StateDifference},
};
use crate::domain::{
    check_finding::{Check, CheckFinding},
    event::{Entity, Event, EventAction},
    history_walk::Walk,
    permission::Permission,
};
use crate::store::{
    Store,
    audit::event_texts,
    engine::{
        Engine,
        row_decode::{UnreadableRow, read_rows, unreadable_column},
    },
    entity::{audit_event, customer_step, release_customer, sha256, step_template},
    error::StoreError,
    texts,
};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, FromQueryResult, QueryFilter, QueryOrder,
    QueryResult, QuerySelect,
};
use std::collections::{BTreeSet, HashMap, HashSet};

/// The number of findings reported per kind; the others are counted.
const NAMED_FINDINGS_MAX: usize = 50;
/// Events read per query, with their texts.
const READ_EVENTS_MAX: u64 = 250;
/// Steps read per query, without their texts.
const READ_STATES_MAX: u64 = 5_000;

#[derive(Default)]
struct CheckFindings {
    findings: Vec<CheckFinding>,
    counts: HashMap<Check, usize>,
}

impl CheckFindings {
    fn add(&mut self, check: Check, detail: impl Into<String>) {
        let n = self.counts.entry(check).or_default();
        *n += 1;
        if *n <= NAMED_FINDINGS_MAX {
            self.findings.push(CheckFinding::new(check, detail));
        }
    }

    fn finish(mut self) -> Vec<CheckFinding> {
        for check in Check::ALL {
            let n = self.counts.get(check).copied().unwrap_or_default();
            if n > NAMED_FINDINGS_MAX {
                let rest = format!("and {} more", n - NAMED_FINDINGS_MAX);
                self.findings.push(CheckFinding::new(*check, rest));
            }
        }
        self.findings
    }
}

impl Store {
    /// All inconsistencies; empty if there are none. Reads every row in one read transaction and does not block
    /// writers. Errors: a role that is too low, since it reads what no scope sees.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn check(&self) -> Result<Vec<CheckFinding>, StoreError> {
        self.must_have(Permission::Transfer)?;
        let mut found = CheckFindings::default();
        let db = self.snapshot().await?;
        for line in Engine::of(&db).integrity_errors(&db).await? {
            found.add(Check::Integrity, line);
        }
        // Rows read from a damaged file prove nothing.
        if found.findings.is_empty() {
            for line in Engine::of(&db).foreign_key_errors(&db).await? {
                found.add(Check::ForeignKeys, line);
            }
            self.check_rows(&mut found).await?;
            but_unreadable(check_template_order(&db, &mut found).await)?;
            but_unreadable(check_lists(&db, &mut found).await)?;
            let mut of_history = HashSet::new();
            but_unreadable(check_history(&db, &mut of_history, &mut found).await)?;
            for line in check_texts::findings(&db, &of_history).await? {
                found.add(Check::Texts, line);
            }
        }
        Ok(found.finish())
    }

    /// Checks that the domain can read every row.
    async fn check_rows(&self, found: &mut CheckFindings) -> Result<(), StoreError> {
        let mut export = self.export(None).await?;
        loop {
            match export.next_chunk().await {
                Ok(Some(_)) => {}
                Ok(None) => return Ok(()),
                Err(StoreError::Corrupt { table, detail }) => {
                    found.add(Check::Rows, format!("{table}: {detail}"));
                    return Ok(());
                }
                Err(error) => return Err(error),
            }
        }
    }
}

/// A value that cannot be read is a finding of `check_rows` already.
fn but_unreadable(checked: Result<(), StoreError>) -> Result<(), StoreError> {
    match checked {
        Err(StoreError::Db(error)) if unreadable_column(&error).is_some() => Ok(()),
        checked => checked,
    }
}

/// Checks positions of consecutive lists, each sorted by position.
struct PositionCheck<List> {
    list: Option<List>,
    next: i32,
}

impl<List: PartialEq> PositionCheck<List> {
    fn new() -> Self {
        Self {
            list: None,
            next: 0,
        }
    }

    /// Whether the step has the next position of its list.
    fn is_next(&mut self, list: List, position: i32) -> bool {
        if self.list.as_ref() != Some(&list) {
            (self.list, self.next) = (Some(list), 0);
        }
        let is_next = position == self.next;
        self.next = position.saturating_add(1);
        is_next
    }
}

async fn check_template_order(
    db: &impl ConnectionTrait,
    found: &mut CheckFindings,
) -> Result<(), StoreError> {
    use step_template::Column;
    let rows: Vec<(i64, i64, String, i32)> = step_template::Entity::find()
        .select_only()
        .columns([
            Column::Id,
            Column::ReleaseId,
            Column::Category,
            Column::OrderIndex,
        ])
        .order_by_asc(Column::ReleaseId)
        .order_by_asc(Column::Category)
        .order_by_asc(Column::OrderIndex)
        .into_tuple()
        .all(db)
        .await?;
    let mut positions = PositionCheck::new();
    for (id, release, category, position) in rows {
        if !positions.is_next((release, category), position) {
            let detail =
                format!("template step {id} of release {release} is out of place at {position}");
            found.add(Check::Order, detail);
        }
    }
    Ok(())
}

/// Checks that customers' lists have no gaps and belong to members, who have a copy of each template step.
async fn check_lists(
    db: &impl ConnectionTrait,
    found: &mut CheckFindings,
) -> Result<(), StoreError> {
    use customer_step::Column;
    let members: BTreeSet<(i64, i64)> = release_customer::Entity::find()
        .select_only()
        .columns([
            release_customer::Column::ReleaseId,
            release_customer::Column::CustomerId,
        ])
        .into_tuple::<(i64, i64)>()
        .all(db)
        .await?
        .into_iter()
        .collect();
    let rows: Vec<(i64, i64, i64, String, i32, Option<i64>)> = customer_step::Entity::find()
        .select_only()
        .columns([
            Column::Id,
            Column::ReleaseId,
            Column::CustomerId,
            Column::Category,
            Column::OrderIndex,
            Column::TemplateId,
        ])
        .order_by_asc(Column::ReleaseId)
        .order_by_asc(Column::CustomerId)
        .order_by_asc(Column::Category)
        .order_by_asc(Column::OrderIndex)
        .into_tuple()
        .all(db)
        .await?;
    let mut positions = PositionCheck::new();
    let mut copies = HashSet::new();
    for (id, release, customer, category, position, template) in rows {
        copies.extend(template.map(|it| (customer, it)));
        if !positions.is_next((release, customer, category), position) {
            let detail = format!(
                "step {id} of customer {customer} in release {release} is out of place at {position}"
            );
            found.add(Check::Order, detail);
        }
        if !members.contains(&(release, customer)) {
            let detail = format!("step {id}: customer {customer} is not in release {release}");
            found.add(Check::Members, detail);
        }
    }
    let templates: Vec<(i64, i64)> = step_template::Entity::find()
        .select_only()
        .columns([step_template::Column::ReleaseId, step_template::Column::Id])
        .order_by_asc(step_template::Column::Id)
        .into_tuple()
        .all(db)
        .await?;
    for (release, template) in templates {
        let of_release = members.range((release, i64::MIN)..=(release, i64::MAX));
        for (_, customer) in of_release.filter(|it| !copies.contains(&(it.1, template))) {
            let detail = format!(
                "customer {customer} has no copy of template step {template} of release {release}"
            );
            found.add(Check::Members, detail);
        }
    }
    Ok(())
}

/// The chain of the history, up to its first break: what comes behind that proves nothing.
struct ChainCheck(Option<Walk>);

impl ChainCheck {
    fn take(&mut self, id: i64, event: Result<Event, StoreError>, found: &mut CheckFindings) {
        let Some(walk) = &mut self.0 else {
            return;
        };
        match event {
            Ok(event) => {
                if let Err(broken) = walk.take(&event) {
                    self.end(broken.to_string(), found);
                }
            }
            Err(StoreError::Corrupt { detail, .. }) => self.unreadable(id, &detail, found),
            Err(error) => self.unreadable(id, &error.to_string(), found),
        }
    }

    fn unreadable(&mut self, id: i64, what: &str, found: &mut CheckFindings) {
        let Some(walk) = &self.0 else {
            return;
        };
        let unreadable = || format!("event {id} cannot be read: {what}");
        let broken = walk.broken().map_or_else(unreadable, ToString::to_string);
        self.end(broken, found);
    }

    fn end(&mut self, broken: String, found: &mut CheckFindings) {
        found.add(Check::Chain, broken);
        self.0 = None;
    }

    /// After the last event; `missing_id` is that of a later one, if one was written.
    fn finish(self, missing_id: Option<i64>, found: &mut CheckFindings) {
        let missing =
            |id| format!("event {id} was the last one that was written, and it is missing");
        match self.0.map(Walk::finish) {
            Some(Err(broken)) => found.add(Check::Chain, broken.to_string()),
            Some(Ok(())) => {
                if let Some(id) = missing_id {
                    found.add(Check::Chain, missing(id));
                }
            }
            None => {}
        }
    }
}

/// R17: every state is explained by the step's last event, and every executed text is the one that was shown. R89: each
/// event follows the one before it. `of_history` takes the texts that the events point to.
async fn check_history(
    db: &impl ConnectionTrait,
    of_history: &mut HashSet<i64>,
    found: &mut CheckFindings,
) -> Result<(), StoreError> {
    let mut states = RecordedStates::default();
    let mut chain = ChainCheck(Some(Walk::new(sha256)));
    let mut last_id: Option<i64> = None;
    loop {
        let mut query = audit_event::Entity::find();
        if let Some(id) = last_id {
            query = query.filter(audit_event::Column::Id.gt(id));
        }
        let query = query
            .order_by_asc(audit_event::Column::Id)
            .limit(READ_EVENTS_MAX);
        let rows = read_rows(db, query, audit_event::Column::Id).await?;
        if rows.is_empty() {
            break;
        }
        let stored = |row: audit_event::Model| (row.clone().without_texts(), row);
        let rows: Vec<_> = rows.into_iter().map(|it| it.map(stored)).collect();
        let events = rows.iter().flatten().flat_map(|it| &it.0);
        let ids: HashSet<i64> = events.flat_map(event_texts::text_ids).collect();
        let bodies = texts::bodies(db, ids.iter().copied()).await?;
        of_history.extend(ids);
        for row in rows {
            match row {
                Ok((event, row)) => {
                    last_id = Some(row.id);
                    of_history.extend(row.text_id);
                    check_event(&row, &mut states, found);
                    let event = event.and_then(|mut event| {
                        event_texts::put_back(&mut event, &bodies)?;
                        Ok(event)
                    });
                    chain.take(row.id, event, found);
                }
                Err(UnreadableRow { id, column }) => {
                    last_id = Some(id);
                    chain.unreadable(id, &format!("its column {column}"), found);
                }
            }
        }
    }
    chain.finish(missing_end(db, last_id).await?, found);
    check_states(db, &states, found).await
}

/// The last id that was given to an event, if that is behind the last event. PostgreSQL knows only of ids that an import has set,
/// and keeps those of an import that was rolled back, which leaves no row.
async fn missing_end(
    db: &impl ConnectionTrait,
    last_id: Option<i64>,
) -> Result<Option<i64>, StoreError> {
    let given = Engine::of(db).last_id(db, "audit_events").await?;
    let is_behind = last_id.unwrap_or_default() < given;
    let is_missing = is_behind && (last_id.is_some() || !import::is_empty(db).await?);
    Ok(is_missing.then_some(given))
}

fn check_event(row: &audit_event::Model, states: &mut RecordedStates, found: &mut CheckFindings) {
    let id = row.id;
    let text = row.resolved_text.as_deref();
    if text.is_some_and(|it| row.resolved_sha256 != Some(sha256(it))) {
        let detail = format!("event {id}: the SHA-256 is not that of its text");
        found.add(Check::Audit, detail);
    }
    if text.is_none() && row.text_id.is_some() {
        found.add(Check::Audit, format!("event {id}: its text is missing"));
    }
    for (column, value) in [("before", &row.before), ("after", &row.after)] {
        // Null as a text is hashed as no value, and read elsewhere as one.
        if value.as_deref().is_some_and(|it| !it.starts_with('{')) {
            found.add(
                Check::Audit,
                format!("event {id}: its {column} is no object"),
            );
        }
    }
    if row.entity != Entity::Step.as_str() {
        let before = row.before.as_deref();
        if let Some(Ok(removed)) = before.map(serde_json::from_str::<RemovedSteps>) {
            states.take_removed(row.release_id, &removed);
        }
        return;
    }
    let list = (row.release_id, row.customer_id);
    if row.action == EventAction::Done.as_str() && row.resolved_text.is_none() {
        let detail = format!("event {id}: done, but without the executed text");
        found.add(Check::Audit, detail);
    }
    let action = row.action.parse::<EventAction>();
    let is_of_run = action.is_ok_and(EventAction::is_of_run);
    match row.after.as_deref().map(serde_json::from_str) {
        Some(Ok(recorded)) => states.take(row.entity_id, list, Some(recorded)),
        // What becomes of a run is told without a state once its step was deleted.
        Some(Err(_)) if is_of_run && states.is_gone(row.entity_id) => {}
        Some(Err(_)) => found.add(Check::Audit, format!("event {id} tells no state")),
        None => states.take(row.entity_id, list, None),
    }
}

/// A step with its state.
struct StepWithState {
    id: i64,
    state: RecordedState,
}

impl FromQueryResult for StepWithState {
    fn from_query_result(row: &QueryResult, prefix: &str) -> Result<Self, DbErr> {
        Ok(Self {
            id: row.try_get(prefix, "id")?,
            state: RecordedState::from_query_result(row, prefix)?,
        })
    }
}

/// Compares the steps with what the history tells of them, and finds those that are missing.
async fn check_states(
    db: &impl ConnectionTrait,
    states: &RecordedStates,
    found: &mut CheckFindings,
) -> Result<(), StoreError> {
    use customer_step::Column;
    let mut is_there = HashSet::new();
    let mut last_id = i64::MIN;
    loop {
        let rows = customer_step::Entity::find()
            .select_only()
            .columns([
                Column::Id,
                Column::Status,
                Column::ExecutedBy,
                Column::ExecutedAt,
                Column::StartedBy,
                Column::StartedAt,
                Column::StateBy,
                Column::StateAt,
                Column::SkipReason,
                Column::FailReason,
                Column::RevertReason,
                Column::Notes,
            ])
            .filter(Column::Id.gt(last_id))
            .order_by_asc(Column::Id)
            .limit(READ_STATES_MAX)
            .into_model::<StepWithState>()
            .all(db)
            .await?;
        let Some(last) = rows.last() else {
            break;
        };
        last_id = last.id;
        for StepWithState { id, state } in rows {
            is_there.insert(id);
            if let Some(other) = other_state(&states.differences(id, &state)) {
                found.add(Check::Audit, format!("step {id} {other}"));
            }
        }
    }
    for id in states.missing(&is_there) {
        let detail = format!("step {id} is missing, and no event says that it was deleted");
        found.add(Check::Audit, detail);
    }
    Ok(())
}

/// What a step has otherwise than the history tells, with both values.
fn other_state(differences: &[StateDifference]) -> Option<String> {
    let fields = differences.iter().map(|it| {
        let is = match it.field {
            "status" => "is".to_owned(),
            field => format!("has the {field}"),
        };
        format!("{is} {}, but the history says {}", it.has, it.told)
    });
    let fields: Vec<String> = fields.collect();
    (!fields.is_empty()).then(|| fields.join("; "))
}
