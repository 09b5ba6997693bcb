//! Tests that nothing out of a caller's scope can be seen (R22, R23): in random worlds everything of customers out of scope has a
//! marker word, and every address that reads is requested as a viewer and as an operator with that scope.
mod addresses;
mod leaks;
mod past_clusters;
mod random_customers;
mod random_world;
mod stale_rights;
