//! `rollcall steps`: template steps of a release, on the database, or by REST once `ROLLCALL_URL` names a server.
use super::{
    output::{CliOutput, ProgressSpinner},
    remote::RemoteServer,
    verbs::{as_program, close_after, read},
};
use crate::{
    ops::{
        database,
        failure::{Exit, Failure},
    },
    rest::dto::runbook_import::RunbookImportResult,
};
use app::{
    api::context::now,
    domain::{
        actor_stamp::ActorStamp, decode::decode, id::ReleaseId, plural::pluralize, vocabulary::Noun,
    },
    store::{Store, error::StoreError},
};
use clap::{Args, Subcommand};
use serde_json::{Value, json};
use std::path::PathBuf;

#[derive(Debug, Subcommand)]
pub enum StepsCommand {
    /// Append the steps of a Markdown runbook to a release: all of them, or nothing and a report by line
    Import(StepsImport),
}

#[derive(Debug, Args)]
pub struct StepsImport {
    /// The release, by its id or its whole name
    release: String,
    /// The runbook; `-` reads standard input
    file: PathBuf,
    /// Only say which steps would be appended
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    output: CliOutput,
}

/// A release, by id and name.
type NamedRelease = (i64, String);

/// The release that an id or a whole name names. What may be several is refused.
fn find_release(all: Vec<NamedRelease>, wanted: &str) -> Result<NamedRelease, Failure> {
    let is_meant = |it: &NamedRelease| it.0.to_string() == wanted || it.1 == wanted;
    let mut called: Vec<_> = all.into_iter().filter(is_meant).collect();
    match called.len() {
        0 => Err(StoreError::NotFound(Noun::Release).into()),
        1 => Ok(called.swap_remove(0)),
        _ => {
            let by = if called.iter().any(|it| it.1 != wanted) {
                "its whole name or the id of the other"
            } else {
                "an id"
            };
            let found = called.iter().map(|it| format!("{} {}", it.0, it.1));
            let found = found.collect::<Vec<_>>().join(", ");
            Err(Failure::Refused(format!(
                "{wanted} may be each of several releases. Use {by}: {found}"
            )))
        }
    }
}

/// What was read, as REST answers, and the change that imported it; none in a dry run, and none if there are errors.
struct Outcome {
    release: NamedRelease,
    read: Value,
    batch: Option<String>,
}

/// Reads the runbook, and imports it if that is wanted and nothing is wrong.
async fn import_into(
    store: &Store,
    wanted: &StepsImport,
    markdown: String,
    actor: &str,
) -> Result<Outcome, Failure> {
    let all = store.release_names().await?;
    let all = all.into_iter().map(|(id, name)| (id.0, name)).collect();
    let release = find_release(all, &wanted.release)?;
    let id = ReleaseId(release.0);
    let preview = store.preview_runbook(id, markdown.clone(), Vec::new());
    let mut import = preview.await?;
    let mut batch = None;
    if import.may_be_imported() && !wanted.dry_run {
        let stamp = ActorStamp::new(actor, now())
            .map_err(|problem| Failure::Refused(format!("the actor: {problem}")))?;
        let done = store.import_runbook(id, markdown, Vec::new(), stamp);
        let done = done.await?;
        (import, batch) = (done.row, done.batch_id.map(|it| it.0));
    }
    Ok(Outcome {
        release,
        read: json!(RunbookImportResult::from(import)),
        batch,
    })
}

/// The same by a server.
async fn import_by(
    server: &RemoteServer,
    wanted: &StepsImport,
    markdown: &str,
) -> Result<Outcome, Failure> {
    let release = find_release(server.release_names().await?, &wanted.release)?;
    let path = format!("/api/releases/{}/templates/import", release.0);
    let body = |dry_run: bool| json!({ "markdown": markdown, "dryRun": dry_run });
    let (read, batch) = server.post(&path, &body(true)).await?;
    let mut outcome = Outcome {
        release,
        read,
        batch,
    };
    if outcome.may_be_imported() && !wanted.dry_run {
        (outcome.read, outcome.batch) = server.post(&path, &body(false)).await?;
    }
    Ok(outcome)
}

impl Outcome {
    fn list(&self, name: &str) -> &[Value] {
        if let Value::Array(items) = &self.read[name] {
            items.as_slice()
        } else {
            &[]
        }
    }

    /// The notes that stop the import.
    fn errors(&self) -> impl Iterator<Item = &Value> {
        self.list("notes").iter().filter(|it| it["isError"] == true)
    }

    /// Whether there are steps and no errors.
    fn may_be_imported(&self) -> bool {
        !self.list("steps").is_empty() && self.errors().next().is_none()
    }

    fn sentences(&self, is_dry_run: bool) -> String {
        let word = |it: &Value, name: &str| it[name].as_str().unwrap_or_default().to_owned();
        let notes = self.list("notes").iter();
        let mut lines: Vec<String> = notes
            .map(|it| format!("line {}: {}", it["line"], word(it, "message")))
            .collect();
        let steps = self.list("steps");
        let asked = steps.iter().filter(|it| it["question"].is_string());
        lines.extend(asked.map(|it| format!("line {}: {}", it["line"], word(it, "question"))));
        if !self.may_be_imported() {
            return lines.join("\n");
        }
        if is_dry_run {
            lines.extend(steps.iter().map(|it| {
                let [category, kind, name] = ["category", "type", "name"].map(|of| word(it, of));
                format!("{category} {kind} {name}")
            }));
        }
        let steps = pluralize(steps.len(), "step");
        let name = &self.release.1;
        lines.push(if is_dry_run {
            format!("Would import {steps} into {name}. Nothing was changed.")
        } else {
            format!("Imported {steps} into {name}.")
        });
        lines.join("\n")
    }

    /// As REST answers, with the release, the change, and the errors.
    fn json(self) -> Value {
        let faults: Vec<Value> = self
            .errors()
            .map(|it| json!({ "line": it["line"], "field": "markdown", "problem": it["message"] }))
            .collect();
        let mut json = self.read;
        json["release"] = json!({ "id": self.release.0, "name": self.release.1 });
        json["batchId"] = json!(self.batch);
        json["faults"] = json!(faults);
        json
    }
}

pub async fn import(url: &str, actor: &str, wanted: StepsImport) -> Result<Exit, Failure> {
    let path = wanted.file.display().to_string();
    let spinner = ProgressSpinner::start("Importing steps");
    let bytes = read(&wanted.file).map_err(|error| Failure::Read {
        path: path.clone(),
        cause: error.to_string(),
    })?;
    let markdown = match decode(&bytes) {
        Ok(markdown) => markdown,
        Err(error) => {
            drop(spinner);
            let problem = error.to_string();
            let fault = json!({ "field": "markdown", "problem": problem });
            wanted
                .output
                .print(&problem, &json!({ "faults": [fault] }))?;
            return Err(Failure::Faults { path, n: 1 });
        }
    };
    let outcome = if let Some(server) = RemoteServer::of_environment(actor)? {
        import_by(&server, &wanted, &markdown).await?
    } else {
        let database = database::open_existing(url).await?;
        let store = as_program(&database, actor);
        let result = import_into(&store, &wanted, markdown, actor).await;
        close_after(database, result).await?
    };
    drop(spinner);
    let sentences = outcome.sentences(wanted.dry_run);
    let n = outcome.errors().count();
    wanted.output.print(&sentences, &outcome.json())?;
    if n > 0 {
        return Err(Failure::Faults { path, n });
    }
    Ok(Exit::Done)
}
