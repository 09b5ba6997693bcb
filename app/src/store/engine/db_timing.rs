//! Database timings for `GET /metrics`: queries, waits for the writer, changes. Without a metrics recorder nothing is
//! kept.
use std::time::Duration;

const TABLES: &[&str] = &[
    "clusters",
    "customers",
    "releases",
    "release_customers",
    "step_templates",
    "customer_steps",
    "text_variables",
    "audit_events",
    "sessions",
    "tokens",
    "users",
    "runs",
    "run_output",
    "runners",
];

/// Records a statement by its operation and the first table that it names. Its text is not kept.
pub fn record_query(sql: &str, took: Duration, failed: bool) {
    let operation = operation(sql);
    let table = table(sql);
    metrics::histogram!("rollcall_store_query_seconds", "operation" => operation, "table" => table)
        .record(took);
    if failed {
        metrics::counter!("rollcall_store_failures_total", "operation" => operation, "table" => table)
            .increment(1);
    }
}

/// Records the wait for the writer connection.
pub fn record_wait(took: Duration) {
    metrics::histogram!("rollcall_store_wait_seconds").record(took);
}

/// Records the duration of a change, from its beginning to its commit.
pub fn record_change(took: Duration) {
    metrics::histogram!("rollcall_store_write_seconds").record(took);
}

fn operation(sql: &str) -> &'static str {
    match sql.split_whitespace().next() {
        Some("SELECT") => "select",
        Some("INSERT") => "insert",
        Some("UPDATE") => "update",
        Some("DELETE") => "delete",
        _ => "other",
    }
}

fn table(sql: &str) -> &'static str {
    sql.split('"')
        .find_map(|word| TABLES.iter().find(|it| **it == word))
        .copied()
        .unwrap_or("other")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_is_known_by_its_verb_and_its_first_table() {
        let sql = r#"SELECT "customer_steps"."id" FROM "customer_steps" WHERE "release_id" IN (SELECT "id" FROM "releases")"#;
        assert_eq!((operation(sql), table(sql)), ("select", "customer_steps"));
        let sql = r#"SELECT "sessions"."id", (SELECT MAX("audit_events"."id") FROM "audit_events") FROM "sessions""#;
        assert_eq!((operation(sql), table(sql)), ("select", "sessions"));
        let sql = "PRAGMA page_count";
        assert_eq!((operation(sql), table(sql)), ("other", "other"));
    }
}
