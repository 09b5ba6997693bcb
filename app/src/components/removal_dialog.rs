//! Dialog that asks before a customer, or the customers of a cluster, are removed from a release (R1, R107).
use super::{rights::Allowed, ui::dialog::Dialog};
use crate::domain::{
    id::{CustomerId, ReleaseId},
    permission::Permission,
};
use leptos::prelude::*;

/// What is to be removed from what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RemovalQuestion {
    pub release: ReleaseId,
    pub customers: Vec<CustomerId>,
    /// "Acme", or "3 customers of eu-west".
    pub who: String,
    /// The name of the release.
    pub from: String,
}

/// A button that asks, for those who may remove customers.
pub fn removal_button(
    question: RemovalQuestion,
    asked: RwSignal<Option<RemovalQuestion>>,
) -> impl IntoView {
    let label = format!("Remove {} from {}", question.who, question.from);
    let ask = move |_| asked.set(Some(question.clone()));
    view! {
        <Allowed permission=Permission::Members>
            <button class="button live-only" data-kind="ghost" data-size="s" type="button" aria-label=label on:click=ask>
                "Remove…"
            </button>
        </Allowed>
    }
}

/// The dialog; open while something is asked.
#[component]
pub fn RemovalDialog(
    asked: RwSignal<Option<RemovalQuestion>>,
    /// Removes them.
    on_remove: Callback<RemovalQuestion>,
) -> impl IntoView {
    move || {
        asked.get().map(|question| {
            let open = RwSignal::new(true);
            Effect::new(move |_| {
                if !open.get() {
                    asked.set(None);
                }
            });
            let title = format!("Remove {} from {}", question.who, question.from);
            let question = StoredValue::new(question);
            let remove = move |_| {
                let question = question.get_value();
                asked.set(None);
                on_remove.run(question);
            };
            view! {
                <Dialog open=open title=title>
                    <div class="dialog__body">
                        <p class="muted">
                            "Pending steps are deleted. Nothing is removed while any step is in work; the history is kept."
                        </p>
                    </div>
                    <div class="dialog__foot">
                        <button class="button push" type="button" data-first="" on:click=move |_| open.set(false)>
                            "Cancel"
                        </button>
                        <button class="button" data-kind="ink" type="button" on:click=remove>
                            "Remove"
                        </button>
                    </div>
                </Dialog>
            }
        })
    }
}
