//! Form that imports clusters and customers from Rancher: filters, the preview of the namespaces, and what is created.
use super::{
    rancher_import_table::{RancherImportTable, RancherTicks, rancher_summary},
    ui::{
        field::{SelectField, TextField},
        notice::Failure,
    },
};
use crate::{
    domain::{
        plural::pluralize,
        rancher::{RancherFilter, RancherImport, RancherPick, RancherPreview},
        vocabulary::Field,
    },
    error::AppError,
    paths,
};
use leptos::prelude::*;

/// State of an import from Rancher, kept by its page.
#[derive(Clone, Copy)]
pub struct RancherFormState {
    /// None until Rancher was read.
    pub preview: RwSignal<Option<RancherPreview>>,
    /// The names of all clusters in Rancher, to choose from.
    pub clusters: RwSignal<Vec<String>>,
    /// Why Rancher could not be read.
    pub error: RwSignal<Option<AppError>>,
    /// Why the import failed.
    pub import_error: RwSignal<Option<AppError>>,
    /// Whether Rancher is being read.
    pub is_reading: Signal<bool>,
    /// Whether the import is being sent.
    pub is_importing: Signal<bool>,
}

/// "Created 3 customers and 1 cluster"; what there is to say of a namespace that was known is not told.
pub fn rancher_done(done: &RancherImport) -> String {
    let customers = pluralize(done.created, "customer");
    match done.clusters_created {
        _ if done.created == 0 => "Nothing was created".to_owned(),
        0 => format!("Created {customers}"),
        n => format!("Created {customers} and {}", pluralize(n, "cluster")),
    }
}

fn import_label(n: usize) -> String {
    match n {
        0 => "Import customers".to_owned(),
        n => format!("Import {}", pluralize(n, "customer")),
    }
}

/// The clusters whose namespaces could not be read, each with why.
fn problems(preview: RwSignal<Option<RancherPreview>>) -> impl IntoView {
    move || {
        let problems: Vec<String> = preview.with(|it| {
            let clusters = it.iter().flat_map(|it| &it.clusters);
            let told = clusters.filter_map(|it| Some((it, it.problem.as_ref()?)));
            told.map(|(cluster, why)| format!("Couldn't read {}: {why}", cluster.name))
                .collect()
        });
        let lines = problems
            .into_iter()
            .map(|it| view! { <p class="alert" role="status">{it}</p> });
        lines.collect_view()
    }
}

/// The form and the preview below it.
#[component]
pub fn RancherImportForm(
    state: RancherFormState,
    /// Reads Rancher with another filter.
    on_filter: Callback<RancherFilter>,
    on_submit: Callback<Vec<RancherPick>>,
) -> impl IntoView {
    let RancherFormState {
        preview,
        clusters,
        error,
        import_error,
        is_reading,
        is_importing,
    } = state;
    let text = || RwSignal::new(String::new());
    let (cluster, name, label, project) = (text(), text(), text(), text());
    let own = RwSignal::new(RancherTicks::default());
    let at = move |field| Signal::derive(move || error.get().and_then(|it| it.message_for(field)));
    let none = Signal::derive(|| None::<String>);
    let filter = move || RancherFilter {
        clusters: Some(cluster.get_untracked())
            .filter(|it| !it.is_empty())
            .into_iter()
            .collect(),
        name: name.get_untracked(),
        label: label.get_untracked(),
        project: project.get_untracked(),
    };
    let picks = Memo::new(move |_| {
        preview.with(|it| {
            let rows = it.as_ref().map_or(&[] as &[_], |it| &it.namespaces);
            own.with(|own| own.picks(rows))
        })
    });
    let n_picks = Memo::new(move |_| picks.with(Vec::len));
    let summary = move || {
        if is_reading.get() {
            return "Reading from Rancher…".to_owned();
        }
        preview.with(|it| {
            it.as_ref()
                .map(|it| rancher_summary(&it.namespaces))
                .unwrap_or_default()
        })
    };
    let has_rows = Memo::new(move |_| {
        preview.with(|it| it.as_ref().is_some_and(|it| !it.namespaces.is_empty()))
    });
    let choice = move || {
        let all = (String::new(), "All clusters".to_owned());
        let names = clusters.get().into_iter();
        let options = std::iter::once(all).chain(names.map(|it| (it.clone(), it)));
        let options = options.collect();
        view! { <SelectField label="Cluster" id="rancher-cluster" value=cluster options=options error=at(Field::ClusterNames)/> }
    };
    // Of a namespace that is gone since: there is no field to show it at.
    let refused = move || {
        let error = import_error.get();
        let text = error.and_then(|it| it.message_for(Field::Namespaces));
        text.map(|it| view! { <p class="alert" data-tone="danger">{it}</p> })
    };
    view! {
        <Failure error=error/>
        <Failure error=import_error/>
        {refused}
        <form
            class="card form"
            on:submit=move |event| {
                event.prevent_default();
                on_filter.run(filter());
            }
        >
            <div class="form__body rancher__filter">
                {choice}
                <TextField label="Namespace contains" id="rancher-name" value=name error=none/>
                <TextField label="Label" id="rancher-label" value=label error=at(Field::Label) hint="Such as team=shop"/>
                <TextField label="Project" id="rancher-project" value=project error=none/>
            </div>
            <div class="form__foot">
                <button class="button push" type="submit" aria-busy=move || is_reading.get().then_some("true")>
                    "Apply filter"
                </button>
            </div>
        </form>
        {problems(preview)}
        <section class="card" aria-labelledby="rancher-preview">
            <div class="card__head">
                <h2 id="rancher-preview">"Preview"</h2>
                <span class="quiet small push" role="status">{summary}</span>
            </div>
            {move || {
                if has_rows.get() {
                    view! { <RancherImportTable preview=preview own=own/> }.into_any()
                } else {
                    let is_read = preview.with(Option::is_some);
                    is_read
                        .then(|| view! { <div class="empty"><p>"No namespaces match."</p></div> })
                        .into_any()
                }
            }}
            <div class="form__foot">
                <span class="quiet small">"Nothing is deleted or changed. Each customer is named after its namespace."</span>
                <a class="button push" href=paths::CUSTOMERS>"Cancel"</a>
                <button
                    class="button"
                    data-kind="ink"
                    type="button"
                    aria-disabled=move || (n_picks.get() == 0).then_some("true")
                    aria-busy=move || is_importing.get().then_some("true")
                    on:click=move |_| {
                        if n_picks.get_untracked() > 0 {
                            on_submit.run(picks.get_untracked());
                        }
                    }
                >
                    {move || import_label(n_picks.get())}
                </button>
            </div>
        </section>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_button_and_the_message_say_how_many() {
        assert_eq!(import_label(0), "Import customers");
        assert_eq!(import_label(1), "Import 1 customer");
        assert_eq!(import_label(1_200), "Import 1,200 customers");
        let done = |created, clusters_created| {
            rancher_done(&RancherImport {
                created,
                clusters_created,
                ..RancherImport::default()
            })
        };
        assert_eq!(done(3, 0), "Created 3 customers");
        assert_eq!(done(1, 2), "Created 1 customer and 2 clusters");
        assert_eq!(done(0, 0), "Nothing was created");
    }
}
