//! Tables of the page.

use crate::text::html::escape;

/// A table with a caption for those who do not see where it stands; the first column names the rows, the others are numbers unless they are `words`.
pub(super) fn render(caption: &str, head: &[&str], rows: &[Vec<String>], words: bool) -> String {
    let class = if words { " class=\"words\"" } else { "" };
    let caption = escape(caption);
    let mut html = format!(
        "<div class=\"scroll\" role=\"region\" aria-label=\"{caption}\" tabindex=\"0\"><table{class}><caption>{caption}</caption>\n<thead><tr>"
    );
    for cell in head {
        html.extend(["<th scope=\"col\">", &escape(cell), "</th>"]);
    }
    html.push_str("</tr></thead>\n<tbody>\n");
    for row in rows {
        html.push_str("<tr>");
        for (column, cell) in row.iter().enumerate() {
            let cell = escape(cell);
            let (open, close) = match column {
                0 => ("<th scope=\"row\">", "</th>"),
                _ => ("<td>", "</td>"),
            };
            html.extend([open, &cell, close]);
        }
        html.push_str("</tr>\n");
    }
    html.push_str("</tbody></table></div>");
    html
}

/// The same, folded up beside a chart.
pub(super) fn folded(caption: &str, head: &[&str], rows: &[Vec<String>]) -> String {
    format!(
        "<details><summary>The numbers</summary>\n{}\n</details>",
        render(caption, head, rows, false)
    )
}
