//! Fuzz test of the import of template steps from Markdown.
use super::{fuzz, texts};
use app::domain::{
    template::TemplateDraft,
    template_markdown::{ParsedTemplate, STEPS_MAX, to_markdown},
};
use proptest::prelude::*;

const WORDS: &[&str] = &[
    "# ",
    "## ",
    "###### ",
    "# Verify\n",
    "## deploy:\n",
    "&#86;erify",
    "```bash\n",
    "```sql\n",
    "~~~ text\n",
    "```description\n",
    "````\n",
    "\n```\n",
    "\n~~~\n",
    "```",
    "`code`",
    "\n",
    "\n\n",
    "\r\n",
    "\r",
    "    indented\n",
    "\t",
    "> ",
    "- ",
    "1. ",
    "***",
    "---\n",
    "===\n",
    "[x](y \"z\")",
    "[x]: <y>\n",
    "<!-- ",
    " -->",
    "<script>",
    "</p>\n",
    "&amp;",
    "&#0;",
    "\\",
    "\0",
    "{{customer.name}}",
    "set -e\n",
    "a",
];

/// A draft as the store normalizes it: trimmed, and names in NFC.
fn normalized(draft: &TemplateDraft) -> Option<TemplateDraft> {
    let fields = draft.clone().parse().ok()?;
    Some(TemplateDraft {
        name: fields.name.into(),
        description: fields.description.map(String::from).unwrap_or_default(),
        content: fields.content.into(),
        ..draft.clone()
    })
}

#[test]
fn any_runbook_is_read_and_what_may_be_imported_is_written_and_read_again() {
    fuzz("a runbook in Markdown", &texts(WORDS), |source| {
        let read = ParsedTemplate::read(&source);
        let n_lines = source.matches('\n').count() + 1;
        for remark in &read.remarks {
            let line = usize::try_from(remark.line).unwrap();
            prop_assert!((1..=n_lines).contains(&line), "{remark:?}");
        }
        if !read.may_be_imported() {
            prop_assert!(
                read.remarks.iter().any(|it| it.is_wrong),
                "nothing says why"
            );
            return Ok(());
        }
        prop_assert!(read.steps.len() <= STEPS_MAX);
        let steps: Option<Vec<TemplateDraft>> = read.steps.iter().map(normalized).collect();
        let Some(steps) = steps else {
            return Err(TestCaseError::fail(
                "a step is no step, and nothing says so",
            ));
        };
        let again = ParsedTemplate::read(&to_markdown(&steps));
        prop_assert!(again.remarks.is_empty(), "{:?}", again.remarks);
        prop_assert_eq!(again.steps, steps);
        Ok(())
    });
}
