//! The database engine: connections and pragmas, backups, WAL checkpoints, query timings. It knows no table of the
//! product.
pub mod backup;
pub mod compute;
pub mod db_timing;
pub mod sqlite;
pub mod wal_checkpoint;
