//! A cluster's fields: draft in, draft out; messages under their fields.
use super::{
    ui::{
        field::{LongField, TextField},
        notice::Failure,
        posted::Posted,
    },
    variables_editor::{Variables, VariablesEditor},
};
use crate::{
    domain::{cluster::ClusterDraft, refusal::Field},
    error::AppError,
};
use leptos::prelude::*;

#[component]
pub fn ClusterForm(
    draft: ClusterDraft,
    /// Of the row that is edited.
    #[prop(optional)]
    version: Option<i64>,
    #[prop(into)] submit: String,
    #[prop(into)] cancel: String,
    error: RwSignal<Option<AppError>>,
    on_submit: Callback<ClusterDraft>,
) -> impl IntoView {
    let posted = Posted::here();
    let typed = |field: &str, otherwise: String| Posted::typed(posted.as_ref(), field, otherwise);
    if let Some(posted) = &posted {
        error.set(Some(posted.error.clone()));
    }
    let name = RwSignal::new(typed("name", draft.name));
    let path = RwSignal::new(typed("kubeconfigPath", draft.kubeconfig_path));
    let description = RwSignal::new(typed("description", draft.description));
    let variables = Variables::new(&draft.metadata, posted.as_ref());
    let at = move |field| Signal::derive(move || error.get().and_then(|it| it.at(field)));
    let send = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        on_submit.run(ClusterDraft {
            name: name.get_untracked(),
            kubeconfig_path: path.get_untracked(),
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
                <TextField
                    label="Kubeconfig path"
                    id="kubeconfigPath"
                    value=path
                    error=at(Field::KubeconfigPath)
                    hint="Kept as it is and never opened. Steps use it as {{cluster.kubeconfig}}."
                />
                <LongField label="Description" id="description" value=description error=at(Field::Description)/>
                <VariablesEditor variables=variables error=at(Field::Variables)/>
            </div>
            <div class="form__foot">
                <a class="button push" href=cancel>"Cancel"</a>
                <button class="button" data-kind="ink" type="submit">
                    {submit}
                </button>
            </div>
        </form>
    }
}
