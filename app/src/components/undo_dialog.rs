//! Dialog before an undo (R101): what happens to each cell, which are left alone, and which work would be deleted.
use super::ui::{dialog::Dialog, time::Time};
use crate::domain::{
    digit_groups::grouped,
    plural::pluralize,
    undo::{UndoLine, UndoLines, UndoQuestion},
};
use leptos::prelude::*;

/// How many rows of a kind are shown at once; the others are folded.
const UNFOLDED_MAX: usize = 8;

fn count(n: u32) -> usize {
    usize::try_from(n).unwrap_or(usize::MAX)
}

fn items(lines: &[UndoLine]) -> impl IntoView + use<> {
    let item = |line: &UndoLine| {
        let by = line.changed_by.clone().map(|it| format!(" by {it}"));
        let at = line.changed_at.map(|at| view! { ", "<Time at=at/> });
        view! { <li>{line.text.clone()} {by} {at}</li> }
    };
    lines.iter().map(item).collect_view()
}

/// Rows of a kind under their head, with their count; long lists are folded.
fn list(head: &'static str, lines: &UndoLines) -> impl IntoView + use<> {
    let total = count(lines.n);
    let (first, folded) = lines.first.split_at(lines.first.len().min(UNFOLDED_MAX));
    let more = (!folded.is_empty()).then(|| {
        let shown = lines.first.len();
        let summary = if shown < total {
            format!("Show {} of {}", grouped(shown), grouped(total))
        } else {
            format!("Show all {}", grouped(total))
        };
        view! {
            <details class="kept">
                <summary>{summary}</summary>
                <ul class="undo-rows">{items(folded)}</ul>
            </details>
        }
    });
    (total > 0).then(|| {
        view! {
            <section>
                <h3>{format!("{head} ({})", grouped(total))}</h3>
                <ul class="undo-rows">{items(first)}</ul>
                {more}
            </section>
        }
    })
}

/// The dialog, about this number of batches. `on_undo` says whether work may be deleted.
#[component]
pub fn UndoDialog(
    open: RwSignal<bool>,
    n_batches: usize,
    question: UndoQuestion,
    is_busy: RwSignal<bool>,
    on_undo: Callback<bool>,
) -> impl IntoView {
    let deletes_work = RwSignal::new(false);
    let verb = if question.is_redo { "Redo" } else { "Undo" };
    let title = if n_batches > 1 {
        format!("{verb} {} changes", grouped(n_batches))
    } else {
        format!("{verb} this change")
    };
    let can_restore = question.can_restore;
    let question = StoredValue::new(question);
    let lists = move || {
        question.with_value(|it| {
            let n_work = count(it.with_work.n);
            let tick = (n_work > 0).then(|| {
                view! {
                    <div class="field">
                        <label class="row">
                            <input
                                type="checkbox"
                                class="check"
                                aria-describedby="undo-work"
                                prop:checked=move || deletes_work.get()
                                on:change=move |event| deletes_work.set(event_target_checked(&event))
                            />
                            {format!("Also delete {} with work", pluralize(n_work, "row"))}
                        </label>
                        <span class="hint" id="undo-work">"Otherwise they are kept."</span>
                    </div>
                }
            });
            view! {
                {list("Changes", &it.changes)}
                {list("With work", &it.with_work)}
                {tick}
                {list("Left alone", &it.left_alone)}
            }
        })
    };
    view! {
        <Dialog open=open title=title>
            // It may open by itself: a key that was meant for what had the focus before ticks nothing.
            <div class="dialog__body stack" tabindex="-1" data-first="">
                {lists()}
                {move || {
                    (!can_restore && !deletes_work.get()).then(|| view! { <p>"Nothing can be restored."</p> })
                }}
                <p class="quiet small">"The record changes; clusters are not affected."</p>
            </div>
            <div class="dialog__foot">
                <button class="button push" type="button" on:click=move |_| open.set(false)>"Cancel"</button>
                <button
                    class="button"
                    data-kind="ink"
                    type="button"
                    aria-busy=move || is_busy.get().then_some("true")
                    disabled=move || !can_restore && !deletes_work.get()
                    on:click=move |_| on_undo.run(deletes_work.get_untracked())
                >
                    {verb}
                </button>
            </div>
        </Dialog>
    }
}
