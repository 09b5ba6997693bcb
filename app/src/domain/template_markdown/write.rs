//! Template steps as Markdown. Every step is marked with its category in a comment, so that reading takes its heading
//! and its blocks as they are; texts are in fences that are longer than any fence within them.

use super::verify_words::{HeadingRole, role};
use crate::domain::{template::TemplateDraft, vocabulary::Category};

/// What is before and behind the category in the comment that marks a step.
const MARK: (&str, &str) = ("<!-- rollcall: ", " -->");

/// The category that a comment marks a step with.
pub fn marked(comment: &str) -> Option<Category> {
    let word = comment.trim().strip_prefix(MARK.0)?.strip_suffix(MARK.1)?;
    word.trim().parse().ok()
}

/// A name as a heading: what Markdown would take for markup is escaped. A name that starts a category has its first
/// letter as a number, so that it stays a name when the comment below it is lost.
fn heading(name: &str) -> String {
    let mut letters = name.chars();
    let mut heading = String::with_capacity(name.len() + 2);
    if matches!(role(name), HeadingRole::Section(_))
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

/// A text in a fence that is longer than any within it.
fn fence(out: &mut String, word: &str, text: &str) {
    let longest = text
        .split(|it: char| it != '`')
        .map(str::len)
        .max()
        .unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    out.extend(["\n", &fence, word, "\n", text, "\n", &fence, "\n"]);
}

/// Writes steps category by category.
pub fn to_markdown(steps: &[TemplateDraft]) -> String {
    let mut out = String::new();
    for category in Category::ALL {
        let of_category = steps.iter().filter(|it| it.category == category.as_str());
        for (index, step) in of_category.enumerate() {
            if index == 0 {
                let gap = if out.is_empty() { "" } else { "\n" };
                out.extend([gap, "# ", category.label(), "\n"]);
            }
            out.extend([
                "\n## ",
                &heading(&step.name),
                "\n",
                MARK.0,
                category.as_str(),
                MARK.1,
                "\n",
            ]);
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
    use crate::domain::{
        normalize::normalized, template_markdown::TemplateImport, vocabulary::StepType,
    };
    use proptest::prelude::*;

    #[test]
    fn an_exported_step_is_marked_and_its_fences_are_longer_than_those_within() {
        let draft = TemplateDraft {
            name: "Verify".into(),
            category: "verify".into(),
            kind: "bash".into(),
            content: "echo '```'\n".into(),
            description: "Takes a minute.".into(),
            jenkins: None,
        };
        assert_eq!(
            to_markdown(&[draft]),
            "# Verify\n\n## &#86;erify\n<!-- rollcall: verify -->\n\n```description\nTakes a minute.\n```\n\n````bash\necho '```'\n\n````\n"
        );
        assert_eq!(to_markdown(&[]), "");
    }

    #[test]
    fn a_comment_marks_a_category_only_in_the_form_that_is_written() {
        assert_eq!(
            marked("<!-- rollcall: deploy -->\n"),
            Some(Category::Deploy)
        );
        assert_eq!(marked("<!-- rollcall: verify -->"), Some(Category::Verify));
        for comment in [
            "<!-- rollcall: other -->",
            "<!-- deploy -->",
            "rollcall: deploy",
        ] {
            assert_eq!(marked(comment), None, "{comment}");
        }
    }

    #[test]
    fn a_deploy_step_named_verify_the_pods_comes_back_as_one() {
        let step = |name: &str, category: &str| TemplateDraft {
            name: name.into(),
            category: category.into(),
            content: "$ true\nok".into(),
            ..TemplateDraft::default()
        };
        let steps = [
            step("Verify the pods", "deploy"),
            step("3. Restart", "deploy"),
            step("Database: verify", "deploy"),
            step("Step 1: Roll back", "verify"),
            step("Deploy", "verify"),
            step("[ ] 1", "verify"),
        ];
        let read = TemplateImport::read(&to_markdown(&steps));
        assert_eq!((read.drafts(), read.notes), (steps.to_vec(), vec![]));
        assert_eq!((read.release_name, read.release_description), (None, None));
    }

    #[test]
    fn a_name_that_is_a_section_stays_one_step_when_the_marks_are_lost() {
        let step = TemplateDraft {
            name: "Verify".into(),
            content: "true".into(),
            ..TemplateDraft::default()
        };
        let written =
            to_markdown(std::slice::from_ref(&step)).replace("<!-- rollcall: deploy -->\n", "");
        assert_eq!(TemplateImport::read(&written).drafts(), [step]);
    }

    fn any_draft() -> impl Strategy<Value = TemplateDraft> {
        let name = prop_oneof![
            r"[ -~é😀\u{2028}\u{a0}]{1,40}",
            r"(Verify|deploy:|VERIFICATION|deployment|smoke test|Step 3: |3\. |✅ |\[ \] |\{#a\}|# |\*|`a`|\[x\]\(y\)|<b>|<!-- x -->|&amp;|&#86;|\\|---|1\. |#| \(2\)|:tada:){1,6}",
        ];
        let content = r"(a|é| |\t|\n|\r\n|\r|`|```|~~~|````bash|# Verify|## x|    x|> |\$ ls\n|- |<!--|<!-- rollcall: verify -->|\[a\]: b|</details>|---|===|\{\{var\.A\}\}|\\|description){1,14}";
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
                    jenkins: None,
                };
                let fields = draft.clone().parse().ok()?;
                // As the store keeps them: names trimmed and composed, texts with LF.
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
            let read = TemplateImport::read(&written);
            prop_assert!(read.notes.is_empty(), "{:?} {}", read.notes, written);
            prop_assert!(read.steps.iter().all(|it| it.question.is_none()));
            prop_assert_eq!((&read.release_name, &read.release_description), (&None, &None));
            prop_assert_eq!(&read.drafts(), &drafts, "{}", written);
        }
    }
}
