//! `/releases/:id/steps`: the template, in two lists. On an active release each change says what it does to the copies.
use super::list::status_badge;
use crate::{
    api::{
        releases::read_release,
        templates::{
            add_template, delete_template, preview_template, reorder_templates, update_template,
        },
    },
    components::{
        layout::page_head::PageHead,
        step_form::StepForm,
        step_state::type_icon,
        ui::{dialog::Dialog, icon::Icon, notice::Failure, toast::Toasts},
    },
    domain::{
        id::{ReleaseId, TemplateId},
        release::ReleaseStatus,
        step::Place,
        summary::ReleaseDetail,
        template::{Category, Effect as CopyEffect, StepTemplate, TemplateDraft},
    },
    pages::{Sending, fetch::Fetch, loaded, param},
    paths,
};
use leptos::prelude::*;

#[component]
pub fn StepsPage() -> impl IntoView {
    let id = param::<ReleaseId>("id");
    let release = Fetch::new(id, |id| async move {
        read_release(id.unwrap_or(ReleaseId(0))).await
    });
    // What is being edited survives a refetch of the list.
    let editing = RwSignal::new(None::<Editing>);
    loaded(release, move |it| {
        show(it, editing, Callback::new(move |()| release.refetch()))
    })
}

/// A step in the editor: a new one, or one of the list.
#[derive(Clone, Debug, PartialEq)]
enum Editing {
    New(Category),
    Template(StepTemplate),
}

fn show(
    it: ReleaseDetail,
    editing: RwSignal<Option<Editing>>,
    reload: Callback<()>,
) -> impl IntoView {
    let ReleaseDetail {
        release,
        templates,
        customers,
    } = it;
    let (id, status) = (release.id, release.status);
    let can_edit = status != ReleaseStatus::Archived;
    let sending = Sending::new();
    let crumbs = vec![
        ("Releases".into(), paths::RELEASES.into()),
        (release.name.clone(), paths::release(id)),
    ];
    let of = |category: Category| {
        templates
            .iter()
            .filter(|it| it.category == category)
            .cloned()
            .collect::<Vec<_>>()
    };
    let (deploy, verify) = (of(Category::Deploy), of(Category::Verify));
    let n_deploy = deploy.len();
    view! {
        <PageHead
            title="Steps"
            crumbs=crumbs
            beside=move || {
                view! {
                    {status_badge(status)}
                    {(customers > 0).then(|| view! { <span class="quiet">{format!("{customers} customers")}</span> })}
                }
            }
        >
            <a class="button" href=paths::release(id)>
                {if status == ReleaseStatus::Draft { "Release" } else { "Matrix" }}
            </a>
            {can_edit
                .then(|| {
                    view! {
                        <button
                            class="button"
                            data-kind="ink"
                            on:click=move |_| editing.set(Some(Editing::New(Category::Deploy)))
                        >
                            <Icon name="i-plus"/>
                            "Add step"
                        </button>
                    }
                })}
        </PageHead>
        <div class="page__body steps-layout">
            <div class="stack">
                <Failure error=sending.error/>
                <StepList release=id category=Category::Deploy steps=deploy first=1 can_edit=can_edit editing=editing sending=sending reload=reload/>
                <StepList release=id category=Category::Verify steps=verify first=n_deploy + 1 can_edit=can_edit editing=editing sending=sending reload=reload/>
            </div>
            {move || match editing.get() {
                Some(editing_now) if can_edit => {
                    view! {
                        <Editor editing=editing_now release=id is_active=status == ReleaseStatus::Active close=Callback::new(move |()| editing.set(None)) reload=reload/>
                    }
                        .into_any()
                }
                _ => {
                    view! {
                        <div class="card empty">
                            <p>"Choose a step to read or change it. Every customer of the release gets its own copy."</p>
                        </div>
                    }
                        .into_any()
                }
            }}
        </div>
    }
}

#[component]
fn StepList(
    release: ReleaseId,
    category: Category,
    steps: Vec<StepTemplate>,
    first: usize,
    can_edit: bool,
    editing: RwSignal<Option<Editing>>,
    sending: Sending,
    reload: Callback<()>,
) -> impl IntoView {
    let order: Vec<TemplateId> = steps.iter().map(|it| it.id).collect();
    let n_steps = steps.len();
    let heading = format!("list-{category}");
    let labelled = heading.clone();
    let announced = RwSignal::new(String::new());
    let moves = Callback::new(move |(from, to): (usize, usize)| {
        let mut ordered = order.clone();
        let id = ordered.remove(from);
        ordered.insert(to, id);
        sending.run(reorder_templates(release, category, ordered), move |it| {
            let left = if it.row > 0 {
                format!("; {} customers keep their own order", it.row)
            } else {
                String::new()
            };
            announced.set(format!(
                "Moved from {} to {} of {n_steps}{left}",
                from + 1,
                to + 1
            ));
            Toasts::here().say(announced.get_untracked(), it.batch_id);
            reload.run(());
        });
    });
    let items = steps
        .into_iter()
        .enumerate()
        .map(|(index, step)| {
            let (name, id) = (step.name.clone(), step.id);
            let is_current = move || {
                editing.with(|it| matches!(it, Some(Editing::Template(template)) if template.id == id)).then_some("true")
            };
            let mover = move |label: &'static str, turn: Option<&'static str>, to: Option<usize>| {
                let name = name.clone();
                view! {
                    <button
                        class="button"
                        data-kind="ghost"
                        data-size="s"
                        data-square=""
                        aria-label=format!("Move {name} {label}")
                        aria-disabled=to.is_none().then_some("true")
                        on:click=move |_| { if let Some(to) = to { moves.run((index, to)) } }
                    >
                        {match turn {
                            Some(turn) => view! { <Icon name="i-arrow" small=true turn=turn/> }.into_any(),
                            None => view! { <Icon name="i-arrow" small=true/> }.into_any(),
                        }}
                    </button>
                }
            };
            let up = mover.clone()("up", None, index.checked_sub(1));
            let down = mover("down", Some("down"), (index + 1 < n_steps).then_some(index + 1));
            view! {
                <li aria-current=is_current>
                    <span class="no">{first + index}</span>
                    <Icon name=type_icon(step.kind)/>
                    <button class="name" on:click={
                        let step = step.clone();
                        move |_| editing.set(Some(Editing::Template(step.clone())))
                    }>{step.name.clone()}</button>
                    {can_edit.then(|| view! { <span class="row steplist__move">{up}{down}</span> })}
                </li>
            }
        })
        .collect_view();
    view! {
        <section aria-labelledby=labelled>
            <div class="section__head">
                <h2 id=heading>{category.label()}</h2>
                <span class="count">{if n_steps == 1 { "1 step".to_owned() } else { format!("{n_steps} steps") }}</span>
            </div>
            {if n_steps == 0 {
                view! {
                    <div class="card empty">
                        <p>{if category == Category::Deploy { "What is to be done." } else { "How it is checked." }}</p>
                        {can_edit
                            .then(|| {
                                view! {
                                    <button class="button" on:click=move |_| editing.set(Some(Editing::New(category)))>
                                        {format!("Add {category} step")}
                                    </button>
                                }
                            })}
                    </div>
                }
                    .into_any()
            } else {
                view! { <ol class="card steplist">{items}</ol> }.into_any()
            }}
            <p class="sr" role="status">{move || announced.get()}</p>
        </section>
    }
}

/// "Saving changes 10 pending copies. 8 keep their own text: 1 overridden, 1 started, 6 executed."
fn effect_text(effect: CopyEffect, verb: &str) -> String {
    let copies = |n: u32| {
        if n == 1 {
            "1 pending copy".to_owned()
        } else {
            format!("{n} pending copies")
        }
    };
    let mut text = format!("{verb} {}.", copies(effect.changes));
    let keeps = effect.keeps;
    if keeps.total() > 0 {
        let reasons: Vec<String> = [
            (keeps.overridden, "overridden"),
            (keeps.started, "started"),
            (keeps.executed, "executed"),
        ]
        .into_iter()
        .filter(|it| it.0 > 0)
        .map(|(n, word)| format!("{n} {word}"))
        .collect();
        text = format!(
            "{text} {} keep their own text: {}.",
            keeps.total(),
            reasons.join(", ")
        );
    }
    text
}

#[component]
fn Editor(
    editing: Editing,
    release: ReleaseId,
    is_active: bool,
    close: Callback<()>,
    reload: Callback<()>,
) -> impl IntoView {
    let sending = Sending::new();
    let toasts = Toasts::here();
    let effect = RwSignal::new(None::<CopyEffect>);
    let deleting = RwSignal::new(false);
    let (title, draft, template) = match editing {
        Editing::New(category) => (
            "New step".to_owned(),
            TemplateDraft {
                category: category.to_string(),
                ..TemplateDraft::default()
            },
            None,
        ),
        Editing::Template(template) => (
            template.name.clone(),
            TemplateDraft::from(template.clone()),
            Some(template),
        ),
    };
    let ids = template.as_ref().map(|it| (it.id, it.version));
    if let (Some((id, _)), true) = (ids, is_active) {
        Effect::new(move |_| {
            leptos::task::spawn_local(async move {
                if let Ok(answer) = preview_template(id).await {
                    let _ = effect.try_set(Some(answer));
                }
            });
        });
    }
    let submit = Callback::new(move |draft: TemplateDraft| match ids {
        Some((id, version)) => sending.run(update_template(id, draft, version), move |it| {
            toasts.say(format!("Saved {}", it.row.name), it.batch_id);
            close.run(());
            reload.run(());
        }),
        None => sending.run(add_template(release, draft, Place::Last), move |it| {
            toasts.say(format!("Added {}", it.row.name), it.batch_id);
            close.run(());
            reload.run(());
        }),
    });
    let name = title.clone();
    let delete = move |_| {
        let name = name.clone();
        if let Some((id, _)) = ids {
            sending.run(delete_template(id), move |it| {
                toasts.say(format!("Deleted {name}"), it.batch_id);
                close.run(());
                reload.run(());
            });
        }
    };
    let delete = StoredValue::new(delete);
    let version = template
        .as_ref()
        .map(|it| format!("Version {}", it.version));
    let note = move || {
        effect.get().map(|it| {
            view! {
                <div class="alert" data-tone="info">
                    <Icon name="t-text"/>
                    <span>{effect_text(it, "Saving changes")}</span>
                </div>
            }
        })
    };
    view! {
        <section class="card editor" aria-labelledby="editor-title">
            <div class="card__head">
                <h2 id="editor-title">{title.clone()}</h2>
                <span class="quiet small push">{version}</span>
                {ids
                    .is_some()
                    .then(|| {
                        view! {
                            <button class="button" data-kind="ghost" data-size="s" on:click=move |_| deleting.set(true)>
                                "Delete…"
                            </button>
                        }
                    })}
            </div>
            <StepForm
                draft=draft
                submit=if ids.is_some() { "Save changes" } else { "Add step" }
                error=sending.error
                on_submit=submit
                on_cancel=close
                effect=note
            />
        </section>
        <Dialog open=deleting title=format!("Delete {title}")>
            <div class="dialog__body stack">
                <Failure error=sending.error/>
                <p>
                    {move || match effect.get() {
                        Some(it) => {
                            effect_text(it, "Deleting removes")
                                .replace("keep their own text", "stay as custom steps of their customer")
                        }
                        None => "The step leaves the template. It can be undone.".to_owned(),
                    }}
                </p>
            </div>
            <div class="dialog__foot">
                <button class="button push" on:click=move |_| deleting.set(false)>"Cancel"</button>
                <button class="button" data-kind="danger" on:click=move |event| delete.with_value(|it| it(event))>"Delete"</button>
            </div>
        </Dialog>
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::template::Keeps;

    #[test]
    fn the_effect_on_copies_is_said_with_its_reasons() {
        let effect = CopyEffect {
            changes: 10,
            keeps: Keeps {
                overridden: 1,
                started: 0,
                executed: 6,
            },
        };
        assert_eq!(
            effect_text(effect, "Saving changes"),
            "Saving changes 10 pending copies. 7 keep their own text: 1 overridden, 6 executed."
        );
    }
}
