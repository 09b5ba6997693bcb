//! Sortable list of the template steps of one category, and the dialog that asks before a step is deleted, duplicated
//! or moved to the other category.
use super::{
    messages,
    template_editor::{
        EditedTemplate, TemplateAction, TemplateConfirmation, TemplateEditor, focus_soon,
    },
};
use crate::{
    api::templates::place_template, api::templates::preview_order,
    api::templates::preview_template, browser::drag, browser::drag::MovedRow,
    browser::reconnection::when_back, components::step_state::type_icon,
    components::ui::dialog::Dialog, components::ui::icon::Icon,
    components::ui::sortable::SortableList, domain::id::TemplateId, domain::plural::pluralize,
    domain::template::ReorderImpact, domain::template::TemplateImpact,
    domain::vocabulary::Category, domain::vocabulary::StepType, error::AppError,
    pages::latest_read::LatestRead,
};
use leptos::prelude::*;

/// A row of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
struct TemplateRow {
    id: TemplateId,
    name: String,
    kind: StepType,
    /// Position in the template, counted from 1 over both categories.
    number: usize,
}

fn rows(editor: TemplateEditor, category: Category) -> Vec<TemplateRow> {
    editor.detail.with(|it| {
        let numbered = it.templates.iter().enumerate();
        numbered
            .filter(|(_, step)| step.category == category)
            .map(|(index, step)| TemplateRow {
                id: step.id,
                name: step.name.clone(),
                kind: step.kind,
                number: index + 1,
            })
            .collect()
    })
}

/// The steps of one category, with what a new order would change in an active release.
#[component]
pub fn StepList(editor: TemplateEditor, category: Category) -> impl IntoView {
    let rows = Memo::new(move |_| rows(editor, category));
    let can_edit = Memo::new(move |_| editor.can_edit());
    let (impact, reads) = (RwSignal::new(None::<ReorderImpact>), LatestRead::default());
    Effect::new(move |_| {
        let n_rows = rows.with(Vec::len);
        if editor.members() == 0 || n_rows < 2 || !editor.can_edit() {
            reads.drop_pending();
            impact.set(None);
            return;
        }
        let request = move || preview_order(editor.release, category);
        reads.run(request, move |found| impact.set(found.ok()));
    });
    let on_move = Callback::new(move |moved: MovedRow| {
        let id = TemplateId(moved.id);
        let name = rows.with_untracked(|it| {
            let row = it.iter().find(|row| row.id == id);
            row.map(|row| row.name.clone()).unwrap_or_default()
        });
        let request = editor.as_own(place_template(id, moved.place.map(TemplateId)));
        editor.sending.run(request, move |it| {
            editor.report(messages::moved(&name, it.row), it.batch_id);
            editor.reload();
        });
    });
    let to_other = Callback::new(move |id: i64| editor.want(TemplateAction::Move, TemplateId(id)));
    let row = Callback::new(move |id: i64| -> AnyView {
        let id = TemplateId(id);
        let found = rows.with_untracked(|it| it.iter().find(|row| row.id == id).cloned());
        let Some(row) = found else {
            return ().into_any();
        };
        let is_current = move || {
            let open = editor
                .what
                .with(|it| it.as_ref().and_then(EditedTemplate::id));
            (open == Some(id)).then_some("true")
        };
        let title = row.name.clone();
        view! {
            <span class="no">{row.number}</span>
            <Icon name=type_icon(row.kind)/>
            <button
                class="name"
                type="button"
                title=title
                aria-current=is_current
                on:click=move |_| editor.open_step(id)
            >
                {row.name}
            </button>
        }
        .into_any()
    });
    let heading = format!("list-{category}");
    let labelled_by = heading.clone();
    let count = move || {
        pluralize(
            rows.with(|it| u32::try_from(it.len()).unwrap_or(u32::MAX)),
            "step",
        )
    };
    let list = move || {
        let named: Vec<(i64, String)> =
            rows.with(|it| it.iter().map(|row| (row.id.0, row.name.clone())).collect());
        let is_editable = can_edit.get();
        if named.is_empty() {
            return empty_list(editor, category, is_editable).into_any();
        }
        let other = format!("Move to {}", category.other().label());
        view! {
            <SortableList
                rows=named
                row=row
                on_move=on_move
                is_busy=editor.sending.is_busy()
                elsewhere=(other, to_other)
                can_move=is_editable
            />
        }
        .into_any()
    };
    view! {
        <section aria-labelledby=labelled_by>
            <div class="section__head">
                <h2 id=heading>{category.label()}</h2>
                <span class="count">{count}</span>
            </div>
            {move || impact.get().map(|it| view! { <p class="quiet small reach">{messages::reordering(it)}</p> })}
            {list}
        </section>
    }
}

/// Shown in place of an empty list.
fn empty_list(editor: TemplateEditor, category: Category, can_edit: bool) -> impl IntoView {
    let sentence = match category {
        Category::Deploy => "No deploy steps.",
        Category::Verify => "No verify steps.",
    };
    view! {
        <div class="card empty">
            <p>{sentence}</p>
            {can_edit
                .then(|| {
                    view! {
                        <button class="button" type="button" on:click=move |_| editor.open_new(category)>
                            {format!("Add {category} step")}
                        </button>
                    }
                })}
        </div>
    }
}

/// Reads what an action does to the customers' copies; once more when the connection is back, if it was lost.
fn count_copies(editor: TemplateEditor, id: TemplateId, into: RwSignal<Option<TemplateImpact>>) {
    leptos::task::spawn_local(async move {
        match preview_template(id).await {
            Ok(it) => {
                let _ = into.try_set(Some(it));
            }
            Err(error) => {
                if matches!(error, AppError::Transport(_)) {
                    when_back(move || {
                        if !into.is_disposed() {
                            count_copies(editor, id, into);
                        }
                    });
                }
                let _ = editor.sending.error.try_set(Some(error));
            }
        }
    });
}

/// Dialog that says what an action does to the customers' copies, and asks before it is done.
#[component]
pub fn ConfirmDialog(editor: TemplateEditor, ask: TemplateConfirmation) -> impl IntoView {
    let open = RwSignal::new(true);
    let impact = RwSignal::new(None::<TemplateImpact>);
    let members = untrack(|| editor.members());
    let is_busy = editor.sending.is_busy();
    let TemplateConfirmation { verb, id, name, to } = ask.clone();
    let (title, word) = match verb {
        TemplateAction::Delete => (format!("Delete {name}"), "Delete"),
        TemplateAction::Duplicate => (format!("Duplicate {name}"), "Duplicate"),
        TemplateAction::Move => (format!("Move {name} to {}", to.label()), "Move"),
    };
    let back = match verb {
        TemplateAction::Move => format!("[data-handle='{id}']"),
        TemplateAction::Delete => "#step-delete".to_owned(),
        TemplateAction::Duplicate => "#step-duplicate".to_owned(),
    };
    Effect::new(move |_| {
        if !open.get() {
            drag::clear_request();
            editor.asked.set(None);
            focus_soon(&back);
        }
    });
    // The button works once the numbers are shown, so that nothing is confirmed without them.
    let counts_copies = members > 0 && verb != TemplateAction::Duplicate;
    if counts_copies {
        count_copies(editor, id, impact);
    }
    let is_ready = move || !counts_copies || impact.with(Option::is_some);
    let loses_edits = move || {
        verb == TemplateAction::Delete && editor.is_dirty.get() && editor.open_id() == Some(id)
    };
    let text = move || match (verb, impact.get()) {
        (TemplateAction::Duplicate, _) => messages::adding("the duplicate", members),
        (TemplateAction::Delete, Some(it)) => messages::deleting(it),
        (TemplateAction::Move, Some(it)) => messages::moving(it, to.label()),
        _ if counts_copies => "Checking…".to_owned(),
        _ => "Removed from the template. It can be undone.".to_owned(),
    };
    let ask = StoredValue::new(ask);
    view! {
        <Dialog open=open title=title>
            <div class="dialog__body stack">
                {move || refusal_notice(editor)}
                <p aria-live="polite">{text}</p>
                {move || loses_edits().then(|| view! { <p>"Unsaved edits will be lost."</p> })}
            </div>
            <div class="dialog__foot">
                <button class="button push" type="button" on:click=move |_| open.set(false)>"Cancel"</button>
                <button
                    class="button"
                    type="button"
                    data-kind=if verb == TemplateAction::Delete { "danger" } else { "ink" }
                    aria-disabled=move || (!is_ready()).then_some("true")
                    aria-busy=move || is_busy.get().then_some("true")
                    on:click=move |_| {
                        if is_ready() {
                            editor.act(ask.get_value());
                        }
                    }
                >
                    {word}
                </button>
            </div>
        </Dialog>
    }
}

/// Alert that says why the last change of a list was refused; none if it was not.
pub fn refusal_notice(editor: TemplateEditor) -> Option<impl IntoView> {
    editor.sending.error.get().map(|error| {
        view! {
            <div class="alert" data-tone="danger" role="alert">
                <Icon name="i-warn"/>
                <span>{messages::refused(&error)}</span>
            </div>
        }
    })
}
