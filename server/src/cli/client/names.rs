//! Resolves the release, customer and step that a command line names: by id, by number, by name or by slug (R61). What is ambiguous
//! is refused, and the candidates are named.
use super::answers::{RemoteCluster, RemoteMember, RemoteRelease, RemoteStep, read, read_all};
use crate::{cli::remote::RemoteServer, ops::failure::Failure};
use app::domain::slug::find_named;

/// The most candidates that an error names; it says if there are more.
const CANDIDATES_MAX: usize = 20;

/// A STEP as it is written.
#[derive(Debug, PartialEq, Eq)]
pub enum StepName<'a> {
    Id(i64),
    Path {
        release: &'a str,
        customer: &'a str,
        step: &'a str,
    },
}

impl<'a> StepName<'a> {
    /// Errors: neither an id, nor three parts.
    pub fn parse(written: &'a str) -> Result<Self, Failure> {
        if let Ok(id) = written.parse() {
            return Ok(Self::Id(id));
        }
        let parts: Vec<&str> = written.split('/').map(str::trim).collect();
        match parts[..] {
            [release, customer, step] if parts.iter().all(|it| !it.is_empty()) => Ok(Self::Path {
                release,
                customer,
                step,
            }),
            _ => Err(Failure::Usage(format!(
                "`{written}` is no step: write its id, or RELEASE/CUSTOMER/STEP; a name that has a slash as a slug, with hyphens"
            ))),
        }
    }
}

/// A step that was found.
#[derive(Debug)]
pub struct NamedStep {
    pub id: i64,
    /// That was read when it was found.
    pub version: i64,
}

/// The one that is meant. Errors: none, or several, which are then described.
fn one<'a, T>(
    what: &str,
    written: &str,
    found: &[&'a T],
    by: &str,
    describe: impl Fn(&T) -> String,
) -> Result<&'a T, Failure> {
    match *found {
        [one] => Ok(one),
        [] => Err(Failure::Usage(format!("there is no {what} `{written}`"))),
        _ => {
            let named = found.iter().take(CANDIDATES_MAX).map(|it| describe(it));
            Err(ambiguous(what, written, named.collect(), found.len(), by))
        }
    }
}

/// `by` is what tells the candidates apart.
fn ambiguous(
    what: &str,
    written: &str,
    mut candidates: Vec<String>,
    n: usize,
    by: &str,
) -> Failure {
    if n > candidates.len() {
        candidates.push(format!("and {} more", n - candidates.len()));
    }
    let candidates = candidates.join("; ");
    Failure::Usage(format!(
        "`{written}` may be each of several: {candidates}. Say which {what} by {by}"
    ))
}

/// The release that an id, a name or a slug names.
pub fn find_release<'a>(
    all: &'a [RemoteRelease],
    written: &str,
) -> Result<&'a RemoteRelease, Failure> {
    let found = find_named(
        written,
        all,
        |it| it.name.as_str(),
        |_| None,
        |it| Some(it.id),
    );
    // The id of one is the name of another.
    let is_id = found.iter().any(|it| it.id.to_string() == written);
    let by = if is_id {
        "its name in full, or the other by its id"
    } else {
        "its id"
    };
    one("release", written, &found, by, |it| {
        format!("{} {} ({})", it.id, it.name, it.status)
    })
}

/// The customers that a name, a namespace, a slug or an id may mean.
pub fn find_customers<'a>(all: &'a [RemoteMember], written: &str) -> Vec<&'a RemoteMember> {
    find_named(
        written,
        all,
        |it| it.name.as_str(),
        |it| Some(it.namespace.as_str()),
        |it| Some(it.id),
    )
}

/// What tells customers apart that a text may mean.
fn apart(found: &[&RemoteMember], written: &str) -> &'static str {
    if found.iter().any(|it| it.namespace == written) {
        "its id"
    } else {
        "its namespace or its id"
    }
}

/// The same, if it is one.
pub fn find_customer<'a>(
    all: &'a [RemoteMember],
    written: &str,
) -> Result<&'a RemoteMember, Failure> {
    let found = find_customers(all, written);
    one(
        "customer",
        written,
        &found,
        apart(&found, written),
        candidate,
    )
}

/// With its id, which is unique even where a namespace is not.
fn candidate(it: &RemoteMember) -> String {
    format!("{} {}", it.id, described(it))
}

fn described(it: &RemoteMember) -> String {
    format!("{} ({}, {})", it.name, it.namespace, it.cluster.name)
}

/// The clusters of these customers that a name or a slug names: those of one name are one cluster.
pub fn find_cluster(all: &[RemoteMember], written: &str) -> Result<i64, Failure> {
    let mut clusters: Vec<&RemoteCluster> = all.iter().map(|it| &it.cluster).collect();
    clusters.sort_by_key(|it| it.id);
    clusters.dedup_by_key(|it| it.id);
    let found = find_named(
        written,
        &clusters,
        |it| it.name.as_str(),
        |_| None,
        |_| None,
    );
    let by = "its name in full";
    one("cluster", written, &found, by, |it| it.name.clone()).map(|it| it.id)
}

/// The steps of one customer's list that a number, a name or a slug may mean, with their numbers.
fn find_steps<'a>(all: &'a [RemoteStep], written: &str) -> Vec<(i64, &'a RemoteStep)> {
    let numbered: Vec<(i64, &RemoteStep)> = (1..).zip(all).collect();
    let found = find_named(
        written,
        &numbered,
        |it| it.1.name.as_str(),
        |_| None,
        |it| Some(it.0),
    );
    found.into_iter().copied().collect()
}

/// The release that the command line names.
pub async fn release(server: &RemoteServer, written: &str) -> Result<RemoteRelease, Failure> {
    let all: Vec<RemoteRelease> = read_all(server, "/api/releases").await?;
    find_release(&all, written).cloned()
}

/// A release's customers in the matrix's order.
pub async fn members(server: &RemoteServer, release: i64) -> Result<Vec<RemoteMember>, Failure> {
    read_all(server, &format!("/api/releases/{release}/customers")).await
}

/// The step that the command line names.
pub async fn step(server: &RemoteServer, written: &str) -> Result<NamedStep, Failure> {
    match StepName::parse(written)? {
        StepName::Id(id) => {
            let found = server.find(&format!("/api/steps/{id}")).await?;
            let found = found.ok_or_else(|| Failure::Usage(format!("there is no step {id}")))?;
            let RemoteStep { id, version, .. } = read(found)?;
            Ok(NamedStep { id, version })
        }
        StepName::Path {
            release: of_release,
            customer,
            step,
        } => {
            let release = release(server, of_release).await?;
            let members = members(server, release.id).await?;
            let customers = find_customers(&members, customer);
            if customers.is_empty() {
                let name = &release.name;
                let problem = format!("there is no customer `{customer}` in {name}");
                return Err(Failure::Usage(problem));
            }
            let by = apart(&customers, customer);
            find_step_of(server, &release, &customers, step, written, by).await
        }
    }
}

/// The step of these customers, which `by` tells apart. Of several customers all their steps are candidates.
async fn find_step_of(
    server: &RemoteServer,
    release: &RemoteRelease,
    customers: &[&RemoteMember],
    step: &str,
    written: &str,
    by: &str,
) -> Result<NamedStep, Failure> {
    let mut found = Vec::new();
    for customer in customers.iter().take(CANDIDATES_MAX) {
        let path = format!(
            "/api/releases/{}/customers/{}/steps",
            release.id, customer.id
        );
        let steps: Vec<RemoteStep> = read_all(server, &path).await?;
        for (number, it) in find_steps(&steps, step) {
            let candidate = format!(
                "{} ({number} {} of {})",
                it.id,
                it.name,
                described(customer)
            );
            let (id, version) = (it.id, it.version);
            found.push((candidate, NamedStep { id, version }));
        }
    }
    let is_one_customer = customers.len() == 1;
    match found.pop() {
        Some((_, step)) if is_one_customer && found.is_empty() => Ok(step),
        None if is_one_customer => {
            let (name, of) = (&customers[0].name, &release.name);
            let problem = format!("there is no step `{step}` of {name} in {of}");
            Err(Failure::Usage(problem))
        }
        None => {
            let named = customers.iter().take(CANDIDATES_MAX);
            let named = named.map(|it| candidate(it)).collect();
            Err(ambiguous("customer", written, named, customers.len(), by))
        }
        Some(last) => {
            found.push(last);
            let mut candidates: Vec<String> = found.into_iter().map(|it| it.0).collect();
            let n = candidates.len();
            candidates.truncate(CANDIDATES_MAX);
            Err(ambiguous("step", written, candidates, n, "its id"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use app::domain::vocabulary::ReleaseStatus;

    fn release(id: i64, name: &str) -> RemoteRelease {
        RemoteRelease {
            id,
            name: name.to_owned(),
            status: ReleaseStatus::Active,
        }
    }

    fn member(id: i64, name: &str, namespace: &str, cluster: &str) -> RemoteMember {
        RemoteMember {
            id,
            name: name.to_owned(),
            namespace: namespace.to_owned(),
            cluster: RemoteCluster {
                id: 1,
                name: cluster.to_owned(),
            },
        }
    }

    fn step(id: i64, name: &str) -> RemoteStep {
        RemoteStep {
            id,
            name: name.to_owned(),
            version: 1,
        }
    }

    #[test]
    fn a_step_is_an_id_or_has_three_parts() {
        assert_eq!(StepName::parse("41").unwrap(), StepName::Id(41));
        let path = StepName::Path {
            release: "June",
            customer: "acme",
            step: "3",
        };
        assert_eq!(StepName::parse("June/acme/3").unwrap(), path);
        assert_eq!(StepName::parse(" June / acme / 3 ").unwrap(), path);
        for wrong in ["", "June", "June/acme", "June//3", "June/acme/3/4", "x41"] {
            let refused = StepName::parse(wrong).unwrap_err();
            assert!(matches!(refused, Failure::Usage(_)), "{wrong}");
        }
    }

    #[test]
    fn a_release_is_found_by_its_id_its_name_or_its_slug() {
        let all = [release(1, "2026.11 Invoicing"), release(2, "1")];
        let found = |written: &str| find_release(&all, written).map(|it| it.id);
        assert_eq!(found("2").unwrap(), 2);
        // The id of one is the name of another.
        let refused = found("1").unwrap_err().to_string();
        let text = "1 2026.11 Invoicing (active); 2 1 (active). Say which release by its name in full, or the other by its id";
        assert!(refused.contains(text), "{refused}");
        assert_eq!(find_release(&all[..1], "1").unwrap().id, 1);
        assert_eq!(found("2026.11 Invoicing").unwrap(), 1);
        assert_eq!(found("2026-11-invoicing").unwrap(), 1);
        let unknown = found("invoicing").unwrap_err().to_string();
        assert_eq!(unknown, "there is no release `invoicing`");
    }

    #[test]
    fn a_name_that_several_have_is_refused_with_the_candidates() {
        let all = [release(1, "June"), release(7, "june!")];
        // One that is called exactly so is meant.
        assert_eq!(find_release(&all, "June").unwrap().id, 1);
        assert_eq!(find_release(&all, "june!").unwrap().id, 7);
        let refused = find_release(&all, "june").unwrap_err();
        assert!(matches!(refused, Failure::Usage(_)));
        let text = refused.to_string();
        assert!(text.contains("1 June (active); 7 june! (active)"), "{text}");
        assert!(text.ends_with("Say which release by its id"), "{text}");
        let many: Vec<_> = (0..25).map(|it| release(it, "June")).collect();
        let text = find_release(&many, "june").unwrap_err().to_string();
        assert!(text.contains("; and 5 more. Say which"), "{text}");
    }

    #[test]
    fn a_customer_is_found_by_name_slug_or_namespace() {
        let all = [
            member(1, "Smith & Sons", "smith", "eu"),
            member(2, "Acme", "acme", "eu"),
            member(3, "Acme", "acme", "us"),
        ];
        for written in ["Smith & Sons", "smith-sons", "smith"] {
            assert_eq!(find_customer(&all, written).unwrap().id, 1, "{written}");
        }
        let text = find_customer(&all, "acme").unwrap_err().to_string();
        let candidates = "2 Acme (acme, eu); 3 Acme (acme, us). Say which customer by its id";
        assert!(text.contains(candidates), "{text}");
        assert_eq!(find_customer(&all, "3").unwrap().id, 3);
    }

    #[test]
    fn what_may_be_the_name_the_namespace_or_the_id_of_several_customers_is_refused() {
        let all = [
            member(1, "2", "two", "eu"),
            member(2, "Acme", "acme-prod", "eu"),
            member(3, "Other", "acme", "us"),
            member(4, "ACME!", "x", "us"),
        ];
        for (written, id) in [("Acme", 2), ("acme-prod", 2), ("ACME!", 4), ("two", 1)] {
            assert_eq!(find_customer(&all, written).unwrap().id, id, "{written}");
        }
        for (written, candidates) in [
            (
                "2",
                "1 2 (two, eu); 2 Acme (acme-prod, eu). Say which customer by its namespace or its id",
            ),
            (
                "acme",
                "2 Acme (acme-prod, eu); 3 Other (acme, us); 4 ACME! (x, us). Say which customer by its id",
            ),
        ] {
            let text = find_customer(&all, written).unwrap_err().to_string();
            assert!(text.contains(candidates), "{text}");
        }
    }

    #[test]
    fn a_step_is_found_by_its_number_its_name_or_its_slug() {
        let all = [step(11, "Deploy"), step(12, "1"), step(13, "deploy")];
        let ids = |written: &str| -> Vec<i64> {
            let found = find_steps(&all, written);
            found.iter().map(|it| it.1.id).collect()
        };
        // The number of one is the name of another.
        assert_eq!(ids("1"), [11, 12]);
        assert_eq!(ids("3"), [13]);
        assert_eq!(ids("deploy"), [13]);
        assert_eq!(ids("DEPLOY"), [11, 13]);
        assert_eq!(ids("4"), [0; 0]);
    }
}
