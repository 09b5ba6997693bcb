//! Reads a runbook: finds its title, and walks through its headings, blocks and prose.

use super::{
    ImportNote, ImportedStep, TemplateImport,
    blocks::{self, RunbookPart},
    bold,
    collector::StepCollector,
    heading, prose,
    scan::{self, Heading, MarkdownScan},
    site_markup::{TabChange, tab_change},
    verify_words::{self, HeadingRole},
};
use crate::domain::{
    template::TemplateDraft,
    vocabulary::{Category, StepType},
};
use std::ops::Range;

/// Notes about a whole text.
mod message {
    /// A code block without its end.
    pub const OPEN_FENCE: &str =
        "Missing closing ```. Everything behind this line is taken for code";
    /// A code block that is closed by the end of another one.
    pub const SWALLOWING: &str = "Missing closing ```. Another block begins within this one, and its end was taken for this one's";
    /// A comment without its end.
    pub const OPEN_COMMENT: &str =
        "Missing closing -->. Everything behind this line is taken for a comment";
    /// Bold lines in the place of headings.
    pub const BOLD: &str = "There are no headings, so the lines in bold are taken for headings";
    /// Tags between two texts of a line.
    pub const TAGS: &str = "HTML tags within this line were left out";
    /// A text that begins with `#!`.
    pub const SCRIPT: &str = "This is a script without headings, so it is one step";
}

/// Which part is the title: an H1 that is the first heading and the only H1, has no block of its own, names no category,
/// and is not the only heading.
fn title(parts: &[(Range<usize>, RunbookPart)]) -> Option<usize> {
    let mut headings = parts
        .iter()
        .enumerate()
        .filter_map(|(index, it)| match &it.1 {
            RunbookPart::Heading(heading) => Some((index, heading)),
            _ => None,
        });
    let (index, first) = headings.next()?;
    // "Verify the June release" is a title; "Verify" and "Step 3: Verify rollout" are sections.
    let is_section = match verify_words::role(&first.text) {
        HeadingRole::Plain => false,
        HeadingRole::Section(_) => true,
        HeadingRole::Verify => heading::without_number(&first.text, false).is_some(),
    };
    let is_title = first.level == 1
        && first.mark.is_none()
        && !first.is_escaped
        && !first.text.trim().is_empty()
        && !is_section;
    let has_no_block = matches!(parts.get(index + 1)?.1, RunbookPart::Heading(_));
    (is_title && has_no_block && headings.all(|it| it.1.level > 1)).then_some(index)
}

/// A shell script that was given in place of a runbook: one step.
fn script(source: &str) -> Option<TemplateImport> {
    let first = source.lines().next().filter(|it| it.starts_with("#!"))?;
    if !first.contains("sh") {
        return None;
    }
    let step = ImportedStep {
        category: Category::Deploy,
        kind: StepType::Bash,
        name: "Run script".to_owned(),
        description: String::new(),
        content: source.to_owned(),
        line: 1,
        question: None,
    };
    let mut notes = vec![ImportNote {
        line: 1,
        message: message::SCRIPT.to_owned(),
        is_error: false,
        row: None,
    }];
    if let Err(invalid) = TemplateDraft::from(step.clone()).parse() {
        notes.push(ImportNote {
            line: 1,
            message: invalid.labelled(),
            is_error: true,
            row: Some(0),
        });
    }
    Some(TemplateImport {
        steps: vec![step],
        notes,
        ..TemplateImport::default()
    })
}

/// A collector that knows the release's name, and what is wrong with the text as a whole.
fn collector(
    source: &str,
    scan: &MarkdownScan,
    parts: &[(Range<usize>, RunbookPart)],
    title: Option<usize>,
    first_bold: Option<usize>,
) -> StepCollector {
    let headings = || {
        parts.iter().filter_map(|(range, part)| match part {
            RunbookPart::Heading(heading) => Some((range.start, heading.text.trim())),
            _ => None,
        })
    };
    let mut collector = StepCollector::new(source, headings().map(|it| it.1));
    // The title is the first heading.
    let heading = title.and_then(|_| headings().next());
    if let Some(name) = scan.title.as_deref().or(heading.map(|it| it.1)) {
        collector.set_release_name(name);
        if let Some((offset, text)) = heading.filter(|it| it.1 != name) {
            let note = format!("Ignored “{text}”: the front matter's title names the release");
            collector.note(offset, note, false);
        }
    }
    if let Some(offset) = first_bold {
        collector.note(offset, message::BOLD, false);
    }
    for (offset, has_heading) in &scan.swallowing {
        collector.note(*offset, message::SWALLOWING, *has_heading);
    }
    for offset in &scan.open_fences {
        collector.note(*offset, message::OPEN_FENCE, true);
    }
    if let Some(offset) = scan.open_comment {
        collector.note(offset, message::OPEN_COMMENT, true);
    }
    for offset in &scan.taken_out {
        collector.note(*offset, message::TAGS, false);
    }
    collector
}

/// Reads the steps of a Markdown text, which has LF only and no byte order mark.
pub fn read(source: &str) -> TemplateImport {
    if let Some(import) = script(source) {
        return import;
    }
    let scan = scan::scan(source);
    let mut parts = blocks::parts(&scan);
    let bold = bold::headings(source, &scan, &parts);
    let first_bold = bold.first().map(|it| it.0.start);
    let bold = bold.into_iter();
    parts.extend(bold.map(|(range, heading)| (range, RunbookPart::Heading(heading))));
    parts.sort_by_key(|it| it.0.start);
    let title = title(&parts);
    let mut collector = collector(source, &scan, &parts, title, first_bold);
    // Blocks before the first heading are under the front matter's title, which site generators show as the heading.
    let has_block_first = !matches!(parts.first(), None | Some((_, RunbookPart::Heading(_))));
    if let Some(name) = scan.title.as_ref().filter(|_| has_block_first) {
        // Any heading ends it.
        let heading = Heading {
            level: 7,
            text: name.clone(),
            is_escaped: true,
            mark: None,
            text_indent: 0,
        };
        collector.open(0, &heading, false);
    }
    let mut from = scan.start;
    let mut list_indent = 0;
    let mut tab = None;
    for (index, (range, part)) in parts.into_iter().enumerate() {
        match tab_change(&source[from..range.start.max(from)]) {
            Some(TabChange::Out) => tab = None,
            Some(TabChange::In(it)) => tab = Some(it),
            None => {}
        }
        if let Some((offset, text)) = prose::text(
            source,
            from..range.start.max(from),
            &scan.edits,
            list_indent,
            collector.may_have_contents(),
        ) {
            collector.prose(offset, text);
        }
        from = range.end.max(from);
        list_indent = 0;
        match part {
            RunbookPart::Heading(heading) => {
                tab = None;
                list_indent = heading.text_indent;
                collector.open(range.start, &heading, title == Some(index));
            }
            RunbookPart::StepBlock(block) => {
                list_indent = block.list_indent;
                tab = tab.filter(|it| !it.is_indented || list_indent > 0);
                collector.block(range.start, block, tab.map(|it| it.title));
            }
            RunbookPart::Description(text) => collector.description(range.start, text),
        }
    }
    let rest = from..source.len();
    let has_contents = collector.may_have_contents();
    if let Some((offset, text)) = prose::text(source, rest, &scan.edits, list_indent, has_contents)
    {
        collector.prose(offset, text);
    }
    collector.close(0);
    collector.finish(scan.has_html_headings)
}
