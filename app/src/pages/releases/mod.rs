//! Pages of releases: list, form, draft, matrix, template steps, one customer's steps.
pub mod customer;
pub mod customer_selection;
pub mod dialogs;
pub mod draft;
pub mod edit;
pub mod lazy_parts;
pub mod list;
pub mod release;
pub mod release_matrix;
pub mod send_action;
pub mod step_detail_actions;
pub mod steps;
pub mod take_over;
pub mod text_questions;
pub mod undo_stack;
