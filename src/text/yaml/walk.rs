//! Walks over a YAML document without building it: what is refused before anything is read, and where keys stand.

use std::cell::Cell;
use std::collections::HashSet;
use std::fmt;

use serde::de::{
    DeserializeSeed, EnumAccess, Error as _, IgnoredAny, MapAccess, SeqAccess, VariantAccess,
    Visitor,
};
use serde_yaml::Deserializer;

/// Aliases count each time they are followed, so that a few lines cannot become a million nodes.
const MAX_NODES: usize = 200_000;
/// Deeper than any document that a person would write.
const MAX_DEPTH: usize = 64;

/// Refuses keys given twice, and documents that are too large or too deep once their aliases are followed.
pub(super) fn check(text: &str) -> Result<(), serde_yaml::Error> {
    let nodes = Cell::new(0);
    Check { nodes: &nodes, depth: 0 }.deserialize(Deserializer::from_str(text))
}

/// Finds line and column of a key by stopping at it: only an error knows its place.
pub(super) fn key_place(text: &str, path: &[&str]) -> Option<(usize, usize)> {
    if path.is_empty() {
        return None;
    }
    let nodes = Cell::new(0);
    let found = Cell::new(false);
    let seek = Seek { check: Check { nodes: &nodes, depth: 0 }, path, found: &found };
    let stopped = seek.deserialize(Deserializer::from_str(text)).err()?;
    found.get().then(|| stopped.location().map(|place| (place.line(), place.column()))).flatten()
}

#[derive(Clone, Copy)]
struct Check<'a> {
    nodes: &'a Cell<usize>,
    depth: usize,
}

impl Check<'_> {
    fn count<E: serde::de::Error>(&self) -> Result<(), E> {
        self.nodes.set(self.nodes.get() + 1);
        if self.nodes.get() > MAX_NODES {
            return Err(E::custom(format!(
                "more than {MAX_NODES} nodes once aliases are followed"
            )));
        }
        if self.depth > MAX_DEPTH {
            return Err(E::custom(format!("more than {MAX_DEPTH} levels deep")));
        }
        Ok(())
    }

    fn deeper(self) -> Self {
        Self { depth: self.depth + 1, ..self }
    }
}

impl<'de> DeserializeSeed<'de> for Check<'_> {
    type Value = ();

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        self.count()?;
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Check<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a YAML value")
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_i128<E>(self, _: i128) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u128<E>(self, _: u128) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_none<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        while items.next_element_seed(self.deeper())?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<(), A::Error> {
        let mut seen = HashSet::new();
        while entries.next_key_seed(Key { check: self.deeper(), seen: &mut seen })?.is_some() {
            entries.next_value_seed(self.deeper())?;
        }
        Ok(())
    }

    fn visit_enum<A: EnumAccess<'de>>(self, data: A) -> Result<(), A::Error> {
        let (_tag, value) = data.variant::<IgnoredAny>()?;
        value.newtype_variant_seed(self.deeper())
    }
}

/// A key that must not have been seen in its map before.
struct Key<'a, 'b> {
    check: Check<'a>,
    seen: &'b mut HashSet<String>,
}

impl Key<'_, '_> {
    fn note<E: serde::de::Error>(self, key: String) -> Result<(), E> {
        let message = format!("the key `{key}` is given twice");
        if self.seen.insert(key) { Ok(()) } else { Err(E::custom(message)) }
    }
}

impl<'de> DeserializeSeed<'de> for Key<'_, '_> {
    type Value = ();

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        self.check.count()?;
        deserializer.deserialize_any(self)
    }
}

impl Visitor<'_> for Key<'_, '_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a text as key")
    }

    fn visit_bool<E: serde::de::Error>(self, key: bool) -> Result<(), E> {
        self.note(key.to_string())
    }

    fn visit_i64<E: serde::de::Error>(self, key: i64) -> Result<(), E> {
        self.note(key.to_string())
    }

    fn visit_u64<E: serde::de::Error>(self, key: u64) -> Result<(), E> {
        self.note(key.to_string())
    }

    fn visit_f64<E: serde::de::Error>(self, key: f64) -> Result<(), E> {
        self.note(key.to_string())
    }

    fn visit_str<E: serde::de::Error>(self, key: &str) -> Result<(), E> {
        self.note(key.to_owned())
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<(), E> {
        self.note("~".to_owned())
    }
}

/// Follows a path of keys and list positions and stops, with an error, at its end.
#[derive(Clone, Copy)]
struct Seek<'a> {
    check: Check<'a>,
    path: &'a [&'a str],
    found: &'a Cell<bool>,
}

impl<'de> DeserializeSeed<'de> for Seek<'_> {
    type Value = ();

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        self.check.count()?;
        if self.path.is_empty() {
            // The item of a list was reached.
            self.found.set(true);
            return deserializer.deserialize_any(Stop);
        }
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Seek<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a map or a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        let Some((wanted, rest)) = self.path.split_first() else { return Ok(()) };
        let wanted = wanted.parse::<usize>().map_err(|_| A::Error::custom("not a position"))?;
        for _ in 0..wanted {
            if items.next_element_seed(self.check.deeper())?.is_none() {
                return Ok(());
            }
        }
        items.next_element_seed(Self { path: rest, check: self.check.deeper(), ..self })?;
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<(), A::Error> {
        let Some((wanted, rest)) = self.path.split_first() else { return Ok(()) };
        while let Some(hit) =
            entries.next_key_seed(SeekKey { wanted, last: rest.is_empty(), found: self.found })?
        {
            if hit {
                entries.next_value_seed(Self { path: rest, check: self.check.deeper(), ..self })?;
            } else {
                entries.next_value_seed(self.check.deeper())?;
            }
        }
        Ok(())
    }
}

/// Takes any value as the end of the search.
struct Stop;

impl Visitor<'_> for Stop {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("nothing further")
    }
}

struct SeekKey<'a> {
    wanted: &'a str,
    last: bool,
    found: &'a Cell<bool>,
}

impl<'de> DeserializeSeed<'de> for SeekKey<'_> {
    type Value = bool;

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<bool, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for SeekKey<'_> {
    type Value = bool;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a text as key")
    }

    fn visit_str<E: serde::de::Error>(self, key: &str) -> Result<bool, E> {
        if key == self.wanted && self.last {
            self.found.set(true);
            return Err(E::custom("found"));
        }
        Ok(key == self.wanted)
    }
}
