//! Files of releases from the web: encrypted (plain only to this machine itself), so long and no longer, so much and no more. Redirects stay
//! on the server; the one exception is where GitHub keeps the files of releases. No login and no token is sent.

use std::net::IpAddr;
use std::time::Duration;

use reqwest::header::LOCATION;
use reqwest::{Client, Response, StatusCode, Url};

use super::ReleaseError;
use crate::sys::tls;
use crate::text::clean;

/// So many times a server may send us elsewhere.
const MOST_REDIRECTS: usize = 5;

/// The server whose files lie elsewhere, and below which name.
const GITHUB: (&str, &str) = ("github.com", ".githubusercontent.com");

/// How long reading a file may take.
#[derive(Debug, Clone, Copy)]
pub struct Deadlines {
    /// To be connected.
    pub connect: Duration,
    /// From the question to the last byte.
    pub total: Duration,
}

/// Whether an address is one of this machine, by number or by the name that always is.
pub fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    host == "localhost" || host.parse().is_ok_and(|address: IpAddr| address.is_loopback())
}

/// Reads a file of at most so many bytes.
///
/// # Errors
///
/// Why it was not read.
pub(super) async fn read(
    url: &Url,
    most: usize,
    deadlines: Deadlines,
) -> Result<Vec<u8>, ReleaseError> {
    let host = url.host_str().unwrap_or_default();
    let reading = follow(url, most, deadlines);
    tokio::time::timeout(deadlines.total, reading).await.unwrap_or_else(|_| {
        let seconds = deadlines.total.as_secs_f64();
        Err(ReleaseError::Unreachable(format!("{host} took longer than {seconds} seconds")))
    })
}

async fn follow(first: &Url, most: usize, deadlines: Deadlines) -> Result<Vec<u8>, ReleaseError> {
    let client = client(first, deadlines)?;
    let mut url = first.clone();
    for _ in 0..=MOST_REDIRECTS {
        let response = client.get(url.clone()).send().await;
        let response = response.map_err(|error| unreachable(&url, &error.without_url()))?;
        if !response.status().is_redirection() {
            return body(response, &url, most).await;
        }
        url = next(first, &url, &response)?;
    }
    Err(ReleaseError::Refused(format!(
        "{} leads elsewhere more than {MOST_REDIRECTS} times",
        first.host_str().unwrap_or_default()
    )))
}

fn client(url: &Url, deadlines: Deadlines) -> Result<Client, ReleaseError> {
    let broken = |why: String| ReleaseError::Unreachable(format!("no client can be made: {why}"));
    let is_plain = url.scheme() == "http";
    let tls =
        tls::client_config(is_plain, &["http/1.1"]).map_err(|error| broken(error.to_string()))?;
    let mut builder = Client::builder()
        .tls_backend_preconfigured(tls)
        .http1_only()
        .https_only(!is_plain)
        .connect_timeout(deadlines.connect)
        .timeout(deadlines.total)
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .referer(false)
        .user_agent(concat!("agentos/", env!("CARGO_PKG_VERSION")));
    if is_loopback(url) {
        builder = builder.no_proxy();
    }
    builder.build().map_err(|error| broken(error.without_url().to_string()))
}

/// Where an answer sends us, if we may go there.
fn next(first: &Url, url: &Url, response: &Response) -> Result<Url, ReleaseError> {
    let host = url.host_str().unwrap_or_default();
    let place = response.headers().get(LOCATION).and_then(|place| place.to_str().ok());
    let next = place.and_then(|place| url.join(place).ok()).ok_or_else(|| {
        ReleaseError::Unusable(format!("{host} leads elsewhere and does not say where"))
    })?;
    if may_go(first, &next) {
        return Ok(next);
    }
    let elsewhere = clean::one_line(next.host_str().unwrap_or(next.scheme()), 100);
    Err(ReleaseError::Refused(format!("{host} leads to {elsewhere}, which is not gone to")))
}

/// Whether what was asked for at one address may be had from another: the same server, or where GitHub keeps files.
pub(super) fn may_go(first: &Url, next: &Url) -> bool {
    let server = |url: &Url| {
        (url.scheme().to_owned(), url.host_str().map(str::to_owned), url.port_or_known_default())
    };
    let (github, below) = GITHUB;
    let is_githubs = first.host_str() == Some(github)
        && next.scheme() == "https"
        && next.port_or_known_default() == Some(443)
        && next.host_str().is_some_and(|host| host.ends_with(below));
    let has_user = !next.username().is_empty() || next.password().is_some();
    !has_user && (server(first) == server(next) || is_githubs)
}

/// The bytes of an answer; those of one that is cut off or too long are not taken for a whole file.
async fn body(mut response: Response, url: &Url, most: usize) -> Result<Vec<u8>, ReleaseError> {
    let host = url.host_str().unwrap_or_default();
    let path = clean::one_line(url.path(), 200);
    match response.status() {
        StatusCode::OK => {}
        StatusCode::NOT_FOUND | StatusCode::GONE => {
            return Err(ReleaseError::Missing(format!("there is no `{path}` on {host}")));
        }
        status => {
            let told = format!("{host} answered with status {} to `{path}`", status.as_u16());
            let is_passing = status.is_server_error()
                || matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT);
            let why = if is_passing { ReleaseError::Unreachable } else { ReleaseError::Unusable };
            return Err(why(told));
        }
    }
    let too_long =
        || ReleaseError::Unusable(format!("{host} sends more than {most} bytes for `{path}`"));
    let bound = u64::try_from(most).unwrap_or(u64::MAX);
    if response.content_length().is_some_and(|length| length > bound) {
        return Err(too_long());
    }
    let mut bytes = Vec::new();
    loop {
        let chunk = response.chunk().await;
        match chunk.map_err(|error| unreachable(url, &error.without_url()))? {
            Some(chunk) if bytes.len() + chunk.len() > most => return Err(too_long()),
            Some(chunk) => bytes.extend_from_slice(&chunk),
            None => return Ok(bytes),
        }
    }
}

/// What broke, in the words of the innermost cause.
fn unreachable(url: &Url, error: &reqwest::Error) -> ReleaseError {
    let mut cause: &dyn std::error::Error = error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    let what = if error.is_timeout() { "it took too long".to_owned() } else { cause.to_string() };
    let host = url.host_str().unwrap_or_default();
    ReleaseError::Unreachable(format!("{host} cannot be read: {}", clean::one_line(&what, 200)))
}
