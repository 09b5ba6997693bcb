//! Business rules that refuse a change, each with the sentence that the user reads. Sentences have no full stop, name
//! the thing and say what to do. One that a form shows at a field begins with a capital. The others are lower-case, because they
//! also continue a sentence ("could not be started: a done step…"); `alone` is for where they do not. Wrong fields are in
//! `validation_errors`.
use super::{
    actor_stamp::ActorStamp,
    quote::QuoteError,
    run::RunState,
    vocabulary::{Field, ReleaseStatus, StepAction, StepStatus},
};
use serde::{Deserialize, Serialize};

/// Why a rule refuses a change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum RuleViolation {
    #[error("Cluster name {name} is already used{}", or_restore("cluster", *.inactive_id))]
    ClusterNameTaken {
        name: String,
        inactive_id: Option<i64>,
    },
    #[error("Namespace {namespace} is already used in {cluster}{}", or_restore("customer", *.inactive_id))]
    NamespaceTaken {
        namespace: String,
        cluster: String,
        inactive_id: Option<i64>,
    },
    #[error("customers of {cluster} are still active: {}. Deactivate or move them first", names.join(", "))]
    ClusterHasCustomers { cluster: String, names: Vec<String> },
    #[error("Cluster {cluster} is not active: restore it first")]
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
    #[error("{customer} has steps in work: {}. Reopen them first", steps.join(", "))]
    StepsNotPending {
        customer: String,
        steps: Vec<String>,
    },
    #[error("{}", not_allowed(*action, *status))]
    Transition {
        action: StepAction,
        status: StepStatus,
    },
    #[error("{}", unresolved(names))]
    Unresolved { names: Vec<String> },
    #[error("{} {}", names.join(", "), QuoteError::Backslash)]
    NoLiteral { names: Vec<String> },
    #[error("{name} belongs to the template: only a custom step can be {verb}")]
    NotCustom { name: String, verb: String },
    #[error("{name} is a custom step and has no template to {verb}")]
    NoTemplate { name: String, verb: String },
    #[error("{name} is a copy of a template step: change its text with an override")]
    IsACopy { name: String },
    #[error("{name} has the template's own text: there is nothing to promote")]
    NothingToPromote { name: String },
    #[error("{name}: already the template's text")]
    NothingToKeep { name: String },
    #[error("{} not in this release", names.join(", "))]
    NotAMember { names: Vec<String> },
    #[error("step {id} belongs to another list")]
    OtherList { id: i64 },
    #[error("{name} cannot be moved before or after itself: name another step")]
    BesideItself { name: String },
    #[error("{}", not_undoable(.instead.as_deref()))]
    NotUndoable {
        /// The action that does it instead.
        instead: Option<String>,
    },
    #[error("nothing can be restored: {}", first_of(reasons))]
    NothingToUndo {
        reasons: Vec<String>,
        /// Author and time of the latest change that prevents the undo.
        last: Option<ActorStamp>,
    },
    #[error("the database is not empty: import into a new one")]
    NotEmpty,
    #[error(
        "where people sign in, a database is imported on the command line: use rollcall import"
    )]
    ImportOverHttp,
    #[error("Login {login} is already used{}", or_restore("user", *.inactive_id))]
    LoginTaken {
        login: String,
        inactive_id: Option<i64>,
    },
    #[error("a pending step has no evidence: start it first")]
    EvidenceOfPending,
    #[error("a step has {max} pieces of evidence at most: delete one first")]
    EvidenceIsFull { max: usize },
    #[error("{login} is the last active admin: make another one first")]
    LastAdmin { login: String },
    #[error("set {} on the server to import from Rancher", missing.join(" and "))]
    NoRancher {
        /// The settings that are missing.
        missing: Vec<String>,
    },
    #[error("{why}")]
    RancherFailed {
        /// What Rancher said or did, and what to do about it.
        why: String,
    },
    #[error("a run of this step is {state}: wait for its end, or cancel it")]
    RunUnfinished { state: RunState },
    #[error("{name} is a text step: only bash and sql can be run")]
    NotRunnable { name: String },
    #[error(
        "runners need people to sign in: ROLLCALL_AUTH is open, and this server can be reached from other machines"
    )]
    NoRunners,
    #[error("set JENKINS_URL and JENKINS_TOKEN on the server to run steps there")]
    NoJenkins,
    #[error("the run is over: there is nothing to cancel")]
    RunIsOver,
    #[error("the run has not begun: report its begin first")]
    RunNotBegun,
    #[error("Runner name {name} is already used: choose another, or delete that runner")]
    RunnerNameTaken { name: String },
    #[error("the step is in progress by {by}: ask them, or reopen it first")]
    SomebodyElse { by: String },
    /// A mark that waited for the connection would replace a newer one (R32).
    #[error("{by} changed this step while your mark waited")]
    Overtaken { by: String },
    /// The secret of a hook cannot be encrypted, or read (R62).
    #[error("{reason}")]
    NoSecretKey { reason: String },
}

/// How many reasons are named; of more the count is told.
const REASONS_MAX: usize = 10;

fn first_of(reasons: &[String]) -> String {
    let named = reasons[..reasons.len().min(REASONS_MAX)].join("; ");
    match reasons.len().saturating_sub(REASONS_MAX) {
        0 => named,
        n => format!("{named}; and {n} more"),
    }
}

/// Why a step in this status does not take an action: "a done step cannot be skipped". By itself, so that a page that says it needs
/// not the words of all rules in its WASM.
pub fn not_allowed(action: StepAction, status: StepStatus) -> String {
    format!("a {status} step cannot be {}", action.past_tense())
}

fn unresolved(names: &[String]) -> String {
    let (are, them) = if names.len() == 1 {
        ("is", "it")
    } else {
        ("are", "them")
    };
    let names = names.join(", ");
    format!("{names} {are} not set. Set {them}, or continue without {them}")
}

fn not_undoable(instead: Option<&str>) -> String {
    match instead {
        Some(instead) => format!("this can't be undone here. Use {instead}"),
        None => "this can't be undone here".to_owned(),
    }
}

fn or_restore(noun: &str, inactive: Option<i64>) -> String {
    match inactive {
        Some(_) => format!(" by an inactive {noun}. Restore it, or choose another"),
        None => String::new(),
    }
}

impl RuleViolation {
    /// The form field that shows the message, if it belongs to one.
    pub fn field(&self) -> Option<Field> {
        match self {
            Self::ClusterNameTaken { .. } | Self::RunnerNameTaken { .. } => Some(Field::Name),
            Self::LoginTaken { .. } => Some(Field::Login),
            Self::NamespaceTaken { .. } => Some(Field::Namespace),
            Self::ClusterInactive { .. } => Some(Field::Cluster),
            _ => None,
        }
    }

    /// The sentence where it stands alone: with a capital, unless it begins with a name, which stays as it is written.
    pub fn alone(&self) -> String {
        let mut text = self.to_string();
        if !self.begins_with_name()
            && let Some(first) = text.get_mut(..1)
        {
            first.make_ascii_uppercase();
        }
        text
    }

    /// Whether a name that people chose, or an address, may be the first word.
    fn begins_with_name(&self) -> bool {
        matches!(
            self,
            Self::StepsNotPending { .. }
                | Self::Unresolved { .. }
                | Self::NoLiteral { .. }
                | Self::NotCustom { .. }
                | Self::NoTemplate { .. }
                | Self::IsACopy { .. }
                | Self::NothingToPromote { .. }
                | Self::NothingToKeep { .. }
                | Self::NotAMember { .. }
                | Self::BesideItself { .. }
                | Self::LastAdmin { .. }
                | Self::RancherFailed { .. }
                | Self::NotRunnable { .. }
                | Self::Overtaken { .. }
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_alone_begins_with_a_capital_but_a_name_stays_as_it_is() {
        let (name, login) = ("acme".to_owned(), "ana".to_owned());
        let inactive_id = None;
        let at_fields = [
            RuleViolation::ClusterNameTaken {
                name: name.clone(),
                inactive_id,
            },
            RuleViolation::NamespaceTaken {
                namespace: name.clone(),
                cluster: "eu-west".into(),
                inactive_id,
            },
            RuleViolation::ClusterInactive {
                cluster: "eu-west".into(),
            },
            RuleViolation::LoginTaken {
                login: login.clone(),
                inactive_id,
            },
            RuleViolation::RunnerNameTaken { name: name.clone() },
        ];
        for it in at_fields {
            assert!(it.field().is_some(), "{it}");
            assert!(it.to_string().starts_with(char::is_uppercase), "{it}");
        }
        for (violation, alone) in [
            (
                RuleViolation::AllAlreadyIn,
                "All of these customers are in the release already",
            ),
            (
                RuleViolation::NotUndoable { instead: None },
                "This can't be undone here",
            ),
            (
                RuleViolation::LastAdmin { login },
                "ana is the last active admin: make another one first",
            ),
            (
                RuleViolation::NotRunnable { name },
                "acme is a text step: only bash and sql can be run",
            ),
        ] {
            assert_eq!(violation.alone(), alone);
        }
    }

    #[test]
    fn sentences_name_the_thing_and_what_to_do() {
        let says = |it: RuleViolation| it.to_string();
        assert_eq!(
            says(RuleViolation::NamespaceTaken {
                namespace: "acme".into(),
                cluster: "eu-west".into(),
                inactive_id: None
            }),
            "Namespace acme is already used in eu-west"
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
            "var.HOST is not set. Set it, or continue without it"
        );
        let state = RunState::Running;
        assert_eq!(
            says(RuleViolation::RunUnfinished { state }),
            "a run of this step is running: wait for its end, or cancel it"
        );
        let by = "Ben".to_owned();
        assert_eq!(
            says(RuleViolation::SomebodyElse { by }),
            "the step is in progress by Ben: ask them, or reopen it first"
        );
        let by = "Ben".to_owned();
        assert_eq!(
            says(RuleViolation::Overtaken { by }),
            "Ben changed this step while your mark waited"
        );
        let reasons = (0..12).map(|n| format!("step {n} was changed since"));
        let nothing = says(RuleViolation::NothingToUndo {
            reasons: reasons.collect(),
            last: None,
        });
        assert!(
            nothing.ends_with("; step 9 was changed since; and 2 more"),
            "{nothing}"
        );
    }
}
