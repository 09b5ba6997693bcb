//! Preview of the edited text with the values of a chosen customer, updated as the person types.
use super::template_editor::TemplateEditor;
use crate::{
    api::templates::{list_targets, preview_text},
    browser::{dom, reconnection::when_back},
    components::{
        ui::{code::CodeBlock, html::escape_into, icon::Icon, notice::sentence},
        warning_list::warning_list,
    },
    domain::{
        id::CustomerId,
        summary::{PreviewTarget, TextPreview},
        vocabulary::StepType,
    },
    error::AppError,
    paths,
};
use leptos::prelude::*;

/// How long typing must pause before the preview is requested, in milliseconds.
const PREVIEW_DEBOUNCE_MS: u32 = 250;

/// The preview that is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
struct PreviewedText {
    customer: CustomerId,
    name: String,
    raw: String,
    kind: StepType,
    found: TextPreview,
}

/// Handles to the preview of one editor.
#[derive(Clone, Copy)]
pub struct Preview {
    /// The customers that can be chosen.
    targets: RwSignal<Vec<PreviewTarget>>,
    /// The id of the chosen customer as text; empty if none is chosen.
    chosen: RwSignal<String>,
    shown: RwSignal<Option<PreviewedText>>,
    /// Why the last request failed.
    error: RwSignal<Option<String>>,
}

impl Preview {
    /// Fetches the customers, and a preview after each change of the text or of the chosen customer.
    pub fn new(editor: TemplateEditor) -> Self {
        let this = Self {
            targets: RwSignal::new(Vec::new()),
            chosen: RwSignal::new(String::new()),
            shown: RwSignal::new(None),
            error: RwSignal::new(None),
        };
        Effect::new(move |_| {
            leptos::task::spawn_local(async move {
                if let Ok(targets) = list_targets(editor.release).await {
                    let _ = this.targets.try_set(targets);
                }
            });
        });
        let (edits, tries) = (StoredValue::new(0_u32), RwSignal::new(0_u32));
        Effect::new(move |_| {
            tries.track();
            let customer = this.chosen.with(|it| it.parse::<CustomerId>());
            let kind = editor.fields().kind.with(|it| it.parse::<StepType>());
            let content = editor.fields().content.get();
            edits.update_value(|it| *it += 1);
            let number = edits.get_value();
            let (Ok(customer), Ok(kind)) = (customer, kind) else {
                this.shown.set(None);
                this.error.set(None);
                return;
            };
            let is_last = move || edits.try_get_value() == Some(number);
            dom::after(PREVIEW_DEBOUNCE_MS, move || {
                if !is_last() {
                    return;
                }
                leptos::task::spawn_local(async move {
                    let answer =
                        preview_text(editor.release, customer, content.clone(), kind).await;
                    // An answer to an older text is dropped.
                    if !is_last() {
                        return;
                    }
                    match answer {
                        Ok(found) => this.show(customer, content, kind, found),
                        Err(error) => {
                            if matches!(error, AppError::Transport(_)) {
                                when_back(move || {
                                    if is_last() {
                                        tries.update(|it| *it += 1);
                                    }
                                });
                            }
                            this.error.set(Some(sentence(&error.to_string())));
                        }
                    }
                });
            });
        });
        this
    }

    fn show(self, customer: CustomerId, raw: String, kind: StepType, found: TextPreview) {
        let name = self.targets.with_untracked(|it| {
            let target = it.iter().find(|it| it.id == customer);
            target.map(|it| it.name.clone()).unwrap_or_default()
        });
        self.error.set(None);
        self.shown.set(Some(PreviewedText {
            customer,
            name,
            raw,
            kind,
            found,
        }));
    }

    /// The select field for the customer, shown in the editor's head.
    pub fn choice(self) -> impl IntoView {
        // The options are HTML text: with a thousand customers that renders faster than one element each.
        let options = move || {
            let mut html = String::from("<option value=\"\">template</option>");
            self.targets.with(|targets| {
                for target in targets {
                    html.push_str("<option value=\"");
                    html.push_str(&target.id.to_string());
                    html.push_str("\">");
                    escape_into(&mut html, &target.name);
                    html.push_str(", ");
                    escape_into(&mut html, &target.cluster);
                    html.push_str("</option>");
                }
            });
            html
        };
        view! {
            <label for="preview-for">"Preview:"</label>
            <select
                class="input"
                data-size="s"
                id="preview-for"
                aria-label="Preview for"
                inner_html=options
                on:change=move |event| self.chosen.set(event_target_value(&event))
            ></select>
        }
    }

    /// The previewed text, or why there is none; shown below the editor.
    pub fn text(self) -> impl IntoView {
        let error = move || {
            self.error.get().map(|text| {
                view! {
                    <div class="alert" data-tone="danger" role="alert">
                        <Icon name="i-warn"/>
                        <span>{text}</span>
                    </div>
                }
            })
        };
        let shown = move || {
            self.shown.get().map(|it| {
                let missing = it.found.resolved.unresolved();
                let warnings = warning_list(&it.found.warnings);
                let name = it.name.clone();
                let missing = (!missing.is_empty()).then(|| {
                    let are = if missing.len() == 1 { "is" } else { "are" };
                    let missing = missing.join(", ");
                    view! {
                        <div class="alert">
                            <Icon name="i-warn"/>
                            <span>
                                {format!("{missing} {are} not set for {name}. It stays blocked until set. ")}
                                <a class="link" href=paths::edit_customer(it.customer) target="_blank">"Set it"</a>
                            </span>
                        </div>
                    }
                });
                view! {
                    <section class="stack stack-s" aria-label=format!("Text for {}", it.name)>
                        {missing}
                        <CodeBlock resolved=it.found.resolved raw=it.raw kind=it.kind/>
                        <div inner_html=warnings></div>
                    </section>
                }
            })
        };
        view! {
            {error}
            {shown}
        }
    }
}
