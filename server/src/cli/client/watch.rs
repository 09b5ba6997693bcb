//! `rollcall watch`: a release as it goes on. On a terminal a table that is drawn over and over; in a pipe a line for each step that
//! changes.
use super::{
    answers::{RemoteCell, RemoteMatrix},
    names,
    screen::{self, LiveScreen},
    stream::{self, FollowedAnswer},
    table::{Canvas, fit, sentence},
};
use crate::{
    cli::{
        output::{CliOutput, stdout_name, write},
        remote::RemoteServer,
    },
    ops::failure::{Exit, Failure},
};
use app::{
    api::context::now,
    domain::{
        plural::pluralize,
        progress::{Counts, Progress},
        vocabulary::StepStatus,
    },
};
use chrono::{DateTime, Utc};
use clap::Args;
use serde_json::json;
use std::{
    cmp::Reverse,
    collections::HashMap,
    io::{self, IsTerminal},
    time::Duration,
};
use tokio::{
    signal::unix::{SignalKind, signal},
    sync::watch::Receiver,
    time::sleep,
};

/// How often the table is drawn although nothing changed: ages of changes go on.
const TICK: Duration = Duration::from_secs(10);
/// Rows of the table that are kept for steps, however many clusters there are.
const STEP_ROWS_MIN: usize = 6;

#[derive(Debug, Args)]
pub struct WatchArguments {
    /// The release: its id, its name, or its name as a slug
    release: String,
    #[command(flatten)]
    output: CliOutput,
}

pub async fn watch(server: &RemoteServer, wanted: WatchArguments) -> Result<Exit, Failure> {
    let release = names::release(server, &wanted.release).await?;
    let path = format!("/api/releases/{}/matrix", release.id);
    let followed = stream::follow(server, release.id, path);
    if io::stdout().is_terminal() && !wanted.output.json {
        draw_table(followed).await
    } else {
        print_lines(followed, wanted.output).await
    }
}

/// Waits for the next answer. Errors: the server is gone.
async fn changed(followed: &mut Receiver<FollowedAnswer>) -> Result<FollowedAnswer, Failure> {
    let is_over = followed.changed().await.is_err();
    let seen = followed.borrow_and_update().clone();
    match &seen.gone {
        Some(gone) => Err(Failure::Refused(gone.clone())),
        None if is_over => Err(Failure::Refused("the stream of changes ended".to_owned())),
        None => Ok(seen),
    }
}

/// The matrix of an answer; none before the first.
fn matrix(seen: &FollowedAnswer) -> Result<Option<RemoteMatrix>, Failure> {
    let answer = seen.answer.as_ref();
    let matrix = answer.map(|it| RemoteMatrix::read((**it).clone()));
    matrix.transpose()
}

fn progress<'a>(cells: impl Iterator<Item = &'a RemoteCell>) -> Progress {
    let counts: Counts = cells.map(|it| it.status).collect();
    Progress::from(counts)
}

/// What is different between two readings of a matrix.
struct CellDifference<'a> {
    changed: Vec<&'a RemoteCell>,
    n_added: usize,
    n_removed: usize,
}

impl<'a> CellDifference<'a> {
    fn new(before: &[RemoteCell], after: &'a [RemoteCell]) -> Self {
        let mut known: HashMap<i64, &RemoteCell> = before.iter().map(|it| (it.id, it)).collect();
        let (mut changed, mut n_added) = (Vec::new(), 0);
        for cell in after {
            match known.remove(&cell.id) {
                None => n_added += 1,
                Some(old) if (old.status, &old.at) != (cell.status, &cell.at) => changed.push(cell),
                Some(_) => {}
            }
        }
        changed.sort_by_key(|it| it.at);
        let n_removed = known.len();
        Self {
            changed,
            n_added,
            n_removed,
        }
    }
}

/// A line about a step that has changed: when, what, whose, by whom.
fn line_of(cell: &RemoteCell, now: DateTime<Utc>) -> String {
    let at = cell.at.unwrap_or(now).format("%Y-%m-%dT%H:%M:%SZ");
    let RemoteCell {
        number,
        step,
        customer,
        namespace,
        cluster,
        status,
        by,
        ..
    } = cell;
    let by = by.as_ref().map(|it| format!(", by {it}"));
    let by = by.unwrap_or_default();
    let status = status.in_sentence();
    format!("{at} {status}: {number} {step}, {customer} ({namespace}, {cluster}){by}")
}

/// Prints a line about the whole, and then one for each step that changes, until the server is gone or nobody reads.
async fn print_lines(
    mut followed: Receiver<FollowedAnswer>,
    output: CliOutput,
) -> Result<Exit, Failure> {
    let mut before: Option<RemoteMatrix> = None;
    loop {
        let seen = changed(&mut followed).await?;
        let Some(after) = matrix(&seen)? else {
            continue;
        };
        let mut lines = Vec::new();
        if let Some(before) = &before {
            let difference = CellDifference::new(&before.cells, &after.cells);
            for cell in difference.changed {
                lines.push(if output.json {
                    let mut json = cell.json();
                    json["by"] = json!(cell.by);
                    json["at"] = json!(cell.at);
                    json.to_string()
                } else {
                    line_of(cell, now())
                });
            }
            for (n, word) in [
                (difference.n_added, "added"),
                (difference.n_removed, "removed"),
            ] {
                if n > 0 && !output.json {
                    lines.push(format!("{} {word}", pluralize(n, "step")));
                }
            }
        }
        if !output.json && (before.is_none() || !lines.is_empty()) {
            let whole = sentence(&progress(after.cells.iter()));
            lines.push(format!("{}: {whole}", after.release.name));
        }
        before = Some(after);
        for line in lines {
            let line = format!("{line}\n");
            if !write(&mut io::stdout(), line.as_bytes(), stdout_name())? {
                return Ok(Exit::Done);
            }
        }
    }
}

/// Draws the table until Ctrl-C, or until the server is gone; then one line stays.
async fn draw_table(mut followed: Receiver<FollowedAnswer>) -> Result<Exit, Failure> {
    let heard = |kind| signal(kind).map_err(|it| Failure::Refused(format!("no signals: {it}")));
    let mut interrupt = heard(SignalKind::interrupt())?;
    let mut terminate = heard(SignalKind::terminate())?;
    let mut resize = heard(SignalKind::window_change())?;
    let mut screen = LiveScreen::enter()?;
    let mut latest: Option<RemoteMatrix> = None;
    let mut is_live = false;
    loop {
        if let Some(matrix) = &latest {
            let lines = frame(matrix, screen::canvas(), screen::height(), is_live, now());
            screen.draw(&lines)?;
        }
        tokio::select! {
            seen = changed(&mut followed) => {
                let seen = seen?;
                is_live = seen.is_live;
                latest = matrix(&seen)?;
            }
            _ = resize.recv() => {}
            _ = interrupt.recv() => break,
            _ = terminate.recv() => break,
            () = sleep(TICK) => {}
        }
    }
    drop(screen);
    if let Some(matrix) = latest {
        let whole = sentence(&progress(matrix.cells.iter()));
        let last = format!("{}: {whole}\n", matrix.release.name);
        write(&mut io::stdout(), last.as_bytes(), stdout_name())?;
    }
    Ok(Exit::Done)
}

/// How long ago that was, in at most four columns: "12s", "5m", "3h", "20d".
fn age(at: DateTime<Utc>, now: DateTime<Utc>) -> String {
    let seconds = (now - at).num_seconds().max(0);
    match seconds {
        0..60 => format!("{seconds}s"),
        60..3_600 => format!("{}m", seconds / 60),
        3_600..86_400 => format!("{}h", seconds / 3_600),
        _ => format!("{}d", (seconds / 86_400).min(999)),
    }
}

/// A row about a step: its sign, number and name, customer, who set the state, and how long ago.
fn step_row(canvas: Canvas, cell: &RemoteCell, now: DateTime<Utc>) -> String {
    // The sign, five gaps and the age.
    let room = canvas.width.saturating_sub(1 + 1 + 2 + 2 + 2 + 4);
    let step_width = room * 2 / 5;
    let customer_width = room * 2 / 5;
    let by_width = room - step_width - customer_width;
    let step = fit(&format!("{} {}", cell.number, cell.step), step_width);
    let customer = format!("{} ({})", cell.customer, cell.cluster);
    let customer = fit(&customer, customer_width);
    let by = fit(cell.by.as_deref().unwrap_or_default(), by_width);
    let age = cell.at.map(|it| age(it, now)).unwrap_or_default();
    let sign = canvas.sign(cell.status);
    let by = canvas.dim(&by);
    format!("{sign} {step}  {customer}  {by}  {age:>4}")
}

/// The table: the whole and its clusters with bars, the steps that need somebody, and what changed last. Never wider than the
/// canvas, nor higher than the terminal.
fn frame(
    matrix: &RemoteMatrix,
    canvas: Canvas,
    height: usize,
    is_live: bool,
    now: DateTime<Utc>,
) -> Vec<String> {
    let (state, colour) = if is_live {
        ("live", StepStatus::Done)
    } else {
        ("connecting", StepStatus::InProgress)
    };
    let name_width = canvas.width.saturating_sub(state.len() + 2);
    let name = canvas.bold(&fit(&matrix.release.name, name_width));
    let mut lines = vec![format!("{name}  {}", canvas.of_status(colour, state))];
    let bars_max = height.saturating_sub(STEP_ROWS_MIN + 2).max(1);
    let parts = parts(&matrix.cells);
    lines.extend(canvas.progress_lines(&parts).into_iter().take(bars_max));
    // The last line is the hint.
    let room = height.saturating_sub(lines.len() + 1);
    let (urgent, newest) = (urgent(&matrix.cells), newest(&matrix.cells));
    // A blank line and a heading come before the rows.
    let wanted = |cells: &[&RemoteCell]| if cells.is_empty() { 0 } else { cells.len() + 2 };
    let rest = room.saturating_sub(wanted(&urgent));
    let n_newest = wanted(&newest).min(rest.max(room / 2));
    let n_urgent = wanted(&urgent).min(room - n_newest);
    for (heading, cells, n_lines) in [
        ("Needs attention", urgent, n_urgent),
        ("Finished last", newest, n_newest),
    ] {
        // Without room for a step there is no heading either.
        if n_lines < 3 {
            continue;
        }
        lines.push(String::new());
        lines.push(canvas.bold(heading));
        let shown = cells.into_iter().take(n_lines - 2);
        lines.extend(shown.map(|it| step_row(canvas, it, now)));
    }
    lines.truncate(height.saturating_sub(1));
    lines.push(canvas.dim("Ctrl-C ends"));
    lines
}

/// The whole and its clusters, in the matrix's order.
fn parts(cells: &[RemoteCell]) -> Vec<(&str, Progress)> {
    let mut parts = vec![("All", progress(cells.iter()))];
    // The cells of a cluster follow each other.
    for band in cells.chunk_by(|a, b| a.cluster == b.cluster) {
        parts.push((band[0].cluster.as_str(), progress(band.iter())));
    }
    parts
}

/// The steps that need somebody: by what needs it most, and what has waited longest first.
fn urgent(cells: &[RemoteCell]) -> Vec<&RemoteCell> {
    const URGENT: [StepStatus; 3] = [
        StepStatus::Failed,
        StepStatus::InProgress,
        StepStatus::Reverted,
    ];
    let place = |it: &RemoteCell| URGENT.iter().position(|of| *of == it.status);
    let mut urgent: Vec<&RemoteCell> = cells.iter().filter(|it| place(it).is_some()).collect();
    urgent.sort_by_key(|it| (place(it), it.at));
    urgent
}

/// The steps that are done or skipped, newest first.
fn newest(cells: &[RemoteCell]) -> Vec<&RemoteCell> {
    let is_finished = |it: &&RemoteCell| !it.status.is_open() && it.at.is_some();
    let mut newest: Vec<&RemoteCell> = cells.iter().filter(is_finished).collect();
    newest.sort_by_key(|it| Reverse(it.at));
    newest
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::client::answers::RemoteRelease;
    use app::domain::vocabulary::ReleaseStatus;
    use chrono::TimeDelta;

    fn noon() -> DateTime<Utc> {
        "2026-06-01T12:00:00Z".parse().unwrap()
    }

    fn cell(id: i64, cluster: &str, status: StepStatus, minutes_ago: i64) -> RemoteCell {
        let is_set = status != StepStatus::Pending;
        RemoteCell {
            id,
            number: 3,
            step: "Roll out the new api, and wait until every pod is ready".to_owned(),
            customer_id: id,
            customer: "A customer with a rather long name".to_owned(),
            namespace: "acme".to_owned(),
            cluster: cluster.to_owned(),
            status,
            by: is_set.then(|| "Ana".to_owned()),
            at: is_set.then(|| noon() - TimeDelta::minutes(minutes_ago)),
        }
    }

    fn matrix_of(cells: Vec<RemoteCell>) -> RemoteMatrix {
        let release = RemoteRelease {
            id: 1,
            name: "June".to_owned(),
            status: ReleaseStatus::Active,
        };
        RemoteMatrix { release, cells }
    }

    fn canvas(width: usize) -> Canvas {
        Canvas {
            width,
            has_bars: true,
            has_colours: false,
        }
    }

    #[test]
    fn a_frame_is_never_wider_or_higher_than_the_terminal() {
        let statuses = StepStatus::ALL;
        let cell_of = |n: usize| {
            let id = i64::try_from(n).unwrap();
            let cluster = format!("prod-{:02}", n / 10);
            cell(id, &cluster, statuses[n % statuses.len()], id)
        };
        let matrix = matrix_of((0..300).map(cell_of).collect());
        for (width, height) in [(80, 24), (40, 10), (120, 50), (80, 4)] {
            let lines = frame(&matrix, canvas(width), height, true, noon());
            assert!(lines.len() <= height, "{height}: {}", lines.len());
            for line in &lines {
                assert!(line.chars().count() <= width.max(60), "{width}: {line}");
            }
        }
    }

    #[test]
    fn a_frame_shows_the_clusters_what_needs_somebody_and_what_was_finished_last() {
        let matrix = matrix_of(vec![
            cell(1, "prod-eu", StepStatus::Done, 90),
            cell(2, "prod-eu", StepStatus::Failed, 5),
            cell(3, "prod-us", StepStatus::Done, 0),
            cell(4, "prod-us", StepStatus::Pending, 0),
        ]);
        let lines = frame(&matrix, canvas(80), 24, true, noon());
        let begins = |n: usize, text: &str| assert!(lines[n].starts_with(text), "{lines:#?}");
        begins(0, "June  ");
        assert!(lines[0].ends_with("  live"), "{}", lines[0]);
        begins(1, "All ");
        begins(2, "prod-eu ");
        begins(3, "prod-us ");
        begins(5, "Needs attention");
        begins(6, "! 3 Roll out");
        assert!(lines[6].ends_with("Ana               5m"), "{}", lines[6]);
        begins(8, "Finished last");
        assert!(lines[9].ends_with("  0s"), "{}", lines[9]);
        assert!(lines[10].ends_with("  1h"), "{}", lines[10]);
        begins(11, "Ctrl-C ends");
        let lines = frame(&matrix, canvas(80), 24, false, noon());
        assert!(lines[0].ends_with("  connecting"), "{}", lines[0]);
    }

    #[test]
    fn a_difference_names_what_changed_in_the_order_of_time() {
        let before = [
            cell(1, "prod-eu", StepStatus::Pending, 0),
            cell(2, "prod-eu", StepStatus::InProgress, 9),
            cell(3, "prod-eu", StepStatus::Done, 9),
            cell(4, "prod-eu", StepStatus::Pending, 0),
        ];
        let after = [
            cell(1, "prod-eu", StepStatus::Done, 1),
            cell(2, "prod-eu", StepStatus::Failed, 2),
            cell(3, "prod-eu", StepStatus::Done, 9),
            cell(5, "prod-eu", StepStatus::Pending, 0),
        ];
        let difference = CellDifference::new(&before, &after);
        let ids: Vec<i64> = difference.changed.iter().map(|it| it.id).collect();
        assert_eq!(ids, [2, 1]);
        assert_eq!((difference.n_added, difference.n_removed), (1, 1));
        assert_eq!(
            line_of(&after[1], noon()),
            "2026-06-01T11:58:00Z failed: 3 Roll out the new api, and wait until every pod is ready, \
             A customer with a rather long name (acme, prod-eu), by Ana"
        );
        assert!(line_of(&before[1], noon()).contains("Z in progress: "));
    }

    #[test]
    fn an_age_has_one_unit() {
        let ago = |seconds: i64| age(noon() - TimeDelta::seconds(seconds), noon());
        assert_eq!(ago(59), "59s");
        assert_eq!(ago(60), "1m");
        assert_eq!(ago(3_600), "1h");
        assert_eq!(ago(2 * 86_400), "2d");
        assert_eq!(ago(-5), "0s");
    }
}
