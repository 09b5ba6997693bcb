//! Writing the audit trail (R17) and the idempotency keys of requests. A low layer: it knows tables and events, not
//! the meaning of a change.
pub mod events;
pub mod history_head;
pub mod idempotency;
pub mod last_change;
