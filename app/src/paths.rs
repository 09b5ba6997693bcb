//! Every address of a page, as a function.
use crate::domain::id::{ClusterId, CustomerId, ReleaseId, StepId};

pub const DASHBOARD: &str = "/";
pub const CLUSTERS: &str = "/clusters";
pub const NEW_CLUSTER: &str = "/clusters/new";
pub const CUSTOMERS: &str = "/customers";
pub const NEW_CUSTOMER: &str = "/customers/new";
pub const RELEASES: &str = "/releases";
pub const NEW_RELEASE: &str = "/releases/new";
pub const ACTIVITY: &str = "/activity";

pub fn cluster(id: ClusterId) -> String {
    format!("/clusters/{id}")
}

pub fn edit_cluster(id: ClusterId) -> String {
    format!("/clusters/{id}/edit")
}

pub fn customer(id: CustomerId) -> String {
    format!("/customers/{id}")
}

pub fn edit_customer(id: CustomerId) -> String {
    format!("/customers/{id}/edit")
}

pub fn release(id: ReleaseId) -> String {
    format!("/releases/{id}")
}

pub fn edit_release(id: ReleaseId) -> String {
    format!("/releases/{id}/edit")
}

pub fn release_steps(id: ReleaseId) -> String {
    format!("/releases/{id}/steps")
}

pub fn customer_steps(release: ReleaseId, customer: CustomerId) -> String {
    format!("/releases/{release}/customer/{customer}")
}

/// The matrix with a step's panel open.
pub fn step(release: ReleaseId, step: StepId) -> String {
    format!("/releases/{release}?step={step}")
}

/// Whether a path is a page where people work: the grid fills the window, and the sidebar is a rail.
pub fn is_work_page(path: &str) -> bool {
    path.strip_prefix("/releases/")
        .is_some_and(|it| it.parse::<i64>().is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_matrix_fills_the_window() {
        assert!(is_work_page("/releases/12"));
        for calm in [
            "/",
            "/releases",
            "/releases/new",
            "/releases/12/steps",
            "/releases/12/edit",
        ] {
            assert!(!is_work_page(calm), "{calm}");
        }
    }
}
