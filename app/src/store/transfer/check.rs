//! Integrity check of a database: the file is intact, foreign keys hold, rows are readable, lists have no gaps, and
//! the audit trail agrees with the rows.
use crate::domain::{
    check_finding::{Check, CheckFinding},
    event::{Entity, EventAction},
    vocabulary::StepStatus,
};
use crate::store::{
    Store,
    engine::sqlite,
    entity::{audit_event, customer_step, release_customer, sha256, step_template},
    error::StoreError,
};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde::Deserialize;
use std::collections::{HashMap, HashSet};

/// The number of findings reported per kind; the others are counted.
const NAMED_FINDINGS_MAX: usize = 50;
/// Events read per query.
const READ_EVENTS_MAX: u64 = 1_000;

/// The state of a step according to its last event.
#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
struct RecordedState {
    status: StepStatus,
    executed_by: Option<String>,
    state_by: Option<String>,
}

/// Id, entity, entity id, action, row after the event, executed text, SHA-256 of that text.
type AuditRow = (
    i64,
    String,
    i64,
    String,
    Option<String>,
    Option<String>,
    Option<String>,
);

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
    /// writers.
    pub async fn check(&self) -> Result<Vec<CheckFinding>, StoreError> {
        let mut found = CheckFindings::default();
        let db = self.snapshot().await?;
        for line in sqlite::integrity_errors(&db).await? {
            found.add(Check::Integrity, line);
        }
        // Rows read from a damaged file prove nothing.
        if found.findings.is_empty() {
            for line in sqlite::foreign_key_errors(&db).await? {
                found.add(Check::ForeignKeys, line);
            }
            self.check_rows(&mut found).await?;
            check_template_order(&db, &mut found).await?;
            check_lists(&db, &mut found).await?;
            check_history(&db, &mut found).await?;
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

/// Checks that customers' lists have no gaps and belong to members.
async fn check_lists(
    db: &impl ConnectionTrait,
    found: &mut CheckFindings,
) -> Result<(), StoreError> {
    use customer_step::Column;
    let members: HashSet<(i64, i64)> = release_customer::Entity::find()
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
    let rows: Vec<(i64, i64, i64, String, i32)> = customer_step::Entity::find()
        .select_only()
        .columns([
            Column::Id,
            Column::ReleaseId,
            Column::CustomerId,
            Column::Category,
            Column::OrderIndex,
        ])
        .order_by_asc(Column::ReleaseId)
        .order_by_asc(Column::CustomerId)
        .order_by_asc(Column::Category)
        .order_by_asc(Column::OrderIndex)
        .into_tuple()
        .all(db)
        .await?;
    let mut positions = PositionCheck::new();
    for (id, release, customer, category, position) in rows {
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
    Ok(())
}

/// Checks that the last event of each step explains its state, and that executed texts match their SHA-256 (R17).
async fn check_history(
    db: &impl ConnectionTrait,
    found: &mut CheckFindings,
) -> Result<(), StoreError> {
    let mut last: HashMap<i64, RecordedState> = HashMap::new();
    let mut after = 0;
    loop {
        let events = read_events(db, after).await?;
        let Some(last_event) = events.last() else {
            break;
        };
        after = last_event.0;
        for (id, entity, entity_id, action, row, text, digest) in events {
            if text.as_deref().map(sha256) != digest {
                let detail = format!("event {id}: the SHA-256 is not that of its text");
                found.add(Check::Audit, detail);
            }
            if entity != Entity::Step.as_str() {
                continue;
            }
            if action == EventAction::Done.as_str() && text.is_none() {
                let detail = format!("event {id}: done, but without the executed text");
                found.add(Check::Audit, detail);
            }
            match row.map(|it| serde_json::from_str::<RecordedState>(&it)) {
                Some(Ok(recorded)) => {
                    last.insert(entity_id, recorded);
                }
                Some(Err(_)) => found.add(Check::Audit, format!("event {id} tells no state")),
                None => {
                    last.remove(&entity_id);
                }
            }
        }
    }
    check_states(db, &last, found).await
}

async fn read_events(db: &impl ConnectionTrait, after: i64) -> Result<Vec<AuditRow>, StoreError> {
    use audit_event::Column;
    Ok(audit_event::Entity::find()
        .select_only()
        .columns([
            Column::Id,
            Column::Entity,
            Column::EntityId,
            Column::Action,
            Column::After,
            Column::ResolvedText,
            Column::ResolvedSha256,
        ])
        .filter(Column::Id.gt(after))
        .order_by_asc(Column::Id)
        .limit(READ_EVENTS_MAX)
        .into_tuple()
        .all(db)
        .await?)
}

async fn check_states(
    db: &impl ConnectionTrait,
    last: &HashMap<i64, RecordedState>,
    found: &mut CheckFindings,
) -> Result<(), StoreError> {
    use customer_step::Column;
    let rows: Vec<(i64, String, Option<String>, Option<String>)> = customer_step::Entity::find()
        .select_only()
        .columns([
            Column::Id,
            Column::Status,
            Column::ExecutedBy,
            Column::StateBy,
        ])
        .order_by_asc(Column::Id)
        .into_tuple()
        .all(db)
        .await?;
    let untouched = RecordedState {
        status: StepStatus::Pending,
        executed_by: None,
        state_by: None,
    };
    for (id, status, executed_by, state_by) in rows {
        let recorded = last.get(&id).unwrap_or(&untouched);
        let is_as_recorded = status == recorded.status.as_str()
            && executed_by == recorded.executed_by
            && state_by == recorded.state_by;
        if !is_as_recorded {
            let detail = format!(
                "step {id} is {status}, but the history says {}",
                recorded.status
            );
            found.add(Check::Audit, detail);
        }
    }
    Ok(())
}
