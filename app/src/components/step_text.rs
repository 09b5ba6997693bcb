//! Text functions of the step editor, without the DOM: syntax highlighting with variables, unknown variables, and
//! completion of the name before the caret.
use super::ui::text_area::escape_into;
use crate::{
    domain::variables, domain::variables::TextSegment, domain::vocabulary::StepType, highlight,
};

/// Longest text that is highlighted, in bytes. Each keystroke highlights the whole text again.
const HIGHLIGHT_MAX_BYTES: usize = 64 * 1024;
/// How many completions are offered at once; further letters narrow the list.
const COMPLETIONS_MAX: usize = 10;

/// Splits a text into pieces, each with the name of its variable if it is one. The pieces concatenate to the text:
/// unlike `variables::pieces` this keeps the backslash before an escaped variable.
fn split_variables(text: &str) -> Vec<(&str, Option<&str>)> {
    let mut found = Vec::new();
    let mut at = 0;
    for piece in variables::pieces(text) {
        let (piece, name) = match piece {
            TextSegment::Literal(piece) | TextSegment::Escaped(piece) => (piece, None),
            TextSegment::Variable { text, name, .. } => (text, Some(name)),
        };
        if !text[at..].starts_with(piece) {
            found.push((&text[at..=at], None));
            at += 1;
        }
        found.push((&text[at..at + piece.len()], name));
        at += piece.len();
    }
    found.push((&text[at..], None));
    found
}

/// Writes a piece within a tag; each line break ends the line's span and begins the next.
fn write_piece(out: &mut String, text: &str, (open, close): (&str, &str)) {
    for (index, line) in text.split('\n').enumerate() {
        if index > 0 {
            out.push_str("</span><span class=\"ln\">");
        }
        if !line.is_empty() {
            out.push_str(open);
            escape_into(out, line);
            out.push_str(close);
        }
    }
}

/// The text as HTML with syntax highlighting, one span per line. While `known` is empty, no variable counts as unknown.
pub fn highlighted(text: &str, kind: StepType, known: &[String]) -> String {
    // A text area has only one kind of line break.
    let text = &text.replace("\r\n", "\n").replace('\r', "\n");
    let mut out = String::with_capacity(text.len() * 2);
    out.push_str("<span class=\"ln\">");
    if text.len() > HIGHLIGHT_MAX_BYTES {
        write_piece(&mut out, text, ("", ""));
    } else {
        let colors = highlight::tokens(text, kind);
        let mut colors = colors.iter();
        let (mut class, mut class_end) = (None, 0);
        let mut at = 0;
        for (piece, name) in split_variables(text) {
            let end = at + piece.len();
            if let Some(name) = name {
                let tag = if is_known(name, known) {
                    "<var>"
                } else {
                    "<var data-unresolved>"
                };
                write_piece(&mut out, piece, (tag, "</var>"));
                at = end;
            }
            while at < end {
                while class_end <= at {
                    let Some((next, color)) = colors.next() else {
                        class_end = usize::MAX;
                        break;
                    };
                    (class, class_end) = (next.name(), class_end + color.len());
                }
                let stop = class_end.min(end);
                match class {
                    Some(class) => {
                        let tag = format!("<span class=\"{class}\">");
                        write_piece(&mut out, &text[at..stop], (&tag, "</span>"));
                    }
                    None => write_piece(&mut out, &text[at..stop], ("", "")),
                }
                at = stop;
            }
        }
    }
    out.push_str("</span>");
    out
}

fn is_known(name: &str, known: &[String]) -> bool {
    known.is_empty() || known.iter().any(|it| it == name)
}

/// Names of the variables in a text that are not known, each once.
pub fn unknown_variables(text: &str, known: &[String]) -> Vec<String> {
    let names = variables::names(text).into_iter();
    let unknown = names.filter(|it| !is_known(it, known));
    unknown.map(str::to_owned).collect()
}

/// The part of a variable's name that is typed before the caret; none if the caret is in no variable.
fn typed_prefix(before: &str) -> Option<&str> {
    let line = before.rsplit('\n').next()?;
    let (head, typed) = line.rsplit_once("{{")?;
    if head.ends_with('\\') {
        return None;
    }
    let typed = typed.trim_start_matches([' ', '\t']);
    let is_name = |it: char| it.is_ascii_alphanumeric() || matches!(it, '_' | '.' | '-');
    typed.chars().all(is_name).then_some(typed)
}

/// Names that contain what is typed, those that begin with it first. Empty if a complete name is typed already.
fn completions(typed: &str, behind: &str, known: &[String]) -> Vec<String> {
    let is_closed = behind.trim_start_matches(' ').starts_with("}}");
    if is_closed && known.iter().any(|it| it == typed) {
        return Vec::new();
    }
    let wanted = typed.to_ascii_lowercase();
    let of = |begins: bool| {
        let wanted = wanted.clone();
        known.iter().filter(move |it| {
            let it = it.to_ascii_lowercase();
            it.contains(&wanted) && it.starts_with(&wanted) == begins
        })
    };
    of(true).chain(of(false)).cloned().collect()
}

/// The completions that are offered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Completions {
    /// The offered names.
    pub names: Vec<String>,
    /// How many there are, including those that are not offered.
    pub n_found: usize,
    /// Index of the selected name.
    pub chosen: usize,
    /// How many bytes of the name are typed.
    pub typed: u32,
    /// Whether the braces are closed behind the caret.
    pub is_closed: bool,
    /// Line of the caret, counted from 0.
    pub line: u32,
    /// Column of the caret in characters; a tab counts as two.
    pub column: u32,
}

impl Completions {
    /// The completions for a caret between two texts.
    pub fn at(before: &str, behind: &str, known: &[String]) -> Self {
        let Some(typed) = typed_prefix(before) else {
            return Self::default();
        };
        let number = |it: usize| u32::try_from(it).unwrap_or_default();
        let line = before.rsplit('\n').next().unwrap_or_default();
        let width = |it: char| if it == '\t' { 2 } else { 1 };
        let mut names = completions(typed, behind, known);
        let n_found = names.len();
        names.truncate(COMPLETIONS_MAX);
        Self {
            names,
            n_found,
            chosen: 0,
            typed: number(typed.len()),
            is_closed: behind.trim_start_matches(' ').starts_with("}}"),
            line: number(before.matches('\n').count()),
            column: number(line.chars().map(width).sum()),
        }
    }

    /// Selects the next or the previous name, around the end.
    pub fn step(&mut self, down: bool) {
        let n = self.names.len();
        self.chosen = if down {
            (self.chosen + 1) % n
        } else {
            (self.chosen + n - 1) % n
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn known() -> Vec<String> {
        [
            "customer.name",
            "customer.namespace",
            "var.HOST",
            "var.host_2",
        ]
        .map(str::to_owned)
        .to_vec()
    }

    #[test]
    fn every_line_is_a_span_and_hostile_text_stays_text() {
        let html = highlighted("set -e\r\n\n<b>{{var.HOST}}\n", StepType::Bash, &known());
        assert_eq!(
            html,
            "<span class=\"ln\"><span class=\"k\">set</span> -e</span><span class=\"ln\"></span>\
             <span class=\"ln\">&lt;b&gt;<var>{{var.HOST}}</var></span><span class=\"ln\"></span>"
        );
    }

    #[test]
    fn an_unknown_variable_is_marked_unless_nothing_is_known_yet() {
        let html = |known: &[String]| highlighted("{{var.HSOT}}", StepType::Text, known);
        assert!(html(&known()).contains("<var data-unresolved>{{var.HSOT}}</var>"));
        assert!(html(&[]).contains("<var>{{var.HSOT}}</var>"));
        assert_eq!(
            unknown_variables("{{var.HSOT}} {{var.HOST}}", &known()),
            ["var.HSOT"]
        );
    }

    #[test]
    fn names_that_begin_with_what_is_typed_come_first() {
        assert_eq!(typed_prefix("a\necho {{ cust"), Some("cust"));
        assert_eq!(typed_prefix("{{"), Some(""));
        for none in [
            "{{customer.name}}",
            r"\{{cust",
            "{{cust\n",
            "{{ .Values | x",
            "{",
        ] {
            assert_eq!(typed_prefix(none), None, "{none}");
        }
        assert_eq!(
            completions("HOST", "", &known()),
            ["var.HOST", "var.host_2"]
        );
        assert_eq!(
            completions("customer.name", "", &known()),
            ["customer.name", "customer.namespace"]
        );
        assert!(completions("customer.name", " }}", &known()).is_empty());
    }

    #[test]
    fn completions_know_the_position_of_the_caret() {
        let offer = Completions::at("a\n\t{{var.", "}} b", &known());
        assert_eq!((offer.line, offer.column, offer.typed), (1, 8, 4));
        assert!(offer.is_closed);
        assert_eq!(offer.names, ["var.HOST", "var.host_2"]);
        let many: Vec<String> = (0..30).map(|it| format!("var.V{it}")).collect();
        let offer = Completions::at("{{", "", &many);
        assert_eq!((offer.names.len(), offer.n_found), (COMPLETIONS_MAX, 30));
    }

    proptest! {
        #[test]
        fn the_pieces_concatenate_to_the_text(text in r"(\{\{|\}\}|\\|customer\.name|var\.A|quote|[ |{}\n$é]){0,20}") {
            let joined: String = split_variables(&text).into_iter().map(|it| it.0).collect();
            prop_assert_eq!(&joined, &text);
            for kind in [StepType::Bash, StepType::Sql] {
                let html = highlighted(&text, kind, &[]);
                prop_assert_eq!(html.matches("class=\"ln\"").count(), text.matches('\n').count() + 1);
            }
        }
    }
}
