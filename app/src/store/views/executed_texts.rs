//! Search in executed texts (R106): the texts, with values filled in, that the history keeps of steps marked done.
use crate::domain::search::SearchQuery;
use crate::store::{
    Store,
    entity::{audit_event, text},
    error::StoreError,
    texts,
};
use futures_util::future::try_join4;
use sea_orm::{
    ColumnTrait, EntityTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::{Expr, Query},
};
use std::{cmp::Reverse, collections::HashSet};

/// How many executed texts with what is searched for are looked at, the newest first.
const EXECUTED_TEXTS_MAX: usize = 200;

/// Executed texts with all words, by their ids: first those that have them as they were written, then the newest.
pub struct ExecutedTexts {
    pub all: Vec<i64>,
    pub with_phrase: HashSet<i64>,
}

impl Store {
    /// The texts of visible events that have what is searched for.
    pub(in crate::store) async fn executed_texts(
        &self,
        query: &SearchQuery,
    ) -> Result<ExecutedTexts, StoreError> {
        let last = text::Entity::find()
            .select_only()
            .column_as(text::Column::Id.max(), "last")
            .into_tuple::<Option<i64>>()
            .one(&self.read)
            .await?;
        let last = last.flatten().unwrap_or_default();
        let mut all = self.executed_with(query.words(), last).await?;
        let mut with_phrase: HashSet<i64> = if query.is_one_word() {
            all.iter().copied().collect()
        } else {
            texts::with_text(&self.read, all.clone(), query.phrase()).await?
        };
        // If there may be more with all words, older ones may have them as they were written.
        let needs_older = all.len() == EXECUTED_TEXTS_MAX && with_phrase.len() < all.len();
        if let Some(oldest) = all.last().filter(|_| needs_older) {
            let older = self.executed_with(query.phrase(), oldest - 1).await?;
            with_phrase.extend(older);
        }
        all.retain(|it| !with_phrase.contains(it));
        all.extend(with_phrase.iter().copied());
        all.sort_by_key(|it| (!with_phrase.contains(it), Reverse(*it)));
        all.truncate(EXECUTED_TEXTS_MAX);
        Ok(ExecutedTexts { all, with_phrase })
    }

    /// The newest executed texts that have all of these in them, with an id up to `last`: the newest first. Work that is done has a
    /// text of its own in each cell, so that they are read by several connections at once.
    async fn executed_with(&self, sought: &[String], last: i64) -> Result<Vec<i64>, StoreError> {
        let part = last / 4 + 1;
        let of_part = |n: i64| {
            let end = Ord::min(last, (n + 1) * part);
            Box::pin(self.executed_texts_of(sought, n * part, end))
        };
        let parts = try_join4(of_part(3), of_part(2), of_part(1), of_part(0)).await?;
        let mut texts = [parts.0, parts.1, parts.2, parts.3].concat();
        texts.truncate(EXECUTED_TEXTS_MAX);
        Ok(texts)
    }

    /// Those with an id above the first of these, and not above the last one.
    async fn executed_texts_of(
        &self,
        sought: &[String],
        after: i64,
        last: i64,
    ) -> Result<Vec<i64>, StoreError> {
        let of = |column: audit_event::Column| Expr::col((audit_event::Entity, column));
        let has_event = Query::select()
            .expr(Expr::val(1_i32))
            .from(audit_event::Entity)
            .and_where(of(audit_event::Column::TextId).equals((text::Entity, text::Column::Id)))
            .cond_where(self.visible().events_condition(of))
            .to_owned();
        let found = text::Entity::find()
            .select_only()
            .column(text::Column::Id)
            .filter(text::Column::Id.gt(after))
            .filter(text::Column::Id.lte(last))
            .filter(texts::has_texts(&self.read, sought))
            .filter(Expr::exists(has_event))
            .order_by_desc(text::Column::Id)
            .limit(EXECUTED_TEXTS_MAX as u64)
            .into_tuple()
            .all(&self.read)
            .await?;
        Ok(found)
    }
}
