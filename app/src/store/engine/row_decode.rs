//! Reads rows one by one where they cannot be read together, to name the row and its column: SQLite holds a value of any
//! type in any column, and the program cannot read all of them.
use crate::store::error::StoreError;
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QuerySelect, RuntimeErr, Select,
    SqlxError,
};
use std::fmt;

/// A row with a value that the program cannot read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnreadableRow {
    pub id: i64,
    /// The name of the column.
    pub column: String,
}

impl fmt::Display for UnreadableRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { id, column } = self;
        write!(f, "row {id}: its column {column} cannot be read")
    }
}

/// The column whose value cannot be decoded; none if the error is another one.
pub fn unreadable_column(error: &DbErr) -> Option<String> {
    let DbErr::Query(RuntimeErr::SqlxError(error)) = error else {
        return None;
    };
    match &**error {
        SqlxError::ColumnDecode { index, .. } => Some(index.trim_matches('"').to_owned()),
        _ => None,
    }
}

/// The error of a row, which names the row.
pub fn of_row(error: StoreError, table: &'static str, id: i64) -> StoreError {
    match error {
        StoreError::Corrupt { detail, .. } => {
            StoreError::corrupt(table, format!("row {id}: {detail}"))
        }
        StoreError::Db(error) => match unreadable_column(&error) {
            Some(column) => StoreError::corrupt(table, UnreadableRow { id, column }),
            None => error.into(),
        },
        error => error,
    }
}

/// The rows of a query, whose ids are in the column `id`. They are read one by one only if they cannot be read together.
pub async fn read_rows<E: EntityTrait>(
    db: &impl ConnectionTrait,
    query: Select<E>,
    id: E::Column,
) -> Result<Vec<Result<E::Model, UnreadableRow>>, DbErr> {
    match query.clone().all(db).await {
        Ok(rows) => return Ok(rows.into_iter().map(Ok).collect()),
        Err(error) if unreadable_column(&error).is_none() => return Err(error),
        Err(_) => {}
    }
    let ids = query.clone().select_only().column(id);
    let ids: Vec<i64> = ids.into_tuple().all(db).await?;
    let mut rows = Vec::with_capacity(ids.len());
    for key in ids {
        let row = query.clone().filter(id.eq(key)).one(db).await;
        match row {
            Ok(row) => rows.extend(row.map(Ok)),
            Err(error) => {
                let Some(column) = unreadable_column(&error) else {
                    return Err(error);
                };
                rows.push(Err(UnreadableRow { id: key, column }));
            }
        }
    }
    Ok(rows)
}
