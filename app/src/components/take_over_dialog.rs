//! Dialog that asks before a step is taken over that somebody else has in progress (R33).
use super::ui::dialog::Dialog;
use crate::domain::id::StepId;
use leptos::prelude::*;

/// A start that changed nothing, because somebody else has the step in progress.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TakeOverQuestion {
    /// The step.
    pub step: StepId,
    /// "In progress by Ben Okoro since 13:58. Take over?"
    pub text: String,
}

/// The dialog; open while something is asked.
#[component]
pub fn TakeOverDialog(
    asked: RwSignal<Option<TakeOverQuestion>>,
    /// Takes the step over.
    on_take_over: Callback<StepId>,
) -> impl IntoView {
    move || {
        asked.get().map(|TakeOverQuestion { step, text }| {
            let open = RwSignal::new(true);
            Effect::new(move |_| {
                if !open.get() {
                    asked.set(None);
                }
            });
            let take_over = move |_| {
                asked.set(None);
                on_take_over.run(step);
            };
            view! {
                <Dialog open=open title=text>
                    <div class="dialog__body">
                        <p class="muted">"The step stays in progress, by you from now on."</p>
                    </div>
                    <div class="dialog__foot">
                        <button class="button push" type="button" data-first="" on:click=move |_| open.set(false)>
                            "Cancel"
                        </button>
                        <button class="button" data-kind="ink" type="button" on:click=take_over>
                            "Take over"
                        </button>
                    </div>
                </Dialog>
            }
        })
    }
}
