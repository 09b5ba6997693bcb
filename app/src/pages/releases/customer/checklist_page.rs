//! Printable checklist of one customer's steps: the customer page's view `?view=print`, which fetches it. The server renders
//! all of it, so that it prints without JavaScript.
use crate::{
    browser::dom,
    components::{checklist_view::ChecklistView, layout::page_head::PageHead},
    domain::customer_checklist::Checklist,
    paths,
};
use leptos::prelude::*;

/// The checklist with its page head: links back to the work list, to the Markdown download, and the print button.
#[component]
pub fn ChecklistPage(checklist: Checklist) -> impl IntoView {
    let (release, customer) = (checklist.release.id, checklist.customer.id);
    let crumbs = vec![
        ("Releases".into(), paths::RELEASES.into()),
        (checklist.release.name.clone(), paths::release(release)),
    ];
    view! {
        <div class="checklist">
            <PageHead title=checklist.customer.name.clone() crumbs=crumbs>
                <a class="button" href=paths::customer_steps(release, customer)>"Back to steps"</a>
                <a class="button" href=paths::customer_checklist(release, customer) download="" rel="external">"Download Markdown"</a>
                <button class="button" data-kind="ink" type="button" on:click=move |_| dom::print()>"Print"</button>
            </PageHead>
            <div class="page__body stack">
                <ChecklistView checklist=checklist/>
            </div>
        </div>
    }
}
