//! The wire: one request goes out, one whole answer comes back. octocrab carries it over our own reqwest client; nothing is repeated,
//! followed or remembered here.

use std::time::Duration;

use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, IF_NONE_MATCH, USER_AGENT};
use http::{HeaderMap, HeaderValue, Method, Request};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use octocrab::service::middleware::reqwest_connector::ReqwestConnector;
use octocrab::{AuthState, Octocrab, OctocrabBuilder};
use tokio::sync::OnceCell;

use super::address::Address;
use crate::sys::tls;
use crate::text::clean;
use crate::text::secret::Secret;

/// What we accept, and part of what answers are remembered by.
pub(super) const MEDIA_TYPE: &str = "application/vnd.github+json";
/// The version of GitHub's interface that this program was written for.
const API_VERSION: &str = "2022-11-28";
/// Largest answer; a page of a hundred issues with the longest texts is about 7 MiB.
const MAX_BODY_BYTES: usize = 16 << 20;
/// For a connection to be there.
pub(super) const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// For everything, from connecting to the last byte.
pub(super) const TOTAL_TIMEOUT: Duration = Duration::from_secs(60);
/// Longest part of a reason that is shown, in characters.
const MAX_REASON: usize = 200;

/// What is to be sent.
pub(super) struct Parcel<'a> {
    pub(super) method: Method,
    pub(super) url: &'a str,
    pub(super) token: &'a Secret,
    /// The tag of the answer that we remember.
    pub(super) etag: Option<&'a str>,
    pub(super) body: Option<String>,
}

/// A complete answer of whatever status.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
}

impl Answer {
    /// A header as text; one that is not ASCII counts as missing.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

/// Why there is no complete answer.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Trouble {
    /// The request cannot be put into words of HTTP; nothing was sent.
    Request(String),
    /// The connection failed or broke; whether the request arrived is not known.
    Connection(String),
    /// No whole answer came in time.
    TimedOut,
    /// The answer is longer than we read.
    TooLarge,
}

/// The connection to one GitHub, made when it is first needed.
pub(super) struct Http {
    carrier: OnceCell<Octocrab>,
}

impl Http {
    pub(super) fn new() -> Self {
        Self { carrier: OnceCell::new() }
    }

    /// Sends a request once and reads its answer to the end.
    ///
    /// # Errors
    ///
    /// See [`Trouble`].
    pub(super) async fn send(
        &self,
        address: &Address,
        parcel: Parcel<'_>,
    ) -> Result<Answer, Trouble> {
        let request = request(parcel)?;
        let carrier = self.carrier.get_or_try_init(|| async { carrier(address) }).await?;
        let response = carrier.execute(request).await.map_err(|error| of_connection(&error))?;
        let (parts, body) = response.into_parts();
        let body = match Limited::new(body, MAX_BODY_BYTES).collect().await {
            Ok(collected) => collected.to_bytes().to_vec(),
            Err(error) if error.is::<LengthLimitError>() => return Err(Trouble::TooLarge),
            Err(error) => return Err(of_connection(&*error)),
        };
        Ok(Answer { status: parts.status.as_u16(), headers: parts.headers, body })
    }
}

fn request(parcel: Parcel<'_>) -> Result<Request<String>, Trouble> {
    let bad = |error: http::Error| Trouble::Request(error.to_string());
    let mut request = Request::builder()
        .method(parcel.method)
        .uri(parcel.url)
        .header(ACCEPT, MEDIA_TYPE)
        .header(USER_AGENT, concat!("agentos/", env!("CARGO_PKG_VERSION")))
        .header("x-github-api-version", API_VERSION)
        .header(AUTHORIZATION, authorization(parcel.token)?);
    if let Some(etag) = parcel.etag {
        request = request.header(IF_NONE_MATCH, etag);
    }
    if parcel.body.is_some() {
        request = request.header(CONTENT_TYPE, "application/json");
    }
    request.body(parcel.body.unwrap_or_default()).map_err(bad)
}

/// Marked as sensitive, so that no layer below shows it, at whatever level it logs.
fn authorization(token: &Secret) -> Result<HeaderValue, Trouble> {
    let mut value = HeaderValue::from_str(&format!("Bearer {}", token.expose()))
        .map_err(|_| Trouble::Request("the token has characters that no token has".to_owned()))?;
    value.set_sensitive(true);
    Ok(value)
}

/// octocrab with nothing but its way to carry requests: its own headers, cache, retries and redirects stay out.
fn carrier(address: &Address) -> Result<Octocrab, Trouble> {
    let broken = |reason: String| Trouble::Request(format!("no client can be made: {reason}"));
    let tls = tls::client_config(address.is_plain(), &["h2", "http/1.1"])
        .map_err(|error| broken(error.to_string()))?;
    let mut builder = reqwest::Client::builder()
        .tls_backend_preconfigured(tls)
        .connect_timeout(CONNECT_TIMEOUT)
        .timeout(TOTAL_TIMEOUT)
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .referer(false);
    if address.is_loopback() {
        // A proxy of the network knows no server on this machine.
        builder = builder.no_proxy();
    }
    let client = builder.build().map_err(|error| broken(error.to_string()))?;
    let connector = ReqwestConnector::new(client);
    let Ok(octocrab) =
        OctocrabBuilder::new_empty().with_service(connector).with_auth(AuthState::None).build();
    Ok(octocrab)
}

/// Finds out what broke: reqwest's own words say little and name the address, the innermost cause says it.
pub(super) fn of_connection(error: &(dyn std::error::Error + 'static)) -> Trouble {
    let mut current = error;
    let mut connecting = false;
    loop {
        if let Some(of_reqwest) = current.downcast_ref::<reqwest::Error>() {
            if of_reqwest.is_timeout() {
                return Trouble::TimedOut;
            }
            connecting |= of_reqwest.is_connect();
        }
        match current.source() {
            Some(source) => current = source,
            None => break,
        }
    }
    let cause = clean::one_line(&current.to_string(), MAX_REASON);
    Trouble::Connection(if connecting {
        format!("no connection: {cause}")
    } else {
        format!("the connection broke: {cause}")
    })
}
