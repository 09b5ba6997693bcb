//! Tests of HTML forms that are posted without JavaScript.
use crate::{
    harness::TestApp,
    world::{World, metadata},
};
use app::domain::customer::CustomerDraft;
use axum::http::StatusCode;

#[tokio::test]
async fn a_right_form_leads_to_what_it_made() {
    let app = TestApp::new().await;
    let made = app
        .post_form("/clusters/new", "name=eu-west&kubeconfigPath=&description=")
        .await;
    assert_eq!(
        (made.status, made.header("location")),
        (StatusCode::SEE_OTHER, "/clusters/1")
    );
    let made = app
        .post_form(
            "/customers/new",
            "name=Acme&clusterId=1&namespace=acme&description=",
        )
        .await;
    assert_eq!(
        (made.status, made.header("location")),
        (StatusCode::SEE_OTHER, "/customers/1")
    );
    let made = app
        .post_form(
            "/releases/new",
            "name=June&type=release&versionNumber=6&releaseDate=2026-06-01&description=",
        )
        .await;
    assert_eq!(
        (made.status, made.header("location")),
        (StatusCode::SEE_OTHER, "/releases/1/steps")
    );
}

#[tokio::test]
async fn an_edited_form_changes_its_row_once() {
    let world = World::draft().await;
    let body = "name=Acme+2&clusterId=1&namespace=acme&description=&version=1&variables=HOST%3Dnew.example%0D%0APORT%3D1";
    let edited = world.app.post_form("/customers/1/edit", body).await;
    assert_eq!(
        (edited.status, edited.header("location")),
        (StatusCode::SEE_OTHER, "/customers/1")
    );
    let customer = world.app.store.customer(world.acme.id).await.unwrap();
    let customer = customer.customer;
    assert_eq!(customer.metadata.lines(), "HOST=new.example\nPORT=1\n");
    // The same form again is based on the version before.
    let again = world.app.post_form("/customers/1/edit", body).await;
    assert_eq!(again.status, StatusCode::CONFLICT);
    assert!(again.body.contains("Test changed this"));
    assert!(
        again
            .body
            .contains("<noscript> Saving replaces theirs.</noscript>")
    );
    assert!(again.body.contains("PORT=1") && again.body.contains("name=\"version\" value=\"2\""));
    // The page shows the present values beside the typed ones, where they differ.
    let late = body.replace("Acme+2", "Acme+3");
    let late = world.app.post_form("/customers/1/edit", &late).await;
    assert!(late.body.contains("<td>Acme 2</td><td>Acme 3</td>"));
    assert!(!late.body.contains("<th scope=\"row\">Namespace</th>"));
    let cluster = "name=eu&kubeconfigPath=&description=&version=1";
    let cluster = world.app.post_form("/clusters/1/edit", cluster).await;
    assert_eq!(cluster.status, StatusCode::SEE_OTHER);
    let release = "name=June&type=release&versionNumber=7&releaseDate=&description=&version=1";
    let release = world.app.post_form("/releases/1/edit", release).await;
    assert_eq!(release.status, StatusCode::SEE_OTHER);
    let nobody = world.app.post_form("/clusters/99/edit", "name=x").await;
    assert_eq!(nobody.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_wrong_form_comes_back_with_what_was_typed_and_what_is_wrong() {
    let world = World::draft().await;
    let page = world
        .app
        .post_form(
            "/customers/new",
            "name=Hooli&clusterId=1&namespace=Not+One&description=Keep+me",
        )
        .await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(page.body.contains("value=\"Hooli\"") && page.body.contains("Keep me"));
    assert!(
        page.body
            .contains("Use lowercase letters, digits and hyphens")
            && page.body.contains("aria-invalid=\"true\"")
    );
    let page = world.app.post_form("/clusters/new", "name=eu-west").await;
    assert_eq!(page.status, StatusCode::CONFLICT);
    assert!(page.body.contains("Cluster name eu-west is already used"));
}

#[tokio::test]
async fn pasted_customers_are_posted_and_rows_that_are_left_out_are_shown() {
    let world = World::draft().await;
    let post = async |body: &str| world.app.post_form("/customers/new?paste", body).await;
    let partly = "clusterId=1&text=Hooli%2C+hooli%0D%0AWrong%2C+Not+One%0D%0AAcme%2C+acme";
    let page = post(partly).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(
        page.body
            .contains("Created 1 customer. The rows in the preview were left out.")
    );
    // In the text area; of the rows only the one that was left out.
    assert!(page.body.contains(">\nHooli, hooli") && !page.body.contains("<td>Hooli</td>"));
    assert!(page.body.contains("<td>Wrong</td>") && page.body.contains("Skipped: Not One"));
    let nothing = post("clusterId=1&text=Wrong").await;
    assert_eq!(nothing.status, StatusCode::OK);
    assert!(nothing.body.contains("Nothing was created."));
    let empty = post("clusterId=1&text=").await;
    assert_eq!(empty.status, StatusCode::UNPROCESSABLE_ENTITY);
    let right = "clusterId=1&text=Hooli%2C+hooli%0D%0AStark%2C+stark";
    let made = post(right).await;
    assert_eq!(
        (made.status, made.header("location")),
        (StatusCode::SEE_OTHER, "/customers")
    );
    assert_eq!(world.app.store.customers(false).await.unwrap().len(), 5);
}

#[tokio::test]
async fn a_new_release_says_where_its_steps_come_from() {
    let world = World::draft().await;
    let post = async |body: &str| world.app.post_form("/releases/new", body).await;
    let cloned = post("name=July&type=release&steps=clone&from=1").await;
    assert_eq!(cloned.header("location"), "/releases/2/steps");
    let july = app::domain::id::ReleaseId(2);
    let july = world.app.store.release(july).await.unwrap();
    assert_eq!(july.templates.len(), 4);
    let imported = post("name=August&type=release&steps=import&runbook=").await;
    assert_eq!(imported.header("location"), "/releases/3/steps?import");
    let wrong = post("name=September&type=release&steps=clone&from=").await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(wrong.body.contains("Choose a release") && wrong.body.contains("value=\"September\""));
}

#[tokio::test]
async fn one_form_makes_a_release_with_the_steps_of_a_runbook_and_activates_it() {
    let world = World::draft().await;
    let post = async |body: &str| world.app.post_form("/releases/new", body).await;
    let runbook = "runbook=%23%23+Look%0D%0A%0D%0A```bash%0D%0Atrue%0D%0A```%0D%0A";
    let customers = "customer-1=on&customer-3=on";
    let steps = format!("steps=import&{runbook}");
    let made = post(&format!("name=July&type=release&{steps}&{customers}")).await;
    assert_eq!(
        (made.status, made.header("location")),
        (StatusCode::SEE_OTHER, "/releases/2")
    );
    let july = app::domain::id::ReleaseId(2);
    let july = world.app.store.release(july).await.unwrap();
    assert_eq!((july.templates.len(), july.customers), (1, 2));
    assert_eq!(july.templates[0].name, "Look");
    // What was typed, pasted and ticked comes back.
    let wrong = post(&format!("name=&type=release&{steps}&{customers}")).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(wrong.body.contains("Enter a name") && wrong.body.contains("## Look"));
    let box_of = |id: i64| format!("name=\"customer-{id}\" checked");
    for (id, is_ticked) in [(1, true), (2, false), (3, true)] {
        assert_eq!(wrong.body.contains(&box_of(id)), is_ticked, "{id}");
    }
    let wrong = post(
        "name=August&type=release&steps=import&runbook=%23%23+B%0D%0A```bash%0D%0A%0D%0A```%0D%0A",
    )
    .await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        wrong.body.contains("id=\"runbook-error\""),
        "{}",
        wrong.body
    );
    let none = post(&format!(
        "name=August&type=release&steps=scratch&{customers}"
    ))
    .await;
    assert_eq!(none.status, StatusCode::CONFLICT);
    assert!(none.body.contains("The release has no steps"));
    // All of it or nothing.
    assert_eq!(world.app.store.releases().await.unwrap().len(), 2);
}

#[tokio::test]
async fn a_form_without_javascript_leaves_variables_that_were_not_touched_as_they_are() {
    let world = World::draft().await;
    let store = &world.app.store;
    let mut acme = CustomerDraft::from(world.acme.clone());
    acme.metadata = metadata(&[("CERT", "a\r\nb"), ("CR", "a\rb"), ("HOST", " x.example ")]);
    let before = store.update_customer(world.acme.id, acme, 1, world.app.ana());
    let before = before.await.unwrap().row;
    // What a browser sends of the page's own text area.
    let variables = "variables=HOST%3D+x.example+%0D%0A";
    let body =
        format!("name=Acme&clusterId=1&namespace=acme&description=new&version=2&{variables}");
    let edited = world.app.post_form("/customers/1/edit", &body).await;
    assert_eq!(edited.status, StatusCode::SEE_OTHER, "{}", edited.body);
    let after = store.customer(world.acme.id).await.unwrap().customer;
    assert_eq!(after.description.as_deref(), Some("new"));
    assert_eq!(after.metadata, before.metadata);
}

#[tokio::test]
async fn a_form_without_javascript_leaves_a_description_that_was_not_touched_as_it_is() {
    let world = World::draft().await;
    let store = &world.app.store;
    let mut acme = CustomerDraft::from(world.acme.clone());
    acme.description = "Their own DBA.\nAsk first.".to_owned();
    let before = store.update_customer(world.acme.id, acme, 1, world.app.ana());
    let before = before.await.unwrap().row;
    // A browser sends CRLF.
    let body = "name=Acme&clusterId=1&namespace=acme&version=2\
                &description=Their+own+DBA.%0D%0AAsk+first.";
    let edited = world.app.post_form("/customers/1/edit", body).await;
    assert_eq!(edited.status, StatusCode::SEE_OTHER, "{}", edited.body);
    assert_eq!(
        store.customer(world.acme.id).await.unwrap().customer,
        before
    );
}
