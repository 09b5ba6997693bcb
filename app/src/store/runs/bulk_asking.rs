//! Runs of many steps are asked for at once (R71): one transaction over all eligible steps; the others are reported by name.
use super::{
    asking::{Asking, may_start},
    jenkins_jobs, run_events,
};
use crate::domain::{
    actor_stamp::ActorStamp,
    id::StepId,
    jenkins::JenkinsJob,
    permission::Permission,
    run::{Run, RunRequest, RunState},
    step::CustomerStep,
    summary::{BulkResult, NotEligible},
    variables::VariableScope,
};
use crate::store::{
    Store,
    access::visible::Visible,
    change::Change,
    error::StoreError,
    steps::{
        bulk_transition::{BulkScopes, bulk_ids},
        text_changes::StepText,
    },
};
use std::collections::HashMap;

/// Why an operator cannot run a text that is no template's.
pub const OWN_TEXT: &str = "only a manager can run a text of this customer's own";
/// Why a step is left out whose text is another than the person was shown.
const CHANGED_TEXT: &str = "the text has changed since it was shown";
/// Steps that are in memory at once, as in a bulk action.
const STEPS_IN_MEMORY_MAX: usize = 50;

impl Store {
    /// Asks for a run of each of these steps, with one batch for all. Unknown steps and those that cannot be run are reported, not
    /// errors; so are those whose text is another than the one that was `shown`, of which there is the SHA-256 if it was. Errors: as of
    /// `bulk_ids`; a timeout out of range; no runners.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn ask_runs(
        &self,
        ids: Vec<StepId>,
        timeout_seconds: Option<u32>,
        shown: HashMap<StepId, String>,
        stamp: ActorStamp,
    ) -> Result<BulkResult, StoreError> {
        let permit = self.permit(Permission::ActOnSteps.on_anything()).await?;
        let ids = bulk_ids(ids)?;
        let request = RunRequest {
            timeout_seconds,
            ..RunRequest::default()
        };
        let asking = self.asking_of_runners(request.timeout()?)?;
        let mut change = self.change(permit, stamp).await?;
        let mut scopes = BulkScopes::default();
        let mut result = BulkResult::default();
        let mut asked = Vec::new();
        for part in ids.chunks(STEPS_IN_MEMORY_MAX) {
            let runs = change
                .ask_part(&asking, part, &shown, &mut scopes, &mut result)
                .await?;
            change.flush().await?;
            asked.extend(runs);
        }
        result.changed = u32::try_from(result.changed_ids.len()).unwrap_or(u32::MAX);
        result.stamp = Some(change.stamp.clone());
        result.batch_id = change.commit().await?;
        for run in &asked {
            self.database.run_notices.tell(run);
        }
        Ok(result)
    }
}

impl Change {
    /// Asks for a run of each of a few steps, and reports them. Answers the runs, without their texts.
    async fn ask_part(
        &mut self,
        asking: &Asking,
        part: &[StepId],
        shown: &HashMap<StepId, String>,
        scopes: &mut BulkScopes,
        result: &mut BulkResult,
    ) -> Result<Vec<Run>, StoreError> {
        let mut steps = self.steps_of_bulk(part).await?;
        scopes.load(&self.tx, steps.values()).await?;
        let unfinished = run_events::unfinished(&self.tx, part).await?;
        let jobs = jenkins_jobs::of_steps(&self.tx, steps.values()).await?;
        let mut runs = Vec::new();
        for id in part {
            let Some(step) = steps.remove(&id.0) else {
                result.not_eligible.push(NotEligible::unknown(*id));
                continue;
            };
            let scope = scopes.of(&step)?;
            let unfinished = unfinished.get(&id.0).copied();
            let (shown, job) = (shown.get(id).map(String::as_str), jobs.get(&id.0));
            let asked = self.ask_for_one(asking, &step, scope, shown, unfinished, job);
            let reason = match asked.await {
                Ok(run) => {
                    runs.push(Run {
                        text: String::new(),
                        ..run
                    });
                    result.changed_ids.push(*id);
                    continue;
                }
                Err(StoreError::Refused(violation)) => violation.to_string(),
                Err(StoreError::NeedsRole(_)) => OWN_TEXT.to_owned(),
                Err(StoreError::TextChanged(_)) => CHANGED_TEXT.to_owned(),
                Err(error) => return Err(error),
            };
            result.not_eligible.push(NotEligible {
                id: *id,
                customer: scope.customer.name.clone(),
                step: step.name,
                reason,
            });
        }
        Ok(runs)
    }

    /// Asks for a run of one step of a bulk. Errors: also what refuses it; then nothing is written.
    async fn ask_for_one(
        &mut self,
        asking: &Asking,
        step: &CustomerStep,
        scope: VariableScope<'_>,
        shown: Option<&str>,
        unfinished: Option<RunState>,
        job: Option<&JenkinsJob>,
    ) -> Result<Run, StoreError> {
        scope.release.may_be_worked_on()?;
        may_start(step, unfinished, None, &self.stamp.by)?;
        let kind = asking.kind_of(step, job)?;
        let text = StepText::of(step, scope);
        if let Some(shown) = shown.filter(|it| *it != text.sha256) {
            let now = text
                .changed_since(&self.tx, Visible::of(&self.caller), step, shown)
                .await?;
            return Err(StoreError::TextChanged(Box::new(now)));
        }
        self.insert_run(asking, kind, job, step, &text, shown.is_some())
            .await
    }
}
