//! Values that changed after a release was activated (R81), as lines of the cards of its matrix: read from the history once per
//! reading of the whole matrix.
use crate::domain::{id::TemplateId, matrix::MatrixColumn, release::Release, variables};
use crate::store::{
    error::StoreError,
    records::value_changes::{value_line, values_changed_since_activation},
    text_variables,
};
use sea_orm::ConnectionTrait;
use std::{
    collections::{BTreeSet, HashMap, HashSet},
    sync::Arc,
};

/// Changes per card.
const CHANGES_MAX: usize = 5;

/// The changes of values by customer and variable, each as a line of the card.
#[derive(Clone, Debug, Default)]
pub struct ChangedValues {
    lines: HashMap<(i64, String), String>,
    uses: HashMap<i64, Vec<String>>,
    /// Of jobs at Jenkins, by their template steps.
    job_uses: HashMap<i64, Vec<String>>,
}

impl ChangedValues {
    /// The values of a release's customers that changed since it was activated, and which of these texts and jobs use them.
    pub async fn load(
        db: &impl ConnectionTrait,
        release: &Release,
        columns: &[MatrixColumn],
        texts: &HashSet<i64>,
        job_uses: &HashMap<i64, Vec<String>>,
    ) -> Result<Self, StoreError> {
        let ids: Vec<_> = columns.iter().map(|it| it.id).collect();
        let changes = values_changed_since_activation(db, release, &ids).await?;
        if changes.is_empty() {
            return Ok(Self::default());
        }
        let lines = changes.into_iter().map(|((customer, name), change)| {
            let short = name.strip_prefix("var.").unwrap_or(&name);
            let (millis, by) = (change.at.timestamp_millis(), &change.by);
            let from = value_line(change.from.as_deref());
            let to = value_line(change.to.as_deref());
            let line = format!("{short} changed \u{1f}{millis}\u{1f} by {by}: {from} -> {to}");
            ((customer.0, name), line)
        });
        Ok(Self {
            lines: lines.collect(),
            uses: text_variables::uses(db, texts.iter().copied()).await?,
            job_uses: job_uses.clone(),
        })
    }

    /// The lines of each customer and text that uses a changed value, or whose template step has a job that does.
    pub fn by_text(&self) -> impl FnMut(i64, i64, Option<TemplateId>) -> Option<Arc<str>> {
        type Key = (i64, i64, Option<TemplateId>);
        let mut known: HashMap<Key, Option<Arc<str>>> = HashMap::new();
        move |customer, text, template| {
            let job = template.and_then(|it| self.job_uses.get(&it.0));
            let template = template.filter(|_| job.is_some());
            let found = known.entry((customer, text, template)).or_insert_with(|| {
                let uses = self.uses.get(&text).into_iter().chain(job).flatten();
                let names: BTreeSet<&str> = uses.map(|it| variables::name_of(it)).collect();
                let lines: Vec<&str> = names
                    .into_iter()
                    .filter_map(|it| Some(self.lines.get(&(customer, it.to_owned()))?.as_str()))
                    .take(CHANGES_MAX)
                    .collect();
                (!lines.is_empty()).then(|| lines.join("\n").into())
            });
            found.clone()
        }
    }
}
