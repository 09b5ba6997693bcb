//! The head of the history as a message, once a day and hook (R62, R89): so a copy of it lies where the owner of the database does
//! not reach.
use super::messages::{active_hooks, new_delivery};
use crate::domain::{
    hook_message::{HookMessage, HookMessageData},
    webhook::{HookEvent, Webhook},
};
use crate::store::{Database, audit::history_head, entity::webhook_delivery, error::StoreError};
use chrono::{DateTime, NaiveTime, SubsecRound, Utc};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter};

/// Who sends it.
const PROGRAM: &str = "Rollcall";

impl Database {
    /// Writes the message with the head for each hook that wants it and has none of this day (UTC). To be called once in a while.
    /// Answers how many it wrote.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn tell_history_head(&self, now: DateTime<Utc>) -> Result<usize, StoreError> {
        let midnight = now.date_naive().and_time(NaiveTime::MIN).and_utc();
        // Most calls find nothing to do, without the writer.
        if self
            .hooks_without_head(&self.read, midnight)
            .await?
            .is_empty()
        {
            return Ok(0);
        }
        let tx = self.begin().await?;
        let hooks = self.hooks_without_head(&tx, midnight).await?;
        let Some((head, _)) = history_head::newest(&tx).await? else {
            return Ok(0);
        };
        let message = HookMessage {
            message_type: HookEvent::HistoryHead,
            timestamp: now.trunc_subsecs(3),
            data: HookMessageData {
                actor: PROGRAM.to_owned(),
                head: Some(head),
                ..HookMessageData::default()
            },
        };
        for hook in &hooks {
            webhook_delivery::Entity::insert(new_delivery(hook, &message))
                .exec_without_returning(&tx)
                .await?;
        }
        tx.commit().await?;
        Ok(hooks.len())
    }

    /// The active hooks that want the head and have no message of it since.
    async fn hooks_without_head(
        &self,
        db: &impl ConnectionTrait,
        since: DateTime<Utc>,
    ) -> Result<Vec<Webhook>, StoreError> {
        let mut hooks = Vec::new();
        for hook in active_hooks(db).await? {
            if !hook.events.contains(&HookEvent::HistoryHead) {
                continue;
            }
            let told = webhook_delivery::Entity::find()
                .filter(webhook_delivery::Column::WebhookId.eq(hook.id.0))
                .filter(webhook_delivery::Column::Event.eq(HookEvent::HistoryHead.as_str()))
                .filter(webhook_delivery::Column::CreatedAt.gte(since))
                .count(db)
                .await?;
            if told == 0 {
                hooks.push(hook);
            }
        }
        Ok(hooks)
    }
}
