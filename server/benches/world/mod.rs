//! Data of the benchmarks, made by the store's own methods: the same every time, in any size. Active releases with work in every
//! state, and drafts of the same steps to be activated.
pub mod texts;

use app::{
    domain::{
        actor_stamp::ActorStamp,
        cluster::ClusterDraft,
        customer::CustomerDraft,
        id::{CustomerId, ReleaseId, StepId},
        matrix::CellIndex,
        metadata::{Metadata, Value},
        order::Position,
        release::ReleaseDraft,
        template::TemplateDraft,
        vocabulary::{StepAction, StepStatus},
    },
    store::{Store, steps::transitions::TransitionOptions},
};
use chrono::{DateTime, TimeDelta, Utc};

const PEOPLE: [&str; 4] = ["Ana Ferreira", "Jonas Weber", "Ravi Menon", "Mei Tanaka"];

/// A pseudo-random number for a number: `SplitMix64`, the same on every machine.
pub fn pseudo_random(n: usize) -> usize {
    let mut it = (n as u64)
        .wrapping_add(1)
        .wrapping_mul(0x9e37_79b9_7f4a_7c15);
    it = (it ^ (it >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    it = (it ^ (it >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    usize::try_from((it ^ (it >> 31)) >> 33).unwrap()
}

/// One of the four people, `minutes` after 07:00 UTC on the first of June.
pub fn by(minutes: usize) -> ActorStamp {
    let start: DateTime<Utc> = "2026-06-01T07:00:00Z".parse().unwrap();
    let actor = PEOPLE[pseudo_random(minutes) % PEOPLE.len()];
    let later = TimeDelta::minutes(i64::try_from(minutes).unwrap());
    ActorStamp::new(actor, start + later).unwrap()
}

fn metadata(pairs: &[(&str, String)]) -> Metadata {
    let value = |text: &String| Value::Text(text.clone());
    Metadata(
        pairs
            .iter()
            .map(|(key, text)| ((*key).to_owned(), value(text)))
            .collect(),
    )
}

/// Creates `n` customers in four to twelve clusters. Every ninth lacks a variable that some steps use.
pub async fn customers(store: &Store, n: usize) -> Vec<CustomerId> {
    let mut clusters = Vec::new();
    for name in texts::CLUSTERS.iter().take((n / 100).clamp(4, 12)) {
        let values = [
            (
                "API_REPLICAS",
                (2 + pseudo_random(clusters.len()) % 5).to_string(),
            ),
            ("REGISTRY_MIRROR", format!("registry.{name}.example")),
            ("DB_HOST", format!("pg.{name}.internal")),
        ];
        let draft = ClusterDraft {
            name: (*name).to_owned(),
            kubeconfig_path: format!("/etc/rollcall/{name}.yaml"),
            metadata: metadata(&values),
            ..ClusterDraft::default()
        };
        let made = store.create_cluster(draft, by(clusters.len())).await;
        clusters.push(made.unwrap().row.id);
    }
    let mut customers = Vec::new();
    for number in 0..n {
        let name = texts::customer(number);
        let namespace = name.to_ascii_lowercase().replace(' ', "-");
        let mut values = vec![
            ("HOST", format!("bills.{namespace}.example")),
            ("DB_NAME", namespace.replace('-', "_")),
        ];
        if number % 9 != 4 {
            values.push(("CDN_ZONE", format!("z-{namespace}")));
        }
        let draft = CustomerDraft {
            name,
            cluster_id: Some(clusters[number % clusters.len()]),
            namespace,
            metadata: metadata(&values),
            ..CustomerDraft::default()
        };
        let made = store.create_customer(draft, by(20 + number)).await;
        customers.push(made.unwrap().row.id);
    }
    customers
}

/// Creates a draft with `n_steps` steps, three fifths of them in the category deploy.
pub async fn draft(store: &Store, name: &str, n_steps: usize) -> ReleaseId {
    let values = [
        ("CHART", "oci://charts.example/api".to_owned()),
        ("TIMEOUT", "10m".to_owned()),
    ];
    let draft = ReleaseDraft {
        name: name.into(),
        version_number: "2026.6.0".into(),
        metadata: metadata(&values),
        ..ReleaseDraft::default()
    };
    let made = store.create_release(draft, by(1_100)).await;
    let release = made.unwrap().row.id;
    for step in texts::steps(n_steps) {
        let draft = TemplateDraft {
            name: step.name,
            category: step.category.into(),
            kind: step.kind.into(),
            content: step.content,
            ..TemplateDraft::default()
        };
        let made = store.add_template(release, draft, Position::Last, by(1_101));
        made.await.unwrap();
    }
    release
}

/// Works on an active release as people do: the first steps of each customer are done or skipped, the next one is in progress
/// or failed, a few have an override and a note. Steps with a missing value stay pending.
pub async fn work(store: &Store, release: ReleaseId) {
    let grid = store.grid(release).await.unwrap();
    let n_rows = grid.rows.len();
    for column in 0..grid.columns.len() {
        let cell = |row: usize| grid.cell(CellIndex { row, column });
        let now = 1_200 + column * 7;
        let reached = pseudo_random(column) % (n_rows * 9 / 10).max(1);
        let (mut done, mut skipped) = (Vec::new(), Vec::new());
        for row in 0..reached {
            let Some(cell) = cell(row) else { continue };
            if pseudo_random(row * 1_009 + column).is_multiple_of(40) {
                skipped.push(cell.step);
            } else {
                done.push(cell.step);
            }
        }
        act(store, done, StepAction::Done, now).await;
        act(store, skipped, StepAction::Skip, now + 3).await;
        let Some(next) = cell(reached).map(|it| it.step) else {
            continue;
        };
        match column % 6 {
            0 | 3 => act(store, vec![next], StepAction::Start, now + 5).await,
            1 => act(store, vec![next], StepAction::Fail, now + 5).await,
            _ => {}
        }
        if column % 16 == 2 {
            let step = store.step(next).await.unwrap().step;
            let content = format!(
                "{}\n# Two at a time, asked for by their ops.\n",
                step.content
            );
            let made = store.override_step(next, content, step.version, by(now + 6));
            let step = made.await.unwrap().row;
            let note = "Two at a time until the meter import has run.".to_owned();
            let made = store.note_step(next, note, step.version, by(now + 7));
            made.await.unwrap();
        }
    }
}

async fn act(store: &Store, ids: Vec<StepId>, action: StepAction, minutes: usize) {
    if ids.is_empty() {
        return;
    }
    let options = TransitionOptions {
        reason: action
            .needs_reason()
            .then(|| "Lock timeout after 30 s, the nightly export was still running.".to_owned()),
        ..TransitionOptions::default()
    };
    let made = store.act_on_steps(ids, action, options, by(minutes));
    made.await.unwrap();
}

/// Cells that can be marked done as they are, customer by customer: pending, not overridden, without a missing value.
pub async fn pending(store: &Store, release: ReleaseId, at_most: usize) -> Vec<StepId> {
    let grid = store.grid(release).await.unwrap();
    let cells = (0..grid.columns.len())
        .flat_map(|column| (0..grid.rows.len()).map(move |row| CellIndex { row, column }));
    cells
        .filter_map(|at| grid.cell(at))
        .filter(|it| it.status == StepStatus::Pending && !it.is_unresolved && !it.is_overridden)
        .map(|it| it.step)
        .take(at_most)
        .collect()
}
