//! Row of `texts`: a text, kept once. Template steps, copies and events have its id.
use sea_orm::{
    entity::prelude::*,
    sea_query::{ExprTrait, Func, IntoColumnRef, Query},
};

/// A row of the table.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "texts")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    /// The SHA-256 of the body: 32 bytes, unique.
    pub key: Vec<u8>,
    pub body: String,
    /// Whether an event refers to it. Such a text is never deleted.
    pub in_history: bool,
}

/// Relations are not loaded through entities.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// The text that a column points to, as an expression in a query of that column's table; null if there is none.
pub fn body_of(pointer: impl IntoColumnRef) -> Expr {
    of_text(pointer, Expr::col((Entity, Column::Body)))
}

/// How many bytes that text has. Neither engine reads it for that.
pub fn bytes_of(pointer: impl IntoColumnRef) -> Expr {
    let body = Expr::col((Entity, Column::Body));
    let bytes = Expr::from(Func::cust("octet_length").arg(body));
    of_text(pointer, bytes.cast_as("bigint"))
}

fn of_text(pointer: impl IntoColumnRef, value: Expr) -> Expr {
    let of_id = Expr::col((Entity, Column::Id)).equals(pointer);
    let query = Query::select()
        .expr(value)
        .from(Entity)
        .and_where(of_id)
        .to_owned();
    Expr::from(query)
}
