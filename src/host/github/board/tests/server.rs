//! One board behind HTTP on this machine: it keeps its cards, numbers them, and refuses ids that it does not know, as GitHub does.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread;

use serde_json::{Value, json};

/// What a card is about.
#[derive(Clone)]
pub(super) enum About {
    /// Repository, number, whether it is open.
    Issue(&'static str, u64, bool),
    Pull,
    Draft,
    Redacted,
}

#[derive(Clone)]
pub(super) struct Card {
    pub(super) about: About,
    /// Name of its column.
    pub(super) column: Option<String>,
    pub(super) archived: bool,
    /// Whether it was moved after it got its first column.
    pub(super) moved: bool,
}

/// The state of the board and of what may be put on it.
pub(super) struct Board {
    pub(super) exists: bool,
    pub(super) closed: bool,
    pub(super) project: String,
    pub(super) columns: Vec<(String, String)>,
    pub(super) cards: Vec<Card>,
    /// Issues that are on no board of ours: repository and number.
    pub(super) others: Vec<(&'static str, u64)>,
    /// On how many boards of other people every issue is.
    pub(super) foreign_boards: usize,
    /// Cursor that is given instead of the right one.
    pub(super) stuck_cursor: bool,
    /// Names of the operations that were asked for.
    pub(super) asked: Vec<String>,
}

impl Board {
    fn new() -> Self {
        let columns = ["Backlog", "Ready", "In Progress", "Blocked", "Done"];
        Self {
            exists: true,
            closed: false,
            project: "PVT_1".to_owned(),
            columns: columns.map(|name| (format!("o-{name}"), name.to_owned())).to_vec(),
            cards: Vec::new(),
            others: Vec::new(),
            foreign_boards: 0,
            stuck_cursor: false,
            asked: Vec::new(),
        }
    }

    /// Puts an open issue into a column.
    pub(super) fn put(&mut self, repository: &'static str, number: u64, column: Option<&str>) {
        let column = column.map(str::to_owned);
        let about = About::Issue(repository, number, true);
        self.cards.push(Card { about, column, archived: false, moved: false });
    }

    /// How often an operation was asked for.
    pub(super) fn count(&self, operation: &str) -> usize {
        self.asked.iter().filter(|asked| *asked == operation).count()
    }

    fn answer(&mut self, operation: &str, variables: &Value) -> Value {
        self.asked.push(operation.to_owned());
        match operation {
            "BoardItems" => self.owned(self.with_items(variables)),
            "BoardColumns" => self.owned(self.itself()),
            "IssueCard" => self.issue(variables),
            "AddCard" => self.add(variables),
            "MoveCard" => self.move_card(variables),
            other => json!({ "errors": [{ "message": format!("no operation {other}") }] }),
        }
    }

    fn owned(&self, project: Value) -> Value {
        let project = if self.exists { project } else { Value::Null };
        json!({ "data": { "repositoryOwner": { "projectV2": project } } })
    }

    fn itself(&self) -> Value {
        let options: Vec<Value> =
            self.columns.iter().map(|(id, name)| json!({ "id": id, "name": name })).collect();
        json!({
            "id": self.project, "number": 3, "url": "https://github.test/orgs/acme/projects/3",
            "closed": self.closed, "owner": { "login": "Acme" },
            "field": { "__typename": "ProjectV2SingleSelectField", "id": "F_1", "options": options },
        })
    }

    fn page(&self, all: &[Value], size: usize, variables: &Value) -> Value {
        let from: usize = variables["after"].as_str().map_or(0, |after| after.parse().unwrap());
        let to = all.len().min(from + size);
        let cursor = if self.stuck_cursor { from } else { to };
        json!({
            "pageInfo": { "hasNextPage": to < all.len(), "endCursor": cursor.to_string() },
            "nodes": all[from..to],
        })
    }

    fn with_items(&self, variables: &Value) -> Value {
        let items: Vec<Value> = self.cards.iter().map(item).collect();
        let mut project = self.itself();
        project["items"] = self.page(&items, 100, variables);
        project
    }

    fn find(&self, repository: &str, number: u64) -> Option<usize> {
        self.cards.iter().position(
            |card| matches!(card.about, About::Issue(r, n, _) if r == repository && n == number),
        )
    }

    fn issue(&self, variables: &Value) -> Value {
        let owner = variables["owner"].as_str().unwrap();
        let repository = format!("{owner}/{}", variables["name"].as_str().unwrap());
        let number = variables["number"].as_u64().unwrap();
        let at = self.find(&repository, number);
        if at.is_none() && !self.others.contains(&(leak(&repository), number)) {
            return json!({ "data": { "repository": null },
                "errors": [{ "type": "NOT_FOUND", "message": "Could not resolve to an Issue" }] });
        }
        let mut items = Vec::new();
        for board in 0..self.foreign_boards {
            let mut project = self.itself();
            project["number"] = json!(100 + board);
            items.push(json!({ "id": format!("X_{board}"), "isArchived": false,
                "fieldValueByName": null, "project": project }));
        }
        if let Some(at) = at {
            let mut ours = item(&self.cards[at]);
            ours["id"] = json!(format!("I_{at}"));
            ours["project"] = self.itself();
            items.push(ours);
        }
        let items = self.page(&items, 20, variables);
        let id = format!("{repository}#{number}");
        json!({ "data": { "repository": { "issue":
            { "id": id, "state": "OPEN", "projectItems": items } } } })
    }

    fn add(&mut self, variables: &Value) -> Value {
        if variables["project"] != json!(self.project) {
            return unresolved();
        }
        let issue = variables["issue"].as_str().unwrap().to_owned();
        let (repository, number) = issue.split_once('#').unwrap();
        let number = number.parse().unwrap();
        let at = self.find(repository, number).unwrap_or_else(|| {
            self.put(leak(repository), number, None);
            self.cards.len() - 1
        });
        json!({ "data": { "addProjectV2ItemById": { "item": { "id": format!("I_{at}") } } } })
    }

    fn move_card(&mut self, variables: &Value) -> Value {
        let known = self.columns.iter().find(|(id, _)| variables["option"] == json!(id));
        if variables["project"] != json!(self.project) || variables["field"] != json!("F_1") {
            return unresolved();
        }
        let Some((_, name)) = known else {
            return json!({ "data": null, "errors": [{ "type": "VALIDATION",
                "message": "The single select option Id does not belong to the field" }] });
        };
        let item = variables["item"].as_str().unwrap();
        let at: usize = item.trim_start_matches("I_").parse().unwrap();
        let card = &mut self.cards[at];
        card.moved = card.column.is_some();
        card.column = Some(name.clone());
        json!({ "data": { "updateProjectV2ItemFieldValue": { "projectV2Item": { "id": item } } } })
    }
}

/// Tests are short-lived.
fn leak(text: &str) -> &'static str {
    Box::leak(text.to_owned().into_boxed_str())
}

fn unresolved() -> Value {
    json!({ "data": null, "errors": [{ "type": "NOT_FOUND",
        "message": "Could not resolve to a node with the global id" }] })
}

fn item(card: &Card) -> Value {
    let content = match card.about {
        About::Issue(repository, number, open) => json!({
            "__typename": "Issue", "number": number, "state": if open { "OPEN" } else { "CLOSED" },
            "repository": { "nameWithOwner": repository },
        }),
        About::Pull => json!({ "__typename": "PullRequest" }),
        About::Draft => json!({ "__typename": "DraftIssue" }),
        About::Redacted => Value::Null,
    };
    let second = u8::from(card.moved);
    let value = card.column.as_ref().map(|name| {
        json!({
            "__typename": "ProjectV2ItemFieldSingleSelectValue", "name": name,
            "createdAt": "2026-01-05T09:00:00Z", "updatedAt": format!("2026-01-05T09:00:0{second}Z"),
            "creator": { "login": "ann" },
        })
    });
    json!({ "isArchived": card.archived, "fieldValueByName": value, "content": content })
}

/// The server of a board; ends with the test's process.
pub(super) struct Server {
    pub(super) url: String,
    board: Arc<Mutex<Board>>,
}

impl Server {
    pub(super) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let board = Arc::new(Mutex::new(Board::new()));
        let shared = Arc::clone(&board);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                serve(stream, &shared);
            }
        });
        Self { url, board }
    }

    pub(super) fn board(&self) -> MutexGuard<'_, Board> {
        self.board.lock().unwrap()
    }
}

/// Answers one request and closes.
fn serve(mut stream: TcpStream, board: &Mutex<Board>) {
    let Some(body) = body_of(&mut stream) else { return };
    let request: Value = serde_json::from_slice(&body).unwrap();
    let operation = request["operationName"].as_str().unwrap();
    let answer = board.lock().unwrap().answer(operation, &request["variables"]).to_string();
    let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close";
    let sent = write!(stream, "{head}\r\ncontent-length: {}\r\n\r\n{answer}", answer.len());
    drop(sent);
}

fn body_of(stream: &mut TcpStream) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut chunk = [0; 4096];
    loop {
        let end = bytes.windows(4).position(|four| four == b"\r\n\r\n").map(|at| at + 4);
        if let Some(end) = end {
            let head = String::from_utf8_lossy(&bytes[..end]).to_lowercase();
            let length = head.lines().find_map(|line| line.strip_prefix("content-length:"));
            let length: usize = length.map_or(0, |length| length.trim().parse().unwrap());
            if bytes.len() >= end + length {
                return Some(bytes[end..end + length].to_vec());
            }
        }
        let read = stream.read(&mut chunk).ok().filter(|read| *read > 0)?;
        bytes.extend_from_slice(&chunk[..read]);
    }
}
