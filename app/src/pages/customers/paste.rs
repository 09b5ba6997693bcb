//! Import of many customers, `/customers/new?paste`: the server previews each line before anything is created.
use super::only_cluster::only_cluster;
use crate::{
    api::customers::{create_customers, preview_customers_paste},
    components::{
        customer_import_form::{CustomerImportForm, ImportFormState, PastedText},
        layout::page_head::PageHead,
        ui::{html::pluralize, toast::Toasts},
    },
    domain::{cluster::ClusterSummary, customer_import::ImportLine},
    pages::{SerialRequest, goes_to},
    paths,
};
use leptos::prelude::*;

/// The page of the import.
#[component]
pub fn PastePage(clusters: Vec<ClusterSummary>) -> impl IntoView {
    let sending = SerialRequest::new();
    let (go, toasts) = (goes_to(), Toasts::from_context());
    let lines = RwSignal::new(None::<Vec<ImportLine>>);
    let edits = StoredValue::new(0_u32);
    let typed = Callback::new(move |(cluster, text): PastedText| {
        edits.update_value(|it| *it += 1);
        let number = edits.get_value();
        if text.trim().is_empty() {
            lines.set(None);
            return;
        }
        leptos::task::spawn_local(async move {
            let answer = preview_customers_paste(cluster, text).await;
            // An answer to an older text is dropped; after the page was left, its signals are disposed.
            if edits.try_get_value() != Some(number) {
                return;
            }
            match answer {
                Ok(found) => {
                    sending.error.set(None);
                    lines.set(Some(found));
                }
                Err(error) => sending.error.set(Some(error)),
            }
        });
    });
    let submit = Callback::new(move |(cluster, text): PastedText| {
        let go = go.clone();
        sending.run(create_customers(cluster, text), move |it| {
            let made = usize::try_from(it.row).unwrap_or(usize::MAX);
            toasts.show(format!("Created {}", pluralize(made, "customer")), None);
            go(paths::CUSTOMERS);
        });
    });
    let cluster = only_cluster(&clusters);
    let state = ImportFormState {
        lines,
        error: sending.error,
        is_busy: sending.is_busy(),
    };
    view! {
        <PageHead title="Paste customers" crumbs=vec![("Customers".into(), paths::CUSTOMERS.into())]/>
        <div class="page__body">
            <CustomerImportForm
                clusters=clusters
                cluster=cluster
                state=state
                on_typed=typed
                on_submit=submit
            />
        </div>
    }
}
