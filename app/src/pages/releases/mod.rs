//! Releases: list, new and edit, template steps, the matrix, one customer's steps.
pub mod aside;
pub mod choosing;
pub mod customer;
pub mod deeds;
pub mod desk;
pub mod dialogs;
pub mod edit;
pub mod list;
pub mod matrix;
pub mod release;
pub mod side;
pub mod steps;
pub mod undoing;
pub mod view;
pub mod work_head;
