//! Form of a customer: a draft in, a draft out, with errors below their fields.
use super::{
    record_form::{
        FormFrame, RecordForm, StaleNotice, all_errors, conflict_answers, conflicts,
        validated_submit,
    },
    ui::{
        field::{LongField, SelectField, TextField},
        posted::Posted,
    },
    variables_editor::{InheritedVariable, VariableRows, VariablesEditor},
};
use crate::{
    browser::form::to_nfc,
    domain::{cluster::ClusterSummary, customer::CustomerDraft, id::ClusterId, vocabulary::Field},
};
use leptos::prelude::*;

/// What is typed.
#[derive(Clone, Copy)]
struct CustomerFormFields {
    name: RwSignal<String>,
    cluster: RwSignal<String>,
    namespace: RwSignal<String>,
    description: RwSignal<String>,
    variables: VariableRows,
}

impl CustomerFormFields {
    fn draft(self) -> CustomerDraft {
        CustomerDraft {
            name: to_nfc(self.name.get()),
            cluster_id: self.cluster.with(|it| it.parse().ok()),
            namespace: to_nfc(self.namespace.get()),
            description: to_nfc(self.description.get()),
            metadata: self.variables.metadata(),
        }
    }

    fn set(self, draft: CustomerDraft) {
        self.variables.set(&draft.metadata);
        self.name.set(draft.name);
        self.cluster.set(cluster_value(draft.cluster_id));
        self.namespace.set(draft.namespace);
        self.description.set(draft.description);
    }
}

/// The value of the cluster's select field.
fn cluster_value(cluster: Option<ClusterId>) -> String {
    cluster.map(|it| it.to_string()).unwrap_or_default()
}

/// The form, for a new customer and for an existing one.
#[component]
pub fn CustomerForm(
    draft: CustomerDraft,
    clusters: Vec<ClusterSummary>,
    frame: FormFrame,
    /// The customer as it is now, after somebody else has saved it first.
    #[prop(optional, into)]
    current: Signal<Option<CustomerDraft>>,
    on_submit: Callback<CustomerDraft>,
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
    let fields = CustomerFormFields {
        name: RwSignal::new(typed("name", &draft.name)),
        cluster: RwSignal::new(typed("clusterId", &cluster_value(draft.cluster_id))),
        namespace: RwSignal::new(typed("namespace", &draft.namespace)),
        description: RwSignal::new(typed("description", &draft.description)),
        variables: VariableRows::new(&draft.metadata, posted.as_ref()),
    };
    let at = move |field| Signal::derive(move || error.get().and_then(|it| it.message_for(field)));
    let options = std::iter::once((String::new(), "Choose a cluster".to_owned()))
        .chain(
            clusters
                .iter()
                .map(|it| (it.cluster.id.to_string(), it.cluster.name.clone())),
        )
        .collect();
    let clusters = StoredValue::new(clusters);
    let cluster_of = move |id: Option<ClusterId>| {
        clusters.with_value(|all| {
            let found = all.iter().find(|it| Some(it.cluster.id) == id);
            found.map(|it| it.cluster.clone())
        })
    };
    let name_of = move |id| cluster_of(id).map(|it| it.name).unwrap_or_default();
    let from_cluster = Signal::derive(move || {
        let id = fields.cluster.with(|it| it.parse().ok());
        cluster_of(id)
            .map(|it| InheritedVariable::from_metadata(&it.metadata, &it.name))
            .unwrap_or_default()
    });
    // A page that the server has rendered again after a failed POST already shows the record as it is now.
    let is_posted = posted.is_some();
    let before = StoredValue::new(draft);
    let is_dirty = Signal::derive(move || before.with_value(|it| *it != fields.draft()));
    let send = validated_submit(
        error,
        move || fields.draft(),
        move |draft: CustomerDraft| all_errors(draft.parse(), fields.variables.duplicate_key()),
        on_submit,
    );
    let texts = move |it: CustomerDraft| {
        vec![
            ("Name", it.name),
            ("Cluster", name_of(it.cluster_id)),
            ("Namespace", it.namespace),
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
            <SelectField
                label="Cluster"
                id="clusterId"
                value=fields.cluster
                options=options
                error=at(Field::Cluster)
            />
            <TextField
                label="Namespace"
                id="namespace"
                value=fields.namespace
                error=at(Field::Namespace)
                hint="Lowercase letters, digits and hyphens. One customer per namespace."
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
                inherited=from_cluster
                hint="Used in steps as {{var.KEY}}. Overrides the cluster's and release's value."
            />
        </RecordForm>
    }
}
