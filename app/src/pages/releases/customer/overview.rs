//! What stands around the open step: the way to other customers, the overview where no step is open, the dialog for a new
//! one.
use super::CustomerPageState;
use crate::{
    api::steps::{add_custom_step, read_custom_places},
    components::{
        run_step::RunStepActions,
        step_panel::custom_step_dialogs::{CustomStepDialog, chosen_place},
        ui::icon::Icon,
    },
    domain::{
        customer_work::{CustomStepPositions, NeighborCustomer, WorkRow, progress},
        id::{BatchId, CustomerId, ReleaseId},
        order::Position,
        template::TemplateDraft,
    },
    pages::{SerialRequest, dashboard::states},
    paths,
};
use leptos::prelude::*;

const HELP: &str = "In the run mode one step stands here, large. The keys: c copies, d marks done and goes on, s skips, \
    f fails, i starts, r reverts, p reopens, n and N go to the next and the previous open step, Escape comes back here.";

/// Where no step is open: how far it is, and the way on.
#[component]
pub fn Overview(
    rows: RwSignal<Vec<WorkRow>>,
    behind: Signal<Option<RunStepActions>>,
) -> impl IntoView {
    let title = move || {
        if behind.get().is_none() {
            "All steps are finished"
        } else {
            "Ready to go on"
        }
    };
    let counts = move || states(rows.with(|rows| progress(rows)));
    let way_on = move || {
        behind.get().map(|it| {
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
                <div class="row">{way_on}</div>
                <p class="quiet small">{HELP}</p>
            </div>
        </section>
    }
}

/// The way to the customer beside this one.
pub fn beside(
    neighbour: Option<NeighborCustomer>,
    release: ReleaseId,
    word: &'static str,
    turn: &'static str,
) -> impl IntoView {
    neighbour.map(|it| {
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

/// The dialog for a new step of this customer.
#[component]
pub fn AddStep(
    open: RwSignal<bool>,
    kept: CustomerPageState,
    of: (ReleaseId, CustomerId),
    customer: String,
    known: Vec<String>,
    on_added: Callback<(String, Option<BatchId>)>,
) -> impl IntoView {
    let sending = SerialRequest::new();
    let fields = kept.memory.fields();
    let places = RwSignal::new(None::<CustomStepPositions>);
    Effect::new(move |_| {
        if !open.get() {
            return;
        }
        sending.error.set(None);
        fields.fill(TemplateDraft::default());
        leptos::task::spawn_local(async move {
            if let Ok(found) = read_custom_places(of.0, of.1).await {
                let _ = places.try_set(Some(found));
            }
        });
    });
    let add = Callback::new(move |()| {
        let draft = fields.draft();
        let chosen = fields.place.get_untracked();
        let place = places.with_untracked(|it| {
            it.as_ref().map_or(Position::Last, |it| {
                chosen_place(it, &draft.category, &chosen)
            })
        });
        let text = format!("Added {}", draft.name.trim());
        let to_template = fields.to_template.get_untracked();
        let request = add_custom_step(of.0, of.1, draft, place, to_template);
        sending.run(request, move |it| {
            open.set(false);
            on_added.run((text, it.batch_id));
        });
    });
    view! {
        <CustomStepDialog
            open=open
            title=format!("Add custom step for {customer}")
            fields=fields
            error=sending.error
            customer=customer
            known=known
            places=Some(places)
            on_submit=add
        />
    }
}
