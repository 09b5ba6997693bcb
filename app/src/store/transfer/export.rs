//! Export of the whole database or one release as JSON (`domain::transfer`). It is read in chunks from one snapshot,
//! so that memory use is constant and writers are not blocked.
use crate::domain::{
    caller::Caller,
    cluster::Cluster,
    customer::Customer,
    event::Event,
    event_trim,
    history_chain::Head,
    id::{CustomerId, ReleaseId},
    permission::Permission,
    release::Release,
    step::CustomerStep,
    template::StepTemplate,
    transfer::{
        FORMAT_VERSION, FORMAT_WITHOUT_HASHES, Membership, TransferHeader, TransferPart,
        credentials::{HashedToken, UserCredentials, UserWithCredentials},
    },
    user::User,
};
use crate::store::records::release_rows;
use crate::store::{
    Store,
    access::visible::Visible,
    audit::{event_texts, history_head},
    engine::{
        Engine,
        row_decode::{of_row, read_rows, unreadable_column},
    },
    entity::{
        audit_event, cluster, customer, customer_step, release, release_customer, step_template,
        token, user,
    },
    error::StoreError,
};
use sea_orm::{
    ColumnTrait, DatabaseTransaction, EntityName, EntityTrait, ExprTrait, QueryFilter, QueryOrder,
    QuerySelect,
    sea_query::{Expr, Query, SelectStatement},
};
use serde::Serialize;
use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::Arc,
};

/// Rows per chunk.
const CHUNK_ROWS_MAX: u64 = 250;

/// The table of each list whose rows have an id.
pub const TABLES: [(TransferPart, &str); 7] = [
    (TransferPart::Clusters, "clusters"),
    (TransferPart::Customers, "customers"),
    (TransferPart::Releases, "releases"),
    (TransferPart::Templates, "step_templates"),
    (TransferPart::Steps, "customer_steps"),
    (TransferPart::Users, "users"),
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
    /// The caller; rows out of its scope are no part of the export.
    caller: Arc<Caller>,
    /// The customers that the caller sees, if not all.
    visible: Option<HashSet<i64>>,
    /// Exports only this release, if given.
    release: Option<ReleaseId>,
    /// Whether users come with hashes of their passwords and tokens.
    has_credentials: bool,
    /// What the export of a release ends with.
    end: Option<SignedHead>,
    /// Index of the list to read next, and the key of the last row read from it.
    part: usize,
    last: Option<(i64, i64)>,
    is_first: bool,
    /// The rows that the last read found, before they were trimmed.
    n_read: usize,
}

impl Store {
    /// Begins an export of everything, or of one release with its customers, their clusters and its events. Errors:
    /// not found.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn export(&self, release: Option<ReleaseId>) -> Result<Export, StoreError> {
        match release {
            None => self.must_have(Permission::Transfer)?,
            Some(id) => self.see(id).await?,
        }
        let tx = self.snapshot().await?;
        let mut end = None;
        if let Some(id) = release {
            let found = release_rows::load(&tx, id).await;
            found.map_err(|it| of_row(it, "releases", id.0))?;
        }
        // The head covers events of all customers, so a caller with a scope does not get it.
        if release.is_some() && self.caller.sees_all() {
            let head = history_head::newest(&tx).await?;
            end = head.map(|(head, _)| SignedHead {
                head,
                signature: None,
            });
        }
        let visible = if self.caller.sees_all() {
            None
        } else {
            Some(self.visible_customer_ids().await?)
        };
        Ok(Export {
            tx,
            caller: Arc::clone(&self.caller),
            visible,
            release,
            has_credentials: false,
            end,
            part: 0,
            last: None,
            is_first: true,
            n_read: 0,
        })
    }
}

/// What is left of a row for a caller who sees only some customers.
trait Trimmed: Sized {
    fn trimmed(self, _: Option<&HashSet<i64>>) -> Option<Self> {
        Some(self)
    }
}

impl Trimmed for Cluster {}
impl Trimmed for Customer {}
impl Trimmed for Release {}
impl Trimmed for StepTemplate {}
impl Trimmed for CustomerStep {}

impl Trimmed for Event {
    fn trimmed(self, visible: Option<&HashSet<i64>>) -> Option<Self> {
        match visible {
            None => Some(self),
            Some(visible) => event_trim::trimmed(self, |it| visible.contains(&it.0)),
        }
    }
}

fn json(row: &impl Serialize) -> Result<String, StoreError> {
    serde_json::to_string(row).map_err(|error| StoreError::corrupt("an export", error))
}

/// Reads the next rows of a table, and remembers the last id; with a domain type as JSON of that.
macro_rules! read_rows {
    ($this:ident, $table:ident, $visible:ident, $only:expr) => {{
        let mut query = Visible::of(&$this.caller).$visible();
        if let Some((last, _)) = $this.last {
            query = query.filter($table::Column::Id.gt(last));
        }
        if let Some(release) = $this.release {
            let only: fn(ReleaseId) -> Expr = $only;
            query = query.filter(only(release));
        }
        let query = query.order_by_asc($table::Column::Id).limit(CHUNK_ROWS_MAX);
        let found = read_rows(&$this.tx, query, $table::Column::Id).await?;
        $this.n_read = found.len();
        let mut rows = Vec::with_capacity(found.len());
        for row in found {
            let row = row.map_err(|it| StoreError::corrupt($table::Entity.table_name(), it))?;
            $this.last = Some((row.id, 0));
            rows.push(row);
        }
        rows
    }};
    ($this:ident, $table:ident, $visible:ident, $row:ty, $only:expr) => {{
        let rows = read_rows!($this, $table, $visible, $only);
        let rows = rows.into_iter().map(|row| {
            let id = row.id;
            <$row>::try_from(row).map_err(|it| of_row(it, $table::Entity.table_name(), id))
        });
        $this.told(rows)
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

    /// With hashes of passwords and tokens, for a move to another database. For the command line only: who can open the database
    /// has them anyway.
    pub fn with_credentials(mut self) -> Self {
        self.has_credentials = true;
        self
    }

    /// The next chunk of the text; none after the last one. Errors: `Corrupt` for a row that the domain cannot read.
    pub async fn next_chunk(&mut self) -> Result<Option<String>, StoreError> {
        // An export for a caller with a scope has no users.
        if self.visible.is_some() && TransferPart::ALL.get(self.part) == Some(&TransferPart::Users)
        {
            self.part += 1;
        }
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
        let is_whole = self.n_read < usize::try_from(CHUNK_ROWS_MAX).unwrap_or(usize::MAX);
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
            rollcall: match self.visible {
                None => FORMAT_VERSION,
                Some(_) => FORMAT_WITHOUT_HASHES,
            },
            schema: Engine::of(&self.tx).schema(&self.tx).await?,
            last_ids: BTreeMap::new(),
        };
        // The highest ids tell how much there is in all.
        let tables = if self.visible.is_some() {
            &[]
        } else {
            TABLES.as_slice()
        };
        for &(part, table) in tables {
            let id = Engine::of(&self.tx).last_id(&self.tx, table).await?;
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
        match part {
            TransferPart::Clusters => {
                read_rows!(self, cluster, clusters, Cluster, |it| OfCluster::Id
                    .in_subquery(clusters_of(it)))
            }
            TransferPart::Customers => {
                read_rows!(self, customer, customers, Customer, |it| OfCustomer::Id
                    .in_subquery(members_of(it)))
            }
            TransferPart::Releases => {
                read_rows!(self, release, releases, Release, |it| OfRelease::Id
                    .eq(it.0))
            }
            TransferPart::Templates => {
                read_rows!(self, step_template, templates, StepTemplate, |it| {
                    OfTemplate::ReleaseId.eq(it.0)
                })
            }
            TransferPart::Members => self.next_members().await,
            TransferPart::Users => self.next_users().await,
            TransferPart::Steps => {
                read_rows!(self, customer_step, steps, CustomerStep, |it| {
                    OfStep::ReleaseId.eq(it.0)
                })
            }
            TransferPart::Events => {
                let rows = read_rows!(self, audit_event, events, |it| {
                    OfEvent::ReleaseId.eq(it.0)
                });
                let events = event_texts::read(&self.tx, rows).await?;
                self.told(events.into_iter().map(Ok))
            }
        }
    }

    /// What the reader of the export sees of these rows, as JSON.
    fn told<T: Trimmed + Serialize>(
        &self,
        rows: impl Iterator<Item = Result<T, StoreError>>,
    ) -> Result<Vec<String>, StoreError> {
        let mut told = Vec::new();
        for row in rows {
            if let Some(row) = Trimmed::trimmed(row?, self.visible.as_ref()) {
                told.push(json(&row)?);
            }
        }
        Ok(told)
    }

    /// The next users; none are part of a release.
    async fn next_users(&mut self) -> Result<Vec<String>, StoreError> {
        if self.release.is_some() {
            self.n_read = 0;
            return Ok(Vec::new());
        }
        let mut query = user::Entity::find();
        if let Some((last, _)) = self.last {
            query = query.filter(user::Column::Id.gt(last));
        }
        let query = query.order_by_asc(user::Column::Id).limit(CHUNK_ROWS_MAX);
        let found = read_rows(&self.tx, query, user::Column::Id).await?;
        self.n_read = found.len();
        let mut tokens = if self.has_credentials {
            let ids = found.iter().filter_map(|it| it.as_ref().ok());
            self.tokens_of(ids.map(|it| it.id).collect()).await?
        } else {
            HashMap::new()
        };
        let mut rows = Vec::with_capacity(found.len());
        for row in found {
            let row = row.map_err(|it| StoreError::corrupt("users", it))?;
            let id = row.id;
            self.last = Some((id, 0));
            let credentials = UserCredentials {
                password_hash: row.password_hash.clone(),
                tokens: tokens.remove(&id).unwrap_or_default(),
            };
            let mut user = User::try_from(row).map_err(|it| of_row(it, "users", id))?;
            rows.push(if self.has_credentials {
                json(&UserWithCredentials { user, credentials })?
            } else {
                // Without hashes the user has no password after an import.
                user.has_password = false;
                json(&user)?
            });
        }
        Ok(rows)
    }

    /// The tokens of users, by user.
    async fn tokens_of(
        &self,
        users: Vec<i64>,
    ) -> Result<HashMap<i64, Vec<HashedToken>>, StoreError> {
        let rows = token::Entity::find()
            .filter(token::Column::UserId.is_in(users))
            .order_by_asc(token::Column::Id)
            .all(&self.tx)
            .await?;
        let mut tokens: HashMap<i64, Vec<HashedToken>> = HashMap::new();
        for row in rows {
            let of_user = tokens.entry(row.user_id).or_default();
            of_user.push(row.try_into()?);
        }
        Ok(tokens)
    }

    /// The next memberships. They have no id, so their key is release and customer.
    async fn next_members(&mut self) -> Result<Vec<String>, StoreError> {
        use release_customer::Column;
        let mut query = Visible::of(&self.caller).members();
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
        self.n_read = found.len();
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
