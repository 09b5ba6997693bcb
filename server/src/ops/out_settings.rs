//! Settings of webhooks and mail (R62): allowed targets, delays between retries, the key that encrypts secrets, and the SMTP server.
use super::allowed_targets::AllowedTargets;
use lettre::message::Mailbox;
use percent_encoding::percent_decode_str;
use reqwest::Url;
use std::{fmt, path::PathBuf, sync::Arc, time::Duration};

const ALLOW: &str = "ROLLCALL_OUT_ALLOW";
const RETRY: &str = "ROLLCALL_OUT_RETRY";
const KEY_FILE: &str = "ROLLCALL_KEY_FILE";
const SMTP_URL: &str = "ROLLCALL_SMTP_URL";
const SMTP_FROM: &str = "ROLLCALL_SMTP_FROM";

/// The settings that `OutSettings::parse` asks for.
pub const NAMES: [&str; 5] = [ALLOW, RETRY, KEY_FILE, SMTP_URL, SMTP_FROM];

/// The waits of Standard Webhooks 1.0 before each try, the first included: about three days.
const STANDARD_WAITS: [Duration; 10] = [
    Duration::ZERO,
    Duration::from_secs(5),
    Duration::from_mins(5),
    Duration::from_mins(30),
    Duration::from_hours(2),
    Duration::from_hours(5),
    Duration::from_hours(10),
    Duration::from_hours(14),
    Duration::from_hours(20),
    Duration::from_hours(24),
];
const WAITS_MAX: usize = 100;
const WAIT_MAX: Duration = Duration::from_hours(7 * 24);

/// What is wrong with a setting: its name, its text, and what to write.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{name} is `{text}`: {advice}")]
pub struct InvalidOutSetting {
    pub name: &'static str,
    pub text: String,
    pub advice: &'static str,
}

/// What goes out, and where to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutSettings {
    /// `ROLLCALL_OUT_ALLOW`: loopback and private targets that hooks may have. Default: none.
    pub allowed: Arc<AllowedTargets>,
    /// `ROLLCALL_OUT_RETRY`: the waits before the second and each later try. Default: those of the standard.
    pub waits: Vec<Duration>,
    /// `ROLLCALL_KEY_FILE`: the key that secrets are encrypted with. Default: one beside the file of SQLite.
    pub key_file: Option<PathBuf>,
    /// `ROLLCALL_SMTP_URL` and `ROLLCALL_SMTP_FROM`: none unless both are set.
    pub smtp: Option<SmtpSettings>,
}

impl Default for OutSettings {
    fn default() -> Self {
        Self {
            allowed: Arc::default(),
            waits: STANDARD_WAITS[1..].to_vec(),
            key_file: None,
            smtp: None,
        }
    }
}

/// How the connection to the server of mail is encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SmtpSecurity {
    /// Not at all: `smtp://...?tls=none`.
    None,
    /// If the server can: `smtp://`. A password is sent only if it is.
    Offered,
    /// By STARTTLS, or not sent: `smtp://...?tls=required`.
    Required,
    /// From the first byte: `smtps://`.
    Wrapped,
}

/// The server that takes mail, and who it is from.
#[derive(Clone, PartialEq, Eq)]
pub struct SmtpSettings {
    /// A name or an address, without brackets.
    pub host: String,
    pub port: u16,
    pub security: SmtpSecurity,
    /// The name and the password to log in with.
    pub login: Option<(String, String)>,
    pub from: Mailbox,
}

/// Without the password, which belongs into no log.
impl fmt::Debug for SmtpSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "SmtpSettings {{ host: {:?}, port: {}, .. }}",
            self.host, self.port
        )
    }
}

impl OutSettings {
    /// Parses the variables.
    pub fn parse(variable: &impl Fn(&str) -> Option<String>) -> Result<Self, InvalidOutSetting> {
        let said = |name: &'static str| {
            let text = variable(name)?;
            Some(text.trim().to_owned()).filter(|it| !it.is_empty())
        };
        let wrong = |name, text: String, advice| InvalidOutSetting { name, text, advice };
        let allowed = match said(ALLOW) {
            None => AllowedTargets::default(),
            Some(text) => AllowedTargets::parse(&text).map_err(|entry| {
                let advice = "write hosts, addresses and networks without ports, separated by commas, for example ci.example.com,10.0.0.0/8";
                wrong(ALLOW, entry, advice)
            })?,
        };
        let waits = match said(RETRY) {
            None => STANDARD_WAITS[1..].to_vec(),
            Some(text) => waits(&text).map_err(|entry| {
                let advice = "write how long is waited between tries, separated by commas, each a number and s, m or h, for example 5s,5m,1h";
                wrong(RETRY, entry, advice)
            })?,
        };
        let smtp = match (said(SMTP_URL), said(SMTP_FROM)) {
            (None, None) => None,
            (Some(_), None) => {
                let advice = "write whom mail is from too, for example rollcall@example.com";
                return Err(wrong(SMTP_FROM, String::new(), advice));
            }
            (None, Some(_)) => {
                let advice = "ROLLCALL_SMTP_FROM is set, so write the server too, for example smtp://mail.example.com";
                return Err(wrong(SMTP_URL, String::new(), advice));
            }
            (Some(url), Some(from)) => {
                let Ok(mailbox) = from.parse::<Mailbox>() else {
                    let advice = "write an address, for example Rollcall <rollcall@example.com>";
                    return Err(wrong(SMTP_FROM, from, advice));
                };
                // Its text may have a password.
                let advice = "write smtp://HOST, smtp://USER:PASSWORD@HOST:PORT?tls=required or smtps://USER:PASSWORD@HOST";
                let smtp = smtp(&url, mailbox);
                Some(smtp.ok_or_else(|| wrong(SMTP_URL, without_user(&url), advice))?)
            }
        };
        Ok(Self {
            allowed: Arc::new(allowed),
            waits,
            key_file: said(KEY_FILE).map(Into::into),
            smtp,
        })
    }
}

/// The waits before the second and each later try. A list that begins with 0 says so of the first try, as the standard's does.
/// The error is the first wrong entry.
fn waits(text: &str) -> Result<Vec<Duration>, String> {
    let wait = |entry: &str| {
        let seconds = entry.parse().map(Duration::from_secs);
        let wait = seconds.or_else(|_| humantime::parse_duration(entry));
        wait.ok().filter(|it| *it <= WAIT_MAX)
    };
    let entries = text.split(',').map(str::trim);
    let waits = entries.map(|entry| wait(entry).ok_or_else(|| entry.to_owned()));
    let mut waits = waits.collect::<Result<Vec<Duration>, String>>()?;
    if waits.len() > WAITS_MAX {
        return Err(text.to_owned());
    }
    if waits.first() == Some(&Duration::ZERO) {
        waits.remove(0);
    }
    Ok(waits)
}

fn smtp(text: &str, from: Mailbox) -> Option<SmtpSettings> {
    let url = Url::parse(text).ok()?;
    let tls = url.query_pairs().find(|it| it.0 == "tls");
    let tls = tls.map(|it| it.1.into_owned());
    let (security, port) = match (url.scheme(), tls.as_deref()) {
        ("smtp", None | Some("opportunistic")) => (SmtpSecurity::Offered, 25),
        ("smtp", Some("none")) => (SmtpSecurity::None, 25),
        ("smtp", Some("required")) => (SmtpSecurity::Required, 587),
        ("smtps", None) => (SmtpSecurity::Wrapped, 465),
        _ => return None,
    };
    let host = url.host_str().filter(|it| !it.is_empty())?;
    let decoded = |text: &str| {
        let text = percent_decode_str(text).decode_utf8().ok()?;
        Some(text.into_owned())
    };
    let login = match (url.username(), url.password()) {
        ("", None) => None,
        (name, password) => Some((decoded(name)?, decoded(password.unwrap_or_default())?)),
    };
    let has_path = !matches!(url.path(), "" | "/");
    (!has_path).then(|| SmtpSettings {
        host: host.trim_matches(['[', ']']).to_owned(),
        port: url.port().unwrap_or(port),
        security,
        login,
        from,
    })
}

/// A text that was meant to be an address, without what is before its host.
fn without_user(text: &str) -> String {
    match (text.find("://"), text.rfind('@')) {
        (Some(scheme), Some(at)) if scheme + 3 <= at => {
            format!("{}***{}", &text[..scheme + 3], &text[at..])
        }
        (None, Some(at)) => format!("***{}", &text[at..]),
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(said: &[(&str, &str)]) -> Result<OutSettings, InvalidOutSetting> {
        OutSettings::parse(&|name: &str| {
            let said = said.iter().find(|it| it.0 == name);
            said.map(|it| it.1.to_owned())
        })
    }

    #[test]
    fn without_settings_nothing_private_is_allowed_and_the_standard_says_when() {
        let settings = parse(&[]).unwrap();
        assert_eq!(settings, OutSettings::default());
        assert_eq!(settings.waits.len(), 9);
        let days: Duration = settings.waits.iter().sum();
        assert_eq!(days.as_secs() / 86_400, 3);
    }

    #[test]
    fn waits_are_seconds_or_durations_and_a_first_zero_is_of_the_first_try() {
        let waits = |text| parse(&[(RETRY, text)]).unwrap().waits;
        let seconds =
            |waits: Vec<Duration>| -> Vec<u64> { waits.iter().map(Duration::as_secs).collect() };
        assert_eq!(seconds(waits("0, 5s,5m, 2h")), [5, 300, 7_200]);
        assert_eq!(seconds(waits("1s,1,1")), [1, 1, 1]);
        assert_eq!(waits("100ms"), [Duration::from_millis(100)]);
        assert!(waits("0").is_empty());
        for (text, wrong) in [
            ("5s,soon", "soon"),
            ("1s,,2s", ""),
            ("8d", "8d"),
            ("-1", "-1"),
        ] {
            let error = parse(&[(RETRY, text)]).unwrap_err();
            assert_eq!((error.name, error.text.as_str()), (RETRY, wrong));
        }
    }

    #[test]
    fn a_wrong_target_is_named() {
        let error = parse(&[(ALLOW, "10.0.0.0/8,*.x")]).unwrap_err();
        assert_eq!(error.text, "*.x");
        assert!(error.to_string().contains("10.0.0.0/8"), "{error}");
    }

    #[test]
    fn the_address_of_the_mail_server_says_port_encryption_and_login() {
        let from = (SMTP_FROM, "Rollcall <rollcall@example.com>");
        let smtp = |url| parse(&[(SMTP_URL, url), from]).map(|it| it.smtp.unwrap());
        for (url, host, port, security) in [
            (
                "smtp://mail.example.com",
                "mail.example.com",
                25,
                SmtpSecurity::Offered,
            ),
            (
                "smtp://127.0.0.1:2525/",
                "127.0.0.1",
                2525,
                SmtpSecurity::Offered,
            ),
            ("smtp://[::1]?tls=none", "::1", 25, SmtpSecurity::None),
            ("smtp://m?tls=required", "m", 587, SmtpSecurity::Required),
            ("smtps://m", "m", 465, SmtpSecurity::Wrapped),
        ] {
            let found = smtp(url).unwrap();
            assert_eq!((found.host.as_str(), found.port), (host, port), "{url}");
            assert_eq!((found.security, found.login), (security, None), "{url}");
        }
        let with_login = smtp("smtps://ana%40x:p%3Aw@m").unwrap();
        assert!(!format!("{with_login:?}").contains("p:w"));
        assert_eq!(with_login.login, Some(("ana@x".into(), "p:w".into())));
        for wrong in [
            "mail.example.com",
            "http://m",
            "smtp://m?tls=maybe",
            "smtp://",
            "smtp://ana:hunter2@",
        ] {
            let error = smtp(wrong).unwrap_err();
            assert_eq!(error.name, SMTP_URL, "{wrong}");
            assert!(!error.to_string().contains("hunter2"), "{error}");
        }
    }

    #[test]
    fn mail_needs_its_server_and_its_sender() {
        assert_eq!(
            parse(&[(SMTP_URL, "smtp://m")]).unwrap_err().name,
            SMTP_FROM
        );
        assert_eq!(parse(&[(SMTP_FROM, "a@b.c")]).unwrap_err().name, SMTP_URL);
        let wrong = parse(&[(SMTP_URL, "smtp://m"), (SMTP_FROM, "Ana")]);
        assert_eq!(wrong.unwrap_err().name, SMTP_FROM);
    }
}
