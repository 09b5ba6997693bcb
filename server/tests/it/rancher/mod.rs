//! Tests of the import from Rancher (R65), with a Rancher on loopback that answers as the sources say; none of it was recorded from
//! a running one. The lists of `/v3` with their pages: rancher/norman, types/types.go (`Collection`, `Pagination`). Namespaces,
//! passed on at `/k8s/clusters/ID`, with `limit` and `continue`: the API conventions of Kubernetes, "Retrieving large results sets in
//! chunks". The annotations `field.cattle.io/projectId` and `management.cattle.io/system-namespace` and the label
//! `authz.management.cattle.io/system-project`: the controllers of rancher/rancher. A refusal is norman's `APIError`.
mod command_line;
mod imports;
mod refusals;

use crate::{
    harness::{TestApp, TestResponse},
    world::World,
};
use axum::{
    Json, Router,
    extract::{Request, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};
use server::{
    ops::rancher_settings::{InvalidRancherSetting, RancherSettings},
    rancher::client::RancherClient,
};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard},
};
use tokio::net::TcpListener;

/// The token that it takes.
pub const TOKEN: &str = "token-abcde:f00";

/// What this Rancher has and says.
#[derive(Default)]
struct RancherData {
    /// How many rows a page has.
    page: usize,
    /// By the path below `/v3/`.
    lists: HashMap<&'static str, Vec<Value>>,
    /// By the id of the cluster.
    namespaces: HashMap<&'static str, Vec<Value>>,
    /// What it answers instead: by the path, a status, a body and where it redirects to.
    instead: HashMap<String, (StatusCode, String)>,
    /// What it was asked: path and query.
    asked: Vec<String>,
}

type SharedRancher = Arc<Mutex<RancherData>>;

/// A Rancher, as long as the test runs.
pub struct FakeRancher {
    pub url: String,
    provided: SharedRancher,
}

fn lock(shared: &SharedRancher) -> MutexGuard<'_, RancherData> {
    shared.lock().unwrap()
}

fn parameter(query: &str, name: &str) -> Option<String> {
    let mut pairs = query.split('&').filter_map(|it| it.split_once('='));
    pairs.find(|it| it.0 == name).map(|it| it.1.to_owned())
}

/// norman's error.
fn refusal(status: StatusCode, code: &str) -> Response {
    let number = status.as_u16();
    let body = json!({ "baseType": "error", "code": code, "message": code, "status": number, "type": "error" });
    (status, Json(body)).into_response()
}

/// A page of a list of `/v3`. The address of the next one names another host, as it does behind a proxy that says a wrong one.
fn v3_page(rows: &[Value], page: usize, name: &str, query: &str) -> Value {
    let marker = parameter(query, "marker");
    let start = marker.map_or(0, |marker| {
        let at = rows.iter().position(|it| it["id"] == marker);
        at.unwrap()
    });
    let end = rows.len().min(start + page);
    let mut pagination = json!({ "limit": page, "total": rows.len() });
    if let Some(next) = rows.get(end) {
        let id = next["id"].as_str().unwrap();
        let next = format!("https://internal.invalid/v3/{name}?limit={page}&marker={id}");
        pagination["next"] = json!(next);
        pagination["partial"] = json!(true);
    }
    json!({ "type": "collection", "resourceType": name, "links": {}, "actions": {},
        "pagination": pagination, "data": rows[start..end] })
}

/// A page of the namespaces of a cluster.
fn namespace_page(rows: &[Value], page: usize, query: &str) -> Value {
    let start = parameter(query, "continue").map_or(0, |it| it.parse().unwrap());
    let end = rows.len().min(start + page);
    let mut metadata = json!({ "resourceVersion": "81234" });
    if end < rows.len() {
        metadata["continue"] = json!(end.to_string());
        metadata["remainingItemCount"] = json!(rows.len() - end);
    }
    json!({ "kind": "NamespaceList", "apiVersion": "v1", "metadata": metadata, "items": rows[start..end] })
}

async fn answer(State(shared): State<SharedRancher>, request: Request) -> Response {
    let mut provided = lock(&shared);
    let uri = request.uri();
    let (path, query) = (uri.path().to_owned(), uri.query().unwrap_or_default());
    provided.asked.push(uri.to_string());
    let authorization = request.headers().get(header::AUTHORIZATION);
    let expected = format!("Bearer {TOKEN}");
    if authorization.is_none_or(|it| it.as_bytes() != expected.as_bytes()) {
        return refusal(StatusCode::UNAUTHORIZED, "Unauthorized");
    }
    if let Some((status, body)) = provided.instead.get(&path) {
        let location = [(header::LOCATION, "https://elsewhere.invalid/")];
        return (*status, location, body.clone()).into_response();
    }
    let page = provided.page;
    if let Some(name) = path.strip_prefix("/v3/") {
        return match provided.lists.get(name) {
            Some(rows) => Json(v3_page(rows, page, name, query)).into_response(),
            None => refusal(StatusCode::NOT_FOUND, "NotFound"),
        };
    }
    let cluster = path
        .strip_prefix("/k8s/clusters/")
        .and_then(|it| it.strip_suffix("/api/v1/namespaces"));
    match cluster.and_then(|it| provided.namespaces.get(it)) {
        Some(rows) => Json(namespace_page(rows, page, query)).into_response(),
        None => refusal(StatusCode::NOT_FOUND, "NotFound"),
    }
}

/// A cluster as `/v3/clusters` tells it, shortened.
fn cluster(id: &str, name: &str, state: &str) -> Value {
    json!({ "id": id, "type": "cluster", "name": name, "state": state, "transitioning": "no",
        "actions": { "generateKubeconfig": format!("https://internal.invalid/v3/clusters/{id}?action=generateKubeconfig") },
        "links": {}, "labels": {}, "provider": "rke2" })
}

fn project(id: &str, name: &str, is_system: bool) -> Value {
    let labels = if is_system {
        json!({ "authz.management.cattle.io/system-project": "true" })
    } else {
        json!({})
    };
    json!({ "id": id, "type": "project", "name": name, "state": "active", "labels": labels })
}

/// A namespace as Kubernetes tells it, shortened.
fn namespace(name: &str, project: &str, team: &str) -> Value {
    json!({
        "metadata": {
            "name": name,
            "uid": format!("uid-of-{name}"),
            "creationTimestamp": "2026-01-12T10:11:10Z",
            "labels": { "kubernetes.io/metadata.name": name, "team": team },
            "annotations": { "cattle.io/status": "{\"Conditions\":[]}", "field.cattle.io/projectId": project },
            "managedFields": [{ "manager": "rancher", "operation": "Update", "apiVersion": "v1" }],
        },
        "spec": { "finalizers": ["kubernetes"] },
        "status": { "phase": "Active" },
    })
}

impl FakeRancher {
    /// Two clusters with namespaces, on pages of two rows, and one that is unavailable.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let mut deleted = namespace("leaving", "c-eu:p-1", "shop");
        deleted["metadata"]["deletionTimestamp"] = json!("2026-11-27T10:00:00Z");
        let namespaces = [
            (
                "c-eu",
                vec![
                    namespace("acme", "c-eu:p-1", "shop"),
                    namespace("hooli", "c-eu:p-1", "shop"),
                    namespace("kube-system", "c-eu:p-2", "core"),
                    namespace("backups", "c-eu:p-2", "core"),
                    deleted,
                ],
            ),
            (
                "c-ap",
                vec![
                    namespace("stark", "c-ap:p-9", "defence"),
                    namespace("wayne", "c-ap:p-9", "night"),
                    namespace("umbrella", "c-ap:p-9", "shop"),
                ],
            ),
        ];
        let clusters = vec![
            cluster("c-eu", "eu-west", "active"),
            cluster("c-ap", "ap-south", "active"),
            cluster("c-down", "far-away", "unavailable"),
        ];
        let projects = vec![
            project("c-eu:p-1", "Customers", false),
            project("c-eu:p-2", "System", true),
            project("c-other:p-1", "Default", false),
        ];
        let provided = RancherData {
            page: 2,
            lists: [("clusters", clusters), ("projects", projects)].into(),
            namespaces: namespaces.into(),
            ..RancherData::default()
        };
        let this = Self {
            url,
            provided: Arc::new(Mutex::new(provided)),
        };
        this.answers(
            "/k8s/clusters/c-down/api/v1/namespaces",
            StatusCode::SERVICE_UNAVAILABLE,
            "cluster c-down not found",
        );
        let router = Router::new()
            .fallback(answer)
            .with_state(Arc::clone(&this.provided));
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        this
    }

    /// From now on what it answers at this path.
    fn answers(&self, path: &str, status: StatusCode, body: &str) {
        let mut provided = lock(&self.provided);
        let answer = (status, body.to_owned());
        provided.instead.insert(path.to_owned(), answer);
    }

    /// Names of projects are not told any more.
    fn hide_projects(&self) {
        lock(&self.provided).lists.remove("projects");
    }

    fn asked(&self) -> Vec<String> {
        lock(&self.provided).asked.clone()
    }

    /// The world whose app reads this Rancher: eu-west with Acme and Globex, us-east with Initech.
    async fn world(&self) -> World {
        world_with(&self.url, TOKEN).await
    }
}

/// The world whose app has these settings.
async fn world_with(url: &str, token: &str) -> World {
    let world = World::draft().await;
    set_rancher(&world.app, url, token);
    world
}

/// From now on the app, which was not asked yet, has these settings.
fn set_rancher(app: &TestApp, url: &str, token: &str) {
    let settings = RancherSettings::parse(|name| {
        Ok::<_, InvalidRancherSetting>(match name {
            "RANCHER_URL" => Some(url.to_owned()),
            "RANCHER_TOKEN" => Some(token.to_owned()),
            _ => None,
        })
    });
    let client = RancherClient::new(settings.unwrap());
    assert!(app.rancher.set(Arc::new(client)).is_ok());
}

async fn preview(world: &World, filter: Value) -> TestResponse {
    let path = "/api/rancher/preview";
    world.app.api("POST", path, filter, &[]).await
}

async fn import(world: &World, namespaces: Value) -> TestResponse {
    let body = json!({ "namespaces": namespaces });
    world
        .app
        .api("POST", "/api/rancher/import", body, &[])
        .await
}

/// Status, cluster and namespace of each row of a preview.
fn told(preview: &Value) -> Vec<String> {
    let rows = preview["namespaces"].as_array().unwrap().iter();
    let word = |row: &Value, key: &str| row[key].as_str().unwrap().to_owned();
    rows.map(|it| {
        ["status", "cluster", "namespace"]
            .map(|key| word(it, key))
            .join(" ")
    })
    .collect()
}
