//! The shortest story of a failure: steps are left out as long as it still fails.

/// Returns as few of `items` as still fail, in their order; `fails` must be true of all of them.
pub(super) fn shortest<T: Clone>(items: &[T], mut fails: impl FnMut(&[T]) -> bool) -> Vec<T> {
    let mut kept = items.to_vec();
    let mut size = kept.len().div_ceil(2);
    while size > 0 {
        let mut at = 0;
        while at < kept.len() {
            let mut without = kept.clone();
            without.drain(at..(at + size).min(kept.len()));
            if fails(&without) {
                kept = without;
            } else {
                at += size;
            }
        }
        size /= 2;
    }
    kept
}

#[test]
fn what_a_failure_does_not_need_is_left_out() {
    let items: Vec<u64> = (0..30).collect();
    let mut tried = 0;
    let few = shortest(&items, |some| {
        tried += 1;
        some.contains(&3) && some.contains(&17)
    });
    assert_eq!(few, [3, 17]);
    assert!(tried < 40, "{tried} runs");
    assert_eq!(shortest(&items, |_| true), Vec::<u64>::new());
}
