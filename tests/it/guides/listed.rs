//! Lines of the documents that no test can run, and why. A line that is neither run nor listed here fails a test, and so does one that is
//! listed and stands in no document.

/// `(document, how the line begins, why it is not run)`.
pub(super) const NOT_RUN: &[(&str, &str, &str)] = &[
    ("README.md", "cargo install", "a release build takes minutes; CI makes one"),
    ("README.md", "gh auth login", "asks GitHub and a person"),
    ("docs/guides/github.md", "gh auth", "asks GitHub and a person"),
    ("docs/guides/github.md", "gh repo create", "makes a repository on GitHub"),
    ("docs/guides/github.md", "git -C my-demo/shop push", "writes to a repository on GitHub"),
    (
        "docs/guides/github.md",
        "agentos demo --github-url https://api.github.com",
        "the real GitHub; the demo on a fake one is a test of its own",
    ),
    ("docs/guides/vps.md", "ssh ", "another machine"),
    ("docs/guides/vps.md", "sudo ", "root's, on a machine of its own"),
    ("docs/guides/vps.md", "git clone https:", "the network; `bin/check` builds a checkout"),
    ("docs/guides/vps.md", "cargo install", "a release build takes minutes; CI makes one"),
    ("docs/guides/vps.md", "curl ", "installs somebody else's program from the network"),
    ("docs/guides/vps.md", "less ", "a person reads"),
    ("docs/guides/vps.md", "bash install-nvm.sh", "installs somebody else's program"),
    ("docs/guides/vps.md", "nvm install", "installs somebody else's program from the network"),
    ("docs/guides/vps.md", "npm install", "installs somebody else's program from the network"),
    ("docs/guides/vps.md", "codex login", "asks a provider and a person"),
    ("docs/guides/vps.md", "gh auth login", "asks GitHub and a person"),
    ("docs/guides/vps.md", "git -C ~/agentos pull", "the network"),
    ("docs/release.md", "printf -- ", "run from this text by `release`"),
    ("docs/release.md", "openssl pkeyutl", "run from this text by `release`"),
    ("docs/release.md", "sha256sum", "run from this text by `release`"),
    ("docs/release.md", "gh attestation", "asks GitHub"),
    ("docs/release.md", "agentos self-update", "a release updates itself; played in `self_update`"),
    ("docs/release.md", "openssl genpkey", "a key is made once for the project"),
    ("docs/release.md", "openssl pkey ", "a key is made once for the project"),
    ("docs/doctor.md", "agentos doctor --live", "asks the providers; played in `doctor::live`"),
    ("docs/plan.md", "agentos plan approve ID", "`ID` is no id; played in `plan::approval`"),
];

/// Blocks of YAML that are no part of a configuration: `(document, first line, what they are)`.
pub(super) const NO_CONFIGURATION: &[(&str, &str, &str)] = &[
    ("docs/guides/github.md", "# .github/workflows/ci.yml", "a workflow"),
    ("docs/guides/objectives.md", "metric_id: traffic", "an evidence file"),
    ("docs/guides/objectives.md", "  production_feedback:", "keys of an entry of `repos`"),
    ("docs/objectives.md", "metric_id: traffic", "an evidence file"),
];
