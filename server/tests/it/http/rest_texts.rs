//! Tests of REST: step texts as they come in, warnings about them, and the kubectl context of a cluster (R82-R84).
use crate::{harness::TestResponse, world::World};
use axum::http::StatusCode;
use serde_json::{Value, json};

async fn call(world: &World, method: &str, path: &str, body: Value) -> TestResponse {
    world.app.api(method, path, body, &[]).await
}

/// The kinds and names of an answer's warnings.
fn warnings(answer: &Value) -> Vec<(String, String)> {
    let text = |it: &Value| it.as_str().unwrap().to_owned();
    let all = answer["warnings"].as_array().unwrap().iter();
    all.map(|it| {
        assert!(!it["message"].as_str().unwrap().contains('`'), "{it}");
        (text(&it["kind"]), text(&it["name"]))
    })
    .collect()
}

fn expected(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    let all = pairs.iter();
    all.map(|it| (it.0.to_owned(), it.1.to_owned())).collect()
}

#[tokio::test]
async fn a_text_comes_in_with_lf_and_without_its_mark_and_the_answer_says_so() {
    let world = World::active().await;
    let path = format!("/api/releases/{}/templates", world.june);
    let body = |content: &str| json!({ "name": "New", "category": "deploy", "type": "bash", "content": content });
    let made = call(
        &world,
        "POST",
        &path,
        body("\u{feff}a\r\nb\rc\n{{ customer.Name }}\u{200b}"),
    )
    .await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.body);
    let made = made.json();
    assert_eq!(made["content"], "a\nb\nc\n{{ customer.Name }}\u{200b}");
    let said = [
        ("line-breaks", "CRLF"),
        ("byte-order-mark", "Byte order mark"),
        ("near-miss", "{{customer.name}}"),
        ("invisible", "Zero-width space"),
    ];
    assert_eq!(warnings(&made), expected(&said));

    let template = format!("/api/templates/{}", made["id"]);
    let dry = json!({ "content": "x\ry", "dryRun": true });
    let dry = call(&world, "PATCH", &template, dry).await.json();
    assert_eq!(warnings(&dry), expected(&[("line-breaks", "CR")]));
    assert_eq!(dry["changes"], 3);
    let named = json!({ "name": "Newer", "version": 1 });
    let named = call(&world, "PATCH", &template, named).await.json();
    assert_eq!(warnings(&named), expected(&said[2..]));
    let again = call(
        &world,
        "POST",
        &format!("{template}/duplicate"),
        Value::Null,
    )
    .await;
    assert_eq!(warnings(&again.json()), expected(&said[2..]));

    let step = world.step(&world.acme, "Upgrade").await;
    let path = format!("/api/steps/{}/override", step.id);
    let mine = json!({ "content": "echo \u{2014}\r\n", "version": step.version });
    let mine = call(&world, "POST", &path, mine).await.json();
    assert_eq!(mine["content"], "echo \u{2014}\n");
    let said = [("line-breaks", "CRLF"), ("invisible", "Em dash")];
    assert_eq!(warnings(&mine), expected(&said));

    let steps = format!(
        "/api/releases/{}/customers/{}/steps",
        world.june, world.acme.id
    );
    let custom = call(&world, "POST", &steps, body("ls\r\n")).await.json();
    assert_eq!(warnings(&custom), expected(&said[..1]));
    let path = format!("/api/steps/{}", custom["id"]);
    let edited = json!({ "content": "ls\u{ad}", "version": custom["version"] });
    let edited = call(&world, "PATCH", &path, edited).await.json();
    assert_eq!(warnings(&edited), expected(&[("invisible", "Soft hyphen")]));
}

#[tokio::test]
async fn a_step_and_a_dry_run_warn_of_values_that_the_shell_would_act_on() {
    let world = World::active().await;
    let renamed = json!({ "name": "Smith & Sons", "version": 1 });
    let acme = format!("/api/customers/{}", world.acme.id);
    call(&world, "PATCH", &acme, renamed).await;
    let path = format!("/api/releases/{}/templates", world.june);
    let body = json!({ "name": "Greet", "category": "deploy", "type": "bash",
        "content": "echo {{customer.name}} '{{customer.name}}' {{customer.name | quote}}" });
    call(&world, "POST", &path, body).await;
    let step = world.step(&world.acme, "Greet").await;
    let detail = format!("/api/steps/{}/detail", step.id);
    let detail = world.app.read(&detail).await;
    let warning =
        json!({ "kind": "unquoted", "name": "customer.name", "message": "contains &: | quote?" });
    assert_eq!(detail["warnings"], json!([warning]));
    let copied = detail["copyText"].as_str().unwrap();
    assert!(copied.starts_with(": 'Smith & Sons | eu-west | acme | June, step 4 Greet'\necho "));
    assert!(!copied.ends_with('\n'));

    let newcomer = json!({ "name": "Bon & Co", "namespace": "bon", "clusterId": world.us_east.id });
    let newcomer = call(&world, "POST", "/api/customers", newcomer)
        .await
        .json();
    let path = format!("/api/releases/{}/add-customers", world.june);
    let dry = json!({ "customerIds": [newcomer["id"]], "dryRun": true });
    let dry = call(&world, "POST", &path, dry).await.json();
    assert_eq!(
        dry["warnings"][0]["message"],
        "contains &: | quote? (Greet; Bon & Co)"
    );
}

#[tokio::test]
async fn what_turns_the_direction_of_text_is_refused_in_names() {
    let world = World::draft().await;
    let body = json!({ "name": "eu\u{202e}west", "context": "a\u{2066}b" });
    let problem = call(&world, "POST", "/api/clusters", body)
        .await
        .problem(422);
    for field in ["name", "context"] {
        let text = problem["errors"][field].as_str().unwrap();
        assert!(text.contains("U+20"), "{text}");
    }
}

#[tokio::test]
async fn a_cluster_has_a_context_or_none() {
    let world = World::draft().await;
    let body = json!({ "name": "north", "context": " arn:aws:eks:cluster/prod " });
    let made = call(&world, "POST", "/api/clusters", body).await.json();
    assert_eq!(made["context"], "arn:aws:eks:cluster/prod");
    let path = format!("/api/clusters/{}", made["id"]);
    let same = json!({ "name": "northern", "version": 1 });
    let same = call(&world, "PATCH", &path, same).await.json();
    assert_eq!(same["context"], made["context"]);
    let none = json!({ "context": null, "version": 2 });
    let none = call(&world, "PATCH", &path, none).await.json();
    assert_eq!(none["context"], Value::Null);
}

#[tokio::test]
async fn a_cluster_says_how_many_runs_it_takes_at_once() {
    let world = World::draft().await;
    let made = json!({ "name": "north" });
    let made = call(&world, "POST", "/api/clusters", made).await.json();
    assert_eq!(made["maxParallel"], 1);
    let path = format!("/api/clusters/{}", made["id"]);
    let more = json!({ "maxParallel": 4, "version": 1 });
    let more = call(&world, "PATCH", &path, more).await.json();
    assert_eq!(more["maxParallel"], 4);
    let same = json!({ "description": "x", "version": 2 });
    let same = call(&world, "PATCH", &path, same).await.json();
    assert_eq!(same["maxParallel"], 4);
    for wrong in [json!(0), json!(101), json!(-1), json!(null)] {
        let body = json!({ "maxParallel": wrong, "version": 3 });
        let refused = call(&world, "PATCH", &path, body).await;
        assert_eq!(refused.status, 422, "{wrong}");
        let problem = refused.json();
        assert_eq!(
            problem["errors"]["maxParallel"],
            "Enter a number from 1 to 100"
        );
    }
}
