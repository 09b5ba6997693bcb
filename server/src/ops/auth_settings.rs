//! Authentication settings (R21): `ROLLCALL_AUTH`, `ROLLCALL_TRUSTED_PROXIES`, `ROLLCALL_PROXY_HEADER`, `ROLLCALL_METRICS`,
//! `ROLLCALL_PASSWORD_LOGIN`.
use super::{invalid_auth_setting::InvalidAuthSetting, oidc_settings::OidcSettings};
use axum::http::{HeaderName, header};
use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use serde::Serialize;
use std::net::{IpAddr, SocketAddr};

/// The caller, and how it was authenticated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum AuthMode {
    /// Everybody is an admin under a name of its choice.
    Open,
    /// A session or a token.
    Login,
    /// A header of a trusted proxy, or a token.
    Proxy,
}

impl AuthMode {
    /// All modes.
    pub const ALL: &[Self] = &[Self::Open, Self::Login, Self::Proxy];

    /// The word in settings and in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Login => "login",
            Self::Proxy => "proxy",
        }
    }
}

/// The authentication settings.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a setting of its own"
)]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthSettings {
    pub mode: AuthMode,
    /// Whether the mode was set; without a setting `open` is for loopback only.
    pub is_said: bool,
    /// Proxies whose forwarded addresses are believed, and in `proxy` mode their header with the user.
    pub trusted: TrustedProxies,
    /// The header that names the user in `proxy` mode.
    pub proxy_header: HeaderName,
    /// Whether `/metrics` needs no authentication in any mode.
    pub metrics_open: bool,
    /// Whether users may sign in with a password; admins always may.
    pub has_password_login: bool,
    /// Whether `ROLLCALL_PUBLIC_URL` begins with https.
    pub is_public_https: bool,
    /// `ROLLCALL_PUBLIC_URL` without a slash at its end, if it is set: what addresses that are told begin with.
    pub public_url: Option<String>,
    /// Whether `ROLLCALL_USER` is unset: in `open` mode a page then asks for the person's name before its first change.
    pub asks_for_name: bool,
    /// The provider that people sign in at in `login` mode, if there is one.
    pub oidc: Option<OidcSettings>,
}

/// The settings that `AuthSettings::parse` asks for.
pub const NAMES: [&str; 6] = [AUTH, TRUSTED, HEADER, METRICS, PASSWORD_LOGIN, PUBLIC_URL];
const AUTH: &str = "ROLLCALL_AUTH";
/// The name of the list of trusted proxies.
pub const TRUSTED: &str = "ROLLCALL_TRUSTED_PROXIES";
const HEADER: &str = "ROLLCALL_PROXY_HEADER";
const METRICS: &str = "ROLLCALL_METRICS";
const PASSWORD_LOGIN: &str = "ROLLCALL_PASSWORD_LOGIN";
const PUBLIC_URL: &str = "ROLLCALL_PUBLIC_URL";
/// The line that ends the program where a mode must be said.
pub const SAY_A_MODE: &str = "ROLLCALL_AUTH is not set, and other machines can reach this address: write login (people sign in), proxy (a proxy in \
    front names them) or open (anybody can change anything)";

impl Default for AuthSettings {
    /// `open`, unsaid.
    fn default() -> Self {
        Self {
            mode: AuthMode::Open,
            is_said: false,
            trusted: TrustedProxies::default(),
            proxy_header: HeaderName::from_static("x-rollcall-user"),
            metrics_open: false,
            has_password_login: true,
            is_public_https: false,
            public_url: None,
            asks_for_name: false,
            oidc: None,
        }
    }
}

impl AuthSettings {
    /// Parses the variables; one that is empty counts as unset, but for the list of proxies, which is refused.
    pub fn parse(variable: impl Fn(&str) -> Option<String>) -> Result<Self, InvalidAuthSetting> {
        let wrong = |name, text: &str, advice| InvalidAuthSetting {
            name,
            text: text.to_owned(),
            advice,
        };
        let mode = match variable(AUTH).as_deref().map(str::trim) {
            None => None,
            Some("open") => Some(AuthMode::Open),
            Some("login") => Some(AuthMode::Login),
            Some("proxy") => Some(AuthMode::Proxy),
            Some(text) => return Err(wrong(AUTH, text, "write open, login or proxy")),
        };
        let advice = "write networks separated by commas, for example 10.0.0.0/24,::1; not everybody's address";
        let trusted = match variable(TRUSTED) {
            None => TrustedProxies::default(),
            Some(text) => TrustedProxies::parse(&text).map_err(|it| wrong(TRUSTED, it, advice))?,
        };
        if mode == Some(AuthMode::Proxy) && trusted.0.is_empty() {
            return Err(wrong(TRUSTED, "", advice));
        }
        let proxy_header = variable(HEADER).unwrap_or_else(|| "X-Rollcall-User".to_owned());
        let reserved = [
            header::AUTHORIZATION,
            header::COOKIE,
            header::HOST,
            header::ORIGIN,
            header::FORWARDED,
        ];
        let name = proxy_header.trim().parse::<HeaderName>().ok();
        let name = name.filter(|it| !reserved.contains(it));
        let proxy_header = name.ok_or_else(|| {
            wrong(
                HEADER,
                &proxy_header,
                "write the name of a header, for example X-Rollcall-User",
            )
        })?;
        let metrics_open = match variable(METRICS).as_deref().map(str::trim) {
            None => false,
            Some("open") => true,
            Some(text) => return Err(wrong(METRICS, text, "write open, or leave it out")),
        };
        let has_password_login = match variable(PASSWORD_LOGIN).as_deref().map(str::trim) {
            None | Some("on") => true,
            Some("off") => false,
            Some(text) => return Err(wrong(PASSWORD_LOGIN, text, "write on or off")),
        };
        Ok(Self {
            mode: mode.unwrap_or(AuthMode::Open),
            is_said: mode.is_some(),
            trusted,
            proxy_header,
            metrics_open,
            has_password_login,
            is_public_https: variable(PUBLIC_URL)
                .is_some_and(|it| it.trim().starts_with("https://")),
            public_url: variable(PUBLIC_URL).map(|it| it.trim().trim_end_matches('/').to_owned()),
            // `Settings::parse` knows.
            asks_for_name: false,
            oidc: OidcSettings::parse(&variable)?,
        })
    }

    /// Whether the server may listen there: an address that others reach needs a mode that was said.
    pub fn may_listen_at(&self, address: SocketAddr) -> bool {
        self.is_said || address.ip().is_loopback()
    }

    /// Whether anybody may change anything from another machine, which is warned of at each start.
    pub fn is_open_to_others(&self, address: SocketAddr) -> bool {
        self.mode == AuthMode::Open && !address.ip().is_loopback()
    }

    /// The provider, where people sign in.
    pub fn provider(&self) -> Option<&OidcSettings> {
        self.oidc.as_ref().filter(|_| self.mode == AuthMode::Login)
    }

    /// Whether some group at the provider makes admins, so that the first one can come from there.
    pub fn makes_admins_at_provider(&self) -> bool {
        self.provider().is_some_and(|it| it.roles.names_admin())
    }

    /// Whether `/metrics` needs no token.
    pub fn is_metrics_open(&self) -> bool {
        self.metrics_open || self.mode == AuthMode::Open
    }
}

/// The networks that `ROLLCALL_TRUSTED_PROXIES` names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrustedProxies(Vec<IpNet>);

impl TrustedProxies {
    /// Reads networks and addresses separated by commas. The error is the wrong entry, or the whole text if it is everybody's
    /// address in parts.
    fn parse(text: &str) -> Result<Self, &str> {
        let networks: Vec<IpNet> = text
            .split(',')
            .map(str::trim)
            .map(|entry| network(entry).ok_or(entry))
            .collect::<Result<_, _>>()?;
        // 0.0.0.0/1 and 128.0.0.0/1 together are everybody too.
        if IpNet::aggregate(&networks)
            .iter()
            .any(|it| it.prefix_len() == 0)
        {
            return Err(text);
        }
        Ok(Self(networks))
    }

    /// Whether a peer is one of them.
    pub fn contains(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.0.iter().any(|it| it.contains(&address))
    }
}

/// A network, or an address as one; none for a text that is neither, or for all addresses of a kind.
fn network(text: &str) -> Option<IpNet> {
    let network: IpNet = match text.parse::<IpAddr>() {
        Ok(address) => address.to_canonical().into(),
        Err(_) => text.parse::<IpNet>().ok()?.trunc(),
    };
    let network = match network {
        IpNet::V6(it) => v4_within(it).map_or(network, IpNet::V4),
        IpNet::V4(_) => network,
    };
    let is_whole_of_v4 = match network {
        IpNet::V6(it) => it.contains(&Ipv6Net::new_assert("::ffff:0:0".parse().ok()?, 96)),
        IpNet::V4(_) => false,
    };
    (network.prefix_len() > 0 && !is_whole_of_v4).then_some(network)
}

/// The IPv4 network that an IPv6 one of mapped addresses is.
fn v4_within(network: Ipv6Net) -> Option<Ipv4Net> {
    let address = network.addr().to_ipv4_mapped()?;
    let prefix = network.prefix_len().checked_sub(96)?;
    Ipv4Net::new(address, prefix).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(variables: &[(&str, &str)]) -> Result<AuthSettings, InvalidAuthSetting> {
        AuthSettings::parse(|name| {
            let found = variables.iter().find(|it| it.0 == name);
            found.map(|it| it.1.to_owned())
        })
    }

    #[test]
    fn an_unset_mode_is_open_on_loopback_only() {
        let settings = parse(&[]).unwrap();
        assert_eq!(settings.mode, AuthMode::Open);
        let at = |text: &str| text.parse::<SocketAddr>().unwrap();
        assert!(
            settings.may_listen_at(at("127.0.0.1:3000"))
                && settings.may_listen_at(at("[::1]:3000"))
        );
        assert!(
            !settings.may_listen_at(at("0.0.0.0:3000"))
                && !settings.may_listen_at(at("10.0.0.1:80"))
        );
        let said = parse(&[(AUTH, "open")]).unwrap();
        assert!(
            said.may_listen_at(at("0.0.0.0:3000")) && said.is_open_to_others(at("0.0.0.0:3000"))
        );
        for mode in ["login", "proxy", "open"] {
            assert!(SAY_A_MODE.contains(mode));
        }
    }

    #[test]
    fn a_misspelt_mode_is_refused() {
        for text in ["Login", "none", "off"] {
            assert!(parse(&[(AUTH, text)]).is_err(), "{text}");
        }
    }

    #[test]
    fn proxy_mode_needs_a_list_and_no_mode_takes_everybody() {
        assert!(parse(&[(AUTH, "proxy")]).is_err());
        assert!(parse(&[(AUTH, "proxy"), (TRUSTED, "10.0.0.0/24")]).is_ok());
        for list in [
            "",
            "*",
            "0.0.0.0/0",
            "::/0",
            "10.0.0.1/0",
            "::ffff:0:0/96",
            "::/64",
            "10.0.0.1,",
            "10.0.0.1 10.0.0.2",
            "proxy.example.com",
            "0.0.0.0/1,128.0.0.0/1",
            "::/1,8000::/1",
        ] {
            for mode in ["open", "login", "proxy"] {
                assert!(
                    parse(&[(AUTH, mode), (TRUSTED, list)]).is_err(),
                    "{mode}: {list}"
                );
            }
        }
    }

    #[test]
    fn an_ipv4_peer_is_the_same_within_ipv6() {
        for list in ["10.0.0.0/24", "10.0.0.7/24", "::ffff:10.0.0.0/120"] {
            let trusted = parse(&[(TRUSTED, list)]).unwrap().trusted;
            for peer in ["10.0.0.9", "::ffff:10.0.0.9"] {
                assert!(trusted.contains(peer.parse().unwrap()), "{list}: {peer}");
            }
            assert!(!trusted.contains("10.0.1.9".parse().unwrap()));
        }
        let one = parse(&[(TRUSTED, "::1, 127.0.0.1")]).unwrap().trusted;
        assert!(one.contains("::1".parse().unwrap()) && one.contains("127.0.0.1".parse().unwrap()));
        assert!(!TrustedProxies::default().contains("127.0.0.1".parse().unwrap()));
    }

    #[test]
    fn the_public_url_is_an_origin() {
        let said = parse(&[(PUBLIC_URL, " https://rollcall.example.com/ ")]).unwrap();
        let origin = Some("https://rollcall.example.com");
        assert_eq!(said.public_url.as_deref(), origin);
        assert!(said.is_public_https && parse(&[]).unwrap().public_url.is_none());
    }

    #[test]
    fn the_proxy_s_header_is_none_that_means_something_else() {
        assert_eq!(parse(&[]).unwrap().proxy_header, "x-rollcall-user");
        let header = parse(&[(HEADER, "Remote-User")]).unwrap().proxy_header;
        assert_eq!(header, "remote-user");
        for wrong in ["Authorization", "cookie", "a b", "X:Y"] {
            assert!(parse(&[(HEADER, wrong)]).is_err(), "{wrong}");
        }
    }
}
