//! Setting the value of a variable where it is missing (R103): at the customer, at its cluster or at the release, without the form
//! of the whole record.
use super::{
    cluster::Cluster,
    customer::Customer,
    field_error::FieldError,
    fold::fold,
    id::{ClusterId, CustomerId, ReleaseId},
    metadata::{Metadata, Value, is_key},
    release::Release,
    text::{KubeconfigPath, VersionNumber},
    text_change::TextChange,
    validation_errors::ValidationErrors,
    variables::{Source, filled_at},
    vocabulary::Field,
};
use serde::{Deserialize, Serialize};

/// The record that a value is set at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum ValuePlace {
    Customer(CustomerId),
    Cluster(ClusterId),
    Release(ReleaseId),
}

/// A value to be set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ValueEdit {
    pub place: ValuePlace,
    /// Its name as texts have it: `var.HOST`, `cluster.kubeconfig`.
    pub variable: String,
    pub value: String,
    /// Whether a value is replaced that somebody else has set at this place since; else that is a conflict (R3).
    pub replaces: bool,
}

/// What an edit did to a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValueOutcome {
    /// The record has the value now, or had it already.
    Set,
    /// It has another value by now, which is left alone.
    Taken,
}

/// The kinds of records that a variable can be set at, the one that comes first in texts first. None if it is unknown.
pub fn settable_at(variable: &str) -> &'static [Source] {
    match filled_at(variable) {
        Some(Source::Customer) => &[Source::Customer, Source::Cluster, Source::Release],
        Some(Source::Cluster) => &[Source::Cluster],
        Some(Source::Release) => &[Source::Release],
        None => &[],
    }
}

/// "Set HOST", "Set 3 values".
pub fn set_message(edits: &[ValueEdit]) -> String {
    match edits {
        [only] => {
            let name = only.variable.strip_prefix("var.");
            format!("Set {}", name.unwrap_or(&only.variable))
        }
        all => format!("Set {} values", all.len()),
    }
}

/// Whether the change of these values can be undone: clusters and releases have no undo.
pub fn has_undo(edits: &[ValueEdit]) -> bool {
    let mut edits = edits.iter();
    edits.all(|it| matches!(it.place, ValuePlace::Customer(_)))
}

impl ValueEdit {
    /// Sets the value at a customer. Errors: no variable that a customer has; no value; a value that is not accepted.
    pub fn set_at_customer(
        &self,
        customer: &mut Customer,
    ) -> Result<ValueOutcome, ValidationErrors> {
        self.set_variable(&mut customer.metadata)
    }

    /// Sets the value at a cluster. Errors: as at a customer.
    pub fn set_at_cluster(&self, cluster: &mut Cluster) -> Result<ValueOutcome, ValidationErrors> {
        if self.variable != "cluster.kubeconfig" {
            return self.set_variable(&mut cluster.metadata);
        }
        let path = KubeconfigPath::parse(&self.value).map(|it| it.map(Into::into));
        self.set_field(Field::KubeconfigPath, path, &mut cluster.kubeconfig_path)
    }

    /// Sets the value at a release. Errors: as at a customer.
    pub fn set_at_release(&self, release: &mut Release) -> Result<ValueOutcome, ValidationErrors> {
        if self.variable != "release.version" {
            return self.set_variable(&mut release.metadata);
        }
        let number = VersionNumber::parse(&self.value).map(|it| it.map(Into::into));
        self.set_field(Field::VersionNumber, number, &mut release.version_number)
    }

    fn set_field(
        &self,
        field: Field,
        value: Result<Option<String>, FieldError>,
        present: &mut Option<String>,
    ) -> Result<ValueOutcome, ValidationErrors> {
        let value = value.and_then(|it| it.ok_or(FieldError::Missing));
        let value = value.map_err(|it| ValidationErrors::one(field, it))?;
        if !self.replaces && present.as_ref().is_some_and(|it| *it != value) {
            return Ok(ValueOutcome::Taken);
        }
        *present = Some(value);
        Ok(ValueOutcome::Set)
    }

    fn set_variable(&self, metadata: &mut Metadata) -> Result<ValueOutcome, ValidationErrors> {
        let wrong = |it| ValidationErrors::one(Field::Variables, it);
        let key = self.variable.strip_prefix("var.");
        let key = key.filter(|it| is_key(it)).ok_or_else(|| {
            wrong(FieldError::NotAKey {
                key: self.variable.clone(),
            })
        })?;
        if self.value.is_empty() {
            return Err(wrong(FieldError::Missing));
        }
        match metadata.0.get(key) {
            Some(present) if present.to_string() == self.value => return Ok(ValueOutcome::Set),
            Some(_) if !self.replaces => return Ok(ValueOutcome::Taken),
            _ => {}
        }
        let mut after = metadata.clone();
        let value = Value::Text(self.value.clone());
        after.0.insert(key.to_owned(), value);
        *metadata = after.checked().map_err(wrong)?;
        Ok(ValueOutcome::Set)
    }
}

/// Customers that lack values, and the variables that are missing: a table of customers by variables.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MissingTable {
    pub release: (ReleaseId, String),
    /// Each variable once, with the names of the steps that use it, by name: the order stays when values are set.
    pub variables: Vec<(String, Vec<String>)>,
    pub customers: Vec<MissingCustomer>,
    /// How many more customers lack values than are listed.
    pub n_more: usize,
}

/// A customer that lacks values.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MissingCustomer {
    pub customer: (CustomerId, String),
    pub cluster: (ClusterId, String),
    /// The missing variables, each with the change that removed its value; none if it never had one (R81).
    pub missing: Vec<(String, Option<TextChange>)>,
}

/// At most about this many fields are in one table.
const TABLE_FIELDS_MAX: usize = 200;

impl MissingTable {
    /// A table without rows.
    pub fn new(id: ReleaseId, name: &str) -> Self {
        Self {
            release: (id, name.to_owned()),
            variables: Vec::new(),
            customers: Vec::new(),
            n_more: 0,
        }
    }

    /// Adds a missing value. All of one customer are added one after the other.
    pub fn add(
        &mut self,
        customer: (CustomerId, &str),
        cluster: (ClusterId, &str),
        variable: &str,
        steps: &[String],
        removed: Option<TextChange>,
    ) {
        let found = self
            .variables
            .binary_search_by(|it| it.0.as_str().cmp(variable));
        let at = found.unwrap_or_else(|at| {
            self.variables.insert(at, (variable.to_owned(), Vec::new()));
            at
        });
        let known = &mut self.variables[at].1;
        for step in steps {
            if !known.contains(step) {
                known.push(step.clone());
            }
        }
        if self.customers.last().map(|it| it.customer.0) != Some(customer.0) {
            self.customers.push(MissingCustomer {
                customer: (customer.0, customer.1.to_owned()),
                cluster: (cluster.0, cluster.1.to_owned()),
                missing: Vec::new(),
            });
        }
        if let Some(row) = self.customers.last_mut()
            && !row.missing.iter().any(|it| it.0 == variable)
        {
            row.missing.push((variable.to_owned(), removed));
        }
    }

    /// Leaves out the last customers where there are too many fields for one table, and counts them.
    #[must_use]
    pub fn cut(mut self) -> Self {
        let rows_max = (TABLE_FIELDS_MAX / self.variables.len().max(1)).max(1);
        self.n_more = self.customers.len().saturating_sub(rows_max);
        self.customers.truncate(rows_max);
        self
    }

    /// The clusters of the customers, each once, by name: their order does not change with what is still missing.
    pub fn clusters(&self) -> Vec<(ClusterId, String)> {
        let mut clusters: Vec<(ClusterId, String)> = Vec::new();
        for row in &self.customers {
            if !clusters.contains(&row.cluster) {
                clusters.push(row.cluster.clone());
            }
        }
        clusters.sort_by_cached_key(|it| (fold(&it.1), it.0));
        clusters
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::variables::tests::world;

    fn edit(place: ValuePlace, variable: &str, value: &str) -> ValueEdit {
        ValueEdit {
            place,
            variable: variable.into(),
            value: value.into(),
            replaces: false,
        }
    }

    #[test]
    fn a_variable_is_set_at_the_customer_its_cluster_or_the_release_and_a_field_where_it_is() {
        use Source as S;
        assert_eq!(
            settable_at("var.HOST"),
            [S::Customer, S::Cluster, S::Release]
        );
        assert_eq!(settable_at("cluster.kubeconfig"), [S::Cluster]);
        assert_eq!(settable_at("release.version"), [S::Release]);
        for unknown in ["customer.shoe", "var.A B", "var.", "mood"] {
            assert!(settable_at(unknown).is_empty(), "{unknown}");
        }
    }

    #[test]
    fn one_value_is_set_and_all_others_of_the_record_stay() {
        let mut world = world();
        world.customer.metadata = Metadata::from_lines("ZONE=a", &Metadata::default());
        let at = ValuePlace::Customer(world.customer.id);
        let set = edit(at, "var.NEW", " x ").set_at_customer(&mut world.customer);
        assert_eq!(set, Ok(ValueOutcome::Set));
        let value = |key: &str| world.customer.metadata.0.get(key).map(ToString::to_string);
        assert_eq!(value("NEW").as_deref(), Some(" x "));
        assert_eq!(value("ZONE").as_deref(), Some("a"));
    }

    #[test]
    fn a_value_that_somebody_else_has_set_since_is_replaced_only_on_purpose() {
        let mut world = world();
        world.cluster.metadata = Metadata::from_lines("HOST=theirs", &Metadata::default());
        let mine = edit(ValuePlace::Cluster(world.cluster.id), "var.HOST", "mine");
        let mut set = |edit: &ValueEdit| edit.set_at_cluster(&mut world.cluster);
        assert_eq!(set(&mine), Ok(ValueOutcome::Taken));
        let same = edit(mine.place, "var.HOST", "theirs");
        assert_eq!(set(&same), Ok(ValueOutcome::Set));
        let on_purpose = ValueEdit {
            replaces: true,
            ..mine
        };
        assert_eq!(set(&on_purpose), Ok(ValueOutcome::Set));
        assert_eq!(world.cluster.metadata.lines(), "HOST=mine\n");
    }

    #[test]
    fn a_path_and_a_version_keep_their_own_rules() {
        let mut world = world();
        (world.cluster.kubeconfig_path, world.release.version_number) = (None, None);
        let cluster = ValuePlace::Cluster(world.cluster.id);
        let release = ValuePlace::Release(world.release.id);
        let path = |it: &str| edit(cluster, "cluster.kubeconfig", it);
        let wrong = path("eu.yaml").set_at_cluster(&mut world.cluster);
        let problem = ValidationErrors::one(Field::KubeconfigPath, FieldError::PathNotAbsolute);
        assert_eq!(wrong, Err(problem));
        let set = path("/etc/eu.yaml").set_at_cluster(&mut world.cluster);
        assert_eq!(set, Ok(ValueOutcome::Set));
        assert_eq!(
            world.cluster.kubeconfig_path.as_deref(),
            Some("/etc/eu.yaml")
        );
        let set = edit(release, "release.version", "6.0").set_at_release(&mut world.release);
        assert_eq!(set, Ok(ValueOutcome::Set));
        assert_eq!(world.release.version_number.as_deref(), Some("6.0"));
    }

    #[test]
    fn an_empty_value_and_an_unknown_variable_are_refused() {
        let mut world = world();
        let at = ValuePlace::Customer(world.customer.id);
        let mut refused = |variable: &str, value: &str| {
            let set = edit(at, variable, value).set_at_customer(&mut world.customer);
            set.is_err()
        };
        assert!(refused("var.NEW", ""));
        assert!(refused("customer.shoe", "x") && refused("var.1A", "x"));
        assert!(refused("cluster.kubeconfig", "/etc/x"));
    }

    #[test]
    fn a_table_has_each_variable_and_each_customer_once_and_counts_what_it_leaves_out() {
        let mut table = MissingTable::new(ReleaseId(1), "June");
        let steps = ["Upgrade".to_owned()];
        for id in 1..=150 {
            let (customer, cluster) = ((CustomerId(id), "C"), (ClusterId(id % 2), "eu"));
            table.add(customer, cluster, "var.HOST", &steps, None);
            table.add(customer, cluster, "var.ZONE", &[], None);
        }
        assert_eq!(table.clusters().len(), 2);
        let table = table.cut();
        assert_eq!(table.variables.len(), 2);
        assert_eq!(table.variables[0].1, ["Upgrade"]);
        assert_eq!((table.customers.len(), table.n_more), (100, 50));
        assert_eq!(table.customers[0].missing.len(), 2);
    }

    #[test]
    fn the_columns_of_a_table_keep_their_order_when_a_value_is_set() {
        let mut table = MissingTable::new(ReleaseId(1), "June");
        for (id, variable) in [(1, "var.ZONE"), (2, "var.HOST"), (2, "var.ZONE")] {
            let (customer, cluster) = ((CustomerId(id), "C"), (ClusterId(1), "eu"));
            table.add(customer, cluster, variable, &[], None);
        }
        let names: Vec<&str> = table.variables.iter().map(|it| it.0.as_str()).collect();
        assert_eq!(names, ["var.HOST", "var.ZONE"]);
    }

    #[test]
    fn a_message_says_what_was_set_and_only_a_customer_s_value_has_an_undo() {
        let one = edit(ValuePlace::Customer(CustomerId(1)), "var.HOST", "x");
        let other = edit(ValuePlace::Cluster(ClusterId(1)), "var.HOST", "x");
        let two = [one.clone(), other];
        assert!(!has_undo(&two));
        assert_eq!(set_message(&two), "Set 2 values");
        assert!(has_undo(std::slice::from_ref(&one)));
        assert_eq!(set_message(&[one]), "Set HOST");
    }
}
