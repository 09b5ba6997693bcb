//! Messages of the step panel: what its views ask the page to do, and the small enums that they carry. In a file of
//! their own because both the panel and its parts use them.
use crate::{
    components::pending_actions::ActionRequest, domain::customer_work::CustomStepPositions,
    domain::customer_work::Promotion, domain::diff::DiffRow, domain::id::BatchId,
    domain::id::StepId, domain::order::Position, domain::template::TemplateDraft,
};
use leptos::prelude::*;

/// A request of the step view to its page, which sends it to the server.
#[derive(Clone)]
pub enum StepPanelEvent {
    /// Change the state.
    Act(ActionRequest),
    /// Save these notes.
    Notes(String),
    /// Save this text for the customer only.
    Override(String),
    /// Keep the override although the template has changed since.
    Keep,
    /// Take the template's text again.
    Reset,
    /// Make the step's text the template's, or a custom step part of the template.
    Promote,
    /// Save a custom step.
    Edit(TemplateDraft),
    /// Delete a custom step.
    Delete,
    /// Add a custom step to the customer's list, or to the template.
    AddCustom {
        draft: TemplateDraft,
        place: Position<StepId>,
        to_template: bool,
    },
    /// Undo a batch of the history.
    Undo(BatchId),
    /// Compare two texts line by line, and put the result into a signal.
    Compare {
        before: String,
        after: String,
        into: RwSignal<Option<Vec<DiffRow>>>,
    },
    /// Read where a custom step can be added.
    AskPlaces(RwSignal<Option<CustomStepPositions>>),
    /// Read whom a promotion would affect.
    AskPromotion(RwSignal<Option<Promotion>>),
    /// Close the step view.
    Close,
}

/// Where to go from the open step: along its row or its column of the matrix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PanelNeighbors {
    PreviousStep,
    NextStep,
    PreviousCustomer,
    NextCustomer,
}

/// The dialog that is open for a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OpenStepDialog {
    Override,
    Drift,
    Promote,
    Edit,
    Delete,
    AddCustom,
}
