//! What an import from Rancher creates: customers for the namespaces that were chosen, and the clusters that they need and that are
//! missing. What is known stays as it is; nothing is deleted.
use super::{
    RANCHER_PICKS_MAX, RancherCluster, RancherImportRow, RancherKnown, RancherKnownCluster,
    RancherListing, RancherPick,
    preview::{inactive_cluster, inactive_customer},
};
use crate::domain::{
    customer_import::ImportState,
    field_error::FieldError,
    id::ClusterId,
    text::{Name, Namespace},
    validation_errors::ValidationErrors,
    vocabulary::Field,
};
use std::collections::{BTreeMap, BTreeSet};

/// Where a customer is created.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlannedPlace {
    /// In a cluster that is here.
    Known(ClusterId),
    /// In the cluster that is created with this index.
    New(usize),
}

/// What is written, and the rows of the answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RancherPlan {
    /// Clusters that are created, by their names.
    pub clusters: Vec<Name>,
    /// Customers that are created, each with the index of its row.
    pub customers: Vec<(usize, PlannedPlace, Name, Namespace)>,
    pub rows: Vec<RancherImportRow>,
}

/// Decides on each namespace that was chosen. Errors: none is chosen, or too many; one that Rancher does not have; a name that breaks
/// the limits. Then nothing is written.
pub fn plan(
    listing: &RancherListing,
    picks: Vec<RancherPick>,
    known: &RancherKnown,
) -> Result<RancherPlan, ValidationErrors> {
    let wrong = |problem| ValidationErrors::one(Field::Namespaces, problem);
    if picks.is_empty() {
        return Err(wrong(FieldError::EmptyList));
    }
    if picks.len() > RANCHER_PICKS_MAX {
        return Err(wrong(FieldError::TooMany {
            max: RANCHER_PICKS_MAX,
            long: picks.len(),
        }));
    }
    let mut planner = Planner::of(listing, known);
    let mut faults = Vec::new();
    for pick in picks {
        faults.extend(planner.add(pick).err());
    }
    if faults.is_empty() {
        Ok(planner.plan)
    } else {
        Err(wrong(FieldError::Faults { faults }))
    }
}

struct Planner<'a> {
    listing: &'a RancherListing,
    known: &'a RancherKnown,
    /// By index in the listing.
    matched: Vec<Option<&'a RancherKnownCluster>>,
    /// The index of each new cluster, by its index in the listing.
    created: BTreeMap<usize, usize>,
    /// The places that were chosen so far: a second choice of one is passed over.
    seen: BTreeSet<(usize, String)>,
    plan: RancherPlan,
}

impl<'a> Planner<'a> {
    fn of(listing: &'a RancherListing, known: &'a RancherKnown) -> Self {
        Self {
            listing,
            known,
            matched: known.matched(&listing.0),
            created: BTreeMap::new(),
            seen: BTreeSet::new(),
            plan: RancherPlan::default(),
        }
    }

    /// Errors: what is wrong with it, as a sentence.
    fn add(&mut self, pick: RancherPick) -> Result<(), String> {
        let (known, listing) = (self.known, self.listing);
        let clusters = &listing.0;
        let found = clusters.iter().position(|it| it.is_called(&pick.cluster));
        let at = found.ok_or_else(|| format!("Rancher has no cluster {}", pick.cluster))?;
        let cluster = &clusters[at];
        let namespace = pick.namespace.trim();
        must_have(cluster, namespace)?;
        if !self.seen.insert((at, namespace.to_owned())) {
            return Ok(());
        }
        let wrong = |problem: FieldError| format!("{} {namespace}: {problem}", cluster.name);
        let given = pick.name.as_deref().map(str::trim);
        let given = given.filter(|it| !it.is_empty()).unwrap_or(namespace);
        let name = Name::parse(given).map_err(wrong)?;
        let parsed = Namespace::parse(namespace).map_err(wrong)?;
        let mut row = RancherImportRow {
            cluster: cluster.name.clone(),
            namespace: namespace.to_owned(),
            name: name.as_str().to_owned(),
            state: ImportState::New,
            reason: None,
            cluster_id: None,
            customer_id: None,
        };
        let place = match self.matched[at] {
            Some(ours) => {
                row.cluster_id = Some(ours.id);
                let place = (ours.id, row.namespace.clone());
                if let Some(customer) = known.customers.get(&place) {
                    row.state = ImportState::Known;
                    row.name.clone_from(&customer.name);
                    row.customer_id = Some(customer.id);
                    row.reason = (!customer.is_active).then(inactive_customer);
                    self.plan.rows.push(row);
                    return Ok(());
                }
                if !ours.is_active {
                    row.state = ImportState::LeftOut;
                    row.reason = Some(inactive_cluster(&ours.name));
                    self.plan.rows.push(row);
                    return Ok(());
                }
                PlannedPlace::Known(ours.id)
            }
            None => PlannedPlace::New(self.new_cluster(at).map_err(wrong)?),
        };
        let index = self.plan.rows.len();
        self.plan.customers.push((index, place, name, parsed));
        self.plan.rows.push(row);
        Ok(())
    }

    /// The index of the cluster that is created for this one of Rancher.
    fn new_cluster(&mut self, at: usize) -> Result<usize, FieldError> {
        if let Some(index) = self.created.get(&at) {
            return Ok(*index);
        }
        let index = self.plan.clusters.len();
        let name = Name::parse(&self.listing.0[at].name)?;
        self.plan.clusters.push(name);
        self.created.insert(at, index);
        Ok(index)
    }
}

/// Refuses a namespace that the cluster does not have.
fn must_have(cluster: &RancherCluster, namespace: &str) -> Result<(), String> {
    let Some(namespaces) = &cluster.namespaces else {
        let why = cluster.problem.as_deref();
        let why = why.unwrap_or("its namespaces were not read");
        return Err(format!("{}: {why}", cluster.name));
    };
    if namespaces.iter().any(|it| it.name == namespace) {
        Ok(())
    } else {
        Err(format!("{} has no namespace {namespace}", cluster.name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::rancher::preview::samples::{known, listing, namespace};

    fn pick(cluster: &str, namespace: &str, name: Option<&str>) -> RancherPick {
        RancherPick {
            cluster: cluster.to_owned(),
            namespace: namespace.to_owned(),
            name: name.map(str::to_owned),
        }
    }

    #[test]
    fn what_is_new_is_created_and_what_is_known_stays_as_it_is() {
        let mut listing = listing();
        listing.0[0].namespaces = Some(vec![
            namespace("initech", "x", &[]),
            namespace("stark", "x", &[]),
        ]);
        let picks = vec![
            pick("prod-us", "initech", Some("Initech")),
            pick("c-m-us", "stark", Some(" ")),
            pick("prod-eu", "acme-prod", None),
            pick("prod-eu", "acme-prod", Some("Twice")),
            pick("prod-eu", "acme", Some("Another")),
            pick("prod-eu", "globex", None),
        ];
        let plan = plan(&listing, picks, &known()).unwrap();
        let clusters: Vec<_> = plan.clusters.iter().map(Name::as_str).collect();
        assert_eq!(clusters, ["prod-us"]);
        let customers: Vec<_> = plan
            .customers
            .iter()
            .map(|it| (it.0, it.1, it.2.as_str()))
            .collect();
        assert_eq!(
            customers,
            [
                (0, PlannedPlace::New(0), "Initech"),
                (1, PlannedPlace::New(0), "stark"),
                (2, PlannedPlace::Known(ClusterId(1)), "acme-prod"),
            ]
        );
        let rows: Vec<_> = plan
            .rows
            .iter()
            .map(|it| format!("{} {} {}", it.namespace, it.state, it.name))
            .collect();
        assert_eq!(
            rows,
            [
                "initech new Initech",
                "stark new stark",
                "acme-prod new acme-prod",
                "acme known Acme",
                "globex known Globex",
            ]
        );
        assert!(plan.rows[4].reason.is_some());
    }

    #[test]
    fn one_that_rancher_does_not_have_refuses_all() {
        let picks = vec![
            pick("prod-eu", "acme-prod", None),
            pick("prod-eu", "nothing", None),
            pick("nowhere", "acme", None),
            pick("prod-us", "acme", None),
        ];
        let error = plan(&listing(), picks, &known()).unwrap_err();
        assert_eq!(
            error.to_string(),
            "namespaces: prod-eu has no namespace nothing; Rancher has no cluster nowhere; prod-us: Rancher answers 503"
        );
        for picks in [
            Vec::new(),
            vec![pick("a", "b", None); RANCHER_PICKS_MAX + 1],
        ] {
            let error = plan(&listing(), picks, &known()).unwrap_err();
            assert!(error.error_for(Field::Namespaces).is_some());
        }
    }

    #[test]
    fn nothing_goes_into_an_inactive_cluster() {
        let mut known = known();
        known.clusters[0].is_active = false;
        let picks = vec![pick("prod-eu", "acme-prod", None)];
        let plan = plan(&listing(), picks, &known).unwrap();
        assert!(plan.customers.is_empty());
        assert_eq!(plan.rows[0].state, ImportState::LeftOut);
    }
}
