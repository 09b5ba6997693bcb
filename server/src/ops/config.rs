//! Settings from the environment, parsed once. A wrong one is one clear line.
use app::domain::{rule_violation::FieldError, text::Name};
use std::{env, fs, net::SocketAddr, os::unix::fs::MetadataExt, path::PathBuf, time::Duration};

/// Names that the original design sets aside for later: accepted, and not used.
pub const RESERVED: [&str; 4] = [
    "JENKINS_URL",
    "JENKINS_TOKEN",
    "RANCHER_URL",
    "RANCHER_TOKEN",
];

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// `DATABASE_URL`: `sqlite://PATH`, `sqlite:PATH` or `file:PATH`. Default `sqlite://data/app.db`.
    pub database_url: String,
    /// `ROLLCALL_ADDR`: where to listen. Default `127.0.0.1:3000`.
    pub address: SocketAddr,
    /// `ROLLCALL_USER`: who it is when a request does not say so. Default: the system's user.
    pub actor: String,
    /// `ROLLCALL_LOG`: how the log is written. Default `text`.
    pub log: LogFormat,
    /// `ROLLCALL_BACKUP_DIR`, `_EVERY` and `_KEEP`: none unless the folder is named.
    pub backups: Option<Schedule>,
    /// `ROLLCALL_ANCHOR_FILE`: where heads of the history are kept (R89).
    pub anchor_file: Option<PathBuf>,
    /// `ROLLCALL_SIGNING_KEY_FILE`: the key that signs them.
    pub signing_key_file: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LogFormat {
    #[default]
    Text,
    Json,
}

/// Backups that the server makes by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule {
    pub folder: PathBuf,
    /// Default: a day.
    pub every: Duration,
    /// How many stay. Default 14.
    pub keep: usize,
}

const EVERY: Duration = Duration::from_hours(24);
const KEEP: usize = 14;

#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidSetting {
    #[error("ROLLCALL_ADDR is `{0}`: write an address and a port, for example 127.0.0.1:3000")]
    Address(String),
    #[error("DATABASE_URL is `{0}`: write sqlite://PATH, for example sqlite://data/app.db")]
    Database(String),
    #[error("ROLLCALL_USER is `{0}`: {1}")]
    User(String, FieldError),
    #[error("ROLLCALL_LOG is `{0}`: write text or json")]
    Log(String),
    #[error("RUST_LOG is `{0}`: write how much is logged, for example info,sqlx=warn")]
    Filter(String),
    #[error("ROLLCALL_BACKUP_EVERY is `{0}`: write a number and s, m, h or d, for example 6h")]
    BackupEvery(String),
    #[error("ROLLCALL_BACKUP_KEEP is `{0}`: write how many backups stay, 1 or more")]
    BackupKeep(String),
    #[error("{0} is set, and ROLLCALL_BACKUP_DIR is not: name the folder for the backups")]
    BackupFolder(&'static str),
    #[error(
        "ROLLCALL_ANCHOR_FILE is `{0}`, which cannot be written: {1}. Name a file in a folder that is there"
    )]
    AnchorFile(String, String),
    #[error(
        "ROLLCALL_SIGNING_KEY_FILE is `{0}`, which is not read: {1}. Make a key with `rollcall keygen FILE`"
    )]
    SigningKey(String, String),
}

impl Settings {
    pub fn from_environment() -> Result<Self, InvalidSetting> {
        Self::parse(|name| env::var(name).ok().filter(|it| !it.trim().is_empty()))
    }

    fn parse(variable: impl Fn(&str) -> Option<String>) -> Result<Self, InvalidSetting> {
        let address = variable("ROLLCALL_ADDR").unwrap_or_else(|| "127.0.0.1:3000".to_owned());
        let database_url =
            variable("DATABASE_URL").unwrap_or_else(|| "sqlite://data/app.db".to_owned());
        let scheme = database_url.split_once(':').map(|it| it.0);
        if !matches!(scheme, Some("sqlite" | "file"))
            || app::store::engine::sqlite::path_of(&database_url)
                .as_os_str()
                .is_empty()
        {
            return Err(InvalidSetting::Database(database_url));
        }
        Ok(Self {
            address: address
                .parse()
                .map_err(|_| InvalidSetting::Address(address))?,
            database_url,
            actor: match variable("ROLLCALL_USER") {
                Some(name) => Name::parse(&name)
                    .map_err(|problem| InvalidSetting::User(name, problem))?
                    .into(),
                None => variable("USER").unwrap_or_else(system_user),
            },
            log: log_format(variable("ROLLCALL_LOG"))?,
            backups: schedule(&variable)?,
            anchor_file: variable("ROLLCALL_ANCHOR_FILE").map(Into::into),
            signing_key_file: variable("ROLLCALL_SIGNING_KEY_FILE").map(Into::into),
        })
    }
}

fn log_format(text: Option<String>) -> Result<LogFormat, InvalidSetting> {
    match text.as_deref() {
        None => Ok(LogFormat::default()),
        Some("text") => Ok(LogFormat::Text),
        Some("json") => Ok(LogFormat::Json),
        Some(other) => Err(InvalidSetting::Log(other.to_owned())),
    }
}

fn schedule(
    variable: &impl Fn(&str) -> Option<String>,
) -> Result<Option<Schedule>, InvalidSetting> {
    const EVERY_NAME: &str = "ROLLCALL_BACKUP_EVERY";
    const KEEP_NAME: &str = "ROLLCALL_BACKUP_KEEP";
    let (every, keep) = (variable(EVERY_NAME), variable(KEEP_NAME));
    let Some(folder) = variable("ROLLCALL_BACKUP_DIR") else {
        return match (every, keep) {
            (None, None) => Ok(None),
            (Some(_), _) => Err(InvalidSetting::BackupFolder(EVERY_NAME)),
            (None, Some(_)) => Err(InvalidSetting::BackupFolder(KEEP_NAME)),
        };
    };
    let every = match every {
        None => EVERY,
        Some(text) => duration(&text).ok_or(InvalidSetting::BackupEvery(text))?,
    };
    let keep = match keep {
        None => KEEP,
        Some(text) => match text.trim().parse() {
            Ok(n) if n > 0 => n,
            _ => return Err(InvalidSetting::BackupKeep(text)),
        },
    };
    Ok(Some(Schedule {
        folder: folder.into(),
        every,
        keep,
    }))
}

/// `90s`, `30m`, `6h`, `7d`: longer than nothing, and at most a year.
fn duration(text: &str) -> Option<Duration> {
    const YEAR: u64 = 366 * 24 * 60 * 60;
    let text = text.trim();
    let unit = text.chars().next_back()?;
    let seconds = match unit {
        's' => 1,
        'm' => 60,
        'h' => 60 * 60,
        'd' => 24 * 60 * 60,
        _ => return None,
    };
    let n: u64 = text.strip_suffix(unit)?.trim_end().parse().ok()?;
    let seconds = n.checked_mul(seconds)?;
    (1..=YEAR)
        .contains(&seconds)
        .then(|| Duration::from_secs(seconds))
}

/// The name of the user that this process belongs to.
fn system_user() -> String {
    let user = fs::metadata("/proc/self")
        .map(|it| it.uid().to_string())
        .unwrap_or_default();
    let known = fs::read_to_string("/etc/passwd").unwrap_or_default();
    let line = known
        .lines()
        .find(|line| line.split(':').nth(2) == Some(user.as_str()));
    line.and_then(|it| it.split(':').next())
        .map_or_else(|| format!("user {user}"), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(variables: &[(&str, &str)]) -> Result<Settings, InvalidSetting> {
        Settings::parse(|name| {
            variables
                .iter()
                .find(|it| it.0 == name)
                .map(|it| it.1.to_owned())
        })
    }

    #[test]
    fn without_settings_it_listens_on_this_machine_only_and_makes_no_backups() {
        let settings = parse(&[("USER", "ana")]).unwrap();
        assert!(settings.address.ip().is_loopback());
        assert_eq!(settings.actor, "ana");
        assert_eq!((settings.log, settings.backups), (LogFormat::Text, None));
    }

    #[test]
    fn a_wrong_setting_says_what_to_write() {
        assert_eq!(
            parse(&[("ROLLCALL_ADDR", "x")]),
            Err(InvalidSetting::Address("x".into()))
        );
        assert!(parse(&[("DATABASE_URL", "postgres://x/y")]).is_err());
        assert!(parse(&[("DATABASE_URL", "sqlite:")]).is_err());
        assert_eq!(
            parse(&[("ROLLCALL_LOG", "xml")]),
            Err(InvalidSetting::Log("xml".into()))
        );
        assert!(parse(&[("ROLLCALL_USER", "x".repeat(101).as_str())]).is_err());
    }

    #[test]
    fn backups_have_a_folder_and_a_rhythm() {
        let with = |every: &str, keep: &str| {
            parse(&[
                ("ROLLCALL_BACKUP_DIR", "/b"),
                ("ROLLCALL_BACKUP_EVERY", every),
                ("ROLLCALL_BACKUP_KEEP", keep),
            ])
        };
        let backups = with("6h", "3").unwrap().backups.unwrap();
        assert_eq!(backups.every, Duration::from_hours(6));
        assert_eq!((backups.keep, backups.folder), (3, PathBuf::from("/b")));
        for every in [
            "6",
            "h",
            "0s",
            "-1m",
            "1.5h",
            "6 hours",
            "99999999999999999999d",
        ] {
            assert_eq!(
                with(every, "3"),
                Err(InvalidSetting::BackupEvery(every.into()))
            );
        }
        for keep in ["0", "-1", "all"] {
            assert_eq!(
                with("6h", keep),
                Err(InvalidSetting::BackupKeep(keep.into()))
            );
        }
        let day = parse(&[("ROLLCALL_BACKUP_DIR", "/b")]).unwrap();
        assert_eq!(day.backups.unwrap().every, EVERY);
        assert!(parse(&[("ROLLCALL_BACKUP_KEEP", "3")]).is_err());
    }

    #[test]
    fn the_original_s_form_of_the_database_is_taken() {
        assert!(
            parse(&[
                ("DATABASE_URL", "file:./data/app.db"),
                ("JENKINS_URL", "http://x")
            ])
            .is_ok()
        );
    }

    #[test]
    fn somebody_is_always_the_system_s_user() {
        assert!(!system_user().is_empty());
    }
}
