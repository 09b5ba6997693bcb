//! Switches a hook off because of what its receiver answered, or because its secret cannot be read (R62). The program itself does
//! it, and the history says so.
use super::webhooks::load;
use crate::domain::{
    caller::Caller, id::WebhookId, permission::Permission, via::Via, vocabulary::Noun,
    webhook::Webhook,
};
use crate::store::{Database, error::StoreError};
use chrono::{DateTime, Utc};
use std::sync::Arc;

/// The name that the history has for what the program does by itself.
const PROGRAM: &str = "Rollcall";

impl Database {
    /// Switches a hook off, with the reason that its page shows, and gives up what waits. One that is off already, or was deleted
    /// since, is left alone.
    #[tracing::instrument(level = "debug", skip_all, fields(id = id.0))]
    pub async fn switch_off_webhook(
        &self,
        id: WebhookId,
        reason: &str,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let store = self.as_caller(Arc::new(Caller::program(Via::Cli, PROGRAM)));
        let permit = store.permit(Permission::Webhooks.on_anything()).await?;
        let change = store.change(permit, store.caller().stamp(now)).await?;
        let (before, secret) = match load(&change.tx, id).await {
            Err(StoreError::NotFound(Noun::Webhook)) => return Ok(()),
            found => found?,
        };
        if !before.is_active {
            return Ok(());
        }
        let after = Webhook {
            is_active: false,
            off_reason: Some(reason.to_owned()),
            ..before.clone()
        };
        change.save_webhook(before, after, secret, reason).await?;
        Ok(())
    }
}
