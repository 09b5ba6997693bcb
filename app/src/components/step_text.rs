//! Text functions of the step editor, without the DOM: syntax highlighting with variables, unknown variables, characters to
//! replace, and completion of the name before the caret.
use super::ui::code::{CharacterMarks, escape_marked};
use crate::{
    domain::{
        invisible::{self, HiddenCharacter},
        variables::{self, NearMiss, TextSegment},
        vocabulary::StepType,
    },
    highlight::{self, TokenClass},
};

/// Longest text that is highlighted, in bytes. Each keystroke highlights the whole text again.
const HIGHLIGHT_MAX_BYTES: usize = 64 * 1024;
/// How many completions are offered at once; further letters narrow the list.
const COMPLETIONS_MAX: usize = 10;

/// The parts of a text that are drawn as variables, in order: where each begins and ends, in bytes, and its tag.
fn tagged(text: &str, known: &[String]) -> Vec<(usize, usize, &'static str)> {
    let near = variables::near_misses(text).into_iter();
    let mut tagged: Vec<_> = near
        .map(|it| (it.start, it.end, "<var data-near>"))
        .collect();
    let n_near = tagged.len();
    let mut at = 0;
    for piece in variables::pieces(text) {
        let start = at;
        at += piece.source().len();
        let tag = match piece {
            TextSegment::Literal(_) | TextSegment::Backslashes(_) => continue,
            TextSegment::Escaped(_) => "<var data-escaped>",
            TextSegment::Variable { name, .. } if is_known(name, known) => "<var>",
            TextSegment::Variable { .. } => "<var data-unresolved>",
        };
        if !tagged[..n_near].iter().any(|it| it.0 == start) {
            tagged.push((start, at, tag));
        }
    }
    tagged.sort_unstable();
    tagged
}

/// Writes a piece of a line or of several. `tabs`: those in it are marked.
fn write_piece(out: &mut String, text: &str, (open, close): (&str, &str), tabs: bool) {
    let marks = CharacterMarks {
        is_named: false,
        tabs,
        visible: true,
    };
    for (index, line) in text.split('\n').enumerate() {
        if index > 0 {
            out.push_str("</span><span class=\"ln\">");
        }
        if !line.is_empty() {
            out.push_str(open);
            escape_marked(out, line, marks);
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
        write_piece(&mut out, text, ("", ""), false);
    } else {
        let colors = highlight::tokens(text, kind);
        let mut colors = colors.iter();
        let (mut class, mut class_end) = (TokenClass::Plain, 0);
        let mut at = 0;
        let tagged = tagged(text, known).into_iter();
        for (start, end, tag) in tagged.chain([(text.len(), text.len(), "")]) {
            while at < start {
                while class_end <= at {
                    let Some((next, color)) = colors.next() else {
                        class_end = usize::MAX;
                        break;
                    };
                    (class, class_end) = (*next, class_end + color.len());
                }
                let stop = class_end.min(start);
                let tabs = class == TokenClass::Text;
                match class.name() {
                    Some(class) => {
                        let tag = format!("<span class=\"{class}\">");
                        write_piece(&mut out, &text[at..stop], (&tag, "</span>"), tabs);
                    }
                    None => write_piece(&mut out, &text[at..stop], ("", ""), tabs),
                }
                at = stop;
            }
            write_piece(&mut out, &text[start..end], (tag, "</var>"), false);
            at = end;
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

/// Something in a text that is probably not meant, and what to write instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextFix {
    /// "No-break space (U+00A0), 3 times".
    pub label: String,
    /// The text with this put right, everywhere.
    pub text: String,
}

/// What can be put right in a text: what looks like a variable but is none, and each character that cannot be seen or
/// looks like another.
pub fn fixes(text: &str, kind: StepType) -> Vec<TextFix> {
    let mut fixes = Vec::new();
    if text.len() > HIGHLIGHT_MAX_BYTES {
        return fixes;
    }
    let near = variables::near_misses(text);
    for (index, it) in near.iter().enumerate() {
        let written = &text[it.start..it.end];
        let is_same = |it: &NearMiss| &text[it.start..it.end] == written;
        if near[..index].iter().any(is_same) || !variables::are_names(&it.meant) {
            continue;
        }
        let mut fixed = text.to_owned();
        // What is written so may also be a part of a variable.
        for same in near.iter().rev().filter(|it| is_same(it)) {
            fixed.replace_range(same.start..same.end, &it.meant);
        }
        fixes.push(TextFix {
            label: variables::near_miss_message(written, &it.meant),
            text: fixed,
        });
    }
    let hidden = highlight::hidden(text, kind);
    for (index, it) in hidden.iter().enumerate() {
        let is_same = |other: &&HiddenCharacter| other.letter == it.letter;
        if hidden[..index].iter().any(|it| is_same(&it)) {
            continue;
        }
        let all: Vec<HiddenCharacter> = hidden.iter().filter(is_same).copied().collect();
        let times = match all.len() {
            1 => String::new(),
            n => format!(", {n} times"),
        };
        fixes.push(TextFix {
            label: invisible::title(it.letter) + &times,
            text: invisible::replaced(text, &all),
        });
    }
    if fixes.len() > 1 {
        let mut all = invisible::replaced(text, &hidden);
        for it in variables::near_misses(&all).iter().rev() {
            if variables::are_names(&it.meant) {
                all.replace_range(it.start..it.end, &it.meant);
            }
        }
        let label = format!("{} kinds of characters to check", fixes.len());
        fixes.insert(0, TextFix { label, text: all });
    }
    fixes
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
    fn an_escaped_variable_and_a_near_miss_are_marked_as_such() {
        let html = |text: &str| highlighted(text, StepType::Bash, &known());
        assert!(html(r"a \{{var.HOST}}").contains(r"<var data-escaped>\{{var.HOST}}</var>"));
        assert!(html("{{Customer.Name}}").contains("<var data-near>{{Customer.Name}}</var>"));
        let near = html("{{customer.Name}} \u{a0}{{ var.HOST }}");
        assert!(near.contains("<var data-near>{{customer.Name}}</var> <mark>\u{a0}</mark><var>"));
        let sql = highlighted("'a\tb'", StepType::Sql, &[]);
        assert!(sql.contains("<span class=\"s\">&#39;a<mark>\t</mark>b&#39;</span>"));
    }

    #[test]
    fn each_kind_of_trouble_is_put_right_at_once() {
        let text = "{{Customer.Name}} \u{201c}a\u{a0}b\u{a0}c {{Customer.Name}}";
        let fixes = fixes(text, StepType::Bash);
        let labels: Vec<_> = fixes.iter().map(|it| it.label.as_str()).collect();
        assert_eq!(
            labels,
            [
                "3 kinds of characters to check",
                "{{Customer.Name}} is not a variable. Did you mean {{customer.name}}?",
                "Smart double quote (U+201C)",
                "No-break space (U+00A0), 2 times",
            ]
        );
        assert_eq!(fixes[0].text, "{{customer.name}} \"a b c {{customer.name}}");
        assert_eq!(
            fixes[1].text,
            "{{customer.name}} \u{201c}a\u{a0}b\u{a0}c {{customer.name}}"
        );
        assert_eq!(
            fixes[3].text,
            "{{Customer.Name}} \u{201c}a b c {{Customer.Name}}"
        );
    }

    #[test]
    fn a_lost_brace_is_put_back_where_it_is_lost_only() {
        let text = "{{var.HOST}} {{var.HOST} {{var.HOST}}";
        let fixes = fixes(text, StepType::Bash);
        assert_eq!(fixes.len(), 1);
        assert_eq!(fixes[0].text, "{{var.HOST}} {{var.HOST}} {{var.HOST}}");
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
        fn variables_are_tagged_in_order_and_every_line_is_a_span(text in r"(\{\{|\}\}|\\|customer\.name|var\.A|quote|[ |{}\n$é]){0,20}") {
            let mut from = 0;
            for (start, end, _) in tagged(&text, &[]) {
                prop_assert!(from <= start && start < end);
                from = end;
            }
            for kind in [StepType::Bash, StepType::Sql] {
                let html = highlighted(&text, kind, &[]);
                prop_assert_eq!(html.matches("class=\"ln\"").count(), text.matches('\n').count() + 1);
            }
        }
    }
}
