//! The matrix (narrow columns only, never a text) and a release's progress by its parts.
use super::{
    Store,
    entity::{cluster, customer, customer_step, release_customer, step_template},
    error::StoreError,
    releases, texts,
    texts::Missing,
};
use crate::domain::{
    id::{ClusterId, CustomerId, ReleaseId, StepId, TemplateId},
    marks::{Mark, Marks, shown_reason},
    matrix::{At, Band, Cell, Column, Grid, Matrix, Row},
    progress::{Counts, Progress},
    refusal::Problem,
    release::Release,
    step::StepStatus,
    summary::{CategoryPart, Part, ReleaseProgress},
    template::Category,
};
use chrono::{DateTime, Utc};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, sea_query::Query};
use std::collections::HashMap;

/// Id, customer, template, state, overridden, notes, text, by, at: all in the covering index.
type Narrow = (
    i64,
    i64,
    Option<i64>,
    String,
    bool,
    bool,
    i64,
    Option<String>,
    Option<DateTime<Utc>>,
);

/// The grid, and what is known of its cells beyond their state, in the order of the cells.
struct Known {
    grid: Grid,
    marks: Vec<(usize, Mark)>,
    missing: Vec<(usize, String)>,
}

fn status(word: &str) -> Result<StepStatus, StoreError> {
    word.parse()
        .map_err(|_: Problem| StoreError::corrupt("customer_steps", word))
}

fn category(word: &str) -> Result<Category, StoreError> {
    word.parse()
        .map_err(|_: Problem| StoreError::corrupt("customer_steps", word))
}

impl Store {
    /// The whole grid, compact, with the marks of the window that begins at `first`.
    pub async fn matrix(&self, id: ReleaseId, first: At) -> Result<Matrix, StoreError> {
        let Known {
            mut grid,
            mut marks,
            mut missing,
        } = self.grid(id).await?;
        let is_drawn = grid.window(first);
        marks.retain(|it| is_drawn(it.0));
        missing.retain(|it| is_drawn(it.0));
        grid.take(marks, missing);
        Ok(grid.pack())
    }

    /// Who set the state of every cell, when and why, and which values are missing.
    pub async fn matrix_marks(&self, id: ReleaseId) -> Result<Marks, StoreError> {
        let Known {
            grid,
            mut marks,
            missing,
        } = self.grid(id).await?;
        let mut reasons = self.reasons(id).await?;
        for (index, mark) in &mut marks {
            let step = grid.cell(grid.at(*index)).map(|it| it.step);
            mark.reason = step.and_then(|it| reasons.remove(&it.0));
        }
        Ok(Marks::pack(&marks, &missing))
    }

    /// Why steps failed, were skipped or reverted: the beginning, by step.
    async fn reasons(&self, id: ReleaseId) -> Result<HashMap<i64, String>, StoreError> {
        use customer_step::Column as Of;
        type Reasons = (i64, Option<String>, Option<String>, Option<String>);
        let explained = [
            StepStatus::Failed,
            StepStatus::Skipped,
            StepStatus::Reverted,
        ];
        let rows: Vec<Reasons> = customer_step::Entity::find()
            .select_only()
            .columns([Of::Id, Of::FailReason, Of::SkipReason, Of::RevertReason])
            .filter(Of::ReleaseId.eq(id.0))
            .filter(Of::Status.is_in(explained.map(StepStatus::as_str)))
            .into_tuple()
            .all(&self.read)
            .await?;
        Ok(rows
            .into_iter()
            .filter_map(|(id, fail, skip, revert)| {
                Some((id, shown_reason(&fail.or(skip).or(revert)?)))
            })
            .collect())
    }

    /// The customers in the matrix's order, and their clusters.
    pub(super) async fn columns(
        &self,
        id: ReleaseId,
    ) -> Result<(Vec<Band>, Vec<Column>), StoreError> {
        let clusters: HashMap<i64, String> = cluster::Entity::find()
            .select_only()
            .columns([cluster::Column::Id, cluster::Column::Name])
            .into_tuple::<(i64, String)>()
            .all(&self.read)
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
            .all(&self.read)
            .await?;
        customers.sort_by(|a, b| {
            (clusters.get(&a.3), a.3, &a.1, a.0).cmp(&(clusters.get(&b.3), b.3, &b.1, b.0))
        });
        let mut bands: Vec<Band> = Vec::new();
        let mut columns = Vec::with_capacity(customers.len());
        for (id, name, namespace, cluster, is_active) in customers {
            if bands.last().is_none_or(|it| it.id.0 != cluster) {
                let name = clusters.get(&cluster).cloned().unwrap_or_default();
                bands.push(Band {
                    id: ClusterId(cluster),
                    name,
                });
            }
            columns.push(Column {
                id: CustomerId(id),
                name,
                namespace,
                band: bands.len() - 1,
                inactive: !is_active,
            });
        }
        Ok((bands, columns))
    }

    async fn grid(&self, id: ReleaseId) -> Result<Known, StoreError> {
        use customer_step::Column as Of;
        let release = releases::load(&self.read, id).await?;
        let (bands, columns) = self.columns(id).await?;
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
            .all(&self.read)
            .await?;
        // Custom steps make rows of their own, below; their names are few, so the narrow read stays narrow.
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
                .all(&self.read)
                .await?;
        let steps: Vec<Narrow> = customer_step::Entity::find()
            .select_only()
            .columns([
                Of::Id,
                Of::CustomerId,
                Of::TemplateId,
                Of::Status,
                Of::IsOverridden,
                Of::HasNotes,
                Of::TextKey,
                Of::StateBy,
                Of::StateAt,
            ])
            .filter(Of::ReleaseId.eq(id.0))
            .into_tuple()
            .all(&self.read)
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
                .map_err(|_: Problem| StoreError::corrupt("customer_steps", word))
        };
        for (id, name, category_word, kind_word) in templates {
            row_of_template.insert(id, rows.len());
            rows.push(Row {
                name,
                category: category(&category_word)?,
                kind: kind(&kind_word)?,
                template: Some(TemplateId(id)),
            });
        }
        for (id, _, name, category_word, kind_word, _) in customs {
            row_of_step.insert(id, rows.len());
            rows.push(Row {
                name,
                category: category(&category_word)?,
                kind: kind(&kind_word)?,
                template: None,
            });
        }
        let unresolved = self
            .unresolved_texts(&release, &columns, steps.iter().map(|it| it.6))
            .await?;
        let mut cells = Vec::with_capacity(steps.len());
        let (mut marks, mut missing) = (Vec::new(), Vec::new());
        for (id, customer, template, word, is_overridden, has_notes, text, by, at) in steps {
            let row = template.map_or_else(|| row_of_step.get(&id), |it| row_of_template.get(&it));
            let (Some(row), Some(column)) = (row, column_of.get(&customer)) else {
                continue;
            };
            let place = At {
                row: *row,
                column: *column,
            };
            let index = place.row * columns.len() + place.column;
            let names = unresolved.get(&(customer, text));
            let cell = Cell {
                step: StepId(id),
                status: status(&word)?,
                is_overridden,
                has_notes,
                is_unresolved: names.is_some(),
            };
            if let Some(names) = names {
                missing.push((index, names.clone()));
            }
            if let Some((by, at)) = by.zip(at) {
                let reason = None;
                marks.push((index, Mark { by, at, reason }));
            }
            cells.push((place, cell));
        }
        marks.sort_by_key(|it| it.0);
        missing.sort_by_key(|it: &(usize, String)| it.0);
        Ok(Known {
            grid: Grid::new(release, bands, columns, rows, cells),
            marks,
            missing,
        })
    }

    /// Which text lacks values for which customer: their names, with commas between them.
    async fn unresolved_texts(
        &self,
        release: &Release,
        columns: &[Column],
        keys: impl Iterator<Item = i64>,
    ) -> Result<HashMap<(i64, i64), String>, StoreError> {
        let names = texts::names(&self.read, keys).await?;
        let customers: Vec<CustomerId> = columns.iter().map(|it| it.id).collect();
        let missing =
            Missing::of(&self.read, release, &customers, names.values().flatten()).await?;
        let mut unresolved = HashMap::new();
        for customer in &customers {
            for (key, names) in &names {
                let names: Vec<&str> = missing
                    .among(*customer, names)
                    .map(String::as_str)
                    .collect();
                if !names.is_empty() {
                    unresolved.insert((customer.0, *key), names.join(", "));
                }
            }
        }
        Ok(unresolved)
    }

    /// Progress of a release as a whole, and by customer, cluster and category.
    pub async fn release_progress(&self, id: ReleaseId) -> Result<ReleaseProgress, StoreError> {
        use customer_step::Column as Of;
        releases::load(&self.read, id).await?;
        let (bands, columns) = self.columns(id).await?;
        let rows: Vec<(i64, String, String, i64)> = customer_step::Entity::find()
            .select_only()
            .columns([Of::CustomerId, Of::Category, Of::Status])
            .column_as(Of::Id.count(), "n")
            .filter(Of::ReleaseId.eq(id.0))
            .group_by(Of::CustomerId)
            .group_by(Of::Category)
            .group_by(Of::Status)
            .into_tuple()
            .all(&self.read)
            .await?;
        let mut all = Counts::default();
        let mut by_customer: HashMap<i64, Counts> = HashMap::new();
        let mut by_category: HashMap<Category, Counts> = HashMap::new();
        for (customer, category_word, word, n) in rows {
            let (status, n) = (status(&word)?, u32::try_from(n).unwrap_or(u32::MAX));
            all.add(status, n);
            by_customer.entry(customer).or_default().add(status, n);
            by_category
                .entry(category(&category_word)?)
                .or_default()
                .add(status, n);
        }
        let mut clusters: Vec<(Counts, u32)> = vec![(Counts::default(), 0); bands.len()];
        let customers = columns
            .iter()
            .map(|column| {
                let counts = by_customer.get(&column.id.0).copied().unwrap_or_default();
                let (total, n) = &mut clusters[column.band];
                *n += 1;
                StepStatus::ALL
                    .iter()
                    .for_each(|it| total.add(*it, counts.of(*it)));
                Part {
                    id: column.id.0,
                    name: column.name.clone(),
                    customers: 1,
                    progress: counts.into(),
                }
            })
            .collect();
        Ok(ReleaseProgress {
            progress: Progress::from(all),
            customers,
            clusters: bands
                .into_iter()
                .zip(clusters)
                .map(|(band, (counts, customers))| Part {
                    id: band.id.0,
                    name: band.name,
                    customers,
                    progress: counts.into(),
                })
                .collect(),
            categories: Category::ALL
                .iter()
                .map(|category| CategoryPart {
                    category: *category,
                    progress: by_category
                        .get(category)
                        .copied()
                        .unwrap_or_default()
                        .into(),
                })
                .collect(),
        })
    }
}
