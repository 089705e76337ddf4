//! The folders of the system, what is secret in them, and what the kernel's own means come to, as people are told.

use super::{Control, Reached, Tier};

/// Folders of the system that every program may read, as far as they are there.
pub(super) const SYSTEM: [&str; 17] = [
    "/usr",
    "/bin",
    "/sbin",
    "/lib",
    "/lib32",
    "/lib64",
    "/libx32",
    "/opt",
    "/etc",
    "/nix",
    "/snap",
    "/proc",
    "/sys",
    "/run/systemd/resolve",
    "/run/resolvconf",
    "/run/current-system",
    "/var/lib/dbus",
];

/// What is secret in the folders of the system, for those who run as root: everybody else cannot read it anyway.
pub(super) const SYSTEM_SECRETS: [&str; 19] = [
    "/etc/shadow",
    "/etc/shadow-",
    "/etc/gshadow",
    "/etc/gshadow-",
    "/etc/sudoers",
    "/etc/sudoers.d",
    "/etc/security/opasswd",
    "/etc/ssh",
    "/etc/ssl/private",
    "/etc/pki/tls/private",
    "/etc/letsencrypt",
    "/etc/wireguard",
    "/etc/NetworkManager/system-connections",
    "/etc/krb5.keytab",
    "/etc/kubernetes",
    "/etc/rancher",
    "/etc/docker",
    "/sys/kernel/security",
    "/sys/kernel/debug",
];

/// What files come to under this version.
pub(super) fn files(version: u8) -> Reached {
    match version {
        0 => Reached::new(Control::Files, Tier::Unsupported, "no Landlock; whatever this user may"),
        1 | 2 => Reached::new(
            Control::Files,
            Tier::Partial,
            format!("Landlock {version}: this kernel lets files outside be truncated"),
        ),
        3..=8 => Reached::new(
            Control::Files,
            Tier::Enforced,
            format!(
                "Landlock {version}; sockets with a name that this user reaches stay reachable"
            ),
        ),
        _ => Reached::new(Control::Files, Tier::Enforced, format!("Landlock {version}")),
    }
}

/// What the network comes to under this version.
pub(super) fn network(version: u8, ports: Option<&[u16]>) -> Reached {
    match ports {
        None => Reached::new(Control::Network, Tier::Unsupported, "not asked for"),
        Some(_) if version < 4 => {
            Reached::new(Control::Network, Tier::Unsupported, "this kernel cannot restrict TCP")
        }
        Some(ports) => {
            let ports: Vec<String> = ports.iter().map(ToString::to_string).collect();
            let ports = if ports.is_empty() { "no port".to_owned() } else { ports.join(", ") };
            let detail = format!("TCP to {ports}; other protocols are free");
            Reached::new(Control::Network, Tier::Partial, detail)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_decides_what_is_claimed() {
        assert_eq!(files(0).tier, Tier::Unsupported);
        assert_eq!(files(2).tier, Tier::Partial);
        assert_eq!(files(3).tier, Tier::Enforced);
        assert_eq!(network(9, None).tier, Tier::Unsupported);
        assert_eq!(network(3, Some(&[443])).tier, Tier::Unsupported);
        assert_eq!(network(4, Some(&[443])).tier, Tier::Partial);
    }
}
