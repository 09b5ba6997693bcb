//! Proof that what is out of a scope does not exist for who has it (R22, R23): random worlds in which everything of the customers out
//! of scope bears a marker word, and a walk along every address that reads, as a viewer and an operator of that scope.
mod addresses;
mod leaks;
mod random_world;
mod stale_rights;
