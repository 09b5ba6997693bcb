//! The operations of the model-based test of runs: each is done in the store and in the model, and both must say the same.
use super::runs::{InHand, LIMITS, RUNNERS, RUNS, RunModel, RunsSequence, is_held};
use app::{
    domain::{
        id::{RunId, StepId},
        rule_violation::RuleViolation,
        run::{OutputChunk, OutputStream, RunEnd, RunKind, RunRequest, RunState},
        runner::RunnerHello,
        vocabulary::{StepAction, StepStatus},
    },
    store::{Database, entity::run, error::StoreError, steps::transitions::TransitionOptions},
};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect};
use std::collections::HashMap;

fn hello(runner: usize) -> RunnerHello {
    RunnerHello {
        clusters: Vec::new(),
        kinds: vec![RunKind::Bash],
        max_parallel: u32::try_from(RUNNERS[runner].1).unwrap(),
        version: String::new(),
    }
}

fn exit(code: i32) -> RunEnd {
    RunEnd {
        exit_code: Some(code),
        ..RunEnd::default()
    }
}

impl RunsSequence {
    pub async fn ask(&mut self) {
        if self.runs.len() >= RUNS {
            return;
        }
        // The newest run of a step that is over can be asked for again.
        let over = (0..self.runs.len()).filter(|run| {
            let step = self.runs[*run].step;
            let is_newest = self.runs[run + 1..].iter().all(|it| it.step != step);
            let state = self.runs[*run].state;
            is_newest && state.is_over() && state != RunState::Succeeded
        });
        let over: Vec<usize> = over.collect();
        if self.dice.one_in(4)
            && let Some(run) = self.dice.of(&over)
        {
            let (id, step) = (self.runs[run].id, self.runs[run].step);
            let again = self
                .store
                .retry_run(id, None, RunRequest::default(), self.by("Ana"))
                .await
                .unwrap();
            self.asked(again.row.id, step, self.runs.len());
            return;
        }
        let may_be_run = (0..self.steps.len()).filter(|it| self.may_be_run(*it));
        let may_be_run: Vec<usize> = may_be_run.collect();
        // Now and then one that may not be run.
        let step = if self.dice.one_in(6) {
            self.dice.below(self.steps.len())
        } else {
            let Some(step) = self.dice.of(&may_be_run) else {
                return;
            };
            step
        };
        let id = self.steps[step].id;
        let asked = self
            .store
            .ask_run(id, RunRequest::default(), self.by("Ana"));
        let asked = asked.await;
        if self.may_be_run(step) {
            self.asked(asked.unwrap().row.id, step, self.runs.len());
        } else {
            let is_refused = matches!(asked, Err(StoreError::Refused(_)));
            assert!(is_refused, "{}", self.story());
        }
    }

    /// All that can be run of up to three customers, the last step first.
    pub async fn ask_many(&mut self) {
        if self.runs.len() >= RUNS {
            return;
        }
        let customers: Vec<usize> = (0..3)
            .map(|_| self.dice.below(self.steps.len()))
            .map(|step| self.steps[step].customer)
            .collect();
        let mut steps: Vec<usize> = (0..self.steps.len())
            .filter(|it| customers.contains(&self.steps[*it].customer) && self.may_be_run(*it))
            .collect();
        steps.reverse();
        if steps.is_empty() {
            return;
        }
        let ids: Vec<StepId> = steps.iter().map(|it| self.steps[*it].id).collect();
        let by = self.by("Ana");
        let asked = self.store.ask_runs(ids.clone(), None, HashMap::new(), by);
        let asked = asked.await.unwrap();
        assert_eq!(asked.changed_ids, ids, "{}", self.story());
        let batch = self.runs.len();
        for step in steps {
            let open = run::Column::OpenStepId.eq(self.steps[step].id.0);
            let row = run::Entity::find()
                .select_only()
                .column(run::Column::Id)
                .filter(open)
                .into_tuple::<i64>()
                .one(self.app.database.writer());
            let id = RunId(row.await.unwrap().unwrap());
            self.asked(id, step, batch);
        }
    }

    pub fn n_held(&self, is_meant: impl Fn(&RunModel) -> bool) -> usize {
        let held = self.runs.iter().filter(|it| is_held(it.state));
        held.filter(|it| is_meant(it)).count()
    }

    /// The run that a runner must get: of the customer who has waited longest the first step. Those that somebody has decided about end
    /// on the way.
    fn next_for(&mut self, runner: usize) -> Option<usize> {
        let (clusters, max) = RUNNERS[runner];
        if self.n_held(|it| it.runner == runner) >= max {
            return None;
        }
        while let Some(run) = self.head_for(clusters) {
            if !self.runs[run].is_decided {
                return Some(run);
            }
            self.take_back(run);
        }
        None
    }

    /// The run that is looked at first for a runner of these clusters.
    fn head_for(&self, clusters: &[usize]) -> Option<usize> {
        let customer_of = |run: &usize| self.steps[self.runs[*run].step].customer;
        let waiting: Vec<usize> = (0..self.runs.len())
            .filter(|it| self.runs[*it].state == RunState::Queued)
            .collect();
        let first = waiting.iter().find(|run| {
            let cluster = self.steps[self.runs[**run].step].cluster;
            let n_held = self.n_held(|it| self.steps[it.step].cluster == cluster);
            let customer = customer_of(run);
            let is_busy = self.n_held(|it| self.steps[it.step].customer == customer) > 0;
            clusters.contains(&cluster) && n_held < LIMITS[cluster] && !is_busy
        });
        let customer = customer_of(first?);
        let own = waiting.iter().filter(|it| customer_of(it) == customer);
        own.min_by_key(|it| self.runs[**it].step).copied()
    }

    pub async fn claim(&mut self, runner: usize) -> bool {
        let expected = self.next_for(runner);
        let hello = hello(runner);
        let claimed = self
            .database
            .claim_run(&self.runners[runner], &hello, self.now)
            .await
            .unwrap();
        let ids = (
            claimed.as_ref().map(|it| it.run.id),
            expected.map(|it| self.runs[it].id),
        );
        assert_eq!(ids.0, ids.1, "{}", self.story());
        let (Some(claimed), Some(run)) = (claimed, expected) else {
            return false;
        };
        let lease_until = self.lease_end();
        let model = &mut self.runs[run];
        model.state = RunState::Claimed;
        model.runner = runner;
        model.lease_until = lease_until;
        let lease = claimed.lease;
        self.in_hand[runner].push(InHand { run, lease });
        true
    }

    /// One of the runs that a runner believes to have.
    fn pick(&mut self, runner: usize) -> Option<(usize, InHand)> {
        let at = self.dice.below(self.in_hand[runner].len());
        let found = self.in_hand[runner].get(at).cloned();
        found.map(|it| (at, it))
    }

    /// Checks that a report was refused, and lets the runner end what it started.
    fn refused<T>(&mut self, runner: usize, at: usize, answer: Result<T, StoreError>) {
        let is_over = matches!(answer, Err(StoreError::LeaseOver));
        assert!(is_over, "{}", self.story());
        self.in_hand[runner].remove(at);
    }

    pub async fn begin(&mut self, runner: usize) {
        let Some((at, InHand { run, lease })) = self.pick(runner) else {
            return;
        };
        let id = self.runs[run].id;
        let begun = self.database.begin_run(id, &lease, self.now).await;
        let model = &self.runs[run];
        match model.state {
            RunState::Claimed if model.is_cancelled || model.is_decided => {
                self.take_back(run);
                self.refused(runner, at, begun);
            }
            RunState::Claimed => {
                assert_eq!(begun.unwrap().started_at, Some(self.now));
                let lease_until = self.lease_end();
                let model = &mut self.runs[run];
                model.state = RunState::Running;
                model.lease_until = lease_until;
                model.n_begun += 1;
            }
            // The same answer again: nothing begins.
            RunState::Running => assert_eq!(begun.unwrap().state, RunState::Running),
            _ => self.refused(runner, at, begun),
        }
    }

    pub async fn report(&mut self, runner: usize) {
        let Some((at, InHand { run, lease })) = self.pick(runner) else {
            return;
        };
        let chunk = OutputChunk {
            seq: self.now.timestamp_millis(),
            at: self.now,
            stream: OutputStream::Stderr,
            bytes: b"working\n".to_vec(),
        };
        let id = self.runs[run].id;
        let answer = self
            .database
            .take_output(id, &lease, vec![chunk], self.now)
            .await;
        if !is_held(self.runs[run].state) {
            self.refused(runner, at, answer);
            return;
        }
        assert_eq!(answer.unwrap().cancel, self.runs[run].is_cancelled);
        self.runs[run].lease_until = self.lease_end();
    }

    pub async fn finish(&mut self, runner: usize) {
        let Some((at, InHand { run, lease })) = self.pick(runner) else {
            return;
        };
        let model = &self.runs[run];
        let (id, state, is_cancelled) = (model.id, model.state, model.is_cancelled);
        if state == RunState::Claimed && self.dice.one_in(3) {
            return self.give_back(runner, at).await;
        }
        // A runner that could not begin it says that it is cancelled.
        let is_given_back = state == RunState::Claimed && self.dice.one_in(2);
        let end = RunEnd {
            is_cancelled: is_cancelled || is_given_back,
            ..exit(if self.dice.one_in(3) { 3 } else { 0 })
        };
        let finish = async |database: &Database, end: RunEnd, now| {
            database.finish_run(id, &lease, end, Vec::new(), now).await
        };
        let ended = finish(&self.database, end.clone(), self.now).await;
        if !is_held(state) {
            self.refused(runner, at, ended);
            return;
        }
        if state == RunState::Claimed && !end.is_cancelled {
            let refusal = RuleViolation::RunNotBegun;
            let is_refused = matches!(ended, Err(StoreError::Refused(it)) if it == refusal);
            assert!(is_refused, "{}", self.story());
            return;
        }
        let ended = ended.unwrap();
        match (state, is_cancelled, end.exit_code) {
            (RunState::Claimed, ..) => self.take_back(run),
            (_, true, _) => self.end(run, RunState::Cancelled, StepStatus::Failed),
            (_, false, Some(0)) => self.end(run, RunState::Succeeded, StepStatus::Done),
            _ => self.end(run, RunState::Failed, StepStatus::Failed),
        }
        self.in_hand[runner].remove(at);
        if self.dice.one_in(4) {
            let again = finish(&self.database, exit(7), self.now).await;
            assert_eq!(again.unwrap(), ended, "{}", self.story());
        }
    }

    /// A runner that has to end gives back what it has not begun.
    async fn give_back(&mut self, runner: usize, at: usize) {
        let InHand { run, lease } = self.in_hand[runner].remove(at);
        let id = self.runs[run].id;
        let given_back = self.database.give_back_run(id, &lease, self.now).await;
        if self.runs[run].is_cancelled {
            self.take_back(run);
        } else {
            self.runs[run].state = RunState::Queued;
        }
        let state = given_back.unwrap().state;
        assert_eq!(state, self.runs[run].state, "{}", self.story());
        let again = self.database.give_back_run(id, &lease, self.now).await;
        assert!(again.is_err(), "{}", self.story());
    }

    /// A run that is not over.
    fn pick_open(&mut self) -> Option<usize> {
        let open = (0..self.runs.len()).filter(|it| !self.runs[*it].state.is_over());
        let open: Vec<usize> = open.collect();
        self.dice.of(&open)
    }

    pub async fn cancel(&mut self) {
        let Some(run) = self.pick_open() else { return };
        let cancelled = self
            .store
            .cancel_run(self.runs[run].id, None, self.by("Ben"));
        cancelled.await.unwrap();
        if self.runs[run].state == RunState::Queued {
            self.take_back(run);
        } else {
            self.runs[run].is_cancelled = true;
        }
    }

    /// Somebody opens the step of a run again.
    pub async fn decide(&mut self) {
        let Some(run) = self.pick_open() else { return };
        if self.runs[run].is_decided {
            return;
        }
        let step = self.runs[run].step;
        let (id, options) = (self.steps[step].id, TransitionOptions::default());
        let reopen = StepAction::Reopen;
        let reopened = self.store.act_on_step(id, reopen, options, self.by("Ben"));
        reopened.await.unwrap();
        self.runs[run].is_decided = true;
        self.steps[step].status = StepStatus::Pending;
    }

    pub async fn expire(&mut self) {
        let lost = self.database.expire_runs(self.now).await.unwrap();
        let mut expected = 0;
        for run in 0..self.runs.len() {
            let model = &mut self.runs[run];
            if !is_held(model.state) || model.lease_until > self.now {
                continue;
            }
            expected += 1;
            // Since the cancel nobody could begin it.
            if model.state == RunState::Claimed && model.is_cancelled {
                self.take_back(run);
            } else {
                model.state = RunState::Lost;
                self.hold_back(run);
            }
        }
        assert_eq!(lost, expected, "{}", self.story());
    }
}
