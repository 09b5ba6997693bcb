//! REST: the history (audit events), and undo of a change.
use super::{
    dto::{
        enums::{EntitySchema, EventActionSchema},
        rows::{Event, HistoryHead},
        undo::{UndoOptions, UndoResponse},
    },
    extract::{HeadAnchors, Id, OptionalBody, QueryString, Reader, Writer},
    page::{self, List},
    problem::Problem,
    response::{self, RestResponse},
    transfer,
};
use app::domain::{
    event::EventFilter,
    id::{BatchId, ClusterId, CustomerId, EventId, ReleaseId, UserId},
};
use serde::Deserialize;
use utoipa::IntoParams;

/// Which events: all that is given must hold.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub struct AuditQuery {
    #[param(value_type = Option<EntitySchema>)]
    entity: Option<String>,
    #[param(value_type = Option<i64>)]
    entity_id: Option<String>,
    #[param(value_type = Option<i64>)]
    release_id: Option<String>,
    #[param(value_type = Option<i64>)]
    customer_id: Option<String>,
    /// About this cluster, or about one of its customers.
    #[param(value_type = Option<i64>)]
    cluster_id: Option<String>,
    #[param(value_type = Option<EventActionSchema>)]
    action: Option<String>,
    /// The whole name of the author, as it was then.
    actor: Option<String>,
    /// The name of a recent author, or else a part of names.
    person: Option<String>,
    /// The user who made the change.
    #[param(value_type = Option<i64>)]
    user_id: Option<String>,
    batch_id: Option<String>,
    /// A part of the author's name, of the name of the customer, release, cluster or step, or of the reason.
    q: Option<String>,
    /// Not before this time.
    #[param(value_type = Option<String>, format = DateTime)]
    from: Option<String>,
    /// Not after this time.
    #[param(value_type = Option<String>, format = DateTime)]
    to: Option<String>,
    /// How many rows a page has.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 500)]
    limit: Option<String>,
    /// The `nextCursor` of the page before.
    cursor: Option<String>,
    /// Only what came after this event, oldest first: for those who follow the history.
    #[param(value_type = Option<i64>)]
    after: Option<String>,
    /// `json` (a page of it), or all of it as `csv` or `jsonl`.
    format: Option<String>,
}

impl AuditQuery {
    /// Parses the query.
    fn filter(&self) -> Result<EventFilter, Problem> {
        let time = "a time: write it as 2026-02-01T14:02:00Z";
        let cursor = "a cursor of this list";
        let release = page::parse_id("releaseId", self.release_id.as_deref())?;
        let customer = page::parse_id("customerId", self.customer_id.as_deref())?;
        let cluster = page::parse_id("clusterId", self.cluster_id.as_deref())?;
        Ok(EventFilter {
            entity: page::parse_enum("entity", self.entity.as_deref())?,
            cluster_id: cluster.map(ClusterId),
            entity_id: page::parse_id("entityId", self.entity_id.as_deref())?,
            release_id: release.map(ReleaseId),
            customer_id: customer.map(CustomerId),
            action: page::parse_enum("action", self.action.as_deref())?,
            actor: self.actor.clone(),
            person: self.person.clone(),
            user_id: page::parse_id("userId", self.user_id.as_deref())?.map(UserId),
            batch_id: self.batch_id.clone().map(BatchId),
            q: self.q.clone(),
            from: page::parse("from", self.from.as_deref(), time)?,
            to: page::parse("to", self.to.as_deref(), time)?,
            cursor: page::parse("cursor", self.cursor.as_deref(), cursor)?.map(EventId),
            limit: Some(page::parse_limit(self.limit.as_deref())?),
        })
    }
}

/// The history, newest first; with `after` oldest first.
#[utoipa::path(get, path = "/api/audit", tag = "audit", params(AuditQuery),
    responses((status = 200, description = "A page of events, or all of them", content(
        (List<Event> = "application/json"),
        (String = "application/jsonl"),
        (String = "text/csv")
    ))))]
pub async fn list_events(
    Reader(store): Reader,
    QueryString(query): QueryString<AuditQuery>,
) -> RestResponse {
    let filter = query.filter()?;
    let after = page::parse_position("after", query.after.as_deref())?.map(EventId);
    match query.format.as_deref() {
        None | Some("json") => {}
        Some("csv") => return transfer::history_csv(store, filter, after).await,
        Some("jsonl") => return transfer::history_json_lines(store, filter, after).await,
        Some(other) => {
            let problem = format!("`{other}` is none of json, csv, jsonl");
            return Err(Problem::invalid("format", problem));
        }
    }
    let page = match after {
        Some(after) => store.events_after(after, filter).await?,
        None => store.events(filter).await?,
    };
    let list = List::<Event> {
        items: page.items.into_iter().map(Into::into).collect(),
        next_cursor: page.next_cursor.map(|it| it.to_string()),
    };
    Ok(response::ok(&list, None))
}

/// The newest event by its hash, which proves the whole history before it: kept elsewhere, `rollcall check --head ID:HASH`
/// tells whether that history is still part of today's. In a history without events the id is 0 and the hash 64 zeros.
#[utoipa::path(get, path = "/api/audit/head", tag = "audit",
    responses((status = 200, description = "The head of the history", body = HistoryHead)))]
pub async fn read_head(Reader(store): Reader, HeadAnchors(anchors): HeadAnchors) -> RestResponse {
    let newest = store.head().await?;
    let (head, at) = newest.unzip();
    let head = head.unwrap_or_default();
    let head = HistoryHead {
        id: head.id.0,
        signature: anchors.signature(&head),
        hash: head.hash,
        at,
    };
    Ok(response::ok(&head, None))
}

/// Restores what was there before a change. What was changed since is left alone, and named; so are rows that the change made
/// and that have work, unless they are to be deleted with it.
#[utoipa::path(post, path = "/api/audit/{batchId}/undo", tag = "audit", request_body = Option<UndoOptions>,
    params(("batchId" = String, Path, description = "The change, by the `batchId` of its events")),
    responses((status = 200, description = "What was restored, or what would be done", body = UndoResponse)))]
pub async fn undo_batch(
    Id(batch): Id<BatchId>,
    caller: Writer,
    OptionalBody(options): OptionalBody<UndoOptions>,
) -> RestResponse {
    let (store, stamp) = (caller.store, caller.stamp);
    let deletes_work = options.delete_work.unwrap_or_default();
    if options.dry_run.unwrap_or_default() {
        let preview = store.preview_undo(batch, deletes_work, stamp).await?;
        return Ok(response::ok(&UndoResponse::DryRun(preview.into()), None));
    }
    let result = if deletes_work {
        store.undo_with_work(batch, stamp).await?
    } else {
        store.undo(batch, stamp).await?
    };
    let batch = result.batch_id.clone();
    Ok(response::ok(&UndoResponse::Result(result.into()), batch))
}
