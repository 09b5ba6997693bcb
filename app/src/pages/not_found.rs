//! An address that leads nowhere.
use leptos::prelude::*;
use leptos_meta::Title;

#[component]
pub fn NotFoundPage() -> impl IntoView {
    view! {
        <Title text="Not found · Rollcall"/>
        <div class="page__head">
            <div class="page__title">
                <h1>"Not found"</h1>
            </div>
        </div>
        <div class="page__body">
            <div class="empty">
                <p>"There is no page at this address."</p>
                <a class="button" href="/">"Back to the dashboard"</a>
            </div>
        </div>
    }
}
