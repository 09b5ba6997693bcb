//! Template steps of a release, and how changes of a template propagate to its copies (R8-R10).
use super::{
    id::{ReleaseId, TemplateId},
    jenkins::JenkinsJob,
    text::{Content, Description, Name},
    validation_errors::{ErrorCollector, ValidationErrors},
    vocabulary::{Category, Field, StepStatus, StepType},
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// A template step as stored. `order_index` counts from 0 within its category.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StepTemplate {
    pub id: TemplateId,
    pub release_id: ReleaseId,
    pub name: String,
    pub category: Category,
    #[serde(rename = "type")]
    pub kind: StepType,
    /// The text with its variables as they are written, `{{customer.name}}`.
    pub content: String,
    /// Position within the category, from 0 without gaps.
    pub order_index: i32,
    pub description: Option<String>,
    /// The job at Jenkins that carries it out, if one does (R64).
    #[serde(default)]
    pub jenkins: Option<JenkinsJob>,
    /// Counts up by one with each change of the row; an edit names the one that it is based on (R3).
    pub version: i64,
    #[serde(with = "crate::domain::time_serde")]
    pub created_at: DateTime<Utc>,
    #[serde(with = "crate::domain::time_serde")]
    pub updated_at: DateTime<Utc>,
}

/// The input of a step form, unchecked: for a template step, or for a custom step (without description and job).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct TemplateDraft {
    pub name: String,
    /// The word of a `Category`.
    pub category: String,
    /// The word of a `StepType`.
    #[serde(rename = "type")]
    pub kind: String,
    pub content: String,
    pub description: String,
    pub jenkins: Option<JenkinsJob>,
}

impl Default for TemplateDraft {
    fn default() -> Self {
        Self {
            name: String::new(),
            category: Category::Deploy.to_string(),
            kind: StepType::Bash.to_string(),
            content: String::new(),
            description: String::new(),
            jenkins: None,
        }
    }
}

/// The fields of a step after validation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemplateFields {
    pub name: Name,
    pub category: Category,
    pub kind: StepType,
    pub content: Content,
    pub description: Option<Description>,
    pub jenkins: Option<JenkinsJob>,
}

impl TemplateDraft {
    /// Validates all fields; the errors name every wrong one.
    pub fn parse(self) -> Result<TemplateFields, ValidationErrors> {
        let mut errors = ErrorCollector::default();
        let name = errors.check(Field::Name, Name::parse(&self.name));
        let category = errors.check(Field::Category, self.category.parse());
        let kind = errors.check(Field::Type, self.kind.parse());
        let content = errors.check(Field::Content, Content::parse(&self.content));
        let description = errors.check(Field::Description, Description::parse(&self.description));
        let jenkins = self.jenkins.map(JenkinsJob::parse).transpose();
        let jenkins = errors.check(Field::Jenkins, jenkins);
        errors.finish((|| {
            Some(TemplateFields {
                name: name?,
                category: category?,
                kind: kind?,
                content: content?,
                description: description?,
                jenkins: jenkins?,
            })
        })())
    }

    /// All fields but the content as one text, for a comparison with another draft line by line. None that is empty.
    pub fn fields_text(&self) -> String {
        let Self {
            name,
            category,
            kind,
            content: _,
            description,
            jenkins,
        } = self;
        let category = match category.parse::<Category>() {
            Ok(it) => it.label(),
            Err(_) => category.as_str(),
        };
        let job = jenkins.as_ref().map_or("", |it| it.job.as_str());
        let parameters = jenkins.as_ref().map(JenkinsJob::lines).unwrap_or_default();
        let fields = [
            ("Name: ", name.as_str()),
            ("Category: ", category),
            ("Type: ", kind.as_str()),
            ("Description: ", description.as_str()),
            ("Run in Jenkins: ", job),
            ("Parameters:\n", parameters.trim_end()),
        ];
        let mut text = String::new();
        for (label, value) in fields {
            if !value.is_empty() {
                text.extend([label, value, "\n"]);
            }
        }
        text
    }
}

impl From<StepTemplate> for TemplateDraft {
    fn from(template: StepTemplate) -> Self {
        Self {
            name: template.name,
            category: template.category.to_string(),
            kind: template.kind.to_string(),
            content: template.content,
            description: template.description.unwrap_or_default(),
            jenkins: template.jenkins,
        }
    }
}

/// Whether a change of a template propagates to one copy, and if not, why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Propagation {
    /// Pending and not overridden: takes the new text, or is deleted with its template.
    Propagate,
    /// It has a text of its own.
    Overridden,
    /// It is in progress.
    Started,
    /// It was executed, or marked as failed, skipped or reverted.
    Executed,
}

/// Only pending copies without an override follow their template (R9, R10).
pub fn propagation(status: StepStatus, is_overridden: bool) -> Propagation {
    match status {
        _ if is_overridden => Propagation::Overridden,
        StepStatus::Pending => Propagation::Propagate,
        StepStatus::InProgress => Propagation::Started,
        StepStatus::Done | StepStatus::Failed | StepStatus::Skipped | StepStatus::Reverted => {
            Propagation::Executed
        }
    }
}

/// The numbers of copies that keep their own text, by reason.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptCopies {
    pub overridden: u32,
    pub started: u32,
    pub executed: u32,
}

impl KeptCopies {
    /// The number of all copies that keep their text.
    pub fn total(self) -> u32 {
        self.overridden + self.started + self.executed
    }
}

/// What a new order of the templates would do: how many customers' lists follow it, and how many stay as they are
/// (R11).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReorderImpact {
    /// The number of customers whose lists get the new order.
    pub follows: u32,
    /// The number of customers whose lists have an order of their own.
    pub left_alone: u32,
}

/// How many copies a change of a template changes, and how many keep their text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TemplateImpact {
    /// The number of copies that change.
    pub changes: u32,
    pub keeps: KeptCopies,
}

impl TemplateImpact {
    /// Counts one copy.
    pub fn count(&mut self, propagation: Propagation) {
        match propagation {
            Propagation::Propagate => self.changes += 1,
            Propagation::Overridden => self.keeps.overridden += 1,
            Propagation::Started => self.keeps.started += 1,
            Propagation::Executed => self.keeps.executed += 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_pending_copy_with_the_template_s_text_follows() {
        assert_eq!(
            propagation(StepStatus::Pending, false),
            Propagation::Propagate
        );
        assert_eq!(
            propagation(StepStatus::Pending, true),
            Propagation::Overridden
        );
        assert_eq!(
            propagation(StepStatus::InProgress, false),
            Propagation::Started
        );
        for status in [
            StepStatus::Done,
            StepStatus::Failed,
            StepStatus::Skipped,
            StepStatus::Reverted,
        ] {
            assert_eq!(propagation(status, false), Propagation::Executed);
        }
    }

    #[test]
    fn the_text_of_the_fields_tells_a_change_of_each_of_them() {
        let draft = TemplateDraft {
            name: "Upgrade".into(),
            ..TemplateDraft::default()
        };
        let text = draft.fields_text();
        assert_eq!(text, "Name: Upgrade\nCategory: Deploy\nType: bash\n");
        let changed = |change: fn(&mut TemplateDraft)| {
            let mut draft = draft.clone();
            change(&mut draft);
            draft.fields_text()
        };
        for other in [
            changed(|it| it.name.push('s')),
            changed(|it| it.category = Category::Verify.to_string()),
            changed(|it| it.kind = StepType::Sql.to_string()),
            changed(|it| it.description.push_str("All pods")),
        ] {
            assert_ne!(other, text);
        }
        let with_job = changed(|it| it.jenkins = JenkinsJob::from_form("all/deploy", "B=2\nA=1"));
        let job = "Run in Jenkins: all/deploy\nParameters:\nA=1\nB=2\n";
        assert_eq!(with_job, format!("{text}{job}"));
    }

    #[test]
    fn a_draft_without_name_and_text_says_both() {
        let invalid = TemplateDraft {
            kind: "perl".into(),
            ..TemplateDraft::default()
        }
        .parse()
        .unwrap_err();
        assert!(
            [Field::Name, Field::Content, Field::Type]
                .iter()
                .all(|it| invalid.error_for(*it).is_some())
        );
    }
}
