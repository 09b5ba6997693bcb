//! What an undo undoes, walked back through the undos before it: an undo of a redo undoes the first action again.
use crate::domain::{event::EventAction, undo::undone_action};
use crate::store::{Store, entity::audit_event::Column, error::StoreError};
use sea_orm::{ColumnTrait, QueryFilter, QuerySelect};
use std::{collections::HashMap, iter::successors};

impl Store {
    /// What the undo of each of these batches undoes, by the batch, as `undone_action` says. What the history does not have is
    /// missing.
    pub(in crate::store) async fn undone_actions(
        &self,
        batches: Vec<String>,
    ) -> Result<HashMap<String, EventAction>, StoreError> {
        let mut known: HashMap<String, (EventAction, Option<String>)> = HashMap::new();
        let mut wanted = batches.clone();
        while !wanted.is_empty() {
            let rows: Vec<(String, String, Option<String>)> = self
                .visible()
                .events()
                .select_only()
                .columns([Column::BatchId, Column::Action, Column::Undoes])
                .distinct()
                .filter(Column::BatchId.is_in(wanted))
                .into_tuple()
                .all(&self.read)
                .await?;
            wanted = Vec::new();
            for (batch, action, undoes) in rows {
                let Ok(action) = action.parse::<EventAction>() else {
                    continue;
                };
                wanted.extend(undoes.clone().filter(|it| !known.contains_key(it)));
                known.insert(batch, (action, undoes));
            }
        }
        let actions = batches.into_iter().filter_map(|batch| {
            let back = successors(known.get(&batch), |it| known.get(it.1.as_deref()?));
            let back = back.take(known.len()).map(|it| it.0);
            let action = undone_action(back)?;
            Some((batch, action))
        });
        Ok(actions.collect())
    }
}
