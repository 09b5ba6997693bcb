//! `rollcall steps`: template steps of a release, on the database.
use super::{
    output::{CliOutput, ProgressSpinner},
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
        actor_stamp::ActorStamp,
        decode::decode,
        id::{BatchId, ReleaseId},
        plural::pluralize,
        template_markdown::TemplateImport,
        vocabulary::Noun,
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

/// The release that an id or a whole name names. A name that several have must be an id.
async fn find_release(store: &Store, wanted: &str) -> Result<(ReleaseId, String), Failure> {
    let all = store.release_names().await?;
    if let Some(found) = all.iter().find(|it| it.0.to_string() == wanted) {
        return Ok(found.clone());
    }
    let mut called: Vec<_> = all.into_iter().filter(|it| it.1 == wanted).collect();
    match called.len() {
        0 => Err(StoreError::NotFound(Noun::Release).into()),
        1 => Ok(called.swap_remove(0)),
        _ => {
            let ids: Vec<String> = called.iter().map(|it| it.0.to_string()).collect();
            let ids = ids.join(", ");
            Err(Failure::Refused(format!(
                "several releases are called {wanted}. Use an id: {ids}"
            )))
        }
    }
}

/// What was read, and the change that imported it; none in a dry run, and none if there are errors.
struct Outcome {
    release: (ReleaseId, String),
    import: TemplateImport,
    batch: Option<BatchId>,
}

/// Reads the runbook, and imports it if that is wanted and nothing is wrong.
async fn import_into(
    store: &Store,
    wanted: &StepsImport,
    markdown: String,
    actor: &str,
) -> Result<Outcome, Failure> {
    let release = find_release(store, &wanted.release).await?;
    let preview = store.preview_runbook(release.0, markdown.clone(), Vec::new());
    let mut import = preview.await?;
    let mut batch = None;
    if import.may_be_imported() && !wanted.dry_run {
        let stamp = ActorStamp::new(actor, now())
            .map_err(|problem| Failure::Refused(format!("the actor: {problem}")))?;
        let done = store.import_runbook(release.0, markdown, Vec::new(), stamp);
        let done = done.await?;
        (import, batch) = (done.row, done.batch_id);
    }
    Ok(Outcome {
        release,
        import,
        batch,
    })
}

impl Outcome {
    fn sentences(&self, is_dry_run: bool) -> String {
        let import = &self.import;
        let mut lines: Vec<String> = import
            .notes
            .iter()
            .map(|it| format!("line {}: {}", it.line, it.message))
            .collect();
        let asked = import
            .steps
            .iter()
            .filter_map(|it| Some(format!("line {}: {}", it.line, it.question.as_ref()?)));
        lines.extend(asked);
        if !import.may_be_imported() {
            return lines.join("\n");
        }
        if is_dry_run {
            let steps = import.steps.iter();
            lines.extend(steps.map(|it| format!("{} {} {}", it.category, it.kind, it.name)));
        }
        let steps = pluralize(import.steps.len(), "step");
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
        let wrong = self.import.notes.iter().filter(|it| it.is_error);
        let faults: Vec<Value> = wrong
            .map(|it| json!({ "line": it.line, "field": "markdown", "problem": it.message }))
            .collect();
        let mut json = json!(RunbookImportResult::from(self.import));
        json["release"] = json!({ "id": self.release.0, "name": self.release.1 });
        json["batchId"] = json!(self.batch.map(|it| it.0));
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
    let database = database::open_existing(url).await?;
    let store = as_program(&database, actor);
    let result = import_into(&store, &wanted, markdown, actor).await;
    let outcome = close_after(database, result).await?;
    drop(spinner);
    let sentences = outcome.sentences(wanted.dry_run);
    let n = outcome.import.notes.iter().filter(|it| it.is_error).count();
    wanted.output.print(&sentences, &outcome.json())?;
    if n > 0 {
        return Err(Failure::Faults { path, n });
    }
    Ok(Exit::Done)
}
