//! One customer's steps of a category: a list to work through, and to put in order. A row changes in place; the list is
//! drawn anew only when its order or a name does.
use super::{
    step_state::state_icon,
    ui::{icon::Icon, sortable::SortableList, time::Clock},
};
use crate::{
    domain::{
        customer_work::WorkRow,
        id::{CustomerId, ReleaseId, StepId},
        vocabulary::{Category, StepStatus},
    },
    paths,
};
use leptos::prelude::*;

/// Who is on it and since when; or when it was done.
fn who(row: &WorkRow, clock: Clock) -> String {
    match (row.status, &row.state_by, row.state_at) {
        (StepStatus::InProgress, Some(by), Some(at)) => {
            format!("{by} since {}", clock.time(at))
        }
        (_, _, Some(at)) => clock.time(at),
        _ => String::new(),
    }
}

/// For who hears it: "in progress by Ana since 13:58, overridden".
fn spoken(row: &WorkRow, clock: Clock) -> String {
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

fn mark(name: &'static str) -> impl IntoView {
    view! {
        <svg class="mark" aria-hidden="true">
            <use href=format!("#{name}")></use>
        </svg>
    }
}

fn inside(row: WorkRow, number: usize, clock: Clock) -> impl IntoView {
    let name = row.name.clone();
    let title = row
        .reason
        .as_ref()
        .map_or_else(|| name.clone(), |reason| format!("{name}: {reason}"));
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
    let heard = row.clone();
    view! {
        <Icon name=state_icon(row.status)/>
        <span class="no">{number}</span>
        <span class="clip" title=title>{name}</span>
        <span class="marks">{marks}</span>
        <span class="when clip" aria-hidden="true">{move || who(&row, clock)}</span>
        <span class="sr">{move || spoken(&heard, clock)}</span>
    }
}

#[component]
pub fn WorkSteps(
    rows: RwSignal<Vec<WorkRow>>,
    category: Category,
    /// Whose work it is.
    of: (ReleaseId, CustomerId),
    /// The step that is open.
    open: Memo<Option<StepId>>,
    can_move: bool,
    is_busy: Signal<bool>,
    /// The wanted order, and what was moved.
    on_order: Callback<(Category, Vec<StepId>, StepId)>,
) -> impl IntoView {
    let clock = Clock::here();
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
        let row = Memo::new(move |_| {
            rows.with(|rows| {
                let at = rows.iter().position(|it| it.id == id)?;
                Some((at + 1, rows[at].clone()))
            })
        });
        let state = move || row.with(|it| it.as_ref().map(|it| it.1.status.as_str()));
        view! {
            <a
                class="run__row"
                href=paths::customer_step(of.0, of.1, id)
                data-noscroll=""
                data-state=state
                aria-current=move || (open.get() == Some(id)).then_some("step")
            >
                {move || row.get().map(|(number, row)| inside(row, number, clock))}
            </a>
        }
        .into_any()
    });
    let order = Callback::new(move |(ids, moved): (Vec<i64>, i64)| {
        let ids = ids.into_iter().map(StepId).collect();
        on_order.run((category, ids, StepId(moved)));
    });
    let count = move || {
        rows.with(|rows| {
            let of_category = rows.iter().filter(|it| it.category == category);
            let n_finished = of_category.filter(|it| !it.status.is_open()).count();
            format!("{n_finished} of {}", named.with(Vec::len))
        })
    };
    let heading = format!("list-{category}");
    let labelled = heading.clone();
    view! {
        <section aria-labelledby=labelled hidden=move || named.with(Vec::is_empty)>
            <h2 id=heading>
                {category.label()}
                <span class="count">{count}</span>
            </h2>
            {move || {
                view! {
                    <SortableList
                        rows=named.get()
                        row=row
                        on_order=order
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
    fn a_row_says_who_is_on_it_and_since_when() {
        let owner = Owner::new();
        owner.set();
        let blank = CustomerStep::blank(ReleaseId(1), CustomerId(1), DateTime::UNIX_EPOCH);
        let row = WorkRow {
            status: StepStatus::InProgress,
            state_by: Some("Ana".into()),
            state_at: Some(DateTime::UNIX_EPOCH),
            ..WorkRow::new(&blank, false)
        };
        let clock = Clock::here();
        assert_eq!(who(&row, clock), "Ana since 00:00 UTC");
        assert_eq!(
            spoken(&row, clock),
            "in progress by Ana since 00:00 UTC, custom"
        );
    }
}
