//! Output of runs (R73): stored with each report, trimmed to the first and the last MiB, and deleted after 90 days, except for its
//! SHA-256.
use super::run_rows;
use crate::domain::{
    field_error::FieldError,
    id::RunId,
    run::{
        HeartbeatAnswer, OUTPUT_CHUNK_MAX_BYTES, OUTPUT_CHUNKS_MAX, OUTPUT_KEPT_BYTES,
        OUTPUT_KEPT_DAYS, OutputChunk, Run,
    },
    validation_errors::ValidationErrors,
    vocabulary::Field,
};
use crate::store::{
    Database,
    entity::{hex_digits, run, run_output},
    error::StoreError,
};
use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use run_output::Column;
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::{Set, Unchanged},
    ColumnTrait, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait, QueryFilter, QueryOrder,
    QuerySelect,
    sea_query::{Expr, Query},
};
use sha2::{Digest, Sha256};

const TABLE: &str = "run_output";
/// The number of bytes of a chunk, in both engines as a number of 64 bits.
const LENGTH: &str = "CAST(length(\"bytes\") AS BIGINT)";
/// `SQLite` accepts 32,766 values per statement; a row has 5.
const ROWS_PER_STATEMENT_MAX: usize = 1_000;
/// Chunks that are kept of the beginning at most, and as many of the end: each is a row, however little is in it.
const CHUNKS_KEPT_MAX: usize = 50_000;

/// What became of the output that a report brought.
pub struct TakenOutput {
    /// What was not known before, in order.
    pub new: Vec<OutputChunk>,
    /// All bytes so far, kept or not.
    pub bytes: i64,
    /// Whether less than all of it is kept.
    pub is_cut: bool,
}

/// Refuses a chunk that is too long, so that little more than the two MiB is kept, and more chunks than one transaction should write.
pub fn check(chunks: &[OutputChunk]) -> Result<(), ValidationErrors> {
    if chunks.len() > OUTPUT_CHUNKS_MAX {
        let (max, long) = (OUTPUT_CHUNKS_MAX, chunks.len());
        let problem = FieldError::TooMany { max, long };
        return Err(ValidationErrors::one(Field::Output, problem));
    }
    let longest = chunks.iter().map(|it| it.bytes.len()).max();
    match longest {
        Some(long) if long > OUTPUT_CHUNK_MAX_BYTES => {
            let max = OUTPUT_CHUNK_MAX_BYTES;
            let problem = FieldError::TooManyBytes { max, long };
            Err(ValidationErrors::one(Field::Output, problem))
        }
        _ => Ok(()),
    }
}

/// Keeps what a report brought. What came before, as a report that is sent again has it, changes nothing.
pub async fn keep(
    tx: &DatabaseTransaction,
    row: &run::Model,
    mut chunks: Vec<OutputChunk>,
) -> Result<TakenOutput, StoreError> {
    // The newest chunk is never left out, so it tells what has come.
    let last: Option<i64> = run_output::Entity::find()
        .select_only()
        .column(Column::Seq)
        .filter(Column::RunId.eq(row.id))
        .order_by_desc(Column::Seq)
        .into_tuple()
        .one(tx)
        .await?;
    chunks.retain(|it| !it.bytes.is_empty() && last.is_none_or(|last| it.seq > last));
    chunks.sort_by_key(|it| it.seq);
    chunks.dedup_by_key(|it| it.seq);
    let mut bytes = row.output_bytes;
    for part in chunks.chunks(ROWS_PER_STATEMENT_MAX) {
        let mut rows = Vec::with_capacity(part.len());
        for chunk in part {
            let long = i64::try_from(chunk.bytes.len());
            bytes += long.map_err(|it| StoreError::corrupt(TABLE, it))?;
            rows.push(run_output::ActiveModel {
                run_id: Set(row.id),
                seq: Set(chunk.seq),
                at: Set(chunk.at.trunc_subsecs(3)),
                stream: Set(chunk.stream.to_string()),
                bytes: Set(chunk.bytes.clone()),
            });
        }
        run_output::Entity::insert_many(rows)
            .exec_without_returning(tx)
            .await?;
    }
    let may_be_too_much = usize::try_from(bytes).is_ok_and(|it| it > 2 * OUTPUT_KEPT_BYTES);
    // They count from 1, so that there are no more than the number of the last, and fewer where some were left out.
    let newest = chunks.last().map_or(0, |it| it.seq);
    let may_be_too_many = usize::try_from(newest).is_ok_and(|it| it > 2 * CHUNKS_KEPT_MAX);
    let is_cut = !chunks.is_empty()
        && (may_be_too_much || may_be_too_many)
        && leave_out_middle(tx, row.id).await?;
    Ok(TakenOutput {
        new: chunks,
        bytes,
        is_cut: is_cut || row.output_cut,
    })
}

/// Deletes what is neither of the beginning nor of the end; false if there is nothing.
async fn leave_out_middle(tx: &DatabaseTransaction, run: i64) -> Result<bool, DbErr> {
    let sizes: Vec<(i64, i64)> = run_output::Entity::find()
        .select_only()
        .column(Column::Seq)
        .expr_as(Expr::cust(LENGTH), "size")
        .filter(Column::RunId.eq(run))
        .order_by_asc(Column::Seq)
        .into_tuple()
        .all(tx)
        .await?;
    let Some((first, last)) = middle(&sizes) else {
        return Ok(false);
    };
    run_output::Entity::delete_many()
        .filter(Column::RunId.eq(run))
        .filter(Column::Seq.between(first, last))
        .exec(tx)
        .await?;
    Ok(true)
}

/// The first and the last of the chunks that lie wholly between the bytes that are kept of the beginning and those of the end;
/// `sizes` are the numbers of the chunks with their bytes. Those of the beginning are never left out, so they stand first.
fn middle(sizes: &[(i64, i64)]) -> Option<(i64, i64)> {
    let n_first = n_until_kept(sizes.iter().map(|it| it.1));
    let n_last = n_until_kept(sizes.iter().rev().map(|it| it.1));
    let middle = sizes.get(n_first..sizes.len() - n_last)?;
    Some((middle.first()?.0, middle.last()?.0))
}

/// How many of the first of these sizes are needed for as many bytes, or make as many chunks, as are kept.
fn n_until_kept(sizes: impl Iterator<Item = i64>) -> usize {
    let (mut n, mut bytes) = (0, 0_i64);
    for size in sizes.take(CHUNKS_KEPT_MAX) {
        if usize::try_from(bytes).is_ok_and(|it| it >= OUTPUT_KEPT_BYTES) {
            break;
        }
        bytes += size;
        n += 1;
    }
    n
}

/// The SHA-256 of what is kept of a run's output.
pub async fn digest(db: &impl ConnectionTrait, run: i64) -> Result<String, DbErr> {
    let chunks: Vec<Vec<u8>> = run_output::Entity::find()
        .select_only()
        .column(Column::Bytes)
        .filter(Column::RunId.eq(run))
        .order_by_asc(Column::Seq)
        .into_tuple()
        .all(db)
        .await?;
    let mut hash = Sha256::new();
    chunks.iter().for_each(|it| hash.update(it));
    Ok(hex_digits(&hash.finalize()))
}

impl Database {
    /// Takes what a run has written since the last report, and renews its lease. Errors: not found; an old lease; a chunk that is
    /// too long.
    #[tracing::instrument(level = "debug", skip_all, fields(id = id.0))]
    pub async fn take_output(
        &self,
        id: RunId,
        lease: &str,
        chunks: Vec<OutputChunk>,
        now: DateTime<Utc>,
    ) -> Result<HeartbeatAnswer, StoreError> {
        let now = now.trunc_subsecs(3);
        check(&chunks)?;
        let tx = self.begin().await?;
        let row = run_rows::held(&tx, id, lease).await?;
        // A run that is over has no lease.
        if row.lease_until.is_none() {
            return Err(StoreError::LeaseOver);
        }
        let taken = keep(&tx, &row, chunks).await?;
        let reported = run::ActiveModel {
            id: Unchanged(row.id),
            lease_until: Set(row.lease_until.max(Some(self.lease_end(now)))),
            output_bytes: Set(taken.bytes),
            output_cut: Set(taken.is_cut),
            ..Default::default()
        };
        let run: Run = reported.update(&tx).await?.try_into()?;
        tx.commit().await?;
        let cancel = run.cancel_by.is_some();
        self.run_notices.tell_output(&run, taken.new);
        Ok(HeartbeatAnswer { cancel })
    }

    /// Deletes the output of runs that ended more than 90 days ago. Answers how many chunks.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn delete_old_output(&self, now: DateTime<Utc>) -> Result<u64, StoreError> {
        let old = Query::select()
            .column(run::Column::Id)
            .from(run::Entity)
            .and_where(run::Column::EndedAt.lt(now - TimeDelta::days(OUTPUT_KEPT_DAYS)))
            .to_owned();
        let tx = self.begin().await?;
        let done = run_output::Entity::delete_many()
            .filter(Column::RunId.in_subquery(old))
            .exec(&tx)
            .await?;
        tx.commit().await?;
        Ok(done.rows_affected)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Chunks of these sizes, numbered from 1.
    fn sizes(of: impl IntoIterator<Item = usize>) -> Vec<(i64, i64)> {
        let bytes = of.into_iter().map(|it| i64::try_from(it).unwrap());
        (1..).zip(bytes).collect()
    }

    #[test]
    fn the_middle_is_what_lies_wholly_behind_the_first_mib_and_wholly_before_the_last() {
        let mib = OUTPUT_KEPT_BYTES;
        assert_eq!(middle(&sizes([])), None);
        assert_eq!(middle(&sizes([mib, mib])), None);
        assert_eq!(middle(&sizes([mib, 1, mib])), Some((2, 2)));
        assert_eq!(middle(&sizes([mib - 1, 5, 7, 9, mib])), Some((3, 4)));
        // The chunk that the boundary runs through is kept whole, at both ends.
        assert_eq!(middle(&sizes([mib - 1, 5, 5, mib - 1])), None);
        assert_eq!(middle(&sizes([mib - 1, 5, 1, 5, mib - 1])), Some((3, 3)));
        let many = sizes(std::iter::repeat_n(OUTPUT_CHUNK_MAX_BYTES, 160));
        assert_eq!(middle(&many), Some((17, 144)));
        // What is there after it was left out has no middle.
        let rest: Vec<(i64, i64)> = many
            .into_iter()
            .filter(|it| !(17..=144).contains(&it.0))
            .collect();
        assert_eq!(middle(&rest), None);
    }

    #[test]
    fn output_of_single_letters_is_kept_up_to_a_number_of_chunks() {
        let letters = |n| sizes(std::iter::repeat_n(1, n));
        assert_eq!(middle(&letters(2 * CHUNKS_KEPT_MAX)), None);
        let one_more = letters(2 * CHUNKS_KEPT_MAX + 1);
        assert_eq!(middle(&one_more), Some((50_001, 50_001)));
    }
}
