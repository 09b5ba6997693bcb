//! The database engine: connections and pragmas, backups, WAL checkpoints, query timings, values that cannot be read. It knows no table of the
//! product.
pub mod backup;
pub mod compute;
pub mod db_timing;
pub mod row_decode;
pub mod sqlite;
pub mod wal_checkpoint;
