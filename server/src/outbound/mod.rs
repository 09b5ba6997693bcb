//! Everything that goes out (R62): one HTTP client and one guard, which the sender of messages to hooks uses, and who asks servers
//! that settings name.
//!
//! `dial_rule`, `resolver` and `guard` decide what is dialled, `client` asks. `hook_gate` answers the store when a hook is saved.
//! `message_text`, `slack`, `teams` and `mail_message` write a message as its receiver reads it, `signature` signs it, `smtp` delivers mail.
//! `secret_box` encrypts secrets, `retry` says when a message is tried again, `delivery` makes one try, and `sender` is the task that does
//! so with whatever is due.
pub mod client;
pub mod delivery;
pub mod dial_rule;
pub mod guard;
pub mod hook_gate;
pub mod mail_message;
pub mod message_text;
pub mod resolver;
pub mod retry;
pub mod secret_box;
pub mod sender;
pub mod signature;
pub mod slack;
pub mod smtp;
pub mod teams;
