//! The matrix of an active or archived release, with the panel of the open step beside it.
use super::{
    bulk_actions::BulkRequest,
    dialogs::{OpenDialogs, ReleaseDialogs},
    lazy_parts::{LazyPart, aside},
    matrix_head::WorkHead,
    step_detail_actions::StepPanelOutcome,
    step_panel_host::SideProps,
    undo_stack::UndoStack,
    url_state,
};
use crate::{
    api::{
        overview::list_undoable,
        releases::{read_marks, read_matrix},
        steps::act_on_step,
    },
    browser,
    components::{
        bulk_bar::{BulkActionState, BulkBarProps, ReasonDialogProps},
        matrix::{
            MatrixGrid,
            filter_bar::{self, FIRST_FIELD, FilterBar},
            keyboard::GridCommand,
            layout::Collapsed,
            messages::{done_text, not_done},
            selection::Selection,
            state::MatrixState,
        },
        pending_actions::{ActionRequest, FailedAction},
        step_state::already,
        ui::{follow_effect::follow, time::Clock, toast::Toasts},
    },
    domain::{
        event::Changed,
        id::{BatchId, CustomerId, StepId},
        matrix::{CellIndex, Grid},
        matrix_filter::MatrixFilter,
        matrix_wire::PackedMatrix,
        step::CustomerStep,
        vocabulary::{ReleaseStatus, StepAction},
    },
    error::AppError,
    pages::stays_true,
    paths,
};
use leptos::prelude::*;
use leptos_router::{
    NavigateOptions,
    hooks::{use_navigate, use_query_map},
};

/// Something of that part that has nothing to show.
fn do_aside(what: LazyPart) {
    leptos::task::spawn_local(async { drop(aside(what).await) });
}

#[component]
pub fn WorkPage(matrix: PackedMatrix, reload: Callback<()>) -> impl IntoView {
    let release = matrix.release.clone();
    let (id, status) = (release.id, release.status);
    let can_work = status == ReleaseStatus::Active;
    let members: Vec<CustomerId> = matrix.columns.iter().map(|it| it.id).collect();
    let query = use_query_map();
    let filter = query.with_untracked(|it| MatrixFilter::parse(|key| it.get_str(key)));
    let collapsed =
        query.with_untracked(|it| Collapsed::parse(it.get_str("closed").unwrap_or_default()));
    let first = query.with_untracked(url_state::first_of);
    let state = MatrixState::new(Grid::from(matrix), filter, collapsed, first);
    let toasts = Toasts::here();
    let asking = RwSignal::new(None::<StepAction>);
    let refused = RwSignal::new(None::<FailedAction>);
    let asking_bulk = RwSignal::new(None::<StepAction>);
    let doing = BulkActionState {
        action: RwSignal::new(None),
        is_busy: RwSignal::new(false),
        error: RwSignal::new(None),
    };
    let selects_many = move || state.selection.get().is_some_and(|it| it.anchor != it.head);
    let copying = RwSignal::new(0_u32);
    let clock = Clock::here();
    let helping = RwSignal::new(false);

    // The open step lives in the address, so that a link opens it; and so does all that says what is drawn.
    let open_step = Memo::new(move |_| {
        query.with(|it| it.get("step").and_then(|it| it.parse::<StepId>().ok()))
    });
    let navigate = use_navigate();
    // What is meant to be open: the address says so a moment later.
    let meant = StoredValue::new(open_step.get_untracked());
    let open = Callback::new(move |step: Option<StepId>| {
        if meant.get_value() != step {
            let unmet = step.and_then(|it| state.wishes.with_untracked(|all| all.unmet(it)));
            refused.set(unmet);
        }
        meant.set_value(step);
        navigate(
            &untrack(|| url_state::address(state, step)),
            NavigateOptions {
                replace: true,
                scroll: false,
                ..NavigateOptions::default()
            },
        );
    });
    follow(move |is_first| {
        state.filter.track();
        state.collapsed.track();
        if !is_first {
            open.run(meant.get_value());
        }
    });
    if let Some(at) = open_step
        .get_untracked()
        .and_then(|step| state.grid.with_untracked(|it| it.index_of(step)))
    {
        state.go(at);
    }
    // Raised when the open step is to be read again.
    let again = RwSignal::new(0_u32);
    let refresh = move || again.update(|it| *it += 1);
    let merge_status_info = async move || {
        if let Ok(marks) = read_marks(id).await {
            state.merge_status_info(&marks);
        }
    };
    // The grid as it is now, in place: scroll, selection and filter stay.
    let renew_grid = move || {
        leptos::task::spawn_local(async move {
            if let Ok(matrix) = read_matrix(id, 0, 0).await {
                state.replace(Grid::from(matrix));
                merge_status_info().await;
            }
        });
    };
    let renew = move || {
        renew_grid();
        refresh();
    };
    let undoing = UndoStack::new(Callback::new(move |()| renew()));
    // An undo from a toast: in place, like the others.
    toasts.renewed_by(Callback::new(move |()| {
        renew();
        leptos::task::spawn_local(async move {
            if let Ok(found) = list_undoable(id).await {
                undoing.replace(found);
            }
        });
    }));
    // Who and when of the cells beyond the first window, and what was done before this page was opened.
    follow(move |_| {
        leptos::task::spawn_local(async move {
            merge_status_info().await;
            if let Ok(found) = list_undoable(id).await {
                undoing.take_in(found);
            }
        });
    });

    let put = move |step: &CustomerStep| state.put(step);
    let said = move |what: String, batch: Option<BatchId>| {
        if let Some(batch) = batch.clone() {
            undoing.done(batch);
        }
        toasts.say(what, batch);
    };
    let act = move |step: StepId, wish: ActionRequest| {
        let ActionRequest {
            action,
            reason,
            allow_unresolved,
        } = wish.clone();
        let before = state.cell_of(step);
        state.begin(step, wish.clone());
        undoing.begin();
        let answered = async move {
            match act_on_step(step, action, reason, allow_unresolved).await {
                Ok(Changed { row, batch_id }) => {
                    put(&row);
                    let _ = asking.try_set(None);
                    let _ = refused.try_set(None);
                    if let Some((name, customer)) = state.names(step) {
                        let text = if batch_id.is_some() {
                            done_text(action, &name, &customer)
                        } else {
                            let at = row.state_at.map(|it| untrack(|| clock.time(it)));
                            format!("{}: {name} for {customer}", already(&row, at))
                        };
                        said(text, batch_id);
                    }
                    refresh();
                }
                Err(error) => {
                    let is_behind = matches!(error, AppError::Refused(_) | AppError::NotFound(_));
                    let unmet = FailedAction { wish, error };
                    state.fail(step, before, unmet.clone());
                    // A rule says no: somebody was faster. A reason that is being written stays.
                    if is_behind && asking.try_get_untracked() == Some(None) {
                        renew();
                    } else if is_behind {
                        renew_grid();
                    }
                    if open_step.try_get_untracked().flatten() == Some(step) {
                        refused.set(Some(unmet));
                    } else if let Some((name, customer)) = state.names(step) {
                        let why = not_done(&unmet);
                        toasts.say(format!("{name} for {customer} {why}."), None);
                    }
                }
            }
            undoing.end();
        };
        // What is seen comes first; what is sent costs time too.
        browser::dom::after(0, || leptos::task::spawn_local(answered));
    };
    let said_of_many = Callback::new(move |(text, batch): (String, Option<BatchId>)| {
        asking_bulk.set(None);
        said(text, batch);
        refresh();
    });
    let bulk = move |cells: Vec<CellIndex>, action: StepAction, reason: Option<String>| {
        if doing.is_busy.get_untracked() {
            return;
        }
        doing.is_busy.set(true);
        doing.action.set(Some(action));
        // An undo that is asked for meanwhile waits.
        undoing.begin();
        do_aside(LazyPart::Act(Box::new(BulkRequest {
            cells,
            action,
            reason,
            state,
            doing,
            is_heard: Signal::derive(move || selects_many() || asking_bulk.get().is_some()),
            toasts,
            undoing,
            said: said_of_many,
        })));
    };
    let wish_action = move |action: StepAction| {
        let cells = state.selected();
        match cells.as_slice() {
            [] => {}
            [only] => {
                let Some(step) = state
                    .grid
                    .with_untracked(|grid| grid.cell(*only).map(|it| it.step))
                else {
                    return;
                };
                if !action.accepts_reason() {
                    act(step, ActionRequest::new(action));
                    return;
                }
                // The reason is asked for in the panel of that step.
                open.run(Some(step));
                refused.set(None);
                asking.set(Some(action));
            }
            _ if action.accepts_reason() => asking_bulk.set(Some(action)),
            _ => bulk(cells, action, None),
        }
    };
    let focused_step = move || {
        let at = state.focused()?;
        state
            .grid
            .with_untracked(|grid| grid.cell(at).map(|it| it.step))
    };
    let go_open = move |forward: bool| {
        if let Some(at) = state.next_open(forward) {
            state.go(at);
            state.wants_keyboard.update(|it| *it += 1);
        } else {
            toasts.say("No open cell is left.", None);
        }
    };
    // One step across customers: only its row, only what is open, and the first of it in the panel.
    let work_on = move |row: usize| {
        let name = state
            .grid
            .with_untracked(|grid| grid.rows[row].name.clone());
        let Some(at) = state.open_in(row) else {
            toasts.say(format!("{name} is finished for every customer shown"), None);
            return;
        };
        filter_bar::show_steps(&name);
        state.redraw(|it| {
            it.filter.update(|filter| {
                filter.steps = name;
                filter.open_only = true;
            });
        });
        state.go(at);
        open.run(focused_step());
    };
    let on_command = Callback::new(move |command: GridCommand| match command {
        GridCommand::Open => open.run(focused_step()),
        GridCommand::Close => {
            if open_step.get_untracked().is_some() {
                open.run(None);
            } else {
                state
                    .selection
                    .update(|it| *it = it.map(|it| Selection::at(it.focus)));
            }
        }
        GridCommand::Filter => {
            browser::dom::focus(FIRST_FIELD);
        }
        GridCommand::Help => helping.set(true),
        GridCommand::Act(action) if can_work => wish_action(action),
        GridCommand::Act(_) => toasts.say("The release is archived and read-only.", None),
        GridCommand::Copy => {
            open.run(focused_step());
            copying.update(|it| *it += 1);
        }
        GridCommand::NextOpen => go_open(true),
        GridCommand::PreviousOpen => go_open(false),
        GridCommand::Undo => undoing.step(false),
        GridCommand::Redo => undoing.step(true),
        GridCommand::Work { row } => work_on(row),
        // The grid itself does these.
        GridCommand::Move { .. }
        | GridCommand::SelectRow
        | GridCommand::SelectColumn
        | GridCommand::SelectCluster
        | GridCommand::SelectAll => {}
    });
    let on_news = Callback::new(move |(step, news): (StepId, StepPanelOutcome)| match news {
        StepPanelOutcome::Act(wish) => act(step, wish),
        StepPanelOutcome::Changed(row, text, batch) => {
            put(&row);
            said(text, batch);
            refresh();
        }
        StepPanelOutcome::Others(text, batch, is_gone) => {
            said(text, batch);
            if is_gone && open_step.get_untracked() == Some(step) {
                open.run(None);
            }
            renew();
        }
        StepPanelOutcome::Stale => refresh(),
        StepPanelOutcome::Close => {
            open.run(None);
            state.wants_keyboard.update(|it| *it += 1);
        }
    });
    // The panel follows the focused cell while it is open.
    let mut before = None::<Option<CellIndex>>;
    follow(move |_| {
        let now = state.focused();
        if before.replace(now).is_some_and(|it| it != now) && open_step.get_untracked().is_some() {
            let step = now.and_then(|at| {
                state
                    .grid
                    .with_untracked(|grid| grid.cell(at).map(|it| it.step))
            });
            if step.is_some() && step != open_step.get_untracked() {
                asking.set(None);
                open.run(step);
            }
        }
    });

    // The panel's part of the WASM is fetched with the first sign that somebody is about to work.
    let is_warm = StoredValue::new(false);
    let warm_up = move || {
        if !is_warm.get_value() {
            is_warm.set_value(true);
            do_aside(LazyPart::Nothing);
        }
    };
    let wants_reason = stays_true(move || asking_bulk.get().is_some());
    let wants_bulk = stays_true(selects_many);
    let wants_side = stays_true(move || open_step.get().is_some());
    let wants_help = stays_true(move || helping.get());
    let asked = OpenDialogs::default();
    let set_status = move |()| {
        do_aside(LazyPart::SetArchived {
            id,
            archived: can_work,
            toasts,
            done: reload,
        });
    };
    let is_empty = state
        .grid
        .with_untracked(|grid| grid.columns.is_empty() || grid.rows.is_empty());
    let pages = url_state::pages(state);
    view! {
        <WorkHead
            release=release.clone()
            state=state
            undoable=undoing.batches
            asked=asked
            on_command=on_command
            on_status=Callback::new(set_status)
        />
        <FilterBar state=state on_command=on_command/>
        <div class="split" on:pointerenter=move |_| warm_up() on:focusin=move |_| warm_up()>
            <div class="matrix__pane">
                {if is_empty {
                    view! {
                        <div class="empty">
                            <p>"No customer is in this release, or it has no steps."</p>
                            <a class="button" href=paths::release_steps(id)>"Steps"</a>
                        </div>
                    }
                        .into_any()
                } else {
                    view! {
                        <MatrixGrid
                            state=state
                            on_command=on_command
                            has_panel=Signal::derive(move || open_step.get().is_some())
                        />
                        <noscript inner_html=pages></noscript>
                    }
                        .into_any()
                }}
                {move || {
                    let bulk = LazyPart::Bulk(BulkBarProps {
                        state,
                        can_work,
                        doing,
                        wish: Callback::new(wish_action),
                    });
                    wants_bulk.get().then(|| Suspend::new(aside(bulk)).into_any())
                }}
            </div>
            {move || {
                let side = LazyPart::Side(
                    Box::new(SideProps {
                        state,
                        open_step,
                        again,
                        refused,
                        asking,
                        copying,
                        can_work,
                        on_news,
                        on_close: Callback::new(move |()| open.run(None)),
                    }),
                );
                wants_side.get().then(|| Suspend::new(aside(side)).into_any())
            }}
        </div>
        {move || wants_reason.get().then(|| Suspend::new(aside(LazyPart::Reason(Box::new(ReasonDialogProps {
            asking: asking_bulk,
            state,
            error: doing.error,
            on_reason: Callback::new(move |(action, reason)| bulk(state.selected(), action, Some(reason))),
        }))))
            .into_any())}
        {move || {
            let help = LazyPart::Help { open: helping, state };
            wants_help.get().then(|| Suspend::new(aside(help)).into_any())
        }}
        <ReleaseDialogs asked=asked release=release members=members on_done=Callback::new(move |()| renew())/>
    }
}
