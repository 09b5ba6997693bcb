//! Writing the audit trail (R17) and the idempotency keys that requests are recorded under. Low in the store: it
//! knows tables and events, not what a change means.
pub mod events;
pub mod history_head;
pub mod idempotency;
