//! Which failures of CI tell nothing about a change. Pure; a table of words.

use super::pull::Check;

/// How a check ended when it was not the commands of the repository that failed.
const ENDINGS: [&str; 4] = ["cancelled", "timed_out", "startup_failure", "stale"];

/// What machines and networks say of themselves.
const WORDS: [&str; 20] = [
    "lost communication with the server",
    "runner has received a shutdown signal",
    "the operation was canceled",
    "no space left on device",
    "cannot allocate memory",
    "could not resolve host",
    "temporary failure in name resolution",
    "name or service not known",
    "connection reset by peer",
    "connection timed out",
    "network is unreachable",
    "network is down",
    "tls handshake timeout",
    "i/o timeout",
    "502 bad gateway",
    "503 service unavailable",
    "504 gateway timeout",
    "429 too many requests",
    "toomanyrequests",
    "failed to download action",
];

/// Whether the failure looks like one of machine or network, so that running it once more is worth it. It is a guess: the same words in
/// the output of a test cost one needless run, and no more.
pub fn is_infrastructure(check: &Check) -> bool {
    let ending = check.summary.split(':').next().unwrap_or_default().trim();
    if ENDINGS.contains(&ending) {
        return true;
    }
    let texts = [Some(check.summary.as_str()), check.log_excerpt.as_deref()];
    texts
        .into_iter()
        .flatten()
        .map(str::to_lowercase)
        .any(|text| WORDS.iter().any(|words| text.contains(words)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::pull::CheckOutcome;

    fn failed(summary: &str, excerpt: Option<&str>) -> Check {
        Check {
            name: "ci".to_owned(),
            outcome: CheckOutcome::Failed,
            summary: summary.to_owned(),
            log: None,
            log_excerpt: excerpt.map(str::to_owned),
            job: Some(1),
            apps: Vec::new(),
        }
    }

    #[test]
    fn machines_and_networks_are_told_from_the_commands_of_the_repository() {
        for (summary, excerpt, expected) in [
            ("cancelled", None, true),
            ("timed_out: after 6 h", None, true),
            ("startup_failure", None, true),
            ("stale", None, true),
            ("failure", Some("The runner has received a shutdown signal."), true),
            ("failure: No space left on device", None, true),
            ("failure", Some("curl: (6) Could not resolve host: example.org"), true),
            ("failure", Some("503 Service Unavailable"), true),
            ("failure", Some("assertion failed: 503 != 200"), false),
            ("failure: cancelled orders are counted twice", None, false),
            ("exit 1 after 2.4 s", Some("1 test failed"), false),
            ("", None, false),
        ] {
            assert_eq!(
                is_infrastructure(&failed(summary, excerpt)),
                expected,
                "{summary} {excerpt:?}"
            );
        }
    }
}
