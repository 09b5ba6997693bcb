//! Every address of a page, as a function.
use crate::domain::id::{BatchId, ClusterId, CustomerId, ReleaseId, StepId};

pub const DASHBOARD: &str = "/";
pub const CLUSTERS: &str = "/clusters";
pub const NEW_CLUSTER: &str = "/clusters/new";
pub const CUSTOMERS: &str = "/customers";
pub const NEW_CUSTOMER: &str = "/customers/new";
/// Many customers at once.
pub const PASTE_CUSTOMERS: &str = "/customers/new?paste";
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

/// The template steps as a Markdown file.
pub fn release_runbook(id: ReleaseId) -> String {
    format!("/releases/{id}/steps.md")
}

pub fn customer_steps(release: ReleaseId, customer: CustomerId) -> String {
    format!("/releases/{release}/customer/{customer}")
}

/// One of a customer's steps, large.
pub fn run(release: ReleaseId, customer: CustomerId, step: StepId) -> String {
    format!("/releases/{release}/customer/{customer}?step={step}")
}

/// A customer's steps on paper.
pub fn print(release: ReleaseId, customer: CustomerId) -> String {
    format!("/releases/{release}/customer/{customer}?view=print")
}

/// The same as a file of Markdown.
pub fn runbook(release: ReleaseId, customer: CustomerId) -> String {
    format!("/releases/{release}/customer/{customer}/runbook.md")
}

/// The matrix with a step's panel open.
pub fn step(release: ReleaseId, step: StepId) -> String {
    format!("/releases/{release}?step={step}")
}

/// The template's steps, with the import of a runbook open.
pub fn import_steps(id: ReleaseId) -> String {
    format!("/releases/{id}/steps?import")
}

/// What a change did, row by row.
pub fn batch(id: &BatchId) -> String {
    format!("/activity?batch={id}")
}

/// The matrix as it is seen: filter, what is collapsed, the open step.
pub fn view(id: ReleaseId, parts: &[(&str, String)]) -> String {
    with(release(id), parts)
}

/// A path and what is asked of it. Empty parts are left out.
pub fn with(mut path: String, parts: &[(&str, String)]) -> String {
    for (key, value) in parts.iter().filter(|it| !it.1.is_empty()) {
        path.push(if path.contains('?') { '&' } else { '?' });
        path.extend([key, "="]);
        for byte in value.bytes() {
            match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b',' => {
                    path.push(char::from(byte));
                }
                _ => {
                    let digit = |it: u8| char::from(b"0123456789ABCDEF"[usize::from(it)]);
                    path.extend(['%', digit(byte >> 4), digit(byte & 15)]);
                }
            }
        }
    }
    path
}

/// Whether a path is the matrix of a release.
pub fn is_work_page(path: &str) -> bool {
    path.strip_prefix("/releases/")
        .is_some_and(|it| it.parse::<i64>().is_ok())
}

/// Whether a path is a page where people work: it fills the window, and the sidebar is a rail.
pub fn fills_window(path: &str) -> bool {
    is_work_page(path) || (path.starts_with("/releases/") && path.contains("/customer/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_view_escapes_what_was_typed() {
        let parts = [
            ("status", "failed,done".to_owned()),
            ("steps", String::new()),
            ("customers", "a&b é".to_owned()),
        ];
        assert_eq!(
            view(ReleaseId(7), &parts),
            "/releases/7?status=failed,done&customers=a%26b%20%C3%A9"
        );
    }

    #[test]
    fn only_the_matrix_and_a_customer_s_work_fill_the_window() {
        assert!(is_work_page("/releases/12") && fills_window("/releases/12"));
        let work = customer_steps(ReleaseId(1), CustomerId(2));
        assert!(fills_window(&work) && !is_work_page(&work));
        for calm in [
            "/",
            "/releases",
            "/releases/new",
            "/releases/12/steps",
            "/releases/12/edit",
        ] {
            assert!(!fills_window(calm), "{calm}");
        }
    }
}
