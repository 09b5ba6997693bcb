//! An account at a provider, as its claims describe it (R27). Issuer and subject are the identity; all else is for people, and
//! groups give the role.
use super::{field_error::FieldError, login::Login, text::Name, user::parse_email};
use serde_json::{Map, Value};

/// An account at a provider, as its proven claims tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProviderAccount {
    /// The provider's URL, as its id tokens name it.
    pub issuer: String,
    /// The provider's id of the account.
    pub subject: String,
    /// What the account is called there: `preferred_username`.
    pub username: Option<String>,
    pub name: Option<String>,
    /// None if the provider says that it is not verified.
    pub email: Option<String>,
    pub groups: Vec<String>,
}

/// The most characters of a subject (OpenID Connect Core, 2).
const SUBJECT_MAX_CHARS: usize = 255;

/// Whether a text can be the subject of an account: 1 to 255 characters, none of them a control character.
pub fn is_subject(text: &str) -> bool {
    let is_long_enough = (1..=SUBJECT_MAX_CHARS).contains(&text.chars().count());
    is_long_enough && !text.chars().any(char::is_control)
}

/// The claim of this name. If there is none, a name with dots is a path into objects: `realm_access.roles`.
pub fn find_claim<'a>(claims: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    claims.get(name).or_else(|| {
        name.match_indices('.').find_map(|(at, _)| {
            let inner = claims.get(&name[..at])?.as_object()?;
            find_claim(inner, &name[at + 1..])
        })
    })
}

impl ProviderAccount {
    /// The account that these claims tell of. The claim of the groups is a list of texts, or one text; it is not taken apart.
    pub fn from_claims(
        issuer: String,
        subject: String,
        claims: &Map<String, Value>,
        groups: Option<&Value>,
    ) -> Self {
        let text = |name: &str| {
            let text = claims.get(name).and_then(Value::as_str);
            text.map(str::trim)
                .filter(|it| !it.is_empty())
                .map(str::to_owned)
        };
        let is_unverified = match claims.get("email_verified") {
            Some(Value::Bool(is_verified)) => !is_verified,
            Some(Value::String(text)) => text == "false",
            _ => false,
        };
        let groups = match groups {
            Some(Value::Array(groups)) => {
                let groups = groups.iter().filter_map(Value::as_str);
                groups.map(str::to_owned).collect()
            }
            Some(Value::String(group)) => vec![group.clone()],
            _ => Vec::new(),
        };
        Self {
            issuer,
            subject,
            username: text("preferred_username"),
            name: text("name"),
            email: text("email").filter(|_| !is_unverified),
            groups,
        }
    }

    /// The login that it wants here, of the first claim that has one in it.
    pub fn login(&self) -> Result<Login, FieldError> {
        let claims = [
            self.username.as_deref(),
            self.email.as_deref(),
            self.name.as_deref(),
            Some(self.subject.as_str()),
        ];
        let mut logins = claims.into_iter().flatten().filter_map(Login::nearest);
        logins.next().map_or_else(|| Login::parse("person"), Ok)
    }

    /// The name that people see: that of the account, else what it is called, else its login.
    pub fn shown_name(&self, login: &Login) -> String {
        let claims = [self.name.as_deref(), self.username.as_deref()];
        let mut names = claims
            .into_iter()
            .flatten()
            .filter_map(|it| Name::parse(it).ok());
        names
            .next()
            .map_or_else(|| login.as_str().to_owned(), Into::into)
    }

    /// The e-mail address, if it is one.
    pub fn valid_email(&self) -> Option<String> {
        let email = self.email.as_deref()?;
        parse_email(email).ok().flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn account(claims: &Value) -> ProviderAccount {
        let claims = claims.as_object().unwrap();
        let (issuer, subject) = ("https://id.example".to_owned(), "0001".to_owned());
        ProviderAccount::from_claims(issuer, subject, claims, find_claim(claims, "groups"))
    }

    #[test]
    fn a_subject_has_1_to_255_characters_that_can_be_seen() {
        for right in ["0001", "auth0|5f7c8ec7c33c6c004bbafe82", &"ö".repeat(255)] {
            assert!(is_subject(right), "{right}");
        }
        for wrong in ["", "a\tb", "a\0", "\u{7f}", "a\n", &"x".repeat(256)] {
            assert!(!is_subject(wrong), "{wrong:?}");
        }
    }

    #[test]
    fn a_claim_is_found_by_its_name_or_by_a_path_into_objects() {
        let claims = json!({
            "realm_access": { "roles": ["ops"] },
            "a.b": 1,
            "a": { "b": 2, "c.d": { "e": 3 } },
            "https://example.com/claims": { "groups": ["dev"] },
        });
        let claims = claims.as_object().unwrap();
        for (name, value) in [
            ("realm_access.roles", json!(["ops"])),
            ("a.b", json!(1)),
            ("a.c.d.e", json!(3)),
            ("https://example.com/claims.groups", json!(["dev"])),
        ] {
            assert_eq!(find_claim(claims, name), Some(&value), "{name}");
        }
        for name in [
            "roles",
            "realm_access.groups",
            "realm_access.roles.0",
            "",
            ".",
            "a..b",
        ] {
            assert_eq!(find_claim(claims, name), None, "{name}");
        }
    }

    #[test]
    fn groups_are_a_list_or_one_text_that_is_not_taken_apart() {
        let groups = |value: Value| account(&json!({ "groups": value })).groups;
        assert_eq!(groups(json!(["a", 1, "b", null])), ["a", "b"]);
        assert_eq!(groups(json!("a,b c")), ["a,b c"]);
        assert!(groups(json!({ "a": true })).is_empty());
        assert!(account(&json!({})).groups.is_empty());
    }

    #[test]
    fn the_login_is_of_the_first_claim_that_has_one() {
        let login = |claims: Value| String::from(account(&claims).login().unwrap());
        let all =
            json!({ "preferred_username": "Ana.F", "email": "ana@example.com", "name": "Ana" });
        assert_eq!(login(all), "ana.f");
        let odd = json!({ "preferred_username": "李", "email": "ana@example.com" });
        assert_eq!(login(odd), "ana@example.com");
        assert_eq!(login(json!({ "name": "Zoë O'Hara" })), "zo--o-hara");
        assert_eq!(login(json!({})), "0001");
    }

    #[test]
    fn a_name_that_is_none_is_left_out() {
        let name = |claims: Value| {
            let account = account(&claims);
            account.shown_name(&account.login().unwrap())
        };
        assert_eq!(name(json!({ "name": " Ana Ferreira " })), "Ana Ferreira");
        let long = json!({ "name": "x".repeat(1000), "preferred_username": "ana" });
        assert_eq!(name(long), "ana");
        assert_eq!(name(json!({})), "0001");
    }

    #[test]
    fn an_email_that_is_not_verified_or_none_at_all_is_left_out() {
        let email = |claims: Value| account(&claims).valid_email();
        let ana = Some("ana@example.com".to_owned());
        assert_eq!(email(json!({ "email": "ana@example.com" })), ana);
        let verified = json!({ "email": "ana@example.com", "email_verified": true });
        assert_eq!(email(verified), ana);
        for unverified in [json!(false), json!("false")] {
            let claims = json!({ "email": "ana@example.com", "email_verified": unverified });
            assert_eq!(email(claims), None);
        }
        assert_eq!(email(json!({ "email": "ana" })), None);
    }
}
