//! The list of a release's files, and versions: both come from a server.

use agentos::domain::release::{Sums, Version};

use super::text;

const TARGET: &str = "x86_64-unknown-linux-musl";

/// A program that is offered is named by a plain file with a whole sum; a version is written as it was read.
pub(super) fn run(input: &[u8]) {
    let text = text(input);
    if let Ok(sums) = Sums::parse(&text)
        && let Ok(offer) = sums.program(TARGET)
    {
        assert_eq!(offer.file, format!("agentos-{}-{TARGET}", offer.version));
        assert!(offer.sha256.len() == 64, "{offer:?}");
        assert!(text.contains(&offer.sha256) && text.contains(&offer.file), "{offer:?}");
        assert!(!offer.file.contains(['/', '\\', ' ']), "{offer:?}");
    }
    let mut before: Option<Version> = None;
    for line in text.lines() {
        let Ok(version) = Version::parse(line) else { continue };
        let written = version.to_string();
        assert_eq!(written, line.strip_prefix('v').unwrap_or(line));
        assert_eq!(Version::parse(&written).as_ref(), Ok(&version));
        if let Some(before) = &before {
            assert_eq!(before.cmp(&version), version.cmp(before).reverse());
        }
        before = Some(version);
    }
}
