//! The audit trail: appending events (R17), the end of their hash chain (R89), and who changed a step last; and the
//! idempotency keys of requests; the id of the last event; and who is told of a commit. A low layer: of the store it imports only `engine`, `entity` and `texts`.
pub mod commits;
pub mod event_texts;
pub mod events;
pub mod history_head;
pub mod idempotency;
pub mod last_change;
pub mod last_event;
pub mod seen_history;
