//! `/releases/:id`: the page of a draft, or the matrix of a release that was activated, composed of what is loaded with the
//! page and of lazy parts.
use super::{
    dialogs::{OpenDialogs, ReleaseDialogsHost},
    lazy_parts::{self, LazyPart, SEND_STEP_REQUEST},
    release_matrix::{
        controller::MatrixController,
        matrix_head::MatrixHead,
        print_key,
        step_panel_host::StepPanelHostProps,
        url_state::{first_of, neighbor_links},
        view_menu::{SavedViews, ViewMenuProps, ViewsDialogProps},
    },
    step_detail_actions::StepPanelOutcome,
    text_questions::is_at,
};
use crate::{
    api::releases::read_matrix, browser, components::bulk_bar::BulkBarProps,
    components::bulk_bar::ReasonDialogProps, components::matrix::MatrixGrid,
    components::matrix::command::GridCommand, components::matrix::filter_bar::FilterBar,
    components::pending_actions::ActionRequest, components::take_over_dialog::TakeOverDialogProps,
    components::ui::follow_effect::follow, components::ui::toast::Restorable,
    components::ui::toast::Toasts, domain::id::ReleaseId, domain::matrix_wire::PackedMatrix,
    domain::release::Release, domain::vocabulary::ReleaseStatus, pages::fetch::Fetch,
    pages::first_online_call, pages::latched, pages::loaded, pages::param, paths,
};
use leptos::prelude::*;
use leptos_router::hooks::use_location;

/// Loads the code of a draft's page and renders it, with what reads the page again. The page's part passes it down, so that this file
/// imports no part.
pub type LoadDraft = fn(Release, Callback<()>) -> AnyView;

/// The page `/releases/:id`: a draft, or the matrix.
#[component]
pub fn ReleasePage(load_draft: LoadDraft) -> impl IntoView {
    let id = param::<ReleaseId>("id");
    let first = use_location().query.with_untracked(first_of);
    let matrix = Fetch::new(id, move |id| async move {
        read_matrix(id.unwrap_or(ReleaseId(0)), first.row, first.column).await
    });
    // The status that was shown before: after an activation, an archive or a restore the button that was pressed is gone, so
    // the focus goes to what takes its place.
    let shown = StoredValue::new(None::<ReleaseStatus>);
    let reload = matrix.refetch_callback();
    Toasts::from_context().reload_with(reload);
    loaded(matrix, move |it| {
        let status = it.release.status;
        let takes_focus = shown.get_value().is_some_and(|it| it != status);
        shown.set_value(Some(status));
        if status == ReleaseStatus::Draft {
            load_draft(it.release, reload)
        } else {
            view! { <ReleaseMatrix matrix=it reload=reload takes_focus=takes_focus/> }.into_any()
        }
    })
}

/// Shows what others change in the release, for as long as the calling component is mounted.
fn show_foreign_changes(controller: &MatrixController, release: ReleaseId, reload: Callback<()>) {
    let controller = *controller;
    browser::foreign_changes::on_change(move |change| {
        if change.may_touch_release(release) {
            let change = Box::new((controller, change, reload));
            lazy_parts::run(LazyPart::ForeignChange(change));
        }
    });
}

/// Runs each command, one of them by code that is loaded lazily.
fn run_commands(controller: &MatrixController) -> Callback<GridCommand> {
    let controller = *controller;
    Callback::new(move |command| {
        if let GridCommand::WorkOnStep { row } = command {
            lazy_parts::run(LazyPart::WorkOnRow(Box::new(controller), row));
        } else {
            controller.run(command);
        }
    })
}

/// Shows what the address says after a navigation through history between two views of the release: the router draws the page anew
/// only for another release.
fn follow_history(controller: &MatrixController, release: ReleaseId) {
    let controller = *controller;
    let (path, own) = (use_location().pathname, paths::release(release));
    follow(move |_| {
        let own = own.clone();
        let handle = window_event_listener_untyped("popstate", move |_| {
            if untrack(|| is_at(path, &own)) {
                lazy_parts::run(LazyPart::ShowAddress(Box::new(controller)));
            }
        });
        on_cleanup(move || handle.remove());
    });
}

/// Listens to what the window tells of, for as long as the calling component is mounted.
fn listen(controller: &MatrixController, release: ReleaseId, reload: Callback<()>) {
    show_foreign_changes(controller, release, reload);
    follow_history(controller, release);
    print_key::listen(controller.state);
}

/// The matrix, with the panel of the open step beside it.
#[component]
fn ReleaseMatrix(
    matrix: PackedMatrix,
    reload: Callback<()>,
    /// Whether the focus goes to the grid, unless something else has it.
    takes_focus: bool,
) -> impl IntoView {
    let release = matrix.release.clone();
    let id = release.id;
    let controller = MatrixController::new(matrix, |request| {
        lazy_parts::run(LazyPart::BulkAction(Box::new(request)));
    });
    let MatrixController {
        state,
        can_work,
        open_step,
        reason_action,
        bulk_reason_action,
        bulk,
        is_help_open,
        reloader,
        toasts,
        ..
    } = controller;
    listen(&controller, id, reload);
    let dialogs = OpenDialogs::default();
    let on_command = run_commands(&controller);
    let on_outcome = Callback::new(move |(step, outcome)| controller.apply_outcome(step, outcome));
    let on_restore = Callback::new(move |()| {
        lazy_parts::run(LazyPart::Restore(Restorable::Release(id), toasts));
    });
    let on_copy_link = Callback::new(move |()| lazy_parts::run(LazyPart::CopyLink(toasts)));
    // The pointer or the focus in the grid is the first sign that they will be needed.
    let preload = first_online_call(lazy_parts::preload_panel);
    let needs_bulk_reason = latched(move || bulk_reason_action.get().is_some());
    let needs_bulk_bar = latched(move || state.selects_many());
    let needs_panel =
        latched(move || open_step.get().is_some() || reason_action.with(Option::is_some));
    let needs_help = latched(move || is_help_open.get());
    let views = SavedViews::default();
    let needs_views = latched(move || views.is_open.get());
    let asked = controller.take_over.asked;
    let needs_take_over = latched(move || !asked.with(Vec::is_empty));
    let on_take_over = Callback::new(move |step| {
        let request = ActionRequest::taking_over();
        controller.apply_outcome(step, StepPanelOutcome::Act(request));
    });
    let is_empty = state
        .grid
        .with_untracked(|grid| grid.columns.is_empty() || grid.rows.is_empty());
    let neighbor_links = neighbor_links(state);
    if takes_focus {
        browser::dom::after_paint(move || {
            if browser::dom::nothing_is_focused() {
                let _ = state.focus_requests.try_update(|it| *it += 1);
            }
        });
    }
    view! {
        <MatrixHead
            release=release.clone()
            controller=controller
            dialogs=dialogs
            on_command=on_command
            on_copy_link=on_copy_link
            on_restore=on_restore
        />
        <FilterBar
            state=state
            on_command=on_command
            view_menu=Callback::new(move |()| lazy_parts::show(LazyPart::ViewMenu(ViewMenuProps { state, views })))
        />
        <div class="split" on:pointerenter=move |_| preload() on:focusin=move |_| preload()>
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
                            load_card=Callback::new(|it| lazy_parts::run_within_reach(LazyPart::CellCard(it)))
                        />
                        <noscript inner_html=neighbor_links></noscript>
                    }
                        .into_any()
                }}
                {move || {
                    needs_bulk_bar.get().then(|| {
                        lazy_parts::show(LazyPart::BulkBar(BulkBarProps {
                            state,
                            can_work,
                            doing: bulk,
                            on_action: Callback::new(move |action| controller.act_on_selection(action)),
                        }))
                    })
                }}
            </div>
            {move || {
                needs_panel.get().then(|| {
                    lazy_parts::show_panel(StepPanelHostProps {
                        controller,
                        on_outcome,
                        on_close: Callback::new(move |()| controller.open(None)),
                        send_request: SEND_STEP_REQUEST,
                    })
                })
            }}
        </div>
        {move || {
            needs_bulk_reason.get().then(|| {
                lazy_parts::show(LazyPart::BulkReason(Box::new(ReasonDialogProps {
                    asking: bulk_reason_action,
                    state,
                    error: bulk.error,
                    on_reason: Callback::new(move |(action, reason, cells)| {
                        controller.act_on_many(cells, action, Some(reason));
                    }),
                })))
            })
        }}
        {move || {
            needs_take_over
                .get()
                .then(|| lazy_parts::show(LazyPart::TakeOver(TakeOverDialogProps { asked, on_take_over })))
        }}
        {move || {
            needs_help
                .get()
                .then(|| lazy_parts::show(LazyPart::Shortcuts { open: is_help_open, state }))
        }}
        {move || {
            needs_views
                .get()
                .then(|| lazy_parts::show(LazyPart::ViewsDialog(ViewsDialogProps { state, views })))
        }}
        <ReleaseDialogsHost
            open=dialogs
            release=release
            on_done=Callback::new(move |()| reloader.reload_all())
            load=lazy_parts::show_dialogs
        />
    }
}
