//! The command line: its arguments, and the dispatch to the verbs. Its help texts are the doc comments here.
mod output;
mod serve;
mod steps;
mod users;
mod verbs;

use crate::ops::{
    config::Settings,
    failure::{Exit, Failure},
    signing_key::PublicKey,
    telemetry,
};
use app::domain::history_chain::Head;
use clap::{Args, CommandFactory, Parser, Subcommand};
use clap_complete::Shell;
use output::CliOutput;
use std::{io, path::PathBuf};
use steps::StepsCommand;
use users::{TokenCommand, UserCommand};

/// Filters of the log: a server logs what it does, a verb only what is wrong.
const SERVER_LOG_FILTER: &str = "info,sqlx=warn,sea_orm=warn";
const VERB_LOG_FILTER: &str = "warn";

/// Roll a release out to every customer, step by step, and prove what was done where.
#[derive(Debug, Parser)]
#[command(
    name = "rollcall",
    version,
    args_conflicts_with_subcommands = true,
    after_help = "Ends with 0 if it was done, 1 if it failed, 2 if the command line or a setting is wrong, and 3 if \
                  something was found that should not be. Settings come from the environment: see the README."
)]
pub struct Cli {
    /// Fill an empty database with an example first
    #[arg(long)]
    demo: bool,
    #[command(subcommand)]
    verb: Option<CliCommand>,
}

#[derive(Debug, Subcommand)]
enum CliCommand {
    /// Serve until Ctrl-C or SIGTERM; this is what happens if nothing is said
    Serve {
        /// Fill an empty database with an example first
        #[arg(long)]
        demo: bool,
    },
    /// Create the database, or bring it up to date
    Migrate(CliOutput),
    /// Copy the database into a new file, also while a server works on it
    Backup {
        file: PathBuf,
        #[command(flatten)]
        output: CliOutput,
    },
    /// Put a backup in the database's place; the database stays beside it under another name
    Restore {
        file: PathBuf,
        #[command(flatten)]
        output: CliOutput,
    },
    /// Look for damage, broken references, gaps, states that the history does not explain, and a history that was changed
    Check(CheckArguments),
    /// Write everything as JSON, into a new file or on standard output
    Export {
        file: Option<PathBuf>,
        /// Only this release, with its customers and its history
        #[arg(long, value_name = "ID")]
        release: Option<i64>,
    },
    /// Take an export into an empty database; `-` reads standard input
    Import {
        file: PathBuf,
        #[command(flatten)]
        output: CliOutput,
    },
    /// Work on the steps of a release
    Steps {
        #[command(subcommand)]
        command: StepsCommand,
    },
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
    /// Make a key that signs heads of the history, in a new file or on standard output
    Keygen {
        file: Option<PathBuf>,
        #[command(flatten)]
        output: CliOutput,
    },
    /// Write completions for a shell
    Completions { shell: Shell },
}

/// What a check compares the history with.
#[derive(Debug, Args)]
pub struct CheckArguments {
    /// Whether this head, of a report or of /api/audit/head, is part of today's history
    #[arg(long, value_name = "ID:HASH")]
    head: Vec<Head>,
    /// Whether all heads in this file, which `ROLLCALL_ANCHOR_FILE` named, are part of today's history
    #[arg(long, value_name = "FILE")]
    anchors: Option<PathBuf>,
    /// Verify their signatures by this key; by default by that of `ROLLCALL_SIGNING_KEY_FILE`
    #[arg(long, value_name = "HEX", requires = "anchors")]
    public_key: Option<PublicKey>,
    #[command(flatten)]
    output: CliOutput,
}

impl Cli {
    /// Runs the verb. A failure is printed as one line on standard error.
    pub async fn run(self) -> Exit {
        let result = match self.verb {
            Some(CliCommand::Completions { shell }) => completions(shell),
            Some(CliCommand::Keygen { file, output }) => verbs::keygen(file.as_deref(), output),
            verb => match Settings::from_environment() {
                Ok(settings) => dispatch(verb, self.demo, settings).await,
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

fn completions(shell: Shell) -> Result<Exit, Failure> {
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "rollcall", &mut text);
    output::write(&mut io::stdout(), &text, output::standard_output())?;
    Ok(Exit::Done)
}

async fn dispatch(
    verb: Option<CliCommand>,
    demo: bool,
    settings: Settings,
) -> Result<Exit, Failure> {
    let demo = demo || matches!(verb, Some(CliCommand::Serve { demo: true }));
    let is_server = matches!(verb, None | Some(CliCommand::Serve { .. }));
    let filter = if is_server {
        SERVER_LOG_FILTER
    } else {
        VERB_LOG_FILTER
    };
    telemetry::init(settings.log, filter)?;
    let url = settings.database_url.clone();
    match verb {
        None | Some(CliCommand::Serve { .. }) => {
            serve::serve(settings, demo).await?;
            Ok(Exit::Done)
        }
        Some(CliCommand::Migrate(output)) => verbs::migrate(&url, output).await,
        Some(CliCommand::Backup { file, output }) => verbs::backup(&url, &file, output).await,
        Some(CliCommand::Restore { file, output }) => verbs::restore(&url, &file, output).await,
        Some(CliCommand::Check(arguments)) => verbs::check(&settings, arguments).await,
        Some(CliCommand::Export { file, release }) => verbs::export(&settings, file, release).await,
        Some(CliCommand::Import { file, output }) => verbs::import(&settings, &file, output).await,
        Some(CliCommand::Steps {
            command: StepsCommand::Import(wanted),
        }) => steps::import(&url, &settings.actor, wanted).await,
        Some(CliCommand::User { command }) => users::user(&settings, command).await,
        Some(CliCommand::Token { command }) => users::token(&settings, command).await,
        Some(CliCommand::Demo(output)) => verbs::demo(&url, output).await,
        Some(CliCommand::Completions { shell }) => completions(shell),
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
            &["rollcall", "check", "--anchors", "x", "--public-key", "00"],
        ] {
            let error = Cli::try_parse_from(line).unwrap_err();
            assert_eq!(error.exit_code(), 2, "{line:?}");
        }
    }
}
