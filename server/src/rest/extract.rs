//! Extractors of requests: ids in the path, the query, the caller, JSON bodies. What cannot be read is a problem document that
//! names the field.
use super::{etag, problem::Problem};
use crate::ops::{anchors::Anchors, auth_settings::AuthSettings};
use app::{
    api::context::{Context, now},
    domain::{
        actor_stamp::ActorStamp, caller::Caller, client::Client, transfer::BYTE_ORDER_MARK,
        validation_errors::ValidationErrors, vocabulary::Field,
    },
    error::{AppError, capitalized},
    store::{Store, audit::last_event::ArrivalPosition},
};
use axum::{
    body::Bytes,
    extract::{FromRequest, FromRequestParts, Path, Query, Request},
    http::{HeaderMap, StatusCode, header, request::Parts},
};
use serde::{Deserialize, Deserializer, de::DeserializeOwned};
use serde_json::Value;
use serde_path_to_error::Segment;
use std::{convert::Infallible, sync::Arc};

/// Ids in the path. An id that cannot be parsed is 404, like one that no row has.
pub struct Id<T>(pub T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Id<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        match Path::<T>::from_request_parts(parts, state).await {
            Ok(Path(id)) => Ok(Self(id)),
            Err(_) => Err(Problem::new(
                StatusCode::NOT_FOUND,
                "There is nothing with such an id",
            )),
        }
    }
}

/// The query. Its fields are texts, so that `page` can parse them one by one and name the wrong one.
pub struct QueryString<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for QueryString<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        match Query::<T>::try_from_uri(&parts.uri) {
            Ok(Query(query)) => Ok(Self(query)),
            Err(rejection) => Err(Problem::invalid("query", rejection.body_text())),
        }
    }
}

/// The caller's store, for reads.
pub struct Reader(pub Store);

impl FromRequestParts<Context> for Reader {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, context: &Context) -> Result<Self, Problem> {
        let arrival = parts.extensions.get::<ArrivalPosition>().cloned();
        let store = context.database.as_caller(caller_of(parts)?);
        Ok(Self(store.arrived_at(arrival)))
    }
}

/// The caller, as `http::access` authenticated it. Without it nothing is read or changed.
fn caller_of(parts: &Parts) -> Result<Arc<Caller>, Problem> {
    let caller = parts.extensions.get::<Arc<Caller>>().cloned();
    caller.ok_or_else(|| Problem::from(AppError::SignIn))
}

/// The caller of a change: the actor and the time, the version in `If-Match`, and the store, which is bound to the request's
/// idempotency key if it has one.
pub struct Writer {
    pub store: Store,
    pub stamp: ActorStamp,
    if_match: Option<i64>,
}

impl FromRequestParts<Context> for Writer {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, context: &Context) -> Result<Self, Problem> {
        let caller = caller_of(parts)?;
        let stamp = ActorStamp::new(&caller.name, now());
        let stamp = stamp
            .map_err(|it| Problem::from(AppError::from(ValidationErrors::one(Field::Actor, it))))?;
        let keyed_store = parts.extensions.get::<Store>().cloned();
        Ok(Self {
            store: keyed_store.unwrap_or_else(|| context.database.as_caller(caller)),
            stamp,
            if_match: etag::if_match(&parts.headers),
        })
    }
}

/// The client that sent a request, and the authentication settings; `http::access` puts both into the request.
pub struct RequestClient {
    pub client: Client,
    pub settings: Arc<AuthSettings>,
}

impl<S: Send + Sync> FromRequestParts<S> for RequestClient {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let client = parts.extensions.get::<Client>().cloned();
        let settings = parts.extensions.get::<Arc<AuthSettings>>().cloned();
        match client.zip(settings) {
            Some((client, settings)) => Ok(Self { client, settings }),
            None => Err(Problem::from_status(StatusCode::INTERNAL_SERVER_ERROR)),
        }
    }
}

/// What signs heads of the history and writes them down (R89); nothing if the program was not told to.
pub struct HeadAnchors(pub Arc<Anchors>);

impl<S: Send + Sync> FromRequestParts<S> for HeadAnchors {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let anchors = parts.extensions.get::<Arc<Anchors>>().cloned();
        Ok(Self(anchors.unwrap_or_default()))
    }
}

impl Writer {
    /// The version that a change is based on, if the request names one: in the body, else in `If-Match`.
    pub fn version(&self, in_body: Option<i64>) -> Option<i64> {
        in_body.or(self.if_match)
    }

    /// The version that a change is based on; 428 if the request names none.
    pub fn require_version(&self, in_body: Option<i64>) -> Result<i64, Problem> {
        self.version(in_body)
            .ok_or_else(|| Problem::from_status(StatusCode::PRECONDITION_REQUIRED))
    }
}

/// A JSON body; 415 without its media type.
pub struct JsonBody<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for JsonBody<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        if !is_json(request.headers()) {
            return Err(Problem::from_status(StatusCode::UNSUPPORTED_MEDIA_TYPE));
        }
        Ok(Self(parse_json(&read_body(request, state).await?)?))
    }
}

/// A JSON body in which everything may be left out, so that the body may be missing too.
pub struct OptionalBody<T>(pub T);

impl<T: DeserializeOwned + Default, S: Send + Sync> FromRequest<S> for OptionalBody<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let is_json = is_json(request.headers());
        let bytes = read_body(request, state).await?;
        if bytes.is_empty() {
            Ok(Self(T::default()))
        } else if !is_json {
            Err(Problem::from_status(StatusCode::UNSUPPORTED_MEDIA_TYPE))
        } else if bytes.trim_ascii() == b"null" {
            Ok(Self(T::default()))
        } else {
            Ok(Self(parse_json(&bytes)?))
        }
    }
}

/// The whole body; 413 if it is too large.
pub async fn read_body<S: Send + Sync>(request: Request, state: &S) -> Result<Bytes, Problem> {
    Bytes::from_request(request, state)
        .await
        .map_err(|rejection| Problem::from_status(rejection.status()))
}

/// Whether `Content-Type` says JSON: `application/json` or `application/*+json`.
pub fn is_json(headers: &HeaderMap) -> bool {
    let Some(text) = headers.get(header::CONTENT_TYPE) else {
        return false;
    };
    let text = text.to_str().unwrap_or_default().to_ascii_lowercase();
    let media = text.split(';').next().unwrap_or_default().trim();
    let subtype = media.strip_prefix("application/");
    subtype.is_some_and(|it| it == "json" || it.ends_with("+json"))
}

/// What the parser says of a value of another type, in plain words: "Send a whole number, not the text \"4\"".
fn plain(text: &str) -> String {
    let types = text.strip_prefix("invalid type: ");
    let Some((found, expected)) = types.and_then(|it| it.rsplit_once(", expected ")) else {
        // What is not the parser's own may begin with a name.
        let is_of_parser = ["unknown ", "missing ", "invalid ", "duplicate "]
            .iter()
            .any(|it| text.starts_with(it));
        return if is_of_parser {
            capitalized(text)
        } else {
            text.to_owned()
        };
    };
    let expected = match expected {
        "i8" | "i16" | "i32" | "i64" | "u8" | "u16" | "u32" | "u64" | "usize" => "a whole number",
        "f32" | "f64" => "a number",
        "a string" => "a text",
        "a boolean" => "true or false",
        "a sequence" => "a list",
        "a map" => "an object",
        other if other.starts_with("struct ") => "an object",
        other => other,
    };
    let value = |kind: &str| found.strip_prefix(kind).map(|it| it.trim_matches('`'));
    let found = match found {
        "sequence" => "a list".to_owned(),
        "map" => "an object".to_owned(),
        _ => {
            let number = value("integer ").or_else(|| value("floating point "));
            if let Some(number) = number {
                format!("the number {number}")
            } else if let Some(text) = value("string ") {
                format!("the text {text}")
            } else {
                value("boolean ").unwrap_or(found).to_owned()
            }
        }
    };
    format!("Send {expected}, not {found}")
}

/// 400 if the body is not JSON, 422 with the field if it is JSON of another shape. A byte order mark before it is skipped.
fn parse_json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    let bytes = bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(bytes);
    let value: Value = serde_json::from_slice(bytes)
        .map_err(|error| Problem::new(StatusCode::BAD_REQUEST, format!("No JSON: {error}")))?;
    if !value.is_object() {
        return Err(Problem::invalid("body", "Send a JSON object"));
    }
    serde_path_to_error::deserialize(value).map_err(|error| {
        let path = error.path().to_string();
        let text = plain(&error.inner().to_string());
        match error.path().iter().next() {
            Some(Segment::Map { key }) if *key == path => Problem::invalid(key, text),
            Some(Segment::Map { key }) => Problem::invalid(key, format!("{path}: {text}")),
            _ => Problem::invalid("body", text),
        }
    })
}

/// A field of a PATCH: absent, null, or a value.
#[derive(Debug, Default)]
pub enum Patch<T> {
    #[default]
    Absent,
    Null,
    Value(T),
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Patch<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Ok(match Option::deserialize(from)? {
            Some(value) => Self::Value(value),
            None => Self::Null,
        })
    }
}

impl Patch<String> {
    /// The text as it was sent.
    pub fn sent(&self) -> Option<&str> {
        match self {
            Self::Absent | Self::Null => None,
            Self::Value(text) => Some(text),
        }
    }
}

impl<T: Default> Patch<T> {
    /// The value after the PATCH: the new one, or the present one if the field is absent.
    pub fn apply_to(self, present: T) -> T {
        self.into_value().unwrap_or(present)
    }

    /// The new value, if the field is not absent. Null is the empty value.
    pub fn into_value(self) -> Option<T> {
        match self {
            Self::Absent => None,
            Self::Null => Some(T::default()),
            Self::Value(value) => Some(value),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Deserialize)]
    struct Body {
        #[serde(default)]
        name: Patch<String>,
        #[serde(default)]
        ids: Vec<i64>,
    }

    fn status(json: &str) -> u16 {
        parse_json::<Body>(json.as_bytes()).map_or_else(|it| it.0.status, |_| 200)
    }

    #[test]
    fn no_json_is_unreadable_and_other_json_is_invalid_at_its_field() {
        assert_eq!(status("{"), 400);
        assert_eq!(status("\u{feff}{}"), 200);
        assert_eq!(status("[]"), 422);
        let body = parse_json::<Body>(br#"{"ids":[1]}"#).map_err(|it| it.0.detail);
        assert_eq!(body.unwrap().ids, [1]);
        assert_eq!(status(r#"{"name":"x","ids":[1],"more":1}"#), 200);
        let problem = parse_json::<Body>(br#"{"ids":[1,"x"]}"#).map_err(|it| it.0.errors);
        let errors = problem.err().unwrap();
        assert_eq!(
            errors["ids"],
            "ids[1]: Send a whole number, not the text \"x\""
        );
    }

    #[test]
    fn a_value_of_another_type_is_told_in_plain_words() {
        for (said, plainly) in [
            (
                "invalid type: integer `5`, expected a string",
                "Send a text, not the number 5",
            ),
            (
                "invalid type: boolean `true`, expected u32",
                "Send a whole number, not true",
            ),
            (
                "invalid type: null, expected a boolean",
                "Send true or false, not null",
            ),
            (
                "invalid type: map, expected a sequence",
                "Send a list, not an object",
            ),
            (
                "unknown variant `x`, expected `a` or `b`",
                "Unknown variant `x`, expected `a` or `b`",
            ),
            ("var.a isn't a name", "var.a isn't a name"),
        ] {
            assert_eq!(plain(said), plainly);
        }
    }

    #[test]
    fn null_empties_a_field_and_what_is_left_out_stays() {
        let name = |json: &str| {
            let body = parse_json::<Body>(json.as_bytes()).map_err(|it| it.0.detail);
            body.unwrap().name.apply_to("Ana".to_owned())
        };
        assert_eq!(name("{}"), "Ana");
        assert_eq!(name(r#"{"name":null}"#), "");
        assert_eq!(name(r#"{"name":"Jonas"}"#), "Jonas");
    }

    #[test]
    fn json_has_several_media_types() {
        let is = |text: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::CONTENT_TYPE, text.parse().unwrap());
            is_json(&headers)
        };
        assert!(is("application/json") && is("Application/JSON; charset=utf-8"));
        assert!(is("application/merge-patch+json") && !is("text/json") && !is("text/plain"));
    }
}
