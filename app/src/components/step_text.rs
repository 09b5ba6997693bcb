//! The text of a step while it is written, without the page: its colours, which of its variables are unknown, and what
//! completes the name that is being typed.
use super::ui::text_area::escape_into;
use crate::{
    domain::{
        variables::{self, TextSegment},
        vocabulary::StepType,
    },
    highlight,
};

/// Longer texts stay without colours: each keystroke draws them anew.
const COLOURED_MAX: usize = 64 * 1024;
/// So many completions are offered at once; more letters find the others.
const OFFERED_MAX: usize = 10;

/// Cuts a text into pieces, each with the name of the variable that it is, if it is one. Joined, the pieces are the text:
/// unlike `vars::pieces` this keeps the backslash before an escaped variable.
fn marked(text: &str) -> Vec<(&str, Option<&str>)> {
    let mut marked = Vec::new();
    let mut at = 0;
    for piece in variables::pieces(text) {
        let (piece, name) = match piece {
            TextSegment::Literal(piece) | TextSegment::Escaped(piece) => (piece, None),
            TextSegment::Variable { text, name, .. } => (text, Some(name)),
        };
        if !text[at..].starts_with(piece) {
            marked.push((&text[at..=at], None));
            at += 1;
        }
        marked.push((&text[at..at + piece.len()], name));
        at += piece.len();
    }
    marked.push((&text[at..], None));
    marked
}

/// Writes a piece of a line or of several.
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

/// The text in colours, a span for each line. Without known names none is unknown.
pub fn coloured(text: &str, kind: StepType, known: &[String]) -> String {
    // A text field knows one kind of line break.
    let text = &text.replace("\r\n", "\n").replace('\r', "\n");
    let mut out = String::with_capacity(text.len() * 2);
    out.push_str("<span class=\"ln\">");
    if text.len() > COLOURED_MAX {
        write_piece(&mut out, text, ("", ""));
    } else {
        let colours = highlight::tokens(text, kind);
        let mut colours = colours.iter();
        let (mut class, mut class_end) = (None, 0);
        let mut at = 0;
        for (piece, name) in marked(text) {
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
                    let Some((next, colour)) = colours.next() else {
                        class_end = usize::MAX;
                        break;
                    };
                    (class, class_end) = (next.name(), class_end + colour.len());
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

/// The variables of a text that nobody knows, each once.
pub fn unknown(text: &str, known: &[String]) -> Vec<String> {
    let names = variables::names(text).into_iter();
    let unknown = names.filter(|it| !is_known(it, known));
    unknown.map(str::to_owned).collect()
}

/// What has been typed of a variable's name just before the caret; none if none has been begun.
fn begun(before: &str) -> Option<&str> {
    let line = before.rsplit('\n').next()?;
    let (head, typed) = line.rsplit_once("{{")?;
    if head.ends_with('\\') {
        return None;
    }
    let typed = typed.trim_start_matches([' ', '\t']);
    let is_name = |it: char| it.is_ascii_alphanumeric() || matches!(it, '_' | '.' | '-');
    typed.chars().all(is_name).then_some(typed)
}

/// The names that complete what was typed: first those that begin with it. None where the name stands there whole.
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

/// What is offered just now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Completions {
    pub names: Vec<String>,
    /// How many there are, if all were offered.
    pub n_found: usize,
    pub chosen: usize,
    /// How many letters of the name stand there already.
    pub typed: u32,
    /// Whether the braces are closed behind the caret.
    pub is_closed: bool,
    pub line: u32,
    pub column: u32,
}

impl Completions {
    pub fn at(before: &str, behind: &str, known: &[String]) -> Self {
        let Some(typed) = begun(before) else {
            return Self::default();
        };
        let number = |it: usize| u32::try_from(it).unwrap_or_default();
        let line = before.rsplit('\n').next().unwrap_or_default();
        let width = |it: char| if it == '\t' { 2 } else { 1 };
        let mut names = completions(typed, behind, known);
        let n_found = names.len();
        names.truncate(OFFERED_MAX);
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
        let html = coloured("set -e\r\n\n<b>{{var.HOST}}\n", StepType::Bash, &known());
        assert_eq!(
            html,
            "<span class=\"ln\"><span class=\"k\">set</span> -e</span><span class=\"ln\"></span>\
             <span class=\"ln\">&lt;b&gt;<var>{{var.HOST}}</var></span><span class=\"ln\"></span>"
        );
    }

    #[test]
    fn an_unknown_variable_is_marked_unless_nothing_is_known_yet() {
        let html = |known: &[String]| coloured("{{var.HSOT}}", StepType::Text, known);
        assert!(html(&known()).contains("<var data-unresolved>{{var.HSOT}}</var>"));
        assert!(html(&[]).contains("<var>{{var.HSOT}}</var>"));
        assert_eq!(unknown("{{var.HSOT}} {{var.HOST}}", &known()), ["var.HSOT"]);
    }

    #[test]
    fn what_has_been_begun_is_completed_first_by_its_beginning() {
        assert_eq!(begun("a\necho {{ cust"), Some("cust"));
        assert_eq!(begun("{{"), Some(""));
        for none in [
            "{{customer.name}}",
            r"\{{cust",
            "{{cust\n",
            "{{ .Values | x",
            "{",
        ] {
            assert_eq!(begun(none), None, "{none}");
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
    fn the_offer_knows_where_it_stands() {
        let offer = Completions::at("a\n\t{{var.", "}} b", &known());
        assert_eq!((offer.line, offer.column, offer.typed), (1, 8, 4));
        assert!(offer.is_closed);
        assert_eq!(offer.names, ["var.HOST", "var.host_2"]);
        let many: Vec<String> = (0..30).map(|it| format!("var.V{it}")).collect();
        let offer = Completions::at("{{", "", &many);
        assert_eq!((offer.names.len(), offer.n_found), (OFFERED_MAX, 30));
    }

    proptest! {
        #[test]
        fn joined_the_pieces_are_the_text(text in r"(\{\{|\}\}|\\|customer\.name|var\.A|quote|[ |{}\n$é]){0,20}") {
            let joined: String = marked(&text).into_iter().map(|it| it.0).collect();
            prop_assert_eq!(&joined, &text);
            for kind in [StepType::Bash, StepType::Sql] {
                let html = coloured(&text, kind, &[]);
                prop_assert_eq!(html.matches("class=\"ln\"").count(), text.matches('\n').count() + 1);
            }
        }
    }
}
