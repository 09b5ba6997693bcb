//! A customer's fields: draft in, draft out; messages under their fields.
use super::{
    ui::{
        field::{LongField, SelectField, TextField},
        notice::Failure,
        posted::Posted,
    },
    variables_editor::{Variables, VariablesEditor},
};
use crate::{
    domain::{cluster::ClusterSummary, customer::CustomerDraft, refusal::Field},
    error::AppError,
};
use leptos::prelude::*;

#[component]
pub fn CustomerForm(
    draft: CustomerDraft,
    clusters: Vec<ClusterSummary>,
    /// Of the row that is edited.
    #[prop(optional)]
    version: Option<i64>,
    #[prop(into)] submit: String,
    #[prop(into)] cancel: String,
    error: RwSignal<Option<AppError>>,
    on_submit: Callback<CustomerDraft>,
) -> impl IntoView {
    let posted = Posted::here();
    let typed = |field: &str, otherwise: String| Posted::typed(posted.as_ref(), field, otherwise);
    if let Some(posted) = &posted {
        error.set(Some(posted.error.clone()));
    }
    let name = RwSignal::new(typed("name", draft.name));
    let cluster = RwSignal::new(typed(
        "clusterId",
        draft
            .cluster_id
            .map(|it| it.to_string())
            .unwrap_or_default(),
    ));
    let namespace = RwSignal::new(typed("namespace", draft.namespace));
    let description = RwSignal::new(typed("description", draft.description));
    let variables = Variables::new(&draft.metadata, posted.as_ref());
    let at = move |field| Signal::derive(move || error.get().and_then(|it| it.at(field)));
    let options = std::iter::once((String::new(), "Choose a cluster".to_owned()))
        .chain(
            clusters
                .into_iter()
                .map(|it| (it.cluster.id.to_string(), it.cluster.name)),
        )
        .collect();
    let send = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        on_submit.run(CustomerDraft {
            name: name.get_untracked(),
            cluster_id: cluster.get_untracked().parse().ok(),
            namespace: namespace.get_untracked(),
            description: description.get_untracked(),
            metadata: variables.metadata(),
        });
    };
    view! {
        <form class="card form" method="post" on:submit=send>
            <div class="form__body">
                {version.map(|it| view! { <input type="hidden" name="version" value=it.to_string()/> })}
                <Failure error=error/>
                <TextField label="Name" id="name" value=name error=at(Field::Name)/>
                <SelectField label="Cluster" id="clusterId" value=cluster options=options error=at(Field::Cluster)/>
                <TextField
                    label="Namespace"
                    id="namespace"
                    value=namespace
                    error=at(Field::Namespace)
                    hint="Small letters, digits and hyphens. One customer a namespace."
                />
                <LongField label="Description" id="description" value=description error=at(Field::Description)/>
                <VariablesEditor variables=variables error=at(Field::Variables)/>
            </div>
            <div class="form__foot">
                <a class="button push" href=cancel>"Cancel"</a>
                <button class="button" data-kind="ink" type="submit">{submit}</button>
            </div>
        </form>
    }
}
