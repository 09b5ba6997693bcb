//! Frame of every page: sidebar and page head.
pub mod page_head;
pub mod sidebar;
