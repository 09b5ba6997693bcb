//! Runs that are over, evidence, and output of runs, as rows of an export (`domain::transfer::proof_rows`).
use super::export::{Export, json, members_of};
use crate::domain::{
    base64,
    evidence::Evidence,
    id::{BatchId, ReleaseId, RunId},
    run::{OutputChunk, Run},
    transfer::proof_rows::{TransferEvidence, TransferOutput, TransferRun},
};
use crate::store::{
    access::visible::Visible,
    engine::row_decode::{of_row, read_rows, unreadable_column},
    entity::{customer_step, evidence, run, run_output},
    error::StoreError,
    steps::evidence::EvidenceRow,
};
use sea_orm::{
    ColumnTrait, EntityTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::{Query, SelectStatement},
};

impl Export {
    /// The next runs that are over; of one release those of the customers that are in it.
    pub(super) async fn next_runs(&mut self, limit: u64) -> Result<Vec<String>, StoreError> {
        use run::Column;
        let mut query = Visible::of(&self.caller)
            .runs()
            .filter(Column::OpenStepId.is_null());
        if let Some((last, _)) = self.last {
            query = query.filter(Column::Id.gt(last));
        }
        if let Some(release) = self.release {
            query = query
                .filter(Column::ReleaseId.eq(release.0))
                .filter(Column::CustomerId.in_subquery(members_of(release)));
        }
        let query = query.order_by_asc(Column::Id).limit(limit);
        let found = read_rows(&self.tx, query, Column::Id).await?;
        self.n_read = found.len();
        let mut rows = Vec::with_capacity(found.len());
        for row in found {
            let mut row = row.map_err(|it| StoreError::corrupt("runs", it))?;
            let id = row.id;
            self.last = Some((id, 0));
            let batch_id = BatchId(std::mem::take(&mut row.batch_id));
            let run = Run::try_from(row).map_err(|it| of_row(it, "runs", id))?;
            rows.push(json(&TransferRun { run, batch_id })?);
        }
        Ok(rows)
    }

    /// The next pieces of evidence; of one release those of its steps.
    pub(super) async fn next_evidence(&mut self, limit: u64) -> Result<Vec<String>, StoreError> {
        use evidence::Column;
        let mut query = evidence::Entity::find();
        if let Some((last, _)) = self.last {
            query = query.filter(Column::Id.gt(last));
        }
        if let Some(release) = self.release {
            query = query
                .filter(Column::ReleaseId.eq(release.0))
                .filter(Column::StepId.in_subquery(steps_of(release)));
        }
        let query = query.order_by_asc(Column::Id).limit(limit);
        let found = read_rows(&self.tx, query, Column::Id).await?;
        self.n_read = found.len();
        let mut rows = Vec::with_capacity(found.len());
        for row in found {
            let mut row = row.map_err(|it| StoreError::corrupt("evidence", it))?;
            let id = row.id;
            self.last = Some((id, 0));
            let base64 = base64::encode(&std::mem::take(&mut row.body));
            let (release_id, from_hook) = (ReleaseId(row.release_id), row.from_hook);
            let owner = std::mem::take(&mut row.owner);
            let evidence = Evidence::try_from(EvidenceRow::from(row));
            rows.push(json(&TransferEvidence {
                evidence: evidence.map_err(|it| of_row(it, "evidence", id))?,
                release_id,
                from_hook,
                owner,
                base64,
            })?);
        }
        Ok(rows)
    }

    /// The next pieces of output, of the runs that are part of the export. Their key is run and number.
    pub(super) async fn next_output(&mut self, limit: u64) -> Result<Vec<String>, StoreError> {
        use run_output::Column;
        let mut query =
            run_output::Entity::find().filter(Column::RunId.in_subquery(ended_runs(self.release)));
        if let Some((run, seq)) = self.last {
            let same_run = Column::RunId.eq(run).and(Column::Seq.gt(seq));
            query = query.filter(Column::RunId.gt(run).or(same_run));
        }
        let found = query
            .order_by_asc(Column::RunId)
            .order_by_asc(Column::Seq)
            .limit(limit)
            .all(&self.tx)
            .await
            .map_err(|error| match unreadable_column(&error) {
                Some(column) => {
                    let detail = format!("its column {column} cannot be read");
                    StoreError::corrupt("run_output", detail)
                }
                None => error.into(),
            })?;
        self.n_read = found.len();
        let mut rows = Vec::with_capacity(found.len());
        for row in found {
            let (run, seq) = (row.run_id, row.seq);
            self.last = Some((run, seq));
            let chunk = OutputChunk::try_from(row).map_err(|it| of_row(it, "run_output", run))?;
            rows.push(json(&TransferOutput {
                run_id: RunId(run),
                chunk,
            })?);
        }
        Ok(rows)
    }
}

fn steps_of(release: ReleaseId) -> SelectStatement {
    Query::select()
        .column(customer_step::Column::Id)
        .from(customer_step::Entity)
        .and_where(customer_step::Column::ReleaseId.eq(release.0))
        .to_owned()
}

/// The runs that `next_runs` writes. Only who sees all customers gets output.
fn ended_runs(release: Option<ReleaseId>) -> SelectStatement {
    let mut query = Query::select();
    query
        .column(run::Column::Id)
        .from(run::Entity)
        .and_where(run::Column::OpenStepId.is_null());
    if let Some(release) = release {
        query
            .and_where(run::Column::ReleaseId.eq(release.0))
            .and_where(run::Column::CustomerId.in_subquery(members_of(release)));
    }
    query
}
