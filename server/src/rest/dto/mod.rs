//! The shapes that clients rely on. The domain's own types may change with the program; these only grow. Whoever adds a
//! field to a row is brought here by the compiler.
pub mod enums;
pub mod rows;
pub mod warnings;
pub mod work_views;
pub mod written;
