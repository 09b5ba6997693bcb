//! REST: the stream of changes (R31), runs (R71) and presence (R33), and the address to which pages report what a user looks at.
use super::{
    extract::{JsonBody, Patch, QueryString, Reader, Writer},
    page,
    problem::Problem,
    response::{self, RestResponse},
};
use crate::{
    live::{
        Live,
        presence::PresenceReport,
        stream::{self, Resume},
    },
    ops::limits,
};
use app::{
    domain::id::{CustomerId, ReleaseId, StepId},
    store::error::StoreError,
};
use axum::{
    Extension,
    http::{HeaderMap, HeaderName, StatusCode},
};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

/// The event that a browser had last; it sends it when it comes back by itself.
const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

/// What is wanted of the stream.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct StreamQuery {
    /// Only what is about this release, its customers and their clusters.
    #[param(value_type = Option<i64>)]
    release: Option<String>,
    /// The last event that the caller knows: what came after it is told first. The header Last-Event-ID beats it.
    #[param(value_type = Option<i64>, minimum = 0)]
    after: Option<String>,
}

/// Where a client goes on from: its header, else its address. Errors: an address that cannot be read.
fn resume(headers: &HeaderMap, after: Option<&str>) -> Result<Resume, Problem> {
    let id = page::parse_position("after", after)?;
    let Some(header) = headers.get(LAST_EVENT_ID) else {
        return Ok(id.map_or(Resume::Now, Resume::After));
    };
    let id = header.to_str().ok().and_then(|it| it.trim().parse().ok());
    let id = id.filter(|it: &i64| *it >= 0);
    Ok(id.map_or(Resume::Unreadable, Resume::After))
}

/// What changes, as it is committed: server-sent events, each with JSON. `hello` first; then a `change` for each change
/// (`batchId`, `actor`, `at`, `releases`, and `changes`, which is null if there are more than a hundred); `reset` if what was missed cannot
/// be told, so that everything has to be read anew; `presence` when others come, go, or look at something else; `run` when a run is
/// another (`id`, `stepId`, `releaseId`, `customerId`, `state`, `last`). With `release` it also says that there is output up to `last`,
/// and `run-output` has it as it comes (`runId`, `stepId`, `items`), if this server took it in. An event's id is what to go on from. The stream ends by itself after a quarter of an hour, and says with `retry` when to come back.
#[utoipa::path(get, path = "/api/events", tag = "live", params(StreamQuery,
        ("Last-Event-ID" = Option<String>, Header, description = "The last event that the caller knows")),
    responses(
        (status = 200, description = "The stream", content((String = "text/event-stream")))
    ))]
pub async fn follow_changes(
    Extension(live): Extension<Live>,
    Reader(store): Reader,
    headers: HeaderMap,
    QueryString(query): QueryString<StreamQuery>,
) -> RestResponse {
    let release = page::parse_id("release", query.release.as_deref())?.map(ReleaseId);
    let resume = resume(&headers, query.after.as_deref())?;
    if let Some(release) = release {
        store.release_row(release).await?;
    }
    let slot = live.take_slot(&store.caller().person());
    let slot = slot.ok_or_else(too_many_streams)?;
    Ok(stream::respond(&live, store, slot, release, resume).await?)
}

fn too_many_streams() -> Problem {
    let mut problem = Problem::new(
        StatusCode::SERVICE_UNAVAILABLE,
        "Too many streams are open, of you or in all: close some, or come back later",
    )
    .with_type("too-many-streams", "Too many streams are open");
    problem.0.retry_after = Some(limits::STREAM_RETRY_AFTER_SECONDS);
    problem
}

/// What somebody looks at.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PresenceBody {
    /// The release; null: at none any more.
    #[serde(default)]
    #[schema(value_type = Option<i64>, required = true)]
    release_id: Patch<i64>,
    /// The customer's step that is open.
    step_id: Option<i64>,
    /// The customer whose page or step is open.
    customer_id: Option<i64>,
    /// Whether something is being typed there.
    editing: Option<bool>,
}

/// What is not there is a wrong field here: the body names it, not the address.
fn unknown(field: &'static str, id: i64) -> impl FnOnce(StoreError) -> Problem {
    move |error| match error {
        StoreError::NotFound(_) => Problem::invalid(field, format!("Unknown: {id}")),
        error => error.into(),
    }
}

/// Says what the caller looks at, so that others see it. It counts for 30 seconds, and nothing of it is stored.
#[utoipa::path(post, path = "/api/presence", tag = "live", request_body = PresenceBody,
    responses((status = 204, description = "It was told")))]
pub async fn say_presence(
    Extension(live): Extension<Live>,
    Writer { store, stamp, .. }: Writer,
    JsonBody(body): JsonBody<PresenceBody>,
) -> RestResponse {
    let release = match body.release_id {
        Patch::Absent => return Err(Problem::missing("releaseId")),
        Patch::Null => None,
        Patch::Value(id) => Some(ReleaseId(id)),
    };
    let mut report = PresenceReport {
        person: store.caller().person(),
        name: stamp.by,
        release,
        step: body.step_id.map(StepId),
        customer: body.customer_id.map(CustomerId),
        of_customer: body.customer_id.map(CustomerId),
        is_editing: body.editing.unwrap_or_default(),
        since: stamp.at,
    };
    if let Some(release) = release {
        let found = store.release_row(release).await;
        found.map_err(unknown("releaseId", release.0))?;
        if let Some(customer) = report.customer {
            let member = store.must_be_member(release, customer).await;
            member.map_err(unknown("customerId", customer.0))?;
        }
        if let Some(id) = report.step {
            let step = store.step_row(id).await;
            let step = step.map_err(unknown("stepId", id.0))?;
            let is_there = step.release_id == release
                && report.customer.is_none_or(|it| it == step.customer_id);
            if !is_there {
                return Err(Problem::invalid("stepId", format!("Unknown: {id}")));
            }
            report.of_customer = Some(step.customer_id);
        }
    }
    live.say(report).await;
    Ok(response::no_content(None))
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    #[test]
    fn the_header_beats_the_address_and_only_the_address_is_refused() {
        let read = |header: Option<&'static str>, after: Option<&str>| {
            let mut headers = HeaderMap::new();
            if let Some(header) = header {
                headers.insert(LAST_EVENT_ID, HeaderValue::from_static(header));
            }
            resume(&headers, after).map_err(|it| it.0.status)
        };
        assert_eq!(read(None, None), Ok(Resume::Now));
        assert_eq!(read(None, Some("12")), Ok(Resume::After(12)));
        assert_eq!(read(Some("15"), Some("12")), Ok(Resume::After(15)));
        for unreadable in ["x", "-1", "99999999999999999999", ""] {
            assert_eq!(read(Some(unreadable), None), Ok(Resume::Unreadable));
            assert_eq!(read(None, Some(unreadable)), Err(422), "{unreadable}");
        }
    }
}
