//! Row of `run_output`: a piece of what a run wrote.
use super::parse_word;
use crate::{domain::run::OutputChunk, store::error::StoreError};
use sea_orm::entity::prelude::*;

/// A row of the table.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "run_output")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub run_id: i64,
    /// Counts from 1, through both streams.
    #[sea_orm(primary_key, auto_increment = false)]
    pub seq: i64,
    pub at: DateTimeUtc,
    pub stream: String,
    pub bytes: Vec<u8>,
}

/// Relations are not loaded through entities.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl TryFrom<Model> for OutputChunk {
    type Error = StoreError;
    fn try_from(row: Model) -> Result<Self, StoreError> {
        let Model {
            run_id: _,
            seq,
            at,
            stream,
            bytes,
        } = row;
        Ok(Self {
            seq,
            at,
            stream: parse_word("run_output", &stream)?,
            bytes,
        })
    }
}
