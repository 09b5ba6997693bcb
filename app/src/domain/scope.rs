//! Scope: the customers that a viewer or operator sees and works on (R22). What is out of scope does not exist for them.
//! A user or a token is limited by one `ScopeIds`; a caller by all that apply to it.
use super::id::{ClusterId, CustomerId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// The limit of one user or token, as stored and in JSON: single customers, and all customers of some clusters. Without any id
/// it means no customer at all, never all.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct ScopeIds {
    pub clusters: BTreeSet<ClusterId>,
    pub customers: BTreeSet<CustomerId>,
}

impl ScopeIds {
    /// Whether this customer of this cluster is one of them.
    pub fn contains(&self, customer: CustomerId, cluster: ClusterId) -> bool {
        self.customers.contains(&customer) || self.clusters.contains(&cluster)
    }
}

/// The limits of a caller: a customer is in scope if every one of them contains it. Without limits every customer is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Scope(Vec<ScopeIds>);

impl Scope {
    /// Every customer.
    pub const EVERYWHERE: Self = Self(Vec::new());

    /// The scope of a user; null, which is none here, is everywhere.
    pub fn of_user(limit: Option<ScopeIds>) -> Self {
        Self(limit.into_iter().collect())
    }

    /// The scope of a token: never more than its owner's, also when that shrinks later.
    pub fn of_token(owner: Option<ScopeIds>, token: Option<ScopeIds>) -> Self {
        Self(owner.into_iter().chain(token).collect())
    }

    /// Whether there is no limit.
    pub fn is_everywhere(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether this customer of this cluster is in scope.
    pub fn contains(&self, customer: CustomerId, cluster: ClusterId) -> bool {
        self.0.iter().all(|it| it.contains(customer, cluster))
    }

    /// The limits that all must hold.
    pub fn limits(&self) -> &[ScopeIds] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn ids(clusters: &[i64], customers: &[i64]) -> ScopeIds {
        ScopeIds {
            clusters: clusters.iter().map(|it| ClusterId(*it)).collect(),
            customers: customers.iter().map(|it| CustomerId(*it)).collect(),
        }
    }

    #[test]
    fn null_is_everywhere_and_no_ids_are_nobody() {
        let read = |json: &str| serde_json::from_str::<Option<ScopeIds>>(json).unwrap();
        let (acme, eu) = (CustomerId(1), ClusterId(9));
        assert!(Scope::of_user(read("null")).contains(acme, eu));
        for nobody in [r#"{"clusters":[],"customers":[]}"#, "{}"] {
            let scope = Scope::of_user(read(nobody));
            assert!(
                !scope.contains(acme, eu) && !scope.is_everywhere(),
                "{nobody}"
            );
        }
    }

    #[test]
    fn a_scope_is_its_customers_and_those_of_its_clusters() {
        let scope = Scope::of_user(Some(ids(&[9], &[1])));
        assert!(scope.contains(CustomerId(1), ClusterId(3)));
        assert!(scope.contains(CustomerId(2), ClusterId(9)));
        assert!(!scope.contains(CustomerId(2), ClusterId(3)));
    }

    #[test]
    fn json_with_another_word_is_refused() {
        assert!(serde_json::from_str::<ScopeIds>(r#"{"cluster":[1]}"#).is_err());
        assert!(serde_json::from_str::<ScopeIds>(r#"{"customers":["1"]}"#).is_err());
        let json = serde_json::to_string(&ids(&[9], &[])).unwrap();
        assert_eq!(json, r#"{"clusters":[9],"customers":[]}"#);
    }

    proptest! {
        #[test]
        fn a_token_never_sees_what_its_owner_does_not(
            owner in prop::option::of((prop::collection::vec(0..4_i64, 0..3), prop::collection::vec(0..6_i64, 0..4))),
            token in prop::option::of((prop::collection::vec(0..4_i64, 0..3), prop::collection::vec(0..6_i64, 0..4))),
            customer in 0..6_i64,
            cluster in 0..4_i64,
        ) {
            let [owner, token] = [owner, token].map(|it| it.map(|(clusters, customers)| ids(&clusters, &customers)));
            let (customer, cluster) = (CustomerId(customer), ClusterId(cluster));
            let own = Scope::of_user(owner.clone()).contains(customer, cluster);
            let given = Scope::of_user(token.clone()).contains(customer, cluster);
            let both = Scope::of_token(owner, token);
            prop_assert_eq!(both.contains(customer, cluster), own && given);
        }
    }
}
