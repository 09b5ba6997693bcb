//! The verbs that are a client of a server (R61): they speak to it by REST, open no database, and need no setting but the server's
//! address. `credentials` knows the server, `names` finds what a command line means, `answers` reads what comes back, `table` and
//! `screen` draw, `stream` follows changes, `run` does steps; the other files are the verbs.
mod actions;
mod answers;
mod clipboard;
pub mod credentials;
mod login;
mod names;
mod reading;
mod run;
mod screen;
mod stream;
mod table;
mod wait;
mod watch;

use super::{help, output::CliOutput};
use crate::ops::failure::{Exit, Failure};
use actions::{
    ActedSteps, AskedAction, DoneArguments, ReasonedArguments, RevertArguments, StartArguments,
};
use app::domain::vocabulary::StepAction;
use clap::Subcommand;
use login::LoginArguments;
use reading::{NextArguments, StatusArguments, StepArguments};
use run::RunArguments;
use wait::WaitArguments;
use watch::WatchArguments;

/// A verb that asks a server.
#[derive(Debug, Subcommand)]
pub enum ClientCommand {
    /// Keep a server and a token for the verbs below, in the user's folder for settings
    #[command(after_long_help = help::LOGIN)]
    Login(LoginArguments),
    /// List a server's releases, newest first
    Releases(CliOutput),
    /// Say how far a release is, with bars on a terminal
    #[command(after_long_help = help::STATUS)]
    Status(StatusArguments),
    /// List the step of each customer that comes next
    Next(NextArguments),
    /// Print the text of a step, filled in for its customer
    #[command(after_long_help = help::STEP)]
    Show(StepArguments),
    /// Copy a step's text with its header to the clipboard; without one print it
    #[command(after_long_help = help::STEP)]
    Copy(StepArguments),
    /// Run steps on this machine, and mark them done or failed
    #[command(after_long_help = help::RUN)]
    Run(RunArguments),
    /// Say that work on steps has begun
    #[command(after_long_help = help::ACT)]
    Start(StartArguments),
    /// Mark steps done
    #[command(after_long_help = help::ACT)]
    Done(DoneArguments),
    /// Mark steps failed
    #[command(after_long_help = help::ACT)]
    Fail(ReasonedArguments),
    /// Skip steps for their customers
    #[command(after_long_help = help::ACT)]
    Skip(ReasonedArguments),
    /// Say that what steps did was taken back
    #[command(after_long_help = help::ACT)]
    Revert(RevertArguments),
    /// Make steps pending again
    #[command(after_long_help = help::ACT)]
    Reopen(ActedSteps),
    /// Wait until a release is done, or needs attention
    #[command(after_long_help = help::WAIT)]
    Wait(WaitArguments),
    /// Follow a release: a live table on a terminal, a line for each change in a pipe
    #[command(after_long_help = help::WATCH)]
    Watch(WatchArguments),
}

/// Runs the verb. Errors: no server is named, it does not answer, or it says no.
pub async fn run(command: ClientCommand) -> Result<Exit, Failure> {
    if let ClientCommand::Login(wanted) = command {
        return login::login(wanted).await;
    }
    let server = &credentials::server()?;
    match command {
        ClientCommand::Login(wanted) => login::login(wanted).await,
        ClientCommand::Releases(output) => reading::releases(server, output).await,
        ClientCommand::Status(wanted) => reading::status(server, wanted).await,
        ClientCommand::Next(wanted) => reading::next(server, wanted).await,
        ClientCommand::Show(wanted) => reading::show(server, wanted).await,
        ClientCommand::Copy(wanted) => reading::copy(server, wanted).await,
        ClientCommand::Run(wanted) => Box::pin(run::run(server, wanted)).await,
        ClientCommand::Wait(wanted) => wait::wait(server, wanted).await,
        ClientCommand::Watch(wanted) => watch::watch(server, wanted).await,
        ClientCommand::Start(wanted) => actions::act(server, wanted.into()).await,
        ClientCommand::Done(wanted) => actions::act(server, wanted.into()).await,
        ClientCommand::Fail(wanted) => {
            let asked = AskedAction::reasoned(StepAction::Fail, wanted);
            actions::act(server, asked).await
        }
        ClientCommand::Skip(wanted) => {
            let asked = AskedAction::reasoned(StepAction::Skip, wanted);
            actions::act(server, asked).await
        }
        ClientCommand::Revert(wanted) => actions::act(server, wanted.into()).await,
        ClientCommand::Reopen(on) => actions::act(server, AskedAction::reopen(on)).await,
    }
}
