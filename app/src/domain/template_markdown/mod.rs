//! Import and export of template steps as Markdown. A heading is a step's name, a fenced block of bash or sql its content,
//! prose a text step; a heading "Verify" starts the verify category. An export is imported again byte for byte: texts and
//! descriptions are fenced with fences longer than any inside. Only the server parses Markdown.
mod read;

use super::{normalize::notices, template::TemplateDraft, vocabulary::Category};
use serde::{Deserialize, Serialize};

/// Most steps of one import; each is copied to every customer.
pub const STEPS_MAX: usize = 500;

/// A note about a line of the Markdown text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportNote {
    pub line: u32,
    pub text: String,
    /// True blocks the import; false is information.
    pub is_wrong: bool,
}

/// The steps and notes parsed from a Markdown text.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ParsedTemplate {
    /// Deploy steps, then verify steps, each in the order of the text.
    pub steps: Vec<TemplateDraft>,
    pub remarks: Vec<ImportNote>,
}

impl ParsedTemplate {
    /// Parses the steps of a text and notes what is wrong with its lines. A byte order mark at the start is removed, and line
    /// breaks of step texts become LF when they are stored; the first notes say so.
    pub fn read(source: &str) -> Self {
        let mut parsed = read::read(source.trim_start_matches('\u{feff}'));
        let notices = notices(source).into_iter().map(|it| ImportNote {
            line: 1,
            text: it.message,
            is_wrong: false,
        });
        parsed.remarks.splice(0..0, notices);
        parsed
    }

    /// Whether there is a step and nothing is wrong.
    pub fn may_be_imported(&self) -> bool {
        !self.steps.is_empty() && !self.remarks.iter().any(|it| it.is_wrong)
    }
}

/// The category that a heading starts, if it is one of the known words.
fn section(name: &str) -> Option<Category> {
    match name
        .trim()
        .trim_end_matches(':')
        .trim()
        .to_lowercase()
        .as_str()
    {
        "deploy" | "deployment" => Some(Category::Deploy),
        "verify" | "verification" => Some(Category::Verify),
        _ => None,
    }
}

/// A name as a heading. Markdown markup and words that would start a category are escaped.
fn heading(name: &str) -> String {
    let mut letters = name.chars();
    let mut heading = String::with_capacity(name.len() + 2);
    if section(name).is_some()
        && let Some(first) = letters.next()
    {
        heading = format!("&#{};", u32::from(first));
    }
    for letter in letters {
        if matches!(
            letter,
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '&' | '#' | '~'
        ) {
            heading.push('\\');
        }
        heading.push(letter);
    }
    heading
}

/// A text in a fence longer than any inside it.
fn fence(out: &mut String, word: &str, text: &str) {
    let longest = text
        .split(|it: char| it != '`')
        .map(str::len)
        .max()
        .unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    out.extend(["\n", &fence, word, "\n", text, "\n", &fence, "\n"]);
}

/// Writes steps as Markdown, category by category.
pub fn to_markdown(steps: &[TemplateDraft]) -> String {
    let mut out = String::new();
    for category in Category::ALL {
        let of = steps.iter().filter(|it| it.category == category.as_str());
        for (index, step) in of.enumerate() {
            if index == 0 {
                let gap = if out.is_empty() { "" } else { "\n" };
                out.extend([gap, "# ", category.label(), "\n"]);
            }
            out.extend(["\n## ", &heading(&step.name), "\n"]);
            if !step.description.is_empty() {
                fence(&mut out, "description", &step.description);
            }
            fence(&mut out, &step.kind, &step.content);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{normalize::normalized, vocabulary::StepType};
    use proptest::prelude::*;

    #[test]
    fn what_is_exported_is_readable() {
        let draft = TemplateDraft {
            name: "Verify".into(),
            category: "verify".into(),
            kind: "bash".into(),
            content: "echo '```'\n".into(),
            description: "Takes a minute.".into(),
        };
        let written = to_markdown(&[draft]);
        assert_eq!(
            written,
            "# Verify\n\n## &#86;erify\n\n```description\nTakes a minute.\n```\n\n````bash\necho '```'\n\n````\n"
        );
        assert_eq!(to_markdown(&[]), "");
    }

    fn any_draft() -> impl Strategy<Value = TemplateDraft> {
        let name = prop_oneof![
            r"[ -~é😀\u{2028}\u{a0}]{1,40}",
            r"(Verify|deploy:|VERIFICATION|deployment|# |\*|`a`|\[x\]\(y\)|<b>|&amp;|&#86;|\\|---|1\. |#){1,6}",
        ];
        let content = r"(a|é| |\t|\n|\r\n|\r|`|```|~~~|````bash|# Verify|## x|    x|> |- |<!--|---|===|\{\{var\.A\}\}|\\|description){1,14}";
        let parts = (name, content, content, 0..2_usize, 0..3_usize);
        parts.prop_filter_map(
            "a valid step",
            |(name, content, description, category, kind)| {
                let draft = TemplateDraft {
                    name,
                    category: Category::ALL[category].to_string(),
                    kind: StepType::ALL[kind].to_string(),
                    content,
                    description,
                };
                let fields = draft.clone().parse().ok()?;
                // As the store keeps them: names trimmed and in NFC, texts with LF.
                let description = fields.description.map(String::from).unwrap_or_default();
                Some(TemplateDraft {
                    name: fields.name.into(),
                    content: fields.content.into(),
                    description: normalized(&description),
                    ..draft
                })
            },
        )
    }

    proptest! {
        #[test]
        fn what_is_exported_imports_unchanged(drafts in prop::collection::vec(any_draft(), 1..6)) {
            let mut drafts = drafts;
            drafts.sort_by(|a, b| a.category.cmp(&b.category));
            let written = to_markdown(&drafts);
            let read = ParsedTemplate::read(&written);
            prop_assert!(read.remarks.is_empty(), "{:?} {}", read.remarks, written);
            prop_assert_eq!(&read.steps, &drafts, "{}", written);
        }
    }
}
