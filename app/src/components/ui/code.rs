//! Code block: the text of a step with syntax highlighting, line numbers, and a tooltip on each resolved variable that tells
//! where its value comes from. The lines are written as HTML text, because a thousand lines would be thousands of reactive
//! elements.
use super::{html::escape_into, icon::Icon};
use crate::{
    browser::dom, browser::tooltip, domain::invisible, domain::plural::pluralize,
    domain::variables, domain::variables::ResolvedSegment, domain::variables::ResolvedText,
    domain::variables::TextSegment, domain::variables::Variable, domain::vocabulary::StepType,
    highlight, highlight::TokenClass,
};
use leptos::{html, prelude::*};

/// The key of the saved choice for wrapping lines in this browser: `on` or `off`.
const WRAP_SETTING: &str = "rollcall.wrap";

/// How a code block is shown. A page can share it between the blocks that it shows one after the other.
#[derive(Clone, Copy)]
pub struct CodeView {
    /// Whether variables are shown by their names instead of their values.
    pub is_raw: RwSignal<bool>,
    /// Whether long lines are wrapped.
    pub wraps: RwSignal<bool>,
    /// Whether the saved choice has been loaded. It is loaded only once, because the block before still depends on `wraps`
    /// while the next one is rendered.
    pub is_loaded: RwSignal<bool>,
}

impl Default for CodeView {
    fn default() -> Self {
        Self {
            is_raw: RwSignal::new(false),
            wraps: RwSignal::new(true),
            is_loaded: RwSignal::new(false),
        }
    }
}

impl CodeView {
    /// Applies what the user has chosen before, in this browser.
    fn load_settings(self) {
        if self.is_loaded.get_untracked() {
            return;
        }
        self.is_loaded.set(true);
        if let Some(saved) = dom::read_setting(WRAP_SETTING) {
            self.wraps.set(saved == "on");
        }
    }

    fn toggle_wrap(self) {
        let wraps = !self.wraps.get_untracked();
        self.wraps.set(wraps);
        dom::write_setting(WRAP_SETTING, if wraps { "on" } else { "off" });
    }
}

/// A part of a line with one token class; a value of a variable, or an escaped variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinePart {
    pub class: TokenClass,
    /// The variable that this is the value or the name of.
    pub variable: Option<Variable>,
    pub is_escaped: bool,
    pub text: String,
}

/// The lines of a resolved text, split at tokens and variables. Line breaks are not part of them.
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
            let is_escaped = span.is_some_and(|it| it.is_escaped);
            for (index, line) in now.split('\n').enumerate() {
                if index > 0 {
                    lines.push(Vec::new());
                }
                let line = line.strip_suffix('\r').unwrap_or(line);
                if let (false, Some(last)) = (line.is_empty(), lines.last_mut()) {
                    match last.last_mut() {
                        // A variable is one part, even if its value has several tokens.
                        Some(part) if variable.is_some() && part.variable == variable => {
                            part.text.push_str(line);
                        }
                        _ => last.push(LinePart {
                            class,
                            variable: variable.clone(),
                            is_escaped,
                            text: line.to_owned(),
                        }),
                    }
                }
            }
        }
    }
    // A line break at the end of the text does not begin another line.
    if lines.len() > 1 && lines.last().is_some_and(Vec::is_empty) {
        lines.pop();
    }
    lines
}

/// The raw text with its variables marked, in the form of a resolved text.
fn with_marked_variables(text: &str, variables: &[Variable]) -> ResolvedText {
    let spans = variables::pieces(text)
        .into_iter()
        .map(|piece| match piece {
            TextSegment::Literal(text) | TextSegment::Backslashes(text) => {
                ResolvedSegment::plain(text)
            }
            TextSegment::Escaped(text) => ResolvedSegment {
                is_escaped: true,
                ..ResolvedSegment::plain(text)
            },
            TextSegment::Variable { text, name, .. } => ResolvedSegment {
                variable: variables.iter().find(|it| it.name == name).cloned(),
                ..ResolvedSegment::plain(text)
            },
        });
    ResolvedText {
        spans: spans.collect(),
    }
}

/// The title of a variable: "{{var.HOST}} is acme.example, from the customer".
fn variable_title(variable: &Variable) -> String {
    let name = &variable.name;
    if let Some(problem) = variable.problem {
        return format!("{{{{{name}}}}} {problem}");
    }
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

fn write_part(out: &mut String, part: &LinePart) {
    let close = match (&part.variable, part.class.name()) {
        (Some(variable), _) => {
            out.push_str("<var tabindex=\"0\"");
            if variable.is_unresolved() {
                out.push_str(" data-unresolved");
            }
            out.push_str(" title=\"");
            escape_into(out, &variable_title(variable));
            out.push_str("\">");
            "</var>"
        }
        (None, _) if part.is_escaped => {
            out.push_str(
                "<var tabindex=\"0\" data-escaped title=\"Escaped: printed without a value\">",
            );
            "</var>"
        }
        (None, Some(class)) => {
            out.extend(["<span class=\"", class, "\">"]);
            "</span>"
        }
        (None, None) => "",
    };
    let marks = CharacterMarks {
        is_named: true,
        tabs: part.class == TokenClass::Text,
        // A quote or a dash in a value is no trouble.
        visible: part.variable.is_none(),
    };
    escape_marked(out, &part.text, marks);
    out.push_str(close);
}

/// Which characters of a text are marked, beside those that cannot be seen at all.
#[derive(Clone, Copy, Debug)]
pub struct CharacterMarks {
    /// Each mark says what it is, under the pointer.
    pub is_named: bool,
    pub tabs: bool,
    /// Quotes and dashes that look like others.
    pub visible: bool,
}

/// Escapes a text, and marks the characters in it that cannot be seen or look like others (R84).
pub fn escape_marked(out: &mut String, text: &str, marks: CharacterMarks) {
    let mut from = 0;
    for (at, letter) in text.char_indices() {
        let is_tab = letter == '\t' && marks.tabs;
        let is_other = || {
            invisible::is_marked(text, at, letter)
                && (marks.visible || !invisible::is_visible(letter))
        };
        if is_tab || is_other() {
            escape_into(out, &text[from..at]);
            out.push_str("<mark");
            if invisible::replacement(letter) == Some("") {
                out.push_str(" data-zero");
            }
            if marks.is_named {
                out.extend([" title=\"", &invisible::title(letter), "\""]);
            }
            out.push('>');
            out.push(letter);
            out.push_str("</mark>");
            from = at + letter.len_utf8();
        }
    }
    escape_into(out, &text[from..]);
}

/// The lines as HTML. An empty line holds a line break, so that it is kept when the user selects and copies the text.
fn lines_html(lines: &[Vec<LinePart>]) -> String {
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

/// Selector of the text of a code block, for selecting it if it cannot be copied.
pub const CODE_TEXT: &str = "[data-text]";

/// A code block with buttons for wrapping, and for the raw text if it differs from the resolved one.
#[component]
pub fn CodeBlock(
    /// The text with the values of variables.
    #[prop(into)]
    resolved: ResolvedText,
    /// The text with the names of variables.
    #[prop(into)]
    raw: String,
    /// The language to highlight.
    kind: StepType,
    /// How the text is shown, if the page shares it between blocks.
    #[prop(optional)]
    view: Option<CodeView>,
    /// The line that a copy begins with, shown above the text.
    #[prop(optional, into)]
    header: Signal<Option<String>>,
) -> impl IntoView {
    let view = view.unwrap_or_default();
    let CodeView { wraps, .. } = view;
    let tooltip: NodeRef<html::Span> = NodeRef::new();
    let filled = lines(&resolved, kind);
    let n_lines = filled.len();
    let variables = resolved.variables();
    let has_two_forms = !variables.is_empty() || resolved.text() != raw;
    // The choice is the page's: a text that has one form alone is never shown as the raw one.
    let is_raw = move || has_two_forms && view.is_raw.get();
    let filled = StoredValue::new(lines_html(&filled));
    let raw = StoredValue::new(with_marked_variables(&raw, &variables));
    let text = move || {
        if is_raw() {
            raw.with_value(|it| lines_html(&lines(it, kind)))
        } else {
            filled.get_value()
        }
    };
    Effect::new(move |_| view.load_settings());
    // Events also come while the block is being replaced, and `focusout` after it was removed with the focus.
    let element = move || tooltip.try_get_untracked().flatten();
    let hide = move || {
        if let Some(tooltip) = element() {
            tooltip::hide(&tooltip);
        }
    };
    let icon = match kind {
        StepType::Bash => "t-bash",
        StepType::Sql => "t-sql",
        StepType::Text => "t-text",
    };
    let mut count = format!("{kind}, {}", pluralize(n_lines, "line"));
    if !variables.is_empty() {
        count.extend([", ", pluralize(variables.len(), "value").as_str()]);
    }
    let forms = has_two_forms.then(|| {
        let form = move |label: &'static str, raw: bool| {
            view! {
                <button
                    type="button"
                    aria-pressed=move || (is_raw() == raw).to_string()
                    on:click=move |_| view.is_raw.set(raw)
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
            {move || header.get().map(|it| view! { <p class="code__header mono" title="Copied with the text">{it}</p> })}
            <pre
                tabindex="0"
                role="region"
                data-text=""
                aria-label=move || if is_raw() { "Raw text" } else { "Resolved text" }
                on:pointerover=move |event| { if let Some(tooltip) = element() { tooltip::show(&event, &tooltip) } }
                on:focusin=move |event| { if let Some(tooltip) = element() { tooltip::show(&event, &tooltip) } }
                on:pointerout=move |_| hide()
                on:focusout=move |_| hide()
                on:scroll=move |_| hide()
            >
                <code inner_html=text></code>
            </pre>
            <span class="tooltip" role="tooltip" hidden="" node_ref=tooltip></span>
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
            problem: None,
        };
        ResolvedText {
            spans: spans
                .iter()
                .map(|(text, is)| ResolvedSegment {
                    variable: is.then(variable),
                    ..ResolvedSegment::plain(text)
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
    fn lines_keep_the_text_and_mark_the_values_of_variables() {
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
    fn empty_values_and_letters_of_several_bytes_are_split_correctly() {
        let lines = lines(
            &resolved(&[("é", false), ("", true), ("ö\n\nü", true)]),
            StepType::Text,
        );
        assert_eq!(text_of(&lines), ["éö", "", "ü"]);
    }

    #[test]
    fn a_variable_names_its_source_and_hostile_text_is_escaped() {
        let variable = Variable {
            name: "var.A".into(),
            value: Some("<b>\"".into()),
            source: Some(Source::Cluster),
            problem: None,
        };
        let span = ResolvedSegment {
            variable: Some(variable),
            ..ResolvedSegment::plain("<b>\"")
        };
        let resolved = ResolvedText {
            spans: vec![
                ResolvedSegment::plain("echo "),
                span,
                ResolvedSegment::plain("\n\n</code>"),
            ],
        };
        assert_eq!(
            lines_html(&lines(&resolved, StepType::Text)),
            "<span class=\"ln\">echo <var tabindex=\"0\" title=\"{{var.A}} is &lt;b&gt;&quot;, from the cluster\">\
             &lt;b&gt;&quot;</var></span><span class=\"ln\">\n</span><span class=\"ln\">&lt;/code&gt;</span>"
        );
    }

    #[test]
    fn the_raw_text_is_complete_and_its_variables_are_marked() {
        let text = r"a {{var.A}} \{{var.A}} {{ .Values.x }}";
        let variable = Variable {
            name: "var.A".into(),
            value: None,
            source: None,
            problem: None,
        };
        let marked = with_marked_variables(text, &[variable]);
        assert_eq!(marked.text(), text);
        assert_eq!(marked.unresolved(), ["var.A"]);
        let html = lines_html(&lines(&marked, StepType::Bash));
        assert_eq!(html.matches(" data-escaped").count(), 1);
    }

    #[test]
    fn what_cannot_be_seen_is_marked_with_its_name() {
        let html = |text: &str, kind| lines_html(&lines(&resolved(&[(text, false)]), kind));
        let nbsp = "<mark title=\"No-break space (U+00A0)\">\u{a0}</mark>";
        assert!(html("ls\u{a0}-l <x", StepType::Bash).contains(&format!("{nbsp}-l &lt;x")));
        let tab = "<mark title=\"Tab (U+0009)\">\t</mark>";
        let sql = html("SELECT\t'a\tb'", StepType::Sql);
        assert_eq!(
            (sql.matches("<mark").count(), sql.matches(tab).count()),
            (1, 1)
        );
        let value = resolved(&[("O\u{2019}Hara\u{a0}", true)]);
        let html = lines_html(&lines(&value, StepType::Bash));
        assert_eq!(html.matches("<mark").count(), 1);
    }
}
