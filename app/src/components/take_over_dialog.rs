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

/// The dialog; open while something is asked. A key that was meant for what had the focus before does nothing in it.
#[component]
pub fn TakeOverDialog(
    asked: RwSignal<Vec<TakeOverQuestion>>,
    /// Takes the step over.
    on_take_over: Callback<StepId>,
) -> impl IntoView {
    // A question that comes meanwhile leaves the dialog as it is.
    let first = Memo::new(move |_| asked.with(|it| it.first().cloned()));
    let end = move || {
        asked.update(|it| {
            if !it.is_empty() {
                it.remove(0);
            }
        });
    };
    move || {
        first.get().map(|TakeOverQuestion { step, text }| {
            let open = RwSignal::new(true);
            Effect::new(move |_| {
                if !open.get() {
                    end();
                }
            });
            let take_over = move |_| {
                end();
                on_take_over.run(step);
            };
            view! {
                <Dialog open=open title=text>
                    <div class="dialog__body" tabindex="-1" data-first="">
                        <p class="muted">"The step stays in progress, by you from now on."</p>
                    </div>
                    <div class="dialog__foot">
                        <button class="button push" type="button" on:click=move |_| open.set(false)>
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
