//! Sign-in at a provider by OpenID Connect (R27): what a browser keeps meanwhile, requests to the provider, and the proof of the
//! account. The user and the session are made by the store; the addresses are in `http/oidc_pages.rs`.
pub mod provider;
pub mod provider_failure;
pub mod provider_http;
mod provider_metadata;
pub mod sign_in_state;
