//! `rollcall run` (R72): a step's text is run on this machine, with the person's own environment, and the server is told what it
//! writes and how it ends. `shown` is what is shown and asked first, `context_check` keeps it from the wrong cluster, `one_step` runs
//! it, `printer` says so, `report` tells the server, `resend` keeps what the server could not be told, and `several` goes on.
mod context_check;
mod echoed_output;
mod one_step;
mod printer;
mod report;
mod resend;
mod several;
mod shown;
mod stop_signal;

use crate::{
    cli::{output::CliOutput, remote::RemoteServer},
    ops::failure::{Exit, Failure},
};
use clap::{Args, ValueEnum, value_parser};
use one_step::StepRunner;
use printer::RunPrinter;
use several::CustomersToRun;
use std::{
    io::{self, IsTerminal},
    time::Duration,
};

/// More at once than a person can follow.
const PARALLEL_MAX: i64 = 64;
/// What runs the steps of one customer, or none. What it conflicts with is not refused for what it requires, so whatever is for all
/// customers conflicts with it.
const ONE_CUSTOMER_OR_NONE: [&str; 2] = ["from", "resend"];

#[derive(Debug, Args)]
pub struct RunArguments {
    /// The steps, one after the other: ids, or RELEASE/CUSTOMER/STEP by names, slugs or numbers
    #[arg(value_name = "STEP", required_unless_present_any = ["from", "resend"])]
    steps: Vec<String>,
    /// This step and all behind it in its customer's list; what is done or skipped is left out
    #[arg(long, value_name = "STEP", conflicts_with = "steps")]
    from: Option<String>,
    /// The step for all customers of its release for whom it can be started
    #[arg(long, requires = "steps", conflicts_with_all = ONE_CUSTOMER_OR_NONE)]
    all_customers: bool,
    /// With --all-customers: only those of this cluster
    #[arg(
        long,
        value_name = "NAME",
        requires = "all_customers",
        conflicts_with_all = ONE_CUSTOMER_OR_NONE
    )]
    cluster: Option<String>,
    /// With --all-customers: so many customers at once; each line of output then begins with the customer
    #[arg(
        long,
        value_name = "N",
        requires = "all_customers",
        conflicts_with_all = ONE_CUSTOMER_OR_NONE,
        value_parser = value_parser!(u16).range(1..=PARALLEL_MAX)
    )]
    parallel: Option<u16>,
    /// Run without asking
    #[arg(long)]
    yes: bool,
    /// Whether kubectl must be set to the context of the customer's cluster
    #[arg(long, value_enum, value_name = "WHETHER", default_value_t = ContextChecking::On)]
    context_check: ContextChecking,
    /// The command that runs the text of sql steps, without a shell; {file} is the file with the text [default: that of `ROLLCALL_SQL`]
    #[arg(long, value_name = "COMMAND")]
    sql: Option<String>,
    /// The longest time that a step may take, such as 90s, 30m or 2h [default: 30m]
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration)]
    timeout: Option<Duration>,
    /// Send what could not be sent when the server was away, and run nothing
    #[arg(long, conflicts_with_all = ["steps", "from"])]
    resend: bool,
    #[command(flatten)]
    output: CliOutput,
}

/// Whether the context of kubectl is checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum ContextChecking {
    /// Nothing is run in another context
    On,
    /// The context is shown only
    Off,
}

/// Runs what is asked for. Errors: a step failed, was refused, or its end could not be sent.
pub async fn run(server: &RemoteServer, wanted: RunArguments) -> Result<Exit, Failure> {
    let printer = RunPrinter::from(wanted.output);
    if wanted.resend {
        return resend::resend(server, printer).await;
    }
    let asks = !wanted.yes;
    if asks && !io::stdin().is_terminal() {
        return Err(Failure::Usage(
            "not run: there is no terminal to ask at. Add --yes to run it without asking"
                .to_owned(),
        ));
    }
    let runner = StepRunner::new(
        server,
        printer,
        asks,
        wanted.context_check == ContextChecking::On,
        wanted.sql,
        wanted.timeout,
    )?;
    if let Some(first) = &wanted.from {
        return several::from(&runner, first).await;
    }
    if !wanted.all_customers {
        return several::listed(&runner, &wanted.steps).await;
    }
    let [step] = wanted.steps.as_slice() else {
        return Err(Failure::Usage(
            "--all-customers is for one step: name one of it".to_owned(),
        ));
    };
    let customers = CustomersToRun {
        cluster: wanted.cluster.as_deref(),
        parallel: wanted.parallel,
    };
    several::for_customers(&runner, step, customers).await
}
