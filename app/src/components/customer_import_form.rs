//! Form that imports many customers from pasted text, with a preview of each row beside it.
use super::{
    customer_import_table::CustomerImportTable,
    customer_import_ticks::{OwnTicks, left_out_note, summary},
    ui::{
        field::SelectField,
        icon::Icon,
        notice::Failure,
        posted::Posted,
        text_area::{TextArea, TextAreaKind},
    },
    warning_list::warning_list,
};
use crate::{
    browser,
    domain::{
        cluster::ClusterSummary,
        customer_import::{ImportReport, TickedRows},
        digit_groups::grouped,
        id::ClusterId,
        vocabulary::Field,
    },
    error::AppError,
    paths, wire,
};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// What is typed: the cluster of the rows that name none, and the text.
pub type PastedText = (Option<ClusterId>, String);

/// State of an import, kept by its page.
#[derive(Clone, Copy)]
pub struct ImportFormState {
    /// The preview; none while nothing is typed.
    pub report: RwSignal<Option<ImportReport>>,
    /// Whether the preview is that of the present text.
    pub is_current: RwSignal<bool>,
    /// Why the preview or the import failed.
    pub error: RwSignal<Option<AppError>>,
    /// Whether the import is being sent.
    pub is_busy: Signal<bool>,
}

/// An import that was posted without JavaScript, with rows that were not taken. The server provides it as context when it
/// renders the page again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PostedImport {
    /// The cluster and the text as they were posted.
    pub cluster: String,
    pub text: String,
    /// How many customers were created, and the rows that were not taken.
    pub report: ImportReport,
}

impl PostedImport {
    /// The import that this page answers, if there is one. It is sent along with the page for hydration.
    fn from_context() -> Option<Self> {
        let text = SharedValue::new_str(|| {
            let posted = use_context::<Self>().and_then(|it| wire::to_text(&it));
            posted.unwrap_or_default()
        });
        wire::from_text(&text.into_inner())
    }
}

/// "1 customer", "1,200 customers"
fn customers(n: usize) -> String {
    match n {
        1 => "1 customer".to_owned(),
        n => format!("{} customers", grouped(n)),
    }
}

/// "Created 3 customers, updated 1"; empty if nothing was written.
pub fn written(created: u32, updated: u32) -> String {
    match (created as usize, updated as usize) {
        (0, 0) => String::new(),
        (n, 0) => format!("Created {}", customers(n)),
        (0, n) => format!("Updated {}", customers(n)),
        (n, m) => format!("Created {}, updated {}", customers(n), grouped(m)),
    }
}

/// The label of the submit button, from the numbers of ticked rows that create and that update a customer.
fn submit_label(n_create: usize, n_update: usize) -> String {
    match (n_create, n_update) {
        (0, 0) => "Create customers".to_owned(),
        (n, 0) => format!("Create {}", customers(n)),
        (0, n) => format!("Update {}", customers(n)),
        (n, m) => format!("Create {}, update {}", customers(n), grouped(m)),
    }
}

/// What can be pasted, with an example.
fn text_hint() -> impl IntoView {
    view! {
        <span class="hint" id="text-hint">
            "Paste with a header row: name, namespace, cluster, then one column per variable (example below). Or the output of kubectl get ns, oc get projects or helm list -A, or one namespace per line."
            <code class="import__example">"name, namespace, HOST\nAcme, acme-prod, acme.example.com"</code>
        </span>
    }
}

/// The note beside the form's buttons: what is being checked, left out, or missing.
fn foot_note(is_checking: bool, has_ticks: bool, report: RwSignal<Option<ImportReport>>) -> String {
    let left_out = report.with(|it| it.as_ref().map(|it| left_out_note(&it.rows)));
    match left_out {
        _ if is_checking => "Checking…".to_owned(),
        Some(left_out) if has_ticks => left_out,
        Some(left_out) if !left_out.is_empty() => format!("Nothing to create. {left_out}"),
        _ => "Nothing to create".to_owned(),
    }
}

/// The form and the preview beside it.
#[component]
pub fn CustomerImportForm(
    clusters: Vec<ClusterSummary>,
    /// The cluster that is chosen at first.
    cluster: Option<ClusterId>,
    state: ImportFormState,
    /// Called after each change.
    on_typed: Callback<PastedText>,
    on_submit: Callback<(PastedText, TickedRows)>,
) -> impl IntoView {
    let ImportFormState {
        report,
        is_current,
        error,
        is_busy,
    } = state;
    let (refused, posted) = (Posted::from_context(), PostedImport::from_context());
    let first = |field: &str, otherwise: Option<&String>| {
        let otherwise = otherwise.cloned().unwrap_or_default();
        Posted::field_or(refused.as_ref(), field, otherwise)
    };
    let chosen = cluster.map(|it| it.to_string());
    let posted_cluster = posted.as_ref().map(|it| &it.cluster);
    let chosen = RwSignal::new(first("clusterId", posted_cluster.or(chosen.as_ref())));
    let text = RwSignal::new(first("text", posted.as_ref().map(|it| &it.text)));
    if let Some(refused) = refused {
        error.set(Some(refused.error));
    }
    let taken = posted.map(|it| {
        let taken = written(it.report.created, it.report.updated);
        report.set(Some(it.report));
        if taken.is_empty() {
            "Nothing was created.".to_owned()
        } else {
            format!("{taken}. The rows in the preview were left out.")
        }
    });
    let own = RwSignal::new(OwnTicks::default());
    Effect::new(move |_| {
        report.with(|it| {
            let rows = it.as_ref().map_or(&[] as &[_], |it| &it.rows);
            own.update(|own| own.keep_only(rows));
        });
    });
    let typed = move || (chosen.with(|it| it.parse().ok()), text.get());
    browser::unsaved_guard::guard(Signal::derive(move || {
        text.with(|it| !it.trim().is_empty()) && !is_busy.get()
    }));
    Effect::new(move |_| on_typed.run(typed()));
    let nothing = (String::new(), "Choose a cluster".to_owned());
    let clusters = clusters.into_iter().map(|it| it.cluster);
    let choices = clusters.map(|it| (it.id.to_string(), it.name));
    let options = std::iter::once(nothing).chain(choices).collect();
    let at = move |field| Signal::derive(move || error.get().and_then(|it| it.message_for(field)));
    let ticked = Memo::new(move |_| {
        report.with(|it| {
            let rows = it.as_ref().map_or(&[] as &[_], |it| &it.rows);
            own.with(|own| own.ticked(rows))
        })
    });
    // Without JavaScript there is no preview, and the button always works.
    let is_live = RwSignal::new(false);
    Effect::new(move |_| is_live.set(true));
    let has_ticks =
        Memo::new(move |_| ticked.with(|it| !(it.create.is_empty() && it.update.is_empty())));
    let may_send = move || is_current.get() && has_ticks.get();
    let label = move || ticked.with(|it| submit_label(it.create.len(), it.update.len()));
    let note = move || {
        let is_checking = text.with(|it| !it.trim().is_empty()) && !is_current.get();
        foot_note(is_checking, has_ticks.get(), report)
    };
    let has_rows =
        Memo::new(move |_| report.with(|it| it.as_ref().is_some_and(|it| !it.rows.is_empty())));
    let summary =
        move || report.with(|it| it.as_ref().map(|it| summary(&it.rows)).unwrap_or_default());
    let notices = move || {
        report.with(|it| {
            it.as_ref()
                .map(|it| warning_list(&it.warnings))
                .unwrap_or_default()
        })
    };
    view! {
        <div class="paste-layout">
            <form
                class="card form"
                method="post"
                on:submit=move |event| {
                    event.prevent_default();
                    if untrack(may_send) {
                        on_submit.run((untrack(typed), ticked.get_untracked()));
                    }
                }
                on:keydown=move |event| {
                    if browser::form::is_submit_shortcut(&event) {
                        event.prevent_default();
                        browser::form::submit_form(&event);
                    }
                }
            >
                <div class="form__body">
                    <Failure error=error/>
                    {taken.map(|it| view! { <div class="alert" data-tone="info" role="status"><Icon name="i-warn"/><span>{it}</span></div> })}
                    <SelectField label="Cluster" id="clusterId" value=chosen options=options error=at(Field::Cluster)/>
                    // With the cluster chosen already one begins with the text.
                    <div class="field" data-start=cluster.map(|_| "")>
                        <label for="text">"Customers (one per line)"</label>
                        <TextArea value=text id="text" kind=TextAreaKind::Code(14) described_by=Signal::derive(|| Some("text-hint".to_owned()))/>
                        {text_hint()}
                        {move || at(Field::Text).get().map(|text| view! { <span class="error">{text}</span> })}
                    </div>
                </div>
                <div class="form__foot">
                    <span class="quiet small live-only" id="paste-says">{note}</span>
                    <a class="button push" href=paths::CUSTOMERS>"Cancel"</a>
                    <button
                        class="button"
                        data-kind="ink"
                        type="submit"
                        aria-describedby="paste-says"
                        aria-keyshortcuts="Control+Enter"
                        aria-disabled=move || (is_live.get() && !may_send()).then_some("true")
                        aria-busy=move || is_busy.get().then_some("true")
                    >
                        {label}
                    </button>
                </div>
            </form>
            <section class="card" aria-labelledby="preview">
                <div class="card__head">
                    <h2 id="preview">"Preview"</h2>
                    <span class="quiet small push" role="status">{summary}</span>
                </div>
                <div inner_html=notices></div>
                {move || {
                    if has_rows.get() {
                        view! { <CustomerImportTable report=report own=own/> }.into_any()
                    } else {
                        view! {
                            <div class="empty">
                                <Icon name="t-text"/>
                                <p>"Paste rows to see what will be created."</p>
                            </div>
                        }
                            .into_any()
                    }
                }}
            </section>
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_button_says_how_many_it_creates_and_updates() {
        assert_eq!(submit_label(0, 0), "Create customers");
        assert_eq!(submit_label(1, 0), "Create 1 customer");
        assert_eq!(submit_label(1_200, 0), "Create 1,200 customers");
        assert_eq!(submit_label(0, 2), "Update 2 customers");
        assert_eq!(submit_label(3, 2), "Create 3 customers, update 2");
        assert_eq!(written(3, 1), "Created 3 customers, updated 1");
        assert_eq!(written(0, 0), "");
    }
}
