//! REST: import from Rancher. A preview of its clusters and namespaces, and the creation of customers for those that are chosen.
use super::{
    dto::rancher::{RancherFilter, RancherImport, RancherPicks, RancherPreview},
    extract::{JsonBody, Reader, Writer},
    problem::Problem,
    response::{self, RestResponse},
};
use app::{
    api::context::list_rancher,
    domain::{
        event::Changed,
        rancher::{self, RancherSource},
    },
    store::error::StoreError,
};
use axum::{Json, extract::FromRequestParts, http::request::Parts};
use std::{convert::Infallible, sync::Arc};

/// What reads Rancher; none if the program was not told of one.
pub struct Rancher(Option<Arc<dyn RancherSource>>);

impl<S: Send + Sync> FromRequestParts<S> for Rancher {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let source = parts.extensions.get::<Arc<dyn RancherSource>>();
        Ok(Self(source.cloned()))
    }
}

impl Rancher {
    async fn list(
        self,
        filter: rancher::RancherFilter,
    ) -> Result<rancher::RancherListing, Problem> {
        let listing = list_rancher(self.0, filter).await;
        Ok(listing.map_err(StoreError::from)?)
    }
}

/// Which clusters and namespaces of Rancher are new here, known, or gone from there. Nothing is written.
#[utoipa::path(post, path = "/api/rancher/preview", tag = "customers", request_body = RancherFilter,
    responses((status = 200, description = "What Rancher has, and what of it is here", body = RancherPreview)))]
pub async fn preview_rancher(
    Reader(store): Reader,
    rancher: Rancher,
    JsonBody(body): JsonBody<RancherFilter>,
) -> Result<Json<RancherPreview>, Problem> {
    let filter = rancher::RancherFilter::from(body);
    let listing = rancher.list(filter.clone()).await?;
    let preview = store.preview_rancher(listing, filter).await?;
    Ok(Json(preview.into()))
}

/// Creates customers for the chosen namespaces, and the clusters that are missing, in one change. Known customers stay as they are;
/// nothing is deleted. If Rancher does not have one of the namespaces, nothing is written.
#[utoipa::path(post, path = "/api/rancher/import", tag = "customers", request_body = RancherPicks,
    responses((status = 200, description = "What became of each namespace", body = RancherImport)))]
pub async fn import_rancher(
    caller: Writer,
    rancher: Rancher,
    JsonBody(body): JsonBody<RancherPicks>,
) -> RestResponse {
    let picks = body.namespaces.into_iter();
    let picks: Vec<rancher::RancherPick> = picks.map(Into::into).collect();
    let wanted = rancher::RancherFilter::of_picks(&picks);
    let listing = rancher.list(wanted).await?;
    let done = caller
        .store
        .import_rancher(listing, picks, caller.stamp)
        .await?;
    let Changed { row, batch_id } = done;
    Ok(response::ok(&RancherImport::from(row), batch_id))
}
