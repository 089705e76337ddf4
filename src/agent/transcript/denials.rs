//! Tools that a program was not allowed to use, as far as its run did not get over it.

use super::{Evidence, Moment, Refusal, RefusalCause};

/// The last refusal of a tool that writes, while none has been allowed since: a model whose tools are refused says that it is done
/// all the same.
#[derive(Debug, Default)]
pub(super) struct Denials {
    last: Option<String>,
}

impl Denials {
    /// A tool was refused.
    pub(super) fn denied(&mut self, words: &str) {
        self.last = Some(words.to_owned());
    }

    /// A tool that writes did its work.
    pub(super) fn allowed(&mut self) {
        self.last = None;
    }

    /// What that comes to at the end.
    pub(super) fn refusal(self, moment: Moment<'_>) -> Option<Refusal> {
        let words = self.last?;
        Some(Refusal::new(RefusalCause::PermissionDenied, Evidence::Field, &words, moment))
    }
}
