//! How a run ended, kept in a file until the server has taken it; and `rollcall run --resend`, which sends what is left (R72).
use super::printer::RunPrinter;
use crate::{
    cli::{
        client::{answers::read, credentials::write_private},
        remote::{RemoteServer, RestRefusal},
    },
    ops::{
        config::{InvalidSetting, variable},
        failure::{Exit, Failure},
    },
};
use app::{
    api::context::now,
    domain::{plural::pluralize, run::RunState},
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::{
    fs, io,
    path::{Path, PathBuf},
    time::Duration,
};
use tokio::time::sleep;

/// Waits between the tries to send a result, before it is left in its file: a restart of the server takes less.
const WAITS: [Duration; 3] = [
    Duration::from_secs(1),
    Duration::from_secs(2),
    Duration::from_secs(4),
];

/// How a run ended, with what the server has to be sent.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct KeptResult {
    /// The server's address: another one gets nothing.
    pub url: String,
    pub run_id: i64,
    /// The title of the step, for messages.
    pub step: String,
    /// When it ended, by the clock of this machine. Files of older programs have none.
    pub ended_at: Option<DateTime<Utc>>,
    /// The body of the request: the lease, how it ended, and the output that the server has not got yet.
    pub finish: Value,
}

impl KeptResult {
    /// The body of a request that is sent now. Of the clocks of two machines one may be wrong, so it says how long ago it ended.
    fn body(&self, now: DateTime<Utc>) -> Value {
        let mut body = self.finish.clone();
        if let Some(ended_at) = self.ended_at {
            body["endedAgoSeconds"] = json!((now - ended_at).num_seconds().max(0));
        }
        body
    }
}

/// What the server says of a run that is over.
#[derive(Debug, Deserialize)]
pub struct ToldEnd {
    pub state: RunState,
    /// Of anything but a success.
    pub reason: Option<String>,
    /// The whole run, as the server answers it.
    #[serde(skip)]
    pub run: Value,
}

/// Sends it once. A refusal of the server is the inner error. Errors: no response.
async fn send(
    server: &RemoteServer,
    kept: &KeptResult,
) -> Result<Result<ToldEnd, RestRefusal>, Failure> {
    let path = format!("/api/runs/{}/finish", kept.run_id);
    match server.try_post(&path, &kept.body(now())).await? {
        Ok((run, _)) => {
            let told: ToldEnd = read(run.clone())?;
            Ok(Ok(ToldEnd { run, ..told }))
        }
        Err(refusal) => Ok(Err(refusal)),
    }
}

/// The folder in which results wait.
#[derive(Clone, Debug)]
pub struct ResultFolder(PathBuf);

impl ResultFolder {
    /// `XDG_STATE_HOME/rollcall`, or `HOME/.local/state/rollcall`. It need not be there yet. Errors: neither is set.
    pub fn of_environment() -> Result<Self, InvalidSetting> {
        let folder = match variable("XDG_STATE_HOME")? {
            Some(folder) => PathBuf::from(folder),
            None => match variable("HOME")? {
                Some(home) => Path::new(&home).join(".local/state"),
                None => return Err(InvalidSetting::NoStateFolder),
            },
        };
        Ok(Self(folder.join("rollcall")))
    }

    /// The file of a result. Runs of two servers may have one number.
    fn file(&self, kept: &KeptResult) -> PathBuf {
        let (_, host) = kept
            .url
            .split_once("://")
            .unwrap_or(("", kept.url.as_str()));
        let letter = |it: char| {
            if it.is_ascii_alphanumeric() || it == '.' {
                it
            } else {
                '-'
            }
        };
        let host: String = host.chars().map(letter).collect();
        self.0.join(format!("run-{}-{host}.json", kept.run_id))
    }

    /// Keeps it in a file of mode 0600.
    fn keep(&self, kept: &KeptResult) -> Result<PathBuf, Failure> {
        let path = self.file(kept);
        let text = serde_json::to_string(kept).map_err(|it| Failure::write(&path, &it))?;
        write_private(&path, &format!("{text}\n"))?;
        Ok(path)
    }

    /// The files of results, by name.
    fn files(&self) -> Result<Vec<PathBuf>, Failure> {
        let entries = match fs::read_dir(&self.0) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(unread(&self.0, &error)),
        };
        let mut files = Vec::new();
        for entry in entries {
            let path = entry.map_err(|it| unread(&self.0, &it))?.path();
            let name = path.file_stem().and_then(|it| it.to_str());
            // A file that was being written when the program was killed ends otherwise.
            let is_whole = path.extension().is_some_and(|it| it == "json");
            if is_whole && name.is_some_and(|it| it.starts_with("run-")) {
                files.push(path);
            }
        }
        files.sort();
        Ok(files)
    }

    /// Sends a result, several times if the server does not answer. Until it is taken it is in a file, so that it outlives this
    /// program too. Errors: it was not sent, and the file is named.
    pub async fn deliver(
        &self,
        server: &RemoteServer,
        kept: &KeptResult,
    ) -> Result<ToldEnd, Failure> {
        let file = self.keep(kept);
        let mut waits = WAITS.into_iter();
        loop {
            let failure = match send(server, kept).await {
                Ok(Ok(told)) => {
                    // A file that stays is sent again, which changes nothing.
                    let _ = file.map(fs::remove_file);
                    return Ok(told);
                }
                Ok(Err(refusal)) => {
                    let is_final = refusal.status < 500 && refusal.status != 429;
                    let failure = Failure::from(refusal);
                    if is_final {
                        return Err(not_sent(kept, &failure, file));
                    }
                    failure
                }
                Err(failure) => failure,
            };
            match waits.next() {
                Some(wait) => sleep(wait).await,
                None => return Err(not_sent(kept, &failure, file)),
            }
        }
    }
}

fn unread(path: &Path, error: &dyn std::error::Error) -> Failure {
    Failure::Read {
        path: path.display().to_string(),
        cause: error.to_string(),
    }
}

/// That a result was not sent, why, and where it is.
fn not_sent(kept: &KeptResult, why: &Failure, file: Result<PathBuf, Failure>) -> Failure {
    let step = &kept.step;
    Failure::Refused(match file {
        Ok(path) => {
            let path = path.display();
            format!(
                "how {step} ended could not be sent: {why}. It is kept in {path}: send it with `rollcall run --resend`"
            )
        }
        Err(unkept) => {
            let end = how_it_ended(&kept.finish);
            format!(
                "how {step} ended ({end}) could not be sent: {why}. Nor is it kept: {unkept}. Mark the step by hand"
            )
        }
    })
}

/// The end of a run in a few words, from the request that tells it.
fn how_it_ended(finish: &Value) -> String {
    match (&finish["exitCode"], &finish["signal"]) {
        (_, Value::String(signal)) => signal.clone(),
        (Value::Number(code), _) => format!("exit code {code}"),
        _ => "without an exit code".to_owned(),
    }
}

/// Reads a result. Errors: it cannot be read, or is none.
fn read_kept(path: &Path) -> Result<KeptResult, Failure> {
    let text = fs::read_to_string(path).map_err(|it| unread(path, &it))?;
    serde_json::from_str(&text).map_err(|it| unread(path, &it))
}

/// Sends the results that are left for this server, in the order of their names. One that cannot be read is named, and holds up no
/// other. Errors: some were not sent.
pub async fn resend(server: &RemoteServer, printer: RunPrinter) -> Result<Exit, Failure> {
    let folder = ResultFolder::of_environment()?;
    let (mut n_sent, mut unsent) = (0_usize, Vec::new());
    let mut lines = Vec::new();
    for path in folder.files()? {
        let file = path.display();
        let kept = match read_kept(&path) {
            Ok(kept) => kept,
            Err(failure) => {
                lines.push(format!("{failure}. Delete it if nobody needs it."));
                unsent.push(file.to_string());
                continue;
            }
        };
        if kept.url != server.url() {
            let (step, url) = (&kept.step, &kept.url);
            lines.push(format!(
                "{step} is for {url}: name that server with ROLLCALL_URL."
            ));
            continue;
        }
        match send(server, &kept).await? {
            Ok(told) => {
                fs::remove_file(&path).map_err(|it| Failure::write(&path, &it))?;
                n_sent += 1;
                printer.print_run(&told.run)?;
                let reason = told.reason.map(|it| format!(", {it}")).unwrap_or_default();
                lines.push(format!("{}: {}{reason}.", kept.step, told.state));
            }
            Err(refusal) => {
                let why = Failure::from(refusal);
                lines.push(format!(
                    "{} was not sent: {why}. Delete {file} if nobody needs it.",
                    kept.step
                ));
                unsent.push(file.to_string());
            }
        }
    }
    if n_sent == 0 && unsent.is_empty() {
        lines.push("There is no result to send.".to_owned());
    }
    printer.say(&format!("{}\n", lines.join("\n")))?;
    if unsent.is_empty() {
        return Ok(Exit::Done);
    }
    Err(Failure::Refused(format!(
        "{} not sent: {}",
        pluralize(unsent.len(), "result"),
        unsent.join(", ")
    )))
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeDelta;
    use std::os::unix::fs::PermissionsExt;

    fn kept(url: &str) -> KeptResult {
        KeptResult {
            url: url.to_owned(),
            run_id: 12,
            step: "1 Set image of Acme (acme, prod-eu)".to_owned(),
            ended_at: None,
            finish: json!({ "lease": "secret", "exitCode": 0 }),
        }
    }

    #[test]
    fn a_result_is_kept_for_the_eyes_of_its_user_in_a_file_of_its_server() {
        let folder = tempfile::tempdir().unwrap();
        let results = ResultFolder(folder.path().join("state/rollcall"));
        assert_eq!(results.files().unwrap(), [] as [PathBuf; 0]);
        let one = kept("https://a.example:8443/ops");
        let path = results.keep(&one).unwrap();
        assert!(path.ends_with("run-12-a.example-8443-ops.json"), "{path:?}");
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&path), mode(&results.0)), (0o600, 0o700));
        let text = fs::read_to_string(&path).unwrap();
        assert_eq!(serde_json::from_str::<KeptResult>(&text).unwrap(), one);
        // What is not whole, and what is no result, is left alone.
        fs::write(results.0.join("run-1-b.json.77"), "{").unwrap();
        fs::write(results.0.join("notes.json"), "{}").unwrap();
        let other = results.keep(&kept("https://b.example")).unwrap();
        assert_eq!(results.files().unwrap(), [path, other]);
    }

    #[test]
    fn a_result_that_is_sent_later_says_how_long_ago_its_run_ended() {
        let now = DateTime::UNIX_EPOCH + TimeDelta::days(2);
        let body = |ended_at| {
            let result = KeptResult {
                ended_at,
                ..kept("https://a.example")
            };
            result.body(now)
        };
        let ago = |delta| body(Some(now - delta))["endedAgoSeconds"].clone();
        assert_eq!(ago(TimeDelta::milliseconds(90_999)), 90);
        // The clock was set back meanwhile.
        assert_eq!(ago(TimeDelta::seconds(-30)), 0);
        // Of an older version.
        assert_eq!(body(None), json!({ "lease": "secret", "exitCode": 0 }));
    }

    #[test]
    fn the_end_is_told_in_words_where_no_file_can_keep_it() {
        let unkept = || Err(Failure::Exists("x".to_owned()));
        let why = Failure::Refused("nobody answers".to_owned());
        let told = not_sent(&kept("https://a.example"), &why, unkept()).to_string();
        assert!(
            told.contains("ended (exit code 0) could not be sent: nobody answers"),
            "{told}"
        );
        assert_eq!(
            how_it_ended(&json!({ "exitCode": null, "signal": "SIGKILL" })),
            "SIGKILL"
        );
        assert_eq!(how_it_ended(&json!({})), "without an exit code");
    }
}
