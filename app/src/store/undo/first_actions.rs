//! What an undo undoes, walked back through the undos before it: an undo of a redo undoes the first action again.
use crate::domain::{
    event::EventAction,
    undo::{UndoneAction, undone_action},
};
use crate::store::{
    Store,
    access::visible::Visible,
    entity::audit_event::{self, Column},
    error::StoreError,
};
use sea_orm::{
    ColumnTrait, ConnectionTrait, ExprTrait, QueryFilter, QuerySelect, QueryTrait,
    sea_query::{
        CommonTableExpression, Expr, JoinType, Query, SelectStatement, UnionType, WithClause,
    },
};
use std::{collections::HashMap, iter::successors};

/// The batches that the walk has come to.
const WALKED: &str = "walked";

/// A batch, its action, and the batch that it undoes.
const COLUMNS: [Column; 3] = [Column::BatchId, Column::Action, Column::Undoes];

/// A walk through the undos of the history, in one query: first the events that have one of these batches in the column `at`, then
/// those that have there what the ones before have in `next`. `UNION` takes each row once, so that undos in a circle, which only a
/// forged history has (R88), end the walk.
pub fn walked(
    visible: Visible<'_>,
    batches: Vec<String>,
    at: Column,
    next: Column,
) -> SelectStatement {
    let events = || visible.events().select_only().columns(COLUMNS);
    let mut walk = events().filter(at.is_in(batches)).into_query();
    let mut further = events().into_query();
    further.join(
        JoinType::InnerJoin,
        WALKED,
        Expr::col((audit_event::Entity, at)).equals((WALKED, next)),
    );
    walk.union(UnionType::Distinct, further);
    let mut walked = CommonTableExpression::new();
    walked.table_name(WALKED).columns(COLUMNS).query(walk);
    let mut with = WithClause::new();
    with.recursive(true).cte(walked);
    Query::select()
        .columns(COLUMNS)
        .from(WALKED)
        .with_cte(with)
        .to_owned()
}

impl Store {
    /// What the undo of each of these batches undoes, by the batch, as `undone_action` says. What the history does not have is
    /// missing.
    pub(in crate::store) async fn undone_actions(
        &self,
        batches: Vec<String>,
    ) -> Result<HashMap<String, UndoneAction>, StoreError> {
        if batches.is_empty() {
            return Ok(HashMap::new());
        }
        // These batches and all that they undo, however long ago.
        let of = batches.clone();
        let query = walked(self.visible(), of, Column::BatchId, Column::Undoes);
        let mut known: HashMap<String, (EventAction, Option<String>)> = HashMap::new();
        for row in self.read.query_all(&query).await? {
            let action: String = row.try_get_by_index(1)?;
            if let Ok(action) = action.parse::<EventAction>() {
                known.insert(row.try_get_by_index(0)?, (action, row.try_get_by_index(2)?));
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
