//! The controller of the matrix page: the signals that the page and its parts share, and every action on them. It is `Copy`,
//! so that each callback and each lazily loaded part can hold it.
use super::{
    super::send_action::send_action, super::step_detail_actions::NOTES_SAVED,
    super::step_detail_actions::StepPanelOutcome, super::take_over::TakeOver,
    super::text_questions, super::text_questions::put_back, super::undo_stack::UndoStack,
    reloader::MatrixReloader, url_state,
};
use crate::{
    browser, components::bulk_bar::BulkActionState, components::matrix::command::GridCommand,
    components::matrix::filter_bar::FILTER_FIELD, components::matrix::messages::done_text,
    components::matrix::messages::failure_text, components::matrix::state::MatrixState,
    components::matrix::state::PanelRequest, components::pending_actions::ActionRequest,
    components::pending_actions::FailedAction, components::rights::OwnRights,
    components::shown_texts::ShownTexts, components::step_state::already_in_state_text,
    components::ui::follow_effect::follow, components::ui::time::Clock,
    components::ui::toast::Toasts, domain::event::Changed, domain::id::BatchId, domain::id::StepId,
    domain::matrix::CellIndex, domain::matrix::Grid, domain::matrix_wire::PackedMatrix,
    domain::own_changes::EDIT_NOTES, domain::own_changes::cell_in_words,
    domain::permission::Permission, domain::step::CustomerStep, domain::vocabulary::ReleaseStatus,
    domain::vocabulary::StepAction, error::AppError, pages::request_queue::QueuedSteps,
    pages::request_queue::Turn, pages::request_queue::start_in_order, paths,
};
use leptos::prelude::*;

/// Matches while something is being written in the panel or a dialog. A reason that was just given up may still be there.
const WRITING: &str = "[data-typed], #notes:focus, dialog[open]:not(:has(#reason))";

/// Everything the matrix page does: a bundle of signals and callbacks that its parts share.
#[derive(Clone, Copy)]
pub struct MatrixController {
    /// Cells, selection, filter, and which groups are collapsed.
    pub state: MatrixState,
    /// False in an archived release, which is read-only, and for a viewer.
    pub can_work: bool,
    /// The message for a key that would change a cell where nothing can be changed.
    why_read_only: &'static str,
    /// The step in the panel, as the URL says.
    pub open_step: Memo<Option<StepId>>,
    /// The step that was opened last. The URL follows a moment later.
    intended_step: StoredValue<Option<StepId>>,
    /// Replaces the URL without scrolling.
    navigate: Callback<String>,
    /// The action whose reason is being written in the panel, and its step.
    pub reason_action: RwSignal<Option<(StepId, StepAction)>>,
    /// The failed action on the open step, which the panel shows.
    pub failed_action: RwSignal<Option<FailedAction>>,
    /// Marks that were refused because the text had changed. The panel's host asks about them in turn.
    pub questions: RwSignal<Vec<FailedAction>>,
    pub take_over: TakeOver,
    /// The step whose text is to be copied, once the panel shows it.
    pub copy_requests: RwSignal<Option<StepId>>,
    /// The action on the selected cells whose reason is being written in a dialog.
    pub bulk_reason_action: RwSignal<Option<StepAction>>,
    pub bulk: BulkActionState,
    /// Sends an action for many cells. The page provides it, because the code for it is loaded lazily.
    pub(super) send_bulk: fn(BulkRequest),
    /// The number of the bulk action that was sent from the reason dialog that is open; 0 if none was.
    pub(super) sent_from_dialog: StoredValue<u32>,
    pub is_help_open: RwSignal<bool>,
    pub reloader: MatrixReloader,
    pub undo_stack: UndoStack<MatrixReloader>,
    pub toasts: Toasts,
    clock: Clock,
    /// The texts that this page has shown (R81).
    shown: ShownTexts,
}

/// One action for many cells.
pub struct BulkRequest {
    pub controller: MatrixController,
    pub cells: Vec<CellIndex>,
    /// The steps in these cells.
    pub steps: Vec<StepId>,
    /// Whether the cells are each of some steps for each of some customers, as picked cells need not be.
    pub is_rectangle: bool,
    pub action: StepAction,
    pub reason: Option<String>,
    /// Later requests about these steps wait for its end.
    pub turn: Turn,
    /// How many changes this page had sent, with this one.
    pub number: u32,
}

impl MatrixController {
    /// Creates the page's signals, with the state that the URL asks for, and starts the effects that keep them in step.
    pub fn new(matrix: PackedMatrix, send_bulk: fn(BulkRequest)) -> Self {
        let (release, status) = (matrix.release.id, matrix.release.status);
        let query = url_state::query_of(release);
        let state = query.with_untracked(|it| url_state::state_of(it, Grid::from(matrix)));
        let open_step = Memo::new(move |_| query.with(url_state::step_of));
        let reloader = MatrixReloader::new(release, state);
        let rights = OwnRights::from_context();
        let controller = Self {
            state,
            can_work: status == ReleaseStatus::Active && rights.may(Permission::ActOnSteps),
            why_read_only: rights.why_read_only(),
            open_step,
            intended_step: StoredValue::new(open_step.get_untracked()),
            navigate: url_state::navigation(release, query),
            reason_action: RwSignal::new(None),
            failed_action: RwSignal::new(None),
            questions: RwSignal::new(Vec::new()),
            take_over: TakeOver::new(),
            copy_requests: RwSignal::new(None),
            bulk_reason_action: RwSignal::new(None),
            bulk: BulkActionState {
                action: RwSignal::new(None),
                is_busy: RwSignal::new(false),
                error: RwSignal::new(None),
            },
            send_bulk,
            sent_from_dialog: StoredValue::new(0),
            is_help_open: RwSignal::new(false),
            reloader,
            undo_stack: UndoStack::new(reloader, move || Some(release)),
            toasts: Toasts::from_context(),
            clock: Clock::from_context(),
            shown: ShownTexts::default(),
        };
        provide_context(controller.shown);
        controller.keep_url_current();
        url_state::keep_collapsed(state, query);
        controller.select_open_step();
        controller.reload_after_undo_from_toast();
        controller.load_deferred();
        controller.keep_panel_at_focused_cell();
        controller
    }

    fn keep_url_current(self) {
        follow(move |is_first| {
            self.state.filter.track();
            self.state.arrangement.track();
            self.state.collapsed.track();
            if !is_first {
                self.open(self.intended_step.get_value());
            }
        });
    }

    fn select_open_step(self) {
        let mut before = self.open_step.get_untracked();
        self.select_step(before);
        // Links can open a step too. While this page itself opens one after the other, the URL is behind.
        follow(move |_| {
            let step = self.open_step.get();
            let is_by_link = step != before && self.is_intended(before);
            before = step;
            self.intended_step.set_value(step);
            if is_by_link && untrack(|| self.select_step(step)) {
                self.state.request_focus();
            }
        });
    }

    /// An undo from a toast bypasses the undo stack: the page is updated in place all the same.
    fn reload_after_undo_from_toast(self) {
        self.toasts.refresh_with(Callback::new(move |()| {
            self.reloader.note_change();
            self.reloader.reload_all();
        }));
    }

    /// Loads what the page can be shown without: who changed each cell and when.
    fn load_deferred(self) {
        follow(move |_| self.reloader.load_status_info());
    }

    /// While the panel is open, it shows the step of the focused cell. Under a reason that is being written only others move the
    /// focus, by removing its cell: the panel follows once the reason is sent or given up.
    fn keep_panel_at_focused_cell(self) {
        let mut before = None::<Option<CellIndex>>;
        let mut kept = None;
        follow(move |_| {
            let now = self.state.focused_cell();
            if self.reason_action.with(Option::is_some) && before.is_some() {
                return;
            }
            let has_moved = before.replace(now).is_some_and(|it| it != now);
            if has_moved && !self.is_intended(None) {
                // What is being written at a step that others removed stays there until the person goes on.
                let open = self.intended_step.get_value();
                if kept != open
                    && open.is_some_and(|it| self.is_gone(it))
                    && browser::dom::exists(WRITING)
                {
                    kept = open;
                    return;
                }
                let step = now.and_then(|it| self.step_at(it));
                if step.is_some() && !self.is_intended(step) {
                    self.open(step);
                }
            }
        });
    }

    fn is_gone(self, step: StepId) -> bool {
        let grid = self.state.grid;
        grid.with_untracked(|grid| grid.index_of(step).is_none())
    }

    pub(super) fn step_at(self, at: CellIndex) -> Option<StepId> {
        self.state
            .grid
            .with_untracked(|grid| grid.cell(at).map(|it| it.step))
    }

    pub(super) fn focused_step(self) -> Option<StepId> {
        self.step_at(self.state.focused_cell()?)
    }

    /// Whether this step was opened last, or the panel was closed last.
    pub(super) fn is_intended(self, step: Option<StepId>) -> bool {
        self.intended_step.get_value() == step
    }

    /// Opens a step in the panel, or closes the panel, and puts the present view into the URL.
    pub fn open(self, step: Option<StepId>) {
        if !self.is_intended(step) {
            self.copy_requests.set(None);
            self.state.panel_requests.set(None);
            put_back(self.failed_action, self.questions);
            let pending = self.state.pending_actions;
            let failed = step.and_then(|it| pending.with_untracked(|all| all.failed(it)));
            self.failed_action.set(failed);
            // The panel has shown it, or shows it from now on.
            self.state.forget_refusal(self.intended_step.get_value());
            self.state.forget_refusal(step);
        }
        self.intended_step.set_value(step);
        let address = untrack(|| url_state::address(self.state, step));
        self.navigate.run(address);
    }

    /// Closes the panel; the keyboard goes back to the grid.
    fn close_panel(self) {
        self.open(None);
        self.state.request_focus();
    }

    /// Whether a reason is asked for: from the key on that asks for it, also before the dialog is loaded.
    pub(super) fn asks_reason(self) -> bool {
        self.reason_action.with_untracked(Option::is_some)
            || self.bulk_reason_action.with_untracked(Option::is_some)
    }

    /// Executes a command from the keyboard, the head or the filter bar.
    pub fn run(self, command: GridCommand) {
        // What is typed as a reason is no shortcut.
        if self.asks_reason() {
            if command == GridCommand::Close {
                self.reason_action.set(None);
                self.bulk_reason_action.set(None);
            }
            return;
        }
        match command {
            GridCommand::Open if self.state.split_focused() => {}
            GridCommand::Open => self.ask_panel(PanelRequest::Focus),
            GridCommand::Override if self.can_work => self.ask_panel(PanelRequest::Override),
            GridCommand::Show => self.show_step(self.focused_step()),
            GridCommand::Close if untrack(|| self.state.selects_places()) => {
                self.state.clear_selection();
            }
            GridCommand::Hide => self.show_step(None),
            GridCommand::Close => {
                self.state.forget_refusal(untrack(|| self.focused_step()));
                self.show_step(None);
            }
            GridCommand::Filter => {
                browser::dom::focus(FILTER_FIELD);
            }
            GridCommand::Help => self.is_help_open.set(true),
            GridCommand::Act(action) if self.can_work => self.act_on_selection(action),
            GridCommand::Run if self.can_work => self.run_selection(),
            GridCommand::Act(_) | GridCommand::Run | GridCommand::Override => {
                self.toasts.show(self.why_read_only, None);
            }
            GridCommand::Copy => {
                let step = self.focused_step();
                self.open(step);
                self.copy_requests.set(step);
            }
            GridCommand::NextOpen => self.go_to_open_cell(true),
            GridCommand::PreviousOpen => self.go_to_open_cell(false),
            GridCommand::Undo => self.undo_stack.step(false),
            GridCommand::Redo => self.undo_stack.step(true),
            // The page executes the first, which is loaded lazily, and the grid the others.
            GridCommand::WorkOnStep { .. }
            | GridCommand::Move { .. }
            | GridCommand::SelectRow
            | GridCommand::SelectColumn
            | GridCommand::SelectCluster
            | GridCommand::SelectAll
            | GridCommand::Pick => {}
        }
    }

    fn go_to_open_cell(self, forward: bool) {
        if let Some(at) = self.state.next_open_cell(forward) {
            self.state.select_cell(at);
            self.state.request_focus();
        } else {
            self.toasts.show("All done here.", None);
        }
    }

    /// Applies an action to the selected cells, or asks for its reason first.
    pub fn act_on_selection(self, action: StepAction) {
        let cells = self.state.selected_cells();
        if self.refuses(&cells, action) {
            return;
        }
        match cells.as_slice() {
            [] => {}
            [only] => {
                let Some(step) = self.step_at(*only) else {
                    return;
                };
                if !action.accepts_reason() {
                    self.act(step, ActionRequest::new(action));
                    return;
                }
                // The panel of the step asks for the reason.
                self.open(Some(step));
                put_back(self.failed_action, self.questions);
                self.failed_action.set(None);
                self.reason_action.set(Some((step, action)));
            }
            _ if action.accepts_reason() => {
                self.sent_from_dialog.set_value(0);
                self.bulk_reason_action.set(Some(action));
            }
            _ => self.act_on_many(cells, action, None),
        }
    }

    /// Applies an action to one cell. The cell changes at once, and changes back if the action fails. It is sent once
    /// earlier requests about the step are answered.
    fn act(self, step: StepId, mut request: ActionRequest) {
        if !request.add_shown_text(step, self.shown) {
            let failed = FailedAction::text_changed(step, request);
            self.questions.update(|it| it.push(failed));
            return;
        }
        // Pressed again while it waits for its answer, as in a dialog that is still open.
        let pending = self.state.pending_actions;
        if pending.with_untracked(|it| it.is_sending(step, &request)) {
            return;
        }
        // The page may be gone when the answer comes.
        let names = self.state.step_and_customer(step);
        let number = self.state.begin_action(step, request.clone());
        let verb = request.verb();
        self.reloader.begin_change();
        let sent = async move {
            let action = request.action;
            match send_action(step, request.clone()).await {
                Ok(changed) => self.finish_action((step, action, number), changed, names, verb),
                Err(error) => {
                    let failed = FailedAction {
                        step,
                        request,
                        error,
                    };
                    self.fail_action(number, failed, names);
                }
            }
            self.undo_stack.end_change();
        };
        // The cell is painted before the request is sent: sending costs time too.
        start_in_order(QueuedSteps::These(vec![step]), move |turn| {
            browser::dom::after(0, move || turn.send(Box::pin(sent)));
        });
    }

    fn finish_action(
        self,
        (step, action, number): (StepId, StepAction, u32),
        changed: Changed<CustomerStep>,
        names: Option<(String, String)>,
        verb: &str,
    ) {
        let Changed { row, batch_id } = changed;
        // A copied text counts as shown until this page has marked the step done.
        if action == StepAction::Done && batch_id.is_some() {
            self.shown.forget(step);
        }
        self.state.put_step(&row, Some(number));
        // The page may be gone by now. A reason that is being written for another step stays.
        let of_this = Some((step, action));
        let _ = self.reason_action.try_update(|it| {
            if *it == of_this {
                *it = None;
            }
        });
        let asks = batch_id.is_none() && self.take_over.ask(action, &row);
        if !asks && let Some((name, customer)) = names {
            let text = if batch_id.is_some() {
                done_text(action, &name, &customer)
            } else {
                let at = row.state_at.map(|it| untrack(|| self.clock.time(it)));
                format!("{}: {name} for {customer}", already_in_state_text(&row, at))
            };
            let what = cell_in_words(verb, &name, &customer);
            self.undo_stack
                .report_cell(self.reloader.release, text, what, batch_id);
        }
        text_questions::settle(self.failed_action, self.questions, step, action);
        if self.is_open(step) {
            self.reloader.reload_panel();
        }
    }

    fn is_open(self, step: StepId) -> bool {
        self.open_step.try_get_untracked().flatten() == Some(step)
    }

    fn fail_action(self, number: u32, failed: FailedAction, names: Option<(String, String)>) {
        let step = failed.step;
        let is_outdated = matches!(failed.error, AppError::Refused(_) | AppError::NotFound(_));
        self.state.fail_action(step, number, failed.clone());
        if failed.is_text_changed() {
            let waits = self.questions.try_update(|it| it.push(failed.clone()));
            if waits.is_some() {
                return;
            }
        }
        if failed.is_about_notes() {
            let name = names.map(|it| it.0).unwrap_or_default();
            self.toasts.show(failed.notes_text(&name), None);
            return self.reloader.force_panel();
        }
        // A rule refused the action, so somebody else has changed the step.
        if is_outdated {
            self.reloader.reload_all();
        }
        self.tell_failure(failed, names);
    }

    /// Says in the panel why an action failed, or in a toast if it shows another step.
    pub(super) fn tell_failure(self, failed: FailedAction, names: Option<(String, String)>) {
        let step = failed.step;
        if self.is_open(step) && !text_questions::is_asked(self.failed_action) {
            self.failed_action.set(Some(failed));
        } else if let Some((name, customer)) = names {
            let why = failure_text(&failed);
            let text = format!("{name} for {customer} {why}.");
            let address = paths::step(self.reloader.release, step);
            self.toasts.show_step(text, address);
        }
    }

    /// Says what was changed, and offers to undo it.
    pub(super) fn report(self, text: String, what: Option<String>, batch: Option<BatchId>) {
        let release = self.reloader.release;
        self.undo_stack.report(release, text, what, batch);
    }

    /// Takes over what happened in the panel of a step.
    pub fn apply_outcome(self, step: StepId, outcome: StepPanelOutcome) {
        match outcome {
            StepPanelOutcome::Act(request) => self.act(step, request),
            StepPanelOutcome::Noted(row, batch, is_asked) => {
                self.reloader.note_change();
                self.state.put_step(&row, None);
                let what = self.state.change_in_words(EDIT_NOTES, step);
                if is_asked {
                    self.report(NOTES_SAVED.to_owned(), Some(what), batch);
                    self.reloader.reload_panel();
                } else if let Some(batch) = batch {
                    self.undo_stack.push(self.reloader.release, batch, what);
                }
            }
            StepPanelOutcome::Others(text, what, batch, is_gone) => {
                self.report(text, what, batch);
                self.reloader.note_change();
                if is_gone && self.is_open(step) {
                    self.open(None);
                    self.reloader.reload_grid();
                } else {
                    self.reloader.reload_all();
                }
            }
            StepPanelOutcome::Stale => self.reloader.force_panel(),
            StepPanelOutcome::Close => self.close_panel(),
        }
    }
}
