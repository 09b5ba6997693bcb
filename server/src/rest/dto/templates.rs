//! DTOs of template steps, and of the job at Jenkins that carries one out (R64).
use super::enums::{CategorySchema, StepTypeSchema};
use app::domain::{
    jenkins,
    template::{self},
    vocabulary::{Category, StepType},
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// The job at Jenkins that carries out a template step in place of a runner.
#[derive(Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct JenkinsJob {
    /// With the folders that it is in, such as `folder/deploy`.
    #[serde(default)]
    #[schema(required = true, max_length = 500)]
    job: String,
    /// What the job is given, by name. Values may have variables.
    #[serde(default)]
    parameters: BTreeMap<String, String>,
}

impl JenkinsJob {
    /// Whether it has a path.
    pub fn is_named(&self) -> bool {
        !self.job.trim().trim_matches('/').is_empty()
    }
}

impl From<jenkins::JenkinsJob> for JenkinsJob {
    fn from(it: jenkins::JenkinsJob) -> Self {
        Self {
            job: it.job,
            parameters: it.parameters,
        }
    }
}

impl From<JenkinsJob> for jenkins::JenkinsJob {
    fn from(it: JenkinsJob) -> Self {
        Self {
            job: it.job,
            parameters: it.parameters,
        }
    }
}

/// A step of a release's template.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Template {
    pub id: i64,
    pub release_id: i64,
    pub name: String,
    #[schema(value_type = CategorySchema)]
    pub category: Category,
    #[serde(rename = "type")]
    #[schema(value_type = StepTypeSchema)]
    pub kind: StepType,
    pub content: String,
    /// Counts from 0 within the category.
    pub order_index: i32,
    pub description: Option<String>,
    pub jenkins: Option<JenkinsJob>,
    pub version: i64,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

impl From<template::StepTemplate> for Template {
    fn from(row: template::StepTemplate) -> Self {
        let template::StepTemplate {
            id,
            release_id,
            name,
            category,
            kind,
            content,
            order_index,
            description,
            jenkins,
            version,
            created_at,
            updated_at,
        } = row;
        Self {
            id: id.0,
            release_id: release_id.0,
            name,
            category,
            kind,
            content,
            order_index,
            description,
            jenkins: jenkins.map(Into::into),
            version,
            created_at,
            updated_at,
        }
    }
}
