//! The section of `STRATEGY.md` that tells of the sprints, newest first and bounded. What a person wrote into it stays as long as its sprint
//! does.

/// The name of the section.
pub const NAME: &str = "sprint-history";

/// Its heading, when it is made.
pub const TITLE: &str = "Sprint History";

/// So many sprints are told; the repository's history has the older ones.
const MOST: usize = 12;

/// How the heading of a sprint begins.
const HEADING: &str = "### Sprint ";

/// A sprint in the section.
struct Block<'a> {
    /// The name in its heading.
    id: &'a str,
    text: String,
}

/// The section with a new sprint on top, and with what came of an earlier one below that one, where it is told. `heading` is the title of the
/// sprint, `text` what follows below it; what is told already is not told again.
pub fn with_sprint(
    present: &str,
    (id, heading, text): (&str, &str, &str),
    came_of: Option<(&str, &str)>,
) -> String {
    let (preamble, mut blocks) = split(present);
    if let Some((earlier, came)) = came_of {
        let told = blocks.iter_mut().find(|block| block.id == earlier);
        if let Some(block) = told.filter(|block| !block.text.contains("**Came of it:**")) {
            block.text = format!("{}\n\n{}", block.text.trim_end(), came.trim_end());
        }
    }
    if !blocks.iter().any(|block| block.id == id) {
        let text = format!("### {heading} (`{id}`)\n\n{}", text.trim_end());
        blocks.insert(0, Block { id, text });
    }
    blocks.truncate(MOST);
    let mut parts = Vec::new();
    if !preamble.trim().is_empty() {
        parts.push(preamble.trim().to_owned());
    }
    parts.extend(blocks.into_iter().map(|block| block.text.trim().to_owned()));
    parts.join("\n\n")
}

/// What stands above the first sprint, and the sprints.
fn split(section: &str) -> (String, Vec<Block<'_>>) {
    let mut preamble = String::new();
    let mut blocks: Vec<Block<'_>> = Vec::new();
    for line in section.lines() {
        if let Some(id) = id_in(line) {
            blocks.push(Block { id, text: String::new() });
        }
        let text = blocks.last_mut().map_or(&mut preamble, |block| &mut block.text);
        text.push_str(line);
        text.push('\n');
    }
    (preamble, blocks)
}

/// The name of the sprint whose heading a line is.
fn id_in(line: &str) -> Option<&str> {
    let rest = line.strip_prefix(HEADING)?;
    rest.split_once("(`")?.1.split_once("`)").map(|(id, _)| id)
}
