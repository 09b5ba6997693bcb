//! Page for a URL that matches no route.
use crate::{components::layout::page_head::PageHead, paths};
use leptos::prelude::*;

/// The page, with links to the lists.
#[component]
pub fn NotFoundPage() -> impl IntoView {
    view! {
        <PageHead title="Not found"/>
        <div class="page__body">
            <div class="card empty">
                <p>"Page not found. It may have been deleted, or the link is incomplete."</p>
                <div class="row">
                    <a class="button" href=paths::RELEASES>"Releases"</a>
                    <a class="button" href=paths::CUSTOMERS>"Customers"</a>
                    <a class="button" href=paths::DASHBOARD>"Back to the dashboard"</a>
                </div>
            </div>
        </div>
    }
}
