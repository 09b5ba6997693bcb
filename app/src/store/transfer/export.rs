//! Export of the whole database or one release as JSON (`domain::transfer`). It is read in chunks from one snapshot,
//! so that memory use is constant and writers are not blocked.
use crate::domain::{
    cluster::Cluster,
    customer::Customer,
    event::Event,
    history_chain::Head,
    id::{CustomerId, ReleaseId},
    release::Release,
    step::CustomerStep,
    template::StepTemplate,
    transfer::{FORMAT_VERSION, Membership, TransferHeader, TransferPart},
};
use crate::store::records::release_rows;
use crate::store::{
    Store,
    audit::history_head,
    engine::{
        row_decode::{read_rows, unreadable_column},
        sqlite,
    },
    entity::{
        audit_event, cluster, customer, customer_step, release, release_customer, step_template,
    },
    error::StoreError,
};
use sea_orm::{
    ColumnTrait, DatabaseTransaction, EntityName, EntityTrait, ExprTrait, QueryFilter, QueryOrder,
    QuerySelect,
    sea_query::{Expr, Query, SelectStatement},
};
use serde::Serialize;
use std::collections::BTreeMap;

/// Rows per chunk.
const CHUNK_ROWS_MAX: u64 = 250;

/// The table of each list whose rows have an id.
pub const TABLES: [(TransferPart, &str); 6] = [
    (TransferPart::Clusters, "clusters"),
    (TransferPart::Customers, "customers"),
    (TransferPart::Releases, "releases"),
    (TransferPart::Templates, "step_templates"),
    (TransferPart::Steps, "customer_steps"),
    (TransferPart::Events, "audit_events"),
];

/// The head that the export of a release was made at, and its signature if heads are signed.
#[derive(Debug, Serialize)]
struct SignedHead {
    #[serde(flatten)]
    head: Head,
    #[serde(skip_serializing_if = "Option::is_none")]
    signature: Option<String>,
}

/// A running export with its read transaction.
#[derive(Debug)]
pub struct Export {
    tx: DatabaseTransaction,
    /// Exports only this release, if given.
    release: Option<ReleaseId>,
    /// What the export of a release ends with.
    end: Option<SignedHead>,
    /// Index of the list to read next, and the key of the last row read from it.
    part: usize,
    last: Option<(i64, i64)>,
    is_first: bool,
}

impl Store {
    /// Begins an export of everything, or of one release with its customers, their clusters and its events. Errors:
    /// not found.
    pub async fn export(&self, release: Option<ReleaseId>) -> Result<Export, StoreError> {
        let tx = self.snapshot().await?;
        let mut end = None;
        if let Some(id) = release {
            release_rows::load(&tx, id).await?;
            let head = history_head::newest(&tx).await?;
            end = head.map(|(head, _)| SignedHead {
                head,
                signature: None,
            });
        }
        Ok(Export {
            tx,
            release,
            end,
            part: 0,
            last: None,
            is_first: true,
        })
    }
}

fn json(row: &impl Serialize) -> Result<String, StoreError> {
    serde_json::to_string(row).map_err(|error| StoreError::corrupt("an export", error))
}

/// Reads the next rows of a table as JSON of their domain type, and remembers the last id.
macro_rules! read_rows {
    ($this:ident, $table:ident, $row:ty, $only:expr) => {{
        let mut query = $table::Entity::find();
        if let Some((last, _)) = $this.last {
            query = query.filter($table::Column::Id.gt(last));
        }
        if let Some(release) = $this.release {
            let only: fn(ReleaseId) -> Expr = $only;
            query = query.filter(only(release));
        }
        let query = query.order_by_asc($table::Column::Id).limit(CHUNK_ROWS_MAX);
        let found = read_rows(&$this.tx, query, $table::Column::Id).await?;
        let mut rows = Vec::with_capacity(found.len());
        for row in found {
            let row = row.map_err(|it| StoreError::corrupt($table::Entity.table_name(), it))?;
            $this.last = Some((row.id, 0));
            rows.push(json(&<$row>::try_from(row)?)?);
        }
        rows
    }};
}

impl Export {
    /// The head of the history that this was made at (R89), if it is of one release.
    pub fn head(&self) -> Option<&Head> {
        self.end.as_ref().map(|it| &it.head)
    }

    /// Adds a signature to the head at the end of the text.
    pub fn sign(&mut self, signature: String) {
        if let Some(end) = &mut self.end {
            end.signature = Some(signature);
        }
    }

    /// The next chunk of the text; none after the last one. Errors: `Corrupt` for a row that the domain cannot read.
    pub async fn next_chunk(&mut self) -> Result<Option<String>, StoreError> {
        let Some(part) = TransferPart::ALL.get(self.part).copied() else {
            return Ok(None);
        };
        let mut text = String::new();
        if self.is_first {
            if self.part == 0 {
                text = self.header().await?;
            }
            text.extend(["\"", part.as_str(), "\":["]);
        }
        let rows = self.next_rows(part).await?;
        let is_whole = rows.len() < usize::try_from(CHUNK_ROWS_MAX).unwrap_or(usize::MAX);
        for row in rows {
            text.push_str(if self.is_first { "\n" } else { ",\n" });
            text.push_str(&row);
            self.is_first = false;
        }
        if is_whole {
            self.part += 1;
            self.last = None;
            self.is_first = true;
            let is_last = self.part == TransferPart::ALL.len();
            match &self.end {
                _ if !is_last => text.push_str("\n],\n"),
                Some(end) => text.extend(["\n],\n\"head\":", &json(end)?, "\n}\n"]),
                None => text.push_str("\n]\n}\n"),
            }
        }
        Ok(Some(text))
    }

    /// The line before the lists.
    async fn header(&self) -> Result<String, StoreError> {
        let mut header = TransferHeader {
            rollcall: FORMAT_VERSION,
            schema: sqlite::schema(&self.tx).await?,
            last_ids: BTreeMap::new(),
        };
        for (part, table) in TABLES {
            let id = sqlite::last_id(&self.tx, table).await?;
            header.last_ids.insert(part, id);
        }
        let text = json(&header)?;
        let open = text.strip_suffix('}').unwrap_or(&text);
        Ok(format!("{open},\n"))
    }

    async fn next_rows(&mut self, part: TransferPart) -> Result<Vec<String>, StoreError> {
        use {
            audit_event::Column as OfEvent, cluster::Column as OfCluster,
            customer::Column as OfCustomer, customer_step::Column as OfStep,
            release::Column as OfRelease, step_template::Column as OfTemplate,
        };
        Ok(match part {
            TransferPart::Clusters => {
                read_rows!(self, cluster, Cluster, |it| OfCluster::Id
                    .in_subquery(clusters_of(it)))
            }
            TransferPart::Customers => {
                read_rows!(self, customer, Customer, |it| OfCustomer::Id
                    .in_subquery(members_of(it)))
            }
            TransferPart::Releases => {
                read_rows!(self, release, Release, |it| OfRelease::Id.eq(it.0))
            }
            TransferPart::Templates => {
                read_rows!(self, step_template, StepTemplate, |it| {
                    OfTemplate::ReleaseId.eq(it.0)
                })
            }
            TransferPart::Members => self.next_members().await?,
            TransferPart::Steps => {
                read_rows!(self, customer_step, CustomerStep, |it| {
                    OfStep::ReleaseId.eq(it.0)
                })
            }
            TransferPart::Events => {
                read_rows!(self, audit_event, Event, |it| OfEvent::ReleaseId.eq(it.0))
            }
        })
    }

    /// The next memberships. They have no id, so their key is release and customer.
    async fn next_members(&mut self) -> Result<Vec<String>, StoreError> {
        use release_customer::Column;
        let mut query = release_customer::Entity::find();
        if let Some((release, customer)) = self.last {
            let rows_after = Column::ReleaseId.gt(release).or(Column::ReleaseId
                .eq(release)
                .and(Column::CustomerId.gt(customer)));
            query = query.filter(rows_after);
        }
        if let Some(only) = self.release {
            query = query.filter(Column::ReleaseId.eq(only.0));
        }
        let found = query
            .order_by_asc(Column::ReleaseId)
            .order_by_asc(Column::CustomerId)
            .limit(CHUNK_ROWS_MAX)
            .all(&self.tx)
            .await
            .map_err(|error| match unreadable_column(&error) {
                Some(column) => {
                    let detail = format!("its column {column} cannot be read");
                    StoreError::corrupt("release_customers", detail)
                }
                None => error.into(),
            })?;
        if let Some(last) = found.last() {
            self.last = Some((last.release_id, last.customer_id));
        }
        let rows = found.into_iter().map(|row| {
            json(&Membership {
                release_id: ReleaseId(row.release_id),
                customer_id: CustomerId(row.customer_id),
                added_at: row.added_at,
            })
        });
        rows.collect()
    }
}

fn members_of(release: ReleaseId) -> SelectStatement {
    Query::select()
        .column(release_customer::Column::CustomerId)
        .from(release_customer::Entity)
        .and_where(release_customer::Column::ReleaseId.eq(release.0))
        .to_owned()
}

fn clusters_of(release: ReleaseId) -> SelectStatement {
    Query::select()
        .column(customer::Column::ClusterId)
        .from(customer::Entity)
        .and_where(customer::Column::Id.in_subquery(members_of(release)))
        .to_owned()
}
