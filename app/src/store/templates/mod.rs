//! A release's template steps, their order, and what a change of them does to customers' copies (R8-R11).
pub mod copy_order;
pub mod template_authoring;
pub mod template_edits;
pub mod template_order;
pub mod template_rows;
