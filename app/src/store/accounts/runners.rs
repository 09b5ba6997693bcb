//! Runners (R73): list, make, delete; and who a runner is by its token. Only the SHA-256 of a token is stored. What they say of
//! themselves, and when they were here last, is no part of the history.
use super::random;
use crate::domain::{
    actor_stamp::ActorStamp,
    event::{Changed, Entity, EventAction},
    field_error::FieldError,
    id::{ClusterId, RunId, RunnerId},
    permission::Permission,
    rule_violation::RuleViolation,
    run::RunState,
    runner::{
        MadeRunner, RUNNER_ABSENT_AFTER_SECONDS, Runner, RunnerDraft, RunnerHello, RunnerTokenText,
    },
    validation_errors::ValidationErrors,
    vocabulary::{Field, Noun},
};
use crate::store::{
    Database, Store,
    audit::events::NewEvent,
    entity::{cluster, run, runner, sha256},
    error::StoreError,
};
use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use runner::Column;
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::{NotSet, Set},
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect,
    sea_query::{Condition, Expr},
};
use serde::Serialize;
use std::collections::{BTreeSet, HashMap};

/// How often it is written that a runner is here: each report writing it would make all others wait.
const SEEN_EVERY_SECONDS: i64 = 5;
/// Characters of a version of the program.
const VERSION_MAX_CHARS: usize = 50;

impl Store {
    /// The runners, oldest first, with what they do now. Errors: a role that is too low.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn list_runners(&self) -> Result<Vec<Runner>, StoreError> {
        self.must_have(Permission::Runners)?;
        let rows = runner::Entity::find().order_by_asc(Column::Id);
        let rows = rows.all(&self.read).await?;
        let mut running = running(&self.read).await?;
        let runners = rows.into_iter().map(|row| {
            let runner: Runner = row.try_into()?;
            Ok(Runner {
                running: running.remove(&runner.id.0).unwrap_or_default(),
                ..runner
            })
        });
        runners.collect()
    }

    /// Creates a runner. Only this answer contains its token. Errors: wrong fields; clusters that do not exist; a name that is taken; a role
    /// that is too low; there are no runners here.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn create_runner(
        &self,
        draft: RunnerDraft,
        stamp: ActorStamp,
    ) -> Result<Changed<MadeRunner>, StoreError> {
        let permit = self.permit(Permission::Runners.on_anything()).await?;
        if self.database.runners_are_refused() {
            return Err(RuleViolation::NoRunners.into());
        }
        let fields = draft.parse()?;
        let token = random::runner_token()?;
        let mut change = self.change(permit, stamp).await?;
        let name: String = fields.name.into();
        let clusters = cluster_ids(&change.tx, &fields.clusters).await?;
        let of_name = runner::Entity::find().filter(Column::Name.eq(name.as_str()));
        if of_name.one(&change.tx).await?.is_some() {
            return Err(RuleViolation::RunnerNameTaken { name }.into());
        }
        let row = runner::ActiveModel {
            id: NotSet,
            name: Set(name),
            sha256: Set(sha256(token.as_str())),
            cluster_ids: Set(json(&clusters)),
            created_by: Set(change.stamp.by.clone()),
            created_at: Set(change.stamp.at),
            seen_at: Set(None),
            kinds: Set(None),
            serves: Set(None),
            max_parallel: Set(None),
            program_version: Set(None),
        };
        let runner: Runner = row.insert(&change.tx).await?.try_into()?;
        change.record(event(&runner, EventAction::Create).after(&runner));
        let token = token.as_str().to_owned();
        change.finish(MadeRunner { runner, token }).await
    }

    /// Deletes a runner: its token opens nothing any more. What it has in hand is lost when its lease ends. Errors: not found; a role
    /// that is too low.
    #[tracing::instrument(level = "debug", skip_all, fields(id = id.0))]
    pub async fn delete_runner(&self, id: RunnerId, stamp: ActorStamp) -> Result<(), StoreError> {
        let permit = self.permit(Permission::Runners.on_anything()).await?;
        let mut change = self.change(permit, stamp).await?;
        let row = runner::Entity::find_by_id(id.0).one(&change.tx).await?;
        let runner: Runner = row.ok_or(StoreError::NotFound(Noun::Runner))?.try_into()?;
        runner::Entity::delete_by_id(id.0).exec(&change.tx).await?;
        change.record(event(&runner, EventAction::Delete).before(&runner));
        change.commit().await?;
        Ok(())
    }
}

fn event(runner: &Runner, action: EventAction) -> NewEvent {
    NewEvent::of(Entity::Runner, runner.id.0, action)
}

fn json(list: &impl Serialize) -> String {
    serde_json::to_string(list).unwrap_or_else(|_| "[]".to_owned())
}

/// What each runner has in hand, by its id.
async fn running(db: &impl ConnectionTrait) -> Result<HashMap<i64, Vec<RunId>>, DbErr> {
    let held = [RunState::Claimed, RunState::Running].map(RunState::as_str);
    let rows: Vec<(i64, Option<i64>)> = run::Entity::find()
        .select_only()
        .columns([run::Column::Id, run::Column::RunnerId])
        .filter(run::Column::State.is_in(held))
        .order_by_asc(run::Column::Id)
        .into_tuple()
        .all(db)
        .await?;
    let mut running: HashMap<i64, Vec<RunId>> = HashMap::new();
    for (run, runner) in rows {
        if let Some(runner) = runner {
            running.entry(runner).or_default().push(RunId(run));
        }
    }
    Ok(running)
}

/// The clusters that are meant by these names or ids. Errors: those that do not exist.
async fn cluster_ids(
    db: &impl ConnectionTrait,
    meant: &[String],
) -> Result<BTreeSet<ClusterId>, StoreError> {
    let clusters: Vec<(i64, String)> = cluster::Entity::find()
        .select_only()
        .columns([cluster::Column::Id, cluster::Column::Name])
        .into_tuple()
        .all(db)
        .await?;
    let (mut ids, mut faults) = (BTreeSet::new(), Vec::new());
    for text in meant {
        let named = clusters.iter().find(|it| it.1 == *text);
        let found = named.or_else(|| clusters.iter().find(|it| it.0.to_string() == *text));
        match found {
            Some((id, _)) => {
                ids.insert(ClusterId(*id));
            }
            None => faults.push(format!("There is no cluster {text}")),
        }
    }
    if faults.is_empty() {
        return Ok(ids);
    }
    let problem = FieldError::Faults { faults };
    Err(ValidationErrors::one(Field::ClusterNames, problem).into())
}

/// Whether it is long enough ago that it was written that a runner is here.
fn must_be_noted(seen_at: Option<DateTime<Utc>>, now: DateTime<Utc>) -> bool {
    seen_at.is_none_or(|it| now - it >= TimeDelta::seconds(SEEN_EVERY_SECONDS))
}

impl Database {
    /// The runner that a token stands for; none if there is no such runner. Notes that it is here.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn runner_by_token(
        &self,
        token: &str,
        now: DateTime<Utc>,
    ) -> Result<Option<Runner>, StoreError> {
        let Some(token) = RunnerTokenText::parse(token) else {
            return Ok(None);
        };
        let row = runner::Entity::find()
            .filter(Column::Sha256.eq(sha256(token.as_str())))
            .one(&self.read)
            .await?;
        let Some(row) = row else { return Ok(None) };
        let runner: Runner = row.try_into()?;
        if must_be_noted(runner.seen_at, now) {
            self.note_runner(runner.id, ActiveModelTrait::default(), now)
                .await?;
        }
        Ok(Some(runner))
    }

    /// Notes of runners that were not heard of for a minute that they serve nothing, until they say again what they do.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn note_absent_runners(&self, now: DateTime<Utc>) -> Result<(), StoreError> {
        let is_absent = Condition::all()
            .add(Column::SeenAt.lt(now - TimeDelta::seconds(RUNNER_ABSENT_AFTER_SECONDS)))
            .add(Column::Serves.is_not_null());
        let absent = runner::Entity::find().filter(is_absent.clone());
        // Mostly there are none, and the writer is left to others.
        if absent.count(&self.read).await? == 0 {
            return Ok(());
        }
        let tx = self.begin().await?;
        runner::Entity::update_many()
            .col_expr(Column::Serves, Expr::val(None::<String>))
            .filter(is_absent)
            .exec(&tx)
            .await?;
        tx.commit().await?;
        Ok(())
    }

    /// Records that a runner process drains: it claims no more runs and still executes the given number. The runner counts as serving
    /// nothing until its next claim, and as not connected if the process `has_ended`, unless more of its runs are in progress than
    /// that number: then another process with the same token is still there.
    #[tracing::instrument(level = "debug", skip_all, fields(runner = id.0))]
    pub async fn note_leaving_runner(
        &self,
        id: RunnerId,
        in_hand: u64,
        has_ended: bool,
    ) -> Result<(), StoreError> {
        let tx = self.begin().await?;
        let running = running(&tx).await?;
        let n_running = running.get(&id.0).map_or(0, |it| it.len() as u64);
        if n_running > in_hand {
            tx.rollback().await?;
            return Ok(());
        }
        let mut leaving = runner::ActiveModel {
            serves: Set(None),
            ..Default::default()
        };
        if has_ended {
            leaving.max_parallel = Set(Some(0));
        }
        runner::Entity::update_many()
            .set(leaving)
            .filter(Column::Id.eq(id.0))
            .exec(&tx)
            .await?;
        tx.commit().await?;
        Ok(())
    }

    /// Notes what a runner says of itself. Answers the clusters that it serves: of its own those that it names, all if it names
    /// none. None if it was deleted.
    pub(in crate::store) async fn hear_hello(
        &self,
        id: RunnerId,
        hello: &RunnerHello,
        now: DateTime<Utc>,
    ) -> Result<Option<BTreeSet<ClusterId>>, StoreError> {
        let row = runner::Entity::find_by_id(id.0).one(&self.read).await?;
        let Some(before) = row else { return Ok(None) };
        let own = Runner::try_from(before.clone())?.cluster_ids;
        let clusters: Vec<(i64, String)> = cluster::Entity::find()
            .select_only()
            .columns([cluster::Column::Id, cluster::Column::Name])
            .filter(cluster::Column::Id.is_in(own.iter().map(|it| it.0)))
            .into_tuple()
            .all(&self.read)
            .await?;
        let is_named = |name: &String| hello.clusters.is_empty() || hello.clusters.contains(name);
        let serves: BTreeSet<ClusterId> = clusters
            .iter()
            .filter(|it| is_named(&it.1))
            .map(|it| ClusterId(it.0))
            .collect();
        let version = hello.version.chars().filter(|it| !it.is_control());
        let after = runner::Model {
            kinds: Some(json(&hello.kinds)),
            serves: Some(json(&serves)),
            max_parallel: Some(i32::try_from(hello.max_parallel).unwrap_or(i32::MAX)),
            program_version: Some(version.take(VERSION_MAX_CHARS).collect()),
            ..before.clone()
        };
        if after != before || must_be_noted(before.seen_at, now) {
            let said = runner::ActiveModel {
                kinds: Set(after.kinds),
                serves: Set(after.serves),
                max_parallel: Set(after.max_parallel),
                program_version: Set(after.program_version),
                ..Default::default()
            };
            self.note_runner(id, said, now).await?;
        }
        Ok(Some(serves))
    }

    /// Writes that a runner is here, and what it says. It may have been deleted meanwhile.
    async fn note_runner(
        &self,
        id: RunnerId,
        mut said: runner::ActiveModel,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        said.seen_at = Set(Some(now.trunc_subsecs(3)));
        let tx = self.begin().await?;
        runner::Entity::update_many()
            .set(said)
            .filter(Column::Id.eq(id.0))
            .exec(&tx)
            .await?;
        tx.commit().await?;
        Ok(())
    }
}
