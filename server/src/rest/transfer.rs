//! REST: export and import of the whole database, export of one release (JSON, CSV, Markdown), and the history as CSV or JSON
//! lines. Large responses are streamed while they are read. If reading fails midway the connection breaks, so that no client
//! takes a part for the whole.
use super::{
    dto::rows,
    extract::{self, HeadAnchors, Id, QueryString, Reader, Writer},
    problem::Problem,
    response::{self, RestResponse},
    streamed_body,
};
use crate::{
    ops::{
        anchors::Anchors,
        import_notes::{self, ImportKey},
    },
    output::{attachment::attachment, csv_tables, markdown_report},
};
use app::{
    api::context::Context,
    domain::{
        event::{Event, EventFilter},
        id::{EventId, ReleaseId},
        rule_violation::RuleViolation,
        transfer::{ImportErrors, Transfer},
    },
    store::{
        Store,
        error::{StoreError, chain},
    },
};
use axum::{extract::Request, http::StatusCode};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, sync::Arc};
use tokio::sync::Semaphore;
use tracing::Instrument;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

/// Exports at a time. Each holds one of the store's eight readers until the client has taken it, so some stay free.
static EXPORT_PERMITS: Semaphore = Semaphore::const_new(4);
/// Events that are read from the database at once.
const EVENTS_PER_READ: u32 = 500;

const JSON_MEDIA_TYPE: &str = "application/json";
const JSON_LINES_MEDIA_TYPE: &str = "application/jsonl";
const CSV_MEDIA_TYPE: &str = "text/csv; charset=utf-8";
const MARKDOWN_MEDIA_TYPE: &str = "text/markdown; charset=utf-8";

pub fn router() -> OpenApiRouter<Context> {
    OpenApiRouter::default()
        .routes(routes!(export_all))
        .routes(routes!(import_all))
        .routes(routes!(export_release))
}

/// Everything, or one release with its customers, their clusters and its history.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ExportFile {
    /// The format: 6. Earlier ones are imported as well: before 6 there are neither runs nor evidence, before 4 no users, before 3
    /// events have no hashes.
    pub rollcall: u32,
    /// The newest migration of the database.
    pub schema: String,
    /// The highest id that was ever given, for each list.
    pub last_ids: BTreeMap<String, i64>,
    #[schema(value_type = Vec<Object>)]
    pub clusters: Vec<serde_json::Value>,
    #[schema(value_type = Vec<Object>)]
    pub customers: Vec<serde_json::Value>,
    #[schema(value_type = Vec<Object>)]
    pub releases: Vec<serde_json::Value>,
    #[schema(value_type = Vec<Object>)]
    pub templates: Vec<serde_json::Value>,
    #[schema(value_type = Vec<Object>)]
    pub members: Vec<serde_json::Value>,
    #[schema(value_type = Vec<Object>)]
    pub steps: Vec<serde_json::Value>,
    /// Without their passwords; empty in the export of a release.
    #[schema(value_type = Vec<Object>, required = false)]
    pub users: Vec<serde_json::Value>,
    /// Those that are over.
    #[schema(value_type = Vec<Object>, required = false)]
    pub runs: Vec<serde_json::Value>,
    /// With their bytes, in base64.
    #[schema(value_type = Vec<Object>, required = false)]
    pub evidence: Vec<serde_json::Value>,
    /// What is kept of the output of runs; only with `include=output`.
    #[schema(value_type = Vec<Object>, required = false)]
    pub output: Vec<serde_json::Value>,
    #[schema(value_type = Vec<Object>)]
    pub events: Vec<serde_json::Value>,
    /// Of one release only: the head of the history that it was exported from.
    #[schema(nullable = false)]
    pub head: Option<ExportHead>,
}

/// The newest event of a history.
#[derive(Debug, Serialize, ToSchema)]
pub struct ExportHead {
    pub id: i64,
    pub hash: String,
    /// Ed25519 of `ID:HASH`, in base64, if heads are signed.
    #[schema(nullable = false)]
    pub signature: Option<String>,
}

/// How many rows of each list were imported.
#[derive(Debug, Serialize, ToSchema)]
pub struct ImportCounts {
    pub imported: BTreeMap<String, usize>,
    /// Sentences about what was imported: whether its history had no hashes, and whether the signature of its head was verified.
    pub notes: Vec<String>,
}

/// What a release is written as.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum ExportFormat {
    Json,
    Csv,
    Md,
}

/// What a JSON export has only if it is asked for.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum ExportExtra {
    /// The output of runs.
    Output,
}

/// What is wanted besides.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct IncludeQuery {
    /// `output`: what is kept of the output of runs.
    #[param(value_type = Option<ExportExtra>, inline)]
    include: Option<String>,
}

/// How a release is wanted.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ExportQuery {
    /// `json` if nothing is said.
    #[param(value_type = Option<ExportFormat>, inline)]
    format: Option<String>,
    /// In JSON `output`: what is kept of the output of runs.
    #[param(value_type = Option<ExportExtra>, inline)]
    include: Option<String>,
}

/// Whether the output of runs is asked for. Errors: something else is.
fn includes_output(include: Option<&str>) -> Result<bool, Problem> {
    match include {
        None => Ok(false),
        Some("output") => Ok(true),
        Some(other) => Err(Problem::invalid(
            "include",
            format!("`{other}` is not output"),
        )),
    }
}

/// The whole database, for an import or for another program. The output of runs is part of it only with `include=output`.
#[utoipa::path(get, path = "/api/export", tag = "transfer", params(IncludeQuery),
    responses((status = 200, description = "Everything", body = ExportFile)))]
pub async fn export_all(
    Reader(store): Reader,
    QueryString(query): QueryString<IncludeQuery>,
) -> RestResponse {
    let has_output = includes_output(query.include.as_deref())?;
    let name = "rollcall.json";
    stream_export(&store, None, has_output, &Arc::default(), name).await
}

/// Takes an export into an empty database: all of it, or nothing. What is wrong with it is told by line and field. The last
/// event of the history names the caller. In `login` and `proxy` mode only the command line imports everything.
#[utoipa::path(post, path = "/api/import", tag = "transfer", request_body = ExportFile,
    responses((status = 200, description = "What was imported", body = ImportCounts)))]
pub async fn import_all(
    caller: Writer,
    HeadAnchors(anchors): HeadAnchors,
    request: Request,
) -> RestResponse {
    // An import needs an empty database, which has no user to sign in; and imported users have no passwords.
    if caller.store.caller().user().is_some() {
        return Err(StoreError::from(RuleViolation::ImportOverHttp).into());
    }
    if !extract::is_json(request.headers()) {
        return Err(Problem::from_status(StatusCode::UNSUPPORTED_MEDIA_TYPE));
    }
    let body = extract::read_body(request, &()).await?;
    // Parsing up to 256 MiB takes seconds, so it must not block a worker of the runtime.
    let parsed = tokio::task::spawn_blocking(move || Transfer::read(body.into())).await;
    let Ok(parsed) = parsed else {
        return Err(Problem::from_status(StatusCode::INTERNAL_SERVER_ERROR));
    };
    let file = parsed.map_err(|it| import_problem(&it))?;
    let key = anchors.public_key().map(ImportKey::Own);
    let signature = import_notes::signature_note(&file, key).map_err(|it| import_problem(&it))?;
    let outcome = caller.store.import(&file, caller.stamp).await?;
    let outcome = outcome.map_err(|it| import_problem(&it))?;
    let notes = import_notes::notes(&outcome, signature);
    let imported = outcome
        .imported
        .into_iter()
        .map(|(part, n)| (part.to_string(), n))
        .collect();
    let notes = notes.into_iter().map(str::to_owned).collect();
    let imported = ImportCounts { imported, notes };
    Ok(response::ok(&imported, Some(outcome.batch_id)))
}

/// 422 with an error for each line and field.
fn import_problem(faults: &ImportErrors) -> Problem {
    let n = faults.errors.len() + faults.more;
    let mut problem = Problem::new(
        StatusCode::UNPROCESSABLE_ENTITY,
        import_notes::refusal(faults),
    );
    for it in &faults.errors {
        let place = format!("line {}, {}", it.line, it.field);
        problem = problem.with_field_error(place.trim_end_matches(", "), &it.problem);
    }
    if faults.more > 0 {
        problem = problem.with_field_error("more", format!("{n} faults in all"));
    }
    problem
}

/// One release: as JSON that can be imported elsewhere, as a table with a row for every cell, or as a report.
#[utoipa::path(get, path = "/api/releases/{id}/export", tag = "transfer",
    params(("id" = i64, Path, description = "The release's id"), ExportQuery),
    responses((status = 200, description = "The release", content(
        (ExportFile = "application/json"),
        (String = "text/csv"),
        (String = "text/markdown")
    ))))]
pub async fn export_release(
    Reader(store): Reader,
    HeadAnchors(anchors): HeadAnchors,
    Id(id): Id<ReleaseId>,
    QueryString(query): QueryString<ExportQuery>,
) -> RestResponse {
    let store = &store;
    let has_output = includes_output(query.include.as_deref())?;
    match query.format.as_deref() {
        None | Some("json") => {
            let name = format!("release-{id}.json");
            stream_export(store, Some(id), has_output, &anchors, &name).await
        }
        Some("csv" | "md") if has_output => Err(Problem::invalid(
            "include",
            "Only JSON has the output of runs",
        )),
        Some("csv") => {
            let csv = csv_tables::release_csv(&store.release_sheet(id).await?);
            let name = format!("release-{id}.csv");
            Ok(attachment(CSV_MEDIA_TYPE, &name, csv))
        }
        Some("md") => {
            // Read first: the report may show more than its head proves, and never less.
            // The head covers events of all customers, so a caller with a scope does not get it.
            let newest = if store.caller().sees_all() {
                store.head().await?
            } else {
                None
            };
            let sheet = store.release_sheet(id).await?;
            let templates = store.release(id).await?.templates;
            let mut report = markdown_report::markdown(&sheet, &templates);
            if let Some((head, _)) = newest {
                let signature = anchors.signature(&head);
                let public_key = anchors.public_key().map(|it| it.to_string());
                let signed = signature.as_deref().zip(public_key.as_deref());
                report.push_str(&markdown_report::head(&head, signed));
                anchors.add(&head).await;
            }
            let name = format!("release-{id}.md");
            Ok(attachment(MARKDOWN_MEDIA_TYPE, &name, report))
        }
        Some(other) => Err(Problem::invalid(
            "format",
            format!("`{other}` is none of json, csv, md"),
        )),
    }
}

/// All events that the filter matches, newest first, as CSV.
pub async fn history_csv(
    store: Store,
    filter: EventFilter,
    after: Option<EventId>,
) -> RestResponse {
    let reader = HistoryReader {
        store,
        filter,
        after,
        render: csv_tables::event_csv_rows,
    };
    let header = csv_tables::event_csv_header();
    stream_history(reader, header, CSV_MEDIA_TYPE, "audit.csv").await
}

/// All events that the filter matches, newest first, as JSON lines.
pub async fn history_json_lines(
    store: Store,
    filter: EventFilter,
    after: Option<EventId>,
) -> RestResponse {
    let reader = HistoryReader {
        store,
        filter,
        after,
        render: event_json_lines,
    };
    stream_history(reader, Vec::new(), JSON_LINES_MEDIA_TYPE, "audit.jsonl").await
}

/// Events as JSON lines, each as a page of events has it.
fn event_json_lines(events: &[Event]) -> Vec<u8> {
    let mut lines = Vec::new();
    for event in events {
        let event = rows::Event::from(event.clone());
        if let Ok(line) = serde_json::to_vec(&event) {
            lines.extend(line);
            lines.push(b'\n');
        }
    }
    lines
}

/// Reads the history in batches and renders them.
struct HistoryReader {
    store: Store,
    filter: EventFilter,
    /// Only what came after it, oldest first.
    after: Option<EventId>,
    render: fn(&[Event]) -> Vec<u8>,
}

impl HistoryReader {
    /// The next rendered events, and whether there are more.
    async fn next_chunk(&mut self) -> Result<(Vec<u8>, bool), StoreError> {
        self.filter.limit = Some(EVENTS_PER_READ);
        let filter = self.filter.clone();
        let page = match self.after {
            Some(after) => self.store.events_after(after, filter).await?,
            None => self.store.events(filter).await?,
        };
        let has_more = page.next_cursor.is_some();
        self.filter.cursor = page.next_cursor;
        Ok(((self.render)(&page.items), has_more))
    }
}

/// Streams the history as a file. The first chunk is read before the response begins, so that its failure is still a problem
/// document.
async fn stream_history(
    mut reader: HistoryReader,
    mut header: Vec<u8>,
    media_type: &'static str,
    file_name: &str,
) -> RestResponse {
    let (lines, mut has_more) = reader.next_chunk().await?;
    header.extend(lines);
    let (sender, body) = streamed_body::channel();
    tokio::spawn(
        async move {
            let mut chunk = header;
            while sender.send(chunk).await {
                if !has_more {
                    return sender.finish().await;
                }
                match reader.next_chunk().await {
                    Ok(next) => (chunk, has_more) = next,
                    Err(error) => return log_broken_export(&error),
                }
            }
        }
        .in_current_span(),
    );
    Ok(attachment(media_type, file_name, body))
}

/// Streams everything, or one release, as a JSON file. The first chunk is read before the response begins. The head at the end
/// of a release is signed and kept, as that of a report.
async fn stream_export(
    store: &Store,
    release: Option<ReleaseId>,
    has_output: bool,
    anchors: &Arc<Anchors>,
    file_name: &str,
) -> RestResponse {
    let Ok(permit) = EXPORT_PERMITS.acquire().await else {
        return Err(Problem::from_status(StatusCode::SERVICE_UNAVAILABLE));
    };
    let mut export = store.export(release).await?;
    if has_output {
        export = export.with_output();
    }
    if let Some(head) = export.head().cloned() {
        if let Some(signature) = anchors.signature(&head) {
            export.sign(signature);
        }
        anchors.add(&head).await;
    }
    let first = export.next_chunk().await?.unwrap_or_default();
    let (sender, body) = streamed_body::channel();
    tokio::spawn(
        async move {
            let _permit = permit;
            let mut chunk = first;
            while sender.send(chunk).await {
                match export.next_chunk().await {
                    Ok(Some(next)) => chunk = next,
                    Ok(None) => return sender.finish().await,
                    Err(error) => return log_broken_export(&error),
                }
            }
        }
        .in_current_span(),
    );
    Ok(attachment(JSON_MEDIA_TYPE, file_name, body))
}

/// The response has begun, so the failure can only be logged; the body ends with an error.
fn log_broken_export(error: &StoreError) {
    tracing::error!(error = %chain(error), "an export broke off");
}
