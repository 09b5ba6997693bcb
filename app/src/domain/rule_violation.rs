//! Every "no" of the product, worded once: a field is wrong (`Invalid`), or a rule says no (`Refusal`).
//! Sentences are lower-case, without a full stop, and name the thing and what to do.
use super::{
    release::ReleaseStatus,
    step::{StepAction, StepStatus},
};
use serde::{Deserialize, Serialize};
use std::fmt;

words! {
    /// What was not found.
    Noun {
        Cluster = "cluster", Customer = "customer", Release = "release", Template = "template step",
        Step = "step", Batch = "change",
    }
}

words! {
    /// A field of a form or of a body, by its name in JSON.
    Field {
        Name = "name", Namespace = "namespace", Cluster = "clusterId", KubeconfigPath = "kubeconfigPath",
        Description = "description", Variables = "metadata", Type = "type", VersionNumber = "versionNumber",
        ReleaseDate = "releaseDate", Category = "category", Content = "content", Reason = "reason",
        Notes = "notes", Customers = "customerIds", OrderedIds = "orderedIds", Position = "insertAfter",
        Ids = "ids", Actor = "X-Rollcall-User", Limit = "limit", Cursor = "cursor", Text = "text", From = "from",
    }
}

/// What is wrong with one field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum FieldError {
    #[error("fill this in")]
    Missing,
    #[error("at most {max} characters, this has {long}")]
    TooLong { max: usize, long: usize },
    #[error("at most {max} bytes, this has {long}")]
    TooManyBytes { max: usize, long: usize },
    #[error("take out the control character U+{code:04X}")]
    ControlCharacter { code: u32 },
    #[error(
        "`{text}` is not a namespace: use small letters, digits and hyphens, for example acme-prod"
    )]
    NotANamespace { text: String },
    #[error("start the path with a slash, for example /etc/rollcall/prod-eu.yaml")]
    PathNotAbsolute,
    #[error("a path with `..` is not accepted")]
    PathGoesUp,
    #[error(
        "`{key}` is not a variable's name: start with a letter or _, then letters, digits, _ . or -, 64 at most"
    )]
    NotAKey { key: String },
    #[error("`{key}` stands twice")]
    KeyTwice { key: String },
    #[error("one of {}", words.join(", "))]
    NotOneOf { words: Vec<String> },
    #[error("`{text}` is not a date: write it as 2026-02-01")]
    NotADate { text: String },
    #[error("choose at least one")]
    EmptyList,
    #[error("at most {max}, this has {long}")]
    TooMany { max: usize, long: usize },
    #[error("unknown: {}", listed(ids))]
    Unknown { ids: Vec<i64> },
    #[error("not active: {}", listed(names))]
    Inactive { names: Vec<String> },
    #[error("unknown: {}; not active: {}", listed(ids), listed(names))]
    UnknownAndInactive { ids: Vec<i64>, names: Vec<String> },
    #[error("list every step of this category exactly once: {detail}")]
    NotAPermutation { detail: String },
    #[error("name one neighbour, not two")]
    TwoNeighbours,
    #[error("write it in UTF-8")]
    NotUtf8,
}

/// A sentence has no more unknown ids than this: anybody can send a million.
const NAMED_IDS_MAX: usize = 100;

/// The first ones, and how many more there are.
fn listed<T: ToString>(items: &[T]) -> String {
    let named = items.iter().take(NAMED_IDS_MAX);
    let named: Vec<String> = named.map(ToString::to_string).collect();
    let others = items.len().saturating_sub(NAMED_IDS_MAX);
    named.join(", ") + &and_others(others)
}

/// A problem and the field where it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InvalidField {
    pub field: Field,
    pub problem: FieldError,
}

/// Fields that are wrong; never empty.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub struct ValidationErrors(pub Vec<InvalidField>);

impl ValidationErrors {
    pub fn one(field: Field, problem: FieldError) -> Self {
        Self(vec![InvalidField { field, problem }])
    }

    /// The problem at this field, if there is one.
    pub fn at(&self, field: Field) -> Option<&FieldError> {
        self.0
            .iter()
            .find(|it| it.field == field)
            .map(|it| &it.problem)
    }
}

impl fmt::Display for ValidationErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, it) in self.0.iter().enumerate() {
            write!(
                f,
                "{}{}: {}",
                if i == 0 { "" } else { "; " },
                it.field,
                it.problem
            )?;
        }
        Ok(())
    }
}

/// Gathers the problems of a form, so that all of them are shown at once.
#[derive(Default)]
pub struct ErrorCollector(Vec<InvalidField>);

impl ErrorCollector {
    /// The parsed value; or none, and its problem is kept.
    pub fn take<T>(&mut self, field: Field, parsed: Result<T, FieldError>) -> Option<T> {
        parsed
            .map_err(|problem| self.0.push(InvalidField { field, problem }))
            .ok()
    }

    /// The whole, if every field was right.
    pub fn finish<T>(self, whole: Option<T>) -> Result<T, ValidationErrors> {
        whole.ok_or(ValidationErrors(self.0))
    }
}

/// A rule says no. The wording is what the person reads.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum RuleViolation {
    #[error("cluster name `{name}` is already used{}", or_restore(*.inactive_id))]
    ClusterNameTaken {
        name: String,
        inactive_id: Option<i64>,
    },
    #[error("namespace `{namespace}` is already used in {cluster}{}", or_restore(*.inactive_id))]
    NamespaceTaken {
        namespace: String,
        cluster: String,
        inactive_id: Option<i64>,
    },
    #[error("customers of {cluster} are still active: {}. Deactivate or move them first", names.join(", "))]
    ClusterHasCustomers { cluster: String, names: Vec<String> },
    #[error("cluster {cluster} is not active: restore it first")]
    ClusterInactive { cluster: String },
    #[error("the release is {status}: only a draft can be {verb}")]
    NotADraft { status: ReleaseStatus, verb: String },
    #[error("the release is {status}: activate it first")]
    NotActive { status: ReleaseStatus },
    #[error("the release is archived and read-only: restore it first")]
    Archived,
    #[error("the release is {status}: only an archived one can be restored")]
    NotArchived { status: ReleaseStatus },
    #[error("the release has no steps: add at least one before activating it")]
    NoSteps,
    #[error("all of these customers are in the release already")]
    AllAlreadyIn,
    #[error("{customer} cannot be removed: not pending are {}", steps.join(", "))]
    StepsNotPending {
        customer: String,
        steps: Vec<String>,
    },
    #[error("a {status} step cannot be {}", action.past())]
    Transition {
        action: StepAction,
        status: StepStatus,
    },
    #[error("{} {} set: fill the value in, or allow it explicitly", names.join(", "), if names.len() == 1 { "is not" } else { "are not" })]
    Unresolved { names: Vec<String> },
    #[error("{name} belongs to the template: only a custom step can be {verb}")]
    NotCustom { name: String, verb: String },
    #[error("{name} is a custom step and has no template to {verb}")]
    NoTemplate { name: String, verb: String },
    #[error("{name} is a copy of a template step: change its text with an override")]
    IsACopy { name: String },
    #[error("{name} has the template's own text: there is nothing to promote")]
    NothingToPromote { name: String },
    #[error("{name} has the template's own text: there is nothing to keep")]
    NothingToKeep { name: String },
    #[error("{} not in this release", names.join(", "))]
    NotAMember { names: Vec<String> },
    #[error("step {id} stands in another list")]
    OtherList { id: i64 },
    #[error("{what} cannot be undone: it has its own opposite")]
    NotUndoable { what: String },
    #[error("nothing can be restored: {}", reasons.join("; "))]
    NothingToUndo { reasons: Vec<String> },
    #[error("the database is not empty: import into a new one")]
    NotEmpty,
    #[error("nothing was created: line {line} is wrong ({why}){}", and_others(*.others))]
    WrongLines {
        line: u32,
        why: String,
        others: usize,
    },
    #[error("nothing was created: there is no new customer in these lines")]
    NothingNew,
}

fn and_others(n: usize) -> String {
    match n {
        0 => String::new(),
        n => format!(", and {n} more"),
    }
}

fn or_restore(inactive: Option<i64>) -> &'static str {
    if inactive.is_some() {
        " by an inactive one: restore that, or choose another"
    } else {
        ""
    }
}

impl RuleViolation {
    /// The field where the refusal belongs, if it belongs to one.
    pub fn field(&self) -> Option<Field> {
        match self {
            Self::ClusterNameTaken { .. } => Some(Field::Name),
            Self::NamespaceTaken { .. } => Some(Field::Namespace),
            Self::ClusterInactive { .. } => Some(Field::Cluster),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_name_the_thing_and_what_to_do() {
        let says = |it: RuleViolation| it.to_string();
        assert_eq!(
            says(RuleViolation::NamespaceTaken {
                namespace: "acme".into(),
                cluster: "eu-west".into(),
                inactive_id: None
            }),
            "namespace `acme` is already used in eu-west"
        );
        assert_eq!(
            says(RuleViolation::Transition {
                action: StepAction::Skip,
                status: StepStatus::Done
            }),
            "a done step cannot be skipped"
        );
        assert_eq!(
            says(RuleViolation::Unresolved {
                names: vec!["var.HOST".into()]
            }),
            "var.HOST is not set: fill the value in, or allow it explicitly"
        );
    }

    #[test]
    fn every_wrong_field_is_reported_at_once() {
        let mut problems = ErrorCollector::default();
        let name = problems.take::<()>(Field::Name, Err(FieldError::Missing));
        let kind = problems.take::<()>(Field::Type, Err(FieldError::EmptyList));
        let invalid = problems.finish(name.zip(kind)).unwrap_err();
        assert_eq!(invalid.at(Field::Name), Some(&FieldError::Missing));
        assert_eq!(
            invalid.to_string(),
            "name: fill this in; type: choose at least one"
        );
    }
}
