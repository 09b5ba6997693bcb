//! Dialog that asks before a customer or a cluster is deactivated, with what is open there (R107).
use super::ui::{dialog::Dialog, notice::Failure};
use crate::{
    domain::{plural::pluralize, progress::Counts},
    error::AppError,
};
use leptos::prelude::*;

/// What is open in active releases; `counts` are those of each release.
pub fn open_work_text(counts: impl Iterator<Item = Counts>) -> String {
    let (mut all, mut n) = (Counts::default(), 0_usize);
    for it in counts {
        all.add_all(it);
        n += 1;
    }
    if n == 0 {
        return "Not in any active release.".to_owned();
    }
    let releases = pluralize(n, "active release");
    format!("In {releases}: {}", all.open_text())
}

/// The dialog. It is closed by who deactivates.
#[component]
pub fn DeactivateDialog(
    open: RwSignal<bool>,
    /// The name of the customer or cluster.
    #[prop(into)]
    name: String,
    /// What is open there.
    #[prop(into)]
    work: String,
    /// What remains of it.
    #[prop(into)]
    after: String,
    /// The active customers that prevent it, as "8 customers", with the address of their list; none if there are none.
    first: Option<(String, String)>,
    error: RwSignal<Option<AppError>>,
    is_busy: Signal<bool>,
    on_deactivate: Callback<()>,
) -> impl IntoView {
    let (work, after) = (StoredValue::new(work), StoredValue::new(after));
    let is_blocked = first.is_some();
    let first = StoredValue::new(first);
    let blocked = move || {
        first.get_value().map(|(customers, list)| {
            view! { <p>"Deactivate or move its " <a class="link" href=list>{customers}</a> " first."</p> }
        })
    };
    view! {
        <Dialog open=open title=format!("Deactivate {name}")>
            <div class="dialog__body stack">
                <Failure error=error/>
                <p>{work.get_value()}</p>
                {blocked()}
                <p class="muted">{after.get_value()}</p>
            </div>
            <div class="dialog__foot">
                <button class="button push" type="button" data-first="" on:click=move |_| open.set(false)>
                    "Cancel"
                </button>
                <button
                    class="button"
                    data-kind="ink"
                    type="button"
                    disabled=is_blocked
                    aria-busy=move || is_busy.get().then_some("true")
                    on:click=move |_| on_deactivate.run(())
                >
                    "Deactivate"
                </button>
            </div>
        </Dialog>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_open_is_counted_over_the_active_releases() {
        let of = |pending, failed| Counts {
            pending,
            failed,
            ..Counts::default()
        };
        assert_eq!(
            open_work_text([of(3, 1), of(2, 0)].into_iter()),
            "In 2 active releases: 6 steps are open, 1 of them failed."
        );
        assert_eq!(
            open_work_text(std::iter::empty()),
            "Not in any active release."
        );
    }
}
