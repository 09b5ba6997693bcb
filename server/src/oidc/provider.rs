//! The provider: its metadata, the address of its sign-in page, and the proof of the account that came back. The checks of the
//! id token are those of `openidconnect`: issuer, audience, signature, expiry, nonce. The provider is asked at a sign-in, so
//! that one that is away does not stop the start; its metadata is kept for an hour, and read anew when it signs with a key that
//! is not known.
use super::{provider_http::ProviderHttp, sign_in_state::SignInState};
use crate::ops::oidc_settings::OidcSettings;
use app::{
    domain::provider_account::{ProviderAccount, find_claim},
    store::error::chain,
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, TimeDelta, Utc};
use openidconnect::{
    AccessTokenHash, AdditionalClaims, AuthType, AuthorizationCode, ClaimsVerificationError,
    ClientId, ClientSecret, CsrfToken, DiscoveryError, EndpointMaybeSet, EndpointNotSet,
    EndpointSet, IssuerUrl, Nonce, OAuth2TokenResponse, PkceCodeChallenge, PkceCodeVerifier,
    RedirectUrl, RequestTokenError, Scope, SignatureVerificationError, SubjectIdentifier,
    TokenResponse, UserInfoClaims, UserInfoError,
    core::{
        CoreAuthenticationFlow, CoreClient, CoreClientAuthMethod, CoreGenderClaim, CoreIdToken,
        CoreJwsSigningAlgorithm, CoreProviderMetadata, CoreTokenResponse,
    },
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::{
    error::Error,
    sync::{Arc, OnceLock},
    time::{Duration, Instant},
};
use tokio::sync::Mutex;

/// How long what the provider says of itself is kept.
const KEPT_FOR: Duration = Duration::from_hours(1);
/// How far its clock may be off.
const CLOCK_LEEWAY: TimeDelta = TimeDelta::seconds(60);
/// What an account here is made of; where the id token lacks one of them, or the groups, userinfo is read.
const CLAIMS: [&str; 3] = ["preferred_username", "name", "email"];

/// The client of a provider that was asked about itself.
type ProviderClient = CoreClient<
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

/// The provider, with what is known of it.
pub struct Provider {
    settings: OidcSettings,
    http: OnceLock<ProviderHttp>,
    known: Mutex<Option<KnownProvider>>,
}

/// What it said of itself, and when.
struct KnownProvider {
    metadata: Arc<CoreProviderMetadata>,
    read_at: Instant,
}

/// Why an account could not be proved. The texts are for the log.
#[derive(Debug, thiserror::Error)]
pub enum ProviderFailure {
    #[error("the provider is not reached: {0}")]
    Away(String),
    #[error("the provider's answer proves nothing: {0}")]
    Unproved(String),
}

/// Claims that OpenID Connect does not name, such as groups.
#[derive(Clone, Debug, Deserialize, Serialize)]
struct OtherClaims {
    #[serde(flatten)]
    all: Map<String, Value>,
}

impl AdditionalClaims for OtherClaims {}

/// Signatures that count: those by a key of the provider. None at all does not, nor one by a secret that both know.
fn algorithms() -> [CoreJwsSigningAlgorithm; 9] {
    [
        CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
        CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha384,
        CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha512,
        CoreJwsSigningAlgorithm::RsaSsaPssSha256,
        CoreJwsSigningAlgorithm::RsaSsaPssSha384,
        CoreJwsSigningAlgorithm::RsaSsaPssSha512,
        CoreJwsSigningAlgorithm::EcdsaP256Sha256,
        CoreJwsSigningAlgorithm::EcdsaP384Sha384,
        CoreJwsSigningAlgorithm::EdDsa,
    ]
}

impl Provider {
    /// Asks nothing yet.
    pub fn new(settings: OidcSettings) -> Self {
        Self {
            settings,
            http: OnceLock::new(),
            known: Mutex::new(None),
        }
    }

    /// The settings that it was made of.
    pub fn settings(&self) -> &OidcSettings {
        &self.settings
    }

    fn http(&self) -> Result<&ProviderHttp, ProviderFailure> {
        if let Some(http) = self.http.get() {
            return Ok(http);
        }
        let http = ProviderHttp::new().map_err(|error| away(&error))?;
        Ok(self.http.get_or_init(|| http))
    }

    /// What it says of itself: kept, or read if that was long ago. If it is away then, what is kept goes on counting.
    async fn metadata(&self) -> Result<Arc<CoreProviderMetadata>, ProviderFailure> {
        let mut known = self.known.lock().await;
        let kept = match known.as_ref() {
            Some(it) if it.read_at.elapsed() < KEPT_FOR => return Ok(Arc::clone(&it.metadata)),
            Some(it) => Some(Arc::clone(&it.metadata)),
            None => None,
        };
        match (self.read_metadata().await, kept) {
            (Ok(metadata), _) => {
                *known = Some(KnownProvider::new(&metadata));
                Ok(metadata)
            }
            (Err(failure), Some(kept)) => {
                tracing::warn!(%failure, "what the provider said of itself is kept for another hour");
                *known = Some(KnownProvider::new(&kept));
                Ok(kept)
            }
            (Err(failure), None) => Err(failure),
        }
    }

    /// What it says of itself now.
    async fn renewed_metadata(&self) -> Result<Arc<CoreProviderMetadata>, ProviderFailure> {
        let mut known = self.known.lock().await;
        let metadata = self.read_metadata().await?;
        *known = Some(KnownProvider::new(&metadata));
        Ok(metadata)
    }

    async fn read_metadata(&self) -> Result<Arc<CoreProviderMetadata>, ProviderFailure> {
        let issuer = IssuerUrl::new(self.settings.issuer.clone());
        let issuer = issuer.map_err(|error| unproved(&error))?;
        let read = CoreProviderMetadata::discover_async(issuer, self.http()?).await;
        let metadata = read.map_err(|error| match &error {
            DiscoveryError::Request(_) | DiscoveryError::Response(..) => away(&error),
            _ => unproved(&error),
        })?;
        Ok(Arc::new(metadata))
    }

    fn client(&self, metadata: &CoreProviderMetadata) -> Result<ProviderClient, ProviderFailure> {
        let OidcSettings {
            client_id,
            client_secret,
            redirect_url,
            ..
        } = &self.settings;
        let redirect_url = RedirectUrl::new(redirect_url.clone());
        let redirect_url = redirect_url.map_err(|error| unproved(&error))?;
        let (basic, post) = (
            CoreClientAuthMethod::ClientSecretBasic,
            CoreClientAuthMethod::ClientSecretPost,
        );
        // The default is `client_secret_basic`.
        let methods = metadata.token_endpoint_auth_methods_supported();
        let wants_post = methods.is_some_and(|it| it.contains(&post) && !it.contains(&basic));
        let auth_type = if wants_post {
            AuthType::RequestBody
        } else {
            AuthType::BasicAuth
        };
        let client = CoreClient::from_provider_metadata(
            metadata.clone(),
            ClientId::new(client_id.clone()),
            client_secret.clone().map(ClientSecret::new),
        );
        Ok(client
            .set_redirect_uri(redirect_url)
            .set_auth_type(auth_type))
    }

    /// The address at the provider that a browser is sent to. Errors: the provider is away.
    pub async fn address(&self, state: &SignInState) -> Result<String, ProviderFailure> {
        let metadata = self.metadata().await?;
        let client = self.client(&metadata)?;
        let verifier = PkceCodeVerifier::new(state.code_verifier());
        let (token, nonce) = (CsrfToken::new(state.state()), Nonce::new(state.nonce()));
        let mut request = client
            .authorize_url(
                CoreAuthenticationFlow::AuthorizationCode,
                move || token,
                move || nonce,
            )
            .set_pkce_challenge(PkceCodeChallenge::from_code_verifier_sha256(&verifier));
        // The client adds `openid` by itself.
        for scope in self.settings.scopes.iter().filter(|it| *it != "openid") {
            request = request.add_scope(Scope::new(scope.clone()));
        }
        let (url, _, _) = request.url();
        Ok(url.to_string())
    }

    /// Exchanges the authorization code for the account. Errors: the provider is unreachable; its answer is invalid.
    pub async fn account(
        &self,
        code: String,
        state: &SignInState,
        now: DateTime<Utc>,
    ) -> Result<ProviderAccount, ProviderFailure> {
        let metadata = self.metadata().await?;
        let client = self.client(&metadata)?;
        let request = client
            .exchange_code(AuthorizationCode::new(code))
            .map_err(|error| unproved(&error))?
            .set_pkce_verifier(PkceCodeVerifier::new(state.code_verifier()));
        let response = request.request_async(self.http()?).await;
        let response: CoreTokenResponse = response.map_err(|error| match &error {
            RequestTokenError::Request(_) => away(&error),
            _ => unproved(&error),
        })?;
        let id_token = response.id_token().ok_or_else(|| {
            ProviderFailure::Unproved("there is no id token: is `openid` among the scopes?".into())
        })?;
        let nonce = Nonce::new(state.nonce());
        let proved = match proved_subject(&client, &response, id_token, &nonce, now) {
            Err(ClaimsVerificationError::SignatureVerification(
                SignatureVerificationError::NoMatchingKey
                | SignatureVerificationError::CryptoError(_),
            )) => {
                // The provider may have another key since its metadata was read.
                let metadata = self.renewed_metadata().await?;
                let client = self.client(&metadata)?;
                proved_subject(&client, &response, id_token, &nonce, now)
            }
            proved => proved,
        };
        let subject = proved.map_err(|error| unproved(&error))?;
        let mut claims = payload(id_token).ok_or_else(|| {
            ProviderFailure::Unproved("the claims of the id token cannot be read".into())
        })?;
        let groups_in =
            |claims: &Map<String, Value>| find_claim(claims, &self.settings.groups_claim).cloned();
        let mut groups = groups_in(&claims);
        let lacks = |name: &str| !claims.contains_key(name);
        let lacks_one = groups.is_none() || CLAIMS.into_iter().any(lacks);
        if lacks_one && metadata.userinfo_endpoint().is_some() {
            let more = self.user_info(&client, &response, &subject).await?;
            groups = groups.or_else(|| groups_in(&more));
            for (name, value) in more {
                claims.entry(name).or_insert(value);
            }
        }
        Ok(ProviderAccount::from_claims(
            self.settings.issuer.clone(),
            subject.as_str().to_owned(),
            &claims,
            groups.as_ref(),
        ))
    }

    /// The claims of userinfo, which must be about this subject.
    async fn user_info(
        &self,
        client: &ProviderClient,
        response: &CoreTokenResponse,
        subject: &SubjectIdentifier,
    ) -> Result<Map<String, Value>, ProviderFailure> {
        let request = client
            .user_info(response.access_token().clone(), Some(subject.clone()))
            .map_err(|error| unproved(&error))?;
        let read: Result<UserInfoClaims<OtherClaims, CoreGenderClaim>, _> =
            request.request_async(self.http()?).await;
        let claims = read.map_err(|error| match &error {
            UserInfoError::Request(_) | UserInfoError::Response(..) => away(&error),
            _ => unproved(&error),
        })?;
        match serde_json::to_value(&claims) {
            Ok(Value::Object(claims)) => Ok(claims),
            _ => Err(ProviderFailure::Unproved(
                "the claims of userinfo cannot be read".into(),
            )),
        }
    }
}

impl KnownProvider {
    fn new(metadata: &Arc<CoreProviderMetadata>) -> Self {
        Self {
            metadata: Arc::clone(metadata),
            read_at: Instant::now(),
        }
    }
}

/// The subject of an id token, if the token is the provider's, for this client, of this sign-in, and still valid.
fn proved_subject(
    client: &ProviderClient,
    response: &CoreTokenResponse,
    id_token: &CoreIdToken,
    nonce: &Nonce,
    now: DateTime<Utc>,
) -> Result<SubjectIdentifier, ClaimsVerificationError> {
    let verifier = client
        .id_token_verifier()
        .set_allowed_algs(algorithms())
        .set_time_fn(move || now - CLOCK_LEEWAY);
    let claims = id_token.claims(&verifier, nonce)?;
    if let Some(expected) = claims.access_token_hash() {
        let of_signature = ClaimsVerificationError::SignatureVerification;
        let algorithm = id_token.signing_alg().map_err(of_signature)?;
        let key = id_token.signing_key(&verifier).map_err(of_signature)?;
        let hash = AccessTokenHash::from_token(response.access_token(), algorithm, key);
        let hash = hash.map_err(|error| ClaimsVerificationError::Other(error.to_string()))?;
        if hash != *expected {
            let text = "the access token is not that of the id token";
            return Err(ClaimsVerificationError::Other(text.to_owned()));
        }
    }
    Ok(claims.subject().clone())
}

/// All claims of an id token, whatever they are called.
fn payload(id_token: &CoreIdToken) -> Option<Map<String, Value>> {
    let text = id_token.to_string();
    let payload = URL_SAFE_NO_PAD.decode(text.split('.').nth(1)?).ok()?;
    serde_json::from_slice(&payload).ok()
}

fn away(error: &(dyn Error + 'static)) -> ProviderFailure {
    ProviderFailure::Away(chain(error))
}

fn unproved(error: &(dyn Error + 'static)) -> ProviderFailure {
    ProviderFailure::Unproved(chain(error))
}
