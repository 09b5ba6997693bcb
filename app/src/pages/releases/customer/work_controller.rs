//! Controller of the customer page: the list's rows, the open step, and every request that changes them. The views in
//! `work` only call its methods.
use super::{
    address::WorkAddress, keys, page_state::CustomerPageState, step_navigation::navigation,
};
use crate::{
    api::steps, api::steps::read_step, browser::dom, browser::drag, browser::runs,
    components::matrix::command::GridCommand, components::matrix::messages::done_text,
    components::matrix::messages::failure_text, components::pending_actions::ActionRequest,
    components::pending_actions::FailedAction, components::rights::OwnRights,
    components::step_panel::lost_step::why_missing, components::step_state::already_in_state_text,
    components::ui::toast::Toasts, domain::customer_work::OpenStep, domain::customer_work::WorkRow,
    domain::customer_work::next_to_do, domain::customer_work::progress,
    domain::customer_work::with_moved, domain::event::Changed, domain::id::BatchId,
    domain::id::CustomerId, domain::id::ReleaseId, domain::id::StepId, domain::order::Position,
    domain::own_changes::EDIT_NOTES, domain::own_changes::cell_in_words,
    domain::progress::Progress, domain::step::CustomerStep, domain::vocabulary::Noun,
    domain::vocabulary::StepAction, domain::vocabulary::StepStatus, error::AppError,
    pages::SerialRequest, pages::fetch::Fetch, pages::releases::send_action::send_action,
    pages::releases::step_detail_actions::NOTES_SAVED,
    pages::releases::step_detail_actions::StepPanelOutcome,
    pages::releases::step_detail_actions::shown_step, pages::releases::steps::messages,
    pages::releases::take_over::TakeOver, pages::releases::text_questions,
    pages::releases::text_questions::TextQuestions, pages::releases::text_questions::put_back,
    pages::request_queue::send_in_order, paths,
};
use leptos::prelude::*;

/// Handles to the state of the customer page, copied into every closure that needs them.
#[derive(Clone, Copy)]
pub struct WorkController {
    /// The release.
    pub release: ReleaseId,
    /// The customer.
    pub customer: CustomerId,
    customer_name: StoredValue<String>,
    /// Whether steps can be changed: the release is active, and the role allows it.
    pub can_work: bool,
    /// Why not.
    why_read_only: &'static str,
    /// The steps of all categories, in the customer's order.
    pub rows: RwSignal<Vec<WorkRow>>,
    /// The step that the page is at, if it is in the list.
    pub open_step: Memo<Option<StepId>>,
    /// The open step with everything that its view shows.
    pub detail: Fetch<Option<OpenStep>>,
    /// State that outlives the list.
    pub page: CustomerPageState,
    /// Counters; raising one reads the open step again: the first only while no dialog is open, the second always.
    detail_versions: (RwSignal<u32>, RwSignal<u32>),
    /// Requests that move a step of the list; one at a time.
    pub ordering: SerialRequest,
    pub take_over: TakeOver,
    /// Navigates to a step, or to the list.
    pub open: Callback<Option<StepId>>,
    address: WorkAddress,
    /// Reads the list again.
    pub reload: Callback<()>,
    pub toasts: Toasts,
}

impl WorkController {
    /// Reads the open step from the URL, starts to fetch it, and listens for shortcuts. `reload` fetches the list
    /// again.
    pub fn new(
        (release, customer): (ReleaseId, CustomerId),
        customer_name: String,
        can_work: bool,
        rows: Vec<WorkRow>,
        page: CustomerPageState,
        reload: Callback<()>,
    ) -> Self {
        let rows = RwSignal::new(rows);
        let (address, ids) = (WorkAddress::from_context(), (release, customer));
        let open_step = Memo::new(move |before: Option<&Option<StepId>>| {
            address.open_step(ids, rows, before.copied().flatten())
        });
        let open = navigation(release, customer);
        let detail_versions = (RwSignal::new(0), RwSignal::new(0));
        let (version, forced) = detail_versions;
        let shown = shown_step(
            page.memory,
            open_step,
            page.asking,
            page.refused,
            version,
            forced,
        );
        let detail = Fetch::new(
            move || shown.try_get().unwrap_or_default(),
            |(step, ..)| async move {
                match step {
                    Some(step) => read_step(step).await.map(Some),
                    None => Ok(None),
                }
            },
        );
        let this = Self {
            release,
            customer,
            customer_name: StoredValue::new(customer_name),
            can_work,
            why_read_only: OwnRights::from_context().why_read_only(),
            rows,
            open_step,
            detail,
            page,
            detail_versions,
            ordering: SerialRequest::new(),
            take_over: TakeOver::new(),
            open,
            address,
            reload,
            toasts: Toasts::from_context(),
        };
        provide_context(page.shown);
        address.name_step(ids, open_step, open);
        this.follow_open_step();
        this.ask_in_turn();
        keys::listen(move |command| this.on_command(command));
        Effect::new(move |_| {
            if let Some(error) = this.ordering.error.get() {
                drag::clear_request();
                this.toasts.show(messages::refused(&error), None);
                this.reload.run(());
            }
        });
        this
    }

    /// When another step opens, the prompt of the previous one closes, and the focus moves to the new one. What failed of the
    /// previous one is kept, and said. The list shows where one is, or was.
    fn follow_open_step(self) {
        let page = self.page;
        Effect::new(move |before: Option<Option<StepId>>| {
            let now = self.open_step.get();
            let step = now.or(before.flatten());
            if let Some(step) = step.filter(|_| page.goes_to(now)) {
                let row = format!(".run__list [href$='step={step}']");
                dom::after_paint(move || dom::scroll_to_row(".run__list", &row));
            }
            if let Some(before) = before.filter(|it| *it != now) {
                page.show_step(now);
                page.end_opening(now);
                page.asking.set(None);
                page.copy_requests.set(None);
                if let Some(failed) = before.and_then(|it| page.failed_of(it)) {
                    self.say_failure(&failed, untrack(|| self.names(failed.step)));
                }
                if page.is_behind.try_update_value(std::mem::take) == Some(true) {
                    self.reload.run(());
                }
                if now.is_some() {
                    dom::scroll_to_top(dom::HOME);
                    dom::focus(dom::HOME);
                }
            }
            now
        });
    }

    /// Asks about marks that were refused because the text had changed.
    fn ask_in_turn(self) {
        let questions = TextQuestions {
            waiting: self.page.questions,
            refused: self.page.refused,
            is_writing: Signal::derive(move || self.is_writing()),
            is_here: Signal::derive(move || self.is_here()),
            open: Callback::new(move |step| self.open.run(Some(step))),
            place: Callback::new(move |step| {
                let (name, customer) = untrack(|| self.names(step));
                Some((name, customer, self.address_of(step)))
            }),
            toasts: self.toasts,
        };
        questions.ask_in_turn();
        on_cleanup(move || {
            if !untrack(|| self.is_here()) {
                questions.tell_all();
            }
        });
    }

    /// Whether the address is that of this customer's steps. Tracked.
    pub(super) fn is_here(self) -> bool {
        self.address.is_here((self.release, self.customer))
    }

    /// What is said of a step that the address names and the list does not have. Tracked.
    pub fn missing_step(self) -> Option<String> {
        let is_missing = self
            .address
            .leads_nowhere((self.release, self.customer), self.open_step);
        is_missing.then(|| self.why_missing(&AppError::NotFound(Noun::Step)))
    }

    /// Why the step that the address names is not shown.
    pub fn why_missing(self, error: &AppError) -> String {
        let step = self.address.named_step((self.release, self.customer));
        let removal = self.page.removal.try_get_value().flatten();
        why_missing(error, step, removal.as_ref())
    }

    /// The step that the address names, with what is typed in its notes: for when it cannot be shown.
    pub fn lost_notes(self) -> Option<(StepId, String)> {
        let step = self.address.named_step((self.release, self.customer))?;
        Some((step, self.page.memory.typed_at(step)?))
    }

    /// Whether a reason or a text is being written in a dialog. Tracked.
    pub(super) fn is_writing(self) -> bool {
        let dialog = self.page.memory.lasting().asked;
        self.page.asking.with(Option::is_some) || dialog.with(Option::is_some)
    }

    /// The URL that opens a step.
    pub fn address_of(self, step: StepId) -> String {
        paths::customer_step(self.release, self.customer, step)
    }

    /// The names of a step and of the customer.
    pub fn names(self, step: StepId) -> (String, String) {
        let name = self.rows.with(|rows| {
            let row = rows.iter().find(|it| it.id == step);
            row.map(|it| it.name.clone()).unwrap_or_default()
        });
        (name, self.customer_name())
    }

    /// Says why an action failed on a step that is not open, with a link to it.
    fn say_failure(self, failed: &FailedAction, (name, customer): (String, String)) {
        let why = failure_text(failed);
        let text = format!("{name} for {customer} {why}.");
        self.toasts.show_step(text, self.address_of(failed.step));
    }

    /// The customer's name.
    pub fn customer_name(self) -> String {
        self.customer_name.get_value()
    }

    /// How many steps are in each state.
    pub fn progress(self) -> Progress {
        self.rows.with(|rows| progress(rows))
    }

    /// Reads the open step again, unless something is being written in one of its dialogs.
    pub fn reload_detail(self) {
        self.detail_versions.0.update(|it| *it += 1);
    }

    /// Reads the open step again, also under an open dialog.
    pub fn force_detail(self) {
        self.detail_versions.1.update(|it| *it += 1);
    }

    /// Shows a changed step in its row.
    pub fn update_row(self, step: &CustomerStep) {
        let _ = self.rows.try_update(|rows| {
            if let Some(row) = rows.iter_mut().find(|it| it.id == step.id) {
                *row = WorkRow::new(step, row.is_unresolved);
            }
        });
    }

    /// Sends an action on a step once earlier requests about it are answered. After "done" and "skip" the next step opens.
    fn act(self, step: StepId, mut request: ActionRequest) {
        if self.page.is_sending(step, request.action) {
            return;
        }
        self.page
            .failed
            .update(|it| it.retain(|it| it.step != step));
        if !request.add_shown_text(step, self.page.shown) {
            let failed = FailedAction::text_changed(step, request);
            self.page.questions.update(|it| it.push(failed));
            return;
        }
        let (page, action, verb) = (self.page, request.action, request.verb());
        page.begin_sent(step, action);
        // The page may have been left when the answer comes, and its signals disposed.
        let names = untrack(|| self.names(step));
        let undo = self.page.undo;
        undo.begin_change();
        let sent = async move {
            let sent = request.clone();
            let answer = send_action(step, request).await;
            page.end_sent(step, action);
            match answer {
                Ok(changed) if !self.rows.is_disposed() => {
                    self.finish_action((step, action, verb), changed, &names.1);
                }
                // Its page was left: the change can be undone all the same.
                Ok(changed) => {
                    if let Some(batch) = changed.batch_id {
                        let what = cell_in_words(verb, &names.0, &names.1);
                        undo.push(self.release, batch, what);
                    }
                }
                Err(error) => {
                    let failed = FailedAction {
                        step,
                        request: sent,
                        error,
                    };
                    self.fail_action(failed, names);
                }
            }
            undo.end_change();
        };
        send_in_order(step, Box::pin(sent));
    }

    fn fail_action(self, failed: FailedAction, names: (String, String)) {
        let page = self.page;
        if failed.is_text_changed() && untrack(|| self.is_here()) {
            let waits = page.questions.try_update(|it| it.push(failed.clone()));
            if waits.is_some() {
                return;
            }
        }
        if failed.is_about_notes() {
            self.toasts.show(failed.notes_text(&names.0), None);
            return self.force_detail();
        }
        if failed.error.is_retryable() {
            let _ = page.failed.try_update(|it| it.push(failed.clone()));
        }
        let is_open = self.open_step.try_get_untracked().flatten() == Some(failed.step);
        if is_open && !text_questions::is_asked(page.refused) {
            page.refused.set(Some(failed));
        } else {
            self.say_failure(&failed, names);
        }
    }

    fn finish_action(
        self,
        (step, action, verb): (StepId, StepAction, &str),
        changed: Changed<CustomerStep>,
        customer: &str,
    ) {
        let Changed { row, batch_id } = changed;
        // A copied text counts as shown until this page has marked the step done.
        if action == StepAction::Done && batch_id.is_some() {
            self.page.shown.forget(step);
        }
        self.update_row(&row);
        // A reason that is being written for another step, or another action, stays.
        let asking = self.page.asking;
        if asking.get_untracked() == Some((step, action)) {
            asking.set(None);
        }
        let is_new = batch_id.is_some();
        let text = if is_new {
            done_text(action, &row.name, customer)
        } else {
            let at = row
                .state_at
                .map(|it| untrack(|| self.take_over.clock.time(it)));
            format!(
                "{}: {} for {customer}",
                already_in_state_text(&row, at),
                row.name
            )
        };
        if is_new || !self.take_over.ask(action, &row) {
            let what = cell_in_words(verb, &row.name, customer);
            let undo = self.page.undo;
            undo.report_cell(self.release, text, what, batch_id);
        }
        text_questions::settle(self.page.refused, self.page.questions, step, action);
        if self.open_step.get_untracked() != Some(step) {
            return;
        }
        let is_finished = matches!(action, StepAction::Done | StepAction::Skip);
        if is_new && is_finished && self.may_go_on(step) {
            let next = self
                .rows
                .with_untracked(|rows| next_to_do(rows, Some(step)));
            if next.is_some() || untrack(|| self.first_failed()).is_some() {
                if let Some(next) = next {
                    self.page.begin_opening(next);
                }
                // Where only failed steps are left, the end of the work says so.
                return self.open.run(next);
            }
        }
        self.reload_detail();
    }

    /// Says what was changed, and offers to undo it.
    fn report(self, text: String, what: Option<String>, batch: Option<BatchId>) {
        self.page.undo.report(self.release, text, what, batch);
    }

    /// Applies what the step view reports about a step.
    pub fn on_outcome(self, step: StepId, outcome: StepPanelOutcome) {
        match outcome {
            StepPanelOutcome::Act(request) => self.act(step, request),
            StepPanelOutcome::Noted(row, batch, is_asked) => {
                self.update_row(&row);
                let what = cell_in_words(EDIT_NOTES, &row.name, &self.customer_name());
                if is_asked {
                    self.report(NOTES_SAVED.to_owned(), Some(what), batch);
                    self.reload_detail();
                } else if let Some(batch) = batch {
                    self.page.undo.push(self.release, batch, what);
                }
            }
            StepPanelOutcome::Others(text, what, batch, is_gone) => {
                self.report(text, what, batch);
                if is_gone {
                    self.open.run(None);
                }
                self.reload.run(());
            }
            StepPanelOutcome::Stale => self.force_detail(),
            StepPanelOutcome::Close => self.open.run(None),
        }
    }

    /// An action chosen by keyboard: sent at once, or after its reason was given; a toast says why it is not possible.
    fn request_action(self, action: StepAction) {
        let Some(step) = self.open_step.get_untracked() else {
            return;
        };
        let status = self.rows.with_untracked(|rows| {
            let row = rows.iter().find(|it| it.id == step);
            row.map(|it| it.status)
        });
        let is_failing = self.page.has_sent(step, StepAction::Fail);
        let has_failed = status == Some(StepStatus::Failed) || is_failing;
        if !self.can_work {
            self.toasts.show(self.why_read_only, None);
        } else if action == StepAction::Done && has_failed {
            // Pressing d for one step after the other must not mark a failed step done in passing.
            let text = "This step failed. Press n for the next one, or i to start it again.";
            self.toasts.show(text, None);
        } else if action.proves_text() && !self.page.memory.shows(step) {
            let text = "The step is still loading. Press the key again once its text is here.";
            self.toasts.show(text, None);
        } else if !action.accepts_reason() {
            self.act(step, ActionRequest::new(action));
        } else if let Some(status) = status.filter(|it| !action.allows(*it)) {
            let text = format!(
                "A {} step cannot be {}.",
                status.in_sentence(),
                action.past_tense()
            );
            self.toasts.show(text, None);
        } else {
            put_back(self.page.refused, self.page.questions);
            self.page.refused.set(None);
            self.page.asking.set(Some((step, action)));
        }
    }

    fn on_command(self, command: GridCommand) {
        let open = self.open_step.get_untracked();
        let is_for_step = matches!(
            command,
            GridCommand::Act(_) | GridCommand::Copy | GridCommand::Run
        );
        // The person still sees the step before, or types where its notes were.
        if is_for_step && self.page.goes_on(open) {
            return;
        }
        match command {
            GridCommand::Act(action) => self.request_action(action),
            GridCommand::Copy => self.page.copy_requests.set(open),
            GridCommand::Run if !self.can_work => self.toasts.show(self.why_read_only, None),
            GridCommand::Run => runs::ask(open.as_slice()),
            GridCommand::NextOpen => self.open_next(true),
            GridCommand::PreviousOpen => self.open_next(false),
            GridCommand::Help => self.page.shows_keys.set(true),
            GridCommand::Close if open.is_some() => self.open.run(None),
            _ => {}
        }
    }

    /// Moves a step within its category, for this customer only.
    pub fn move_step(self, step: StepId, place: Position<StepId>) {
        self.ordering.run(steps::move_step(step, place), move |it| {
            self.rows
                .update(|rows| *rows = with_moved(rows, step, place));
            let text = format!("Moved {}, for this customer alone", it.row.name);
            self.report(text, None, it.batch_id);
        });
    }

    /// Reports an added step, and fetches the list again.
    pub fn on_added(self, text: String, batch: Option<BatchId>) {
        self.report(text, None, batch);
        self.reload.run(());
    }
}
