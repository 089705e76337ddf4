//! Where GitHub says that something lies, and fetching it from there: the one answer of ours whose address leads elsewhere.

use http::Method as HttpMethod;

use super::super::budget::Resource;
use super::super::call::{Call, Subject};
use super::super::elsewhere::{self, Fetched};
use super::super::failure::{self, malformed, unavailable};
use super::{Client, Outgoing};
use crate::host::HostError;
use crate::text::secret::Secret;

impl Client {
    /// Asks where something lies; `None` when it does not exist (any more). The address is signed: whoever knows it can read it.
    ///
    /// # Errors
    ///
    /// Every answer but one that names a place; see [`HostError`].
    pub async fn place_of(&self, call: Call) -> Result<Option<Secret>, HostError> {
        let subject = call.subject();
        let url = self.session().await?.address.of_call(&call)?;
        let outgoing = Outgoing {
            subject: &subject,
            resource: Resource::Core,
            method: HttpMethod::GET,
            url: &url,
            etag: None,
            body: None,
            writes: false,
        };
        let answer = self.send_read(&outgoing).await?;
        match answer.status {
            302 => match answer.header("location") {
                Some(place) => Ok(Some(Secret::new(place))),
                None => Err(malformed(&subject.name(), "it redirects to nowhere")),
            },
            _ => match failure::of(&subject, &answer, self.clock.now()) {
                HostError::NotFound { .. } => Ok(None),
                error => Err(error),
            },
        }
    }

    /// Fetches the end of what lies there, without our token; `None` when it has gone.
    ///
    /// # Errors
    ///
    /// When the address is not one that may be asked, or its server does not answer.
    pub(in crate::host::github) async fn end_of(
        &self,
        subject: &Subject,
        place: &Secret,
    ) -> Result<Option<Vec<u8>>, HostError> {
        let here = self.session().await?.address.is_loopback();
        let what = format!("the file that {} names", subject.name());
        let fetched = elsewhere::end_of(place, here).await;
        match fetched.map_err(|trouble| failure::of_trouble(&what, trouble))? {
            Fetched::End(bytes) => Ok(Some(bytes)),
            Fetched::Gone => Ok(None),
            Fetched::Status(status) => {
                Err(unavailable(&what, format!("the server answered {status}")))
            }
        }
    }
}
