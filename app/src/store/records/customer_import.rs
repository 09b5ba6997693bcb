//! Import of many customers from pasted text: all of them or none.
use super::customers::insert;
use crate::domain::{
    actor_stamp::ActorStamp,
    customer_import::{self, ExistingRecords, ImportLine, LINES_MAX, LineOutcome, PlannedLine},
    event::{Changed, EventAction},
    field_error::FieldError,
    id::{ClusterId, CustomerId},
    rule_violation::RuleViolation,
    validation_errors::ValidationErrors,
    vocabulary::Field,
};
use crate::store::{
    Store,
    change::VersionedRow,
    entity::{cluster, customer},
    error::StoreError,
};
use sea_orm::{ConnectionTrait, EntityTrait, QuerySelect};

impl Store {
    /// What an import would do with each line. Errors: more than `LINES_MAX` lines.
    pub async fn preview_customers_paste(
        &self,
        cluster: Option<ClusterId>,
        text: String,
    ) -> Result<Vec<ImportLine>, StoreError> {
        check_line_count(&text)?;
        let existing = load_existing(&self.read).await?;
        let planned = customer_import::plan(&text, cluster, &existing);
        Ok(planned.into_iter().map(|it| it.line).collect())
    }

    /// Creates the new customers of a text; existing ones are left as they are. Answers how many were created.
    /// Errors: more than `LINES_MAX` lines; any wrong line; no new customer.
    pub async fn create_customers(
        &self,
        cluster: Option<ClusterId>,
        text: String,
        stamp: ActorStamp,
    ) -> Result<Changed<u32>, StoreError> {
        check_line_count(&text)?;
        let mut change = self.change(stamp).await?;
        let existing = load_existing(&change.tx).await?;
        let planned = customer_import::plan(&text, cluster, &existing);
        check_all_lines(&planned)?;
        let new: Vec<_> = planned.into_iter().filter_map(|it| it.fields).collect();
        let created = u32::try_from(new.len()).unwrap_or(u32::MAX);
        for fields in new {
            let row = insert(&change.tx, fields, change.stamp.at).await?;
            change.record(row.event(EventAction::Create).after(&row));
        }
        if created == 0 {
            return Err(RuleViolation::NothingNew.into());
        }
        change.finish(created).await
    }
}

fn check_line_count(text: &str) -> Result<(), StoreError> {
    let long = customer_import::count(text);
    if long > LINES_MAX {
        let max = LINES_MAX;
        return Err(ValidationErrors::one(Field::Text, FieldError::TooMany { max, long }).into());
    }
    Ok(())
}

/// Refuses wrong lines: names the first one with its error, and counts the others.
fn check_all_lines(planned: &[PlannedLine]) -> Result<(), RuleViolation> {
    let mut wrong = planned.iter().filter_map(|it| match &it.line.outcome {
        LineOutcome::Wrong { why } => Some((it.line.number, why)),
        _ => None,
    });
    match wrong.next() {
        Some((line, why)) => Err(RuleViolation::WrongLines {
            line,
            why: why.clone(),
            others: wrong.count(),
        }),
        None => Ok(()),
    }
}

async fn load_existing(db: &impl ConnectionTrait) -> Result<ExistingRecords, StoreError> {
    let clusters: Vec<(i64, String, bool)> = cluster::Entity::find()
        .select_only()
        .columns([
            cluster::Column::Id,
            cluster::Column::Name,
            cluster::Column::IsActive,
        ])
        .into_tuple()
        .all(db)
        .await?;
    let customers: Vec<(i64, i64, String, bool)> = customer::Entity::find()
        .select_only()
        .columns([
            customer::Column::Id,
            customer::Column::ClusterId,
            customer::Column::Namespace,
            customer::Column::IsActive,
        ])
        .into_tuple()
        .all(db)
        .await?;
    Ok(ExistingRecords {
        clusters: clusters
            .into_iter()
            .map(|(id, name, is_active)| (name, (ClusterId(id), is_active)))
            .collect(),
        customers: customers
            .into_iter()
            .map(|(id, cluster, namespace, is_active)| {
                let key = (ClusterId(cluster), namespace);
                (key, (CustomerId(id), is_active))
            })
            .collect(),
    })
}
