//! Page of a release's template, `/releases/:id/steps`: the steps in two sortable lists and one of them in the editor.
//! In an active release each change says first what it does to the customers' copies.

mod editor;
pub mod import;
mod import_rows;
pub mod list;
pub mod messages;
mod preview;
pub mod runbook_edits;
pub mod runbook_form;
pub mod template_editor;
mod template_facts;

use super::list::status_badge;
use crate::{
    api::releases::read_release,
    browser::dom,
    components::{layout::page_head::PageHead, ui::icon::Icon},
    domain::{
        id::{ReleaseId, TemplateId},
        plural::pluralize,
        summary::ReleaseDetail,
        vocabulary::{Category, ReleaseStatus},
    },
    pages::{fetch::Fetch, latched, loaded, param, releases::text_questions::is_at},
    paths,
};
use editor::{EditorCard, ReadCard};
use leptos::prelude::*;
use leptos_router::{
    NavigateOptions,
    hooks::{use_location, use_navigate, use_query_map},
};
use list::{StepList, refusal_notice};
use template_editor::{TemplateConfirmation, TemplateEditor};

/// What opens over the page, which is loaded lazily. The caller of the page passes it down, so that no file here imports one that
/// imports it.
#[derive(Clone, Copy)]
pub struct StepsPageDialogs {
    /// The import of a runbook.
    pub import: fn(TemplateEditor) -> AnyView,
    /// The question before a change of steps that customers have.
    pub confirm: fn(TemplateEditor, TemplateConfirmation) -> AnyView,
}

/// The page: fetches the release with its template.
#[component]
pub fn StepsPage(dialogs: StepsPageDialogs) -> impl IntoView {
    let id = param::<ReleaseId>("id");
    let release = Fetch::new(id, |id| async move {
        read_release(id.unwrap_or(ReleaseId(0))).await
    });
    let imports = use_query_map().with_untracked(|it| it.get("import").is_some());
    // Rendered once: the editor fetches later changes itself, so that what is typed in it stays.
    loaded(release, move |it| show(it, imports, dialogs))
}

/// The pane beside the lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum SidePane {
    /// A step is open and can be edited.
    Editor,
    /// A step is open and read-only.
    Text,
    /// No step is open: says what can be done.
    Hint(&'static str),
}

/// Chooses the pane. It reads signals only: a memo that depends on a memo which another memo has already read misses
/// changes.
fn side_pane(editor: TemplateEditor) -> SidePane {
    let is_open = editor.what.with(Option::is_some);
    let (can_edit, is_dirty) = (editor.can_edit(), editor.is_dirty.get());
    let has_steps = editor.detail.with(|it| !it.templates.is_empty());
    match (is_open, can_edit) {
        // What is typed stays visible, even if somebody else archives the release meanwhile.
        (true, true) => SidePane::Editor,
        (true, false) if is_dirty => SidePane::Editor,
        (true, false) => SidePane::Text,
        (false, _) => SidePane::Hint(match (has_steps, can_edit) {
            (true, true) => "Select a step to edit.",
            (true, false) => "The steps are read-only here. Select a step to read it.",
            (false, true) => {
                "Add the first step, import a runbook, or clone a release that has steps."
            }
            (false, false) => "The release has no steps.",
        }),
    }
}

/// Opens the step that the address names, as a hit of the search leads to it, and scrolls to it. The address loses it then, so that the
/// same hit can be followed again.
fn open_step_of_address(editor: TemplateEditor) {
    // Not `use_query_map`, which stays that of the release before on the way from one release to another.
    let (query, here) = (use_location().query, use_location().pathname);
    let navigate = use_navigate();
    let own = paths::release_steps(editor.release);
    Effect::new(move |_| {
        let named: Option<TemplateId> =
            query.with(|it| it.get_str("step").and_then(|it| it.parse().ok()));
        // While the router goes to another page, the query belongs to that page.
        let named = named.filter(|_| untrack(|| is_at(here, &own)));
        let Some(step) = named.and_then(|it| editor.step(it)) else {
            return;
        };
        let row = format!("[data-id='{}'] .name", step.id);
        // Who followed the link was asked about unsaved changes then.
        if editor.open_id() != Some(step.id) {
            editor.put(step);
        }
        let (navigate, own) = (navigate.clone(), own.clone());
        dom::after_paint(move || {
            if untrack(|| is_at(here, &own)) {
                let options = NavigateOptions {
                    replace: true,
                    scroll: false,
                    ..NavigateOptions::default()
                };
                navigate(&own, options);
                dom::focus(&row);
                // If the step is read-only, there is no such field.
                dom::focus("#step-name");
            }
        });
    });
}

/// `imports` opens the import dialog: the form for a new release leads here if its steps come from a runbook.
fn show(it: ReleaseDetail, imports: bool, dialogs: StepsPageDialogs) -> impl IntoView {
    let id = it.release.id;
    let editor = TemplateEditor::new(it);
    Effect::new(move |_| {
        if imports && untrack(|| editor.can_edit()) {
            editor.importing.set(true);
        }
    });
    open_step_of_address(editor);
    // An import can rename the release.
    let name = Memo::new(move |_| editor.detail.with(|it| it.release.name.clone()));
    let can_edit = Memo::new(move |_| editor.can_edit());
    let is_draft = Memo::new(move |_| editor.status() == ReleaseStatus::Draft);
    let has_steps = Memo::new(move |_| editor.detail.with(|it| !it.templates.is_empty()));
    let pane = Memo::new(move |_| side_pane(editor));
    let needs_import = latched(move || editor.importing.get());
    let after_title = move || {
        view! {
            {move || status_badge(editor.status())}
            {move || {
                let members = editor.members();
                (members > 0).then(|| view! { <span class="quiet">{pluralize(members, "customer")}</span> })
            }}
            // The connection of the page fills it (R33).
            <ul class="also-here" id="also-here" aria-label="Also here" hidden></ul>
        }
    };
    let import_button = move || {
        view! {
            <button class="button" type="button" id="import-runbook" on:click=move |_| editor.importing.set(true)>
                "Import runbook…"
            </button>
        }
    };
    let pane = move || match pane.get() {
        SidePane::Editor => view! { <EditorCard editor=editor/> }.into_any(),
        SidePane::Text => view! { <ReadCard editor=editor/> }.into_any(),
        SidePane::Hint(text) => view! {
            <div class="card empty">
                <p>{text}</p>
            </div>
        }
        .into_any(),
    };
    let head = move || {
        let crumbs = vec![
            ("Releases".into(), paths::RELEASES.into()),
            (name.get(), paths::release(id)),
        ];
        view! {
            <PageHead title="Steps" crumbs=crumbs beside=after_title>
                <a class="button" data-kind="ghost" href=paths::release(id)>
                    {move || if is_draft.get() { "Back to release" } else { "Matrix" }}
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
                            {import_button()}
                            <button
                                class="button"
                                type="button"
                                id="add-step"
                                data-home=""
                                on:click=move |_| editor.open_new(Category::Deploy)
                            >
                                <Icon name="i-plus"/>
                                "Add step"
                            </button>
                        }
                    })
                }}
            </PageHead>
        }
    };
    view! {
        {head}
        <div class="page__body steps-layout">
            <div class="stack steps-side">
                {move || editor.asked.with(Option::is_none).then(|| refusal_notice(editor))}
                <StepList editor=editor category=Category::Deploy/>
                <StepList editor=editor category=Category::Verify/>
            </div>
            {pane}
        </div>
        {move || editor.asked.get().map(|ask| (dialogs.confirm)(editor, ask))}
        {move || needs_import.get().then(|| (dialogs.import)(editor))}
    }
}
