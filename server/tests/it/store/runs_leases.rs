//! Tests of leases and output of runs (R73): what is lost, what of it can still end, what is kept of an output, and runners that are
//! made and deleted.
use super::runs_work::{any, ask, at, begun, exit, hello, is_lease_over, runner, status, stored};
use crate::world::World;
use app::{
    domain::{
        event::{Entity, EventAction, EventFilter},
        field_error::FieldError,
        id::RunId,
        rule_violation::RuleViolation,
        run::{
            OUTPUT_CHUNK_MAX_BYTES, OUTPUT_CHUNKS_MAX, OutputChunk, OutputStream, RunEnd,
            RunFilter, RunKind, RunRequest, RunState,
        },
        runner::{RunnerDraft, RunnerHello},
        via::Via,
        vocabulary::{Field, StepAction, StepStatus},
    },
    store::{
        entity::{run_output, runner as runner_entity, sha256},
        error::StoreError,
        steps::transitions::TransitionOptions,
    },
};
use chrono::TimeDelta;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use std::time::Duration;

const MIB: usize = 1024 * 1024;

fn chunk(seq: i64, bytes: &[u8]) -> OutputChunk {
    OutputChunk {
        seq,
        at: at(2),
        stream: OutputStream::Stdout,
        bytes: bytes.to_vec(),
    }
}

/// What is kept of an output, in order.
async fn kept(world: &World, id: RunId) -> Vec<u8> {
    let rows = run_output::Entity::find()
        .filter(run_output::Column::RunId.eq(id.0))
        .order_by_asc(run_output::Column::Seq)
        .all(world.app.database.writer());
    let rows = rows.await.unwrap();
    rows.into_iter().flat_map(|it| it.bytes).collect()
}

#[tokio::test]
async fn a_run_without_reports_is_lost_and_its_step_stays_in_progress() {
    let world = World::active().await;
    let (app, database) = (&world.app, &world.app.database);
    let claimed = begun(&world).await;
    let (id, lease) = (claimed.run.id, claimed.lease.as_str());
    assert_eq!(database.next_lease_end().await.unwrap(), Some(at(61)));
    database
        .take_output(id, lease, Vec::new(), at(30))
        .await
        .unwrap();
    assert_eq!(database.next_lease_end().await.unwrap(), Some(at(90)));
    assert_eq!(database.expire_runs(at(89)).await.unwrap(), 0);
    assert_eq!(database.expire_runs(at(125)).await.unwrap(), 1);
    assert_eq!(database.expire_runs(at(125)).await.unwrap(), 0);
    assert_eq!(database.next_lease_end().await.unwrap(), None);
    let lost = stored(&world, id).await;
    assert_eq!((lost.state, lost.ended_at), (RunState::Lost, Some(at(125))));
    let reason = "lost its runner at 14:02 UTC, nobody knows how far it came";
    assert_eq!(lost.reason.as_deref(), Some(reason));
    // Without an exit code the reason is all that a report can tell of it.
    let runbook = app
        .store
        .checklist(world.june, world.acme.id)
        .await
        .unwrap();
    let line = format!("  - {id} on eu-1 by Ana, ");
    let runbook = runbook.to_markdown();
    assert!(
        runbook.contains(&line) && runbook.contains(reason),
        "{runbook}"
    );
    assert_eq!(status(&world).await, StepStatus::InProgress);
    let events = app.store.events(EventFilter::default()).await.unwrap();
    let event = &events.items[0];
    assert_eq!(
        (event.action, event.entity),
        (EventAction::RunLost, Entity::Step)
    );
    assert_eq!(event.actor, "Rollcall");
    assert_eq!(event.via, Some(Via::Runner("eu-1".into())));
    assert_eq!(event.after.as_ref().unwrap()["run"]["id"], id.0);
    // Its runner lives after all: it ends what it started, and nothing of it counts.
    let late = database.take_output(id, lease, vec![chunk(1, b"x")], at(126));
    assert!(is_lease_over(late.await));
    let late = database.finish_run(id, lease, exit(0), Vec::new(), at(126));
    assert!(is_lease_over(late.await));
    assert!(kept(&world, id).await.is_empty());
    // Nothing is queued anew by itself; a person may ask again.
    let eu = runner(app, "eu-2", &["eu-west"]).await;
    let none = database.claim_run(&eu, &any(), at(127)).await.unwrap();
    assert!(none.is_none());
    let again = app
        .store
        .retry_run(id, None, RunRequest::default(), app.by("Ben"))
        .await
        .unwrap()
        .row;
    let claimed = database.claim_run(&eu, &any(), at(128)).await.unwrap();
    let claimed = claimed.unwrap();
    assert_eq!(claimed.run.id, again.id);
    assert!(is_lease_over(database.begin_run(id, lease, at(129)).await));
    let begun = database.begin_run(again.id, &claimed.lease, at(129));
    begun.await.unwrap();
    let ended = database.finish_run(again.id, &claimed.lease, exit(0), Vec::new(), at(130));
    assert_eq!(ended.await.unwrap().state, RunState::Succeeded);
    assert_eq!(status(&world).await, StepStatus::Done);
    assert!(app.store.check().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_lost_run_is_waited_for_until_somebody_decides_about_its_step() {
    let world = World::active().await;
    let (app, database) = (&world.app, &world.app.database);
    let lost = begun(&world).await.run;
    let waits = ask(&world, &world.globex, "Upgrade").await;
    assert_eq!(database.expire_runs(at(125)).await.unwrap(), 1);
    let unsettled = async || -> Vec<_> {
        let filter = RunFilter {
            is_unsettled: true,
            ..RunFilter::default()
        };
        let page = app.store.runs(filter).await.unwrap();
        page.items.iter().map(|it| it.run.id).collect()
    };
    assert_eq!(unsettled().await, [waits.id, lost.id]);
    // Who marks it failed and starts it by hand does not wait for the lost one any more.
    for action in [StepAction::Fail, StepAction::Start] {
        let options = TransitionOptions {
            reason: (action == StepAction::Fail).then(|| "looked".to_owned()),
            ..TransitionOptions::default()
        };
        let (id, ben) = (lost.step_id, app.by("Ben"));
        let acted = app.store.act_on_step(id, action, options, ben).await;
        acted.unwrap();
        assert_eq!(unsettled().await, [waits.id]);
    }
}

#[tokio::test]
async fn another_try_may_take_as_long_as_the_first_unless_it_says_how_long() {
    let world = World::active().await;
    let (app, database) = (&world.app, &world.app.database);
    let step = world.id(&world.acme, "Upgrade").await;
    let for_seconds = |seconds| RunRequest {
        timeout_seconds: seconds,
        ..RunRequest::default()
    };
    let run = app.store.ask_run(step, for_seconds(Some(7)), app.ana());
    let mut run = run.await.unwrap().row;
    assert_eq!(run.timeout_seconds, 7);
    let eu = runner(app, "eu-1", &["eu-west"]).await;
    let mut now = 0;
    for (asked, expected) in [(None, 7), (Some(600), 600), (None, 600)] {
        let claimed = database.claim_run(&eu, &any(), at(now)).await.unwrap();
        let claimed = claimed.unwrap();
        let (id, lease) = (run.id, claimed.lease.as_str());
        database.begin_run(id, lease, at(now)).await.unwrap();
        let ended = database.finish_run(id, lease, exit(3), Vec::new(), at(now + 1));
        ended.await.unwrap();
        let again = app
            .store
            .retry_run(id, None, for_seconds(asked), app.ana())
            .await;
        run = again.unwrap().row;
        assert_eq!(run.timeout_seconds, expected);
        now += 10;
    }
    let none = app
        .store
        .retry_run(run.id, None, for_seconds(Some(0)), app.ana());
    assert!(matches!(none.await, Err(StoreError::Invalid(_))));
}

#[tokio::test]
async fn no_lease_ends_while_there_was_no_server_to_report_to() {
    let world = World::active().await;
    let claimed = begun(&world).await;
    let beside = world.app.beside().await;
    assert_eq!(beside.database.keep_leases(at(600)).await.unwrap(), 1);
    assert_eq!(beside.database.expire_runs(at(659)).await.unwrap(), 0);
    let (id, lease) = (claimed.run.id, claimed.lease.as_str());
    let ended = beside
        .database
        .finish_run(id, lease, exit(0), Vec::new(), at(659));
    assert_eq!(ended.await.unwrap().state, RunState::Succeeded);
    assert_eq!(beside.database.keep_leases(at(660)).await.unwrap(), 0);
}

#[tokio::test]
async fn a_lease_is_as_long_as_the_settings_say() {
    let world = World::active().await;
    world.app.database.set_run_lease(Duration::from_secs(5));
    let claimed = begun(&world).await;
    assert_eq!(claimed.lease_seconds, 5);
    let ends = world.app.database.next_lease_end().await.unwrap();
    assert_eq!(ends, Some(at(6)));
}

#[tokio::test]
async fn a_lost_run_on_somebody_s_own_machine_still_ends_unless_its_step_was_run_again() {
    let world = World::active().await;
    let (app, database) = (&world.app, &world.app.database);
    let begin = async |step: &str| {
        let step = world.id(&world.acme, step).await;
        let begun = app
            .store
            .begin_run_here(step, RunRequest::default(), app.ana());
        begun.await.unwrap().row
    };
    let (first, second) = (begin("Check").await, begin("Upgrade").await);
    assert_eq!(first.run.state, RunState::Running);
    let eu = runner(app, "eu-1", &["eu-west"]).await;
    let none = database.claim_run(&eu, &any(), at(0)).await.unwrap();
    assert!(none.is_none(), "no runner gets it");
    assert_eq!(database.expire_runs(at(0)).await.unwrap(), 2);
    let output = vec![chunk(1, b"done\n")];
    let ended = database.finish_run(first.run.id, &first.lease, exit(0), output, at(9));
    let ended = ended.await.unwrap();
    assert_eq!(
        (ended.state, ended.ended_at),
        (RunState::Succeeded, Some(at(9)))
    );
    assert_eq!(ended.output_sha256, Some(sha256("done\n")));
    assert_eq!(status(&world).await, StepStatus::Done);
    let again = app
        .store
        .retry_run(second.run.id, None, RunRequest::default(), app.ana())
        .await
        .unwrap();
    let late = database.finish_run(second.run.id, &second.lease, exit(0), Vec::new(), at(9));
    assert!(is_lease_over(late.await));
    assert_eq!(stored(&world, again.row.id).await.state, RunState::Queued);
}

#[tokio::test]
async fn a_report_that_is_sent_again_changes_nothing_and_brings_a_cancel_back() {
    let world = World::active().await;
    let (app, database) = (&world.app, &world.app.database);
    let mut notices = database.follow_runs();
    let claimed = begun(&world).await;
    let (id, lease) = (claimed.run.id, claimed.lease.as_str());
    let report = vec![chunk(1, b"one\n"), chunk(2, b"\xfftwo\n")];
    for _ in 0..2 {
        let answer = database.take_output(id, lease, report.clone(), at(2)).await;
        assert!(!answer.unwrap().cancel);
    }
    let both = vec![chunk(2, b"other\n"), chunk(3, b"three\n")];
    app.store.cancel_run(id, None, app.by("Ben")).await.unwrap();
    let answer = database.take_output(id, lease, both.clone(), at(3)).await;
    assert!(answer.unwrap().cancel);
    let all = b"one\n\xfftwo\nthree\n";
    assert_eq!(kept(&world, id).await, all);
    assert_eq!(stored(&world, id).await.output_bytes, 15);
    let mut states = Vec::new();
    let mut output = Vec::new();
    while let Ok(notice) = notices.try_recv() {
        assert_eq!((notice.run, notice.release), (id, world.june));
        states.push(notice.state);
        output.extend(notice.chunks.into_iter().map(|it| it.seq));
    }
    // It begins, reports, is asked to end, and reports.
    let (queued, claimed, running) = (RunState::Queued, RunState::Claimed, RunState::Running);
    assert_eq!(
        states,
        [queued, claimed, running, running, running, running]
    );
    assert_eq!(output, [1, 2, 3]);
    let end = RunEnd {
        is_cancelled: true,
        ..exit(143)
    };
    let ended = database
        .finish_run(id, lease, end, both, at(13))
        .await
        .unwrap();
    assert_eq!((ended.state, ended.output_bytes), (RunState::Cancelled, 15));
    let step = world.step(&world.acme, "Check").await;
    let reason = Some("cancelled by Ben after 12 s");
    assert_eq!((step.status, step.reason()), (StepStatus::Failed, reason));
}

#[tokio::test]
async fn of_10_mb_the_first_and_the_last_mib_are_kept() {
    let world = World::active().await;
    let database = &world.app.database;
    let claimed = begun(&world).await;
    let (id, lease) = (claimed.run.id, claimed.lease.as_str());
    // Each line says where it is.
    let all: Vec<u8> = (0..640 * 1024)
        .flat_map(|it| format!("{it:015}\n").into_bytes())
        .collect();
    assert_eq!(all.len(), 10 * MIB);
    let chunks: Vec<OutputChunk> = (1..)
        .zip(all.chunks(OUTPUT_CHUNK_MAX_BYTES))
        .map(|(seq, bytes)| chunk(seq, bytes))
        .collect();
    let (last, reports) = chunks.split_last().unwrap();
    for report in reports.chunks(7) {
        let answer = database.take_output(id, lease, report.to_vec(), at(2));
        answer.await.unwrap();
        assert!(kept(&world, id).await.len() <= 2 * MIB + 2 * OUTPUT_CHUNK_MAX_BYTES);
    }
    let ended = database.finish_run(id, lease, exit(0), vec![last.clone()], at(9));
    let ended = ended.await.unwrap();
    let n_all = u64::try_from(all.len()).unwrap();
    assert_eq!((ended.output_bytes, ended.output_cut), (n_all, true));
    let kept = kept(&world, id).await;
    assert!(kept[..MIB] == all[..MIB]);
    assert!(kept[kept.len() - MIB..] == all[all.len() - MIB..]);
    let text = String::from_utf8(kept).unwrap();
    assert_eq!(ended.output_sha256, Some(sha256(&text)));
}

#[tokio::test]
async fn what_was_left_out_before_it_was_sent_is_counted_too() {
    let world = World::active().await;
    let database = &world.app.database;
    let claimed = begun(&world).await;
    // The number 2 is missing, where the middle was.
    let output = vec![chunk(1, b"one\n"), chunk(3, b"end\n")];
    let end = RunEnd {
        output_bytes: Some(50_000_000),
        ..exit(0)
    };
    let ended = database.finish_run(claimed.run.id, &claimed.lease, end, output, at(9));
    let ended = ended.await.unwrap();
    assert_eq!((ended.output_bytes, ended.output_cut), (50_000_000, true));
    assert_eq!(kept(&world, ended.id).await, b"one\nend\n");
}

#[tokio::test]
async fn a_chunk_that_is_too_long_and_a_report_of_too_many_are_refused() {
    let world = World::active().await;
    let claimed = begun(&world).await;
    let long = vec![chunk(1, &vec![b'x'; OUTPUT_CHUNK_MAX_BYTES + 1])];
    let database = &world.app.database;
    let refused = database.take_output(claimed.run.id, &claimed.lease, long, at(2));
    let Err(StoreError::Invalid(errors)) = refused.await else {
        panic!("it was taken");
    };
    assert!(errors.error_for(Field::Output).is_some());
    let many = (1..).take(OUTPUT_CHUNKS_MAX + 1).map(|it| chunk(it, b"x"));
    let refused = database.take_output(claimed.run.id, &claimed.lease, many.collect(), at(2));
    let Err(StoreError::Invalid(errors)) = refused.await else {
        panic!("it was taken");
    };
    let (max, long) = (OUTPUT_CHUNKS_MAX, OUTPUT_CHUNKS_MAX + 1);
    let too_many = FieldError::TooMany { max, long };
    assert_eq!(errors.error_for(Field::Output), Some(&too_many));
}

#[tokio::test]
async fn output_goes_after_90_days_and_its_digest_stays() {
    let world = World::active().await;
    let database = &world.app.database;
    let claimed = begun(&world).await;
    let id = claimed.run.id;
    let output = vec![chunk(1, b"done\n")];
    let ended = database.finish_run(id, &claimed.lease, exit(0), output, at(9));
    let ended = ended.await.unwrap();
    let delete = async |days: i64| {
        let now = at(10) + TimeDelta::days(days);
        database.delete_old_output(now).await.unwrap()
    };
    assert_eq!(delete(89).await, 0);
    assert_eq!(kept(&world, id).await, b"done\n");
    assert_eq!(delete(90).await, 1);
    assert!(kept(&world, id).await.is_empty());
    assert_eq!(stored(&world, id).await, ended);
    assert_eq!(ended.output_sha256, Some(sha256("done\n")));
}

#[tokio::test]
async fn a_runner_is_known_by_its_token_until_it_is_deleted() {
    let world = World::active().await;
    let (app, database) = (&world.app, &world.app.database);
    let draft = |name: &str, cluster: &str| RunnerDraft {
        name: name.into(),
        clusters: vec!["eu-west".into(), cluster.into()],
    };
    let us_east = world.us_east.id.to_string();
    let made = app.store.create_runner(draft("eu-1", &us_east), app.ana());
    let made = made.await.unwrap().row;
    assert!(made.token.starts_with("rcr_"));
    let clusters = [world.eu_west.id, world.us_east.id].into();
    assert_eq!(made.runner.cluster_ids, clusters);
    let rows = runner_entity::Entity::find().all(database.writer());
    assert_eq!(rows.await.unwrap()[0].sha256, sha256(&made.token));
    let taken = app.store.create_runner(draft("eu-1", "eu-west"), app.ana());
    let taken = taken.await.err();
    let is_taken = matches!(
        taken,
        Some(StoreError::Refused(RuleViolation::RunnerNameTaken { .. }))
    );
    assert!(is_taken, "{taken:?}");
    let unknown = app.store.create_runner(draft("eu-2", "moon"), app.ana());
    let Some(StoreError::Invalid(errors)) = unknown.await.err() else {
        panic!("there is no moon");
    };
    assert!(errors.error_for(Field::ClusterNames).is_some());
    let known = database.runner_by_token(&made.token, at(0)).await.unwrap();
    assert_eq!(known.unwrap().id, made.runner.id);
    let wrong = made.token.replacen("rcr_", "rcp_", 1);
    assert!(
        database
            .runner_by_token(&wrong, at(0))
            .await
            .unwrap()
            .is_none()
    );
    let says = RunnerHello {
        clusters: vec!["us-east".into(), "moon".into()],
        ..hello(&[RunKind::Sql], 4)
    };
    let none = database
        .claim_run(&made.runner, &says, at(1))
        .await
        .unwrap();
    assert!(none.is_none());
    let said = app.store.list_runners().await.unwrap().remove(0);
    assert_eq!(
        (said.kinds, said.max_parallel),
        (vec![RunKind::Sql], Some(4))
    );
    assert_eq!(said.serves, [world.us_east.id].into());
    assert_eq!(said.program_version.as_deref(), Some("0.1.0"));
    assert_eq!(said.seen_at, Some(at(1)));
    // A look at the queue each second writes nothing.
    database
        .claim_run(&made.runner, &says, at(5))
        .await
        .unwrap();
    let seen = app.store.list_runners().await.unwrap()[0].seen_at;
    assert_eq!(seen, Some(at(1)));
    database.runner_by_token(&made.token, at(6)).await.unwrap();
    let seen = app.store.list_runners().await.unwrap()[0].seen_at;
    assert_eq!(seen, Some(at(6)));
    let id = made.runner.id;
    app.store.delete_runner(id, app.ana()).await.unwrap();
    let gone = database.runner_by_token(&made.token, at(7)).await.unwrap();
    assert!(gone.is_none());
    let history = app.store.events(EventFilter::default()).await.unwrap();
    let told = serde_json::to_string(&history.items).unwrap();
    assert!(told.contains("eu-1") && !told.contains(&made.token));
}

#[tokio::test]
async fn what_a_runner_has_in_hand_when_it_is_deleted_is_lost_and_it_gets_no_more() {
    let world = World::active().await;
    let (app, database) = (&world.app, &world.app.database);
    let claimed = begun(&world).await;
    let id = claimed.run.id;
    let listed = app.store.list_runners().await.unwrap().remove(0);
    assert_eq!(listed.running, [id]);
    app.store.delete_runner(listed.id, app.ana()).await.unwrap();
    ask(&world, &world.acme, "Upgrade").await;
    let none = database.claim_run(&listed, &any(), at(2)).await.unwrap();
    assert!(none.is_none());
    let kept = stored(&world, id).await;
    assert_eq!(
        (kept.state, kept.runner.as_deref()),
        (RunState::Running, Some("eu-1"))
    );
    assert_eq!(database.expire_runs(at(61)).await.unwrap(), 1);
    assert_eq!(stored(&world, id).await.state, RunState::Lost);
    assert_eq!(status(&world).await, StepStatus::InProgress);
}

#[tokio::test]
async fn where_nobody_signs_in_and_others_can_come_there_are_no_runners() {
    let world = World::active().await;
    let (app, database) = (&world.app, &world.app.database);
    let eu = runner(app, "eu-1", &["eu-west"]).await;
    database.refuse_runners();
    let draft = RunnerDraft {
        name: "eu-2".into(),
        clusters: vec!["eu-west".into()],
    };
    let made = app.store.create_runner(draft, app.ana()).await.err();
    let claimed = database.claim_run(&eu, &any(), at(0)).await.err();
    for refused in [made, claimed] {
        let is_refused = matches!(refused, Some(StoreError::Refused(RuleViolation::NoRunners)));
        assert!(is_refused, "{refused:?}");
    }
}
