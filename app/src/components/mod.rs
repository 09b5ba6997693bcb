//! What is shown: values in, callbacks out. Components may read the domain, never the api.
pub mod activity_list;
pub mod bulk_bar;
pub mod cluster_form;
pub mod customer_form;
pub mod customer_picker;
pub mod keys_dialog;
pub mod layout;
pub mod matrix;
pub mod name_dialog;
pub mod release_form;
pub mod step_editor;
pub mod step_form;
pub mod step_panel;
pub mod step_state;
pub mod step_text;
pub mod ui;
pub mod variables_editor;
