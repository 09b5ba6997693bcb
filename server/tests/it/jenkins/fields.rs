//! The job of a template step through everything that template steps go through.
use super::{job, set_job};
use crate::{
    harness::TestApp,
    store::transfer::{exported, import, is_well},
    world::{World, metadata},
};
use app::{
    domain::{
        customer::CustomerDraft,
        event::EventFilter,
        jenkins::JenkinsJob,
        new_release::{NewSteps, WholeRelease},
        release::ReleaseDraft,
        template::TemplateDraft,
        vocabulary::StepAction,
    },
    store::steps::transitions::TransitionOptions,
};
use serde_json::{Value, json};

async fn call(world: &World, method: &str, path: &str, body: Value) -> Value {
    let answer = world.app.api(method, path, body, &[]).await;
    assert!(answer.status.is_success(), "{}", answer.body);
    answer.json()
}

#[tokio::test]
async fn rest_sets_keeps_and_clears_the_job() {
    let world = World::draft().await;
    let steps = format!("/api/releases/{}/templates", world.june);
    let step = json!({ "name": "Deploy", "category": "deploy", "type": "text", "content": "By Jenkins.",
        "jenkins": { "job": "/folder/deploy/", "parameters": { "NAMESPACE": " {{customer.namespace}} " } } });
    let kept =
        json!({ "job": "folder/deploy", "parameters": { "NAMESPACE": "{{customer.namespace}}" } });
    let made = call(&world, "POST", &steps, step).await;
    assert_eq!(made["jenkins"], kept);
    let path = format!("/api/templates/{}", made["id"]);
    let body = json!({ "description": "x", "version": 1 });
    assert_eq!(call(&world, "PATCH", &path, body).await["jenkins"], kept);
    let body = json!({ "jenkins": { "job": "other" }, "version": 2 });
    let other = json!({ "job": "other", "parameters": {} });
    assert_eq!(call(&world, "PATCH", &path, body).await["jenkins"], other);
    assert_eq!(world.app.read(&path).await["jenkins"], other);
    let body = json!({ "jenkins": null, "version": 3 });
    let cleared = call(&world, "PATCH", &path, body).await;
    assert_eq!(
        (&cleared["jenkins"], &cleared["version"]),
        (&Value::Null, &json!(4))
    );
    for (wrong, words) in [
        (
            json!({ "job": "https://ci/job/x" }),
            "Enter the job's path at Jenkins, such as folder/deploy",
        ),
        (
            json!({ "job": "x", "parameters": { "A B": "" } }),
            "A B isn't a parameter's name",
        ),
    ] {
        let body = json!({ "jenkins": wrong, "version": 4 });
        let problem = world.app.api("PATCH", &path, body, &[]).await.problem(422);
        let told = problem["errors"]["jenkins"].as_str().unwrap();
        assert!(told.contains(words), "{told}");
    }
    // An empty job is a mistake; no job is null.
    let step = json!({ "name": "Empty", "category": "deploy", "type": "text", "content": "x" });
    for empty in [
        json!({}),
        json!({ "parameters": {} }),
        json!({ "parameters": { "A": "" } }),
        json!({ "job": " ", "parameters": {} }),
        json!({ "job": "/" }),
    ] {
        let mut step = step.clone();
        step["jenkins"] = empty.clone();
        let edit = json!({ "jenkins": empty, "version": 4 });
        for (method, path, body) in [("POST", &steps, step), ("PATCH", &path, edit)] {
            let answer = world.app.api(method, path, body, &[]).await;
            let problem = answer.problem(422);
            let told = problem["errors"]["jenkins.job"].as_str().unwrap();
            assert!(told.starts_with("Enter the job's path"), "{told}");
        }
    }
}

#[tokio::test]
async fn copies_of_steps_and_releases_have_the_job_and_an_undo_brings_it_back() {
    let world = World::active().await;
    let (store, ana) = (&world.app.store, || world.app.ana());
    set_job(&world, &world.check, Some(job())).await;
    let twin = store
        .duplicate_template(world.check.id, ana())
        .await
        .unwrap();
    assert_eq!(twin.row.jenkins, Some(job()));
    let clone = store.clone_release(world.june, "July".into(), None, ana());
    let clone = clone.await.unwrap().row.id;
    let jobs = async |release| -> Vec<(String, Option<JenkinsJob>)> {
        let templates = store.release(release).await.unwrap().templates;
        templates
            .into_iter()
            .map(|it| (it.name, it.jenkins))
            .collect()
    };
    assert_eq!(jobs(clone).await, jobs(world.june).await);
    // The steps of customers are as they were.
    assert_eq!(world.step(&world.acme, "Check").await.content, "true");
    let present = store.template_row(world.check.id).await.unwrap();
    let version = present.version;
    let without = TemplateDraft {
        jenkins: None,
        ..present.clone().into()
    };
    let cleared = store.update_template(world.check.id, without, version, ana());
    let cleared = cleared.await.unwrap();
    assert_eq!(cleared.row.jenkins, None);
    store.undo(cleared.batch_id.unwrap(), ana()).await.unwrap();
    let back = store.template_row(world.check.id).await.unwrap();
    assert_eq!(back.jenkins, Some(job()));
    let deleted = store
        .delete_template(world.check.id, None, ana())
        .await
        .unwrap();
    store.undo(deleted.batch_id.unwrap(), ana()).await.unwrap();
    let back = store.template_row(world.check.id).await.unwrap();
    assert_eq!(back.jenkins, Some(job()));
    let events = store.events(EventFilter::default()).await.unwrap();
    let after = events.items[0].after.as_ref().unwrap();
    assert_eq!(after["jenkins"]["job"], "folder/deploy");
}

#[tokio::test]
async fn an_edit_of_the_job_since_is_not_overwritten_by_an_undo() {
    let world = World::draft().await;
    let store = &world.app.store;
    let renamed = TemplateDraft {
        name: "Look".into(),
        ..world.check.clone().into()
    };
    let version = world.check.version;
    let edited = store.update_template(world.check.id, renamed, version, world.app.ana());
    let batch = edited.await.unwrap().batch_id.unwrap();
    set_job(&world, &world.check, Some(job())).await;
    assert!(store.undo(batch, world.app.ana()).await.is_err());
    let present = store.template_row(world.check.id).await.unwrap();
    assert_eq!(
        (present.name.as_str(), present.jenkins),
        ("Look", Some(job()))
    );
}

#[tokio::test]
async fn an_export_has_the_job_and_what_it_says_is_checked() {
    let world = World::active().await;
    set_job(&world, &world.check, Some(job())).await;
    let text = exported(&world.app.store).await;
    let app = TestApp::new().await;
    import(&app, &text).await.unwrap().unwrap();
    let check = app.store.template_row(world.check.id).await.unwrap();
    assert_eq!(check.jenkins, Some(job()));
    is_well(&app.store).await;
    let wrong = text.replacen("\"job\":\"folder/deploy\"", "\"job\":\"a//b\"", 1);
    let app = TestApp::new().await;
    let faults = import(&app, &wrong).await.unwrap().unwrap_err().to_string();
    assert!(faults.contains("templates.jenkins"), "{faults}");
}

#[tokio::test]
async fn a_variable_that_only_a_job_uses_is_missing_before_and_after_the_activation() {
    let world = World::draft().await;
    let (store, ana) = (&world.app.store, || world.app.ana());
    let mut job = job();
    let zone = "{{var.ZONE}}".to_owned();
    job.parameters.insert("ZONE".into(), zone);
    set_job(&world, &world.check, Some(job)).await;
    let all = vec![world.acme.id, world.globex.id, world.initech.id];
    let dry = store.dry_run(world.june, Some(all.clone())).await.unwrap();
    let zones = dry.unresolved.iter().filter(|it| it.variable == "var.ZONE");
    let steps: Vec<&[String]> = zones.map(|it| it.step_names.as_slice()).collect();
    assert!(steps.len() == 3 && steps.iter().all(|it| *it == ["Check"]));
    let clone = WholeRelease {
        details: ReleaseDraft {
            name: "July".into(),
            ..ReleaseDraft::default()
        },
        steps: NewSteps::Clone {
            from: world.june,
            only: None,
        },
        customers: all.clone(),
    };
    let dry = store.dry_run_new_release(clone).await.unwrap();
    let zones = dry.unresolved.iter().filter(|it| it.variable == "var.ZONE");
    assert_eq!(zones.count(), 3);
    store
        .activate_release(world.june, Some(all), ana())
        .await
        .unwrap();
    let lacking = async || -> Vec<String> {
        let table = store.missing_table(world.june).await.unwrap();
        let used_by = table.variables.iter().find(|it| it.0 == "var.ZONE");
        assert_eq!(used_by.unwrap().1, ["Check"]);
        let rows = table.customers.into_iter();
        let rows = rows.filter(|row| row.missing.iter().any(|it| it.0 == "var.ZONE"));
        rows.map(|it| it.customer.1).collect()
    };
    assert_eq!(lacking().await, ["Acme", "Globex", "Initech"]);
    // A cell that is read again by itself still lacks it, and its text is whole.
    let check = world.id(&world.acme, "Check").await;
    let options = TransitionOptions::default();
    store
        .act_on_step(check, StepAction::Start, options, ana())
        .await
        .unwrap();
    assert_eq!(lacking().await.len(), 3);
    assert!(store.step(check).await.unwrap().unresolved.is_empty());
    let mut acme = CustomerDraft::from(world.acme.clone());
    acme.metadata = metadata(&[("HOST", "acme.example"), ("ZONE", "a")]);
    store
        .update_customer(world.acme.id, acme, 1, ana())
        .await
        .unwrap();
    assert_eq!(lacking().await, ["Globex", "Initech"]);
}
