//! A random world with people's work in it. Whatever belongs to customers out of scope alone (names, namespaces, variables, texts,
//! notes, reasons, who worked there) has the marker word in it. Two worlds of one seed differ only there.
use crate::{harness::TestApp, model::dice::Dice, people::scope, world::draft};
use app::{
    domain::{
        cluster::ClusterDraft,
        customer::CustomerDraft,
        id::{ClusterId, CustomerId, ReleaseId, StepId},
        metadata::{Metadata, Value},
        order::Position,
        release::ReleaseDraft,
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
}

/// The world, and the scope that half of it is hidden from.
pub struct RandomWorld {
    pub app: TestApp,
    pub scope: Option<ScopeIds>,
    pub clusters: Vec<ClusterId>,
    pub customers: Vec<RandomCustomer>,
    pub releases: Vec<ReleaseId>,
    /// Steps of customers in scope, and of the others.
    pub seen_steps: Vec<StepId>,
    pub hidden_steps: Vec<StepId>,
}

fn marked(word: &str, is_in_scope: bool) -> String {
    if is_in_scope {
        word.to_owned()
    } else {
        format!("{word}-{MARKER}")
    }
}

fn variables(is_in_scope: bool, twin: usize) -> Metadata {
    let host = marked("host.example", is_in_scope);
    let port = if is_in_scope { 0 } else { twin };
    let pairs = [("HOST", host), ("PORT", format!("{port}"))];
    let pairs = pairs.map(|(key, value)| (key.into(), Value::Text(value)));
    Metadata(pairs.into_iter().collect())
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
            seen_steps: Vec::new(),
            hidden_steps: Vec::new(),
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
        for _ in 0..40 {
            world.work(&mut dice, twin).await;
        }
        for customer in &world.customers {
            for release in &world.releases {
                let Ok(work) = world.app.store.customer_work(*release, customer.id).await else {
                    continue;
                };
                let ids = work.steps.iter().map(|it| it.id);
                if customer.is_in_scope {
                    world.seen_steps.extend(ids);
                } else {
                    world.hidden_steps.extend(ids);
                }
            }
        }
        world
    }

    fn is_in_scope(&self, id: CustomerId) -> bool {
        self.customers
            .iter()
            .any(|it| it.id == id && it.is_in_scope)
    }

    /// Clusters and customers, and a scope of some of both.
    async fn add_customers(&mut self, dice: &mut Dice, twin: usize) {
        let n_clusters = 2 + dice.below(2);
        let whole: Vec<bool> = (0..n_clusters).map(|_| dice.one_in(3)).collect();
        let mut singles: Vec<(usize, bool)> = Vec::new();
        for cluster in 0..n_clusters {
            for _ in 0..=dice.below(3) {
                singles.push((cluster, dice.one_in(3)));
            }
        }
        // There is always a customer out of scope.
        singles.push((n_clusters - 1, false));
        let whole: Vec<bool> = (0..n_clusters)
            .map(|it| whole[it] && it != n_clusters - 1)
            .collect();
        for (n, is_whole) in whole.iter().enumerate() {
            let is_seen = *is_whole || singles.contains(&(n, true));
            let cluster = ClusterDraft {
                name: marked(&format!("cluster-{n}"), is_seen),
                kubeconfig_path: format!("/etc/{}", marked("kube", is_seen)),
                metadata: variables(is_seen, twin),
                ..ClusterDraft::default()
            };
            let made = self.app.store.create_cluster(cluster, self.app.ana()).await;
            self.clusters.push(made.unwrap().row.id);
        }
        for (n, (cluster, is_single)) in singles.iter().enumerate() {
            let is_in_scope = whole[*cluster] || *is_single;
            let customer = CustomerDraft {
                name: marked(&format!("Customer {n}"), is_in_scope),
                cluster_id: Some(self.clusters[*cluster]),
                namespace: marked(&format!("c{n}"), is_in_scope),
                metadata: variables(is_in_scope, twin),
                ..CustomerDraft::default()
            };
            let by = self.by(is_in_scope);
            let made = self.app.store.create_customer(customer, by).await;
            self.customers.push(RandomCustomer {
                id: made.unwrap().row.id,
                is_in_scope,
            });
        }
        let clusters = self.clusters.iter().zip(&whole).filter(|it| *it.1);
        let clusters: Vec<ClusterId> = clusters.map(|it| *it.0).collect();
        let singles = self.customers.iter().zip(&singles);
        let singles = singles.filter(|(_, of)| of.1).map(|(it, _)| it.id);
        self.scope = scope(&clusters, &singles.collect::<Vec<_>>());
    }

    fn by(&self, is_in_scope: bool) -> app::domain::actor_stamp::ActorStamp {
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
        let host = marked("curl {{var.HOST}}:{{var.PORT}}", is_seen);
        for (name, category, kind, text) in [
            ("Announce", "deploy", "text", "Tell {{customer.name}}."),
            ("Upgrade", "deploy", "bash", &host),
            ("Check", "verify", "bash", "true {{var.NONE}}"),
        ] {
            let template = draft(&marked(name, is_seen), category, kind, text);
            let by = self.by(is_seen);
            store
                .add_template(id, template, Position::Last, by)
                .await
                .unwrap();
        }
        if let Some(members) = members.filter(|it| !it.is_empty()) {
            let activated = store.activate_release(id, Some(members), self.by(is_seen));
            activated.await.unwrap();
        }
        self.releases.push(id);
    }

    /// Draws and applies one operation; refusals are ignored.
    async fn work(&self, dice: &mut Dice, twin: usize) {
        let at = dice.below(self.customers.len());
        let (what, which) = (dice.below(12), dice.below(8));
        let release = dice.of(&self.releases).unwrap();
        let customer = &self.customers[at];
        let Ok(work) = self.app.store.customer_work(release, customer.id).await else {
            return;
        };
        let Some(step) = work.steps.get(which % work.steps.len().max(1)) else {
            return;
        };
        if customer.is_in_scope {
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
    pub async fn mix(&self) {
        let store = &self.app.store;
        let by = || self.by(true);
        let june = self.releases[0];
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

fn with_reason(reason: &str) -> TransitionOptions {
    TransitionOptions {
        reason: Some(reason.to_owned()),
        allow_unresolved: true,
        ..TransitionOptions::default()
    }
}
