//! Dialog that imports steps from a Markdown runbook, pasted or chosen as a file. The server parses the text, the
//! dialog shows the steps it found, and all of them are added at once.
use super::{
    list::refusal_notice,
    messages,
    template_editor::{TemplateEditor, focus_soon},
};
use crate::{
    api::templates::{import_templates, read_runbook},
    browser::{dom, editor::selected_file_bytes, form},
    components::ui::{
        dialog::Dialog,
        html::escape_into,
        notice::sentence,
        text_area::{TextArea, TextAreaKind},
    },
    domain::{
        decode::decode, template::TemplateDraft, template_markdown::ParsedTemplate,
        vocabulary::Category,
    },
};
use leptos::prelude::*;

/// How long typing must pause before the text is sent to be parsed, in milliseconds.
const PARSE_DEBOUNCE_MS: u32 = 300;

/// The steps as table rows in HTML. A runbook may have hundreds of steps, and text renders faster than elements.
fn steps_html(steps: &[TemplateDraft]) -> String {
    let mut html = String::new();
    for (index, step) in steps.iter().enumerate() {
        html.push_str("<tr><td class=\"num quiet\">");
        html.push_str(&(index + 1).to_string());
        for cell in [&step.name, &step.category, &step.kind] {
            html.push_str("</td><td>");
            escape_into(&mut html, cell);
        }
        html.push_str("</td><td class=\"mono quiet clip\">");
        let first = step.content.lines().find(|it| !it.trim().is_empty());
        escape_into(&mut html, first.unwrap_or_default());
        html.push_str("</td></tr>");
    }
    html
}

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

/// A runbook as the server has parsed it.
#[derive(Clone, Copy)]
struct ParsedRunbook {
    editor: TemplateEditor,
    /// None while nothing is typed or the answer is not here yet.
    parsed: RwSignal<Option<ParsedTemplate>>,
    /// Why the server could not parse the text.
    error: RwSignal<Option<String>>,
}

impl ParsedRunbook {
    /// Parses the text of the editor's import, again after each change. Answers to an older text are dropped.
    fn new(editor: TemplateEditor) -> Self {
        let this = Self {
            editor,
            parsed: RwSignal::new(None),
            error: RwSignal::new(None),
        };
        let edits = StoredValue::new(0_u32);
        editor.sending.error.set(None);
        Effect::new(move |_| {
            let typed = editor.runbook.get();
            edits.update_value(|it| *it += 1);
            let number = edits.get_value();
            this.parsed.set(None);
            if typed.trim().is_empty() {
                return;
            }
            let is_last = move || edits.try_get_value() == Some(number);
            dom::after(PARSE_DEBOUNCE_MS, move || {
                if !is_last() {
                    return;
                }
                leptos::task::spawn_local(async move {
                    let answer = read_runbook(typed).await;
                    if !is_last() {
                        return;
                    }
                    let error = answer.as_ref().err().map(|it| sentence(&it.to_string()));
                    this.error.set(error);
                    this.parsed.set(answer.ok());
                });
            });
        });
        this
    }

    fn n_steps(self) -> u32 {
        let n = self
            .parsed
            .with(|it| it.as_ref().map_or(0, |it| it.steps.len()));
        u32::try_from(n).unwrap_or(u32::MAX)
    }

    fn may_be_imported(self) -> bool {
        self.parsed
            .with(|it| it.as_ref().is_some_and(ParsedTemplate::may_be_imported))
    }

    /// Why the button does nothing; empty if it works.
    fn why_not(self) -> &'static str {
        if self.may_be_imported() {
            ""
        } else if self.editor.runbook.with(|it| it.trim().is_empty()) {
            "Paste a runbook or choose a file"
        } else if self.parsed.with(Option::is_none) {
            "Reading…"
        } else {
            "Put right what is named above"
        }
    }

    /// Adds all steps to the template.
    fn import(self) {
        let Self { editor, parsed, .. } = self;
        let steps = parsed.with_untracked(|it| it.as_ref().map(|it| it.steps.clone()));
        let Some(steps) = steps.filter(|_| untrack(|| self.may_be_imported())) else {
            return;
        };
        editor
            .sending
            .run(import_templates(editor.release, steps), move |it| {
                let text = format!("Imported {}", messages::counted(it.row, "step"));
                editor.toasts.show(text, it.batch_id);
                editor.runbook.set(String::new());
                editor.importing.set(false);
                editor.reload();
            });
    }

    /// What the parser remarks, by line.
    fn remarks(self) -> impl IntoView {
        let remarks = self
            .parsed
            .with(|it| it.as_ref().map(|it| it.remarks.clone()));
        let remarks = remarks.unwrap_or_default();
        (!remarks.is_empty()).then(|| {
            let lines = remarks.into_iter().map(|it| {
                let tone = if it.is_wrong { "danger" } else { "info" };
                view! {
                    <li class="alert" data-tone=tone>
                        <b>{format!("Line {}", it.line)}</b>
                        <span>{sentence(&it.text)}</span>
                    </li>
                }
            });
            view! { <ul class="stack stack-s" aria-label="Remarks">{lines.collect_view()}</ul> }
        })
    }

    /// The steps that were found.
    fn table(self) -> impl IntoView {
        let rows = self
            .parsed
            .with(|it| it.as_ref().map(|it| steps_html(&it.steps)));
        rows.filter(|it| !it.is_empty()).map(|rows| {
            view! {
                <table class="table">
                    <caption class="sr">"Steps in the runbook"</caption>
                    <thead>
                        <tr>
                            <th scope="col" class="num">"No."</th>
                            <th scope="col">"Step"</th>
                            <th scope="col">"Category"</th>
                            <th scope="col">"Type"</th>
                            <th scope="col">"Text"</th>
                        </tr>
                    </thead>
                    <tbody inner_html=rows></tbody>
                </table>
            }
        })
    }

    /// How many copies the import creates for the members of an active release.
    fn impact(self) -> impl IntoView {
        let (steps, members) = (self.n_steps(), self.editor.members());
        (steps > 0 && members > 0).then(|| view! { <p>{messages::importing(steps, members)}</p> })
    }
}

/// The text, what was found in it, and the button that imports it.
#[component]
fn ImportForm(editor: TemplateEditor) -> impl IntoView {
    let text = editor.runbook;
    let runbook = ParsedRunbook::new(editor);
    let choose = move |event: leptos::ev::Event| {
        leptos::task::spawn_local(async move {
            let Some(content) = selected_file_bytes(&event).await else {
                return;
            };
            match decode(&content) {
                Ok(chosen) => {
                    let _ = text.try_set(chosen);
                }
                Err(error) => {
                    let _ = runbook.error.try_set(Some(error.to_string()));
                }
            }
        });
    };
    let is_busy = editor.sending.is_busy();
    let (deploy, verify) = (Category::Deploy.label(), Category::Verify.label());
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
            <div class="field">
                <label for="runbook">"Runbook in Markdown"</label>
                <TextArea
                    value=text
                    id="runbook"
                    kind=TextAreaKind::Code(10)
                    described_by=Signal::stored(Some("runbook-hint".to_owned()))
                />
                <span class="hint" id="runbook-hint">
                    {format!("A heading is a step's name; a fenced block of bash or sql under it is its text, and so is prose. A heading {verify} starts the second category, {deploy} the first.")}
                </span>
            </div>
            <div class="field">
                <label for="runbook-file">"Or a file"</label>
                <input
                    id="runbook-file"
                    type="file"
                    accept=".md,.markdown,.txt,text/markdown,text/plain"
                    on:change=choose
                />
            </div>
            {move || runbook.error.get().map(|it| view! { <p class="alert" data-tone="danger" role="alert">{it}</p> })}
            {move || runbook.remarks()}
            {move || runbook.table()}
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
                    n => format!("Import {}", messages::counted(n, "step")),
                }}
            </button>
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_texts_are_escaped() {
        let draft = TemplateDraft {
            name: "<b>".into(),
            content: "\n</td><img>\nmore".into(),
            ..TemplateDraft::default()
        };
        let html = steps_html(&[draft]);
        assert!(html.contains("<td>&lt;b&gt;</td>") && html.contains("&lt;img&gt;"));
        assert!(!html.contains("more") && !html.contains("<img>"));
    }
}
