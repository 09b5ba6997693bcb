//! Access to the browser: DOM, storage, clipboard, timers. The only module that names web-sys, gloo or wasm-bindgen, so
//! that everything else compiles and is tested without a browser. Called from event handlers and effects, which never run
//! on the server.
pub mod arrival;
pub mod checkbox_list;
pub mod clipboard;
pub mod dom;
pub mod double_click;
pub mod drag;
pub mod editor;
pub mod foreign_changes;
pub mod form;
pub mod form_focus;
pub mod grid;
pub mod grid_dom;
pub mod history;
pub mod letter_case;
pub mod local_time;
pub mod menu;
pub mod move_queue;
pub mod own_counts;
pub mod own_writes;
pub mod panel_width;
pub mod reconnection;
pub mod row_marks;
pub mod runs;
pub mod tooltip;
pub mod unsaved_guard;
