//! The vendored descriptions are what their README says, and have all that we use.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use agentos::host::github::endpoints;
use sha2::{Digest, Sha256};

use crate::support::hub::conformance::is_described;

/// The folder of the descriptions.
fn folder() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vendor/github")
}

#[test]
fn vendored_files_have_the_sums_that_their_readme_names() {
    let readme = fs::read_to_string(folder().join("README.md")).unwrap();
    for name in ["rest.json", "schema.graphql", "LICENSE-openapi", "LICENSE-graphql-schema"] {
        let digest = Sha256::digest(fs::read(folder().join(name)).unwrap());
        let mut sum = String::new();
        for byte in digest {
            write!(sum, "{byte:02x}").unwrap();
        }
        let row = readme.lines().find(|line| line.starts_with(&format!("| `{name}` |")));
        let row = row.unwrap_or_else(|| panic!("{name} is not in the README"));
        assert!(row.contains(&sum), "{name} has the sum {sum}, the README says: {row}");
    }
}

#[test]
fn every_endpoint_that_the_program_can_call_is_described() {
    for endpoint in endpoints::ALL {
        let path = endpoint.path.replace(['{', '}'], "");
        let path = path
            .replace("issue_number", "7")
            .replace("pull_number", "7")
            .replace("comment_id", "7");
        assert!(
            is_described(endpoint.method.as_str(), &path),
            "{} {} is not in GitHub's description",
            endpoint.method.as_str(),
            endpoint.path
        );
    }
}
