//! Answers of GitHub about boards, as tables.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::super::card_wire::StatusChange;
use super::*;

const URL: &str = "https://github.com/orgs/acme/projects/3";

fn names() -> ColumnNames {
    ColumnNames::default()
}

fn issue(number: u64, state: &str, repository: &str) -> Value {
    json!({
        "__typename": "Issue", "number": number, "state": state,
        "repository": { "nameWithOwner": repository },
    })
}

fn lies_in(column: &str) -> Value {
    json!({ "__typename": "ProjectV2ItemFieldSingleSelectValue", "name": column })
}

fn item(archived: bool, value: &Value, content: &Value) -> Value {
    json!({ "isArchived": archived, "fieldValueByName": value, "content": content })
}

fn card_of(item: Value) -> Option<(String, u64, bool, Option<BoardStatus>)> {
    let item: Item = serde_json::from_value(item).unwrap();
    item.card(&names()).map(|card| (card.repository, card.number.0, card.is_open, card.status))
}

#[test]
fn only_visible_unarchived_issues_are_cards() {
    let ready = lies_in("Ready");
    let shop = || "acme/shop".to_owned();
    let open = issue(7, "OPEN", "Acme/Shop");
    for (what, item, expected) in [
        (
            "an open issue in Ready",
            item(false, &ready, &open),
            Some((shop(), 7, true, Some(BoardStatus::Ready))),
        ),
        (
            "a closed issue in Ready",
            item(false, &ready, &issue(7, "CLOSED", "acme/shop")),
            Some((shop(), 7, false, Some(BoardStatus::Ready))),
        ),
        (
            "an issue in a state of tomorrow is not certainly open",
            item(false, &ready, &issue(7, "DRAFT", "acme/shop")),
            Some((shop(), 7, false, Some(BoardStatus::Ready))),
        ),
        ("no status", item(false, &Value::Null, &open), Some((shop(), 7, true, None))),
        ("a column of theirs", item(false, &lies_in("QA"), &open), Some((shop(), 7, true, None))),
        (
            "an option without a name",
            item(
                false,
                &json!({ "__typename": "ProjectV2ItemFieldSingleSelectValue", "name": null }),
                &open,
            ),
            Some((shop(), 7, true, None)),
        ),
        (
            "a field Status of another kind",
            item(false, &json!({ "__typename": "ProjectV2ItemFieldTextValue" }), &open),
            Some((shop(), 7, true, None)),
        ),
        ("archived", item(true, &ready, &open), None),
        ("redacted", item(false, &Value::Null, &Value::Null), None),
        ("a draft", item(false, &ready, &json!({ "__typename": "DraftIssue" })), None),
        ("a pull request", item(false, &ready, &json!({ "__typename": "PullRequest" })), None),
        ("a kind of tomorrow", item(false, &ready, &json!({ "__typename": "Epic" })), None),
    ] {
        assert_eq!(card_of(item), expected, "{what}");
    }
}

#[test]
fn a_missing_field_is_an_error_and_never_read_as_empty() {
    let open = issue(7, "OPEN", "acme/shop");
    let whole = item(false, &lies_in("Ready"), &open);
    for gone in ["/isArchived", "/content/number", "/content/state", "/content/repository"] {
        let mut item = whole.clone();
        let (parent, key) = gone.rsplit_once('/').unwrap();
        item.pointer_mut(parent).unwrap().as_object_mut().unwrap().remove(key);
        assert!(serde_json::from_value::<Item>(item).is_err(), "{gone}");
    }
    for bad in [json!({}), json!({ "nodes": [] }), json!({ "pageInfo": { "hasNextPage": false } })]
    {
        assert!(serde_json::from_value::<Page<Item>>(bad.clone()).is_err(), "{bad}");
    }
}

fn page(next: bool, cursor: Option<&str>) -> Page<Item> {
    let info = json!({ "hasNextPage": next, "endCursor": cursor });
    serde_json::from_value(json!({ "pageInfo": info, "nodes": [null] })).unwrap()
}

#[test]
fn a_list_goes_on_only_to_another_place() {
    for (next, cursor, after, expected) in [
        (false, None, None, Some(None)),
        (false, Some("b"), Some("a"), Some(None)),
        (true, Some("a"), None, Some(Some("a"))),
        (true, Some("b"), Some("a"), Some(Some("b"))),
        (true, None, None, None),
        (true, Some("a"), Some("a"), None),
    ] {
        let found = page(next, cursor).next("board 3 of acme", after);
        let expected = expected.map(|cursor| cursor.map(str::to_owned));
        assert_eq!(found.ok(), expected, "{next} {cursor:?} {after:?}");
    }
    let error = page(true, None).next("board 3 of acme", None).unwrap_err();
    assert!(matches!(error, HostError::Malformed { .. }), "{error}");
    assert_eq!(page(false, None).entries().count(), 0);
}

fn project(closed: bool, field: &Value) -> Value {
    json!({ "id": "PVT_1", "url": URL, "closed": closed, "field": field })
}

fn status_field() -> Value {
    json!({
        "__typename": "ProjectV2SingleSelectField", "id": "F_1",
        "options": [{ "id": "o1", "name": "Ready" }, { "id": "o2", "name": "Done" }],
    })
}

#[test]
fn the_columns_of_an_open_board_are_read_in_their_order() {
    let project: Project = serde_json::from_value(project(false, &status_field())).unwrap();
    let columns = project.columns("acme", 3).unwrap();
    assert_eq!((columns.project.as_str(), columns.field.as_str()), ("PVT_1", "F_1"));
    let names: Vec<&str> = columns.options.iter().map(|option| option.name.as_str()).collect();
    assert_eq!(names, ["Ready", "Done"]);
}

#[test]
fn a_closed_board_and_one_without_columns_say_what_is_wrong() {
    for (closed, field, message) in [
        (
            true,
            status_field(),
            "it is closed; reopen it, or take `project_number` out of the configuration",
        ),
        (false, Value::Null, "it has no field `Status` of the kind single select"),
        (
            false,
            json!({ "__typename": "ProjectV2Field" }),
            "it has no field `Status` of the kind single select",
        ),
    ] {
        let project: Project = serde_json::from_value(project(closed, &field)).unwrap();
        let error = project.columns("acme", 3).unwrap_err();
        assert_eq!(error.to_string(), format!("the board {URL}: {message}"));
        assert_eq!(matches!(error, HostError::Refused { .. }), closed);
        assert_eq!(error.mend().is_some(), !closed);
    }
}

#[test]
fn a_board_is_found_whoever_owns_it_or_not_at_all() {
    let there = project(false, &status_field());
    for (answer, found) in [
        (json!({ "repositoryOwner": { "projectV2": there } }), true),
        (json!({ "repositoryOwner": { "projectV2": null } }), false),
        (json!({ "repositoryOwner": {} }), false),
        (json!({ "repositoryOwner": null }), false),
    ] {
        let read: OwnerAnswer<Project> = serde_json::from_value(answer.clone()).unwrap();
        assert_eq!(read.project().is_some(), found, "{answer}");
    }
}

/// A card of an issue: on which board, and how it came to lie in its column.
fn issue_item(owner: &Value, number: u64, value: &Value) -> IssueItem {
    let mut project = project(false, &status_field());
    project["number"] = json!(number);
    project["owner"] = owner.clone();
    serde_json::from_value(json!({
        "id": "I_1", "isArchived": false, "fieldValueByName": value, "project": project,
    }))
    .unwrap()
}

fn dated(column: &str, created: &str, updated: &str, creator: &Value) -> Value {
    json!({
        "__typename": "ProjectV2ItemFieldSingleSelectValue", "name": column,
        "createdAt": created, "updatedAt": updated, "creator": creator,
    })
}

#[test]
fn only_cards_of_our_board_are_ours() {
    for (owner, number, ours) in [
        (json!({ "login": "acme" }), 3, true),
        (json!({ "login": "ACME" }), 3, true),
        (json!({ "login": "acme" }), 4, false),
        (json!({ "login": "other" }), 3, false),
        (json!({}), 3, false),
    ] {
        let item = issue_item(&owner, number, &Value::Null);
        assert_eq!(item.is_on("acme", 3), ours, "{owner} {number}");
    }
}

#[test]
fn who_put_a_card_where_it_lies_is_known_until_it_is_moved() {
    const FIRST: &str = "2026-01-05T09:00:00Z";
    const LATER: &str = "2026-01-05T09:00:01Z";
    let ann = json!({ "login": "ann" });
    let at: Timestamp = FIRST.parse().unwrap();
    let by = |login: Option<&str>| Some(StatusChange { by: login.map(str::to_owned), at });
    for (what, value, expected) in [
        ("put there once", dated("Ready", FIRST, FIRST, &ann), by(Some("ann"))),
        ("the account is gone", dated("Ready", FIRST, FIRST, &Value::Null), by(None)),
        ("moved since", dated("Ready", FIRST, LATER, &ann), None),
        ("in no column", Value::Null, None),
        (
            "in a field of another kind",
            json!({ "__typename": "ProjectV2ItemFieldTextValue" }),
            None,
        ),
    ] {
        let item = issue_item(&json!({ "login": "acme" }), 3, &value);
        assert_eq!(item.change(), expected, "{what}");
    }
}

#[test]
fn an_issue_that_cannot_be_seen_is_none() {
    let items = json!({ "pageInfo": { "hasNextPage": false, "endCursor": null }, "nodes": [] });
    let issue = json!({ "id": "I_7", "state": "OPEN", "projectItems": items });
    for (answer, found) in [
        (json!({ "repository": { "issue": issue } }), true),
        (json!({ "repository": { "issue": null } }), false),
        (json!({ "repository": null }), false),
    ] {
        let read: IssueAnswer = serde_json::from_value(answer.clone()).unwrap();
        assert_eq!(read.issue().is_some_and(|issue| issue.is_open()), found, "{answer}");
    }
}
