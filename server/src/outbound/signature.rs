//! Signatures of Standard Webhooks 1.0 (R62), by which a receiver knows that a message is ours and not an old one: HMAC-SHA256 of
//! id, time and body, with a secret that both know.
use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use ring::{
    hmac,
    rand::{SecureRandom, SystemRandom},
};
use std::io;

/// What a secret begins with.
const PREFIX: &str = "whsec_";
/// Bytes of a new secret; the standard has 24 to 64.
const SECRET_BYTES: usize = 32;

/// A new secret, as the receiver gets it. Errors: the system has no random numbers.
pub fn new_secret() -> io::Result<String> {
    let mut bytes = [0_u8; SECRET_BYTES];
    let failed = |_| io::Error::other("the system gives no random numbers");
    SystemRandom::new().fill(&mut bytes).map_err(failed)?;
    Ok(format!("{PREFIX}{}", BASE64.encode(bytes)))
}

/// The header `webhook-signature` of a message; none if the secret is none. `timestamp` is that of the try, in seconds.
pub fn sign(secret: &str, message_id: &str, timestamp: i64, body: &[u8]) -> Option<String> {
    let key = BASE64.decode(secret.strip_prefix(PREFIX)?).ok()?;
    let key = hmac::Key::new(hmac::HMAC_SHA256, &key);
    let mut context = hmac::Context::with_key(&key);
    context.update(format!("{message_id}.{timestamp}.").as_bytes());
    context.update(body);
    Some(format!("v1,{}", BASE64.encode(context.sign())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_vector_of_the_standard_is_signed_as_it_says() {
        let signature = sign(
            "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            1_614_265_330,
            br#"{"test": 2432232314}"#,
        );
        let published = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
        assert_eq!(signature.as_deref(), Some(published));
    }

    #[test]
    fn a_new_secret_signs_and_is_another_each_time() {
        let (one, other) = (new_secret().unwrap(), new_secret().unwrap());
        assert_ne!(one, other);
        let by = |secret: &str| sign(secret, "msg_1", 1, b"{}").unwrap();
        assert_ne!(by(&one), by(&other));
        assert_ne!(by(&one), sign(&one, "msg_2", 1, b"{}").unwrap());
        assert_eq!(sign("secret", "msg_1", 1, b"{}"), None);
    }
}
