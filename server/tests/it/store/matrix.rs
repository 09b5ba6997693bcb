//! Tests of the store: the matrix of a release, its cache, and progress.
use crate::{
    harness::in_open_mode,
    world::{World, draft, metadata},
};
use app::{
    domain::{
        cluster::{Cluster, ClusterDraft},
        customer::CustomerDraft,
        matrix::{CellIndex, Grid, RowBlock},
        order::Position,
        vocabulary::{Category, StepAction, StepStatus},
    },
    store::{Database, steps::transitions::TransitionOptions},
};

#[tokio::test]
async fn columns_stand_by_cluster_and_name_and_rows_in_blocks() {
    let world = World::active().await;
    let (store, ana) = (&world.app.store, || world.app.ana());
    let custom = draft("Mine", "deploy", "bash", "x");
    store
        .add_custom_step(
            world.june,
            world.globex.id,
            custom,
            Position::Last,
            false,
            ana(),
        )
        .await
        .unwrap();
    let grid = Grid::from(
        store
            .matrix(world.june, CellIndex::default())
            .await
            .unwrap(),
    );
    assert_eq!(
        grid.columns
            .iter()
            .map(|it| it.name.as_str())
            .collect::<Vec<_>>(),
        ["Acme", "Globex", "Initech"]
    );
    assert_eq!(
        grid.groups
            .iter()
            .map(|it| it.name.as_str())
            .collect::<Vec<_>>(),
        ["eu-west", "us-east"]
    );
    assert_eq!(
        grid.rows
            .iter()
            .map(|it| it.name.as_str())
            .collect::<Vec<_>>(),
        ["Announce", "Migrate schema", "Upgrade", "Check", "Mine"]
    );
    assert_eq!(grid.rows[4].block(), RowBlock::Custom);
    assert_eq!(grid.rows[3].block(), RowBlock::Category(Category::Verify));
    assert!(
        grid.cell(CellIndex { row: 4, column: 0 }).is_none()
            && grid.cell(CellIndex { row: 4, column: 1 }).is_some()
    );
}

#[tokio::test]
async fn a_customer_with_an_order_of_its_own_has_its_own_numbers() {
    let world = World::active().await;
    let store = &world.app.store;
    let behind = world.id(&world.acme, "Migrate schema").await;
    store
        .add_custom_step(
            world.june,
            world.acme.id,
            draft("Mine", "deploy", "bash", "x"),
            Position::After(behind),
            false,
            world.app.ana(),
        )
        .await
        .unwrap();
    let there = store.grid(world.june).await.unwrap();
    let sent = store.matrix(world.june, CellIndex::default()).await;
    let numbers = |grid: &Grid, column: usize, n_rows: usize| -> Vec<usize> {
        let rows = 0..n_rows;
        rows.map(|row| grid.number(CellIndex { row, column }))
            .collect()
    };
    for grid in [there, Grid::from(sent.unwrap())] {
        // Announce, Migrate schema, Upgrade, Check, Mine.
        assert_eq!(numbers(&grid, 0, 5), [1, 2, 4, 5, 3]);
        assert_eq!(numbers(&grid, 1, 4), [1, 2, 3, 4]);
        assert_eq!((grid.row_number(3), grid.row_number(4)), (Some(4), None));
    }
    let upgrade = world.id(&world.acme, "Upgrade").await;
    let panel = store.open_step(upgrade).await.unwrap();
    assert_eq!(panel.detail.number, 4);
}

#[tokio::test]
async fn a_cell_shows_its_state_marks_and_who() {
    let world = World::active().await;
    let (store, ana) = (&world.app.store, || world.app.ana());
    let step = world.step(&world.acme, "Upgrade").await;
    store
        .override_step(step.id, "mine".into(), step.version, ana())
        .await
        .unwrap();
    store
        .act_on_step(
            step.id,
            StepAction::Done,
            TransitionOptions {
                notes: Some("ok".into()),
                ..TransitionOptions::default()
            },
            ana(),
        )
        .await
        .unwrap();
    let grid = Grid::from(
        store
            .matrix(world.june, CellIndex::default())
            .await
            .unwrap(),
    );
    let at = grid.index_of(step.id).unwrap();
    let cell = grid.cell(at).unwrap();
    assert_eq!(
        (
            cell.status,
            cell.is_overridden,
            cell.has_notes,
            cell.is_unresolved
        ),
        (StepStatus::Done, true, true, false)
    );
    assert_eq!(&*grid.status_change(at).unwrap().by, "Ana");
    assert!(
        grid.cell(CellIndex { row: 2, column: 2 })
            .unwrap()
            .is_unresolved,
        "Initech has no HOST"
    );
    assert_eq!(grid.total.done, 1);
}

#[tokio::test]
async fn progress_is_told_for_the_whole_and_its_parts() {
    let world = World::active().await;
    let store = &world.app.store;
    let ids = world
        .steps(world.acme.id)
        .await
        .iter()
        .map(|it| it.id)
        .collect();
    store
        .act_on_steps(
            ids,
            StepAction::Done,
            TransitionOptions::default(),
            world.app.ana(),
        )
        .await
        .unwrap();
    let progress = store.release_progress(world.june).await.unwrap();
    assert_eq!(
        (progress.progress.total, progress.progress.percent),
        (12, Some(33))
    );
    assert_eq!(progress.customers[0].progress.percent, Some(100));
    assert_eq!(
        progress
            .clusters
            .iter()
            .map(|it| it.progress.percent)
            .collect::<Vec<_>>(),
        [Some(50), Some(0)]
    );
    assert_eq!(progress.categories[1].progress.counts.done, 1);
}

#[tokio::test]
async fn a_grid_that_was_asked_for_before_shows_what_happened_since_whoever_did_it() {
    let world = World::active().await;
    let (store, ana) = (&world.app.store, || world.app.ana());
    let step = world.step(&world.initech, "Upgrade").await;
    let there = store.grid(world.june).await.unwrap();
    let at = there.index_of(step.id).unwrap();
    assert_eq!(there.missing(at), Some("var.HOST"));

    // An override by another process that has the same file open.
    let other = Database::open(&world.app.url()).await.unwrap();
    let other = in_open_mode(&other);
    let text = "x {{var.OTHER}}".to_owned();
    let changed = other.override_step(step.id, text, step.version, ana());
    let version = changed.await.unwrap().row.version;
    let there = store.grid(world.june).await.unwrap();
    assert_eq!(there.missing(at), Some("var.OTHER"));
    assert!(there.cell(at).unwrap().is_overridden);

    let reason = Some("broken".to_owned());
    let ask = TransitionOptions {
        reason,
        ..TransitionOptions::default()
    };
    let failed = store.act_on_step(
        step.id,
        StepAction::Start,
        TransitionOptions::default(),
        ana(),
    );
    failed.await.unwrap();
    let failed = store.act_on_step(step.id, StepAction::Fail, ask, ana());
    failed.await.unwrap();
    store
        .reset_step(step.id, Some(version + 2), ana())
        .await
        .unwrap();
    let there = store.grid(world.june).await.unwrap();
    assert_eq!(there.missing(at), Some("var.HOST"));
    assert_eq!(
        there.status_change(at).unwrap().reason.as_deref(),
        Some("broken")
    );
    assert!(there == other.grid(world.june).await.unwrap());
}

#[tokio::test]
async fn a_card_tells_which_values_changed_after_the_activation() {
    let world = World::active().await;
    let store = &world.app.store;
    let cells = async || {
        let info = store.matrix_status_info(world.june).await.unwrap();
        let lines: Vec<String> = info
            .unpack_value_changes()
            .map(|it| it.1.to_string())
            .collect();
        lines
    };
    assert_eq!(cells().await, Vec::<String>::new());
    let draft = CustomerDraft {
        metadata: metadata(&[("HOST", "new.example"), ("OTHER", "unused")]),
        ..world.acme.clone().into()
    };
    let (acme, version) = (world.acme.id, world.acme.version);
    store
        .update_customer(acme, draft, version, world.app.by("Jonas"))
        .await
        .unwrap();
    let told = cells().await;
    let [line] = told.as_slice() else {
        panic!("{told:?}")
    };
    assert!(line.starts_with("HOST changed \u{1f}"), "{line}");
    assert!(
        line.ends_with("\u{1f} by Jonas: acme.example -> new.example"),
        "{line}"
    );
}

#[tokio::test]
async fn a_card_compares_the_value_that_a_text_gets() {
    let world = World::draft().await;
    let store = &world.app.store;
    let step = draft("Zone", "deploy", "bash", "zone {{var.ZONE}}");
    let added = store.add_template(world.june, step, Position::Last, world.app.ana());
    added.await.unwrap();
    let set_zone = async |cluster: &Cluster, version, zone: &str| {
        let zone = ClusterDraft {
            metadata: metadata(&[("ZONE", zone)]),
            ..cluster.clone().into()
        };
        let edited = store.update_cluster(cluster.id, zone, version, world.app.ana());
        edited.await.unwrap();
    };
    set_zone(&world.eu_west, 1, "z1").await;
    set_zone(&world.us_east, 1, "z2").await;
    let both = vec![world.acme.id, world.globex.id];
    store
        .activate_release(world.june, Some(both), world.app.ana())
        .await
        .unwrap();
    // Acme gets a value of its own, Globex moves.
    let mine = CustomerDraft {
        metadata: metadata(&[("HOST", "acme.example"), ("ZONE", "mine")]),
        ..world.acme.clone().into()
    };
    let moved = CustomerDraft {
        cluster_id: Some(world.us_east.id),
        ..world.globex.clone().into()
    };
    for (customer, draft) in [(&world.acme, mine), (&world.globex, moved)] {
        let edited = store.update_customer(customer.id, draft, 1, world.app.by("Jonas"));
        edited.await.unwrap();
    }
    // Acme's own value hides this one, and Globex has moved away.
    set_zone(&world.eu_west, 2, "z3").await;
    let info = store.matrix_status_info(world.june).await.unwrap();
    let told: Vec<String> = info
        .unpack_value_changes()
        .map(|it| it.1.to_string())
        .collect();
    let ends = ["by Jonas: z1 -> mine", "by Jonas: z1 -> z2"];
    assert_eq!(told.len(), 2, "{told:?}");
    for end in ends {
        assert!(told.iter().any(|it| it.ends_with(end)), "{told:?}");
    }
}
