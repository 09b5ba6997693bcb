//! Every address that reads, with ids of a world of each kind: the GET lines of the table of rights, and the server functions that read. An
//! address of a new kind fails here until it is said how it is asked.
use super::random_world::RandomWorld;
use crate::model::dice::Dice;
use app::domain::run::RunFilter;
use axum::http::Method;
use serde_json::{Value, json};
use server::http::rights::RIGHTS;

/// Addresses without anything of anybody.
const STATIC: [&str; 26] = [
    "/healthz",
    "/readyz",
    "/metrics",
    "/pkg/{*file}",
    "/favicon.svg",
    "/paper.css",
    "/guide.css",
    "/print.js",
    "/live.js",
    "/waiting.js",
    "/missing_parts.js",
    "/presence.js",
    "/palette.js",
    "/keys.js",
    "/evidence.js",
    "/runs.js",
    "/run_cells.js",
    "/run_parts.js",
    "/run_watch.js",
    "/run_output.css",
    "/run_output.js",
    "/robots.txt",
    "/help",
    "/help/pictures/{*file}",
    "/api/openapi.json",
    "/api/docs",
];

/// A request, as method, path and body; the body is null for GET.
pub type Question = (&'static str, String, Value);

/// An id that no row has.
const NOBODY: i64 = 99_999;

/// The ids that are asked for: of each kind one that is seen, one that is hidden, as far as the world has them, and one that no row
/// has, in this order.
pub struct Ids {
    pub clusters: Vec<i64>,
    pub customers: Vec<i64>,
    pub releases: Vec<i64>,
    pub templates: Vec<i64>,
    pub steps: Vec<i64>,
    pub runs: Vec<i64>,
    /// Steps with pieces of evidence, also a step that is seen with a piece of one that is hidden.
    pub evidence: Vec<(i64, i64)>,
}

/// Draws one that is seen and one that is hidden, from some that say which they are.
fn drawn<T: Clone>(dice: &mut Dice, all: impl Iterator<Item = (T, bool)>) -> Vec<T> {
    let (seen, hidden): (Vec<_>, Vec<_>) = all.partition(|it| it.1);
    let both = [dice.of(&seen), dice.of(&hidden)];
    both.into_iter().flatten().map(|it| it.0).collect()
}

fn drawn_ids(dice: &mut Dice, all: impl Iterator<Item = (i64, bool)>) -> Vec<i64> {
    let mut ids = drawn(dice, all);
    ids.push(NOBODY);
    ids
}

impl Ids {
    /// Those of a world, drawn by its seed.
    pub async fn of(world: &RandomWorld, seed: u64) -> Self {
        let runs = world.app.store.runs(RunFilter::default()).await.unwrap();
        let runs = runs.items.iter().map(|it| &it.run);
        let runs = runs.map(|it| (it.id.0, world.is_in_scope(it.customer_id)));
        let customers = world.customers.iter().map(|it| (it.id.0, it.is_in_scope));
        let seen = world.seen_steps.iter().map(|it| (it.0, true));
        let hidden = world.hidden_steps.iter().map(|it| (it.0, false));
        let evidence = world.evidence.iter();
        let evidence = evidence.map(|(step, piece, is_seen)| ((step.0, piece.0), *is_seen));
        let mut dice = Dice::new(seed);
        let mut evidence: Vec<(i64, i64)> = drawn(&mut dice, evidence);
        if let [(seen_step, _), (_, hidden_piece)] = evidence[..] {
            evidence.push((seen_step, hidden_piece));
        }
        evidence.push((NOBODY, NOBODY));
        Self {
            evidence,
            clusters: drawn_ids(&mut dice, world.clusters.iter().map(|it| (it.0.0, it.1))),
            customers: drawn_ids(&mut dice, customers),
            releases: drawn_ids(&mut dice, world.releases.iter().map(|it| (it.0.0, it.1))),
            templates: drawn_ids(&mut dice, world.templates.iter().map(|it| (it.0.0, it.1))),
            steps: drawn_ids(&mut dice, seen.chain(hidden)),
            runs: drawn_ids(&mut dice, runs),
        }
    }

    /// Releases with customers: each kind with each, but what is not there only beside what is seen.
    fn cells(&self) -> Vec<(i64, i64)> {
        let releases = self.releases.iter().enumerate();
        let with_customers = releases.flat_map(|(row, release)| {
            let customers = self.customers.iter().take(3 - row.min(2));
            customers.map(|customer| (*release, *customer))
        });
        with_customers.collect()
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
        "/api/releases/{id}/export" => words(&[
            "?format=json",
            "?format=json&include=output",
            "?format=csv",
            "?format=md",
        ]),
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
        "/api/runs" => [
            words(&[
                "?limit=1",
                "?state=queued",
                "?unfinished=true",
                "?unsettled=true",
            ]),
            of("releaseId", &ids.releases),
            of("customerId", &ids.customers),
            of("clusterId", &ids.clusters),
            of("stepId", &ids.steps),
            of("cursor", &ids.runs),
        ]
        .concat(),
        "/api/runs/{id}/output" => words(&["?format=raw", "?after=0"]),
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
        "/runs" => [of("release", &ids.releases), words(&["?state=unfinished"])].concat(),
        "/activity" => [of("release", &ids.releases), of("customer", &ids.customers)].concat(),
        _ => Vec::new(),
    }
}

/// A path with each of the ids that stand for a part of it.
fn filled(pattern: &str, ids: &Ids) -> Vec<String> {
    let first = [
        ("/clusters/{id}", &ids.clusters),
        ("/customers/{id}", &ids.customers),
        ("/users/{id}", &ids.customers),
        ("/webhooks/{id}", &ids.customers),
        ("/releases/{id}", &ids.releases),
        ("/templates/{id}", &ids.templates),
        ("/steps/{id}", &ids.steps),
        ("/runs/{id}", &ids.runs),
    ];
    let with = |id: &i64| pattern.replacen("{id}", &id.to_string(), 1);
    let of_first = first.iter().find(|it| pattern.contains(it.0));
    let paths: Vec<String> = if pattern.contains("{customer_id}")
        || pattern.contains("{customerId}")
    {
        let of_customer = |(release, customer): (i64, i64)| {
            let (path, customer) = (with(&release), customer.to_string());
            let path = path.replace("{customer_id}", &customer);
            path.replace("{customerId}", &customer)
        };
        ids.cells().into_iter().map(of_customer).collect()
    } else if pattern.contains("{n}") {
        let of_piece = |(step, piece): &(i64, i64)| with(step).replace("{n}", &piece.to_string());
        ids.evidence.iter().map(of_piece).collect()
    } else if let Some((_, ids)) = of_first {
        ids.iter().map(with).collect()
    } else {
        vec![pattern.to_owned()]
    };
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
            "list_activity",
            json!({ "filter": { "limit": 200, "q": "zzhiddenzz" } }),
        ),
        (
            "list_activity",
            json!({ "filter": { "limit": 200, "person": "zzhiddenzz" } }),
        ),
        (
            "count_new_activity",
            json!({ "after": 0, "filter": { "limit": 200 } }),
        ),
        ("read_activity_choices", json!({})),
        ("list_clusters", json!({ "include_inactive": true })),
        ("list_customers", json!({ "include_inactive": true })),
        ("list_releases", json!({})),
        ("list_release_names", json!({})),
        ("list_runs", json!({ "filter": {} })),
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
    }
    for (release, customer) in ids.cells() {
        for name in ["read_customer_work", "read_checklist", "read_custom_places"] {
            calls.push((name, json!({ "release": release, "customer": customer })));
        }
        let text = json!({ "release": release, "customer": customer, "content": "{{var.HOST}}", "kind": "bash" });
        calls.push(("preview_text", text));
    }
    let calls = calls.into_iter();
    calls
        .map(|(name, body)| ("POST", format!("/rpc/{name}"), body))
        .collect()
}

/// What would change these steps, by their ids in the path or in the body.
pub fn writes(steps: &[i64], release: i64, customer: i64) -> Vec<Question> {
    let mut asked = Vec::new();
    let own = json!({ "name": "x", "category": "deploy", "type": "bash", "content": "true" });
    for id in steps {
        for action in ["start", "done", "fail", "skip", "revert", "reopen"] {
            let path = format!("/api/steps/{id}/{action}");
            asked.push(("POST", path, json!({ "reason": "x" })));
        }
        for (path, body) in [
            ("override", json!({ "content": "x", "version": 1 })),
            ("reset", json!({})),
            ("move", json!({ "insertBefore": id })),
            ("promote", json!({})),
            ("run", json!({ "version": 1 })),
            ("run", json!({ "version": 1, "here": true })),
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
        let runs = json!({ "ids": [id] });
        asked.push(("POST", "/api/runs".to_owned(), runs));
        let order = json!({ "category": "deploy", "orderedIds": [id] });
        let path = format!("/api/releases/{release}/customers/{customer}/reorder");
        asked.push(("POST", path, order));
    }
    asked
}
