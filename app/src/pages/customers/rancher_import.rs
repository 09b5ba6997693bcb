//! Import from Rancher, `/customers/new?rancher`: Rancher is read when the page is open, and again with each filter.
use crate::{
    api::rancher::{import_rancher, preview_rancher},
    browser,
    components::{
        layout::page_head::PageHead,
        rancher_import_form::{RancherFormState, RancherImportForm, rancher_done},
        ui::toast::Toasts,
    },
    domain::rancher::{RancherFilter, RancherPick, RancherStatus},
    pages::{SerialRequest, navigator},
    paths,
};
use leptos::prelude::*;

/// The page of the import.
#[component]
pub fn RancherImportPage() -> impl IntoView {
    let (reading, importing) = (SerialRequest::new(), SerialRequest::new());
    let (go, toasts) = (navigator(), Toasts::from_context());
    let (preview, clusters) = (RwSignal::new(None), RwSignal::new(Vec::new()));
    let on_filter = Callback::new(move |filter: RancherFilter| {
        let is_whole = filter == RancherFilter::default();
        reading.run(preview_rancher(filter), move |it| {
            if is_whole {
                let of_rancher = it.clusters.iter();
                let of_rancher = of_rancher.filter(|it| it.status != RancherStatus::Gone);
                clusters.set(of_rancher.map(|it| it.name.clone()).collect());
            }
            preview.set(Some(it));
        });
    });
    // In the browser only: the page is there at once, and Rancher may take a while.
    Effect::new(move |_| on_filter.run(RancherFilter::default()));
    let on_submit = Callback::new(move |picks: Vec<RancherPick>| {
        let go = go.clone();
        importing.run(import_rancher(picks), move |it| {
            browser::own_counts::tell();
            toasts.show(rancher_done(&it.row), it.batch_id);
            go(paths::CUSTOMERS);
        });
    });
    let state = RancherFormState {
        preview,
        clusters,
        error: reading.error,
        import_error: importing.error,
        is_reading: reading.is_busy(),
        is_importing: importing.is_busy(),
    };
    view! {
        <PageHead title="Import from Rancher" crumbs=vec![("Customers".into(), paths::CUSTOMERS.into())]/>
        <div class="page__body stack">
            <RancherImportForm state=state on_filter=on_filter on_submit=on_submit/>
        </div>
    }
}
