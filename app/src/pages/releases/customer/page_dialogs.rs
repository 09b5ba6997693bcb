//! What opens over a customer page, which is loaded lazily. `../lazy_parts.rs` passes it to the page, so that nothing here imports a
//! file that imports it.
use super::add_step::AddStepProps;
use crate::{
    components::take_over_dialog::TakeOverDialogProps,
    pages::releases::step_detail_actions::SendStepRequest,
};
use leptos::prelude::*;

/// Functions that load a dialog and render it.
#[derive(Clone, Copy)]
pub struct CustomerPageDialogs {
    pub add_step: fn(AddStepProps) -> AnyView,
    pub take_over: fn(TakeOverDialogProps) -> AnyView,
    /// The keyboard shortcuts; the signal opens the dialog.
    pub keys: fn(RwSignal<bool>) -> AnyView,
    /// Sends what the dialogs of a step ask for.
    pub request: SendStepRequest,
    /// Loads the code of all of them, and of the dialogs of a step.
    pub preload: fn(),
}
