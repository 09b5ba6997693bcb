//! Settings of the Jenkins that runs steps (R64): `JENKINS_URL`, `JENKINS_USER`, and `JENKINS_TOKEN` or `JENKINS_TOKEN_FILE`. An address
//! or a token alone is no mistake: steps are then not run there.
use super::service_settings::{TokenPlace, UnusableToken, base_address, trimmed, without_user};
use std::fmt;

const URL: &str = "JENKINS_URL";
const USER: &str = "JENKINS_USER";
const TOKEN: &str = "JENKINS_TOKEN";
const TOKEN_FILE: &str = "JENKINS_TOKEN_FILE";

/// A Jenkins, and by what right it is asked.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct JenkinsSettings {
    /// Without a slash at its end.
    url: Option<String>,
    user: Option<String>,
    token: Option<TokenPlace>,
}

/// Without the token, which belongs into no log.
impl fmt::Debug for JenkinsSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { url, user, .. } = self;
        write!(f, "JenkinsSettings {{ url: {url:?}, user: {user:?}, .. }}")
    }
}

/// What a request is asked with.
pub struct JenkinsAccess {
    /// Whose API token it is; without one the token is sent as a bearer's.
    pub user: Option<String>,
    pub token: String,
}

/// What is wrong with a setting, without a token.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidJenkinsSetting {
    #[error(
        "{URL} is `{0}`: write the address of Jenkins, for example https://jenkins.example.com"
    )]
    Url(String),
    #[error("{USER} is `{0}`: write the user's id, without a colon")]
    User(String),
    #[error("{TOKEN} has a character that no token has: copy it anew")]
    Token,
    #[error("{TOKEN_FILE} is `{path}`, which is not read: {cause}")]
    File { path: String, cause: String },
}

impl From<UnusableToken> for InvalidJenkinsSetting {
    fn from(error: UnusableToken) -> Self {
        match error {
            UnusableToken::Character => Self::Token,
            UnusableToken::File { path, cause } => Self::File { path, cause },
        }
    }
}

impl JenkinsSettings {
    /// Parses the variables. An empty one is as none. The token is read by `access`. Errors: a variable that cannot be read; a wrong
    /// address or user.
    pub fn parse<E: From<InvalidJenkinsSetting>>(
        variable: impl Fn(&'static str) -> Result<Option<String>, E>,
    ) -> Result<Self, E> {
        let said = |name| trimmed(&variable, name);
        let url = match said(URL)? {
            None => None,
            Some(text) => match base_address(&text) {
                Some(url) => Some(url),
                None => return Err(InvalidJenkinsSetting::Url(without_user(&text)).into()),
            },
        };
        let user = said(USER)?;
        if let Some(wrong) = user.as_ref().filter(|it| it.contains(':')) {
            // What stands behind the colon may be the token.
            let user = wrong.split(':').next().unwrap_or_default();
            return Err(InvalidJenkinsSetting::User(user.to_owned()).into());
        }
        let token = TokenPlace::of(said(TOKEN)?, said(TOKEN_FILE)?);
        Ok(Self { url, user, token })
    }

    /// The address, if steps can be run there: it and a token are set.
    pub fn url(&self) -> Option<&str> {
        self.token.as_ref().and(self.url.as_deref())
    }

    /// Errors: as of `access`.
    pub fn check(&self) -> Result<(), InvalidJenkinsSetting> {
        self.access().map(drop)
    }

    /// User and token. Errors: the file of the token cannot be read or has none; a token with a character that none has.
    pub fn access(&self) -> Result<JenkinsAccess, InvalidJenkinsSetting> {
        let token = self.token.as_ref().map(TokenPlace::read).transpose()?;
        Ok(JenkinsAccess {
            user: self.user.clone(),
            token: token.unwrap_or_default(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn parse(variables: &[(&str, &str)]) -> Result<JenkinsSettings, InvalidJenkinsSetting> {
        JenkinsSettings::parse(|name| {
            let said = variables.iter().find(|it| it.0 == name);
            Ok(said.map(|it| it.1.to_owned()))
        })
    }

    #[test]
    fn an_address_and_a_token_are_needed_and_a_user_is_not() {
        let https = "https://ci.example.com/jenkins/";
        for (variables, url) in [
            (&[][..], None),
            (&[(URL, https)], None),
            (&[(TOKEN, "11ab"), (URL, " ")], None),
            (
                &[(URL, https), (TOKEN, "11ab")],
                Some("https://ci.example.com/jenkins"),
            ),
            (
                &[(URL, "http://10.0.0.5:8080"), (TOKEN_FILE, "/x")],
                Some("http://10.0.0.5:8080"),
            ),
        ] {
            assert_eq!(parse(variables).unwrap().url(), url);
        }
        let access = parse(&[(USER, "rollcall"), (TOKEN, "11ab")]).unwrap();
        let access = access.access().unwrap();
        assert_eq!(access.user.as_deref(), Some("rollcall"));
        assert_eq!(access.token, "11ab");
    }

    #[test]
    fn what_is_wrong_is_told_without_a_secret() {
        for text in [
            "ci.example.com",
            "ftp://ci.example.com",
            "https://ana:secret@ci.example.com",
            "https://ci.example.com/?a=b",
        ] {
            let error = parse(&[(URL, text)]).unwrap_err().to_string();
            assert!(error.contains("JENKINS_URL is `"), "{error}");
            assert!(!error.contains("secret"), "{error}");
        }
        let error = parse(&[(USER, "ana:secret")]).unwrap_err().to_string();
        assert!(
            error.contains("`ana`") && !error.contains("secret"),
            "{error}"
        );
        let wrong = parse(&[(TOKEN, "11 secret")]).unwrap();
        let error = wrong.check().unwrap_err().to_string();
        assert!(!error.contains("secret"), "{error}");
    }

    #[test]
    fn a_token_in_a_file_is_read_anew_and_is_in_no_log() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token");
        let file = path.to_str().unwrap();
        let settings = parse(&[(TOKEN_FILE, file)]).unwrap();
        let error = settings.check().unwrap_err().to_string();
        assert!(error.contains(file), "{error}");
        for token in ["first", "second"] {
            fs::write(&path, format!("{token}\n")).unwrap();
            assert_eq!(settings.access().unwrap().token, token);
        }
        let by_setting = parse(&[(TOKEN, "third")]).unwrap();
        assert!(!format!("{by_setting:?}").contains("third"));
    }
}
