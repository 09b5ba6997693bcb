//! What the settings of services that Rollcall sends requests to (Jenkins, Rancher) have in common: an address that requests begin
//! with, and a token in a setting or in a file.
use reqwest::Url;
use std::{fs, path::PathBuf};

/// Where the token is.
#[derive(Clone, PartialEq, Eq)]
pub enum TokenPlace {
    Setting(String),
    /// Read anew for each request, since a token expires and is replaced.
    File(PathBuf),
}

/// Why a token cannot be used, without the token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UnusableToken {
    /// It has a character that no token has.
    Character,
    File {
        path: String,
        cause: String,
    },
}

impl TokenPlace {
    /// The setting, or else the file; none without both.
    pub fn of(token: Option<String>, file: Option<String>) -> Option<Self> {
        let file = file.map(|it| Self::File(it.into()));
        token.map(Self::Setting).or(file)
    }

    /// The token. Errors: its file cannot be read or is empty; a character that no token has.
    pub fn read(&self) -> Result<String, UnusableToken> {
        let token = match self {
            Self::Setting(token) => token.clone(),
            Self::File(path) => {
                let unreadable = |cause: String| UnusableToken::File {
                    path: path.display().to_string(),
                    cause,
                };
                let text = fs::read_to_string(path).map_err(|it| unreadable(it.to_string()))?;
                let token = text.trim();
                if token.is_empty() {
                    return Err(unreadable("it is empty".to_owned()));
                }
                token.to_owned()
            }
        };
        if token.bytes().all(|it| it.is_ascii_graphic()) {
            Ok(token)
        } else {
            Err(UnusableToken::Character)
        }
    }
}

/// A variable without blanks around it; an empty one is as none. Errors: those of `variable`.
pub fn trimmed<E>(
    variable: impl Fn(&'static str) -> Result<Option<String>, E>,
    name: &'static str,
) -> Result<Option<String>, E> {
    let text = variable(name)?.map(|it| it.trim().to_owned());
    Ok(text.filter(|it| !it.is_empty()))
}

/// An address without a slash at its end. None if it is no plain address of HTTP: with a user, a query or a fragment.
pub fn base_address(text: &str) -> Option<String> {
    let url = Url::parse(text).ok()?;
    let is_plain = url.username().is_empty() && url.password().is_none();
    let is_plain = is_plain && url.query().is_none() && url.fragment().is_none();
    if !matches!(url.scheme(), "http" | "https") || !is_plain {
        return None;
    }
    Some(url.as_str().trim_end_matches('/').to_owned())
}

/// The text without what stands before an `@`: it may be a password.
pub fn without_user(text: &str) -> String {
    text.rsplit('@').next().unwrap_or_default().to_owned()
}
