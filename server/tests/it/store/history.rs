//! Test of the audit history (R17): no method of the store changes a row without an event. `history_people` calls some of them.
use super::history_people::{add_evidence, call_people, call_webhooks};
use crate::{
    harness::TestApp,
    tidy::files_below,
    world::{World, draft},
};
use app::{
    domain::{
        cluster::ClusterDraft,
        customer::CustomerDraft,
        customer_import::ImportRequest,
        event::EventFilter,
        id::{BatchId, ClusterId, EventId, StepId},
        matrix::CellIndex,
        new_release::{NewSteps, WholeRelease},
        order::Position,
        release::ReleaseDraft,
        search::SearchQuery,
        transfer::Transfer,
        user::User,
        value_edit::{ValueEdit, ValuePlace},
        vocabulary::{Category, StepAction, StepType},
    },
    store::{
        audit::idempotency::StoredResponse,
        entity::{
            audit_event, cluster, customer, customer_step, release, release_customer, saved_view,
            step_template, token, user, webhook,
        },
        error::StoreError,
        steps::{step_patch::StepPatch, transitions::TransitionOptions},
        views::paging::PageRequest,
    },
};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use std::collections::{BTreeMap, BTreeSet};

/// Rows by table, id and release (if the row has one): the content, and apart from it the position. Adding or deleting a step
/// moves the steps behind it, and the one event of that step covers those moves.
pub(super) type TableRows = BTreeMap<(&'static str, i64, Option<i64>), (String, i32)>;

pub(super) struct TableWatch<'a> {
    app: &'a TestApp,
    rows: TableRows,
    last_event: i64,
    called: BTreeSet<String>,
}

async fn rows(app: &TestApp) -> TableRows {
    let db = app.database.writer();
    let mut rows = TableRows::new();
    macro_rules! take {
        ($name:literal, $table:ident, $release:expr, $position:expr) => {
            for mut row in $table::Entity::find().all(db).await.unwrap() {
                let release: fn(&$table::Model) -> Option<i64> = $release;
                let position: fn(&mut $table::Model) -> i32 = $position;
                let position = position(&mut row);
                let key = ($name, row.id, release(&row));
                rows.insert(key, (format!("{row:?}"), position));
            }
        };
    }
    take!("cluster", cluster, |_| None, |_| 0);
    take!("customer", customer, |_| None, |_| 0);
    take!("release", release, |row| Some(row.id), |_| 0);
    take!(
        "template",
        step_template,
        |row| Some(row.release_id),
        |row| std::mem::take(&mut row.order_index)
    );
    take!("step", customer_step, |row| Some(row.release_id), |row| {
        std::mem::take(&mut row.order_index)
    });
    // A row with a hash does not print itself.
    for row in user::Entity::find().all(db).await.unwrap() {
        let key = ("user", row.id, None);
        rows.insert(key, (format!("{:?}", User::try_from(row)), 0));
    }
    take!("token", token, |_| None, |_| 0);
    take!("view", saved_view, |_| None, |_| 0);
    take!("webhook", webhook, |_| None, |_| 0);
    for row in release_customer::Entity::find().all(db).await.unwrap() {
        let key = ("member", row.customer_id, Some(row.release_id));
        rows.insert(key, (format!("{row:?}"), 0));
    }
    add_evidence(app, &mut rows).await;
    rows
}

impl<'a> TableWatch<'a> {
    async fn new(app: &'a TestApp) -> Self {
        let mut this = Self {
            app,
            rows: rows(app).await,
            last_event: 0,
            called: BTreeSet::new(),
        };
        this.new_events().await;
        this
    }

    async fn new_events(&mut self) -> Vec<audit_event::Model> {
        let events = audit_event::Entity::find()
            .filter(audit_event::Column::Id.gt(self.last_event))
            .order_by_asc(audit_event::Column::Id)
            .all(self.app.database.writer())
            .await
            .unwrap();
        self.last_event = events.last().map_or(self.last_event, |it| it.id);
        events
    }

    /// Compares the rows before and after a call. Each changed row has an event of its own, or one of its template or
    /// release. A call that failed has changed nothing.
    pub(super) async fn check_call<T>(&mut self, method: &str, answer: Result<T, StoreError>) -> T
    where
        T: Default,
    {
        self.called.insert(method.to_owned());
        let before = std::mem::take(&mut self.rows);
        self.rows = rows(self.app).await;
        let events = self.new_events().await;
        let keys = before.keys().chain(self.rows.keys());
        let changed: BTreeSet<_> = keys
            .filter(|it| before.get(it) != self.rows.get(it))
            .copied()
            .collect();
        if answer.is_err() {
            assert!(
                changed.is_empty() && events.is_empty(),
                "{method}: {changed:?}"
            );
        }
        assert_eq!(
            changed.is_empty(),
            events.is_empty(),
            "{method}: {changed:?} {events:?}"
        );
        for key in changed {
            let (table, id, of_release) = key;
            let content = |rows: &TableRows| rows.get(&key).map(|it| it.0.clone());
            let moved = content(&before) == content(&self.rows);
            let told = events.iter().any(|it| {
                (it.entity == table && it.entity_id == id)
                    || (it.release_id == of_release
                        && (moved || matches!(it.entity.as_str(), "release" | "template")))
            });
            assert!(told, "{method}: {table} {id} was changed without an event");
        }
        answer.unwrap_or_default()
    }
}

/// The names of the store's public methods, from its source.
fn methods() -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for (_, text) in files_below("app/src/store") {
        let mut in_store = false;
        for line in text.lines() {
            if line.starts_with("impl") {
                in_store = line == "impl Store {";
            }
            if let Some(rest) = line.strip_prefix("    pub async fn ").filter(|_| in_store) {
                names.insert(rest.split('(').next().unwrap().to_owned());
            }
        }
    }
    names
}

/// Defines `call!(method(arguments))`: calls the store and checks what changed against the events.
macro_rules! define_call {
    ($d:tt $store:ident $watch:ident) => {
        macro_rules! call {
                    ($d method:ident ( $d($d argument:expr),* )) => {{
                        // Boxed, because a hundred of these futures overflow the stack.
                        let answer = Box::pin($store.$d method($d($d argument),*)).await;
                        $watch.check_call(stringify!($d method), answer.map(|it| Some(it))).await
                    }};
                }
    };
}
pub(super) use define_call;

/// Calls every method on clusters, customers and releases. Returns a cluster that it made.
async fn call_records(world: &World, watch: &mut TableWatch<'_>) -> ClusterId {
    let store = &world.app.store;
    let by = || world.app.ana();
    define_call!($ store watch);
    let (june, acme, globex, initech) =
        (world.june, world.acme.id, world.globex.id, world.initech.id);
    let cluster = |name: &str| ClusterDraft {
        name: name.into(),
        ..ClusterDraft::default()
    };
    let customer = |name: &str, of: ClusterId| CustomerDraft {
        name: name.into(),
        cluster_id: Some(of),
        namespace: name.into(),
        ..CustomerDraft::default()
    };
    let release = |name: &str| ReleaseDraft {
        name: name.into(),
        ..ReleaseDraft::default()
    };

    let ap = call!(create_cluster(cluster("ap"), by())).unwrap().row;
    call!(create_cluster(cluster("ap"), by()));
    call!(update_cluster(ap.id, cluster("ap-south"), 1, by()));
    call!(update_cluster(ap.id, cluster("ap-north"), 1, by()));
    call!(deactivate_cluster(ap.id, by()));
    call!(deactivate_cluster(world.eu_west.id, by()));
    call!(restore_cluster(ap.id, by()));
    let hooli = call!(create_customer(customer("hooli", ap.id), by()))
        .unwrap()
        .row;
    call!(update_customer(
        hooli.id,
        customer("hooli-2", ap.id),
        1,
        by()
    ));
    call!(update_customer(
        hooli.id,
        customer("Not One", ap.id),
        2,
        by()
    ));
    let values = |variable: &str| {
        let edit = |place| ValueEdit {
            place,
            variable: variable.into(),
            value: "x".into(),
            replaces: false,
        };
        vec![
            edit(ValuePlace::Customer(hooli.id)),
            edit(ValuePlace::Cluster(ap.id)),
            edit(ValuePlace::Release(june)),
        ]
    };
    call!(set_values(values("var.NEW"), by()));
    call!(set_values(values("var.NEW"), by()));
    call!(set_values(values("customer.shoe"), by()));
    call!(deactivate_customer(hooli.id, by()));
    call!(restore_customer(hooli.id, by()));
    let many = |text: &str| ImportRequest {
        text: text.to_owned(),
        cluster_id: Some(ap.id),
        update: true,
        ..ImportRequest::default()
    };
    let umbrella = "Umbrella, umbrella, HOST=u.example\nStark, stark";
    call!(import_customers(
        ImportRequest {
            dry_run: true,
            ..many(umbrella)
        },
        by()
    ));
    call!(import_customers(many(umbrella), by()));
    call!(import_customers(many(umbrella), by()));
    call!(import_customers(
        many("Wayne, wayne\nWrong\nUmbrella, umbrella, HOST=v.example"),
        by()
    ));
    call!(import_customers(many(""), by()));
    let july = call!(create_release(release("July"), by())).unwrap().row;
    call!(update_release(july.id, release("July 2"), 1, by()));
    call!(activate_release(july.id, Some(vec![acme]), by()));
    call!(delete_draft(july.id, by()));
    call!(clone_release(june, "August".to_owned(), None, by()));
    let whole = |name: &str, steps| WholeRelease {
        details: release(name),
        steps,
        customers: vec![acme],
    };
    let imported = || NewSteps::Import(vec![draft("Look", "deploy", "bash", "true")]);
    call!(create_whole_release(whole("October", imported()), by()));
    call!(create_whole_release(whole("", imported()), by()));
    call!(dry_run_new_release(whole("", imported())));
    call!(read_runbook("## Read\n\nDo it.\n".to_owned()));
    call!(dry_run(june, Some(vec![acme, globex])));
    call!(activate_release(june, Some(vec![acme, globex]), by()));
    call!(delete_draft(june, by()));
    call!(add_customers(june, vec![initech], by()));
    call!(add_customers(june, vec![initech], by()));
    call!(remove_customers(june, vec![initech], by()));
    ap.id
}

/// Calls every method that changes template steps and customers' steps. Returns a step that is still there.
async fn call_steps(world: &World, watch: &mut TableWatch<'_>) -> StepId {
    let store = &world.app.store;
    let by = || world.app.ana();
    define_call!($ store watch);
    let (june, acme) = (world.june, world.acme.id);
    let step = |name: &str| draft(name, "deploy", "bash", "true");
    let added = call!(add_template(june, step("New"), Position::Last, by())).unwrap();
    let twin = call!(duplicate_template(added.row.id, by())).unwrap().row;
    call!(template_impact(twin.id));
    call!(reorder_impact(june, Category::Deploy));
    call!(update_template(twin.id, step("Twin"), 1, by()));
    call!(update_template(twin.id, step("Twin 2"), 1, by()));
    call!(place_template(world.upgrade.id, Position::Last, by()));
    call!(move_template(twin.id, Category::Verify, by()));
    let ordered = vec![
        added.row.id,
        world.announce.id,
        world.migrate.id,
        world.upgrade.id,
    ];
    call!(reorder_templates(
        june,
        None,
        Category::Deploy,
        ordered.clone(),
        by()
    ));
    call!(reorder_templates(
        june,
        None,
        Category::Deploy,
        ordered[1..].to_vec(),
        by()
    ));
    let deleted = call!(delete_template(twin.id, None, by())).unwrap();
    call!(undo(deleted.batch_id.unwrap(), by()));
    call!(undo(BatchId("none".into()), by()));
    call!(undo_with_work(BatchId("none".into()), by()));
    let two = vec![step("Imported"), step("Imported too")];
    call!(import_templates(june, two, by()));
    call!(import_templates(june, vec![step("One"), step("")], by()));
    let runbook = || "## Read\n\nDo it.\n".to_owned();
    call!(preview_runbook(june, runbook(), vec![]));
    call!(import_runbook(june, runbook(), vec![], by()));

    let ask = TransitionOptions::default;
    let id = world.id(&world.acme, "Upgrade").await;
    let done = call!(act_on_step(id, StepAction::Done, ask(), by())).unwrap();
    call!(act_on_step(id, StepAction::Done, ask(), by()));
    call!(act_on_step(id, StepAction::Start, ask(), by()));
    let done = done.batch_id.unwrap();
    call!(preview_undo(done.clone(), true, by()));
    call!(preview_undos(done.clone(), &[], true, by()));
    call!(undo_or_ask(done.clone(), &[], None, by()));
    call!(is_changed_elsewhere(june, std::slice::from_ref(&done)));
    call!(undo(done, by()));
    let both = vec![id, world.id(&world.globex, "Upgrade").await];
    call!(act_on_steps(both, StepAction::Start, ask(), by()));
    let version = world.step(&world.acme, "Upgrade").await.version;
    call!(note_step(id, "a note".into(), version, by()));
    call!(note_step(id, "lost".into(), version, by()));
    call!(override_step(id, "mine".into(), version + 1, by()));
    call!(promote_step(id, None, by()));
    let other = world.id(&world.globex, "Check").await;
    call!(override_step(other, "mine".into(), 1, by()));
    call!(keep_override(other, None, by()));
    call!(keep_override(id, None, by()));
    call!(promotion(other));
    call!(reset_step(other, None, by()));
    let own = call!(add_custom_step(
        june,
        acme,
        step("Own"),
        Position::Last,
        false,
        by()
    ))
    .unwrap()
    .row;
    call!(edit_custom_step(own.id, step("Own 2"), 1, by()));
    call!(edit_custom_step(id, step("No"), version + 3, by()));
    call!(move_step(own.id, Position::Before(id), None, by()));
    let steps = world.steps(acme).await;
    let deploy = steps.iter().filter(|it| it.category == Category::Deploy);
    let reversed: Vec<_> = deploy.map(|it| it.id).rev().collect();
    call!(reorder_steps(
        june,
        None,
        acme,
        Category::Deploy,
        reversed,
        by()
    ));
    call!(delete_custom_step(own.id, None, by()));
    call!(delete_custom_step(id, None, by()));
    call!(archive_release(june, None, by()));
    call!(act_on_step(id, StepAction::Reopen, ask(), by()));
    call!(restore_release(june, None, by()));
    id
}

/// Calls every method that reads, those that only REST uses, and export and import.
async fn call_reads(world: &World, watch: &mut TableWatch<'_>, ap: ClusterId, id: StepId) {
    let store = &world.app.store;
    let by = || world.app.ana();
    define_call!($ store watch);
    let (june, acme) = (world.june, world.acme.id);
    let now = by().at;
    call!(events(EventFilter::default()));
    call!(activity(EventFilter::default()));
    call!(activity_page(EventFilter::default()));
    call!(new_activity(EventId(0), EventFilter::default()));
    call!(activity_choices());
    call!(search(&SearchQuery::parse("june").unwrap().unwrap(), 10));
    call!(clusters(true));
    call!(cluster(ap));
    call!(customers(true));
    call!(customer(acme));
    call!(releases());
    call!(release(june));
    call!(template(world.check.id));
    call!(variable_names(june));
    call!(preview_targets(june));
    let text = "{{var.HOST}}".to_owned();
    call!(preview_text(june, acme, text, StepType::Bash));
    call!(members(june));
    call!(matrix(june, CellIndex::default()));
    call!(grid(june));
    call!(matrix_status_info(june));
    call!(missing_table(june));
    call!(release_progress(june));
    call!(customer_work(june, acme));
    call!(step(id));
    call!(open_step(id));
    call!(work_list(june, acme));
    call!(checklist(june, acme));
    call!(work_list_or_absence(june, acme));
    call!(checklist_or_absence(june, acme));
    call!(custom_step_positions(june, acme));
    // Methods that only REST uses.
    let part = PageRequest {
        limit: 2,
        after: None,
    };
    call!(cluster_page(true, part));
    call!(customer_page(None, true, part));
    call!(release_page(part));
    call!(cluster_row(ap));
    call!(customer_row(acme));
    call!(release_row(june));
    call!(release_summary(june));
    call!(template_row(world.check.id));
    let row = call!(step_row(id)).unwrap();
    call!(step_events(&row));
    call!(must_be_member(june, acme));
    let notes = StepPatch {
        notes: Some("by REST".into()),
        ..StepPatch::default()
    };
    call!(patch_step(id, notes.clone(), row.version, by()));
    call!(patch_step(id, notes, row.version - 1, by()));
    call!(claim_key("key", "request", now));
    call!(key_of_change("key", "request", now));
    let answer = StoredResponse {
        status: 201,
        location: None,
        etag: None,
        batch: None,
        body: String::new(),
    };
    call!(store_response("key", answer, now));
    call!(release_key("key"));
    call!(dashboard(now));
    call!(status_summary(june));
    call!(customer_versions(String::new(), 9));
    call!(compare_texts("a".to_owned(), "b".to_owned()));
    call!(compare_step_text(id, "a".to_owned()));
    call!(layout_info("Ana".to_owned(), None, now));
    call!(release_sheet(june));
    call!(check());
    call!(head());
    call!(events_after(EventId(0), EventFilter::default()));
    call!(seen_batches(&[], None));
    call!(sees_places(&[(june, Some(acme))]));
    call!(renewed(now));
    call!(export(Some(june)));
    let file = crate::store::transfer::exported(store).await;
    call!(import(&Transfer::read(file.into()).unwrap(), by()));
}

#[tokio::test]
async fn nothing_changes_without_an_event_whatever_method_is_called() {
    let world = World::draft().await;
    let mut watch = TableWatch::new(&world.app).await;
    let cluster = call_records(&world, &mut watch).await;
    let step = call_steps(&world, &mut watch).await;
    call_people(&world, &mut watch).await;
    call_webhooks(&world, &mut watch).await;
    call_reads(&world, &mut watch, cluster, step).await;
    // Opening and closing are not about rows.
    let mut known = methods();
    known.retain(|it| !matches!(it.as_str(), "open" | "close"));
    assert_eq!(watch.called, known);
}
