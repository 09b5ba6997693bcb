//! Messages to webhooks (R62): written in the transaction of the change that they tell of, and from there claimed, sent and
//! finished by the sender of the program, which has no caller. What an admin does with webhooks is in `records/webhooks`.
pub mod changed_cells;
pub mod daily_head;
pub mod deliveries;
pub mod hook_rules;
pub mod messages;
pub mod outbox_wake;
