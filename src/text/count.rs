//! How many of something, in words.

use std::fmt::Display;

/// A count with its noun: `1 change`, `2 changes`. For nouns whose plural ends in an `s` and nothing else.
pub fn counted<T: Display + PartialEq + From<u8> + Copy>(count: T, noun: &str) -> String {
    let ending = if count == T::from(1) { "" } else { "s" };
    format!("{count} {noun}{ending}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_no_plural() {
        assert_eq!(counted(0_usize, "change"), "0 changes");
        assert_eq!(counted(1_u32, "pull request"), "1 pull request");
        assert_eq!(counted(2_u64, "change"), "2 changes");
    }
}
