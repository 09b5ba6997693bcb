//! Sortable list of one customer's steps of one category, each a link that opens the step. A row updates in place; the
//! list renders again only when its order or a name changes.
use super::{
    step_state::state_icon,
    ui::{icon::Icon, sortable::SortableList, time::Clock},
};
use crate::{
    browser::drag::MovedRow, domain::customer_work::WorkRow, domain::id::CustomerId,
    domain::id::ReleaseId, domain::id::StepId, domain::order::Position,
    domain::vocabulary::Category, domain::vocabulary::StepAction, domain::vocabulary::StepStatus,
    paths,
};
use leptos::prelude::*;

/// Who changed the state last, and when: "Ana since 13:58" while a step is in progress, else "Ana, 13:58".
fn state_text(row: &WorkRow, clock: Clock) -> String {
    match (row.status, &row.state_by, row.state_at) {
        (StepStatus::InProgress, Some(by), Some(at)) => {
            format!("{by} since {}", clock.time(at))
        }
        (_, Some(by), Some(at)) => format!("{by}, {}", clock.time(at)),
        (_, _, Some(at)) => clock.time(at),
        _ => String::new(),
    }
}

/// The row's state for screen readers: "in progress by Ana since 13:58, overridden".
fn screen_reader_text(row: &WorkRow, clock: Clock) -> String {
    let mut text = row.status.in_sentence().to_owned();
    if let Some(by) = &row.state_by {
        text.extend([" by ", by.as_str()]);
    }
    if let Some(at) = row.state_at {
        let word = if row.status == StepStatus::InProgress {
            " since "
        } else {
            " "
        };
        text.extend([word, clock.time(at).as_str()]);
    }
    let marks = [
        (row.is_overridden, ", overridden"),
        (row.is_custom, ", custom"),
        (row.has_notes, ", with notes"),
        (
            row.is_unresolved && row.status.is_open(),
            ", a value is missing",
        ),
    ];
    text.extend(marks.iter().filter(|it| it.0).map(|it| it.1));
    text
}

/// The newest action of a step that waits for its answer.
fn waiting_action(all: &[(StepId, StepAction)], step: StepId) -> Option<StepAction> {
    all.iter().rfind(|it| it.0 == step).map(|it| it.1)
}

/// The state of a step as its row shows it.
pub fn shown_status(
    rows: &[WorkRow],
    waiting: &[(StepId, StepAction)],
    step: StepId,
) -> Option<StepStatus> {
    let row = rows.iter().find(|it| it.id == step)?;
    let action = waiting_action(waiting, step);
    let action = action.filter(|it| it.allows(row.status));
    Some(action.map_or(row.status, StepAction::target))
}

/// A row as it will be once an action that waits for its answer is carried out, as a cell of the matrix shows it.
fn awaited(mut row: WorkRow, action: Option<StepAction>) -> WorkRow {
    if let Some(action) = action.filter(|it| it.allows(row.status)) {
        row.status = action.target();
        row.state_by = None;
        row.state_at = None;
    }
    row
}

/// A small mark from the sprite.
fn mark(name: &'static str) -> impl IntoView {
    view! {
        <svg class="mark" aria-hidden="true">
            <use href=format!("#{name}")></use>
        </svg>
    }
}

/// What a row shows.
fn row_content(row: WorkRow, number: usize, clock: Clock) -> impl IntoView {
    let (name, reason) = (row.name.clone(), row.reason.clone());
    let marks = [
        (row.is_overridden, "m-override"),
        (row.is_custom, "m-custom"),
        (row.has_notes, "m-note"),
        (row.is_unresolved && row.status.is_open(), "m-unresolved"),
    ];
    let marks = marks
        .into_iter()
        .filter(|it| it.0)
        .map(|it| mark(it.1))
        .collect_view();
    let for_reader = row.clone();
    view! {
        <Icon name=state_icon(row.status)/>
        <span class="no">{number}</span>
        <span class="run__name" title=reason>{name}</span>
        <span class="marks">{marks}</span>
        <span class="when" aria-hidden="true">{move || state_text(&row, clock)}</span>
        <span class="sr">{move || screen_reader_text(&for_reader, clock)}</span>
    }
}

/// A customer's list, shared by the views of both categories.
#[derive(Clone, Copy)]
pub struct WorkStepList {
    /// The steps of all categories, in the customer's order.
    pub rows: RwSignal<Vec<WorkRow>>,
    /// The release and the customer.
    pub ids: (ReleaseId, CustomerId),
    /// The step that is open.
    pub open: Memo<Option<StepId>>,
    /// Actions that wait for their answer, as while there is no connection.
    pub waiting: RwSignal<Vec<(StepId, StepAction)>>,
    /// Whether rows can be moved: the release is active.
    pub can_move: bool,
    /// Whether an order is being saved; no row can be moved meanwhile.
    pub is_busy: Signal<bool>,
    /// Gets the step that was moved, and where to.
    pub on_move: Callback<(StepId, Position<StepId>)>,
}

/// The steps of one category, with how many of them are finished.
#[component]
pub fn WorkSteps(list: WorkStepList, category: Category) -> impl IntoView {
    let WorkStepList {
        rows,
        ids,
        open,
        waiting,
        can_move,
        is_busy,
        on_move,
    } = list;
    let clock = Clock::from_context();
    let named = Memo::new(move |_| {
        rows.with(|rows| {
            rows.iter()
                .filter(|it| it.category == category)
                .map(|it| (it.id.0, it.name.clone()))
                .collect::<Vec<_>>()
        })
    });
    let row = Callback::new(move |id: i64| -> AnyView {
        let id = StepId(id);
        let action = Memo::new(move |_| waiting.with(|all| waiting_action(all, id)));
        let row = Memo::new(move |_| {
            rows.with(|rows| {
                let at = rows.iter().position(|it| it.id == id)?;
                Some((at + 1, awaited(rows[at].clone(), action.get())))
            })
        });
        let state = move || row.with(|it| it.as_ref().map(|it| it.1.status.as_str()));
        view! {
            <a
                class="run__row"
                href=paths::customer_step(ids.0, ids.1, id)
                data-noscroll=""
                data-state=state
                aria-busy=move || action.get().map(|_| "true")
                aria-current=move || (open.get() == Some(id)).then_some("step")
            >
                {move || row.get().map(|(number, row)| row_content(row, number, clock))}
            </a>
        }
        .into_any()
    });
    let on_row_move = Callback::new(move |it: MovedRow| {
        on_move.run((StepId(it.id), it.place.map(StepId)));
    });
    let count = move || {
        rows.with(|rows| {
            let of_category = rows.iter().filter(|it| it.category == category);
            let n_finished = of_category.filter(|it| !it.status.is_open()).count();
            format!("{n_finished} of {}", named.with(Vec::len))
        })
    };
    let heading = format!("list-{category}");
    let labelled_by = heading.clone();
    view! {
        <section aria-labelledby=labelled_by hidden=move || named.with(Vec::is_empty)>
            <h2 id=heading>
                {category.label()}
                <span class="count">{count}</span>
            </h2>
            {move || {
                view! {
                    <SortableList
                        rows=named.get()
                        row=row
                        on_move=on_row_move
                        is_busy=is_busy
                        can_move=can_move
                    />
                }
            }}
        </section>
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::step::CustomerStep;
    use chrono::DateTime;

    #[test]
    fn an_action_that_waits_shows_the_state_that_it_brings_and_one_that_cannot_be_does_not() {
        let blank = CustomerStep::blank(ReleaseId(1), CustomerId(1), DateTime::UNIX_EPOCH);
        let row = WorkRow {
            status: StepStatus::InProgress,
            state_by: Some("Ana".into()),
            ..WorkRow::new(&blank, false)
        };
        let done = awaited(row.clone(), Some(StepAction::Done));
        assert_eq!((done.status, done.state_by), (StepStatus::Done, None));
        assert_eq!(awaited(row.clone(), Some(StepAction::Start)), row);
        assert_eq!(awaited(row.clone(), None), row);
        // The head of the step says the same as the list.
        let (id, rows) = (row.id, [row]);
        let said = |waiting: &[(StepId, StepAction)]| shown_status(&rows, waiting, id);
        assert_eq!(said(&[]), Some(StepStatus::InProgress));
        assert_eq!(
            said(&[(id, StepAction::Start)]),
            Some(StepStatus::InProgress)
        );
        let others = StepId(id.0 + 1);
        let waiting = [
            (id, StepAction::Fail),
            (id, StepAction::Done),
            (others, StepAction::Skip),
        ];
        assert_eq!(said(&waiting), Some(StepStatus::Done));
        assert_eq!(shown_status(&rows, &waiting, others), None);
    }

    #[test]
    fn a_row_in_progress_names_the_person_and_the_time() {
        let owner = Owner::new();
        owner.set();
        let blank = CustomerStep::blank(ReleaseId(1), CustomerId(1), DateTime::UNIX_EPOCH);
        let row = WorkRow {
            status: StepStatus::InProgress,
            state_by: Some("Ana".into()),
            state_at: Some(DateTime::UNIX_EPOCH),
            ..WorkRow::new(&blank, false)
        };
        let clock = Clock::from_context();
        assert_eq!(state_text(&row, clock), "Ana since 00:00 UTC");
        assert_eq!(
            screen_reader_text(&row, clock),
            "in progress by Ana since 00:00 UTC, custom"
        );
        let done = WorkRow {
            status: StepStatus::Done,
            ..row
        };
        assert_eq!(state_text(&done, clock), "Ana, 00:00 UTC");
    }
}
