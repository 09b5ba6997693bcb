//! The calls about people of the test in `history`: users, sessions, tokens, one's own account, saved views; and those about
//! evidence, addresses for CI, runners and webhooks.
use super::{
    history::{TableRows, TableWatch, define_call},
    history_rancher::call_rancher,
    history_runs::{add_runs, call_runs},
};
use crate::{harness::TestApp, world::World};
use app::{
    domain::{
        client::Client,
        evidence::EvidenceDraft,
        id::SessionId,
        incoming_hook::IncomingHookDraft,
        permission::Permission,
        runner::RunnerDraft,
        saved_view::ViewDraft,
        token::{TokenDraft, TokenText},
        user::UserDraft,
        webhook::{HookEvent, WebhookDraft, WebhookKind},
    },
    store::{
        entity::{evidence, incoming_hook, runner},
        views::paging::PageRequest,
    },
};
use sea_orm::EntityTrait;

/// Adds the addresses for CI and the runners, and to each step the evidence and the runs that it has.
pub(super) async fn add_evidence(app: &TestApp, rows: &mut TableRows) {
    let db = app.database.writer();
    for row in incoming_hook::Entity::find().all(db).await.unwrap() {
        let key = ("incoming_hook", row.id, Some(row.release_id));
        rows.insert(key, (format!("{row:?}"), 0));
    }
    for row in runner::Entity::find().all(db).await.unwrap() {
        rows.insert(("runner", row.id, None), (format!("{row:?}"), 0));
    }
    for row in evidence::Entity::find().all(db).await.unwrap() {
        let key = ("step", row.step_id, Some(row.release_id));
        rows.get_mut(&key).unwrap().0.push_str(&row.sha256);
    }
    add_runs(app, rows).await;
}

/// Calls every method about evidence and addresses for CI.
async fn call_ci(world: &World, watch: &mut TableWatch<'_>) {
    let store = &world.app.store;
    let by = || world.app.ana();
    define_call!($ store watch);
    let june = world.june;
    let jenkins = || IncomingHookDraft {
        name: "Jenkins".into(),
        template_id: None,
    };
    let made = call!(create_incoming_hook(june, jenkins(), by())).unwrap();
    call!(create_incoming_hook(
        june,
        IncomingHookDraft::default(),
        by()
    ));
    call!(incoming_hooks(june));
    let hook = made.row.hook.id;
    call!(delete_incoming_hook(hook, by()));
    call!(delete_incoming_hook(hook, by()));
    let started = world.id(&world.acme, "Upgrade").await;
    let pending = world.id(&world.globex, "Announce").await;
    let output = || EvidenceDraft::output("ok", None).unwrap();
    let added = call!(add_evidence(started, output(), by())).unwrap().row;
    call!(add_evidence(pending, output(), by()));
    call!(evidence(started));
    call!(evidence_file(started, added.id));
    call!(delete_evidence(started, added.id, by()));
    call!(delete_evidence(started, added.id, by()));
}

/// Calls every method about runners.
async fn call_runners(world: &World, watch: &mut TableWatch<'_>) {
    let store = &world.app.store;
    let by = || world.app.ana();
    define_call!($ store watch);
    let draft = || RunnerDraft {
        name: "eu-1".into(),
        clusters: vec!["eu-west".into()],
    };
    let made = call!(create_runner(draft(), by())).unwrap().row.runner;
    call!(create_runner(draft(), by()));
    call!(list_runners());
    call!(delete_runner(made.id, by()));
    call!(delete_runner(made.id, by()));
}

/// Calls every method about users, and those about Rancher. In `open` mode the caller is no user, so own account, sessions and
/// tokens don't exist.
pub(super) async fn call_people(world: &World, watch: &mut TableWatch<'_>) {
    call_ci(world, watch).await;
    call_runners(world, watch).await;
    let store = &world.app.store;
    let by = || world.app.ana();
    define_call!($ store watch);
    let user = |name: &str, role: &str| UserDraft {
        login: name.into(),
        name: name.into(),
        role: role.into(),
        ..UserDraft::default()
    };
    call!(permit(Permission::Read.on_anything()));
    let ana = call!(create_user(user("ana", "admin"), by())).unwrap().row;
    call!(create_user(user("ana", "viewer"), by()));
    call!(update_user(ana.id, user("ana-2", "admin"), 1, by()));
    call!(update_user(ana.id, user("ana-3", "admin"), 1, by()));
    call!(update_user(ana.id, user("ana-3", "viewer"), 2, by()));
    let password = || "correct horse battery".to_owned();
    call!(set_password("ana-2", password(), by()));
    let client = Client::default();
    call!(change_own_password(password(), password(), &client, by()));
    call!(rename_own_user("Ana".to_owned(), by()));
    call!(users(true));
    call!(user(ana.id));
    call!(own_user());
    call!(account(by().at));
    let text = TokenText::generate(|| 7);
    call!(create_token(TokenDraft::default(), &text, by()));
    let ci = || TokenDraft {
        name: "ci".into(),
        ..TokenDraft::default()
    };
    call!(create_own_token(ci(), by()));
    let made = call!(create_token_of(ana.id, ci(), &text, by()))
        .unwrap()
        .row;
    call!(tokens(true));
    call!(revoke_token(made.id, by()));
    call!(revoke_token(made.id, by()));
    let view = || ViewDraft {
        name: "Failed".into(),
        address: "?status=failed".into(),
        ..ViewDraft::default()
    };
    let saved = call!(save_view(view(), by())).unwrap().row;
    call!(save_view(ViewDraft::default(), by()));
    call!(saved_views(None));
    call!(delete_view(saved.id, by()));
    call!(delete_view(saved.id, by()));
    call!(own_sessions(by().at));
    call!(end_session(SessionId(1), by()));
    call!(end_sessions_of(ana.id, by()));
    call!(deactivate_user(ana.id, by()));
    call!(create_user(user("ben", "admin"), by()));
    call!(deactivate_user(ana.id, by()));
    call!(restore_user(ana.id, by()));
    call_rancher(world, watch).await;
    call_runs(world, watch).await;
}

/// Calls every method about webhooks. A message is no change: what is sent is no part of the history.
pub(super) async fn call_webhooks(world: &World, watch: &mut TableWatch<'_>) {
    let store = &world.app.store;
    let by = || world.app.ana();
    define_call!($ store watch);
    // Which releases a webhook may be limited to.
    call!(release_names());
    call!(release_choices());
    let hook = |name: &str| WebhookDraft {
        name: name.into(),
        target: "http://127.0.0.1:9/x".into(),
        events: vec!["step.failed".into()],
        ..WebhookDraft::default()
    };
    let made = call!(create_webhook(hook("CI"), by())).unwrap().row.hook;
    call!(create_webhook(WebhookDraft::default(), by()));
    call!(update_webhook(made.id, hook("CD"), 1, by()));
    call!(update_webhook(made.id, hook("CE"), 1, by()));
    call!(webhooks());
    call!(webhook(made.id));
    call!(preview_message(
        WebhookKind::Webhook,
        HookEvent::StepFailed,
        by()
    ));
    let n = call!(test_webhook(made.id, by())).unwrap().n;
    call!(replay_delivery(made.id, n, by().at));
    call!(replay_delivery(made.id, n + 1, by().at));
    let page = PageRequest {
        limit: 5,
        after: None,
    };
    call!(deliveries(made.id, page));
    call!(newest_deliveries(made.id));
    call!(delete_webhook(made.id, by()));
    call!(delete_webhook(made.id, by()));
}
