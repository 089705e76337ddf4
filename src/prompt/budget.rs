//! How much of each part of a prompt is shown, and the record of what was not.

use serde::Serialize;

/// Which end of a long text is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Keep {
    /// Its beginning.
    Beginning,
    /// Its beginning and its end.
    BothEnds,
}

/// A part of a prompt before it is cut.
#[derive(Debug, Clone)]
pub(super) struct Layer {
    pub(super) name: &'static str,
    pub(super) title: &'static str,
    pub(super) text: String,
    /// How long it was where it came from.
    pub(super) bytes: usize,
    pub(super) most: usize,
    pub(super) keep: Keep,
}

/// One part of a prompt, for the record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Part {
    /// Its name.
    pub name: String,
    /// How long it was.
    pub bytes: usize,
    /// How much of it is shown, with the line that says what is left out.
    pub shown: usize,
    /// Whether something of it is left out.
    pub cut: bool,
}

/// What a prompt was made of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Manifest {
    /// The template.
    pub template: String,
    /// Templates of the operator's that took part.
    pub overridden: Vec<String>,
    /// Length of the whole prompt.
    pub bytes: usize,
    /// Its parts, the most important first.
    pub parts: Vec<Part>,
}

/// Cuts every layer to its own bound, and then the least important ones until all together keep the common bound.
pub(super) fn fit(layers: &mut [Layer], most: usize) -> Vec<Part> {
    for layer in layers.iter_mut() {
        layer.text = cut(&layer.text, layer.most, layer.keep);
    }
    let mut total: usize = layers.iter().map(|layer| layer.text.len()).sum();
    for layer in layers.iter_mut().rev() {
        let excess = total.saturating_sub(most);
        if excess == 0 {
            break;
        }
        let before = layer.text.len();
        layer.text = cut(&layer.text, before.saturating_sub(excess), layer.keep);
        total = total - before + layer.text.len();
    }
    let part = |layer: &Layer| Part {
        name: layer.name.to_owned(),
        bytes: layer.bytes,
        shown: layer.text.len(),
        cut: layer.text.len() < layer.bytes || layer.text.ends_with(MARK_END),
    };
    layers.iter().map(part).collect()
}

/// How the line ends that says what is left out.
const MARK_END: &str = "bytes are left out here.)";

/// At most `bytes` of a text, with a line for what is left out; nothing where there is not even room for that line.
fn cut(text: &str, bytes: usize, keep: Keep) -> String {
    // The longest such line, with the empty lines around it.
    const MARK: usize = 48;
    if text.len() <= bytes {
        return text.to_owned();
    }
    let Some(room) = bytes.checked_sub(MARK) else { return String::new() };
    let (head, tail) = match keep {
        Keep::Beginning => (beginning(text, room), ""),
        Keep::BothEnds => (beginning(text, room / 2), ending(text, room / 2)),
    };
    let left_out = text.len() - head.len() - tail.len();
    let mark = format!("({left_out} {MARK_END}");
    [head.trim_end(), &mark, tail.trim_start()].join("\n\n").trim().to_owned()
}

fn beginning(text: &str, bytes: usize) -> &str {
    let end = (0..=bytes.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    text.get(..end).unwrap_or_default()
}

fn ending(text: &str, bytes: usize) -> &str {
    let from = text.len().saturating_sub(bytes);
    let begin = (from..=text.len()).find(|at| text.is_char_boundary(*at)).unwrap_or(text.len());
    text.get(begin..).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layer(name: &'static str, length: usize, most: usize) -> Layer {
        let text = "ä".repeat(length / 2);
        Layer { name, title: name, bytes: text.len(), text, most, keep: Keep::BothEnds }
    }

    #[test]
    fn a_layer_keeps_its_own_bound_and_says_what_is_left_out() {
        let mut layers = [layer("a", 100, 200), layer("b", 1000, 200)];
        let parts = fit(&mut layers, 10_000);
        assert_eq!(layers[0].text.len(), 100);
        assert!(
            layers[1].text.len() <= 200 && layers[1].text.contains("bytes are left out here.)")
        );
        assert_eq!((parts[0].cut, parts[1].cut, parts[1].bytes), (false, true, 1000));
    }

    #[test]
    fn the_least_important_layers_give_way_first() {
        for most in [0, 10, 100, 149, 150, 333, 400, 999, 1000] {
            let mut layers = [layer("a", 200, 500), layer("b", 400, 500), layer("c", 400, 500)];
            let parts = fit(&mut layers, most);
            assert!(parts.iter().map(|part| part.shown).sum::<usize>() <= most, "{most}");
            let is_whole: Vec<bool> = parts.iter().map(|part| !part.cut).collect();
            assert!(is_whole.is_sorted_by(|a, b| a >= b), "{most}: {is_whole:?}");
        }
    }
}
