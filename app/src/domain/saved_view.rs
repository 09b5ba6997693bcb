//! Saved views of the matrix (R104): an address under a name, for one person or for all, of one release or of every one.
use super::{
    caller::Caller,
    field_error::FieldError,
    id::{ReleaseId, ViewId},
    text::Name,
    validation_errors::{ErrorCollector, ValidationErrors},
    vocabulary::Field,
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// Characters of a view's address.
const ADDRESS_MAX_CHARS: usize = 2_000;

/// A view as its people see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SavedView {
    pub id: ViewId,
    pub name: String,
    /// A query, such as `?status=failed`, or a path of this site with one.
    pub address: String,
    /// None: every release.
    pub release_id: Option<ReleaseId>,
    /// Whether everybody sees it, or only the person who saved it.
    pub for_all: bool,
    /// The name of the person who saved it, as it was then.
    pub created_by: String,
    #[serde(with = "crate::domain::time_serde")]
    pub created_at: DateTime<Utc>,
}

/// A view to be saved, unchecked.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ViewDraft {
    pub name: String,
    pub address: String,
    /// None: every release.
    pub release_id: Option<ReleaseId>,
    pub for_all: bool,
}

/// The fields of a view after validation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ViewFields {
    pub name: Name,
    pub address: String,
    pub release_id: Option<ReleaseId>,
    pub for_all: bool,
}

impl ViewDraft {
    /// Validates name and address. Whether the release exists is the store's question.
    pub fn parse(self) -> Result<ViewFields, ValidationErrors> {
        let mut errors = ErrorCollector::default();
        let name = errors.check(Field::Name, Name::parse(&self.name));
        let address = errors.check(Field::Address, parse_address(&self.address));
        errors.finish(name.zip(address).map(|(name, address)| ViewFields {
            name,
            address,
            release_id: self.release_id,
            for_all: self.for_all,
        }))
    }
}

/// An address leads nowhere but to this site: it is a query, or a path, which two slashes would make a host. Browsers read a
/// backslash as a slash.
fn parse_address(text: &str) -> Result<String, FieldError> {
    let text = text.trim();
    let long = text.chars().count();
    if long > ADDRESS_MAX_CHARS {
        return Err(FieldError::TooLong {
            max: ADDRESS_MAX_CHARS,
            long,
        });
    }
    let is_path = text.starts_with('/') && !text.starts_with("//");
    let is_written = text.chars().all(|it| it.is_ascii_graphic() && it != '\\');
    if (is_path || text.starts_with('?')) && is_written {
        Ok(text.to_owned())
    } else {
        Err(FieldError::NotAnAddress)
    }
}

/// Whose views a caller's are: the user's, or in `open` mode those of the name that the history has.
pub fn owner_of(caller: &Caller) -> String {
    match (caller.user(), Name::parse(&caller.name)) {
        (None, Ok(name)) => format!("name {}", name.as_str()),
        _ => caller.person(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_a_query_or_a_path_of_this_site() {
        for good in ["?status=failed", "/releases/7?open=1&q=a%20b", "/", "?"] {
            assert_eq!(parse_address(good).as_deref(), Ok(good));
        }
        for wrong in [
            "",
            "status=failed",
            "//example.com",
            "/\\example.com",
            "https://example.com/",
            "javascript:alert(1)",
            "?q=a b",
            "?q=\u{e9}",
            "/\n/example.com",
        ] {
            assert_eq!(
                parse_address(wrong),
                Err(FieldError::NotAnAddress),
                "{wrong:?}"
            );
        }
        let long = format!("?q={}", "a".repeat(ADDRESS_MAX_CHARS));
        let error = parse_address(&long);
        assert!(
            matches!(error, Err(FieldError::TooLong { .. })),
            "{error:?}"
        );
    }

    #[test]
    fn in_open_mode_a_view_belongs_to_the_name_that_events_have() {
        let of = |name: &str| owner_of(&Caller::open(name));
        assert_eq!(of(" Ana "), "name Ana");
        assert_eq!(of("Zoe\u{308}"), of("Zo\u{eb}"));
        assert_ne!(of("Ana"), of("Ben"));
    }
}
