//! A new release as a whole (R107): its details, where its steps come from, and the customers that it is activated for at once.
use super::{
    field_error::FieldError,
    id::{CustomerId, ReleaseId, TemplateId},
    release::{Release, ReleaseDraft},
    template::{TemplateDraft, TemplateFields},
    template_markdown::STEPS_MAX,
    time_serde,
    validation_errors::{InvalidField, ValidationErrors},
    vocabulary::{Field, ReleaseStatus, ReleaseType},
};
use chrono::DateTime;
use serde::{Deserialize, Serialize};

/// Where the steps of a new release come from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum NewSteps {
    /// There are none yet.
    #[default]
    Empty,
    /// From another release: all of its steps, or those that are listed.
    Clone {
        from: ReleaseId,
        only: Option<Vec<TemplateId>>,
    },
    /// Read from a runbook.
    Import(Vec<TemplateDraft>),
}

/// The input of the form of a new release, unchecked.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct WholeRelease {
    pub details: ReleaseDraft,
    pub steps: NewSteps,
    /// The customers that it is activated for; without any it stays a draft.
    pub customers: Vec<CustomerId>,
}

impl WholeRelease {
    /// The release before it is made, to find out what its steps would be for customers. Fields that are wrong are left out.
    pub fn unsaved(&self) -> Release {
        let details = &self.details;
        let number = Some(details.version_number.trim().to_owned());
        Release {
            id: ReleaseId(0),
            name: details.name.trim().to_owned(),
            kind: details.kind.parse().unwrap_or(ReleaseType::Release),
            status: ReleaseStatus::Draft,
            version_number: number.filter(|it| !it.is_empty()),
            release_date: time_serde::date(details.release_date.trim()),
            description: None,
            metadata: details.metadata.clone().checked().unwrap_or_default(),
            version: 1,
            created_at: DateTime::UNIX_EPOCH,
            updated_at: DateTime::UNIX_EPOCH,
        }
    }
}

/// The error of a form whose steps are to be imported, but which has no runbook.
pub fn no_runbook() -> InvalidField {
    let fault = "Paste a runbook, or choose another way to start";
    InvalidField {
        field: Field::Markdown,
        problem: FieldError::Faults {
            faults: vec![fault.to_owned()],
        },
    }
}

/// Validates the steps of a runbook; the error names each wrong step.
pub fn parse_imported(drafts: Vec<TemplateDraft>) -> Result<Vec<TemplateFields>, ValidationErrors> {
    let wrong = |problem| ValidationErrors::one(Field::Markdown, problem);
    let (max, long) = (STEPS_MAX, drafts.len());
    if long > max {
        return Err(wrong(FieldError::TooMany { max, long }));
    }
    let mut fields = Vec::with_capacity(long);
    let mut faults = Vec::new();
    for (index, draft) in drafts.into_iter().enumerate() {
        match draft.parse() {
            Ok(it) => fields.push(it),
            Err(error) => faults.push(format!("Step {}: {}", index + 1, error.labelled())),
        }
    }
    if faults.is_empty() {
        Ok(fields)
    } else {
        Err(wrong(FieldError::Faults { faults }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(name: &str) -> TemplateDraft {
        TemplateDraft {
            name: name.into(),
            content: "true".into(),
            ..TemplateDraft::default()
        }
    }

    #[test]
    fn each_wrong_step_of_a_runbook_is_named() {
        let read = parse_imported(vec![step("Look"), step("Purge")]);
        assert_eq!(read.map(|it| it.len()), Ok(2));
        let wrong = parse_imported(vec![step("Look"), step(""), step(&"x".repeat(200))]);
        let wrong = wrong.unwrap_err();
        let Some(FieldError::Faults { faults }) = wrong.error_for(Field::Markdown) else {
            panic!("{wrong:?}")
        };
        assert_eq!(faults[0], "Step 2: Name: Enter a name");
        assert!(
            faults[1].starts_with("Step 3: Name: At most 100"),
            "{faults:?}"
        );
        let many = parse_imported(vec![step("Look"); STEPS_MAX + 1]).unwrap_err();
        assert!(matches!(
            many.error_for(Field::Markdown),
            Some(FieldError::TooMany { .. })
        ));
    }

    #[test]
    fn a_form_that_imports_without_a_runbook_says_what_else_to_do() {
        let wrong = no_runbook();
        assert_eq!(wrong.field, Field::Markdown);
        assert_eq!(
            wrong.message(),
            "Paste a runbook, or choose another way to start"
        );
    }

    #[test]
    fn a_release_that_is_not_made_yet_has_what_is_right_of_its_details() {
        let new = WholeRelease {
            details: ReleaseDraft {
                kind: "?".into(),
                version_number: " 6.0 ".into(),
                release_date: "soon".into(),
                ..ReleaseDraft::default()
            },
            ..WholeRelease::default()
        };
        let release = new.unsaved();
        assert_eq!(release.version_number.as_deref(), Some("6.0"));
        assert_eq!(release.kind, ReleaseType::Release);
        assert_eq!((release.name.as_str(), release.release_date), ("", None));
    }
}
