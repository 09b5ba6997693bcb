//! Conflict check for a status change that a page sends late, as after a lost connection (R32): it names the last event that the page
//! had been told of, and what others did to the cell since then is not overwritten.
use crate::domain::{
    event::{Entity, EventAction},
    id::BatchId,
};
use crate::store::entity::audit_event;
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
};
use std::collections::HashMap;

/// What changes the state of a step. Notes, texts and evidence have checks of their own, or overwrite nothing.
const MARKS: [EventAction; 7] = [
    EventAction::Start,
    EventAction::Done,
    EventAction::Fail,
    EventAction::Skip,
    EventAction::Revert,
    EventAction::Reopen,
    EventAction::Undo,
];

/// At most this many batches of a page's own are read.
const OWN_MAX: usize = 100;

/// The last event that a page had been told of, and what it has changed itself since.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeenHistory {
    pub last_event: i64,
    /// The page's own batches, at most 100.
    pub own: Vec<BatchId>,
}

impl SeenHistory {
    /// Reads `812 BATCH BATCH`, as `public/live.js` writes it. None if it is anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let mut words = text.split_ascii_whitespace();
        let last_event = words.next()?.parse().ok()?;
        let own = words.take(OWN_MAX).map(|it| BatchId(it.to_owned()));
        Some(Self {
            last_event,
            own: own.collect(),
        })
    }

    /// Which of these steps have been marked otherwise since then, by their ids, and by whom last.
    pub async fn overtaken(
        &self,
        db: &impl ConnectionTrait,
        steps: impl IntoIterator<Item = i64>,
    ) -> Result<HashMap<i64, String>, DbErr> {
        use audit_event::Column;
        let found: Vec<(i64, String, String)> = audit_event::Entity::find()
            .select_only()
            .columns([Column::EntityId, Column::BatchId, Column::Actor])
            .filter(Column::Entity.eq(Entity::Step.as_str()))
            .filter(Column::EntityId.is_in(steps))
            .filter(Column::Id.gt(self.last_event))
            .filter(Column::Action.is_in(MARKS.iter().map(|it| it.as_str())))
            .order_by_asc(Column::Id)
            .into_tuple()
            .all(db)
            .await?;
        let by_others = found
            .into_iter()
            .filter(|(_, batch, _)| !self.own.iter().any(|it| it.0 == *batch));
        Ok(by_others.map(|(step, _, actor)| (step, actor)).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_event_comes_first_and_own_batches_follow() {
        let read = SeenHistory::parse("812 a b").unwrap();
        assert_eq!(read.last_event, 812);
        assert_eq!(read.own, [BatchId("a".into()), BatchId("b".into())]);
        assert_eq!(SeenHistory::parse("7").map(|it| it.last_event), Some(7));
        assert_eq!(SeenHistory::parse(""), None);
        assert_eq!(SeenHistory::parse("x 1"), None);
    }
}
