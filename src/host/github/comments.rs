//! The comments of an issue: which are ours, and that only those are edited.

use serde_json::json;

use super::endpoints;
use super::host::{Account, GithubHost};
use super::wire::{self, GHOST, User};
use crate::domain::ids::IssueNumber;
use crate::domain::issue::{Comment, Trust};
use crate::host::HostError;
use crate::text::marker;

/// GitHub takes no longer text, counted in characters.
const MAX_TEXT_CHARS: usize = 65_536;

/// Refuses a text that GitHub would not take, before it is sent.
///
/// # Errors
///
/// [`HostError::Refused`] naming both lengths.
pub(super) fn check_length(what: &str, text: &str) -> Result<(), HostError> {
    let length = text.chars().count();
    if length <= MAX_TEXT_CHARS {
        return Ok(());
    }
    let reason =
        format!("the text has {length} characters, and GitHub takes at most {MAX_TEXT_CHARS}");
    Err(HostError::Refused { what: what.to_owned(), reason })
}

impl GithubHost {
    pub(super) async fn read_comments(
        &self,
        number: IssueNumber,
    ) -> Result<Vec<Comment>, HostError> {
        let call = self.call(&endpoints::COMMENTS).with("issue_number", number.0);
        let answer = self.list::<wire::Comment>(call).await;
        let mut comments = Vec::new();
        for comment in self.of_issue(answer, number).await? {
            comments.push(self.understood(number, comment).await?);
        }
        comments.sort_by_key(|comment| (comment.created_at, comment.id));
        Ok(comments)
    }

    pub(super) async fn write_comment(
        &self,
        number: IssueNumber,
        body: &str,
    ) -> Result<Comment, HostError> {
        let what = format!("comment on {}", self.name(format_args!("issue {number}")));
        check_length(&what, body)?;
        self.ensure_thread(number).await?;
        let call = self.call(&endpoints::CREATE_COMMENT).with("issue_number", number.0);
        let answer = self.client().change(call, &json!({"body": body})).await;
        let comment = self.of_issue(answer, number).await?;
        self.understood(number, comment).await
    }

    pub(super) async fn replace_comment(
        &self,
        number: IssueNumber,
        id: u64,
        body: &str,
    ) -> Result<Option<Comment>, HostError> {
        let thing = format!("comment {id} on issue {number}");
        let what = format!("edit {}", self.name(&thing));
        check_length(&what, body)?;
        if !self.is_own_comment(number, id) {
            // GitHub would let us edit anybody's comment, of any issue.
            let comments = self.fresh().read_comments(number).await?;
            let comment = comments.iter().find(|comment| comment.id == id);
            match comment {
                None => return Err(HostError::NotFound { what: self.name(thing) }),
                Some(comment) if !comment.ours => {
                    let reason = format!("`{}` wrote it, and not this program", comment.author);
                    return Err(HostError::Refused { what, reason });
                }
                Some(_) => {}
            }
        }
        let call = self.call(&endpoints::UPDATE_COMMENT).with("comment_id", id);
        let answer = self.client().change::<wire::Comment>(call, &json!({"body": body})).await;
        match self.of_thing(answer, thing).await {
            Ok(edited) if edited.id == id => self.understood(number, edited).await.map(Some),
            // It was edited all the same: whoever wants it so reads it back.
            Ok(_) | Err(HostError::Malformed { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Those of the comments that are ours, oldest first. Nobody is asked who else wrote what.
    pub(super) async fn own_comments(
        &self,
        number: IssueNumber,
        all: Vec<wire::Comment>,
    ) -> Result<Vec<Comment>, HostError> {
        let mut ours = Vec::new();
        for comment in all {
            let is_marked = comment.body.as_deref().is_some_and(begins_with_marker);
            if is_marked && is_by_us(comment.user.as_ref(), &self.account().await?) {
                ours.push(self.understood(number, comment).await?);
            }
        }
        ours.sort_by_key(|comment| (comment.created_at, comment.id));
        Ok(ours)
    }

    async fn understood(
        &self,
        number: IssueNumber,
        comment: wire::Comment,
    ) -> Result<Comment, HostError> {
        let wire::Comment { id, body, user, author_association, created_at, updated_at } = comment;
        let body = body.unwrap_or_default();
        // Who we are has to be asked only where a text looks like one of ours.
        let ours = begins_with_marker(&body) && is_by_us(user.as_ref(), &self.account().await?);
        let author_trust = if ours {
            self.remember_own_comment(number, id);
            Trust::Trusted
        } else {
            self.commenter(user.as_ref(), author_association.as_deref()).await?
        };
        let author = user.map_or_else(|| GHOST.to_owned(), |user| user.login);
        let edited = updated_at.is_some_and(|updated| updated > created_at);
        Ok(Comment { id, author, author_trust, ours, edited, body, created_at })
    }
}

/// The operator may use our account by hand, so the account alone does not tell; and anybody can write a marker.
fn is_by_us(user: Option<&User>, account: &Account) -> bool {
    match (user, account) {
        (None, _) => false,
        (Some(user), Account::User(login)) => user.login.eq_ignore_ascii_case(login),
        (Some(user), Account::App(login)) => {
            user.is_bot() && without_suffix(&user.login).eq_ignore_ascii_case(without_suffix(login))
        }
    }
}

/// REST and GraphQL do not agree on whether a program's name carries it.
fn without_suffix(login: &str) -> &str {
    login.strip_suffix("[bot]").unwrap_or(login)
}

/// Whether a text begins with a marker of ours; one further behind may be quoted.
fn begins_with_marker(body: &str) -> bool {
    marker::find_all(body).first().is_some_and(|first| {
        body.trim_start().starts_with(&marker::render(&first.kind, &first.key))
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn user(login: &str, kind: &str) -> User {
        serde_json::from_value(json!({"login": login, "type": kind})).unwrap()
    }

    #[test]
    fn a_comment_is_ours_only_by_account_and_marker_together() {
        let account = Account::User("agentos-bot".to_owned());
        assert!(is_by_us(Some(&user("agentos-bot", "User")), &account));
        assert!(is_by_us(Some(&user("Agentos-Bot", "User")), &account));
        assert!(!is_by_us(Some(&user("eve", "User")), &account));
        assert!(!is_by_us(None, &account));
        let app = Account::App("house[bot]".to_owned());
        assert!(is_by_us(Some(&user("house[bot]", "Bot")), &app));
        assert!(is_by_us(Some(&user("house", "Bot")), &app));
        assert!(!is_by_us(Some(&user("house", "User")), &app));
        assert!(!is_by_us(Some(&user("other[bot]", "Bot")), &app));
    }

    #[test]
    fn only_a_marker_at_the_beginning_makes_a_text_ours() {
        let marker = marker::render("status", "web-42");
        for (text, expected) in [
            (format!("{marker}\nText"), true),
            (format!("\n {marker}"), true),
            (format!("> {marker}"), false),
            (format!("Look: {marker}"), false),
            (format!("<!-- agentos:open --> {marker}"), false),
            ("Text".to_owned(), false),
            (String::new(), false),
        ] {
            assert_eq!(begins_with_marker(&text), expected, "{text:?}");
        }
    }

    #[test]
    fn a_text_is_measured_in_characters_before_it_is_sent() {
        assert!(check_length("comment", &"ä".repeat(MAX_TEXT_CHARS)).is_ok());
        let error = check_length("comment", &"ä".repeat(MAX_TEXT_CHARS + 1)).unwrap_err();
        let expected = "comment: the text has 65537 characters, and GitHub takes at most 65536";
        assert_eq!(error.to_string(), expected);
        assert!(matches!(error, HostError::Refused { .. }));
    }
}
