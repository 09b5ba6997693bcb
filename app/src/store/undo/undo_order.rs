//! Undo of new orders: of the template, of one customer's list, and of a template's move to the other category (R16).
use super::report::{UndoReport, UndoSubject};
use crate::domain::{
    event::{Entity, Event, EventAction},
    id::{ReleaseId, StepId, TemplateId},
    undo::RowOutcome,
    vocabulary::Category,
};
use crate::store::{
    audit::events::read_snapshot,
    change::{Change, VersionedRow},
    error::StoreError,
    records::release_rows,
    templates::{
        copy_order::{self, CustomOrders, StepIdsByCustomer},
        template_order, template_rows,
    },
};
use serde::Deserialize;
use serde_json::{Value, json};

/// A list as an event about its order stores it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RestoredList {
    category: Category,
    ordered_ids: Vec<i64>,
    /// The lists of customers that were not plain copies of the template's order.
    #[serde(default)]
    lists: StepIdsByCustomer,
}

impl Change {
    /// Restores the order of the template or of one customer's list, unless it was reordered since.
    pub async fn undo_reorder(
        &mut self,
        event: &Event,
        before: &Value,
        after: &Value,
        report: &mut UndoReport,
    ) -> Result<bool, StoreError> {
        let (before, after): (RestoredList, RestoredList) =
            (read_snapshot(before)?, read_snapshot(after)?);
        let release = release_rows::load(&self.tx, ReleaseId(event.entity_id)).await?;
        let category = before.category;
        let name = if event.customer_id.is_some() {
            "the customer's order"
        } else {
            "the order"
        };
        let subject = UndoSubject::of(Entity::Release, event.entity_id, name);
        let (mut lists, mut lists_after) = (StepIdsByCustomer::new(), StepIdsByCustomer::new());
        if let Some(customer) = event.customer_id {
            let list = copy_order::list(&self.tx, release.id, customer.0, category).await?;
            let present: Vec<i64> = list.iter().map(|it| it.id.0).collect();
            if present != after.ordered_ids {
                self.leave_changed(subject, report).await?;
                return Ok(false);
            }
            let ids: Vec<StepId> = before.ordered_ids.iter().map(|it| StepId(*it)).collect();
            copy_order::write_list(&self.tx, &ids).await?;
        } else {
            let order = copy_order::template_order(&self.tx, release.id, category).await?;
            let present: Vec<i64> = order.iter().map(|it| it.0).collect();
            if present != after.ordered_ids {
                self.leave_changed(subject, report).await?;
                return Ok(false);
            }
            let custom_orders = CustomOrders::find(&self.tx, release.id, category).await?;
            lists = custom_orders.ids();
            let present = copy_order::ids_of(&self.tx, release.id, category, &before.lists).await?;
            let ids: Vec<TemplateId> = before
                .ordered_ids
                .iter()
                .map(|it| TemplateId(*it))
                .collect();
            copy_order::write_template_order(&self.tx, release.id, category, &ids).await?;
            custom_orders.reorder_to_template(&self.tx, &order).await?;
            // A list with an order of its own can equal the template's order by chance, so it is restored explicitly.
            for (customer, earlier) in &before.lists {
                if present.get(customer) == after.lists.get(customer) {
                    copy_order::write_list(&self.tx, earlier).await?;
                }
            }
            lists_after = copy_order::ids_of(&self.tx, release.id, category, &lists).await?;
        }
        report.add(subject, RowOutcome::Restored, "as before");
        let mut undone = release.event(EventAction::Undo)
            .before(&json!({ "category": category, "orderedIds": after.ordered_ids, "lists": lists }))
            .after(&json!({ "category": category, "orderedIds": before.ordered_ids, "lists": lists_after }));
        undone.customer_id = event.customer_id;
        self.record(undone);
        Ok(true)
    }

    /// Moves a template back to its category and position.
    pub async fn undo_template_moved(
        &mut self,
        event: &Event,
        before: &Value,
        after: &Value,
        report: &mut UndoReport,
    ) -> Result<bool, StoreError> {
        let (before, after): (RestoredList, RestoredList) =
            (read_snapshot(before)?, read_snapshot(after)?);
        let template = match template_rows::load(&self.tx, TemplateId(event.entity_id)).await {
            Ok(template) if template.category == after.category => template,
            Ok(_) | Err(StoreError::NotFound(_)) => {
                let subject = UndoSubject::template(event, "the step");
                self.leave_changed(subject, report).await?;
                return Ok(false);
            }
            Err(error) => return Err(error),
        };
        let subject = UndoSubject::template(event, &template.name);
        let becomes = format!("in {} again", before.category.label());
        report.add(subject, RowOutcome::Restored, becomes);
        let release = template.release_id;
        let present = copy_order::ids_of(&self.tx, release, before.category, &before.lists).await?;
        template_order::move_to(self, &template, before.category).await?;
        // Moving appends it, so restore the earlier order as far as its steps still exist.
        let order = copy_order::template_order(&self.tx, release, before.category).await?;
        let custom_orders = CustomOrders::find(&self.tx, release, before.category).await?;
        let wanted = in_earlier_order(&order, &before.ordered_ids);
        copy_order::write_template_order(&self.tx, release, before.category, &wanted).await?;
        custom_orders.reorder_to_template(&self.tx, &order).await?;
        let copies = template_rows::copies_of(&self.tx, template.id).await?;
        let come_back = copies.iter().map(|it| StepId(it.id)).collect();
        copy_order::restore_lists(&self.tx, &before.lists, &present, &come_back).await?;
        Ok(true)
    }
}

/// The current ids in their earlier order. An id that the earlier order does not contain stays directly after its
/// predecessor.
pub fn in_earlier_order(present: &[TemplateId], earlier: &[i64]) -> Vec<TemplateId> {
    let mut ids: Vec<TemplateId> = earlier
        .iter()
        .map(|it| TemplateId(*it))
        .filter(|it| present.contains(it))
        .collect();
    for (index, id) in present.iter().enumerate() {
        if !ids.contains(id) {
            let predecessor = index
                .checked_sub(1)
                .and_then(|it| ids.iter().position(|known| *known == present[it]));
            ids.insert(predecessor.map_or(0, |it| it + 1), *id);
        }
    }
    ids
}
