//! A cluster's fields: draft in, draft out; messages under their fields.
use super::{
    record_form::{FormRequests, RecordForm, StaleNotice, all_problems, checked, differences},
    ui::{
        field::{LongField, TextField},
        posted::Posted,
    },
    variables_editor::{VariableRows, VariablesEditor},
};
use crate::{
    browser::form::composed,
    domain::{cluster::ClusterDraft, vocabulary::Field},
};
use leptos::prelude::*;

#[derive(Clone, Copy)]
struct ClusterFormFields {
    name: RwSignal<String>,
    path: RwSignal<String>,
    description: RwSignal<String>,
    variables: VariableRows,
}

impl ClusterFormFields {
    fn draft(self) -> ClusterDraft {
        ClusterDraft {
            name: composed(self.name.get()),
            kubeconfig_path: composed(self.path.get()),
            description: composed(self.description.get()),
            metadata: self.variables.metadata(),
        }
    }

    fn set(self, draft: ClusterDraft) {
        self.variables.set(&draft.metadata);
        self.name.set(draft.name);
        self.path.set(draft.kubeconfig_path);
        self.description.set(draft.description);
    }
}

#[component]
pub fn ClusterForm(
    draft: ClusterDraft,
    /// Of the row that is edited.
    #[prop(optional)]
    version: Option<i64>,
    #[prop(into)] submit: String,
    #[prop(into)] cancel: String,
    asks: FormRequests,
    /// The row as it is now, once somebody else was faster.
    #[prop(optional, into)]
    current: Signal<Option<ClusterDraft>>,
    on_submit: Callback<ClusterDraft>,
) -> impl IntoView {
    let posted = Posted::here();
    let typed =
        |field: &str, otherwise: &str| Posted::typed(posted.as_ref(), field, otherwise.to_owned());
    let error = asks.error;
    if let Some(posted) = &posted {
        error.set(Some(posted.error.clone()));
    }
    let fields = ClusterFormFields {
        name: RwSignal::new(typed("name", &draft.name)),
        path: RwSignal::new(typed("kubeconfigPath", &draft.kubeconfig_path)),
        description: RwSignal::new(typed("description", &draft.description)),
        variables: VariableRows::new(&draft.metadata, posted.as_ref()),
    };
    let at = move |field| Signal::derive(move || error.get().and_then(|it| it.message_for(field)));
    // A page that came back from the server was drawn with the row as it is now.
    let came_back = posted.is_some();
    let before = StoredValue::new(draft);
    let now = move || {
        current
            .get()
            .or_else(|| came_back.then(|| before.get_value()))
    };
    let is_dirty = Signal::derive(move || before.with_value(|it| *it != fields.draft()));
    let send = checked(
        error,
        move || fields.draft(),
        move |draft: ClusterDraft| all_problems(draft.parse(), fields.variables.problem()),
        on_submit,
    );
    let differ = Signal::derive(move || {
        now().map(|now| {
            let typed = fields.draft();
            differences(vec![
                ("Name", now.name, typed.name),
                (
                    "Kubeconfig path",
                    now.kubeconfig_path,
                    typed.kubeconfig_path,
                ),
                ("Description", now.description, typed.description),
                ("Variables", now.metadata.lines(), typed.metadata.lines()),
            ])
        })
    });
    let take = Callback::new(move |()| {
        if let Some(now) = untrack(now) {
            asks.on_seen.run(());
            before.set_value(now.clone());
            fields.set(now);
            error.set(None);
        }
    });
    let keep = Callback::new(move |()| {
        asks.on_seen.run(());
        send.run(());
    });
    view! {
        <RecordForm submit=submit cancel=cancel version=version asks=asks is_dirty=is_dirty on_submit=send>
            <StaleNotice error=error differences=differ on_take=take on_keep=keep/>
            <TextField label="Name" id="name" value=fields.name error=at(Field::Name)/>
            <TextField
                label="Kubeconfig path"
                id="kubeconfigPath"
                value=fields.path
                error=at(Field::KubeconfigPath)
                hint="Kept as it is and never opened. Steps use it as {{cluster.kubeconfig}}."
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
                hint="Used in steps as {{var.KEY}}; a customer's own value wins."
            />
        </RecordForm>
    }
}
