//! Toolbar for several selected cells of the matrix, below the grid, and the dialog that asks for one reason for all of
//! them.
use super::{
    matrix::{selection::Selection, state::MatrixState},
    reason_form::{ReasonForm, verb},
    ui::{dialog::Dialog, follow_effect::follow, icon::Icon, notice::sentence},
};
use crate::{
    domain::{
        matrix::{Cell, CellIndex, Grid},
        plural::pluralize,
        vocabulary::StepAction,
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
const BULK_CELLS_MAX: usize = 10_000;

/// How many ineligible cells are listed by name.
const INELIGIBLE_LISTED_MAX: usize = 3;

/// Why an action cannot be applied to a cell; none if it can.
fn ineligibility(action: StepAction, cell: &Cell) -> Option<&'static str> {
    if action.target() == cell.status || !action.allows(cell.status) {
        return Some(cell.status.in_sentence());
    }
    (action == StepAction::Done && cell.is_unresolved).then_some("a value is missing")
}

/// "9 of 12 cells. 3 not eligible: Acme, done; Initech, var.HOST not set".
fn ineligible_text(action: StepAction, grid: &Grid, cells: &[CellIndex]) -> Option<String> {
    let reasons: Vec<String> = cells
        .iter()
        .filter_map(|at| {
            let why = ineligibility(action, grid.cell(*at)?)?;
            let name = &grid.columns[at.column].name;
            Some(match grid.missing(*at) {
                Some(names) if why.contains("missing") => format!("{name}, {names} not set"),
                _ => format!("{name}, {why}"),
            })
        })
        .collect();
    if reasons.is_empty() {
        return None;
    }
    let mut named = reasons.clone();
    named.dedup();
    let more = named.len().saturating_sub(INELIGIBLE_LISTED_MAX);
    named.truncate(INELIGIBLE_LISTED_MAX);
    let more = if more > 0 {
        format!("; and {more} more")
    } else {
        String::new()
    };
    Some(format!(
        "{} of {}. {} not eligible: {}{more}",
        cells.len() - reasons.len(),
        pluralize(cells.len(), "cell"),
        reasons.len(),
        named.join("; ")
    ))
}

/// The toolbar; shown while more than one cell is selected.
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
        state.grid.with(|grid| {
            cells.with(|cells| {
                let cells = cells.iter().filter_map(|at| grid.cell(*at));
                cells
                    .filter(|it| ineligibility(action, it).is_none())
                    .count()
            })
        })
    };
    let what = move || {
        let (rows, columns) = cells.with(|cells| count_rows_and_columns(cells));
        format!(
            "{} × {}",
            pluralize(rows, "step"),
            pluralize(columns, "customer")
        )
    };
    let is_too_many = move || cells.with(|it| it.len() > BULK_CELLS_MAX);
    let note = move || {
        if is_too_many() {
            return Some("Select up to 10,000 cells".to_owned());
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
                <b>{move || eligible(action)}</b>
                " "
                <kbd aria-hidden="true">{key}</kbd>
            </button>
        }
    };
    view! {
        <Show when=move || can_work && cells.with(|it| it.len() > 1)>
            <div class="bulk" role="toolbar" aria-label="Actions on the selection">
                <span class="bulk__what">
                    <b>{what}</b>
                    " "
                    <span>{move || format!("{} cells", cells.with(Vec::len))}</span>
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
                        note().map(|it| view! { <Icon name="i-warn" small=true/> <span class="clip" id="bulk-note" title=it.clone()>{it.clone()}</span> }.into_any())
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
                        data-square=""
                        aria-label="Clear the selection"
                        aria-keyshortcuts="Escape"
                        on:click=move |_| state.selection.update(|it| *it = it.map(|it| Selection::at(it.focus)))
                    >
                        <Icon name="i-close"/>
                    </button>
                </span>
            </div>
        </Show>
    }
}

/// Dialog that asks for one reason for all selected cells.
#[component]
pub fn ReasonDialog(
    asking: RwSignal<Option<StepAction>>,
    state: MatrixState,
    error: RwSignal<Option<AppError>>,
    on_reason: Callback<(StepAction, String)>,
) -> impl IntoView {
    let reason = RwSignal::new(String::new());
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
            let n = untrack(|| state.selected_cells().len());
            view! {
                <Dialog open=open title=format!("{} {n} cells", verb(action))>
                    <ReasonForm
                        action=action
                        reason=reason
                        id="bulk-reason"
                        error=error
                        on_reason=Callback::new(move |reason| on_reason.run((action, reason)))
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
    use crate::domain::vocabulary::StepStatus;

    #[test]
    fn a_cell_is_ineligible_for_a_reason() {
        let cell = |status, is_unresolved| Cell {
            step: crate::domain::id::StepId(1),
            status,
            is_overridden: false,
            has_notes: false,
            is_unresolved,
        };
        let done = |it: Cell| ineligibility(StepAction::Done, &it);
        assert_eq!(done(cell(StepStatus::Pending, false)), None);
        assert_eq!(done(cell(StepStatus::Done, true)), Some("done"));
        assert_eq!(
            done(cell(StepStatus::Pending, true)),
            Some("a value is missing")
        );
        assert_eq!(
            ineligibility(StepAction::Skip, &cell(StepStatus::Pending, true)),
            None
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
