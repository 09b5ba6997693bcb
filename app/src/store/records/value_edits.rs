//! Sets single values of variables at customers, clusters and releases (R103): in one transaction, with one event for each record.
use super::{clusters, customers, release_rows};
use crate::domain::{
    actor_stamp::ActorStamp,
    event::{Changed, Entity, EventAction},
    field_error::FieldError,
    permission::{Need, Permission},
    validation_errors::ValidationErrors,
    value_edit::{ValueEdit, ValueOutcome, ValuePlace},
    vocabulary::Field,
};
use crate::store::{
    Store,
    audit::events,
    change::{Change, VersionedRow, stale},
    error::StoreError,
};
use std::collections::BTreeMap;

/// What a change of a record needs.
fn need(place: ValuePlace) -> Need {
    match place {
        ValuePlace::Customer(id) => Permission::Customers.on(id),
        ValuePlace::Cluster(id) => Permission::Clusters.on(id),
        ValuePlace::Release(id) => Permission::Releases.on(id),
    }
}

impl Store {
    /// Sets these values: all, or none. Errors: none given; not found; a variable that the record cannot have; a value that is not
    /// accepted; an archived release; stale, if somebody else has set another value there and it is not to be replaced (R3).
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn set_values(
        &self,
        edits: Vec<ValueEdit>,
        stamp: ActorStamp,
    ) -> Result<Changed<()>, StoreError> {
        let mut by_place: BTreeMap<ValuePlace, Vec<ValueEdit>> = BTreeMap::new();
        for edit in edits {
            by_place.entry(edit.place).or_default().push(edit);
        }
        let Some(first) = by_place.keys().next().copied() else {
            return Err(ValidationErrors::one(Field::Variables, FieldError::EmptyList).into());
        };
        let permit = self.permit(need(first)).await?;
        for place in by_place.keys().skip(1) {
            let _also = self.permit(need(*place)).await?;
        }
        let mut change = self.change(permit, stamp).await?;
        for (place, edits) in by_place {
            match place {
                ValuePlace::Customer(id) => {
                    let row = customers::load(&change.tx, id).await?;
                    let of = (Entity::Customer, id.0);
                    apply(&mut change, of, row, &edits, ValueEdit::set_at_customer).await?;
                }
                ValuePlace::Cluster(id) => {
                    let row = clusters::load(&change.tx, id).await?;
                    let of = (Entity::Cluster, id.0);
                    apply(&mut change, of, row, &edits, ValueEdit::set_at_cluster).await?;
                }
                ValuePlace::Release(id) => {
                    let row = release_rows::load(&change.tx, id).await?;
                    row.may_be_edited()?;
                    let of = (Entity::Release, id.0);
                    apply(&mut change, of, row, &edits, ValueEdit::set_at_release).await?;
                }
            }
        }
        change.finish(()).await
    }
}

/// Makes the edits of one record, and records them as one event.
async fn apply<Row: VersionedRow>(
    change: &mut Change,
    (entity, id): (Entity, i64),
    before: Row,
    edits: &[ValueEdit],
    set: fn(&ValueEdit, &mut Row) -> Result<ValueOutcome, ValidationErrors>,
) -> Result<(), StoreError> {
    let mut after = before.clone();
    for edit in edits {
        if set(edit, &mut after)? == ValueOutcome::Taken {
            let last = events::last_change(&change.tx, entity, id).await?;
            return Err(stale(&before, last));
        }
    }
    if after == before {
        return Ok(());
    }
    after.set_next_version(change.stamp.at);
    let row = after.save(&change.tx).await?;
    change.record(row.event(EventAction::Update).before(&before).after(&row));
    Ok(())
}
