//! The command line: its arguments, and the dispatch to the verbs. Its help texts are the doc comments here, and `help.rs`.
mod client;
mod help;
mod output;
mod rancher;
mod remote;
mod runner;
mod serve;
mod steps;
mod users;
mod verbs;

use crate::{
    ops::{
        anchors::KeptHead,
        config::Settings,
        failure::{Exit, Failure},
        signing_key::PublicKey,
        telemetry,
    },
    runner::exec_run::{ExecRunArguments, exec_run},
};
use clap::{ArgGroup, Args, CommandFactory, Parser, Subcommand, error::ErrorKind};
use clap_complete::Shell;
use client::ClientCommand;
use output::CliOutput;
use rancher::RancherArguments;
use runner::RunnerArguments;
use std::{io, path::PathBuf};
use steps::StepsCommand;
use users::{TokenCommand, UserCommand};
use verbs::ExportExtras;

/// Filters of the log: a server logs what it does, a verb only what is wrong, and `migrate` how far it is.
const SERVER_LOG_FILTER: &str = "info,sqlx=warn,sea_orm=warn";
const VERB_LOG_FILTER: &str = "warn";
const MIGRATE_LOG_FILTER: &str = "warn,migration=info";

/// Roll a release out to every customer, step by step, and prove what was done where.
#[derive(Debug, Parser)]
#[command(
    name = "rollcall",
    version,
    args_conflicts_with_subcommands = true,
    after_help = help::SHORT,
    after_long_help = help::LONG
)]
pub struct Cli {
    /// If the database is empty, fill it with an example before serving
    #[arg(long)]
    demo: bool,
    #[command(subcommand)]
    verb: Option<CliCommand>,
}

#[derive(Debug, Subcommand)]
enum CliCommand {
    /// Serve pages and REST until Ctrl-C or SIGTERM; without a command it does this
    Serve {
        /// If the database is empty, fill it with an example before serving
        #[arg(long)]
        demo: bool,
    },
    /// Create the database's file and tables, or bring them up to date; serve does so by itself
    Migrate(CliOutput),
    /// Copy the database into a new file and verify the copy, also while a server works on the database
    Backup {
        /// The new file; a file that exists is never overwritten
        file: PathBuf,
        #[command(flatten)]
        output: CliOutput,
    },
    /// Replace the database with a backup, while no server works on it; the old database is kept beside it
    Restore {
        /// The backup; it is verified first, and stays as it is
        file: PathBuf,
        #[command(flatten)]
        output: CliOutput,
    },
    /// Look for damage, broken references, gaps, states that the history does not explain, and a history that was changed
    Check(CheckArguments),
    /// Write everything as JSON, or one release
    Export {
        /// The new file; a file that exists is never overwritten [default: standard output]
        file: Option<PathBuf>,
        /// Only the release with this id, with its customers and its history
        #[arg(long, value_name = "ID")]
        release: Option<i64>,
        /// Add the hashes of passwords and tokens, for a move to another database: keep the file secret
        #[arg(long, conflicts_with = "release")]
        with_credentials: bool,
        /// Add what is kept of the output of runs
        #[arg(long)]
        with_output: bool,
    },
    /// Take an export into an empty database: all of it, or nothing and a report by line and field
    Import {
        /// The export; `-` reads standard input
        file: PathBuf,
        /// Take it only if its head is signed by the key with this public half, of 64 hexadecimal digits [default: a signature,
        /// if there is one, is verified by the key in `ROLLCALL_SIGNING_KEY_FILE`]
        #[arg(long, value_name = "HEX")]
        public_key: Option<PublicKey>,
        #[command(flatten)]
        output: CliOutput,
    },
    /// Work on the steps of a release
    Steps {
        #[command(subcommand)]
        command: StepsCommand,
    },
    /// Create clusters and customers from the Rancher that a server knows; `ROLLCALL_URL` names the server
    Rancher(RancherArguments),
    /// Say who may sign in
    User {
        #[command(subcommand)]
        command: UserCommand,
    },
    /// Make tokens for programs
    Token {
        #[command(subcommand)]
        command: TokenCommand,
    },
    /// Fill an empty database with an example
    Demo(CliOutput),
    /// Make a key that signs heads of the history, and print its public key
    Keygen {
        /// The new file for the key; a file that exists is never overwritten [default: standard output]
        file: Option<PathBuf>,
        #[command(flatten)]
        output: CliOutput,
    },
    #[command(flatten)]
    Client(ClientCommand),
    /// Fetch runs from a server and carry them out, next to what they act on
    #[command(after_long_help = help::RUNNER)]
    Runner(RunnerArguments),
    /// Watch over one run, as the runner's helper
    #[command(hide = true)]
    ExecRun(ExecRunArguments),
    /// Print completions for a shell
    Completions {
        /// The shell that completes
        shell: Shell,
    },
}

/// What a check compares the history with.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("kept").args(["head", "anchors"]).multiple(true))]
pub struct CheckArguments {
    /// Check that this head is part of the history; reports and /api/audit/head name it, and its signature. May be repeated
    #[arg(long, value_name = "ID:HASH[:SIGNATURE]")]
    head: Vec<KeptHead>,
    /// Check that all heads in this file are part of the history, with a key also that each line has its signature;
    /// `ROLLCALL_ANCHOR_FILE` names the file for the server
    #[arg(long, value_name = "FILE")]
    anchors: Option<PathBuf>,
    /// Verify the signatures of these heads and in that file with this public key, of 64 hexadecimal digits [default: the
    /// key in `ROLLCALL_SIGNING_KEY_FILE`]
    #[arg(long, value_name = "HEX", requires = "kept")]
    public_key: Option<PublicKey>,
    #[command(flatten)]
    output: CliOutput,
}

impl Cli {
    /// Runs the verb. A failure is printed as one line on standard error.
    pub async fn run(self) -> Exit {
        let result = match self.verb {
            Some(CliCommand::Completions { shell }) => completions(shell),
            Some(CliCommand::Client(command)) => client::run(command).await,
            Some(CliCommand::Rancher(wanted)) => rancher::import(wanted).await,
            Some(CliCommand::Runner(wanted)) => Box::pin(runner::run(wanted)).await,
            Some(CliCommand::ExecRun(wanted)) => exec_run(wanted),
            Some(CliCommand::Keygen { file, output }) => verbs::keygen(file.as_deref(), output),
            verb => match Settings::from_environment() {
                Ok(settings) => Box::pin(dispatch(verb, self.demo, settings)).await,
                Err(invalid) => Err(invalid.into()),
            },
        };
        result.unwrap_or_else(|failure| {
            let line = failure.to_string().replace(['\n', '\r'], " ");
            eprintln!("rollcall: {line}");
            failure.exit()
        })
    }
}

/// Tells what is wrong with a command line. A wrong value is told in one line, as every failure; the rest, and help, as clap does,
/// which ends the program.
pub fn refuse(error: &clap::Error) -> Exit {
    if error.kind() != ErrorKind::ValueValidation {
        error.exit();
    }
    let text = error.to_string();
    let line = text.lines().next().unwrap_or_default();
    eprintln!("rollcall: {}", line.trim_start_matches("error: "));
    Exit::Usage
}

fn completions(shell: Shell) -> Result<Exit, Failure> {
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "rollcall", &mut text);
    output::write(&mut io::stdout(), &text, output::stdout_name())?;
    Ok(Exit::Done)
}

async fn dispatch(
    verb: Option<CliCommand>,
    demo: bool,
    settings: Settings,
) -> Result<Exit, Failure> {
    let demo = demo || matches!(verb, Some(CliCommand::Serve { demo: true }));
    let is_server = matches!(verb, None | Some(CliCommand::Serve { .. }));
    let filter = match verb {
        _ if is_server => SERVER_LOG_FILTER,
        Some(CliCommand::Migrate(_)) => MIGRATE_LOG_FILTER,
        _ => VERB_LOG_FILTER,
    };
    telemetry::init(settings.log, filter)?;
    let url = settings.database_url.clone();
    match verb {
        None | Some(CliCommand::Serve { .. }) => {
            Box::pin(serve::serve(settings, demo)).await?;
            Ok(Exit::Done)
        }
        Some(CliCommand::Migrate(output)) => verbs::migrate(&url, output).await,
        Some(CliCommand::Backup { file, output }) => verbs::backup(&url, &file, output).await,
        Some(CliCommand::Restore { file, output }) => verbs::restore(&url, &file, output).await,
        Some(CliCommand::Check(arguments)) => verbs::check(&settings, arguments).await,
        Some(CliCommand::Export {
            file,
            release,
            with_credentials,
            with_output,
        }) => {
            let extras = ExportExtras {
                credentials: with_credentials,
                output: with_output,
            };
            verbs::export(&settings, file, release, extras).await
        }
        Some(CliCommand::Import {
            file,
            public_key,
            output,
        }) => verbs::import(&settings, &file, public_key, output).await,
        Some(CliCommand::Steps {
            command: StepsCommand::Import(wanted),
        }) => steps::import(&url, &settings.actor, wanted).await,
        Some(CliCommand::Rancher(wanted)) => rancher::import(wanted).await,
        Some(CliCommand::User { command }) => users::user(&settings, command).await,
        Some(CliCommand::Token { command }) => users::token(&settings, command).await,
        Some(CliCommand::Demo(output)) => verbs::demo(&url, output).await,
        Some(CliCommand::Completions { shell }) => completions(shell),
        Some(CliCommand::Client(command)) => client::run(command).await,
        Some(CliCommand::Runner(wanted)) => runner::run(wanted).await,
        Some(CliCommand::ExecRun(wanted)) => exec_run(wanted),
        Some(CliCommand::Keygen { file, output }) => verbs::keygen(file.as_deref(), output),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_argument_is_explained() {
        let mut commands = vec![Cli::command()];
        while let Some(mut command) = commands.pop() {
            command.build();
            let name = command.get_name();
            assert!(command.get_about().is_some(), "{name}");
            for argument in command.get_arguments() {
                assert!(argument.get_help().is_some(), "{name} {argument}");
            }
            commands.extend(
                command
                    .get_subcommands()
                    .filter(|it| it.get_name() != "help")
                    .cloned(),
            );
        }
    }

    #[test]
    fn without_a_verb_it_serves() {
        let cli = Cli::try_parse_from(["rollcall", "--demo"]).unwrap();
        assert!(cli.demo && cli.verb.is_none());
        let cli = Cli::try_parse_from(["rollcall", "serve", "--demo"]).unwrap();
        assert!(matches!(cli.verb, Some(CliCommand::Serve { demo: true })));
    }

    #[test]
    fn wrong_arguments_are_a_usage_error() {
        for line in [
            &["rollcall", "--dmo"][..],
            &["rollcall", "--demo", "check"],
            &["rollcall", "backup"],
            &["rollcall", "steps"],
            &[
                "rollcall", "user", "add", "ana", "--name", "Ana", "--role", "king",
            ],
            &["rollcall", "token", "create", "--user", "ana"],
            &["rollcall", "steps", "import", "June"],
            &["rollcall", "export", "--release", "x"],
            &["rollcall", "migrate", "now"],
            &["rollcall", "check", "--head", "41"],
            &["rollcall", "status"],
            &["rollcall", "status", "June", "--by", "step"],
            &["rollcall", "done"],
            &["rollcall", "fail", "41"],
            &["rollcall", "skip", "41", "--notes", "x"],
            &["rollcall", "wait", "June"],
            &[
                "rollcall",
                "wait",
                "June",
                "--until",
                "done",
                "--timeout",
                "soon",
            ],
            &["rollcall", "login"],
            &["rollcall", "runner", "--max-parallel", "0"],
            &["rollcall", "runner", "--kinds", "python"],
            &["rollcall", "exec-run", "/tmp", "1000"],
            &[
                "rollcall",
                "check",
                "--public-key",
                "4b86fa2d027bb69e0985598b5e2528b6fbdfbf6dfe4f50730839104f670cd793",
            ],
            &["rollcall", "check", "--anchors", "x", "--public-key", "00"],
        ] {
            let error = Cli::try_parse_from(line).unwrap_err();
            assert_eq!(error.exit_code(), 2, "{line:?}");
        }
    }
}
