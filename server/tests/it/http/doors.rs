//! Tests that walk along every address (R23): each refuses a request without a caller, one with too low a role, and one for
//! something out of the caller's scope; and every address has its line in the table of rights.
use crate::{
    harness::{TestApp, TestResponse},
    people::{Person, scope},
    runners::RunnerOfTest,
    world::World,
};
use app::{
    domain::{
        customer::Customer,
        evidence::EvidenceDraft,
        id::StepId,
        permission::{Permission, Role},
        run::RunRequest,
        vocabulary::StepAction,
    },
    store::steps::transitions::TransitionOptions,
};
use axum::{
    body::Body,
    http::{Method, Request, StatusCode, header},
};
use serde_json::{Value, json};
use server::http::{
    render::page_routes,
    rights::{AccessRule, FoundRight, PathSubject, RIGHTS, Right},
};
use std::{collections::BTreeSet, fs, path::Path};

/// Every line of the table: method, path, right.
fn lines() -> Vec<(Method, String, Right)> {
    let addresses = RIGHTS.addresses();
    let mut lines: Vec<_> = addresses
        .map(|(method, path)| match RIGHTS.find(method, path) {
            FoundRight::Right(right) => (method.clone(), path.to_owned(), right),
            other => panic!("{method} {path}: {other:?}"),
        })
        .collect();
    lines.sort_by(|a, b| (&a.1, a.0.as_str()).cmp(&(&b.1, b.0.as_str())));
    lines
}

fn is_page(path: &str) -> bool {
    !path.starts_with("/api/") && !path.starts_with("/rpc/") && path != "/metrics"
}

/// A path with the ids of one customer's rows in June.
async fn filled(world: &World, customer: &Customer, pattern: &str, subject: PathSubject) -> String {
    let step = world.id(customer, "Upgrade").await;
    let id = match subject {
        PathSubject::Cluster => customer.cluster_id.to_string(),
        PathSubject::Customer => customer.id.to_string(),
        PathSubject::Template => world.upgrade.id.to_string(),
        PathSubject::Step => step.to_string(),
        PathSubject::Run => run_of(world, customer).await,
        _ => world.june.to_string(),
    };
    let batch = batch_of(world, customer).await;
    let piece = if pattern.contains("{n}") {
        piece_of(world, step).await
    } else {
        String::new()
    };
    pattern
        .replace("{id}", &id)
        .replace("{customerId}", &customer.id.to_string())
        .replace("{customer_id}", &customer.id.to_string())
        .replace("{batchId}", &batch)
        .replace("{n}", &piece)
        .replace("{key}", "0")
        .replace("{*file}", "x.css")
        .replace("{*rest}", "index.html")
}

/// A new piece of evidence of a step, which is started first.
async fn piece_of(world: &World, step: StepId) -> String {
    let store = &world.app.store;
    let options = TransitionOptions::default();
    let started = store.act_on_step(step, StepAction::Start, options, world.app.ana());
    // It may have been marked already.
    let _ = started.await;
    let output = EvidenceDraft::output("ok", None).unwrap();
    let added = store.add_evidence(step, output, world.app.ana());
    added.await.unwrap().row.id.to_string()
}

/// A run of a customer's step, which is asked for the first time.
async fn run_of(world: &World, customer: &Customer) -> String {
    let store = &world.app.store;
    let step = world.id(customer, "Check").await;
    let known = store.runs_of_step(step).await.unwrap();
    if let Some(run) = known.first() {
        return run.id.to_string();
    }
    let asked = store.ask_run(step, RunRequest::default(), world.app.ana());
    asked.await.unwrap().row.id.to_string()
}

/// A new change of one of a customer's steps.
async fn batch_of(world: &World, customer: &Customer) -> String {
    let step = world.step(customer, "Announce").await;
    let note = format!("note {} of {}", step.version, customer.name);
    let store = &world.app.store;
    let done = store.note_step(step.id, note, step.version, world.app.ana());
    done.await.unwrap().batch_id.unwrap().0
}

async fn send(app: &TestApp, method: &Method, path: &str, person: Option<&Person>) -> TestResponse {
    let mut request = Request::builder().method(method).uri(path);
    if *method != Method::GET {
        request = request.header(header::CONTENT_TYPE, "application/json");
    }
    if let Some(person) = person {
        request = request.header(header::COOKIE, &person.cookie);
    }
    let body = if *method == Method::GET { "" } else { "{}" };
    app.send(request.body(Body::from(body)).unwrap()).await
}

/// The addresses that the sources in a folder give to a router by name.
fn routes_in(folder: &Path) -> Vec<String> {
    let mut routes = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            routes.extend(routes_in(&path));
        } else if path.extension().is_some_and(|it| it == "rs") {
            let source = fs::read_to_string(&path).unwrap();
            let calls = source.split(".route(").skip(1);
            let named = calls.filter_map(|it| it.trim_start().strip_prefix('"')?.split('"').next());
            routes.extend(named.map(str::to_owned));
        }
    }
    routes
}

#[tokio::test]
async fn every_address_has_a_line_in_the_table_of_rights() {
    let world = World::active().await;
    let mut addresses: BTreeSet<(String, String)> = BTreeSet::new();
    for path in server_fn::axum::server_fn_paths() {
        addresses.insert(("POST".into(), path.0.to_owned()));
    }
    let api = world.app.read("/api/openapi.json").await;
    for (path, item) in api["paths"].as_object().unwrap() {
        for verb in ["get", "post", "patch", "delete", "put"] {
            if item.get(verb).is_some() {
                addresses.insert((verb.to_uppercase(), path.clone()));
            }
        }
    }
    for route in page_routes() {
        addresses.insert(("GET".into(), route.path().to_owned()));
    }
    // Files and forms are in no list of the program: they are where the router is made.
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for path in routes_in(&sources) {
        let found = RIGHTS.find(&Method::GET, &path);
        assert_ne!(found, FoundRight::Nothing, "{path}");
    }
    assert!(addresses.len() > 130, "only {} addresses", addresses.len());
    for (method, path) in addresses {
        let method: Method = method.parse().unwrap();
        let found = RIGHTS.find(&method, &path);
        assert!(
            matches!(found, FoundRight::Right(_)),
            "{method} {path}: {found:?}"
        );
    }
}

#[tokio::test]
async fn nobody_is_let_in_anywhere_but_where_one_signs_in() {
    let world = World::active_in(TestApp::with_login().await).await;
    for (method, pattern, right) in lines() {
        if right.rule == AccessRule::Public {
            continue;
        }
        let subject = match right.rule {
            AccessRule::Needs(_, subject) => subject,
            _ => PathSubject::Nothing,
        };
        let path = filled(&world, &world.acme, &pattern, subject).await;
        let answer = send(&world.app, &method, &path, None).await;
        if is_page(&pattern) {
            assert_eq!(answer.status, StatusCode::SEE_OTHER, "{method} {path}");
            assert!(
                answer.header("location").starts_with("/login?next=/"),
                "{path}"
            );
        } else {
            assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{method} {path}");
        }
        assert!(!answer.body.contains("Acme"), "{method} {path}");
    }
    for path in ["/nothing", "/api/nothing", "/rpc/nothing", "/clusters/"] {
        let answer = send(&world.app, &Method::GET, path, None).await;
        let status = answer.status.as_u16();
        assert!(matches!(status, 303 | 401 | 404), "{path}: {status}");
        assert!(!answer.body.contains("Acme"), "{path}");
    }
}

#[tokio::test]
async fn a_runner_s_addresses_take_its_token_alone_and_it_opens_no_other() {
    for app in [TestApp::new().await, TestApp::with_login().await] {
        let world = World::active_in(app).await;
        let app = &world.app;
        let runner = RunnerOfTest::new(app, "eu-1", &["eu-west"]).await;
        let admin = app.person(Role::Admin, None).await;
        let mut n_own = 0;
        for (method, pattern, right) in lines() {
            if right.rule == AccessRule::Public {
                continue;
            }
            let path = filled(&world, &world.acme, &pattern, PathSubject::Nothing).await;
            let body = if method == Method::GET {
                Value::Null
            } else {
                json!({})
            };
            let answer = runner.ask(method.as_str(), &path, body).await;
            let is_refused = answer.status == StatusCode::UNAUTHORIZED;
            let is_own = right.rule == AccessRule::Runner;
            assert_eq!(is_refused, !is_own, "{method} {path}: {}", answer.body);
            if is_own {
                n_own += 1;
                for person in [None, Some(&admin)] {
                    let answer = send(app, &method, &path, person).await;
                    answer.problem(401);
                }
            }
        }
        assert!(n_own > 4, "only {n_own} addresses are of runners");
    }
}

#[tokio::test]
async fn a_role_that_is_too_low_is_403_before_the_body_is_looked_at() {
    let world = World::active_in(TestApp::with_login().await).await;
    for role in [Role::Viewer, Role::Operator, Role::Manager] {
        let person = world.app.person(role, None).await;
        for (method, pattern, right) in lines() {
            let AccessRule::Needs(permission, subject) = right.rule else {
                continue;
            };
            if role.may(permission) {
                continue;
            }
            let path = filled(&world, &world.acme, &pattern, subject).await;
            let answer = send(&world.app, &method, &path, Some(&person)).await;
            let what = format!("{role}: {method} {path}: {}", answer.body);
            assert_eq!(answer.status, StatusCode::FORBIDDEN, "{what}");
            if pattern.starts_with("/rpc/") {
                let named = format!("role {}", permission.role());
                assert!(answer.body.contains(&named), "{what}");
            } else if !is_page(&pattern) {
                let problem = answer.problem(403);
                assert_eq!(problem["type"], "urn:rollcall:problem:needs-role", "{what}");
                assert_eq!(problem["role"], permission.role().as_str(), "{what}");
            }
        }
    }
}

/// The server functions that change something, or show what only planners see; in the table of rights they are the store's question.
fn writes(world: &World, step: i64) -> impl Iterator<Item = (&'static str, Value, u16)> {
    let own = [
        "set_actor",
        "set_theme",
        "read_account",
        "rename_self",
        "change_password",
        "end_session",
        "create_token",
        "revoke_token",
        "save_view",
        "delete_view",
    ];
    let calls = super::rpc::calls(world, step).into_iter();
    calls.filter(move |(name, ..)| {
        let path = format!("/rpc/{name}");
        let found = RIGHTS.find(&Method::POST, &path);
        let is_read = matches!(found, FoundRight::Right(it) if it.rule != AccessRule::SignedIn);
        !is_read && !own.contains(name)
    })
}

#[tokio::test]
async fn a_viewer_s_write_by_a_server_function_is_403() {
    let world = World::active_in(TestApp::with_login().await).await;
    let step = world.id(&world.acme, "Upgrade").await.0;
    let viewer = world.app.person(Role::Viewer, None).await;
    let last = world.app.database.last_event().await.unwrap();
    let mut n = 0;
    for (name, arguments, _) in writes(&world, step) {
        let path = format!("/rpc/{name}");
        let answer = world.app.api_as(&viewer, "POST", &path, arguments).await;
        let status = answer.status.as_u16();
        // What is not there is not there for a viewer either.
        let expected = if status == 404 { 404 } else { 403 };
        assert_eq!(status, expected, "{name}: {}", answer.body);
        n += u32::from(status == 403);
    }
    assert!(n > 40, "only {n} were refused by role");
    assert_eq!(world.app.database.last_event().await.unwrap(), last);
    let named = json!({ "name": "Somebody Else" });
    let answer = world
        .app
        .api_as(&viewer, "POST", "/rpc/set_actor", named)
        .await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn an_operator_s_server_function_out_of_scope_is_404() {
    let world = World::active_in(TestApp::with_login().await).await;
    let step = world.id(&world.acme, "Upgrade").await.0;
    // Acme is out of scope, and with it the step.
    let us = scope(&[world.us_east.id], &[]);
    let operator = world.app.person(Role::Operator, us).await;
    for name in [
        "act_on_step",
        "note_step",
        "override_step",
        "keep_override",
        "reset_step",
        "move_step",
        "add_custom_step",
        "edit_custom_step",
        "delete_custom_step",
        "read_step",
        "read_customer",
        "read_customer_work",
        "read_checklist",
        "read_custom_places",
    ] {
        let all = super::rpc::calls(&world, step).into_iter();
        for (_, arguments, _) in all.filter(|it| it.0 == name) {
            let path = format!("/rpc/{name}");
            let answer = world.app.api_as(&operator, "POST", &path, arguments).await;
            assert_eq!(
                answer.status,
                StatusCode::NOT_FOUND,
                "{name}: {}",
                answer.body
            );
        }
    }
}

#[tokio::test]
async fn head_is_as_closed_as_get_and_other_methods_say_nothing_to_strangers() {
    let world = World::active_in(TestApp::with_login().await).await;
    let path = format!("/api/customers/{}", world.acme.id);
    for method in [Method::HEAD, Method::OPTIONS, Method::PUT] {
        let answer = send(&world.app, &method, &path, None).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{method}");
    }
    let us = scope(&[world.us_east.id], &[]);
    let viewer = world.app.person(Role::Viewer, us).await;
    let answer = send(&world.app, &Method::HEAD, &path, Some(&viewer)).await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn what_is_out_of_scope_is_404_whatever_the_role() {
    let world = World::active_in(TestApp::with_login().await).await;
    let of_eu = || scope(&[world.eu_west.id], &[]);
    for role in [Role::Viewer, Role::Operator] {
        let person = world.app.person(role, of_eu()).await;
        for (method, pattern, right) in lines() {
            let AccessRule::Needs(permission, subject) = right.rule else {
                continue;
            };
            // June has customers in scope, so it and its template are visible.
            let is_shared = matches!(subject, PathSubject::Release | PathSubject::Template);
            if subject == PathSubject::Nothing || is_shared || is_of_people(subject) {
                continue;
            }
            let path = filled(&world, &world.initech, &pattern, subject).await;
            let answer = send(&world.app, &method, &path, Some(&person)).await;
            let what = format!("{role}: {method} {path} ({permission}): {}", answer.body);
            assert_eq!(answer.status, StatusCode::NOT_FOUND, "{what}");
            assert!(!answer.body.contains("Initech"), "{what}");
            let path = filled(&world, &world.acme, &pattern, subject).await;
            let answer = send(&world.app, &method, &path, Some(&person)).await;
            assert_ne!(
                answer.status,
                StatusCode::NOT_FOUND,
                "{role}: {method} {path}"
            );
        }
    }
}

fn is_of_people(subject: PathSubject) -> bool {
    matches!(
        subject,
        PathSubject::User | PathSubject::Session | PathSubject::Token | PathSubject::View
    )
}

#[tokio::test]
async fn a_release_without_a_customer_in_scope_is_not_there() {
    let world = World::active_in(TestApp::with_login().await).await;
    let store = &world.app.store;
    let gone = vec![world.acme.id, world.globex.id];
    store
        .remove_customers(world.june, gone, world.app.ana())
        .await
        .unwrap();
    let of_eu = scope(&[world.eu_west.id], &[]);
    let person = world.app.person(Role::Viewer, of_eu).await;
    for path in [
        "",
        "/customers",
        "/matrix",
        "/progress",
        "/templates",
        "/export",
    ] {
        let path = format!("/api/releases/{}{path}", world.june);
        let answer = world.app.api_as(&person, "GET", &path, Value::Null).await;
        answer.problem(404);
    }
    let list = world
        .app
        .api_as(&person, "GET", "/api/releases", Value::Null)
        .await;
    assert_eq!(list.json()["items"], json!([]));
}

#[tokio::test]
async fn the_lowest_permission_is_every_role_s() {
    assert!(Role::ALL.iter().all(|it| it.may(Permission::Read)));
}
