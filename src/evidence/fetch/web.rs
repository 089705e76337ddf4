//! The way to a page: the name of its server is looked up here, every address of it is judged, and the connection goes to one of those and to
//! no other, so that a name that changes its mind between look and connection leads nowhere.

use std::cell::OnceCell;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use jiff::fmt::rfc2822;
use reqwest::header::{
    ACCEPT, ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderName, LAST_MODIFIED,
    LOCATION,
};
use reqwest::{Client, Response, StatusCode, Url};

use super::super::document::{Document, MAX_DOCUMENT_BYTES, Markup};
use super::{Domains, FetchError, Pages, is_public};
use crate::sys::tls;
use crate::text::clean;

/// From the first look-up to the last byte, over all redirects.
const TOTAL: Duration = Duration::from_secs(20);

/// To one server.
const CONNECT: Duration = Duration::from_secs(8);

/// So many times a server may send us elsewhere.
const MOST_REDIRECTS: usize = 5;

/// Finds the addresses of a server; it may block.
type Lookup = Arc<dyn Fn(&str) -> std::io::Result<Vec<IpAddr>> + Send + Sync>;

/// How connections are encrypted.
type Encryption = Box<dyn Fn() -> Result<tls::ClientConfig, String>>;

/// Reads pages from the public network.
pub struct Web {
    lookup: Lookup,
    is_allowed: fn(IpAddr) -> bool,
    encryption: Encryption,
    total: Duration,
    tls: OnceCell<tls::ClientConfig>,
}

impl Default for Web {
    fn default() -> Self {
        Self {
            lookup: Arc::new(|host| {
                Ok((host, 0).to_socket_addrs()?.map(|address| address.ip()).collect())
            }),
            is_allowed: is_public,
            encryption: Box::new(|| {
                tls::client_config(false, &["http/1.1"]).map_err(|error| error.to_string())
            }),
            total: TOTAL,
            tls: OnceCell::new(),
        }
    }
}

#[cfg(test)]
impl Web {
    /// One for tests: names are looked up by them, and their servers have the certificate of tests.
    pub(super) fn of_tests(
        lookup: impl Fn(&str) -> std::io::Result<Vec<IpAddr>> + Send + Sync + 'static,
        is_allowed: fn(IpAddr) -> bool,
        total: Duration,
    ) -> Self {
        Self {
            lookup: Arc::new(lookup),
            is_allowed,
            encryption: Box::new(|| Ok(tls::of_tests::client_config(&["http/1.1"]))),
            total,
            tls: OnceCell::new(),
        }
    }
}

#[async_trait(?Send)]
impl Pages for Web {
    async fn read(&self, address: &str, domains: &Domains) -> Result<Document, FetchError> {
        let url = domains.check(address).map_err(FetchError::Refused)?;
        let host = url.host_str().unwrap_or_default().to_owned();
        tokio::time::timeout(self.total, self.follow(url, domains)).await.unwrap_or_else(|_| {
            let seconds = self.total.as_secs_f64();
            Err(FetchError::Unreachable(format!("{host} took longer than {seconds} seconds")))
        })
    }
}

impl Web {
    async fn follow(&self, first: Url, domains: &Domains) -> Result<Document, FetchError> {
        let mut url = first;
        for _ in 0..=MOST_REDIRECTS {
            let response = self.ask(&url).await?;
            if !response.status().is_redirection() {
                return document(response, &url).await;
            }
            url = next(&url, &response)?;
            domains
                .check_url(&url)
                .map_err(|why| FetchError::Refused(format!("it leads elsewhere: {why}")))?;
        }
        Err(FetchError::Refused(format!("it leads elsewhere more than {MOST_REDIRECTS} times")))
    }

    /// Puts the question to one server.
    async fn ask(&self, url: &Url) -> Result<Response, FetchError> {
        let host = url.host_str().unwrap_or_default();
        let addresses = self.addresses(host).await?;
        let client = self.client(host, &addresses)?;
        let request = client
            .get(url.clone())
            .header(
                ACCEPT,
                "text/html, text/plain, text/markdown, application/json, application/yaml",
            )
            .header(ACCEPT_ENCODING, "identity");
        request.send().await.map_err(|error| unreachable(host, &error.without_url()))
    }

    /// The addresses of a server, all of which must be public ones: one that is not shows that the name is not to be trusted.
    async fn addresses(&self, host: &str) -> Result<Vec<IpAddr>, FetchError> {
        let unknown =
            |why: String| FetchError::Unreachable(format!("{host} cannot be looked up: {why}"));
        let (lookup, name) = (self.lookup.clone(), host.to_owned());
        let found = tokio::task::spawn_blocking(move || lookup(&name)).await;
        let found = found.map_err(|error| unknown(error.to_string()))?;
        let addresses = found.map_err(|error| unknown(error.to_string()))?;
        if addresses.is_empty() {
            return Err(unknown("it has no address".to_owned()));
        }
        if addresses.iter().any(|address| !(self.is_allowed)(*address)) {
            let why = format!("{host} leads to an address that is not of the public network");
            return Err(FetchError::Refused(why));
        }
        Ok(addresses)
    }

    /// A client that goes to these addresses alone, knows no cookie and no login, follows nothing and repeats nothing.
    fn client(&self, host: &str, addresses: &[IpAddr]) -> Result<Client, FetchError> {
        let broken = |why: String| FetchError::Unreachable(format!("no client can be made: {why}"));
        let tls = if let Some(tls) = self.tls.get() {
            tls
        } else {
            let made = (self.encryption)().map_err(broken)?;
            self.tls.get_or_init(|| made)
        };
        // Port 0 leaves the port of the address.
        let pinned: Vec<SocketAddr> =
            addresses.iter().map(|address| SocketAddr::new(*address, 0)).collect();
        Client::builder()
            .tls_backend_preconfigured(tls.clone())
            .http1_only()
            .https_only(true)
            // A proxy would look the name up itself.
            .no_proxy()
            .resolve_to_addrs(host, &pinned)
            .connect_timeout(CONNECT)
            .timeout(self.total)
            .pool_max_idle_per_host(0)
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            .user_agent(concat!("agentos/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| broken(error.without_url().to_string()))
    }
}

/// Where an answer sends us.
fn next(url: &Url, response: &Response) -> Result<Url, FetchError> {
    let place = header(response.headers(), &LOCATION);
    let joined = place.and_then(|place| url.join(place).ok());
    joined.ok_or_else(|| {
        let host = url.host_str().unwrap_or_default();
        FetchError::Unusable(format!("{host} leads elsewhere and does not say where"))
    })
}

/// Takes the text of an answer.
async fn document(response: Response, url: &Url) -> Result<Document, FetchError> {
    let host = url.host_str().unwrap_or_default();
    let status = response.status();
    if status != StatusCode::OK {
        let told = format!("{host} answered with status {}", status.as_u16());
        let is_passing = status.is_server_error()
            || matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT);
        return Err(if is_passing {
            FetchError::Unreachable(told)
        } else {
            FetchError::Unusable(told)
        });
    }
    let headers = response.headers();
    let packed = header(headers, &CONTENT_ENCODING).unwrap_or("identity");
    if !packed.eq_ignore_ascii_case("identity") {
        // What is packed may unpack to anything; we have asked for it as it is.
        return Err(FetchError::Unusable(format!(
            "{host} packs its answer, which is not unpacked"
        )));
    }
    let markup = markup(header(headers, &CONTENT_TYPE), host)?;
    let kept_at = header(headers, &LAST_MODIFIED).and_then(http_date);
    let bytes = body(response, host).await?;
    if bytes.contains(&0) {
        return Err(FetchError::Unusable(format!("{host} sends something that is no text")));
    }
    Ok(Document::new(&bytes, markup, kept_at))
}

fn markup(kind: Option<&str>, host: &str) -> Result<Markup, FetchError> {
    let kind = kind.unwrap_or_default();
    let plain = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    match plain.as_str() {
        "text/html" | "application/xhtml+xml" => Ok(Markup::Html),
        "text/plain" | "text/markdown" | "text/x-markdown" | "application/json" | "text/yaml"
        | "text/x-yaml" | "application/yaml" | "application/x-yaml" => Ok(Markup::Plain),
        _ => {
            let kind = clean::one_line(&plain, 60);
            Err(FetchError::Unusable(format!("{host} sends `{kind}`, which is no text to read")))
        }
    }
}

/// A body of bounded size; a longer one is not taken for a whole one.
async fn body(mut response: Response, host: &str) -> Result<Vec<u8>, FetchError> {
    let too_long =
        || FetchError::Unusable(format!("{host} sends more than {MAX_DOCUMENT_BYTES} bytes"));
    let most = u64::try_from(MAX_DOCUMENT_BYTES).unwrap_or(u64::MAX);
    if response.content_length().is_some_and(|length| length > most) {
        return Err(too_long());
    }
    let mut bytes = Vec::new();
    while let Some(chunk) =
        response.chunk().await.map_err(|error| unreachable(host, &error.without_url()))?
    {
        if bytes.len() + chunk.len() > MAX_DOCUMENT_BYTES {
            return Err(too_long());
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

fn header<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

/// A date as HTTP writes it: `Thu, 19 Mar 2026 08:00:00 GMT`.
fn http_date(text: &str) -> Option<Timestamp> {
    rfc2822::DateTimeParser::new().parse_timestamp(text).ok()
}

/// What broke, in the words of the innermost cause.
fn unreachable(host: &str, error: &reqwest::Error) -> FetchError {
    let mut cause: &dyn std::error::Error = error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    let what = if error.is_timeout() { "it took too long".to_owned() } else { cause.to_string() };
    let what = clean::one_line(&what, 200);
    FetchError::Unreachable(format!("{host} cannot be read: {what}"))
}
