//! What the text becomes for a customer, as it is typed.
use super::template_editor::TemplateEditor;
use crate::{
    api::templates::{list_targets, preview_text},
    browser::dom,
    components::ui::{code::CodeBlock, icon::Icon, notice::sentence, text_area::escape_into},
    domain::{
        id::CustomerId, summary::PreviewTarget, variables::ResolvedText, vocabulary::StepType,
    },
    paths,
};
use leptos::prelude::*;

/// Typing rests for so long, in milliseconds, before the text is asked for.
const REST: u32 = 250;

#[derive(Clone, Debug, PartialEq, Eq)]
struct PreviewedText {
    customer: CustomerId,
    name: String,
    raw: String,
    kind: StepType,
    resolved: ResolvedText,
}

#[derive(Clone, Copy)]
pub struct Preview {
    targets: RwSignal<Vec<PreviewTarget>>,
    /// The id of the customer that was chosen; empty for nobody.
    chosen: RwSignal<String>,
    shown: RwSignal<Option<PreviewedText>>,
    failed: RwSignal<Option<String>>,
}

impl Preview {
    pub fn new(desk: TemplateEditor) -> Self {
        let this = Self {
            targets: RwSignal::new(Vec::new()),
            chosen: RwSignal::new(String::new()),
            shown: RwSignal::new(None),
            failed: RwSignal::new(None),
        };
        Effect::new(move |_| {
            leptos::task::spawn_local(async move {
                if let Ok(targets) = list_targets(desk.release).await {
                    let _ = this.targets.try_set(targets);
                }
            });
        });
        let asked = StoredValue::new(0_u32);
        Effect::new(move |_| {
            let customer = this.chosen.with(|it| it.parse::<CustomerId>());
            let kind = desk.fields().kind.with(|it| it.parse::<StepType>());
            let content = desk.fields().content.get();
            asked.update_value(|it| *it += 1);
            let number = asked.get_value();
            let (Ok(customer), Ok(kind)) = (customer, kind) else {
                this.shown.set(None);
                this.failed.set(None);
                return;
            };
            let is_last = move || asked.try_get_value() == Some(number);
            dom::after(REST, move || {
                if !is_last() {
                    return;
                }
                leptos::task::spawn_local(async move {
                    let answer = preview_text(desk.release, customer, content.clone(), kind).await;
                    // Only the answer to the last question counts.
                    if !is_last() {
                        return;
                    }
                    match answer {
                        Ok(resolved) => this.show(customer, content, kind, resolved),
                        Err(error) => this.failed.set(Some(sentence(&error.to_string()))),
                    }
                });
            });
        });
        this
    }

    fn show(self, customer: CustomerId, raw: String, kind: StepType, resolved: ResolvedText) {
        let name = self.targets.with_untracked(|it| {
            let target = it.iter().find(|it| it.id == customer);
            target.map(|it| it.name.clone()).unwrap_or_default()
        });
        self.failed.set(None);
        self.shown.set(Some(PreviewedText {
            customer,
            name,
            raw,
            kind,
            resolved,
        }));
    }

    /// The choice of a customer, for the editor's head.
    pub fn choice(self) -> impl IntoView {
        // Many customers are many options: text is drawn quicker than elements one by one.
        let options = move || {
            let mut html = String::from("<option value=\"\">nobody</option>");
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
            <label for="preview-for">"Preview for"</label>
            <select
                class="input"
                data-size="s"
                id="preview-for"
                inner_html=options
                on:change=move |event| self.chosen.set(event_target_value(&event))
            ></select>
        }
    }

    /// The text with the customer's values, under the editor.
    pub fn text(self) -> impl IntoView {
        let failed = move || {
            self.failed.get().map(|text| {
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
                let missing = it.resolved.unresolved();
                let name = it.name.clone();
                let missing = (!missing.is_empty()).then(|| {
                    let are = if missing.len() == 1 { "is" } else { "are" };
                    let missing = missing.join(", ");
                    view! {
                        <div class="alert">
                            <Icon name="i-warn"/>
                            <span>
                                {format!("{missing} {are} not set for {name}. Until then the step can neither be copied nor marked done there. ")}
                                <a class="link" href=paths::edit_customer(it.customer) target="_blank">"Fill it in"</a>
                            </span>
                        </div>
                    }
                });
                view! {
                    <section class="stack stack-s" aria-label=format!("Text for {}", it.name)>
                        {missing}
                        <CodeBlock resolved=it.resolved raw=it.raw kind=it.kind/>
                    </section>
                }
            })
        };
        view! {
            {failed}
            {shown}
        }
    }
}
