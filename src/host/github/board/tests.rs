//! A board over HTTP: what is asked, what is made of it, and what is written.

mod server;

use std::time::Duration;

use tempfile::TempDir;

use super::*;
use crate::sys::clock::SystemClock;
use crate::sys::files;
use crate::text::secret::Secret;
use server::{About, Card as FakeCard, Server};

struct Scene {
    server: Server,
    dir: TempDir,
}

impl Scene {
    fn new() -> Self {
        Self { server: Server::start(), dir: tempfile::tempdir().unwrap() }
    }

    /// The board as a new process sees it.
    fn board(&self) -> ProjectBoard {
        let dir = self.dir.path();
        let client = Client::new(super::super::ClientOptions {
            api_url: self.server.url.clone(),
            token: Rc::new(|| Ok(Secret::new("ghp_planted"))),
            cache_dir: dir.join("cache"),
            parked_file: dir.join("parked.json"),
            write_lock: dir.join("write.lock"),
            write_interval: Duration::ZERO,
            clock: Rc::new(SystemClock),
        });
        ProjectBoard::new(BoardOptions {
            client: Rc::new(client),
            owner: "acme".to_owned(),
            number: 3,
            names: ColumnNames::default(),
            cache_file: self.cache_file(),
        })
    }

    fn cache_file(&self) -> PathBuf {
        self.dir.path().join("boards/acme-3.json")
    }

    /// Where the card of an issue lies now.
    fn column(&self, number: u64) -> Option<String> {
        let board = self.server.board();
        let card = board.cards.iter().find(
            |card| matches!(card.about, About::Issue("acme/shop", found, _) if found == number),
        );
        card.and_then(|card| card.column.clone())
    }
}

fn wait<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    tokio::task::LocalSet::new().block_on(&runtime, future)
}

fn shop() -> RepoSlug {
    "acme/shop".parse().unwrap()
}

const SEVEN: IssueNumber = IssueNumber(7);

#[test]
fn the_ready_issues_of_a_repository_are_found_among_250_cards_of_all_kinds() {
    let scene = Scene::new();
    {
        let mut board = scene.server.board();
        for number in 1..=120 {
            board.put("other/shop", number, Some("Ready"));
        }
        let ready = Some("Ready".to_owned());
        for (about, archived) in [
            (About::Issue("acme/shop", 1, false), false),
            (About::Issue("acme/shop", 2, true), true),
            (About::Pull, false),
            (About::Draft, false),
            (About::Redacted, false),
        ] {
            board.cards.push(FakeCard { about, column: ready.clone(), archived, moved: false });
        }
        board.put("acme/shop", 3, None);
        board.put("acme/shop", 4, Some("Review"));
        board.put("acme/shop", 5, Some("Done"));
        for number in 10..=130 {
            board.put("other/web", number, Some("Backlog"));
        }
        board.put("Acme/Shop", 9, Some("✅ ready"));
        board.put("acme/shop", 8, Some("Ready"));
    }
    wait(async {
        let board = scene.board();
        let found = board.ready_numbers(&shop(), Reads::Remembered).await.unwrap();
        assert_eq!(found, [IssueNumber(8), IssueNumber(9)]);
        let web = "other/web".parse().unwrap();
        assert_eq!(board.ready_numbers(&web, Reads::Remembered).await.unwrap(), []);
        assert_eq!(scene.server.board().asked, ["BoardItems"; 3]);
        board.ready_numbers(&shop(), Reads::Fresh).await.unwrap();
        assert_eq!(scene.server.board().asked, ["BoardItems"; 6]);
    });
}

#[test]
fn repositories_side_by_side_read_the_board_once() {
    let scene = Scene::new();
    scene.server.board().put("acme/shop", 7, Some("Ready"));
    wait(async {
        let board = Rc::new(scene.board());
        let readers: Vec<_> = (0..5)
            .map(|_| {
                let board = Rc::clone(&board);
                tokio::task::spawn_local(async move {
                    board.ready_numbers(&shop(), Reads::Remembered).await.unwrap()
                })
            })
            .collect();
        for reader in readers {
            assert_eq!(reader.await.unwrap(), [SEVEN]);
        }
    });
    assert_eq!(scene.server.board().asked, ["BoardItems"]);
}

#[test]
fn an_idle_run_asks_one_query_and_writes_no_file() {
    let scene = Scene::new();
    let read = || wait(async { scene.board().ready_numbers(&shop(), Reads::Remembered).await });
    let changed = || std::fs::metadata(scene.cache_file()).unwrap().modified().unwrap();
    assert_eq!(read().unwrap(), []);
    let first = changed();
    assert_eq!(read().unwrap(), []);
    assert_eq!((changed(), scene.server.board().asked.len()), (first, 2));
}

#[test]
fn where_an_issue_lies_is_remembered_or_asked_anew() {
    let scene = Scene::new();
    {
        let mut board = scene.server.board();
        board.put("acme/shop", 7, Some("Ready"));
        board.put("acme/shop", 8, Some("Done"));
        board.cards[1].archived = true;
        board.others.push(("acme/shop", 9));
        board.foreign_boards = 25;
    }
    wait(async {
        let board = scene.board();
        for (number, status) in [(7, Some(BoardStatus::Ready)), (8, None), (9, None)] {
            let number = IssueNumber(number);
            let found = board.status_of(&shop(), number, Reads::Remembered).await.unwrap();
            assert_eq!(found, status, "{number:?} before the cards are read");
        }
        assert_eq!(scene.server.board().count("IssueCard"), 6, "two pages each");
        board.ready_numbers(&shop(), Reads::Remembered).await.unwrap();
        scene.server.board().cards[0].column = Some("Blocked".to_owned());
        for (reads, status) in
            [(Reads::Remembered, BoardStatus::Ready), (Reads::Fresh, BoardStatus::Blocked)]
        {
            let found = board.status_of(&shop(), SEVEN, reads).await.unwrap();
            assert_eq!(found, Some(status), "{reads:?}");
        }
        let missing = board.status_of(&shop(), IssueNumber(404), Reads::Fresh).await.unwrap_err();
        assert_eq!(missing.to_string(), "issue acme/shop#404 does not exist");
    });
}

#[test]
fn a_card_is_moved_once_and_an_archived_one_never() {
    let scene = Scene::new();
    scene.server.board().put("acme/shop", 7, None);
    wait(async {
        let board = scene.board();
        board.ready_numbers(&shop(), Reads::Remembered).await.unwrap();
        for _ in 0..2 {
            board.set_status(&shop(), SEVEN, BoardStatus::InProgress).await.unwrap();
        }
        assert_eq!(scene.column(7).as_deref(), Some("In Progress"));
        let seen = board.status_of(&shop(), SEVEN, Reads::Remembered).await.unwrap();
        assert_eq!(seen, Some(BoardStatus::InProgress));
        scene.server.board().cards[0].archived = true;
        board.set_status(&shop(), SEVEN, BoardStatus::Done).await.unwrap();
    });
    let board = scene.server.board();
    assert_eq!((board.count("MoveCard"), board.count("AddCard")), (1, 0));
}

#[test]
fn an_issue_that_is_not_on_the_board_is_put_there_with_ids_that_are_remembered() {
    let scene = Scene::new();
    scene.server.board().others = vec![("acme/shop", 7), ("acme/shop", 8)];
    for number in [7, 8] {
        // Another board each time, as another process has it.
        wait(async {
            let number = IssueNumber(number);
            scene.board().set_status(&shop(), number, BoardStatus::Ready).await.unwrap();
        });
        assert_eq!(scene.column(number).as_deref(), Some("Ready"));
    }
    assert_eq!(scene.server.board().count("BoardColumns"), 1);
}

#[test]
fn remembered_ids_that_are_out_of_date_are_read_anew() {
    let scene = Scene::new();
    scene.server.board().others = vec![("acme/shop", 7), ("acme/shop", 8)];
    let set = |number| {
        wait(async {
            scene.board().set_status(&shop(), IssueNumber(number), BoardStatus::Ready).await
        })
    };
    set(7).unwrap();
    for column in &mut scene.server.board().columns {
        column.0 = format!("new-{}", column.0);
    }
    set(8).unwrap();
    assert_eq!(scene.column(8).as_deref(), Some("Ready"));
    assert_eq!(scene.server.board().cards.len(), 2, "one card for each issue");
    scene.server.board().others.push(("acme/shop", 9));
    scene.server.board().project = "PVT_2".to_owned();
    set(9).unwrap();
    assert_eq!(scene.column(9).as_deref(), Some("Ready"));
    let kept = files::read_text(&scene.cache_file(), 1 << 20).unwrap();
    assert!(kept.contains("PVT_2") && kept.contains("new-o-Ready"), "{kept}");
}

#[test]
fn a_renamed_column_is_named_and_nothing_is_written() {
    let scene = Scene::new();
    {
        let mut board = scene.server.board();
        board.others.push(("acme/shop", 8));
        board.put("acme/shop", 7, Some("Done"));
        board.columns[1].1 = "Go".to_owned();
    }
    wait(async {
        let board = scene.board();
        let errors = [
            board.ready_numbers(&shop(), Reads::Remembered).await.unwrap_err(),
            board.set_status(&shop(), SEVEN, BoardStatus::Ready).await.unwrap_err(),
            board.set_status(&shop(), IssueNumber(8), BoardStatus::Ready).await.unwrap_err(),
            board.check().await.unwrap_err(),
        ];
        for error in errors {
            assert_eq!(
                error.to_string(),
                "the board https://github.test/orgs/acme/projects/3: it has no column `Ready`; its columns are `Backlog`, `Go`, `In Progress`, `Blocked`, `Done`"
            );
            assert!(error.mend().unwrap().contains("`ready_value: "), "{error:?}");
        }
    });
    let board = scene.server.board();
    assert_eq!((board.count("AddCard"), board.count("MoveCard")), (0, 0));
}

#[test]
fn a_board_that_is_closed_or_gone_is_named() {
    let scene = Scene::new();
    scene.server.board().put("acme/shop", 7, Some("Ready"));
    scene.server.board().closed = true;
    wait(async {
        let board = scene.board();
        for error in [
            board.ready_numbers(&shop(), Reads::Remembered).await.unwrap_err(),
            board.status_of(&shop(), SEVEN, Reads::Fresh).await.unwrap_err(),
            board.set_status(&shop(), SEVEN, BoardStatus::Done).await.unwrap_err(),
        ] {
            assert!(matches!(error, HostError::Refused { .. }), "{error:?}");
            assert!(error.to_string().contains("projects/3: it is closed"), "{error}");
        }
        scene.server.board().exists = false;
        let error = board.ready_numbers(&shop(), Reads::Remembered).await.unwrap_err();
        assert!(error.to_string().starts_with("board 3 of acme: "), "{error}");
        assert!(error.mend().unwrap().contains("`gh auth refresh -s project`"), "{error:?}");
    });
    assert_eq!(scene.server.board().count("MoveCard"), 0);
}

#[test]
fn a_part_of_the_cards_is_never_taken_for_all() {
    let scene = Scene::new();
    for number in 1..=150 {
        scene.server.board().put("acme/shop", number, Some("Ready"));
    }
    scene.server.board().stuck_cursor = true;
    wait(async {
        let board = scene.board();
        let error = board.ready_numbers(&shop(), Reads::Remembered).await.unwrap_err();
        assert!(matches!(error, HostError::Malformed { .. }), "{error:?}");
        scene.server.board().stuck_cursor = false;
        let found = board.ready_numbers(&shop(), Reads::Remembered).await.unwrap();
        assert_eq!(found.len(), 150);
    });
}

#[test]
fn who_made_an_issue_ready_is_told_while_its_card_lies_where_it_was_put_first() {
    let scene = Scene::new();
    scene.server.board().put("acme/shop", 7, Some("Ready"));
    wait(async {
        let board = scene.board();
        let change = board.status_events(&shop(), SEVEN).await.unwrap().unwrap();
        assert_eq!(change.by.as_deref(), Some("ann"));
        for change in [
            |card: &mut FakeCard| card.moved = true,
            |card: &mut FakeCard| card.archived = true,
            |card: &mut FakeCard| card.column = Some("Backlog".to_owned()),
            |card: &mut FakeCard| card.column = None,
        ] {
            let mut card = scene.server.board().cards[0].clone();
            let before = card.clone();
            change(&mut card);
            scene.server.board().cards[0] = card;
            assert_eq!(board.status_events(&shop(), SEVEN).await.unwrap(), None);
            scene.server.board().cards[0] = before;
        }
    });
}
