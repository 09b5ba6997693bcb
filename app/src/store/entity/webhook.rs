//! Row of `webhooks`: where messages about changes go, with the encrypted secret that signs them.
use super::parse_word;
use crate::{
    domain::{
        id::{ClusterId, ReleaseId, WebhookId},
        webhook::Webhook,
    },
    store::error::StoreError,
};
use sea_orm::entity::prelude::*;
use std::{collections::BTreeSet, fmt};

/// A row of the table.
#[derive(Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "webhooks")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub name: String,
    pub kind: String,
    pub target: String,
    /// JSON: a list of words.
    pub events: String,
    /// None: every release.
    pub release_id: Option<i64>,
    /// JSON: a list of ids. None: every cluster.
    pub cluster_ids: Option<String>,
    pub is_active: bool,
    pub off_reason: Option<String>,
    /// Encrypted; none of a kind that is not signed.
    pub secret: Option<Vec<u8>>,
    pub version: i64,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
}

/// Without secret and target, whose address may be a secret too: they belong into no log.
impl fmt::Debug for Model {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "webhooks::Model {{ id: {}, name: {:?}, version: {}, .. }}",
            self.id, self.name, self.version
        )
    }
}

/// Relations are not loaded through entities.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl TryFrom<Model> for Webhook {
    type Error = StoreError;
    fn try_from(row: Model) -> Result<Self, StoreError> {
        let Model {
            id,
            name,
            kind,
            target,
            events,
            release_id,
            cluster_ids,
            is_active,
            off_reason,
            secret: _,
            version,
            created_at,
            updated_at,
        } = row;
        let corrupt = |error: serde_json::Error| StoreError::corrupt("webhooks", error);
        let clusters = cluster_ids.as_deref().map(serde_json::from_str);
        let clusters: Option<BTreeSet<ClusterId>> = clusters.transpose().map_err(corrupt)?;
        Ok(Self {
            id: WebhookId(id),
            name,
            kind: parse_word("webhooks", &kind)?,
            target,
            events: serde_json::from_str(&events).map_err(corrupt)?,
            release_id: release_id.map(ReleaseId),
            cluster_ids: clusters,
            is_active,
            off_reason,
            version,
            created_at,
            updated_at,
        })
    }
}

impl Model {
    /// The row of a hook with its encrypted secret.
    pub fn of(hook: Webhook, secret: Option<Vec<u8>>) -> Self {
        let Webhook {
            id,
            name,
            kind,
            target,
            events,
            release_id,
            cluster_ids,
            is_active,
            off_reason,
            version,
            created_at,
            updated_at,
        } = hook;
        Self {
            id: id.0,
            name,
            kind: kind.to_string(),
            target,
            events: serde_json::to_string(&events).unwrap_or_default(),
            release_id: release_id.map(|it| it.0),
            cluster_ids: cluster_ids.map(|it| serde_json::to_string(&it).unwrap_or_default()),
            is_active,
            off_reason,
            secret,
            version,
            created_at,
            updated_at,
        }
    }
}
