//! The error of an authentication setting.

/// What is wrong with a setting: its name, its text, and what to write.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{name} is `{text}`: {advice}")]
pub struct InvalidAuthSetting {
    pub name: &'static str,
    pub text: String,
    pub advice: &'static str,
}
