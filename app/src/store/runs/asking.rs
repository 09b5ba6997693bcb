//! A run of one step is asked for (R71): what that needs, the run's row, and the start of the step that comes with it. On a runner
//! it waits until one claims it; on the caller's own machine it runs at once (R72).
use super::{jenkins_jobs, run_events, run_rows};
use crate::domain::{
    actor_stamp::ActorStamp,
    event::{Changed, EventAction},
    field_error::FieldError,
    history_chain::is_sha256,
    id::{RunId, StepId},
    jenkins::JenkinsJob,
    permission::Permission,
    release::Release,
    rule_violation::RuleViolation,
    run::{Run, RunKind, RunRequest, RunState},
    runner::ClaimedRun,
    step::{CustomerStep, Transition},
    validation_errors::ValidationErrors,
    vocabulary::{Field, StepAction, StepStatus, StepType},
};
use crate::store::{
    Store,
    access::visible::Visible,
    accounts::random,
    audit::events::TextProof,
    change::Change,
    entity::{run, sha256},
    error::StoreError,
    steps::text_changes::StepText,
};
use chrono::{DateTime, Utc};
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::{NotSet, Set},
};
use serde_json::json;

/// How runs are asked for.
#[derive(Clone, Debug)]
pub struct Asking {
    pub timeout_seconds: u32,
    /// Whether texts that are a customer's own may be run: who writes a text runs code on the runner.
    pub may_own_texts: bool,
    /// Whether steps that name a job can be run at Jenkins.
    pub has_jenkins: bool,
    /// Of a run on the caller's own machine: the SHA-256 of the lease that its reports bear, and when it ends.
    pub lease: Option<(String, DateTime<Utc>)>,
}

impl Asking {
    /// By what a step is run, whose template may name a job. At Jenkins no text is run, so any type and any text will do; what the
    /// job gets is the template's. Errors: a step that nothing can run; a text that this caller may not run on a runner; no Jenkins.
    pub fn kind_of(
        &self,
        step: &CustomerStep,
        job: Option<&JenkinsJob>,
    ) -> Result<RunKind, StoreError> {
        if job.is_some() && self.lease.is_none() {
            return if self.has_jenkins {
                Ok(RunKind::Jenkins)
            } else {
                Err(RuleViolation::NoJenkins.into())
            };
        }
        let kind = runnable_kind(step)?;
        if step.has_own_text() && !self.may_own_texts && self.lease.is_none() {
            let role = Permission::RunOwnTexts.role();
            return Err(StoreError::NeedsRole(role));
        }
        Ok(kind)
    }
}

/// By what a step can be run. Errors: a text step.
pub fn runnable_kind(step: &CustomerStep) -> Result<RunKind, RuleViolation> {
    match step.kind {
        StepType::Bash => Ok(RunKind::Bash),
        StepType::Sql => Ok(RunKind::Sql),
        StepType::Text => Err(RuleViolation::NotRunnable {
            name: step.name.clone(),
        }),
    }
}

/// Whether a step can be started for a run by this person. `unfinished` is the state of its run that is not over, `given_up` when
/// a run was asked for that is over: its start is nobody's work any more. Errors: what refuses it.
pub fn may_start(
    step: &CustomerStep,
    unfinished: Option<RunState>,
    given_up: Option<DateTime<Utc>>,
    by: &str,
) -> Result<(), RuleViolation> {
    if let Some(state) = unfinished {
        return Err(RuleViolation::RunUnfinished { state });
    }
    let (action, status) = (StepAction::Start, step.status);
    if status == StepStatus::InProgress {
        let is_given_up = given_up.is_some() && given_up == step.started_at;
        return match &step.started_by {
            Some(other) if other != by && !is_given_up => {
                Err(RuleViolation::SomebodyElse { by: other.clone() })
            }
            _ => Ok(()),
        };
    }
    if action.allows(status) {
        Ok(())
    } else {
        Err(RuleViolation::Transition { action, status })
    }
}

/// The step as it is when it is started, also if it is in progress already. Errors: as `CustomerStep::transition`.
fn started(step: &CustomerStep, stamp: &ActorStamp) -> Result<CustomerStep, RuleViolation> {
    let mut ready = step.clone();
    if ready.status == StepStatus::InProgress {
        ready.status = StepStatus::Pending;
    }
    let start = Transition {
        action: StepAction::Start,
        reason: None,
        takes_over: false,
    };
    Ok(ready.transition(&start, stamp)?.unwrap_or(ready))
}

/// The SHA-256 of the text that the person was shown. Errors: not a SHA-256.
fn shown(request: &RunRequest) -> Result<Option<&str>, ValidationErrors> {
    let shown = request.text_sha256.as_deref();
    if shown.is_some_and(|it| !is_sha256(it)) {
        return Err(ValidationErrors::one(
            Field::TextSha256,
            FieldError::NotASha256,
        ));
    }
    Ok(shown)
}

impl Store {
    /// Asks for a run of a step on a runner, and starts the step. Errors: not found; a step that cannot be started or run; a run
    /// of it that is not over; somebody else who has it in progress; unresolved variables; an own text without the role for it;
    /// stale (R3); a text that is another than the one that was shown (R81); a release that is not active; no runners.
    #[tracing::instrument(level = "debug", skip_all, fields(step = step.0))]
    pub async fn ask_run(
        &self,
        step: StepId,
        request: RunRequest,
        stamp: ActorStamp,
    ) -> Result<Changed<Run>, StoreError> {
        let permit = self.permit(Permission::ActOnSteps.on(step)).await?;
        let asking = self.asking_of_runners(request.timeout()?)?;
        let shown = shown(&request)?;
        let mut change = self.change(permit, stamp).await?;
        let (before, release) = change.load_step(step, request.version).await?;
        let asked = change.ask(&asking, &before, &release, shown, None).await?;
        self.finish_asking(change, asked.0).await
    }

    /// Begins a run of a step on the caller's own machine, and starts the step. No runner gets it; every report about it bears the
    /// lease that is answered. Errors: as `ask_run`, but for those about runners.
    #[tracing::instrument(level = "debug", skip_all, fields(step = step.0))]
    pub async fn begin_run_here(
        &self,
        step: StepId,
        request: RunRequest,
        stamp: ActorStamp,
    ) -> Result<Changed<ClaimedRun>, StoreError> {
        let permit = self.permit(Permission::ActOnSteps.on(step)).await?;
        let lease = random::run_lease()?;
        let timeout_seconds = request.timeout()?;
        let shown = shown(&request)?;
        let mut change = self.change(permit, stamp).await?;
        let asking = Asking {
            timeout_seconds,
            may_own_texts: true,
            has_jenkins: false,
            lease: Some((sha256(&lease), self.database.lease_end(change.stamp.at))),
        };
        let (before, release) = change.load_step(step, request.version).await?;
        let (run, text) = change.ask(&asking, &before, &release, shown, None).await?;
        let scope = text.scope();
        let claimed = ClaimedRun {
            run,
            lease,
            lease_seconds: self.database.lease_seconds(),
            customer: scope.customer.name.clone(),
            namespace: scope.customer.namespace.clone(),
            cluster: scope.cluster.name.clone(),
            cluster_context: scope.cluster.context.clone(),
            release: release.name,
            step: before.name,
        };
        let begun = change.finish(claimed).await?;
        self.database.run_notices.tell(&begun.row.run);
        Ok(begun)
    }

    /// Asks for another run of a step whose run is over, with the text as it is now. What a lost run has in progress is started
    /// anew, whoever asked for it: that a person asks again is what R71 wants. `request` has the hash of the text that they were shown
    /// and how long it may take, which is as long as the run before if it does not say. Errors: as `ask_run`; a run that is not over;
    /// another `version` of the run than this, if one is named (R3).
    #[tracing::instrument(level = "debug", skip_all, fields(id = id.0))]
    pub async fn retry_run(
        &self,
        id: RunId,
        version: Option<i64>,
        request: RunRequest,
        stamp: ActorStamp,
    ) -> Result<Changed<Run>, StoreError> {
        let (run, permit) = self.permit_on_run(id).await?;
        let timeout_seconds = request.timeout_seconds.or(Some(run.timeout_seconds));
        let request = RunRequest {
            timeout_seconds,
            ..request
        };
        let asking = self.asking_of_runners(request.timeout()?)?;
        let shown = shown(&request)?;
        let mut change = self.change(permit, stamp).await?;
        let run: Run = run_rows::load(&change.tx, id).await?.try_into()?;
        run_events::must_be_fresh(&run, version)?;
        let (before, release) = change.load_step(run.step_id, None).await?;
        let given_up = Some(run.asked_at);
        let asked = change
            .ask(&asking, &before, &release, shown, given_up)
            .await?;
        self.finish_asking(change, asked.0).await
    }

    /// Commits the asking for a run of runners, and answers the run as it can be read now: with what it waits for.
    async fn finish_asking(&self, change: Change, run: Run) -> Result<Changed<Run>, StoreError> {
        let mut asked = change.finish(run).await?;
        self.database.run_notices.tell(&asked.row);
        self.tell_waits(vec![&mut asked.row]).await?;
        Ok(asked)
    }

    /// How this caller asks for runs on runners. Errors: there are none, because nobody signs in here.
    pub(in crate::store) fn asking_of_runners(
        &self,
        timeout_seconds: u32,
    ) -> Result<Asking, RuleViolation> {
        if self.database.runners_are_refused() {
            return Err(RuleViolation::NoRunners);
        }
        Ok(Asking {
            timeout_seconds,
            may_own_texts: self.caller.may(Permission::RunOwnTexts),
            has_jenkins: self.database.has_jenkins(),
            lease: None,
        })
    }
}

impl Change {
    /// Asks for a run of a loaded step. Answers the run, and the text that it is of. Errors: as `Store::ask_run`.
    async fn ask(
        &mut self,
        asking: &Asking,
        before: &CustomerStep,
        release: &Release,
        shown: Option<&str>,
        given_up: Option<DateTime<Utc>>,
    ) -> Result<(Run, StepText), StoreError> {
        let unfinished = run_events::unfinished(&self.tx, &[before.id]).await?;
        let unfinished = unfinished.get(&before.id.0).copied();
        may_start(before, unfinished, given_up, &self.stamp.by)?;
        let jobs = jenkins_jobs::of_steps(&self.tx, [before].into_iter()).await?;
        let job = jobs.get(&before.id.0);
        let kind = asking.kind_of(before, job)?;
        let text = StepText::load(&self.tx, before, release).await?;
        if let Some(shown) = shown.filter(|it| *it != text.sha256) {
            let now = text
                .changed_since(&self.tx, Visible::of(&self.caller), before, shown)
                .await?;
            return Err(StoreError::TextChanged(Box::new(now)));
        }
        let is_shown = shown.is_some();
        let run = self
            .insert_run(asking, kind, job, before, &text, is_shown)
            .await?;
        Ok((run, text))
    }

    /// Writes a run of a step that can be started, and starts the step. `is_shown` says whether the person had the text on the page,
    /// for the proof at its end; `job` is what it names at Jenkins. Errors: unresolved variables; then nothing is written.
    pub async fn insert_run(
        &mut self,
        asking: &Asking,
        kind: RunKind,
        job: Option<&JenkinsJob>,
        before: &CustomerStep,
        text: &StepText,
        is_shown: bool,
    ) -> Result<Run, StoreError> {
        text.resolved.must_be_complete(false)?;
        let job = job.filter(|_| kind == RunKind::Jenkins);
        let job = job.map(|it| it.resolved(text.scope())).transpose()?;
        let parameters = job.as_ref().map(|it| json!(it.parameters).to_string());
        let after = started(before, &self.stamp)?;
        // Only the state of the step is put back when the run is cancelled before it begins.
        let state_before = CustomerStep {
            content: String::new(),
            notes: None,
            ..before.clone()
        };
        let state_before = serde_json::to_string(&state_before)
            .map_err(|error| StoreError::corrupt("customer_steps", error))?;
        let timeout_seconds = i32::try_from(asking.timeout_seconds).unwrap_or(i32::MAX);
        let at = self.stamp.at;
        let lease = asking.lease.as_ref();
        let state = if lease.is_some() {
            RunState::Running
        } else {
            RunState::Queued
        };
        let row = run::ActiveModel {
            id: NotSet,
            step_id: Set(before.id.0),
            release_id: Set(before.release_id.0),
            customer_id: Set(before.customer_id.0),
            cluster_id: Set(text.scope().cluster.id.0),
            open_step_id: Set(Some(before.id.0)),
            kind: Set(kind.to_string()),
            text: Set(text.text.clone()),
            text_sha256: Set(text.sha256.clone()),
            step_version: Set(before.version),
            state: Set(state.to_string()),
            asked_by: Set(self.stamp.by.clone()),
            asked_by_user: Set(self.caller.user().map(|it| it.0)),
            owner: Set(self.caller.person()),
            runner_id: Set(None),
            runner: Set(None),
            is_here: Set(lease.is_some()),
            lease_sha256: Set(lease.map(|it| it.0.clone())),
            lease_until: Set(lease.map(|it| it.1)),
            asked_at: Set(at),
            started_at: Set(lease.map(|_| at)),
            ended_at: Set(None),
            exit_code: Set(None),
            signal: Set(None),
            timeout_seconds: Set(timeout_seconds),
            output_bytes: Set(0),
            output_cut: Set(false),
            output_sha256: Set(None),
            reason: Set(None),
            cancel_by: Set(None),
            cancel_at: Set(None),
            step_before: Set(state_before),
            batch_id: Set(self.batch.0.clone()),
            jenkins_job: Set(job.map(|it| it.job)),
            jenkins_parameters: Set(parameters),
            jenkins_url: Set(None),
            version: Set(1),
        };
        let run: Run = row.insert(&self.tx).await?.try_into()?;
        let proof = TextProof {
            is_shown: Some(is_shown),
            ..text.started()
        };
        self.save_step(before, after, EventAction::Start, proof)
            .await?;
        self.tell_run(&run);
        Ok(run)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::id::{CustomerId, ReleaseId};
    use chrono::TimeDelta;

    fn step(status: StepStatus, started_by: Option<&str>) -> CustomerStep {
        CustomerStep {
            name: "Upgrade".into(),
            kind: StepType::Bash,
            status,
            started_by: started_by.map(str::to_owned),
            started_at: started_by.map(|_| DateTime::UNIX_EPOCH),
            ..CustomerStep::blank(ReleaseId(1), CustomerId(1), DateTime::UNIX_EPOCH)
        }
    }

    fn by_ana(step: &CustomerStep) -> Result<(), RuleViolation> {
        may_start(step, None, None, "Ana")
    }

    #[test]
    fn a_run_starts_what_a_person_could_start_and_what_they_have_in_progress() {
        for status in StepStatus::ALL {
            let may = by_ana(&step(*status, Some("Ana"))).is_ok();
            let is_own = *status == StepStatus::InProgress;
            assert_eq!(may, is_own || StepAction::Start.allows(*status), "{status}");
        }
        let of_ben = step(StepStatus::InProgress, Some("Ben"));
        let by = "Ben".to_owned();
        assert_eq!(by_ana(&of_ben), Err(RuleViolation::SomebodyElse { by }));
    }

    #[test]
    fn what_a_run_that_is_over_left_in_progress_is_nobody_s() {
        let of_ben = step(StepStatus::InProgress, Some("Ben"));
        let since = |at| may_start(&of_ben, None, Some(at), "Ana").is_ok();
        assert!(since(DateTime::UNIX_EPOCH));
        // Ben has taken it over since.
        assert!(!since(DateTime::UNIX_EPOCH - TimeDelta::seconds(1)));
        let state = RunState::Claimed;
        let unfinished = may_start(&of_ben, Some(state), of_ben.started_at, "Ben");
        assert_eq!(unfinished, Err(RuleViolation::RunUnfinished { state }));
    }

    #[test]
    fn an_own_text_needs_the_role_for_it_on_a_runner_and_nowhere_else() {
        let asking = |may_own_texts, lease: Option<&str>| Asking {
            timeout_seconds: 1,
            may_own_texts,
            has_jenkins: false,
            lease: lease.map(|it| (it.to_owned(), DateTime::UNIX_EPOCH)),
        };
        let own = step(StepStatus::Pending, None);
        assert!(own.is_custom);
        assert!(asking(false, None).kind_of(&own, None).is_err());
        assert!(asking(true, None).kind_of(&own, None).is_ok());
        assert!(asking(false, Some("lease")).kind_of(&own, None).is_ok());
        let of_template = CustomerStep {
            is_custom: false,
            ..own.clone()
        };
        assert!(asking(false, None).kind_of(&of_template, None).is_ok());
        let overridden = CustomerStep {
            is_overridden: true,
            ..of_template
        };
        assert!(asking(false, None).kind_of(&overridden, None).is_err());
        let text = CustomerStep {
            kind: StepType::Text,
            ..own
        };
        assert!(asking(true, Some("lease")).kind_of(&text, None).is_err());
    }

    #[test]
    fn a_step_with_a_job_is_run_at_jenkins_whatever_its_type_and_text() {
        let asking = |has_jenkins, lease: Option<&str>| Asking {
            timeout_seconds: 1,
            may_own_texts: false,
            has_jenkins,
            lease: lease.map(|it| (it.to_owned(), DateTime::UNIX_EPOCH)),
        };
        let job = JenkinsJob::default();
        for kind in StepType::ALL {
            let overridden = CustomerStep {
                kind: *kind,
                is_custom: false,
                is_overridden: true,
                ..step(StepStatus::Pending, None)
            };
            let kind_of = |asking: Asking| asking.kind_of(&overridden, Some(&job));
            let there = kind_of(asking(true, None));
            assert!(matches!(there, Ok(RunKind::Jenkins)), "{there:?}");
            let without = kind_of(asking(false, None));
            let no_jenkins = StoreError::Refused(RuleViolation::NoJenkins);
            assert_eq!(without.unwrap_err().to_string(), no_jenkins.to_string());
            // On the person's own machine the text is run.
            let here = kind_of(asking(true, Some("lease")));
            assert_eq!(here.is_ok(), *kind != StepType::Text);
        }
    }

    #[test]
    fn a_step_in_progress_is_started_anew() {
        let later = DateTime::UNIX_EPOCH + TimeDelta::hours(1);
        let stamp = ActorStamp::new("Ana", later).unwrap();
        let again = started(&step(StepStatus::InProgress, Some("Ben")), &stamp).unwrap();
        assert_eq!(again.status, StepStatus::InProgress);
        assert_eq!(
            (again.started_at, again.started_by.as_deref()),
            (Some(later), Some("Ana"))
        );
    }
}
