//! The dialog that is open over a step, in the panel and in run mode. Loaded lazily: the caller of `StepDialogs` provides how.
use super::{
    custom_step_dialogs::{AddStepDialog, DeleteStepDialog, EditStepDialog},
    events::OpenStepDialog,
    step_detail::StepDetailState,
    text_dialogs::{DriftDialog, OverrideDialog, PromoteDialog},
};
use leptos::prelude::*;

/// Renders a dialog of a step.
pub fn step_dialog(state: StepDetailState, dialog: OpenStepDialog) -> AnyView {
    match dialog {
        OpenStepDialog::Override => view! { <OverrideDialog state=state/> }.into_any(),
        OpenStepDialog::Drift => view! { <DriftDialog state=state/> }.into_any(),
        OpenStepDialog::Promote => view! { <PromoteDialog state=state/> }.into_any(),
        OpenStepDialog::Edit => view! { <EditStepDialog state=state/> }.into_any(),
        OpenStepDialog::Delete => view! { <DeleteStepDialog state=state/> }.into_any(),
        OpenStepDialog::AddCustom => view! { <AddStepDialog state=state/> }.into_any(),
    }
}
