//! What a provider says of somebody who signed in there (R27). Issuer and subject are the identity; all else is for people, and
//! groups give the role.
use super::{field_error::FieldError, login::Login, text::Name, user::parse_email};
use serde_json::{Map, Value};

/// An account at a provider, as its proven claims tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProviderAccount {
    pub issuer: String,
    pub subject: String,
    /// What the account is called there: `preferred_username`.
    pub username: Option<String>,
    pub name: Option<String>,
    /// None if the provider says that it is not verified.
    pub email: Option<String>,
    pub groups: Vec<String>,
}

impl ProviderAccount {
    /// The account that these claims tell of. The groups are a list of texts, or one text; it is not taken apart.
    pub fn from_claims(
        issuer: String,
        subject: String,
        claims: &Map<String, Value>,
        groups_claim: &str,
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
        let groups = match claims.get(groups_claim) {
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
        ProviderAccount::from_claims(issuer, subject, claims, "groups")
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
