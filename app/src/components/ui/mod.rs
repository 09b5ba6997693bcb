//! Widgets that know nothing of releases and could be given away.
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
pub mod text_area;
pub mod time;
pub mod toast;
