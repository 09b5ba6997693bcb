//! Parts of the customer page around the open step: links to the neighbouring customers, the overview that is shown
//! while no step is open, and the dialog that adds a custom step.
use super::page_state::CustomerPageState;
use crate::{
    api::steps::{add_custom_step, read_custom_places},
    components::{
        run_step::NextStep,
        step_panel::custom_step_dialogs::{CustomStepContext, CustomStepDialog, chosen_position},
        ui::icon::Icon,
    },
    domain::{
        customer_work::{CustomStepPositions, NeighborCustomer, WorkRow, progress},
        id::{BatchId, CustomerId, ReleaseId},
        order::Position,
        template::TemplateDraft,
    },
    pages::{SerialRequest, dashboard::status_counts},
    paths,
};
use leptos::prelude::*;

const HELP: &str = "In the run mode one step stands here, large. The keys: c copies, d marks done and goes on, s skips, \
    f fails, i starts, r reverts, p reopens, n and N go to the next and the previous open step, Escape comes back here.";

/// Shown while no step is open: the progress, and a link to the next open step.
#[component]
pub fn Overview(
    rows: RwSignal<Vec<WorkRow>>,
    /// None once all steps are finished.
    next_step: Signal<Option<NextStep>>,
) -> impl IntoView {
    let title = move || {
        if next_step.get().is_none() {
            "All steps are finished"
        } else {
            "Ready to go on"
        }
    };
    let counts = move || status_counts(rows.with(|rows| progress(rows)));
    let link = move || {
        next_step.get().map(|it| {
            let label = format!("Go on with {} {}", it.number, it.row.name);
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
        <section class="run__step" aria-label="Overview">
            <div class="run__inner">
                <h2>{title}</h2>
                <div class="run__states">{counts}</div>
                <div class="row">{link}</div>
                <p class="quiet small">{HELP}</p>
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

/// Dialog that adds a custom step to this customer's list.
#[component]
pub fn AddStep(
    open: RwSignal<bool>,
    page: CustomerPageState,
    ids: (ReleaseId, CustomerId),
    /// The customer's name.
    customer: String,
    /// Names of the variables that the editor knows.
    known: Vec<String>,
    /// Gets the text of the toast, and the batch that Undo reverts.
    on_added: Callback<(String, Option<BatchId>)>,
) -> impl IntoView {
    let sending = SerialRequest::new();
    let fields = page.memory.fields();
    let positions = RwSignal::new(None::<CustomStepPositions>);
    Effect::new(move |_| {
        if !open.get() {
            return;
        }
        sending.error.set(None);
        fields.fill(TemplateDraft::default());
        leptos::task::spawn_local(async move {
            if let Ok(found) = read_custom_places(ids.0, ids.1).await {
                let _ = positions.try_set(Some(found));
            }
        });
    });
    let add = Callback::new(move |()| {
        let draft = fields.draft();
        let chosen = fields.position.get_untracked();
        let position = positions.with_untracked(|it| {
            it.as_ref().map_or(Position::Last, |it| {
                chosen_position(it, &draft.category, &chosen)
            })
        });
        let text = format!("Added {}", draft.name.trim());
        let to_template = fields.to_template.get_untracked();
        let request = add_custom_step(ids.0, ids.1, draft, position, to_template);
        sending.run(request, move |it| {
            open.set(false);
            on_added.run((text, it.batch_id));
        });
    });
    let context = CustomStepContext {
        title: format!("Add custom step for {customer}"),
        customer,
        known,
        positions: Some(positions),
    };
    view! { <CustomStepDialog open=open context=context fields=fields error=sending.error on_submit=add/> }
}
