//! Evidence of a step (R74): list, read, add, delete. The bytes are in a table of their own; the history keeps name, size and
//! SHA-256 of each piece, also of one that was deleted.
use crate::domain::{
    actor_stamp::ActorStamp,
    event::{Changed, EventAction},
    evidence::{EVIDENCE_MAX, Evidence, EvidenceDigest, EvidenceDraft},
    id::{EvidenceId, ReleaseId, StepId},
    permission::Permission,
    rule_violation::RuleViolation,
    saved_view::owner_of,
    step::CustomerStep,
    vocabulary::{Noun, StepStatus},
};
use crate::store::{
    Store,
    audit::events::{NewEvent, StepSnapshot},
    change::Change,
    entity::{evidence, hex_digits, parse_word},
    error::StoreError,
};
use chrono::{DateTime, Utc};
use evidence::Column;
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::{NotSet, Set},
    ColumnTrait, ConnectionTrait, EntityTrait, FromQueryResult, PaginatorTrait, QueryFilter,
    QueryOrder, QuerySelect,
};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::collections::HashMap;

const TABLE: &str = "evidence";

/// A row without its bytes.
#[derive(FromQueryResult)]
pub struct EvidenceRow {
    id: i64,
    step_id: i64,
    kind: String,
    name: String,
    content_type: String,
    url: Option<String>,
    bytes: i64,
    sha256: String,
    message: Option<String>,
    added_by: String,
    added_at: DateTime<Utc>,
}

impl TryFrom<EvidenceRow> for Evidence {
    type Error = StoreError;

    fn try_from(row: EvidenceRow) -> Result<Self, StoreError> {
        Ok(Self {
            id: EvidenceId(row.id),
            step_id: StepId(row.step_id),
            kind: parse_word(TABLE, &row.kind)?,
            name: row.name,
            content_type: row.content_type,
            url: row.url,
            bytes: u32::try_from(row.bytes).map_err(|it| StoreError::corrupt(TABLE, it))?,
            sha256: row.sha256,
            message: row.message,
            by: row.added_by,
            at: row.added_at,
        })
    }
}

impl From<evidence::Model> for EvidenceRow {
    fn from(row: evidence::Model) -> Self {
        Self {
            id: row.id,
            step_id: row.step_id,
            kind: row.kind,
            name: row.name,
            content_type: row.content_type,
            url: row.url,
            bytes: row.bytes,
            sha256: row.sha256,
            message: row.message,
            added_by: row.added_by,
            added_at: row.added_at,
        }
    }
}

/// The columns of an `EvidenceRow`.
const COLUMNS: [Column; 11] = [
    Column::Id,
    Column::StepId,
    Column::Kind,
    Column::Name,
    Column::ContentType,
    Column::Url,
    Column::Bytes,
    Column::Sha256,
    Column::Message,
    Column::AddedBy,
    Column::AddedAt,
];

/// The evidence of a step, oldest first.
pub async fn of_step(db: &impl ConnectionTrait, step: StepId) -> Result<Vec<Evidence>, StoreError> {
    let rows = evidence::Entity::find()
        .select_only()
        .columns(COLUMNS)
        .filter(Column::StepId.eq(step.0))
        .order_by_asc(Column::Id)
        .into_model::<EvidenceRow>()
        .all(db)
        .await?;
    rows.into_iter().map(TryInto::try_into).collect()
}

/// What reports tell of the evidence of a release, by step, oldest first; of these steps only, if some are named.
pub async fn of_release(
    db: &impl ConnectionTrait,
    release: ReleaseId,
    steps: Option<&[StepId]>,
) -> Result<HashMap<StepId, Vec<EvidenceDigest>>, StoreError> {
    let mut query = evidence::Entity::find().filter(Column::ReleaseId.eq(release.0));
    if let Some(steps) = steps {
        query = query.filter(Column::StepId.is_in(steps.iter().map(|it| it.0)));
    }
    let rows = query
        .select_only()
        .columns(COLUMNS)
        .order_by_asc(Column::Id)
        .into_model::<EvidenceRow>()
        .all(db)
        .await?;
    let mut found: HashMap<StepId, Vec<EvidenceDigest>> = HashMap::new();
    for row in rows {
        let piece: Evidence = row.try_into()?;
        found
            .entry(piece.step_id)
            .or_default()
            .push(EvidenceDigest::from(&piece));
    }
    Ok(found)
}

/// Who a new piece is by, besides the name.
pub struct EvidenceSource<'a> {
    /// What `owner_of` says of the person, or `hook` and an id.
    pub owner: String,
    pub from_hook: bool,
    /// What the report of a hook called itself.
    pub message: Option<&'a str>,
}

/// Adds pieces to what an event stores of a step.
pub fn tell(row: Option<&mut Value>, pieces: &[Evidence]) {
    if let Some(Value::Object(row)) = row
        && !pieces.is_empty()
    {
        let digests: Vec<EvidenceDigest> = pieces.iter().map(Into::into).collect();
        row.insert("evidence".to_owned(), json!(digests));
    }
}

impl Change {
    /// Writes a piece of evidence. The event is the caller's.
    pub async fn insert_evidence(
        &self,
        step: &CustomerStep,
        draft: EvidenceDraft,
        source: &EvidenceSource<'_>,
    ) -> Result<Evidence, StoreError> {
        let EvidenceDraft {
            kind,
            name,
            content_type,
            url,
            body,
        } = draft;
        let bytes = i64::try_from(body.len()).map_err(|it| StoreError::corrupt(TABLE, it))?;
        let row = evidence::ActiveModel {
            id: NotSet,
            step_id: Set(step.id.0),
            release_id: Set(step.release_id.0),
            kind: Set(kind.to_string()),
            name: Set(name.into()),
            content_type: Set(content_type),
            url: Set(url),
            bytes: Set(bytes),
            sha256: Set(hex_digits(&Sha256::digest(&body))),
            body: Set(body),
            message: Set(source.message.map(str::to_owned)),
            from_hook: Set(source.from_hook),
            owner: Set(source.owner.clone()),
            added_by: Set(self.stamp.by.clone()),
            added_at: Set(self.stamp.at),
        };
        EvidenceRow::from(row.insert(&self.tx).await?).try_into()
    }
}

impl Store {
    /// The evidence of a step, oldest first. Errors: not found.
    #[tracing::instrument(level = "debug", skip_all, fields(id = id.0))]
    pub async fn evidence(&self, id: StepId) -> Result<Vec<Evidence>, StoreError> {
        self.must_see(&id.into()).await?;
        of_step(&self.read, id).await
    }

    /// One piece with its bytes. Errors: not found.
    #[tracing::instrument(level = "debug", skip_all, fields(step = step.0, id = id.0))]
    pub async fn evidence_file(
        &self,
        step: StepId,
        id: EvidenceId,
    ) -> Result<(Evidence, Vec<u8>), StoreError> {
        self.must_see(&step.into()).await?;
        let mut row = load(&self.read, step, id).await?;
        let body = std::mem::take(&mut row.body);
        Ok((EvidenceRow::from(row).try_into()?, body))
    }

    /// Adds a piece of evidence to a step. Errors: not found; a pending step, or one with as many as it may have; a release
    /// that is not active.
    #[tracing::instrument(level = "debug", skip_all, fields(id = id.0))]
    pub async fn add_evidence(
        &self,
        id: StepId,
        draft: EvidenceDraft,
        stamp: ActorStamp,
    ) -> Result<Changed<Evidence>, StoreError> {
        let permit = self.permit(Permission::ActOnSteps.on(id)).await?;
        let mut change = self.change(permit, stamp).await?;
        let (step, _) = change.load_step(id, None).await?;
        if step.status == StepStatus::Pending {
            return Err(RuleViolation::EvidenceOfPending.into());
        }
        let own = evidence::Entity::find()
            .filter(Column::StepId.eq(id.0))
            .filter(Column::FromHook.eq(false))
            .count(&change.tx)
            .await?;
        if usize::try_from(own).unwrap_or(usize::MAX) >= EVIDENCE_MAX {
            return Err(RuleViolation::EvidenceIsFull { max: EVIDENCE_MAX }.into());
        }
        let source = EvidenceSource {
            owner: owner_of(&self.caller),
            from_hook: false,
            message: None,
        };
        let row = change.insert_evidence(&step, draft, &source).await?;
        let snapshot = StepSnapshot::of(&step);
        let mut event = NewEvent::of_step(&step, EventAction::Attach)
            .before(&snapshot)
            .after(&snapshot);
        tell(event.after.as_mut(), std::slice::from_ref(&row));
        change.record(event);
        change.finish(row).await
    }

    /// Deletes a piece of evidence; the history keeps its name, size and SHA-256. Errors: not found; a piece of somebody else,
    /// and a role below manager; a release that is not active.
    #[tracing::instrument(level = "debug", skip_all, fields(step = step.0, id = id.0))]
    pub async fn delete_evidence(
        &self,
        step: StepId,
        id: EvidenceId,
        stamp: ActorStamp,
    ) -> Result<Changed<()>, StoreError> {
        let permit = self.permit(Permission::ActOnSteps.on(step)).await?;
        let mut change = self.change(permit, stamp).await?;
        let (of, _) = change.load_step(step, None).await?;
        let row = load(&change.tx, step, id).await?;
        if row.owner != owner_of(&self.caller) {
            self.must_have(Permission::DeleteEvidence)?;
        }
        evidence::Entity::delete_by_id(id.0)
            .exec(&change.tx)
            .await?;
        let gone: Evidence = EvidenceRow::from(row).try_into()?;
        let snapshot = StepSnapshot::of(&of);
        let mut event = NewEvent::of_step(&of, EventAction::Detach)
            .before(&snapshot)
            .after(&snapshot);
        tell(event.before.as_mut(), &[gone]);
        change.record(event);
        change.finish(()).await
    }
}

/// A piece of this step. Errors: not found.
async fn load(
    db: &impl ConnectionTrait,
    step: StepId,
    id: EvidenceId,
) -> Result<evidence::Model, StoreError> {
    evidence::Entity::find_by_id(id.0)
        .filter(Column::StepId.eq(step.0))
        .one(db)
        .await?
        .ok_or(StoreError::NotFound(Noun::Evidence))
}
