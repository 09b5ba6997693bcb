//! More than one step: those that are named, a customer's from one on, or one step of all customers. The first failure ends it.
use super::{
    context_check::FoundContext,
    echoed_output::EchoedOutput,
    one_step::StepRunner,
    report::refused,
    shown::{self, StepToRun, is_confirmed},
};
use crate::{
    cli::client::{
        answers::{RemoteCell, RemoteMatrix, RemoteStep, read_all},
        names,
    },
    ops::failure::{Exit, Failure},
};
use app::domain::{
    plural::pluralize,
    vocabulary::{StepAction, StepType},
};
use serde_json::{Value, json};
use std::collections::HashSet;
use tokio::task::JoinSet;

/// Which customers a step is run for, and how many at once.
#[derive(Clone, Copy, Debug)]
pub struct CustomersToRun<'a> {
    /// Only those of this cluster.
    pub cluster: Option<&'a str>,
    /// None: one after the other, and their output as it comes.
    pub parallel: Option<u16>,
}

/// Runs the steps that are named, in that order. All of them must exist before the first one runs.
pub async fn listed(runner: &StepRunner, written: &[String]) -> Result<Exit, Failure> {
    let mut ids: Vec<i64> = Vec::new();
    for step in written {
        let id = names::step(&runner.server, step).await?.id;
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    for id in ids {
        let step = StepToRun::find(&runner.server, id).await?;
        runner.show_and_run(&step).await?;
    }
    Ok(Exit::Done)
}

/// Runs this step and those behind it in its customer's list. What is done or skipped by then is left out.
pub async fn from(runner: &StepRunner, written: &str) -> Result<Exit, Failure> {
    let server = &runner.server;
    let first = names::step(server, written).await?.id;
    let found = StepToRun::find(server, first).await?;
    let (release, customer) = (found.release.id, found.customer.id);
    let path = format!("/api/releases/{release}/customers/{customer}/steps");
    let all: Vec<RemoteStep> = read_all(server, &path).await?;
    for listed in all.into_iter().skip_while(|it| it.id != first) {
        let step = StepToRun::find(server, listed.id).await?;
        if !step.status.is_open() {
            let (title, state) = (step.title(), step.status.in_sentence());
            let text = format!("Skipped: {title}, {state}.\n");
            runner.printer.say(&text)?;
        } else if step.kind == StepType::Text && step.job().is_none() {
            do_by_hand(runner, &step).await?;
        } else {
            runner.show_and_run(&step).await?;
        }
    }
    Ok(Exit::Done)
}

/// Asks whether a text step was done by hand, and marks it done. Errors: `--yes` was given, so it cannot be asked; it is not done.
async fn do_by_hand(runner: &StepRunner, step: &StepToRun) -> Result<(), Failure> {
    let (id, title) = (step.id, step.title());
    let stopped = || {
        Failure::NotRun(format!(
            "stopped at {title}: a text step is done by hand. Then: `rollcall done {id}`, and `rollcall run --from {id}`"
        ))
    };
    if !runner.asks {
        return Err(stopped());
    }
    let printer = runner.printer;
    printer.say(&shown::by_hand(printer.canvas(), step))?;
    if !is_confirmed("This one is done by hand. Is it done?", &runner.stop).await? {
        return Err(stopped());
    }
    let body = json!({ "version": step.version, "textSha256": step.text_sha256 });
    let path = format!("/api/steps/{id}/done");
    match runner.server.try_post(&path, &body).await? {
        Ok(_) => printer.say(&format!("Done: {title}.\n\n")),
        Err(refusal) => Err(refused(&title, refusal)),
    }
}

/// Runs a step for all customers of its release for whom it can be started, in the matrix's order.
pub async fn for_customers(
    runner: &StepRunner,
    written: &str,
    wanted: CustomersToRun<'_>,
) -> Result<Exit, Failure> {
    let named = names::step(&runner.server, written).await?.id;
    let named = StepToRun::find(&runner.server, named).await?;
    runner.must_have_command(&named)?;
    let cells = cells_of_row(runner, &named, wanted.cluster).await?;
    let (mut ready, mut left_out) = (Vec::new(), Vec::new());
    for cell in cells {
        let mut leave_out =
            |why: &str| left_out.push(format!("Skipped: {}, {why}.\n", cell.customer));
        if !StepAction::Start.allows(cell.status) {
            leave_out(cell.status.in_sentence());
            continue;
        }
        let step = StepToRun::find(&runner.server, cell.id).await?;
        if step.unresolved.is_empty() {
            ready.push(step);
        } else {
            leave_out(&format!("no value for {}", step.unresolved.join(", ")));
        }
    }
    let printer = runner.printer;
    printer.say(&left_out.concat())?;
    if ready.is_empty() {
        printer.say("There is no customer for whom it can be started.\n")?;
        return Ok(Exit::Done);
    }
    let context = FoundContext::read().await;
    printer.say(&shown::several(
        printer.canvas(),
        &ready,
        &context.in_words(),
    ))?;
    for step in &ready {
        runner.must_be_in(&context, step)?;
    }
    let customers = pluralize(ready.len(), "customer");
    runner
        .must_be_confirmed(&format!("Run it for {customers}?"))
        .await?;
    run_all(runner, ready, wanted.parallel).await
}

/// The cells of the row that has this step, customer by customer; those of one cluster, if one is named.
async fn cells_of_row(
    runner: &StepRunner,
    step: &StepToRun,
    cluster: Option<&str>,
) -> Result<Vec<RemoteCell>, Failure> {
    let release = step.release.id;
    let path = format!("/api/releases/{release}/matrix");
    let answer = runner.server.get(&path).await?;
    let row = row_of(&answer, step.id);
    let mut cells = RemoteMatrix::read(answer)?.cells;
    cells.retain(|it| row.contains(&it.id));
    if let Some(cluster) = cluster {
        let mut members = names::members(&runner.server, release).await?;
        let id = names::find_cluster(&members, cluster)?;
        members.retain(|it| it.cluster.id == id);
        cells.retain(|cell| members.iter().any(|it| it.id == cell.customer_id));
    }
    Ok(cells)
}

/// The ids of all steps in the row of this one.
fn row_of(matrix: &Value, step: i64) -> HashSet<i64> {
    let ids = |row: &Value| -> HashSet<i64> {
        let cells = row["cells"].as_array().into_iter().flatten();
        cells.filter_map(|it| it["id"].as_i64()).collect()
    };
    let mut rows = matrix["rows"].as_array().into_iter().flatten().map(ids);
    rows.find(|it| it.contains(&step)).unwrap_or_default()
}

/// Runs the steps, a limited number of them at once. After the first that fails, or a signal, no other is started; those that run go on to their end.
async fn run_all(
    runner: &StepRunner,
    steps: Vec<StepToRun>,
    parallel: Option<u16>,
) -> Result<Exit, Failure> {
    let n_steps = steps.len();
    let (mut waiting, mut running) = (steps.into_iter(), JoinSet::new());
    let (mut n_done, mut failure) = (0_usize, None);
    loop {
        while failure.is_none()
            && !runner.stop.is_heard()
            && running.len() < usize::from(parallel.unwrap_or(1))
        {
            let Some(step) = waiting.next() else { break };
            let runner = runner.clone();
            let output = match parallel {
                Some(_) => EchoedOutput::of_customer(&step.customer.name, runner.printer),
                None => EchoedOutput::new(runner.printer),
            };
            running.spawn(async move { runner.run(&step, output).await });
        }
        let Some(ended) = running.join_next().await else {
            break;
        };
        match ended {
            Ok(Ok(())) => n_done += 1,
            Ok(Err(failed)) if failure.is_none() => failure = Some(failed),
            // The first failure is printed at the end, as every failure of the program.
            Ok(Err(failed)) => eprintln!("rollcall: {failed}"),
            Err(panic) => failure = Some(Failure::Refused(format!("a run broke off: {panic}"))),
        }
    }
    let customers = pluralize(n_steps, "customer");
    let text = format!("{n_done} of {customers} done.\n");
    runner.printer.say(&text)?;
    match failure {
        Some(failure) => Err(failure),
        None if n_done < n_steps => Err(Failure::Refused("ended by a signal".to_owned())),
        None => Ok(Exit::Done),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_row_of_a_step_has_that_step_of_all_customers() {
        let matrix = json!({ "rows": [
            { "name": "Set image", "cells": [{ "id": 1 }, { "id": 3 }, { "id": 5 }] },
            { "name": "Set image", "cells": [{ "id": 7 }] },
        ] });
        assert_eq!(row_of(&matrix, 3), HashSet::from([1, 3, 5]));
        assert_eq!(row_of(&matrix, 7), HashSet::from([7]));
        assert!(row_of(&matrix, 2).is_empty());
    }
}
