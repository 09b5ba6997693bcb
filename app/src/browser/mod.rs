//! The browser itself. The only module that names web-sys, gloo or wasm-bindgen; called from events and effects, so it
//! never runs on the server.
pub mod clipboard;
pub mod clock;
pub mod dom;
pub mod drag;
pub mod drawn;
pub mod editor;
pub mod form;
pub mod grid;
pub mod leave;
pub mod menu;
pub mod panel;
pub mod picker;
pub mod tip;
