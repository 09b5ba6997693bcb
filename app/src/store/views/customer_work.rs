//! One customer's work in a release: work list, checklist, and previews of custom steps and promotions.
use super::matrix_snapshot;
use crate::domain::{
    customer_checklist::{Checklist, ChecklistStep, KeptTextNote},
    customer_work::{CustomStepPositions, NeighborCustomer, Promotion, WorkList, WorkRow},
    field_error::FieldError,
    id::{CustomerId, ReleaseId, StepId},
    matrix::MatrixColumn,
    permission::Permission,
    release::Release,
    rule_violation::RuleViolation,
    step_proofs,
    summary::CustomerWork,
    template::TemplateImpact,
    variables::{self, VariableScope},
    vocabulary::{Category, Noun, ReleaseStatus, StepStatus},
};
use crate::store::templates::template_rows;
use crate::store::{Store, entity::customer_step, error::StoreError, steps::evidence};
use sea_orm::{ColumnTrait, QueryFilter, QueryOrder, QuerySelect};

impl Store {
    /// One customer's steps without their texts, and the neighbouring customers in the matrix. Errors: not found; not
    /// a member.
    #[tracing::instrument(level = "debug", skip_all, fields(release = release.0, customer = customer.0))]
    pub async fn work_list(
        &self,
        release: ReleaseId,
        customer: CustomerId,
    ) -> Result<WorkList, StoreError> {
        let CustomerWork {
            release,
            customer,
            cluster,
            steps,
            ..
        } = self.customer_work(release, customer).await?;
        let columns = self.visible_columns(release.id).await?;
        let here = columns.iter().position(|it| it.id == customer.id);
        let neighbour = |index: Option<usize>| {
            let column = index.and_then(|it| columns.get(it))?;
            Some(NeighborCustomer {
                id: column.id,
                name: column.name.clone(),
            })
        };
        let scope = VariableScope {
            customer: &customer,
            cluster: &cluster,
            release: &release,
        };
        let rows = steps
            .iter()
            .map(|step| {
                let mut uses = variables::uses(&step.content).into_iter();
                WorkRow::new(step, uses.any(|it| scope.is_unresolved(&it, step.kind)))
            })
            .collect();
        Ok(WorkList {
            previous: neighbour(here.and_then(|it| it.checked_sub(1))),
            next: neighbour(here.map(|it| it + 1)),
            next_unfinished: self.next_unfinished(&release, customer.id).await?,
            rows,
            release,
            customer,
            cluster,
        })
    }

    /// The next customer of an active release with unfinished steps, from the one behind `customer` on, around the matrix.
    async fn next_unfinished(
        &self,
        release: &Release,
        customer: CustomerId,
    ) -> Result<Option<NeighborCustomer>, StoreError> {
        if release.status != ReleaseStatus::Active {
            return Ok(None);
        }
        let matrix = self.visible_matrix(release.id).await?;
        let grid = matrix.grid();
        let here = grid.columns.iter().position(|it| it.id == customer);
        let behind = here.map_or(0, |it| it + 1);
        let around = (behind..grid.columns.len()).chain(0..here.unwrap_or_default());
        let is_unfinished = |index: &usize| {
            let counts = grid.column_counts(*index);
            counts.finished() < counts.total()
        };
        let next = around.into_iter().find(is_unfinished);
        Ok(next.map(|index| NeighborCustomer {
            id: grid.columns[index].id,
            name: grid.columns[index].name.clone(),
        }))
    }

    /// The visible columns of a release's matrix.
    async fn visible_columns(&self, id: ReleaseId) -> Result<Vec<MatrixColumn>, StoreError> {
        let (groups, mut columns) = matrix_snapshot::load_columns(&self.read, id).await?;
        let scope = &self.caller.scope;
        columns.retain(|it| scope.contains(it.id, groups[it.group].id));
        Ok(columns)
    }

    /// One customer's steps with variables filled in; done ones with the text that they were done with (R81). Errors: not found;
    /// not a member.
    #[tracing::instrument(level = "debug", skip_all, fields(release = release.0, customer = customer.0))]
    pub async fn checklist(
        &self,
        release: ReleaseId,
        customer: CustomerId,
    ) -> Result<Checklist, StoreError> {
        let CustomerWork {
            release,
            customer,
            cluster,
            steps,
            ..
        } = self.customer_work(release, customer).await?;
        let scope = VariableScope {
            customer: &customer,
            cluster: &cluster,
            release: &release,
        };
        let done = steps.iter().filter(|it| it.status == StepStatus::Done);
        let done: Vec<StepId> = done.map(|it| it.id).collect();
        let mut kept = self.kept_texts(&done).await?;
        let ids: Vec<StepId> = steps.iter().map(|it| it.id).collect();
        let mut evidence = evidence::of_release(&self.read, release.id, Some(&ids)).await?;
        let mut runs = self.ended_runs(release.id, Some(customer.id)).await?;
        let steps = steps
            .into_iter()
            .map(|step| {
                let evidence = evidence.remove(&step.id).unwrap_or_default();
                let runs = runs.remove(&step.id).unwrap_or_default();
                let resolved = variables::resolve(&step.content, step.kind, scope);
                let (now, mut unresolved) = (resolved.text(), resolved.unresolved());
                let then = kept.remove(&step.id);
                let note = then.as_ref().map(|it| KeptTextNote {
                    is_shown: it.is_shown,
                    differs: it.text != now,
                });
                if note.is_some_and(|it| it.differs) {
                    // These are missing in today's text, which is not listed.
                    unresolved.clear();
                }
                ChecklistStep {
                    text: then.map_or(now, |it| it.text),
                    kept: note,
                    unresolved,
                    reason: step.reason().map(str::to_owned),
                    name: step.name,
                    category: step.category,
                    kind: step.kind,
                    status: step.status,
                    notes: step.notes,
                    by: step.state_by,
                    at: step.state_at,
                    proofs: step_proofs::lines(&evidence, &runs),
                    evidence,
                    runs,
                }
            })
            .collect();
        Ok(Checklist {
            release,
            customer,
            cluster,
            steps,
        })
    }

    /// Where a custom step can be inserted in a customer's list, and which customers would get it through the
    /// template. Errors: not found; not a member.
    #[tracing::instrument(level = "debug", skip_all, fields(release = release.0, customer = customer.0))]
    pub async fn custom_step_positions(
        &self,
        release: ReleaseId,
        customer: CustomerId,
    ) -> Result<CustomStepPositions, StoreError> {
        use customer_step::Column;
        self.must_have(Permission::CustomSteps)?;
        self.visible_release(release).await?;
        self.visible_customer(customer).await?;
        let columns = self.visible_columns(release).await?;
        if !columns.iter().any(|it| it.id == customer) {
            return Err(StoreError::NotFound(Noun::Customer));
        }
        let rows: Vec<(i64, String, String)> = self
            .visible()
            .steps()
            .select_only()
            .columns([Column::Id, Column::Category, Column::Name])
            .filter(Column::ReleaseId.eq(release.0))
            .filter(Column::CustomerId.eq(customer.0))
            .order_by_asc(Column::Category)
            .order_by_asc(Column::OrderIndex)
            .into_tuple()
            .all(&self.read)
            .await?;
        let steps = rows
            .into_iter()
            .map(|(id, word, name)| {
                let category: Category = word
                    .parse()
                    .map_err(|_: FieldError| StoreError::corrupt("customer_steps", &word))?;
                Ok((StepId(id), category, name))
            })
            .collect::<Result<_, StoreError>>()?;
        Ok(CustomStepPositions {
            steps,
            customers: columns.into_iter().map(|it| it.name).collect(),
        })
    }

    /// What promoting a step would do. Errors: not found; nothing to promote.
    #[tracing::instrument(level = "debug", skip_all, fields(id = id.0))]
    pub async fn promotion(&self, id: StepId) -> Result<Promotion, StoreError> {
        let step = self.visible_step(id).await?;
        self.must_have(Permission::Promote)?;
        let mut promotion = Promotion::default();
        match step.template_id {
            Some(_) if !step.is_overridden => {
                return Err(RuleViolation::NothingToPromote { name: step.name }.into());
            }
            Some(template) => {
                let mut effect = TemplateImpact::default();
                template_rows::copies_of(&self.read, template)
                    .await?
                    .into_iter()
                    .filter(|it| it.id != id.0)
                    .for_each(|it| effect.count(it.propagation));
                promotion.effect = effect;
            }
            None => {
                let columns = self.visible_columns(step.release_id).await?;
                promotion.customers = columns
                    .into_iter()
                    .filter(|it| it.id != step.customer_id)
                    .map(|it| it.name)
                    .collect();
            }
        }
        Ok(promotion)
    }
}
