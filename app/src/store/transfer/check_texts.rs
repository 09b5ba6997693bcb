//! Integrity check of `texts`: each key is the SHA-256 of its text, what is pointed to is there, what is there is pointed to,
//! and what the history points to is kept for it.
use crate::store::{
    engine::row_decode::read_rows,
    entity::{customer_step, step_template, text, text_key},
    error::StoreError,
};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use std::collections::HashSet;
use text::Column;

/// Texts read per query.
const READ_TEXTS_MAX: u64 = 250;

/// What is wrong with the texts, a sentence each; `of_history` are those that events point to.
pub async fn findings(
    db: &impl ConnectionTrait,
    of_history: &HashSet<i64>,
) -> Result<Vec<String>, StoreError> {
    let of_templates: Vec<Option<i64>> = step_template::Entity::find()
        .select_only()
        .column(step_template::Column::TextId)
        .distinct()
        .into_tuple()
        .all(db)
        .await?;
    let of_steps: Vec<Option<i64>> = customer_step::Entity::find()
        .select_only()
        .column(customer_step::Column::TextId)
        .distinct()
        .into_tuple()
        .all(db)
        .await?;
    // `None`, a step without a text, is left out: another check reports it as an unreadable row.
    let of_rows: HashSet<i64> = of_templates.into_iter().chain(of_steps).flatten().collect();
    let mut missing: HashSet<i64> = of_rows.union(of_history).copied().collect();
    let mut findings = Vec::new();
    let mut last_id = 0;
    loop {
        let query = text::Entity::find()
            .filter(Column::Id.gt(last_id))
            .order_by_asc(Column::Id)
            .limit(READ_TEXTS_MAX);
        let rows = read_rows(db, query, Column::Id).await?;
        if rows.is_empty() {
            break;
        }
        for row in rows {
            let row = match row {
                Ok(row) => row,
                Err(unreadable) => {
                    last_id = unreadable.id;
                    missing.remove(&last_id);
                    findings.push(format!("a text cannot be read: {unreadable}"));
                    continue;
                }
            };
            let id = row.id;
            last_id = id;
            missing.remove(&id);
            if row.key != text_key(&row.body) {
                findings.push(format!("text {id}: its key is not its SHA-256"));
            }
            let is_of_history = of_history.contains(&id);
            if is_of_history && !row.in_history {
                findings.push(format!("text {id} is not kept for the history that has it"));
            }
            if !is_of_history && !of_rows.contains(&id) {
                findings.push(format!("text {id} is not used by anything"));
            }
        }
    }
    let mut missing: Vec<i64> = missing.into_iter().collect();
    missing.sort_unstable();
    let missing = missing
        .iter()
        .map(|id| format!("text {id} is missing, and something points to it"));
    findings.extend(missing);
    Ok(findings)
}
