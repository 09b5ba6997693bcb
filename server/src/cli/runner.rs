//! `rollcall runner`: fetches runs from a server and carries them out (R73). It opens no database and no port.
use crate::{
    ops::{
        config::{LogFormat, variable},
        failure::{Exit, Failure},
        telemetry,
    },
    runner::{
        claims::{RunnerProgram, RunnerSignals},
        environment::EnvironmentRules,
        mask::Masks,
        process::JobCommand,
        reporter::ReportError,
        runner_server::{KnownRunner, RunnerServer},
    },
};
use app::domain::{run::RunKind, runner::RunnerHello};
use clap::Args;
use rustix::process::{DumpableBehavior, set_dumpable_behavior};
use std::{
    collections::BTreeMap,
    env, fs, io,
    path::{Path, PathBuf, absolute},
    sync::Arc,
    time::Duration,
};
use tokio::{
    signal::unix::{SignalKind, signal},
    sync::watch,
    time::sleep,
};

const LOG_FILTER: &str = "info";
/// Between two tries at the start, while the server is away.
const RETRY: Duration = Duration::from_secs(2);
/// Runs at once.
const PARALLEL_MAX: i64 = 100;
/// A secret that is shorter is in any text.
const SECRET_MIN_BYTES: usize = 4;

/// What a runner serves, and how.
#[derive(Debug, Args)]
pub struct RunnerArguments {
    /// Address of the server [default: `ROLLCALL_URL`]
    #[arg(long)]
    url: Option<String>,
    /// The runner's token; other users of this machine can see it here [default: `ROLLCALL_RUNNER_TOKEN`, or the
    /// file that `ROLLCALL_RUNNER_TOKEN_FILE` names]
    #[arg(long)]
    token: Option<String>,
    /// Names of the clusters that it serves, with commas between them [default: all that the runner has]
    #[arg(long, value_name = "A,B", value_delimiter = ',')]
    clusters: Vec<String>,
    /// What it runs: bash, sql [default: bash, and sql if there is --sql]
    #[arg(long, value_name = "KINDS", value_delimiter = ',')]
    kinds: Vec<RunKind>,
    /// How many runs at once
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=PARALLEL_MAX))]
    max_parallel: u32,
    /// The command of an sql text, which no shell reads; {file}, {namespace}, {customer} and {cluster} are filled in
    #[arg(long, value_name = "COMMAND")]
    sql: Option<String>,
    /// A variable of the runner's environment that texts get to see. May be repeated
    #[arg(long = "env", value_name = "NAME")]
    passed: Vec<String>,
    /// A variable whose value is masked in output. May be repeated
    #[arg(long = "mask-env", value_name = "NAME")]
    masked: Vec<String>,
    /// A file with one secret a line, all of which are masked in output. May be repeated
    #[arg(long = "mask-file", value_name = "FILE")]
    mask_files: Vec<PathBuf>,
    /// The kubeconfig of all clusters, or of one. May be repeated [default: KUBECONFIG]
    #[arg(long, value_name = "[CLUSTER=]FILE")]
    kubeconfig: Vec<String>,
}

/// Works until Ctrl-C or SIGTERM. Errors: a wrong argument, a cluster that the runner does not have, or the server does not take it.
pub async fn run(wanted: RunnerArguments) -> Result<Exit, Failure> {
    // A text runs as this user, and must not find the token in what /proc tells of this process. Its helper is another.
    set_dumpable_behavior(DumpableBehavior::NotDumpable).map_err(io::Error::from)?;
    telemetry::init(LogFormat::of_environment()?, LOG_FILTER)?;
    let sql = wanted.sql.as_deref().map(JobCommand::parse).transpose();
    let sql = sql.map_err(|why| Failure::Usage(format!("--sql: {why}")))?;
    let kinds = kinds(&wanted.kinds, sql.is_some())?;
    let url = wanted.url.clone().map_or_else(url_of_environment, Ok)?;
    let token = wanted.token.clone().map_or_else(token_of_environment, Ok)?;
    let masks = masks(&wanted, &token)?;
    let environment = environment(&wanted)?;
    let server = RunnerServer::new(&url, &token)?;
    let known = known_runner(&server).await?;
    let clusters = clusters(&wanted.clusters, &known)?;
    let mut with_kubeconfig = environment.kubeconfig_of.keys();
    if let Some(name) = with_kubeconfig.find(|it| !clusters.contains(it)) {
        return Err(unknown("--kubeconfig", name, &clusters));
    }
    let signals = listen()?;
    tracing::info!(
        "the runner {} takes runs of {}, {} at once",
        known.name,
        clusters.join(", "),
        wanted.max_parallel
    );
    let program = RunnerProgram {
        server,
        hello: RunnerHello {
            clusters,
            kinds,
            max_parallel: wanted.max_parallel,
            version: env!("CARGO_PKG_VERSION").to_owned(),
        },
        sql,
        environment,
        masks,
    };
    let worked = Arc::new(program).work(signals).await;
    worked.map_err(|why| Failure::Refused(why.to_string()))?;
    Ok(Exit::Done)
}

fn url_of_environment() -> Result<String, Failure> {
    let missing = || Failure::Usage("name the server: --url, or ROLLCALL_URL".to_owned());
    variable("ROLLCALL_URL")?.ok_or_else(missing)
}

fn token_of_environment() -> Result<String, Failure> {
    if let Some(token) = variable("ROLLCALL_RUNNER_TOKEN")? {
        return Ok(token);
    }
    match variable("ROLLCALL_RUNNER_TOKEN_FILE")? {
        Some(file) => Ok(file_text(Path::new(&file))?.trim().to_owned()),
        None => Err(Failure::Usage(
            "there is no token: set ROLLCALL_RUNNER_TOKEN or ROLLCALL_RUNNER_TOKEN_FILE. An admin makes one with the runner"
                .to_owned(),
        )),
    }
}

fn kinds(wanted: &[RunKind], has_sql: bool) -> Result<Vec<RunKind>, Failure> {
    let mut kinds = match wanted {
        [] if has_sql => vec![RunKind::Bash, RunKind::Sql],
        [] => vec![RunKind::Bash],
        wanted => wanted.to_vec(),
    };
    kinds.sort_unstable();
    kinds.dedup();
    if kinds.contains(&RunKind::Jenkins) {
        let why = "--kinds: a runner runs bash and sql. Jobs of Jenkins are started by the server";
        return Err(Failure::Usage(why.to_owned()));
    }
    if kinds.contains(&RunKind::Sql) && !has_sql {
        let why = "--kinds has sql, and there is no --sql: write the command, such as --sql 'psql -X -f {file}'";
        return Err(Failure::Usage(why.to_owned()));
    }
    Ok(kinds)
}

/// What is masked: the token, the values of variables, and the lines of files.
fn masks(wanted: &RunnerArguments, token: &str) -> Result<Masks, Failure> {
    let mut secrets = vec![token.trim().to_owned()];
    for name in &wanted.masked {
        let value = env::var(name).ok().filter(|it| !it.is_empty());
        secrets.push(value.ok_or_else(|| {
            Failure::Usage(format!("--mask-env {name}: the variable {name} is not set"))
        })?);
    }
    for file in &wanted.mask_files {
        let text = file_text(file)?;
        for (number, line) in text.lines().enumerate() {
            if line.len() >= SECRET_MIN_BYTES {
                secrets.push(line.to_owned());
            } else if !line.is_empty() {
                let (file, number) = (file.display(), number + 1);
                tracing::warn!("line {number} of {file} is too short to be masked");
            }
        }
    }
    let masks = Masks::new(secrets.iter().map(String::as_str));
    masks.map_err(|why| Failure::Usage(format!("there is too much to mask: {why}")))
}

fn file_text(file: &Path) -> Result<String, Failure> {
    fs::read_to_string(file).map_err(|it| {
        let file = file.display();
        Failure::Usage(format!("{file} cannot be read: {it}"))
    })
}

/// Whether a variable of this name probably holds a secret.
fn names_secret(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    let words = ["PASSWORD", "PASSWD", "SECRET", "TOKEN", "CREDENTIAL"];
    words.iter().any(|it| name.contains(it)) || name.ends_with("_KEY") || name.ends_with("_PASS")
}

fn environment(wanted: &RunnerArguments) -> Result<EnvironmentRules, Failure> {
    let is_wrong = |it: &&String| it.is_empty() || it.contains('=');
    if let Some(name) = wanted.passed.iter().find(is_wrong) {
        let why = format!("--env `{name}`: write the name of a variable, without its value");
        return Err(Failure::Usage(why));
    }
    for name in wanted.passed.iter().filter(|it| names_secret(it)) {
        if !wanted.masked.contains(name) {
            tracing::warn!(
                "the value of {name} is not masked in output: add --mask-env {name} if it is a secret"
            );
        }
    }
    let mut rules = EnvironmentRules {
        passed: wanted.passed.clone(),
        kubeconfig_of: BTreeMap::new(),
        kubeconfig: None,
    };
    for text in &wanted.kubeconfig {
        let (cluster, file) = match text.split_once('=') {
            Some((cluster, file)) => (Some(cluster), file),
            None => (None, text.as_str()),
        };
        // Texts begin in another folder.
        let found = absolute(file).and_then(|path| fs::metadata(&path).map(|_| path));
        let path = found.map_err(|error| {
            Failure::Usage(format!("--kubeconfig {file} cannot be read: {error}"))
        })?;
        match cluster {
            Some(cluster) => drop(rules.kubeconfig_of.insert(cluster.to_owned(), path)),
            None => rules.kubeconfig = Some(path),
        }
    }
    Ok(rules)
}

/// Asks who this is, as often as it takes until the server is there.
async fn known_runner(server: &RunnerServer) -> Result<KnownRunner, Failure> {
    loop {
        match server.known_runner().await {
            Ok(known) => return Ok(known),
            Err(ReportError::Away(why)) => {
                tracing::warn!(%why, "the server is away; it is tried again");
                sleep(RETRY).await;
            }
            Err(why) => return Err(Failure::Refused(why.to_string())),
        }
    }
}

/// The clusters that it serves, which must be among the runner's.
fn clusters(wanted: &[String], known: &KnownRunner) -> Result<Vec<String>, Failure> {
    if wanted.is_empty() {
        return Ok(known.clusters.clone());
    }
    let mut clusters: Vec<String> = Vec::new();
    for name in wanted.iter().map(|it| it.trim()) {
        if !known.clusters.iter().any(|it| it == name) {
            return Err(unknown("--clusters", name, &known.clusters));
        }
        if !clusters.iter().any(|it| it == name) {
            clusters.push(name.to_owned());
        }
    }
    Ok(clusters)
}

fn unknown(argument: &str, cluster: &str, has: &[String]) -> Failure {
    let has = has.join(", ");
    Failure::Usage(format!(
        "{argument}: this runner does not serve {cluster}, but {has}"
    ))
}

/// Ctrl-C and SIGTERM: the first lets runs come to their end, and no other begin; the second ends them.
fn listen() -> io::Result<RunnerSignals> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let (drain, is_draining) = watch::channel(false);
    let (cancel, is_cancelled) = watch::channel(false);
    tokio::spawn(async move {
        for told in [&drain, &cancel] {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
            if *drain.borrow() {
                tracing::info!("runs are ended");
            } else {
                tracing::info!(
                    "ending: no run is begun any more, and those that run come to their end; Ctrl-C again ends them"
                );
            }
            told.send_replace(true);
        }
        // Further signals change nothing.
        while interrupt.recv().await.is_some() {}
    });
    Ok(RunnerSignals {
        drain: is_draining,
        cancel: is_cancelled,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_follow_from_the_sql_command_and_must_fit_it() {
        assert_eq!(kinds(&[], false).unwrap(), [RunKind::Bash]);
        assert_eq!(kinds(&[], true).unwrap(), [RunKind::Bash, RunKind::Sql]);
        let twice = [RunKind::Sql, RunKind::Sql];
        assert_eq!(kinds(&twice, true).unwrap(), [RunKind::Sql]);
        for (wrong, has_sql) in [(RunKind::Sql, false), (RunKind::Jenkins, true)] {
            let refused = kinds(&[wrong], has_sql).unwrap_err();
            assert_eq!(refused.exit(), Exit::Usage, "{wrong}");
        }
    }

    #[test]
    fn a_variable_that_is_called_like_a_secret_is_told() {
        for name in [
            "PGPASSWORD",
            "db_password",
            "GITHUB_TOKEN",
            "API_KEY",
            "MY_PASS",
        ] {
            assert!(names_secret(name), "{name}");
        }
        for name in ["PGPASSFILE", "KEYBOARD", "PATH", "SSH_AUTH_SOCK"] {
            assert!(!names_secret(name), "{name}");
        }
    }

    #[test]
    fn only_the_runner_s_own_clusters_are_served() {
        let known = KnownRunner {
            name: "eu-1".to_owned(),
            clusters: vec!["prod-eu".to_owned(), "test".to_owned()],
        };
        let named = |names: &[&str]| {
            let names: Vec<String> = names.iter().map(|it| (*it).to_owned()).collect();
            clusters(&names, &known)
        };
        assert_eq!(named(&[]).unwrap(), ["prod-eu", "test"]);
        assert_eq!(named(&["test", " test"]).unwrap(), ["test"]);
        let refused = named(&["test", "prod-us"]).unwrap_err();
        assert_eq!(refused.exit(), Exit::Usage);
        let why = refused.to_string();
        assert!(why.contains("prod-us") && why.contains("prod-eu"), "{why}");
    }
}
