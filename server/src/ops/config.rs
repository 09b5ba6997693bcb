//! Settings from environment variables, parsed once at the start. A wrong value is an error of one line that says what to
//! write.
use super::{
    allowed_hosts::{self, AllowedHosts},
    auth_settings::{self, AuthSettings, SAY_A_MODE, TRUSTED},
    invalid_auth_setting::InvalidAuthSetting,
    jenkins_settings::{InvalidJenkinsSetting, JenkinsSettings},
    oidc_settings,
    out_settings::{self, InvalidOutSetting, OutSettings},
    rancher_settings::{InvalidRancherSetting, RancherSettings},
    run_upkeep,
};
use app::{
    domain::field_error::FieldError,
    domain::run::RUN_LEASE_SECONDS_DEFAULT,
    domain::text::Name,
    store::engine::database_url::{file_of, is_well_formed, shown, without_password},
    store::views::matrix_cache::MATRIX_CACHE_BYTES_DEFAULT,
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
    /// `JENKINS_URL`, `JENKINS_USER`, and `JENKINS_TOKEN` or `JENKINS_TOKEN_FILE`: where steps are run that name a job (R64).
    pub jenkins: JenkinsSettings,
    /// What goes out to hooks, and where to: `ROLLCALL_OUT_ALLOW` and its companions.
    pub out: OutSettings,
    /// `ROLLCALL_RUN_LEASE`: how long a run is its runner's without a report.
    pub run_lease: Duration,
    /// `ROLLCALL_MATRIX_CACHE`: what the matrices in memory take together at most, in bytes (R43).
    pub matrix_cache_bytes: u64,
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

impl LogFormat {
    /// `ROLLCALL_LOG`, for a verb without other settings.
    pub fn of_environment() -> Result<Self, InvalidSetting> {
        log_format(variable("ROLLCALL_LOG")?)
    }
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

pub(super) const DEFAULT_BACKUP_INTERVAL: Duration = Duration::from_hours(24);
const BACKUP_INTERVAL_MIN: Duration = Duration::from_secs(1);
/// A leap year.
const BACKUP_INTERVAL_MAX: Duration = Duration::from_hours(366 * 24);
const DEFAULT_BACKUPS_KEPT: usize = 14;
const MATRIX_CACHE_MB_MAX: u64 = 100_000;

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
    Jenkins(#[from] InvalidJenkinsSetting),
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
    #[error("ROLLCALL_RUN_LEASE is `{0}`: write whole seconds, from 1 to 3600")]
    RunLease(String),
    #[error("ROLLCALL_MATRIX_CACHE is `{0}`: write whole MB, from 1 to 100000")]
    MatrixCache(String),
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
    #[error("there is no folder for results of runs: set XDG_STATE_HOME or HOME")]
    NoStateFolder,
}

impl Settings {
    pub fn from_environment() -> Result<Self, InvalidSetting> {
        Self::parse(variable)
    }

    /// Those of these variables.
    pub(super) fn parse(
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
            jenkins: JenkinsSettings::parse(&variable)?,
            out: out(&variable)?,
            run_lease: run_lease(variable("ROLLCALL_RUN_LEASE")?)?,
            matrix_cache_bytes: matrix_cache_bytes(variable("ROLLCALL_MATRIX_CACHE")?)?,
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

fn run_lease(text: Option<String>) -> Result<Duration, InvalidSetting> {
    let default = Duration::from_secs(RUN_LEASE_SECONDS_DEFAULT.into());
    text.map_or(Ok(default), |it| {
        run_upkeep::parse_lease(&it).ok_or(InvalidSetting::RunLease(it))
    })
}

fn matrix_cache_bytes(text: Option<String>) -> Result<u64, InvalidSetting> {
    let Some(text) = text else {
        return Ok(MATRIX_CACHE_BYTES_DEFAULT);
    };
    match text.trim().parse::<u64>() {
        Ok(mb) if (1..=MATRIX_CACHE_MB_MAX).contains(&mb) => Ok(mb * 1_000_000),
        _ => Err(InvalidSetting::MatrixCache(text)),
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
pub(super) fn system_user() -> String {
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
