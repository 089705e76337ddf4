//! Where releases are looked for, and where a server may send us.

use reqwest::Url;

use super::web::may_go;
use super::{Place, Trust};

#[test]
fn a_repository_is_named_in_short_or_by_its_address() {
    for (repository, expected) in [
        ("acme/agentos", "https://github.com/acme/agentos/releases"),
        ("https://git.example.com/acme/agentos/", "https://git.example.com/acme/agentos/releases"),
        ("http://127.0.0.1:8080/acme/agentos", "http://127.0.0.1:8080/acme/agentos/releases"),
    ] {
        assert_eq!(Place::of_repository(repository).unwrap().to_string(), expected);
    }
    for repository in [
        "agentos",
        "a/b/c",
        "../b",
        "a/..",
        "a/b?x",
        "a b/c",
        "http://git.example.com/acme/agentos",
        "ftp://git.example.com/acme/agentos",
        "https://me:word@git.example.com/acme/agentos",
    ] {
        assert!(Place::of_repository(repository).is_err(), "{repository}");
    }
}

#[test]
fn a_person_names_an_encrypted_address_or_a_folder() {
    assert!(matches!(Place::named("https://mirror.example.com/agentos"), Ok(Place::Web(_))));
    assert!(matches!(Place::named("http://localhost:9000/x"), Ok(Place::Web(_))));
    assert!(matches!(Place::named("downloads"), Ok(Place::Folder(_))));
    for address in ["http://mirror.example.com/", "file:///tmp/x", "https://me@mirror.example.com"]
    {
        assert!(Place::named(address).is_err(), "{address}");
    }
}

#[test]
fn a_server_may_send_us_to_itself_and_github_to_its_files() {
    for (first, next, expected) in [
        ("https://github.com/a", "https://github.com/b", true),
        ("https://github.com/a", "https://objects.githubusercontent.com/b?token=1", true),
        ("https://github.com/a", "https://release-assets.githubusercontent.com/b", true),
        ("https://github.com/a", "http://objects.githubusercontent.com/b", false),
        ("https://github.com/a", "https://githubusercontent.com.evil.org/b", false),
        ("https://github.com/a", "https://evilgithubusercontent.com/b", false),
        ("https://github.com/a", "https://me:x@github.com/b", false),
        ("https://mirror.example.com/a", "https://objects.githubusercontent.com/b", false),
        ("https://mirror.example.com/a", "https://mirror.example.com:8443/a", false),
        ("https://mirror.example.com/a", "http://mirror.example.com/a", false),
        ("http://127.0.0.1:80/a", "http://127.0.0.1:81/a", false),
    ] {
        let url = |text: &str| Url::parse(text).unwrap();
        assert_eq!(may_go(&url(first), &url(next)), expected, "{first} -> {next}");
    }
}

#[test]
fn a_build_of_ones_own_trusts_nobody() {
    assert!(Trust::compiled_in().unwrap().is_none());
    assert!(Trust::of("acme/agentos", "no key", "x86_64-unknown-linux-musl").is_err());
}
