//! One step, large: what is worked through one after the other, without leaving the keyboard.
use super::{
    step_panel::{
        StateLine, StepBody, StepDialogs,
        actions::{CopyButton, Refused, StateButtons},
        step_detail::{CopyFormat, StepDetailState},
    },
    step_state::{state_icon, type_icon},
    ui::icon::Icon,
};
use crate::{
    browser::dom,
    domain::{customer_work::WorkRow, vocabulary::StepStatus},
};
use leptos::prelude::*;

/// Where the keyboard goes when another step comes.
pub const STEP: &str = "#run-step";

/// What comes behind the step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunStepActions {
    pub number: usize,
    pub row: WorkRow,
    pub path: String,
}

#[component]
pub fn RunStep(
    desk: StepDetailState,
    /// "Deploy, step 6 of 14".
    #[prop(into)]
    place: Signal<String>,
    #[prop(into)] behind: Signal<Option<RunStepActions>>,
    /// Raised to copy by the key.
    copying: RwSignal<u32>,
    on_next: Callback<()>,
) -> impl IntoView {
    let (name, customer, kind) = desk.read(|it| {
        let detail = &it.detail;
        (
            detail.step.name.clone(),
            detail.customer.customer.name.clone(),
            detail.step.kind,
        )
    });
    let label = format!("{name}, {customer}");
    let first_copy = copying.get_untracked();
    Effect::new(move |_| {
        if copying.get() > first_copy {
            desk.copy(CopyFormat::Headed, false);
        }
    });
    Effect::new(move |_| {
        if dom::nobody_has_keyboard() {
            dom::focus(STEP);
        }
    });
    let next = move || {
        behind.get().map(|it| {
            let RunStepActions { number, row, path } = it;
            let hint = if desk.status.is_open() {
                "opens by itself when this step is done"
            } else {
                ""
            };
            view! {
                <a class="card row next" href=path data-noscroll="" data-state=row.status.as_str()>
                    <Icon name=state_icon(row.status)/>
                    <span class="quiet">"Next"</span>
                    <b class="label">{format!("{number} {}", row.name)}</b>
                    <span class="push quiet small">{hint}</span>
                </a>
            }
        })
    };
    let nothing_left = move || {
        (behind.get().is_none() && !desk.status.is_open()).then(|| {
            view! { <p class="card row next" role="status"><Icon name=state_icon(StepStatus::Done)/>"All steps are finished."</p> }
        })
    };
    view! {
        <section class="run__step" id="run-step" tabindex="-1" aria-label=label>
            <div class="run__inner">
                <div>
                    <div class="row quiet">
                        <Icon name=type_icon(kind)/>
                        {move || place.get()}
                    </div>
                    <h2 class="run__title">{name}</h2>
                    <StateLine desk=desk/>
                </div>
                <Refused desk=desk/>
                <div class="run__do">
                    <CopyButton desk=desk/>
                    <StateButtons desk=desk large=true on_next=on_next/>
                </div>
                <StepBody desk=desk/>
                {next}
                {nothing_left}
            </div>
        </section>
        <StepDialogs desk=desk/>
    }
}
