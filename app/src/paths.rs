//! Addresses of all pages and downloads, as constants and functions.
use crate::domain::{
    event::EventFilter,
    id::{BatchId, ClusterId, CustomerId, ReleaseId, RunId, StepId, TemplateId, UserId, WebhookId},
};
use chrono::{DateTime, Utc};
use std::fmt::{Display, Write as _};

/// The dashboard.
pub const DASHBOARD: &str = "/";
/// The list of clusters.
pub const CLUSTERS: &str = "/clusters";
/// The form for a new cluster.
pub const NEW_CLUSTER: &str = "/clusters/new";
/// The list of customers.
pub const CUSTOMERS: &str = "/customers";
/// The form for a new customer.
pub const NEW_CUSTOMER: &str = "/customers/new";
/// The import of many customers.
pub const PASTE_CUSTOMERS: &str = "/customers/new?paste";
/// The import of clusters and customers from Rancher.
pub const IMPORT_RANCHER: &str = "/customers/new?rancher";
/// The list of releases.
pub const RELEASES: &str = "/releases";
/// The form for a new release.
pub const NEW_RELEASE: &str = "/releases/new";
/// The same, with the steps to be imported.
pub const IMPORT_RELEASE: &str = "/releases/new?import";
/// The form for the first cluster, which leads back to the dashboard.
pub const FIRST_CLUSTER: &str = "/clusters/new?first";
/// The form for the first customer, which leads back to the dashboard.
pub const FIRST_CUSTOMER: &str = "/customers/new?first";
/// The import of the first customers, which leads back to the dashboard.
pub const PASTE_FIRST_CUSTOMERS: &str = "/customers/new?paste&first";
/// The activity log.
pub const ACTIVITY: &str = "/activity";
/// The user's guide, which the server renders by itself.
pub const GUIDE: &str = "/help";

/// Where the first admin is made.
pub const SETUP: &str = "/setup";
/// The form that signs in, and the address that it posts to.
pub const LOGIN: &str = "/login";
/// The address that the form which signs out posts to.
pub const LOGOUT: &str = "/logout";
/// One's own account.
pub const ACCOUNT: &str = "/account";
/// The list of users.
pub const USERS: &str = "/users";
/// The form for a new user.
pub const NEW_USER: &str = "/users/new";

/// The list of webhooks.
pub const WEBHOOKS: &str = "/webhooks";
/// The form for a new webhook.
pub const NEW_WEBHOOK: &str = "/webhooks/new";

/// The list of runs: the queue, and what was run.
pub const RUNS: &str = "/runs";
/// The list of runners.
pub const RUNNERS: &str = "/runners";

/// What a run has written, as a download.
pub fn run_output(id: RunId) -> String {
    format!("/api/runs/{id}/output?format=raw")
}

/// The runs on one runner.
pub fn runs_of_runner(name: &str) -> String {
    with_query(RUNS.to_owned(), &[("runner", name.to_owned())])
}

/// A webhook with its deliveries.
pub fn webhook(id: WebhookId) -> String {
    format!("/webhooks/{id}")
}

/// The form of a webhook.
pub fn edit_webhook(id: WebhookId) -> String {
    format!("/webhooks/{id}/edit")
}

/// The form of a user.
pub fn edit_user(id: UserId) -> String {
    format!("/users/{id}/edit")
}

/// The activity of one user.
pub fn activity_of(id: UserId) -> String {
    format!("/activity?user={id}")
}

/// The activity of a person, by the name in the history.
pub fn activity_by(name: &str) -> String {
    with_query(ACTIVITY.to_owned(), &[("person", name.to_owned())])
}

/// The page to sign in at; `next` is the address to go on to.
pub fn login(next: &str) -> String {
    with_next(LOGIN, next)
}

/// Where one signs in at the provider; `next` is the address to go on to.
pub fn provider_login(next: &str) -> String {
    with_next("/login/oidc", next)
}

fn with_next(path: &str, next: &str) -> String {
    let next = local_path(next).unwrap_or(DASHBOARD);
    let mut path = format!("{path}?next=");
    for byte in next.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            path.push(char::from(byte));
        } else {
            // Writing to a text never fails.
            let _ = write!(path, "%{byte:02X}");
        }
    }
    path
}

/// A text as an address of this server; none if it may lead elsewhere, or to where one signs in and out. Browsers read `\` as `/`
/// and skip tabs and line breaks, so only plain characters count.
pub fn local_path(text: &str) -> Option<&str> {
    let rest = text.strip_prefix('/')?;
    let is_plain = text.bytes().all(|it| it.is_ascii_graphic() && it != b'\\');
    let path = text.split(['?', '#']).next().unwrap_or_default();
    let is_door = ["/login", "/logout", "/setup"]
        .iter()
        .any(|it| path == *it || path.starts_with(&format!("{it}/")));
    (is_plain && !rest.starts_with('/') && !is_door).then_some(text)
}

/// The list of customers with those of one cluster.
pub fn customers_of(cluster: ClusterId) -> String {
    format!("/customers?cluster={cluster}")
}

/// A cluster.
pub fn cluster(id: ClusterId) -> String {
    format!("/clusters/{id}")
}

/// The form of a cluster.
pub fn edit_cluster(id: ClusterId) -> String {
    format!("/clusters/{id}/edit")
}

/// A customer.
pub fn customer(id: CustomerId) -> String {
    format!("/customers/{id}")
}

/// The form of a customer.
pub fn edit_customer(id: CustomerId) -> String {
    format!("/customers/{id}/edit")
}

/// A release: its matrix, or a draft's overview.
pub fn release(id: ReleaseId) -> String {
    format!("/releases/{id}")
}

/// The form of a release.
pub fn edit_release(id: ReleaseId) -> String {
    format!("/releases/{id}/edit")
}

/// The addresses that CI reports to, of a release.
pub fn release_hooks(id: ReleaseId) -> String {
    format!("/releases/{id}/hooks")
}

/// The template steps of a release.
pub fn release_steps(id: ReleaseId) -> String {
    format!("/releases/{id}/steps")
}

/// The template steps with one of them open.
pub fn template_step(release: ReleaseId, template: TemplateId) -> String {
    format!("/releases/{release}/steps?step={template}")
}

/// The template steps as a Markdown file.
pub fn release_markdown(id: ReleaseId) -> String {
    format!("/releases/{id}/steps.md")
}

/// One customer's steps in a release.
pub fn customer_steps(release: ReleaseId, customer: CustomerId) -> String {
    format!("/releases/{release}/customer/{customer}")
}

/// One customer's steps, with one of them open.
pub fn customer_step(release: ReleaseId, customer: CustomerId, step: StepId) -> String {
    format!("/releases/{release}/customer/{customer}?step={step}")
}

/// One customer's steps, with none of them open.
pub fn customer_step_list(release: ReleaseId, customer: CustomerId) -> String {
    format!("/releases/{release}/customer/{customer}?view=list")
}

/// One customer's checklist, for printing.
pub fn customer_print(release: ReleaseId, customer: CustomerId) -> String {
    format!("/releases/{release}/customer/{customer}?view=print")
}

/// One customer's checklist as a Markdown file.
pub fn customer_checklist(release: ReleaseId, customer: CustomerId) -> String {
    format!("/releases/{release}/customer/{customer}/runbook.md")
}

/// The matrix with a step's panel open.
pub fn step(release: ReleaseId, step: StepId) -> String {
    format!("/releases/{release}?step={step}")
}

/// The template steps with the Markdown import open.
pub fn import_steps(id: ReleaseId) -> String {
    format!("/releases/{id}/steps?import")
}

/// The activity log of one batch.
pub fn batch(id: &BatchId) -> String {
    format!("/activity?batch={id}")
}

/// The events that a filter lets through as a file: `csv`, or `jsonl` for a JSON object on each line.
pub fn activity_download(filter: &EventFilter, format: &'static str) -> String {
    fn text<T: Display>(it: Option<&T>) -> String {
        it.map(ToString::to_string).unwrap_or_default()
    }
    let time = |at: Option<DateTime<Utc>>| at.map(|it| format!("{it:?}")).unwrap_or_default();
    let parts = [
        ("format", format.to_owned()),
        ("releaseId", text(filter.release_id.as_ref())),
        ("clusterId", text(filter.cluster_id.as_ref())),
        ("customerId", text(filter.customer_id.as_ref())),
        ("actor", text(filter.actor.as_ref())),
        ("person", text(filter.person.as_ref())),
        ("userId", text(filter.user_id.as_ref())),
        ("action", text(filter.action.as_ref())),
        ("batchId", text(filter.batch_id.as_ref())),
        ("q", text(filter.q.as_ref())),
        ("from", time(filter.from)),
        ("to", time(filter.to)),
    ];
    with_query("/api/audit".to_owned(), &parts)
}

/// The table of which version each customer is on, of those that a filter finds, as a download.
pub fn versions_csv(filter: &str) -> String {
    let parts = [("format", "csv".to_owned()), ("q", filter.to_owned())];
    with_query("/api/customers/versions".to_owned(), &parts)
}

/// A release as a file: `md`, `csv` or `json`.
pub fn release_export(id: ReleaseId, format: &str) -> String {
    format!("/api/releases/{id}/export?format={format}")
}

/// The matrix with a query: filter, collapsed blocks, the open step.
pub fn matrix_view(id: ReleaseId, parts: &[(&str, String)]) -> String {
    with_query(release(id), parts)
}

/// A path with a percent-encoded query. Empty values are left out.
pub fn with_query(mut path: String, parts: &[(&str, String)]) -> String {
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
pub fn is_matrix_page(path: &str) -> bool {
    path.strip_prefix("/releases/")
        .is_some_and(|it| it.parse::<i64>().is_ok())
}

/// Whether a page fills the window, with the sidebar reduced to icons: the matrix and a customer's steps.
pub fn fills_window(path: &str) -> bool {
    is_matrix_page(path) || (path.starts_with("/releases/") && path.contains("/customer/"))
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
            matrix_view(ReleaseId(7), &parts),
            "/releases/7?status=failed,done&customers=a%26b%20%C3%A9"
        );
    }

    #[test]
    fn the_history_is_downloaded_with_the_filter_of_its_page() {
        let filter = EventFilter {
            customer_id: Some(CustomerId(7)),
            person: Some("Ana Ferreira".into()),
            q: Some("R&D".into()),
            from: Some(DateTime::UNIX_EPOCH),
            limit: Some(50),
            ..EventFilter::default()
        };
        assert_eq!(
            activity_download(&filter, "csv"),
            "/api/audit?format=csv&customerId=7&person=Ana%20Ferreira&q=R%26D&from=1970-01-01T00%3A00%3A00Z"
        );
    }

    #[test]
    fn only_the_matrix_and_a_customer_s_work_fill_the_window() {
        assert!(is_matrix_page("/releases/12") && fills_window("/releases/12"));
        let work = customer_steps(ReleaseId(1), CustomerId(2));
        assert!(fills_window(&work) && !is_matrix_page(&work));
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
