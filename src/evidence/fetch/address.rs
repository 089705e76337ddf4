//! Which addresses of pages may be asked for: https, a name at or below an allowed domain, the port of that, and no user. The page is judged
//! by what the parser of the HTTP library makes of it, so that both understand the same.

use reqwest::Url;

/// The port of https.
const PORT: u16 = 443;

/// Most characters of an address.
const MOST_CHARS: usize = 2048;

/// A domain that may be read, with everything below it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Domain {
    name: String,
    port: u16,
}

/// The domains that may be read; none allows nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Domains(Vec<Domain>);

impl Domains {
    /// Reads the words of a configuration; gives those apart that allow nothing, each with why.
    pub fn new(words: &[String]) -> (Self, Vec<String>) {
        let (mut domains, mut faults) = (Vec::new(), Vec::new());
        for word in words {
            match domain(word) {
                Ok(domain) => domains.push(domain),
                Err(why) => faults.push(format!("`{word}` allows nothing: {why}")),
            }
        }
        (Self(domains), faults)
    }

    /// Parses an address that may be asked for.
    ///
    /// # Errors
    ///
    /// Why it may not.
    pub fn check(&self, address: &str) -> Result<Url, String> {
        if address.chars().count() > MOST_CHARS {
            return Err(format!("the address has more than {MOST_CHARS} characters"));
        }
        if address.chars().any(|c| c.is_control() || c.is_whitespace() || c == '\\') {
            return Err("the address has spaces, control characters or backslashes".to_owned());
        }
        let url = Url::parse(address).map_err(|_| "it is no web address".to_owned())?;
        self.check_url(&url)?;
        Ok(url)
    }

    /// Holds a parsed address against the rules.
    ///
    /// # Errors
    ///
    /// Why it may not be asked for.
    pub fn check_url(&self, url: &Url) -> Result<(), String> {
        if url.scheme() != "https" {
            return Err("only https addresses are read".to_owned());
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err("the address has a user in it".to_owned());
        }
        let host = url.domain().ok_or("the address names a machine by number")?;
        if host.ends_with('.') {
            return Err("the name of the server ends with a dot".to_owned());
        }
        let port = url.port().unwrap_or(PORT);
        let below = |domain: &Domain| {
            host.strip_suffix(domain.name.as_str())
                .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
        };
        let mut of_name = self.0.iter().filter(|domain| below(domain)).peekable();
        if of_name.peek().is_none() {
            return Err(format!("{host} is not among the allowed domains"));
        }
        if !of_name.any(|domain| domain.port == port) {
            return Err(format!("port {port} of {host} is not allowed"));
        }
        Ok(())
    }
}

/// A domain as configured: `docs.example.com`, or with a port of its own.
fn domain(word: &str) -> Result<Domain, String> {
    if word.contains(['/', '@', '?', '#', '*', '\\', '%']) || word.trim() != word || word.is_empty()
    {
        return Err("a domain is written as `docs.example.com`".to_owned());
    }
    let url = Url::parse(&format!("https://{word}/")).map_err(|_| "it is no domain".to_owned())?;
    let name = url.domain().ok_or("it is a number and no name")?.to_owned();
    if name.ends_with('.') || name.starts_with('.') || !name.contains('.') {
        return Err("a domain has a dot between two names".to_owned());
    }
    Ok(Domain { name, port: url.port().unwrap_or(PORT) })
}

/// An address as it may be shown: without what stands behind `?` and `#`, which may be a key, and without a user.
pub fn shown(address: &str) -> String {
    let end = address.find(['?', '#']).unwrap_or(address.len());
    let plain = address.get(..end).unwrap_or_default();
    match plain.split_once("://") {
        Some((scheme, rest)) => {
            let host_end = rest.find('/').unwrap_or(rest.len());
            let (host, path) = rest.split_at_checked(host_end).unwrap_or((rest, ""));
            let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
            format!("{scheme}://{host}{path}")
        }
        None => plain.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn domains(words: &[&str]) -> Domains {
        let words: Vec<String> = words.iter().map(ToString::to_string).collect();
        let (domains, faults) = Domains::new(&words);
        assert_eq!(faults, Vec::<String>::new());
        domains
    }

    #[test]
    fn pages_of_allowed_domains_and_those_below_may_be_read() {
        let domains = domains(&["docs.example.com", "Bücher.example.org", "dash.example.net:8443"]);
        for address in [
            "https://docs.example.com/changelog?x=1",
            "https://docs.example.com:443/",
            "https://DOCS.example.com",
            "https://v2.docs.example.com/",
            "https://xn--bcher-kva.example.org/",
            "https://bücher.example.org/",
            "https://dash.example.net:8443/funnel",
        ] {
            assert_eq!(domains.check(address).err(), None, "{address}");
        }
    }

    #[test]
    fn every_other_address_is_refused_with_why() {
        let domains = domains(&["docs.example.com", "dash.example.net:8443"]);
        for (address, why) in [
            ("http://docs.example.com/", "only https"),
            ("ftp://docs.example.com/", "only https"),
            ("file:///etc/passwd", "only https"),
            ("data:text/plain,x", "only https"),
            ("javascript:alert(1)", "only https"),
            ("docs.example.com/x", "no web address"),
            ("", "no web address"),
            ("https://", "no web address"),
            ("https://example.com/", "not among the allowed"),
            ("https://evildocs.example.com/", "not among the allowed"),
            ("https://docs.example.com.evil.org/", "not among the allowed"),
            ("https://docs.example.com./", "ends with a dot"),
            ("https://localhost/", "not among the allowed"),
            ("https://localhost./", "ends with a dot"),
            ("https://user@docs.example.com/", "a user"),
            ("https://user:word@docs.example.com/", "a user"),
            ("https://docs.example.com@evil.org/", "a user"),
            ("https://docs.example.com:8443/", "port 8443"),
            ("https://docs.example.com:80/", "port 80"),
            ("https://dash.example.net/", "port 443"),
            ("https://127.0.0.1/", "by number"),
            ("https://2130706433/", "by number"),
            ("https://0x7f000001/", "by number"),
            ("https://0177.0.0.1/", "by number"),
            ("https://127.1/", "by number"),
            ("https://1.1.1.1/", "by number"),
            ("https://[::1]/", "by number"),
            ("https://[::ffff:127.0.0.1]/", "by number"),
            ("https://①②⑦.0.0.1/", "by number"),
            ("https://docs.example.com\\@evil.org/", "backslashes"),
            ("https://docs.example.com/a b", "spaces"),
            ("https://docs.example.com/\n", "spaces"),
            ("https:\t//docs.example.com/", "spaces"),
            ("https://dосs.example.com/", "not among the allowed"),
        ] {
            let refused = domains.check(address).unwrap_err();
            assert!(refused.contains(why), "{address}: {refused}");
        }
        assert!(domains.check(&format!("https://docs.example.com/{}", "a".repeat(3000))).is_err());
        assert!(Domains::default().check("https://docs.example.com/").is_err());
    }

    #[test]
    fn a_word_that_is_no_domain_allows_nothing() {
        for word in [
            "",
            " ",
            "*",
            "*.example.com",
            "com",
            "localhost",
            "127.0.0.1",
            "[::1]",
            "1",
            "example.com/x",
            "https://example.com",
            "user@example.com",
            ".example.com",
            "example.com.",
            "a b.example.com",
        ] {
            let (domains, faults) = Domains::new(&[word.to_owned()]);
            assert_eq!((domains, faults.len()), (Domains::default(), 1), "{word}");
        }
    }

    #[test]
    fn what_may_be_a_key_is_not_shown() {
        for (address, expected) in [
            ("https://a.example.com/x?key=word#y", "https://a.example.com/x"),
            ("https://me:word@a.example.com/x", "https://a.example.com/x"),
            ("https://a.example.com", "https://a.example.com"),
            ("nothing", "nothing"),
        ] {
            assert_eq!(shown(address), expected);
        }
    }
}
