//! Messages of the step panel: what its views ask the page to do, and the small enums that they carry. In a file of
//! their own because both the panel and its parts use them.
use crate::{
    components::pending_actions::ActionRequest, domain::customer_work::CustomStepPositions,
    domain::customer_work::Promotion, domain::diff::DiffRow, domain::id::BatchId,
    domain::id::StepId, domain::order::Position, domain::template::TemplateDraft,
    domain::text_change::TextComparison, domain::value_edit::ValueEdit, error::AppError,
};
use leptos::prelude::*;

/// A comparison of two texts that the page is asked for.
#[derive(Clone, Copy)]
pub struct Compared {
    /// The rows of the difference, once they are there.
    pub rows: RwSignal<Option<Vec<DiffRow>>>,
    /// Why they could not be read.
    pub error: RwSignal<Option<AppError>>,
}

impl Compared {
    /// Nothing is read yet.
    pub fn new() -> Self {
        Self {
            rows: RwSignal::new(None),
            error: RwSignal::new(None),
        }
    }
}

impl Default for Compared {
    fn default() -> Self {
        Self::new()
    }
}

/// The step's text as it is now beside an earlier one, or why that could not be read; none while it is being read.
pub type ComparedNow = RwSignal<Option<Result<TextComparison, AppError>>>;

/// A request of the step view to its page, which sends it to the server.
#[derive(Clone)]
pub enum StepPanelEvent {
    /// Change the state.
    Act(ActionRequest),
    /// Save these notes; `true` if the person asked for it, who is then told.
    Notes(String, bool),
    /// Undo a batch of the history.
    Undo(BatchId),
    /// Set values that are missing.
    SetValues(Vec<ValueEdit>),
    /// Send what a dialog of the step asks for.
    Request(StepRequest),
    /// Read the step again.
    Reread,
    /// Close the step view.
    Close,
}

/// What the dialogs of a step, and its comparisons, ask the server for. What sends it is loaded with the dialogs.
#[derive(Clone)]
pub enum StepRequest {
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
        /// The fields of the new step.
        draft: TemplateDraft,
        /// Where it goes in the customer's list.
        place: Position<StepId>,
        /// Whether it goes into the template, and so to all members of the release.
        to_template: bool,
    },
    /// Compare two texts line by line.
    Compare {
        /// The older text.
        before: String,
        /// The newer text.
        after: String,
        /// Gets the rows of the difference, or why there are none.
        into: Compared,
    },
    /// Compare the step's text with an earlier one, and put the result into a signal.
    CompareNow(String, ComparedNow),
    /// Read where a custom step can be added.
    AskPlaces(RwSignal<Option<CustomStepPositions>>),
    /// Read whom a promotion would affect.
    AskPromotion(RwSignal<Option<Promotion>>),
}

/// Where to go from the open step: along its row or its column of the matrix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PanelNeighbors {
    /// Up in the column of the customer.
    PreviousStep,
    /// Down in the column of the customer.
    NextStep,
    /// Left in the row of the step.
    PreviousCustomer,
    /// Right in the row of the step.
    NextCustomer,
}

impl PanelNeighbors {
    /// The same where the axes of the matrix are swapped: what is above is left there.
    pub fn turned_if(self, is_swapped: bool) -> Self {
        match self {
            _ if !is_swapped => self,
            Self::PreviousStep => Self::PreviousCustomer,
            Self::NextStep => Self::NextCustomer,
            Self::PreviousCustomer => Self::PreviousStep,
            Self::NextCustomer => Self::NextStep,
        }
    }
}

/// The dialog that is open for a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OpenStepDialog {
    /// Overrides the text for one customer.
    Override,
    /// Compares the text with the changed template.
    Drift,
    /// Makes the text the template's.
    Promote,
    /// Edits a custom step.
    Edit,
    /// Deletes a custom step.
    Delete,
    /// Adds a custom step.
    AddCustom,
}
