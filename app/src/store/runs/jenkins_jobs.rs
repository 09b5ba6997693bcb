//! The jobs at Jenkins that steps name (R64): those of their templates. A custom step has none.
use crate::domain::{id::ReleaseId, jenkins::JenkinsJob, step::CustomerStep};
use crate::store::{
    entity::step_template::{self, Column},
    error::StoreError,
};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect};
use std::collections::HashMap;

/// The jobs of these steps, by the step's id.
pub async fn of_steps(
    db: &impl ConnectionTrait,
    steps: impl Iterator<Item = &CustomerStep>,
) -> Result<HashMap<i64, JenkinsJob>, StoreError> {
    let templates: Vec<(i64, i64)> = steps
        .filter_map(|it| Some((it.id.0, it.template_id?.0)))
        .collect();
    if templates.is_empty() {
        return Ok(HashMap::new());
    }
    let rows: Vec<(i64, Option<String>)> = step_template::Entity::find()
        .select_only()
        .columns([Column::Id, Column::Jenkins])
        .filter(Column::Id.is_in(templates.iter().map(|it| it.1)))
        .filter(Column::Jenkins.is_not_null())
        .into_tuple()
        .all(db)
        .await?;
    let mut jobs = HashMap::new();
    for (template, json) in rows {
        let Some(json) = json else {
            continue;
        };
        let job = step_template::job(&json)?;
        for (step, _) in templates.iter().filter(|it| it.1 == template) {
            jobs.insert(*step, job.clone());
        }
    }
    Ok(jobs)
}

/// How the jobs of a release use their variables (`variables::uses`), by the template step.
pub async fn uses_of_release(
    db: &impl ConnectionTrait,
    release: ReleaseId,
) -> Result<HashMap<i64, Vec<String>>, StoreError> {
    let rows: Vec<(i64, Option<String>)> = step_template::Entity::find()
        .select_only()
        .columns([Column::Id, Column::Jenkins])
        .filter(Column::ReleaseId.eq(release.0))
        .filter(Column::Jenkins.is_not_null())
        .into_tuple()
        .all(db)
        .await?;
    let jobs = rows.into_iter().filter_map(|(id, json)| Some((id, json?)));
    jobs.map(|(id, json)| Ok((id, step_template::job(&json)?.uses())))
        .collect()
}
