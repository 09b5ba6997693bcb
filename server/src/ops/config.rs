//! Settings from environment variables, parsed once at the start. A wrong value is an error of one line that says what to
//! write.
use super::{
    allowed_hosts::{self, AllowedHosts},
    auth_settings::{self, AuthSettings, SAY_A_MODE, TRUSTED},
    invalid_auth_setting::InvalidAuthSetting,
    oidc_settings,
    out_settings::{self, InvalidOutSetting, OutSettings},
    rancher_settings::{InvalidRancherSetting, RancherSettings},
};
use app::{
    domain::field_error::FieldError,
    domain::text::Name,
    store::engine::database_url::{file_of, is_well_formed, shown, without_password},
};
use std::{
    collections::BTreeMap,
    env::{self, VarError},
    fmt, fs,
    net::SocketAddr,
    ops::Deref,
    os::unix::fs::MetadataExt,
    path::PathBuf,
    time::Duration,
};

/// Variables that the original design reserves for later. They are accepted and not used.
pub const RESERVED_VARIABLES: [&str; 2] = ["JENKINS_URL", "JENKINS_TOKEN"];

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// `DATABASE_URL`: `sqlite://PATH`, `sqlite:PATH`, `file:PATH` or `postgres://USER:PASSWORD@HOST:PORT/DATABASE`. Default
    /// `sqlite://data/app.db`.
    pub database_url: DatabaseUrl,
    /// `ROLLCALL_ADDR`: the address to listen on. Default `127.0.0.1:3000`.
    pub address: SocketAddr,
    /// `ROLLCALL_PUBLIC_URL`: the address that people open. Default: none.
    pub public_url: Option<String>,
    /// `ROLLCALL_HOSTS`, and the host of `ROLLCALL_PUBLIC_URL`: what a request may be for, beside loopback and the address
    /// that it came to.
    pub hosts: AllowedHosts,
    /// `ROLLCALL_USER`: the actor of requests that name none. Default: the user of the process.
    pub actor: String,
    /// Authentication: `ROLLCALL_AUTH` and its companions.
    pub auth: AuthSettings,
    /// `ROLLCALL_LOG`: the log's format. Default `text`.
    pub log: LogFormat,
    /// `ROLLCALL_BACKUP_DIR`, `_EVERY` and `_KEEP`: none unless the folder is set.
    pub backups: Option<BackupSchedule>,
    /// `ROLLCALL_ANCHOR_FILE`: where heads of the history are kept (R89). Default: none.
    pub anchor_file: Option<PathBuf>,
    /// `ROLLCALL_SIGNING_KEY_FILE`: the key that signs heads. Default: none.
    pub signing_key_file: Option<PathBuf>,
    /// `RANCHER_URL`, and `RANCHER_TOKEN` or `RANCHER_TOKEN_FILE`: where clusters and customers are imported from (R65).
    pub rancher: RancherSettings,
    /// What goes out to hooks, and where to: `ROLLCALL_OUT_ALLOW` and its companions.
    pub out: OutSettings,
}

/// A well-formed address of a database. It may have a password, which is never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct DatabaseUrl(String);

impl Deref for DatabaseUrl {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&shown(&self.0))
    }
}

impl DatabaseUrl {
    fn parse(text: String) -> Result<Self, InvalidSetting> {
        if is_well_formed(&text) {
            Ok(Self(text))
        } else {
            Err(InvalidSetting::Database(without_password(&text)))
        }
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LogFormat {
    #[default]
    Text,
    Json,
}

/// Backups that the server makes by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BackupSchedule {
    pub folder: PathBuf,
    /// The time between two backups. Default: a day.
    pub interval: Duration,
    /// How many backups are kept. Default 14.
    pub keep: usize,
}

const DEFAULT_BACKUP_INTERVAL: Duration = Duration::from_hours(24);
const BACKUP_INTERVAL_MIN: Duration = Duration::from_secs(1);
/// A leap year.
const BACKUP_INTERVAL_MAX: Duration = Duration::from_hours(366 * 24);
const DEFAULT_BACKUPS_KEPT: usize = 14;

#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidSetting {
    #[error("{0} is not UTF-8: write it as UTF-8, or unset it")]
    Encoding(&'static str),
    #[error("ROLLCALL_ADDR is `{0}`: write an address and a port, for example 127.0.0.1:3000")]
    Address(String),
    #[error(
        "ROLLCALL_HOSTS names `{0}`, which is no host: write names separated by commas, for example rollcall.example.com,ops"
    )]
    Hosts(String),
    #[error(
        "ROLLCALL_PUBLIC_URL is `{0}`: write the address that people open, for example https://rollcall.example.com"
    )]
    PublicUrl(String),
    #[error(
        "DATABASE_URL is `{0}`: write sqlite://PATH or postgres://USER:PASSWORD@HOST/DATABASE, for example sqlite://data/app.db"
    )]
    Database(String),
    #[error("{0} is for SQLite: back PostgreSQL up with pg_dump")]
    NoBackup(&'static str),
    #[error("{0} is for SQLite: restore PostgreSQL with pg_restore")]
    NoRestore(&'static str),
    #[error(transparent)]
    Auth(#[from] InvalidAuthSetting),
    #[error(transparent)]
    Rancher(#[from] InvalidRancherSetting),
    #[error(transparent)]
    Out(#[from] InvalidOutSetting),
    #[error(
        "ROLLCALL_KEY_FILE is `{0}`, which is not read: {1}. Make a key with `openssl rand -base64 32 > FILE`"
    )]
    KeyFile(String, String),
    #[error("{SAY_A_MODE}")]
    AuthUnsaid,
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
    #[error(
        "ROLLCALL_URL is `{0}`: write the address of a server, for example https://rollcall.example.com"
    )]
    ServerUrl(String),
    #[error("ROLLCALL_TOKEN has a character that no token has: copy it anew")]
    ServerToken,
    #[error("there is no server to ask: set ROLLCALL_URL, or run `rollcall login URL`")]
    NoServer,
    #[error("there is no folder for settings: set XDG_CONFIG_HOME or HOME")]
    NoConfigFolder,
}

impl Settings {
    pub fn from_environment() -> Result<Self, InvalidSetting> {
        Self::parse(variable)
    }

    fn parse(
        variable: impl Fn(&'static str) -> Result<Option<String>, InvalidSetting>,
    ) -> Result<Self, InvalidSetting> {
        let address = variable("ROLLCALL_ADDR")?.unwrap_or_else(|| "127.0.0.1:3000".to_owned());
        let database_url =
            variable("DATABASE_URL")?.unwrap_or_else(|| "sqlite://data/app.db".to_owned());
        let database_url = DatabaseUrl::parse(database_url)?;
        let backups = backup_schedule(&variable)?;
        if backups.is_some() && file_of(&database_url).is_none() {
            return Err(InvalidSetting::NoBackup("ROLLCALL_BACKUP_DIR"));
        }
        let public_url = variable("ROLLCALL_PUBLIC_URL")?.map(|it| it.trim().to_owned());
        Ok(Self {
            hosts: hosts(variable("ROLLCALL_HOSTS")?, public_url.as_deref())?,
            public_url,
            address: address
                .parse()
                .map_err(|_| InvalidSetting::Address(address))?,
            database_url,
            actor: actor(&variable)?,
            auth: AuthSettings {
                asks_for_name: variable("ROLLCALL_USER")?.is_none(),
                ..auth(&variable)?
            },
            log: log_format(variable("ROLLCALL_LOG")?)?,
            backups,
            anchor_file: variable("ROLLCALL_ANCHOR_FILE")?.map(Into::into),
            signing_key_file: variable("ROLLCALL_SIGNING_KEY_FILE")?.map(Into::into),
            rancher: RancherSettings::parse(&variable)?,
            out: out(&variable)?,
        })
    }
}

/// The value of an environment variable; none if it is unset or blank. Errors: it is not UTF-8.
pub fn variable(name: &'static str) -> Result<Option<String>, InvalidSetting> {
    match env::var(name) {
        // An empty setting counts as unset, except for the list of proxies: there it is more likely a mistake.
        Ok(value) => Ok((name == TRUSTED || !value.trim().is_empty()).then_some(value)),
        Err(VarError::NotPresent) => Ok(None),
        Err(VarError::NotUnicode(_)) => Err(InvalidSetting::Encoding(name)),
    }
}

/// Who a change is by: `ROLLCALL_USER`, else the user of the process.
pub fn actor(
    variable: &impl Fn(&'static str) -> Result<Option<String>, InvalidSetting>,
) -> Result<String, InvalidSetting> {
    match variable("ROLLCALL_USER")? {
        Some(name) => match Name::parse(&name) {
            Ok(parsed) => Ok(parsed.into()),
            Err(problem) => Err(InvalidSetting::User(name, problem)),
        },
        // `USER` is not a setting of ours: if it cannot be used, the system is asked for the user.
        None => Ok(variable("USER").ok().flatten().unwrap_or_else(system_user)),
    }
}

/// Reads the authentication settings. A setting that is not UTF-8 is an error before all others.
fn auth(
    variable: &impl Fn(&'static str) -> Result<Option<String>, InvalidSetting>,
) -> Result<AuthSettings, InvalidSetting> {
    let mut said = BTreeMap::new();
    for name in auth_settings::NAMES.into_iter().chain(oidc_settings::NAMES) {
        said.insert(name, variable(name)?);
    }
    Ok(AuthSettings::parse(|name| {
        said.get(name).cloned().flatten()
    })?)
}

/// Reads the settings of what goes out. A setting that is not UTF-8 is an error before all others.
fn out(
    variable: &impl Fn(&'static str) -> Result<Option<String>, InvalidSetting>,
) -> Result<OutSettings, InvalidSetting> {
    let mut said = BTreeMap::new();
    for name in out_settings::NAMES {
        said.insert(name, variable(name)?);
    }
    Ok(OutSettings::parse(&|name: &str| {
        said.get(name).cloned().flatten()
    })?)
}

fn hosts(names: Option<String>, public_url: Option<&str>) -> Result<AllowedHosts, InvalidSetting> {
    let mut hosts = match names {
        Some(names) => AllowedHosts::parse(&names).map_err(InvalidSetting::Hosts)?,
        None => AllowedHosts::default(),
    };
    if let Some(url) = public_url {
        let host = allowed_hosts::host_of_url(url);
        hosts.add(host.ok_or_else(|| InvalidSetting::PublicUrl(url.to_owned()))?);
    }
    Ok(hosts)
}

fn log_format(text: Option<String>) -> Result<LogFormat, InvalidSetting> {
    match text.as_deref() {
        None => Ok(LogFormat::default()),
        Some("text") => Ok(LogFormat::Text),
        Some("json") => Ok(LogFormat::Json),
        Some(other) => Err(InvalidSetting::Log(other.to_owned())),
    }
}

fn backup_schedule(
    variable: &impl Fn(&'static str) -> Result<Option<String>, InvalidSetting>,
) -> Result<Option<BackupSchedule>, InvalidSetting> {
    const EVERY: &str = "ROLLCALL_BACKUP_EVERY";
    const KEEP: &str = "ROLLCALL_BACKUP_KEEP";
    let (interval, keep) = (variable(EVERY)?, variable(KEEP)?);
    let Some(folder) = variable("ROLLCALL_BACKUP_DIR")? else {
        return match (interval, keep) {
            (None, None) => Ok(None),
            (Some(_), _) => Err(InvalidSetting::BackupFolder(EVERY)),
            (None, Some(_)) => Err(InvalidSetting::BackupFolder(KEEP)),
        };
    };
    let interval = match interval {
        None => DEFAULT_BACKUP_INTERVAL,
        Some(text) => backup_interval(&text).ok_or(InvalidSetting::BackupEvery(text))?,
    };
    let keep = match keep {
        None => DEFAULT_BACKUPS_KEPT,
        Some(text) => match text.trim().parse() {
            Ok(n) if n > 0 => n,
            _ => return Err(InvalidSetting::BackupKeep(text)),
        },
    };
    Ok(Some(BackupSchedule {
        folder: folder.into(),
        interval,
        keep,
    }))
}

/// A duration as people write it: `90s`, `30m`, `6h`, `7d`, `1h 30m`. From one second to one leap year.
fn backup_interval(text: &str) -> Option<Duration> {
    let interval = humantime::parse_duration(text).ok()?;
    (BACKUP_INTERVAL_MIN..=BACKUP_INTERVAL_MAX)
        .contains(&interval)
        .then_some(interval)
}

/// The name of the user that the process runs as; `user 1000` if the system has no name for it.
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
            let set = variables.iter().find(|it| it.0 == name);
            Ok(set.map(|it| it.1.to_owned()))
        })
    }

    #[test]
    fn without_settings_it_listens_on_this_machine_only_and_makes_no_backups() {
        let settings = parse(&[("USER", "ana")]).unwrap();
        assert!(settings.address.ip().is_loopback());
        assert_eq!(settings.actor, "ana");
        assert!(settings.auth.asks_for_name);
        let named = parse(&[("ROLLCALL_USER", "Ana")]).unwrap();
        assert!(!named.auth.asks_for_name);
        assert_eq!((settings.log, settings.backups), (LogFormat::Text, None));
    }

    #[test]
    fn a_wrong_setting_says_what_to_write() {
        assert_eq!(
            parse(&[("ROLLCALL_ADDR", "x")]),
            Err(InvalidSetting::Address("x".into()))
        );
        assert!(parse(&[("DATABASE_URL", "mysql://x/y")]).is_err());
        assert!(parse(&[("DATABASE_URL", "sqlite:")]).is_err());
        assert_eq!(
            parse(&[("ROLLCALL_LOG", "xml")]),
            Err(InvalidSetting::Log("xml".into()))
        );
        assert!(parse(&[("ROLLCALL_USER", "x".repeat(101).as_str())]).is_err());
    }

    #[test]
    fn hosts_are_those_of_both_settings_and_a_wrong_one_says_what_to_write() {
        let settings = parse(&[
            ("ROLLCALL_HOSTS", "ops, 10.0.0.5:80"),
            ("ROLLCALL_PUBLIC_URL", "https://rollcall.example.com/"),
        ]);
        let hosts = settings.unwrap().hosts;
        for host in ["ops", "10.0.0.5", "rollcall.example.com", "localhost"] {
            assert!(hosts.allows(host, None), "{host}");
        }
        assert!(!hosts.allows("evil.example", None));
        let wrong = parse(&[("ROLLCALL_HOSTS", "ops,*.example.com")]);
        assert_eq!(wrong, Err(InvalidSetting::Hosts("*.example.com".into())));
        let wrong = parse(&[("ROLLCALL_PUBLIC_URL", "rollcall.example.com")]).unwrap_err();
        assert!(
            wrong.to_string().contains("for example https://"),
            "{wrong}"
        );
    }

    #[test]
    fn backups_have_a_folder_an_interval_and_a_number() {
        let with = |interval: &str, keep: &str| {
            parse(&[
                ("ROLLCALL_BACKUP_DIR", "/b"),
                ("ROLLCALL_BACKUP_EVERY", interval),
                ("ROLLCALL_BACKUP_KEEP", keep),
            ])
        };
        let backups = with("6h", "3").unwrap().backups.unwrap();
        assert_eq!(backups.interval, Duration::from_hours(6));
        assert_eq!((backups.keep, backups.folder), (3, PathBuf::from("/b")));
        for (interval, seconds) in [
            ("1s", 1),
            ("90s", 90),
            (" 30m ", 1_800),
            ("6 h", 21_600),
            ("6 hours", 21_600),
            ("1h 30m", 5_400),
            ("366d", 31_622_400),
        ] {
            let backups = with(interval, "3").unwrap().backups.unwrap();
            assert_eq!(backups.interval.as_secs(), seconds, "{interval}");
        }
        for interval in [
            "6",
            "h",
            "0s",
            "1ms",
            "-1m",
            "367d",
            "99999999999999999999d",
        ] {
            assert_eq!(
                with(interval, "3"),
                Err(InvalidSetting::BackupEvery(interval.into()))
            );
        }
        for keep in ["0", "-1", "all"] {
            assert_eq!(
                with("6h", keep),
                Err(InvalidSetting::BackupKeep(keep.into()))
            );
        }
        let day = parse(&[("ROLLCALL_BACKUP_DIR", "/b")]).unwrap();
        assert_eq!(day.backups.unwrap().interval, DEFAULT_BACKUP_INTERVAL);
        assert!(parse(&[("ROLLCALL_BACKUP_KEEP", "3")]).is_err());
    }

    #[test]
    fn a_database_of_postgres_is_taken_without_backups_and_its_password_stays_hidden() {
        let url = "postgres://ana:secret@db.example.com/rollcall?sslmode=require";
        let settings = parse(&[("DATABASE_URL", url)]).unwrap();
        assert_eq!(&*settings.database_url, url);
        assert!(!format!("{settings:?}").contains("secret"));
        let with_backups = parse(&[("DATABASE_URL", url), ("ROLLCALL_BACKUP_DIR", "/b")]);
        let why = with_backups.unwrap_err().to_string();
        assert!(why.contains("pg_dump"), "{why}");
        for wrong in [
            "postgres://ana:secret@db:port/rollcall",
            "mysql://ana:secret@db/rollcall",
            "ana:secret@db",
        ] {
            let why = parse(&[("DATABASE_URL", wrong)]).unwrap_err().to_string();
            assert!(why.contains("ana") && !why.contains("secret"), "{why}");
        }
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
