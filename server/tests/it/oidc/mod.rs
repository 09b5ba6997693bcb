//! Tests of the sign-in at a provider (R27), with a provider on loopback that answers as real ones do: discovery, keys, tokens and
//! userinfo. What a person does there, is done by the test: `FakeProvider::allow`.
mod accounts;
mod misconfigured;
mod refusals;
mod sign_in;

use crate::harness::{TestApp, TestResponse};
use axum::{
    Form, Json, Router,
    extract::{Request, State},
    http::{HeaderMap, StatusCode, header},
    middleware::{Next, from_fn_with_state},
    response::{Html, IntoResponse, Response},
    routing::{get, post},
};
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use percent_encoding::percent_decode_str;
use ring::{
    digest, hmac,
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair},
};
use serde_json::{Map, Value, json};
use server::ops::oidc_settings::OidcSettings;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard},
};
use tokio::net::TcpListener;

const CLIENT: &str = "rollcall";
const SECRET: &str = "a secret of both";
const PUBLIC_URL: &str = "http://localhost:3000";
const ROLES: &str = "release-admins=admin,team=operator";

/// How an id token is signed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Signature {
    #[default]
    Right,
    /// `alg: none`.
    Missing,
    /// With the client's secret, which is no key of the provider.
    BySecret,
    /// By another key under the name of the known one.
    ByStranger,
}

/// What the provider knows and says.
pub struct Provided {
    issuer: String,
    key: EcdsaKeyPair,
    key_id: usize,
    pub signature: Signature,
    /// Claims of the next id tokens; null takes one away.
    pub claims: Map<String, Value>,
    pub userinfo: Value,
    pub userinfo_reads: usize,
    /// How often it was asked about itself.
    discovery_reads: usize,
    /// What it answers instead, where it is not set up or not well: by the end of the address, a status and a body.
    pub instead: HashMap<&'static str, (StatusCode, String)>,
    /// What a code was given for: the parameters of the request.
    codes: HashMap<String, HashMap<String, String>>,
}

type Shared = Arc<Mutex<Provided>>;

/// A provider, as long as the test runs.
pub struct FakeProvider {
    pub issuer: String,
    provided: Shared,
}

/// A browser on its way to the provider.
#[derive(Clone)]
pub struct Browser {
    /// Where the browser is sent.
    pub address: String,
    /// Its cookie of this sign-in.
    pub cookie: String,
    /// The parameters of the request.
    pub asked: HashMap<String, String>,
}

fn new_key() -> EcdsaKeyPair {
    let (algorithm, random) = (&ECDSA_P256_SHA256_FIXED_SIGNING, SystemRandom::new());
    let key = EcdsaKeyPair::generate_pkcs8(algorithm, &random).unwrap();
    EcdsaKeyPair::from_pkcs8(algorithm, key.as_ref(), &random).unwrap()
}

/// The parameters of an address.
fn parameters(address: &str) -> HashMap<String, String> {
    let (_, query) = address.split_once('?').unwrap();
    let decoded = |text: &str| {
        let text = text.replace('+', " ");
        percent_decode_str(&text)
            .decode_utf8()
            .unwrap()
            .into_owned()
    };
    let pairs = query.split('&').map(|it| it.split_once('=').unwrap());
    pairs
        .map(|(name, value)| (decoded(name), decoded(value)))
        .collect()
}

impl Provided {
    /// An id token as the settings of this moment make it.
    fn id_token(&self, nonce: &str) -> String {
        let now = app::api::context::now().timestamp();
        let mut claims = json!({
            "iss": self.issuer,
            "sub": "account-1",
            "aud": CLIENT,
            "iat": now,
            "exp": now + 300,
            "nonce": nonce,
            "preferred_username": "Ana",
            "name": "Ana Ferreira",
            "email": "ana@example.com",
            "email_verified": true,
            "groups": ["team"],
        });
        for (name, value) in &self.claims {
            let claims = claims.as_object_mut().unwrap();
            if value.is_null() {
                claims.remove(name);
            } else {
                claims.insert(name.clone(), value.clone());
            }
        }
        let algorithm = match self.signature {
            Signature::Right | Signature::ByStranger => "ES256",
            Signature::Missing => "none",
            Signature::BySecret => "HS256",
        };
        let head = json!({ "alg": algorithm, "typ": "JWT", "kid": format!("key-{}", self.key_id) });
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let input = format!("{}.{}", part(&head), part(&claims));
        let by = |key: &EcdsaKeyPair| {
            let signature = key.sign(&SystemRandom::new(), input.as_bytes()).unwrap();
            signature.as_ref().to_vec()
        };
        let signature = match self.signature {
            Signature::Right => by(&self.key),
            Signature::ByStranger => by(&new_key()),
            Signature::Missing => Vec::new(),
            Signature::BySecret => {
                let key = hmac::Key::new(hmac::HMAC_SHA256, SECRET.as_bytes());
                hmac::sign(&key, input.as_bytes()).as_ref().to_vec()
            }
        };
        format!("{input}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

fn lock(shared: &Shared) -> MutexGuard<'_, Provided> {
    shared.lock().unwrap()
}

/// Answers what the test wants instead of what is right.
async fn answer_instead(State(shared): State<Shared>, request: Request, next: Next) -> Response {
    let path = request.uri().path().to_owned();
    let wanted = {
        let mut provided = lock(&shared);
        provided.discovery_reads += usize::from(path.ends_with("/openid-configuration"));
        let instead = provided.instead.iter();
        let mut instead = instead.filter(|it| path.ends_with(it.0));
        instead.next().map(|it| it.1.clone())
    };
    match wanted {
        Some((status, body)) => (status, Html(body)).into_response(),
        None => next.run(request).await,
    }
}

/// What Keycloak says of itself, shortened.
async fn discovery(State(shared): State<Shared>) -> Json<Value> {
    let issuer = lock(&shared).issuer.clone();
    Json(json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{issuer}/protocol/openid-connect/auth"),
        "token_endpoint": format!("{issuer}/protocol/openid-connect/token"),
        "userinfo_endpoint": format!("{issuer}/protocol/openid-connect/userinfo"),
        "jwks_uri": format!("{issuer}/protocol/openid-connect/certs"),
        "end_session_endpoint": format!("{issuer}/protocol/openid-connect/logout"),
        "grant_types_supported": ["authorization_code", "refresh_token"],
        "response_types_supported": ["code", "none", "id_token", "code id_token"],
        "subject_types_supported": ["public", "pairwise"],
        "id_token_signing_alg_values_supported": ["RS256", "ES256", "HS256", "none"],
        "token_endpoint_auth_methods_supported": ["private_key_jwt", "client_secret_basic", "client_secret_post"],
        "code_challenge_methods_supported": ["plain", "S256"],
        "claims_supported": ["aud", "sub", "iss", "name", "email", "groups"],
        "scopes_supported": ["openid", "profile", "email", "groups"],
        "authorization_response_iss_parameter_supported": true,
    }))
}

async fn keys(State(shared): State<Shared>) -> Json<Value> {
    let provided = lock(&shared);
    let point = provided.key.public_key().as_ref();
    Json(json!({ "keys": [{
        "kid": format!("key-{}", provided.key_id),
        "kty": "EC",
        "crv": "P-256",
        "alg": "ES256",
        "use": "sig",
        "x": URL_SAFE_NO_PAD.encode(&point[1..33]),
        "y": URL_SAFE_NO_PAD.encode(&point[33..65]),
    }] }))
}

/// Gives tokens for a code, once, to the client that it was given to, with the verifier of its challenge.
async fn tokens(
    State(shared): State<Shared>,
    headers: HeaderMap,
    Form(posted): Form<HashMap<String, String>>,
) -> Response {
    let refused = |error: &str| (StatusCode::BAD_REQUEST, Json(json!({ "error": error })));
    // Name and secret are form-encoded before (RFC 6749, 2.3.1).
    let basic = STANDARD.encode(format!("{CLIENT}:{}", SECRET.replace(' ', "+")));
    let basic = format!("Basic {basic}");
    let authorization = headers.get(header::AUTHORIZATION);
    if authorization.is_none_or(|it| it.as_bytes() != basic.as_bytes()) {
        return refused("invalid_client").into_response();
    }
    let mut provided = lock(&shared);
    let Some(asked) = provided.codes.remove(&posted["code"]) else {
        return refused("invalid_grant").into_response();
    };
    let challenge = digest::digest(&digest::SHA256, posted["code_verifier"].as_bytes());
    let is_right = asked["code_challenge"] == URL_SAFE_NO_PAD.encode(challenge)
        && asked["redirect_uri"] == posted["redirect_uri"]
        && posted["grant_type"] == "authorization_code";
    if !is_right {
        return refused("invalid_grant").into_response();
    }
    Json(json!({
        "access_token": "an access token",
        "expires_in": 300,
        "token_type": "Bearer",
        "id_token": provided.id_token(&asked["nonce"]),
        "scope": asked["scope"],
        "session_state": "0190",
    }))
    .into_response()
}

async fn userinfo(State(shared): State<Shared>, headers: HeaderMap) -> Response {
    let authorization = headers.get(header::AUTHORIZATION);
    if authorization.is_none_or(|it| it.as_bytes() != b"Bearer an access token") {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let mut provided = lock(&shared);
    provided.userinfo_reads += 1;
    Json(provided.userinfo.clone()).into_response()
}

impl FakeProvider {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let issuer = format!("http://{}/realms/ops", listener.local_addr().unwrap());
        let provided = Provided {
            issuer: issuer.clone(),
            key: new_key(),
            key_id: 1,
            signature: Signature::default(),
            claims: Map::new(),
            userinfo: json!({ "sub": "account-1" }),
            userinfo_reads: 0,
            discovery_reads: 0,
            instead: HashMap::new(),
            codes: HashMap::new(),
        };
        let provided: Shared = Arc::new(Mutex::new(provided));
        let realm = Router::new()
            .route("/.well-known/openid-configuration", get(discovery))
            .route("/protocol/openid-connect/certs", get(keys))
            .route("/protocol/openid-connect/token", post(tokens))
            .route("/protocol/openid-connect/userinfo", get(userinfo))
            .layer(from_fn_with_state(Arc::clone(&provided), answer_instead))
            .with_state(Arc::clone(&provided));
        let router = Router::new().nest("/realms/ops", realm);
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { issuer, provided }
    }

    /// Changes what it knows and says.
    pub fn set(&self, change: impl FnOnce(&mut Provided)) {
        change(&mut lock(&self.provided));
    }

    /// From now on a claim of the id tokens.
    pub fn claim(&self, name: &str, value: Value) {
        self.set(|it| {
            it.claims.insert(name.to_owned(), value);
        });
    }

    /// From now on the groups of the account.
    pub fn groups(&self, groups: &[&str]) {
        self.claim("groups", json!(groups));
    }

    /// A new key in the place of the old one.
    pub fn rotate_key(&self) {
        self.set(|it| {
            it.key = new_key();
            it.key_id += 1;
        });
    }

    /// From now on what it answers at addresses with this end.
    pub fn answers(&self, end: &'static str, status: StatusCode, body: &str) {
        self.set(|it| {
            it.instead.insert(end, (status, body.to_owned()));
        });
    }

    pub fn discovery_reads(&self) -> usize {
        lock(&self.provided).discovery_reads
    }

    pub fn userinfo_reads(&self) -> usize {
        lock(&self.provided).userinfo_reads
    }

    /// The person signs in there. Answers the address that the browser is sent back to.
    pub fn allow(&self, browser: &Browser) -> String {
        let mut provided = lock(&self.provided);
        let code = format!("code-{}", provided.codes.len());
        provided.codes.insert(code.clone(), browser.asked.clone());
        let state = &browser.asked["state"];
        let issuer = self.issuer.replace(':', "%3A").replace('/', "%2F");
        format!("/login/oidc/callback?state={state}&session_state=0190&iss={issuer}&code={code}")
    }

    /// The settings of this provider.
    pub fn settings(&self, roles: &str) -> OidcSettings {
        settings_of(&self.issuer, roles)
    }

    /// An app whose people sign in here. There is an admin besides.
    pub async fn app(&self, roles: &str) -> TestApp {
        TestApp::with_provider(self.settings(roles)).await
    }
}

/// Settings for a provider at this address.
fn settings_of(issuer: &str, roles: &str) -> OidcSettings {
    let settings = OidcSettings::parse(&|name: &str| {
        let text = match name {
            "ROLLCALL_OIDC_ISSUER" => issuer,
            "ROLLCALL_OIDC_CLIENT_ID" => CLIENT,
            "ROLLCALL_OIDC_CLIENT_SECRET" => SECRET,
            "ROLLCALL_OIDC_NAME" => "Example ID",
            "ROLLCALL_OIDC_ROLES" => roles,
            "ROLLCALL_PUBLIC_URL" => PUBLIC_URL,
            _ => return None,
        };
        Some(text.to_owned())
    });
    settings.unwrap().unwrap()
}

/// Requests a page with a cookie.
async fn page(app: &TestApp, path: &str, cookie: &str) -> TestResponse {
    let headers = [("cookie", cookie), ("accept", "text/html")];
    app.api("GET", path, Value::Null, &headers).await
}

/// A browser that was sent to the provider.
async fn sent(app: &TestApp, next: &str) -> Browser {
    let answer = app.get(&format!("/login/oidc?next={next}")).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
    let address = answer.header("location").to_owned();
    let cookie = answer.header("set-cookie").split(';').next().unwrap();
    Browser {
        asked: parameters(&address),
        cookie: cookie.to_owned(),
        address,
    }
}

/// The whole way: to the provider, and back.
async fn signed_in(app: &TestApp, provider: &FakeProvider) -> TestResponse {
    let browser = sent(app, "/releases").await;
    page(app, &provider.allow(&browser), &browser.cookie).await
}

/// The session's cookie that an answer sets, if it does.
fn session(answer: &TestResponse) -> Option<String> {
    let cookies = answer.headers.get_all("set-cookie").iter();
    let mut cookies = cookies.filter_map(|it| it.to_str().unwrap().split(';').next());
    let found = cookies.find(|it| it.starts_with("rollcall_session="));
    found.map(str::to_owned)
}

/// Who a session's cookie stands for.
async fn who(app: &TestApp, cookie: &str) -> Value {
    let headers = [("cookie", cookie)];
    let answer = app.api("GET", "/api/session", Value::Null, &headers).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    answer.json()["user"].clone()
}
