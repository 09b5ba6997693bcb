//! Everything that goes out (R62): one HTTP client and one guard, which the sender of messages to hooks uses, and who asks servers
//! that settings name.
//!
//! `dial_rule`, `resolver` and `guard` decide what is dialled, `client` asks. `signature`, `slack`, `teams` and `mail_message` write a
//! message as its receiver reads it, `smtp` delivers mail. `secret_box` encrypts secrets, `retry` says when it is tried again, `delivery`
//! makes one try, and `sender` is the task that does so for whatever is due.
pub mod client;
pub mod dial_rule;
pub mod guard;
pub mod resolver;
pub mod secret_box;
pub mod signature;
