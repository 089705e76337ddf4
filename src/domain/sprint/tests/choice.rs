//! From a ranking to a sprint, by rule and by a model.

use super::*;

fn ranked(list: &[(u64, &[u64])]) -> Vec<Ranked> {
    let one = |(number, after): &(u64, &[u64])| Ranked {
        number: IssueNumber(*number),
        title: String::new(),
        priority: None,
        points: 0.0,
        reasons: Vec::new(),
        after: numbers(after),
    };
    list.iter().map(one).collect()
}

fn picked(choice: &Choice) -> Vec<u64> {
    choice.picks.iter().map(|pick| pick.number.0).collect()
}

/// A ranking with what each needs, the room, and who is chosen.
type ByRank = (&'static [(u64, &'static [u64])], usize, &'static [u64]);

/// What a model wants, the room, who is chosen, and what is said.
type ByModel = (&'static [i64], usize, &'static [u64], &'static [&'static str]);

#[test]
fn the_first_of_the_ranking_are_chosen_and_what_they_depend_on_before_them() {
    let rows: [ByRank; 7] = [
        (&[], 5, &[]),
        (&[(1, &[]), (2, &[]), (3, &[])], 2, &[1, 2]),
        (&[(1, &[]), (2, &[])], 0, &[]),
        (&[(1, &[3]), (2, &[]), (3, &[])], 2, &[3, 1]),
        (&[(1, &[3]), (2, &[]), (3, &[4]), (4, &[])], 2, &[2, 4]),
        (&[(1, &[2]), (2, &[1]), (3, &[])], 5, &[3]),
        (&[(1, &[1]), (2, &[9])], 5, &[]),
    ];
    for (list, room, expected) in rows {
        assert_eq!(picked(&by_rank(&ranked(list), room)), expected, "{list:?} {room}");
    }
}

#[test]
fn a_model_reorders_and_leaves_out_and_adds_nothing() {
    let list = ranked(&[(1, &[]), (2, &[]), (3, &[1]), (4, &[])]);
    let wishes = |numbers: &[i64]| -> Vec<Wish> {
        numbers
            .iter()
            .map(|number| Wish { number: *number, why: Some(format!("why {number}")) })
            .collect()
    };
    let rows: [ByModel; 7] = [
        (&[4, 2], 5, &[4, 2], &[]),
        (&[3, 1], 5, &[1, 3], &[]),
        (&[2, 2, 4], 5, &[2, 4], &["the model named #2 twice"]),
        (
            &[99, -1, 2],
            5,
            &[2],
            &[
                "the model named #99, which may not be chosen",
                "the model named #-1, which may not be chosen",
            ],
        ),
        (&[3, 2], 5, &[2], &["#3 depends on #1, which is not in this sprint"]),
        (&[4, 3, 2, 1], 2, &[4, 2], &["#3 needs others first, for which there is no room"]),
        (&[], 5, &[], &[]),
    ];
    for (wanted, room, expected, notes) in rows {
        let choice = by_model(&list, &wishes(wanted), room);
        assert_eq!(picked(&choice), expected, "{wanted:?}");
        assert_eq!(choice.notes, notes, "{wanted:?}");
    }
    let why = by_model(&list, &wishes(&[4]), 1).picks[0].why.clone();
    assert_eq!(why.as_deref(), Some("why 4"));
}
