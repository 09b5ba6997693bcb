//! The dialog that is open over a step, in the panel and in run mode. Loaded lazily: the caller of `StepDialogs` provides how.
use super::{
    custom_step_dialogs::{AddStepDialog, DeleteStepDialog, EditStepDialog},
    dialog_loader::StepDialog,
    events::OpenStepDialog,
    step_detail::StepDetailState,
    text_changes::TextChangedDialog,
    text_dialogs::{Comparison, DriftDialog, OverrideDialog, PromoteDialog},
};
use leptos::prelude::*;

/// Renders a dialog of a step.
pub fn step_dialog(state: StepDetailState, dialog: StepDialog) -> AnyView {
    let opened = match dialog {
        StepDialog::TextChanged => return view! { <TextChangedDialog state=state/> }.into_any(),
        StepDialog::Notes { theirs, yours } => {
            return view! { <Comparison state=state before=theirs after=yours left="Theirs" right="Yours"/> }
            .into_any();
        }
        StepDialog::Opened(it) => it,
    };
    match opened {
        OpenStepDialog::Override => view! { <OverrideDialog state=state/> }.into_any(),
        OpenStepDialog::Drift => view! { <DriftDialog state=state/> }.into_any(),
        OpenStepDialog::Promote => view! { <PromoteDialog state=state/> }.into_any(),
        OpenStepDialog::Edit => view! { <EditStepDialog state=state/> }.into_any(),
        OpenStepDialog::Delete => view! { <DeleteStepDialog state=state/> }.into_any(),
        OpenStepDialog::AddCustom => view! { <AddStepDialog state=state/> }.into_any(),
    }
}
