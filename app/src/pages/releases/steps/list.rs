//! The steps of one category, to be put in order; and what is asked before something is done to one of them.
use super::{
    messages,
    template_editor::{
        EditedTemplate, TemplateAction, TemplateConfirmation, TemplateEditor, focus_soon,
    },
};
use crate::{
    api::templates::{preview_order, preview_template, reorder_templates},
    browser::drag,
    components::{
        step_state::type_icon,
        ui::{dialog::Dialog, icon::Icon, sortable::SortableList},
    },
    domain::{
        id::TemplateId,
        template::{ReorderImpact, TemplateImpact as CopyEffect},
        vocabulary::{Category, StepType},
    },
};
use leptos::prelude::*;

/// What a list shows of a step.
#[derive(Clone, Debug, PartialEq, Eq)]
struct TemplateRow {
    id: TemplateId,
    name: String,
    kind: StepType,
    /// Counted over both lists.
    number: usize,
}

fn rows(desk: TemplateEditor, category: Category) -> Vec<TemplateRow> {
    desk.detail.with(|it| {
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

#[component]
pub fn StepList(desk: TemplateEditor, category: Category) -> impl IntoView {
    let rows = Memo::new(move |_| rows(desk, category));
    let can_edit = Memo::new(move |_| desk.can_edit());
    let effect = RwSignal::new(None::<ReorderImpact>);
    Effect::new(move |_| {
        let n_rows = rows.with(Vec::len);
        if desk.members() == 0 || n_rows < 2 || !desk.can_edit() {
            effect.set(None);
            return;
        }
        leptos::task::spawn_local(async move {
            let found = preview_order(desk.release, category).await;
            let _ = effect.try_set(found.ok());
        });
    });
    let on_order = Callback::new(move |(order, id): (Vec<i64>, i64)| {
        let name = rows.with_untracked(|it| {
            let row = it.iter().find(|row| row.id == TemplateId(id));
            row.map(|row| row.name.clone()).unwrap_or_default()
        });
        let ordered = order.into_iter().map(TemplateId).collect();
        let request = reorder_templates(desk.release, category, ordered);
        desk.sending.run(request, move |it| {
            desk.toasts.say(messages::moved(&name, it.row), it.batch_id);
            desk.reload();
        });
    });
    let to_other = Callback::new(move |id: i64| desk.want(TemplateAction::Move, TemplateId(id)));
    let row = Callback::new(move |id: i64| -> AnyView {
        let id = TemplateId(id);
        let found = rows.with_untracked(|it| it.iter().find(|row| row.id == id).cloned());
        let Some(row) = found else {
            return ().into_any();
        };
        let is_current = move || {
            let open = desk
                .what
                .with(|it| it.as_ref().and_then(EditedTemplate::id));
            (open == Some(id)).then_some("true")
        };
        view! {
            <span class="no">{row.number}</span>
            <Icon name=type_icon(row.kind)/>
            <button class="name" type="button" aria-current=is_current on:click=move |_| desk.open_step(id)>
                {row.name}
            </button>
        }
        .into_any()
    });
    let heading = format!("list-{category}");
    let labelled = heading.clone();
    let count = move || {
        messages::counted(
            rows.with(|it| u32::try_from(it.len()).unwrap_or(u32::MAX)),
            "step",
        )
    };
    let list = move || {
        let named: Vec<(i64, String)> =
            rows.with(|it| it.iter().map(|row| (row.id.0, row.name.clone())).collect());
        let is_editable = can_edit.get();
        if named.is_empty() {
            return empty(desk, category, is_editable).into_any();
        }
        let other = format!("Move to {}", category.other().label());
        view! {
            <SortableList
                rows=named
                row=row
                on_order=on_order
                is_busy=desk.sending.is_busy()
                elsewhere=(other, to_other)
                can_move=is_editable
            />
        }
        .into_any()
    };
    view! {
        <section aria-labelledby=labelled>
            <div class="section__head">
                <h2 id=heading>{category.label()}</h2>
                <span class="count">{count}</span>
            </div>
            {move || effect.get().map(|it| view! { <p class="quiet small reach">{messages::reordering(it)}</p> })}
            {list}
        </section>
    }
}

fn empty(desk: TemplateEditor, category: Category, can_edit: bool) -> impl IntoView {
    let sentence = match category {
        Category::Deploy => "What is to be done.",
        Category::Verify => "How it is checked.",
    };
    view! {
        <div class="card empty">
            <p>{sentence}</p>
            {can_edit
                .then(|| {
                    view! {
                        <button class="button" type="button" on:click=move |_| desk.open_new(category)>
                            {format!("Add {category} step")}
                        </button>
                    }
                })}
        </div>
    }
}

/// Says what is about to happen to the copies, and does it.
#[component]
pub fn Confirm(desk: TemplateEditor, ask: TemplateConfirmation) -> impl IntoView {
    let open = RwSignal::new(true);
    let effect = RwSignal::new(None::<CopyEffect>);
    let members = untrack(|| desk.members());
    let is_busy = desk.sending.is_busy();
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
            drag::forget();
            desk.asked.set(None);
            focus_soon(&back);
        }
    });
    // Whoever confirms has seen the numbers: before they are here, nothing is done.
    let counts = members > 0 && verb != TemplateAction::Duplicate;
    if counts {
        leptos::task::spawn_local(async move {
            match preview_template(id).await {
                Ok(it) => {
                    let _ = effect.try_set(Some(it));
                }
                Err(error) => {
                    let _ = desk.sending.error.try_set(Some(error));
                }
            }
        });
    }
    let is_ready = move || !counts || effect.with(Option::is_some);
    let loses =
        move || verb == TemplateAction::Delete && desk.is_dirty.get() && desk.open_id() == Some(id);
    let text = move || match (verb, effect.get()) {
        (TemplateAction::Duplicate, _) => messages::adding("The duplicate", members),
        (TemplateAction::Delete, Some(it)) => messages::deleting(it),
        (TemplateAction::Move, Some(it)) => messages::moving(it, to.label()),
        _ if counts => "Counting the copies…".to_owned(),
        _ => "The step leaves the template. It can be undone.".to_owned(),
    };
    let ask = StoredValue::new(ask);
    view! {
        <Dialog open=open title=title>
            <div class="dialog__body stack">
                {move || refusal(desk)}
                <p aria-live="polite">{text}</p>
                {move || loses().then(|| view! { <p>"What is typed in the editor and not saved goes with it."</p> })}
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
                            desk.act(ask.get_value());
                        }
                    }
                >
                    {word}
                </button>
            </div>
        </Dialog>
    }
}

/// Why the last change of a list was refused.
pub fn refusal(desk: TemplateEditor) -> Option<impl IntoView> {
    desk.sending.error.get().map(|error| {
        view! {
            <div class="alert" data-tone="danger" role="alert">
                <Icon name="i-warn"/>
                <span>{messages::refused(&error)}</span>
            </div>
        }
    })
}
