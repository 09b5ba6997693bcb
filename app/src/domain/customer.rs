//! Customers: each is one namespace of one cluster.
use super::{
    field_error::FieldError,
    id::{ClusterId, CustomerId, ReleaseId},
    metadata::Metadata,
    progress::Counts,
    text::{Description, Name, Namespace},
    validation_errors::{ErrorCollector, ValidationErrors},
    vocabulary::Field,
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// A customer as stored. Customers are not deleted but deactivated (R5); they stay in their releases, marked. Only the
/// undo of its creation deletes one, while it is in no release.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Customer {
    pub id: CustomerId,
    pub cluster_id: ClusterId,
    pub namespace: String,
    pub name: String,
    pub description: Option<String>,
    /// False after a deletion, which keeps the row (R5).
    pub is_active: bool,
    /// Its variables, which come before those of its cluster and of a release (R18).
    pub metadata: Metadata,
    /// Counts up by one with each change of the row; an edit names the one that it is based on (R3).
    pub version: i64,
    #[serde(with = "crate::domain::time_serde")]
    pub created_at: DateTime<Utc>,
    #[serde(with = "crate::domain::time_serde")]
    pub updated_at: DateTime<Utc>,
}

/// The input of a customer form, unchecked. The cluster is none until one is chosen.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct CustomerDraft {
    pub name: String,
    pub cluster_id: Option<ClusterId>,
    pub namespace: String,
    pub description: String,
    pub metadata: Metadata,
}

/// The fields of a customer after validation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CustomerFields {
    pub name: Name,
    pub cluster_id: ClusterId,
    pub namespace: Namespace,
    pub description: Option<Description>,
    pub metadata: Metadata,
}

impl CustomerDraft {
    /// Validates all fields; the errors name every wrong one.
    pub fn parse(self) -> Result<CustomerFields, ValidationErrors> {
        let mut errors = ErrorCollector::default();
        let name = errors.check(Field::Name, Name::parse(&self.name));
        let cluster = errors.check(Field::Cluster, self.cluster_id.ok_or(FieldError::Missing));
        let namespace = errors.check(Field::Namespace, Namespace::parse(&self.namespace));
        let description = errors.check(Field::Description, Description::parse(&self.description));
        let metadata = errors.check(Field::Variables, self.metadata.checked());
        errors.finish((|| {
            Some(CustomerFields {
                name: name?,
                cluster_id: cluster?,
                namespace: namespace?,
                description: description?,
                metadata: metadata?,
            })
        })())
    }
}

impl From<Customer> for CustomerDraft {
    fn from(customer: Customer) -> Self {
        Self {
            name: customer.name,
            cluster_id: Some(customer.cluster_id),
            namespace: customer.namespace,
            description: customer.description.unwrap_or_default(),
            metadata: customer.metadata,
        }
    }
}

/// A row of the customers' list, the activation dialog and the cluster page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CustomerSummary {
    pub id: CustomerId,
    pub name: String,
    pub namespace: String,
    pub cluster_id: ClusterId,
    /// The name of the cluster.
    pub cluster: String,
    pub is_active: bool,
    /// The number of variables of its own.
    pub variables: u32,
    /// The number of active releases that it is a member of.
    pub active_releases: u32,
    /// None if it is in no active release.
    pub now: Option<CustomerNow>,
}

/// Where a customer is now, in active releases.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CustomerNow {
    /// The newest of them.
    pub release_id: ReleaseId,
    /// Its name.
    pub release: String,
    /// The customer's steps in all of them.
    pub counts: Counts,
    /// The number of variables without a value that open steps use.
    pub missing: u32,
}
