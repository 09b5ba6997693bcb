//! Template steps, the steps of a release of which each of its customers gets a copy: adding, editing, ordering, importing and
//! deleting them, how that propagates to the copies (R8-R11), and what their editor reads (`template_authoring`).
pub mod copy_order;
pub mod new_release;
pub mod runbook_import;
pub mod template_authoring;
pub mod template_edits;
pub mod template_order;
pub mod template_rows;
