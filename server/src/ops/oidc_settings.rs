//! Settings of the provider that people sign in at (R27): `ROLLCALL_OIDC_*`.
use super::invalid_auth_setting::InvalidAuthSetting;
use app::domain::oidc_roles::OidcRoles;
use openidconnect::IssuerUrl;
use std::fmt;

const ISSUER: &str = "ROLLCALL_OIDC_ISSUER";
const CLIENT_ID: &str = "ROLLCALL_OIDC_CLIENT_ID";
const CLIENT_SECRET: &str = "ROLLCALL_OIDC_CLIENT_SECRET";
const NAME: &str = "ROLLCALL_OIDC_NAME";
const SCOPES: &str = "ROLLCALL_OIDC_SCOPES";
const GROUPS_CLAIM: &str = "ROLLCALL_OIDC_GROUPS_CLAIM";
const ROLES: &str = "ROLLCALL_OIDC_ROLES";
/// The URL of this server for browsers, which the provider redirects to after a sign-in.
const PUBLIC_URL: &str = "ROLLCALL_PUBLIC_URL";

/// The settings that `OidcSettings::parse` asks for, beside `ROLLCALL_PUBLIC_URL`.
pub const NAMES: [&str; 7] = [
    ISSUER,
    CLIENT_ID,
    CLIENT_SECRET,
    NAME,
    SCOPES,
    GROUPS_CLAIM,
    ROLES,
];

/// A provider, and this server as its client.
#[derive(Clone, PartialEq, Eq)]
pub struct OidcSettings {
    /// Compared as it is written, with or without a slash at its end.
    pub issuer: String,
    pub client_id: String,
    /// None for a client that the provider calls public.
    pub client_secret: Option<String>,
    /// What the button calls it: "Continue with {name}".
    pub name: String,
    pub scopes: Vec<String>,
    /// The claim that has the groups; with dots it may be a path into objects.
    pub groups_claim: String,
    pub roles: OidcRoles,
    /// Where the provider sends people back to.
    pub redirect_url: String,
}

/// Without the secret, which belongs into no log.
impl fmt::Debug for OidcSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OidcSettings {{ issuer: {:?}, .. }}", self.issuer)
    }
}

impl OidcSettings {
    /// Parses the variables; without an issuer there is no provider, and nothing else may be said of one.
    pub fn parse(
        variable: &impl Fn(&str) -> Option<String>,
    ) -> Result<Option<Self>, InvalidAuthSetting> {
        let said = |name: &'static str| {
            let text = variable(name)?;
            Some(text.trim().to_owned()).filter(|it| !it.is_empty())
        };
        let wrong = |name, text: &str, advice| {
            Err(InvalidAuthSetting {
                name,
                text: text.to_owned(),
                advice,
            })
        };
        let Some(issuer) = said(ISSUER) else {
            let advice = "write the provider's issuer too, which the other ROLLCALL_OIDC_* are of";
            let is_half = NAMES.into_iter().any(|it| said(it).is_some());
            return if is_half {
                wrong(ISSUER, "", advice)
            } else {
                Ok(None)
            };
        };
        let is_web = issuer.starts_with("https://") || issuer.starts_with("http://");
        if !is_web || IssuerUrl::new(issuer.clone()).is_err() {
            let advice = "write the provider's issuer as its discovery names it, for example https://id.example.com/realms/ops";
            return wrong(ISSUER, &issuer, advice);
        }
        let Some(client_id) = said(CLIENT_ID) else {
            return wrong(CLIENT_ID, "", "write what the provider calls this client");
        };
        let Some(public_url) = said(PUBLIC_URL) else {
            let advice = "write the address that people open, which the provider sends them back to, for example https://rollcall.example.com";
            return wrong(PUBLIC_URL, "", advice);
        };
        let roles = match OidcRoles::parse(&said(ROLES).unwrap_or_default()) {
            Ok(roles) => roles,
            Err(entry) => {
                let advice = "write groups and their roles, for example release-admins=admin,release-team=operator,*=viewer";
                return wrong(ROLES, &entry, advice);
            }
        };
        let scopes = said(SCOPES).unwrap_or_else(|| "openid profile email groups".to_owned());
        Ok(Some(Self {
            issuer,
            client_id,
            client_secret: said(CLIENT_SECRET),
            name: said(NAME).unwrap_or_else(|| "single sign-on".to_owned()),
            scopes: scopes.split_whitespace().map(str::to_owned).collect(),
            groups_claim: said(GROUPS_CLAIM).unwrap_or_else(|| "groups".to_owned()),
            roles,
            redirect_url: format!("{}/login/oidc/callback", public_url.trim_end_matches('/')),
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NEEDED: [(&str, &str); 3] = [
        (ISSUER, "https://id.example.com/realms/ops"),
        (CLIENT_ID, "rollcall"),
        (PUBLIC_URL, "https://rollcall.example.com/"),
    ];

    fn parse(more: &[(&str, &str)]) -> Result<Option<OidcSettings>, InvalidAuthSetting> {
        OidcSettings::parse(&|name: &str| {
            let said = more.iter().chain(&NEEDED).find(|it| it.0 == name);
            said.map(|it| it.1.to_owned())
        })
    }

    #[test]
    fn an_issuer_a_client_and_the_public_address_are_enough() {
        let settings = parse(&[]).unwrap().unwrap();
        assert_eq!(
            settings.redirect_url,
            "https://rollcall.example.com/login/oidc/callback"
        );
        assert_eq!(settings.scopes, ["openid", "profile", "email", "groups"]);
        assert_eq!(settings.groups_claim, "groups");
        assert!(settings.roles.is_empty() && settings.client_secret.is_none());
        let nothing = OidcSettings::parse(&|_: &str| None);
        assert_eq!(nothing, Ok(None));
    }

    #[test]
    fn what_is_missing_or_wrong_is_named() {
        for (name, text) in [
            (ISSUER, ""),
            (ISSUER, "id.example.com"),
            (ISSUER, "ftp://id.example.com"),
            (CLIENT_ID, " "),
            (PUBLIC_URL, ""),
        ] {
            let error = parse(&[(name, text), (NAME, "Okta")]).unwrap_err();
            assert_eq!(error.name, name, "{error}");
        }
        let error = parse(&[(ROLES, "team=root")]).unwrap_err();
        assert_eq!((error.name, error.text.as_str()), (ROLES, "team=root"));
    }

    #[test]
    fn the_issuer_stays_as_it_is_written() {
        let issuer = "https://example.eu.auth0.com/";
        let settings = parse(&[(ISSUER, issuer)]).unwrap().unwrap();
        assert_eq!(settings.issuer, issuer);
    }

    #[test]
    fn the_secret_is_in_no_log() {
        let settings = parse(&[(CLIENT_SECRET, "hunter2")]).unwrap().unwrap();
        assert!(!format!("{settings:?}").contains("hunter2"));
        assert_eq!(settings.client_secret.as_deref(), Some("hunter2"));
    }
}
