//! The client's verbs that only read: `releases`, `status`, `next`, `show` and `copy`.
use super::{
    answers::{ReleaseLine, RemoteCell, RemoteMatrix, RemoteProgress, read},
    clipboard, names, screen,
    table::{Canvas, sentence},
};
use crate::{
    cli::{
        output::{CliOutput, stdout_name, write},
        remote::RemoteServer,
    },
    ops::failure::{Exit, Failure},
};
use app::domain::{
    plural::pluralize,
    progress::Progress,
    vocabulary::{ReleaseStatus, StepStatus},
};
use clap::{Args, ValueEnum};
use serde_json::{Value, json};
use std::io::{self, IsTerminal};

#[derive(Debug, Args)]
pub struct StatusArguments {
    /// The release: its id, its name, or its name as a slug
    release: String,
    /// A line for each cluster or customer, in place of the categories
    #[arg(long, value_enum)]
    by: Option<StatusPart>,
    #[command(flatten)]
    output: CliOutput,
}

/// What a release's progress is divided by.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum StatusPart {
    /// A line for each cluster
    Cluster,
    /// A line for each customer
    Customer,
}

#[derive(Debug, Args)]
pub struct NextArguments {
    /// The release: its id, its name, or its name as a slug
    release: String,
    /// Only this customer, by its name, its namespace or its id
    #[arg(long, value_name = "NAME")]
    customer: Option<String>,
    /// Only the customers of this cluster
    #[arg(long, value_name = "NAME")]
    cluster: Option<String>,
    #[command(flatten)]
    output: CliOutput,
}

#[derive(Debug, Args)]
pub struct StepArguments {
    /// The step: its id, or RELEASE/CUSTOMER/STEP by names, slugs or numbers
    step: String,
    #[command(flatten)]
    output: CliOutput,
}

pub async fn releases(server: &RemoteServer, output: CliOutput) -> Result<Exit, Failure> {
    let items = server.all("/api/releases").await?;
    let json = json!({ "items": items, "nextCursor": null });
    let lines: Vec<ReleaseLine> = items.into_iter().map(read).collect::<Result<_, _>>()?;
    let rows: Vec<[String; 5]> = lines
        .iter()
        .map(|it| {
            [
                it.release.id.to_string(),
                it.release.name.clone(),
                it.release.status.to_string(),
                pluralize(it.customers, "customer"),
                match it.release.status {
                    ReleaseStatus::Draft => String::new(),
                    _ => sentence(&it.progress),
                },
            ]
        })
        .collect();
    let text = if rows.is_empty() {
        "There is no release yet.".to_owned()
    } else {
        screen::canvas().aligned(&rows).join("\n")
    };
    output.print(&text, &json)?;
    Ok(Exit::Done)
}

pub async fn status(server: &RemoteServer, wanted: StatusArguments) -> Result<Exit, Failure> {
    let release = names::release(server, &wanted.release).await?;
    let path = format!("/api/releases/{}/progress", release.id);
    let json = server.get(&path).await?;
    let progress: RemoteProgress = read(json.clone())?;
    let canvas = screen::canvas();
    let heading = format!("{} ({})", release.name, release.status);
    let lines = status_lines(canvas, &heading, &progress, wanted.by);
    wanted.output.print(&lines.join("\n"), &json)?;
    Ok(Exit::Done)
}

fn status_lines(
    canvas: Canvas,
    heading: &str,
    progress: &RemoteProgress,
    by: Option<StatusPart>,
) -> Vec<String> {
    let mut parts: Vec<(&str, Progress)> = vec![("All", progress.whole)];
    match by {
        None => {
            let categories = progress.categories.iter();
            parts.extend(categories.map(|it| (it.category.label(), it.progress)));
        }
        Some(StatusPart::Cluster) => {
            let clusters = progress.clusters.iter();
            parts.extend(clusters.map(|it| (it.name.as_str(), it.progress)));
        }
        Some(StatusPart::Customer) => {
            let customers = progress.customers.iter();
            parts.extend(customers.map(|it| (it.name.as_str(), it.progress)));
        }
    }
    let mut lines = vec![canvas.bold(heading)];
    lines.extend(canvas.progress_lines(&parts));
    lines
}

/// The step of each customer that is to be worked on next: the first open one that did not fail, else the first that did. The cells
/// are customer by customer, in each customer's order.
fn next_steps(cells: &[RemoteCell]) -> Vec<&RemoteCell> {
    let customers = cells.chunk_by(|a, b| a.customer_id == b.customer_id);
    let next = customers.filter_map(|steps| {
        let is_to_do = |it: &&RemoteCell| it.status.is_open() && it.status != StepStatus::Failed;
        let is_open = |it: &&RemoteCell| it.status.is_open();
        let first = steps.iter().find(is_to_do);
        first.or_else(|| steps.iter().find(is_open))
    });
    next.collect()
}

pub async fn next(server: &RemoteServer, wanted: NextArguments) -> Result<Exit, Failure> {
    let release = names::release(server, &wanted.release).await?;
    let mut members = names::members(server, release.id).await?;
    if let Some(cluster) = &wanted.cluster {
        let id = names::find_cluster(&members, cluster)?;
        members.retain(|it| it.cluster.id == id);
    }
    if let Some(customer) = &wanted.customer {
        let id = names::find_customer(&members, customer)?.id;
        members.retain(|it| it.id == id);
    }
    let path = format!("/api/releases/{}/matrix", release.id);
    let matrix = RemoteMatrix::read(server.get(&path).await?)?;
    let mut next = next_steps(&matrix.cells);
    next.retain(|cell| members.iter().any(|it| it.id == cell.customer_id));
    let canvas = screen::canvas();
    let rows: Vec<[String; 4]> = next
        .iter()
        .map(|it| {
            [
                it.id.to_string(),
                format!("{} {}", it.number, it.step),
                format!("{} ({}, {})", it.customer, it.namespace, it.cluster),
                it.status.in_sentence().to_owned(),
            ]
        })
        .collect();
    let lines = canvas.aligned(&rows).into_iter().zip(&next);
    let lines = lines.map(|(line, cell)| match cell.status {
        StepStatus::Pending => line,
        status => canvas.of_status(status, &line),
    });
    let text = if next.is_empty() {
        "No step is open.".to_owned()
    } else {
        lines.collect::<Vec<_>>().join("\n")
    };
    let items: Vec<Value> = next.iter().map(|it| it.json()).collect();
    wanted.output.print(&text, &json!({ "items": items }))?;
    Ok(Exit::Done)
}

/// The step in detail, as REST answers it.
async fn detail(server: &RemoteServer, written: &str) -> Result<Value, Failure> {
    let step = names::step(server, written).await?;
    server.get(&format!("/api/steps/{}/detail", step.id)).await
}

/// A text member of an answer; empty if it has none.
fn text_of<'a>(answer: &'a Value, name: &str) -> &'a str {
    answer[name].as_str().unwrap_or_default()
}

/// Which step that is: "3 Set image of Acme (acme, prod-eu)".
fn title(detail: &Value) -> String {
    let customer = &detail["customer"];
    format!(
        "{} {} of {} ({}, {})",
        detail["number"],
        text_of(detail, "name"),
        text_of(customer, "name"),
        text_of(customer, "namespace"),
        text_of(&customer["cluster"], "name"),
    )
}

/// Says on standard error which variables have no value: the text is not whole.
fn warn_of_unresolved(detail: &Value) {
    let names = detail["unresolved"].as_array().into_iter().flatten();
    let names: Vec<&str> = names.filter_map(Value::as_str).collect();
    if !names.is_empty() {
        let names = names.join(", ");
        eprintln!("rollcall: the text is not whole, these have no value: {names}");
    }
}

pub async fn show(server: &RemoteServer, wanted: StepArguments) -> Result<Exit, Failure> {
    let detail = detail(server, &wanted.step).await?;
    if wanted.output.json {
        wanted.output.print("", &detail)?;
        return Ok(Exit::Done);
    }
    let canvas = screen::canvas();
    let mut text = String::new();
    if io::stdout().is_terminal() {
        let status = text_of(&detail, "status").replace('_', " ");
        let release = text_of(&detail["release"], "name");
        let about = format!("{release}, {}, {status}", text_of(&detail, "type"));
        text = format!(
            "{}\n{}\n\n",
            canvas.bold(&title(&detail)),
            canvas.dim(&about)
        );
    }
    let content = text_of(&detail, "resolvedContent");
    text.push_str(content);
    if !content.ends_with('\n') {
        text.push('\n');
    }
    write(&mut io::stdout(), text.as_bytes(), stdout_name())?;
    warn_of_unresolved(&detail);
    Ok(Exit::Done)
}

pub async fn copy(server: &RemoteServer, wanted: StepArguments) -> Result<Exit, Failure> {
    let mut detail = detail(server, &wanted.step).await?;
    let text = text_of(&detail, "copyText").to_owned();
    let program = clipboard::copy(&text);
    let sentence = match program {
        Some(_) => format!("Copied {}.", title(&detail)),
        None => text,
    };
    detail["clipboard"] = json!(program);
    wanted.output.print(&sentence, &detail)?;
    warn_of_unresolved(&detail);
    Ok(Exit::Done)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cell(customer_id: i64, number: u32, status: StepStatus) -> RemoteCell {
        RemoteCell {
            id: customer_id * 10 + i64::from(number),
            number,
            step: "Deploy".to_owned(),
            customer_id,
            customer: "Acme".to_owned(),
            namespace: "acme".to_owned(),
            cluster: "eu".to_owned(),
            status,
            by: None,
            at: None,
        }
    }

    #[test]
    fn the_next_step_of_a_customer_is_the_first_open_one_and_a_failed_one_comes_last() {
        use StepStatus::{Done, Failed, InProgress, Pending, Skipped};
        let cells = [
            cell(1, 1, Done),
            cell(1, 2, Failed),
            cell(1, 3, InProgress),
            cell(2, 1, Done),
            cell(2, 2, Failed),
            cell(3, 1, Done),
            cell(3, 2, Skipped),
            cell(4, 1, Pending),
        ];
        let ids: Vec<i64> = next_steps(&cells).iter().map(|it| it.id).collect();
        assert_eq!(ids, [13, 22, 41]);
    }

    #[test]
    fn a_status_has_a_line_for_the_whole_and_for_each_part() {
        let answer = json!({
            "total": 4,
            "counts": { "pending": 2, "inProgress": 0, "done": 1, "failed": 1, "skipped": 0, "reverted": 0 },
            "percent": 25, "state": "failed",
            "customers": [], "categories": [],
            "clusters": [{
                "id": 1, "name": "prod-eu", "customers": 2, "total": 4,
                "counts": { "pending": 2, "inProgress": 0, "done": 1, "failed": 1, "skipped": 0, "reverted": 0 },
                "percent": 25, "state": "failed",
            }],
        });
        let progress: RemoteProgress = read(answer).unwrap();
        let lines = |by| status_lines(Canvas::PLAIN, "June (active)", &progress, by);
        assert_eq!(
            lines(Some(StatusPart::Cluster)),
            [
                "June (active)",
                "All       25 %          1/4  1 failed",
                "prod-eu   25 %          1/4  1 failed",
            ]
        );
        assert_eq!(lines(None).len(), 2);
    }
}
