//! Template steps: what a release asks for of every customer, and what a change of one does to its copies (R8-R10).
use super::{
    id::{ReleaseId, TemplateId},
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
    pub content: String,
    pub order_index: i32,
    pub description: Option<String>,
    pub version: i64,
    #[serde(with = "crate::domain::time_serde")]
    pub created_at: DateTime<Utc>,
    #[serde(with = "crate::domain::time_serde")]
    pub updated_at: DateTime<Utc>,
}

/// A step as typed in: of the template, or of one customer (which has no description).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct TemplateDraft {
    pub name: String,
    pub category: String,
    #[serde(rename = "type")]
    pub kind: String,
    pub content: String,
    pub description: String,
}

impl Default for TemplateDraft {
    fn default() -> Self {
        Self {
            name: String::new(),
            category: Category::Deploy.to_string(),
            kind: StepType::Bash.to_string(),
            content: String::new(),
            description: String::new(),
        }
    }
}

/// A step's fields after they were checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemplateFields {
    pub name: Name,
    pub category: Category,
    pub kind: StepType,
    pub content: Content,
    pub description: Option<Description>,
}

impl TemplateDraft {
    pub fn parse(self) -> Result<TemplateFields, ValidationErrors> {
        let mut problems = ErrorCollector::default();
        let name = problems.take(Field::Name, Name::parse(&self.name));
        let category = problems.take(Field::Category, self.category.parse());
        let kind = problems.take(Field::Type, self.kind.parse());
        let content = problems.take(Field::Content, Content::parse(&self.content));
        let description = problems.take(Field::Description, Description::parse(&self.description));
        problems.finish((|| {
            Some(TemplateFields {
                name: name?,
                category: category?,
                kind: kind?,
                content: content?,
                description: description?,
            })
        })())
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
        }
    }
}

/// What becomes of one copy when its template is changed or deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Propagation {
    /// Pending and not overridden: it takes the new text, or goes.
    Propagate,
    Overridden,
    Started,
    Executed,
}

/// R9, R10: only a copy that nobody has touched follows its template.
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

/// Copies that keep their own text, by the reason.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptCopies {
    pub overridden: u32,
    pub started: u32,
    pub executed: u32,
}

impl KeptCopies {
    pub fn total(self) -> u32 {
        self.overridden + self.started + self.executed
    }
}

/// What a new order of the templates would do to the customers' lists (R11).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReorderImpact {
    pub follows: u32,
    pub left_alone: u32,
}

/// What a change of a template would do to its copies, or did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TemplateImpact {
    pub changes: u32,
    pub keeps: KeptCopies,
}

impl TemplateImpact {
    pub fn count(&mut self, fate: Propagation) {
        match fate {
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
                .all(|it| invalid.at(*it).is_some())
        );
    }
}
