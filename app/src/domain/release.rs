//! Releases and their lifecycle: draft, active, archived, and active again (R4).
use super::{
    field_error::FieldError,
    id::ReleaseId,
    metadata::Metadata,
    progress::Progress,
    rule_violation::RuleViolation,
    text::{Description, Name, VersionNumber},
    time_serde,
    validation_errors::{ErrorCollector, ValidationErrors},
    vocabulary::{Field, ReleaseStatus, ReleaseType},
};
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use std::collections::{HashMap, HashSet};

/// A release as stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Release {
    pub id: ReleaseId,
    pub name: String,
    #[serde(rename = "type")]
    pub kind: ReleaseType,
    pub status: ReleaseStatus,
    /// The version that is released, as people write it: "24.2", "v3".
    pub version_number: Option<String>,
    #[serde(with = "crate::domain::time_serde::day")]
    pub release_date: Option<NaiveDate>,
    pub description: Option<String>,
    /// Its variables, which come after those of customer and cluster (R18).
    pub metadata: Metadata,
    /// Counts up by one with each change of the row; an edit names the one that it is based on (R3).
    pub version: i64,
    #[serde(with = "crate::domain::time_serde")]
    pub created_at: DateTime<Utc>,
    #[serde(with = "crate::domain::time_serde")]
    pub updated_at: DateTime<Utc>,
}

/// What tells a release from others of its name in a list.
#[derive(Clone, Copy, Debug)]
pub struct ReleaseLabel<'a> {
    pub id: ReleaseId,
    pub name: &'a str,
    pub version_number: Option<&'a str>,
    /// The day on which it was created, UTC.
    pub created: NaiveDate,
}

/// What follows the names of releases that are called like another one: their versions, else the days on which they were created,
/// else their ids. In the order of the releases; none where the name is the only one.
pub fn name_suffixes(releases: &[ReleaseLabel<'_>]) -> Vec<Option<String>> {
    let mut of_name: HashMap<&str, Vec<usize>> = HashMap::new();
    for (index, it) in releases.iter().enumerate() {
        of_name.entry(it.name).or_default().push(index);
    }
    let mut suffixes = vec![None; releases.len()];
    for group in of_name.into_values().filter(|it| it.len() > 1) {
        let all = || group.iter().map(|it| &releases[*it]);
        let versions: HashSet<Option<&str>> = all().map(|it| it.version_number).collect();
        let days: HashSet<NaiveDate> = all().map(|it| it.created).collect();
        for index in &group {
            let it = &releases[*index];
            suffixes[*index] = Some(match it.version_number {
                Some(version) if versions.len() == group.len() => version.to_owned(),
                _ if days.len() == group.len() => format!("created {}", it.created),
                _ => format!("number {}", it.id),
            });
        }
    }
    suffixes
}

/// The input of a release form, unchecked. The date is `YYYY-MM-DD` or empty.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ReleaseDraft {
    pub name: String,
    /// The word of a `ReleaseType`.
    #[serde(rename = "type")]
    pub kind: String,
    pub version_number: String,
    /// `2026-06-30`; empty for none.
    pub release_date: String,
    pub description: String,
    pub metadata: Metadata,
}

impl Default for ReleaseDraft {
    fn default() -> Self {
        Self {
            name: String::new(),
            kind: ReleaseType::Release.to_string(),
            version_number: String::new(),
            release_date: String::new(),
            description: String::new(),
            metadata: Metadata::default(),
        }
    }
}

/// The fields of a release after validation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReleaseFields {
    pub name: Name,
    pub kind: ReleaseType,
    pub version_number: Option<VersionNumber>,
    pub release_date: Option<NaiveDate>,
    pub description: Option<Description>,
    pub metadata: Metadata,
}

impl ReleaseDraft {
    /// Validates all fields; the errors name every wrong one.
    pub fn parse(self) -> Result<ReleaseFields, ValidationErrors> {
        let mut errors = ErrorCollector::default();
        let name = errors.check(Field::Name, Name::parse(&self.name));
        let kind = errors.check(Field::Type, self.kind.parse());
        let number = errors.check(
            Field::VersionNumber,
            VersionNumber::parse(&self.version_number),
        );
        let date = errors.check(Field::ReleaseDate, parse_date(&self.release_date));
        let description = errors.check(Field::Description, Description::parse(&self.description));
        let metadata = errors.check(Field::Variables, self.metadata.checked());
        errors.finish((|| {
            Some(ReleaseFields {
                name: name?,
                kind: kind?,
                version_number: number?,
                release_date: date?,
                description: description?,
                metadata: metadata?,
            })
        })())
    }
}

fn parse_date(text: &str) -> Result<Option<NaiveDate>, FieldError> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    time_serde::date(text)
        .map(Some)
        .ok_or_else(|| FieldError::NotADate {
            text: text.to_owned(),
        })
}

impl From<Release> for ReleaseDraft {
    fn from(release: Release) -> Self {
        Self {
            name: release.name,
            kind: release.kind.to_string(),
            version_number: release.version_number.unwrap_or_default(),
            release_date: release
                .release_date
                .map(|it| it.to_string())
                .unwrap_or_default(),
            description: release.description.unwrap_or_default(),
            metadata: release.metadata,
        }
    }
}

impl Release {
    /// Only a draft with at least one template step can be activated (R14).
    pub fn may_be_activated(&self, n_templates: usize) -> Result<(), RuleViolation> {
        self.must_be_draft("activated")?;
        if n_templates == 0 {
            Err(RuleViolation::NoSteps)
        } else {
            Ok(())
        }
    }

    /// Only a draft can be deleted.
    pub fn may_be_deleted(&self) -> Result<(), RuleViolation> {
        self.must_be_draft("deleted")
    }

    /// Only an active release can be archived.
    pub fn may_be_archived(&self) -> Result<(), RuleViolation> {
        match self.status {
            ReleaseStatus::Active => Ok(()),
            ReleaseStatus::Archived => Err(RuleViolation::Archived),
            ReleaseStatus::Draft => Err(RuleViolation::NotActive {
                status: self.status,
            }),
        }
    }

    /// Only an archived release can be restored.
    pub fn may_be_restored(&self) -> Result<(), RuleViolation> {
        match self.status {
            ReleaseStatus::Archived => Ok(()),
            status => Err(RuleViolation::NotArchived { status }),
        }
    }

    /// Details and templates can be edited until the release is archived (R4).
    pub fn may_be_edited(&self) -> Result<(), RuleViolation> {
        if self.status == ReleaseStatus::Archived {
            Err(RuleViolation::Archived)
        } else {
            Ok(())
        }
    }

    /// Steps can be worked on, and members added or removed, while the release is active.
    pub fn may_be_worked_on(&self) -> Result<(), RuleViolation> {
        match self.status {
            ReleaseStatus::Active => Ok(()),
            ReleaseStatus::Archived => Err(RuleViolation::Archived),
            ReleaseStatus::Draft => Err(RuleViolation::NotActive {
                status: self.status,
            }),
        }
    }

    fn must_be_draft(&self, verb: &str) -> Result<(), RuleViolation> {
        if self.status == ReleaseStatus::Draft {
            return Ok(());
        }
        Err(RuleViolation::NotADraft {
            status: self.status,
            verb: verb.to_owned(),
        })
    }
}

/// A row of the releases' list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReleaseSummary {
    pub release: Release,
    /// The number of template steps.
    pub templates: u32,
    /// The number of members.
    pub customers: u32,
    pub progress: Progress,
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(crate) fn release(status: ReleaseStatus) -> Release {
        Release {
            id: ReleaseId(1),
            name: "June".into(),
            kind: ReleaseType::Release,
            status,
            version_number: None,
            release_date: None,
            description: None,
            metadata: Metadata::default(),
            version: 1,
            created_at: DateTime::UNIX_EPOCH,
            updated_at: DateTime::UNIX_EPOCH,
        }
    }

    #[test]
    fn only_a_draft_with_steps_is_activated() {
        assert_eq!(release(ReleaseStatus::Draft).may_be_activated(1), Ok(()));
        assert_eq!(
            release(ReleaseStatus::Draft).may_be_activated(0),
            Err(RuleViolation::NoSteps)
        );
        assert!(release(ReleaseStatus::Active).may_be_activated(1).is_err());
    }

    #[test]
    fn an_archived_release_is_read_only_until_it_is_restored() {
        let archived = release(ReleaseStatus::Archived);
        assert_eq!(archived.may_be_edited(), Err(RuleViolation::Archived));
        assert_eq!(archived.may_be_worked_on(), Err(RuleViolation::Archived));
        assert_eq!(archived.may_be_restored(), Ok(()));
        assert!(release(ReleaseStatus::Active).may_be_restored().is_err());
    }

    #[test]
    fn an_active_release_is_never_deleted_and_a_draft_never_archived() {
        assert!(release(ReleaseStatus::Active).may_be_deleted().is_err());
        assert!(release(ReleaseStatus::Draft).may_be_archived().is_err());
        assert_eq!(release(ReleaseStatus::Draft).may_be_deleted(), Ok(()));
    }

    #[test]
    fn releases_of_one_name_are_told_apart_by_version_day_or_id() {
        let label = |id, name, version_number, day| ReleaseLabel {
            id: ReleaseId(id),
            name,
            version_number,
            created: NaiveDate::from_ymd_opt(2026, 11, day).unwrap(),
        };
        let suffixes = name_suffixes(&[
            label(1, "June", Some("6.0"), 1),
            label(2, "July", None, 1),
            label(3, "June", Some("6.1"), 1),
            label(4, "May", Some("5.0"), 2),
            label(5, "May", Some("5.0"), 3),
            label(6, "April", None, 4),
            label(7, "April", None, 4),
        ]);
        let said: Vec<&str> = suffixes
            .iter()
            .map(|it| it.as_deref().unwrap_or_default())
            .collect();
        let days = ["created 2026-11-02", "created 2026-11-03"];
        assert_eq!(
            said,
            ["6.0", "", "6.1", days[0], days[1], "number 6", "number 7"]
        );
    }

    #[test]
    fn a_date_is_written_year_first() {
        let draft = |date: &str| ReleaseDraft {
            name: "a".into(),
            release_date: date.into(),
            ..ReleaseDraft::default()
        };
        assert!(draft("2026-02-01").parse().unwrap().release_date.is_some());
        assert!(draft("").parse().unwrap().release_date.is_none());
        for wrong in [
            "1.2.2026",
            "2026-02-30",
            "2026-2-1",
            "2026-02-01x",
            "26-02-01",
            "+026-02-01",
        ] {
            let invalid = draft(wrong).parse().unwrap_err();
            assert!(invalid.error_for(Field::ReleaseDate).is_some(), "{wrong}");
        }
    }
}
