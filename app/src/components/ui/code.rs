//! A block of code: coloured, with line numbers, and each filled-in value marked with where it came from, under the pointer
//! and with the keyboard. It is drawn as text: a text of a thousand lines would be as many reactive elements.
use super::{icon::Icon, text_area::escape_into};
use crate::{
    browser::{dom, tooltip},
    domain::{
        variables::{self, ResolvedSegment, ResolvedText, TextSegment, Variable},
        vocabulary::StepType,
    },
    highlight::{self, TokenClass},
};
use leptos::{html, prelude::*};

const WRAP_KEY: &str = "rollcall.wrap";

/// How texts are shown: it stays so while one text follows the other.
#[derive(Clone, Copy)]
pub struct CodeView {
    pub is_raw: RwSignal<bool>,
    pub wraps: RwSignal<bool>,
    /// Whether it is as this person chose before. Asked once: the text before still listens while the next is drawn.
    pub is_recalled: RwSignal<bool>,
}

impl Default for CodeView {
    fn default() -> Self {
        Self {
            is_raw: RwSignal::new(false),
            wraps: RwSignal::new(true),
            is_recalled: RwSignal::new(false),
        }
    }
}

impl CodeView {
    /// What this person chose before, in this browser.
    fn recall(self) {
        if self.is_recalled.get_untracked() {
            return;
        }
        self.is_recalled.set(true);
        if let Some(kept) = dom::recall(WRAP_KEY) {
            self.wraps.set(kept == "on");
        }
    }

    fn toggle_wrap(self) {
        let wraps = !self.wraps.get_untracked();
        self.wraps.set(wraps);
        dom::remember(WRAP_KEY, if wraps { "on" } else { "off" });
    }
}

/// A piece of a line: its colour, and the variable that it is the value of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinePart {
    pub class: TokenClass,
    pub variable: Option<Variable>,
    pub text: String,
}

/// The lines of a resolved text, cut at colours, values and line breaks.
pub fn lines(resolved: &ResolvedText, kind: StepType) -> Vec<Vec<LinePart>> {
    let text = resolved.text();
    let mut lines: Vec<Vec<LinePart>> = vec![Vec::new()];
    let mut spans = resolved.spans.iter();
    let mut span = spans.next();
    let mut left_in_span = span.map_or(0, |it| it.text.len());
    for (class, mut piece) in highlight::tokens(&text, kind) {
        while !piece.is_empty() {
            while left_in_span == 0 && span.is_some() {
                span = spans.next();
                left_in_span = span.map_or(0, |it| it.text.len());
            }
            let take = piece.len().min(left_in_span.max(1));
            let (now, rest) = piece.split_at(take);
            left_in_span = left_in_span.saturating_sub(take);
            piece = rest;
            let variable = span.and_then(|it| it.variable.clone());
            for (index, line) in now.split('\n').enumerate() {
                if index > 0 {
                    lines.push(Vec::new());
                }
                let line = line.strip_suffix('\r').unwrap_or(line);
                if let (false, Some(last)) = (line.is_empty(), lines.last_mut()) {
                    match last.last_mut() {
                        // A value is one piece, whatever colours it would have.
                        Some(part) if variable.is_some() && part.variable == variable => {
                            part.text.push_str(line);
                        }
                        _ => last.push(LinePart {
                            class,
                            variable: variable.clone(),
                            text: line.to_owned(),
                        }),
                    }
                }
            }
        }
    }
    // A text's last line break ends its last line; it does not begin another.
    if lines.len() > 1 && lines.last().is_some_and(Vec::is_empty) {
        lines.pop();
    }
    lines
}

/// A text as it was written, with its variables marked.
fn marked(text: &str, variables: &[Variable]) -> ResolvedText {
    let spans = variables::pieces(text)
        .into_iter()
        .map(|piece| match piece {
            TextSegment::Literal(text) | TextSegment::Escaped(text) => ResolvedSegment::plain(text),
            TextSegment::Variable { text, name, .. } => ResolvedSegment {
                text: text.to_owned(),
                variable: variables.iter().find(|it| it.name == name).cloned(),
            },
        });
    ResolvedText {
        spans: spans.collect(),
    }
}

/// "{{var.HOST}} is acme.example, from the customer".
fn origin(variable: &Variable) -> String {
    let name = &variable.name;
    match (&variable.value, variable.source) {
        (Some(value), Some(source)) => {
            let value = if value.is_empty() {
                "empty"
            } else {
                value.as_str()
            };
            format!("{{{{{name}}}}} is {value}, from the {source}")
        }
        _ => format!("{{{{{name}}}}} is not set"),
    }
}

fn counted(n: usize, one: &str) -> String {
    let end = if n == 1 { "" } else { "s" };
    format!("{n} {one}{end}")
}

fn write_part(out: &mut String, part: &LinePart) {
    let close = match (&part.variable, part.class.name()) {
        (Some(variable), _) => {
            out.push_str("<var tabindex=\"0\"");
            if variable.value.is_none() {
                out.push_str(" data-unresolved");
            }
            out.push_str(" title=\"");
            escape_into(out, &origin(variable));
            out.push_str("\">");
            "</var>"
        }
        (None, Some(class)) => {
            out.extend(["<span class=\"", class, "\">"]);
            "</span>"
        }
        (None, None) => "",
    };
    escape_into(out, &part.text);
    out.push_str(close);
}

/// The lines as HTML. An empty one holds a line break, so that it is one also in what is selected and copied by hand.
fn drawn(lines: &[Vec<LinePart>]) -> String {
    let mut out = String::new();
    for line in lines {
        out.push_str("<span class=\"ln\">");
        if line.is_empty() {
            out.push('\n');
        }
        line.iter().for_each(|it| write_part(&mut out, it));
        out.push_str("</span>");
    }
    out
}

/// Where the text stands, for who has to copy it by hand.
pub const TEXT: &str = "[data-text]";

#[component]
pub fn CodeBlock(
    #[prop(into)] resolved: ResolvedText,
    #[prop(into)] raw: String,
    kind: StepType,
    /// Kept by the page, if one text follows the other.
    #[prop(optional)]
    view: Option<CodeView>,
) -> impl IntoView {
    let view = view.unwrap_or_default();
    let CodeView { is_raw, wraps, .. } = view;
    let tip: NodeRef<html::Span> = NodeRef::new();
    let filled = lines(&resolved, kind);
    let n_lines = filled.len();
    let variables = resolved.variables();
    let has_two_forms = !variables.is_empty() || resolved.text() != raw;
    let filled = StoredValue::new(drawn(&filled));
    let raw = StoredValue::new(marked(&raw, &variables));
    let text = move || {
        if is_raw.get() {
            raw.with_value(|it| drawn(&lines(it, kind)))
        } else {
            filled.get_value()
        }
    };
    Effect::new(move |_| view.recall());
    let hide = move || {
        // A text that is taken away while it has the keyboard loses it only once it is gone.
        if let Some(tip) = tip.try_get_untracked().flatten() {
            tooltip::hide(&tip);
        }
    };
    let icon = match kind {
        StepType::Bash => "t-bash",
        StepType::Sql => "t-sql",
        StepType::Text => "t-text",
    };
    let mut count = format!("{kind}, {}", counted(n_lines, "line"));
    if !variables.is_empty() {
        count.extend([", ", counted(variables.len(), "value").as_str()]);
    }
    let forms = has_two_forms.then(|| {
        let form = move |label: &'static str, raw: bool| {
            view! {
                <button
                    type="button"
                    aria-pressed=move || (is_raw.get() == raw).to_string()
                    on:click=move |_| is_raw.set(raw)
                >
                    {label}
                </button>
            }
        };
        view! {
            <span class="segments" role="group" aria-label="Text shown">
                {form("Resolved", false)}
                {form("Raw", true)}
            </span>
        }
    });
    view! {
        <div class="code" data-wrap=move || wraps.get().then_some("")>
            <div class="code__head">
                <Icon name=icon small=true/>
                <span class="clip">{count}</span>
                <span class="segments push">
                    <button
                        type="button"
                        aria-pressed=move || wraps.get().to_string()
                        title="Wrap long lines"
                        on:click=move |_| view.toggle_wrap()
                    >
                        "Wrap"
                    </button>
                </span>
                {forms}
            </div>
            <pre
                tabindex="0"
                role="region"
                data-text=""
                aria-label=move || if is_raw.get() { "Raw text" } else { "Resolved text" }
                on:pointerover=move |event| { if let Some(tip) = tip.get_untracked() { tooltip::show(&event, &tip) } }
                on:focusin=move |event| { if let Some(tip) = tip.get_untracked() { tooltip::show(&event, &tip) } }
                on:pointerout=move |_| hide()
                on:focusout=move |_| hide()
                on:scroll=move |_| hide()
            >
                <code inner_html=text></code>
            </pre>
            <span class="tooltip" role="tooltip" hidden="" node_ref=tip></span>
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::variables::Source;

    fn resolved(spans: &[(&str, bool)]) -> ResolvedText {
        let variable = || Variable {
            name: "var.A".into(),
            value: Some("x".into()),
            source: None,
        };
        ResolvedText {
            spans: spans
                .iter()
                .map(|(text, is)| ResolvedSegment {
                    text: (*text).into(),
                    variable: is.then(variable),
                })
                .collect(),
        }
    }

    fn text_of(lines: &[Vec<LinePart>]) -> Vec<String> {
        lines
            .iter()
            .map(|line| line.iter().map(|it| it.text.as_str()).collect())
            .collect()
    }

    #[test]
    fn lines_keep_the_text_and_mark_the_values() {
        let lines = lines(
            &resolved(&[("set -e\necho ", false), ("a b", true), (" \"q\"\n", false)]),
            StepType::Bash,
        );
        assert_eq!(text_of(&lines), ["set -e", "echo a b \"q\""]);
        let values: String = lines[1]
            .iter()
            .filter(|it| it.variable.is_some())
            .map(|it| it.text.as_str())
            .collect();
        assert_eq!(values, "a b");
    }

    #[test]
    fn an_empty_value_and_letters_of_many_bytes_are_no_trouble() {
        let lines = lines(
            &resolved(&[("é", false), ("", true), ("ö\n\nü", true)]),
            StepType::Text,
        );
        assert_eq!(text_of(&lines), ["éö", "", "ü"]);
    }

    #[test]
    fn a_value_says_where_it_came_from_and_hostile_text_stays_text() {
        let variable = Variable {
            name: "var.A".into(),
            value: Some("<b>\"".into()),
            source: Some(Source::Cluster),
        };
        let span = ResolvedSegment {
            text: "<b>\"".into(),
            variable: Some(variable),
        };
        let resolved = ResolvedText {
            spans: vec![
                ResolvedSegment::plain("echo "),
                span,
                ResolvedSegment::plain("\n\n</code>"),
            ],
        };
        assert_eq!(
            drawn(&lines(&resolved, StepType::Text)),
            "<span class=\"ln\">echo <var tabindex=\"0\" title=\"{{var.A}} is &lt;b&gt;&quot;, from the cluster\">\
             &lt;b&gt;&quot;</var></span><span class=\"ln\">\n</span><span class=\"ln\">&lt;/code&gt;</span>"
        );
    }

    #[test]
    fn the_raw_text_is_whole_and_its_variables_are_marked() {
        let text = r"a {{var.A}} \{{var.A}} {{ .Values.x }}";
        let variable = Variable {
            name: "var.A".into(),
            value: None,
            source: None,
        };
        let marked = marked(text, &[variable]);
        assert_eq!(marked.text(), text);
        assert_eq!(marked.unresolved(), ["var.A"]);
    }
}
