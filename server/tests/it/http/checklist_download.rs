//! Tests of a customer's checklist ("runbook" on screen): the Markdown file, the print view, and the working list.
use crate::world::{World, metadata};
use app::{
    domain::{
        customer::CustomerDraft,
        run::{RunEnd, RunRequest},
        vocabulary::StepAction,
    },
    store::steps::transitions::TransitionOptions,
};
use axum::http::StatusCode;

#[tokio::test]
async fn a_runbook_is_a_file_of_markdown_whatever_the_customer_is_called() {
    let world = World::active().await;
    let mut acme = CustomerDraft::from(world.acme.clone());
    acme.name = "\"; filename=evil.exe </title><img src=x>".into();
    world
        .app
        .store
        .update_customer(world.acme.id, acme, 1, world.app.ana())
        .await
        .unwrap();
    let path = format!(
        "/releases/{}/customer/{}/runbook.md",
        world.june, world.acme.id
    );
    let file = world.app.get(&path).await;
    assert_eq!(file.status, StatusCode::OK);
    assert_eq!(
        (
            file.header("content-type"),
            file.header("content-disposition"),
            file.header("x-content-type-options")
        ),
        (
            "text/markdown; charset=utf-8",
            "attachment; filename=\"june-filename-evil-exe-title-img-src-x.md\"",
            "nosniff"
        )
    );
    assert!(file.body.contains("- [ ] pending") && file.body.contains("curl acme.example"));
    let title = "# June: \"; filename=evil.exe \\</title\\>\\<img src=x\\>\n";
    assert!(file.body.starts_with(title), "{}", file.body);
}

#[tokio::test]
async fn the_runbook_of_an_unknown_release_or_customer_is_not_found() {
    let world = World::active().await;
    for path in [
        format!("/releases/99/customer/{}/runbook.md", world.acme.id),
        format!("/releases/{}/customer/99/runbook.md", world.june),
        format!("/releases/x/customer/{}/runbook.md", world.acme.id),
    ] {
        assert_eq!(
            world.app.get(&path).await.status,
            StatusCode::NOT_FOUND,
            "{path}"
        );
    }
}

#[tokio::test]
async fn the_same_is_drawn_as_a_page_to_be_printed() {
    let world = World::active().await;
    let path = format!("/releases/{}/customer/{}", world.june, world.acme.id);
    let page = world.app.get(&format!("{path}?view=print")).await;
    assert_eq!(page.status, StatusCode::OK);
    for part in [
        "<title>Acme · Rollcall</title>",
        "<h1>Acme</h1>",
        "3. Upgrade",
        "curl acme.example",
        "aria-label=\"To do\"",
    ] {
        assert!(page.body.contains(part), "{part}");
    }
    assert!(!page.body.contains(" style="));
    assert_eq!(
        world
            .app
            .get("/releases/9/customer/1?view=print")
            .await
            .status,
        StatusCode::NOT_FOUND
    );
}

#[tokio::test]
async fn on_paper_a_done_step_has_the_text_that_it_was_done_with() {
    let world = World::active().await;
    let (store, ana) = (&world.app.store, || world.app.ana());
    let step = world.id(&world.acme, "Upgrade").await;
    let done = store.act_on_step(step, StepAction::Done, TransitionOptions::default(), ana());
    done.await.unwrap();
    let acme = CustomerDraft {
        metadata: metadata(&[("HOST", "new.example")]),
        ..world.acme.clone().into()
    };
    let edited = store.update_customer(world.acme.id, acme, 1, ana());
    edited.await.unwrap();
    let path = format!("/releases/{}/customer/{}", world.june, world.acme.id);
    for paper in ["?view=print", "/runbook.md"] {
        let paper = world.app.get(&format!("{path}{paper}")).await.body;
        assert!(paper.contains("curl acme.example") && !paper.contains("curl new.example"));
        assert!(paper.contains("Text at that time. Today"), "{paper}");
    }
}

#[tokio::test]
async fn on_paper_a_step_has_its_runs_too() {
    let world = World::active().await;
    let (store, database) = (&world.app.store, &world.app.database);
    let step = world.id(&world.acme, "Check").await;
    let here = store.begin_run_here(step, RunRequest::default(), world.app.ana());
    let here = here.await.unwrap().row;
    let end = RunEnd {
        exit_code: Some(0),
        ..RunEnd::default()
    };
    let at = "2026-07-01T14:00:00Z".parse().unwrap();
    let ended = database.finish_run(here.run.id, &here.lease, end, Vec::new(), at);
    ended.await.unwrap();
    let path = format!("/releases/{}/customer/{}", world.june, world.acme.id);
    let line = "1 by Ana, 2026-07-01 14:00 UTC: succeeded, exit code 0";
    for (paper, start) in [("?view=print", "Run "), ("/runbook.md", "- ")] {
        let paper = world.app.get(&format!("{path}{paper}")).await.body;
        assert!(paper.contains(&format!("{start}{line}")), "{paper}");
    }
}

#[tokio::test]
async fn the_open_step_of_a_customer_s_work_is_drawn_large() {
    let world = World::active().await;
    let step = world.id(&world.acme, "Upgrade").await;
    let path = format!("/releases/{}/customer/{}", world.june, world.acme.id);
    let list = world.app.get(&format!("{path}?view=list")).await.body;
    assert!(list.contains("Next up") && list.contains("Continue: 1 Announce"));
    let open = world.app.get(&format!("{path}?step={step}")).await.body;
    assert!(open.contains("Deploy, step 3 of 4"));
    assert!(open.contains("acme.example</var>") && open.contains("aria-current=\"step\""));
    // A step of another customer is ignored.
    let other = world.id(&world.globex, "Upgrade").await;
    let other = world.app.get(&format!("{path}?step={other}")).await.body;
    assert!(other.contains("Next up"));
}

#[tokio::test]
async fn run_mode_opens_on_the_next_step_and_ends_with_what_failed() {
    let world = World::active().await;
    let path = format!("/releases/{}/customer/{}", world.june, world.acme.id);
    let page = async || world.app.get(&path).await.body;
    let act = async |name: &str, action: StepAction, options: TransitionOptions| {
        let (store, step) = (&world.app.store, world.id(&world.acme, name).await);
        let acted = store.act_on_step(step, action, options, world.app.by("Jonas"));
        acted.await.unwrap();
    };
    let arrived = page().await;
    assert!(arrived.contains("Deploy, step 1 of 4") && !arrived.contains("Next up"));
    assert!(!arrived.contains("<blockquote"));
    let options = TransitionOptions {
        notes: Some("Watch the probe".into()),
        ..TransitionOptions::default()
    };
    act("Announce", StepAction::Done, options).await;
    act("Announce", StepAction::Reopen, TransitionOptions::default()).await;
    let noted = page().await;
    let quote = noted.split_once("<blockquote").unwrap().1;
    let quote = quote.split_once("</blockquote>").unwrap().0;
    assert!(quote.contains("Jonas, ") && quote.contains("Watch the probe"));
    act("Announce", StepAction::Done, TransitionOptions::default()).await;
    let reason = TransitionOptions {
        reason: Some("locked".into()),
        ..TransitionOptions::default()
    };
    act("Migrate schema", StepAction::Fail, reason).await;
    // A failed step is not what one arrives at.
    assert!(page().await.contains("Deploy, step 3 of 4"));
    act("Upgrade", StepAction::Done, TransitionOptions::default()).await;
    act("Check", StepAction::Done, TransitionOptions::default()).await;
    let end = page().await;
    for word in [
        "3 of 4 done, 1 failed",
        "Retry 2 Migrate schema",
        "Next customer",
    ] {
        assert!(end.contains(word), "{word}");
    }
}
