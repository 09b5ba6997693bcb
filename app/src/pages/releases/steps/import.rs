//! Steps from a Markdown runbook: pasted or from a file, read by the server, shown, and then added all at once.
use super::{
    list::refusal,
    messages,
    template_editor::{TemplateEditor, focus_soon},
};
use crate::{
    api::templates::{import_templates, read_runbook},
    browser::{dom, editor, form},
    components::ui::{
        dialog::Dialog,
        notice::sentence,
        text_area::{TextArea, escape_into},
    },
    domain::{template::TemplateDraft, template_markdown::ParsedTemplate, vocabulary::Category},
};
use leptos::prelude::*;

/// Typing rests for so long, in milliseconds, before the text is read.
const REST: u32 = 300;

/// The steps as rows of a table, as text: there may be hundreds.
fn table(steps: &[TemplateDraft]) -> String {
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

#[component]
pub fn ImportDialog(desk: TemplateEditor) -> impl IntoView {
    let open = desk.importing;
    Effect::new(move |before: Option<bool>| {
        let is_open = open.get();
        if before == Some(true) && !is_open {
            focus_soon("#import-runbook");
        }
        is_open
    });
    view! {
        <Dialog open=open title="Import runbook" wide=true>
            <Import desk=desk/>
        </Dialog>
    }
}

#[component]
fn Import(desk: TemplateEditor) -> impl IntoView {
    let text = desk.runbook;
    let read = RwSignal::new(None::<ParsedTemplate>);
    let failed = RwSignal::new(None::<String>);
    let asked = StoredValue::new(0_u32);
    desk.sending.error.set(None);
    Effect::new(move |_| {
        let typed = text.get();
        asked.update_value(|it| *it += 1);
        let number = asked.get_value();
        read.set(None);
        if typed.trim().is_empty() {
            return;
        }
        let is_last = move || asked.try_get_value() == Some(number);
        dom::after(REST, move || {
            if !is_last() {
                return;
            }
            leptos::task::spawn_local(async move {
                let answer = read_runbook(typed).await;
                // Only the answer to the last question counts.
                if !is_last() {
                    return;
                }
                failed.set(answer.as_ref().err().map(|it| sentence(&it.to_string())));
                read.set(answer.ok());
            });
        });
    });
    let n_steps = move || {
        let n = read.with(|it| it.as_ref().map_or(0, |it| it.steps.len()));
        u32::try_from(n).unwrap_or(u32::MAX)
    };
    let may = move || read.with(|it| it.as_ref().is_some_and(ParsedTemplate::may_be_imported));
    let why_not = move || {
        if may() {
            ""
        } else if text.with(|it| it.trim().is_empty()) {
            "Paste a runbook or choose a file"
        } else if read.with(Option::is_none) {
            "Reading…"
        } else {
            "Put right what is named above"
        }
    };
    let submit = move || {
        let steps = read.with_untracked(|it| it.as_ref().map(|it| it.steps.clone()));
        let Some(steps) = steps.filter(|_| untrack(may)) else {
            return;
        };
        desk.sending
            .run(import_templates(desk.release, steps), move |it| {
                let text = format!("Imported {}", messages::counted(it.row, "step"));
                desk.toasts.say(text, it.batch_id);
                desk.runbook.set(String::new());
                desk.importing.set(false);
                desk.reload();
            });
    };
    let choose = move |event: leptos::ev::Event| {
        leptos::task::spawn_local(async move {
            if let Some(chosen) = editor::chosen_text(&event).await {
                let _ = text.try_set(chosen);
            }
        });
    };
    let remarks = move || {
        let remarks = read.with(|it| it.as_ref().map(|it| it.remarks.clone()));
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
    };
    let found = move || {
        let rows = read.with(|it| it.as_ref().map(|it| table(&it.steps)));
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
    };
    let reach = move || {
        let (steps, members) = (n_steps(), desk.members());
        (steps > 0 && members > 0).then(|| view! { <p>{messages::importing(steps, members)}</p> })
    };
    let is_busy = desk.sending.is_busy();
    let (deploy, verify) = (Category::Deploy.label(), Category::Verify.label());
    view! {
        <div
            class="dialog__body stack stack-s runbook"
            on:keydown=move |event| {
                if form::is_save(&event) {
                    event.prevent_default();
                    submit();
                }
            }
        >
            {move || refusal(desk)}
            <div class="field">
                <label for="runbook">"Runbook in Markdown"</label>
                <TextArea
                    value=text
                    id="runbook"
                    rows=10
                    code=true
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
            {move || failed.get().map(|it| view! { <p class="alert" data-tone="danger" role="alert">{it}</p> })}
            {remarks}
            {found}
            {reach}
        </div>
        <div class="dialog__foot">
            <span class="quiet small" id="import-reason" aria-live="polite">{why_not}</span>
            <button class="button push" type="button" on:click=move |_| desk.importing.set(false)>"Cancel"</button>
            <button
                class="button"
                type="button"
                data-kind="ink"
                aria-disabled=move || (!may()).then_some("true")
                aria-busy=move || is_busy.get().then_some("true")
                aria-describedby="import-reason"
                aria-keyshortcuts="Control+Enter"
                on:click=move |_| submit()
            >
                {move || match n_steps() {
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
    fn names_and_texts_are_shown_as_text() {
        let draft = TemplateDraft {
            name: "<b>".into(),
            content: "\n</td><img>\nmore".into(),
            ..TemplateDraft::default()
        };
        let html = table(&[draft]);
        assert!(html.contains("<td>&lt;b&gt;</td>") && html.contains("&lt;img&gt;"));
        assert!(!html.contains("more") && !html.contains("<img>"));
    }
}
