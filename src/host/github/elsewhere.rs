//! What GitHub keeps on another server and names by a signed address: it is fetched without our token, over an encrypted connection, and
//! only its end is kept. The address is a secret while it is valid, and stands in no message.

use http::Uri;
use http::header::{CONTENT_LENGTH, RANGE};
use reqwest::{Client, Response};

use super::address::is_loopback;
use super::http::{CONNECT_TIMEOUT, TOTAL_TIMEOUT, Trouble, of_connection};
use crate::sys::tls;
use crate::text::secret::Secret;

/// What is longer is asked for from nearer to its end.
const WHOLE_BYTES: u64 = 8 << 20;
/// So much is read where the server cannot give a part.
const MOST_BYTES: u64 = 64 << 20;
/// What is kept of it.
const KEPT_BYTES: usize = 512 << 10;

/// How a fetch ended.
pub(super) enum Fetched {
    /// Its end, bounded.
    End(Vec<u8>),
    /// There is no such thing any more.
    Gone,
    /// The server answered with this status.
    Status(u16),
}

/// Fetches the end of what lies at an address. `from_loopback` says that the address was given by a server on this machine: only then may
/// it lead to one, and be unencrypted.
///
/// # Errors
///
/// See [`Trouble`]; no message holds the address.
pub(super) async fn end_of(place: &Secret, from_loopback: bool) -> Result<Fetched, Trouble> {
    let uri = allowed(place, from_loopback)?;
    let client = client(&uri)?;
    let mut response = ask(&client, place, None).await?;
    if response.status().as_u16() == 200
        && let Some(length) = length(&response).filter(|length| *length > WHOLE_BYTES)
    {
        drop(response);
        response = ask(&client, place, Some(length - WHOLE_BYTES)).await?;
    }
    match response.status().as_u16() {
        200 | 206 => Ok(Fetched::End(read_end(response).await?)),
        404 | 410 => Ok(Fetched::Gone),
        status => Ok(Fetched::Status(status)),
    }
}

/// Where we go: encrypted, without a user, and to this machine only at the word of a server that is here too.
fn allowed(place: &Secret, from_loopback: bool) -> Result<Uri, Trouble> {
    let refused = |reason: &str| Trouble::Request(format!("the address it names {reason}"));
    let uri: Uri = place.expose().parse().map_err(|_| refused("is none"))?;
    let host = uri.host().ok_or_else(|| refused("names no server"))?;
    if uri.authority().is_some_and(|authority| authority.as_str().contains('@')) {
        return Err(refused("has a user in it"));
    }
    match (uri.scheme_str(), is_loopback(host)) {
        (Some("https" | "http"), true) if from_loopback => Ok(uri),
        (_, true) => Err(refused("leads to this machine")),
        (Some("https"), false) => Ok(uri),
        (_, false) => Err(refused("is not encrypted")),
    }
}

/// A client that knows no token, follows nothing and repeats nothing.
fn client(uri: &Uri) -> Result<Client, Trouble> {
    let broken = |reason: String| Trouble::Request(format!("no client can be made: {reason}"));
    let is_plain = uri.scheme_str() == Some("http");
    let tls = tls::client_config(is_plain, &["h2", "http/1.1"])
        .map_err(|error| broken(error.to_string()))?;
    let mut builder = Client::builder()
        .tls_backend_preconfigured(tls)
        .connect_timeout(CONNECT_TIMEOUT)
        .timeout(TOTAL_TIMEOUT)
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .referer(false)
        .user_agent(concat!("agentos/", env!("CARGO_PKG_VERSION")));
    if uri.host().is_some_and(is_loopback) {
        builder = builder.no_proxy();
    }
    builder.build().map_err(|error| broken(error.without_url().to_string()))
}

async fn ask(client: &Client, place: &Secret, from: Option<u64>) -> Result<Response, Trouble> {
    let mut request = client.get(place.expose());
    if let Some(from) = from {
        request = request.header(RANGE, format!("bytes={from}-"));
    }
    request.send().await.map_err(of_reqwest)
}

fn of_reqwest(error: reqwest::Error) -> Trouble {
    of_connection(&error.without_url())
}

fn length(response: &Response) -> Option<u64> {
    response.headers().get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// Reads a body to its end, or as far as we read, and keeps its last bytes.
async fn read_end(mut response: Response) -> Result<Vec<u8>, Trouble> {
    let mut kept: Vec<u8> = Vec::new();
    let mut read = 0_u64;
    while let Some(chunk) = response.chunk().await.map_err(of_reqwest)? {
        read += u64::try_from(chunk.len()).unwrap_or(u64::MAX);
        kept.extend_from_slice(&chunk);
        if kept.len() > 2 * KEPT_BYTES {
            kept.drain(..kept.len() - KEPT_BYTES);
        }
        if read >= MOST_BYTES {
            break;
        }
    }
    kept.drain(..kept.len().saturating_sub(KEPT_BYTES));
    Ok(kept)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_leads_to_an_encrypted_server_elsewhere_or_is_refused() {
        for (place, from_loopback, fine) in [
            ("https://logs.example.net/job?sig=x", false, true),
            ("https://logs.example.net/job?sig=x", true, true),
            ("http://logs.example.net/job?sig=x", false, false),
            ("http://logs.example.net/job?sig=x", true, false),
            ("http://127.0.0.1:99/job", true, true),
            ("http://[::1]:99/job", true, true),
            ("http://127.0.0.1:99/job", false, false),
            ("https://localhost/job", false, false),
            ("https://user:word@logs.example.net/job", false, false),
            ("ftp://logs.example.net/job", true, false),
            ("file:///etc/passwd", true, false),
            ("/logs/7", true, false),
            ("", true, false),
        ] {
            let found = allowed(&Secret::new(place), from_loopback);
            assert_eq!(found.is_ok(), fine, "{place} {from_loopback}");
            if let Err(Trouble::Request(reason)) = found {
                assert!(!reason.contains("example") && !reason.contains("127"), "{reason}");
            }
        }
    }
}
