//! Tests of values in step texts: what is unresolved, what dry runs warn of, and what is copied (R82-R84).
use crate::world::{World, draft, metadata};
use app::domain::{
    cluster::ClusterDraft,
    customer::{Customer, CustomerDraft},
    matrix::CellIndex,
    order::Position,
    rule_violation::RuleViolation,
    step::CustomerStep,
    template::StepTemplate,
    vocabulary::StepAction,
    warning::WarningKind,
};
use app::store::{error::StoreError, steps::transitions::TransitionOptions};

/// Adds a last deploy step to June.
async fn add(world: &World, kind: &str, content: &str) -> StepTemplate {
    let step = draft("Values", "deploy", kind, content);
    let (june, ana) = (world.june, world.app.ana());
    let added = world
        .app
        .store
        .add_template(june, step, Position::Last, ana);
    added.await.unwrap().row
}

/// Gives a customer other variables.
async fn set(world: &World, customer: &Customer, variables: &[(&str, &str)]) {
    let store = &world.app.store;
    let row = store.customer(customer.id).await.unwrap().customer;
    let version = row.version;
    let mut wanted = CustomerDraft::from(row);
    wanted.metadata = metadata(variables);
    let updated = store.update_customer(customer.id, wanted, version, world.app.ana());
    updated.await.unwrap();
}

/// The names that the matrix, the work list and the step itself say are unresolved.
async fn unresolved(world: &World, customer: &Customer) -> (bool, bool, Vec<String>) {
    let store = &world.app.store;
    let CustomerStep { id, .. } = world.step(customer, "Values").await;
    let grid = store.grid(world.june).await.unwrap();
    let cell = (0..grid.rows.len()).find_map(|row| {
        let mut columns = 0..grid.columns.len();
        columns.find_map(|column| {
            let cell = grid.cell(CellIndex { row, column })?;
            (cell.step == id).then_some(cell.is_unresolved)
        })
    });
    let work = store.work_list(world.june, customer.id).await.unwrap();
    let row = work.rows.iter().find(|it| it.id == id).unwrap();
    let detail = store.step(id).await.unwrap();
    (cell.unwrap(), row.is_unresolved, detail.unresolved)
}

#[tokio::test]
async fn a_value_with_a_backslash_is_unresolved_where_sql_quotes_it() {
    let world = World::active().await;
    set(&world, &world.acme, &[("HOST", r"C:\new")]).await;
    let step = add(&world, "sql", "SELECT {{var.HOST | quote}}, '{{var.HOST}}'").await;
    let names = vec!["var.HOST".to_owned()];
    assert_eq!(unresolved(&world, &world.acme).await, (true, true, names));
    let nothing = (false, false, Vec::new());
    assert_eq!(unresolved(&world, &world.globex).await, nothing);

    let store = &world.app.store;
    let id = world.id(&world.acme, "Values").await;
    let detail = store.step(id).await.unwrap();
    assert_eq!(
        detail.resolved_content,
        r"SELECT {{var.HOST | quote}}, 'C:\new'"
    );
    assert_eq!(detail.variables[0].value.as_deref(), Some(r"C:\new"));
    assert_eq!(detail.warnings[0].kind, WarningKind::AmbiguousQuote);
    let done = |allow_unresolved| {
        let options = TransitionOptions {
            allow_unresolved,
            ..TransitionOptions::default()
        };
        store.act_on_step(id, StepAction::Done, options, world.app.ana())
    };
    let refused = done(false).await.unwrap_err();
    assert!(
        matches!(
            refused,
            StoreError::Refused(RuleViolation::NoLiteral { .. })
        ),
        "{refused}"
    );

    // The same text in bash, and with a filter that says which database, has a value.
    for (kind, content) in [
        ("bash", "echo {{var.HOST | quote}}"),
        ("sql", "SELECT {{var.HOST | quote_ansi}}"),
        ("sql", "SELECT {{var.HOST | quote_mysql}}"),
    ] {
        let row = store.template_row(step.id).await.unwrap();
        let edited = draft("Values", "deploy", kind, content);
        let edited = store.update_template(step.id, edited, row.version, world.app.ana());
        edited.await.unwrap();
        assert_eq!(
            unresolved(&world, &world.acme).await,
            nothing,
            "{kind} {content}"
        );
    }
    done(false).await.unwrap();
}

#[tokio::test]
async fn a_dry_run_warns_once_for_each_step_and_names_customers() {
    let world = World::draft().await;
    let store = &world.app.store;
    set(&world, &world.acme, &[("HOST", "Smith & Sons")]).await;
    set(&world, &world.initech, &[("HOST", "a & b")]).await;
    add(&world, "bash", "echo '{{var.HOST}}'\u{a0}{{ Var.HOST }}").await;
    let dry_run = store.dry_run(world.june, None).await.unwrap();
    let said: Vec<(&str, &str)> = dry_run
        .warnings
        .iter()
        .map(|it| (it.name.as_str(), it.message.as_str()))
        .collect();
    assert_eq!(
        said,
        [
            ("var.HOST", "contains &: | quote? (Upgrade; Acme, Initech)"),
            (
                "{{var.HOST}}",
                "{{ Var.HOST }} is not a variable. Did you mean {{var.HOST}}? (Values)"
            ),
            (
                "No-break space",
                "No-break space (U+00A0) on line 1 (Values)"
            ),
        ]
    );
    let only = store.dry_run(world.june, Some(vec![world.globex.id])).await;
    let kinds: Vec<_> = only.unwrap().warnings.iter().map(|it| it.kind).collect();
    assert_eq!(kinds, [WarningKind::NearMiss, WarningKind::Invisible]);
}

#[tokio::test]
async fn a_copied_step_has_its_header_and_its_cluster_s_context() {
    let world = World::active().await;
    let store = &world.app.store;
    let cluster = ClusterDraft {
        name: "eu-west".into(),
        context: "gke_eu".into(),
        kubeconfig_path: "/etc/eu.yaml".into(),
        ..ClusterDraft::default()
    };
    let updated = store.update_cluster(world.eu_west.id, cluster, 1, world.app.ana());
    assert_eq!(
        updated.await.unwrap().row.context.as_deref(),
        Some("gke_eu")
    );
    let id = world.id(&world.acme, "Upgrade").await;
    let detail = store.step(id).await.unwrap();
    assert_eq!(
        detail.copy_text,
        ": 'Acme | eu-west | acme | June, step 3 Upgrade'\ncurl acme.example"
    );
    let check = &detail.copy_frames.context_check.before;
    assert!(check.contains(": 'kubectl context gke_eu, kubeconfig /etc/eu.yaml'\n"));
    assert!(check.contains("export KUBECONFIG='/etc/eu.yaml'\n"));
    let sql = world.id(&world.acme, "Migrate schema").await;
    let sql = store.step(sql).await.unwrap();
    assert_eq!(
        sql.copy_text,
        "-- Acme | eu-west | acme | June, step 2 Migrate schema\nSELECT 'acme';"
    );
    let text = world.id(&world.acme, "Announce").await;
    let text = store.step(text).await.unwrap();
    assert_eq!(
        text.copy_text,
        "Acme | eu-west | acme | June, step 1 Announce\nTell Acme."
    );
}
