//! Large view of one step in the run mode: one step after the other, with all actions on the keyboard.
use super::{
    run_copy::RunCopyButton,
    step_panel::{
        RunButton, StateLine, StepBody,
        actions::{ActionNotice, CopiedFormat, StateButtons},
        dialog_loader::StepDialogs,
        step_detail::StepDetailState,
    },
    step_state::{state_icon, type_icon},
    ui::{icon::Icon, time::Clock},
};
use crate::{
    browser::dom,
    domain::{
        customer_work::{WorkRow, note_author},
        id::StepId,
        vocabulary::StepStatus,
    },
};
use leptos::prelude::*;

/// The next step with work left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NextStep {
    /// Its number in the list, counted from 1.
    pub number: usize,
    /// Its row in the list.
    pub row: WorkRow,
    /// The URL that opens it.
    pub path: String,
}

/// The step's notes as they were read, as a quote: "Jonas Weber, 13:41: six replicas".
fn last_note(state: StepDetailState) -> AnyView {
    let note = state.read(|it| {
        let text = it.detail.step.notes.clone()?;
        let author = note_author(&text, &it.detail.history).map(|(by, at)| (by.to_owned(), at));
        Some((text, author))
    });
    let clock = Clock::from_context();
    note.map(|(text, author)| {
        let author = author.map(|(by, at)| {
            view! { <b>{move || format!("{by}, {}: ", clock.time(at))}</b> }
        });
        view! {
            <blockquote class="alert" data-tone="info">
                <Icon name="t-text" small=true/>
                <div class="notes">{author}{text}</div>
            </blockquote>
        }
    })
    .into_any()
}

/// One step, large, with its actions, its text and a link to the next step.
#[component]
pub fn RunStep(
    state: StepDetailState,
    /// "Deploy, step 6 of 14"
    #[prop(into)]
    position: Signal<String>,
    /// None once no other step is open.
    #[prop(into)]
    next_step: Signal<Option<NextStep>>,
    /// Whether a step of the list has failed.
    has_failed: Signal<bool>,
    /// The step whose text is to be copied, once its view is there.
    copy_requests: RwSignal<Option<StepId>>,
    /// The step that is asked for.
    asked_for: Memo<Option<StepId>>,
    /// Whether an action on the step has no answer yet.
    is_acted_on: Signal<bool>,
    /// Whether such an action waits for so long that the view shows it.
    waits: Signal<bool>,
    /// The step's state as the list shows it.
    in_list: Signal<StepStatus>,
    /// The URL of the list of the steps.
    list: String,
    /// The URL of the next customer's page.
    next_customer: Signal<Option<String>>,
    on_next: Callback<()>,
) -> impl IntoView {
    let (name, customer, kind) = state.read(|it| {
        let detail = &it.detail;
        (
            detail.step.name.clone(),
            detail.customer.customer.name.clone(),
            detail.step.kind,
        )
    });
    let label = format!("{name}, {customer}");
    // The elements of the previous step are replaced a moment after this runs, and the focus may be lost with them.
    Effect::new(move |_| dom::after(0, dom::focus_home));
    let next = move || {
        next_step.get().map(|it| {
            let NextStep { number, row, path } = it;
            let hint = if state.status.is_open() {
                "Opens next"
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
        let is_end = next_step.get().is_none() && !has_failed.get();
        (is_end && !state.status.is_open()).then(|| {
            let path = next_customer.get();
            let link = path.map(|it| view! { <a class="button push" href=it>"Next customer"</a> });
            view! {
                <div class="card row next" role="status">
                    <Icon name=state_icon(StepStatus::Done)/>
                    <b class="label">"All done here"</b>
                    {link}
                </div>
            }
        })
    };
    view! {
        <section
            class="run__step"
            data-home=""
            tabindex="-1"
            aria-label=label
            data-of-step=state.id.to_string()
            data-waits=move || waits.get().then_some("")
        >
            <div class="run__inner">
                <div>
                    <div class="row quiet">
                        <Icon name=type_icon(kind)/>
                        <span>{move || position.get()}</span>
                        <a class="link push narrow" href=list data-noscroll="">"Back to steps"</a>
                    </div>
                    <h2 class="run__title">{name}</h2>
                    <StateLine state=state in_list=in_list/>
                </div>
                <ActionNotice state=state/>
                <div class="run__do live-only">
                    <RunCopyButton state=state is_acted_on=is_acted_on copy_requests=copy_requests/>
                    <RunButton state=state/>
                    <StateButtons state=state large=true on_next=on_next/>
                    <CopiedFormat state=state/>
                </div>
                <StepBody state=state asked_for=asked_for below_text=last_note(state)/>
                {next}
                {nothing_left}
            </div>
        </section>
        <StepDialogs state=state/>
    }
}
