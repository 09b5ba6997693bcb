//! The step in the editor: its fields, what saving does to the copies, and whatever comes between: somebody who was
//! faster, a step that is gone.
use super::{
    messages,
    preview::Preview,
    template_editor::{EditedTemplate, TemplateAction, TemplateEditor, focus_soon},
};
use crate::{
    api::templates::{
        add_template, list_variables, preview_template, read_template, update_template,
    },
    components::{
        step_form::StepForm,
        ui::{code::CodeBlock, icon::Icon, time::Time},
    },
    domain::{
        order::Position,
        summary::TemplateDetail,
        template::{TemplateDraft, TemplateImpact as CopyEffect},
        variables::{ResolvedSegment, ResolvedText},
        vocabulary::Category,
    },
    error::AppError,
};
use leptos::prelude::*;

fn submit(desk: TemplateEditor, draft: TemplateDraft) {
    let sent = draft.clone();
    match desk.what.get_untracked() {
        Some(EditedTemplate::Step { id, version, .. }) => {
            desk.saving
                .run(update_template(id, draft, version), move |it| {
                    let text = format!("Saved {}", it.row.name);
                    desk.toasts.say(text, it.batch_id);
                    if desk.open_id() == Some(id) {
                        desk.saved(it.row, &sent);
                    }
                    desk.reload();
                });
        }
        Some(EditedTemplate::New) => {
            let request = add_template(desk.release, draft, Position::Last);
            desk.saving.run(request, move |it| {
                let text = format!("Added {}", it.row.name);
                desk.toasts.say(text, it.batch_id);
                if untrack(|| desk.fields().draft()) == sent {
                    desk.shut();
                    focus_soon("#add-step");
                } else {
                    desk.based_on(&it.row);
                }
                desk.reload();
            });
        }
        None => {}
    }
}

/// Somebody was faster: what is there now can be taken, or replaced.
fn conflict(desk: TemplateEditor, newer: TemplateDetail) -> impl IntoView {
    let TemplateDetail {
        template,
        changed_by,
        changed_at,
    } = newer;
    let who = changed_by.unwrap_or_else(|| "Somebody".to_owned());
    let text = format!("{}\n\n{}", template.name, template.content);
    let template = StoredValue::new(template);
    view! {
        <div class="alert">
            <Icon name="i-warn"/>
            <div class="grow stack stack-s">
                <p>
                    <b>{format!("{who} has changed this step")}</b>
                    {changed_at.map(|at| view! { ", " <Time at=at/> })}
                    ". What you have typed is still here, and not saved."
                </p>
                <details class="kept">
                    <summary>"The step as it is now"</summary>
                    <pre tabindex="0">{text}</pre>
                </details>
                <div class="row">
                    <button
                        class="button"
                        type="button"
                        data-size="s"
                        on:click=move |_| desk.put(template.get_value())
                    >
                        "Take the newer text"
                    </button>
                    <button
                        class="button"
                        type="button"
                        data-size="s"
                        on:click=move |_| desk.based_on(&template.get_value())
                    >
                        "Keep mine"
                    </button>
                </div>
            </div>
        </div>
    }
}

#[component]
pub fn EditorCard(desk: TemplateEditor) -> impl IntoView {
    let known = RwSignal::new(Vec::<String>::new());
    let facts = RwSignal::new(None::<TemplateDetail>);
    let effect = RwSignal::new(None::<CopyEffect>);
    let newer = RwSignal::new(None::<TemplateDetail>);
    let preview = Preview::new(desk);
    let step = Memo::new(move |_| {
        desk.what.with(|it| match it {
            Some(EditedTemplate::Step { id, version, .. }) => Some((*id, *version)),
            _ => None,
        })
    });
    Effect::new(move |_| {
        leptos::task::spawn_local(async move {
            if let Ok(names) = list_variables(desk.release).await {
                let _ = known.try_set(names);
            }
        });
    });
    // Who wrote it, and how many copies an edit reaches: again after each change of it.
    Effect::new(move |_| {
        let now = step.get();
        let counts = desk.members() > 0;
        facts.set(None);
        effect.set(None);
        let Some((id, _)) = now else { return };
        leptos::task::spawn_local(async move {
            let read = read_template(id).await.ok();
            let count = if counts {
                preview_template(id).await.ok()
            } else {
                None
            };
            if step.try_get_untracked() == Some(now) {
                facts.set(read);
                effect.set(count);
            }
        });
    });
    Effect::new(move |_| {
        let is_stale = desk
            .saving
            .error
            .with(|it| matches!(it, Some(AppError::Stale(_))));
        newer.set(None);
        let Some((id, _)) = step.get_untracked().filter(|_| is_stale) else {
            return;
        };
        leptos::task::spawn_local(async move {
            if let Ok(read) = read_template(id).await {
                let _ = newer.try_set(Some(read));
            }
        });
    });
    let title = move || {
        desk.what.with(|it| match it {
            Some(EditedTemplate::Step { name, .. }) => name.clone(),
            _ => "New step".to_owned(),
        })
    };
    let is_gone = move || {
        step.get().is_some()
            && desk
                .saving
                .error
                .with(|it| matches!(it, Some(AppError::NotFound(_))))
    };
    let moves_to = move || {
        let (id, _) = step.get()?;
        let wanted: Category = desk.fields().category.with(|it| it.parse()).ok()?;
        let present = desk.detail.with(|it| {
            let step = it.templates.iter().find(|it| it.id == id);
            step.map(|it| it.category)
        })?;
        (wanted != present).then(|| wanted.label())
    };
    let reach = move || {
        let members = desk.members();
        if members == 0 {
            return None;
        }
        if step.get().is_none() {
            return Some(messages::adding("Adding it", members));
        }
        let effect = effect.get()?;
        let moving = moves_to().map(|to| format!(" {}", messages::moving(effect, to)));
        Some(messages::saving(effect) + &moving.unwrap_or_default())
    };
    let note = move || {
        view! {
            {move || newer.get().map(|it| conflict(desk, it))}
            {move || {
                is_gone().then(|| {
                    view! {
                        <div class="alert">
                            <Icon name="i-warn"/>
                            <span class="grow row">
                                <span class="grow">"Somebody has deleted this step. What you have typed is still here."</span>
                                <button
                                    class="button"
                                    type="button"
                                    data-size="s"
                                    on:click=move |_| {
                                        desk.saving.error.set(None);
                                        desk.what.set(Some(EditedTemplate::New));
                                    }
                                >
                                    "Make it a new step"
                                </button>
                            </span>
                        </div>
                    }
                })
            }}
            {move || {
                reach().map(|text| {
                    view! {
                        <div class="alert" data-tone="info">
                            <Icon name="t-text"/>
                            <span>{text}</span>
                        </div>
                    }
                })
            }}
        }
    };
    let foot = move || {
        step.get().map(|(id, _)| {
            view! {
                <button
                    class="button"
                    type="button"
                    data-kind="ghost"
                    id="step-delete"
                    on:click=move |_| desk.want(TemplateAction::Delete, id)
                >
                    "Delete…"
                </button>
                <button
                    class="button"
                    type="button"
                    data-kind="ghost"
                    id="step-duplicate"
                    on:click=move |_| desk.want(TemplateAction::Duplicate, id)
                >
                    "Duplicate"
                </button>
            }
        })
    };
    let written = move || {
        facts.get().map(|it| {
            let version = format!("Version {}", it.template.version);
            let by = it.changed_by.map(|by| format!(", changed by {by} "));
            view! {
                <span class="quiet small push">
                    {version}
                    {by}
                    {it.changed_at.map(|at| view! { <Time at=at/> })}
                </span>
            }
        })
    };
    let word = move || {
        let is_new = step.get().is_none();
        let word = if is_new { "Add step" } else { "Save changes" };
        word.to_owned()
    };
    view! {
        <section class="card editor" aria-labelledby="editor-title">
            <div class="card__head">
                <h2 id="editor-title">{title}</h2>
                {written}
            </div>
            <StepForm
                draft=TemplateDraft::default()
                fields=desk.fields()
                submit=Signal::derive(word)
                error=desk.saving.error
                is_busy=desk.saving.is_busy()
                known=known
                on_submit=Callback::new(move |draft| submit(desk, draft))
                on_cancel=Callback::new(move |()| desk.close())
                preview_for=move || preview.choice()
                preview=move || preview.text()
                effect=note
                foot=move || foot.into_any()
            />
        </section>
    }
}

/// A step of an archived release, to be read.
#[component]
pub fn ReadCard(desk: TemplateEditor) -> impl IntoView {
    move || {
        let id = desk
            .what
            .with(|it| it.as_ref().and_then(EditedTemplate::id))?;
        let step = desk.step(id)?;
        let raw = step.content.clone();
        let text = ResolvedSegment {
            text: step.content,
            variable: None,
        };
        let resolved = ResolvedText { spans: vec![text] };
        Some(view! {
            <section class="card editor" aria-labelledby="editor-title">
                <div class="card__head">
                    <h2 id="editor-title">{step.name}</h2>
                    <span class="quiet small push">{format!("Version {}", step.version)}</span>
                </div>
                <div class="form__body">
                    {step.description.map(|it| view! { <p class="muted">{it}</p> })}
                    <CodeBlock resolved=resolved raw=raw kind=step.kind/>
                </div>
            </section>
        })
    }
}
