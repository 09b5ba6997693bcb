//! The whole database out and in, one release as a table or a report, and the history as a table. What may be large is
//! sent while it is being read; if reading fails midway the connection breaks, so that nobody takes a part for the whole.
use super::{
    dto::rows,
    extract::{self, Caller, HeadAnchors, Id, QueryString},
    problem::Problem,
    response::{self, RestResponse},
    streamed_body,
};
use crate::{
    ops::anchors::Anchors,
    output::{csv_tables, markdown_report},
};
use app::{
    api::context::Context,
    domain::{
        event::{Event, EventFilter},
        id::ReleaseId,
        transfer::{ImportErrors, Transfer},
    },
    store::{
        Store,
        error::{StoreError, chain},
    },
};
use axum::{
    body::Body,
    extract::{Request, State},
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, sync::Arc};
use tokio::sync::Semaphore;
use tracing::Instrument;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

/// Each export holds one of the store's eight readers until it is taken: the others are for everybody else.
static EXPORTS: Semaphore = Semaphore::const_new(4);
/// Lines of the history that are read at once.
const LINES: u32 = 500;

const JSON: &str = "application/json";
const JSONL: &str = "application/jsonl";
const CSV: &str = "text/csv; charset=utf-8";
const MARKDOWN: &str = "text/markdown; charset=utf-8";

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
    /// The format: 2. In format 1 events have no hashes; it is taken in as well.
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

/// How many rows of each list were taken in.
#[derive(Debug, Serialize, ToSchema)]
pub struct Imported {
    pub imported: BTreeMap<String, usize>,
}

/// What a release is written as.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum ExportFormat {
    Json,
    Csv,
    Md,
}

/// How a release is wanted.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ExportQuery {
    /// `json` if nothing is said.
    #[param(value_type = Option<ExportFormat>, inline)]
    format: Option<String>,
}

/// The whole database, for an import or for another program.
#[utoipa::path(get, path = "/api/export", tag = "transfer",
    responses((status = 200, description = "Everything", body = ExportFile)))]
pub async fn export_all(State(context): State<Context>) -> RestResponse {
    exported(&context.store, None, &Arc::default(), "rollcall.json").await
}

/// Takes an export into an empty database: all of it, or nothing. What is wrong with it is told by line and field. The last
/// event of the history says who took it in.
#[utoipa::path(post, path = "/api/import", tag = "transfer", request_body = ExportFile,
    responses((status = 200, description = "What was taken in", body = Imported)))]
pub async fn import_all(caller: Caller, request: Request) -> RestResponse {
    if !extract::is_json(request.headers()) {
        return Err(Problem::of(StatusCode::UNSUPPORTED_MEDIA_TYPE));
    }
    let bytes = extract::bytes(request, &()).await?;
    // Reading a quarter of a gigabyte takes a while, and others want to be served.
    let read = tokio::task::spawn_blocking(move || Transfer::read(bytes.into())).await;
    let Ok(read) = read else {
        return Err(Problem::of(StatusCode::INTERNAL_SERVER_ERROR));
    };
    let file = read.map_err(|it| wrong(&it))?;
    let taken = caller.store.import(&file, caller.stamp).await?;
    let taken = taken.map_err(|it| wrong(&it))?;
    let imported = taken
        .imported
        .into_iter()
        .map(|(part, n)| (part.to_string(), n))
        .collect();
    Ok(response::did(&Imported { imported }, Some(taken.batch_id)))
}

/// 422: by line and field.
fn wrong(faults: &ImportErrors) -> Problem {
    let n = faults.faults.len() + faults.more;
    let mut problem = Problem::new(
        StatusCode::UNPROCESSABLE_ENTITY,
        format!("nothing was taken in: {faults}"),
    );
    for it in &faults.faults {
        let place = format!("line {}, {}", it.line, it.field);
        problem = problem.at(place.trim_end_matches(", "), &it.problem);
    }
    if faults.more > 0 {
        problem = problem.at("more", format!("{n} faults in all"));
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
    State(context): State<Context>,
    HeadAnchors(anchors): HeadAnchors,
    Id(id): Id<ReleaseId>,
    QueryString(query): QueryString<ExportQuery>,
) -> RestResponse {
    let store = &context.store;
    match query.format.as_deref() {
        None | Some("json") => {
            let name = format!("release-{id}.json");
            exported(store, Some(id), &anchors, &name).await
        }
        Some("csv") => {
            let csv = csv_tables::sheet(&store.sheet(id).await?);
            Ok(file(CSV, &format!("release-{id}.csv"), csv.into()))
        }
        Some("md") => {
            // Read first: the report may show more than its head proves, and never less.
            let newest = store.head().await?;
            let sheet = store.sheet(id).await?;
            let templates = store.release(id).await?.templates;
            let mut text = markdown_report::markdown(&sheet, &templates);
            if let Some((head, _)) = newest {
                let signature = anchors.signature(&head);
                text.push_str(&markdown_report::head(&head, signature.as_deref()));
                anchors.add(&head).await;
            }
            Ok(file(MARKDOWN, &format!("release-{id}.md"), text.into()))
        }
        Some(other) => Err(Problem::invalid(
            "format",
            format!("`{other}` is none of json, csv, md"),
        )),
    }
}

/// The history as CSV: all that the filter finds, newest first, however many pages that is.
pub async fn audit_csv(store: Store, filter: EventFilter) -> RestResponse {
    let history = History {
        store,
        filter,
        render: csv_tables::audit,
    };
    told(history, csv_tables::audit_heading(), CSV, "audit.csv").await
}

/// The history, each event a line of JSON.
pub async fn audit_jsonl(store: Store, filter: EventFilter) -> RestResponse {
    let history = History {
        store,
        filter,
        render: lines,
    };
    told(history, Vec::new(), JSONL, "audit.jsonl").await
}

/// Some events, each a line of JSON as a page of them has it.
fn lines(events: &[Event]) -> Vec<u8> {
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

/// The history under way, page by page.
struct History {
    store: Store,
    filter: EventFilter,
    render: fn(&[Event]) -> Vec<u8>,
}

impl History {
    /// The next lines, and whether there are more.
    async fn page(&mut self) -> Result<(Vec<u8>, bool), StoreError> {
        self.filter.limit = Some(LINES);
        let page = self.store.events(self.filter.clone()).await?;
        let more = page.next_cursor.is_some();
        self.filter.cursor = page.next_cursor;
        Ok(((self.render)(&page.items), more))
    }
}

/// The first page is read before the answer begins: what fails then is still said in words.
async fn told(
    mut history: History,
    mut head: Vec<u8>,
    media: &'static str,
    name: &str,
) -> RestResponse {
    let (lines, mut more) = history.page().await?;
    head.extend(lines);
    let (sender, body) = streamed_body::channel();
    tokio::spawn(
        async move {
            let mut piece = head;
            while sender.send(piece).await {
                if !more {
                    return sender.end().await;
                }
                match history.page().await {
                    Ok((lines, is_more)) => (piece, more) = (lines, is_more),
                    Err(error) => return broken(&error),
                }
            }
        }
        .in_current_span(),
    );
    Ok(file(media, name, body))
}

/// Everything, or one release, as JSON. That of a release is a report: its head is kept.
async fn exported(
    store: &Store,
    release: Option<ReleaseId>,
    anchors: &Arc<Anchors>,
    name: &str,
) -> RestResponse {
    let Ok(permit) = EXPORTS.acquire().await else {
        return Err(Problem::of(StatusCode::SERVICE_UNAVAILABLE));
    };
    let mut export = store.export(release).await?;
    if let Some(head) = export.head().cloned() {
        if let Some(signature) = anchors.signature(&head) {
            export.sign(signature);
        }
        anchors.add(&head).await;
    }
    let first = export.piece().await?.unwrap_or_default();
    let (sender, body) = streamed_body::channel();
    tokio::spawn(
        async move {
            let _permit = permit;
            let mut piece = first;
            while sender.send(piece).await {
                match export.piece().await {
                    Ok(Some(next)) => piece = next,
                    Ok(None) => return sender.end().await,
                    Err(error) => return broken(&error),
                }
            }
        }
        .in_current_span(),
    );
    Ok(file(JSON, name, body))
}

/// An answer that has begun ends without its end.
fn broken(error: &StoreError) {
    tracing::error!(error = %chain(error), "an export broke off");
}

/// An answer that a browser keeps as a file.
fn file(media: &'static str, name: &str, body: Body) -> Response {
    let mut response = body.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media));
    let disposition = format!("attachment; filename=\"{name}\"");
    if let Ok(disposition) = HeaderValue::from_str(&disposition) {
        headers.insert(header::CONTENT_DISPOSITION, disposition);
    }
    response
}
