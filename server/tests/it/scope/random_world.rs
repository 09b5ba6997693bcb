//! A random world with people's work in it. Whatever belongs to customers out of scope alone (names, namespaces, variables, texts,
//! notes, reasons, evidence, output, who worked there) has the marker word in it. Two worlds of one seed differ only there. Customers
//! move between clusters that are seen and hidden; the marker follows where they are in the end. A step in scope is not done before its
//! customer moves: the text that was executed stays readable, with the values of a cluster that is hidden now (R23).
use crate::{harness::TestApp, model::dice::Dice, world::draft};
use app::{
    api::context::now,
    domain::{
        evidence::EvidenceDraft,
        id::{ClusterId, CustomerId, EvidenceId, ReleaseId, StepId, TemplateId},
        order::Position,
        release::ReleaseDraft,
        run::{OutputChunk, OutputStream, RunRequest},
        scope::ScopeIds,
        step::CustomerStep,
        vocabulary::{StepAction, StepStatus},
    },
    store::steps::transitions::TransitionOptions,
};

/// The word. It may stand in a namespace.
pub const MARKER: &str = "zzhiddenzz";

/// A customer of the world.
pub struct RandomCustomer {
    pub id: CustomerId,
    pub is_in_scope: bool,
    /// The cluster where it is in the end.
    pub home: ClusterId,
}

/// The world, and the scope that half of it is hidden from.
pub struct RandomWorld {
    pub app: TestApp,
    pub scope: Option<ScopeIds>,
    /// Pairs of id and whether the scope can see it; releases and templates likewise. The last cluster is hidden.
    pub clusters: Vec<(ClusterId, bool)>,
    pub customers: Vec<RandomCustomer>,
    pub releases: Vec<(ReleaseId, bool)>,
    pub templates: Vec<(TemplateId, bool)>,
    /// Steps of customers in scope, and of the others.
    pub seen_steps: Vec<StepId>,
    pub hidden_steps: Vec<StepId>,
    /// Pieces of evidence, each with its step and whether that can be seen.
    pub evidence: Vec<(StepId, EvidenceId, bool)>,
}

/// The word, with the marker word if it is out of scope.
pub fn marked(word: &str, is_in_scope: bool) -> String {
    if is_in_scope {
        word.to_owned()
    } else {
        format!("{word}-{MARKER}")
    }
}

impl RandomWorld {
    /// The world of a seed. `twin` decides what happens out of scope, and nothing else.
    pub async fn new(seed: u64, twin: usize) -> Self {
        let mut dice = Dice::new(seed);
        let app = TestApp::with_login().await;
        let mut world = Self {
            app,
            scope: None,
            clusters: Vec::new(),
            customers: Vec::new(),
            releases: Vec::new(),
            templates: Vec::new(),
            seen_steps: Vec::new(),
            hidden_steps: Vec::new(),
            evidence: Vec::new(),
        };
        world.add_customers(&mut dice, twin).await;
        // A release of all, one of those out of scope, one of a part, and a draft, which is for people without a scope.
        let all: Vec<CustomerId> = world.customers.iter().map(|it| it.id).collect();
        let hidden = world.customers.iter().filter(|it| !it.is_in_scope);
        let hidden: Vec<CustomerId> = hidden.map(|it| it.id).collect();
        let part = dice.shuffled(all.clone()).split_off(all.len() / 2);
        let is_seen = world.customers.iter().any(|it| it.is_in_scope);
        let is_part_seen = part.iter().any(|id| world.is_in_scope(*id));
        for (name, members, is_seen) in [
            ("June", Some(all), is_seen),
            ("July", Some(hidden), false),
            ("August", Some(part), is_part_seen),
            ("September", None, false),
        ] {
            world.add_release(name, members, is_seen).await;
        }
        for _ in 0..16 {
            world.work(&mut dice, twin, true).await;
        }
        world.move_customers().await;
        for _ in 0..24 {
            world.work(&mut dice, twin, false).await;
        }
        world.find_steps().await;
        world
    }

    /// Finds the steps that there are now, and their evidence.
    async fn find_steps(&mut self) {
        let store = &self.app.store;
        self.seen_steps.clear();
        self.hidden_steps.clear();
        self.evidence.clear();
        for customer in &self.customers {
            let is_seen = customer.is_in_scope;
            for (release, _) in &self.releases {
                let Ok(work) = store.customer_work(*release, customer.id).await else {
                    continue;
                };
                for step in work.steps {
                    let pieces = store.evidence(step.id).await.unwrap().into_iter();
                    self.evidence
                        .extend(pieces.map(|it| (step.id, it.id, is_seen)));
                    let steps = if is_seen {
                        &mut self.seen_steps
                    } else {
                        &mut self.hidden_steps
                    };
                    steps.push(step.id);
                }
            }
        }
    }

    pub fn is_in_scope(&self, id: CustomerId) -> bool {
        self.customers
            .iter()
            .any(|it| it.id == id && it.is_in_scope)
    }

    pub fn by(&self, is_in_scope: bool) -> app::domain::actor_stamp::ActorStamp {
        self.app.by(&marked("Mei", is_in_scope))
    }

    async fn add_release(&mut self, name: &str, members: Option<Vec<CustomerId>>, is_seen: bool) {
        let store = &self.app.store;
        let release = ReleaseDraft {
            name: marked(name, is_seen),
            ..ReleaseDraft::default()
        };
        let made = store.create_release(release, self.by(is_seen)).await;
        let id = made.unwrap().row.id;
        let host = marked("curl {{var.HOST}}:{{var.PORT}} {{cluster.name}}", is_seen);
        for (name, category, kind, text) in [
            ("Announce", "deploy", "text", "Tell {{customer.name}}."),
            ("Upgrade", "deploy", "bash", &host),
            ("Check", "verify", "bash", "true {{var.NONE}}"),
        ] {
            let template = draft(&marked(name, is_seen), category, kind, text);
            let by = self.by(is_seen);
            let added = store.add_template(id, template, Position::Last, by).await;
            self.templates.push((added.unwrap().row.id, is_seen));
        }
        if let Some(members) = members.filter(|it| !it.is_empty()) {
            let activated = store.activate_release(id, Some(members), self.by(is_seen));
            activated.await.unwrap();
        }
        self.releases.push((id, is_seen));
    }

    /// Draws and applies one operation; refusals are ignored. Before the customers move, steps in scope are started instead of done.
    async fn work(&self, dice: &mut Dice, twin: usize, is_before_move: bool) {
        let at = dice.below(self.customers.len());
        let (what, which) = (dice.below(12), dice.below(8));
        let (release, _) = dice.of(&self.releases).unwrap();
        let customer = &self.customers[at];
        let Ok(work) = self.app.store.customer_work(release, customer.id).await else {
            return;
        };
        let Some(step) = work.steps.get(which % work.steps.len().max(1)) else {
            return;
        };
        if customer.is_in_scope {
            let executes = matches!(what, 6 | 10 | 11);
            let what = if is_before_move && executes { 7 } else { what };
            self.work_in_scope(step, what).await;
        } else {
            self.work_out_of_scope(step, what % 4, twin).await;
        }
    }

    /// Work on a cell out of scope. The twins do something else to the same row, with as many events.
    async fn work_out_of_scope(&self, step: &CustomerStep, what: usize, twin: usize) {
        let store = &self.app.store;
        let by = || self.by(false);
        let text = format!("{} {} {twin}", marked("text", false), step.version);
        match what {
            0 => drop(store.note_step(step.id, text, step.version, by()).await),
            1 if step.status == StepStatus::Pending => {
                drop(store.override_step(step.id, text, step.version, by()).await);
            }
            1 | 2 => {
                let own = draft(&text, "deploy", "bash", &text);
                let (release, customer) = (step.release_id, step.customer_id);
                let added =
                    store.add_custom_step(release, customer, own, Position::Last, false, by());
                drop(added.await);
            }
            _ => {
                let action = match (step.status, twin) {
                    (StepStatus::Pending, 0) => StepAction::Skip,
                    (StepStatus::Pending, _) => StepAction::Done,
                    _ => StepAction::Reopen,
                };
                let done = store.act_on_step(step.id, action, with_reason(&text), by());
                drop(done.await);
            }
        }
    }

    async fn work_in_scope(&self, step: &CustomerStep, what: usize) {
        let store = &self.app.store;
        let by = || self.by(true);
        let (id, release, customer) = (step.id, step.release_id, step.customer_id);
        let act = |action| store.act_on_step(id, action, with_reason("reason"), by());
        match what {
            0 => drop(store.note_step(id, "note".into(), step.version, by()).await),
            1 => drop(
                store
                    .override_step(id, "text".into(), step.version, by())
                    .await,
            ),
            2 => drop(act(StepAction::Skip).await),
            3 | 4 => {
                let own = draft("Own", "deploy", "bash", "text");
                let added =
                    store.add_custom_step(release, customer, own, Position::Last, false, by());
                drop(added.await);
            }
            5 => drop(act(StepAction::Fail).await),
            6 => {
                let Ok(done) = act(StepAction::Done).await else {
                    return;
                };
                if let Some(batch) = done.batch_id {
                    drop(store.undo(batch, by()).await);
                }
            }
            7 => drop(act(StepAction::Start).await),
            8 => drop(store.remove_customers(release, vec![customer], by()).await),
            9 => drop(store.reset_step(id, None, by()).await),
            _ => drop(act(StepAction::Done).await),
        }
    }

    /// What touches customers of both kinds at once: cells of both in one change, its undo, members that come and go, an edit of
    /// the template, and one customer less.
    pub async fn mix(&mut self) {
        self.mix_customers().await;
        // Who left June and came back has new steps there.
        self.find_steps().await;
    }

    async fn mix_customers(&self) {
        let store = &self.app.store;
        let by = || self.by(true);
        let june = self.releases[0].0;
        let hidden = self.customers.iter().filter(|it| !it.is_in_scope);
        let hidden: Vec<CustomerId> = hidden.map(|it| it.id).collect();
        let mut ids = Vec::new();
        for customer in &self.customers {
            if let Ok(work) = store.customer_work(june, customer.id).await {
                let pending = work
                    .steps
                    .iter()
                    .filter(|it| it.status == StepStatus::Pending);
                ids.extend(pending.map(|it| it.id).take(2));
            }
        }
        let started = store.act_on_steps(ids, StepAction::Start, with_reason("reason"), by());
        if let Ok(started) = started.await
            && let Some(batch) = started.batch_id
        {
            drop(store.undo(batch, by()).await);
        }
        let all: Vec<CustomerId> = self.customers.iter().map(|it| it.id).collect();
        drop(store.remove_customers(june, all[1..].to_vec(), by()).await);
        drop(store.add_customers(june, all, by()).await);
        self.ask_for_runs().await;
        self.add_evidence().await;
        let release = store.release(june).await.unwrap();
        if let Some(template) = release.templates.first() {
            let edited = draft(
                "Announce",
                "deploy",
                "text",
                "Tell {{customer.name}} again.",
            );
            drop(
                store
                    .update_template(template.id, edited, template.version, by())
                    .await,
            );
        }
        drop(store.deactivate_customer(hidden[0], self.by(false)).await);
    }
}

impl RandomWorld {
    /// Runs of June's steps, as far as they can be run.
    async fn ask_for_runs(&self) {
        let store = &self.app.store;
        for customer in &self.customers {
            let Ok(work) = store.customer_work(self.releases[0].0, customer.id).await else {
                continue;
            };
            for step in work.steps {
                let request = RunRequest {
                    version: Some(step.version),
                    ..RunRequest::default()
                };
                let by = self.by(customer.is_in_scope);
                if customer.is_in_scope {
                    drop(store.ask_run(step.id, request, by).await);
                } else {
                    self.run_here(step.id, request).await;
                }
            }
        }
    }

    /// A run out of scope on somebody's own machine, which has written something.
    async fn run_here(&self, step: StepId, request: RunRequest) {
        let begun = self.app.store.begin_run_here(step, request, self.by(false));
        let Ok(begun) = begun.await else {
            return;
        };
        let chunk = OutputChunk {
            seq: 1,
            at: now(),
            stream: OutputStream::Stdout,
            bytes: marked("output", false).into_bytes(),
        };
        let (id, lease) = (begun.row.run.id, &begun.row.lease);
        let taken = self.app.database.take_output(id, lease, vec![chunk], now());
        taken.await.unwrap();
    }

    /// Evidence of June's steps, as far as they were started.
    async fn add_evidence(&self) {
        for customer in &self.customers {
            let Ok(work) = self
                .app
                .store
                .customer_work(self.releases[0].0, customer.id)
                .await
            else {
                continue;
            };
            let [text, name] = ["proof", "name"].map(|it| marked(it, customer.is_in_scope));
            for step in work.steps {
                let piece = EvidenceDraft::output(&text, Some(&name)).unwrap();
                let by = self.by(customer.is_in_scope);
                drop(self.app.store.add_evidence(step.id, piece, by).await);
            }
        }
    }
}

fn with_reason(reason: &str) -> TransitionOptions {
    TransitionOptions {
        reason: Some(reason.to_owned()),
        allow_unresolved: true,
        ..TransitionOptions::default()
    }
}
