//! Lists that come in pages: where the next one is, and all of them put together. Pure.

use std::collections::HashSet;

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::failure::shown;

/// Finds the address of the next page in a `Link` header.
pub(super) fn next(link: &str) -> Option<&str> {
    let mut rest = link;
    loop {
        let (_, from) = rest.split_once('<')?;
        let (url, behind) = from.split_once('>')?;
        let parameters = behind.split('<').next().unwrap_or_default();
        if parameters.split([';', ',']).any(is_next) {
            return Some(url);
        }
        rest = behind;
    }
}

fn is_next(parameter: &str) -> bool {
    let Some((name, value)) = parameter.split_once('=') else { return false };
    let mut kinds = value.trim().trim_matches('"').split_whitespace();
    name.trim().eq_ignore_ascii_case("rel") && kinds.any(|kind| kind.eq_ignore_ascii_case("next"))
}

/// Reads one thing.
///
/// # Errors
///
/// What is wrong with it and where.
pub(super) fn one<T: DeserializeOwned>(body: &[u8]) -> Result<T, String> {
    serde_json::from_slice(body).map_err(|error| wrong(body, &error))
}

fn wrong(body: &[u8], error: &serde_json::Error) -> String {
    let first = body.iter().find(|byte| !byte.is_ascii_whitespace());
    match first {
        None => "it is empty".to_owned(),
        Some(b'<') => "it is a web page instead of JSON".to_owned(),
        Some(_) => shown(&error.to_string()),
    }
}

/// The items of a list, page after page.
pub(super) struct Gathered {
    /// Where the list is in an answer that wraps it.
    key: Option<&'static str>,
    items: Vec<(usize, usize, Value)>,
    seen: HashSet<String>,
    totals: HashSet<u64>,
}

impl Gathered {
    pub(super) fn new(key: Option<&'static str>) -> Self {
        Self { key, items: Vec::new(), seen: HashSet::new(), totals: HashSet::new() }
    }

    /// Adds a page. What was on an earlier page, since the list moved between the two, is left out.
    ///
    /// # Errors
    ///
    /// What is wrong with the page and where.
    pub(super) fn add(&mut self, body: &[u8], page: usize) -> Result<(), String> {
        let mut answer: Value = one(body)?;
        if let Some(key) = self.key {
            if let Some(total) = answer.get("total_count") {
                let total = total.as_u64();
                self.totals.insert(total.ok_or("`total_count` is no count")?);
            }
            answer = match answer.get_mut(key) {
                Some(list) => list.take(),
                None => return Err(format!("page {page} has no `{key}`")),
            };
        }
        let Value::Array(list) = answer else {
            return Err(format!("page {page} has no list where one should be"));
        };
        for (at, item) in (1..).zip(list) {
            if identity(&item).is_none_or(|identity| self.seen.insert(identity)) {
                self.items.push((page, at, item));
            }
        }
        Ok(())
    }

    /// Whether the pages say themselves that they are all, and of one moment; true where they say nothing.
    pub(super) fn is_whole(&self) -> bool {
        let count = u64::try_from(self.items.len()).ok();
        self.totals.len() <= 1 && self.totals.iter().all(|total| Some(*total) == count)
    }

    /// Reads the items.
    ///
    /// # Errors
    ///
    /// What is wrong with the first item that cannot be read.
    pub(super) fn into_items<T: DeserializeOwned>(self) -> Result<Vec<T>, String> {
        let read = |(page, at, item)| {
            serde_json::from_value(item)
                .map_err(|error| shown(&format!("item {at} of page {page}: {error}")))
        };
        self.items.into_iter().map(read).collect()
    }
}

/// What an item is known by: events of a timeline share their numbers with comments.
fn identity(item: &Value) -> Option<String> {
    let id = item.get("id").filter(|id| id.is_u64() || id.is_string())?;
    Some(format!("{id} {}", item.get("event").unwrap_or(&Value::Null)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_page_is_found_wherever_it_stands() {
        let cases = [
            (
                r#"<https://x/?page=2>; rel="next", <https://x/?page=9>; rel="last""#,
                Some("https://x/?page=2"),
            ),
            (
                r#"<https://x/?page=1>; rel="prev", <https://x/?a=b,c&page=3>; rel="next""#,
                Some("https://x/?a=b,c&page=3"),
            ),
            (r#"<https://x/?page=1>;title="a"; REL=next"#, Some("https://x/?page=1")),
            (r#"<https://x/?rel="next">; rel="first""#, None),
            (r"<https://x", None),
            ("", None),
        ];
        for (link, expected) in cases {
            assert_eq!(next(link), expected, "{link}");
        }
    }

    #[test]
    fn pages_become_one_list_without_what_came_twice() {
        let mut gathered = Gathered::new(None);
        gathered.add(br#"[{"id":1,"n":1},{"id":2,"n":2}]"#, 1).unwrap();
        gathered
            .add(br#"[{"id":2,"n":2},{"id":2,"event":"labeled","n":3},{"n":4},{"n":4}]"#, 2)
            .unwrap();
        assert!(gathered.is_whole());
        let items: Vec<Value> = gathered.into_items().unwrap();
        let numbers: Vec<_> = items.iter().map(|item| item["n"].as_u64().unwrap()).collect();
        assert_eq!(numbers, [1, 2, 3, 4, 4]);
    }

    #[test]
    fn a_list_that_is_not_as_long_as_it_says_is_not_whole() {
        let cases: [(&[&str], bool); 5] = [
            (&[r#"{"total_count":1,"runs":[{"id":1}]}"#], true),
            (&[r#"{"runs":[{"id":1}]}"#], true),
            (&[r#"{"total_count":2,"runs":[{"id":1}]}"#], false),
            (
                &[
                    r#"{"total_count":2,"runs":[{"id":1}]}"#,
                    r#"{"total_count":2,"runs":[{"id":2}]}"#,
                ],
                true,
            ),
            (
                &[
                    r#"{"total_count":1,"runs":[{"id":1}]}"#,
                    r#"{"total_count":2,"runs":[{"id":2}]}"#,
                ],
                false,
            ),
        ];
        for (pages, whole) in cases {
            let mut gathered = Gathered::new(Some("runs"));
            for (number, page) in (1..).zip(pages) {
                gathered.add(page.as_bytes(), number).unwrap();
            }
            assert_eq!(gathered.is_whole(), whole, "{pages:?}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_said_with_its_place() {
        let wrong = |key, body: &str| Gathered::new(key).add(body.as_bytes(), 3).unwrap_err();
        assert_eq!(wrong(None, ""), "it is empty");
        assert_eq!(wrong(None, "  <!DOCTYPE html>"), "it is a web page instead of JSON");
        assert_eq!(wrong(None, "[1,"), "EOF while parsing a value at line 1 column 3");
        assert_eq!(wrong(None, "{}"), "page 3 has no list where one should be");
        assert_eq!(wrong(Some("runs"), "{}"), "page 3 has no `runs`");
        assert_eq!(
            wrong(Some("runs"), r#"{"total_count":-1,"runs":[]}"#),
            "`total_count` is no count"
        );
        let mut gathered = Gathered::new(None);
        gathered.add(b"[7, \"x\"]", 2).unwrap();
        let error = gathered.into_items::<u64>().unwrap_err();
        assert!(error.starts_with("item 2 of page 2: invalid type"), "{error}");
    }
}
