//! What can be proved of a database: the file is whole, references lead somewhere, lists have no gaps, the history tells
//! the same as the rows, and no event of it was changed, removed or added (R89).
use crate::domain::{
    check_finding::{Check, CheckFinding},
    event::{Entity, Event, EventAction},
    history_walk::Walk,
    step::StepStatus,
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

/// So many findings of one kind are named; the others are counted.
const NAMED: usize = 50;
/// How many lines of the history are read at once. They come with their texts.
const LINES: u64 = 250;

/// What the last event of a step says of its state.
#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
struct RecordedState {
    status: StepStatus,
    executed_by: Option<String>,
    state_by: Option<String>,
}

#[derive(Default)]
struct CheckFindings {
    findings: Vec<CheckFinding>,
    counts: HashMap<Check, usize>,
}

impl CheckFindings {
    fn add(&mut self, check: Check, detail: impl Into<String>) {
        let n = self.counts.entry(check).or_default();
        *n += 1;
        if *n <= NAMED {
            self.findings.push(CheckFinding::new(check, detail));
        }
    }

    fn finish(mut self) -> Vec<CheckFinding> {
        for check in Check::ALL {
            let n = self.counts.get(check).copied().unwrap_or_default();
            if n > NAMED {
                let rest = format!("and {} more", n - NAMED);
                self.findings.push(CheckFinding::new(*check, rest));
            }
        }
        self.findings
    }
}

impl Store {
    /// Everything that should not be; empty if all is well. Reads every row, and holds nobody up.
    pub async fn check(&self) -> Result<Vec<CheckFinding>, StoreError> {
        let mut found = CheckFindings::default();
        let db = self.snapshot().await?;
        for line in sqlite::damage(&db).await? {
            found.add(Check::Integrity, line);
        }
        // What is read from a damaged file proves nothing.
        if found.findings.is_empty() {
            for line in sqlite::broken_keys(&db).await? {
                found.add(Check::ForeignKeys, line);
            }
            self.check_rows(&mut found).await?;
            check_template_order(&db, &mut found).await?;
            check_lists(&db, &mut found).await?;
            check_history(&db, &mut found).await?;
        }
        Ok(found.finish())
    }

    /// Whether the domain can read every row.
    async fn check_rows(&self, found: &mut CheckFindings) -> Result<(), StoreError> {
        let mut export = self.export(None).await?;
        loop {
            match export.piece().await {
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

/// Positions of lists that come one behind the other, each in its order.
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

    /// Whether the step stands where it should.
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

/// Customers' lists have no gaps, and only members have any.
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

/// The chain of the history, up to its first break: what comes behind that proves nothing.
struct ChainCheck(Option<Walk>);

impl ChainCheck {
    fn take(&mut self, row: audit_event::Model, found: &mut CheckFindings) {
        let id = row.id;
        let Some(walk) = &mut self.0 else {
            return;
        };
        let broken = match Event::try_from(row) {
            Ok(event) => walk.take(&event).err().map(|it| it.to_string()),
            Err(_) => Some(format!("event {id} cannot be read")),
        };
        if let Some(broken) = broken {
            found.add(Check::Chain, broken);
            self.0 = None;
        }
    }

    fn finish(self, found: &mut CheckFindings) {
        if let Some(Err(broken)) = self.0.map(Walk::finish) {
            found.add(Check::Chain, broken.to_string());
        }
    }
}

/// R17: every state is explained by the step's last event, and every executed text is the one that was shown. R89: each
/// event follows the one before it.
async fn check_history(
    db: &impl ConnectionTrait,
    found: &mut CheckFindings,
) -> Result<(), StoreError> {
    let mut last: HashMap<i64, RecordedState> = HashMap::new();
    let mut chain = ChainCheck(Some(Walk::new(sha256)));
    let mut after = 0;
    loop {
        let rows = audit_event::Entity::find()
            .filter(audit_event::Column::Id.gt(after))
            .order_by_asc(audit_event::Column::Id)
            .limit(LINES)
            .all(db)
            .await?;
        let Some(row) = rows.last() else {
            break;
        };
        after = row.id;
        for row in rows {
            check_event(&row, &mut last, found);
            chain.take(row, found);
        }
    }
    chain.finish(found);
    check_states(db, &last, found).await
}

fn check_event(
    row: &audit_event::Model,
    last: &mut HashMap<i64, RecordedState>,
    found: &mut CheckFindings,
) {
    let id = row.id;
    if row.resolved_text.as_deref().map(sha256) != row.resolved_sha256 {
        let detail = format!("event {id}: the SHA-256 is not that of its text");
        found.add(Check::Audit, detail);
    }
    if row.entity != Entity::Step.as_str() {
        return;
    }
    if row.action == EventAction::Done.as_str() && row.resolved_text.is_none() {
        let detail = format!("event {id}: done, but without the executed text");
        found.add(Check::Audit, detail);
    }
    match row.after.as_deref().map(serde_json::from_str) {
        Some(Ok(said)) => {
            last.insert(row.entity_id, said);
        }
        Some(Err(_)) => found.add(Check::Audit, format!("event {id} tells no state")),
        None => {
            last.remove(&row.entity_id);
        }
    }
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
        let said = last.get(&id).unwrap_or(&untouched);
        let is_said = status == said.status.as_str()
            && executed_by == said.executed_by
            && state_by == said.state_by;
        if !is_said {
            let detail = format!(
                "step {id} is {status}, but the history says {}",
                said.status
            );
            found.add(Check::Audit, detail);
        }
    }
    Ok(())
}
