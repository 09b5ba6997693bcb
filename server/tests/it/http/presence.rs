//! Tests of presence (R33): who is told of whom, and for how long.
use crate::{
    harness::{TestApp, TestResponse},
    people::{Person, scope},
    streams::OpenStream,
    test_database::TestEngine,
    world::World,
};
use app::domain::{permission::Role, release::ReleaseDraft};
use axum::http::StatusCode;
use serde_json::{Value, json};

/// Says what this person looks at, in `open` mode.
async fn say(app: &TestApp, name: &str, body: Value) -> TestResponse {
    let headers = [("X-Rollcall-User", name)];
    app.api("POST", "/api/presence", body, &headers).await
}

/// The same, which must be taken in.
async fn said(app: &TestApp, name: &str, body: Value) {
    let answer = say(app, name, body).await;
    assert_eq!(answer.status, StatusCode::NO_CONTENT, "{}", answer.body);
}

/// The next event, which must be of presence: the release and the people, without their times.
async fn present(stream: &mut OpenStream) -> (i64, Value) {
    let event = stream.event("presence").await;
    assert_eq!(event.id, None);
    let mut people = event.data["people"].clone();
    for person in people.as_array_mut().unwrap() {
        let since = person.as_object_mut().unwrap().remove("since").unwrap();
        assert!(since.as_str().unwrap().ends_with('Z'), "{since}");
    }
    (event.data["releaseId"].as_i64().unwrap(), people)
}

const ANA: [(&str, &str); 1] = [("X-Rollcall-User", "Ana")];

#[tokio::test]
async fn others_are_told_what_somebody_looks_at_and_oneself_is_not() {
    let world = World::active().await;
    let (app, june) = (&world.app, world.june.0);
    let step = world.id(&world.acme, "Check").await;
    let address = app.serve().await;
    let path = format!("/api/events?release={june}");
    said(app, "Ben", json!({ "releaseId": june })).await;
    said(app, "Ana", json!({ "releaseId": june })).await;
    // Who is here comes after hello.
    let (mut stream, _) = OpenStream::hello(address, &path, &ANA).await;
    let ben = json!({ "name": "Ben", "editing": false });
    assert_eq!(present(&mut stream).await, (june, json!([ben])));
    let body =
        json!({ "releaseId": june, "stepId": step, "customerId": world.acme.id, "editing": true });
    said(app, "Ben", body.clone()).await;
    let editing =
        json!({ "name": "Ben", "stepId": step, "customerId": world.acme.id, "editing": true });
    assert_eq!(present(&mut stream).await, (june, json!([editing])));
    // The same again is nothing new, nor is what oneself does.
    said(app, "Ben", body).await;
    said(
        app,
        "Ana",
        json!({ "releaseId": june, "customerId": world.globex.id }),
    )
    .await;
    said(app, "Mei", json!({ "releaseId": june })).await;
    let mei = json!({ "name": "Mei", "editing": false });
    assert_eq!(present(&mut stream).await, (june, json!([editing, mei])));
    said(app, "Ben", json!({ "releaseId": null })).await;
    assert_eq!(present(&mut stream).await, (june, json!([mei])));
    said(app, "Mei", json!({ "releaseId": null })).await;
    assert_eq!(present(&mut stream).await, (june, json!([])));
    // Nothing of it is stored.
    let last = world.app.database.last_event().await.unwrap();
    assert_eq!(app.read("/api/audit?limit=1").await["items"][0]["id"], last);
}

#[tokio::test]
async fn a_stream_of_one_release_is_told_of_that_one_and_a_stream_of_all_of_each() {
    let world = World::active().await;
    let (app, june) = (&world.app, world.june.0);
    let july = ReleaseDraft {
        name: "July".into(),
        version_number: "7.0".into(),
        ..ReleaseDraft::default()
    };
    let july = app.store.create_release(july, app.ana()).await.unwrap();
    let july = july.row.id.0;
    let address = app.serve().await;
    let path = format!("/api/events?release={july}");
    let (mut of_july, _) = OpenStream::hello(address, &path, &ANA).await;
    let (mut of_all, _) = OpenStream::hello(address, "/api/events", &ANA).await;
    said(app, "Ben", json!({ "releaseId": june })).await;
    said(app, "Ben", json!({ "releaseId": july })).await;
    let ben = json!([{ "name": "Ben", "editing": false }]);
    assert_eq!(present(&mut of_all).await, (june, ben.clone()));
    assert_eq!(present(&mut of_all).await, (july, ben.clone()));
    assert_eq!(present(&mut of_july).await, (july, ben));
}

#[tokio::test]
async fn what_is_unknown_is_refused_by_its_field() {
    let world = World::active().await;
    let june = world.june;
    let of_globex = world.id(&world.globex, "Check").await;
    for (body, field) in [
        (json!({}), "releaseId"),
        (json!({ "releaseId": 999 }), "releaseId"),
        (json!({ "releaseId": "x" }), "releaseId"),
        (
            json!({ "releaseId": june, "customerId": 999 }),
            "customerId",
        ),
        (json!({ "releaseId": june, "stepId": 999 }), "stepId"),
        (
            json!({ "releaseId": june, "stepId": of_globex, "customerId": world.acme.id }),
            "stepId",
        ),
    ] {
        let problem = say(&world.app, "Ben", body).await.problem(422);
        assert!(problem["errors"][field].is_string(), "{field}: {problem}");
    }
}

#[tokio::test]
async fn viewers_say_where_they_are_and_who_is_out_of_scope_is_not_told() {
    let world = World::active_in(TestApp::with_login().await).await;
    let (app, june) = (&world.app, world.june.0);
    let eu = || scope(&[world.eu_west.id], &[]);
    let viewer = app.person_named("viewer", Role::Viewer, eu()).await;
    let other = app.person_named("other", Role::Viewer, None).await;
    let near = app.person_named("near", Role::Viewer, eu()).await;
    let step = world.id(&world.initech, "Check").await;
    let address = app.serve().await;
    let cookie = [("cookie", viewer.cookie.as_str())];
    let (mut stream, _) = OpenStream::hello(address, "/api/events", &cookie).await;
    let said = async |person: &Person, body: Value| {
        app.api_as(person, "POST", "/api/presence", body)
            .await
            .status
    };
    for (person, body, status) in [
        (&other, json!({ "releaseId": june, "stepId": step }), 204),
        (
            &other,
            json!({ "releaseId": june, "customerId": world.initech.id }),
            204,
        ),
        // To somebody who does not see it, it is not there.
        (&near, json!({ "releaseId": june, "stepId": step }), 422),
        (
            &near,
            json!({ "releaseId": june, "customerId": world.acme.id }),
            204,
        ),
    ] {
        assert_eq!(said(person, body).await.as_u16(), status);
    }
    let there =
        json!([{ "name": "near of the tests", "customerId": world.acme.id, "editing": false }]);
    assert_eq!(present(&mut stream).await, (june, there));
}

#[tokio::test]
async fn who_is_deactivated_is_here_no_longer() {
    let world = World::active_in(TestApp::with_login().await).await;
    let (app, june) = (&world.app, world.june.0);
    let viewer = app.person_named("viewer", Role::Viewer, None).await;
    let ben = app.person_named("ben", Role::Viewer, None).await;
    let address = app.serve().await;
    let cookie = [("cookie", viewer.cookie.as_str())];
    let (mut stream, _) = OpenStream::hello(address, "/api/events", &cookie).await;
    let body = json!({ "releaseId": june });
    app.api_as(&ben, "POST", "/api/presence", body).await;
    let there = json!([{ "name": "ben of the tests", "editing": false }]);
    assert_eq!(present(&mut stream).await, (june, there));
    let gone = app.store.deactivate_user(ben.user.id, app.ana()).await;
    gone.unwrap();
    assert_eq!(present(&mut stream).await, (june, json!([])));
}

#[tokio::test]
async fn servers_on_one_database_of_postgresql_tell_each_other_who_is_here() {
    if TestEngine::of_this_run() == TestEngine::Sqlite {
        return;
    }
    let world = World::active().await;
    let june = world.june.0;
    said(&world.app, "Ben", json!({ "releaseId": june })).await;
    let beside = world.app.beside().await;
    let address = beside.serve().await;
    // It is new, and asks who is here.
    let (mut stream, _) = OpenStream::hello(address, "/api/events", &ANA).await;
    let ben = json!({ "name": "Ben", "editing": false });
    assert_eq!(present(&mut stream).await, (june, json!([ben])));
    said(&world.app, "Mei", json!({ "releaseId": june })).await;
    let mei = json!({ "name": "Mei", "editing": false });
    assert_eq!(present(&mut stream).await, (june, json!([ben, mei])));
    said(&world.app, "Ben", json!({ "releaseId": null })).await;
    assert_eq!(present(&mut stream).await, (june, json!([mei])));
}
