//! Lines in bold that are used as headings, and prose between two code blocks that says that they are separate scripts.

use super::{
    blocks::RunbookPart,
    fence::fence_sign,
    guess::contains_word,
    heading,
    prose::{self, ProseChange},
    scan::{Heading, MarkdownScan},
    verify_words,
};
use crate::domain::{fold::lowercase, text::NAME_MAX_CHARS, vocabulary::Category};
use std::ops::Range;

/// What is around words in bold.
const PAIRS: [(&str, &str); 4] = [
    ("**", "**"),
    ("__", "__"),
    ("<b>", "</b>"),
    ("<strong>", "</strong>"),
];
/// First words of lines in bold that only draw attention to the text behind them.
const CALLOUTS: &str = " note notes nb notice warning warnings important caution attention danger tip hint info example examples output \
expected result remember hinweis achtung wichtig vorsicht warnung beispiel remarque exemple nota ";
/// Words before "verify" and the like.
const LEADING: &str = " now then next and also to please finally afterwards jetzt dann und ";
/// Words of rolling back, as whole words.
const ROLLBACK: [&str; 24] = [
    "rollback",
    "rollbacks",
    "roll back",
    "rolls back",
    "rolling back",
    "back out",
    "backout",
    "undo",
    "revert",
    "on failure",
    "in case of failure",
    "if it fails",
    "if this fails",
    "if that fails",
    "if anything fails",
    "if something fails",
    "goes wrong",
    "zurückrollen",
    "rückgängig",
    "zurücksetzen",
    "wiederherstellen",
    "en cas d échec",
    "revenir en arrière",
    "revertir",
];
/// A longer line is prose, whatever it says.
const LINE_MAX: usize = 200;
/// A line of more words is a sentence, unless a colon ends it.
const HEAD_WORDS_MAX: usize = 5;
/// The same for a line in bold that ends like a sentence.
const BOLD_SENTENCE_WORDS_MAX: usize = 4;

/// A line without the number of a list item.
fn without_item(line: &str) -> &str {
    let text = line.trim();
    let n_digits = text.bytes().take_while(u8::is_ascii_digit).count();
    if !(1..=3).contains(&n_digits) {
        return text;
    }
    let rest = text[n_digits..].strip_prefix(['.', ')']);
    rest.filter(|it| it.starts_with(' '))
        .map_or(text, str::trim_start)
}

/// Words in bold as they may name a step: not those that draw attention, name a table of contents, or are a sentence.
fn named(inner: &str) -> Option<&str> {
    let text = inner.trim_matches(|it: char| matches!(it, '*' | '_' | ':') || it.is_whitespace());
    let first = text.split_whitespace().next()?;
    let first = first.trim_matches(|it: char| !it.is_alphanumeric());
    let is_sentence = text.ends_with(['.', '!', '?', ',', ';'])
        && text.split_whitespace().count() > BOLD_SENTENCE_WORDS_MAX;
    let is_name = text.contains(char::is_alphanumeric)
        && text.chars().count() <= NAME_MAX_CHARS
        && !is_sentence
        && !contains_word(CALLOUTS, &lowercase(first))
        && !prose::names_contents(text);
    is_name.then_some(text)
}

/// The words of a line that is bold as a whole: `**Backup**`, `__Backup:__`, `1. **Backup**`, `<b>Backup</b>`.
fn whole(line: &str) -> Option<&str> {
    let text = without_item(line);
    let text = text.trim_end_matches([':', ' ']);
    let (open, close) = PAIRS.iter().find(|it| text.starts_with(it.0))?;
    let inner = text.strip_prefix(open)?.strip_suffix(close)?;
    // "**One** or **two**" is two of them.
    let is_one = !inner.contains(open) && !inner.contains(close);
    named(inner).filter(|_| is_one)
}

/// The words in bold that a line begins with: `**Rollback.** Only if it fails`.
fn lead(line: &str) -> Option<&str> {
    let text = without_item(line);
    let (open, close) = PAIRS.iter().find(|it| text.starts_with(it.0))?;
    let (inner, _) = text[open.len()..].split_once(close)?;
    named(inner)
}

/// Whether words speak of verifying or of rolling back.
fn names_a_part(text: &str) -> bool {
    let mut rest = text.trim_start_matches(|it: char| !it.is_alphanumeric());
    while let Some((first, behind)) = rest.split_once(' ')
        && contains_word(LEADING, &lowercase(first.trim_end_matches(',')))
    {
        rest = behind.trim_start();
    }
    if verify_words::role(rest).category() == Some(Category::Verify) {
        return true;
    }
    let lower = lowercase(text);
    let words: Vec<&str> = lower
        .split(|it: char| !it.is_alphanumeric())
        .filter(|it| !it.is_empty())
        .collect();
    let spaced = format!(" {} ", words.join(" "));
    ROLLBACK
        .iter()
        .any(|it| spaced.contains(&format!(" {it} ")))
}

/// The words of a line that announces another part; none for any other line.
fn parting_words(line: &str) -> Option<&str> {
    let text = line
        .trim_start_matches(|it: char| it.is_whitespace() || matches!(it, '>' | '-' | '+'))
        .trim_end();
    if text.len() > LINE_MAX {
        return None;
    }
    if let Some(words) = whole(text) {
        return Some(words);
    }
    // "Step 2" alone is a number, too.
    let is_step = |it: &&str| {
        names_a_part(it) || heading::without_number(&format!("{it}: x"), false).is_some()
    };
    if let Some(words) = lead(text).filter(is_step) {
        return Some(words);
    }
    let is_head = text.ends_with(':') || text.split_whitespace().count() <= HEAD_WORDS_MAX;
    (is_head && names_a_part(text)).then_some(text)
}

/// What in the prose between two blocks says that the second is no part of the first: a line that is bold as a whole, or
/// one that speaks of verifying or of rolling back.
pub fn parting(prose: &str) -> Option<&str> {
    let mut is_code = false;
    prose.lines().find_map(|line| {
        if fence_sign(line.trim_start()).is_some() {
            is_code = !is_code;
            return None;
        }
        parting_words(line).filter(|_| !is_code)
    })
}

/// A line in bold between two parts of a runbook.
struct BoldLine<'a> {
    range: Range<usize>,
    text: &'a str,
    text_indent: usize,
    /// A block or prose is below it, and above the next one.
    has_text: bool,
}

/// Whether a line is in code, or in a comment.
fn is_hidden(scan: &MarkdownScan, line: &Range<usize>) -> bool {
    let index = scan.edits.partition_point(|it| it.range.end <= line.start);
    scan.edits.get(index).is_some_and(|it| {
        it.range.start <= line.start
            && it.range.end >= line.end
            && matches!(it.change, ProseChange::Keep | ProseChange::Remove)
    })
}

/// Finds the lines in bold of the prose in a range: each is alone, or the first of its paragraph, or an item of a list.
fn find<'a>(
    source: &'a str,
    range: Range<usize>,
    scan: &MarkdownScan,
    found: &mut Vec<BoldLine<'a>>,
) {
    let mut offset = range.start;
    let mut is_first = true;
    for piece in source[range].split_inclusive('\n') {
        let line = piece.trim_end();
        let indent = line.len() - line.trim_start().len();
        let text = without_item(line);
        let is_item = text.len() < line.len() - indent;
        let words = whole(line).filter(|_| is_first || is_item);
        match words.filter(|_| !is_hidden(scan, &(offset + indent..offset + line.len()))) {
            Some(words) => found.push(BoldLine {
                range: offset..offset + line.len(),
                text: words,
                text_indent: if is_item { line.len() - text.len() } else { 0 },
                has_text: false,
            }),
            None if line.contains(char::is_alphanumeric) => {
                if let Some(last) = found.last_mut() {
                    last.has_text = true;
                }
            }
            None => {}
        }
        is_first = line.is_empty();
        offset += piece.len();
    }
}

/// The lines in bold that are the headings of a text that has none, or none but its title.
pub fn headings(
    source: &str,
    scan: &MarkdownScan,
    parts: &[(Range<usize>, RunbookPart)],
) -> Vec<(Range<usize>, Heading)> {
    let mut n_headings = 0;
    for (_, part) in parts {
        if let RunbookPart::Heading(heading) = part {
            n_headings += 1;
            if heading.level > 1 || heading.mark.is_some() || n_headings > 1 {
                return Vec::new();
            }
        }
    }
    let mut found = Vec::new();
    let mut from = scan.start;
    for (range, part) in parts {
        find(source, from..range.start.max(from), scan, &mut found);
        from = range.end.max(from);
        if let Some(last) = found.last_mut()
            && matches!(part, RunbookPart::StepBlock(_))
        {
            last.has_text = true;
        }
    }
    find(source, from..source.len(), scan, &mut found);
    // Below a title a single one may be there for its own sake.
    let n_enough = n_headings + 1;
    if found.iter().filter(|it| it.has_text).count() < n_enough {
        return Vec::new();
    }
    let heading = |it: BoldLine<'_>| {
        let heading = Heading {
            level: 2,
            text: it.text.replace('`', "").replace('\t', " "),
            is_escaped: false,
            mark: None,
            text_indent: it.text_indent,
        };
        (it.range, heading)
    };
    found.into_iter().map(heading).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_is_bold_as_a_whole_is_known() {
        for line in [
            "**Backup**",
            "  __Backup:__",
            "**Backup**:",
            "1. **Backup**",
            "12) __Backup__",
            "***Backup***",
            "<b>Backup</b>",
            "<strong>Backup</strong>",
        ] {
            assert_eq!(whole(line), Some("Backup"), "{line}");
        }
        for line in [
            "Backup",
            "**Backup** now",
            "**One** or **two**",
            "**Note**",
            "**Warning:**",
            "**Table of contents**",
            "**Do not run this block twice.**",
            "****",
            "***",
            "**",
            "** **",
        ] {
            assert_eq!(whole(line), None, "{line}");
        }
    }

    #[test]
    fn what_parts_two_blocks_is_told_from_other_prose() {
        for (prose, words) in [
            ("Wait.\n\n**Migrate**\n\nIt is slow.", "Migrate"),
            ("__Rollback__", "Rollback"),
            ("**Rollback.** Only if it does not come up.", "Rollback."),
            ("**Step 2:** now the API", "Step 2"),
            ("1. **Verify:** look at the page", "Verify"),
            ("Verify:", "Verify:"),
            (
                "Now verify that the pods are up:",
                "Now verify that the pods are up:",
            ),
            ("> [!danger]- Rollback", "[!danger]- Rollback"),
            ("If it fails, roll back", "If it fails, roll back"),
            ("To undo it:", "To undo it:"),
        ] {
            assert_eq!(parting(prose), Some(words), "{prose}");
        }
        for prose in [
            "",
            "Wait ten seconds.",
            "**Note:** it is slow",
            "Check the lag:",
            "Example output:",
            "Auto-sync would undo the manual steps.",
            "This is so because nobody could ever verify it from here.",
            "```yaml\nverify:\n  rollback:\n```",
        ] {
            assert_eq!(parting(prose), None, "{prose}");
        }
    }
}
