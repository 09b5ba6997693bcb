//! Side panel of the open step in the matrix: customer and cluster, the text to copy, the actions, notes and history.
//! It is not modal, so that the grid beside it stays usable. The run mode of a customer's page is built from the same
//! parts.
pub mod actions;
pub mod copy_question;
pub mod custom_step_dialogs;
pub mod dialog_loader;
pub mod dialogs;
pub mod events;
mod evidence;
pub mod history;
pub mod left_texts;
pub mod lost_step;
pub mod notes;
pub mod panel_session;
pub mod reason_prompt;
mod runs;
pub mod step_detail;
mod text_changes;
mod text_dialogs;
pub mod values;

use super::{
    step_state::StepStateLabel,
    ui::{code::CodeBlock, follow_effect::follow, icon::Icon, time::Clock},
    warning_list::warning_list,
};
use crate::{
    browser::dom, browser::form_focus, browser::panel_width,
    browser::panel_width::DEFAULT_WIDTH_PX, browser::panel_width::MAX_WIDTH_PX,
    browser::panel_width::MIN_WIDTH_PX, domain::cluster::hue, domain::copy::CopyFormat,
    domain::customer_work::OpenStep, domain::id::StepId, domain::variables::ResolvedSegment,
    domain::variables::ResolvedText, domain::vocabulary::StepStatus,
};
use actions::{ActionNotice, CopiedFormat, CopyButton, StateButtons};
use copy_question::{AskedCopy, CopyQuestion};
use dialog_loader::StepDialogs;
use events::{PanelNeighbors, StepPanelEvent};
use evidence::evidence_html;
use history::{History, kept_label};
use leptos::{ev, prelude::*};
use notes::{NotesEditor, focus_again};
use runs::{run_button_html, runs_html};
use step_detail::{StepDetailState, kept_text};
use text_changes::ChangesNotice;
use text_dialogs::DriftNotice;
use values::VariableValues;

/// Badges that say where the text comes from, as icon and label; none if it is the template's own.
pub fn source_badges(open: &OpenStep) -> Vec<(&'static str, &'static str)> {
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

/// One line with the state, who set it and when, and the badges of the text; the reason below it.
#[component]
pub fn StateLine(
    state: StepDetailState,
    /// The state that a list beside the step shows: that of an action that waits for its answer, while the step is still as it was read.
    #[prop(optional)]
    in_list: Option<Signal<StepStatus>>,
) -> impl IntoView {
    let (status, by, reason, sources) = state.read(|it| {
        let step = &it.detail.step;
        (
            step.status,
            step.state_by.clone().zip(step.state_at),
            step.reason().map(str::to_owned),
            source_badges(it),
        )
    });
    let clock = Clock::from_context();
    let word = if status == StepStatus::InProgress {
        "since"
    } else {
        "at"
    };
    let shown = Memo::new(move |_| in_list.map_or(status, |it| it.get()));
    // Who and why are those of the state that was read.
    let by = move || {
        let by = by.clone().filter(|_| shown.get() == status);
        by.map(|(by, at)| {
            view! { <span class="quiet small clip">{move || format!("{by} {word} {}", clock.time(at))}</span> }
        })
    };
    let reason = move || {
        let reason = reason.clone().filter(|_| shown.get() == status);
        reason.map(|it| view! { <p class="muted small reason">{it}</p> })
    };
    let sources = sources
        .into_iter()
        .map(|(icon, text)| view! { <span class="badge"><Icon name=icon/>{text}</span> })
        .collect_view();
    view! {
        <div class="row state-line">
            {move || view! { <StepStateLabel status=shown.get()/> }}
            {by}
            <span class="row push">{sources}</span>
        </div>
        {reason}
        // The connection of the page says here who else looks at the step (R33). The line has its place before, so that no button moves.
        <p class="muted small clip" data-also-here="" aria-live="polite"></p>
    }
}

/// The Run button of the step panel (R75), next to Copy. Not rendered for a read-only step.
#[component]
pub fn RunButton(state: StepDetailState) -> impl IntoView {
    let html = state.can_work.then(|| state.read(run_button_html));
    html.map(|it| view! { <div class="contents live-only" data-runs="" inner_html=it></div> })
}

/// Whether the body of a step is inert because another one is asked for, and what makes it so at once, for when somebody is about to use
/// it. Else it is so only after a paint: that styles the whole body anew, and mostly the other step is here by then.
fn inert_once_left(
    step: StepId,
    asked_for: Memo<Option<StepId>>,
) -> (RwSignal<bool>, Callback<()>) {
    let is_inert = RwSignal::new(false);
    let is_left = move || asked_for.try_get().flatten().is_some_and(|it| it != step);
    // The step may be gone by now.
    let shut = move || {
        if untrack(is_left) {
            let _ = is_inert.try_set(true);
        }
    };
    follow(move |_| {
        if is_left() {
            dom::after_paint(shut);
        } else {
            is_inert.set(false);
        }
    });
    (is_inert, Callback::new(move |()| shut()))
}

/// The text with its variables, a notice if the template has changed since, notes and history.
#[component]
pub fn StepBody(
    state: StepDetailState,
    /// The step that is asked for. While another one is on its way nothing can be typed here: it would go to this one.
    asked_for: Memo<Option<StepId>>,
    /// Shown below the text.
    #[prop(optional)]
    below_text: Option<AnyView>,
) -> impl IntoView {
    let (resolved, raw, kind, warnings, kept) = state.read(|it| {
        let detail = &it.detail;
        let label = detail.kept.as_ref().map(|it| kept_label(it.is_shown));
        let kind = detail.step.kind;
        // A done step shows the text that it was done with. Today's template, values and warnings are of another text.
        if let Some(kept) = kept_text(it) {
            let plain = ResolvedText {
                spans: vec![ResolvedSegment::plain(&kept.text)],
            };
            return (plain, kept.text.clone(), kind, String::new(), label);
        }
        (
            detail.resolved.clone(),
            detail.step.content.clone(),
            kind,
            warning_list(&detail.warnings),
            label,
        )
    });
    let evidence = state.read(|it| {
        let can_change = state.can_work && state.status != StepStatus::Pending;
        evidence_html(state.id, &it.evidence, can_change)
    });
    let runs = state.read(|it| runs_html(it, state.can_work));
    state.listen_for_copies();
    let header = Signal::derive(move || state.copy_header());
    let (is_inert, shut) = inert_once_left(state.id, asked_for);
    view! {
        <div
            class="step-body"
            inert=move || is_inert.get()
            on:pointerdown=move |_| shut.run(())
            on:focusin=move |event| {
                shut.run(());
                if is_inert.get_untracked() {
                    form_focus::refuse(&event);
                }
            }
        >
            <DriftNotice state=state/>
            <ChangesNotice state=state/>
            {(!runs.is_empty()).then(|| view! { <div inner_html=runs></div> })}
            <section aria-label="Content">
                {kept.map(|it| view! { <p class="quiet small kept-label">{it}</p> })}
                <CodeBlock resolved=resolved raw=raw kind=kind view=state.code header=header/>
            </section>
            {below_text}
            {(!warnings.is_empty()).then(|| view! { <div inner_html=warnings></div> })}
            {(!state.is_kept).then(|| view! { <VariableValues state=state/> })}
            <NotesEditor state=state/>
            {(!evidence.is_empty()).then(|| view! { <div inner_html=evidence></div> })}
            <History state=state/>
        </div>
    }
}

/// How far one press of an arrow key moves the panel's edge, in pixels.
const KEY_STEP_PX: i32 = 20;

/// Handle at the panel's left edge: dragging it or the arrow keys change the panel's width.
#[component]
fn PanelEdge() -> impl IntoView {
    let width = RwSignal::new(DEFAULT_WIDTH_PX);
    let is_dragging = StoredValue::new(false);
    Effect::new(move |_| {
        if let Some(kept) = panel_width::saved() {
            width.set(panel_width::set_width(kept));
        }
    });
    let resize = move |to: i32| width.set(panel_width::set_width(to));
    let end_drag = move || {
        if is_dragging.get_value() {
            is_dragging.set_value(false);
            panel_width::save(width.get_untracked());
        }
    };
    let on_key = move |event: ev::KeyboardEvent| {
        let now = width.get_untracked();
        let to = match event.key().as_str() {
            "ArrowLeft" => now + KEY_STEP_PX,
            "ArrowRight" => now - KEY_STEP_PX,
            "Home" => MIN_WIDTH_PX,
            "End" => MAX_WIDTH_PX,
            _ => return,
        };
        event.prevent_default();
        resize(to);
        panel_width::save(width.get_untracked());
    };
    view! {
        <div
            class="sheet__edge"
            role="separator"
            tabindex="0"
            aria-orientation="vertical"
            aria-label="Width of the panel"
            aria-valuemin=MIN_WIDTH_PX
            aria-valuemax=MAX_WIDTH_PX
            aria-valuenow=move || width.get()
            title="Drag, or use the arrows, to make the panel wider or narrower"
            on:keydown=on_key
            on:pointerdown=move |event| {
                event.prevent_default();
                panel_width::capture_pointer(&event);
                is_dragging.set_value(true);
            }
            on:pointermove=move |event| { if is_dragging.get_value() { resize(panel_width::width_at(&event)) } }
            on:pointerup=move |_| end_drag()
            on:pointercancel=move |_| end_drag()
        ></div>
    }
}

/// The panel of the open step beside the matrix.
#[component]
pub fn StepPanel(
    state: StepDetailState,
    /// Position of the step in its column and of the customer in its row: "6 of 14", "6 of 18".
    #[prop(into)]
    places: Signal<(String, String)>,
    /// The step whose text is to be copied, once its view is there.
    copying: RwSignal<Option<StepId>>,
    /// The step that is asked for.
    asked_for: Memo<Option<StepId>>,
    /// Opens a neighbour of the cell.
    on_go: Callback<PanelNeighbors>,
) -> impl IntoView {
    let (name, customer, namespace, cluster) = state.read(|it| {
        let of = &it.detail.customer;
        (
            it.detail.step.name.clone(),
            of.customer.name.clone(),
            of.customer.namespace.clone(),
            of.cluster.clone(),
        )
    });
    let label = format!("{name}, {customer}");
    let copy = AskedCopy::new(state, || true);
    copy.serve(copying, move || copy.request(None, None));
    let on_copy = Callback::new(move |format: Option<CopyFormat>| copy.request(format, None));
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
    let close = move || state.on_event.run(StepPanelEvent::Close);
    // What had the focus may be gone with the view before this one, as the button of a mark.
    let before = format!("[data-aside][data-of-step='{}'] :focus", state.id);
    focus_again(dom::exists(&before), || {
        if dom::nothing_is_focused() {
            dom::focus_in_place("[data-aside] [data-copy]");
        }
    });
    let on_next = Callback::new(move |()| on_go.run(PanelNeighbors::NextStep));
    view! {
        <aside
            class="sheet"
            data-aside=""
            data-of-step=state.id.to_string()
            aria-label=label
            data-cluster=hue(cluster.id)
            on:keydown=move |event| {
                if event.key() == "Escape" && !event.default_prevented() {
                    event.prevent_default();
                    close();
                }
            }
        >
            <PanelEdge/>
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
                <StateLine state=state/>
            </div>
            <div class="sheet__do">
                <ActionNotice state=state/>
                <CopyButton state=state on_copy=on_copy/>
                <RunButton state=state/>
                <CopiedFormat state=state/>
                <div class="sheet__states live-only">
                    <StateButtons state=state on_next=on_next/>
                </div>
            </div>
            <div class="sheet__body">
                <StepBody state=state asked_for=asked_for/>
            </div>
        </aside>
        <CopyQuestion copy=copy/>
        <StepDialogs state=state/>
    }
}
