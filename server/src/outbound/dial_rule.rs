//! Which addresses may be dialled (R62), decided by the address itself, however it is written and whatever name led to it.
use crate::ops::allowed_targets::AllowedTargets;
use reqwest::Url;
use std::{
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    sync::Arc,
};

/// Addresses that tell a machine in a cloud its credentials, beside those that are link-local: Alibaba, Azure, Oracle; Amazon,
/// Google and Scaleway by IPv6.
const METADATA_V4: [Ipv4Addr; 3] = [
    Ipv4Addr::new(100, 100, 100, 200),
    Ipv4Addr::new(168, 63, 129, 16),
    Ipv4Addr::new(192, 0, 0, 192),
];
const METADATA_V6: [Ipv6Addr; 3] = [
    Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254),
    Ipv6Addr::new(0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254),
    Ipv6Addr::new(0xfd00, 0x42, 0, 0, 0, 0, 0, 0x42),
];

/// What an address is, as far as it matters to whether something may be sent there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AddressKind {
    Public,
    Loopback,
    /// Of a network of one's own: also shared (100.64.0.0/10) and unique local ones.
    Private,
    LinkLocal,
    Metadata,
    Unspecified,
    /// Also broadcast.
    Multicast,
}

impl fmt::Display for AddressKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Public => "a public address",
            Self::Loopback => "a loopback address",
            Self::Private => "a private address",
            Self::LinkLocal => "a link-local address",
            Self::Metadata => "the address of a cloud's metadata",
            Self::Unspecified => "no address of a machine",
            Self::Multicast => "a multicast address",
        })
    }
}

impl AddressKind {
    /// The kind of an address; of an IPv4 address within IPv6 that of the IPv4 address.
    pub fn of(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(address) => of_v4(address),
            IpAddr::V6(address) => of_v6(address),
        }
    }
}

fn of_v4(address: Ipv4Addr) -> AddressKind {
    let octets = address.octets();
    if METADATA_V4.contains(&address) {
        AddressKind::Metadata
    } else if octets[0] == 0 {
        AddressKind::Unspecified
    } else if address.is_link_local() {
        AddressKind::LinkLocal
    } else if address.is_multicast() || address.is_broadcast() {
        AddressKind::Multicast
    } else if address.is_loopback() {
        AddressKind::Loopback
    } else if address.is_private() || is_shared_or_reserved(octets) {
        AddressKind::Private
    } else {
        AddressKind::Public
    }
}

/// Networks that are nobody's on the internet: 100.64.0.0/10, 192.0.0.0/24, 198.18.0.0/15, 240.0.0.0/4.
fn is_shared_or_reserved(octets: [u8; 4]) -> bool {
    match octets {
        [100, second, ..] => second & 0xc0 == 64,
        [192, 0, 0, _] => true,
        [198, second, ..] => second & 0xfe == 18,
        [first, ..] => first >= 240,
    }
}

fn of_v6(address: Ipv6Addr) -> AddressKind {
    let first = address.segments()[0];
    if METADATA_V6.contains(&address) {
        AddressKind::Metadata
    } else if address.is_unspecified() {
        AddressKind::Unspecified
    } else if address.is_loopback() {
        AddressKind::Loopback
    } else if address.is_multicast() {
        AddressKind::Multicast
    } else if first & 0xffc0 == 0xfe80 {
        AddressKind::LinkLocal
    } else if let Some(within) = v4_within(address) {
        of_v4(within)
    } else if first & 0xfe00 == 0xfc00 || first & 0xffc0 == 0xfec0 {
        AddressKind::Private
    } else {
        AddressKind::Public
    }
}

/// The IPv4 address that a gateway would send to: that of NAT64, 6to4, Teredo, of the translated form `::ffff:0:10.0.0.1`, and of the
/// old form `::10.0.0.1`.
fn v4_within(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let of = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        Some(Ipv4Addr::new(a, b, c, d))
    };
    match address.segments() {
        [0x64, 0xff9b, 0, 0, 0, 0, high, low]
        | [0, 0, 0, 0, 0 | 0xffff, 0, high, low]
        | [0x2002, high, low, ..] => of(high, low),
        // NAT64 of a network of one's own may lead to any address of that.
        [0x64, 0xff9b, 1, ..] => Some(Ipv4Addr::new(10, 0, 0, 1)),
        [0x2001, 0, .., high, low] => of(!high, !low),
        _ => None,
    }
}

/// Why something is not sent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DialRefusal {
    #[error("{address} is {kind}: nothing is sent there")]
    Never { address: IpAddr, kind: AddressKind },
    #[error("{address} is {kind}: nothing is sent there unless ROLLCALL_OUT_ALLOW names it")]
    NotAllowed { address: IpAddr, kind: AddressKind },
    #[error("It is no address of http or https")]
    NoUrl,
}

/// Who has named a target.
#[derive(Clone, Debug)]
pub enum OutRule {
    /// A hook: loopback and private addresses only where `ROLLCALL_OUT_ALLOW` names them.
    Hook(Arc<AllowedTargets>),
    /// A setting, which is the admin's word: only link-local and metadata addresses are refused.
    Setting,
}

impl OutRule {
    /// Whether the address may be dialled for this host.
    pub fn check_address(&self, host: &str, address: IpAddr) -> Result<(), DialRefusal> {
        let address = address.to_canonical();
        let kind = AddressKind::of(address);
        let is_never = match self {
            Self::Hook(_) => matches!(
                kind,
                AddressKind::LinkLocal
                    | AddressKind::Metadata
                    | AddressKind::Unspecified
                    | AddressKind::Multicast
            ),
            Self::Setting => matches!(kind, AddressKind::LinkLocal | AddressKind::Metadata),
        };
        if is_never {
            return Err(DialRefusal::Never { address, kind });
        }
        match self {
            Self::Hook(allowed)
                if kind != AddressKind::Public && !allowed.allows(host, address) =>
            {
                Err(DialRefusal::NotAllowed { address, kind })
            }
            _ => Ok(()),
        }
    }

    /// Whether a URL may be asked: its scheme, and its host if that is an address. The parser of URLs has one spelling for
    /// `127.1`, `0x7f000001` and `2130706433`. Names are for the resolver.
    pub fn check_url(&self, url: &Url) -> Result<(), DialRefusal> {
        if !matches!(url.scheme(), "http" | "https") {
            return Err(DialRefusal::NoUrl);
        }
        let host = url.host_str().ok_or(DialRefusal::NoUrl)?;
        match literal(host) {
            Some(address) => self.check_address(host, address),
            None => Ok(()),
        }
    }
}

/// The address that a host of a URL is, if it is no name.
pub fn literal(host: &str) -> Option<IpAddr> {
    let bare = host.strip_prefix('[').and_then(|it| it.strip_suffix(']'));
    bare.unwrap_or(host).parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hook(allowed: &str) -> OutRule {
        OutRule::Hook(Arc::new(AllowedTargets::parse(allowed).unwrap()))
    }

    fn kind_in(url: &str) -> AddressKind {
        let url = Url::parse(url).unwrap();
        AddressKind::of(literal(url.host_str().unwrap()).unwrap())
    }

    #[test]
    fn an_address_is_what_it_is_however_it_is_written() {
        for (url, kind) in [
            ("http://93.184.216.34/", AddressKind::Public),
            ("http://93.184.216.34:8080/x", AddressKind::Public),
            ("http://[2606:2800:220:1::1]/", AddressKind::Public),
            ("http://127.0.0.1/", AddressKind::Loopback),
            ("http://127.1/", AddressKind::Loopback),
            ("http://0x7f.0.0.1/", AddressKind::Loopback),
            ("http://0x7f000001/", AddressKind::Loopback),
            ("http://2130706433/", AddressKind::Loopback),
            ("http://017700000001/", AddressKind::Loopback),
            ("http://0177.0.0.01/", AddressKind::Loopback),
            ("http://127.0.0.1./", AddressKind::Loopback),
            ("http://%31%32%37.0.0.1/", AddressKind::Loopback),
            ("http://１２７.0.0.1/", AddressKind::Loopback),
            ("http://example.com@127.0.0.1/", AddressKind::Loopback),
            ("http://example.com:x@127.9.9.9:80/", AddressKind::Loopback),
            ("http:\\\\127.0.0.1\\x", AddressKind::Loopback),
            ("http://[::1]/", AddressKind::Loopback),
            ("http://[::ffff:127.0.0.1]/", AddressKind::Loopback),
            ("http://[::ffff:7f00:1]/", AddressKind::Loopback),
            ("http://[::127.0.0.1]/", AddressKind::Loopback),
            ("http://[64:ff9b::7f00:1]/", AddressKind::Loopback),
            ("http://[2002:7f00:1::]/", AddressKind::Loopback),
            ("http://[2001:0:1:2:3:4:80ff:fffe]/", AddressKind::Loopback),
            ("http://10.0.0.1/", AddressKind::Private),
            ("http://172.31.0.1/", AddressKind::Private),
            ("http://172.32.0.1/", AddressKind::Public),
            ("http://192.168.0.1/", AddressKind::Private),
            ("http://3232235521/", AddressKind::Private),
            ("http://100.64.0.1/", AddressKind::Private),
            ("http://100.127.255.255/", AddressKind::Private),
            ("http://100.128.0.1/", AddressKind::Public),
            ("http://198.19.0.1/", AddressKind::Private),
            ("http://240.0.0.1/", AddressKind::Private),
            ("http://[fc00::1]/", AddressKind::Private),
            ("http://[fdff::1]/", AddressKind::Private),
            ("http://[fec0::1]/", AddressKind::Private),
            ("http://[64:ff9b:1::5db8:d822]/", AddressKind::Private),
            ("http://[::ffff:10.0.0.1]/", AddressKind::Private),
            ("http://[::ffff:0:10.0.0.1]/", AddressKind::Private),
            ("http://[::ffff:0:127.0.0.1]/", AddressKind::Loopback),
            ("http://[::ffff:0:a9fe:a9fe]/", AddressKind::LinkLocal),
            ("http://[::ffff:0:5db8:d822]/", AddressKind::Public),
            ("http://169.254.169.254/latest", AddressKind::LinkLocal),
            ("http://2852039166/", AddressKind::LinkLocal),
            ("http://0xA9.0xFE.0xA9.0xFE/", AddressKind::LinkLocal),
            ("http://[::ffff:a9fe:a9fe]/", AddressKind::LinkLocal),
            ("http://[64:ff9b::a9fe:a9fe]/", AddressKind::LinkLocal),
            ("http://[fe80::1]/", AddressKind::LinkLocal),
            ("http://[febf::1]/", AddressKind::LinkLocal),
            ("http://[fd00:ec2::254]/", AddressKind::Metadata),
            ("http://100.100.100.200/", AddressKind::Metadata),
            ("http://168.63.129.16/", AddressKind::Metadata),
            ("http://0.0.0.0/", AddressKind::Unspecified),
            ("http://0/", AddressKind::Unspecified),
            ("http://[::]/", AddressKind::Unspecified),
            ("http://[::ffff:0.0.0.0]/", AddressKind::Unspecified),
            ("http://224.0.0.1/", AddressKind::Multicast),
            ("http://255.255.255.255/", AddressKind::Multicast),
            ("http://[ff02::1]/", AddressKind::Multicast),
        ] {
            assert_eq!(kind_in(url), kind, "{url}");
        }
    }

    #[test]
    fn hooks_reach_loopback_and_private_addresses_only_where_the_setting_names_them() {
        let everything =
            "127.0.0.0/8,10.0.0.0/8,169.254.0.0/16,0.0.0.0/8,224.0.0.0/4,fe80::/10,fd00::/8,::/128";
        for (url, by_default, allowed) in [
            ("http://93.184.216.34/", true, true),
            ("http://127.0.0.1:9/", false, true),
            ("https://2130706433/", false, true),
            ("http://[::ffff:10.0.0.1]/", false, true),
            ("http://[fd12::1]/", false, true),
            ("http://169.254.169.254/", false, false),
            ("http://0.0.0.0/", false, false),
            ("http://[::]/", false, false),
            ("http://224.0.0.1/", false, false),
            ("http://[fe80::1]/", false, false),
            ("http://[fd00:ec2::254]/", false, false),
            ("ftp://93.184.216.34/", false, false),
            ("file:///etc/passwd", false, false),
        ] {
            let url = Url::parse(url).unwrap();
            let is = |rule: OutRule| rule.check_url(&url).is_ok();
            assert_eq!(is(hook("none.example")), by_default, "{url}");
            assert_eq!(is(hook(everything)), allowed, "{url}");
        }
    }

    #[test]
    fn of_what_settings_name_only_link_local_and_metadata_are_refused() {
        for (url, is_taken) in [
            ("http://127.0.0.1:8080/", true),
            ("http://10.0.0.1/", true),
            ("http://[fd12::1]/", true),
            ("http://169.254.169.254/", false),
            ("http://[fe80::1]/", false),
            ("http://100.100.100.200/", false),
        ] {
            let url = Url::parse(url).unwrap();
            assert_eq!(OutRule::Setting.check_url(&url).is_ok(), is_taken, "{url}");
        }
    }
}
