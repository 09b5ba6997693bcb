//! Runs one step on this machine: shows it, checks kubectl's context, asks, runs the text, reports to the server, and marks the step.
use super::{
    context_check::FoundContext,
    echoed_output::EchoedOutput,
    printer::RunPrinter,
    report::{self, HereReporter, HereRun},
    resend::{KeptResult, ResultFolder},
    shown::{self, StepToRun, is_confirmed},
    stop_signal::StopSignal,
};
use crate::{
    cli::remote::RemoteServer,
    ops::{config::variable, failure::Failure},
    runner::process::{Job, JobCommand},
};
use app::{
    api::context::now,
    domain::{
        run::{RUN_TIMEOUT_SECONDS_MAX, RunEnd, RunKind, RunState},
        vocabulary::StepType,
    },
};
use std::{env, time::Duration};
use tokio::task;

/// Runs steps of a server on this machine.
#[derive(Clone)]
pub struct StepRunner {
    pub server: RemoteServer,
    pub printer: RunPrinter,
    pub stop: StopSignal,
    /// Whether the person is asked before a step runs.
    pub asks: bool,
    checks_context: bool,
    /// What runs the text of sql steps.
    sql: Option<JobCommand>,
    /// None: the server's default.
    timeout_seconds: Option<u32>,
    results: ResultFolder,
}

impl StepRunner {
    /// Listens for Ctrl-C from now on. `sql` is `--sql`; without it `ROLLCALL_SQL` counts. Errors: one of both is no command, the
    /// time is none, or there is no folder for results.
    pub fn new(
        server: &RemoteServer,
        printer: RunPrinter,
        asks: bool,
        checks_context: bool,
        sql: Option<String>,
        timeout: Option<Duration>,
    ) -> Result<Self, Failure> {
        let sql = match sql {
            Some(sql) => Some(sql),
            None => variable("ROLLCALL_SQL")?,
        };
        let sql = sql.map(|it| JobCommand::parse(&it)).transpose();
        let sql = sql.map_err(|it| Failure::Usage(format!("--sql, or ROLLCALL_SQL: {it}")))?;
        Ok(Self {
            server: server.clone(),
            printer,
            asks,
            checks_context,
            sql,
            timeout_seconds: timeout.map(seconds).transpose()?,
            results: ResultFolder::of_environment()?,
            stop: StopSignal::listen()?,
        })
    }

    /// Shows the step, checks the context, asks, and runs it. Errors: as of `run`; or the person says no.
    pub async fn show_and_run(&self, step: &StepToRun) -> Result<(), Failure> {
        self.must_have_command(step)?;
        let context = FoundContext::read().await;
        let text = shown::one(self.printer.canvas(), step, &context.in_words());
        self.printer.say(&text)?;
        self.must_be_in(&context, step)?;
        self.must_be_confirmed("Run it?").await?;
        self.run(step, EchoedOutput::new(self.printer)).await
    }

    /// Refuses a step that cannot be run on this machine.
    pub fn must_have_command(&self, step: &StepToRun) -> Result<(), Failure> {
        if let Some(refusal) = step.refusal() {
            return Err(Failure::NotRun(refusal));
        }
        if step.kind == StepType::Sql && self.sql.is_none() {
            let title = step.title();
            return Err(Failure::Usage(format!(
                "not run: {title} is sql. Say by --sql COMMAND or ROLLCALL_SQL what runs it, such as \
                 'psql -X -v ON_ERROR_STOP=1 --single-transaction -f {{file}}'"
            )));
        }
        Ok(())
    }

    /// Refuses another context than that of the step's cluster, unless contexts are not checked.
    pub fn must_be_in(&self, context: &FoundContext, step: &StepToRun) -> Result<(), Failure> {
        let refusal = context.refusal(&step.customer.cluster);
        match refusal.filter(|_| self.checks_context) {
            Some(refusal) => Err(Failure::NotRun(refusal)),
            None => Ok(()),
        }
    }

    /// Asks, if the person is to be asked.
    pub async fn must_be_confirmed(&self, question: &str) -> Result<(), Failure> {
        if !self.asks || is_confirmed(question, &self.stop).await? {
            return Ok(());
        }
        Err(Failure::NotRun("not run: the answer was no".to_owned()))
    }

    /// Runs the step as it was shown, to its end, which marks it done or failed. Errors: it is another by now, a rule or the context
    /// says no, it failed, or its end could not be sent.
    pub async fn run(&self, step: &StepToRun, mut output: EchoedOutput) -> Result<(), Failure> {
        if self.stop.is_heard() {
            let title = step.title();
            return Err(Failure::Refused(format!("ended before {title} was run")));
        }
        // Checked again: time has passed since the question, or other customers came first.
        if self.checks_context {
            self.must_be_in(&FoundContext::read().await, step)?;
        }
        let run = report::begin(&self.server, step, self.timeout_seconds).await?;
        let mut reporter = HereReporter::start(&self.server, &run);
        let end = self.carry_out(&run, &mut reporter, &mut output).await;
        let ended_at = Some(now());
        output.end();
        let title = step.title();
        let kept = KeptResult {
            url: self.server.url().to_owned(),
            run_id: run.id,
            step: title.clone(),
            ended_at,
            finish: reporter.finish(&end),
        };
        let told = self.results.deliver(&self.server, &kept).await?;
        self.printer.print_run(&told.run)?;
        if told.state == RunState::Succeeded {
            return self.printer.say(&format!("Done: {title}.\n"));
        }
        let reason = told.reason.unwrap_or_else(|| told.state.to_string());
        Err(Failure::Refused(format!("{title} failed: {reason}")))
    }

    /// Runs the text, and passes on what it writes.
    async fn carry_out(
        &self,
        run: &HereRun,
        reporter: &mut HereReporter,
        output: &mut EchoedOutput,
    ) -> RunEnd {
        let names = [
            ("NAMESPACE", &run.namespace),
            ("CUSTOMER", &run.customer),
            ("CLUSTER", &run.cluster),
            ("RELEASE", &run.release),
        ];
        let environment = names.map(|(name, value)| (name.to_owned(), value.clone()));
        let sql = self.sql.clone().filter(|_| run.kind == RunKind::Sql);
        let command = sql.map_or_else(JobCommand::bash, |it| {
            it.of_customer(&run.namespace, &run.customer, &run.cluster)
        });
        let job = Job {
            text: run.text.clone(),
            kind: run.kind,
            command,
            environment: environment.to_vec(),
            clears_environment: false,
            timeout: Duration::from_secs(run.timeout_seconds.into()),
            folder: env::temp_dir(),
        };
        let mut running = match job.start() {
            Ok(running) => running,
            Err(error) => {
                return RunEnd {
                    error: Some(error.to_string()),
                    ..RunEnd::default()
                };
            }
        };
        let mut stop = self.stop.clone();
        let mut is_cancelled = false;
        loop {
            tokio::select! {
                piece = running.output.recv() => match piece {
                    Some((stream, bytes)) => {
                        reporter.push(stream, &bytes);
                        // A stopped terminal blocks the text, but not the reports.
                        task::block_in_place(|| output.push(stream, &bytes));
                    }
                    None => break,
                },
                _ = stop.wait(), if !is_cancelled => is_cancelled = true,
                () = reporter.cancelled(), if !is_cancelled => is_cancelled = true,
            }
            if is_cancelled {
                running.cancel();
            }
        }
        running.wait().await
    }
}

/// The time that a step may take, in seconds.
fn seconds(timeout: Duration) -> Result<u32, Failure> {
    let seconds = u32::try_from(timeout.as_secs()).unwrap_or(u32::MAX);
    if (1..=RUN_TIMEOUT_SECONDS_MAX).contains(&seconds) {
        return Ok(seconds);
    }
    Err(Failure::Usage(
        "--timeout is wrong: write a time from 1s to 24h".to_owned(),
    ))
}
