//! Server functions for customers: list, read, create, edit, deactivate, restore, and import from pasted text.
use crate::{
    domain::{
        customer::{Customer, CustomerDraft, CustomerSummary},
        customer_import::{ImportReport, ImportRequest},
        event::Changed,
        id::CustomerId,
        summary::CustomerDetail,
    },
    error::AppError,
};
use leptos::{
    prelude::*,
    server_fn::codec::{Json, Postcard},
};

/// All customers by name.
#[server(input = Json, output = Postcard)]
pub async fn list_customers(include_inactive: bool) -> Result<Vec<CustomerSummary>, AppError> {
    use super::context::{reply, store};
    reply(store()?.customers(include_inactive).await)
}

/// One customer with its cluster and its releases. Errors: not found.
#[server(input = Json, output = Postcard)]
pub async fn read_customer(id: CustomerId) -> Result<CustomerDetail, AppError> {
    use super::context::{reply, store};
    reply(store()?.customer(id).await)
}

/// Creates a customer. Errors: wrong fields; a namespace that is taken; an inactive cluster.
#[server(input = Json, output = Postcard)]
pub async fn create_customer(draft: CustomerDraft) -> Result<Changed<Customer>, AppError> {
    use super::context::{reply, stamp, store};
    reply(store()?.create_customer(draft, stamp()?).await)
}

/// Replaces the details of a customer. Errors: not found; wrong fields; a namespace that is taken; stale `version`
/// (R3).
#[server(input = Json, output = Postcard)]
pub async fn update_customer(
    id: CustomerId,
    draft: CustomerDraft,
    version: i64,
) -> Result<Changed<Customer>, AppError> {
    use super::context::{reply, stamp, store};
    reply(store()?.update_customer(id, draft, version, stamp()?).await)
}

/// Deactivates a customer (R5); it stays in its releases. Errors: not found.
#[server(input = Json, output = Postcard)]
pub async fn deactivate_customer(id: CustomerId) -> Result<Changed<Customer>, AppError> {
    use super::context::{reply, stamp, store};
    reply(store()?.deactivate_customer(id, stamp()?).await)
}

/// Makes an inactive customer active again. Errors: not found; an inactive cluster.
#[server(input = Json, output = Postcard)]
pub async fn restore_customer(id: CustomerId) -> Result<Changed<Customer>, AppError> {
    use super::context::{reply, stamp, store};
    reply(store()?.restore_customer(id, stamp()?).await)
}

/// What becomes of each row of a pasted text; unless it is a dry run, creates and updates the chosen customers (R85).
/// Errors: an empty text; too many rows; an unknown cluster.
#[server(input = Json, output = Postcard)]
pub async fn import_customers(request: ImportRequest) -> Result<Changed<ImportReport>, AppError> {
    use super::context::{reply, stamp, store};
    reply(store()?.import_customers(request, stamp()?).await)
}
