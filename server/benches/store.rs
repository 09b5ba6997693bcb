//! Benchmark of the store at 100,000 cells, beside plain SQL in the same run. With `--make FOLDER` it creates the databases that
//! the rest of `./dev bench` works on, with `--million URL FILE` the one of a million cells. It only measures: no figure fails the run.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark that cannot go on panics, and it prints its figures"
)]
#![recursion_limit = "512"]
mod world;

use app::{
    domain::{
        caller::Caller, event::EventFilter, history_chain, id::StepId, matrix::CellIndex,
        search::SearchQuery, vocabulary::StepAction,
    },
    store::{
        Database, Store, audit::history_head, entity::sha256, steps::transitions::TransitionOptions,
    },
};
use migration::{Migrator, MigratorTrait};
use sea_orm::{ConnectionTrait, DbBackend, Statement, TransactionTrait};
use std::{
    env, fs,
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};
use world::by;

/// The sizes of the databases: customers and steps.
const SIZES: [(usize, usize); 3] = [(50, 30), (500, 60), (1_000, 100)];
/// How many cells the bulk actions and the marks of a whole run use up.
const PENDING_CELLS: usize = 10_000;

/// The median duration of several runs.
async fn median(runs: usize, mut work: impl AsyncFnMut(usize)) -> Duration {
    let timed = async |run| {
        let began = Instant::now();
        work(run).await;
        began.elapsed()
    };
    median_of(runs, timed).await
}

/// The median where the work itself says how long it took.
async fn median_of(runs: usize, mut work: impl AsyncFnMut(usize) -> Duration) -> Duration {
    let mut times = Vec::with_capacity(runs);
    for run in 0..runs {
        times.push(work(run).await);
    }
    times.sort_unstable();
    times[runs / 2]
}

/// The figures: each is printed when it is measured, and at the end as a line of JSON.
#[derive(Default)]
struct BenchFigures(Vec<(&'static str, f64, &'static str)>);

impl BenchFigures {
    fn add(&mut self, name: &'static str, took: Duration) {
        let milliseconds = took.as_secs_f64() * 1_000.0;
        self.print(name, milliseconds, "ms");
    }

    /// The size of the database, without its log.
    async fn add_size(&mut self, name: &'static str, database: &Database) {
        #[expect(
            clippy::cast_precision_loss,
            reason = "no database here has 2^53 bytes"
        )]
        let megabytes = database.size().await.unwrap() as f64 / 1e6;
        self.print(name, megabytes, "MB");
    }

    fn print(&mut self, name: &'static str, value: f64, unit: &'static str) {
        println!("{name:58} {value:9.1} {unit}");
        self.0.push((name, value, unit));
    }
}

impl Drop for BenchFigures {
    fn drop(&mut self) {
        for (name, value, unit) in &self.0 {
            println!(r#"{{"figure":"store: {name}","median":{value:.3},"unit":"{unit}"}}"#);
        }
    }
}

async fn open(path: &Path) -> Database {
    open_url(&format!("sqlite://{}", path.display())).await
}

async fn open_url(url: &str) -> Database {
    let database = Database::open(url).await.unwrap();
    Migrator::up(database.writer(), None).await.unwrap();
    database
}

#[tokio::main]
async fn main() {
    // Cargo adds an argument of its own.
    let arguments: Vec<String> = env::args().skip(1).filter(|it| it != "--bench").collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["--make", folder] => make(Path::new(folder)).await,
        ["--million", url, description] => make_million(url, Path::new(description)).await,
        _ => measure().await,
    }
}

/// Creates a database of each size, `500x60.db`: release 1 is active and worked on, release 2 is a draft of the same steps.
/// Beside each, `500x60.json` describes its content.
async fn make(folder: &Path) {
    fs::create_dir_all(folder).unwrap();
    for (n_customers, n_steps) in SIZES {
        let began = Instant::now();
        let name = format!("{n_customers}x{n_steps}");
        let database = open(&folder.join(format!("{name}.db"))).await;
        let store = database.as_caller(Arc::new(Caller::open("Bench")));
        let customers = world::customers(&store, n_customers).await;
        let release = world::draft(&store, "2026.6 Billing", n_steps).await;
        let made = store.activate_release(release, Some(customers.clone()), by(1_190));
        made.await.unwrap();
        world::work(&store, release).await;
        let draft = world::draft(&store, "2026.7 Billing", n_steps).await;
        let pending = world::pending(&store, release, PENDING_CELLS).await;
        let content = serde_json::json!({
            "name": name,
            "steps": n_steps,
            "customers": n_customers,
            "cells": n_steps * n_customers,
            "release": release,
            "draft": draft,
            "customerIds": customers,
            "pendingIds": pending,
        });
        fs::write(folder.join(format!("{name}.json")), content.to_string()).unwrap();
        database.close().await.unwrap();
        println!("{name}: {} s", began.elapsed().as_secs());
    }
}

/// Fills an empty database with ten active releases of the largest size, worked on, and a draft; describes its content.
async fn make_million(url: &str, description: &Path) {
    let (n_customers, n_steps) = SIZES[2];
    let began = Instant::now();
    let database = open_url(url).await;
    let store = database.as_caller(Arc::new(Caller::open("Bench")));
    let customers = world::customers(&store, n_customers).await;
    let mut releases = Vec::new();
    for n in 1..=10 {
        let release = world::draft(&store, &format!("2026.{n} Billing"), n_steps).await;
        let made = store.activate_release(release, Some(customers.clone()), by(1_190));
        made.await.unwrap();
        world::work(&store, release).await;
        releases.push(release);
    }
    let draft = world::draft(&store, "2026.11 Billing", n_steps).await;
    let pending = world::pending(&store, releases[0], PENDING_CELLS).await;
    let content = serde_json::json!({
        "name": "million",
        "steps": n_steps,
        "customers": n_customers,
        "cells": n_steps * n_customers * releases.len(),
        "release": releases[0],
        "releases": releases,
        "draft": draft,
        "customerIds": customers,
        "pendingIds": pending,
    });
    fs::write(description, content.to_string()).unwrap();
    database.close().await.unwrap();
    println!("a million cells: {} s", began.elapsed().as_secs());
}

async fn measure() {
    let (n_customers, n_steps) = SIZES[2];
    let folder = tempfile::TempDir::new().unwrap();
    let database = open(&folder.path().join("bench.db")).await;
    let store = database.as_caller(Arc::new(Caller::open("Bench")));
    let customers = world::customers(&store, n_customers).await;
    let release = world::draft(&store, "2026.6 Billing", n_steps).await;
    let n_cells = n_customers * n_steps;
    println!("{n_customers} customers, {n_steps} steps, {n_cells} cells");
    let mut figures = BenchFigures::default();

    let began = Instant::now();
    let made = store.activate_release(release, Some(customers), by(1_190));
    made.await.unwrap();
    figures.add("activation, once", began.elapsed());
    // Aim: 40 MB (R42).
    figures
        .add_size("the database, nothing done yet", &database)
        .await;
    // Baseline: the same rows copied into a table with the same columns and no index.
    let sql = "CREATE TABLE baseline AS SELECT * FROM customer_steps";
    let began = Instant::now();
    database.writer().execute_unprepared(sql).await.unwrap();
    figures.add(
        "  beside it: the same rows by INSERT .. SELECT, no index",
        began.elapsed(),
    );
    let began = Instant::now();
    store.matrix(release, CellIndex::default()).await.unwrap();
    figures.add("matrix, read for the first time, once", began.elapsed());
    let took = median(11, async |_| {
        store.matrix(release, CellIndex::default()).await.unwrap();
    });
    figures.add("matrix", took.await);
    let sql =
        "SELECT id, status, is_overridden, has_notes FROM customer_steps WHERE release_id = 1";
    let took = median(11, async |_| {
        let statement = Statement::from_string(DbBackend::Sqlite, sql);
        let rows = database.writer().query_all_raw(statement).await.unwrap();
        assert_eq!(rows.len(), n_cells);
    });
    figures.add("  beside it: the same rows as rows of sqlx", took.await);
    let began = Instant::now();
    let ids = (1..=10_000).map(StepId).collect();
    let made = store.act_on_steps(
        ids,
        StepAction::Start,
        TransitionOptions::default(),
        by(1_200),
    );
    made.await.unwrap();
    figures.add("10,000 cells started at once, once", began.elapsed());
    let took = median(51, async |run| {
        let id = StepId(20_001 + i64::try_from(run).unwrap());
        let made = store.act_on_step(
            id,
            StepAction::Start,
            TransitionOptions::default(),
            by(1_300 + run),
        );
        made.await.unwrap();
    });
    figures.add("one cell started", took.await);
    let took = median(5, async |run| {
        let first = 30_001 + 1_000 * i64::try_from(run).unwrap();
        let made = store.act_on_steps(
            (first..first + 1_000).map(StepId).collect(),
            StepAction::Start,
            TransitionOptions::default(),
            by(1_400 + run),
        );
        made.await.unwrap();
    });
    figures.add("1,000 cells started at once", took.await);
    chain_costs(&database, &store, &mut figures).await;
    // Its pages are used for what follows.
    let drop = "DROP TABLE baseline";
    database.writer().execute_unprepared(drop).await.unwrap();
    for first in (1..=i64::try_from(n_cells).unwrap()).step_by(1_000) {
        let options = TransitionOptions {
            allow_unresolved: true,
            ..TransitionOptions::default()
        };
        let ids = (first..first + 1_000).map(StepId).collect();
        let made = store.act_on_steps(ids, StepAction::Done, options, by(2_000));
        made.await.unwrap();
    }
    figures
        .add_size("the database, all of it done", &database)
        .await;
    search_costs(&store, &mut figures).await;
}

/// Searches in all cells, each of which has an executed text of its own. Aim: 50 ms (R106).
async fn search_costs(store: &Store, figures: &mut BenchFigures) {
    for (what, sought) in [
        ("search: a word of most texts", "kubectl"),
        ("search: words of most texts", "kubectl apply"),
        ("search: a word of no text", "no such words"),
    ] {
        let query = SearchQuery::parse(sought).unwrap().unwrap();
        let took = median(11, async |_| {
            store.search(&query, 20).await.unwrap();
        });
        figures.add(what, took.await);
    }
}

/// What the chain of the history adds to one mark and to a bulk (R89): the end is read, and each event is hashed. A mark may
/// be 1.05 times as slow as without it, a bulk of 1,000 1.1 times.
#[expect(clippy::disallowed_methods, reason = "its transactions write nothing")]
async fn chain_costs(database: &Database, store: &Store, figures: &mut BenchFigures) {
    let filter = EventFilter {
        limit: Some(500),
        ..EventFilter::default()
    };
    let events = store.events(filter).await.unwrap().items;
    for (what, n) in [
        ("  of one cell started: its place in the chain", 1),
        ("  of 1,000 cells started at once: their places", 1_000),
    ] {
        let took = median_of(51, async |_| {
            let tx = database.writer().begin().await.unwrap();
            let began = Instant::now();
            let mut hash = history_head::end(&tx).await.unwrap().last_hash;
            for event in events.iter().cycle().take(n) {
                hash = history_chain::hash(&hash, event, sha256);
            }
            let took = began.elapsed();
            tx.rollback().await.unwrap();
            took
        });
        figures.add(what, took.await);
    }
}
