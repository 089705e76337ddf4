//! Where a GitHub is: addresses of its REST and GraphQL interfaces, made from `github_api_url` and never leading anywhere else.

use http::Uri;
use http::uri::Scheme;

use super::call::Call;
use super::failure;
use crate::host::HostError;

/// The parsed `github_api_url`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Address {
    /// `https://api.github.com`, without a slash at its end.
    origin: String,
    /// Empty, or `/api/v3` on an Enterprise server.
    base: String,
    host: String,
    plain: bool,
}

impl Address {
    /// Reads it.
    ///
    /// # Errors
    ///
    /// [`HostError::Denied`] when it is no address of a web server, or has a user, a query or a fragment in it.
    pub(super) fn parse(text: &str) -> Result<Self, HostError> {
        let bad = |reason: &str| HostError::Denied {
            // Not shown: somebody may have written a password into it.
            what: "`github_api_url`".to_owned(),
            reason: reason.to_owned(),
            mend: "write it as `https://api.github.com` or `https://HOST/api/v3`".to_owned(),
        };
        let uri: Uri = text.trim().parse().map_err(|_| bad("it is no web address"))?;
        let plain = match uri.scheme() {
            Some(scheme) if *scheme == Scheme::HTTPS => false,
            Some(scheme) if *scheme == Scheme::HTTP => true,
            _ => return Err(bad("it begins neither with `https://` nor with `http://`")),
        };
        let authority = uri.authority().ok_or_else(|| bad("it names no server"))?;
        if authority.as_str().contains('@') || uri.query().is_some() || text.contains('#') {
            return Err(bad("it has more in it than server and path"));
        }
        Ok(Self {
            origin: origin(&uri).ok_or_else(|| bad("it names no server"))?,
            base: uri.path().trim_end_matches('/').to_owned(),
            host: authority.host().to_ascii_lowercase(),
            plain,
        })
    }

    /// Whether requests go out unencrypted, because the operator wrote `http:`.
    pub(super) fn is_plain(&self) -> bool {
        self.plain
    }

    /// Whether the server runs on this machine.
    pub(super) fn is_loopback(&self) -> bool {
        is_loopback(&self.host)
    }

    /// The name under which `gh` keeps its login.
    pub(super) fn login_host(&self) -> &str {
        self.host.strip_prefix("api.").unwrap_or(&self.host)
    }

    /// The address of a call.
    ///
    /// # Errors
    ///
    /// [`HostError::Refused`] when a part of the path has no value, or one that would change the path.
    pub(super) fn of_call(&self, call: &Call) -> Result<String, HostError> {
        let path = call
            .path()
            .map_err(|reason| failure::refused(&format!("`{}`", call.endpoint.path), reason))?;
        let mut url = format!("{}{}{path}", self.origin, self.base);
        for (at, (name, value)) in call.query.iter().enumerate() {
            url.push(if at == 0 { '?' } else { '&' });
            url.push_str(name);
            url.push('=');
            url.push_str(&encoded(value));
        }
        Ok(url)
    }

    /// The address of the GraphQL interface; on an Enterprise server it lies beside `/api/v3`.
    pub(super) fn graphql(&self) -> String {
        let base = self.base.strip_suffix("/v3").unwrap_or(&self.base);
        format!("{}{base}/graphql", self.origin)
    }

    /// Whether a link leads to the same server; only there may the token go.
    pub(super) fn is_ours(&self, url: &str) -> bool {
        let parsed: Option<Uri> = url.parse().ok();
        parsed.is_some_and(|uri| {
            let user = uri.authority().is_some_and(|authority| authority.as_str().contains('@'));
            !user && origin(&uri).as_ref() == Some(&self.origin)
        })
    }
}

/// Whether the name of a server is this machine's own.
pub(super) fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    bare.eq_ignore_ascii_case("localhost")
        || bare.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// Scheme, server and port in one spelling.
fn origin(uri: &Uri) -> Option<String> {
    let scheme = uri.scheme_str()?;
    let host = uri.host()?.to_ascii_lowercase();
    let usual = if scheme == "https" { 443 } else { 80 };
    Some(match uri.port_u16() {
        Some(port) if port != usual => format!("{scheme}://{host}:{port}"),
        _ => format!("{scheme}://{host}"),
    })
}

/// A value as part of a path or query: everything encoded but letters, digits and `-._~`.
pub(super) fn encoded(value: &str) -> String {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    let digit = |nibble: u8| DIGITS.get(usize::from(nibble)).copied().map_or('0', char::from);
    let mut text = String::with_capacity(value.len());
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            text.push(char::from(byte));
        } else {
            text.push('%');
            text.push(digit(byte >> 4));
            text.push(digit(byte & 15));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::github::endpoints;

    fn address(text: &str) -> Address {
        Address::parse(text).unwrap()
    }

    #[test]
    fn an_enterprise_server_has_its_graphql_beside_its_rest() {
        let cases = [
            ("https://api.github.com", "https://api.github.com/graphql", "github.com"),
            ("https://api.github.com/", "https://api.github.com/graphql", "github.com"),
            ("https://GHE.acme.org:443/api/v3", "https://ghe.acme.org/api/graphql", "ghe.acme.org"),
            ("https://api.acme.ghe.com", "https://api.acme.ghe.com/graphql", "acme.ghe.com"),
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080/graphql", "127.0.0.1"),
        ];
        for (text, graphql, login) in cases {
            let parsed = address(text);
            assert_eq!((parsed.graphql().as_str(), parsed.login_host()), (graphql, login));
        }
    }

    #[test]
    fn what_is_no_address_of_a_server_is_refused_and_not_repeated() {
        for text in ["", "api.github.com", "ftp://x", "https://me:pass@x", "https://x/?a=pass"] {
            let error = Address::parse(text).unwrap_err();
            assert!(matches!(error, HostError::Denied { .. }), "{text}: {error}");
            assert!(!format!("{error:?}").contains("pass"), "{error:?}");
        }
    }

    #[test]
    fn values_cannot_change_the_path() {
        let call = Call::of(&endpoints::REMOVE_LABEL)
            .with("owner", "acme")
            .with("repo", "web")
            .with("issue_number", 7)
            .with("name", "a/b ?ä");
        let url = address("https://ghe.acme.org/api/v3").of_call(&call).unwrap();
        let path = "/repos/acme/web/issues/7/labels/a%2Fb%20%3F%C3%A4";
        assert_eq!(url, format!("https://ghe.acme.org/api/v3{path}"));
        let up = Call::of(&endpoints::REPOSITORY).with("owner", "acme").with("repo", "..");
        assert!(address("https://x").of_call(&up).is_err());
        let missing = Call::of(&endpoints::REPOSITORY).with("owner", "acme");
        assert!(address("https://x").of_call(&missing).is_err());
        let query = Call::of(&endpoints::USER).query("labels", "a,b&c").query("page", 2);
        let url = address("https://x").of_call(&query).unwrap();
        assert_eq!(url, "https://x/user?labels=a%2Cb%26c&page=2");
    }

    #[test]
    fn only_the_same_server_is_ours() {
        let ours = address("https://api.github.com");
        assert!(ours.is_ours("https://api.github.com/repositories/1/issues?page=2"));
        assert!(ours.is_ours("https://API.github.com:443/x"));
        for url in [
            "http://api.github.com/x",
            "https://api.github.com.evil.org/x",
            "https://api.github.com:444/x",
            "https://me@api.github.com/x",
            "/relative",
            "",
        ] {
            assert!(!ours.is_ours(url), "{url}");
        }
    }

    #[test]
    fn loopback_is_known_in_all_spellings() {
        for url in ["http://localhost:1", "http://127.0.0.1:1", "http://[::1]:1"] {
            assert!(address(url).is_loopback(), "{url}");
        }
        assert!(!address("https://api.github.com").is_loopback());
    }
}
