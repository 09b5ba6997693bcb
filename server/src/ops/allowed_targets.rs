//! Targets of outgoing messages that loopback and private addresses are allowed for (R62): `ROLLCALL_OUT_ALLOW`.
use super::allowed_hosts::normalized;
use ipnet::{IpNet, Ipv4Net};
use std::{collections::BTreeSet, net::IpAddr};

/// Hosts by name, and networks; an address is a network of one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AllowedTargets {
    names: BTreeSet<String>,
    networks: Vec<IpNet>,
}

impl AllowedTargets {
    /// Reads names, addresses and networks separated by commas. The error is the first wrong entry; a port is one.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut this = Self::default();
        for entry in text.split(',').map(str::trim) {
            if let Some(network) = network(entry) {
                this.networks.push(network);
            } else if let Some(name) = normalized(entry).filter(|_| !entry.contains(':')) {
                this.names.insert(name);
            } else {
                return Err(entry.to_owned());
            }
        }
        Ok(this)
    }

    /// Whether the address may be dialled for this host, which is a name as URLs have it, or an address.
    pub fn allows(&self, host: &str, address: IpAddr) -> bool {
        let name = host.strip_suffix('.').unwrap_or(host);
        self.names.contains(&name.to_ascii_lowercase())
            || self.networks.iter().any(|it| it.contains(&address))
    }
}

/// A network, or an address as one; of IPv4 addresses within IPv6 that of IPv4.
fn network(entry: &str) -> Option<IpNet> {
    let bare = entry.strip_prefix('[').and_then(|it| it.strip_suffix(']'));
    if let Ok(address) = bare.unwrap_or(entry).parse::<IpAddr>() {
        return Some(address.to_canonical().into());
    }
    let network = entry.parse::<IpNet>().ok()?.trunc();
    let IpNet::V6(v6) = network else {
        return Some(network);
    };
    let mapped = v6
        .addr()
        .to_ipv4_mapped()
        .zip(v6.prefix_len().checked_sub(96));
    let v4 = mapped.and_then(|(address, prefix)| Ipv4Net::new(address, prefix).ok());
    Some(v4.map_or(network, IpNet::V4))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_addresses_and_networks_are_allowed_by_name_or_by_address() {
        let text = "ci.example.com, 10.1.0.0/16,127.0.0.1,[::1],::ffff:192.168.7.0/120";
        let allowed = AllowedTargets::parse(text).unwrap();
        for (host, address, is_allowed) in [
            ("ci.example.com", "10.9.9.9", true),
            ("CI.example.com.", "10.9.9.9", true),
            ("x.ci.example.com", "10.9.9.9", false),
            ("build", "10.1.2.3", true),
            ("10.1.2.3", "10.1.2.3", true),
            ("10.2.2.3", "10.2.2.3", false),
            ("127.0.0.1", "127.0.0.1", true),
            ("localhost", "127.0.0.1", true),
            ("127.0.0.2", "127.0.0.2", false),
            ("::1", "::1", true),
            ("192.168.7.9", "192.168.7.9", true),
        ] {
            let address = address.parse().unwrap();
            assert_eq!(allowed.allows(host, address), is_allowed, "{host}");
        }
    }

    #[test]
    fn an_entry_that_is_no_host_or_network_is_named() {
        for (text, wrong) in [
            ("ops,*.example.com", "*.example.com"),
            ("a,,b", ""),
            ("127.0.0.1:9000", "127.0.0.1:9000"),
            ("ops:9000", "ops:9000"),
            ("http://ops", "http://ops"),
            ("10.0.0.0/33", "10.0.0.0/33"),
            ("127.1", "127.1"),
        ] {
            assert_eq!(AllowedTargets::parse(text), Err(wrong.to_owned()), "{text}");
        }
    }
}
