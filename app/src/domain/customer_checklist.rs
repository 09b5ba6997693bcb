//! One customer's steps on paper: with the values filled in and a box to tick, printed or as Markdown. Whatever a name, a
//! note or a text holds, it stays what it is: nobody's name becomes a heading, a link or a tag.
use super::{
    cluster::Cluster,
    customer::Customer,
    release::Release,
    vocabulary::{Category, StepStatus, StepType},
};
use chrono::{DateTime, Datelike, Timelike, Utc};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checklist {
    pub release: Release,
    pub customer: Customer,
    pub cluster: Cluster,
    pub steps: Vec<CheckStep>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckStep {
    pub name: String,
    pub category: Category,
    pub kind: StepType,
    pub status: StepStatus,
    /// With the values filled in.
    pub text: String,
    /// The names of values that are missing.
    pub unresolved: Vec<String>,
    pub notes: Option<String>,
    pub reason: Option<String>,
    pub by: Option<String>,
    #[serde(with = "crate::domain::time_serde::option")]
    pub at: Option<DateTime<Utc>>,
}

/// A text on one line, with a backslash before every letter that Markdown could take for more.
fn inline(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        if letter.is_control() || matches!(letter, '\u{2028}' | '\u{2029}') {
            escaped.push(' ');
            continue;
        }
        if "\\`*_[]<>&|~#!".contains(letter) {
            escaped.push('\\');
        }
        escaped.push(letter);
    }
    escaped
}

/// A text as a block of its own, between fences that do not stand in it.
fn fenced(text: &str, kind: &str) -> String {
    let (mut longest, mut run) = (0, 0);
    for letter in text.chars() {
        run = if letter == '`' { run + 1 } else { 0 };
        longest = longest.max(run);
    }
    let fence = "`".repeat(longest.max(2) + 1);
    let end = if text.ends_with('\n') { "" } else { "\n" };
    format!("{fence}{kind}\n{text}{end}{fence}\n")
}

fn time(at: DateTime<Utc>) -> String {
    format!(
        "{:04}-{:02}-{:02} {:02}:{:02} UTC",
        at.year(),
        at.month(),
        at.day(),
        at.hour(),
        at.minute()
    )
}

impl CheckStep {
    /// "done by Ana, 2026-06-01 09:05 UTC".
    pub fn state(&self) -> String {
        let mut text = self.status.word().to_owned();
        if let Some(by) = &self.by {
            text.extend([" by ", by.as_str()]);
        }
        if let Some(at) = self.at {
            text.extend([", ", time(at).as_str()]);
        }
        if let Some(reason) = &self.reason {
            text.extend([": ", reason.as_str()]);
        }
        text
    }

    fn markdown(&self, number: usize) -> String {
        let mark = if self.status.is_open() { ' ' } else { 'x' };
        let mut out = format!(
            "### {number}. {}\n\n- [{mark}] {}\n\n",
            inline(&self.name),
            inline(&self.state())
        );
        if !self.unresolved.is_empty() {
            let names = inline(&self.unresolved.join(", "));
            out.extend(["**Not set: ", names.as_str(), "**\n\n"]);
        }
        out.push_str(&fenced(&self.text, self.kind.as_str()));
        if let Some(notes) = &self.notes {
            out.extend(["\nNotes:\n\n", fenced(notes, "text").as_str()]);
        }
        out
    }
}

impl Checklist {
    pub fn markdown(&self) -> String {
        let (release, customer) = (&self.release, &self.customer);
        let version = release.version_number.as_deref().unwrap_or("none");
        let mut out = format!(
            "# {}: {}\n\n- Cluster: {}\n- Namespace: {}\n- Version: {}\n",
            inline(&release.name),
            inline(&customer.name),
            inline(&self.cluster.name),
            inline(&customer.namespace),
            inline(version)
        );
        let mut category = None;
        for (index, step) in self.steps.iter().enumerate() {
            if category != Some(step.category) {
                category = Some(step.category);
                out.extend(["\n## ", step.category.label(), "\n"]);
            }
            out.extend(["\n", step.markdown(index + 1).as_str()]);
        }
        out
    }

    /// What the file is called: small letters and digits of the two names.
    pub fn file_name(&self) -> String {
        let mut name = String::new();
        for letter in format!("{} {}", self.release.name, self.customer.name).chars() {
            if letter.is_ascii_alphanumeric() {
                name.push(letter.to_ascii_lowercase());
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
            inline("</h1>\n# [x](y) `z` a_b"),
            r"\</h1\> \# \[x\](y) \`z\` a\_b"
        );
    }

    #[test]
    fn no_text_breaks_out_of_its_fence() {
        assert_eq!(fenced("true", "bash"), "```bash\ntrue\n```\n");
        let text = "````\n# not a heading\n";
        assert_eq!(
            fenced(text, "text"),
            "`````text\n````\n# not a heading\n`````\n"
        );
    }

    #[test]
    fn a_step_says_who_and_when_and_why() {
        let step = CheckStep {
            name: "Upgrade".into(),
            category: Category::Deploy,
            kind: StepType::Bash,
            status: StepStatus::InProgress,
            text: "true".into(),
            unresolved: Vec::new(),
            notes: None,
            reason: Some("slow".into()),
            by: Some("Ana".into()),
            at: Some(DateTime::UNIX_EPOCH),
        };
        assert_eq!(
            step.state(),
            "in progress by Ana, 1970-01-01 00:00 UTC: slow"
        );
    }
}
