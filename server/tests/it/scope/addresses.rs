//! Every address that reads, with every id of a world: the GET lines of the table of rights, and the server functions that read. An
//! address of a new kind fails here until it is said how it is asked.
use super::random_world::RandomWorld;
use axum::http::Method;
use serde_json::{Value, json};
use server::http::rights::RIGHTS;

/// Addresses without anything of anybody.
const STATIC: [&str; 17] = [
    "/healthz",
    "/readyz",
    "/metrics",
    "/pkg/{*file}",
    "/favicon.svg",
    "/paper.css",
    "/guide.css",
    "/print.js",
    "/live.js",
    "/palette.js",
    "/keys.js",
    "/evidence.js",
    "/robots.txt",
    "/help",
    "/help/pictures/{*file}",
    "/api/openapi.json",
    "/api/docs",
];

/// A request, as method, path and body; the body is null for GET.
pub type Question = (&'static str, String, Value);

/// The ids that are asked for.
pub struct Ids {
    pub clusters: Vec<i64>,
    pub customers: Vec<i64>,
    pub releases: Vec<i64>,
    pub templates: Vec<i64>,
    pub steps: Vec<i64>,
}

impl Ids {
    /// Some steps of each kind, all other rows, and ids that no row has.
    pub fn of(world: &RandomWorld) -> Self {
        let mut steps: Vec<i64> = Vec::new();
        for list in [&world.seen_steps, &world.hidden_steps] {
            let every = list.len().div_ceil(3).max(1);
            steps.extend(list.iter().step_by(every).map(|it| it.0));
        }
        steps.push(99_999);
        let with_none = |mut ids: Vec<i64>| {
            ids.push(99_999);
            ids
        };
        Self {
            clusters: with_none(world.clusters.iter().map(|it| it.0).collect()),
            customers: with_none(world.customers.iter().map(|it| it.id.0).collect()),
            releases: with_none(world.releases.iter().map(|it| it.0).collect()),
            templates: with_none((1_i64..).step_by(2).take(world.releases.len()).collect()),
            steps,
        }
    }
}

/// The queries that an address is asked with beside none.
fn queries(pattern: &str, ids: &Ids) -> Vec<String> {
    let of = |name: &str, ids: &[i64]| -> Vec<String> {
        ids.iter().map(|it| format!("?{name}={it}")).collect()
    };
    let words = |words: &[&str]| words.iter().map(|it| (*it).to_owned()).collect();
    let steps = || of("step", &ids.steps);
    match pattern {
        "/releases/{id}" | "/releases/{id}/customer/{customer_id}" => {
            [words(&["?view=print", "?view=list"]), steps()].concat()
        }
        "/api/releases/{id}/export" => words(&["?format=json", "?format=csv", "?format=md"]),
        "/api/customers" => [
            words(&["?includeInactive=true", "?limit=1"]),
            of("clusterId", &ids.clusters),
            of("cursor", &ids.customers),
        ]
        .concat(),
        "/api/customers/versions" => [
            words(&["?format=csv", "?limit=1"]),
            of("cursor", &ids.customers),
        ]
        .concat(),
        "/api/clusters" => [
            words(&["?includeInactive=true", "?limit=1"]),
            of("cursor", &ids.clusters),
        ]
        .concat(),
        "/api/releases" => [words(&["?limit=1"]), of("cursor", &ids.releases)].concat(),
        "/api/views" => of("releaseId", &ids.releases),
        "/api/audit" => [
            words(&[
                "?limit=500",
                "?format=csv",
                "?format=jsonl",
                "?entity=template&limit=500",
                "?entity=release&limit=500",
            ]),
            of("releaseId", &ids.releases),
            of("customerId", &ids.customers),
            of("entity=step&entityId", &ids.steps),
            of("entity=cluster&entityId", &ids.clusters),
        ]
        .concat(),
        "/api/events" => [of("release", &ids.releases), words(&["?after=0"])].concat(),
        // Words of names, of texts, of values and of people's names; `e` is in nearly all of them.
        "/api/search" => words(&[
            "?q=zzhiddenzz",
            "?q=e",
            "?q=customer",
            "?q=host",
            "?q=e&limit=1",
        ]),
        "/activity" => [of("release", &ids.releases), of("customer", &ids.customers)].concat(),
        _ => Vec::new(),
    }
}

/// Every id that stands for a part of a path.
fn filled(pattern: &str, ids: &Ids) -> Vec<String> {
    let first = [
        ("/clusters/{id}", &ids.clusters),
        ("/customers/{id}", &ids.customers),
        ("/users/{id}", &ids.customers),
        ("/webhooks/{id}", &ids.customers),
        ("/releases/{id}", &ids.releases),
        ("/templates/{id}", &ids.templates),
        ("/steps/{id}", &ids.steps),
    ];
    let of_first = first.iter().find(|it| pattern.contains(it.0));
    let mut paths = match of_first {
        Some((_, ids)) => ids
            .iter()
            .map(|it| pattern.replacen("{id}", &it.to_string(), 1))
            .collect(),
        None => vec![pattern.to_owned()],
    };
    for name in ["{customerId}", "{customer_id}"] {
        let with = |path: String| -> Vec<String> {
            if !path.contains(name) {
                return vec![path];
            }
            let customers = ids.customers.iter();
            customers
                .map(|it| path.replace(name, &it.to_string()))
                .collect()
        };
        paths = paths.into_iter().flat_map(with).collect();
    }
    // Pieces of evidence are numbered through all steps.
    let paths: Vec<String> = paths.iter().map(|it| it.replace("{n}", "1")).collect();
    for path in &paths {
        assert!(!path.contains('{'), "say here how {path} is asked");
    }
    paths
}

/// All that reads.
pub fn reads(ids: &Ids) -> Vec<Question> {
    let mut asked = Vec::new();
    let mut patterns: Vec<&str> = RIGHTS
        .addresses()
        .filter(|(method, path)| *method == Method::GET && !STATIC.contains(path))
        .map(|it| it.1)
        .filter(|path| !path.starts_with("/api/docs"))
        .collect();
    patterns.sort_unstable();
    for pattern in patterns {
        let mut with = queries(pattern, ids);
        with.push(String::new());
        for path in filled(pattern, ids) {
            asked.extend(
                with.iter()
                    .map(|it| ("GET", format!("{path}{it}"), Value::Null)),
            );
        }
    }
    asked.extend(server_functions(ids));
    asked
}

/// The server functions that read.
fn server_functions(ids: &Ids) -> Vec<Question> {
    let mut calls: Vec<(&str, Value)> = vec![
        ("read_frame", json!({})),
        ("read_dashboard", json!({})),
        (
            "list_customer_versions",
            json!({ "filter": "", "rows": 20 }),
        ),
        ("list_activity", json!({ "filter": { "limit": 200 } })),
        (
            "count_new_activity",
            json!({ "after": 0, "filter": { "limit": 200 } }),
        ),
        ("read_activity_choices", json!({})),
        ("list_clusters", json!({ "include_inactive": true })),
        ("list_customers", json!({ "include_inactive": true })),
        ("list_releases", json!({})),
        ("list_release_names", json!({})),
    ];
    for id in &ids.clusters {
        calls.push(("read_cluster", json!({ "id": id })));
    }
    for id in &ids.customers {
        calls.push(("read_customer", json!({ "id": id })));
    }
    for id in &ids.templates {
        calls.push(("read_template", json!({ "id": id })));
    }
    for id in &ids.steps {
        calls.push(("read_step", json!({ "id": id })));
        calls.push(("read_changed_text", json!({ "id": id, "shown": "a" })));
        calls.push(("preview_promotion", json!({ "id": id })));
    }
    for id in &ids.releases {
        for name in [
            "read_release",
            "list_members",
            "read_marks",
            "read_status_summary",
        ] {
            calls.push((name, json!({ "id": id })));
        }
        calls.push(("read_matrix", json!({ "id": id, "row": 0, "column": 0 })));
        calls.push((
            "is_changed_elsewhere",
            json!({ "release": id, "own": ["none"] }),
        ));
        for name in ["list_variables", "list_targets", "list_views"] {
            calls.push((name, json!({ "release": id })));
        }
        for customer in &ids.customers {
            for name in ["read_customer_work", "read_checklist", "read_custom_places"] {
                calls.push((name, json!({ "release": id, "customer": customer })));
            }
            let text = json!({ "release": id, "customer": customer, "content": "{{var.HOST}}", "kind": "bash" });
            calls.push(("preview_text", text));
        }
    }
    let calls = calls.into_iter();
    calls
        .map(|(name, body)| ("POST", format!("/rpc/{name}"), body))
        .collect()
}

/// What would change something that is out of scope, by its id in the path or in the body.
pub fn writes(ids: &Ids, release: i64, customer: i64) -> Vec<Question> {
    let mut asked = Vec::new();
    let own = json!({ "name": "x", "category": "deploy", "type": "bash", "content": "true" });
    for id in &ids.steps {
        for action in ["start", "done", "fail", "skip", "revert", "reopen"] {
            let path = format!("/api/steps/{id}/{action}");
            asked.push(("POST", path, json!({ "reason": "x" })));
        }
        for (path, body) in [
            ("override", json!({ "content": "x", "version": 1 })),
            ("reset", json!({})),
            ("move", json!({ "insertBefore": id })),
            ("promote", json!({})),
        ] {
            asked.push(("POST", format!("/api/steps/{id}/{path}"), body));
        }
        asked.push((
            "PATCH",
            format!("/api/steps/{id}"),
            json!({ "notes": "x", "version": 1 }),
        ));
        asked.push(("DELETE", format!("/api/steps/{id}"), Value::Null));
        // A neighbour out of scope, and one of the ids of a bulk.
        let mut beside = own.clone();
        beside["insertBefore"] = json!(id);
        let path = format!("/api/releases/{release}/customers/{customer}/steps");
        asked.push(("POST", path, beside));
        let bulk = json!({ "ids": [id], "action": "start" });
        asked.push(("POST", "/api/steps/bulk".to_owned(), bulk));
        let order = json!({ "category": "deploy", "orderedIds": [id] });
        let path = format!("/api/releases/{release}/customers/{customer}/reorder");
        asked.push(("POST", path, order));
    }
    asked
}
