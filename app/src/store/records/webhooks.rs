//! Webhooks as admins make them (R62): create, edit, switch on and off, delete; a test, and a replay of a delivery. What the sender
//! does with deliveries is in `outbox`.
use crate::domain::{
    actor_stamp::ActorStamp,
    event::{Changed, Entity, EventAction},
    field_error::FieldError,
    hook_message::{HookMessage, HookMessageData},
    id::{ClusterId, WebhookId},
    permission::Permission,
    validation_errors::ValidationErrors,
    vocabulary::{Field, Noun},
    webhook::{
        CreatedWebhook, Delivery, DeliveryState, HookEvent, Webhook, WebhookDraft, WebhookFields,
        WebhookKind,
    },
};
use crate::store::{
    Store,
    audit::events::NewEvent,
    change::Change,
    entity::{cluster, release, webhook, webhook_delivery},
    error::StoreError,
    outbox::{deliveries::give_up_waiting, messages::new_delivery},
};
use chrono::{DateTime, Utc};
use sea_orm::{
    ActiveModelTrait, ActiveValue::NotSet, ColumnTrait, ConnectionTrait, DatabaseTransaction,
    EntityTrait, IntoActiveModel, QueryFilter, QuerySelect, sea_query::Expr,
};
use std::collections::BTreeSet;

/// What deliveries say that waited when somebody switched their hook off.
const SWITCHED_OFF: &str = "The webhook was switched off";

/// Loads a hook with its encrypted secret. Errors: not found.
pub async fn load(
    db: &impl ConnectionTrait,
    id: WebhookId,
) -> Result<(Webhook, Option<Vec<u8>>), StoreError> {
    let row = webhook::Entity::find_by_id(id.0).one(db).await?;
    let row = row.ok_or(StoreError::NotFound(Noun::Webhook))?;
    let secret = row.secret.clone();
    Ok((row.try_into()?, secret))
}

/// An event about a hook.
fn event(id: WebhookId, action: EventAction) -> NewEvent {
    NewEvent::of(Entity::Webhook, id.0, action)
}

/// Refuses a release or clusters that no row has.
async fn must_be_known(tx: &DatabaseTransaction, fields: &WebhookFields) -> Result<(), StoreError> {
    if let Some(id) = fields.release_id
        && release::Entity::find_by_id(id.0).one(tx).await?.is_none()
    {
        let problem = FieldError::NoSuchRow {
            noun: Noun::Release.to_string(),
            id: id.0,
        };
        return Err(ValidationErrors::one(Field::Release, problem).into());
    }
    let Some(ids) = &fields.cluster_ids else {
        return Ok(());
    };
    let known: Vec<i64> = cluster::Entity::find()
        .select_only()
        .column(cluster::Column::Id)
        .filter(cluster::Column::Id.is_in(ids.iter().map(|it| it.0)))
        .into_tuple()
        .all(tx)
        .await?;
    let known: BTreeSet<ClusterId> = known.into_iter().map(ClusterId).collect();
    let unknown: Vec<i64> = ids.difference(&known).map(|it| it.0).collect();
    if unknown.is_empty() {
        Ok(())
    } else {
        Err(ValidationErrors::one(Field::Clusters, FieldError::Unknown { ids: unknown }).into())
    }
}

impl Change {
    /// Saves the next version of a hook and records both, and gives up what waits if it is switched off. If the two are equal,
    /// nothing is written.
    pub async fn save_webhook(
        mut self,
        before: Webhook,
        mut after: Webhook,
        secret: Option<Vec<u8>>,
        reason: &str,
    ) -> Result<Changed<Webhook>, StoreError> {
        if after == before {
            return self.finish(before).await;
        }
        after.version += 1;
        after.updated_at = self.stamp.at;
        let action = match (before.is_active, after.is_active) {
            (true, false) => EventAction::Deactivate,
            (false, true) => EventAction::Restore,
            _ => EventAction::Update,
        };
        if action == EventAction::Deactivate {
            give_up_waiting(&self.tx, after.id, reason).await?;
        }
        let row = webhook::Model::of(after, secret).into_active_model();
        let row: Webhook = row.reset_all().update(&self.tx).await?.try_into()?;
        let event = event(row.id, action).before(&before.without_secrets());
        self.record(event.after(&row.without_secrets()));
        self.finish(row).await
    }
}

impl Store {
    /// One hook. Errors: a role that is too low; not found.
    #[tracing::instrument(level = "debug", skip_all, fields(id = id.0))]
    pub async fn webhook(&self, id: WebhookId) -> Result<Webhook, StoreError> {
        self.must_have(Permission::Webhooks)?;
        Ok(load(&self.read, id).await?.0)
    }

    /// Creates a hook; its secret is shown this once. Errors: wrong fields; a target that is never called; an unknown release or
    /// cluster.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn create_webhook(
        &self,
        draft: WebhookDraft,
        stamp: ActorStamp,
    ) -> Result<Changed<CreatedWebhook>, StoreError> {
        let permit = self.permit(Permission::Webhooks.on_anything()).await?;
        let fields = draft.parse()?;
        self.must_be_callable(&fields).await?;
        let rules = self.database.hook_rules.get()?;
        let secret = if fields.kind.is_signed() {
            let is_first = !self.has_secrets().await?;
            Some(rules.new_secret(is_first)?)
        } else {
            None
        };
        let mut change = self.change(permit, stamp).await?;
        must_be_known(&change.tx, &fields).await?;
        let now = change.stamp.at;
        let hook = Webhook {
            id: WebhookId(0),
            name: fields.name.into(),
            kind: fields.kind,
            target: fields.target,
            events: fields.events,
            release_id: fields.release_id,
            cluster_ids: fields.cluster_ids,
            is_active: fields.is_active,
            off_reason: None,
            version: 1,
            created_at: now,
            updated_at: now,
        };
        let (shown, sealed) = secret.map(|it| (it.shown, it.sealed)).unzip();
        let row = webhook::Model::of(hook, sealed).into_active_model();
        let mut row = row.reset_all();
        row.id = NotSet;
        let hook: Webhook = row.insert(&change.tx).await?.try_into()?;
        let event = event(hook.id, EventAction::Create);
        change.record(event.after(&hook.without_secrets()));
        change
            .finish(CreatedWebhook {
                hook,
                secret: shown,
            })
            .await
    }

    /// Replaces the details of a hook, but not its kind. Switched off, it gives up what waits. Errors: as above; not found; stale
    /// (R3); it is switched on and its secret cannot be read.
    #[tracing::instrument(level = "debug", skip_all, fields(id = id.0))]
    pub async fn update_webhook(
        &self,
        id: WebhookId,
        draft: WebhookDraft,
        version: i64,
        stamp: ActorStamp,
    ) -> Result<Changed<Webhook>, StoreError> {
        let permit = self.permit(Permission::Webhooks.on_anything()).await?;
        let fields = draft.parse()?;
        let (present, _) = load(&self.read, id).await?;
        if fields.target != present.target {
            self.must_be_callable(&fields).await?;
        }
        let change = self.change(permit, stamp).await?;
        let (before, secret) = load(&change.tx, id).await?;
        let (current, based_on) = (before.version, Some(version));
        change
            .must_be_fresh(Entity::Webhook, id.0, &before, current, based_on)
            .await?;
        if fields.kind != before.kind {
            // Its target is of the kind, and its secret was shown when it was made.
            let words = vec![before.kind.to_string()];
            let problem = FieldError::NotOneOf { words };
            return Err(ValidationErrors::one(Field::Kind, problem).into());
        }
        must_be_known(&change.tx, &fields).await?;
        if fields.is_active
            && !before.is_active
            && let Some(secret) = &secret
        {
            // Its first message would switch it off again.
            self.database.hook_rules.get()?.check_secret(secret)?;
        }
        let off_reason = before.off_reason.clone().filter(|_| !fields.is_active);
        let after = Webhook {
            name: fields.name.into(),
            target: fields.target,
            events: fields.events,
            release_id: fields.release_id,
            cluster_ids: fields.cluster_ids,
            is_active: fields.is_active,
            off_reason,
            ..before.clone()
        };
        change
            .save_webhook(before, after, secret, SWITCHED_OFF)
            .await
    }

    /// Deletes a hook with its deliveries. Errors: not found.
    #[tracing::instrument(level = "debug", skip_all, fields(id = id.0))]
    pub async fn delete_webhook(&self, id: WebhookId, stamp: ActorStamp) -> Result<(), StoreError> {
        let permit = self.permit(Permission::Webhooks.on_anything()).await?;
        let mut change = self.change(permit, stamp).await?;
        let (hook, _) = load(&change.tx, id).await?;
        webhook::Entity::delete_by_id(id.0).exec(&change.tx).await?;
        let event = event(id, EventAction::Delete);
        change.record(event.before(&hook.without_secrets()));
        change.commit().await?;
        Ok(())
    }

    /// Sends a message of the type `test` to a hook, also to one that is switched off. Errors: not found.
    #[tracing::instrument(level = "debug", skip_all, fields(id = id.0))]
    pub async fn test_webhook(
        &self,
        id: WebhookId,
        stamp: ActorStamp,
    ) -> Result<Delivery, StoreError> {
        self.must_have(Permission::Webhooks)?;
        let tx = self.begin().await?;
        let (hook, _) = load(&tx, id).await?;
        let message = HookMessage {
            message_type: HookEvent::Test,
            timestamp: stamp.at,
            data: HookMessageData {
                actor: stamp.by,
                ..HookMessageData::default()
            },
        };
        let row = new_delivery(&hook, &message).insert(&tx).await?;
        tx.commit().await?;
        self.database.outbox_wake.wake();
        row.try_into()
    }

    /// Sends a delivery again, under the same id, whatever became of it. Errors: not found.
    #[tracing::instrument(level = "debug", skip_all, fields(id = id.0))]
    pub async fn replay_delivery(
        &self,
        id: WebhookId,
        n: i64,
        now: DateTime<Utc>,
    ) -> Result<Delivery, StoreError> {
        use webhook_delivery::{Column, Entity as Table};
        self.must_have(Permission::Webhooks)?;
        let tx = self.begin().await?;
        load(&tx, id).await?;
        Table::update_many()
            .col_expr(Column::State, Expr::val(DeliveryState::Pending.as_str()))
            .col_expr(Column::Tries, Expr::val(0_i32))
            .col_expr(Column::NextAt, Expr::val(Some(now)))
            .col_expr(Column::Status, Expr::val(None::<i32>))
            .col_expr(Column::Answer, Expr::val(None::<String>))
            .col_expr(Column::Error, Expr::val(None::<String>))
            .filter(Column::Id.eq(n))
            .filter(Column::WebhookId.eq(id.0))
            .exec(&tx)
            .await?;
        let row = Table::find_by_id(n)
            .filter(Column::WebhookId.eq(id.0))
            .one(&tx)
            .await?;
        let row = row.ok_or(StoreError::NotFound(Noun::Delivery))?;
        tx.commit().await?;
        self.database.outbox_wake.wake();
        row.try_into()
    }

    /// A message as it could be, in the form of this kind. Errors: a role that is too low.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn preview_message(
        &self,
        kind: WebhookKind,
        event: HookEvent,
        stamp: ActorStamp,
    ) -> Result<String, StoreError> {
        self.must_have(Permission::Webhooks)?;
        let message = HookMessage::sample(event, &stamp.by, stamp.at);
        Ok(self.database.hook_rules.get()?.preview(kind, &message))
    }

    /// Whether a hook has a secret, which needs the key that it was encrypted with.
    async fn has_secrets(&self) -> Result<bool, StoreError> {
        let found = webhook::Entity::find()
            .filter(webhook::Column::Secret.is_not_null())
            .one(&self.read)
            .await?;
        Ok(found.is_some())
    }

    /// Refuses a target that is never called.
    async fn must_be_callable(&self, fields: &WebhookFields) -> Result<(), StoreError> {
        let rules = self.database.hook_rules.get()?;
        let checked = rules.check_target(fields.kind, &fields.target).await;
        checked.map_err(|it| ValidationErrors::one(Field::Target, it).into())
    }
}
