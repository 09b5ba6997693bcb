//! `/releases/:id/steps`: the template, in two lists, and a step of it in the editor. On an active release each change
//! says first what it does to the copies.
#![cfg_attr(
    not(target_family = "wasm"),
    expect(
        clippy::large_types_passed_by_value,
        reason = "a desk is a bundle of handles, copied wherever one is used"
    )
)]

mod editor;
mod import;
mod list;
mod messages;
mod preview;
mod template_editor;

use super::list::status_badge;
use crate::{
    api::releases::read_release,
    components::{layout::page_head::PageHead, ui::icon::Icon},
    domain::{
        id::ReleaseId,
        summary::ReleaseDetail,
        vocabulary::{Category, ReleaseStatus},
    },
    pages::{fetch::Fetch, loaded, param},
    paths,
};
use editor::{EditorCard, ReadCard};
use import::ImportDialog;
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use list::{Confirm, StepList, refusal};
use template_editor::TemplateEditor;

#[component]
pub fn StepsPage() -> impl IntoView {
    let id = param::<ReleaseId>("id");
    let release = Fetch::new(id, |id| async move {
        read_release(id.unwrap_or(ReleaseId(0))).await
    });
    let imports = use_query_map().with_untracked(|it| it.get("import").is_some());
    // Drawn once; what changes is asked for again by the desk, so that the editor stays as it is.
    loaded(release, move |it| show(it, imports))
}

/// What stands beside the lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum SidePane {
    Editor,
    Text,
    /// Nothing is open: what to do.
    Hint(&'static str),
}

/// Read from the signals alone: of a memo that another one has read already, a third does not hear that it has changed.
fn beside(desk: TemplateEditor) -> SidePane {
    let is_open = desk.what.with(Option::is_some);
    let (can_edit, is_dirty) = (desk.can_edit(), desk.is_dirty.get());
    let has_steps = desk.detail.with(|it| !it.templates.is_empty());
    match (is_open, can_edit) {
        // What was typed stays in sight, even if somebody archives the release meanwhile.
        (true, true) => SidePane::Editor,
        (true, false) if is_dirty => SidePane::Editor,
        (true, false) => SidePane::Text,
        (false, _) => SidePane::Hint(match (has_steps, can_edit) {
            (true, true) => {
                "Choose a step to read or change it. Every customer of the release gets its own copy."
            }
            (true, false) => "The release is archived and read-only. Choose a step to read it.",
            (false, true) => {
                "Add the first step, import a runbook, or clone a release that has steps."
            }
            (false, false) => "The release was archived without steps.",
        }),
    }
}

/// `imports` opens the import at once: whoever began a release with a runbook comes here next.
fn show(it: ReleaseDetail, imports: bool) -> impl IntoView {
    let (id, name) = (it.release.id, it.release.name.clone());
    let desk = TemplateEditor::new(it);
    Effect::new(move |_| {
        if imports && untrack(|| desk.can_edit()) {
            desk.importing.set(true);
        }
    });
    let crumbs = vec![
        ("Releases".into(), paths::RELEASES.into()),
        (name, paths::release(id)),
    ];
    let can_edit = Memo::new(move |_| desk.can_edit());
    let is_draft = Memo::new(move |_| desk.status() == ReleaseStatus::Draft);
    let has_steps = Memo::new(move |_| desk.detail.with(|it| !it.templates.is_empty()));
    let aside = Memo::new(move |_| beside(desk));
    let after_title = move || {
        view! {
            {move || status_badge(desk.status())}
            {move || {
                let members = desk.members();
                (members > 0).then(|| view! { <span class="quiet">{messages::counted(members, "customer")}</span> })
            }}
        }
    };
    let import = move || {
        view! {
            <button class="button" type="button" id="import-runbook" on:click=move |_| desk.importing.set(true)>
                "Import runbook…"
            </button>
        }
    };
    let aside = move || match aside.get() {
        SidePane::Editor => view! { <EditorCard desk=desk/> }.into_any(),
        SidePane::Text => view! { <ReadCard desk=desk/> }.into_any(),
        SidePane::Hint(text) => view! {
            <div class="card empty">
                <p>{text}</p>
            </div>
        }
        .into_any(),
    };
    view! {
        <PageHead title="Steps" crumbs=crumbs beside=after_title>
            <a class="button" data-kind="ghost" href=paths::release(id)>
                {move || if is_draft.get() { "Release" } else { "Matrix" }}
            </a>
            {move || {
                has_steps.get().then(|| {
                    view! {
                        <a class="button" data-kind="ghost" download="" href=paths::release_markdown(id)>
                            "Export runbook"
                        </a>
                    }
                })
            }}
            {move || {
                can_edit.get().then(|| {
                    view! {
                        {import()}
                        <button
                            class="button"
                            type="button"
                            id="add-step"
                            on:click=move |_| desk.open_new(Category::Deploy)
                        >
                            <Icon name="i-plus"/>
                            "Add step"
                        </button>
                    }
                })
            }}
        </PageHead>
        <div class="page__body steps-layout">
            <div class="stack steps-side">
                {move || desk.asked.with(Option::is_none).then(|| refusal(desk))}
                <StepList desk=desk category=Category::Deploy/>
                <StepList desk=desk category=Category::Verify/>
            </div>
            {aside}
        </div>
        {move || desk.asked.get().map(|ask| view! { <Confirm desk=desk ask=ask/> })}
        <ImportDialog desk=desk/>
    }
}
