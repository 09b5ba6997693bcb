//! `/customers/new?paste`: many customers at once, each line looked at before anything is created.
use super::edit::only;
use crate::{
    api::customers::{create_customers, preview_customers_paste},
    components::{
        customer_import_form::{PasteForm, PastedText},
        layout::page_head::PageHead,
        ui::{html::count, toast::Toasts},
    },
    domain::{cluster::ClusterSummary, customer_import::ImportLine},
    pages::{SerialRequest, goes_to},
    paths,
};
use leptos::prelude::*;

#[component]
pub fn PastePage(clusters: Vec<ClusterSummary>) -> impl IntoView {
    let sending = SerialRequest::new();
    let (go, toasts) = (goes_to(), Toasts::here());
    let lines = RwSignal::new(None::<Vec<ImportLine>>);
    let asked = StoredValue::new(0_u32);
    let typed = Callback::new(move |(cluster, text): PastedText| {
        asked.update_value(|it| *it += 1);
        let number = asked.get_value();
        if text.trim().is_empty() {
            lines.set(None);
            return;
        }
        leptos::task::spawn_local(async move {
            let answer = preview_customers_paste(cluster, text).await;
            // Only the answer to the last question counts; the page may be gone by now.
            if asked.try_get_value() != Some(number) {
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
            toasts.say(format!("Created {}", count(made, "customer")), None);
            go(paths::CUSTOMERS);
        });
    });
    let cluster = only(&clusters);
    view! {
        <PageHead title="Paste customers" crumbs=vec![("Customers".into(), paths::CUSTOMERS.into())]/>
        <div class="page__body">
            <PasteForm
                clusters=clusters
                cluster=cluster
                lines=lines
                error=sending.error
                is_busy=sending.is_busy()
                on_typed=typed
                on_submit=submit
            />
        </div>
    }
}
