//! `rollcall wait`: ends when a release is done, or when it needs somebody. It follows the stream of changes and asks nothing
//! meanwhile.
use super::{
    answers::{RemoteProgress, RemoteRelease, read},
    names, stream,
    table::sentence,
};
use crate::{
    cli::{
        output::{CliOutput, ProgressSpinner},
        remote::RemoteServer,
    },
    ops::failure::{Exit, Failure},
};
use app::domain::{progress::Progress, vocabulary::ReleaseStatus};
use clap::{Args, ValueEnum};
use serde_json::Value;
use std::{sync::Arc, time::Duration};
use tokio::time::timeout;

#[derive(Debug, Args)]
pub struct WaitArguments {
    /// The release: its id, its name, or its name as a slug
    release: String,
    /// What to wait for
    #[arg(long, value_enum)]
    until: AwaitedState,
    /// The longest time to wait, such as 90s, 30m or 2h [default: without end]
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration)]
    timeout: Option<Duration>,
    #[command(flatten)]
    output: CliOutput,
}

/// What is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum AwaitedState {
    /// All steps are done or skipped; a step that fails ends it too, with 3
    Done,
    /// A step has failed
    Attention,
}

/// How waiting ends in this state of the release; none if it goes on.
fn outcome(until: AwaitedState, progress: &Progress) -> Option<Exit> {
    let counts = progress.counts;
    match until {
        AwaitedState::Attention => (counts.failed > 0).then_some(Exit::Done),
        AwaitedState::Done if counts.failed > 0 => Some(Exit::Found),
        AwaitedState::Done => {
            let is_done = progress.total > 0 && counts.finished() == progress.total;
            is_done.then_some(Exit::Done)
        }
    }
}

/// What was read last.
#[derive(Default)]
struct LatestProgress {
    json: Option<Arc<Value>>,
    progress: Option<Progress>,
}

/// How waiting ends.
enum WaitEnd {
    Reached(Exit),
    /// The release is archived before that, so no step of it changes any more.
    Archived,
    TimeOut,
}

/// Whether the release is archived by now. A server that is away meanwhile says so when the stream is open again.
async fn is_archived(server: &RemoteServer, release: &RemoteRelease) -> Result<bool, Failure> {
    match server
        .try_get(&format!("/api/releases/{}", release.id))
        .await
    {
        Ok(Ok((answer, _))) => {
            let now: RemoteRelease = read(answer)?;
            Ok(now.status == ReleaseStatus::Archived)
        }
        Ok(Err(_)) | Err(_) => Ok(false),
    }
}

async fn reached(
    server: &RemoteServer,
    release: &RemoteRelease,
    until: AwaitedState,
    latest: &mut LatestProgress,
) -> Result<WaitEnd, Failure> {
    let path = format!("/api/releases/{}/progress", release.id);
    let mut followed = stream::follow(server, release.id, path);
    loop {
        let seen = followed.borrow_and_update().clone();
        if let Some(answer) = seen.answer {
            let progress: RemoteProgress = read((*answer).clone())?;
            let progress = progress.whole;
            latest.json = Some(answer);
            latest.progress = Some(progress);
            if let Some(exit) = outcome(until, &progress) {
                return Ok(WaitEnd::Reached(exit));
            }
            if is_archived(server, release).await? {
                return Ok(WaitEnd::Archived);
            }
        }
        if let Some(gone) = seen.gone {
            return Err(Failure::Refused(gone));
        }
        if followed.changed().await.is_err() {
            return Err(Failure::Refused("the stream of changes ended".to_owned()));
        }
    }
}

pub async fn wait(server: &RemoteServer, wanted: WaitArguments) -> Result<Exit, Failure> {
    let release = names::release(server, &wanted.release).await?;
    let spinner = ProgressSpinner::start("Waiting");
    let mut latest = LatestProgress::default();
    let reached = reached(server, &release, wanted.until, &mut latest);
    let ended = match wanted.timeout {
        None => reached.await?,
        Some(limit) => match timeout(limit, reached).await {
            Ok(end) => end?,
            Err(_) => WaitEnd::TimeOut,
        },
    };
    drop(spinner);
    let name = &release.name;
    let so_far = latest.progress.as_ref().map(sentence);
    let so_far = so_far.unwrap_or_else(|| "nothing was read yet".to_owned());
    let state = match ended {
        WaitEnd::Reached(Exit::Found) => "has failed steps",
        WaitEnd::Reached(_) if wanted.until == AwaitedState::Attention => "needs attention",
        WaitEnd::Reached(_) => "is done",
        WaitEnd::Archived => "is archived",
        WaitEnd::TimeOut => "is on its way",
    };
    let json = latest.json.map(|it| (*it).clone()).unwrap_or_default();
    let sentence = format!("{name} {state}: {so_far}.");
    wanted.output.print(&sentence, &json)?;
    match ended {
        WaitEnd::Reached(exit) => Ok(exit),
        WaitEnd::Archived => Err(Failure::Refused(format!(
            "{name} is archived, and nothing in it changes any more: it is not waited for"
        ))),
        WaitEnd::TimeOut => {
            let limit = humantime::format_duration(wanted.timeout.unwrap_or_default());
            let problem = format!("the time for {name} ran out after {limit}");
            Err(Failure::Refused(problem))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use app::domain::progress::Counts;

    fn progress(done: u32, failed: u32, skipped: u32, pending: u32) -> Progress {
        Progress::from(Counts {
            done,
            failed,
            skipped,
            pending,
            ..Counts::default()
        })
    }

    #[test]
    fn done_is_reached_when_no_step_is_open_and_ends_with_3_at_a_failure() {
        let ends = |it| outcome(AwaitedState::Done, &it);
        assert_eq!(ends(progress(3, 0, 1, 0)), Some(Exit::Done));
        assert_eq!(ends(progress(3, 0, 0, 1)), None);
        assert_eq!(ends(progress(3, 1, 0, 1)), Some(Exit::Found));
        // A draft has no steps.
        assert_eq!(ends(Progress::default()), None);
    }

    #[test]
    fn attention_is_reached_by_the_first_failure() {
        let ends = |it| outcome(AwaitedState::Attention, &it);
        assert_eq!(ends(progress(3, 0, 0, 1)), None);
        assert_eq!(ends(progress(3, 1, 0, 1)), Some(Exit::Done));
    }
}
