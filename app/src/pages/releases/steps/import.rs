//! Dialog that imports steps from a Markdown runbook, pasted or chosen as a file. The server reads the text, the dialog
//! shows the steps it found, whose rows can be edited, and all of them are added at once. Name and description of the
//! release are offered, and taken only if they are ticked.
use super::{
    list::refusal_notice,
    messages,
    runbook_form::RunbookForm,
    template_editor::{TemplateEditor, focus_soon},
};
use crate::{
    api::{releases::update_release, templates::import_templates},
    browser::{dom, form},
    components::ui::dialog::Dialog,
    domain::{id::BatchId, plural::pluralize, release::ReleaseDraft},
};
use leptos::prelude::*;

/// The dialog; its content exists only while it is open.
#[component]
pub fn ImportDialog(editor: TemplateEditor) -> impl IntoView {
    let open = editor.importing;
    Effect::new(move |before: Option<bool>| {
        let is_open = open.get();
        if before == Some(true) && !is_open {
            focus_soon("#import-runbook");
        }
        is_open
    });
    view! {
        <Dialog open=open title="Import runbook" wide=true>
            <ImportForm editor=editor/>
        </Dialog>
    }
}

/// The import of a runbook into the release of an editor.
#[derive(Clone, Copy)]
struct EditorImport {
    editor: TemplateEditor,
    runbook: RunbookForm,
}

impl EditorImport {
    /// What the release is called in the text, if it is called otherwise by now.
    fn offered_name(self) -> Option<String> {
        let name = self
            .runbook
            .read
            .with(|it| it.as_ref()?.release_name.clone())?;
        let is_new = self.editor.detail.with(|it| it.release.name != name);
        is_new.then_some(name)
    }

    /// What stands before the first step, if it is not the release's description already.
    fn offered_description(self) -> Option<String> {
        let text = self
            .runbook
            .read
            .with(|it| it.as_ref()?.release_description.clone())?;
        let present = |it: &Option<String>| it.as_deref() == Some(text.as_str());
        let is_new = !self
            .editor
            .detail
            .with(|it| present(&it.release.description));
        is_new.then_some(text)
    }

    /// Adds all steps to the template, and then writes what is ticked of the offers into the release.
    fn import(self) {
        let editor = self.editor;
        if !untrack(|| self.runbook.may_be_imported()) {
            return;
        }
        let steps = untrack(|| self.runbook.drafts());
        let is_taken = |offered: &String, taken: RwSignal<Option<String>>| {
            taken.with_untracked(|it| it.as_ref() == Some(offered))
        };
        let name =
            untrack(|| self.offered_name()).filter(|it| is_taken(it, self.runbook.edits.name));
        let description = untrack(|| self.offered_description())
            .filter(|it| is_taken(it, self.runbook.edits.description));
        let request = editor.as_own(import_templates(editor.release, steps));
        editor.sending.run(request, move |it| {
            let text = format!("Imported {}", pluralize(it.row, "step"));
            editor.report(text.clone(), it.batch_id.clone());
            self.runbook.discard();
            editor.importing.set(false);
            editor.reload();
            write_details(editor, name, description, (text, it.batch_id));
        });
    }

    /// What the text offers for the release itself.
    fn offers(self) -> impl IntoView {
        let name = self.offered_name().map(|it| {
            let label = format!("Rename this release to “{it}”");
            offer(label, None, it, self.runbook.edits.name)
        });
        let description = self.offered_description().map(|it| {
            let label = "Use the text before the first step as the release's description";
            offer(
                label.to_owned(),
                Some(it.clone()),
                it,
                self.runbook.edits.description,
            )
        });
        view! {
            {name}
            {description}
        }
    }

    /// How many copies the import creates for the members of an active release.
    fn impact(self) -> impl IntoView {
        let (steps, members) = (self.runbook.n_steps(), self.editor.members());
        (steps > 0 && members > 0).then(|| view! { <p>{messages::importing(steps, members)}</p> })
    }
}

/// A box for something that the release can take from the text: `offered`, which is `taken` while the box is ticked.
fn offer(
    label: String,
    text: Option<String>,
    offered: String,
    taken: RwSignal<Option<String>>,
) -> impl IntoView {
    let value = offered.clone();
    view! {
        <div class="field">
            <label class="row">
                <input
                    type="checkbox"
                    class="check"
                    prop:checked=move || taken.with(|it| it.as_ref() == Some(&offered))
                    on:change=move |event| {
                        taken.set(event_target_checked(&event).then(|| value.clone()));
                    }
                />
                <span>{label}</span>
            </label>
            {text.map(|it| view! { <p class="small muted offered">{it}</p> })}
        </div>
    }
}

/// Writes what was ticked of the offers into the release: a change of its own, since an undo of the import leaves the
/// release's details alone. `told` is the toast of the import, which stays.
fn write_details(
    editor: TemplateEditor,
    name: Option<String>,
    description: Option<String>,
    told: (String, Option<BatchId>),
) {
    let release = editor.detail.with_untracked(|it| it.release.clone());
    let version = release.version;
    let present = ReleaseDraft::from(release);
    let what = match (&name, &description) {
        (Some(name), Some(_)) => {
            format!("renamed the release to {name}, updated its description")
        }
        (Some(name), None) => format!("renamed the release to {name}"),
        (None, Some(_)) => "updated the release's description".to_owned(),
        (None, None) => return,
    };
    let draft = ReleaseDraft {
        name: name.unwrap_or(present.name),
        description: description.unwrap_or(present.description),
        ..present
    };
    let (text, batch) = told;
    let request = update_release(editor.release, draft, version);
    editor.sending.run(request, move |_| {
        editor.toasts.show(format!("{text}, {what}"), batch);
        editor.reload();
    });
}

/// Says that the text was there before the dialog was opened, with a way to throw it away.
fn restored_notice(runbook: RunbookForm) -> impl IntoView {
    let is_shown = RwSignal::new(true);
    let discard = move |_| {
        is_shown.set(false);
        runbook.discard();
        dom::focus("#runbook");
    };
    view! {
        <Show when=move || is_shown.get() && runbook.is_started()>
            <p class="quiet small" role="status">
                "Restored what you typed. "
                <button type="button" class="link" on:click=discard>"Discard"</button>
            </p>
        </Show>
    }
}

/// The text, what was found in it, and the button that imports it.
#[component]
fn ImportForm(editor: TemplateEditor) -> impl IntoView {
    editor.sending.error.set(None);
    let runbook = RunbookForm::new(Some(editor.release), editor.runbook, editor.runbook_edits());
    let import = EditorImport { editor, runbook };
    // The text and its edits are still there after the dialog was closed.
    let is_restored = untrack(|| runbook.is_started());
    let is_busy = editor.sending.is_busy();
    view! {
        <div
            class="dialog__body stack stack-s runbook"
            on:keydown=move |event| {
                if form::is_submit_shortcut(&event) {
                    event.prevent_default();
                    import.import();
                }
            }
        >
            {move || refusal_notice(editor)}
            {is_restored.then(|| restored_notice(runbook))}
            {runbook.fields(Signal::stored(None))}
            {move || runbook.notes()}
            {move || runbook.table()}
            {move || import.offers()}
            {move || import.impact()}
        </div>
        <div class="dialog__foot">
            <span class="quiet small" id="import-reason" aria-live="polite">{move || runbook.why_not()}</span>
            <button class="button push" type="button" on:click=move |_| editor.importing.set(false)>"Cancel"</button>
            <button
                class="button"
                type="button"
                data-kind="ink"
                aria-disabled=move || (!runbook.may_be_imported()).then_some("true")
                aria-busy=move || is_busy.get().then_some("true")
                aria-describedby="import-reason"
                aria-keyshortcuts="Control+Enter"
                on:click=move |_| import.import()
            >
                {move || match runbook.n_steps() {
                    0 => "Import".to_owned(),
                    n => format!("Import {}", pluralize(n, "step")),
                }}
            </button>
        </div>
    }
}
