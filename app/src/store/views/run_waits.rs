//! What queued runs wait for (R71), as the reason of each: another run of their customer, a runner that is not there, or room.
use super::{run_offers::able, runs::names};
use crate::domain::{
    id::ClusterId,
    plural::pluralize,
    rule_violation::RuleViolation,
    run::{Run, RunKind, RunState},
    run_queue,
    runner::Runner,
};
use crate::store::{
    Store,
    entity::{cluster, customer_step, parse_word, release, run},
    error::StoreError,
    runs::queue::{self, QueuedRun},
};
use run::Column;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect};
use std::collections::{BTreeSet, HashMap};

/// What there is for runs to be carried out by.
struct Means {
    runners: Vec<Runner>,
    has_jenkins: bool,
    is_refused: bool,
    /// The name of each cluster, and how many runs it takes at once.
    clusters: HashMap<i64, (String, i32)>,
    /// The cluster and the runner of each run that is carried out, but for those of `rollcall run`.
    held: Vec<(i64, Option<i64>)>,
}

impl Means {
    /// Why a run is given to nobody now; none if somebody is about to fetch it, or it would only end.
    fn obstacle(&self, run: &QueuedRun) -> Result<Option<String>, StoreError> {
        if run.state != RunState::Queued || run.must_end {
            return Ok(None);
        }
        if self.is_refused {
            return Ok(Some(RuleViolation::NoRunners.to_string()));
        }
        let Some((name, limit)) = self.clusters.get(&run.cluster) else {
            return Ok(None);
        };
        let kind: RunKind = parse_word("runs", &run.kind)?;
        let mut able_runners = Vec::new();
        if kind == RunKind::Jenkins {
            if !self.has_jenkins {
                return Ok(Some(RuleViolation::NoJenkins.to_string()));
            }
        } else {
            match able(&self.runners, ClusterId(run.cluster), name, kind) {
                Ok(found) => able_runners = found,
                Err(why) => return Ok(Some(why)),
            }
        }
        let n_held = self.held.iter().filter(|it| it.0 == run.cluster).count();
        if n_held >= usize::try_from(*limit).unwrap_or_default() {
            let most = pluralize(*limit, "run");
            return Ok(Some(format!("{name} takes {most} at once")));
        }
        let is_busy = |it: &&Runner| {
            let n_own = self.held.iter().filter(|held| held.1 == Some(it.id.0));
            let limit = it.max_parallel.unwrap_or(u32::MAX);
            n_own.count() >= usize::try_from(limit).unwrap_or(usize::MAX)
        };
        let are_busy = !able_runners.is_empty() && able_runners.iter().all(is_busy);
        Ok(are_busy.then(|| format!("all runners that serve {name} are busy")))
    }
}

impl Store {
    /// Fills in what those of these runs wait for that are queued, where that is known. Nothing else is read if none is.
    pub(in crate::store) async fn tell_waits(&self, runs: Vec<&mut Run>) -> Result<(), StoreError> {
        let queued = runs.into_iter().filter(|it| it.state == RunState::Queued);
        let queued: Vec<&mut Run> = queued.collect();
        if queued.is_empty() {
            return Ok(());
        }
        let customers: BTreeSet<i64> = queued.iter().map(|it| it.customer_id.0).collect();
        let queues = queue::queues_of(&self.read, customers).await?;
        let means = self.means().await?;
        // One without any was begun, or has ended, since it was read.
        let mut waiting: Vec<(&mut Run, &QueuedRun)> = Vec::with_capacity(queued.len());
        for run in queued {
            let first = queues.first((run.release_id.0, run.customer_id.0));
            waiting.extend(first.map(|first| (run, first)));
        }
        let of = (customer_step::Column::Id, customer_step::Column::Name);
        let ids = waiting.iter().map(|it| it.1.step.0).collect();
        let steps = names(&self.read, self.visible().steps(), of, ids).await?;
        let of = (release::Column::Id, release::Column::Name);
        let ids = waiting.iter().map(|it| it.1.release.0).collect();
        let releases = names(&self.read, self.visible().releases(), of, ids).await?;
        for (run, first) in waiting {
            let obstacle = means.obstacle(first)?;
            let ahead = (first.id != run.id.0).then(|| {
                let step = steps.get(&first.step.0);
                let step = step.map_or("a deleted step", String::as_str);
                match releases.get(&first.release.0) {
                    Some(release) if first.release != run.release_id => {
                        format!("{step} of {release}")
                    }
                    _ => step.to_owned(),
                }
            });
            run.reason = run_queue::waits_text(ahead.as_deref(), obstacle.as_deref());
        }
        Ok(())
    }

    /// What there is for runs to be carried out by now.
    async fn means(&self) -> Result<Means, StoreError> {
        let held: Vec<(i64, Option<i64>)> = run::Entity::find()
            .select_only()
            .columns([Column::ClusterId, Column::RunnerId])
            .filter(
                Column::State.is_in([RunState::Claimed, RunState::Running].map(RunState::as_str)),
            )
            .filter(Column::IsHere.eq(false))
            .into_tuple()
            .all(&self.read)
            .await?;
        let clusters: Vec<(i64, String, i32)> = self
            .visible()
            .clusters()
            .select_only()
            .columns([
                cluster::Column::Id,
                cluster::Column::Name,
                cluster::Column::MaxParallel,
            ])
            .into_tuple()
            .all(&self.read)
            .await?;
        Ok(Means {
            runners: self.runners_there().await?,
            has_jenkins: self.database.has_jenkins(),
            is_refused: self.database.runners_are_refused(),
            clusters: clusters
                .into_iter()
                .map(|(id, name, limit)| (id, (name, limit)))
                .collect(),
            held,
        })
    }
}
