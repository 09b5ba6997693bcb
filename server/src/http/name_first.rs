//! Asks for a name when a person who has given none posts a plain form in `open` mode (R108): a page with one field, which then posts
//! what was posted. For server functions a script of the page does the same (`public/document/name.js`).
use super::{
    forms::PostedFields,
    standalone_page::{StandalonePage, TextInput},
};
use crate::{ops::limits::REQUEST_BODY_MAX_BYTES, rest::extract::RequestClient};
use app::{
    api::context::{ACTOR_COOKIE, Context, kept_cookie, now, to_app_error},
    domain::{
        actor_stamp::ActorStamp,
        caller::{Caller, Identity},
        validation_errors::ValidationErrors,
        vocabulary::Field,
    },
    error::AppError,
};
use axum::{
    Extension, Form,
    body::Body,
    extract::{DefaultBodyLimit, FromRequest, Request, State},
    http::{Method, StatusCode, header, request::Parts},
    middleware::Next,
    response::{IntoResponse, Redirect, Response},
};
use futures_util::StreamExt;
use maud::html;
use std::sync::Arc;

/// The field for the name. No other form has one that is called so.
const NAME_FIELD: &str = "yourName";

/// The list of the names that the field offers.
const NAMES_LIST: &str = "names";

/// The middleware of the addresses that take plain forms.
pub async fn ask_for_name(
    State(context): State<Context>,
    RequestClient { client, .. }: RequestClient,
    Extension(caller): Extension<Arc<Caller>>,
    request: Request,
    next: Next,
) -> Response {
    let is_unnamed = caller.identity == Identity::Open && caller.name.is_empty();
    if !is_unnamed || request.method() != Method::POST {
        return next.run(request).await;
    }
    let (mut parts, body) = request.into_parts();
    if is_with_file(&parts) {
        // Who is still sending does not read an answer.
        let mut chunks = body.into_data_stream();
        while let Some(Ok(_)) = chunks.next().await {}
        return ask(&context, caller, &parts, &PostedFields::new(), None).await;
    }
    // What is posted comes back in the page, and the address of the import takes far more.
    let mut form = Request::from_parts(parts.clone(), body);
    DefaultBodyLimit::max(REQUEST_BODY_MAX_BYTES).apply(&mut form);
    let mut fields = match Form::<PostedFields>::from_request(form, &()).await {
        Ok(Form(fields)) => fields,
        Err(rejection) => return rejection.into_response(),
    };
    let Some(typed) = fields.remove(NAME_FIELD) else {
        // The form that loads the demo has no fields, and records nothing under the person's name.
        if fields.is_empty() {
            return next.run(Request::from_parts(parts, Body::empty())).await;
        }
        return ask(&context, caller, &parts, &fields, None).await;
    };
    let name = match ActorStamp::new(&typed, now()) {
        Ok(stamp) => stamp.by,
        Err(error) => {
            let error = ValidationErrors::one(Field::Name, error).into();
            return ask(&context, caller, &parts, &fields, Some((typed, error))).await;
        }
    };
    let cookie = kept_cookie(ACTOR_COOKIE, &name, client.is_https);
    let mut response = if fields.is_empty() {
        // What was posted was a file: it is chosen again.
        Redirect::to(address(&parts)).into_response()
    } else {
        let named = Caller {
            name,
            ..Caller::clone(&caller)
        };
        parts.extensions.insert(Arc::new(named));
        let body = Form(fields).into_response().into_body();
        next.run(Request::from_parts(parts, body)).await
    };
    if let Some(cookie) = cookie {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}

/// Whether a form is posted with a file, which no page can post again.
fn is_with_file(parts: &Parts) -> bool {
    let media = parts.headers.get(header::CONTENT_TYPE);
    let media = media.and_then(|it| it.to_str().ok());
    media.is_some_and(|it| it.starts_with("multipart/form-data"))
}

/// The address that a form was posted to.
fn address(parts: &Parts) -> &str {
    parts.uri.path_and_query().map_or("/", |it| it.as_str())
}

/// The page that asks, with the fields that were posted. `wrong` is a name that is not accepted, and why. The status says that nothing was
/// changed.
async fn ask(
    context: &Context,
    caller: Arc<Caller>,
    parts: &Parts,
    fields: &PostedFields,
    wrong: Option<(String, AppError)>,
) -> Response {
    let store = context.database.as_caller(caller);
    // Names are only offered: without them the page asks all the same.
    let choices = store.activity_choices().await.map_err(to_app_error);
    let names = choices.map(|it| it.people).unwrap_or_default();
    let (typed, error) = wrong.unzip();
    let error = error.as_ref();
    let input = TextInput {
        label: "Your name",
        name: NAME_FIELD,
        kind: "text",
        autocomplete: "name",
        value: typed.as_deref().unwrap_or_default(),
        hint: Some("Every change is recorded under this name."),
        error: error.and_then(|it| it.message_for(Field::Name)),
        has_focus: true,
        list: Some(NAMES_LIST),
    };
    let page = StandalonePage {
        title: "Enter your name",
        lead: if fields.is_empty() {
            "Nothing was saved yet. Choose the file again after this."
        } else {
            "What you typed is saved after this."
        },
        action: address(parts).to_owned(),
        button: "Continue",
        error,
        failure: None,
        fields: html! {
            (input.draw())
            datalist id=(NAMES_LIST) {
                @for name in &names { option value=(name) {} }
            }
            @for (name, value) in fields { input type="hidden" name=(name) value=(value); }
        },
        other_way: None,
    };
    let mut response = page.respond(&parts.headers);
    if error.is_none() {
        *response.status_mut() = StatusCode::PRECONDITION_REQUIRED;
    }
    response
}
