//! Who keeps an installed program up to date: a program that belongs to a package is replaced by its package manager alone.

use std::path::Path;

/// A package manager.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keeper {
    /// dpkg, below apt.
    Debian,
    /// Homebrew.
    Homebrew,
    /// Nix.
    Nix,
    /// Snap.
    Snap,
}

impl Keeper {
    /// Says whose the program at a place is; nothing for places that are people's own.
    pub fn of(path: &Path) -> Option<Self> {
        let begins = |places: &[&str]| places.iter().any(|place| path.starts_with(place));
        let has_part = |name: &str| path.components().any(|part| part.as_os_str() == name);
        if begins(&["/nix/store"]) {
            Some(Self::Nix)
        } else if begins(&["/snap"]) {
            Some(Self::Snap)
        } else if has_part("Cellar") || begins(&["/opt/homebrew", "/home/linuxbrew"]) {
            Some(Self::Homebrew)
        } else if begins(&["/usr/local"]) {
            None
        } else if begins(&["/usr", "/bin", "/sbin"]) {
            Some(Self::Debian)
        } else {
            None
        }
    }

    /// Says how one gets another version from it.
    pub fn mend(self) -> &'static str {
        match self {
            Self::Debian => {
                "install the package of the release: `sudo apt install ./agentos_VERSION_ARCH.deb`"
            }
            Self::Homebrew => "ask Homebrew: `brew upgrade agentos`",
            Self::Nix => "change the version where your Nix configuration names it",
            Self::Snap => "ask Snap: `sudo snap refresh agentos`",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_belongs_to_a_package_is_told_by_its_place() {
        for (path, expected) in [
            ("/usr/bin/agentos", Some(Keeper::Debian)),
            ("/bin/agentos", Some(Keeper::Debian)),
            ("/usr/local/bin/agentos", None),
            ("/home/me/.local/bin/agentos", None),
            ("/opt/agentos/agentos", None),
            ("/nix/store/abc-agentos/bin/agentos", Some(Keeper::Nix)),
            ("/opt/homebrew/bin/agentos", Some(Keeper::Homebrew)),
            ("/usr/local/Cellar/agentos/1.0.0/bin/agentos", Some(Keeper::Homebrew)),
            ("/snap/agentos/1/agentos", Some(Keeper::Snap)),
        ] {
            assert_eq!(Keeper::of(Path::new(path)), expected, "{path}");
        }
    }
}
