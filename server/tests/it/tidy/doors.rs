//! Tests of the source for R23: reads begin at `visible()`, and a store is made only where the caller is authenticated.
use super::{code, files_below};
use std::collections::BTreeMap;

/// The tables whose rows a scope hides.
const SCOPED: [&str; 8] = [
    "audit_event",
    "cluster",
    "customer",
    "customer_step",
    "release",
    "release_customer",
    "run",
    "step_template",
];

/// Files that read these tables past the scope, how often, and why that is right.
const PAST_THE_SCOPE: [(&str, usize, &str); 12] = [
    (
        "views/matrix_cache.rs",
        1,
        "the cache holds all; `only` cuts what leaves it",
    ),
    (
        "views/matrix_snapshot.rs",
        7,
        "what the cache is filled with",
    ),
    (
        "views/activity.rs",
        1,
        "a subquery that narrows what is visible",
    ),
    (
        "views/committed_batches.rs",
        1,
        "read once for all streams; `seen_batches` cuts what each is told",
    ),
    (
        "views/customer_versions.rs",
        1,
        "the cache holds all; only visible customers are answered",
    ),
    (
        "views/customer_releases.rs",
        1,
        "a subquery that narrows what is visible",
    ),
    ("views/runs.rs", 2, "subqueries that narrow what is visible"),
    (
        "views/run_waits.rs",
        1,
        "only counted: what a cluster and its runners have in work",
    ),
    (
        "views/executed_texts.rs",
        1,
        "a subquery of events, with the condition of those that are visible",
    ),
    (
        "transfer/export.rs",
        2,
        "subqueries that narrow what is visible",
    ),
    (
        "transfer/export_proofs.rs",
        2,
        "subqueries that narrow what is visible, and nothing is exported to who has a scope",
    ),
    (
        "audit/history_head.rs",
        4,
        "the head is refused to who has a scope",
    ),
];

#[test]
fn no_view_asks_a_table_past_the_scope() {
    let mut found: BTreeMap<String, usize> = BTreeMap::new();
    for (file, text) in files_below("app/src/store") {
        let file = file.trim_start_matches("app/src/store/");
        let is_reader = file.starts_with("views/")
            || [
                "transfer/export.rs",
                "transfer/export_proofs.rs",
                "audit/history_head.rs",
            ]
            .contains(&file);
        if !is_reader {
            continue;
        }
        let words: Vec<String> = SCOPED
            .iter()
            .flat_map(|it| {
                [
                    format!(" {it}::Entity::find"),
                    format!("({it}::Entity::find"),
                    format!(".from({it}::Entity"),
                    format!("JoinType::InnerJoin, {it}::Entity"),
                ]
            })
            .collect();
        let n: usize = words
            .iter()
            .map(|it| code(&text).matches(it.as_str()).count())
            .sum();
        if n > 0 {
            found.insert(file.to_owned(), n);
        }
    }
    let allowed: BTreeMap<String, usize> = PAST_THE_SCOPE
        .iter()
        .map(|it| (it.0.to_owned(), it.1))
        .collect();
    assert_eq!(found, allowed, "begin at `self.visible()`");
}

#[test]
fn a_store_is_made_where_it_is_known_who_asks() {
    // Where the caller comes from the request, or is the program itself.
    let allowed = [
        "app/src/api/context.rs",
        "app/src/store/accounts/",
        "app/src/store/records/webhook_switch.rs",
        "app/src/store/runs/expiry.rs",
        "app/src/store/runs/finishing.rs",
        "server/src/cli/verbs.rs",
        "server/src/demo/mod.rs",
        "server/src/http/access.rs",
        "server/src/http/checklist_download.rs",
        "server/src/http/downloads.rs",
        "server/src/http/first_run.rs",
        "server/src/http/forms.rs",
        "server/src/http/name_first.rs",
        "server/src/http/print_page.rs",
        "server/src/http/sign_in_pages.rs",
        "server/src/ops/prometheus.rs",
        "server/src/rest/extract.rs",
        "server/src/rest/idempotency.rs",
    ];
    let files = ["app/src", "server/src"].into_iter().flat_map(files_below);
    for (file, _) in files.filter(|it| code(&it.1).contains(".as_caller(")) {
        assert!(
            allowed.iter().any(|it| file.starts_with(it)),
            "{file} makes a store"
        );
    }
    // An admin without a user is made for `open` mode, the command line and the demo, and nowhere else.
    let unlimited = ["Caller::open(", "Caller::program(", "Caller::at_sign_in("];
    let allowed = [
        "app/src/domain/caller.rs",
        "app/src/store/accounts/provider_users.rs",
        "app/src/store/accounts/sessions.rs",
        "app/src/store/accounts/setup.rs",
        "app/src/store/records/webhook_switch.rs",
        "server/src/cli/verbs.rs",
        "server/src/demo/mod.rs",
        "server/src/http/access.rs",
        "server/src/ops/prometheus.rs",
    ];
    let files = ["app/src", "server/src"].into_iter().flat_map(files_below);
    for (file, text) in files {
        let is_made = unlimited.iter().any(|it| code(&text).contains(it));
        assert!(
            !is_made || allowed.contains(&file.as_str()),
            "{file} makes an admin"
        );
    }
}
