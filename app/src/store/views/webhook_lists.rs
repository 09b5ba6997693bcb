//! Webhooks with how their deliveries are, and the deliveries of one hook (R62).
use super::paging::{PageOfRows, PageRequest, take_page};
use crate::domain::{
    id::WebhookId,
    permission::Permission,
    webhook::{Delivery, DeliveryState, HookHealth, WebhookRow},
};
use crate::store::{
    Store,
    entity::{webhook, webhook_delivery},
    error::StoreError,
};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use std::collections::HashMap;

/// Deliveries that a page shows.
const NEWEST_MAX: u64 = 50;

impl Store {
    /// All hooks by name, each with its health. Errors: a role that is too low.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn webhooks(&self) -> Result<Vec<WebhookRow>, StoreError> {
        use webhook_delivery::{Column, Entity as Deliveries};
        self.must_have(Permission::Webhooks)?;
        let hooks = webhook::Entity::find()
            .order_by_asc(webhook::Column::Name)
            .order_by_asc(webhook::Column::Id)
            .all(&self.read)
            .await?;
        let counts: Vec<(i64, String, i64)> = Deliveries::find()
            .select_only()
            .columns([Column::WebhookId, Column::State])
            .column_as(Column::Id.count(), "n")
            .group_by(Column::WebhookId)
            .group_by(Column::State)
            .into_tuple()
            .all(&self.read)
            .await?;
        let mut health: HashMap<i64, HookHealth> = HashMap::new();
        for (hook, state, n) in counts {
            let of_hook = health.entry(hook).or_default();
            let n = u64::try_from(n).unwrap_or_default();
            match state.parse() {
                Ok(DeliveryState::Pending | DeliveryState::Failed) => of_hook.n_waiting += n,
                Ok(DeliveryState::GivenUp) => of_hook.n_given_up += n,
                Ok(DeliveryState::Delivered) | Err(_) => {}
            }
        }
        let last: Vec<Option<i64>> = Deliveries::find()
            .select_only()
            .column_as(Column::Id.max(), "last")
            .filter(Column::State.ne(DeliveryState::Pending.as_str()))
            .group_by(Column::WebhookId)
            .into_tuple()
            .all(&self.read)
            .await?;
        let last = Deliveries::find()
            .filter(Column::Id.is_in(last.into_iter().flatten()))
            .all(&self.read)
            .await?;
        for row in last {
            let of_hook = health.entry(row.webhook_id).or_default();
            of_hook.last = Some(row.try_into()?);
        }
        let with_health = |row: webhook::Model| -> Result<WebhookRow, StoreError> {
            let health = health.remove(&row.id).unwrap_or_default();
            Ok(WebhookRow {
                hook: row.try_into()?,
                health,
            })
        };
        hooks.into_iter().map(with_health).collect()
    }

    /// The deliveries of a hook, newest first. Errors: a role that is too low; not found.
    #[tracing::instrument(level = "debug", skip_all, fields(id = id.0))]
    pub async fn deliveries(
        &self,
        id: WebhookId,
        page: PageRequest,
    ) -> Result<PageOfRows<Delivery>, StoreError> {
        use webhook_delivery::Column;
        self.webhook(id).await?;
        let mut query = webhook_delivery::Entity::find()
            .filter(Column::WebhookId.eq(id.0))
            .order_by_desc(Column::Id)
            .limit(page.limit + 1);
        if let Some(after) = page.after {
            query = query.filter(Column::Id.lt(after));
        }
        let rows = query.all(&self.read).await?;
        let rows: Result<Vec<Delivery>, StoreError> =
            rows.into_iter().map(TryInto::try_into).collect();
        Ok(take_page(rows?, page.limit, |it| it.n))
    }
    /// The newest deliveries of a hook. Errors: a role that is too low; not found.
    #[tracing::instrument(level = "debug", skip_all, fields(id = id.0))]
    pub async fn newest_deliveries(&self, id: WebhookId) -> Result<Vec<Delivery>, StoreError> {
        let page = PageRequest {
            limit: NEWEST_MAX,
            after: None,
        };
        Ok(self.deliveries(id, page).await?.items)
    }
}
