//! Problem documents (RFC 9457): every error under `/api` is `application/problem+json` with type, title, status, detail, and
//! the errors of fields. Errors that middleware answers (403, 405, 413, 500, 503) are converted to the same form.
use crate::ops::limits;
use app::{
    api::context::to_app_error,
    domain::{
        actor_stamp::ActorStamp, field_error::FieldError, permission::Role,
        rule_violation::RuleViolation, vocabulary::Noun,
    },
    error::{AppError, ViolationDetail, ViolationMessage, capitalized},
    store::error::StoreError,
};
use axum::{
    extract::Request,
    http::{HeaderName, HeaderValue, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;
use utoipa::ToSchema;

pub const PROBLEM_MEDIA_TYPE: &str = "application/problem+json";

/// Why a request was not done.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProblemDetails {
    /// `urn:rollcall:problem:` and a word that programs can rely on.
    #[serde(rename = "type")]
    pub kind: String,
    /// The kind of problem, in words.
    pub title: String,
    pub status: u16,
    /// What is wrong with this request, in words.
    pub detail: String,
    /// What is wrong with a field, by its name in the body, the query or the headers.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub errors: BTreeMap<String, String>,
    /// The inactive row that holds the wanted name: restore it, or take another name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inactive_id: Option<i64>,
    /// The row as it is now, if the request was based on an earlier version of it; or the text as it is now
    /// (`resolvedContent`, `resolvedSha256`) and what changed in it (`changes`); or the `id` of what an idempotency key created
    /// already.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub current: Option<Value>,
    /// Who changed that row last; if nothing can be undone, who made the latest change that prevents it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub changed_by: Option<String>,
    /// When that was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub changed_at: Option<DateTime<Utc>>,
    /// The role that would be allowed, if the caller's is too low.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub role: Option<Role>,
    /// Seconds that the next try has to wait, as in the header Retry-After.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub retry_after: Option<u64>,
    /// The change that was made under an idempotency key whose answer was lost, or told a secret.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub batch_id: Option<String>,
}

/// A problem as a handler returns it. Boxed, because it is much larger than a good result.
#[derive(Debug)]
pub struct Problem(pub Box<ProblemDetails>);

/// For a status: the last part of the problem's type, its title, and the default detail.
fn texts_of_status(status: StatusCode) -> (&'static str, &'static str, &'static str) {
    match status.as_u16() {
        400 => (
            "unreadable",
            "The request cannot be read",
            "Send the body as JSON",
        ),
        401 => (
            "sign-in",
            "Nobody is signed in",
            "Sign in, or send a token: Authorization: Bearer",
        ),
        403 => (
            "cross-site",
            "The request came from another site",
            "Pages of other sites may not change anything here",
        ),
        404 => ("not-found", "Not found", "There is nothing at this address"),
        405 => (
            "method-not-allowed",
            "The address does not take this method",
            "The header Allow says which methods it takes",
        ),
        409 => ("refused", "A rule says no", "A rule says no"),
        413 => (
            "too-large",
            "The request is too large",
            "The body is larger than this address takes",
        ),
        415 => (
            "not-json",
            "The body is not JSON",
            "Send the body with the header Content-Type: application/json",
        ),
        421 => (
            "misdirected",
            "The request is for another host",
            "This server does not answer under this name",
        ),
        422 => ("invalid", "Fields are wrong", "Some fields are wrong"),
        428 => (
            "version-missing",
            "The version is missing",
            "Say which version the change is based on: version in the body, or the header If-Match",
        ),
        429 => (
            "too-many-tries",
            "Too many failed attempts",
            "Wait as long as the header Retry-After says",
        ),
        503 => (
            "timeout",
            "The answer took too long",
            "The request was given up after 30 seconds; try it again",
        ),
        code if code < 500 => (
            "unusable",
            "The request cannot be used",
            "The request cannot be used",
        ),
        _ => (
            "internal",
            "Something went wrong",
            "Something went wrong. Try again",
        ),
    }
}

impl Problem {
    pub fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        let (word, title, _) = texts_of_status(status);
        Self(Box::new(ProblemDetails {
            kind: urn(word),
            title: title.to_owned(),
            status: status.as_u16(),
            detail: detail.into(),
            errors: BTreeMap::new(),
            inactive_id: None,
            current: None,
            changed_by: None,
            changed_at: None,
            role: None,
            retry_after: None,
            batch_id: None,
        }))
    }

    /// With the default detail of the status.
    pub fn from_status(status: StatusCode) -> Self {
        Self::new(status, texts_of_status(status).2)
    }

    /// 422: one field is wrong.
    pub fn invalid(field: &str, problem: impl Into<String>) -> Self {
        let problem = problem.into();
        let this = Self::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            format!("{field}: {problem}"),
        );
        this.with_field_error(field, problem)
    }

    /// 422: a field names a row that does not exist.
    pub fn no_such_row(field: &str, noun: Noun, id: i64) -> Self {
        let noun = noun.to_string();
        Self::invalid(field, FieldError::NoSuchRow { noun, id }.to_string())
    }

    /// 422: a required field is missing.
    pub fn missing(field: &str) -> Self {
        Self::invalid(field, "Enter a value")
    }

    /// Adds the error of a field.
    pub fn with_field_error(mut self, field: &str, problem: impl Into<String>) -> Self {
        self.0.errors.insert(field.to_owned(), problem.into());
        self
    }

    /// 403: this way of authentication is not allowed here, with any role.
    pub fn denied(detail: &str) -> Self {
        let problem = Self::new(StatusCode::FORBIDDEN, detail);
        problem.with_type("denied", "You are not let in this way")
    }

    /// With another word and title than those of its status.
    pub fn with_type(mut self, word: &str, title: &str) -> Self {
        self.0.kind = urn(word);
        title.clone_into(&mut self.0.title);
        self
    }

    pub fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.0.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }
}

fn urn(word: &str) -> String {
    format!("urn:rollcall:problem:{word}")
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        let (mut now, mut last) = (None, None);
        match &error {
            StoreError::TextChanged(text) => now = serde_json::to_value(text).ok(),
            StoreError::Refused(RuleViolation::NothingToUndo { last: change, .. }) => {
                last.clone_from(change);
            }
            _ => {}
        }
        let (outside, alone) = match &error {
            StoreError::Refused(violation) => (of_outside(violation), Some(violation.alone())),
            _ => (None, None),
        };
        let role = match &error {
            StoreError::NeedsRole(role) => Some(*role),
            _ => None,
        };
        let mut problem = Self::from(to_app_error(error));
        if let Some(detail) = alone {
            problem.0.detail = detail;
        }
        problem.0.role = role;
        problem.0.current = problem.0.current.or(now);
        if let Some(ActorStamp { by, at }) = last {
            problem.0.changed_by = Some(by);
            problem.0.changed_at = Some(at);
        }
        match outside {
            Some((status, word, title)) => {
                problem.0.status = status.as_u16();
                problem.with_type(word, title)
            }
            None => problem,
        }
    }
}

/// Status, word and title of what keeps an import from Rancher, or a run at Jenkins.
fn of_outside(violation: &RuleViolation) -> Option<(StatusCode, &'static str, &'static str)> {
    match violation {
        RuleViolation::NoRancher { .. } => {
            Some((StatusCode::CONFLICT, "no-rancher", "Rancher is not set up"))
        }
        RuleViolation::NoJenkins => {
            Some((StatusCode::CONFLICT, "no-jenkins", "Jenkins is not set up"))
        }
        RuleViolation::RancherFailed { .. } => Some((
            StatusCode::BAD_GATEWAY,
            "rancher-failed",
            "Rancher cannot be read",
        )),
        _ => None,
    }
}

impl From<AppError> for Problem {
    fn from(error: AppError) -> Self {
        let status = StatusCode::from_u16(error.status());
        let status = status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let detail = match &error {
            // These begin with a name, the name of a field, or a capital already.
            AppError::Refused(_) | AppError::Invalid(_) | AppError::Stale(_) => error.to_string(),
            error => capitalized(&error.to_string()),
        };
        let mut problem = Self::new(status, detail);
        match error {
            AppError::NotFound(_)
            | AppError::SignIn
            | AppError::Internal
            | AppError::Malformed
            | AppError::Transport(_) => problem,
            AppError::Throttled(seconds) => {
                problem.0.retry_after = Some(seconds);
                problem
            }
            AppError::Unavailable => {
                problem.0.retry_after = Some(limits::RETRY_AFTER_SECONDS);
                problem.with_type("database-unavailable", "The database does not answer")
            }
            AppError::Busy => problem.with_type("busy", "Too much at once"),
            AppError::Denied(_) => problem.with_type("needs-role", "You may not do this"),
            AppError::Invalid(invalid) => {
                for (field, text) in invalid.0 {
                    problem = problem.with_field_error(field.as_str(), text);
                }
                problem
            }
            AppError::Refused(violation) => with_violation(problem, *violation),
            AppError::Stale(stale) => {
                problem.0.current = serde_json::from_str(&stale.current).ok();
                problem.0.changed_by = stale.changed_by;
                problem.0.changed_at = stale.changed_at;
                problem.with_type("stale", "Someone changed it since then")
            }
        }
    }
}

fn with_violation(mut problem: Problem, violation: ViolationMessage) -> Problem {
    if let Some(field) = violation.field {
        problem = problem.with_field_error(field.as_str(), violation.text);
    }
    match violation.about {
        ViolationDetail::Taken(inactive) => {
            problem.0.inactive_id = inactive.map(|it| it.0);
            problem.with_type("taken", "The name is taken")
        }
        ViolationDetail::TextChanged => {
            problem.with_type("text-changed", "The text changed since it was shown")
        }
        ViolationDetail::LeaseOver => {
            problem.with_type("lease-over", "Someone else has the run, or no one")
        }
        ViolationDetail::Nothing
        | ViolationDetail::Missing(_)
        | ViolationDetail::Overtaken
        | ViolationDetail::Transition => problem,
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let body = serde_json::to_vec(&self.0).unwrap_or_default();
        let headers = [(
            header::CONTENT_TYPE,
            HeaderValue::from_static(PROBLEM_MEDIA_TYPE),
        )];
        let mut response = (self.status(), headers, body).into_response();
        if let Some(seconds) = self.0.retry_after {
            let headers = response.headers_mut();
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

/// Whether an address belongs to REST.
pub fn is_rest_path(path: &str) -> bool {
    path == "/api" || path.starts_with("/api/")
}

fn is_problem(response: &Response) -> bool {
    response
        .headers()
        .get(header::CONTENT_TYPE)
        .is_some_and(|it| it.as_bytes().starts_with(PROBLEM_MEDIA_TYPE.as_bytes()))
}

/// Whether a header describes the body, which the problem document replaces.
fn is_body_header(name: &HeaderName) -> bool {
    [
        header::CONTENT_TYPE,
        header::CONTENT_LENGTH,
        header::CONTENT_ENCODING,
        header::TRANSFER_ENCODING,
    ]
    .contains(name)
}

/// Middleware: converts every failure under `/api` to a problem document, unless it is one already. Other headers stay.
pub async fn convert_failures(request: Request, next: Next) -> Response {
    let is_rest = is_rest_path(request.uri().path());
    let response = next.run(request).await;
    let status = response.status();
    let failed = status.is_client_error() || status.is_server_error();
    if !is_rest || !failed || is_problem(&response) {
        return response;
    }
    let mut converted = Problem::from_status(status).into_response();
    for (name, value) in response.headers() {
        if !is_body_header(name) {
            converted.headers_mut().append(name, value.clone());
        }
    }
    converted
}
