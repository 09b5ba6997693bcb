//! Variables in a step's text: where they are, what they stand for, and what was probably meant to be one.
mod near_miss;
mod pieces;
mod resolve;

pub use near_miss::{NearMiss, are_names, near_miss_message, near_misses};
pub use pieces::{TextSegment, name_of, names, pieces, uses};
#[cfg(test)]
pub(crate) use resolve::tests;
pub use resolve::{
    BUILT_IN_VARIABLES, ResolvedSegment, ResolvedText, Source, Variable, VariableScope, filled_at,
    resolve,
};
