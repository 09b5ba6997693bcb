//! Tests of what only `PostgreSQL` has (R41): several servers on one database, a database that is lost, settings, TLS, moving house, an
//! earlier schema, and the files that README shows. They run on `PostgreSQL`, whichever engine the run is about.
mod moving;
mod order;
mod schema;
mod servers;
mod settings;
pub mod team_setup;
mod texts;
mod tls;
