//! The way by which a change was made (R28): session, token, proxy, command line, hook. Written as one text, in the database, in JSON
//! and in the chain of the history, so no word is ever renamed.
use super::jenkins::JENKINS;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::{fmt, str::FromStr};

/// What the runner of a run without one is called: the program on the person's own machine (R72).
pub const RUN_HERE: &str = "rollcall run";

/// The way of a change.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Via {
    /// The session of a signed-in user.
    Session,
    /// A token, by its name.
    Token(String),
    /// The header of a trusted proxy.
    Proxy,
    /// The command line: access to the database file is the authentication.
    Cli,
    /// A runner, by its name.
    Runner(String),
    /// An address that CI reports to, by its name.
    Hook(String),
    /// The import of a whole database.
    Import,
}

impl Via {
    /// By what a run was carried out that made a change, as pages say it after the person's name; none of every other way.
    pub fn run_in_words(&self) -> Option<String> {
        let Self::Runner(name) = self else {
            return None;
        };
        match name.as_str() {
            // A run that nobody had yet.
            "" => None,
            RUN_HERE => Some(format!("by {RUN_HERE}")),
            JENKINS => Some(format!("at {JENKINS}")),
            name => Some(format!("on runner {name}")),
        }
    }
}

impl fmt::Display for Via {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Session => f.write_str("session"),
            Self::Token(name) => write!(f, "token {name}"),
            Self::Proxy => f.write_str("proxy"),
            Self::Cli => f.write_str("cli"),
            Self::Runner(name) => write!(f, "runner {name}"),
            Self::Hook(name) => write!(f, "hook {name}"),
            Self::Import => f.write_str("import"),
        }
    }
}

impl FromStr for Via {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once(' ') {
            None if text == "session" => Ok(Self::Session),
            None if text == "proxy" => Ok(Self::Proxy),
            None if text == "cli" => Ok(Self::Cli),
            None if text == "import" => Ok(Self::Import),
            Some(("token", name)) => Ok(Self::Token(name.to_owned())),
            Some(("runner", name)) => Ok(Self::Runner(name.to_owned())),
            Some(("hook", name)) => Ok(Self::Hook(name.to_owned())),
            _ => Err(format!("`{text}` is no way of a change")),
        }
    }
}

impl Serialize for Via {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Via {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        text.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_way_is_read_as_it_is_written() {
        for (way, text) in [
            (Via::Session, "session"),
            (Via::Token("nightly build".into()), "token nightly build"),
            (Via::Proxy, "proxy"),
            (Via::Cli, "cli"),
            (Via::Runner("eu-1".into()), "runner eu-1"),
            (Via::Hook("Jenkins".into()), "hook Jenkins"),
            (Via::Import, "import"),
        ] {
            assert_eq!(way.to_string(), text);
            assert_eq!(text.parse(), Ok(way.clone()));
            let json = serde_json::to_string(&way).unwrap();
            assert_eq!(serde_json::from_str::<Via>(&json).unwrap(), way);
        }
    }

    #[test]
    fn a_change_by_a_run_says_where_it_was() {
        let words = |name: &str| Via::Runner(name.to_owned()).run_in_words();
        assert_eq!(words("eu-1").as_deref(), Some("on runner eu-1"));
        assert_eq!(words(RUN_HERE).as_deref(), Some("by rollcall run"));
        assert_eq!(words(JENKINS).as_deref(), Some("at Jenkins"));
        assert_eq!(words(""), None);
        assert_eq!(Via::Session.run_in_words(), None);
    }

    #[test]
    fn no_name_makes_a_token_look_like_a_session() {
        assert_eq!(Via::Token("session".into()).to_string(), "token session");
        assert!("".parse::<Via>().is_err() && "Session".parse::<Via>().is_err());
        assert!("token".parse::<Via>().is_err() && "session x".parse::<Via>().is_err());
    }
}
