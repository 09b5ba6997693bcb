//! Pages of releases: list, form, template, matrix, and one customer's steps.
pub mod bulk_actions;
pub mod customer;
pub mod customer_selection;
pub mod dialogs;
pub mod edit;
pub mod lazy_parts;
pub mod list;
pub mod matrix;
pub mod matrix_head;
pub mod release;
pub mod step_detail_actions;
pub mod step_panel_host;
pub mod steps;
pub mod undo_stack;
pub mod url_state;
