//! Text area, and escaping of text in HTML. They are in one file because leptos does not escape the content of a `textarea`
//! on the server, so it is escaped here.
use leptos::{html, prelude::*};

/// Escapes a text for the content of an element or a quoted attribute.
pub fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    escape_into(&mut escaped, text);
    escaped
}

/// Like `escape`, but appends to a string.
pub fn escape_into(out: &mut String, text: &str) {
    let mut rest = text;
    // Most texts contain nothing to escape and are copied at once.
    while let Some(at) = rest.find(['&', '<', '>', '"', '\'']) {
        out.push_str(&rest[..at]);
        out.push_str(match rest.as_bytes()[at] {
            b'&' => "&amp;",
            b'<' => "&lt;",
            b'>' => "&gt;",
            b'"' => "&quot;",
            _ => "&#39;",
        });
        rest = &rest[at + 1..];
    }
    out.push_str(rest);
}

/// The HTML of a labelled text area, for forms that are shown only without JavaScript.
pub fn plain_html(id: &str, label: &str, text: &str) -> String {
    let (label, text) = (escape(label), escape(text));
    format!(
        "<label for=\"{id}\">{label}</label><textarea class=\"input mono\" id=\"{id}\" name=\"{id}\" rows=\"6\">\n{text}</textarea>"
    )
}

/// A text area.
#[component]
pub fn TextArea(
    value: RwSignal<String>,
    /// The id, and the name in a form.
    #[prop(into)]
    id: String,
    /// The visible height, in lines of text.
    #[prop(default = 3)]
    rows: u32,
    /// The id of the element that describes the field.
    #[prop(optional, into)]
    described_by: Signal<Option<String>>,
    #[prop(optional, into)] invalid: Signal<bool>,
    #[prop(optional)] node_ref: NodeRef<html::Textarea>,
    /// Whether the text is code: monospaced, without spell checking.
    #[prop(optional)]
    code: bool,
) -> impl IntoView {
    // HTML parsers drop a line break directly after the start tag.
    let initial = format!("\n{}", escape(&value.get_untracked()));
    view! {
        <textarea
            node_ref=node_ref
            class=if code { "input mono" } else { "input" }
            id=id.clone()
            name=id
            rows=rows
            spellcheck=if code { "false" } else { "true" }
            aria-describedby=described_by
            aria-invalid=move || invalid.get().then_some("true")
            inner_html=initial
            prop:value=move || value.get()
            on:input=move |event| value.set(event_target_value(&event))
        ></textarea>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escaped_text_cannot_leave_an_element_or_an_attribute() {
        assert_eq!(
            escape(r#"</textarea><script>alert("1")</script>'&"#),
            "&lt;/textarea&gt;&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&#39;&amp;"
        );
    }
}
