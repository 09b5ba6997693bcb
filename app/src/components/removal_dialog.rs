//! Dialog that asks before a customer, or the customers of a cluster, are removed from a release (R1, R107).
use super::{rights::Allowed, ui::dialog::Dialog};
use crate::domain::{
    id::{CustomerId, ReleaseId},
    permission::Permission,
    plural::pluralize,
    progress::Counts,
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
    /// Their steps there.
    pub counts: Counts,
}

/// How many steps are not pending: while there are any, nothing is removed.
fn n_in_work(counts: Counts) -> u32 {
    counts.total() - counts.pending
}

/// What is open and failed, and what is to be done before they can be removed.
fn work_text(counts: Counts) -> String {
    let open = counts.open_text();
    match n_in_work(counts) {
        0 => open,
        1 => format!("{open} 1 step is in work. Reopen it first."),
        n => format!(
            "{open} {} are in work. Reopen them first.",
            pluralize(n, "step")
        ),
    }
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
            let counts = question.counts;
            let is_at_work = n_in_work(counts) > 0;
            let question = StoredValue::new(question);
            let remove = move |_| {
                let question = question.get_value();
                asked.set(None);
                on_remove.run(question);
            };
            view! {
                <Dialog open=open title=title>
                    <div class="dialog__body stack">
                        <p>{work_text(counts)}</p>
                        <p class="muted">
                            "Pending steps are deleted. Nothing is removed while any step is in work; the history is kept."
                        </p>
                    </div>
                    <div class="dialog__foot">
                        <button class="button push" type="button" data-first="" on:click=move |_| open.set(false)>
                            "Cancel"
                        </button>
                        <button
                            class="button"
                            data-kind="ink"
                            type="button"
                            disabled=is_at_work
                            on:click=remove
                        >
                            "Remove"
                        </button>
                    </div>
                </Dialog>
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_open_and_failed_is_counted_and_what_is_in_work_comes_first() {
        let of = |pending, failed, done| {
            work_text(Counts {
                pending,
                done,
                failed,
                ..Counts::default()
            })
        };
        assert_eq!(of(4, 0, 0), "4 steps are open.");
        assert_eq!(
            of(3, 1, 2),
            "4 steps are open, 1 of them failed. 3 steps are in work. Reopen them first."
        );
        assert_eq!(
            of(0, 0, 1),
            "No step is open. 1 step is in work. Reopen it first."
        );
    }
}
