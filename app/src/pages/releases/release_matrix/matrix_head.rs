//! The head of the matrix page: title, progress, undo and redo, and the actions on the release as a whole.
use super::{controller::MatrixController, url_state};
use crate::{
    browser,
    components::{
        layout::page_head::PageHead,
        matrix::command::GridCommand,
        rights::OwnRights,
        ui::{bar::Bar, icon::Icon},
        undo_buttons::UndoButtons,
    },
    domain::{
        digit_groups::grouped_count,
        id::ReleaseId,
        permission::Permission,
        progress::{NO_STEPS, Progress},
        release::Release,
        vocabulary::ReleaseStatus,
    },
    pages::releases::{dialogs::OpenDialogs, list::status_badge},
    paths,
};
use leptos::prelude::*;
use maud::html;

/// The attribute of an entry of the menu that is no link: what it does.
const DOES: &str = "data-does";

/// The entries of the menu. HTML text, because elements of leptos would be large in the WASM.
fn menu_html(
    id: ReleaseId,
    may_undo: bool,
    undo: Option<&str>,
    (may_plan, may_add): (bool, bool),
    is_archived: bool,
    print: &str,
) -> String {
    let html = html! {
        @if may_undo {
            button class="menu__item narrow" data-does="undo" aria-label="Undo" aria-describedby="undo-what" aria-disabled=[undo.is_none().then_some("true")] {
                "Undo "
                span class="quiet small" { (undo.unwrap_or_default()) }
            }
        }
        button class="menu__item narrow live-only" data-does="link" { "Copy link" }
        @if may_add {
            button class="menu__item narrow" data-does="add" { "Add customers…" }
        }
        a class="menu__item" href=(paths::release_steps(id)) { "Steps" }
        @if may_plan {
            a class="menu__item" href=(paths::edit_release(id)) { "Edit" }
            a class="menu__item" href=(paths::release_hooks(id)) { "CI hooks" }
            button class="menu__item" data-does="clone" { "Clone…" }
            @if !is_archived {
                button class="menu__item" data-does="remove" { "Remove customers…" }
            }
            button class="menu__item" data-does="status" {
                @if is_archived { "Restore" } @else { "Archive" }
            }
        }
        button class="menu__item" data-does="share" { "Share…" }
        a class="menu__item" rel="external" target="_blank" href=(print) {
            "Print "
            kbd aria-hidden="true" { "Ctrl+P" }
        }
        button class="menu__item" data-does="help" {
            "Keyboard shortcuts "
            kbd aria-hidden="true" { "?" }
        }
    };
    html.into_string()
}

/// The head above the matrix: breadcrumb, progress and the buttons of the release.
#[component]
pub fn MatrixHead(
    release: Release,
    controller: MatrixController,
    dialogs: OpenDialogs,
    on_command: Callback<GridCommand>,
    /// Copies the link to this view.
    on_copy_link: Callback<()>,
    /// Restores the release.
    on_restore: Callback<()>,
) -> impl IntoView {
    let (id, status) = (release.id, release.status);
    let MatrixController {
        state, can_work, ..
    } = controller;
    let is_archived = status == ReleaseStatus::Archived;
    let rights = OwnRights::from_context();
    let may_undo = rights.may(Permission::UndoWork);
    let may_plan = rights.may(Permission::Releases);
    let undo_stack = controller.undo_stack;
    let undo = undo_stack.newest(false);
    let on_step = Callback::new(move |is_redo| undo_stack.step(is_redo));
    let progress = move || {
        state.counts_version.track();
        Progress::from(state.grid.with_untracked(|grid| grid.total))
    };
    let menu = move || {
        // The tab's changes outlive the page, and can change while its view is being replaced: its signals may be gone by then.
        let Some(undo) = undo.try_get() else {
            return String::new();
        };
        let print = url_state::print_address(state);
        let may = (may_plan, may_plan && can_work);
        menu_html(id, may_undo, undo.as_deref(), may, is_archived, &print)
    };
    let on_menu = move |event: leptos::ev::MouseEvent| {
        let entry = browser::dom::closest_attribute(&event, DOES);
        match entry.as_deref() {
            Some("undo") => {
                // A question before the undo would wait for the menu.
                browser::dom::close_menu(&event);
                on_command.run(GridCommand::Undo);
            }
            Some("link") => {
                browser::dom::close_menu(&event);
                on_copy_link.run(());
            }
            Some("add") => dialogs.select_customers.set(true),
            Some("clone") => dialogs.clone_release.set(true),
            Some("remove") => dialogs.remove_customers.set(true),
            Some("share") => dialogs.share.set(true),
            Some("status") if is_archived => on_restore.run(()),
            Some("status") => dialogs.archive.set(true),
            Some("help") => on_command.run(GridCommand::Help),
            _ => {}
        }
    };
    let more = if may_plan {
        "More: edit, steps, clone, archive, print"
    } else {
        "More actions"
    };
    view! {
        <PageHead
            title=release.name
            crumbs=vec![("Releases".into(), paths::RELEASES.into())]
            beside=move || {
                view! {
                    {status_badge(status)}
                    <span class="meterline wide">
                        <span class="meterline__bar">
                            <Bar counts=Signal::derive(move || progress().counts) large=true/>
                        </span>
                        <span>
                            <b>{move || progress().counts.percent_text(NO_STEPS)}</b>
                            " "
                            <span class="quiet">
                                {move || {
                                    let (finished, total) = (progress().counts.finished(), progress().total);
                                    format!("{} of {} cells", grouped_count(finished), grouped_count(total))
                                }}
                            </span>
                        </span>
                    </span>
                    // The connection of the page fills it (R33).
                    <ul class="also-here" id="also-here" aria-label="Also here" hidden></ul>
                }
            }
        >
            {may_undo
                .then(|| {
                    view! {
                        <UndoButtons
                            undo=undo
                            redo=undo_stack.newest(true)
                            has_menu=true
                            on_step=on_step
                        />
                    }
                })}
            <button
                class="button wide live-only"
                data-kind="ghost"
                data-square=""
                aria-label="Copy link"
                title="Copy the link to this view"
                on:click=move |_| on_copy_link.run(())
            >
                <Icon name="i-copy"/>
            </button>
            {(can_work && may_plan)
                .then(|| {
                    view! {
                        <button class="button wide" on:click=move |_| dialogs.select_customers.set(true)>"Add customers…"</button>
                    }
                })}
            {can_work
                .then(|| {
                    view! {
                        <button
                            class="button"
                            aria-keyshortcuts="n"
                            on:click=move |_| on_command.run(GridCommand::NextOpen)
                        >
                            <span>"Next"<span class="wide">" open cell"</span></span>
                            " "
                            <kbd aria-hidden="true">"n"</kbd>
                        </button>
                    }
                })}
            <details class="more" on:click=on_menu>
                <summary class="button" data-kind="ghost" aria-label=more>
                    <Icon name="i-more"/>
                </summary>
                <div class="menu" inner_html=menu></div>
            </details>
        </PageHead>
    }
}
