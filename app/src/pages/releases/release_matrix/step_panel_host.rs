//! Reads the open step and shows it in the panel beside the grid. Loaded lazily, and it reads the step itself, so that the
//! code that decodes a step is no part of what the matrix loads first.
use super::{
    super::left_notes::guard_typed_text,
    super::step_detail_actions::{SendStepRequest, StepPanelOutcome, open_step_detail, shown_step},
    super::text_questions::{TextQuestions, is_at},
    controller::MatrixController,
};
use crate::{
    api::steps::read_step, browser, browser::foreign_changes::on_change,
    components::matrix::filter_bar, components::matrix::layout::Collapsed,
    components::matrix::state::PanelRequest, components::pending_actions::ActionRequest,
    components::pending_actions::FailedAction, components::step_panel::StepPanel,
    components::step_panel::events::OpenStepDialog, components::step_panel::events::PanelNeighbors,
    components::step_panel::lost_step::HeardRemoval, components::step_panel::lost_step::LostStep,
    components::step_panel::lost_step::why_missing,
    components::step_panel::panel_session::StepMemory,
    components::step_panel::reason_prompt::ReasonPrompt,
    components::step_panel::step_detail::StepDetailState, components::ui::follow_effect::follow,
    domain::customer_work::OpenStep, domain::id::StepId, domain::vocabulary::Noun, error::AppError,
    pages::fetch::Fetch, pages::with_child_owner, paths,
};
use leptos::prelude::*;
use leptos_router::hooks::use_location;

/// For so long the focus rests on a cell before the panel reads its step, if it went quickly through others.
const REST_MS: u32 = 150;

/// Loads the open step and renders its panel beside the grid.
#[component]
pub fn StepPanelHost(
    controller: MatrixController,
    on_outcome: Callback<(StepId, StepPanelOutcome)>,
    on_close: Callback<()>,
    send_request: SendStepRequest,
) -> impl IntoView {
    let memory = StepMemory::default();
    let owner = Owner::current().unwrap_or_default();
    let MatrixController {
        open_step,
        reloader,
        reason_action,
        failed_action,
        bulk_reason_action,
        ..
    } = controller;
    guard_typed_text(memory);
    // The panel may open under the pointer, with a button there.
    Effect::new(|_| browser::double_click::guard("[data-aside]"));
    let dialog = memory.lasting().asked;
    let is_writing = move || {
        reason_action.with(Option::is_some)
            || bulk_reason_action.with(Option::is_some)
            || dialog.with(Option::is_some)
    };
    let (path, own) = (use_location().pathname, paths::release(reloader.release));
    let questions = TextQuestions {
        waiting: controller.questions,
        refused: failed_action,
        is_writing: Signal::derive(is_writing),
        is_here: Signal::derive(move || is_at(path, &own)),
        open: Callback::new(move |step| open_with_cell(&controller, step)),
        place: Callback::new(move |step: StepId| {
            let (name, customer) = controller.state.step_and_customer(step)?;
            Some((name, customer, paths::step(reloader.release, step)))
        }),
        toasts: controller.toasts,
    };
    questions.ask_in_turn();
    tell_of_removal(&controller);
    on_cleanup(move || questions.tell_all());
    let (version, forced) = (reloader.panel_version, reloader.forced_panel_version);
    let shown = shown_step(
        memory,
        rested_step(open_step),
        reason_action,
        failed_action,
        version,
        forced,
    );
    let detail = Fetch::new(
        move || shown.try_get().unwrap_or_default(),
        move |(step, ..)| async move {
            match step {
                Some(step) => match read_step(step).await? {
                    // Never another release's step beside this one's grid.
                    found if found.detail.release.id == reloader.release => Ok(Some(found)),
                    _ => Err(AppError::NotFound(Noun::Step)),
                },
                None => Ok(None),
            }
        },
    );
    let removal = heard_removal(&controller);
    let names = Callback::new(move |step| controller.state.step_and_customer(step));
    let on_act = Callback::new(move |(step, request): (StepId, ActionRequest)| {
        on_outcome.run((step, StepPanelOutcome::Act(request)));
    });
    let pending = controller.state.pending_actions;
    let waits = Callback::new(move |(step, request): (StepId, ActionRequest)| {
        pending.with(|it| it.is_slow(step) && it.is_sending(step, &request))
    });
    view! {
        <ReasonPrompt
            memory=memory
            asking=reason_action
            refused=failed_action
            names=names
            on_act=on_act
            waits=waits
        />
        <Transition fallback=|| ()>
            {move || {
                let owner = owner.clone();
                Suspend::new(async move {
                    let found = detail.get().await;
                    with_child_owner(
                        &owner,
                        &version,
                        move || match found {
                            Ok(Some(open)) => {
                                MatrixStepPanel(MatrixStepPanelProps {
                                    open,
                                    memory,
                                    controller,
                                    on_outcome,
                                    send_request,
                                })
                                    .into_any()
                            }
                            Ok(None) => ().into_any(),
                            Err(error) => {
                                let step = shown.get_untracked().0;
                                let typed = step.and_then(|it| Some((it, memory.typed_at(it)?)));
                                if let Some((step, text)) = typed {
                                    let by = controller.reloader.changed_by.get_value();
                                    return view! {
                                        <aside class="sheet" data-aside="" data-of-step=step.to_string() aria-label="Step">
                                            <div class="sheet__head">
                                                <LostStep
                                                    step=step
                                                    text=text
                                                    memory=memory
                                                    error=error
                                                    by=by
                                                    on_discard=on_close
                                                />
                                            </div>
                                        </aside>
                                    }
                                        .into_any();
                                }
                                let removal = removal.try_get_value().flatten();
                                let why = why_missing(&error, step, removal.as_ref());
                                // The step takes the place of the button, and gets the focus.
                                let retry = move |()| {
                                    let asked = step.map(|it| (it, PanelRequest::Focus));
                                    controller.state.panel_requests.set(asked);
                                    detail.refetch();
                                };
                                let on_retry = error.is_retryable().then(|| Callback::new(retry));
                                unread_step(why, on_retry, on_close)
                            }
                        },
                    )
                })
            }}
        </Transition>
    }
}

/// In place of a step that could not be read: why, and what can be done.
fn unread_step(why: String, on_retry: Option<Callback<()>>, on_close: Callback<()>) -> AnyView {
    let retry = on_retry.map(|on_retry| {
        view! {
            <button class="button" data-kind="ink" on:click=move |_| on_retry.run(())>
                "Retry"
            </button>
        }
    });
    view! {
        <aside class="sheet" data-aside="" aria-label="Step">
            <div class="empty">
                <p role="alert">{why}</p>
                <div class="row">
                    {retry}
                    <button class="button" on:click=move |_| on_close.run(())>"Close"</button>
                </div>
            </div>
        </aside>
    }
    .into_any()
}

/// The step to read: the open one at once, but of several that follow each other quickly only the first and the last. A panel that is
/// drawn between two keys would hold up the second one.
fn rested_step(open_step: Memo<Option<StepId>>) -> Memo<Option<StepId>> {
    let rested = RwSignal::new(open_step.get_untracked());
    // How many steps were opened so far, and whether the last one was a moment ago.
    let moves = StoredValue::new((0_u32, false));
    follow(move |is_first| {
        let step = open_step.get();
        let (n, is_quick) = moves.get_value();
        if is_first || !is_quick || step.is_none() {
            rested.set(step);
        }
        let n = n + 1;
        moves.set_value((n, !is_first));
        browser::dom::after(REST_MS, move || {
            // The page may be gone by now.
            if moves.try_get_value().is_some_and(|it| it.0 == n) {
                moves.set_value((n, false));
                rested.set(open_step.get_untracked());
            }
        });
    });
    Memo::new(move |_| rested.get())
}

/// Notes who has removed the open step.
fn heard_removal(controller: &MatrixController) -> StoredValue<Option<HeardRemoval>> {
    let (open_step, release) = (controller.open_step, controller.reloader.release);
    let removal = StoredValue::new(None);
    on_change(move |change| {
        let open = open_step.try_get_untracked().flatten();
        let removed = open.filter(|it| change.may_remove(*it) && change.may_touch_release(release));
        if let Some(step) = removed {
            let _ = removal.try_set_value(Some((step, change.by)));
        }
    });
    removal
}

/// While a reason is being written for a step that others remove, says so in its dialog, which stays open.
fn tell_of_removal(controller: &MatrixController) {
    let MatrixController {
        state,
        reloader,
        reason_action,
        failed_action,
        ..
    } = *controller;
    follow(move |_| {
        state.grid_version.track();
        let Some((step, action)) = reason_action.get() else {
            return;
        };
        if state.cell_of(step).is_none() {
            let by = reloader.changed_by.get_value();
            let by = by.as_deref().unwrap_or("Someone");
            let text = format!(
                "{by} removed this step or its customer from the release. Your reason was not saved; copy it if you still need it"
            );
            failed_action.set(Some(FailedAction {
                step,
                request: ActionRequest::new(action),
                error: AppError::refused(text),
            }));
        }
    });
}

/// Opens a step together with its cell, so that the keys act on what the panel shows. A cell that is hidden comes back.
fn open_with_cell(controller: &MatrixController, step: StepId) {
    let state = controller.state;
    if let Some(at) = state.grid.with_untracked(|grid| grid.index_of(step)) {
        if state
            .layout
            .with_untracked(|it| it.position_of(at).is_none())
        {
            filter_bar::clear_filter(state);
            state.change_layout(|it| it.collapsed.set(Collapsed::default()));
            state.request_focus();
        }
        state.show_apart(at);
        state.select_cell(at);
    }
    controller.open(Some(step));
}

/// Does what the keyboard asks of the panel of this step.
fn serve_requests(detail: StepDetailState, asked: RwSignal<Option<(StepId, PanelRequest)>>) {
    follow(move |_| {
        let Some((_, request)) = asked.get().filter(|it| it.0 == detail.id) else {
            return;
        };
        asked.set(None);
        match request {
            PanelRequest::Focus => {
                browser::dom::after_paint(|| browser::dom::focus("[data-aside] [data-copy]"));
            }
            PanelRequest::Override => {
                let is_copy = detail.read(|it| it.detail.step.template_id.is_some());
                let dialog = if is_copy {
                    OpenStepDialog::Override
                } else {
                    OpenStepDialog::Edit
                };
                untrack(|| detail.open_dialog(dialog));
            }
        }
    });
}

/// The panel of one step, with what the controller knows of it.
#[component]
fn MatrixStepPanel(
    open: OpenStep,
    memory: StepMemory,
    controller: MatrixController,
    on_outcome: Callback<(StepId, StepPanelOutcome)>,
    send_request: SendStepRequest,
) -> impl IntoView {
    let MatrixController {
        state,
        can_work,
        failed_action,
        reason_action,
        copy_requests,
        open_step,
        ..
    } = controller;
    let step = open.detail.step.id;
    let detail = open_step_detail(
        open,
        memory,
        can_work,
        failed_action,
        reason_action,
        on_outcome,
        send_request,
    );
    serve_requests(detail, state.panel_requests);
    view! {
        <StepPanel
            state=detail
            places=Signal::derive(move || state.position_labels(step))
            copying=copy_requests
            asked_for=open_step
            on_go=Callback::new(move |toward: PanelNeighbors| state.select_neighbor(toward))
        />
    }
}
