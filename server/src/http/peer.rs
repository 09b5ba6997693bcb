//! Addresses of a connection: the local one, the peer, and behind a trusted proxy the client's address and
//! scheme. A client's address serves the throttle of logins and the list of sessions only, never identity (R24).
use crate::ops::auth_settings::{AuthSettings, TrustedProxies};
use app::domain::client::Client;
use axum::{
    extract::{ConnectInfo, Request, connect_info::Connected},
    http::{HeaderMap, header},
    serve::{IncomingStream, Listener},
};
use std::{
    io,
    net::{IpAddr, SocketAddr},
};
use tokio::net::{TcpListener, TcpStream};

const FORWARDED_FOR: &str = "x-forwarded-for";
const FORWARDED_PROTO: &str = "x-forwarded-proto";

/// The two ends of a connection; none if the system does not tell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Arrival {
    /// The address that it came to.
    pub local: Option<IpAddr>,
    /// The address that it came from.
    pub peer: Option<IpAddr>,
}

/// A listener whose connections send what they have at once: with a small event the system would wait for more.
#[derive(Debug)]
pub struct PromptListener(pub TcpListener);

impl Listener for PromptListener {
    type Io = TcpStream;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (TcpStream, SocketAddr) {
        let (connection, peer) = Listener::accept(&mut self.0).await;
        if let Err(error) = connection.set_nodelay(true) {
            tracing::debug!(%error, "a connection may send with a delay");
        }
        (connection, peer)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }
}

impl Connected<IncomingStream<'_, PromptListener>> for Arrival {
    fn connect_info(stream: IncomingStream<'_, PromptListener>) -> Self {
        let local = stream.io().local_addr().ok();
        Self {
            local: local.map(|it| it.ip().to_canonical()),
            peer: Some(stream.remote_addr().ip().to_canonical()),
        }
    }
}

/// The peer of a request, if the system tells.
pub fn peer_of(request: &Request) -> Option<IpAddr> {
    let arrival = request.extensions().get::<ConnectInfo<Arrival>>();
    arrival.and_then(|it| it.0.peer)
}

/// Where a request comes from.
pub fn client_of(settings: &AuthSettings, request: &Request) -> Client {
    let (peer, headers) = (peer_of(request), request.headers());
    let agent = headers.get(header::USER_AGENT);
    Client {
        address: client_address(peer, headers, &settings.trusted),
        agent: agent.map(|it| String::from_utf8_lossy(it.as_bytes()).into_owned()),
        is_https: is_https(settings.is_public_https, peer, headers, &settings.trusted),
    }
}

/// The client's address: the peer's; behind a trusted proxy the rightmost forwarded address that is not of a trusted
/// proxy. Addresses left of that one may be forged.
pub fn client_address(
    peer: Option<IpAddr>,
    headers: &HeaderMap,
    trusted: &TrustedProxies,
) -> Option<IpAddr> {
    let peer = peer?;
    if !trusted.contains(peer) {
        return Some(peer);
    }
    let lines = headers.get_all(FORWARDED_FOR).iter();
    let lines: Vec<&str> = lines.map(|it| it.to_str().unwrap_or_default()).collect();
    let mut client = peer;
    for entry in lines.iter().rev().flat_map(|it| it.rsplit(',')) {
        // Left of an entry that cannot be parsed nothing can be trusted.
        let Some(address) = forwarded_address(entry.trim()) else {
            break;
        };
        client = address;
        if !trusted.contains(address) {
            break;
        }
    }
    Some(client)
}

/// An address, with or without a port.
fn forwarded_address(text: &str) -> Option<IpAddr> {
    let address = text.parse::<IpAddr>().ok();
    let with_port = || text.parse::<SocketAddr>().ok().map(|it| it.ip());
    address.or_else(with_port).map(|it| it.to_canonical())
}

/// Whether the person's browser speaks https: by the public address, or because a trusted proxy says so.
pub fn is_https(
    is_public_https: bool,
    peer: Option<IpAddr>,
    headers: &HeaderMap,
    trusted: &TrustedProxies,
) -> bool {
    if is_public_https {
        return true;
    }
    let is_trusted = peer.is_some_and(|it| trusted.contains(it));
    let mut protocols = headers.get_all(FORWARDED_PROTO).iter();
    let protocol = protocols.next().and_then(|it| it.to_str().ok());
    // Of a list, which each proxy adds to, the first entry is the browser's.
    let first = protocol.and_then(|it| it.split(',').next());
    let is_said = first.is_some_and(|it| it.trim().eq_ignore_ascii_case("https"));
    is_trusted && protocols.next().is_none() && is_said
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::auth_settings::AuthSettings;

    fn trusted() -> TrustedProxies {
        let list =
            |name: &str| (name == "ROLLCALL_TRUSTED_PROXIES").then(|| "10.0.0.0/24".to_owned());
        AuthSettings::parse(list).unwrap().trusted
    }

    fn client(peer: &str, forwarded: &[&str]) -> String {
        let mut headers = HeaderMap::new();
        for it in forwarded {
            headers.append(FORWARDED_FOR, it.parse().unwrap());
        }
        let peer = peer.parse().ok();
        client_address(peer, &headers, &trusted())
            .unwrap()
            .to_string()
    }

    #[test]
    fn a_forwarded_address_counts_from_a_trusted_peer_only() {
        assert_eq!(client("192.0.2.1", &["203.0.113.9"]), "192.0.2.1");
        assert_eq!(client("10.0.0.1", &["203.0.113.9"]), "203.0.113.9");
        assert_eq!(client("10.0.0.1", &[]), "10.0.0.1");
    }

    #[test]
    fn what_the_client_wrote_itself_stands_left_and_does_not_count() {
        assert_eq!(
            client("10.0.0.1", &["127.0.0.1, 203.0.113.9"]),
            "203.0.113.9"
        );
        assert_eq!(
            client("10.0.0.1", &["1.1.1.1", "203.0.113.9, 10.0.0.2"]),
            "203.0.113.9"
        );
        assert_eq!(client("10.0.0.1", &["10.0.0.3, 10.0.0.2"]), "10.0.0.3");
        assert_eq!(
            client("10.0.0.1", &["1.1.1.1, unknown, 10.0.0.2"]),
            "10.0.0.2"
        );
        assert_eq!(client("10.0.0.1", &["[2001:db8::1]:443"]), "2001:db8::1");
        assert_eq!(client("10.0.0.1", &["::ffff:203.0.113.9"]), "203.0.113.9");
    }

    #[test]
    fn https_is_the_public_address_s_or_a_trusted_proxy_s_word() {
        let is = |url: bool, peer: &str, protocols: &[&str]| {
            let mut headers = HeaderMap::new();
            for it in protocols {
                headers.append(FORWARDED_PROTO, it.parse().unwrap());
            }
            is_https(url, peer.parse().ok(), &headers, &trusted())
        };
        assert!(is(true, "192.0.2.1", &[]));
        for said in ["https", "HTTPS", "https, http", " Https ,https"] {
            assert!(is(false, "10.0.0.1", &[said]), "{said}");
        }
        assert!(!is(false, "192.0.2.1", &["https"]));
        assert!(!is(false, "10.0.0.1", &["https", "http"]));
        for other in ["http", "http, https", "", "https2"] {
            assert!(!is(false, "10.0.0.1", &[other]), "{other}");
        }
    }
}
