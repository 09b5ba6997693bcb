//! REST: customers. List, read, create, update, deactivate, restore, and many at once from a pasted text.
use super::{
    dto::{
        customer_import::{CustomerImport, ImportReport},
        enums::VariablesSchema,
        rows::{Customer, CustomerView},
    },
    extract::{Id, JsonBody, Patch, QueryString, Reader, Writer},
    page::{self, List},
    problem::Problem,
    response::{self, RestResponse},
};
use app::domain::{
    customer::CustomerDraft,
    event::Changed,
    id::{ClusterId, CustomerId},
    metadata::Metadata,
};
use axum::Json;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

/// Which customers.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub struct CustomerQuery {
    /// Only those of this cluster.
    #[param(value_type = Option<i64>)]
    cluster_id: Option<String>,
    /// The inactive ones too.
    #[param(value_type = Option<bool>)]
    include_inactive: Option<String>,
    /// How many rows a page has.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 500)]
    limit: Option<String>,
    /// The `nextCursor` of the page before.
    cursor: Option<String>,
}

/// A customer to be created.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct NewCustomer {
    #[serde(default)]
    #[schema(required = true, min_length = 1, max_length = 100)]
    name: String,
    /// An active cluster.
    #[schema(value_type = i64)]
    cluster_id: Option<ClusterId>,
    /// No other customer of the cluster has it.
    #[serde(default)]
    #[schema(
        required = true,
        max_length = 63,
        pattern = "^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$"
    )]
    namespace: String,
    #[schema(max_length = 4000)]
    description: Option<String>,
    #[schema(value_type = Option<VariablesSchema>)]
    metadata: Option<Metadata>,
}

impl From<NewCustomer> for CustomerDraft {
    fn from(body: NewCustomer) -> Self {
        Self {
            name: body.name,
            cluster_id: body.cluster_id,
            namespace: body.namespace,
            description: body.description.unwrap_or_default(),
            metadata: body.metadata.unwrap_or_default(),
        }
    }
}

/// What to change of a customer; what is left out stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CustomerPatch {
    #[serde(default)]
    #[schema(value_type = String, required = false, min_length = 1, max_length = 100)]
    name: Patch<String>,
    /// Moves the customer to another cluster.
    #[serde(default)]
    #[schema(value_type = i64, required = false)]
    cluster_id: Patch<ClusterId>,
    #[serde(default)]
    #[schema(value_type = String, required = false, max_length = 63)]
    namespace: Patch<String>,
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 4000)]
    description: Patch<String>,
    #[serde(default)]
    #[schema(value_type = Option<VariablesSchema>)]
    metadata: Patch<Metadata>,
    /// The version that the change is based on; or send If-Match.
    version: Option<i64>,
}

impl CustomerPatch {
    fn apply_to(self, present: CustomerDraft) -> CustomerDraft {
        CustomerDraft {
            name: self.name.apply_to(present.name),
            cluster_id: match self.cluster_id {
                Patch::Absent => present.cluster_id,
                Patch::Null => None,
                Patch::Value(id) => Some(id),
            },
            namespace: self.namespace.apply_to(present.namespace),
            description: self.description.apply_to(present.description),
            metadata: self.metadata.apply_to(present.metadata),
        }
    }
}

/// Customers by name, of every cluster or of one.
#[utoipa::path(get, path = "/api/customers", tag = "customers", params(CustomerQuery),
    responses((status = 200, description = "A page of customers", body = List<CustomerView>)))]
pub async fn list_customers(
    Reader(store): Reader,
    QueryString(query): QueryString<CustomerQuery>,
) -> Result<Json<List<CustomerView>>, Problem> {
    let page = page::parse_page(query.limit.as_deref(), query.cursor.as_deref())?;
    let include_inactive = page::parse_flag("includeInactive", query.include_inactive.as_deref())?;
    let cluster = page::parse_id("clusterId", query.cluster_id.as_deref())?.map(ClusterId);
    let rows = store.customer_page(cluster, include_inactive, page).await?;
    Ok(Json(List::from_rows(rows)))
}

/// One customer, with its cluster.
#[utoipa::path(get, path = "/api/customers/{id}", tag = "customers",
    params(("id" = i64, Path, description = "The customer's id")),
    responses((status = 200, description = "The customer", body = CustomerView)))]
pub async fn read_customer(Reader(store): Reader, Id(id): Id<CustomerId>) -> RestResponse {
    let found = store.customer_row(id).await?;
    let version = found.0.version;
    Ok(response::view(version, &CustomerView::from(found)))
}

/// Creates a customer in an active cluster.
#[utoipa::path(post, path = "/api/customers", tag = "customers", request_body = NewCustomer,
    responses((status = 201, description = "The new customer", body = Customer)))]
pub async fn create_customer(
    caller: Writer,
    JsonBody(body): JsonBody<NewCustomer>,
) -> RestResponse {
    let Changed { row, batch_id } = caller
        .store
        .create_customer(body.into(), caller.stamp)
        .await?;
    let (location, version) = (format!("/api/customers/{}", row.id), row.version);
    Ok(response::created(
        &location,
        version,
        &Customer::from(row),
        batch_id,
    ))
}

/// Creates every new customer of a pasted text, in one change. Rows that cannot be taken are left out with a reason, and so
/// are namespaces of the system; known customers are updated on request.
#[utoipa::path(post, path = "/api/customers/import", tag = "customers", request_body = CustomerImport,
    responses((status = 200, description = "What became of each row, or would", body = ImportReport)))]
pub async fn import_customers(
    caller: Writer,
    JsonBody(body): JsonBody<CustomerImport>,
) -> RestResponse {
    let Changed { row, batch_id } = caller
        .store
        .import_customers(body.into(), caller.stamp)
        .await?;
    Ok(response::ok(&ImportReport::from(row), batch_id))
}

/// Changes some fields of a customer.
#[utoipa::path(patch, path = "/api/customers/{id}", tag = "customers", request_body = CustomerPatch,
    params(("id" = i64, Path, description = "The customer's id")),
    responses((status = 200, description = "The customer as it is now", body = Customer)))]
pub async fn update_customer(
    Id(id): Id<CustomerId>,
    caller: Writer,
    JsonBody(patch): JsonBody<CustomerPatch>,
) -> RestResponse {
    let (present, _) = caller.store.customer_row(id).await?;
    let version = caller.require_version(patch.version)?;
    let draft = patch.apply_to(present.into());
    let Changed { row, batch_id } = caller
        .store
        .update_customer(id, draft, version, caller.stamp)
        .await?;
    let version = row.version;
    Ok(response::changed(version, &Customer::from(row), batch_id))
}

/// Deactivates a customer. It stays in the releases that it is part of, marked.
#[utoipa::path(delete, path = "/api/customers/{id}", tag = "customers",
    params(("id" = i64, Path, description = "The customer's id")),
    responses((status = 204, description = "It is inactive")))]
pub async fn delete_customer(Id(id): Id<CustomerId>, caller: Writer) -> RestResponse {
    let done = caller.store.deactivate_customer(id, caller.stamp).await?;
    Ok(response::no_content(done.batch_id))
}

/// Makes an inactive customer active again; its cluster must be.
#[utoipa::path(post, path = "/api/customers/{id}/restore", tag = "customers",
    params(("id" = i64, Path, description = "The customer's id")),
    responses((status = 200, description = "The customer as it is now", body = Customer)))]
pub async fn restore_customer(Id(id): Id<CustomerId>, caller: Writer) -> RestResponse {
    let Changed { row, batch_id } = caller.store.restore_customer(id, caller.stamp).await?;
    let version = row.version;
    Ok(response::changed(version, &Customer::from(row), batch_id))
}
