//! Settings from the environment, parsed once. A wrong one is one clear line.
use std::{env, fs, net::SocketAddr, os::unix::fs::MetadataExt};

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
    /// `--demo`: fill an empty database with a realistic data set first.
    pub demo: bool,
}

#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum Wrong {
    #[error("ROLLCALL_ADDR is `{0}`: write an address and a port, for example 127.0.0.1:3000")]
    Address(String),
    #[error("DATABASE_URL is `{0}`: write sqlite://PATH, for example sqlite://data/app.db")]
    Database(String),
    #[error("unknown argument `{0}`: only --demo is known")]
    Argument(String),
}

impl Settings {
    pub fn from_environment() -> Result<Self, Wrong> {
        Self::parse(
            |name| env::var(name).ok().filter(|it| !it.trim().is_empty()),
            env::args().skip(1),
        )
    }

    fn parse(
        variable: impl Fn(&str) -> Option<String>,
        arguments: impl Iterator<Item = String>,
    ) -> Result<Self, Wrong> {
        let address = variable("ROLLCALL_ADDR").unwrap_or_else(|| "127.0.0.1:3000".to_owned());
        let database_url =
            variable("DATABASE_URL").unwrap_or_else(|| "sqlite://data/app.db".to_owned());
        let scheme = database_url.split_once(':').map(|it| it.0);
        if !matches!(scheme, Some("sqlite" | "file"))
            || app::store::sqlite::path_of(&database_url)
                .as_os_str()
                .is_empty()
        {
            return Err(Wrong::Database(database_url));
        }
        let mut demo = false;
        for argument in arguments {
            match argument.as_str() {
                "--demo" => demo = true,
                _ => return Err(Wrong::Argument(argument)),
            }
        }
        Ok(Self {
            address: address.parse().map_err(|_| Wrong::Address(address))?,
            database_url,
            actor: variable("ROLLCALL_USER")
                .or_else(|| variable("USER"))
                .unwrap_or_else(system_user),
            demo,
        })
    }
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

    fn parse(variables: &[(&str, &str)], arguments: &[&str]) -> Result<Settings, Wrong> {
        Settings::parse(
            |name| {
                variables
                    .iter()
                    .find(|it| it.0 == name)
                    .map(|it| it.1.to_owned())
            },
            arguments.iter().map(|it| (*it).to_owned()),
        )
    }

    #[test]
    fn without_settings_it_listens_on_this_machine_only() {
        let settings = parse(&[("USER", "ana")], &[]).unwrap();
        assert!(settings.address.ip().is_loopback());
        assert_eq!((settings.actor.as_str(), settings.demo), ("ana", false));
    }

    #[test]
    fn a_wrong_setting_says_what_to_write() {
        assert_eq!(
            parse(&[("ROLLCALL_ADDR", "x")], &[]),
            Err(Wrong::Address("x".into()))
        );
        assert!(parse(&[("DATABASE_URL", "postgres://x/y")], &[]).is_err());
        assert!(parse(&[("DATABASE_URL", "sqlite:")], &[]).is_err());
        assert_eq!(parse(&[], &["--dmo"]), Err(Wrong::Argument("--dmo".into())));
    }

    #[test]
    fn the_original_s_form_of_the_database_is_taken() {
        assert!(
            parse(
                &[
                    ("DATABASE_URL", "file:./data/app.db"),
                    ("JENKINS_URL", "http://x")
                ],
                &[]
            )
            .is_ok()
        );
    }

    #[test]
    fn somebody_is_always_the_system_s_user() {
        assert!(!system_user().is_empty());
    }
}
