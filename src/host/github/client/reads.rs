//! Reading one thing or a whole list, from memory where the server says that nothing changed.

use std::collections::HashSet;

use http::Method as HttpMethod;
use serde::de::DeserializeOwned;

use super::super::budget::Resource;
use super::super::cache::Remembered;
use super::super::call::{Call, Subject};
use super::super::failure::{self, malformed, unavailable};
use super::super::http::Answer;
use super::super::pages::{self, Gathered};
use super::{Client, MAX_PAGES, Outgoing, PAGE_SIZE, Page, Reads};
use crate::host::HostError;

impl Client {
    pub(super) async fn whole_list<T: DeserializeOwned>(
        &self,
        call: Call,
        key: Option<&'static str>,
        reads: Reads,
    ) -> Result<Vec<T>, HostError> {
        let call = call.query_unless_given("per_page", PAGE_SIZE);
        let subject = call.subject();
        let mut gathered = self.gather(&call, key, reads).await?;
        if !gathered.is_whole() {
            // It moved between two pages; remembered pages may also be of different moments.
            gathered = self.gather(&call, key, Reads::Fresh).await?;
        }
        if !gathered.is_whole() {
            let reason = "the list is not as long as it says, twice in a row";
            return Err(unavailable(&subject.name(), reason));
        }
        gathered.into_items().map_err(|reason| malformed(&subject.name(), reason))
    }

    async fn gather(
        &self,
        call: &Call,
        key: Option<&'static str>,
        reads: Reads,
    ) -> Result<Gathered, HostError> {
        let subject = call.subject();
        let wrong = |reason: &str| malformed(&subject.name(), reason);
        let address = &self.session().await?.address;
        let mut url = address.of_call(call)?;
        let mut gathered = Gathered::new(key);
        let mut visited = HashSet::new();
        for number in 1..=MAX_PAGES {
            let page = self.page(&subject, &url, reads).await?;
            gathered.add(&page.body, number).map_err(|reason| wrong(&reason))?;
            let Some(next) = page.link.as_deref().and_then(pages::next) else {
                return Ok(gathered);
            };
            if !address.is_ours(next) {
                return Err(wrong("its next page is on another server"));
            }
            visited.insert(std::mem::replace(&mut url, next.to_owned()));
            if visited.contains(&url) {
                return Err(wrong("its pages lead in a circle"));
            }
        }
        Err(wrong("it has more than 1,000 pages"))
    }

    /// Reads a page, from memory where the server says that nothing changed.
    pub(super) async fn page(
        &self,
        subject: &Subject,
        url: &str,
        reads: Reads,
    ) -> Result<Page, HostError> {
        let token_id = &self.session().await?.token_id;
        let remembered = match reads {
            Reads::Remembered => self.cache.find(url, token_id),
            Reads::Fresh => None,
        };
        let answer = self
            .send_read(&Outgoing {
                subject,
                resource: Resource::Core,
                method: HttpMethod::GET,
                url,
                etag: remembered.as_ref().map(|remembered| remembered.etag.as_str()),
                body: None,
                writes: false,
            })
            .await?;
        match (answer.status, remembered) {
            (200, _) => {
                pages::one::<serde::de::IgnoredAny>(&answer.body)
                    .map_err(|reason| malformed(&subject.name(), reason))?;
                Ok(self.remember(url, token_id, answer))
            }
            (304, Some(Remembered { body, link, .. })) => {
                self.cache.touch(url, token_id);
                Ok(Page { body, link })
            }
            _ => Err(failure::of(subject, &answer, self.clock.now())),
        }
    }

    fn remember(&self, url: &str, token_id: &str, answer: Answer) -> Page {
        let link = answer.header("link").map(str::to_owned);
        let Some(etag) = answer.header("etag").map(str::to_owned) else {
            return Page { body: answer.body, link };
        };
        let remembered = Remembered { etag, link, body: answer.body };
        self.cache.keep(url, token_id, &remembered);
        Page { body: remembered.body, link: remembered.link }
    }
}
