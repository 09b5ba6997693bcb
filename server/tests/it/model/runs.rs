//! Model-based test of runs (R71, R73): random sequences of what people, four runners, the clock and a server that is started again
//! do, in the store and in a model of plain lists. Whatever happens, each run begins at most once, no limit is passed, a customer has one
//! at a time, none is forgotten, and the state of each step says what is known. The operations are in `runs_ops`.
use super::dice::Dice;
use crate::{
    harness::{TestApp, in_open_mode, number},
    world::draft,
};
use app::{
    domain::{
        actor_stamp::ActorStamp,
        cluster::ClusterDraft,
        customer::CustomerDraft,
        id::{RunId, StepId},
        order::Position,
        release::ReleaseDraft,
        run::RunState,
        run_queue,
        runner::{Runner, RunnerDraft},
        vocabulary::StepStatus,
    },
    store::{
        Database, Store,
        entity::{customer_step, run},
    },
};
use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::{EntityTrait, QueryOrder, QuerySelect};
use std::collections::BTreeMap;

pub(super) const RUNS: usize = 100;
const OPERATIONS: usize = 900;
const LEASE_SECONDS: i64 = 60;
/// How many runs each cluster takes at once.
pub(super) const LIMITS: [usize; 3] = [1, 2, 3];
/// The clusters of each runner, and how many runs it takes at once.
pub(super) const RUNNERS: [(&[usize], usize); 4] =
    [(&[0, 1], 1), (&[1, 2], 2), (&[0, 2], 2), (&[0, 1, 2], 3)];
/// Operations with their weights.
const OPS: [(&str, usize); 11] = [
    ("ask", 22),
    ("ask many", 3),
    ("claim", 24),
    ("begin", 18),
    ("report", 14),
    ("finish", 12),
    ("cancel", 4),
    ("decide", 3),
    ("wait", 3),
    ("die", 2),
    ("restart", 2),
];

pub(super) struct StepModel {
    pub id: StepId,
    /// The steps of a customer stand in the list as they do in the release.
    pub customer: usize,
    pub cluster: usize,
    pub status: StepStatus,
}

pub(super) struct RunModel {
    pub id: RunId,
    pub step: usize,
    /// Those that were asked for at once have the same.
    pub batch: usize,
    pub state: RunState,
    /// The runner that claimed it.
    pub runner: usize,
    pub lease_until: DateTime<Utc>,
    pub is_cancelled: bool,
    /// A person has decided about the step since it was asked for.
    pub is_decided: bool,
    /// The step's state before it was asked for.
    pub before: StepStatus,
    pub n_begun: usize,
}

/// A run that a runner believes to have.
#[derive(Clone)]
pub(super) struct InHand {
    pub run: usize,
    pub lease: String,
}

pub(super) struct RunsSequence {
    pub app: TestApp,
    pub database: Database,
    pub store: Store,
    pub runners: Vec<Runner>,
    pub in_hand: Vec<Vec<InHand>>,
    pub steps: Vec<StepModel>,
    pub runs: Vec<RunModel>,
    pub now: DateTime<Utc>,
    pub dice: Dice,
    pub trace: Vec<String>,
}

pub(super) fn is_held(state: RunState) -> bool {
    matches!(state, RunState::Claimed | RunState::Running)
}

impl RunsSequence {
    async fn new(seed: u64) -> Self {
        let app = TestApp::new().await;
        let database = Database::open(&app.url()).await.unwrap();
        let store = in_open_mode(&database);
        let (mut clusters, mut customers) = (Vec::new(), Vec::new());
        for (cluster, limit) in LIMITS.iter().enumerate() {
            let draft = ClusterDraft {
                name: format!("c{cluster}"),
                max_parallel: limit.to_string(),
                ..ClusterDraft::default()
            };
            let made = store.create_cluster(draft, app.ana()).await.unwrap().row;
            for n in 0..4 {
                let customer = CustomerDraft {
                    name: format!("customer {cluster}-{n}"),
                    cluster_id: Some(made.id),
                    namespace: format!("n{n}"),
                    ..CustomerDraft::default()
                };
                let customer = store.create_customer(customer, app.ana()).await;
                customers.push((customer.unwrap().row.id, cluster));
            }
            clusters.push(made.name);
        }
        let june = ReleaseDraft {
            name: "June".into(),
            ..ReleaseDraft::default()
        };
        let june = store.create_release(june, app.ana()).await.unwrap().row.id;
        for n in 0..9 {
            let step = draft(&format!("step {n}"), "deploy", "bash", "true");
            let added = store.add_template(june, step, Position::Last, app.ana());
            added.await.unwrap();
        }
        let members = customers.iter().map(|it| it.0).collect();
        let activated = store.activate_release(june, Some(members), app.ana());
        activated.await.unwrap();
        let mut steps = Vec::new();
        for (n, (customer, cluster)) in customers.into_iter().enumerate() {
            let of_customer = store.customer_work(june, customer).await.unwrap().steps;
            steps.extend(of_customer.into_iter().map(|it| StepModel {
                id: it.id,
                customer: n,
                cluster,
                status: it.status,
            }));
        }
        let mut runners = Vec::new();
        for (n, (of, _)) in RUNNERS.iter().enumerate() {
            let draft = RunnerDraft {
                name: format!("runner {n}"),
                clusters: of.iter().map(|it| clusters[*it].clone()).collect(),
            };
            let made = store.create_runner(draft, app.ana()).await.unwrap();
            runners.push(made.row.runner);
        }
        Self {
            in_hand: vec![Vec::new(); runners.len()],
            app,
            database,
            store,
            runners,
            steps,
            runs: Vec::new(),
            now: "2026-07-01T00:00:00Z".parse().unwrap(),
            dice: Dice::new(seed),
            trace: Vec::new(),
        }
    }

    pub fn story(&self) -> String {
        self.trace.join("\n")
    }

    pub fn by(&self, who: &str) -> ActorStamp {
        ActorStamp::new(who, self.now).unwrap()
    }

    pub fn lease_end(&self) -> DateTime<Utc> {
        self.now + TimeDelta::seconds(LEASE_SECONDS)
    }

    /// Whether a step can be run: it is not done, and no run of it is under way.
    pub fn may_be_run(&self, step: usize) -> bool {
        let mut runs = self.runs.iter().filter(|it| it.step == step);
        self.steps[step].status != StepStatus::Done && runs.all(|it| it.state.is_over())
    }

    pub fn asked(&mut self, id: RunId, step: usize, batch: usize) {
        self.runs.push(RunModel {
            id,
            step,
            batch,
            state: RunState::Queued,
            runner: 0,
            lease_until: self.now,
            is_cancelled: false,
            is_decided: false,
            before: self.steps[step].status,
            n_begun: 0,
        });
        self.steps[step].status = StepStatus::InProgress;
    }

    /// A run ends; its step is marked unless a person has decided about it.
    pub fn end(&mut self, run: usize, state: RunState, status: StepStatus) {
        let ended = &mut self.runs[run];
        ended.state = state;
        if !ended.is_decided {
            self.steps[ended.step].status = status;
        }
        self.hold_back(run);
    }

    /// After a run that did not succeed those of later steps of its customer do not begin that were asked for with it.
    pub fn hold_back(&mut self, ended: usize) {
        let RunModel {
            step, batch, state, ..
        } = self.runs[ended];
        if !run_queue::holds_back(state) {
            return;
        }
        for run in 0..self.runs.len() {
            let other = &self.runs[run];
            let is_later = other.step > step && other.batch == batch;
            let is_own = self.steps[other.step].customer == self.steps[step].customer;
            if is_later && is_own && other.state == RunState::Queued {
                self.take_back(run);
            }
        }
    }

    /// A run that has not begun ends, and its step is as it was before.
    pub fn take_back(&mut self, run: usize) {
        let before = self.runs[run].before;
        self.end(run, RunState::Cancelled, before);
    }

    async fn operate(&mut self) {
        let sum: usize = OPS.iter().map(|it| it.1).sum();
        let mut drawn = self.dice.below(sum);
        let op = OPS.iter().find(|(_, weight)| {
            let is_it = drawn < *weight;
            drawn = drawn.saturating_sub(*weight);
            is_it
        });
        let op = op.unwrap().0;
        let runner = self.dice.below(RUNNERS.len());
        self.now += TimeDelta::milliseconds(200);
        self.trace.push(format!("{} {op} {runner}", self.now));
        match op {
            "ask" => self.ask().await,
            "ask many" => self.ask_many().await,
            "claim" => {
                self.claim(runner).await;
            }
            "begin" => self.begin(runner).await,
            "report" => self.report(runner).await,
            "finish" => self.finish(runner).await,
            "cancel" => self.cancel().await,
            "decide" => self.decide().await,
            "wait" => {
                let seconds = 1 + self.dice.below(40);
                self.now += TimeDelta::seconds(i64::try_from(seconds).unwrap());
                self.expire().await;
            }
            // It knows nothing any more of what it had.
            "die" => self.in_hand[runner].clear(),
            _ => {
                self.database = Database::open(&self.app.url()).await.unwrap();
                self.store = in_open_mode(&self.database);
            }
        }
    }

    async fn agree(&self) {
        let db = self.app.database.writer();
        let stored: Vec<(i64, String)> = run::Entity::find()
            .select_only()
            .columns([run::Column::Id, run::Column::State])
            .order_by_asc(run::Column::Id)
            .into_tuple()
            .all(db)
            .await
            .unwrap();
        let runs = self.runs.iter().map(|it| (it.id.0, it.state.to_string()));
        assert_eq!(stored, runs.collect::<Vec<_>>(), "{}", self.story());
        let stored: Vec<(i64, String)> = customer_step::Entity::find()
            .select_only()
            .columns([customer_step::Column::Id, customer_step::Column::Status])
            .into_tuple()
            .all(db)
            .await
            .unwrap();
        let stored: BTreeMap<i64, String> = stored.into_iter().collect();
        let steps = self.steps.iter().map(|it| (it.id.0, it.status.to_string()));
        assert_eq!(stored, steps.collect(), "{}", self.story());
        for (cluster, limit) in LIMITS.iter().enumerate() {
            assert!(self.n_held(|it| self.steps[it.step].cluster == cluster) <= *limit);
        }
        for step in &self.steps {
            let n_held = self.n_held(|it| self.steps[it.step].customer == step.customer);
            assert!(n_held <= 1, "{}", self.story());
        }
    }

    /// Lets the runners do all that is left.
    async fn drain(&mut self) {
        self.trace.push("drain".to_owned());
        self.now += TimeDelta::seconds(2 * LEASE_SECONDS);
        self.expire().await;
        self.in_hand.iter_mut().for_each(Vec::clear);
        loop {
            let mut is_any = false;
            for runner in 0..RUNNERS.len() {
                while self.claim(runner).await {
                    is_any = true;
                    self.begin(runner).await;
                    self.finish(runner).await;
                }
            }
            if !is_any {
                break;
            }
        }
        self.agree().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn whatever_happens_each_run_begins_at_most_once_and_none_is_forgotten() {
    let first = number("ROLLCALL_SEED", 0);
    let wanted = number("ROLLCALL_SEQUENCES", 200) / 100;
    for seed in first..first + wanted.max(1) {
        let mut sequence = RunsSequence::new(seed).await;
        for _ in 0..OPERATIONS {
            sequence.operate().await;
            sequence.agree().await;
        }
        assert!(
            sequence.runs.len() >= RUNS,
            "{} were asked for",
            sequence.runs.len()
        );
        sequence.drain().await;
        for run in &sequence.runs {
            let has_ended = match run.n_begun {
                0 => matches!(run.state, RunState::Cancelled | RunState::Lost),
                1 => run.state.is_over(),
                _ => false,
            };
            assert!(has_ended, "seed {seed}, run {}: {}", run.id, run.state);
        }
        let findings = sequence.store.check().await.unwrap();
        assert!(findings.is_empty(), "{findings:?}");
    }
}
