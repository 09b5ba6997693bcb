//! Where the dialogs of an open step appear, in the panel and in run mode. Their code is loaded when the first of them is asked for; the
//! page says how.
use super::{events::OpenStepDialog, step_detail::StepDetailState};
use leptos::prelude::*;

/// What is shown over a step, or in it, once it is asked for.
pub enum StepDialog {
    /// What a button opens.
    Opened(OpenStepDialog),
    /// Asks before a step is marked whose text is another than the one that was shown.
    TextChanged,
    /// The notes that somebody else has saved, beside those that are typed.
    Notes {
        theirs: RwSignal<String>,
        yours: RwSignal<String>,
    },
}

/// Loads the code of a dialog of a step and renders it. A page that shows a step provides it, so that this file imports no page.
#[derive(Clone, Copy)]
pub struct StepDialogLoader(pub fn(StepDetailState, StepDialog) -> AnyView);

/// The question about a changed text, or the dialog that is open.
#[component]
pub fn StepDialogs(state: StepDetailState) -> impl IntoView {
    let loader = expect_context::<StepDialogLoader>();
    let is_text_changed = Memo::new(move |_| {
        let failed = state.failed();
        failed.is_some_and(|it| it.is_text_changed())
    });
    view! {
        {move || is_text_changed.get().then(|| (loader.0)(state, StepDialog::TextChanged))}
        {move || {
            let asked = state.asked.get().filter(|it| it.0 == state.id);
            asked.map(|(_, dialog)| (loader.0)(state, StepDialog::Opened(dialog)))
        }}
    }
}
