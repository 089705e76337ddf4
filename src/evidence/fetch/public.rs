//! Which addresses are those of servers out in the public network. Everything that may be this machine, a network of the operator's, or
//! stands for another address is none; what is not known to be public is not.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Whether an address belongs to the public network.
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    // This network, private networks, loopback, multicast, and what is reserved from 240 on (with the broadcast address).
    let is_ours = matches!(a, 0 | 10 | 127 | 224..=255);
    // Shared by providers (RFC 6598), link-local (where clouds keep their metadata), private.
    let is_near = matches!((a, b), (100, 64..=127) | (169, 254) | (172, 16..=31) | (192, 168));
    // Protocol assignments, documentation, 6to4 relays, benchmarks.
    let is_assigned = matches!(
        (a, b, c),
        (192, 0, 0 | 2) | (192, 88, 99) | (198, 18 | 19, _) | (198, 51, 100) | (203, 0, 113)
    );
    !(is_ours || is_near || is_assigned)
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let [a, b, ..] = address.segments();
    // Global unicast is 2000::/3; loopback, unspecified, mapped and translated IPv4 (64:ff9b::/96), unique local, link-local, site-local and
    // multicast addresses all lie elsewhere.
    if a & 0xe000 != 0x2000 {
        return false;
    }
    // Teredo, benchmarks, ORCHID and other protocol assignments (2001::/23), documentation (2001:db8::/32, 3fff::/20), and 6to4 (2002::/16),
    // which wraps an IPv4 address.
    !matches!((a, b), (0x2001, 0..=0x01ff | 0x0db8) | (0x2002, _) | (0x3fff, 0..=0x0fff))
}

#[cfg(test)]
mod tests {
    use super::*;

    const OURS: &str = "\
        0.0.0.0 0.1.2.3 10.0.0.1 10.255.255.255 100.64.0.1 100.127.255.255 127.0.0.1 127.8.8.8 \
        169.254.169.254 172.16.0.1 172.31.255.255 192.0.0.1 192.0.2.7 192.88.99.1 192.168.1.1 198.18.0.1 \
        198.19.255.255 198.51.100.1 203.0.113.9 224.0.0.1 239.255.255.250 240.0.0.1 255.255.255.255 :: \
        ::1 ::ffff:127.0.0.1 ::ffff:8.8.8.8 ::ffff:10.0.0.1 ::127.0.0.1 64:ff9b::7f00:1 64:ff9b:1::1 \
        100::1 2001::1 2001:2::1 2001:10::1 2001:20::1 2001:db8::1 2002:7f00:1:: 2002:808:808:: 3fff::1 \
        5f00::1 fc00::1 fd12:3456::1 fe80::1 febf::1 fec0::1 ff02::1 ff0e::1";

    const PUBLIC: &str = "\
        1.1.1.1 8.8.8.8 93.184.216.34 100.63.255.255 100.128.0.1 169.253.1.1 172.15.0.1 172.32.0.1 \
        192.0.1.1 192.1.2.3 192.167.1.1 198.17.0.1 198.20.0.1 203.0.114.1 223.255.255.255 \
        2001:4860:4860::8888 2606:4700::1111 2a00:1450::1 2001:200::1";

    #[test]
    fn only_addresses_of_the_public_network_are_public() {
        for address in OURS.split_whitespace() {
            assert!(!is_public(address.parse().unwrap()), "{address}");
        }
        for address in PUBLIC.split_whitespace() {
            assert!(is_public(address.parse().unwrap()), "{address}");
        }
    }
}
