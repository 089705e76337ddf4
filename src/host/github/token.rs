//! Finding the token: `GITHUB_TOKEN`, else `GH_TOKEN`, else what `gh auth token` says.

use std::ffi::OsString;
use std::time::Duration;

use super::address::Address;
use super::failure::LOGIN;
use crate::host::HostError;
use crate::sys::env::Environment;
use crate::sys::program::Program;
use crate::text::hash::sha256_hex;
use crate::text::secret::Secret;

/// `gh` may have to ask the keyring of the desktop.
const DEADLINE: Duration = Duration::from_secs(10);
/// Longer than any token, shorter than a key file that somebody exported by mistake.
const MAX_LENGTH: usize = 1024;

/// Finds the token for a GitHub.
///
/// # Errors
///
/// [`HostError::Denied`] when there is none, or what there is cannot be one; it says all ways to log in.
pub fn find_token(environment: &Environment, api_url: &str) -> Result<Secret, HostError> {
    let address = Address::parse(api_url)?;
    for name in ["GITHUB_TOKEN", "GH_TOKEN"] {
        if let Some(value) = environment.get(name).filter(|value| !value.trim().is_empty()) {
            return checked(value, &format!("`{name}`"));
        }
    }
    let said = ask_gh(environment, address.login_host())?;
    checked(&said, "`gh auth token`")
}

fn ask_gh(environment: &Environment, host: &str) -> Result<String, HostError> {
    let argv = ["gh", "auth", "token", "--hostname", host].map(OsString::from).to_vec();
    let env = environment.all().iter().map(|(name, value)| (name.into(), value.into())).collect();
    let program = Program { argv, dir: None, env, stdin: Vec::new(), deadline: DEADLINE };
    let none = |reason: &str| {
        missing(format!("neither `GITHUB_TOKEN` nor `GH_TOKEN` is set, and {reason}"))
    };
    let output = program.run().map_err(|error| none(&error.to_string()))?;
    match output.code {
        Some(0) => String::from_utf8(output.stdout)
            .map_err(|_| none("`gh auth token` wrote something that is not text")),
        _ => Err(none(&format!("`gh auth token` knows no login for {host}"))),
    }
}

/// Only what can be one goes on: another text in its place would be sent to the server.
fn checked(value: &str, origin: &str) -> Result<Secret, HostError> {
    let token = value.trim();
    if token.is_empty() {
        return Err(missing(format!("{origin} is empty")));
    }
    if token.len() > MAX_LENGTH || !token.chars().all(|c| c.is_ascii_graphic()) {
        return Err(missing(format!(
            "{origin} is no token: it must be one line of printable characters"
        )));
    }
    Ok(Secret::new(token))
}

fn missing(reason: String) -> HostError {
    HostError::Denied { what: "log in to GitHub".to_owned(), reason, mend: LOGIN.to_owned() }
}

/// The name under which what belongs to a token is kept: says nothing about it, and changes with it.
pub(super) fn token_id(token: &Secret) -> String {
    sha256_hex(token.expose().as_bytes()).chars().take(16).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const URL: &str = "https://api.github.com";

    fn find(pairs: &[(&str, &str)]) -> Result<Secret, HostError> {
        find_token(&Environment::from_pairs(pairs.iter().copied()), URL)
    }

    #[test]
    fn the_first_variable_with_something_in_it_wins() {
        let both = [("GITHUB_TOKEN", " ghp_one\n"), ("GH_TOKEN", "ghp_two")];
        assert_eq!(find(&both).unwrap().expose(), "ghp_one");
        let blank = [("GITHUB_TOKEN", "  "), ("GH_TOKEN", "ghp_two")];
        assert_eq!(find(&blank).unwrap().expose(), "ghp_two");
    }

    #[test]
    fn what_is_no_token_is_refused_and_not_repeated() {
        for value in ["two\nlines", "with space", "ümlaut", &"x".repeat(2_000)] {
            let error = find(&[("GITHUB_TOKEN", value)]).unwrap_err();
            assert!(!format!("{error:?}").contains(value), "{error:?}");
            assert!(error.mend().unwrap().contains("gh auth login"));
        }
    }

    /// Asks a `gh` of this text. Another process writes it: while this one has it open for writing, no test beside this one may fork.
    fn find_by_gh(script: &str, url: &str) -> Result<Secret, HostError> {
        let dir = tempfile::tempdir().unwrap();
        let write = Program {
            argv: ["sh", "-c", "cat > gh && chmod 700 gh"].map(OsString::from).to_vec(),
            dir: Some(dir.path().to_path_buf()),
            env: vec![("PATH".into(), "/usr/bin:/bin".into())],
            stdin: format!("#!/bin/sh\n{script}\n").into_bytes(),
            deadline: Duration::from_secs(60),
        };
        assert_eq!(write.run().unwrap().code, Some(0));
        let path = format!("{}:/usr/bin:/bin", dir.path().display());
        find_token(&Environment::from_pairs([("PATH", path)]), url)
    }

    #[test]
    fn gh_is_asked_for_the_right_server() {
        let echo = r#"echo "$1-$2-$3-$4""#;
        let token = find_by_gh(echo, "https://ghe.acme.org/api/v3").unwrap();
        assert_eq!(token.expose(), "auth-token---hostname-ghe.acme.org");
        assert_eq!(find_by_gh(echo, URL).unwrap().expose(), "auth-token---hostname-github.com");
    }

    #[test]
    fn without_any_login_all_three_ways_are_said() {
        let error = find_by_gh("exit 1", URL).unwrap_err();
        let text = format!("{error} {}", error.mend().unwrap());
        for way in ["GITHUB_TOKEN", "GH_TOKEN", "gh auth login"] {
            assert!(text.contains(way), "{text}");
        }
        assert!(find(&[("PATH", "/nonexistent")]).is_err());
    }

    #[test]
    fn a_token_id_says_nothing_about_the_token() {
        let id = token_id(&Secret::new("ghp_secret"));
        assert_eq!(id.len(), 16);
        assert!(!id.contains("secret"));
        assert_ne!(id, token_id(&Secret::new("ghp_other")));
    }
}
