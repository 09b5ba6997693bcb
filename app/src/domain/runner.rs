//! Runners (R73): programs inside a cluster's network that fetch runs and carry them out. Each has a token of its own, which is
//! shown once.
use super::{
    field_error::FieldError,
    id::{ClusterId, RunId, RunnerId},
    run::{Run, RunKind},
    text::Name,
    time_serde, token,
    validation_errors::{ErrorCollector, ValidationErrors},
    vocabulary::Field,
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeSet, fmt};

/// Seconds without a word after which a runner counts as absent: it asks for runs every 25 seconds, and reports more often.
pub const RUNNER_ABSENT_AFTER_SECONDS: i64 = 60;

/// How every token of a runner begins, so that scanners find one that was published by mistake.
pub const RUNNER_TOKEN_PREFIX: &str = "rcr_";

/// The text of a runner's token: a bearer secret.
#[derive(Clone, PartialEq, Eq)]
pub struct RunnerTokenText(String);

impl RunnerTokenText {
    /// Writes a new token from random bytes, as `TokenText::generate` does.
    pub fn generate(random_byte: impl FnMut() -> u8) -> Self {
        Self(token::generate(RUNNER_TOKEN_PREFIX, random_byte))
    }

    /// Reads a token; none for a text that no runner's token can be. A typing error is found without asking the database.
    pub fn parse(text: &str) -> Option<Self> {
        token::is_token(RUNNER_TOKEN_PREFIX, text).then(|| Self(text.to_owned()))
    }

    /// The token, to be shown once or hashed.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for RunnerTokenText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RunnerTokenText(..)")
    }
}

/// A runner as lists show it, without its token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Runner {
    pub id: RunnerId,
    pub name: String,
    /// Those that it may fetch runs of.
    pub cluster_ids: BTreeSet<ClusterId>,
    /// Who made it, by the name of that time.
    pub created_by: String,
    #[serde(with = "time_serde")]
    pub created_at: DateTime<Utc>,
    /// When it last asked for a run; none if it never did.
    #[serde(with = "time_serde::option")]
    pub seen_at: Option<DateTime<Utc>>,
    /// The kinds that it can carry out, as it last said.
    pub kinds: Vec<RunKind>,
    /// The clusters that it serves, as it last said.
    pub serves: BTreeSet<ClusterId>,
    /// How many runs at once, as it last said: 0 at its end.
    pub max_parallel: Option<u32>,
    /// Its version of Rollcall, as it last said.
    pub program_version: Option<String>,
    /// What it does now. Only lists say it.
    #[serde(default)]
    pub running: Vec<RunId>,
}

impl Runner {
    /// Whether it is not there, and nothing is wrong: it never came, or it said at its end that it goes.
    pub fn is_not_connected(&self) -> bool {
        self.seen_at.is_none() || self.max_parallel == Some(0)
    }
}

/// The runners, and when they were so by the server's clock, since a browser's may be wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListedRunners {
    pub runners: Vec<Runner>,
    #[serde(with = "time_serde")]
    pub at: DateTime<Utc>,
}

/// A runner to be made, unchecked.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RunnerDraft {
    pub name: String,
    /// Names or ids of clusters.
    pub clusters: Vec<String>,
}

/// The fields of a runner after validation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunnerFields {
    pub name: Name,
    /// Names or ids of clusters, trimmed.
    pub clusters: Vec<String>,
}

impl RunnerDraft {
    /// Validates all fields. Whether the clusters exist is the store's question. Errors: no name, no cluster.
    pub fn parse(self) -> Result<RunnerFields, ValidationErrors> {
        let mut errors = ErrorCollector::default();
        let name = errors.check(Field::Name, Name::parse(&self.name));
        let clusters: Vec<String> = self
            .clusters
            .iter()
            .map(|it| it.trim().to_owned())
            .filter(|it| !it.is_empty())
            .collect();
        let clusters = if clusters.is_empty() {
            Err(FieldError::EmptyList)
        } else {
            Ok(clusters)
        };
        let clusters = errors.check(Field::ClusterNames, clusters);
        errors.finish((|| {
            Some(RunnerFields {
                name: name?,
                clusters: clusters?,
            })
        })())
    }
}

/// A runner that was just made, with its token.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MadeRunner {
    pub runner: Runner,
    /// Only its SHA-256 is stored.
    pub token: String,
}

/// What a runner says of itself when it asks for a run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RunnerHello {
    /// Names of clusters, among those of the runner.
    pub clusters: Vec<String>,
    pub kinds: Vec<RunKind>,
    /// How many runs it carries out at once.
    pub max_parallel: u32,
    /// Its version of Rollcall.
    pub version: String,
}

/// A run that somebody has fetched, with what is needed to carry it out. Every report about it bears the lease.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ClaimedRun {
    pub run: Run,
    /// Only its SHA-256 is stored.
    pub lease: String,
    /// How long it lasts without a report.
    pub lease_seconds: u32,
    /// The customer's name.
    pub customer: String,
    pub namespace: String,
    /// The cluster's name.
    pub cluster: String,
    /// The kubectl context, if it is not called as the cluster is.
    pub cluster_context: Option<String>,
    /// The release's name.
    pub release: String,
    /// The step's name.
    pub step: String,
}

/// Without its lease and its text, which belong into no log.
impl fmt::Debug for ClaimedRun {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "ClaimedRun {{ id: {}, step: {:?}, .. }}",
            self.run.id, self.step
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::token::TokenText;

    #[test]
    fn a_runner_s_token_is_no_person_s_and_neither_the_other_way_round() {
        let runner = RunnerTokenText::generate(|| 0);
        let zeros = "0".repeat(40);
        assert_eq!(runner.as_str(), format!("rcr_{zeros}2kaqcA"));
        assert_eq!(
            RunnerTokenText::parse(runner.as_str()),
            Some(runner.clone())
        );
        assert_eq!(TokenText::parse(runner.as_str()), None);
        let person = TokenText::generate(|| 0);
        assert_eq!(RunnerTokenText::parse(person.as_str()), None);
        assert!(!format!("{runner:?}").contains("rcr_"));
    }

    #[test]
    fn a_runner_has_a_name_and_a_cluster() {
        let draft = |name: &str, clusters: &[&str]| RunnerDraft {
            name: name.to_owned(),
            clusters: clusters.iter().map(|it| (*it).to_owned()).collect(),
        };
        let fields = draft("eu-1", &[" prod-eu ", "2"]).parse().unwrap();
        assert_eq!(fields.clusters, ["prod-eu", "2"]);
        let wrong = draft("", &[" "]).parse().unwrap_err();
        assert!(wrong.error_for(Field::Name).is_some());
        assert_eq!(
            wrong.error_for(Field::ClusterNames),
            Some(&FieldError::EmptyList)
        );
    }
}
