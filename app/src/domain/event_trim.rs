//! Trims an event for a caller with a scope (R22), and says which permission an undo of it needs. The store's queries decide
//! which events are visible at all; this decides which of their fields are. Of an event about a release or a template only
//! fields of the release itself are kept, by a list of names: a field that is added to events later is hidden until it is
//! listed here.
use super::{
    event::{Entity, Event, EventAction},
    id::CustomerId,
    permission::Permission,
};
use serde_json::{Map, Value};

impl Entity {
    /// Whether its events are about people, what they sign in with and what they keep for themselves (R25).
    pub fn is_account(self) -> bool {
        matches!(self, Self::User | Self::Session | Self::Token | Self::View)
    }

    /// Whether its events are about machines that an admin connects.
    pub fn is_machine(self) -> bool {
        matches!(self, Self::Webhook | Self::Runner)
    }
}

/// Members of a template's row.
const TEMPLATE_MEMBERS: [&str; 11] = [
    "id",
    "releaseId",
    "name",
    "category",
    "type",
    "content",
    "orderIndex",
    "description",
    "version",
    "createdAt",
    "updatedAt",
];
/// Members of a release's row, and of what happened to the release as a whole. `customerIds` and `cells` are cut besides.
const RELEASE_MEMBERS: [&str; 14] = [
    "id",
    "name",
    "type",
    "versionNumber",
    "releaseDate",
    "description",
    "status",
    "metadata",
    "version",
    "createdAt",
    "updatedAt",
    "category",
    "orderedIds",
    "templates",
];

/// The event as a scoped caller sees it; none if it is about customers out of scope alone. Its hashes go: what is
/// trimmed must not be guessed from a hash (R89).
pub fn trimmed(mut event: Event, is_visible: impl Fn(CustomerId) -> bool) -> Option<Event> {
    event.hash = None;
    event.previous_hash = None;
    match event.entity {
        Entity::Template => {
            for row in [&mut event.before, &mut event.after].into_iter().flatten() {
                keep(row, &TEMPLATE_MEMBERS);
            }
        }
        // An order of one customer's steps belongs to that customer, which the query has found visible.
        Entity::Release if event.customer_id.is_some() => {}
        Entity::Release => {
            let mut named = 0;
            let mut visible = 0;
            for row in [&mut event.before, &mut event.after].into_iter().flatten() {
                let customers = visible_share(row, &is_visible);
                keep(row, &RELEASE_MEMBERS);
                if let (Some(share), Value::Object(row)) = (customers, row) {
                    named += share.named;
                    visible += share.visible.len();
                    row.insert("customerIds".to_owned(), share.visible.into());
                    row.extend(share.cells.map(|it| ("cells".to_owned(), it.into())));
                }
            }
            let is_membership = matches!(
                event.action,
                EventAction::AddCustomers | EventAction::RemoveCustomers
            );
            if is_membership && named > 0 && visible == 0 {
                return None;
            }
        }
        Entity::Cluster | Entity::Customer | Entity::Step => {}
        Entity::Database
        | Entity::User
        | Entity::Session
        | Entity::Token
        | Entity::View
        | Entity::IncomingHook
        | Entity::Webhook
        | Entity::Runner => {
            return None;
        }
    }
    Some(event)
}

/// Leaves only these members.
fn keep(row: &mut Value, members: &[&str]) {
    if let Value::Object(row) = row {
        row.retain(|name, _| members.contains(&name.as_str()));
    }
}

/// The visible ones of the customers that a row names, and their share of its cells.
struct Share {
    named: usize,
    visible: Vec<i64>,
    cells: Option<u64>,
}

fn visible_share(row: &Value, is_visible: impl Fn(CustomerId) -> bool) -> Option<Share> {
    let row: &Map<String, Value> = row.as_object()?;
    let ids: Vec<i64> = row
        .get("customerIds")?
        .as_array()?
        .iter()
        .filter_map(Value::as_i64)
        .collect();
    let visible: Vec<i64> = ids
        .iter()
        .copied()
        .filter(|it| is_visible(CustomerId(*it)))
        .collect();
    // Each customer got a copy of each template, so cells are shared out evenly.
    let cells = row.get("cells").and_then(Value::as_u64);
    let [n_named, n_visible] = [ids.len(), visible.len()].map(|it| u64::try_from(it).unwrap_or(0));
    let cells = cells.map(|it| it.checked_div(n_named).unwrap_or_default() * n_visible);
    Some(Share {
        named: ids.len(),
        visible,
        cells,
    })
}

impl Event {
    /// The permission that an undo of this event needs.
    pub fn undo_permission(&self) -> Permission {
        undo_permission(self.entity, self.customer_id)
    }
}

/// The permission that an undo of an event needs, by what it is about. One of a batch that needs more makes the whole batch
/// need it.
pub fn undo_permission(entity: Entity, customer: Option<CustomerId>) -> Permission {
    match entity {
        Entity::Step => Permission::UndoWork,
        Entity::Release if customer.is_some() => Permission::UndoWork,
        _ => Permission::UndoPlan,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::id::{BatchId, EventId, ReleaseId};
    use chrono::DateTime;
    use serde_json::json;

    fn event(entity: Entity, action: EventAction, after: Value) -> Event {
        Event {
            id: EventId(1),
            batch_id: BatchId("a".into()),
            entity,
            entity_id: 1,
            release_id: Some(ReleaseId(1)),
            customer_id: None,
            action,
            actor: "Ana".into(),
            at: DateTime::UNIX_EPOCH,
            before: None,
            after: Some(after),
            resolved_text: None,
            resolved_sha256: None,
            text_shown: None,
            undoes: None,
            user_id: None,
            via: None,
            hash: Some("a0".into()),
            previous_hash: Some("b1".into()),
        }
    }

    fn acme(id: CustomerId) -> bool {
        id == CustomerId(1)
    }

    #[test]
    fn an_activation_names_and_counts_who_is_in_scope() {
        let after =
            json!({ "status": "active", "version": 2, "customerIds": [1, 2, 3], "cells": 12 });
        let seen = trimmed(event(Entity::Release, EventAction::Activate, after), acme).unwrap();
        let after = json!({ "status": "active", "version": 2, "customerIds": [1], "cells": 4 });
        assert_eq!(seen.after, Some(after));
        assert_eq!((seen.hash, seen.previous_hash), (None, None));
    }

    #[test]
    fn members_that_come_and_go_out_of_scope_are_no_event() {
        for action in [EventAction::AddCustomers, EventAction::RemoveCustomers] {
            let after = |ids: &[i64]| json!({ "customerIds": ids, "cells": 8 });
            assert!(trimmed(event(Entity::Release, action, after(&[2, 3])), acme).is_none());
            let seen = trimmed(event(Entity::Release, action, after(&[1, 2])), acme).unwrap();
            assert_eq!(seen.after, Some(json!({ "customerIds": [1], "cells": 4 })));
        }
        // An activation is the release's own event, and visible with it.
        let after = json!({ "customerIds": [2], "cells": 4 });
        let seen = trimmed(event(Entity::Release, EventAction::Activate, after), acme).unwrap();
        assert_eq!(seen.after, Some(json!({ "customerIds": [], "cells": 0 })));
    }

    #[test]
    fn a_template_s_event_keeps_the_template_and_nothing_of_its_copies() {
        let after = json!({
            "id": 4, "name": "Migrate", "content": "x", "copies": { "changes": 9 }, "changedIds": [7, 8],
            "removed": [{ "notes": "secret" }], "lists": { "2": [1] }, "members": [1, 2], "exceptions": [5],
        });
        let seen = trimmed(event(Entity::Template, EventAction::Update, after), acme).unwrap();
        assert_eq!(
            seen.after,
            Some(json!({ "id": 4, "name": "Migrate", "content": "x" }))
        );
    }

    #[test]
    fn an_order_of_the_template_says_nothing_of_customers_lists() {
        let after = json!({ "category": "deploy", "orderedIds": [2, 1], "lists": { "2": [9, 8] } });
        let seen = trimmed(event(Entity::Release, EventAction::Reorder, after), acme).unwrap();
        assert_eq!(
            seen.after,
            Some(json!({ "category": "deploy", "orderedIds": [2, 1] }))
        );
    }

    #[test]
    fn people_and_the_database_are_not_for_a_scope() {
        for entity in [
            Entity::Database,
            Entity::User,
            Entity::Session,
            Entity::Token,
            Entity::View,
            Entity::IncomingHook,
            Entity::Webhook,
            Entity::Runner,
        ] {
            let it = event(entity, EventAction::Create, json!({}));
            assert!(trimmed(it, |_| true).is_none(), "{entity}");
        }
    }

    #[test]
    fn work_is_undone_by_operators_and_plans_by_managers() {
        let of = |entity| event(entity, EventAction::Update, json!({}));
        assert_eq!(of(Entity::Step).undo_permission(), Permission::UndoWork);
        let order = Event {
            customer_id: Some(CustomerId(1)),
            ..of(Entity::Release)
        };
        assert_eq!(order.undo_permission(), Permission::UndoWork);
        for entity in [
            Entity::Template,
            Entity::Customer,
            Entity::Release,
            Entity::Cluster,
        ] {
            assert_eq!(
                of(entity).undo_permission(),
                Permission::UndoPlan,
                "{entity}"
            );
        }
    }
}
