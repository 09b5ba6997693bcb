//! Tests of what only `SQLite` has: its pragmas and plans, values of any type in any column, and databases of older versions.
mod files;
mod history;
mod schema;
mod texts;
