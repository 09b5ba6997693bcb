//! A customer's steps as a checklist to print or to download as Markdown, with variables filled in and a box to tick
//! per step. All names, notes and texts are escaped: none can become a heading, a link or an HTML tag.
use super::{
    cluster::Cluster,
    customer::Customer,
    evidence::EvidenceDigest,
    release::Release,
    release_sheet::SheetRun,
    step_proofs,
    text_change::kept_label,
    time_serde::to_minutes,
    vocabulary::{Category, StepStatus, StepType},
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// All steps of one customer in one release.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checklist {
    pub release: Release,
    pub customer: Customer,
    pub cluster: Cluster,
    pub steps: Vec<ChecklistStep>,
}

/// One step of a checklist.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChecklistStep {
    pub name: String,
    pub category: Category,
    pub kind: StepType,
    pub status: StepStatus,
    /// The text that the step was done with, as its event kept it (R81); of another step its text with variables filled in.
    pub text: String,
    /// What `text` is, if an event kept it.
    pub kept: Option<KeptTextNote>,
    /// The names of unresolved variables.
    pub unresolved: Vec<String>,
    pub notes: Option<String>,
    pub reason: Option<String>,
    pub by: Option<String>,
    #[serde(with = "crate::domain::time_serde::option")]
    pub at: Option<DateTime<Utc>>,
    /// Oldest first. Only the file lists it, so pages are not sent it.
    #[serde(skip)]
    pub evidence: Vec<EvidenceDigest>,
    /// Those that are over, oldest first; only for the file too.
    #[serde(skip)]
    pub runs: Vec<SheetRun>,
    /// The same two for the page, a line each.
    pub proofs: Option<String>,
}

/// What the text of a done step is, in a checklist.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptTextNote {
    /// Whether the person had it on the page.
    pub is_shown: bool,
    /// Whether the step's text is another one today.
    pub differs: bool,
}

impl KeptTextNote {
    /// "Text as shown. Today's text differs."
    pub fn text(self) -> String {
        let label = kept_label(self.is_shown);
        if self.differs {
            format!("{label}. Today's text differs.")
        } else {
            label.to_owned()
        }
    }
}

/// A text on one line, with a backslash before every character that is special in Markdown.
fn escape_inline(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for ch in text.chars() {
        if ch.is_control() || matches!(ch, '\u{2028}' | '\u{2029}') {
            escaped.push(' ');
            continue;
        }
        if "\\`*_[]<>&|~#!".contains(ch) {
            escaped.push('\\');
        }
        escaped.push(ch);
    }
    escaped
}

/// A text as a fenced code block. The fence is longer than any run of backticks in the text.
fn fenced_block(text: &str, kind: &str) -> String {
    let (mut longest, mut run) = (0, 0);
    for ch in text.chars() {
        run = if ch == '`' { run + 1 } else { 0 };
        longest = longest.max(run);
    }
    let fence = "`".repeat(longest.max(2) + 1);
    let end = if text.ends_with('\n') { "" } else { "\n" };
    format!("{fence}{kind}\n{text}{end}{fence}\n")
}

impl ChecklistStep {
    /// State, author, time and reason: "done by Ana, 2026-06-01 09:05 UTC".
    pub fn state(&self) -> String {
        let mut text = self.status.in_sentence().to_owned();
        if let Some(by) = &self.by {
            text.extend([" by ", by.as_str()]);
        }
        if let Some(at) = self.at {
            text.extend([", ", to_minutes(at).as_str()]);
        }
        if let Some(reason) = &self.reason {
            text.extend([": ", reason.as_str()]);
        }
        text
    }

    fn to_markdown(&self, number: usize) -> String {
        let mark = if self.status.is_open() { ' ' } else { 'x' };
        let mut out = format!(
            "### {number}. {}\n\n- [{mark}] {}\n{}\n",
            escape_inline(&self.name),
            escape_inline(&self.state()),
            step_proofs::lists(&self.evidence, &self.runs, escape_inline)
        );
        if !self.unresolved.is_empty() {
            let names = escape_inline(&self.unresolved.join(", "));
            out.extend(["**Not set: ", names.as_str(), "**\n\n"]);
        }
        if let Some(kept) = self.kept {
            out.extend([kept.text().as_str(), "\n\n"]);
        }
        out.push_str(&fenced_block(&self.text, self.kind.as_str()));
        if let Some(notes) = &self.notes {
            out.extend(["\nNotes:\n\n", fenced_block(notes, "text").as_str()]);
        }
        out
    }
}

impl Checklist {
    /// The whole checklist as Markdown.
    pub fn to_markdown(&self) -> String {
        let (release, customer) = (&self.release, &self.customer);
        let version = release.version_number.as_deref().unwrap_or("none");
        let mut out = format!(
            "# {}: {}\n\n- Cluster: {}\n- Namespace: {}\n- Version: {}\n",
            escape_inline(&release.name),
            escape_inline(&customer.name),
            escape_inline(&self.cluster.name),
            escape_inline(&customer.namespace),
            escape_inline(version)
        );
        let mut category = None;
        for (index, step) in self.steps.iter().enumerate() {
            if category != Some(step.category) {
                category = Some(step.category);
                out.extend(["\n## ", step.category.label(), "\n"]);
            }
            out.extend(["\n", step.to_markdown(index + 1).as_str()]);
        }
        out
    }

    /// The name of the Markdown file: lower-case ASCII letters and digits of the two names, joined by hyphens.
    pub fn file_name(&self) -> String {
        let mut name = String::new();
        for ch in format!("{} {}", self.release.name, self.customer.name).chars() {
            if ch.is_ascii_alphanumeric() {
                name.push(ch.to_ascii_lowercase());
            } else if !name.is_empty() && !name.ends_with('-') {
                name.push('-');
            }
        }
        let name = name.trim_end_matches('-');
        let name = if name.is_empty() { "runbook" } else { name };
        format!("{name}.md")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_never_more_than_a_name() {
        assert_eq!(
            escape_inline("</h1>\n# [x](y) `z` a_b"),
            r"\</h1\> \# \[x\](y) \`z\` a\_b"
        );
    }

    #[test]
    fn no_text_breaks_out_of_its_fence() {
        assert_eq!(fenced_block("true", "bash"), "```bash\ntrue\n```\n");
        let text = "````\n# not a heading\n";
        assert_eq!(
            fenced_block(text, "text"),
            "`````text\n````\n# not a heading\n`````\n"
        );
    }

    #[test]
    fn a_step_says_who_and_when_and_why() {
        let step = ChecklistStep {
            name: "Upgrade".into(),
            category: Category::Deploy,
            kind: StepType::Bash,
            status: StepStatus::InProgress,
            text: "true".into(),
            kept: None,
            unresolved: Vec::new(),
            notes: None,
            reason: Some("slow".into()),
            by: Some("Ana".into()),
            at: Some(DateTime::UNIX_EPOCH),
            evidence: Vec::new(),
            runs: Vec::new(),
            proofs: None,
        };
        assert_eq!(
            step.state(),
            "in progress by Ana, 1970-01-01 00:00 UTC: slow"
        );
    }
}
