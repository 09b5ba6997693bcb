//! Writes to template steps, and how their changes propagate to customers' copies (R8-R11).
pub mod copy_order;
pub mod runbook_import;
pub mod template_authoring;
pub mod template_edits;
pub mod template_order;
pub mod template_rows;
