//! Dialog that imports steps from a Markdown runbook, pasted or chosen as a file. The server reads the text, the dialog
//! shows the steps it found, whose rows can be edited, and all of them are added at once. Name and description of the
//! release are offered, and taken only if they are ticked.
use super::{
    import_rows::{ROWS_ID, edit_by_event, rows_html, wrong_fields},
    list::refusal_notice,
    messages,
    runbook_edits::RunbookEdits,
    template_editor::{TemplateEditor, focus_soon},
};
use crate::{
    api::{
        releases::update_release,
        templates::{import_templates, preview_runbook},
    },
    browser::{dom, editor::selected_file_bytes, form, row_marks},
    components::ui::{
        dialog::Dialog,
        notice::sentence,
        text_area::{TextArea, TextAreaKind},
    },
    domain::{
        decode::decode,
        id::BatchId,
        plural::pluralize,
        release::ReleaseDraft,
        template_markdown::{
            TemplateImport,
            preview::{EditedSteps, apply},
        },
    },
};
use leptos::prelude::*;

/// How long typing must pause before the text is sent to be read, in milliseconds.
const READ_DEBOUNCE_MS: u32 = 300;

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

/// A runbook as the server has read it, and what the person changes of it.
#[derive(Clone, Copy)]
struct RunbookForm {
    editor: TemplateEditor,
    /// None while nothing is typed or the answer is not here yet.
    read: RwSignal<Option<TemplateImport>>,
    /// Why the server could not read the text.
    error: RwSignal<Option<String>>,
    /// Why the chosen file could not be read, until there is another text.
    file_error: RwSignal<Option<String>>,
    edits: RunbookEdits,
    /// The steps after the edits.
    edited: Memo<EditedSteps>,
}

impl RunbookForm {
    /// Reads the text of the editor's import, again after each change. Answers to an older text are dropped.
    fn new(editor: TemplateEditor) -> Self {
        let read = RwSignal::new(None::<TemplateImport>);
        let edits = editor.runbook_edits();
        let edited = Memo::new(move |_| {
            let edits = edits.rows.get();
            read.with(|it| it.as_ref().map(|it| apply(&it.steps, &edits)))
                .unwrap_or_default()
        });
        let this = Self {
            editor,
            read,
            error: RwSignal::new(None),
            file_error: RwSignal::new(None),
            edits,
            edited,
        };
        let changes = StoredValue::new(0_u32);
        editor.sending.error.set(None);
        Effect::new(move |_| {
            let typed = editor.runbook.get();
            changes.update_value(|it| *it += 1);
            let number = changes.get_value();
            this.read.set(None);
            this.error.set(None);
            if typed.trim().is_empty() {
                edits.forget();
                return;
            }
            this.file_error.set(None);
            let is_last = move || changes.try_get_value() == Some(number);
            dom::after(READ_DEBOUNCE_MS, move || {
                if !is_last() {
                    return;
                }
                leptos::task::spawn_local(async move {
                    let answer = preview_runbook(editor.release, typed).await;
                    if !is_last() {
                        return;
                    }
                    let error = answer.as_ref().err().map(|it| sentence(&it.to_string()));
                    this.error.set(error);
                    if let Ok(answer) = &answer {
                        edits.carry_over(answer);
                    }
                    this.read.set(answer.ok());
                });
            });
        });
        Effect::new(move |_| {
            let wrong = edited.with(wrong_fields);
            // The rows of a text that was read just now are rendered first.
            dom::after(0, move || row_marks::mark_fields(ROWS_ID, &wrong));
        });
        this
    }

    fn n_steps(self) -> u32 {
        let n = self.edited.with(|it| it.drafts.len());
        u32::try_from(n).unwrap_or(u32::MAX)
    }

    fn may_be_imported(self) -> bool {
        // An error of a step is mended by its row.
        let is_whole = self.read.with(|it| {
            it.as_ref().is_some_and(|it| {
                !it.notes
                    .iter()
                    .any(|note| note.is_error && note.row.is_none())
            })
        });
        let is_right = |it: &EditedSteps| {
            !it.drafts.is_empty() && it.errors.is_empty() && it.invalid.is_empty()
        };
        is_whole && self.edited.with(is_right)
    }

    /// Why the button does nothing; empty if it works.
    fn why_not(self) -> &'static str {
        if self.may_be_imported() {
            ""
        } else if self.editor.runbook.with(|it| it.trim().is_empty()) {
            "Paste a runbook or choose a file"
        } else if self.read.with(Option::is_none) {
            "Reading…"
        } else {
            "Fix the errors above"
        }
    }

    /// What the release is called in the text, if it is called otherwise by now.
    fn offered_name(self) -> Option<String> {
        let name = self.read.with(|it| it.as_ref()?.release_name.clone())?;
        let is_new = self.editor.detail.with(|it| it.release.name != name);
        is_new.then_some(name)
    }

    /// What stands before the first step, if it is not the release's description already.
    fn offered_description(self) -> Option<String> {
        let text = self
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
        if !untrack(|| self.may_be_imported()) {
            return;
        }
        let steps = self.edited.with_untracked(|it| it.drafts.clone());
        let is_taken = |offered: &String, taken: RwSignal<Option<String>>| {
            taken.with_untracked(|it| it.as_ref() == Some(offered))
        };
        let name = untrack(|| self.offered_name()).filter(|it| is_taken(it, self.edits.name));
        let description = untrack(|| self.offered_description())
            .filter(|it| is_taken(it, self.edits.description));
        editor
            .sending
            .run(import_templates(editor.release, steps), move |it| {
                let text = format!("Imported {}", pluralize(it.row, "step"));
                editor.toasts.show(text.clone(), it.batch_id.clone());
                self.discard();
                editor.importing.set(false);
                editor.reload();
                write_details(editor, name, description, (text, it.batch_id));
            });
    }

    /// Throws the text and its edits away.
    fn discard(self) {
        self.edits.forget();
        self.editor.runbook.set(String::new());
    }

    /// What is to be known of the text by line, and what is wrong with the edited rows.
    fn notes(self) -> impl IntoView {
        let notes = self.read.with(|it| {
            let notes = it.as_ref().map(|it| it.notes.clone()).unwrap_or_default();
            notes.into_iter().filter(|it| it.row.is_none())
        });
        let mut lines: Vec<(String, String, bool)> = notes
            .map(|it| (format!("Line {}", it.line), it.message, it.is_error))
            .collect();
        self.edited.with(|it| {
            let wrong = it.errors.iter().chain(&it.invalid);
            lines.extend(
                wrong.map(|it| (format!("Step {}", it.row + 1), sentence(&it.message), true)),
            );
        });
        lines.sort_by_key(|it| !it.2);
        let is_long = lines.len() > 3;
        (!lines.is_empty()).then(|| {
            let lines = lines.into_iter().map(|(place, text, is_error)| {
                let tone = if is_error { "danger" } else { "info" };
                view! {
                    <li class="alert" data-tone=tone>
                        <b>{place}</b>
                        <span>{text}</span>
                    </li>
                }
            });
            // Many notes scroll, so that the steps stay in sight; errors come first.
            view! {
                <ul class="stack stack-s" aria-label="Notes" tabindex=is_long.then_some("0")>
                    {lines.collect_view()}
                </ul>
            }
        })
    }

    /// The steps that were found. It is rendered once for a text: its fields keep what is typed.
    fn table(self) -> impl IntoView {
        let edits = self.edits.rows.get_untracked();
        let rows = self.read.with(|it| {
            it.as_ref()
                .map(|it| rows_html(&it.steps, &it.notes, &edits))
        });
        rows.filter(|it| !it.is_empty()).map(|rows| {
            view! {
                <div class="scroll-x">
                    <table class="table stacked">
                        <caption class="sr">"Steps in the runbook"</caption>
                        <thead>
                            <tr>
                                <th scope="col">"Import"</th>
                                <th scope="col" class="num">"No."</th>
                                <th scope="col">"Step"</th>
                                <th scope="col">"Category"</th>
                                <th scope="col">"Type"</th>
                                <th scope="col">"Join"</th>
                                <th scope="col">"Text"</th>
                            </tr>
                        </thead>
                        <tbody
                            id=ROWS_ID
                            inner_html=rows
                            on:input=move |event| {
                                self.edits.rows.update(|edits| edit_by_event(edits, &event));
                            }
                        ></tbody>
                    </table>
                </div>
            }
        })
    }

    /// What the text offers for the release itself.
    fn offers(self) -> impl IntoView {
        let name = self.offered_name().map(|it| {
            let label = format!("Rename this release to “{it}”");
            offer(label, None, it, self.edits.name)
        });
        let description = self.offered_description().map(|it| {
            let label = "Use the text before the first step as the release's description";
            offer(
                label.to_owned(),
                Some(it.clone()),
                it,
                self.edits.description,
            )
        });
        view! {
            {name}
            {description}
        }
    }

    /// How many copies the import creates for the members of an active release.
    fn impact(self) -> impl IntoView {
        let (steps, members) = (self.n_steps(), self.editor.members());
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
    let text = runbook.editor.runbook;
    let is_shown = RwSignal::new(true);
    let discard = move |_| {
        is_shown.set(false);
        runbook.discard();
        dom::focus("#runbook");
    };
    view! {
        <Show when=move || is_shown.get() && text.with(|it| !it.trim().is_empty())>
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
    let text = editor.runbook;
    let runbook = RunbookForm::new(editor);
    // The text and its edits are still there after the dialog was closed.
    let is_restored = text.with_untracked(|it| !it.trim().is_empty());
    let choose = move |event: leptos::ev::Event| {
        leptos::task::spawn_local(async move {
            let Some(content) = selected_file_bytes(&event).await else {
                return;
            };
            // A file takes the text's place, also one that cannot be read: else the text before it would be imported.
            let (chosen, error) = match decode(&content) {
                Ok(chosen) => (chosen, None),
                Err(error) => (String::new(), Some(error.to_string())),
            };
            runbook.edits.forget();
            let _ = text.try_set(chosen);
            let _ = runbook.file_error.try_set(error);
        });
    };
    let is_busy = editor.sending.is_busy();
    view! {
        <div
            class="dialog__body stack stack-s runbook"
            on:keydown=move |event| {
                if form::is_submit_shortcut(&event) {
                    event.prevent_default();
                    runbook.import();
                }
            }
        >
            {move || refusal_notice(editor)}
            {is_restored.then(|| restored_notice(runbook))}
            <div class="field">
                <label for="runbook">"Runbook in Markdown"</label>
                <TextArea
                    value=text
                    id="runbook"
                    kind=TextAreaKind::Code(10)
                    described_by=Signal::stored(Some("runbook-hint".to_owned()))
                />
                <span class="hint" id="runbook-hint">
                    "Each heading becomes a step; its code block becomes the script. Steps under \"Verify\" go to Verify"
                </span>
            </div>
            <div class="field">
                <label for="runbook-file">"Or choose a file"</label>
                <input
                    id="runbook-file"
                    type="file"
                    accept=".md,.markdown,.txt,text/markdown,text/plain"
                    on:change=choose
                />
            </div>
            {move || runbook.file_error.get().or_else(|| runbook.error.get()).map(|it| view! { <p class="alert" data-tone="danger" role="alert">{it}</p> })}
            {move || runbook.notes()}
            {move || runbook.table()}
            {move || runbook.offers()}
            {move || runbook.impact()}
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
                on:click=move |_| runbook.import()
            >
                {move || match runbook.n_steps() {
                    0 => "Import".to_owned(),
                    n => format!("Import {}", pluralize(n, "step")),
                }}
            </button>
        </div>
    }
}
