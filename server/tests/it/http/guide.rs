//! Tests of the guide at `/help`, of its pictures, and of the document that it is made from (R109).
use crate::{
    harness::{TestApp, TestResponse},
    people::Person,
    tidy,
};
use app::domain::permission::Role;
use axum::http::StatusCode;
use serde_json::Value;
use std::{collections::BTreeSet, fs};

/// What all pictures may take together: they are in the binary.
const PICTURES_MAX_BYTES: usize = 1_000_000;

/// What stands between `before` and the next double quote, wherever that is.
fn quoted<'a>(text: &'a str, before: &str) -> BTreeSet<&'a str> {
    let rests = text.split(before).skip(1);
    rests.filter_map(|it| it.split('"').next()).collect()
}

/// The guide below its head, where the style sheets are named.
fn body(page: &TestResponse) -> &str {
    page.body.split_once("<body>").unwrap().1
}

async fn get(app: &TestApp, person: &Person, path: &str) -> TestResponse {
    app.api_as(person, "GET", path, Value::Null).await
}

#[tokio::test]
async fn the_guide_is_a_page_whose_links_lead_somewhere_and_which_runs_the_keys_alone() {
    let app = TestApp::new().await;
    let page = app.get("/help").await;
    assert_eq!(page.status, StatusCode::OK);
    assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
    let policy = page.header("content-security-policy");
    assert!(
        policy.starts_with("default-src 'none'; style-src 'self'"),
        "{policy}"
    );
    assert!(page.body.contains("<title>Guide · Rollcall</title>"));
    assert!(page.body.contains("href=\"/guide.css\""));
    assert_eq!(page.body.matches("<script").count(), 1);
    assert!(
        page.body
            .contains("<script type=\"module\" src=\"/keys.js?")
    );
    let keys = app.get("/keys.js").await;
    assert_eq!(
        keys.header("content-type"),
        "text/javascript; charset=utf-8"
    );
    assert!(keys.body.contains("import(\"/palette.js?"));
    for absent in ["import(", " style=", " onclick="] {
        assert!(!page.body.contains(absent), "{absent}");
    }
    let body = body(&page);
    assert_eq!(body.matches("<h1>").count(), 1);
    let ids = quoted(body, " id=\"");
    let headings = body.matches("<h2 ").count() + body.matches("<h3 ").count();
    assert_eq!(ids.len(), headings + 1, "each has an id of its own");
    let links = quoted(body, " href=\"");
    assert!(links.len() > headings, "{links:?}");
    for link in links {
        if let Some(id) = link.strip_prefix('#') {
            assert!(ids.contains(id), "{link}");
        } else if link.starts_with('/') {
            let answer = app.get(link).await;
            assert_eq!(answer.status, StatusCode::OK, "{link}");
        } else {
            assert!(link.starts_with("https://"), "{link}");
        }
    }
}

#[tokio::test]
async fn every_picture_is_there_in_both_themes_and_shown() {
    let app = TestApp::new().await;
    let page = app.get("/help").await;
    let (light, dark) = (
        quoted(body(&page), "<img src=\"/help/"),
        quoted(body(&page), "srcset=\"/help/"),
    );
    assert!(light.len() >= 5, "{light:?}");
    assert_eq!(light.len(), dark.len());
    let shown: BTreeSet<String> = light.union(&dark).map(|it| (*it).to_owned()).collect();
    let files = fs::read_dir(tidy::root().join("docs/pictures")).unwrap();
    let files = files.map(|it| it.unwrap().file_name().into_string().unwrap());
    let files: BTreeSet<String> = files.map(|it| format!("pictures/{it}")).collect();
    assert_eq!(shown, files);
    let mut bytes = 0;
    for picture in shown {
        let answer = app.get(&format!("/help/{picture}")).await;
        assert_eq!(answer.status, StatusCode::OK, "{picture}");
        assert_eq!(answer.header("content-type"), "image/png", "{picture}");
        assert!(answer.bytes.starts_with(b"\x89PNG\r\n\x1a\n"), "{picture}");
        bytes += answer.bytes.len();
    }
    assert!(bytes < PICTURES_MAX_BYTES, "{bytes} bytes");
    // Each has its size, so that the text below does not move when it comes.
    let images = body(&page).matches("<img src=\"/help/").count();
    assert_eq!(
        body(&page)
            .matches(" width=\"1440\" height=\"900\"")
            .count(),
        images
    );
    let none = app.get("/help/pictures/none.png").await;
    assert_eq!(none.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_chosen_theme_has_its_own_pictures() {
    let app = TestApp::new().await;
    for (theme, other) in [("light", "dark"), ("dark", "light")] {
        let cookie = format!("rollcall_theme={theme}");
        let page = app
            .api("GET", "/help", Value::Null, &[("cookie", cookie.as_str())])
            .await;
        assert!(page.body.contains(&format!("data-theme=\"{theme}\"")));
        assert!(
            page.body
                .contains(&format!("/help/pictures/matrix-{theme}.png"))
        );
        assert!(!page.body.contains(&format!("-{other}.png")), "{theme}");
    }
}

#[tokio::test]
async fn the_guide_is_for_everybody_who_is_signed_in_and_linked_for_them() {
    let app = TestApp::with_login().await;
    for path in ["/help", "/help/pictures/matrix-light.png"] {
        assert_eq!(app.get(path).await.status, StatusCode::SEE_OTHER, "{path}");
    }
    let viewer = app.person(Role::Viewer, None).await;
    for path in ["/help", "/help/pictures/matrix-light.png"] {
        let answer = get(&app, &viewer, path).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}");
    }
    assert!(
        get(&app, &viewer, "/")
            .await
            .body
            .contains("href=\"/help\"")
    );
    let open = TestApp::new().await;
    for path in ["/", "/customers"] {
        assert!(
            open.get(path).await.body.contains("href=\"/help\""),
            "{path}"
        );
    }
}

#[test]
fn every_file_that_the_guide_names_exists() {
    let docs = tidy::root().join("docs");
    let text = fs::read_to_string(docs.join("guide.md")).unwrap();
    let targets = text.split("](").skip(1);
    let targets: Vec<&str> = targets.filter_map(|it| it.split(')').next()).collect();
    assert!(targets.len() > 5, "{targets:?}");
    for target in targets {
        let is_file = !target.starts_with('#') && !target.starts_with("https://");
        assert!(!is_file || docs.join(target).exists(), "{target}");
    }
}
