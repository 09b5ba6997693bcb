//! A runbook in Markdown that is read while it is typed: its text or file, what was found in it, and the rows to edit. The import
//! dialog shows it, and the form of a new release.
use super::{
    import_rows::{ROWS_ID, edit_by_event, rows_html, wrong_fields},
    runbook_edits::RunbookEdits,
};
use crate::{
    api::templates::{preview_runbook, read_runbook},
    browser::{dom, editor::selected_file_bytes, row_marks},
    components::ui::{
        notice::sentence,
        text_area::{TextArea, TextAreaKind},
    },
    domain::{
        decode::decode,
        id::ReleaseId,
        template::TemplateDraft,
        template_markdown::{
            TemplateImport,
            preview::{EditedSteps, apply},
        },
    },
};
use leptos::prelude::*;

/// How long typing must pause before the text is sent to be read, in milliseconds.
const READ_DEBOUNCE_MS: u32 = 300;

/// A runbook as the server has read it, and what the person changes of it.
#[derive(Clone, Copy)]
pub struct RunbookForm {
    /// What is typed.
    text: RwSignal<String>,
    /// None while nothing is typed or the answer is not here yet.
    pub read: RwSignal<Option<TemplateImport>>,
    /// Why the server could not read the text.
    error: RwSignal<Option<String>>,
    /// Why the chosen file could not be read, until there is another text.
    file_error: RwSignal<Option<String>>,
    pub edits: RunbookEdits,
    /// The steps after the edits.
    edited: Memo<EditedSteps>,
}

impl RunbookForm {
    /// Reads a text, again after each change. Answers to an older text are dropped. `release` gets the steps; none if it is not
    /// made yet.
    pub fn new(release: Option<ReleaseId>, text: RwSignal<String>, edits: RunbookEdits) -> Self {
        let read = RwSignal::new(None::<TemplateImport>);
        let edited = Memo::new(move |_| {
            let edits = edits.rows.get();
            read.with(|it| it.as_ref().map(|it| apply(&it.steps, &edits)))
                .unwrap_or_default()
        });
        let this = Self {
            text,
            read,
            error: RwSignal::new(None),
            file_error: RwSignal::new(None),
            edits,
            edited,
        };
        let changes = StoredValue::new(0_u32);
        Effect::new(move |_| {
            let typed = text.get();
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
                    let answer = match release {
                        Some(release) => preview_runbook(release, typed).await,
                        None => read_runbook(typed).await,
                    };
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

    /// How many steps it has after the edits.
    pub fn n_steps(self) -> u32 {
        let n = self.edited.with(|it| it.drafts.len());
        u32::try_from(n).unwrap_or(u32::MAX)
    }

    /// Whether there are steps, and nothing is wrong with any of them.
    pub fn may_be_imported(self) -> bool {
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
    pub fn why_not(self) -> &'static str {
        if self.may_be_imported() {
            ""
        } else if !self.is_started() {
            "Paste a runbook or choose a file"
        } else if self.is_reading() {
            "Reading…"
        } else {
            "Fix the errors above"
        }
    }

    /// Whether anything is typed.
    pub fn is_started(self) -> bool {
        self.text.with(|it| !it.trim().is_empty())
    }

    /// Whether there is a text that is not read yet.
    pub fn is_reading(self) -> bool {
        self.is_started() && self.read.with(Option::is_none)
    }

    /// The steps after the edits.
    pub fn drafts(self) -> Vec<TemplateDraft> {
        self.edited.with(|it| it.drafts.clone())
    }

    /// Throws the text and its edits away.
    pub fn discard(self) {
        self.edits.forget();
        self.text.set(String::new());
    }

    /// The text, or a file in its place. `wrong` is what a form says of it.
    pub fn fields(self, wrong: Signal<Option<String>>) -> impl IntoView {
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
                self.edits.forget();
                let _ = self.text.try_set(chosen);
                let _ = self.file_error.try_set(error);
            });
        };
        let described_by = Signal::derive(move || {
            let has_error = wrong.with(Option::is_some);
            let ids = ["runbook-hint", "runbook-hint runbook-error"];
            Some(ids[usize::from(has_error)].to_owned())
        });
        let invalid = Signal::derive(move || wrong.with(Option::is_some));
        view! {
            <div class="field">
                <label for="runbook">"Runbook in Markdown"</label>
                <TextArea
                    value=self.text
                    id="runbook"
                    kind=TextAreaKind::Code(10)
                    described_by=described_by
                    invalid=invalid
                />
                <span class="hint" id="runbook-hint">
                    "Each heading becomes a step; its code block becomes the script. Steps under \"Verify\" go to Verify"
                </span>
                {move || wrong.get().map(|it| view! { <span class="error" id="runbook-error">{it}</span> })}
            </div>
            <div class="field live-only">
                <label for="runbook-file">"Or choose a file"</label>
                <input
                    id="runbook-file"
                    type="file"
                    accept=".md,.markdown,.txt,text/markdown,text/plain"
                    on:change=choose
                />
            </div>
            {move || {
                let error = self.file_error.get().or_else(|| self.error.get());
                error.map(|it| view! { <p class="alert" data-tone="danger" role="alert">{it}</p> })
            }}
        }
    }

    /// What is to be known of the text by line, and what is wrong with the edited rows.
    pub fn notes(self) -> impl IntoView {
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
    pub fn table(self) -> impl IntoView {
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
}
