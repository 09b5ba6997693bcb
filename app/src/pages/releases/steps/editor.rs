//! Card of the step in the template editor: its fields, what saving does to the customers' copies, and the notices for
//! a step that somebody else has changed or deleted meanwhile.
use super::{
    messages,
    preview::Preview,
    template_editor::{EditedTemplate, TemplateAction, TemplateEditor, focus_soon},
    template_facts::TemplateFacts,
};
use crate::{
    api::steps::compare_texts, api::templates::add_template, api::templates::update_template,
    components::diff_view::SideBySide, components::step_form::StepForm,
    components::step_form::StepFormSlots, components::step_form::StepFormState,
    components::ui::code::CodeBlock, components::ui::follow_effect::follow,
    components::ui::icon::Icon, components::ui::time::Time, domain::diff::DiffRow,
    domain::id::TemplateId, domain::normalize::saved_message, domain::order::Position,
    domain::summary::TemplateDetail, domain::template::StepTemplate,
    domain::template::TemplateDraft, domain::variables::ResolvedSegment,
    domain::variables::ResolvedText,
};
use leptos::prelude::*;

/// Saves the step in the editor. Text that is typed while the request runs stays.
fn submit(editor: TemplateEditor, draft: TemplateDraft) {
    let sent = draft.clone();
    match editor.what.get_untracked() {
        Some(EditedTemplate::Step { id, version, .. }) => {
            let request = editor.as_own(update_template(id, draft, version));
            editor.saving.run(request, move |it| {
                let text = saved_message(&format!("Saved {}", it.row.name), &sent.content);
                editor.report(text, it.batch_id);
                if editor.open_id() == Some(id) {
                    editor.saved(it.row, &sent);
                }
                editor.reload();
            });
        }
        Some(EditedTemplate::New) => {
            let request = editor.as_own(add_template(editor.release, draft, Position::Last));
            editor.saving.run(request, move |it| {
                let text = saved_message(&format!("Added {}", it.row.name), &sent.content);
                editor.report(text, it.batch_id);
                if untrack(|| editor.fields().draft()) == sent {
                    editor.shut();
                    focus_soon("#add-step");
                } else {
                    editor.based_on(&it.row);
                }
                editor.reload();
            });
        }
        None => {}
    }
}

/// Notice that somebody else has saved the step first, with the choice between both versions.
fn conflict_notice(editor: TemplateEditor, newer: TemplateDetail) -> impl IntoView {
    let TemplateDetail {
        template,
        changed_by,
        changed_at,
    } = newer;
    let keep_mine = move |theirs: &StepTemplate| {
        editor.based_on(theirs);
        submit(editor, untrack(|| editor.fields().draft()));
    };
    let who = changed_by.unwrap_or_else(|| "Someone".to_owned());
    let template = StoredValue::new(template);
    let shows = RwSignal::new(false);
    let rows = RwSignal::new(None::<Vec<DiffRow>>);
    // All fields of both steps, as they are when they are asked for, and then their contents.
    let show_changes = move || {
        shows.update(|it| *it = !*it);
        let theirs = TemplateDraft::from(template.get_value());
        let mine = untrack(|| editor.fields().draft());
        let pairs = [
            (theirs.fields_text(), mine.fields_text()),
            (theirs.content, mine.content),
        ];
        leptos::task::spawn_local(async move {
            let mut found = Vec::new();
            for (theirs, mine) in pairs {
                let Ok(part) = compare_texts(theirs, mine).await else {
                    return;
                };
                found.extend(part);
            }
            let _ = rows.try_set(Some(found));
        });
    };
    let changes = move || {
        shows
            .get()
            .then(|| view! { <SideBySide rows=rows left="Theirs" right="Yours"/> })
    };
    view! {
        <div class="alert" role="alert">
            <Icon name="i-warn"/>
            <div class="grow stack stack-s">
                <p>
                    <b>{format!("{who} changed this")}</b>
                    {changed_at.map(|at| view! { " at " <Time at=at/> })}
                    ". What you typed is still here, and not saved."
                </p>
                {changes}
                <div class="row">
                    <button
                        class="button"
                        type="button"
                        data-size="s"
                        aria-expanded=move || shows.get().to_string()
                        on:click=move |_| show_changes()
                    >
                        "Show changes"
                    </button>
                    <button
                        class="button"
                        type="button"
                        data-size="s"
                        on:click=move |_| keep_mine(&template.get_value())
                    >
                        "Keep mine"
                    </button>
                    <button
                        class="button"
                        type="button"
                        data-size="s"
                        on:click=move |_| editor.take_theirs(&template.get_value())
                    >
                        "Take theirs"
                    </button>
                </div>
            </div>
        </div>
    }
}

/// Notice that somebody else has deleted the step.
fn deleted_notice(editor: TemplateEditor) -> impl IntoView {
    let text = move || {
        let by = editor.changed_by.get();
        let by = by.as_deref().unwrap_or("Someone");
        format!("{by} has deleted this step. What you have typed is still here.")
    };
    view! {
        <div class="alert" role="status">
            <Icon name="i-warn"/>
            <span class="grow row">
                <span class="grow">{text}</span>
                <button
                    class="button"
                    type="button"
                    data-size="s"
                    on:click=move |_| {
                        editor.saving.error.set(None);
                        editor.what.set(Some(EditedTemplate::New));
                    }
                >
                    "Save as new step"
                </button>
            </span>
        </div>
    }
}

/// Says what saving does to the customers' copies; none in a draft, which has no copies.
fn impact_text(editor: TemplateEditor, facts: TemplateFacts) -> Option<String> {
    let members = editor.members();
    if members == 0 {
        return None;
    }
    if facts.step.get().is_none() {
        return Some(messages::adding("this step", members));
    }
    let impact = facts.impact.get()?;
    let moving = facts
        .moves_to(editor)
        .map(|to| format!(" {}", messages::moving(impact, to)));
    Some(messages::saving(impact) + &moving.unwrap_or_default())
}

/// The notice between the fields and the buttons.
fn notices(editor: TemplateEditor, facts: TemplateFacts) -> impl IntoView {
    move || {
        impact_text(editor, facts).map(|text| {
            view! {
                <div class="alert" data-tone="info">
                    <Icon name="t-text"/>
                    <span>{text}</span>
                </div>
            }
        })
    }
}

/// The buttons that delete and duplicate an existing step.
fn step_buttons(editor: TemplateEditor, id: TemplateId) -> impl IntoView {
    view! {
        <button
            class="button"
            type="button"
            data-kind="ghost"
            id="step-delete"
            on:click=move |_| editor.want(TemplateAction::Delete, id)
        >
            "Delete…"
        </button>
        <button
            class="button"
            type="button"
            data-kind="ghost"
            id="step-duplicate"
            on:click=move |_| editor.want(TemplateAction::Duplicate, id)
        >
            "Duplicate"
        </button>
    }
}

/// "Version 3, changed by Ana 14:02"
fn last_change(it: TemplateDetail) -> impl IntoView {
    let version = format!("Version {}", it.template.version);
    let by = it.changed_by.map(|by| format!(", changed by {by} "));
    view! {
        <span class="quiet small push">
            {version}
            {by}
            {it.changed_at.map(|at| view! { <Time at=at/> })}
        </span>
    }
}

/// The editor of a new or an existing step.
#[component]
pub fn EditorCard(editor: TemplateEditor) -> impl IntoView {
    let preview = Preview::new(editor);
    let facts = TemplateFacts::new(editor);
    follow(move |is_first| {
        editor.merged.track();
        if !is_first {
            submit(editor, untrack(|| editor.fields().draft()));
        }
    });
    let title = move || {
        editor.what.with(|it| match it {
            Some(EditedTemplate::Step { name, .. }) => name.clone(),
            _ => "New step".to_owned(),
        })
    };
    let buttons = move || facts.step.get().map(|(id, _)| step_buttons(editor, id));
    let written = move || facts.detail.get().map(last_change);
    // Above the fields, where they are seen.
    let conflict = (
        move || facts.newer.get().map(|it| conflict_notice(editor, it)),
        move || facts.is_deleted(editor).then(|| deleted_notice(editor)),
    );
    let submit_label = move || {
        let is_new = facts.step.get().is_none();
        let label = if is_new { "Add step" } else { "Save changes" };
        label.to_owned()
    };
    let state = StepFormState {
        fields: editor.fields(),
        known: facts.known.into(),
        error: editor.saving.error,
        is_busy: editor.saving.is_busy(),
        submit_label: Signal::derive(submit_label),
    };
    let slots = StepFormSlots {
        conflict: ViewFn::from(move || conflict.into_any()),
        preview_select: ViewFn::from(move || preview.choice()),
        preview: ViewFn::from(move || preview.text()),
        notices: ViewFn::from(move || notices(editor, facts)),
        foot: ViewFn::from(move || buttons.into_any()),
    };
    view! {
        <section class="card editor" aria-labelledby="editor-title">
            <div class="card__head">
                <h2 id="editor-title">{title}</h2>
                {written}
            </div>
            <StepForm
                state=state
                slots=slots
                on_submit=Callback::new(move |draft| submit(editor, draft))
                on_cancel=Callback::new(move |()| editor.close())
            />
        </section>
    }
}

/// A step of an archived release, read-only.
#[component]
pub fn ReadCard(editor: TemplateEditor) -> impl IntoView {
    move || {
        let id = editor
            .what
            .with(|it| it.as_ref().and_then(EditedTemplate::id))?;
        let step = editor.step(id)?;
        let raw = step.content.clone();
        let text = ResolvedSegment::plain(&step.content);
        let resolved = ResolvedText { spans: vec![text] };
        Some(view! {
            <section class="card editor" aria-labelledby="editor-title">
                <div class="card__head">
                    <h2 id="editor-title">{step.name}</h2>
                    <span class="quiet small push">{format!("Version {}", step.version)}</span>
                </div>
                <div class="form__body">
                    {step.description.map(|it| view! { <p class="muted">{it}</p> })}
                    {step.jenkins.map(|it| view! { <p class="muted">{format!("Run in Jenkins: {}", it.job)}</p> })}
                    <CodeBlock resolved=resolved raw=raw kind=step.kind/>
                </div>
            </section>
        })
    }
}
