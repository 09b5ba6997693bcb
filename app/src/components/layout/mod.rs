//! The frame around every page.
pub mod page_head;
pub mod sidebar;
