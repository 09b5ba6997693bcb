//! Loads the matrix of a release from the database. Reads only columns of the covering index, never a text.
use super::{changed_values::ChangedValues, unresolved_jobs::UnresolvedJobs};
use crate::domain::{
    field_error::FieldError,
    id::{ClusterId, CustomerId, ReleaseId, StepId, TemplateId},
    matrix::{Cell, CellIndex, ClusterGroup, Grid, MatrixColumn, MatrixRow},
    release::Release,
    status_info::{StatusChange, reason_preview},
    vocabulary::{Category, StepStatus, StepType},
};
use crate::store::records::release_rows;
use crate::store::{
    engine::Engine,
    entity::{cluster, customer, customer_step, release_customer, step_template},
    error::StoreError,
    text_variables::{self, UnresolvedByCustomer},
};
use chrono::{DateTime, Utc};
use futures_util::{Stream, TryStreamExt};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait, QueryFilter, QueryOrder,
    QuerySelect,
    sea_query::{Expr, Func, Query},
};
use serde::{Deserialize, Deserializer, de};
use std::{
    borrow::Cow,
    collections::{HashMap, HashSet},
    fmt,
    sync::Arc,
};

/// The columns of a step that the matrix shows, all in the covering index. Rows come as JSON arrays in this order.
#[derive(Debug, Deserialize)]
pub struct NarrowCell<'a> {
    pub id: i64,
    pub template: Option<i64>,
    #[serde(borrow)]
    status: Cow<'a, str>,
    #[serde(deserialize_with = "flag")]
    is_overridden: bool,
    #[serde(deserialize_with = "flag")]
    has_notes: bool,
    /// The id of its text in `texts`.
    pub text: i64,
    by: Option<String>,
    at: Option<DateTime<Utc>>,
    /// Its position in the customer's list of its category.
    order_index: i32,
}

/// Reads a boolean as `Engine::json_rows` has it.
fn flag<'de, D: Deserializer<'de>>(from: D) -> Result<bool, D::Error> {
    struct Flag;

    impl de::Visitor<'_> for Flag {
        type Value = bool;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a boolean, 0 or 1")
        }

        fn visit_bool<E: de::Error>(self, is: bool) -> Result<bool, E> {
            Ok(is)
        }

        fn visit_u64<E: de::Error>(self, number: u64) -> Result<bool, E> {
            Ok(number != 0)
        }
    }

    from.deserialize_any(Flag)
}

impl NarrowCell<'_> {
    const COLUMNS: [customer_step::Column; 9] = {
        use customer_step::Column as Of;
        [
            Of::Id,
            Of::TemplateId,
            Of::Status,
            Of::IsOverridden,
            Of::HasNotes,
            Of::TextId,
            Of::StateBy,
            Of::StateAt,
            Of::OrderIndex,
        ]
    };

    /// The cell; whether it is unresolved is determined later.
    pub fn cell(&self) -> Result<Cell, StoreError> {
        Ok(Cell {
            step: StepId(self.id),
            status: status(&self.status)?,
            is_overridden: self.is_overridden,
            has_notes: self.has_notes,
            is_unresolved: false,
        })
    }

    /// Who set the state; none for a pending step.
    pub fn status_change(
        &self,
        people: &mut NameTable,
        reasons: &mut ReasonsByStep,
    ) -> Option<StatusChange> {
        Some(StatusChange {
            by: people.get(self.by.as_deref()?),
            at: self.at?,
            reason: reasons.remove(&self.id),
        })
    }
}

/// The reasons of failed, skipped and reverted steps, shortened, by step id.
pub type ReasonsByStep = HashMap<i64, Arc<str>>;

/// The steps of one customer as one JSON text. Reading 100,000 single rows takes four times as long.
pub struct CustomerCells {
    pub customer: i64,
    text: String,
}

impl CustomerCells {
    /// Streams customer by customer, while the database reads the next ones.
    pub async fn stream(
        db: &DatabaseTransaction,
        of: Expr,
    ) -> Result<impl Stream<Item = Result<Self, DbErr>> + '_, DbErr> {
        use customer_step::Column as Of;
        let columns = NarrowCell::COLUMNS.map(ColumnTrait::into_expr);
        let rows = customer_step::Entity::find()
            .select_only()
            .column(Of::CustomerId)
            .expr_as(Engine::of(db).json_rows(columns), "steps")
            .filter(of)
            .group_by(Of::CustomerId)
            .into_tuple()
            .stream(db)
            .await?;
        Ok(rows.map_ok(|(customer, text)| Self { customer, text }))
    }

    /// The parsed steps. Errors: `Corrupt`.
    pub fn steps(&self) -> Result<Vec<NarrowCell<'_>>, StoreError> {
        serde_json::from_str(&self.text)
            .map_err(|error| StoreError::corrupt("customer_steps", error))
    }
}

/// Interned names of people.
#[derive(Clone, Debug, Default)]
pub struct NameTable(HashSet<Arc<str>>);

impl NameTable {
    /// The shared copy of a name.
    pub fn get(&mut self, name: &str) -> Arc<str> {
        if let Some(known) = self.0.get(name) {
            return Arc::clone(known);
        }
        let name: Arc<str> = name.into();
        self.0.insert(Arc::clone(&name));
        name
    }
}

/// A matrix with status information of all cells, and what is needed to refresh single cells.
#[derive(Clone, Debug)]
pub struct MatrixSnapshot {
    pub grid: Grid,
    /// The texts of all cells, by their ids.
    pub texts: HashSet<i64>,
    pub unresolved: UnresolvedTexts,
    pub jobs: UnresolvedJobs,
    pub people: NameTable,
}

/// Names of unresolved variables, joined by commas, by customer and text.
#[derive(Clone, Debug, Default)]
pub struct UnresolvedTexts {
    names: HashMap<(i64, i64), Arc<str>>,
    /// For sql steps, where the names differ: a value may be present, but have no unambiguous literal.
    in_sql: HashMap<(i64, i64), Arc<str>>,
}

impl UnresolvedTexts {
    /// The names for a step of this type.
    pub fn get(&self, customer: i64, text: i64, kind: StepType) -> Option<&Arc<str>> {
        let key = (customer, text);
        let in_sql = self.in_sql.get(&key).filter(|_| kind == StepType::Sql);
        in_sql.or_else(|| self.names.get(&key))
    }

    /// Adds those of other texts.
    pub fn extend(&mut self, other: Self) {
        self.names.extend(other.names);
        self.in_sql.extend(other.in_sql);
    }

    fn is_empty(&self) -> bool {
        self.names.is_empty() && self.in_sql.is_empty()
    }
}

fn status(word: &str) -> Result<StepStatus, StoreError> {
    word.parse()
        .map_err(|_: FieldError| StoreError::corrupt("customer_steps", word))
}

fn category(word: &str) -> Result<Category, StoreError> {
    word.parse()
        .map_err(|_: FieldError| StoreError::corrupt("customer_steps", word))
}

/// Loads the reasons of the steps that match `of`.
pub async fn load_reasons(db: &impl ConnectionTrait, of: Expr) -> Result<ReasonsByStep, DbErr> {
    use customer_step::Column as Of;
    let explained = [
        StepStatus::Failed,
        StepStatus::Skipped,
        StepStatus::Reverted,
    ];
    let reason = [Of::FailReason, Of::SkipReason, Of::RevertReason].map(ColumnTrait::into_expr);
    let rows: Vec<(i64, Option<String>)> = customer_step::Entity::find()
        .select_only()
        .column(Of::Id)
        .expr_as(Func::coalesce(reason), "reason")
        .filter(of)
        .filter(Of::Status.is_in(explained.map(StepStatus::as_str)))
        .into_tuple()
        .all(db)
        .await?;
    let rows = rows.into_iter();
    Ok(rows
        .filter_map(|(id, reason)| Some((id, reason_preview(&reason?).into())))
        .collect())
}

/// The members in the matrix's order, and their clusters.
pub async fn load_columns(
    db: &impl ConnectionTrait,
    id: ReleaseId,
) -> Result<(Vec<ClusterGroup>, Vec<MatrixColumn>), StoreError> {
    let clusters: HashMap<i64, String> = cluster::Entity::find()
        .select_only()
        .columns([cluster::Column::Id, cluster::Column::Name])
        .into_tuple::<(i64, String)>()
        .all(db)
        .await?
        .into_iter()
        .collect();
    let members = Query::select()
        .column(release_customer::Column::CustomerId)
        .from(release_customer::Entity)
        .and_where(release_customer::Column::ReleaseId.eq(id.0))
        .to_owned();
    let mut customers: Vec<(i64, String, String, i64, bool)> = customer::Entity::find()
        .select_only()
        .columns([
            customer::Column::Id,
            customer::Column::Name,
            customer::Column::Namespace,
            customer::Column::ClusterId,
            customer::Column::IsActive,
        ])
        .filter(customer::Column::Id.in_subquery(members))
        .into_tuple()
        .all(db)
        .await?;
    customers.sort_by(|a, b| {
        (clusters.get(&a.3), a.3, &a.1, a.0).cmp(&(clusters.get(&b.3), b.3, &b.1, b.0))
    });
    let mut groups: Vec<ClusterGroup> = Vec::new();
    let mut columns = Vec::with_capacity(customers.len());
    for (id, name, namespace, cluster, is_active) in customers {
        if groups.last().is_none_or(|it| it.id.0 != cluster) {
            let name = clusters.get(&cluster).cloned().unwrap_or_default();
            groups.push(ClusterGroup {
                id: ClusterId(cluster),
                name,
            });
        }
        columns.push(MatrixColumn {
            id: CustomerId(id),
            name,
            namespace,
            group: groups.len() - 1,
            inactive: !is_active,
        });
    }
    Ok((groups, columns))
}

impl MatrixSnapshot {
    /// Loads the whole matrix. Errors: not found.
    pub async fn load(db: &DatabaseTransaction, id: ReleaseId) -> Result<Self, StoreError> {
        use customer_step::Column as Of;
        let release = release_rows::load(db, id).await?;
        let (groups, columns) = load_columns(db, id).await?;
        let templates: Vec<(i64, String, String, String)> = step_template::Entity::find()
            .select_only()
            .columns([
                step_template::Column::Id,
                step_template::Column::Name,
                step_template::Column::Category,
                step_template::Column::Kind,
            ])
            .filter(step_template::Column::ReleaseId.eq(id.0))
            .order_by_asc(step_template::Column::Category)
            .order_by_asc(step_template::Column::OrderIndex)
            .into_tuple()
            .all(db)
            .await?;
        // Custom steps have rows of their own. There are few, so reading their names separately keeps the main query
        // narrow.
        let mut customs: Vec<(i64, i64, String, String, String, i32)> =
            customer_step::Entity::find()
                .select_only()
                .columns([
                    Of::Id,
                    Of::CustomerId,
                    Of::Name,
                    Of::Category,
                    Of::Kind,
                    Of::OrderIndex,
                ])
                .filter(Of::ReleaseId.eq(id.0))
                .filter(Of::TemplateId.is_null())
                .into_tuple()
                .all(db)
                .await?;
        let column_of: HashMap<i64, usize> = columns
            .iter()
            .enumerate()
            .map(|(index, it)| (it.id.0, index))
            .collect();
        customs.sort_by_key(|it| (column_of.get(&it.1).copied(), it.3.clone(), it.5));
        let mut rows = Vec::with_capacity(templates.len() + customs.len());
        let mut row_of_template: HashMap<i64, usize> = HashMap::new();
        let mut row_of_step: HashMap<i64, usize> = HashMap::new();
        let kind = |word: &str| {
            word.parse()
                .map_err(|_: FieldError| StoreError::corrupt("customer_steps", word))
        };
        for (id, name, category_word, kind_word) in templates {
            row_of_template.insert(id, rows.len());
            rows.push(MatrixRow {
                name,
                category: category(&category_word)?,
                kind: kind(&kind_word)?,
                template: Some(TemplateId(id)),
            });
        }
        for (id, _, name, category_word, kind_word, _) in customs {
            row_of_step.insert(id, rows.len());
            rows.push(MatrixRow {
                name,
                category: category(&category_word)?,
                kind: kind(&kind_word)?,
                template: None,
            });
        }
        let mut reasons = load_reasons(db, Of::ReleaseId.eq(id.0)).await?;
        let mut people = NameTable::default();
        let mut cells = vec![None; rows.len() * columns.len()];
        // The text of every cell.
        let mut texts: Vec<(CellIndex, i64)> = Vec::new();
        let mut status_changes = Vec::new();
        // The rows of each customer's steps, in the customer's order.
        let mut orders: Vec<(usize, Vec<usize>)> = Vec::new();
        let mut stream = Box::pin(CustomerCells::stream(db, Of::ReleaseId.eq(id.0)).await?);
        while let Some(of_customer) = stream.try_next().await? {
            let Some(column) = column_of.get(&of_customer.customer) else {
                continue;
            };
            let mut order: Vec<(Category, i32, i64, usize)> = Vec::new();
            for step in of_customer.steps()? {
                let row = match step.template {
                    Some(template) => row_of_template.get(&template),
                    None => row_of_step.get(&step.id),
                };
                let Some(row) = row else { continue };
                order.push((rows[*row].category, step.order_index, step.id, *row));
                let at = CellIndex {
                    row: *row,
                    column: *column,
                };
                let slot = &mut cells[at.row * columns.len() + at.column];
                *slot = Some(step.cell()?);
                texts.push((at, step.text));
                status_changes.extend(
                    step.status_change(&mut people, &mut reasons)
                        .map(|it| (at, it)),
                );
            }
            order.sort_unstable();
            orders.push((*column, order.into_iter().map(|it| it.3).collect()));
        }
        // The connection is free for the next query only after the stream is dropped.
        drop(stream);
        let keys: HashSet<i64> = texts.iter().map(|it| it.1).collect();
        let unresolved = load_unresolved(db, &release, &columns, &keys).await?;
        let jobs = UnresolvedJobs::load(db, &release, &columns).await?;
        let changed = ChangedValues::load(db, &release, &columns, &keys, jobs.uses()).await?;
        let mut lines_of = changed.by_text();
        let mut changed_cells = Vec::new();
        for (at, text) in &texts {
            let lines = lines_of(columns[at.column].id.0, *text, rows[at.row].template);
            changed_cells.extend(lines.map(|it| (*at, it)));
        }
        let mut missing = Vec::new();
        if !unresolved.is_empty() || !jobs.is_empty() {
            for (at, text) in texts {
                let (customer, row) = (columns[at.column].id.0, &rows[at.row]);
                let names = unresolved.get(customer, text, row.kind);
                if let Some(cell) = &mut cells[at.row * columns.len() + at.column] {
                    cell.is_unresolved = names.is_some();
                    missing.extend(jobs.with(customer, row.template, names).map(|it| (at, it)));
                }
            }
        }
        let mut grid = Grid::with_cells(release, groups, columns, rows, cells);
        for (column, order) in orders {
            grid.set_order(column, order);
        }
        for (at, change) in status_changes {
            grid.set_status_change(at, change);
        }
        for (at, names) in missing {
            grid.set_missing(at, Some(names));
        }
        for (at, lines) in changed_cells {
            grid.set_value_changes(at, lines);
        }
        Ok(Self {
            grid,
            texts: keys,
            unresolved,
            jobs,
            people,
        })
    }
}

/// The unresolved variables of these texts.
pub async fn load_unresolved(
    db: &impl ConnectionTrait,
    release: &Release,
    columns: &[MatrixColumn],
    keys: &HashSet<i64>,
) -> Result<UnresolvedTexts, StoreError> {
    let uses = text_variables::uses(db, keys.iter().copied()).await?;
    let customers: Vec<CustomerId> = columns.iter().map(|it| it.id).collect();
    let missing =
        UnresolvedByCustomer::of(db, release, &customers, uses.values().flatten()).await?;
    let mut unresolved = UnresolvedTexts::default();
    for customer in customers.iter().filter(|it| missing.is_any(**it)) {
        for (text, uses) in &uses {
            let names = missing.among(*customer, uses, StepType::Bash);
            let in_sql = missing.among(*customer, uses, StepType::Sql);
            let key = (customer.0, *text);
            if in_sql != names {
                unresolved.in_sql.insert(key, in_sql.join(", ").into());
            }
            if !names.is_empty() {
                unresolved.names.insert(key, names.join(", ").into());
            }
        }
    }
    Ok(unresolved)
}
