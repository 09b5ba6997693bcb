//! DTOs of REST responses, as far as the client's verbs read them, and their deserialization.
use crate::{cli::remote::RemoteServer, ops::failure::Failure};
use app::domain::{
    progress::Progress,
    vocabulary::{Category, ReleaseStatus, StepStatus},
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};
use std::collections::HashMap;

/// Reads an answer. Errors: a server of another version, or none of ours.
pub fn read<T: DeserializeOwned>(answer: Value) -> Result<T, Failure> {
    serde_json::from_value(answer)
        .map_err(|error| Failure::Refused(format!("the answer of the server is unknown: {error}")))
}

/// Reads all rows of a list.
pub async fn read_all<T: DeserializeOwned>(
    server: &RemoteServer,
    path: &str,
) -> Result<Vec<T>, Failure> {
    let rows = server.all(path).await?;
    rows.into_iter().map(read).collect()
}

/// A release of a list or a matrix.
#[derive(Clone, Debug, Deserialize)]
pub struct RemoteRelease {
    pub id: i64,
    pub name: String,
    pub status: ReleaseStatus,
}

/// A release of a list, and how far it is.
#[derive(Debug, Deserialize)]
pub struct ReleaseLine {
    #[serde(flatten)]
    pub release: RemoteRelease,
    pub customers: u32,
    pub progress: Progress,
}

/// A cluster, by its name.
#[derive(Clone, Debug, Deserialize)]
pub struct RemoteCluster {
    pub id: i64,
    pub name: String,
}

/// A customer in a release.
#[derive(Clone, Debug, Deserialize)]
pub struct RemoteMember {
    pub id: i64,
    pub name: String,
    pub namespace: String,
    pub cluster: RemoteCluster,
}

/// A customer's step, as lists have it: its number is its place there.
#[derive(Clone, Debug, Deserialize)]
pub struct RemoteStep {
    pub id: i64,
    pub name: String,
    pub version: i64,
}

/// How far a part of a release is: a customer or a cluster.
#[derive(Debug, Deserialize)]
pub struct PartLine {
    pub name: String,
    #[serde(flatten)]
    pub progress: Progress,
}

/// How far a category is.
#[derive(Debug, Deserialize)]
pub struct CategoryLine {
    pub category: Category,
    #[serde(flatten)]
    pub progress: Progress,
}

/// How far a release is, as a whole and by its parts.
#[derive(Debug, Deserialize)]
pub struct RemoteProgress {
    #[serde(flatten)]
    pub whole: Progress,
    pub customers: Vec<PartLine>,
    pub clusters: Vec<PartLine>,
    pub categories: Vec<CategoryLine>,
}

/// A cell of the matrix with what it is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RemoteCell {
    pub id: i64,
    /// In the customer's list, from 1.
    pub number: u32,
    pub step: String,
    pub customer_id: i64,
    pub customer: String,
    pub namespace: String,
    pub cluster: String,
    pub status: StepStatus,
    /// Who set the status, and when; none of a pending cell.
    pub by: Option<String>,
    pub at: Option<DateTime<Utc>>,
}

impl RemoteCell {
    /// As `next` prints it.
    pub fn json(&self) -> Value {
        json!({
            "id": self.id,
            "number": self.number,
            "step": self.step,
            "customer": self.customer,
            "cluster": self.cluster,
            "namespace": self.namespace,
            "status": self.status,
        })
    }
}

/// The matrix as REST answers it.
#[derive(Debug, Deserialize)]
struct MatrixAnswer {
    release: RemoteRelease,
    clusters: Vec<BandAnswer>,
    rows: Vec<RowAnswer>,
}

#[derive(Debug, Deserialize)]
struct BandAnswer {
    name: String,
    customers: Vec<ColumnAnswer>,
}

#[derive(Debug, Deserialize)]
struct ColumnAnswer {
    id: i64,
    name: String,
    namespace: String,
}

#[derive(Debug, Deserialize)]
struct RowAnswer {
    name: String,
    cells: Vec<CellAnswer>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct CellAnswer {
    id: i64,
    number: u32,
    customer_id: i64,
    status: StepStatus,
    state_by: Option<String>,
    state_at: Option<DateTime<Utc>>,
}

/// All cells of a release, customer by customer in the matrix's order, each in the customer's own order.
#[derive(Debug)]
pub struct RemoteMatrix {
    pub release: RemoteRelease,
    pub cells: Vec<RemoteCell>,
}

impl RemoteMatrix {
    /// Reads the answer of `/matrix`.
    pub fn read(answer: Value) -> Result<Self, Failure> {
        let MatrixAnswer {
            release,
            clusters,
            rows,
        } = read(answer)?;
        let mut places = HashMap::new();
        for band in &clusters {
            for column in &band.customers {
                places.insert(column.id, (places.len(), column, band.name.as_str()));
            }
        }
        let mut cells = Vec::new();
        for row in rows {
            for cell in row.cells {
                let Some((place, column, cluster)) = places.get(&cell.customer_id) else {
                    continue;
                };
                let cell = RemoteCell {
                    id: cell.id,
                    number: cell.number,
                    step: row.name.clone(),
                    customer_id: column.id,
                    customer: column.name.clone(),
                    namespace: column.namespace.clone(),
                    cluster: (*cluster).to_owned(),
                    status: cell.status,
                    by: cell.state_by,
                    at: cell.state_at,
                };
                cells.push((*place, cell));
            }
        }
        cells.sort_by_key(|(place, cell)| (*place, cell.number));
        let cells = cells.into_iter().map(|it| it.1).collect();
        Ok(Self { release, cells })
    }
}
