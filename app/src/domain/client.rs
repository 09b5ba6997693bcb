//! The client of a request, as the server found it out: for the throttle of logins, the list of sessions and the session's
//! cookie. It is never identity (R24).
use std::net::{IpAddr, Ipv4Addr};

/// Where a request comes from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Client {
    /// The peer, or behind a trusted proxy the address that it forwards for. None if the system does not tell.
    pub address: Option<IpAddr>,
    /// The browser, as it calls itself.
    pub agent: Option<String>,
    /// Whether the person's browser speaks https.
    pub is_https: bool,
}

impl Client {
    /// The address that failures are counted by; all clients without one share it.
    pub fn throttled_address(&self) -> IpAddr {
        self.address.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED))
    }
}
