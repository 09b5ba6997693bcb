//! What can be done with several selected cells: the bar under the grid, and the one reason for all of them.
use super::{
    matrix::{selection::Selection, state::MatrixState},
    ui::{dialog::Dialog, field::LongField, icon::Icon, notice::Failure},
};
use crate::{
    domain::{
        matrix::{At, Cell, Grid},
        refusal::Field,
        step::StepAction,
    },
    error::AppError,
};
use leptos::prelude::*;

/// Over how many rows and columns cells are spread.
pub fn spread(cells: &[At]) -> (usize, usize) {
    let rows: std::collections::BTreeSet<usize> = cells.iter().map(|it| it.row).collect();
    let columns: std::collections::BTreeSet<usize> = cells.iter().map(|it| it.column).collect();
    (rows.len(), columns.len())
}

/// How many cells one change may have: PRODUCT.md §5.
const MOST: usize = 10_000;

/// How many of those that cannot be marked done are named.
const NAMED: usize = 3;

fn plural(n: usize, one: &str) -> String {
    if n == 1 {
        format!("1 {one}")
    } else {
        format!("{n} {one}s")
    }
}

/// Why an action leaves a cell alone.
fn obstacle(action: StepAction, cell: &Cell) -> Option<&'static str> {
    if action.target() == cell.status || !action.allows(cell.status) {
        return Some(cell.status.word());
    }
    (action == StepAction::Done && cell.is_unresolved).then_some("a value is missing")
}

/// "3 cannot be marked done: Acme, done; Initech, var.HOST not set".
fn not_eligible(grid: &Grid, cells: &[At]) -> Option<String> {
    let reasons: Vec<String> = cells
        .iter()
        .filter_map(|at| {
            let why = obstacle(StepAction::Done, grid.cell(*at)?)?;
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
    let more = named.len().saturating_sub(NAMED);
    named.truncate(NAMED);
    let more = if more > 0 {
        format!("; and {more} more")
    } else {
        String::new()
    };
    Some(format!(
        "{} cannot be marked done: {}{more}",
        reasons.len(),
        named.join("; ")
    ))
}

/// What can be done with several selected cells.
#[component]
pub fn BulkBar(state: MatrixState, can_work: bool, wish: Callback<StepAction>) -> impl IntoView {
    let cells = Memo::new(move |_| state.selected());
    let eligible = move |action: StepAction| {
        state.grid.with(|grid| {
            cells.with(|cells| {
                let cells = cells.iter().filter_map(|at| grid.cell(*at));
                cells.filter(|it| obstacle(action, it).is_none()).count()
            })
        })
    };
    let what = move || {
        let (rows, columns) = cells.with(|cells| spread(cells));
        format!("{} × {}", plural(rows, "step"), plural(columns, "customer"))
    };
    let is_too_many = move || cells.with(|it| it.len() > MOST);
    let note = move || {
        if is_too_many() {
            return Some(format!(
                "at most {MOST} cells at once: filter, or select less"
            ));
        }
        state
            .grid
            .with(|grid| cells.with(|cells| not_eligible(grid, cells)))
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
                on:click=move |_| { if eligible(action) > 0 && !is_too_many() { wish.run(action) } }
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
                        note().map(|it| view! { <Icon name="i-warn" small=true/> <span class="clip" id="bulk-note" title=it.clone()>{it.clone()}</span> })
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

/// One reason for all selected cells.
#[component]
pub fn ReasonDialog(
    asking: RwSignal<Option<StepAction>>,
    state: MatrixState,
    error: RwSignal<Option<AppError>>,
    on_reason: Callback<(StepAction, String)>,
) -> impl IntoView {
    let reason = RwSignal::new(String::new());
    move || {
        asking.get().map(|action| {
            let open = RwSignal::new(true);
            reason.set(String::new());
            error.set(None);
            let word = match action {
                StepAction::Fail => "Fail",
                StepAction::Skip => "Skip",
                _ => "Revert",
            };
            Effect::new(move |_| {
                if !open.get() {
                    asking.set(None);
                }
            });
            let n = state.selected().len();
            view! {
                <Dialog open=open title=format!("{word} {n} cells")>
                    <form on:submit=move |event| {
                        event.prevent_default();
                        on_reason.run((action, reason.get_untracked()));
                    }>
                        <div class="dialog__body stack">
                            <Failure error=error/>
                            <LongField
                                label="Reason"
                                id="bulk-reason"
                                value=reason
                                hint="Kept in the history of each cell."
                                error=Signal::derive(move || error.get().and_then(|it| it.at(Field::Reason)))
                            />
                        </div>
                        <div class="dialog__foot">
                            <button class="button push" type="button" on:click=move |_| open.set(false)>"Cancel"</button>
                            <button class="button" data-kind="ink" type="submit">{word}</button>
                        </div>
                    </form>
                </Dialog>
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::step::StepStatus;

    #[test]
    fn what_cannot_be_marked_done_is_named_with_its_reason() {
        let cell = |status, is_unresolved| Cell {
            step: crate::domain::id::StepId(1),
            status,
            is_overridden: false,
            has_notes: false,
            is_unresolved,
        };
        let done = |it: Cell| obstacle(StepAction::Done, &it);
        assert_eq!(done(cell(StepStatus::Pending, false)), None);
        assert_eq!(done(cell(StepStatus::Done, true)), Some("done"));
        assert_eq!(
            done(cell(StepStatus::Pending, true)),
            Some("a value is missing")
        );
        assert_eq!(
            obstacle(StepAction::Skip, &cell(StepStatus::Pending, true)),
            None
        );
    }

    #[test]
    fn a_selection_is_told_by_its_rows_and_columns() {
        let at = |row, column| At { row, column };
        assert_eq!(spread(&[at(1, 1), at(1, 2), at(4, 1)]), (2, 2));
    }
}
