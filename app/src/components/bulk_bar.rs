//! Toolbar for several selected cells of the matrix, below the grid, and the dialog that asks for one reason for all of
//! them.
use super::{
    foreign_line::ForeignLine,
    matrix::state::MatrixState,
    reason_form::{ReasonForm, verb},
    ui::{dialog::Dialog, follow_effect::follow, icon::Icon, notice::sentence},
};
use crate::{
    browser,
    domain::{
        digit_groups::grouped,
        id::StepId,
        matrix::{Cell, CellIndex, Grid},
        plural::pluralize,
        vocabulary::{StepAction, StepStatus},
    },
    error::AppError,
};
use leptos::prelude::*;

/// State of the last or the running bulk action.
#[derive(Clone, Copy)]
pub struct BulkActionState {
    /// The action; none before the first one.
    pub action: RwSignal<Option<StepAction>>,
    /// Whether the action is being sent.
    pub is_busy: RwSignal<bool>,
    /// Why it failed.
    pub error: RwSignal<Option<AppError>>,
}

/// The number of rows and of columns that contain a cell.
pub fn count_rows_and_columns(cells: &[CellIndex]) -> (usize, usize) {
    let rows: std::collections::BTreeSet<usize> = cells.iter().map(|it| it.row).collect();
    let columns: std::collections::BTreeSet<usize> = cells.iter().map(|it| it.column).collect();
    (rows.len(), columns.len())
}

/// How many cells one bulk action may change. The server refuses more.
pub const BULK_CELLS_MAX: usize = 10_000;
/// Said of more.
pub const TOO_MANY: &str = "Select up to 10,000 cells";

/// How many reasons are listed.
const REASONS_LISTED_MAX: usize = 3;

/// Why an action cannot be applied to cells of a status; none if it can.
fn status_ineligibility(action: StepAction, status: StepStatus) -> Option<String> {
    if action.target() == status {
        return Some(format!("already {}", status.in_sentence()));
    }
    (!action.allows(status)).then(|| status.in_sentence().to_owned())
}

/// Why an action cannot be applied to a cell; none if it can. `missing` are the names without a value that the cell uses.
fn ineligibility(action: StepAction, cell: &Cell, missing: Option<&str>) -> Option<String> {
    if let Some(why) = status_ineligibility(action, cell.status) {
        return Some(why);
    }
    (action == StepAction::Done && cell.is_unresolved).then(|| {
        let names = missing.unwrap_or("a value").split(", ");
        let names: Vec<&str> = names
            .map(|it| it.strip_prefix("var.").unwrap_or(it))
            .collect();
        format!("missing {}", names.join(", "))
    })
}

/// How many of the cells an action can be applied to. A missing value may be there by then.
fn eligible_count(action: StepAction, grid: &Grid, cells: &[CellIndex]) -> usize {
    let cells = cells.iter().filter_map(|at| grid.cell(*at));
    cells
        .filter(|it| ineligibility(action, it, None).is_none())
        .count()
}

/// "Mark 13 cells failed", "Skip 13 cells".
fn bulk_title(action: StepAction, n: usize) -> String {
    let cells = pluralize(n, "cell");
    match action {
        StepAction::Fail => format!("Mark {cells} failed"),
        action => format!("{} {cells}", verb(action)),
    }
}

/// "9 of 12 cells. 3 not eligible: 2 missing `CDN_ZONE`, 1 already done".
fn ineligible_text(action: StepAction, grid: &Grid, cells: &[CellIndex]) -> Option<String> {
    let reasons = cells.iter().filter_map(|at| {
        let cell = grid.cell(*at)?;
        let why = ineligibility(action, cell, grid.missing(*at))?;
        // Steps in progress are counted by the person who has them (R33). A missing value has nothing to do with that person.
        let is_at_work = cell.status == StepStatus::InProgress
            && status_ineligibility(action, cell.status).is_some();
        match grid.status_change(*at).filter(|_| is_at_work) {
            Some(change) => Some(format!("{why} by {}", change.by)),
            None => Some(why),
        }
    });
    counted_reasons(cells.len(), reasons)
}

/// How many of the cells have which reason; none if none has one.
fn counted_reasons(n_cells: usize, reasons: impl Iterator<Item = String>) -> Option<String> {
    let mut counts: Vec<(String, usize)> = Vec::new();
    for reason in reasons {
        match counts.iter_mut().find(|it| it.0 == reason) {
            Some(known) => known.1 += 1,
            None => counts.push((reason, 1)),
        }
    }
    let n_ineligible: usize = counts.iter().map(|it| it.1).sum();
    if n_ineligible == 0 {
        return None;
    }
    let listed = counts.iter().take(REASONS_LISTED_MAX);
    let listed: Vec<String> = listed
        .map(|(why, n)| format!("{} {why}", grouped(*n)))
        .collect();
    let n_listed: usize = counts.iter().take(REASONS_LISTED_MAX).map(|it| it.1).sum();
    let more = match n_ineligible - n_listed {
        0 => String::new(),
        n => format!(", and {} more", grouped(n)),
    };
    Some(format!(
        "{} of {}. {} not eligible: {}{more}",
        grouped(n_cells - n_ineligible),
        pluralize(n_cells, "cell"),
        grouped(n_ineligible),
        listed.join(", ")
    ))
}

/// The toolbar; shown while more than one cell is selected, or cells are picked one by one.
#[component]
pub fn BulkBar(
    state: MatrixState,
    can_work: bool,
    doing: BulkActionState,
    /// Starts an action on the selected cells.
    on_action: Callback<StepAction>,
) -> impl IntoView {
    let cells = Memo::new(move |_| state.selected_cells());
    // The error of an action belongs to the selection that it was applied to.
    follow(move |is_first| {
        cells.track();
        if !is_first {
            doing.error.set(None);
        }
    });
    // The action whose button is hovered or focused; the note lists the cells that it cannot be applied to.
    let pointed_at = RwSignal::new(StepAction::Done);
    let eligible = move |action: StepAction| {
        state
            .grid
            .with(|grid| cells.with(|cells| eligible_count(action, grid, cells)))
    };
    let what = move || {
        let (rows, columns) = cells.with(|cells| count_rows_and_columns(cells));
        // Picked cells need not be each step of each customer.
        let times = if state.has_picked() { ", " } else { " × " };
        [
            pluralize(rows, "step"),
            times.to_owned(),
            pluralize(columns, "customer"),
        ]
        .concat()
    };
    let is_too_many = move || cells.with(|it| it.len() > BULK_CELLS_MAX);
    let note = move || {
        if is_too_many() {
            return Some(TOO_MANY.to_owned());
        }
        state
            .grid
            .with(|grid| cells.with(|cells| ineligible_text(pointed_at.get(), grid, cells)))
    };
    let button = move |action: StepAction, key: &'static str, ink: bool| {
        view! {
            <button
                class="button"
                data-size="s"
                data-kind=ink.then_some("ink")
                aria-keyshortcuts=key
                aria-disabled=move || (eligible(action) == 0 || is_too_many()).then_some("true")
                aria-describedby="bulk-note"
                aria-busy=move || (doing.is_busy.get() && doing.action.get() == Some(action)).then_some("true")
                on:pointerenter=move |_| pointed_at.set(action)
                on:pointerleave=move |_| pointed_at.set(StepAction::Done)
                on:focus=move |_| pointed_at.set(action)
                on:blur=move |_| pointed_at.set(StepAction::Done)
                on:click=move |_| { if eligible(action) > 0 && !is_too_many() { on_action.run(action) } }
            >
                {action.label()}
                " "
                <b>{move || grouped(eligible(action))}</b>
                " "
                <kbd aria-hidden="true">{key}</kbd>
            </button>
        }
    };
    let is_shown = move || {
        let n = cells.with(Vec::len);
        can_work && (n > 1 || (n == 1 && state.has_picked()))
    };
    view! {
        <Show when=is_shown>
            <div class="bulk" role="toolbar" aria-label="Actions on the selection">
                <span class="bulk__what">
                    <b>{what}</b>
                    " "
                    <span>{move || pluralize(cells.with(Vec::len), "cell")}</span>
                </span>
                <span class="bulk__note">
                    {move || {
                        if let Some(error) = doing.error.get() {
                            let again = move |_| {
                                if let Some(action) = doing.action.get_untracked() {
                                    on_action.run(action);
                                }
                            };
                            return Some(
                                view! {
                                    <Icon name="i-warn" small=true/>
                                    <span role="alert">{sentence(&error.to_string())}</span>
                                    <button class="button" data-size="s" on:click=again>"Try again"</button>
                                }
                                    .into_any(),
                            );
                        }
                        note().map(|it| view! { <Icon name="i-warn" small=true/> <span id="bulk-note">{it}</span> }.into_any())
                    }}
                </span>
                <span class="bulk__do">
                    {button(StepAction::Done, "d", true)}
                    {button(StepAction::Start, "i", false)}
                    {button(StepAction::Skip, "s", false)}
                    {button(StepAction::Fail, "f", false)}
                    {button(StepAction::Revert, "r", false)}
                    {button(StepAction::Reopen, "p", false)}
                    <button
                        class="button"
                        data-size="s"
                        aria-keyshortcuts="x"
                        on:click=move |_| browser::runs::ask(&untrack(|| state.selected_steps()))
                    >
                        "Run… "
                        <kbd aria-hidden="true">"x"</kbd>
                    </button>
                    <button
                        class="button"
                        data-size="s"
                        data-square=""
                        aria-label="Clear selection"
                        aria-keyshortcuts="Escape"
                        on:click=move |_| {
                            // The bar goes, and this button with it.
                            state.clear_selection();
                            state.request_focus();
                        }
                    >
                        <Icon name="i-close"/>
                    </button>
                </span>
            </div>
        </Show>
    }
}

/// Says that others have removed cells while the reason was written.
fn removed_text(n_before: usize, n_left: usize) -> String {
    let removed = grouped(n_before - n_left);
    let cells = pluralize(n_before, "cell");
    match n_left {
        0 => format!("Someone removed these {cells}. Nothing was saved"),
        _ => format!(
            "Someone removed {removed} of {cells}. Nothing was saved yet: send it again for the other {}",
            grouped(n_left)
        ),
    }
}

/// Dialog that asks for one reason for all selected cells.
#[component]
pub fn ReasonDialog(
    asking: RwSignal<Option<StepAction>>,
    state: MatrixState,
    error: RwSignal<Option<AppError>>,
    /// Sends the action for these cells.
    on_reason: Callback<(StepAction, String, Vec<CellIndex>)>,
) -> impl IntoView {
    let reason = RwSignal::new(String::new());
    // What the reason is for, whatever becomes of the grid and of the selection while it is written.
    let steps = StoredValue::new(Vec::<StepId>::new());
    let send = move |action, reason| {
        let all = steps.get_value();
        let cells: Vec<CellIndex> = state.grid.with_untracked(|grid| {
            let cells = all.iter().filter_map(|it| grid.index_of(*it));
            cells.collect()
        });
        // Before anything is sent, what others have removed is told.
        if cells.len() < all.len() {
            let left = state.grid.with_untracked(|grid| {
                let left = all.iter().copied();
                left.filter(|it| grid.index_of(*it).is_some()).collect()
            });
            steps.set_value(left);
            error.set(Some(AppError::refused(removed_text(
                all.len(),
                cells.len(),
            ))));
        } else if !cells.is_empty() {
            on_reason.run((action, reason, cells));
        }
    };
    // What was typed for each action whose dialog was closed before its reason was sent.
    let kept = StoredValue::new(Vec::<(StepAction, String)>::new());
    move || {
        asking.get().map(|action| {
            let open = RwSignal::new(true);
            error.set(None);
            let typed = kept.try_update_value(|all| {
                let at = all.iter().position(|it| it.0 == action)?;
                Some(all.swap_remove(at).1)
            });
            reason.set(typed.flatten().unwrap_or_default());
            follow(move |_| {
                if !open.get() {
                    kept.update_value(|all| all.push((action, reason.get_untracked())));
                    asking.set(None);
                }
            });
            // Not tracked: an answer that changes the grid does not draw the dialog anew.
            steps.set_value(untrack(|| state.selected_steps()));
            let n = untrack(|| {
                let cells = state.selected_cells();
                state.grid.with(|grid| eligible_count(action, grid, &cells))
            });
            view! {
                <Dialog open=open title=bulk_title(action, n)>
                    <ForeignLine steps=steps.get_value()/>
                    <ReasonForm
                        action=action
                        reason=reason
                        id="bulk-reason"
                        error=error
                        waits=Signal::stored(false)
                        on_reason=Callback::new(move |reason| send(action, reason))
                        on_cancel=Callback::new(move |()| open.set(false))
                    />
                </Dialog>
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        matrix::tests::{cell, grid},
        status_info::StatusChange,
    };
    use chrono::DateTime;

    #[test]
    fn a_cell_is_ineligible_for_a_reason() {
        let cell = |status, is_unresolved| Cell {
            step: StepId(1),
            status,
            is_overridden: false,
            has_notes: false,
            is_unresolved,
        };
        let done = |it: Cell| ineligibility(StepAction::Done, &it, Some("var.CDN_ZONE"));
        assert_eq!(done(cell(StepStatus::Pending, false)), None);
        assert_eq!(
            done(cell(StepStatus::Done, true)).as_deref(),
            Some("already done")
        );
        assert_eq!(
            done(cell(StepStatus::Pending, true)).as_deref(),
            Some("missing CDN_ZONE")
        );
        assert_eq!(
            ineligibility(StepAction::Skip, &cell(StepStatus::Pending, true), None),
            None
        );
    }

    #[test]
    fn a_bulk_is_called_by_how_many_cells_it_changes() {
        assert_eq!(bulk_title(StepAction::Fail, 13), "Mark 13 cells failed");
        assert_eq!(bulk_title(StepAction::Skip, 1), "Skip 1 cell");
    }

    #[test]
    fn a_missing_value_is_nobody_s_and_what_is_in_progress_is_somebody_s() {
        let at = CellIndex { row: 0, column: 0 };
        let mut grid = grid(1, 1, |_| {
            let started = cell(1, StepStatus::InProgress);
            Some(Cell {
                is_unresolved: true,
                ..started
            })
        });
        grid.set_missing(at, Some("var.CDN_ZONE".into()));
        let change = StatusChange {
            by: "Ana Ferreira".into(),
            at: DateTime::UNIX_EPOCH,
            reason: None,
        };
        grid.set_status_change(at, change);
        let said = |action| ineligible_text(action, &grid, &[at]);
        assert_eq!(
            said(StepAction::Done).as_deref(),
            Some("0 of 1 cell. 1 not eligible: 1 missing CDN_ZONE")
        );
        assert_eq!(
            said(StepAction::Start).as_deref(),
            Some("0 of 1 cell. 1 not eligible: 1 already in progress by Ana Ferreira")
        );
    }

    #[test]
    fn reasons_are_counted_and_the_first_three_are_listed() {
        let said = |reasons: &[&str]| {
            let reasons = reasons.iter().map(|it| (*it).to_owned());
            counted_reasons(12, reasons)
        };
        assert_eq!(said(&[]), None);
        assert_eq!(
            said(&["missing CDN_ZONE", "already done", "missing CDN_ZONE"]).as_deref(),
            Some("9 of 12 cells. 3 not eligible: 2 missing CDN_ZONE, 1 already done")
        );
        assert_eq!(
            said(&["a", "b", "c", "d", "d"]).as_deref(),
            Some("7 of 12 cells. 5 not eligible: 1 a, 1 b, 1 c, and 2 more")
        );
    }

    #[test]
    fn cells_that_others_removed_are_told_before_the_rest_is_sent() {
        assert_eq!(
            removed_text(3, 2),
            "Someone removed 1 of 3 cells. Nothing was saved yet: send it again for the other 2"
        );
        assert_eq!(
            removed_text(3, 0),
            "Someone removed these 3 cells. Nothing was saved"
        );
    }

    #[test]
    fn thousands_of_reasons_are_counted_with_separators() {
        let reasons = (0..1_500).map(|_| "already done".to_owned());
        assert_eq!(
            counted_reasons(3_000, reasons).as_deref(),
            Some("1,500 of 3,000 cells. 1,500 not eligible: 1,500 already done")
        );
    }

    #[test]
    fn a_selection_counts_its_rows_and_columns() {
        let at = |row, column| CellIndex { row, column };
        assert_eq!(
            count_rows_and_columns(&[at(1, 1), at(1, 2), at(4, 1)]),
            (2, 2)
        );
    }
}
