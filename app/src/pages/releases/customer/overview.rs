//! Parts of the customer page around the open step: links to the neighbouring customers, and the overview that is shown
//! while no step is open.
use crate::{
    browser::dom,
    components::{
        run_step::NextStep,
        ui::{follow_effect::follow, icon::Icon},
    },
    domain::{
        customer_work::{NeighborCustomer, WorkRow, end_of_work, progress},
        id::ReleaseId,
        vocabulary::StepStatus,
    },
    pages::dashboard::status_counts,
    paths,
};
use leptos::prelude::*;

/// Shown while no step is open: the progress, and what to go on with: the next step, else the first failed one or the next
/// customer.
#[component]
pub fn Overview(
    rows: RwSignal<Vec<WorkRow>>,
    /// What is said of a step that was asked for and is not there.
    missing_step: Signal<Option<String>>,
    /// None once all steps are finished or failed.
    next_step: Signal<Option<NextStep>>,
    /// Opens the first failed step, once nothing else is left.
    on_retry: Callback<()>,
    /// The page of the next customer.
    next_customer: Signal<Option<String>>,
) -> impl IntoView {
    // What had the focus may have gone with the step.
    follow(move |_| dom::after(0, dom::focus_home));
    let title = move || {
        if next_step.get().is_some() {
            return "Next up".to_owned();
        }
        end_of_work(rows.with(|rows| progress(rows)).counts)
    };
    let retry = move || {
        let failed = rows.with(|rows| {
            let at = rows.iter().position(|it| it.status == StepStatus::Failed)?;
            Some(format!("Retry {} {}", at + 1, rows[at].name))
        });
        failed.filter(|_| next_step.get().is_none()).map(|label| {
            view! {
                <button class="button live-only" data-size="l" type="button" on:click=move |_| on_retry.run(())>
                    {label}
                </button>
            }
        })
    };
    let onward = move || {
        let path = next_customer.get().filter(|_| next_step.get().is_none());
        path.map(|path| view! { <a class="button" data-kind="ink" data-size="l" href=path>"Next customer"</a> })
    };
    let counts = move || status_counts(rows.with(|rows| progress(rows)));
    let link = move || {
        next_step.get().map(|it| {
            let label = format!("Continue: {} {}", it.number, it.row.name);
            view! {
                <a
                    class="button"
                    data-kind="ink"
                    data-size="l"
                    href=it.path
                    data-noscroll=""
                    aria-keyshortcuts="n"
                >
                    {label}
                    " "
                    <kbd aria-hidden="true">"n"</kbd>
                </a>
            }
        })
    };
    view! {
        <section class="run__step" data-home="" tabindex="-1" aria-label="Overview">
            <div class="run__inner">
                {move || missing_step.get().map(|text| view! { <p class="alert" role="alert">{text}</p> })}
                <h2>{title}</h2>
                <div class="run__states">{counts}</div>
                <div class="run__do">{link}{retry}{onward}</div>
            </div>
        </section>
    }
}

/// A link to the previous or next customer, labelled "{word} customer"; `turn` is the direction of its arrow.
pub fn neighbor_link(
    neighbor: Option<NeighborCustomer>,
    release: ReleaseId,
    word: &'static str,
    turn: &'static str,
) -> impl IntoView {
    neighbor.map(|it| {
        let label = format!("{word} customer, {}", it.name);
        view! {
            <a
                class="button"
                data-kind="ghost"
                data-square=""
                href=paths::customer_steps(release, it.id)
                aria-label=label.clone()
                title=label
            >
                <Icon name="i-arrow" turn=turn/>
            </a>
        }
    })
}
