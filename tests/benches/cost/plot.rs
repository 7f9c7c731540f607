//! A plot as SVG: logarithmic axes, so that what is linear in all is level here, and what is quadratic rises as steeply as it is bad.

#![expect(clippy::cast_precision_loss, reason = "a plot's points are a tenth of a pixel exact, not 52 bits")]

use crate::table::grouped;
use std::fmt;

pub(crate) struct Plot {
    pub(crate) file: &'static str,
    pub(crate) title: &'static str,
    /// One of what the abscissa counts, and many.
    pub(crate) unit: [&'static str; 2],
    pub(crate) lines: Vec<Line>,
}

pub(crate) struct Line {
    pub(crate) name: &'static str,
    /// How many there are, and instructions for each.
    pub(crate) points: Vec<(u64, u64)>,
}

const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 380.0;
const LEFT: f64 = 84.0;
const RIGHT: f64 = 24.0;
const TOP: f64 = 64.0;
const BOTTOM: f64 = 56.0;
/// Told apart on white and on black, and by who does not see red and green.
const COLOURS: [&str; 4] = ["#3b82d6", "#e08a1e", "#2a9d8f", "#b04fc4"];

/// From the value at its beginning to the one at its end, on a logarithmic scale.
struct Axis {
    from: u64,
    to: u64,
    start: f64,
    length: f64,
}

impl Axis {
    fn at(&self, value: u64) -> f64 {
        let decades = |to: u64| (to as f64 / self.from as f64).log10();
        self.start + self.length * decades(value) / decades(self.to)
    }

    fn contains(&self, value: u64) -> bool {
        (self.from..=self.to).contains(&value)
    }
}

impl fmt::Display for Plot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (abscissa, ordinate) = self.axes();
        let [one, many] = self.unit;
        writeln!(f, r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img">"#)?;
        writeln!(f, "<title>{}: instructions for each {one}, by the number of {many}</title>", self.title)?;
        // No background: the page's own shows. The text is legible on a white one and on a black one.
        f.write_str(
            "<style>text{font:13px system-ui,sans-serif;fill:#7a7a7a}.grid{stroke:#888;stroke-opacity:.25}\
             .line{fill:none;stroke-width:2.2;stroke-linejoin:round}</style>\n",
        )?;
        grid(f, &abscissa, &ordinate)?;
        let (middle, bottom) = (f64::midpoint(LEFT, WIDTH - RIGHT), HEIGHT - 10.0);
        writeln!(f, r#"<text x="{middle}" y="{bottom}" text-anchor="middle">number of {many}</text>"#)?;
        writeln!(f, r#"<text x="8" y="20">instructions for each {one}</text>"#)?;
        let mut legend = LEFT;
        for (line, colour) in self.lines.iter().zip(COLOURS) {
            writeln!(f, r#"<line class="line" stroke="{colour}" x1="{legend:.1}" y1="44" x2="{:.1}" y2="44"/>"#, legend + 20.0)?;
            writeln!(f, r#"<text x="{:.1}" y="48.5">{}</text>"#, legend + 26.0, line.name)?;
            legend += 46.0 + 6.6 * line.name.len() as f64;
            draw(f, line, colour, &abscissa, &ordinate)?;
        }
        f.write_str("</svg>\n")
    }
}

/// A line and a figure at 1, 2, 5, 10, … instructions, and at each power of ten of things, and where they end.
fn grid(f: &mut fmt::Formatter<'_>, abscissa: &Axis, ordinate: &Axis) -> fmt::Result {
    let (bottom, right) = (HEIGHT - BOTTOM, WIDTH - RIGHT);
    for value in steps().filter(|&step| ordinate.contains(step)) {
        let y = ordinate.at(value);
        writeln!(f, r#"<line class="grid" x1="{LEFT}" y1="{y:.1}" x2="{right}" y2="{y:.1}"/>"#)?;
        writeln!(f, r#"<text x="{}" y="{:.1}" text-anchor="end">{}</text>"#, LEFT - 8.0, y + 4.5, grouped(value))?;
    }
    let powers = (0..12).map(|power| 10_u64.pow(power)).filter(|&power| abscissa.contains(power) && power != abscissa.to);
    for value in powers.chain([abscissa.to]) {
        let x = abscissa.at(value);
        writeln!(f, r#"<line class="grid" x1="{x:.1}" y1="{TOP}" x2="{x:.1}" y2="{bottom}"/>"#)?;
        writeln!(f, r#"<text x="{x:.1}" y="{}" text-anchor="middle">{}</text>"#, bottom + 20.0, grouped(value))?;
    }
    Ok(())
}

fn draw(f: &mut fmt::Formatter<'_>, line: &Line, colour: &str, abscissa: &Axis, ordinate: &Axis) -> fmt::Result {
    let points: Vec<_> = line.points.iter().map(|&(x, y)| (abscissa.at(x), ordinate.at(y.max(1)))).collect();
    write!(f, r#"<polyline class="line" stroke="{colour}" points=""#)?;
    for (x, y) in &points {
        write!(f, "{x:.1},{y:.1} ")?;
    }
    writeln!(f, r#""/>"#)?;
    for (x, y) in points {
        writeln!(f, r#"<circle cx="{x:.1}" cy="{y:.1}" r="3.2" fill="{colour}"/>"#)?;
    }
    Ok(())
}

impl Plot {
    /// Over all points; the ordinate from one of 1, 2, 5, 10, … to another, a decade at least, since less would magnify noise.
    fn axes(&self) -> (Axis, Axis) {
        let sizes = || self.lines.iter().flat_map(|line| &line.points).map(|point| point.0);
        let costs = || self.lines.iter().flat_map(|line| &line.points).map(|point| point.1);
        let least = costs().min().unwrap_or(1);
        let from = steps().take_while(|&step| step <= least).last().unwrap_or(1);
        let most = costs().max().unwrap_or(1).max(from * 10);
        let to = steps().find(|&step| step >= most).unwrap_or(most);
        let abscissa =
            Axis { from: sizes().min().unwrap_or(1), to: sizes().max().unwrap_or(10), start: LEFT, length: WIDTH - RIGHT - LEFT };
        (abscissa, Axis { from, to, start: HEIGHT - BOTTOM, length: TOP + BOTTOM - HEIGHT })
    }
}

/// 1, 2, 5, 10, 20, 50, …
fn steps() -> impl Iterator<Item = u64> {
    (0..12).flat_map(|power| [1, 2, 5].map(|digit| digit * 10_u64.pow(power)))
}
