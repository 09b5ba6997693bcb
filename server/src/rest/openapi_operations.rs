//! Parts of the OpenAPI description that are the same for all operations, so that no handler repeats them: request headers,
//! response headers, and the problem documents that can occur.
use super::{
    dto::undo::UndoResponse,
    idempotency,
    problem::{PROBLEM_MEDIA_TYPE, ProblemDetails},
};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        Content, HeaderBuilder, InfoBuilder, ObjectBuilder, OpenApi, OpenApiBuilder, Ref, RefOr,
        Required, Response, ResponseBuilder, Schema, Type,
        path::{Operation, ParameterBuilder, ParameterIn},
        schema::AnyOf,
    },
};

const DESCRIPTION: &str = "Release orchestration: clusters, customers, releases, their template steps, and the steps of every \
    customer. Everything that the pages can do. Changes are recorded under the name in X-Rollcall-User, and answer with \
    the header X-Rollcall-Batch, by which they can be undone. Failures are application/problem+json.";

/// The description without any operation.
pub fn empty_document() -> OpenApi {
    OpenApiBuilder::new()
        .info(
            InfoBuilder::new()
                .title("Rollcall")
                .version(env!("CARGO_PKG_VERSION"))
                .description(Some(DESCRIPTION)),
        )
        .build()
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum OperationVerb {
    Get,
    Post,
    Patch,
    Delete,
}

/// Adds the common headers and problem documents to every operation.
pub fn complete(mut api: OpenApi) -> OpenApi {
    for (path, item) in &mut api.paths.paths {
        let operations = [
            (OperationVerb::Get, &mut item.get),
            (OperationVerb::Post, &mut item.post),
            (OperationVerb::Patch, &mut item.patch),
            (OperationVerb::Delete, &mut item.delete),
        ];
        for (verb, operation) in operations {
            if let Some(operation) = operation {
                add_response_headers(path, verb, operation);
                add_request_headers(path, verb, operation);
                add_problems(path, verb, operation);
            }
        }
    }
    let components = api.components.get_or_insert_default();
    // `anyOf` instead of the derived `oneOf`: a dry run's answer also satisfies the schema of a result.
    if let Some(schema) = components.schemas.get_mut(&*UndoResponse::name())
        && let RefOr::T(Schema::OneOf(either)) = schema
    {
        let any = AnyOf {
            items: either.items.clone(),
            description: either.description.clone(),
            ..AnyOf::default()
        };
        *schema = RefOr::T(Schema::AnyOf(any));
    }
    let name = ProblemDetails::name().into_owned();
    components.schemas.insert(name, ProblemDetails::schema());
    api
}

/// Headers of successful responses. Problem documents have none, and are added later.
fn add_response_headers(path: &str, verb: OperationVerb, operation: &mut Operation) {
    for (status, response) in &mut operation.responses.responses {
        let RefOr::T(response) = response else {
            continue;
        };
        let has_no_row = path == "/api/session" || idempotency::tells_secret(path);
        let has_version = !has_no_row || path == "/api/webhooks";
        if (status == "201" && has_version) || reads_row(path, verb) {
            let text = "For If-Match and If-None-Match: the row's version, and of more than the row a hash of the answer";
            add_header(response, "ETag", text);
        }
        if status == "201" {
            add_header(response, "Location", "Where the new row is");
        }
        let changes_nothing = path.contains("/session")
            || path == "/api/presence"
            || is_report_of_run(path)
            || path.starts_with("/api/webhooks/{id}/");
        if verb != OperationVerb::Get && !changes_nothing {
            let text = "The change, by which it can be undone; not if nothing was changed";
            add_header(response, "X-Rollcall-Batch", text);
        }
    }
}

/// Whether an operation reads one row: its response has an `ETag`, and it reads `If-None-Match`.
fn reads_row(path: &str, verb: OperationVerb) -> bool {
    // Bytes have none.
    let is_row = path.ends_with('}') && !path.ends_with("/{n}");
    verb == OperationVerb::Get && (is_row || path.ends_with("/detail"))
}

fn add_header(response: &mut Response, name: &str, description: &str) {
    let header = HeaderBuilder::new()
        .schema(Some(ObjectBuilder::new().schema_type(Type::String)))
        .description(Some(description))
        .build();
    response.headers.insert(name.to_owned(), RefOr::T(header));
}

/// Headers that a request may have.
fn add_request_headers(path: &str, verb: OperationVerb, operation: &mut Operation) {
    let creates = operation.responses.responses.contains_key("201") && path != "/api/session";
    let mut headers = Vec::new();
    if verb != OperationVerb::Get && path != "/api/session" && !is_of_runner(path) {
        headers.push((
            "X-Rollcall-User",
            "Who makes the change: 1 to 100 characters of UTF-8",
            r"^[^\x00-\x1f\x7f]{1,100}$",
        ));
    }
    // These create many rows, so that their answer is no 201.
    let creates_many = verb == OperationVerb::Post
        && matches!(
            path,
            "/api/customers/import" | "/api/rancher/import" | "/api/runs"
        );
    if creates || creates_many || path.ends_with("/templates/import") {
        headers.push((
            "Idempotency-Key",
            if idempotency::tells_secret(path) {
                "Asking again with the same key and body creates nothing, for 24 hours: it is 409, with the id of what was made"
            } else {
                "Asking again with the same key and body gives the first answer again, for 24 hours"
            },
            "^[!-~]{1,255}$",
        ));
    }
    let is_retry = path == "/api/runs/{id}/retry";
    if takes_version(path, verb) && (!creates || is_retry || asks_for_run(path, verb)) {
        headers.push((
            "If-Match",
            "The ETag of the row that the change is based on",
            r#"^"[0-9]{1,18}(-[0-9a-f]{8})?"$"#,
        ));
    }
    if reads_row(path, verb) {
        headers.push((
            "If-None-Match",
            "The ETag of an earlier answer: if it would be the same, 304 comes instead",
            r#"^(W/)?"[0-9]{1,18}(-[0-9a-f]{8})?"$"#,
        ));
        let unchanged = ResponseBuilder::new().description("The answer is that of If-None-Match");
        let responses = &mut operation.responses.responses;
        responses.insert("304".to_owned(), unchanged.into());
    }
    let parameters = operation.parameters.get_or_insert_default();
    for (name, description, pattern) in headers {
        let schema = ObjectBuilder::new()
            .schema_type(Type::String)
            .pattern(Some(pattern));
        let parameter = ParameterBuilder::new()
            .name(name)
            .parameter_in(ParameterIn::Header)
            .required(Required::False)
            .description(Some(description))
            .schema(Some(schema))
            .build();
        parameters.push(RefOr::T(parameter));
    }
}

/// Whether a runner asks it, with its own token.
fn is_of_runner(path: &str) -> bool {
    path == "/api/runner" || path.starts_with("/api/runner/")
}

/// Whether it is a report about a run, or fetches one: what that changes is told by the history, not by the answer.
fn is_report_of_run(path: &str) -> bool {
    let is_here = matches!(path, "/api/runs/{id}/heartbeat" | "/api/runs/{id}/finish");
    is_here || is_of_runner(path)
}

/// Whether it asks for a run of a step, which is of a version of that step.
fn asks_for_run(path: &str, verb: OperationVerb) -> bool {
    verb == OperationVerb::Post && path == "/api/steps/{id}/run"
}

/// Whether an operation takes a password, and so is throttled after failures.
fn takes_password(path: &str, verb: OperationVerb) -> bool {
    verb == OperationVerb::Post && matches!(path, "/api/session" | "/api/account/password")
}

/// Whether an operation is about the caller's own user, which `open` mode has not.
fn is_own(path: &str) -> bool {
    path.starts_with("/api/account") || path == "/api/tokens"
}

/// Whether an operation reads `If-Match`.
fn takes_version(path: &str, verb: OperationVerb) -> bool {
    let of_release = path.starts_with("/api/releases/{id}/");
    let on_release = path.ends_with("/archive") || path.ends_with("/restore");
    match verb {
        OperationVerb::Get => false,
        OperationVerb::Patch => path != "/api/account",
        OperationVerb::Delete => !matches!(
            path,
            "/api/clusters/{id}"
                | "/api/customers/{id}"
                | "/api/releases/{id}"
                | "/api/users/{id}"
                | "/api/users/{id}/sessions"
                | "/api/sessions/{id}"
                | "/api/tokens/{id}"
                | "/api/views/{id}"
                | "/api/hooks/{id}"
                | "/api/steps/{id}/evidence/{n}"
                | "/api/webhooks/{id}"
                | "/api/runners/{id}"
                | "/api/session"
        ),
        OperationVerb::Post => {
            path.starts_with("/api/steps/{id}/")
                || matches!(path, "/api/runs/{id}/cancel" | "/api/runs/{id}/retry")
                || path.ends_with("/reorder")
                || (of_release && on_release)
        }
    }
}

/// The problem documents that an operation can answer.
fn add_problems(path: &str, verb: OperationVerb, operation: &mut Operation) {
    let mut statuses = vec![
        ("401", "Nobody is signed in, or the token is not good"),
        (
            "403",
            "Your role or scope does not allow it, or the request came from another site",
        ),
        ("500", "Something went wrong"),
        (
            "503",
            "The answer took too long, or the database does not answer",
        ),
    ];
    let reads_query = operation.parameters.iter().flatten().any(
        |it| matches!(it, RefOr::T(parameter) if parameter.parameter_in == ParameterIn::Query),
    );
    if takes_password(path, verb) {
        statuses.push((
            "429",
            "Too many failed attempts: Retry-After says how long to wait",
        ));
    }
    // It names a release.
    let is_stream = path == "/api/events";
    // It names an address, a customer and a step.
    let is_report = path == "/api/hooks/in";
    if path.contains('{') || is_own(path) || is_stream || is_report {
        statuses.push(("404", "Nothing has this id, or it is out of your scope"));
    }
    if verb != OperationVerb::Get || reads_query {
        statuses.push(("422", "Fields are wrong"));
    }
    if is_report_of_run(path) && verb != OperationVerb::Get {
        let text = "The lease is over (`lease-over`): end what was started; or a rule says no";
        statuses.push(("409", text));
    }
    if verb != OperationVerb::Get {
        statuses.push(("409", "A rule says no, or someone else has changed the row"));
        statuses.push(("413", "The body is too large"));
    }
    if operation.request_body.is_some() {
        statuses.push(("400", "The body is no JSON"));
        statuses.push(("415", "The body is not said to be JSON"));
    }
    if path.starts_with("/api/rancher/") {
        statuses.push(("502", "Rancher does not answer, or says no"));
    }
    let is_versioned = verb == OperationVerb::Patch && path != "/api/account";
    if is_versioned || path.ends_with("/override") || asks_for_run(path, verb) {
        statuses.push(("428", "The version is missing"));
    }
    for (status, description) in statuses {
        operation
            .responses
            .responses
            .entry(status.to_owned())
            .or_insert_with(|| problem_response(description));
    }
}

fn problem_response(description: &str) -> RefOr<Response> {
    let schema = Ref::from_schema_name(ProblemDetails::name());
    ResponseBuilder::new()
        .description(description)
        .content(PROBLEM_MEDIA_TYPE, Content::new(Some(schema)))
        .into()
}
