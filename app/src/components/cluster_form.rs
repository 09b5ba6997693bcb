//! Form of a cluster: a draft in, a draft out, with errors below their fields.
use super::{
    record_form::{
        FormFrame, RecordForm, StaleNotice, all_errors, conflict_answers, conflicts,
        validated_submit,
    },
    ui::{
        field::{LongField, TextField},
        posted::Posted,
    },
    variables_editor::{VariableRows, VariablesEditor},
};
use crate::{browser::form::to_nfc, domain::cluster::ClusterDraft, domain::vocabulary::Field};
use leptos::prelude::*;

/// What is typed.
#[derive(Clone, Copy)]
struct ClusterFormFields {
    name: RwSignal<String>,
    path: RwSignal<String>,
    context: RwSignal<String>,
    max_parallel: RwSignal<String>,
    description: RwSignal<String>,
    variables: VariableRows,
}

impl ClusterFormFields {
    fn draft(self) -> ClusterDraft {
        ClusterDraft {
            name: to_nfc(self.name.get()),
            kubeconfig_path: to_nfc(self.path.get()),
            context: to_nfc(self.context.get()),
            max_parallel: self.max_parallel.get(),
            description: to_nfc(self.description.get()),
            metadata: self.variables.metadata(),
        }
    }

    fn set(self, draft: ClusterDraft) {
        self.variables.set(&draft.metadata);
        self.name.set(draft.name);
        self.path.set(draft.kubeconfig_path);
        self.context.set(draft.context);
        self.max_parallel.set(draft.max_parallel);
        self.description.set(draft.description);
    }
}

/// The form, for a new cluster and for an existing one.
#[component]
pub fn ClusterForm(
    draft: ClusterDraft,
    frame: FormFrame,
    /// The cluster as it is now, after somebody else has saved it first.
    #[prop(optional, into)]
    current: Signal<Option<ClusterDraft>>,
    on_submit: Callback<ClusterDraft>,
) -> impl IntoView {
    let posted = Posted::from_context();
    let typed = |field: &str, otherwise: &str| {
        Posted::field_or(posted.as_ref(), field, otherwise.to_owned())
    };
    let requests = frame.requests;
    let error = requests.error;
    if let Some(posted) = &posted {
        error.set(Some(posted.error.clone()));
    }
    let fields = ClusterFormFields {
        name: RwSignal::new(typed("name", &draft.name)),
        path: RwSignal::new(typed("kubeconfigPath", &draft.kubeconfig_path)),
        context: RwSignal::new(typed("context", &draft.context)),
        max_parallel: RwSignal::new(typed("maxParallel", &draft.max_parallel)),
        description: RwSignal::new(typed("description", &draft.description)),
        variables: VariableRows::new(&draft.metadata, posted.as_ref()),
    };
    let at = move |field| Signal::derive(move || error.get().and_then(|it| it.message_for(field)));
    // A page that the server has rendered again after a failed POST already shows the record as it is now.
    let is_posted = posted.is_some();
    let before = StoredValue::new(draft);
    let is_dirty = Signal::derive(move || before.with_value(|it| *it != fields.draft()));
    let send = validated_submit(
        error,
        move || fields.draft(),
        move |draft: ClusterDraft| all_errors(draft.parse(), fields.variables.duplicate_key()),
        on_submit,
    );
    let texts = |it: ClusterDraft| {
        vec![
            ("Name", it.name),
            ("Kubeconfig path", it.kubeconfig_path),
            ("kubectl context", it.context),
            ("Runs at once", it.max_parallel),
            ("Description", it.description),
            ("Variables", it.metadata.lines()),
        ]
    };
    let typed = move || fields.draft();
    let differences = conflicts(before, current, is_posted, typed, texts);
    let fill = move |now| fields.set(now);
    let (take, keep) = conflict_answers(requests, before, current, is_posted, typed, fill, send);
    view! {
        <RecordForm frame=frame is_dirty=is_dirty on_submit=send>
            <StaleNotice error=error differences=differences on_take=take on_keep=keep/>
            <TextField label="Name" id="name" value=fields.name error=at(Field::Name)/>
            <TextField
                label="Kubeconfig path"
                id="kubeconfigPath"
                value=fields.path
                error=at(Field::KubeconfigPath)
                hint="Used in steps as {{cluster.kubeconfig}}. Rollcall never opens the file."
            />
            <TextField
                label="kubectl context"
                id="context"
                value=fields.context
                error=at(Field::Context)
                hint="Copied scripts check for it. Leave empty to use the cluster's name."
            />
            <TextField
                label="Runs at once"
                id="maxParallel"
                value=fields.max_parallel
                error=at(Field::MaxParallel)
                hint="How many steps runners carry out in this cluster at once. Leave empty for 1."
            />
            <LongField
                label="Description"
                id="description"
                value=fields.description
                error=at(Field::Description)
            />
            <VariablesEditor
                variables=fields.variables
                error=at(Field::Variables)
                hint="Used in steps as {{var.KEY}}. Customers can override it."
            />
        </RecordForm>
    }
}
