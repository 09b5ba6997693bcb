//! Model of customers: pasted texts, edits, deactivation, membership and undo (R5, R16, R85), beside a plain map. Random
//! sequences of them go through the store and through the model; after each operation both must have the same customers.
use super::dice::Dice;
use crate::harness::{TestApp, number};
use app::{
    domain::{
        cluster::ClusterDraft,
        customer::{Customer, CustomerDraft},
        customer_import::ImportRequest,
        id::{BatchId, ClusterId, CustomerId, ReleaseId},
        metadata::{Metadata, Value},
        order::Position,
        release::ReleaseDraft,
    },
    store::error::StoreError,
};
use std::collections::{BTreeMap, BTreeSet};

/// How many sequences are run, unless `ROLLCALL_SEQUENCES` says otherwise.
const SEQUENCES: u64 = 12;
/// The length of a sequence.
const OPERATIONS: usize = 40;
const OPS: [&str; 10] = [
    "paste",
    "paste",
    "paste",
    "edit",
    "deactivate",
    "restore",
    "join",
    "leave",
    "undo",
    "undo",
];
const CLUSTERS: [&str; 2] = ["eu", "us"];
const CLUSTER_IDS: [i64; 2] = [1, 2];

#[derive(Clone, Debug, PartialEq, Eq)]
struct ModelCustomer {
    cluster: i64,
    namespace: String,
    name: String,
    host: Option<String>,
    is_active: bool,
}

impl ModelCustomer {
    fn place(&self) -> (i64, &str) {
        (self.cluster, &self.namespace)
    }
}

impl From<Customer> for ModelCustomer {
    fn from(customer: Customer) -> Self {
        Self {
            cluster: customer.cluster_id.0,
            namespace: customer.namespace,
            name: customer.name,
            host: customer.metadata.0.get("HOST").map(ToString::to_string),
            is_active: customer.is_active,
        }
    }
}

/// A row that a batch changed: its id, and what it was before and after.
type ModelChange = (i64, Option<ModelCustomer>, Option<ModelCustomer>);

struct CustomersRun {
    app: TestApp,
    release: ReleaseId,
    rows: BTreeMap<i64, ModelCustomer>,
    members: BTreeSet<i64>,
    past: Vec<(BatchId, Vec<ModelChange>)>,
    dice: Dice,
    trace: Vec<String>,
}

/// A row of a pasted table.
struct PastedRow {
    name: String,
    namespace: String,
    cluster: usize,
    host: String,
}

impl CustomersRun {
    async fn new(seed: u64) -> Self {
        let app = TestApp::new().await;
        for name in CLUSTERS {
            let cluster = ClusterDraft {
                name: name.into(),
                ..ClusterDraft::default()
            };
            app.store.create_cluster(cluster, app.ana()).await.unwrap();
        }
        let member = CustomerDraft {
            name: "Member".into(),
            cluster_id: Some(ClusterId(1)),
            namespace: "member".into(),
            ..CustomerDraft::default()
        };
        let member = app.store.create_customer(member, app.ana()).await.unwrap();
        let (id, batch) = (member.row.id, member.batch_id.unwrap());
        let june = ReleaseDraft {
            name: "June".into(),
            ..ReleaseDraft::default()
        };
        let june = app.store.create_release(june, app.ana()).await.unwrap();
        let release = june.row.id;
        let step = crate::world::draft("Check", "deploy", "bash", "true");
        let added = app
            .store
            .add_template(release, step, Position::Last, app.ana());
        added.await.unwrap();
        let activated = app
            .store
            .activate_release(release, Some(vec![id]), app.ana());
        activated.await.unwrap();
        let row = ModelCustomer::from(member.row);
        Self {
            app,
            release,
            past: vec![(batch, vec![(id.0, None, Some(row.clone()))])],
            rows: [(id.0, row)].into(),
            members: [id.0].into(),
            dice: Dice::new(seed),
            trace: Vec::new(),
        }
    }

    fn any_id(&mut self) -> i64 {
        let ids: Vec<i64> = self.rows.keys().copied().collect();
        self.dice.of(&ids).unwrap_or(999)
    }

    fn holder(&self, place: (i64, &str)) -> Option<i64> {
        let mut rows = self.rows.iter();
        rows.find(|it| it.1.place() == place).map(|it| *it.0)
    }

    fn any_pasted_row(&mut self) -> PastedRow {
        PastedRow {
            name: format!("Name {}", self.dice.below(3)),
            // One of them is no namespace, and one is of the system.
            namespace: self
                .dice
                .of(&["a", "b", "c", "d", "No", "default"])
                .unwrap()
                .into(),
            cluster: self.dice.below(2),
            host: self.dice.of(&["", "x", "y"]).unwrap().into(),
        }
    }

    async fn paste(&mut self) {
        let n = 1 + self.dice.below(5);
        let pasted: Vec<PastedRow> = (0..n).map(|_| self.any_pasted_row()).collect();
        let update = self.dice.one_in(2);
        let mut text = "name;namespace;cluster;HOST".to_owned();
        let (mut expected, mut taken) = (Vec::new(), BTreeSet::new());
        for row in &pasted {
            let cluster = CLUSTERS[row.cluster];
            let line = [&row.name, &row.namespace, cluster, &row.host].join(";");
            text.extend(["\n", &line]);
            let key = (CLUSTER_IDS[row.cluster], row.namespace.clone());
            if row.namespace == "No" || !taken.insert(key.clone()) {
                continue;
            }
            let host = (!row.host.is_empty()).then(|| row.host.clone());
            let known = self.holder((key.0, &key.1));
            let before = known.map(|id| self.rows[&id].clone());
            let after = ModelCustomer {
                cluster: key.0,
                namespace: key.1,
                name: row.name.clone(),
                host: host.or(before.as_ref().and_then(|it| it.host.clone())),
                is_active: true,
            };
            let is_written = match &before {
                Some(before) => update && before.is_active && *before != after,
                None => row.namespace != "default",
            };
            if is_written {
                expected.push((known, before, after));
            }
        }
        self.trace.push(format!("  update {update}: {text:?}"));
        let request = ImportRequest {
            text,
            update,
            ..ImportRequest::default()
        };
        let done = self
            .app
            .store
            .import_customers(request, self.app.ana())
            .await;
        let done = done.unwrap();
        let n_new = expected.iter().filter(|it| it.1.is_none()).count();
        let counted = (done.row.created as usize, done.row.updated as usize);
        assert_eq!(counted, (n_new, expected.len() - n_new), "{}", self.story());
        let present = self.present().await;
        let mut changes = Vec::new();
        for (known, before, after) in expected {
            let of_place = |it: &(&i64, &ModelCustomer)| it.1.place() == after.place();
            let id = known.or(present.iter().find(of_place).map(|it| *it.0));
            let id = id.unwrap_or_else(|| panic!("{after:?} is not there: {}", self.story()));
            self.rows.insert(id, after.clone());
            changes.push((id, before, Some(after)));
        }
        assert_eq!(done.batch_id.is_some(), !changes.is_empty());
        self.past.extend(done.batch_id.map(|it| (it, changes)));
    }

    async fn edit(&mut self) {
        let (id, to) = (self.any_id(), self.any_pasted_row());
        let Some(before) = self.rows.get(&id).cloned() else {
            return;
        };
        let after = ModelCustomer {
            cluster: CLUSTER_IDS[to.cluster],
            namespace: to.namespace,
            name: to.name,
            host: Some(to.host),
            is_active: before.is_active,
        };
        let is_free = self.holder(after.place()).is_none_or(|it| it == id);
        let may = is_free && after.namespace != "No";
        let value = Value::Text(after.host.clone().unwrap());
        let draft = CustomerDraft {
            name: after.name.clone(),
            cluster_id: Some(ClusterId(after.cluster)),
            namespace: after.namespace.clone(),
            metadata: Metadata([("HOST".to_owned(), value)].into()),
            ..CustomerDraft::default()
        };
        let store = &self.app.store;
        let version = store.customer(CustomerId(id)).await.unwrap();
        let version = version.customer.version;
        let got = store.update_customer(CustomerId(id), draft, version, self.app.ana());
        let got = got.await;
        assert_eq!(got.is_ok(), may, "{}", self.story());
        if let Some(batch) = got.ok().and_then(|it| it.batch_id) {
            self.rows.insert(id, after.clone());
            self.past
                .push((batch, vec![(id, Some(before), Some(after))]));
        }
    }

    async fn set_active(&mut self, is_active: bool) {
        let id = self.any_id();
        let Some(row) = self.rows.get_mut(&id) else {
            return;
        };
        row.is_active = is_active;
        let (store, stamp) = (&self.app.store, self.app.ana());
        let done = if is_active {
            store.restore_customer(CustomerId(id), stamp).await
        } else {
            store.deactivate_customer(CustomerId(id), stamp).await
        };
        done.unwrap();
    }

    async fn join_or_leave(&mut self, joins: bool) {
        let id = self.any_id();
        let (store, stamp) = (&self.app.store, self.app.ana());
        let ids = vec![CustomerId(id)];
        let is_active = self.rows.get(&id).is_some_and(|it| it.is_active);
        let may = self.members.contains(&id) != joins && (is_active || !joins);
        let done = if joins {
            store.add_customers(self.release, ids, stamp).await
        } else {
            store.remove_customers(self.release, ids, stamp).await
        };
        assert_eq!(done.is_ok(), may, "{done:?} {}", self.story());
        if may && joins {
            self.members.insert(id);
        } else if may {
            self.members.remove(&id);
        }
    }

    /// Undoes any earlier batch: what is no more as the batch left it stays, and so does whoever is in a release.
    async fn undo(&mut self) {
        let Some((batch, changes)) = self.dice.of(&self.past) else {
            return;
        };
        self.trace.push(format!("  of {changes:?}"));
        let mut restored = Vec::new();
        for (id, before, after) in changes.into_iter().rev() {
            if self.rows.get(&id) != after.as_ref() {
                continue;
            }
            let may = match &before {
                Some(before) => self.holder(before.place()).is_none_or(|it| it == id),
                None => !self.members.contains(&id),
            };
            if may {
                match before.clone() {
                    Some(row) => self.rows.insert(id, row),
                    None => self.rows.remove(&id),
                };
                restored.push((id, after, before));
            }
        }
        let got = self.app.store.undo(batch, self.app.ana()).await;
        match got {
            Ok(done) => {
                let n = done.restored as usize;
                assert_eq!(n, restored.len(), "{done:?} {}", self.story());
                self.past.push((done.batch_id.unwrap(), restored));
            }
            Err(StoreError::Refused(rule)) => {
                assert!(restored.is_empty(), "{rule} {}", self.story());
            }
            Err(error) => panic!("{error} {}", self.story()),
        }
    }

    /// The customers in the store.
    async fn present(&self) -> BTreeMap<i64, ModelCustomer> {
        let mut present = BTreeMap::new();
        for it in self.app.store.customers(true).await.unwrap() {
            let detail = self.app.store.customer(it.id).await.unwrap();
            present.insert(it.id.0, detail.customer.into());
        }
        present
    }

    fn story(&self) -> String {
        self.trace.join("\n")
    }
}

#[tokio::test]
async fn whatever_is_pasted_and_undone_the_customers_are_those_of_the_rules() {
    let first = number("ROLLCALL_SEED", 0);
    for seed in first..first + number("ROLLCALL_SEQUENCES", SEQUENCES) {
        let mut run = CustomersRun::new(seed).await;
        for _ in 0..OPERATIONS {
            let op = run.dice.of(&OPS).unwrap();
            run.trace.push(format!("{seed} {op}"));
            match op {
                "paste" => run.paste().await,
                "edit" => run.edit().await,
                "deactivate" | "restore" => run.set_active(op == "restore").await,
                "join" | "leave" => run.join_or_leave(op == "join").await,
                _ => run.undo().await,
            }
            assert_eq!(run.present().await, run.rows, "{}", run.story());
        }
        let findings = run.app.store.check().await.unwrap();
        assert!(findings.is_empty(), "{findings:?} {}", run.story());
    }
}
