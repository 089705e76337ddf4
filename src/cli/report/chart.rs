//! Charts as inline SVG, drawn with `plotters`; the only file that names it. Colours are those of the page: the library draws with numbers
//! that stand for them, and these are replaced by the variables of its style sheet, so that both themes have their own.

use plotters::coord::Shift;
use plotters::coord::types::RangedCoordf64;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use crate::text::html::escape;

/// Every chart is so wide; it is shown at about this size on a telephone and on a desk.
const WIDTH: u32 = 360;
const HEIGHT: u32 = 210;
/// A row of a chart of rows.
const ROW: u32 = 38;
/// The library takes sizes of fonts for something else than browsers do.
const FONT: f64 = 11.5 * 1.24;
/// Fewer weeks leave room at the right.
const LEAST_WEEKS: usize = 5;
/// More labels under an axis would touch each other.
const MOST_LABELS: usize = 6;

/// A colour of the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ink {
    Text,
    Muted,
    Grid,
    First,
    Second,
    Third,
}

impl Ink {
    const ALL: [Self; 6] =
        [Self::Text, Self::Muted, Self::Grid, Self::First, Self::Second, Self::Third];

    /// What stands for it while it is drawn.
    fn colour(self) -> RGBColor {
        RGBColor(0, 0, 1 + self as u8)
    }

    /// Its variable in the style sheet, and its class.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Muted => "muted",
            Self::Grid => "grid",
            Self::First => "first",
            Self::Second => "second",
            Self::Third => "third",
        }
    }
}

/// What a chart is for those who do not see it.
#[derive(Debug, Clone)]
pub(super) struct About<'a> {
    /// Unique in the page.
    pub(super) id: &'a str,
    pub(super) title: &'a str,
    pub(super) says: &'a str,
}

/// Values over time; where one is not known the line has a gap.
#[derive(Debug, Clone)]
pub(super) struct Line {
    pub(super) ink: Ink,
    pub(super) values: Vec<Option<f64>>,
    /// The range in which the true values lie.
    pub(super) band: Vec<Option<(f64, f64)>>,
}

/// A row with a rate and its range.
#[derive(Debug, Clone)]
pub(super) struct Rate {
    pub(super) label: String,
    pub(super) told: String,
    /// Rate, low, high.
    pub(super) value: Option<(f64, f64, f64)>,
}

/// A row with a bar, and a second one that reaches further.
#[derive(Debug, Clone)]
pub(super) struct Bar {
    pub(super) label: String,
    pub(super) told: String,
    pub(super) value: f64,
    pub(super) further: f64,
}

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
type Plane<'a, 'b> = ChartContext<'a, SVGBackend<'b>, Cartesian2d<RangedCoordf64, RangedCoordf64>>;
type Drawn = Result<(), Box<dyn std::error::Error>>;

/// Lines over weeks, between two values.
pub(super) fn lines(
    about: &About<'_>,
    labels: &[String],
    (low, high): (f64, f64),
    told: &dyn Fn(f64) -> String,
    all: &[Line],
) -> String {
    svg(about, HEIGHT, &|area| {
        let mut plane = plane(area, labels, (low, high), told)?;
        for line in all {
            for (at, band) in line.band.iter().enumerate() {
                let Some((from, to)) = band else { continue };
                let (left, right) = (x(at) - 0.3, x(at) + 0.3);
                let shape = Rectangle::new([(left, *from), (right, *to)], fill(line.ink, 0.18));
                plane.draw_series([shape])?;
            }
            for run in known_runs(&line.values) {
                plane.draw_series([PathElement::new(run.clone(), stroke(line.ink, 2))])?;
                let dots = run.into_iter().map(|at| Circle::new(at, 3, fill(line.ink, 1.0)));
                plane.draw_series(dots)?;
            }
        }
        Ok(())
    })
}

/// Columns beside each other for each week, and a line over them.
pub(super) fn columns(
    about: &About<'_>,
    labels: &[String],
    told: &dyn Fn(f64) -> String,
    groups: &[(Ink, Vec<f64>)],
    line: Option<&Line>,
) -> String {
    let values = groups.iter().flat_map(|(_, values)| values.iter().copied());
    let over = line.iter().flat_map(|line| line.values.iter().copied().flatten());
    let most = values.chain(over).fold(0.0_f64, f64::max);
    svg(about, HEIGHT, &|area| {
        let mut plane = plane(area, labels, (0.0, ceiling(most)), told)?;
        #[expect(clippy::cast_precision_loss, reason = "two or three groups")]
        let width = 0.76 / groups.len().max(1) as f64;
        for (place, (ink, values)) in groups.iter().enumerate() {
            let columns = values.iter().enumerate().filter(|(_, value)| **value > 0.0);
            let shapes = columns.map(|(at, value)| {
                let left = x(at) - 0.38 + width * x(place);
                Rectangle::new([(left, 0.0), (left + width * 0.92, *value)], fill(*ink, 1.0))
            });
            plane.draw_series(shapes)?;
        }
        if let Some(line) = line {
            for run in known_runs(&line.values) {
                plane.draw_series([PathElement::new(run.clone(), stroke(line.ink, 2))])?;
                let dots = run.into_iter().map(|at| Circle::new(at, 3, fill(line.ink, 1.0)));
                plane.draw_series(dots)?;
            }
        }
        Ok(())
    })
}

/// Rates as points with the ranges in which the true ones lie, from 0 to 100 %.
pub(super) fn rates(about: &About<'_>, rows: &[Rate]) -> String {
    svg(about, height(rows.len(), 22), &|area| {
        let scale = |share: f64| pixels(share.clamp(0.0, 1.0) * f64::from(WIDTH - 14)) + 7;
        let bottom = pixels(f64::from(height(rows.len(), 0)));
        for (share, anchor) in [(0.0, HPos::Left), (0.5, HPos::Center), (1.0, HPos::Right)] {
            let at = scale(share);
            area.draw(&PathElement::new(vec![(at, 2), (at, bottom)], stroke(Ink::Grid, 1)))?;
            let label = format!("{:.0} %", share * 100.0);
            area.draw(&text(label, (at, bottom + 5), Ink::Muted, anchor))?;
        }
        for (at, row) in rows.iter().enumerate() {
            let top = pixels(f64::from(ROW) * x(at));
            head(area, top, &row.label, &row.told)?;
            let Some((rate, low, high)) = row.value else { continue };
            let middle = top + 27;
            let range = [(scale(low), middle - 3), (scale(high), middle + 3)];
            area.draw(&Rectangle::new(range, fill(Ink::First, 0.3)))?;
            area.draw(&Circle::new((scale(rate), middle), 5, fill(Ink::First, 1.0)))?;
        }
        Ok(())
    })
}

/// Bars from the left; the part that reaches further is paler.
pub(super) fn bars(about: &About<'_>, ink: Ink, rows: &[Bar]) -> String {
    let most = rows.iter().map(|row| row.value.max(row.further)).fold(0.0_f64, f64::max);
    svg(about, height(rows.len(), 2), &|area| {
        let scale = |value: f64| {
            let share = if most > 0.0 { (value / most).clamp(0.0, 1.0) } else { 0.0 };
            pixels(share * f64::from(WIDTH - 4)) + 2
        };
        for (at, row) in rows.iter().enumerate() {
            let top = pixels(f64::from(ROW) * x(at));
            head(area, top, &row.label, &row.told)?;
            for (value, opacity) in [(row.further, 0.3), (row.value, 1.0)] {
                if value > 0.0 {
                    // What is more than nothing is seen.
                    let end = scale(value).max(4);
                    let bar = [(2, top + 21), (end, top + 31)];
                    area.draw(&Rectangle::new(bar, fill(ink, opacity)))?;
                }
            }
        }
        Ok(())
    })
}

fn height(rows: usize, more: u32) -> u32 {
    u32::try_from(rows).unwrap_or(u32::MAX / ROW / 2).saturating_mul(ROW) + more
}

/// The words above a row.
fn head(area: &Area<'_>, top: i32, label: &str, told: &str) -> Drawn {
    let width = pixels(f64::from(WIDTH));
    area.draw(&text(label.to_owned(), (2, top + 4), Ink::Text, HPos::Left))?;
    area.draw(&text(told.to_owned(), (width - 2, top + 4), Ink::Muted, HPos::Right))?;
    Ok(())
}

/// Axes with weeks below and values at the left.
fn plane<'a, 'b>(
    area: &'a Area<'b>,
    labels: &[String],
    (low, high): (f64, f64),
    told: &dyn Fn(f64) -> String,
) -> Result<Plane<'a, 'b>, Box<dyn std::error::Error>> {
    let longest = [low, high, f64::midpoint(low, high)].map(|value| told(value).chars().count());
    let longest = longest.into_iter().max().unwrap_or_default();
    let left = u32::try_from(longest).unwrap_or(8).clamp(2, 12) * 7 + 12;
    let mut plane = ChartBuilder::on(area)
        .margin_top(10)
        .margin_right(8)
        .x_label_area_size(24)
        .y_label_area_size(left)
        .build_cartesian_2d(-0.5..x(labels.len().max(LEAST_WEEKS)) - 0.5, low..high)?;
    let font = style(Ink::Muted);
    plane
        .configure_mesh()
        .disable_x_mesh()
        .disable_x_axis()
        .x_labels(0)
        .y_labels(4)
        .y_label_formatter(&|value| told(*value))
        .y_label_style(font)
        .light_line_style(TRANSPARENT)
        .bold_line_style(stroke(Ink::Grid, 1))
        .axis_style(TRANSPARENT)
        .set_all_tick_mark_size(4)
        .draw()?;
    let step = labels.len().div_ceil(MOST_LABELS).max(1);
    // Counted from the end: the present week always has its name.
    let last = labels.len().saturating_sub(1);
    for (at, label) in labels.iter().enumerate().filter(|(at, _)| (last - at).is_multiple_of(step))
    {
        let (across, down) = plane.backend_coord(&(x(at), low));
        area.draw(&text(label.clone(), (across, down + 7), Ink::Muted, HPos::Center))?;
    }
    Ok(plane)
}

/// Points without a gap between them.
fn known_runs(values: &[Option<f64>]) -> Vec<Vec<(f64, f64)>> {
    let points: Vec<(usize, Option<f64>)> = values.iter().copied().enumerate().collect();
    let runs = points.split(|(_, value)| value.is_none());
    let runs = runs.map(|run| run.iter().filter_map(|(at, value)| Some((x(*at), (*value)?))));
    runs.map(Iterator::collect).filter(|run: &Vec<_>| !run.is_empty()).collect()
}

/// A round number that is not below the highest value.
fn ceiling(most: f64) -> f64 {
    if most <= 0.0 {
        return 1.0;
    }
    let power = 10_f64.powf(most.log10().floor());
    let steps = [1.0, 2.0, 4.0, 5.0, 10.0];
    let fits = steps.into_iter().map(|step| step * power).find(|top| *top >= most);
    fits.unwrap_or(most)
}

#[expect(clippy::cast_precision_loss, reason = "a number of weeks or rows")]
fn x(place: usize) -> f64 {
    place as f64
}

#[expect(clippy::cast_possible_truncation, reason = "a place in a chart")]
fn pixels(length: f64) -> i32 {
    length.round() as i32
}

fn fill(ink: Ink, opacity: f64) -> ShapeStyle {
    ink.colour().mix(opacity).filled()
}

fn stroke(ink: Ink, width: u32) -> ShapeStyle {
    ink.colour().stroke_width(width)
}

fn style(ink: Ink) -> TextStyle<'static> {
    TextStyle {
        font: ("sans-serif", FONT).into_font(),
        color: ink.colour().to_backend_color(),
        pos: Pos::new(HPos::Left, VPos::Top),
    }
}

fn text(
    words: String,
    at: (i32, i32),
    ink: Ink,
    across: HPos,
) -> Text<'static, (i32, i32), String> {
    Text::new(words, at, style(ink).pos(Pos::new(across, VPos::Top)))
}

/// Draws, and makes an element of the page of it. A chart that cannot be drawn is left out: its numbers are in the table beside it.
fn svg(about: &About<'_>, height: u32, draw: &dyn Fn(&Area<'_>) -> Drawn) -> String {
    let mut drawn = String::new();
    let done = {
        let area = SVGBackend::with_string(&mut drawn, (WIDTH, height)).into_drawing_area();
        draw(&area).and_then(|()| Ok(area.present()?))
    };
    if let Err(error) = done {
        tracing::warn!(%error, chart = about.id, "a chart cannot be drawn");
        return String::new();
    }
    let Some((_, inside)) = drawn.split_once('>') else { return String::new() };
    let id = about.id;
    let mut page = format!(
        "<svg role=\"img\" aria-labelledby=\"{id}-title {id}-says\" viewBox=\"0 0 {WIDTH} {height}\">\n<title id=\"{id}-title\">{}</title>\n<desc id=\"{id}-says\">{}</desc>",
        escape(about.title),
        escape(about.says),
    );
    page.push_str(&themed(inside));
    page
}

/// Puts the page's variables into the place of what stands for them. Quotes of texts are escaped, so that no text can hold one.
fn themed(drawn: &str) -> String {
    Ink::ALL.into_iter().fold(drawn.to_owned(), |text, ink| {
        let RGBColor(red, green, blue) = ink.colour();
        let number = format!("=\"#{red:02X}{green:02X}{blue:02X}\"");
        text.replace(&number, &format!("=\"var(--{})\"", ink.name()))
    })
}
