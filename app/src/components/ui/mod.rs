//! General widgets: buttons, menus, dialogs, fields and lists. They do not depend on what the product is about, so that
//! every page can use them.
pub mod bar;
pub mod code;
pub mod dialog;
pub mod field;
pub mod follow_effect;
pub mod html;
pub mod icon;
pub mod menu;
pub mod notice;
pub mod posted;
pub mod sortable;
pub mod sorting;
pub mod text_area;
pub mod time;
pub mod toast;
