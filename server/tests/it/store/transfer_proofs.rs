//! Tests of the store: runs, their output and evidence in an export, and in the database that takes it (R73, R74).
use super::{
    runs_work::{any, at, begun, exit, runner},
    transfer::{exported, faults, import, is_well, text_of, without_import},
};
use crate::{harness::TestApp, world::World};
use app::{
    domain::{
        evidence::EvidenceDraft,
        id::{EvidenceId, RunId, StepId},
        run::{OutputChunk, OutputStream, RunRequest, RunState},
    },
    store::Store,
};

/// Acme's `Check`: a run of it that succeeded with output that is no text, another that was lost, and a pasted output.
pub async fn prove(world: &World) -> (RunId, StepId, EvidenceId) {
    let (app, database) = (&world.app, &world.app.database);
    let claimed = begun(world).await;
    let (id, step) = (claimed.run.id, claimed.run.step_id);
    let chunks = [&b"one\n"[..], b"\xff\x00two"];
    let chunks = (1..).zip(chunks).map(|(seq, bytes)| OutputChunk {
        seq,
        at: at(2),
        stream: OutputStream::Stdout,
        bytes: bytes.to_vec(),
    });
    let ended = database.finish_run(id, &claimed.lease, exit(0), chunks.collect(), at(3));
    assert_eq!(ended.await.unwrap().state, RunState::Succeeded);
    let draft = EvidenceDraft::output("checked\n", None).unwrap();
    let added = app.store.add_evidence(step, draft, app.ana()).await;
    let evidence = added.unwrap().row.id;
    let upgrade = world.id(&world.globex, "Upgrade").await;
    let asked = app.store.ask_run(upgrade, RunRequest::default(), app.ana());
    let lost = asked.await.unwrap().row;
    let serving = runner(app, "eu-2", &["eu-west"]).await;
    let claimed = database.claim_run(&serving, &any(), at(10)).await.unwrap();
    let claimed = claimed.unwrap();
    assert_eq!(claimed.run.id, lost.id);
    let begun = database.begin_run(lost.id, &claimed.lease, at(11));
    begun.await.unwrap();
    assert_eq!(database.expire_runs(at(600)).await.unwrap(), 1);
    (id, step, evidence)
}

async fn with_output(store: &Store) -> String {
    let mut export = store.export(None).await.unwrap().with_output();
    let mut text = String::new();
    while let Some(piece) = export.next_chunk().await.unwrap() {
        text.push_str(&piece);
    }
    text
}

#[tokio::test]
async fn runs_and_evidence_come_back_and_output_does_if_it_was_asked_for() {
    let world = World::active().await;
    let (run, step, evidence) = prove(&world).await;
    let store = &world.app.store;
    let (plain, whole) = (exported(store).await, with_output(store).await);
    assert!(!plain.contains("\"output\":["), "{plain}");
    for (text, output) in [(plain, &b""[..]), (whole, b"one\n\xff\x00two")] {
        let other = TestApp::new().await;
        import(&other, &text).await.unwrap().unwrap();
        let twin = if output.is_empty() {
            exported(&other.store).await
        } else {
            with_output(&other.store).await
        };
        assert_eq!(without_import(&twin), without_import(&text));
        is_well(&other.store).await;
        assert_eq!(
            other.store.run(run).await.unwrap().text_sha256,
            store.run(run).await.unwrap().text_sha256
        );
        assert_eq!(other.store.run_output_bytes(run).await.unwrap(), output);
        let (told, body) = other.store.evidence_file(step, evidence).await.unwrap();
        assert_eq!((told.by.as_str(), body), ("Ana", b"checked\n".to_vec()));
        // The next run has an id that no run had.
        let check = world.id(&world.globex, "Check").await;
        let asked = other
            .store
            .ask_run(check, RunRequest::default(), other.ana());
        assert_eq!(asked.await.unwrap().row.id, RunId(run.0 + 2));
    }
}

#[tokio::test]
async fn a_run_that_is_not_over_is_no_part_of_an_export() {
    let world = World::active().await;
    let claimed = begun(&world).await;
    let text = exported(&world.app.store).await;
    let other = TestApp::new().await;
    import(&other, &text).await.unwrap().unwrap();
    assert!(other.store.run(claimed.run.id).await.is_err());
    // Its step is in progress, as its history says.
    is_well(&other.store).await;
    let eu = runner(&other, "eu-1", &["eu-west"]).await;
    let next = other.database.claim_run(&eu, &any(), at(20)).await;
    assert!(next.unwrap().is_none());
}

#[tokio::test]
async fn a_release_s_export_has_its_runs_and_its_evidence() {
    let world = World::active().await;
    let (run, step, evidence) = prove(&world).await;
    let text = text_of(&world.app.store, Some(world.june)).await;
    let other = TestApp::new().await;
    import(&other, &text).await.unwrap().unwrap();
    assert!(other.store.run(run).await.is_ok());
    assert!(other.store.evidence_file(step, evidence).await.is_ok());
    is_well(&other.store).await;
}

#[tokio::test]
async fn what_was_changed_in_a_run_its_output_or_evidence_is_refused_by_line() {
    let world = World::active().await;
    prove(&world).await;
    let text = with_output(&world.app.store).await;
    let line = |part: &str| 1 + text.lines().position(|it| it.contains(part)).unwrap();
    let (run, output) = (line("\"state\":\"succeeded\""), line("\"text\":\"one\\n\""));
    let evidence = line("\"base64\":\"Y2hlY2tlZAo=\"");
    for (from, to, fault) in [
        (
            "\"state\":\"succeeded\"",
            "\"state\":\"queued\"",
            format!("line {run}, runs.state: only runs that are over"),
        ),
        (
            "\"text\":\"one\\n\"",
            "\"text\":\"ONE\\n\"",
            format!("line {run}, runs.outputSha256: this is not the SHA-256 of the output"),
        ),
        (
            "{\"runId\":1,\"seq\":1,",
            "{\"runId\":9,\"seq\":1,",
            format!("line {output}, output.runId: there is no such run"),
        ),
        (
            "\"base64\":\"Y2hlY2tlZAo=\"",
            "\"base64\":\"Y2hlY2tlZCE=\"",
            format!("line {evidence}, evidence.sha256: this is not the SHA-256 of the bytes"),
        ),
        (
            "\"contentType\":\"text/plain\"",
            "\"contentType\":\"text/html\"",
            format!("line {evidence}, evidence.contentType: the bytes are of another type"),
        ),
        (
            "\"evidence\":[\n",
            "\"proofs\":[\n",
            "evidence: this list is missing".to_owned(),
        ),
    ] {
        assert!(text.contains(from), "{from}");
        let found = faults(&text.replacen(from, to, 1)).await;
        assert!(found.contains(&fault), "{to}: {found}");
    }
}

#[tokio::test]
async fn an_export_of_the_format_before_runs_is_taken() {
    let world = World::active().await;
    let text = exported(&world.app.store).await;
    let old = text
        .replacen("{\"rollcall\":6,", "{\"rollcall\":5,", 1)
        .replacen("\"runs\":[\n],\n", "", 1)
        .replacen("\"evidence\":[\n],\n", "", 1);
    assert_eq!(old.lines().count(), text.lines().count() - 4);
    let other = TestApp::new().await;
    import(&other, &old).await.unwrap().unwrap();
    is_well(&other.store).await;
}
