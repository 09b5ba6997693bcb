//! Allow list for the `Host` header, against DNS rebinding (R87): loopback, the address that the server listens on, and what
//! `ROLLCALL_HOSTS` and `ROLLCALL_PUBLIC_URL` name. A page that rebinds its own name to this machine passes every other
//! check, because the browser takes its requests for same-site ones; only the name in `Host` gives it away.
use axum::http::Uri;
use std::{
    collections::BTreeSet,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
};

/// RFC 1035: characters in a part of a name, and in a name.
const LABEL_MAX: usize = 63;
const NAME_MAX: usize = 253;

/// Names and addresses as `normalized` writes them, beside loopback.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AllowedHosts(BTreeSet<String>);

impl AllowedHosts {
    /// Reads names and addresses separated by commas; ports are ignored. The error is the first wrong entry.
    pub fn parse(text: &str) -> Result<Self, String> {
        text.split(',')
            .map(|it| normalized(it.trim()).ok_or_else(|| it.trim().to_owned()))
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// Allows one more host, as `normalized` writes it.
    pub fn add(&mut self, host: String) {
        self.0.insert(host);
    }

    /// Allows an address.
    pub fn add_address(&mut self, address: IpAddr) {
        self.add(address.to_canonical().to_string());
    }

    /// Whether a request for this host, as `normalized` writes it, is meant for this server. `arrival` is the address that
    /// the connection came to: no name can be rebound to a literal.
    pub fn allows(&self, host: &str, arrival: Option<IpAddr>) -> bool {
        match host.parse::<IpAddr>() {
            Ok(address) => {
                address.is_loopback() || arrival == Some(address) || self.0.contains(host)
            }
            // Every name below `localhost` is loopback (RFC 6761).
            Err(_) => host == "localhost" || host.ends_with(".localhost") || self.0.contains(host),
        }
    }
}

/// The host of `host[:port]` in one spelling: lower-case, without brackets and without a dot at the end; an IPv4 address
/// within IPv6 as the IPv4 address. None if the text is no host.
pub fn normalized(text: &str) -> Option<String> {
    // The URI parser refuses spaces and the like. What it takes for more than an authority is no host.
    let uri: Uri = format!("http://{text}/").parse().ok()?;
    let authority = uri.authority()?;
    if authority.as_str() != text || text.contains('@') {
        return None;
    }
    let host = authority.host();
    let port = text.get(host.len()..)?;
    if !port.is_empty() && !is_port(port.strip_prefix(':')?) {
        return None;
    }
    if let Some(address) = host.strip_prefix('[').and_then(|it| it.strip_suffix(']')) {
        let address: Ipv6Addr = address.parse().ok()?;
        return Some(IpAddr::from(address).to_canonical().to_string());
    }
    let name = host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase();
    if let Ok(address) = name.parse::<Ipv4Addr>() {
        return Some(address.to_string());
    }
    // A last part that is a number makes it an address in an odd spelling (127.1, 0x7f000001), and no name.
    let last = name.rsplit('.').next().unwrap_or_default();
    let is_number = match last.strip_prefix("0x") {
        Some(hex) => hex.bytes().all(|it| it.is_ascii_hexdigit()),
        None => last.bytes().all(|it| it.is_ascii_digit()),
    };
    (name.len() <= NAME_MAX && name.split('.').all(is_label) && !is_number).then_some(name)
}

/// Whether this is a port: digits up to 65535, or none at all (RFC 3986).
fn is_port(text: &str) -> bool {
    text.is_empty() || (text.bytes().all(|it| it.is_ascii_digit()) && text.parse::<u16>().is_ok())
}

fn is_label(text: &str) -> bool {
    let is_letter = |it: u8| it.is_ascii_alphanumeric() || matches!(it, b'-' | b'_');
    (1..=LABEL_MAX).contains(&text.len()) && text.bytes().all(is_letter)
}

/// The host of a public URL: `http` or `https`, a host, and no path or query. None if it is another text.
pub fn host_of_url(text: &str) -> Option<String> {
    let uri: Uri = text.parse().ok()?;
    let is_web = matches!(uri.scheme_str(), Some("http" | "https"));
    let is_root = uri.path() == "/" && uri.query().is_none() && !text.contains('#');
    normalized(uri.authority()?.as_str()).filter(|_| is_web && is_root)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_has_one_spelling() {
        for (text, known) in [
            ("localhost", Some("localhost")),
            ("LocalHost.:3000", Some("localhost")),
            ("127.0.0.1:3000", Some("127.0.0.1")),
            ("[::1]:3000", Some("::1")),
            ("[0:0::1]", Some("::1")),
            ("[::ffff:10.0.0.5]:80", Some("10.0.0.5")),
            ("rollcall.example.com:443", Some("rollcall.example.com")),
            ("", None),
            ("*", None),
            ("*.example.com", None),
            ("a b", None),
            ("a,b", None),
            ("http://a", None),
            ("a/b", None),
            ("ana@a", None),
            ("localhost:", Some("localhost")),
            ("localhost:+80", None),
            ("localhost:65536", None),
            ("3com", Some("3com")),
            ("3f2a1b4c5d6e:3000", Some("3f2a1b4c5d6e")),
            ("0x7f000001", None),
            ("127.1", None),
            ("2130706433", None),
            ("::1", None),
            ("a..b", None),
            (":3000", None),
            ("a:x", None),
        ] {
            assert_eq!(normalized(text).as_deref(), known, "{text}");
        }
    }

    #[test]
    fn a_name_that_was_rebound_to_this_machine_is_not_allowed() {
        let hosts = AllowedHosts::parse("rollcall.example.com, ops:8443").unwrap();
        let lan: IpAddr = "10.0.0.5".parse().unwrap();
        for (host, arrival, is_allowed) in [
            ("localhost", None, true),
            ("127.0.0.1", None, true),
            ("127.8.8.8", None, true),
            ("::1", None, true),
            ("ops", None, true),
            ("app.localhost", None, true),
            ("localhost.example", None, false),
            ("rollcall.example.com", None, true),
            ("x.rollcall.example.com", None, false),
            ("evil.example", None, false),
            ("10.0.0.5", Some(lan), true),
            ("10.0.0.6", Some(lan), false),
            ("10.0.0.5", None, false),
            ("0.0.0.0", Some(lan), false),
        ] {
            assert_eq!(hosts.allows(host, arrival), is_allowed, "{host}");
        }
        assert_eq!(AllowedHosts::parse("a, *.b"), Err("*.b".to_owned()));
        assert_eq!(AllowedHosts::parse("a,,b"), Err(String::new()));
        assert_eq!(
            AllowedHosts::parse("https://a"),
            Err("https://a".to_owned())
        );
    }

    #[test]
    fn a_public_url_is_an_address_without_a_path() {
        for (text, host) in [
            ("https://rollcall.example.com", Some("rollcall.example.com")),
            ("http://Ops:8080/", Some("ops")),
            ("https://[::1]:3000", Some("::1")),
            ("rollcall.example.com", None),
            ("ftp://a", None),
            ("https://a/b", None),
            ("https://a/?b", None),
            ("https://a/#b", None),
            ("https://", None),
            ("https://ana@a", None),
            ("https://*.a", None),
        ] {
            assert_eq!(host_of_url(text).as_deref(), host, "{text}");
        }
    }
}
