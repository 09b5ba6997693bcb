//! Fuzz test of the import of template steps from Markdown.
use super::{fuzz, texts};
use app::domain::{
    normalize,
    template::TemplateDraft,
    template_markdown::{STEPS_MAX, TemplateImport, to_markdown},
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
    "```console\n",
    "```\n",
    "$ kubectl get pods\n",
    "<!-- rollcall: deploy -->\n",
    "+++\n",
    "title: x\n",
    "title = \"x\"\n",
    "Step 3: ",
    "2. Verify\n",
    "- [ ] ",
    "cat <<EOF\n",
    "EOF\n",
    "#!/bin/sh\n",
    "mysql> ",
    "1\u{fe0f}\u{20e3} ",
    "\u{feff}",
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
        let read = TemplateImport::read(&source);
        let n_lines = normalize::normalized(&source).matches('\n').count() + 1;
        for note in &read.notes {
            let line = usize::try_from(note.line).unwrap();
            prop_assert!((1..=n_lines).contains(&line), "{note:?}");
        }
        if !read.may_be_imported() {
            prop_assert!(read.notes.iter().any(|it| it.is_error), "nothing says why");
            return Ok(());
        }
        prop_assert!(read.steps.len() <= STEPS_MAX);
        let steps: Option<Vec<TemplateDraft>> = read.drafts().iter().map(normalized).collect();
        let Some(steps) = steps else {
            return Err(TestCaseError::fail(
                "a step is no step, and nothing says so",
            ));
        };
        let again = TemplateImport::read(&to_markdown(&steps));
        prop_assert!(again.notes.is_empty(), "{:?}", again.notes);
        prop_assert_eq!(again.drafts(), steps);
        Ok(())
    });
}
