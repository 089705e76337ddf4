//! What the address of `origin` says: a repository on a GitHub, with the address of its interface, or something else. Pure; the user and
//! the password that an address may carry are dropped here and go nowhere.

use crate::domain::ids::RepoSlug;

/// The interface of github.com.
pub(super) const GITHUB: &str = "https://api.github.com";

/// A repository on a GitHub.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct OnGithub {
    pub(super) slug: RepoSlug,
    pub(super) api_url: String,
}

/// Reads an address. `api_url` is the interface that the operator named, whose server is a GitHub whatever it is called.
pub(super) fn on_github(origin: &str, api_url: Option<&str>) -> Option<OnGithub> {
    let (authority, path) = parts(origin)?;
    let api_url = api_of(&authority, api_url)?;
    let path = path.trim_matches('/');
    let slug = path.strip_suffix(".git").unwrap_or(path).parse().ok()?;
    Some(OnGithub { slug, api_url })
}

/// The interface that an Enterprise server would have by its name alone. That is a guess, and anybody can call a server so: the operator has
/// to name it before a token goes there.
pub(super) fn likely_enterprise(origin: &str) -> Option<String> {
    let (server, _) = parts(origin)?;
    server.starts_with("github.").then(|| format!("https://{server}/api/v3"))
}

/// The address without user and password, for people.
pub(super) fn shown(origin: &str) -> String {
    match origin.split_once("://") {
        Some((scheme, rest)) => {
            let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
            format!("{scheme}://{}/{path}", without_user(authority))
        }
        None => origin.to_owned(),
    }
}

/// Server (with a port that is not the usual one) and path of an address.
fn parts(origin: &str) -> Option<(String, &str)> {
    if let Some((scheme, rest)) = origin.split_once("://") {
        let usual = match scheme {
            "https" => ":443",
            "http" => ":80",
            // The port of ssh says nothing about the interface.
            "ssh" | "git+ssh" | "ssh+git" | "git" => "",
            _ => return None,
        };
        let (authority, path) = rest.split_once('/')?;
        let server = without_user(authority).to_ascii_lowercase();
        let server = match usual {
            "" => server.split(':').next().unwrap_or_default().to_owned(),
            usual => server.strip_suffix(usual).unwrap_or(&server).to_owned(),
        };
        return Some((server, path));
    }
    let (host, path) = origin.split_once(':')?;
    let is_scp = !host.contains('/') && !path.starts_with("//");
    is_scp.then(|| (without_user(host).to_ascii_lowercase(), path))
}

fn without_user(authority: &str) -> &str {
    authority.rsplit_once('@').map_or(authority, |(_, server)| server)
}

/// The interface of a server, if it is a GitHub.
fn api_of(server: &str, named: Option<&str>) -> Option<String> {
    if let Some(named) = named.filter(|named| server_of(named) == server) {
        return Some(named.to_owned());
    }
    match server {
        "github.com" | "www.github.com" | "ssh.github.com" => Some(GITHUB.to_owned()),
        other if other.ends_with(".ghe.com") => Some(format!("https://api.{other}")),
        _ => None,
    }
}

/// The server that people and git find behind an interface.
fn server_of(api_url: &str) -> String {
    let rest = api_url.split_once("://").map_or(api_url, |(_, rest)| rest);
    let server = rest.split('/').next().unwrap_or_default().to_ascii_lowercase();
    server.strip_prefix("api.").map(str::to_owned).unwrap_or(server)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_an_address_leads_to_the_repository() {
        for (origin, slug, api_url) in [
            ("https://github.com/acme/web", "acme/web", GITHUB),
            ("https://github.com/acme/web.git/", "acme/web", GITHUB),
            ("https://GitHub.com:443/acme/web.git", "acme/web", GITHUB),
            ("https://ann:secret@github.com/acme/web.git", "acme/web", GITHUB),
            ("http://github.com/acme/web", "acme/web", GITHUB),
            ("git://github.com/acme/web.git", "acme/web", GITHUB),
            ("git@github.com:acme/web.git", "acme/web", GITHUB),
            ("github.com:acme/web", "acme/web", GITHUB),
            ("org-7@github.com:acme/web.git", "acme/web", GITHUB),
            ("ssh://git@github.com/acme/web.git", "acme/web", GITHUB),
            ("ssh://git@github.com:22/acme/web.git", "acme/web", GITHUB),
            ("ssh://git@ssh.github.com:443/acme/web.git", "acme/web", GITHUB),
            ("https://acme.ghe.com/team/app", "team/app", "https://api.acme.ghe.com"),
        ] {
            let expected = OnGithub { slug: slug.parse().unwrap(), api_url: api_url.to_owned() };
            assert_eq!(on_github(origin, None), Some(expected), "{origin}");
        }
    }

    #[test]
    fn what_is_no_repository_on_a_github_is_none() {
        for origin in [
            "",
            "/srv/web.git",
            "../web.git",
            "file:///srv/web.git",
            "https://gitlab.com/acme/web",
            "https://evil.org/github.com/acme",
            "https://github.com.evil.org/acme/web",
            "https://github.com@evil.org/acme/web",
            "git@bitbucket.org:acme/web.git",
            "work-alias:acme/web.git",
            "https://github.com/acme",
            "https://github.com/acme/web/tree/main",
            "https://github.com/../..",
            "git@github.com:-acme/web\n.git",
            "ext::sh -c touch% x",
        ] {
            assert_eq!(on_github(origin, None), None, "{origin}");
        }
    }

    #[test]
    fn the_server_of_the_interface_that_was_named_is_a_github() {
        for (origin, api_url) in [
            ("https://code.acme.org/a/b.git", "https://code.acme.org/api/v3"),
            ("git@code.acme.org:a/b.git", "https://code.acme.org/api/v3"),
            ("http://127.0.0.1:8080/a/b.git", "http://127.0.0.1:8080"),
        ] {
            let found = on_github(origin, Some(api_url)).unwrap();
            assert_eq!((found.slug.as_str(), found.api_url.as_str()), ("a/b", api_url));
        }
        assert_eq!(on_github("http://127.0.0.1:81/a/b", Some("http://127.0.0.1:8080")), None);
    }

    #[test]
    fn a_server_that_is_only_called_github_is_asked_about_and_gets_no_token() {
        for (origin, url) in [
            ("git@github.acme.org:team/app.git", Some("https://github.acme.org/api/v3")),
            (
                "https://a:b@github.com.evil.org/acme/web",
                Some("https://github.com.evil.org/api/v3"),
            ),
            ("https://gitlab.com/github.com/web", None),
            ("/srv/github.com/web", None),
        ] {
            assert_eq!(on_github(origin, None), None, "{origin}");
            assert_eq!(likely_enterprise(origin).as_deref(), url, "{origin}");
        }
    }

    #[test]
    fn a_password_is_never_shown() {
        for (origin, expected) in [
            ("https://ann:pw@h/a/b.git", "https://h/a/b.git"),
            ("https://tok@h:1/a", "https://h:1/a"),
            ("git@h:a/b.git", "git@h:a/b.git"),
            ("/srv/a@b", "/srv/a@b"),
        ] {
            assert_eq!(shown(origin), expected);
        }
    }
}
