//! What the fake answers to GraphQL documents, judged by GitHub's schema like everything else.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::support::hub::board::{Content, Item};
use crate::support::hub::conformance::{Exchange, check};
use crate::support::hub::graphql::execute;
use crate::support::hub::state::{AccountKind, Permission, State, Token, node};

/// A hub with a board, two issues and a note.
struct World {
    state: State,
    _folder: tempfile::TempDir,
}

const BOARD: &str = "query($number: Int!, $after: String) {
    organization(login: \"acme\") { projectV2(number: $number) {
        id title closed url
        field(name: \"Status\") { __typename ... on ProjectV2SingleSelectField { id name options { id name } } }
        fields(first: 20) { nodes { ... on ProjectV2FieldCommon { name dataType } } }
        items(first: 2, after: $after) {
            totalCount pageInfo { hasNextPage endCursor }
            nodes { id type isArchived
                fieldValueByName(name: \"Status\") { ... on ProjectV2ItemFieldSingleSelectValue { name optionId } }
                content {
                    ... on Issue { number repository { nameWithOwner } labels(first: 5) { nodes { name } } }
                    ... on PullRequest { number }
                    ... on DraftIssue { title }
                } }
        }
    } }
    rateLimit { cost remaining resetAt }
}";

impl World {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut state = State::new(folder.path(), "http://127.0.0.1:9");
        assert_eq!(state.open_issue("acme/shop", "ann", "Add a cart", "Please."), 1);
        assert_eq!(state.open_issue("acme/shop", "ben", "Empty the cart", ""), 2);
        state.label("acme/shop", 1, "ann", "bug");
        state.add_board("acme", "Sprint");
        Self { state, _folder: folder }
    }

    fn token(scopes: &[&str]) -> Token {
        Token {
            secret: "ghp_x".to_owned(),
            login: "agentos-bot".to_owned(),
            scopes: Some(scopes.iter().map(|&scope| scope.to_owned()).collect()),
            sso_missing: None,
        }
    }

    /// Executes a document and lets the judge look at the exchange.
    #[track_caller]
    fn ask_as(&mut self, token: &Token, query: &str, variables: &Value) -> Value {
        let body = json!({"query": query, "variables": variables});
        let answer = execute(&mut self.state, token, &body);
        let found = check(&Exchange {
            method: "POST",
            path: "/graphql",
            query: "",
            request_body: Some(body.to_string().as_bytes()),
            status: 200,
            response_body: answer.to_string().as_bytes(),
            content_type: Some("application/json; charset=utf-8"),
        });
        assert!(found.is_empty(), "{found:#?}\n{answer:#}");
        answer
    }

    #[track_caller]
    fn ask(&mut self, query: &str, variables: &Value) -> Value {
        self.ask_as(&Self::token(&["repo", "project"]), query, variables)
    }

    /// Asks and wants no error.
    #[track_caller]
    fn data(&mut self, query: &str, variables: &Value) -> Value {
        let answer = self.ask(query, variables);
        assert!(answer.get("errors").is_none(), "{answer:#}");
        answer["data"].clone()
    }

    fn issue_node(&self, number: u64) -> String {
        node("I", self.state.issue("acme/shop", number).id)
    }

    /// Puts an issue on the board and returns the item's node id.
    #[track_caller]
    fn add(&mut self, number: u64) -> String {
        let input =
            json!({"projectId": self.state.boards[0].node, "contentId": self.issue_node(number)});
        let document = "mutation($input: AddProjectV2ItemByIdInput!) { addProjectV2ItemById(input: $input) { item { id } } }";
        let data = self.data(document, &json!({"input": input}));
        data["addProjectV2ItemById"]["item"]["id"].as_str().unwrap().to_owned()
    }

    /// The mutation that moves an item to a column, and its variables.
    fn moving(&self, item: &str, column: &str) -> (&'static str, Value) {
        let board = &self.state.boards[0];
        let field = &board.fields[0];
        let option = field.options.iter().find(|(_, name)| name == column);
        let option = option.map_or("00000000", |(id, _)| id.as_str());
        let input = json!({
            "projectId": board.node, "itemId": item, "fieldId": field.node,
            "value": {"singleSelectOptionId": option}
        });
        let document = "mutation($input: UpdateProjectV2ItemFieldValueInput!) {
            updateProjectV2ItemFieldValue(input: $input) { projectV2Item { id } clientMutationId } }";
        (document, json!({"input": input}))
    }
}

fn first_error(answer: &Value) -> (&str, &str) {
    let error = &answer["errors"][0];
    (error["type"].as_str().unwrap(), error["message"].as_str().unwrap())
}

#[test]
fn a_board_is_read_in_pages_with_what_its_items_show() {
    let mut world = World::new();
    let item = world.add(1);
    world.add(2);
    let (document, variables) = world.moving(&item, "Ready");
    world.data(document, &variables);
    let (at, id) = (world.state.write(), world.state.id());
    world.state.boards[0].items.push(Item {
        id,
        node: node("PVTI", id),
        content: Content::Draft("Think".to_owned(), String::new()),
        archived: true,
        values: BTreeMap::default(),
        created_at: at,
        updated_at: at,
    });

    let data = world.data(BOARD, &json!({"number": 1}));
    let board = &data["organization"]["projectV2"];
    assert_eq!(board["title"], "Sprint");
    assert_eq!(board["field"]["options"][1]["name"], "Ready");
    assert_eq!(board["items"]["totalCount"], 3);
    assert_eq!(board["items"]["nodes"][0]["fieldValueByName"]["name"], "Ready");
    assert_eq!(board["items"]["nodes"][0]["content"]["labels"]["nodes"], json!([{"name": "bug"}]));
    assert_eq!(board["items"]["nodes"][1]["fieldValueByName"], Value::Null);
    assert_eq!(board["items"]["pageInfo"]["hasNextPage"], true);

    let after = &board["items"]["pageInfo"]["endCursor"];
    let data = world.data(BOARD, &json!({"number": 1, "after": after}));
    let items = &data["organization"]["projectV2"]["items"];
    assert_eq!(items["pageInfo"]["hasNextPage"], false);
    assert_eq!(items["nodes"][0]["type"], "DRAFT_ISSUE");
    assert_eq!(items["nodes"][0]["isArchived"], true);
    assert_eq!(items["nodes"][0]["content"]["title"], "Think");
}

#[test]
fn adding_twice_is_adding_once_and_moves_are_told_in_the_story() {
    let mut world = World::new();
    let item = world.add(1);
    assert_eq!(world.add(1), item);
    for column in ["Ready", "Ready", "Done"] {
        let (document, variables) = world.moving(&item, column);
        world.data(document, &variables);
    }
    let data = world.data(
        "{ repository(owner: \"acme\", name: \"shop\") { issue(number: 1) {
            projectItems(first: 5) { nodes { id project { number }
                fieldValueByName(name: \"Status\") { ... on ProjectV2ItemFieldSingleSelectValue {
                    name creator { login } updatedAt } } } }
            timelineItems(first: 50, itemTypes: [LABELED_EVENT]) { nodes {
                __typename ... on LabeledEvent { actor { login } createdAt label { name } } } }
        } } }",
        &json!({}),
    );
    let issue = &data["repository"]["issue"];
    let shown = &issue["projectItems"]["nodes"][0];
    assert_eq!(shown["id"], item.as_str());
    assert_eq!(shown["fieldValueByName"]["name"], "Done");
    assert_eq!(shown["fieldValueByName"]["creator"]["login"], "agentos-bot");
    let labelled = &issue["timelineItems"]["nodes"];
    assert_eq!(labelled.as_array().unwrap().len(), 1);
    assert_eq!(
        (&labelled[0]["actor"]["login"], &labelled[0]["label"]["name"]),
        (&json!("ann"), &json!("bug"))
    );
    let moves: Vec<&String> =
        world.state.story.iter().filter(|line| line.contains(" -> ")).collect();
    assert_eq!(
        moves,
        ["acme/shop#1 board Sprint:  -> Ready", "acme/shop#1 board Sprint: Ready -> Done"]
    );
}

#[test]
fn an_archived_item_and_a_foreign_option_are_refused_with_partial_data() {
    let mut world = World::new();
    let item = world.add(1);
    let (document, variables) = world.moving(&item, "Nowhere");
    let answer = world.ask(document, &variables);
    assert_eq!(first_error(&answer).0, "UNPROCESSABLE");
    assert_eq!(answer["errors"][0]["path"], json!(["updateProjectV2ItemFieldValue"]));
    assert_eq!(answer["data"]["updateProjectV2ItemFieldValue"], Value::Null);

    let board = world.state.boards[0].node.clone();
    world.data(
        "mutation($p: ID!, $i: ID!) { archiveProjectV2Item(input: {projectId: $p, itemId: $i}) { item { isArchived } } }",
        &json!({"p": board, "i": item}),
    );
    let (document, variables) = world.moving(&item, "Done");
    assert!(first_error(&world.ask(document, &variables)).1.contains("archived"));
}

#[test]
fn what_is_not_there_is_not_found_and_the_rest_is_answered() {
    let mut world = World::new();
    let cases = [
        (
            "repository(owner: \"acme\", name: \"none\") { id }",
            "Could not resolve to a Repository with the name 'acme/none'.",
        ),
        (
            "repository(owner: \"acme\", name: \"shop\") { issue(number: 99) { id } }",
            "Could not resolve to an Issue with the number of 99.",
        ),
        (
            "organization(login: \"acme\") { projectV2(number: 9) { id } }",
            "Could not resolve to a ProjectV2 with the number 9.",
        ),
        (
            "user(login: \"nobody\") { id }",
            "Could not resolve to a User with the login of 'nobody'.",
        ),
        ("node(id: \"X_1\") { id }", "Could not resolve to a node with the global id of 'X_1'"),
    ];
    for (field, message) in cases {
        let answer = world.ask(&format!("{{ viewer {{ login }} {field} }}"), &json!({}));
        assert_eq!(first_error(&answer), ("NOT_FOUND", message));
        assert_eq!(answer["data"]["viewer"]["login"], "agentos-bot");
    }
}

#[test]
fn a_token_without_the_scope_reads_no_board_and_changes_none() {
    let mut world = World::new();
    let item = world.add(1);
    let answer = world.ask_as(&World::token(&["repo"]), BOARD, &json!({"number": 1}));
    assert_eq!(first_error(&answer).0, "INSUFFICIENT_SCOPES");
    assert_eq!(answer["data"]["organization"]["projectV2"], Value::Null);
    let (document, variables) = world.moving(&item, "Done");
    let answer = world.ask_as(&World::token(&["repo", "read:project"]), document, &variables);
    assert_eq!(first_error(&answer).0, "INSUFFICIENT_SCOPES");
}

#[test]
fn an_item_from_a_repository_that_may_not_be_seen_is_redacted() {
    let mut world = World::new();
    world.add(1);
    let repo = world.state.repo_mut("acme/shop").unwrap();
    repo.private = true;
    repo.collaborators.insert("agentos-bot".to_owned(), Permission::None);
    world.state.add_account("acme", AccountKind::Organisation, &["ann", "agentos-bot"]);
    let data = world.data(BOARD, &json!({"number": 1}));
    let item = &data["organization"]["projectV2"]["items"]["nodes"][0];
    assert_eq!((&item["type"], &item["content"]), (&json!("REDACTED"), &Value::Null));
}

#[test]
fn pages_have_limits_and_cursors_are_checked() {
    let mut world = World::new();
    let ask = |world: &mut World, arguments: &str| {
        let query = format!(
            "{{ repository(owner: \"acme\", name: \"shop\") {{ issues{arguments} {{ nodes {{ number }} }} }} }}"
        );
        world.ask(&query, &json!({}))
    };
    let wrong = [
        ("", "MISSING_PAGINATION_BOUNDARIES"),
        ("(first: 101)", "EXCESSIVE_PAGINATION"),
        ("(first: 1, after: \"x\")", "INVALID_CURSOR_ARGUMENTS"),
    ];
    for (arguments, kind) in wrong {
        assert_eq!(first_error(&ask(&mut world, arguments)).0, kind);
    }
    let right = [
        ("(last: 1)", json!([{"number": 2}])),
        ("(first: 5, labels: [\"bug\"])", json!([{"number": 1}])),
        ("(first: 5, states: [CLOSED])", json!([])),
        ("(first: 1, orderBy: {field: CREATED_AT, direction: DESC})", json!([{"number": 2}])),
    ];
    for (arguments, nodes) in right {
        assert_eq!(
            ask(&mut world, arguments)["data"]["repository"]["issues"]["nodes"],
            nodes,
            "{arguments}"
        );
    }
}

#[test]
fn comments_and_issues_are_made_and_an_archived_repository_takes_none() {
    let mut world = World::new();
    let comment = "mutation($id: ID!) { addComment(input: {subjectId: $id, body: \"Hello\"}) {
        commentEdge { node { body author { login } url } } } }";
    let id = json!({"id": world.issue_node(2)});
    let data = world.data(comment, &id);
    assert_eq!(data["addComment"]["commentEdge"]["node"]["author"]["login"], "agentos-bot");
    assert_eq!(world.state.issue("acme/shop", 2).comments[0].body, "Hello");

    let repository = node("R", world.state.repo("acme/shop").unwrap().id);
    let create = "mutation($input: CreateIssueInput!) { createIssue(input: $input) { issue { number title } } }";
    let data = world.data(create, &json!({"input": {"repositoryId": repository, "title": "New"}}));
    assert_eq!(data["createIssue"]["issue"], json!({"number": 3, "title": "New"}));

    world.state.repo_mut("acme/shop").unwrap().archived = true;
    assert_eq!(first_error(&world.ask(comment, &id)).0, "FORBIDDEN");
}

#[test]
fn an_empty_budget_answers_nothing_and_says_so() {
    let mut world = World::new();
    world.state.graphql_used = world.state.graphql_limit;
    let answer = world.ask("{ viewer { login } }", &json!({}));
    assert_eq!(first_error(&answer).0, "RATE_LIMITED");
    assert!(answer.get("data").is_none());
}

#[test]
fn what_the_fake_does_not_know_is_an_error_and_not_an_invention() {
    let mut world = World::new();
    let answer = world.ask("{ viewer { login bio } }", &json!({}));
    assert_eq!(first_error(&answer), ("NOT_FAKED", "the fake GitHub does not answer `User.bio`"));
}

#[test]
fn the_listing_documents_of_a_client_that_others_wrote_are_answered() {
    let mut world = World::new();
    let list = "fragment issue on Issue { number title url state updatedAt labels(first: 100) { nodes { id name description color } totalCount } }
        query IssueList($owner: String!, $repo: String!, $limit: Int, $endCursor: String, $states: [IssueState!] = OPEN) {
            repository(owner: $owner, name: $repo) { hasIssuesEnabled
                issues(first: $limit, after: $endCursor, orderBy: {field: CREATED_AT, direction: DESC}, states: $states) {
                    totalCount nodes { ...issue } pageInfo { hasNextPage endCursor } } } }";
    let data = world.data(list, &json!({"owner": "acme", "repo": "shop", "limit": 30}));
    assert_eq!(data["repository"]["issues"]["nodes"][1]["labels"]["nodes"][0]["name"], "bug");
    let view = "{ repository(owner: \"acme\", name: \"shop\") { hasIssuesEnabled issue: issueOrPullRequest(number: 1) { __typename
        ... on Issue { number title state stateReason body author { login } createdAt milestone { title }
            assignees(first: 100) { nodes { id login name } totalCount }
            comments(last: 1) { nodes { body author { login } authorAssociation includesCreatedEdit isMinimized } totalCount }
            reactionGroups { content users { totalCount } } projectCards(first: 100) { totalCount nodes { id } } } } } }";
    let data = world.data(view, &json!({}));
    assert_eq!(data["repository"]["issue"]["title"], "Add a cart");
    let fields = "{ Issue: __type(name: \"Issue\") { fields(includeDeprecated: true) { name } } }";
    assert!(world.data(fields, &json!({}))["Issue"]["fields"].as_array().unwrap().len() > 50);
}
