//! What the judge says about GraphQL documents and answers.

use serde_json::{Value, json};

use crate::support::hub::conformance::graphql::{check_answer, check_document};
use crate::support::hub::conformance::{Exchange, check};

const BOARD: &str = "query($login: String!, $number: Int!) {
    organization(login: $login) { projectV2(number: $number) {
        id title items(first: 100) { totalCount nodes { type content { ... on Issue { number } } } }
    } }
}";

fn board() -> Value {
    json!({"organization": {"projectV2": {
        "id": "PVT_1", "title": "Sprint",
        "items": {"totalCount": 1, "nodes": [{"type": "ISSUE", "content": {"number": 7}}]}
    }}})
}

#[test]
fn a_document_is_refused_when_github_does_not_know_what_it_asks() {
    assert_eq!(check_document(BOARD), Vec::<String>::new());
    let wrong = [
        "{ viewer { projectNext(number: 1) { id } } }",
        "{ viewer { login",
        "{ viewer }",
        "query($number: String!) { viewer { projectV2(number: $number) { id } } }",
        "mutation { addProjectV2ItemById(input: {projectId: \"PVT_1\"}) { item { id } } }",
    ];
    for document in wrong {
        assert!(!check_document(document).is_empty(), "{document}");
    }
}

#[test]
fn an_answer_has_everything_that_was_asked_in_its_type_and_nothing_else() {
    assert_eq!(check_answer(BOARD, &board()), Vec::<String>::new());
    assert_eq!(check_answer(BOARD, &json!({"organization": null})), Vec::<String>::new());
    let changes: [(&str, Value, &str); 6] = [
        ("/organization/projectV2/id", Value::Null, "is null"),
        ("/organization/projectV2/title", json!(7), "no String"),
        ("/organization/projectV2/items/totalCount", json!("1"), "no Int"),
        ("/organization/projectV2/items/nodes", json!({}), "no list"),
        ("/organization/projectV2/items/nodes/0/type", json!("NOTE"), "no ProjectV2ItemType"),
        ("/organization/projectV2/items/nodes/0/content", json!({"title": "x"}), "not asked for"),
    ];
    for (at, value, what) in changes {
        let mut data = board();
        *data.pointer_mut(at).unwrap() = value;
        let found = check_answer(BOARD, &data);
        assert!(found.iter().any(|line| line.contains(what)), "{at}: {found:?}");
    }
    let mut data = board();
    data["organization"]["projectV2"].as_object_mut().unwrap().remove("title");
    assert!(check_answer(BOARD, &data)[0].contains("missing"));
}

#[test]
fn a_wrong_type_name_and_a_left_out_selection_are_told_apart() {
    let document = "query($deep: Boolean!) { viewer { __typename login @include(if: $deep) } }";
    let right = json!({"viewer": {"__typename": "User"}});
    assert_eq!(check_answer(document, &right), Vec::<String>::new());
    let wrong = json!({"viewer": {"__typename": "Bot"}});
    assert!(check_answer(document, &wrong)[0].contains("instead of User"));
}

fn exchanged(body: &Value, status: u16, answer: &Value) -> Vec<String> {
    check(&Exchange {
        method: "POST",
        path: "/graphql",
        query: "",
        request_body: Some(body.to_string().as_bytes()),
        status,
        response_body: answer.to_string().as_bytes(),
        content_type: Some("application/json"),
    })
}

#[test]
fn exchanges_are_judged_with_their_variables_and_errors() {
    let body = json!({"query": BOARD, "variables": {"login": "acme", "number": 1}});
    assert_eq!(exchanged(&body, 200, &json!({"data": board()})), Vec::<String>::new());
    let error =
        json!({"type": "NOT_FOUND", "path": ["organization"], "message": "Could not resolve."});
    let partial = json!({"data": {"organization": null}, "errors": [error]});
    assert_eq!(exchanged(&body, 200, &partial), Vec::<String>::new());
    assert_eq!(exchanged(&body, 401, &json!({"message": "Bad credentials"})), Vec::<String>::new());

    let variables = json!({"query": BOARD, "variables": {"login": "acme", "number": "1"}});
    assert!(!exchanged(&variables, 200, &json!({"data": board()})).is_empty());
    assert!(!exchanged(&body, 200, &json!({"data": null})).is_empty());
    assert!(!exchanged(&body, 200, &json!({"data": board(), "more": 1})).is_empty());
    assert!(!exchanged(&body, 200, &json!({"data": null, "errors": [{"kind": 1}]})).is_empty());
}
