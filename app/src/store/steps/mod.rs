//! Writes to customers' steps: transitions, overrides, notes, custom steps, bulk transitions (R2, R12, R13, R15).
pub mod bulk_transition;
pub mod custom_steps;
pub mod customer_order;
pub mod evidence;
pub mod step_edits;
pub mod step_patch;
pub mod step_rows;
pub mod text_changes;
pub mod transitions;
