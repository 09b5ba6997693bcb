//! A new release as a whole (R107): created with its steps, and activated, in one transaction; and what that would do.
use super::template_edits;
use crate::domain::{
    actor_stamp::ActorStamp,
    event::{Changed, EventAction},
    id::ReleaseId,
    jenkins::JenkinsJob,
    new_release::{NewSteps, WholeRelease, parse_imported},
    order::Position,
    permission::Permission,
    release::{Release, ReleaseFields},
    summary::DryRun,
    template::{StepTemplate, TemplateFields},
    template_markdown::TemplateImport,
    variables,
    vocabulary::StepType,
};
use crate::store::{
    Store,
    change::{Change, VersionedRow},
    engine::compute::compute,
    entity::step_template,
    error::StoreError,
    records::{members, release_rows, releases},
    text_variables::TemplateText,
};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder};
use serde_json::json;
use std::collections::HashMap;

impl Store {
    /// Creates a release with its steps, and activates it if it has customers: all of it, or nothing. In the history it is what
    /// the same would be done one by one, each with its own undo. Errors: wrong fields; a release or a step to clone that is not
    /// found; wrong steps; customers without steps; unknown or inactive customers.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn create_whole_release(
        &self,
        new: WholeRelease,
        stamp: ActorStamp,
    ) -> Result<Changed<Release>, StoreError> {
        let WholeRelease {
            details,
            steps,
            customers,
        } = new;
        let need = match &steps {
            NewSteps::Clone { from, .. } => Permission::Clone.on(*from),
            NewSteps::Empty | NewSteps::Import(_) => Permission::Releases.on_anything(),
        };
        let permit = self.permit(need).await?;
        if !customers.is_empty() {
            self.must_have(Permission::Activation)?;
        }
        let fields = details.parse()?;
        let (steps, imported) = match steps {
            NewSteps::Import(drafts) => (NewSteps::Empty, parse_imported(drafts)?),
            steps => (steps, Vec::new()),
        };
        let mut change = self.change(permit, stamp).await?;
        let mut row = insert(&mut change, fields, &steps).await?;
        if !imported.is_empty() {
            change.begin_next_batch().await?;
            import(&mut change, &row, imported).await?;
        }
        if !customers.is_empty() {
            change.begin_next_batch().await?;
            row = releases::activate(&mut change, row, Some(customers)).await?;
        }
        change.finish(row).await
    }

    /// What activating a new release for its customers would do. Fields of it that are wrong are left out. Errors: a release or
    /// a step to clone that is not found; wrong steps, or none; no, unknown or inactive customers.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn dry_run_new_release(&self, new: WholeRelease) -> Result<DryRun, StoreError> {
        self.must_have(Permission::Members)?;
        let release = new.unsaved();
        let texts = match new.steps {
            NewSteps::Empty => Vec::new(),
            NewSteps::Import(drafts) => {
                let steps = parse_imported(drafts)?.into_iter();
                numbered(steps.map(|it| (it.name.into(), it.kind, it.content.into(), it.jenkins)))
            }
            NewSteps::Clone { from, only } => {
                self.see(from).await?;
                release_rows::load(&self.read, from).await?;
                let mut templates = templates_of(&self.read, from).await?;
                if let Some(only) = only {
                    templates.retain(|it| only.contains(&it.id));
                }
                let steps = templates.into_iter();
                numbered(steps.map(|it| (it.name, it.kind, it.content, it.jenkins)))
            }
        };
        release.may_be_activated(texts.len())?;
        let customers = members::resolve_customers(&self.read, Some(new.customers)).await?;
        let uses: HashMap<i64, Vec<String>> = texts
            .iter()
            .map(|it| (it.id, variables::uses(&it.content)))
            .collect();
        members::dry_run_of(&self.read, &release, customers, &texts, &uses).await
    }

    /// Reads a runbook for a release that is not made yet. Nothing is stored, and what is wrong is in the notes.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn read_runbook(&self, markdown: String) -> Result<TemplateImport, StoreError> {
        self.must_have(Permission::PreviewTemplates)?;
        compute(move || TemplateImport::read(&markdown)).await
    }
}

/// Inserts the release, with the steps that it takes from another.
async fn insert(
    change: &mut Change,
    fields: ReleaseFields,
    steps: &NewSteps,
) -> Result<Release, StoreError> {
    let now = change.stamp.at;
    let NewSteps::Clone { from, only } = steps else {
        let row = release_rows::insert(&change.tx, fields, now).await?;
        change.record(row.event(EventAction::Create).after(&row));
        return Ok(row);
    };
    release_rows::load(&change.tx, *from).await?;
    let row = release_rows::insert(&change.tx, fields, now).await?;
    let n_templates =
        releases::copy_templates(&change.tx, *from, row.id, only.as_deref(), now).await?;
    change.record(
        row.event(EventAction::Clone)
            .before(&json!({ "from": from, "templates": n_templates }))
            .after(&row),
    );
    Ok(row)
}

/// Adds the steps of a runbook, each at the end of its category.
async fn import(
    change: &mut Change,
    release: &Release,
    steps: Vec<TemplateFields>,
) -> Result<(), StoreError> {
    for fields in steps {
        template_edits::add(change, release, fields, Position::Last).await?;
    }
    Ok(())
}

/// The steps of a release, in order.
async fn templates_of(
    db: &impl ConnectionTrait,
    release: ReleaseId,
) -> Result<Vec<StepTemplate>, StoreError> {
    let rows = step_template::Entity::find()
        .filter(step_template::Column::ReleaseId.eq(release.0))
        .order_by_asc(step_template::Column::Category)
        .order_by_asc(step_template::Column::OrderIndex)
        .all(db)
        .await?;
    rows.into_iter().map(StepTemplate::try_from).collect()
}

/// Texts that may be in no table: numbered, so that they can be told apart.
fn numbered(
    texts: impl Iterator<Item = (String, StepType, String, Option<JenkinsJob>)>,
) -> Vec<TemplateText> {
    let numbered = (1_i64..).zip(texts);
    numbered
        .map(|(id, (name, kind, content, job))| TemplateText {
            id,
            name,
            kind,
            content,
            job_uses: job.map(|it| it.uses()).unwrap_or_default(),
        })
        .collect()
}
