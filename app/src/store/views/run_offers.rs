//! Whether steps can be run on a runner now, and why not (R75): what the button says before it is pressed.
use crate::domain::{
    id::{ClusterId, RunId, StepId},
    jenkins::{JENKINS, JenkinsJob},
    permission::Permission,
    rule_violation::RuleViolation,
    run::{RunKind, RunOffer, RunState},
    runner::Runner,
    step::CustomerStep,
    variables::{self, ResolvedText, VariableScope},
    vocabulary::Noun,
};
use crate::store::{
    Store,
    entity::{customer_step, runner},
    error::StoreError,
    runs::{
        asking::{may_start, runnable_kind},
        bulk_asking::OWN_TEXT,
        jenkins_jobs, run_events,
    },
    steps::bulk_transition::BulkScopes,
};
use chrono::{DateTime, Utc};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use std::collections::HashMap;

/// Why nobody of the lowest role can run anything.
const NEEDS_OPERATOR: &str = "only an operator can run steps";
/// Steps that are in memory at once, as in a bulk action.
const STEPS_IN_MEMORY_MAX: usize = 50;

/// What matters of the runs of a step.
#[derive(Clone, Copy, Default)]
pub(in crate::store) struct KnownRuns {
    /// The state of the one that is not over.
    pub unfinished: Option<RunState>,
    /// When the one was asked for that is to be run again.
    pub given_up: Option<DateTime<Utc>>,
}

impl Store {
    /// Whether a step can be run now, or this run of it again, which takes over what it has left in progress. Errors: not found.
    #[tracing::instrument(level = "debug", skip_all, fields(id = id.0))]
    pub async fn run_offer(
        &self,
        id: StepId,
        retry_of: Option<RunId>,
    ) -> Result<RunOffer, StoreError> {
        let given_up = match retry_of {
            Some(run) => {
                let run = self.run(run).await?;
                if run.step_id != id {
                    return Err(StoreError::NotFound(Noun::Run));
                }
                Some(run.asked_at)
            }
            None => None,
        };
        let offers = self.offers(vec![id], given_up).await?;
        let first = offers.into_iter().next();
        first.map(|it| it.1).ok_or(StoreError::NotFound(Noun::Step))
    }

    /// Whether each of these steps can be run now, in their order; steps that the caller does not see are left out.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn run_offers(
        &self,
        ids: Vec<StepId>,
    ) -> Result<Vec<(StepId, RunOffer)>, StoreError> {
        self.offers(ids, None).await
    }

    /// The same; `given_up` is when the run was asked for that is to be run again.
    async fn offers(
        &self,
        ids: Vec<StepId>,
        given_up: Option<DateTime<Utc>>,
    ) -> Result<Vec<(StepId, RunOffer)>, StoreError> {
        let runners = self.runners_there().await?;
        let mut scopes = BulkScopes::default();
        let mut offers = Vec::with_capacity(ids.len());
        for part in ids.chunks(STEPS_IN_MEMORY_MAX) {
            let steps: HashMap<i64, CustomerStep> = self
                .visible()
                .steps()
                .filter(customer_step::Column::Id.is_in(part.iter().map(|it| it.0)))
                .all(&self.read)
                .await?
                .into_iter()
                .map(|row| Ok((row.id, row.try_into()?)))
                .collect::<Result<_, StoreError>>()?;
            scopes.load(&self.read, steps.values()).await?;
            let unfinished = run_events::unfinished(&self.read, part).await?;
            let jobs = jenkins_jobs::of_steps(&self.read, steps.values()).await?;
            for id in part {
                let Some(step) = steps.get(&id.0) else {
                    continue;
                };
                let scope = scopes.of(step)?;
                let text = variables::resolve(&step.content, step.kind, scope);
                let known = KnownRuns {
                    unfinished: unfinished.get(&id.0).copied(),
                    given_up,
                };
                let job = jobs.get(&id.0);
                let offer = self.offer(step, job, scope, &text, known, &runners);
                offers.push((*id, offer));
            }
        }
        Ok(offers)
    }

    /// All runners, with what they last said of themselves.
    pub(in crate::store) async fn runners_there(&self) -> Result<Vec<Runner>, StoreError> {
        let rows = runner::Entity::find()
            .order_by_asc(runner::Column::Name)
            .all(&self.read)
            .await?;
        rows.into_iter().map(TryInto::try_into).collect()
    }

    /// Whether a step can be run now, from what was read of it. `job` is what its template names at Jenkins.
    pub(in crate::store) fn offer(
        &self,
        step: &CustomerStep,
        job: Option<&JenkinsJob>,
        scope: VariableScope<'_>,
        text: &ResolvedText,
        known: KnownRuns,
        runners: &[Runner],
    ) -> RunOffer {
        if !self.caller.may(Permission::ActOnSteps) {
            return unavailable(NEEDS_OPERATOR);
        }
        let kind = match self.runnable(step, job, scope, text, known) {
            Ok(kind) => kind,
            // Nothing is run without a value, so that is not suggested.
            Err(RuleViolation::Unresolved { names }) => return unavailable(not_set(&names)),
            Err(violation) => return unavailable(violation),
        };
        if kind == RunKind::Jenkins {
            let runners = vec![JENKINS.to_owned()];
            return RunOffer::Ready { runners };
        }
        if step.has_own_text() && !self.caller.may(Permission::RunOwnTexts) {
            return unavailable(OWN_TEXT);
        }
        let cluster = scope.cluster;
        match able(runners, cluster.id, &cluster.name, kind) {
            Ok(able) => RunOffer::Ready {
                runners: able.into_iter().map(|it| it.name.clone()).collect(),
            },
            Err(why) => unavailable(why),
        }
    }

    /// By what a step can be run now, whoever does it. Errors: what refuses it.
    fn runnable(
        &self,
        step: &CustomerStep,
        job: Option<&JenkinsJob>,
        scope: VariableScope<'_>,
        text: &ResolvedText,
        known: KnownRuns,
    ) -> Result<RunKind, RuleViolation> {
        scope.release.may_be_worked_on()?;
        let kind = match job {
            Some(_) if !self.database.has_jenkins() => return Err(RuleViolation::NoJenkins),
            Some(_) => RunKind::Jenkins,
            None => runnable_kind(step)?,
        };
        may_start(step, known.unfinished, known.given_up, &self.caller.name)?;
        if self.database.runners_are_refused() {
            return Err(RuleViolation::NoRunners);
        }
        text.must_be_complete(false)?;
        if let Some(job) = job {
            job.resolved(scope)?;
        }
        Ok(kind)
    }
}

/// The runners that are there for a cluster and a kind. Errors: why there is none.
pub(in crate::store) fn able<'a>(
    runners: &'a [Runner],
    cluster: ClusterId,
    name: &str,
    kind: RunKind,
) -> Result<Vec<&'a Runner>, String> {
    let serves = |it: &&Runner| it.serves.contains(&cluster) && it.cluster_ids.contains(&cluster);
    let mut able: Vec<&Runner> = runners.iter().filter(serves).collect();
    if able.is_empty() {
        return Err(format!("no runner serves {name}"));
    }
    able.retain(|it| it.kinds.contains(&kind));
    if able.is_empty() {
        return Err(format!("no runner that serves {name} runs {kind}"));
    }
    Ok(able)
}

/// "not set: HOST, PORT".
fn not_set(names: &[String]) -> String {
    let keys = names
        .iter()
        .map(|it| it.strip_prefix("var.").unwrap_or(it.as_str()));
    format!("not set: {}", keys.collect::<Vec<_>>().join(", "))
}

fn unavailable(reason: impl ToString) -> RunOffer {
    RunOffer::Unavailable {
        reason: reason.to_string(),
    }
}
