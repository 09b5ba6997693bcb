//! Tests of moving house: an export of one engine is imported into the other, and the two exports are equal, line by line.
use crate::{
    harness::{TestApp, number},
    program::run_at,
    store::{
        transfer::{exported, import, is_well, rich_in, without_import},
        transfer_proofs::prove,
    },
    test_database::TestEngine,
    world::draft,
};
use app::{
    domain::{
        cluster::ClusterDraft, id::StepId, order::Position, release::ReleaseDraft,
        vocabulary::StepAction,
    },
    store::steps::transitions::TransitionOptions,
};
use std::time::Instant;

/// Cells of the large database, unless `SOAK_CELLS` says otherwise.
const CELLS: u64 = 3_000;
const STEPS: u64 = 30;

const WAYS: [(TestEngine, TestEngine); 2] = [
    (TestEngine::Sqlite, TestEngine::Postgres),
    (TestEngine::Postgres, TestEngine::Sqlite),
];

#[tokio::test]
async fn every_kind_of_row_moves_either_way_and_back_and_is_worked_on() {
    for (from, to) in WAYS {
        let world = rich_in(TestApp::on(from).await).await;
        prove(&world).await;
        let text = exported(&world.app.store).await;
        let other = TestApp::on(to).await;
        import(&other, &text).await.unwrap().unwrap();
        let twin = exported(&other.store).await;
        assert_eq!(without_import(&twin), without_import(&text));
        is_well(&other.store).await;
        // New rows get the ids that they would have got at home.
        let cluster = async |app: &TestApp| {
            let draft = ClusterDraft {
                name: "new".into(),
                ..ClusterDraft::default()
            };
            let made = app.store.create_cluster(draft, app.ana()).await;
            made.unwrap().row.id
        };
        assert_eq!(cluster(&world.app).await, cluster(&other).await);
        let back = TestApp::on(from).await;
        import(&back, &twin).await.unwrap().unwrap();
        let home = exported(&back.store).await;
        assert_eq!(lists(&home), lists(&text));
    }
}

/// The rows of an export before its history.
fn lists(text: &str) -> Vec<&str> {
    let lines = text.lines().skip(1);
    lines
        .take_while(|it| !it.contains("\"events\":["))
        .collect()
}

/// Customers by `STEPS`, a third of the cells done.
async fn fill(app: &TestApp, cells: u64) {
    let store = &app.store;
    let customers = app.customers(usize::try_from(cells / STEPS).unwrap()).await;
    let release = ReleaseDraft {
        name: "Large".into(),
        ..ReleaseDraft::default()
    };
    let release = store.create_release(release, app.ana()).await;
    let release = release.unwrap().row.id;
    for n in 0..STEPS {
        let text = format!("echo {{{{customer.name}}}} {n}\nsleep {n}");
        let step = draft(&format!("step {n}"), "deploy", "bash", &text);
        let added = store.add_template(release, step, Position::Last, app.ana());
        added.await.unwrap();
    }
    let activated = store.activate_release(release, Some(customers), app.ana());
    activated.await.unwrap();
    let ids: Vec<i64> = (1..=i64::try_from(cells / 3).unwrap()).collect();
    for ids in ids.chunks(5_000) {
        let ids = ids.iter().map(|it| StepId(*it)).collect();
        let options = TransitionOptions::default();
        let done = store.act_on_steps(ids, StepAction::Done, options, app.ana());
        done.await.unwrap();
    }
}

#[tokio::test]
async fn a_large_database_moves_by_export_and_import_of_the_program_and_users_with_it() {
    let cells = number("SOAK_CELLS", CELLS);
    for (from, to) in WAYS {
        let (app, other) = (TestApp::on(from).await, TestApp::on(to).await);
        fill(&app, cells).await;
        let ana = ["user", "add", "ana", "--name", "Ana", "--role", "admin"];
        assert_eq!(run_at(&app.url(), &ana).code, 0);
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("export.json").display().to_string();
        let began = Instant::now();
        run_at(&app.url(), &["export", &file]).done();
        run_at(&other.url(), &["import", &file]).done();
        let took = began.elapsed();
        let (text, twin) = (
            std::fs::read_to_string(&file).unwrap(),
            run_at(&other.url(), &["export"]).done().to_owned(),
        );
        assert!(
            without_import(&twin) == without_import(&text),
            "{from:?} to {to:?}"
        );
        assert!(text.contains("\"login\":\"ana\""));
        run_at(&other.url(), &["check"]).done();
        eprintln!(
            "soak: {cells} cells moved from {from:?} to {to:?} in {took:.1?}, and were exported alike"
        );
    }
}
