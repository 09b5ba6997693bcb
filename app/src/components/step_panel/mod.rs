//! The side panel of a step: whom and where, the text to copy, what can be done, notes, history. Not modal: the grid
//! beside it stays usable. Its parts also make the large view of one customer's work.
pub mod actions;
pub mod custom_step_dialogs;
pub mod history;
pub mod notes;
pub mod step_detail;
pub mod text_dialogs;

use super::{
    pending_actions::ActionRequest,
    step_state::State,
    ui::{code::CodeBlock, icon::Icon, time::Clock},
};
use crate::{
    browser::panel_width::{self, NARROWEST, USUAL, WIDEST},
    domain::{
        cluster::hue,
        customer_work::{CustomStepPositions, OpenStep, Promotion},
        diff::DiffRow,
        id::{BatchId, StepId},
        order::Position,
        template::TemplateDraft,
        vocabulary::StepStatus,
    },
};
use actions::{CopyButton, ReasonPrompt, Refused, StateButtons};
use custom_step_dialogs::{AddDialog, DeleteDialog, EditDialog};
use history::History;
use leptos::{ev, prelude::*};
use notes::{Notes, Values};
use step_detail::{CopyFormat, StepDetailState};
use text_dialogs::{DriftDialog, DriftNotice, OverrideDialog, PromoteDialog};

/// What the person asks for in the panel.
#[derive(Clone)]
pub enum StepPanelEvent {
    Act(ActionRequest),
    Notes(String),
    Override(String),
    /// The override stays, though the template went on.
    Keep,
    Reset,
    Promote,
    Edit(TemplateDraft),
    Delete,
    AddCustom {
        draft: TemplateDraft,
        place: Position<StepId>,
        to_template: bool,
    },
    Undo(BatchId),
    /// What is different between two texts.
    Compare {
        before: String,
        after: String,
        into: RwSignal<Option<Vec<DiffRow>>>,
    },
    AskPlaces(RwSignal<Option<CustomStepPositions>>),
    AskPromotion(RwSignal<Option<Promotion>>),
    Close,
}

/// Where the panel's neighbours are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PanelNeighbors {
    PreviousStep,
    NextStep,
    PreviousCustomer,
    NextCustomer,
}

/// A dialog of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OpenStepDialog {
    Override,
    Drift,
    Promote,
    Edit,
    Delete,
    AddCustom,
}

/// Where a step's text comes from: drawings and words, none for the template's own.
pub fn sources(open: &OpenStep) -> Vec<(&'static str, &'static str)> {
    let step = &open.detail.step;
    let mut sources = Vec::new();
    if step.is_custom {
        sources.push(("m-custom", "Custom"));
    }
    if step.is_overridden {
        sources.push(("m-override", "Overridden"));
    }
    if open.drift.is_some() {
        sources.push(("i-clock", "Template edited since"));
    }
    sources
}

/// The state, who set it and when, why, and where the text comes from.
#[component]
pub fn StateLine(desk: StepDetailState) -> impl IntoView {
    let (status, by, reason, sources) = desk.read(|it| {
        let step = &it.detail.step;
        (
            step.status,
            step.state_by.clone().zip(step.state_at),
            step.reason().map(str::to_owned),
            sources(it),
        )
    });
    let clock = Clock::here();
    let word = if status == StepStatus::InProgress {
        "since"
    } else {
        "at"
    };
    let by = by.map(|(by, at)| {
        view! { <span class="quiet small clip">{move || format!("{by} {word} {}", clock.time(at))}</span> }
    });
    let sources = sources
        .into_iter()
        .map(|(icon, text)| view! { <span class="badge"><Icon name=icon/>{text}</span> })
        .collect_view();
    view! {
        <div class="row state-line">
            <State status=status/>
            {by}
            <span class="row push">{sources}</span>
        </div>
        {reason.map(|it| view! { <p class="muted small reason">{it}</p> })}
    }
}

/// The text, its values, what became of its template, notes and history.
#[component]
pub fn StepBody(desk: StepDetailState) -> impl IntoView {
    let (resolved, raw, kind) = desk.read(|it| {
        let detail = &it.detail;
        (
            detail.resolved.clone(),
            detail.step.content.clone(),
            detail.step.kind,
        )
    });
    view! {
        <DriftNotice desk=desk/>
        <section aria-label="Content">
            <CodeBlock resolved=resolved raw=raw kind=kind view=desk.code/>
        </section>
        <Values desk=desk/>
        <Notes desk=desk/>
        <History desk=desk/>
    }
}

/// Whatever is asked just now.
#[component]
pub fn StepDialogs(desk: StepDetailState) -> impl IntoView {
    view! {
        <ReasonPrompt desk=desk/>
        {move || {
            let asked = desk.asked.get().filter(|it| it.0 == desk.id);
            asked.map(|(_, what)| match what {
                OpenStepDialog::Override => view! { <OverrideDialog desk=desk/> }.into_any(),
                OpenStepDialog::Drift => view! { <DriftDialog desk=desk/> }.into_any(),
                OpenStepDialog::Promote => view! { <PromoteDialog desk=desk/> }.into_any(),
                OpenStepDialog::Edit => view! { <EditDialog desk=desk/> }.into_any(),
                OpenStepDialog::Delete => view! { <DeleteDialog desk=desk/> }.into_any(),
                OpenStepDialog::AddCustom => view! { <AddDialog desk=desk/> }.into_any(),
            })
        }}
    }
}

/// The panel's left edge: dragged, or moved by the arrows.
#[component]
fn Edge() -> impl IntoView {
    let width = RwSignal::new(USUAL);
    let drags = StoredValue::new(false);
    Effect::new(move |_| {
        if let Some(kept) = panel_width::kept() {
            width.set(panel_width::set_width(kept));
        }
    });
    let resize = move |to: i32| width.set(panel_width::set_width(to));
    let let_go = move || {
        if drags.get_value() {
            drags.set_value(false);
            panel_width::keep(width.get_untracked());
        }
    };
    let on_key = move |event: ev::KeyboardEvent| {
        let now = width.get_untracked();
        let to = match event.key().as_str() {
            "ArrowLeft" => now + 20,
            "ArrowRight" => now - 20,
            "Home" => NARROWEST,
            "End" => WIDEST,
            _ => return,
        };
        event.prevent_default();
        resize(to);
        panel_width::keep(width.get_untracked());
    };
    view! {
        <div
            class="sheet__edge"
            role="separator"
            tabindex="0"
            aria-orientation="vertical"
            aria-label="Width of the panel"
            aria-valuemin=NARROWEST
            aria-valuemax=WIDEST
            aria-valuenow=move || width.get()
            title="Drag, or use the arrows, to make the panel wider or narrower"
            on:keydown=on_key
            on:pointerdown=move |event| {
                event.prevent_default();
                panel_width::capture(&event);
                drags.set_value(true);
            }
            on:pointermove=move |event| { if drags.get_value() { resize(panel_width::width_at(&event)) } }
            on:pointerup=move |_| let_go()
            on:pointercancel=move |_| let_go()
        ></div>
    }
}

#[component]
pub fn StepPanel(
    desk: StepDetailState,
    /// Where the step stands, and its customer: "6 of 14", "6 of 18".
    #[prop(into)]
    places: Signal<(String, String)>,
    /// Raised to copy from the grid's keys.
    copying: RwSignal<u32>,
    on_go: Callback<PanelNeighbors>,
) -> impl IntoView {
    let (name, customer, namespace, cluster) = desk.read(|it| {
        let of = &it.detail.customer;
        (
            it.detail.step.name.clone(),
            of.customer.name.clone(),
            of.customer.namespace.clone(),
            of.cluster.clone(),
        )
    });
    let label = format!("{name}, {customer}");
    let first_copy = copying.get_untracked();
    Effect::new(move |_| {
        if copying.get() > first_copy {
            desk.copy(CopyFormat::Headed, false);
        }
    });
    let nav = move |toward: PanelNeighbors, name: &'static str, turn: Option<&'static str>| {
        view! {
            <button
                class="button"
                data-kind="ghost"
                data-size="s"
                data-square=""
                aria-label=name
                title=name
                on:click=move |_| on_go.run(toward)
            >
                {match turn {
                    Some(turn) => view! { <Icon name="i-arrow" turn=turn/> }.into_any(),
                    None => view! { <Icon name="i-arrow"/> }.into_any(),
                }}
            </button>
        }
    };
    let close = move || desk.on_wish.run(StepPanelEvent::Close);
    let on_next = Callback::new(move |()| on_go.run(PanelNeighbors::NextStep));
    view! {
        <aside
            class="sheet"
            data-aside=""
            aria-label=label
            data-cluster=hue(cluster.id)
            on:keydown=move |event| {
                if event.key() == "Escape" && !event.default_prevented() {
                    event.prevent_default();
                    close();
                }
            }
        >
            <Edge/>
            <div class="place-strip">
                <span>{customer.clone()}</span>
                <i>"/"</i>
                <span>{cluster.name.clone()}</span>
                <i>"/"</i>
                <span class="mono">{namespace}</span>
            </div>
            <div class="sheet__head">
                <div class="sheet__nav">
                    <span><span class="word">"Step "</span>{move || places.get().0}</span>
                    {nav(PanelNeighbors::PreviousStep, "Previous step", None)}
                    {nav(PanelNeighbors::NextStep, "Next step", Some("down"))}
                    <span class="push"><span class="word">"Customer "</span>{move || places.get().1}</span>
                    {nav(PanelNeighbors::PreviousCustomer, "Previous customer", Some("left"))}
                    {nav(PanelNeighbors::NextCustomer, "Next customer", Some("right"))}
                    <button
                        class="button"
                        data-kind="ghost"
                        data-size="s"
                        data-square=""
                        aria-label="Close the panel"
                        aria-keyshortcuts="Escape"
                        on:click=move |_| close()
                    >
                        <Icon name="i-close"/>
                    </button>
                </div>
                <div class="sheet__title">
                    <h2>{name}</h2>
                </div>
                <StateLine desk=desk/>
            </div>
            <div class="sheet__do">
                <Refused desk=desk/>
                <CopyButton desk=desk/>
                <div class="sheet__states">
                    <StateButtons desk=desk on_next=on_next/>
                </div>
            </div>
            <div class="sheet__body">
                <StepBody desk=desk/>
            </div>
        </aside>
        <StepDialogs desk=desk/>
    }
}
