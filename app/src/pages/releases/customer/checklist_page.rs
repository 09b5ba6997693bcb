//! One customer's steps as a page to be printed. It is complete as the server draws it.
use crate::{
    browser::dom,
    components::{checklist_view::ChecklistView, layout::page_head::PageHead},
    domain::customer_checklist::Checklist,
    paths,
};
use leptos::prelude::*;

#[component]
pub fn Paper(checklist: Checklist) -> impl IntoView {
    let (release, customer) = (checklist.release.id, checklist.customer.id);
    let crumbs = vec![
        ("Releases".into(), paths::RELEASES.into()),
        (checklist.release.name.clone(), paths::release(release)),
    ];
    view! {
        <div class="runsheet">
            <PageHead title=checklist.customer.name.clone() crumbs=crumbs>
                <a class="button" href=paths::customer_steps(release, customer)>"Working list"</a>
                <a class="button" href=paths::customer_checklist(release, customer) download="" rel="external">"Download Markdown"</a>
                <button class="button" data-kind="ink" type="button" on:click=move |_| dom::print()>"Print"</button>
            </PageHead>
            <div class="page__body stack">
                <ChecklistView checklist=checklist/>
            </div>
        </div>
    }
}
