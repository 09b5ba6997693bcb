//! Secrets from the system's randomness: of sessions, tokens, addresses for CI, runners and runs, and the code of the first admin.
use crate::domain::{
    runner::RunnerTokenText, session::SESSION_SECRET_BYTES, setup_code::SetupCode, token::TokenText,
};
use crate::store::{entity::hex_digits, error::StoreError};

/// The number of random bytes drawn for a token: 40 are needed, and a few are rejected.
const TOKEN_BYTES: usize = 512;
const HOOK_KEY_BYTES: usize = 32;
const LEASE_BYTES: usize = 32;

fn random<const N: usize>() -> Result<[u8; N], StoreError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes)
        .map_err(|it| StoreError::Open(format!("the system has no randomness: {it}")))?;
    Ok(bytes)
}

/// The secret of a new session, in hexadecimal digits. Errors: the system has no randomness.
pub fn session_secret() -> Result<String, StoreError> {
    Ok(hex_digits(&random::<SESSION_SECRET_BYTES>()?))
}

/// The text of a new token. Errors: the system has no randomness.
pub fn token_text() -> Result<TokenText, StoreError> {
    let mut bytes = random::<TOKEN_BYTES>()?.into_iter();
    Ok(TokenText::generate(|| bytes.next().unwrap_or_default()))
}

/// The key of a new address that CI reports to, in hexadecimal digits: 256 bits. Errors: the system has no randomness.
pub fn hook_key() -> Result<String, StoreError> {
    Ok(hex_digits(&random::<HOOK_KEY_BYTES>()?))
}

/// The token of a new runner. Errors: the system has no randomness.
pub fn runner_token() -> Result<RunnerTokenText, StoreError> {
    let mut bytes = random::<TOKEN_BYTES>()?.into_iter();
    let next = || bytes.next().unwrap_or_default();
    Ok(RunnerTokenText::generate(next))
}

/// The lease of a run that somebody gets now, in hexadecimal digits. Errors: the system has no randomness.
pub fn run_lease() -> Result<String, StoreError> {
    Ok(hex_digits(&random::<LEASE_BYTES>()?))
}

/// A new code for the first admin. Errors: the system has no randomness.
pub fn setup_code() -> Result<SetupCode, StoreError> {
    Ok(SetupCode::from_random(random()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_has_256_bits_and_no_two_are_alike() {
        let (one, two) = (session_secret().unwrap(), session_secret().unwrap());
        assert!(one.len() == 64 && one != two);
        assert_ne!(token_text().unwrap(), token_text().unwrap());
        assert_ne!(setup_code().unwrap(), setup_code().unwrap());
    }
}
