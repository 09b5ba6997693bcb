//! Parser for Markdown templates: pulldown-cmark finds headings and fenced blocks with their byte ranges; the text between
//! them is prose.
use super::{ImportNote, ParsedTemplate, STEPS_MAX, section};
use crate::domain::{
    template::TemplateDraft,
    vocabulary::{Category, Field, StepType},
};
use pulldown_cmark::{CodeBlockKind, Event, HeadingLevel, Options, Parser, Tag, TagEnd};
use std::ops::Range;

/// Notes that block an import.
mod wrong {
    /// A block without a heading.
    pub const NO_HEADING: &str =
        "this block stands under no heading: put one above it, it becomes the step's name";
    /// A fence without its end.
    pub const NOT_CLOSED: &str = "this block is never closed: end it with a line of ```";
    /// A description without a step.
    pub const NO_STEP: &str = "this description has no step behind it";
    /// Text that is ignored.
    pub const LEFT_OUT: &str = "the text before the first heading is left out";
    /// A text without any step.
    pub const NOTHING: &str = "no step was found: write a heading for each, and its text under it";
}

enum MarkdownBlock {
    Heading {
        level: HeadingLevel,
        name: String,
        starts: Option<Category>,
    },
    Step {
        kind: StepType,
        text: String,
        is_closed: bool,
    },
    Description(String),
}

/// The step type of a fenced block by its info string; none if the block belongs to the prose around it.
fn block(word: &str, text: String, is_closed: bool) -> Option<MarkdownBlock> {
    let kind = match word.to_ascii_lowercase().as_str() {
        "bash" | "sh" | "shell" | "zsh" => StepType::Bash,
        "sql" | "psql" | "mysql" | "postgres" | "postgresql" => StepType::Sql,
        "text" => StepType::Text,
        "description" => return Some(MarkdownBlock::Description(text)),
        _ => return None,
    };
    Some(MarkdownBlock::Step {
        kind,
        text,
        is_closed,
    })
}

/// The source text of a fenced block, and whether the block is closed. The line break before the closing fence belongs to
/// the fence. CRLF line breaks belong to the file and become LF in the step.
fn fenced(source: &str, range: &Range<usize>, inner: String) -> (String, bool) {
    let whole = source[range.clone()].trim_end_matches(['\n', '\r']);
    let Some((first, body)) = whole.split_once('\n') else {
        return (inner, false);
    };
    let sign = if first.starts_with('~') { '~' } else { '`' };
    let n = first.chars().take_while(|it| *it == sign).count();
    let (text, last) = body
        .rsplit_once('\n')
        .map_or(("", body), |(text, last)| (&body[..=text.len()], last));
    // Inside a list or a quotation lines have a prefix.
    let last = last.trim_start_matches([' ', '\t', '>']).trim_end();
    let is_closed = last.chars().count() >= n && last.chars().all(|it| it == sign);
    let is_at_start = range.start == 0 || source[..range.start].ends_with('\n');
    let mut text = if is_at_start && is_closed && !first.ends_with('\r') {
        text.to_owned()
    } else {
        inner.replace("\r\n", "\n")
    };
    if text.ends_with('\n') {
        text.pop();
    }
    (text, is_closed)
}

/// The headings and blocks of a text, with their byte ranges.
fn parts(source: &str) -> Vec<(Range<usize>, MarkdownBlock)> {
    let mut parts = Vec::new();
    let mut events = Parser::new_ext(source, Options::empty()).into_offset_iter();
    while let Some((event, range)) = events.next() {
        match event {
            Event::Start(Tag::Heading { level, .. }) => {
                let mut name = String::new();
                for (event, _) in events.by_ref() {
                    match event {
                        Event::End(TagEnd::Heading(_)) => break,
                        Event::Text(it) | Event::Code(it) | Event::InlineHtml(it) => {
                            name.push_str(&it);
                        }
                        Event::SoftBreak | Event::HardBreak => name.push(' '),
                        _ => {}
                    }
                }
                // A step may be named Verify: an export writes its first letter as a character reference.
                let is_plain = !source[range.clone()].contains("&#");
                let starts = section(&name).filter(|_| is_plain);
                let name = name.trim().to_owned();
                parts.push((
                    range,
                    MarkdownBlock::Heading {
                        level,
                        name,
                        starts,
                    },
                ));
            }
            Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(info))) => {
                let mut inner = String::new();
                for (event, _) in events.by_ref() {
                    match event {
                        Event::End(TagEnd::CodeBlock) => break,
                        Event::Text(it) => inner.push_str(&it),
                        _ => {}
                    }
                }
                let word = info.split_whitespace().next().unwrap_or_default();
                let (text, is_closed) = fenced(source, &range, inner);
                if let Some(part) = block(word, text, is_closed) {
                    parts.push((range, part));
                }
            }
            _ => {}
        }
    }
    parts
}

struct SectionHeading {
    offset: usize,
    level: HeadingLevel,
    name: String,
    is_section: bool,
    n_steps: usize,
}

struct MarkdownReader<'a> {
    source: &'a str,
    /// Byte offset of each line.
    lines: Vec<usize>,
    category: Category,
    heading: Option<SectionHeading>,
    description: Option<(usize, String)>,
    deploy: Vec<TemplateDraft>,
    verify: Vec<TemplateDraft>,
    remarks: Vec<ImportNote>,
}

impl MarkdownReader<'_> {
    fn remark(&mut self, offset: usize, text: impl Into<String>, is_wrong: bool) {
        let line = self.lines.partition_point(|it| *it <= offset);
        self.remarks.push(ImportNote {
            line: u32::try_from(line).unwrap_or(u32::MAX),
            text: text.into(),
            is_wrong,
        });
    }

    /// Text between headings and blocks, without rules and list markers.
    fn prose(&mut self, range: Range<usize>) {
        let source = self.source;
        let text = &source[range.clone()];
        if !text.chars().any(char::is_alphanumeric) {
            return;
        }
        let offset = range.start + (text.len() - text.trim_start().len());
        if self.heading.is_none() {
            self.remark(offset, wrong::LEFT_OUT, false);
            return;
        }
        let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
        let text = lines.join("\n");
        self.step(offset, StepType::Text, text.trim().to_owned());
    }

    fn step(&mut self, offset: usize, kind: StepType, content: String) {
        let Some(heading) = &mut self.heading else {
            self.remark(offset, wrong::NO_HEADING, true);
            return;
        };
        heading.n_steps += 1;
        let (named, n) = (heading.offset, heading.n_steps);
        let name = if n == 1 {
            heading.name.clone()
        } else {
            format!("{} ({n})", heading.name)
        };
        let description = self.description.take();
        let draft = TemplateDraft {
            name,
            category: self.category.to_string(),
            kind: kind.to_string(),
            content,
            description: description.map(|it| it.1).unwrap_or_default(),
        };
        if let Err(invalid) = draft.clone().parse() {
            for it in invalid.0 {
                let at = if it.field == Field::Name {
                    named
                } else {
                    offset
                };
                self.remark(at, format!("{}: {}", it.field, it.problem), true);
            }
        }
        match self.category {
            Category::Deploy => self.deploy.push(draft),
            Category::Verify => self.verify.push(draft),
        }
    }

    /// Ends a section, at a heading of this level or at the end of the text.
    fn end_heading(&mut self, next: Option<HeadingLevel>) {
        if let Some((offset, _)) = self.description.take() {
            self.remark(offset, wrong::NO_STEP, true);
        }
        let Some(heading) = self.heading.take() else {
            return;
        };
        let is_title = next.is_some_and(|it| it > heading.level);
        if heading.n_steps == 0 && !heading.is_section && !is_title {
            let text = format!(
                "“{}” has no text: write a block of bash or sql under it, or what is to be done",
                heading.name
            );
            self.remark(heading.offset, text, true);
        }
    }
}

pub(super) fn read(source: &str) -> ParsedTemplate {
    let breaks = source.match_indices('\n').map(|it| it.0 + 1);
    let mut reader = MarkdownReader {
        source,
        lines: std::iter::once(0).chain(breaks).collect(),
        category: Category::Deploy,
        heading: None,
        description: None,
        deploy: Vec::new(),
        verify: Vec::new(),
        remarks: Vec::new(),
    };
    let mut from = 0;
    for (range, part) in parts(source) {
        reader.prose(from..range.start.max(from));
        from = range.end.max(from);
        match part {
            MarkdownBlock::Heading {
                level,
                name,
                starts,
            } => {
                reader.end_heading(Some(level));
                reader.category = starts.unwrap_or(reader.category);
                reader.heading = Some(SectionHeading {
                    offset: range.start,
                    level,
                    name,
                    is_section: starts.is_some(),
                    n_steps: 0,
                });
            }
            MarkdownBlock::Step {
                kind,
                text,
                is_closed,
            } => {
                if !is_closed {
                    reader.remark(range.start, wrong::NOT_CLOSED, true);
                }
                reader.step(range.start, kind, text);
            }
            MarkdownBlock::Description(text) => {
                let unused = reader.description.replace((range.start, text));
                if let Some((offset, _)) = unused {
                    reader.remark(offset, wrong::NO_STEP, true);
                }
            }
        }
    }
    reader.prose(from..source.len());
    reader.end_heading(None);
    let steps = [reader.deploy, reader.verify].concat();
    let mut remarks = reader.remarks;
    let mut whole = |text: String| {
        remarks.push(ImportNote {
            line: 1,
            text,
            is_wrong: true,
        });
    };
    if steps.len() > STEPS_MAX {
        whole(format!(
            "at most {STEPS_MAX} steps, this has {}",
            steps.len()
        ));
    } else if steps.is_empty() {
        whole(wrong::NOTHING.to_owned());
    }
    remarks.sort_by_key(|it| it.line);
    ParsedTemplate { steps, remarks }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn steps(source: &str) -> Vec<(String, String, String, String)> {
        let read = read(source);
        assert!(read.remarks.is_empty(), "{source}: {:?}", read.remarks);
        let step = |it: TemplateDraft| (it.category, it.kind, it.name, it.content);
        read.steps.into_iter().map(step).collect()
    }

    fn step(
        category: &str,
        kind: &str,
        name: &str,
        content: &str,
    ) -> (String, String, String, String) {
        (category.into(), kind.into(), name.into(), content.into())
    }

    /// Lines and their notes; a plus marks a note that does not block the import.
    fn remarks(source: &str) -> Vec<String> {
        let remarks = read(source).remarks.into_iter();
        let said = remarks.map(|it| {
            let words: Vec<&str> = it.text.split(' ').take(3).collect();
            let plus = if it.is_wrong { "" } else { "+" };
            format!("{plus}{} {}", it.line, words.join(" "))
        });
        said.collect()
    }

    #[test]
    fn headings_are_names_blocks_are_steps_and_prose_is_a_text() {
        let source = "# June\n\n## Announce\n\nTell *everybody*,\n- twice.\n\n## Migrate `billing`\n```sql\nSELECT 1;\n```\n\
                      ### Upgrade\n~~~ shell\nset -e\n\nhelm upgrade\n~~~\n## VERIFICATION:\n### Check\n```bash\ntrue\n```\n";
        assert_eq!(
            steps(source),
            [
                step("deploy", "text", "Announce", "Tell *everybody*,\n- twice."),
                step("deploy", "sql", "Migrate billing", "SELECT 1;"),
                step("deploy", "bash", "Upgrade", "set -e\n\nhelm upgrade"),
                step("verify", "bash", "Check", "true"),
            ]
        );
    }

    #[test]
    fn several_steps_under_one_heading_are_counted() {
        let source = "Upgrade\n=======\n\nAsk first.\n\n```sh\nhelm upgrade\n```\n\nThen wait.\n\n```yaml\na: 1\n```\n";
        assert_eq!(
            steps(source),
            [
                step("deploy", "text", "Upgrade", "Ask first."),
                step("deploy", "bash", "Upgrade (2)", "helm upgrade"),
                step(
                    "deploy",
                    "text",
                    "Upgrade (3)",
                    "Then wait.\n\n```yaml\na: 1\n```"
                ),
            ]
        );
    }

    #[test]
    fn a_block_within_a_list_loses_its_indent_and_deploy_may_come_back() {
        let source = "# Verify\n## Check\n1. Look:\n   ```bash\n   curl x |\n     grep y\n   ```\n# Deploy\n## Do\n```bash\ngo\n```\n";
        assert_eq!(
            steps(source),
            [
                step("deploy", "bash", "Do", "go"),
                step("verify", "text", "Check", "1. Look:"),
                step("verify", "bash", "Check (2)", "curl x |\n  grep y"),
            ]
        );
    }

    #[test]
    fn line_breaks_of_windows_belong_to_the_file() {
        let source = "## A\r\n```bash\r\nset -e\r\ntrue\r\n```\r\n";
        assert_eq!(steps(source), [step("deploy", "bash", "A", "set -e\ntrue")]);
    }

    #[test]
    fn what_is_wrong_is_said_by_its_line() {
        assert_eq!(remarks(""), ["1 no step was"]);
        assert_eq!(
            remarks("Hello.\n\n```bash\ntrue\n```\n"),
            ["+1 the text before", "1 no step was", "3 this block stands"]
        );
        assert_eq!(
            remarks("## A\n## B\n```bash\ntrue\n"),
            ["1 “A” has no", "3 this block is"]
        );
        assert_eq!(
            remarks("## A\n```description\nx\n```\n## B\n```bash\n\n```\n"),
            [
                "1 “A” has no",
                "2 this description has",
                "6 content: fill this"
            ]
        );
        let long = format!("## {}\ndo it\n", "x".repeat(101));
        assert_eq!(remarks(&long), ["1 name: at most"]);
        assert!(!read(&long).may_be_imported());
        assert!(read("## A\ndo it").may_be_imported());
        assert_eq!(remarks(&"## A\ndo it\n".repeat(501)), ["1 at most 500"]);
    }

    proptest! {
        #[test]
        fn no_text_is_a_panic(source in r"(#|##? |\n|\r\n|\r|```|~~~|````|bash|sql|text|description|Verify|> |- |1\. |   |\t|a|=|---|<!--|-->|\\|\[|\]|\(|é|\*|_|&#86;){0,40}") {
            let read = read(&source);
            let lines = u32::try_from(source.matches('\n').count() + 1).unwrap();
            prop_assert!(read.remarks.iter().all(|it| it.line >= 1 && it.line <= lines));
        }
    }
}
