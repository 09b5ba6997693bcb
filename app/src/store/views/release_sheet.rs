//! A release as a flat table for exports and reports: all cells with their notes and reasons, but without their texts.
use crate::domain::{
    event::{Entity, EventAction},
    field_error::FieldError,
    id::{ReleaseId, StepId, TemplateId},
    progress::{Counts, Progress},
    release_sheet::{ReleaseSheet, SheetProof, SheetRow},
    vocabulary::StepStatus,
};
use crate::store::{
    Store, entity::audit_event, entity::customer_step, error::StoreError, steps::evidence,
};
use chrono::{DateTime, Utc};
use sea_orm::{ColumnTrait, FromQueryResult, QueryFilter, QueryOrder, QuerySelect};
use std::{collections::HashMap, str::FromStr};

/// The columns of a step without its text.
#[derive(FromQueryResult)]
struct NarrowSheetStep {
    id: i64,
    customer_id: i64,
    template_id: Option<i64>,
    name: String,
    category: String,
    kind: String,
    status: String,
    executed_at: Option<DateTime<Utc>>,
    executed_by: Option<String>,
    state_at: Option<DateTime<Utc>>,
    state_by: Option<String>,
    skip_reason: Option<String>,
    fail_reason: Option<String>,
    revert_reason: Option<String>,
    notes: Option<String>,
    is_custom: bool,
    is_overridden: bool,
}

fn parse_column<T: FromStr<Err = FieldError>>(text: &str) -> Result<T, StoreError> {
    text.parse()
        .map_err(|_: FieldError| StoreError::corrupt("customer_steps", text))
}

impl Store {
    /// All cells: customers in the matrix's order, each one's steps in the customer's order. Errors: not found.
    #[tracing::instrument(level = "debug", skip_all, fields(id = id.0))]
    pub async fn release_sheet(&self, id: ReleaseId) -> Result<ReleaseSheet, StoreError> {
        use customer_step::Column as Of;
        let release = self.visible_release(id).await?;
        let members = self.members(id).await?;
        let cells: Vec<NarrowSheetStep> = self
            .visible()
            .steps()
            .select_only()
            .columns([
                Of::Id,
                Of::CustomerId,
                Of::TemplateId,
                Of::Name,
                Of::Category,
                Of::Status,
                Of::ExecutedAt,
                Of::ExecutedBy,
                Of::StateAt,
                Of::StateBy,
                Of::SkipReason,
                Of::FailReason,
                Of::RevertReason,
                Of::Notes,
                Of::IsCustom,
                Of::IsOverridden,
            ])
            .column_as(Of::Kind, "kind")
            .filter(Of::ReleaseId.eq(id.0))
            .order_by_asc(Of::CustomerId)
            .order_by_asc(Of::Category)
            .order_by_asc(Of::OrderIndex)
            .into_model::<NarrowSheetStep>()
            .all(&self.read)
            .await?;
        let member_of_customer: HashMap<i64, usize> = members
            .iter()
            .enumerate()
            .map(|(index, it)| (it.id.0, index))
            .collect();
        let mut proofs = self.proofs(id).await?;
        let mut evidence = evidence::of_release(&self.read, id, None).await?;
        let mut runs = self.ended_runs(id, None).await?;
        let mut numbers: HashMap<i64, u32> = HashMap::new();
        let mut rows = Vec::with_capacity(cells.len());
        for cell in cells {
            // The customer was added or removed between the two reads.
            let Some(member) = member_of_customer.get(&cell.customer_id).copied() else {
                continue;
            };
            let number = numbers.entry(cell.customer_id).or_default();
            *number += 1;
            let status = parse_column(&cell.status)?;
            let proof = proofs.remove(&cell.id);
            rows.push(SheetRow {
                member,
                id: StepId(cell.id),
                number: *number,
                category: parse_column(&cell.category)?,
                name: cell.name,
                kind: parse_column(&cell.kind)?,
                status,
                state_at: cell.state_at,
                state_by: cell.state_by,
                executed_at: cell.executed_at,
                executed_by: cell.executed_by,
                reason: cell.fail_reason.or(cell.skip_reason).or(cell.revert_reason),
                notes: cell.notes,
                is_overridden: cell.is_overridden,
                is_custom: cell.is_custom,
                template_id: cell.template_id.map(TemplateId),
                proof: proof.filter(|_| status == StepStatus::Done),
                evidence: evidence.remove(&StepId(cell.id)).unwrap_or_default(),
                runs: runs.remove(&StepId(cell.id)).unwrap_or_default(),
            });
        }
        rows.sort_by_key(|it| (it.member, it.number));
        let counts: Counts = rows.iter().map(|it| it.status).collect();
        Ok(ReleaseSheet {
            release,
            progress: Progress::from(counts),
            members,
            rows,
        })
    }

    /// What the newest `done` of each step of a release kept of its text, by step id.
    async fn proofs(&self, release: ReleaseId) -> Result<HashMap<i64, SheetProof>, StoreError> {
        use audit_event::Column;
        let rows: Vec<(i64, Option<String>, Option<bool>)> = self
            .visible()
            .events()
            .select_only()
            .columns([Column::EntityId, Column::ResolvedSha256, Column::TextShown])
            .filter(Column::ReleaseId.eq(release.0))
            .filter(Column::Entity.eq(Entity::Step.as_str()))
            .filter(Column::Action.eq(EventAction::Done.as_str()))
            .order_by_asc(Column::Id)
            .into_tuple()
            .all(&self.read)
            .await?;
        let proofs = rows.into_iter().filter_map(|(step, sha256, shown)| {
            let is_shown = shown == Some(true);
            let proof = SheetProof {
                sha256: sha256?,
                is_shown,
            };
            Some((step, proof))
        });
        Ok(proofs.collect())
    }
}
