//! The store at 100,000 cells, beside plain SQL in the same run: `./dev bench`. Nothing is asserted.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a measurement that cannot go on panics, and prints what it found"
)]
#![recursion_limit = "512"]
use app::{
    domain::{
        cluster::ClusterDraft,
        customer::CustomerDraft,
        matrix::At,
        release::ReleaseDraft,
        stamp::Stamp,
        step::{Place, StepAction},
        template::TemplateDraft,
    },
    store::{Ask, Store},
};
use migration::{Migrator, MigratorTrait};
use sea_orm::ConnectionTrait;
use std::{
    future::Future,
    time::{Duration, Instant},
};

const CUSTOMERS: usize = 1_000;
const STEPS: usize = 100;

async fn time<T>(work: impl Future<Output = T>) -> (Duration, T) {
    let began = Instant::now();
    let result = work.await;
    (began.elapsed(), result)
}

fn say(what: &str, took: Duration) {
    let milliseconds = took.as_secs_f64() * 1_000.0;
    println!("{what:58} {milliseconds:9.1} ms");
}

#[tokio::main]
async fn main() {
    let folder = tempfile::TempDir::new().unwrap();
    let url = format!("sqlite://{}", folder.path().join("bench.db").display());
    let store = Store::open(&url).await.unwrap();
    Migrator::up(store.writer(), None).await.unwrap();
    let by = || Stamp::new("bench", "2026-01-01T00:00:00Z".parse().unwrap()).unwrap();
    let cluster = ClusterDraft {
        name: "eu".into(),
        ..ClusterDraft::default()
    };
    let cluster = store.create_cluster(cluster, by()).await.unwrap().row;
    let mut customers = Vec::new();
    for n in 0..CUSTOMERS {
        let customer = CustomerDraft {
            name: format!("customer {n}"),
            cluster_id: Some(cluster.id),
            namespace: format!("c{n}"),
            ..CustomerDraft::default()
        };
        customers.push(store.create_customer(customer, by()).await.unwrap().row.id);
    }
    let release = ReleaseDraft {
        name: "Large".into(),
        ..ReleaseDraft::default()
    };
    let release = store.create_release(release, by()).await.unwrap().row.id;
    for n in 0..STEPS {
        let step = TemplateDraft {
            name: format!("step {n}"),
            category: if n < 60 { "deploy" } else { "verify" }.into(),
            kind: "bash".into(),
            content: "kubectl -n {{customer.namespace}} rollout status deploy/api\n".repeat(8),
            description: String::new(),
        };
        store
            .add_template(release, step, Place::Last, by())
            .await
            .unwrap();
    }
    println!(
        "{CUSTOMERS} customers, {STEPS} steps, {} cells",
        CUSTOMERS * STEPS
    );
    let (took, _) = time(store.activate_release(release, Some(customers), by())).await;
    say("activation", took);
    // The same rows once more, into a table with the same columns and nothing else.
    let sql = "CREATE TABLE baseline AS SELECT * FROM customer_steps";
    let (took, result) = time(store.writer().execute_unprepared(sql)).await;
    result.unwrap();
    say(
        "  beside it: the same rows by INSERT .. SELECT, no index",
        took,
    );
    let mut best = Duration::MAX;
    for _ in 0..10 {
        let (took, matrix) = time(store.matrix(release, At::default())).await;
        matrix.unwrap();
        best = best.min(took);
    }
    say("matrix, best of 10", best);
    let sql =
        "SELECT id, status, is_overridden, has_notes FROM customer_steps WHERE release_id = 1";
    let mut best = Duration::MAX;
    for _ in 0..10 {
        let statement = sea_orm::Statement::from_string(sea_orm::DbBackend::Sqlite, sql);
        let (took, rows) = time(store.writer().query_all_raw(statement)).await;
        assert_eq!(rows.unwrap().len(), CUSTOMERS * STEPS);
        best = best.min(took);
    }
    say(
        "  beside it: the same rows as rows of sqlx, best of 10",
        best,
    );
    let ids = (1..=10_000).map(app::domain::id::StepId).collect();
    let (took, result) =
        time(store.act_on_steps(ids, StepAction::Start, Ask::default(), by())).await;
    result.unwrap();
    say("10,000 cells started at once", took);
    let mut best = Duration::MAX;
    for n in 20_001..20_051 {
        let id = app::domain::id::StepId(n);
        let (took, result) =
            time(store.act_on_step(id, StepAction::Start, Ask::default(), by())).await;
        result.unwrap();
        best = best.min(took);
    }
    say("one cell started, best of 50", best);
}
