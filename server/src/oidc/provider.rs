//! Client of the OpenID Connect provider: the address of its sign-in page, and the exchange of an authorization code for a verified
//! account. The checks of the id token are those of `openidconnect`: issuer, audience, signature, expiry, nonce; and two more: `azp` and
//! `nbf`. The provider is asked at a sign-in, so that one that is away does not stop the start; its metadata is read anew when it signs
//! with a key that is not known.
use super::{
    provider_failure::ProviderFailure,
    provider_http::ProviderHttp,
    provider_metadata::{KnownProvider, MetadataCache},
    sign_in_state::SignInState,
};
use crate::ops::oidc_settings::OidcSettings;
use app::domain::provider_account::{ProviderAccount, find_claim, is_subject};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, TimeDelta, Utc};
use openidconnect::{
    AccessTokenHash, AdditionalClaims, AuthType, AuthorizationCode, ClaimsVerificationError,
    ClientId, ClientSecret, CsrfToken, EndpointMaybeSet, EndpointNotSet, EndpointSet, Nonce,
    OAuth2TokenResponse, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, RequestTokenError,
    Scope, SignatureVerificationError, SubjectIdentifier, TokenResponse, UserInfoClaims,
    UserInfoError,
    core::{
        CoreAuthenticationFlow, CoreClient, CoreClientAuthMethod, CoreErrorResponseType,
        CoreGenderClaim, CoreIdToken, CoreJwsSigningAlgorithm, CoreTokenResponse,
    },
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

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
    metadata: MetadataCache,
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
            metadata: MetadataCache::new(settings.issuer.clone()),
            settings,
            http: OnceLock::new(),
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
        let http = ProviderHttp::new().map_err(|error| ProviderFailure::away(&error))?;
        Ok(self.http.get_or_init(|| http))
    }

    /// What it says of itself.
    async fn metadata(&self) -> Result<Arc<KnownProvider>, ProviderFailure> {
        self.metadata.get(self.http()?).await
    }

    /// Refuses an answer that names another issuer, or none although this one always names itself (RFC 9207). Errors: the provider
    /// is away.
    pub async fn must_be_answering(&self, issuer: Option<&str>) -> Result<(), ProviderFailure> {
        let is_answering = match issuer {
            Some(issuer) => issuer == self.settings.issuer,
            None => !self.metadata().await?.additional_metadata().is_made(),
        };
        if is_answering {
            Ok(())
        } else {
            Err(ProviderFailure::Foreign("another provider answers".into()))
        }
    }

    fn client(&self, metadata: &KnownProvider) -> Result<ProviderClient, ProviderFailure> {
        let OidcSettings {
            client_id,
            client_secret,
            redirect_url,
            ..
        } = &self.settings;
        let redirect_url = RedirectUrl::new(redirect_url.clone());
        let redirect_url = redirect_url.map_err(|error| ProviderFailure::misconfigured(&error))?;
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
            .map_err(|error| ProviderFailure::misconfigured(&error))?
            .set_pkce_verifier(PkceCodeVerifier::new(state.code_verifier()));
        let response = request.request_async(self.http()?).await;
        let response: CoreTokenResponse = response.map_err(|error| match &error {
            RequestTokenError::Request(cause) => ProviderFailure::of_request(&error, cause),
            RequestTokenError::ServerResponse(answer)
                if *answer.error() == CoreErrorResponseType::InvalidGrant =>
            {
                ProviderFailure::foreign(&error)
            }
            _ => ProviderFailure::misconfigured(&error),
        })?;
        let id_token = response.id_token().ok_or_else(|| {
            ProviderFailure::Misconfigured(
                "there is no id token: is `openid` among the scopes?".into(),
            )
        })?;
        let nonce = Nonce::new(state.nonce());
        let proved = match proved_subject(&client, &response, id_token, &nonce, now) {
            Err(ClaimsVerificationError::SignatureVerification(
                SignatureVerificationError::NoMatchingKey
                | SignatureVerificationError::CryptoError(_),
            )) => {
                // The provider may have another key since its metadata was read.
                let metadata = self.metadata.newer_than(&metadata, self.http()?).await?;
                let client = self.client(&metadata)?;
                proved_subject(&client, &response, id_token, &nonce, now)
            }
            proved => proved,
        };
        let subject = proved.map_err(|error| match &error {
            ClaimsVerificationError::InvalidNonce(_) => ProviderFailure::foreign(&error),
            _ => ProviderFailure::unproved(&error),
        })?;
        let mut claims = payload(id_token).ok_or_else(|| {
            ProviderFailure::Unproved("the claims of the id token cannot be read".into())
        })?;
        let client_id = self.settings.client_id.as_str();
        if let Some(why) = what_is_wrong(&claims, subject.as_str(), client_id, now) {
            return Err(ProviderFailure::Unproved(why.into()));
        }
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
            .map_err(|error| ProviderFailure::misconfigured(&error))?;
        let read: Result<UserInfoClaims<OtherClaims, CoreGenderClaim>, _> =
            request.request_async(self.http()?).await;
        let claims = read.map_err(|error| match &error {
            UserInfoError::Request(cause) => ProviderFailure::of_request(&error, cause),
            UserInfoError::Response(status, ..) if status.is_server_error() => {
                ProviderFailure::away(&error)
            }
            UserInfoError::ClaimsVerification(_) => ProviderFailure::unproved(&error),
            _ => ProviderFailure::misconfigured(&error),
        })?;
        match serde_json::to_value(&claims) {
            Ok(Value::Object(claims)) => Ok(claims),
            _ => Err(ProviderFailure::Misconfigured(
                "the claims of userinfo cannot be read".into(),
            )),
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

/// Why an id token that is the provider's proves nothing all the same; none if it does.
fn what_is_wrong(
    claims: &Map<String, Value>,
    subject: &str,
    client_id: &str,
    now: DateTime<Utc>,
) -> Option<&'static str> {
    let claim = |name: &str| claims.get(name).filter(|it| !it.is_null());
    let latest = u64::try_from((now + CLOCK_LEEWAY).timestamp()).unwrap_or_default();
    let is_begun = |it: &Value| {
        let begins = it.as_f64().map(Duration::try_from_secs_f64);
        begins.is_some_and(|it| it.is_ok_and(|it| it <= Duration::from_secs(latest)))
    };
    if claim("azp").is_some_and(|it| it.as_str() != Some(client_id)) {
        Some("the id token was given to another client")
    } else if claim("nbf").is_some_and(|it| !is_begun(it)) {
        Some("the id token is not valid yet")
    } else if !is_subject(subject) {
        Some("the subject has not 1 to 255 characters, or one that cannot be seen")
    } else {
        None
    }
}

/// All claims of an id token, whatever they are called.
fn payload(id_token: &CoreIdToken) -> Option<Map<String, Value>> {
    let text = id_token.to_string();
    let payload = URL_SAFE_NO_PAD.decode(text.split('.').nth(1)?).ok()?;
    serde_json::from_slice(&payload).ok()
}
