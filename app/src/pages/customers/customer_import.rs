//! Import of many customers, `/customers/new?paste`: the server previews each row before anything is written.
use super::only_cluster::only_cluster;
use crate::{
    api::customers::import_customers,
    browser,
    components::{
        customer_import_form::{CustomerImportForm, ImportFormState, PastedText, written},
        layout::page_head::PageHead,
        ui::toast::Toasts,
    },
    domain::{
        cluster::ClusterSummary,
        customer_import::{ImportRequest, TickedRows},
    },
    pages::{SerialRequest, is_first, navigator},
    paths,
};
use leptos::prelude::*;

/// A preview is asked for when nothing was typed for this long.
const PREVIEW_DELAY_MS: u32 = 200;

/// The page of the import.
#[component]
pub fn CustomerImportPage(clusters: Vec<ClusterSummary>) -> impl IntoView {
    let sending = SerialRequest::new();
    let (go, toasts) = (navigator(), Toasts::from_context());
    let next = if is_first() {
        paths::DASHBOARD
    } else {
        paths::CUSTOMERS
    };
    let (report, is_current) = (RwSignal::new(None), RwSignal::new(false));
    let edits = StoredValue::new(0_u32);
    let typed = Callback::new(move |(cluster_id, text): PastedText| {
        edits.update_value(|it| *it += 1);
        let number = edits.get_value();
        is_current.set(false);
        if text.trim().is_empty() {
            report.set(None);
            return;
        }
        // An answer to an older text is dropped; after the page was left, its signals are disposed.
        let is_latest = move || edits.try_get_value() == Some(number);
        let preview = move || {
            if !is_latest() {
                return;
            }
            leptos::task::spawn_local(async move {
                let answer = import_customers(ImportRequest {
                    text,
                    cluster_id,
                    dry_run: true,
                    ..ImportRequest::default()
                });
                let answer = answer.await;
                if !is_latest() {
                    return;
                }
                match answer {
                    Ok(found) => {
                        sending.error.set(None);
                        report.set(Some(found.row));
                        is_current.set(true);
                    }
                    Err(error) => {
                        report.set(None);
                        sending.error.set(Some(error));
                    }
                }
            });
        };
        browser::dom::after(PREVIEW_DELAY_MS, preview);
    });
    let submit = Callback::new(move |(pasted, ticked): (PastedText, TickedRows)| {
        let go = go.clone();
        let n_ticked = ticked.create.len() + ticked.update.len();
        let (cluster_id, text) = pasted.clone();
        let request = ImportRequest {
            text,
            cluster_id,
            ticked: Some(ticked),
            ..ImportRequest::default()
        };
        sending.run(import_customers(request), move |it| {
            let (created, updated) = (it.row.created, it.row.updated);
            let n_changed_since = n_ticked.saturating_sub((created + updated) as usize);
            let done = written(created, updated);
            browser::own_counts::tell();
            if n_changed_since == 0 {
                toasts.show(done, it.batch_id);
                go(next);
                return;
            }
            let rest = format!("{n_changed_since} changed since the preview. Check again");
            let all = [done, rest];
            let all: Vec<String> = all.into_iter().filter(|it| !it.is_empty()).collect();
            toasts.show(all.join(". "), it.batch_id);
            typed.run(pasted);
        });
    });
    let cluster = only_cluster(&clusters);
    let state = ImportFormState {
        report,
        is_current,
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
