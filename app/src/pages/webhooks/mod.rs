//! Pages of webhooks, for admins: the list, the form with a preview, and one webhook with its deliveries.
pub mod detail;
pub mod edit;
mod hook_choices;
pub mod list;
