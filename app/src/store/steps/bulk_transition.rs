//! Bulk transitions (R15): one transaction over all eligible steps; the others are reported by name.
use super::{step_rows::event_action, text_changes::Starts, transitions::TransitionOptions};
use crate::domain::{
    actor_stamp::ActorStamp,
    cluster::Cluster,
    customer::Customer,
    field_error::FieldError,
    id::{CustomerId, ReleaseId, StepId},
    permission::Permission,
    release::Release,
    rule_violation::RuleViolation,
    step::{CustomerStep, Transition},
    summary::{BulkResult, NotEligible},
    text::{CONTENT_MAX_BYTES, Notes},
    validation_errors::ValidationErrors,
    variables::{self, VariableScope},
    vocabulary::{Field, StepAction},
};
use crate::store::{
    Store,
    audit::events::{NewEvent, StepSnapshot, TextProof},
    change::Change,
    entity::{customer_step, release, sha256, text},
    error::StoreError,
    text_variables,
};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, ExprTrait, QueryFilter, QuerySelect, sea_query::Expr,
};
use std::collections::{HashMap, HashSet};

/// The number of ids that one bulk action accepts.
pub const BULK_STEPS_MAX: usize = 10_000;
/// Steps that are in memory at once, if their texts are short.
const STEPS_IN_MEMORY_MAX: usize = 250;
/// Bytes of texts that are in memory at once: before, after and resolved about 40 MiB.
const TEXTS_IN_MEMORY_MAX_BYTES: usize = 50 * CONTENT_MAX_BYTES;

impl Store {
    /// Makes one transition of many steps. Unknown steps and those that do not allow it are reported, not errors.
    /// Errors: no ids or more than `BULK_STEPS_MAX`; a missing or wrong reason; wrong notes.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn act_on_steps(
        &self,
        ids: Vec<StepId>,
        action: StepAction,
        options: TransitionOptions,
        stamp: ActorStamp,
    ) -> Result<BulkResult, StoreError> {
        let permit = self.permit(Permission::ActOnSteps.on_anything()).await?;
        let ids = bulk_ids(ids)?;
        let transition = Transition::parse(action, options.reason.as_deref())?;
        let notes = options
            .notes
            .as_deref()
            .filter(|_| action == StepAction::Done)
            .map(Notes::parse)
            .transpose();
        let notes = notes
            .map_err(|it| ValidationErrors::one(Field::Notes, it))?
            .map(|it| NewNotes(it.map(String::from)));
        let mut change = self.change(permit, stamp).await?;
        let mut scopes = BulkScopes::default();
        let mut result = BulkResult::default();
        for part in parts(&ids, &change.text_bytes(&ids).await?) {
            let mut steps = change.steps_of_bulk(part).await?;
            scopes.load(&change.tx, steps.values()).await?;
            let starts = Starts::load(&change.tx, action, steps.values()).await?;
            let overtaken = match &options.seen {
                Some(seen) => seen.overtaken(&change.tx, steps.keys().copied()).await?,
                None => HashMap::new(),
            };
            let n_changed = result.changed_ids.len();
            for id in part {
                let Some(before) = steps.remove(&id.0) else {
                    result.not_eligible.push(NotEligible::unknown(*id));
                    continue;
                };
                let scope = scopes.of(&before)?;
                let next = next_state(&before, &transition, &options, scope, &change.stamp);
                let next = match overtaken.get(&id.0) {
                    Some(by) if !matches!(next, Ok(None)) => {
                        Err(RuleViolation::Overtaken { by: by.clone() })
                    }
                    _ => next,
                };
                match next {
                    Ok(None) => {}
                    Ok(Some((mut after, mut proof))) => {
                        if let Some(NewNotes(notes)) = &notes {
                            after.notes.clone_from(notes);
                        }
                        after.version += 1;
                        let sha256 = proof.sha256.as_deref();
                        proof.changes = starts.changes(&change.tx, &before, scope, sha256).await?;
                        let event = NewEvent::of_step(&after, event_action(action))
                            .before(&StepSnapshot::of(&before))
                            .after(&StepSnapshot::of(&after))
                            .proof(proof);
                        change.record(event);
                        result.changed_ids.push(*id);
                    }
                    Err(violation) => result.not_eligible.push(NotEligible {
                        id: *id,
                        customer: scope.customer.name.clone(),
                        step: before.name,
                        reason: violation.to_string(),
                    }),
                }
            }
            let changed = &result.changed_ids[n_changed..];
            write_states(&change, &transition, notes.as_ref(), changed).await?;
            change.flush().await?;
        }
        result.changed = u32::try_from(result.changed_ids.len()).unwrap_or(u32::MAX);
        result.stamp = Some(change.stamp.clone());
        result.batch_id = change.commit().await?;
        Ok(result)
    }
}

/// The steps of a bulk, each once. Errors: none, or more than `BULK_STEPS_MAX`.
pub fn bulk_ids(ids: Vec<StepId>) -> Result<Vec<StepId>, ValidationErrors> {
    let long = ids.len();
    let problem = match long {
        0 => FieldError::EmptyList,
        1..=BULK_STEPS_MAX => {
            let mut seen = HashSet::new();
            return Ok(ids.into_iter().filter(|it| seen.insert(*it)).collect());
        }
        _ => FieldError::TooMany {
            max: BULK_STEPS_MAX,
            long,
        },
    };
    Err(ValidationErrors::one(Field::Ids, problem))
}

/// The steps of a bulk in parts that fit into memory, by the bytes of their texts.
fn parts<'a>(ids: &'a [StepId], bytes: &HashMap<i64, usize>) -> Vec<&'a [StepId]> {
    let (mut parts, mut start, mut total) = (Vec::new(), 0, 0);
    for (at, id) in ids.iter().enumerate() {
        let more = bytes.get(&id.0).copied().unwrap_or(0);
        let is_full = at - start == STEPS_IN_MEMORY_MAX || total + more > TEXTS_IN_MEMORY_MAX_BYTES;
        if is_full && at > start {
            parts.push(&ids[start..at]);
            (start, total) = (at, 0);
        }
        total += more;
    }
    parts.push(&ids[start..]);
    parts
}

impl Change {
    /// How many bytes the text of each of these steps has, without those that are unknown.
    async fn text_bytes(&self, ids: &[StepId]) -> Result<HashMap<i64, usize>, StoreError> {
        use customer_step::Column;
        let bytes = text::bytes_of((customer_step::Entity, Column::TextId));
        let rows: Vec<(i64, Option<i64>)> = customer_step::Entity::find()
            .select_only()
            .column(Column::Id)
            .expr_as(bytes, "bytes")
            .filter(Column::Id.is_in(ids.iter().map(|it| it.0)))
            .into_tuple()
            .all(&self.tx)
            .await?;
        let bytes = |it: Option<i64>| it.and_then(|it| usize::try_from(it).ok()).unwrap_or(0);
        Ok(rows.into_iter().map(|it| (it.0, bytes(it.1))).collect())
    }

    /// These steps by their ids, without those that are unknown. A step out of the caller's scope is an unknown one.
    pub async fn steps_of_bulk(
        &self,
        part: &[StepId],
    ) -> Result<HashMap<i64, CustomerStep>, StoreError> {
        let rows = self
            .visible()
            .steps()
            .filter(customer_step::Column::Id.is_in(part.iter().map(|it| it.0)))
            .all(&self.tx)
            .await?;
        let steps = rows
            .into_iter()
            .map(|row| Ok((row.id, CustomerStep::try_from(row)?)));
        steps.collect()
    }
}

/// The new notes of a bulk's steps. None clears them: they were given, and are empty.
struct NewNotes(Option<String>);

/// Releases and customers that the variables of a bulk's steps are resolved with, each read once.
#[derive(Default)]
pub struct BulkScopes {
    releases: HashMap<ReleaseId, Release>,
    customers: HashMap<CustomerId, (Customer, Cluster)>,
}

impl BulkScopes {
    /// Reads the releases and customers of these steps that were not read yet.
    pub async fn load(
        &mut self,
        tx: &impl ConnectionTrait,
        steps: impl Iterator<Item = &CustomerStep>,
    ) -> Result<(), StoreError> {
        let (mut releases, mut customers) = (HashSet::new(), HashSet::new());
        for step in steps {
            if !self.releases.contains_key(&step.release_id) {
                releases.insert(step.release_id);
            }
            if !self.customers.contains_key(&step.customer_id) {
                customers.insert(step.customer_id);
            }
        }
        if !releases.is_empty() {
            let rows = release::Entity::find()
                .filter(release::Column::Id.is_in(releases.iter().map(|it| it.0)))
                .all(tx)
                .await?;
            for row in rows {
                let release: Release = row.try_into()?;
                self.releases.insert(release.id, release);
            }
        }
        if !customers.is_empty() {
            let customers: Vec<CustomerId> = customers.into_iter().collect();
            let rows = text_variables::with_clusters(tx, &customers).await?;
            let rows = rows.into_iter().map(|it| (it.0.id, it));
            self.customers.extend(rows);
        }
        Ok(())
    }

    /// What the variables of a step are resolved with, of those that were read.
    pub fn of(&self, step: &CustomerStep) -> Result<VariableScope<'_>, StoreError> {
        let customer = self.customers.get(&step.customer_id);
        let release = self.releases.get(&step.release_id);
        let ((customer, cluster), release) = customer.zip(release).ok_or_else(|| {
            StoreError::corrupt("customer_steps", "its customer or release is missing")
        })?;
        Ok(VariableScope {
            customer,
            cluster,
            release,
        })
    }
}

/// Writes the new state of changed steps. They get the same state from the same person, so one statement is enough. The
/// SQL repeats the rules of `CustomerStep::transition`; a test compares the two.
async fn write_states(
    change: &Change,
    transition: &Transition,
    notes: Option<&NewNotes>,
    ids: &[StepId],
) -> Result<(), StoreError> {
    use customer_step::Column;
    if ids.is_empty() {
        return Ok(());
    }
    let action = transition.action;
    let reason = transition.reason.as_ref().map(|it| it.as_str().to_owned());
    let reason_of = |it: StepAction| Expr::val(reason.clone().filter(|_| action == it));
    let (at, by) = (change.stamp.at, change.stamp.by.clone());
    let no_author = || {
        (
            Expr::val(None::<chrono::DateTime<chrono::Utc>>),
            Expr::val(None::<String>),
        )
    };
    let author = || (Expr::val(Some(at)), Expr::val(Some(by.clone())));
    let (state_at, state_by) = author();
    let mut update = customer_step::Entity::update_many()
        .col_expr(Column::Status, Expr::val(action.target().as_str()))
        .col_expr(Column::StateAt, state_at)
        .col_expr(Column::StateBy, state_by)
        .col_expr(Column::FailReason, reason_of(StepAction::Fail))
        .col_expr(Column::SkipReason, reason_of(StepAction::Skip))
        .col_expr(Column::RevertReason, reason_of(StepAction::Revert))
        .col_expr(Column::Version, Expr::col(Column::Version).add(1))
        .col_expr(Column::UpdatedAt, Expr::val(at))
        .filter(Column::Id.is_in(ids.iter().map(|it| it.0)));
    let started = match action {
        StepAction::Start => Some(author()),
        StepAction::Reopen => Some(no_author()),
        _ => None,
    };
    let executed = match action {
        StepAction::Done => Some(author()),
        StepAction::Start | StepAction::Skip | StepAction::Reopen => Some(no_author()),
        StepAction::Fail | StepAction::Revert => None,
    };
    if let Some((at, by)) = started {
        update = update
            .col_expr(Column::StartedAt, at)
            .col_expr(Column::StartedBy, by);
    }
    if let Some((at, by)) = executed {
        update = update
            .col_expr(Column::ExecutedAt, at)
            .col_expr(Column::ExecutedBy, by);
    }
    if let Some(NewNotes(notes)) = notes {
        update = update
            .col_expr(Column::Notes, Expr::val(notes.clone()))
            .col_expr(Column::HasNotes, Expr::val(notes.is_some()));
    }
    update.exec(&change.tx).await?;
    Ok(())
}

type NextState = (CustomerStep, TextProof);

fn next_state(
    before: &CustomerStep,
    transition: &Transition,
    options: &TransitionOptions,
    scope: VariableScope<'_>,
    stamp: &ActorStamp,
) -> Result<Option<NextState>, RuleViolation> {
    scope.release.may_be_worked_on()?;
    let Some(after) = before.transition(transition, stamp)? else {
        return Ok(None);
    };
    let resolved = || variables::resolve(&before.content, before.kind, scope);
    let proof = match transition.action {
        StepAction::Start => TextProof {
            sha256: Some(sha256(&resolved().text())),
            ..TextProof::default()
        },
        StepAction::Done => {
            let resolved = resolved();
            resolved.must_be_complete(options.allow_unresolved)?;
            let text = resolved.text();
            TextProof {
                sha256: Some(sha256(&text)),
                text: Some(text),
                // A bulk action shows no texts.
                is_shown: Some(false),
                changes: Vec::new(),
            }
        }
        _ => TextProof::default(),
    };
    Ok(Some((after, proof)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_has_no_more_steps_and_no_longer_texts_than_fit_into_memory() {
        let ids: Vec<StepId> = (0..600).map(StepId).collect();
        let lengths = |bytes: usize| -> Vec<usize> {
            let bytes = ids.iter().map(|it| (it.0, bytes)).collect();
            parts(&ids, &bytes).iter().map(|it| it.len()).collect()
        };
        assert_eq!(lengths(1_000), [250, 250, 100]);
        assert_eq!(lengths(CONTENT_MAX_BYTES), [50; 12]);
        // One that is too long for all bounds is a part of its own.
        assert_eq!(lengths(TEXTS_IN_MEMORY_MAX_BYTES + 1), [1; 600]);
        assert_eq!(parts(&ids, &HashMap::new()).concat(), ids);
    }
}
