//! A block of code: coloured, with line numbers, and each filled-in value marked with where it came from.
use super::icon::Icon;
use crate::{
    domain::{
        template::StepType,
        vars::{Resolved, Variable},
    },
    highlight::{self, Class},
};
use leptos::prelude::*;

/// A piece of a line: its colour, and the variable that it is the value of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    pub class: Class,
    pub variable: Option<Variable>,
    pub text: String,
}

/// The lines of a resolved text, cut at colours, values and line breaks.
pub fn lines(resolved: &Resolved, kind: StepType) -> Vec<Vec<Part>> {
    let text = resolved.text();
    let mut lines = vec![Vec::new()];
    let mut spans = resolved.spans.iter();
    let mut span = spans.next();
    let mut left_in_span = span.map_or(0, |it| it.text.len());
    for (class, mut piece) in highlight::pieces(&text, kind) {
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
                    last.push(Part {
                        class,
                        variable: variable.clone(),
                        text: line.to_owned(),
                    });
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

fn part(part: Part) -> AnyView {
    let Part {
        class,
        variable,
        text,
    } = part;
    match variable {
        Some(Variable {
            name,
            value: Some(_),
            source,
        }) => {
            let title = format!(
                "{{{{{name}}}}}, from the {}",
                source.map_or("release", |it| it.as_str())
            );
            view! { <var title=title>{text}</var> }.into_any()
        }
        Some(Variable { name, .. }) => {
            view! { <var data-unresolved="" title=format!("{name} is not set")>{text}</var> }
                .into_any()
        }
        None => match class.name() {
            Some(class) => view! { <span class=class>{text}</span> }.into_any(),
            None => view! { <span>{text}</span> }.into_any(),
        },
    }
}

#[component]
pub fn CodeBlock(
    #[prop(into)] resolved: Resolved,
    #[prop(into)] raw: String,
    kind: StepType,
) -> impl IntoView {
    let is_raw = RwSignal::new(false);
    let filled = lines(&resolved, kind);
    let n_lines = filled.len();
    let has_variables = !resolved.variables().is_empty();
    let raw = lines(
        &Resolved {
            spans: vec![crate::domain::vars::Span {
                text: raw,
                variable: None,
            }],
        },
        kind,
    );
    let draw = move || {
        let lines = if is_raw.get() {
            raw.clone()
        } else {
            filled.clone()
        };
        lines
            .into_iter()
            .map(|line| {
                let line = if line.is_empty() {
                    view! { " " }.into_any()
                } else {
                    line.into_iter().map(part).collect_view().into_any()
                };
                view! { <span class="ln">{line}</span> }
            })
            .collect_view()
    };
    let icon = match kind {
        StepType::Bash => "t-bash",
        StepType::Sql => "t-sql",
        StepType::Text => "t-text",
    };
    view! {
        <div class="code" data-wrap="">
            <div class="code__head">
                <Icon name=icon small=true/>
                <span>{format!("{kind}, {n_lines} {}", if n_lines == 1 { "line" } else { "lines" })}</span>
                {has_variables
                    .then(|| {
                        view! {
                            <span class="segments push" role="group" aria-label="Text shown">
                                <button
                                    type="button"
                                    aria-pressed=move || (!is_raw.get()).to_string()
                                    on:click=move |_| is_raw.set(false)
                                >
                                    "Resolved"
                                </button>
                                <button
                                    type="button"
                                    aria-pressed=move || is_raw.get().to_string()
                                    on:click=move |_| is_raw.set(true)
                                >
                                    "Raw"
                                </button>
                            </span>
                        }
                    })}
            </div>
            <pre tabindex="0" role="region" aria-label=move || if is_raw.get() { "Raw text" } else { "Resolved text" }>
                <code>{draw}</code>
            </pre>
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::vars::Span;

    fn resolved(spans: &[(&str, bool)]) -> Resolved {
        let variable = || Variable {
            name: "var.A".into(),
            value: Some("x".into()),
            source: None,
        };
        Resolved {
            spans: spans
                .iter()
                .map(|(text, is)| Span {
                    text: (*text).into(),
                    variable: is.then(variable),
                })
                .collect(),
        }
    }

    fn text_of(lines: &[Vec<Part>]) -> Vec<String> {
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
}
