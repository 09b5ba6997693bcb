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
    past_clusters::PastClusters,
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
    access::{past_clusters::past_clusters, visible::Visible},
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
/// The same of output, a row of which has up to 64 kB, and of evidence with up to 1 MiB.
const OUTPUT_CHUNK_ROWS_MAX: u64 = 32;
const EVIDENCE_CHUNK_ROWS_MAX: u64 = 4;

/// The table of each list whose rows have an id.
pub const TABLES: [(TransferPart, &str); 9] = [
    (TransferPart::Clusters, "clusters"),
    (TransferPart::Customers, "customers"),
    (TransferPart::Releases, "releases"),
    (TransferPart::Templates, "step_templates"),
    (TransferPart::Steps, "customer_steps"),
    (TransferPart::Users, "users"),
    (TransferPart::Runs, "runs"),
    (TransferPart::Evidence, "evidence"),
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
    pub(super) tx: DatabaseTransaction,
    /// The caller; rows out of its scope are no part of the export.
    pub(super) caller: Arc<Caller>,
    /// The customers that the caller sees, if not all.
    visible: Option<SeenPart>,
    /// Exports only this release, if given.
    pub(super) release: Option<ReleaseId>,
    /// Whether users come with hashes of their passwords and tokens.
    has_credentials: bool,
    /// Whether runs come with their output.
    has_output: bool,
    /// What the export of a release ends with.
    end: Option<SignedHead>,
    /// Index of the list to read next, and the key of the last row read from it.
    part: usize,
    pub(super) last: Option<(i64, i64)>,
    is_first: bool,
    /// The rows that the last read found, before they were trimmed.
    pub(super) n_read: usize,
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
            let customers = self.visible_customer_ids().await?;
            let ids: Vec<CustomerId> = customers.iter().copied().map(CustomerId).collect();
            let past = past_clusters(&tx, self.visible(), &ids).await?;
            Some((customers, past))
        };
        Ok(Export {
            tx,
            caller: Arc::clone(&self.caller),
            visible,
            release,
            has_credentials: false,
            has_output: false,
            end,
            part: 0,
            last: None,
            is_first: true,
            n_read: 0,
        })
    }
}

/// The ids of the customers that a caller with a scope sees, and which clusters they were in.
type SeenPart = (HashSet<i64>, PastClusters);

/// What is left of a row for a caller who sees only some customers.
trait Trimmed: Sized {
    fn trimmed(self, _: Option<&SeenPart>) -> Option<Self> {
        Some(self)
    }
}

impl Trimmed for Cluster {}
impl Trimmed for Customer {}
impl Trimmed for Release {}
impl Trimmed for StepTemplate {}
impl Trimmed for CustomerStep {}

impl Trimmed for Event {
    fn trimmed(self, visible: Option<&SeenPart>) -> Option<Self> {
        let Some((customers, past)) = visible else {
            return Some(self);
        };
        let mut event = event_trim::trimmed(self, |it| customers.contains(&it.0))?;
        past.hide_in(&mut event);
        Some(event)
    }
}

/// A row as JSON.
pub(super) fn json(row: &impl Serialize) -> Result<String, StoreError> {
    serde_json::to_string(row).map_err(|error| StoreError::corrupt("an export", error))
}

/// Reads the next rows of a table, and remembers the last id; with a domain type as JSON of that.
macro_rules! read_rows {
    ($this:ident, $table:ident, $visible:ident, $only:expr) => {{
        let mut query = $this.visible_rows().$visible();
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

    /// With the output of runs that is kept (R73).
    pub fn with_output(mut self) -> Self {
        self.has_output = true;
        self
    }

    /// Whether this export has that list. For a caller with a scope it has neither users nor what proves how steps went.
    fn has(&self, part: TransferPart) -> bool {
        use TransferPart::{Evidence, Output, Runs, Users};
        match part {
            Users | Runs | Evidence => self.visible.is_none(),
            Output => self.visible.is_none() && self.has_output,
            _ => true,
        }
    }

    /// The next chunk of the text; none after the last one. Errors: `Corrupt` for a row that the domain cannot read.
    pub async fn next_chunk(&mut self) -> Result<Option<String>, StoreError> {
        let part = loop {
            match TransferPart::ALL.get(self.part).copied() {
                None => return Ok(None),
                Some(part) if self.has(part) => break part,
                Some(_) => self.part += 1,
            }
        };
        let mut text = String::new();
        if self.is_first {
            if self.part == 0 {
                text = self.header().await?;
            }
            text.extend(["\"", part.as_str(), "\":["]);
        }
        let rows = self.next_rows(part).await?;
        let is_whole = self.n_read < usize::try_from(rows_per_chunk(part)).unwrap_or(usize::MAX);
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
            TransferPart::Runs => self.next_runs(rows_per_chunk(part)).await,
            TransferPart::Evidence => self.next_evidence(rows_per_chunk(part)).await,
            TransferPart::Output => self.next_output(rows_per_chunk(part)).await,
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

    /// What the export reads its rows from. Of one release it is what the caller sees; a whole one is a copy.
    fn visible_rows(&self) -> Visible<'_> {
        match self.release {
            Some(_) => Visible::of(&self.caller),
            None => Visible::of_copy(&self.caller),
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

/// How many rows of a list are read at once.
fn rows_per_chunk(part: TransferPart) -> u64 {
    match part {
        TransferPart::Evidence => EVIDENCE_CHUNK_ROWS_MAX,
        TransferPart::Output => OUTPUT_CHUNK_ROWS_MAX,
        _ => CHUNK_ROWS_MAX,
    }
}

/// The ids of a release's customers, as a subquery.
pub(super) fn members_of(release: ReleaseId) -> SelectStatement {
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
