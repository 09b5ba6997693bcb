//! DTOs of what a search found. Each hit has the address of its page.
use super::enums::ReleaseStatusSchema;
use app::{
    domain::{search, vocabulary::ReleaseStatus},
    paths,
};
use serde::Serialize;
use utoipa::ToSchema;

/// What was found, each kind with at most `limit` hits.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SearchResults {
    /// Newest first.
    pub releases: Vec<FoundRelease>,
    /// By name, found by name or namespace.
    pub customers: Vec<FoundCustomer>,
    /// By name.
    pub clusters: Vec<FoundCluster>,
    /// Steps by their names: first those that customers have, those of the newest release first.
    pub steps: Vec<FoundStep>,
    /// People of the history.
    pub people: Vec<FoundPerson>,
    /// Steps by a line of their texts: first those with the words as they were written, then in the order of `steps`.
    pub texts: Vec<FoundStep>,
    /// How many there are of each kind, also beyond `limit`.
    pub totals: SearchTotals,
}

/// How many there are of each kind.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SearchTotals {
    pub releases: usize,
    pub customers: usize,
    pub clusters: usize,
    pub steps: usize,
    pub people: usize,
    pub texts: usize,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct FoundRelease {
    pub id: i64,
    pub name: String,
    #[schema(value_type = ReleaseStatusSchema)]
    pub status: ReleaseStatus,
    /// The address of its page.
    pub path: String,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct FoundCustomer {
    pub id: i64,
    pub name: String,
    pub namespace: String,
    /// The name of its cluster.
    pub cluster: String,
    pub is_active: bool,
    /// The address of its page.
    pub path: String,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct FoundCluster {
    pub id: i64,
    pub name: String,
    pub is_active: bool,
    /// The address of its page.
    pub path: String,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct FoundPerson {
    pub name: String,
    /// The address of what they did.
    pub path: String,
}

/// A step of a release, with all customers that have it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct FoundStep {
    pub release_id: i64,
    /// The name of the release.
    pub release: String,
    pub name: String,
    /// The step of one of these customers; null if the step has no customers yet.
    pub step_id: Option<i64>,
    /// How many customers have the step, or the text.
    pub customers: u32,
    /// The first line that has what was searched for, cut if it is long; null if the step was found by its name.
    pub line: Option<String>,
    /// The number of that line in the text, from 1.
    pub line_number: Option<usize>,
    /// Whether only a text that was copied or marked done has the line, with the values of that time.
    pub is_executed: bool,
    /// The address of the cell, or of the step among the release's steps.
    pub path: String,
}

impl From<search::SearchResults> for SearchResults {
    fn from(it: search::SearchResults) -> Self {
        let search::SearchResults {
            releases,
            customers,
            clusters,
            steps,
            people,
            texts,
            totals,
        } = it;
        Self {
            releases: releases.into_iter().map(Into::into).collect(),
            customers: customers.into_iter().map(Into::into).collect(),
            clusters: clusters.into_iter().map(Into::into).collect(),
            steps: steps.into_iter().map(Into::into).collect(),
            people: people
                .into_iter()
                .map(|name| FoundPerson {
                    path: paths::activity_by(&name),
                    name,
                })
                .collect(),
            texts: texts.into_iter().map(Into::into).collect(),
            totals: totals.into(),
        }
    }
}

impl From<search::SearchTotals> for SearchTotals {
    fn from(it: search::SearchTotals) -> Self {
        let search::SearchTotals {
            releases,
            customers,
            clusters,
            steps,
            people,
            texts,
        } = it;
        Self {
            releases,
            customers,
            clusters,
            steps,
            people,
            texts,
        }
    }
}

impl From<search::FoundRelease> for FoundRelease {
    fn from(it: search::FoundRelease) -> Self {
        let search::FoundRelease { id, name, status } = it;
        Self {
            id: id.0,
            name,
            status,
            path: paths::release(id),
        }
    }
}

impl From<search::FoundCustomer> for FoundCustomer {
    fn from(it: search::FoundCustomer) -> Self {
        let search::FoundCustomer {
            id,
            name,
            namespace,
            cluster,
            is_active,
        } = it;
        Self {
            id: id.0,
            name,
            namespace,
            cluster,
            is_active,
            path: paths::customer(id),
        }
    }
}

impl From<search::FoundCluster> for FoundCluster {
    fn from(it: search::FoundCluster) -> Self {
        let search::FoundCluster {
            id,
            name,
            is_active,
        } = it;
        Self {
            id: id.0,
            name,
            is_active,
            path: paths::cluster(id),
        }
    }
}

impl From<search::FoundStep> for FoundStep {
    fn from(it: search::FoundStep) -> Self {
        let search::FoundStep {
            release,
            release_name,
            name,
            step,
            template,
            customers,
            line,
            is_executed,
        } = it;
        let (line_number, line) = line.map(|it| (it.number, it.text)).unzip();
        Self {
            release_id: release.0,
            release: release_name,
            name,
            step_id: step.map(|it| it.0),
            customers,
            line,
            line_number,
            is_executed,
            path: match (step, template) {
                (Some(step), _) => paths::step(release, step),
                (None, Some(template)) => paths::template_step(release, template),
                (None, None) => paths::release_steps(release),
            },
        }
    }
}
