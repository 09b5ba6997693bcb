//! Cache of the provider's metadata and keys. It is kept for an hour, and read once for all who wait for it; a reading that failed is
//! not tried again at once, so that with a provider that hangs nobody waits for the readings of those before.
use super::{provider_failure::ProviderFailure, provider_http::ProviderHttp};
use openidconnect::{
    AdditionalProviderMetadata, DiscoveryError, IssuerUrl, ProviderMetadata,
    core::{
        CoreAuthDisplay, CoreClaimName, CoreClaimType, CoreClientAuthMethod, CoreGrantType,
        CoreJsonWebKey, CoreJweContentEncryptionAlgorithm, CoreJweKeyManagementAlgorithm,
        CoreResponseMode, CoreResponseType, CoreSubjectIdentifierType,
    },
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::{
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::sync::Mutex;

/// How long what the provider says of itself is kept.
const KEPT_FOR: Duration = Duration::from_hours(1);
/// For how long a reading that failed is the answer for all.
const FAILURE_KEPT_FOR: Duration = Duration::from_secs(5);

/// The metadata of discovery, with the member of RFC 9207.
pub type KnownProvider = ProviderMetadata<
    IssuerAnnouncement,
    CoreAuthDisplay,
    CoreClientAuthMethod,
    CoreClaimName,
    CoreClaimType,
    CoreGrantType,
    CoreJweContentEncryptionAlgorithm,
    CoreJweKeyManagementAlgorithm,
    CoreJsonWebKey,
    CoreResponseMode,
    CoreResponseType,
    CoreSubjectIdentifierType,
>;

/// Whether the provider says that its answers name it (RFC 9207).
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct IssuerAnnouncement {
    /// Any value is read: one that is no truth value must not stop the sign-in.
    #[serde(default)]
    authorization_response_iss_parameter_supported: Option<Value>,
}

impl AdditionalProviderMetadata for IssuerAnnouncement {}

impl IssuerAnnouncement {
    /// Whether an answer without `iss` is none of this provider.
    pub fn is_made(&self) -> bool {
        self.authorization_response_iss_parameter_supported == Some(Value::Bool(true))
    }
}

/// What is known of a provider, and how the last reading went.
pub struct MetadataCache {
    issuer: String,
    state: Mutex<MetadataState>,
}

#[derive(Default)]
struct MetadataState {
    kept: Option<(Arc<KnownProvider>, Instant)>,
    failed: Option<(ProviderFailure, Instant)>,
}

impl MetadataCache {
    /// Reads nothing yet.
    pub fn new(issuer: String) -> Self {
        Self {
            issuer,
            state: Mutex::default(),
        }
    }

    /// What it says of itself: kept, or read if that was long ago. If it is away then, what is kept goes on counting.
    pub async fn get(&self, http: &ProviderHttp) -> Result<Arc<KnownProvider>, ProviderFailure> {
        let mut state = self.state.lock().await;
        let kept = match &state.kept {
            Some((kept, read_at)) if read_at.elapsed() < KEPT_FOR => return Ok(Arc::clone(kept)),
            Some((kept, _)) => Some(Arc::clone(kept)),
            None => None,
        };
        let read = self.read(&mut state, http).await;
        match (read, kept) {
            (Err(failure), Some(kept)) => {
                tracing::warn!(%failure, "what the provider said of itself is kept for another hour");
                state.kept = Some((Arc::clone(&kept), Instant::now()));
                Ok(kept)
            }
            (read, _) => read,
        }
    }

    /// What it says of itself now, or has said to somebody else since `known` was read.
    pub async fn newer_than(
        &self,
        known: &Arc<KnownProvider>,
        http: &ProviderHttp,
    ) -> Result<Arc<KnownProvider>, ProviderFailure> {
        let mut state = self.state.lock().await;
        let newer = state.kept.as_ref().map(|it| &it.0);
        if let Some(newer) = newer.filter(|it| !Arc::ptr_eq(it, known)) {
            return Ok(Arc::clone(newer));
        }
        self.read(&mut state, http).await
    }

    async fn read(
        &self,
        state: &mut MetadataState,
        http: &ProviderHttp,
    ) -> Result<Arc<KnownProvider>, ProviderFailure> {
        let failed = state.failed.as_ref();
        if let Some((failure, _)) = failed.filter(|it| it.1.elapsed() < FAILURE_KEPT_FOR) {
            return Err(failure.clone());
        }
        match discover(&self.issuer, http).await {
            Ok(metadata) => {
                let metadata = Arc::new(metadata);
                state.kept = Some((Arc::clone(&metadata), Instant::now()));
                state.failed = None;
                Ok(metadata)
            }
            Err(failure) => {
                state.failed = Some((failure.clone(), Instant::now()));
                Err(failure)
            }
        }
    }
}

async fn discover(issuer: &str, http: &ProviderHttp) -> Result<KnownProvider, ProviderFailure> {
    let issuer = IssuerUrl::new(issuer.to_owned());
    let issuer = issuer.map_err(|error| ProviderFailure::misconfigured(&error))?;
    let read = KnownProvider::discover_async(issuer, http).await;
    read.map_err(|error| match &error {
        DiscoveryError::Request(cause) => ProviderFailure::of_request(&error, cause),
        DiscoveryError::Response(status, ..) if status.is_server_error() => {
            ProviderFailure::away(&error)
        }
        _ => ProviderFailure::misconfigured(&error),
    })
}
