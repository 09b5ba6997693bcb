//! Settings of the Rancher that clusters and customers are imported from (R65): `RANCHER_URL`, and `RANCHER_TOKEN` or
//! `RANCHER_TOKEN_FILE`. Either alone is no mistake: an import then says which is missing.
use super::service_settings::{TokenPlace, UnusableToken, base_address, trimmed, without_user};
use std::fmt;

const URL: &str = "RANCHER_URL";
const TOKEN: &str = "RANCHER_TOKEN";
const TOKEN_FILE: &str = "RANCHER_TOKEN_FILE";

/// A Rancher, and a token for it.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct RancherSettings {
    /// Without a slash at its end.
    url: Option<String>,
    token: Option<TokenPlace>,
}

/// Without the token, which belongs into no log.
impl fmt::Debug for RancherSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RancherSettings {{ url: {:?}, .. }}", self.url)
    }
}

/// What is wrong with a setting, without a token.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidRancherSetting {
    #[error(
        "{URL} is `{0}`: write the address of Rancher, for example https://rancher.example.com"
    )]
    Url(String),
    #[error("{TOKEN} has a character that no token has: copy it anew")]
    Token,
    #[error("{TOKEN_FILE} is `{path}`, which is not read: {cause}")]
    File { path: String, cause: String },
}

impl From<UnusableToken> for InvalidRancherSetting {
    fn from(error: UnusableToken) -> Self {
        match error {
            UnusableToken::Character => Self::Token,
            UnusableToken::File { path, cause } => Self::File { path, cause },
        }
    }
}

impl RancherSettings {
    /// Parses the variables. An empty one is as none. The token is read by `access`. Errors: a variable that cannot be read; a wrong
    /// address.
    pub fn parse<E: From<InvalidRancherSetting>>(
        variable: impl Fn(&'static str) -> Result<Option<String>, E>,
    ) -> Result<Self, E> {
        let said = |name| trimmed(&variable, name);
        let url = match said(URL)? {
            None => None,
            Some(text) => match address(&text) {
                Some(url) => Some(url),
                None => return Err(InvalidRancherSetting::Url(without_user(&text)).into()),
            },
        };
        let token = TokenPlace::of(said(TOKEN)?, said(TOKEN_FILE)?);
        Ok(Self { url, token })
    }

    /// Whether both are set.
    pub fn is_set(&self) -> bool {
        self.url.is_some() && self.token.is_some()
    }

    /// Errors: as of `access`.
    pub fn check(&self) -> Result<(), InvalidRancherSetting> {
        self.token().map(drop)
    }

    /// Address and token, or the settings that are missing. Errors: the file of the token cannot be read or has none; a token with a
    /// character that none has.
    pub fn access(&self) -> Result<Result<(String, String), Vec<String>>, InvalidRancherSetting> {
        let token = self.token()?;
        Ok(match (&self.url, token) {
            (Some(url), Some(token)) => Ok((url.clone(), token)),
            (url, token) => {
                let missing = [(URL, url.is_none()), (TOKEN, token.is_none())];
                let missing = missing.into_iter().filter(|it| it.1);
                Err(missing.map(|it| it.0.to_owned()).collect())
            }
        })
    }

    fn token(&self) -> Result<Option<String>, InvalidRancherSetting> {
        Ok(self.token.as_ref().map(TokenPlace::read).transpose()?)
    }
}

/// An address as requests begin with it. Rancher itself shows it with `/v3` at its end, which the requests name.
fn address(text: &str) -> Option<String> {
    let base = base_address(text)?;
    let base = base.strip_suffix("/v3").unwrap_or(&base);
    Some(base.trim_end_matches('/').to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn parse(variables: &[(&str, &str)]) -> Result<RancherSettings, InvalidRancherSetting> {
        RancherSettings::parse(|name| {
            let said = variables.iter().find(|it| it.0 == name);
            Ok(said.map(|it| it.1.to_owned()))
        })
    }

    #[test]
    fn the_address_is_taken_as_rancher_shows_it() {
        for (text, expected) in [
            ("https://rancher.example.com", "https://rancher.example.com"),
            (
                " https://rancher.example.com/v3/ ",
                "https://rancher.example.com",
            ),
            (
                "http://10.0.0.5:8443/rancher/",
                "http://10.0.0.5:8443/rancher",
            ),
        ] {
            let settings = parse(&[(URL, text), (TOKEN, "token-a:b")]).unwrap();
            let access = settings.access().unwrap().unwrap();
            assert_eq!(access, (expected.to_owned(), "token-a:b".to_owned()));
        }
        for text in [
            "rancher.example.com",
            "ftp://rancher.example.com",
            "https://ana:secret@rancher.example.com",
            "https://rancher.example.com/?a=b",
        ] {
            let error = parse(&[(URL, text)]).unwrap_err().to_string();
            assert!(error.contains("RANCHER_URL is `"), "{error}");
            assert!(!error.contains("secret"), "{error}");
        }
    }

    #[test]
    fn what_is_missing_is_named_and_is_no_mistake() {
        let missing = |variables: &[(&str, &str)]| {
            let settings = parse(variables).unwrap();
            assert!(!settings.is_set());
            settings.access().unwrap().unwrap_err()
        };
        assert_eq!(missing(&[]), [URL, TOKEN]);
        assert_eq!(missing(&[(TOKEN, "token-a:b"), (URL, " ")]), [URL]);
        assert_eq!(missing(&[(URL, "https://rancher.example.com")]), [TOKEN]);
    }

    #[test]
    fn a_token_in_a_file_is_read_anew_and_is_in_no_log() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token");
        let file = path.to_str().unwrap();
        let variables = [(URL, "https://rancher.example.com"), (TOKEN_FILE, file)];
        let settings = parse(&variables).unwrap();
        assert!(settings.is_set());
        let error = settings.access().unwrap_err();
        assert!(error.to_string().contains(file), "{error}");
        fs::write(&path, "token-a:first\n").unwrap();
        assert_eq!(settings.access().unwrap().unwrap().1, "token-a:first");
        fs::write(&path, "token-a:second\n").unwrap();
        assert_eq!(settings.access().unwrap().unwrap().1, "token-a:second");
        let by_setting = parse(&[(TOKEN, "token-a:third")]).unwrap();
        assert!(!format!("{by_setting:?}").contains("third"));
        let wrong = parse(&[(TOKEN, "token a")]).unwrap();
        let error = wrong.access().unwrap_err();
        assert!(!error.to_string().contains("token a"), "{error}");
    }
}
