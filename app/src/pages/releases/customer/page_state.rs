//! State of a customer page that outlives one rendering of its step list: the list renders again when steps are added
//! or removed, and typed text, an open reason prompt and a failed action stay.
use crate::{
    components::pending_actions::FailedAction, components::step_panel::panel_session::StepMemory,
    domain::id::StepId, domain::vocabulary::StepAction,
};
use leptos::prelude::*;

/// Handles to the state that the page keeps while its step list renders again.
#[derive(Clone, Copy)]
pub struct CustomerPageState {
    /// Unsaved notes, dialog fields and display settings of the step view.
    pub memory: StepMemory,
    /// The last action of the open step that failed or was refused.
    pub refused: RwSignal<Option<FailedAction>>,
    /// The action whose reason the prompt asks for, and its step.
    pub asking: RwSignal<Option<(StepId, StepAction)>>,
    /// Number of copies requested by keyboard; each increment copies the open step's text once.
    pub copy_requests: RwSignal<u32>,
}

impl CustomerPageState {
    /// The state of a page that has just been opened.
    pub fn new() -> Self {
        Self {
            memory: StepMemory::default(),
            refused: RwSignal::new(None),
            asking: RwSignal::new(None),
            copy_requests: RwSignal::new(0),
        }
    }
}

impl Default for CustomerPageState {
    fn default() -> Self {
        Self::new()
    }
}
