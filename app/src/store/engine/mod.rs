//! What belongs to the database engine: connections and pragmas, backups, WAL checkpoints, query timing. It knows no
//! table of the product.
pub mod backup;
pub mod db_timing;
pub mod sqlite;
pub mod wal_checkpoint;
