//! `rollcall rancher`: creates clusters and customers from Rancher, by the REST of a server that has Rancher's settings (R65).
use super::{client::credentials, output::CliOutput};
use crate::ops::failure::{Exit, Failure};
use app::domain::plural::pluralize;
use clap::Args;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Which namespaces, and whether they are only told.
#[derive(Debug, Args)]
pub struct RancherArguments {
    /// Only say what would be created
    #[arg(long)]
    dry_run: bool,
    /// Only this cluster of Rancher, by its name or id. May be repeated
    #[arg(long = "cluster", value_name = "K")]
    clusters: Vec<String>,
    /// Only namespaces with this in their names
    #[arg(long, value_name = "T")]
    name: Option<String>,
    /// Only namespaces with this label: key=value, or key; several with commas between them
    #[arg(long, value_name = "K=V")]
    label: Option<String>,
    /// Only namespaces of this project, by its name or id
    #[arg(long, value_name = "P")]
    project: Option<String>,
    #[command(flatten)]
    output: CliOutput,
}

/// Creates a customer for each namespace that is new and not of the system. A cluster that could not be read is told on standard
/// error, and the program ends with 1. Errors: no server is named; it says no, or does not answer.
pub async fn import(wanted: RancherArguments) -> Result<Exit, Failure> {
    let server = credentials::server()?;
    let filter = json!({
        "clusters": wanted.clusters,
        "name": wanted.name,
        "label": wanted.label,
        "project": wanted.project,
    });
    let (preview, _) = server.post("/api/rancher/preview", &filter).await?;
    let picks: Vec<&Value> = rows(&preview, "namespaces")
        .filter(|it| is_taken(it))
        .collect();
    let problems: Vec<String> = rows(&preview, "clusters").filter_map(problem).collect();
    for line in &problems {
        eprintln!("rollcall: {line}");
    }
    let exit = if problems.is_empty() {
        Exit::Done
    } else {
        Exit::Failed
    };
    if wanted.dry_run {
        let lines = told(&preview, &picks);
        wanted.output.print(&lines, &preview)?;
        return Ok(exit);
    }
    let done = if picks.is_empty() {
        json!({ "rows": [], "created": 0, "clustersCreated": 0 })
    } else {
        let picks: Vec<Value> = picks
            .iter()
            .map(|it| json!({ "cluster": it["cluster"], "namespace": it["namespace"] }))
            .collect();
        let body = json!({ "namespaces": picks });
        server.post("/api/rancher/import", &body).await?.0
    };
    let n = |key: &str| done[key].as_u64().unwrap_or_default();
    let sentence = match created(n("created"), n("clustersCreated")) {
        Some(what) => format!("Created {what}."),
        None => "Nothing to create.".to_owned(),
    };
    wanted.output.print(&sentence, &done)?;
    Ok(exit)
}

fn rows<'a>(answer: &'a Value, list: &str) -> impl Iterator<Item = &'a Value> + use<'a> {
    answer[list].as_array().into_iter().flatten()
}

fn word<'a>(row: &'a Value, key: &str) -> &'a str {
    row[key].as_str().unwrap_or_default()
}

/// Whether a namespace becomes a customer: it is new, and nothing speaks against it, as that it is of the system.
fn is_taken(row: &Value) -> bool {
    row["status"] == "new" && row["reason"].is_null()
}

/// Why a cluster could not be read, if it could not.
fn problem(cluster: &Value) -> Option<String> {
    let why = cluster["problem"].as_str()?;
    Some(format!("couldn't read {}: {why}", word(cluster, "name")))
}

/// "3 customers and 1 cluster"; none if nothing is created.
fn created(customers: u64, clusters: u64) -> Option<String> {
    let n_customers = pluralize(customers, "customer");
    match (customers, clusters) {
        (0, _) => None,
        (_, 0) => Some(n_customers),
        (_, n) => Some(format!("{n_customers} and {}", pluralize(n, "cluster"))),
    }
}

/// What a dry run says: each cluster and namespace, and what would be created.
fn told(preview: &Value, picks: &[&Value]) -> String {
    let mut lines: Vec<String> = Vec::new();
    for cluster in rows(preview, "clusters") {
        let [status, name, state] = ["status", "name", "state"].map(|it| word(cluster, it));
        let line = format!("{status} cluster {name} {state}");
        lines.push(line.trim_end().to_owned());
    }
    for row in rows(preview, "namespaces") {
        let [status, cluster, namespace] =
            ["status", "cluster", "namespace"].map(|it| word(row, it));
        let more = row["reason"].as_str().or(row["customer"].as_str());
        let more = more.map(|it| format!(": {it}")).unwrap_or_default();
        lines.push(format!("{status} {cluster} {namespace}{more}"));
    }
    let new: BTreeSet<&str> = rows(preview, "clusters")
        .filter(|it| it["status"] == "new")
        .map(|it| word(it, "name"))
        .collect();
    let needed: BTreeSet<&str> = picks.iter().map(|it| word(it, "cluster")).collect();
    let (n_picks, n_clusters) = (picks.len() as u64, new.intersection(&needed).count() as u64);
    lines.push(match created(n_picks, n_clusters) {
        Some(what) => format!("Would create {what}. Nothing was changed."),
        None => "Nothing to create.".to_owned(),
    });
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dry_run_tells_each_namespace_and_what_would_be_created() {
        let preview = json!({
            "clusters": [
                { "name": "prod-eu", "state": "active", "status": "new", "problem": null },
                { "name": "old", "state": null, "status": "gone", "problem": null },
                { "name": "prod-us", "state": "unavailable", "status": "known", "problem": "Rancher answers 503" },
            ],
            "namespaces": [
                { "cluster": "prod-eu", "namespace": "acme", "status": "new", "reason": null, "customer": null },
                { "cluster": "prod-eu", "namespace": "default", "status": "new", "reason": "default is a system namespace", "customer": null },
            ],
        });
        let picks: Vec<&Value> = rows(&preview, "namespaces")
            .filter(|it| is_taken(it))
            .collect();
        assert_eq!(
            told(&preview, &picks),
            "new cluster prod-eu active\ngone cluster old\nknown cluster prod-us unavailable\n\
             new prod-eu acme\n\
             new prod-eu default: default is a system namespace\n\
             Would create 1 customer and 1 cluster. Nothing was changed."
        );
        let problems: Vec<String> = rows(&preview, "clusters").filter_map(problem).collect();
        assert_eq!(problems, ["couldn't read prod-us: Rancher answers 503"]);
        assert_eq!(created(0, 0), None);
        assert_eq!(created(2, 0).as_deref(), Some("2 customers"));
    }
}
