//! Markdown report of a release: its details, the progress, a checklist for every customer, and the template steps with
//! their texts. Text that people typed is escaped, so it is never read as Markdown or HTML.
use app::domain::{
    history_chain::Head,
    progress::{NO_STEPS, Progress},
    release_sheet::{ReleaseSheet, SheetRow},
    step_proofs,
    summary::Member,
    template::StepTemplate,
    time_serde::to_minutes,
    vocabulary::StepStatus,
};
use std::fmt::Write;

/// The last lines: the head of the history that the report was made at, by which it can be proved later (R89). `signed` is its
/// signature, and the public key of that.
pub fn head(head: &Head, signed: Option<(&str, &str)>) -> String {
    let (id, hash) = (head.id, &head.hash);
    let mut text = format!("\n---\n\nHead of the history: event {id}, SHA-256 `{hash}`.");
    let mut kept = head.to_string();
    if let Some((signature, public_key)) = signed {
        let _ = write!(text, " Signature: `{signature}`.");
        let _ = write!(kept, ":{signature} --public-key {public_key}");
    }
    let _ = writeln!(
        text,
        " Whether today's history still contains it: `rollcall check --head {kept}`."
    );
    text
}

/// The whole report; `templates` are in order, and may be empty.
pub fn markdown(sheet: &ReleaseSheet, templates: &[StepTemplate]) -> String {
    let release = &sheet.release;
    let mut text = format!("# {}\n\n", inline(&release.name));
    let mut details = vec![release.kind.to_string()];
    if let Some(number) = &release.version_number {
        details.push(format!("version {}", inline(number)));
    }
    if let Some(date) = release.release_date {
        details.push(format!("planned for {date}"));
    }
    details.push(release.status.to_string());
    let _ = writeln!(text, "{}\n", details.join(" · "));
    if let Some(description) = &release.description {
        let _ = writeln!(text, "{}\n", inline(description));
    }
    progress(&mut text, sheet);
    let mut rows = sheet.rows.iter().peekable();
    for (index, member) in sheet.members.iter().enumerate() {
        customer(&mut text, member);
        while let Some(row) = rows.next_if(|it| it.member == index) {
            step(&mut text, row);
        }
        text.push('\n');
    }
    if !templates.is_empty() {
        text.push_str("## Steps of the template\n\n");
    }
    for template in templates {
        template_step(&mut text, template);
    }
    text
}

fn progress(text: &mut String, sheet: &ReleaseSheet) {
    let _ = writeln!(
        text,
        "## Progress\n\n{}\n",
        progress_sentence(&sheet.progress)
    );
    text.push_str("| Customer | Namespace | Cluster | Finished |");
    for status in StepStatus::ALL {
        let _ = write!(text, " {} |", status.label());
    }
    text.push_str("\n| --- | --- | --- | ---: |");
    text.push_str(&" ---: |".repeat(StepStatus::ALL.len()));
    text.push('\n');
    for member in &sheet.members {
        let percent = member.progress.counts.percent_text(NO_STEPS);
        let _ = write!(
            text,
            "| {} | {} | {} | {percent} |",
            inline(&member.name),
            inline(&member.namespace),
            inline(&member.cluster.name)
        );
        for status in StepStatus::ALL {
            let _ = write!(text, " {} |", member.progress.counts.of(*status));
        }
        text.push('\n');
    }
    text.push('\n');
}

fn progress_sentence(progress: &Progress) -> String {
    let Some(percent) = progress.percent else {
        return "No steps.".to_owned();
    };
    let finished = progress.counts.finished();
    format!(
        "{percent} % finished: {finished} of {} steps.",
        progress.total
    )
}

fn customer(text: &mut String, member: &Member) {
    let inactive = if member.is_active { "" } else { ", inactive" };
    let _ = writeln!(
        text,
        "## {} ({}, {}{inactive})\n\n{}\n",
        inline(&member.name),
        inline(&member.namespace),
        inline(&member.cluster.name),
        progress_sentence(&member.progress)
    );
}

/// An item of the checklist: "- [x] 3. Migrate schema: done by Ana, 2026-06-01 09:12 UTC".
fn step(text: &mut String, row: &SheetRow) {
    let mark = if row.status.is_open() { ' ' } else { 'x' };
    let _ = write!(
        text,
        "- [{mark}] {} {}. {}: {}",
        row.category.label(),
        row.number,
        inline(&row.name),
        row.status.in_sentence()
    );
    if let Some(by) = &row.state_by {
        let _ = write!(text, " by {}", inline(by));
    }
    if let Some(at) = row.state_at {
        let _ = write!(text, ", {}", to_minutes(at));
    }
    for (is, word) in [(row.is_overridden, "overridden"), (row.is_custom, "custom")] {
        if is {
            let _ = write!(text, ", {word}");
        }
    }
    if let Some(proof) = &row.proof {
        let label = if proof.is_shown {
            "text as shown"
        } else {
            "text at that time"
        };
        let _ = write!(text, ", {label}: SHA-256 `{}`", proof.sha256);
    }
    text.push('\n');
    for (word, said) in [("Reason", &row.reason), ("Notes", &row.notes)] {
        if let Some(said) = said {
            let _ = writeln!(text, "\n  {word}:\n\n{}", fenced(said, "text", "  "));
        }
    }
    text.push_str(&step_proofs::lists(&row.evidence, &row.runs, inline));
}

fn template_step(text: &mut String, it: &StepTemplate) {
    let (category, number) = (it.category.label(), it.order_index.saturating_add(1));
    let _ = writeln!(text, "### {category} {number}. {}\n", inline(&it.name));
    if let Some(description) = &it.description {
        let _ = writeln!(text, "{}\n", inline(description));
    }
    let _ = writeln!(text, "{}", fenced(&it.content, it.kind.as_str(), ""));
}

/// Escapes a text for one line of Markdown: a heading, a paragraph or a cell of a table. Line ends become spaces.
fn inline(text: &str) -> String {
    let mut safe = String::with_capacity(text.len() + 8);
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        let is_word_s_end = letters.peek().is_none_or(|it| it.is_whitespace());
        match letter {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '(' | ')' | '#' | '|' | '~' | '!' | '$' | ':'
            | '@' | '=' => {
                safe.push('\\');
                safe.push(letter);
            }
            // "www." would become a link, and "1. " at the beginning a list.
            '.' if ends_with_www(&safe) => safe.push_str("\\."),
            '.' if is_word_s_end && safe.bytes().all(|it| it.is_ascii_digit()) => {
                safe.push_str("\\.");
            }
            '\u{2028}' | '\u{2029}' => safe.push(' '),
            it if it.is_control() => safe.push(' '),
            // At the beginning these would become a list.
            '-' | '+' if safe.trim_start().is_empty() => {
                safe.push('\\');
                safe.push(letter);
            }
            it => safe.push(it),
        }
    }
    safe.trim().to_owned()
}

fn ends_with_www(safe: &str) -> bool {
    let tail = safe.len().checked_sub(3).and_then(|it| safe.get(it..));
    tail.is_some_and(|it| it.eq_ignore_ascii_case("www"))
}

/// A code block. Its fence is longer than any run of backticks in the text.
fn fenced(text: &str, kind: &str, indent: &str) -> String {
    let (mut run, mut longest) = (0, 0);
    for letter in text.chars() {
        run = if letter == '`' { run + 1 } else { 0 };
        longest = longest.max(run);
    }
    let fence = "`".repeat(longest.max(2) + 1);
    let mut block = format!("{indent}{fence}{kind}\n");
    // In Markdown a lone carriage return ends a line too.
    for line in text.replace("\r\n", "\n").split(['\n', '\r']) {
        let _ = writeln!(block, "{indent}{line}");
    }
    let _ = writeln!(block, "{indent}{fence}");
    block
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_never_read_as_markdown() {
        for (name, safe) in [
            ("Acme", "Acme"),
            ("a | b", "a \\| b"),
            (
                "<img src=x onerror=alert(1)>",
                "&lt;img src\\=x onerror\\=alert\\(1\\)&gt;",
            ),
            ("# Heading", "\\# Heading"),
            ("- item", "\\- item"),
            ("1. item", "1\\. item"),
            ("2026.11 June", "2026.11 June"),
            ("two\nlines\r\u{2028}", "two lines"),
            ("[x](http://evil)", "\\[x\\]\\(http\\://evil\\)"),
            ("www.evil.example", "www\\.evil.example"),
            ("`code` & \\", "\\`code\\` &amp; \\\\"),
        ] {
            assert_eq!(inline(name), safe, "{name:?}");
        }
    }

    #[test]
    fn a_fence_is_longer_than_any_in_the_text() {
        let text = "echo 1\n```\n# not a heading\n`````\r```\n";
        let block = fenced(text, "bash", "  ");
        assert!(block.starts_with("  ``````bash\n") && block.ends_with("  ``````\n"));
        assert!(block.lines().all(|it| it.starts_with("  ")));
        assert!(!block.contains('\r'));
        assert!(fenced("x", "sql", "").starts_with("```sql\nx\n```\n"));
    }
}
