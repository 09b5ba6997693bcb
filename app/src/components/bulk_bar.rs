//! What can be done with several selected cells: the bar under the grid, and the one reason for all of them.
use super::{
    matrix::{MatrixState, selection::Selection},
    ui::{dialog::Dialog, field::LongField, icon::Icon, notice::Failure},
};
use crate::{
    domain::{matrix::At, refusal::Field, step::StepAction},
    error::AppError,
};
use leptos::prelude::*;

/// Over how many rows and columns cells are spread.
pub fn spread(cells: &[At]) -> (usize, usize) {
    let rows: std::collections::BTreeSet<usize> = cells.iter().map(|it| it.row).collect();
    let columns: std::collections::BTreeSet<usize> = cells.iter().map(|it| it.column).collect();
    (rows.len(), columns.len())
}

/// What can be done with several selected cells.
#[component]
pub fn BulkBar(state: MatrixState, can_work: bool, wish: Callback<StepAction>) -> impl IntoView {
    let cells = Memo::new(move |_| state.selected());
    let eligible = move |action: StepAction| {
        state.grid.with(|grid| {
            cells.with(|cells| {
                cells
                    .iter()
                    .filter_map(|at| grid.cell(*at))
                    .filter(|it| {
                        action.allows(it.status)
                            && !(action == StepAction::Done && it.is_unresolved)
                    })
                    .count()
            })
        })
    };
    let what = move || {
        let (rows, columns) = cells.with(|cells| spread(cells));
        let plural = |n: usize, one: &str| {
            if n == 1 {
                format!("1 {one}")
            } else {
                format!("{n} {one}s")
            }
        };
        format!("{} × {}", plural(rows, "step"), plural(columns, "customer"))
    };
    let note = move || {
        let n = cells.with(Vec::len) - eligible(StepAction::Done);
        (n > 0)
            .then(|| format!("{n} cannot be marked done: finished already, or a value is missing"))
    };
    let button = move |action: StepAction, key: &'static str, ink: bool| {
        view! {
            <button
                class="button"
                data-size="s"
                data-kind=ink.then_some("ink")
                aria-keyshortcuts=key
                aria-disabled=move || (eligible(action) == 0).then_some("true")
                on:click=move |_| { if eligible(action) > 0 { wish.run(action) } }
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
                    <span class="clip">{note}</span>
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

    #[test]
    fn a_selection_is_told_by_its_rows_and_columns() {
        let at = |row, column| At { row, column };
        assert_eq!(spread(&[at(1, 1), at(1, 2), at(4, 1)]), (2, 2));
    }
}
