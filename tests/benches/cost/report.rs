//! One run: everything measured, and the tables that show it.

use crate::case::{BRIDGED, BY_HAND, Case, NO_SUBSCRIBER, NOTHING, OURS, Series, State, requests, series, states};
use crate::floor::parts;
use crate::machine::machine;
use crate::measure::Cost;
use crate::plot::{Line, Plot};
use crate::sizes::{FUTURES, Sizes, sizes};
use crate::table::{Table, grouped};
use std::io;
use std::iter::once;
use std::time::{Duration, Instant};

pub(crate) struct Report {
    rows: Vec<Row>,
    requests: Vec<Row>,
    floor: Vec<Part>,
    sizes: Vec<Sizes>,
    pub(crate) plots: Vec<Plot>,
}

struct Row {
    state: &'static str,
    way: &'static str,
    cost: Cost,
    nanoseconds: u64,
}

/// What opentelemetry itself takes of a state.
struct Part {
    state: &'static str,
    name: &'static str,
    cost: Cost,
}

/// The heading of the table that README quotes.
pub(crate) const SUMMARY: &str = "In short";

/// A line ends with a point that takes so long: what is quadratic would not come to an end.
const PATIENCE: Duration = Duration::from_secs(15);

impl Report {
    pub(crate) fn measure() -> io::Result<Self> {
        let floor = parts().into_iter().map(|State { case, size, runs }| {
            eprintln!("{}: {}", case.group, case.name);
            Ok(Part { state: case.group, name: case.name, cost: case.cost(size, runs)? })
        });
        Ok(Report {
            rows: rows(states())?,
            requests: rows(requests())?,
            floor: floor.collect::<io::Result<_>>()?,
            sizes: sizes(),
            plots: series().into_iter().map(plot).collect::<io::Result<_>>()?,
        })
    }

    pub(crate) fn tables(&self) -> Vec<Table> {
        let states = table("A loop in each state", &self.rows);
        let requests = table(REQUESTS, &self.requests);
        let mut tables = vec![self.summary(), from_machine(), states, requests, self.floor(), self.futures()];
        tables.extend(self.plots.iter().map(points));
        tables
    }

    /// A row a state, a column a way.
    fn summary(&self) -> Table {
        let ways = [NOTHING, NO_SUBSCRIBER, BRIDGED, BY_HAND, OURS];
        let mut states: Vec<_> = self.rows.iter().map(|row| row.state).collect();
        states.dedup();
        let cell = |state, way| {
            let row = self.rows.iter().find(|row| row.state == state && row.way == way);
            row.map_or_else(String::new, |row| format!("{} / {}", instructions(&row.cost), grouped(row.cost.allocations)))
        };
        let row = |state: &'static str| once(state.to_owned()).chain(ways.map(|way| cell(state, way))).collect();
        Table {
            heading: SUMMARY,
            columns: ["instructions / allocations"].into_iter().chain(ways).map(str::to_owned).collect(),
            rows: states.into_iter().map(row).collect(),
        }
    }

    fn floor(&self) -> Table {
        let cells = |part: &Part| {
            vec![part.state.to_owned(), part.name.to_owned(), instructions(&part.cost), grouped(part.cost.allocations)]
        };
        Table {
            heading: "The floor",
            columns: ["state", "part", "instructions", "allocations"].map(str::to_owned).to_vec(),
            rows: self.floor.iter().map(cells).collect(),
        }
    }

    fn futures(&self) -> Table {
        let cell = |bytes: &Option<usize>| bytes.map_or_else(String::new, |bytes| grouped(bytes as u64));
        let row = |sizes: &Sizes| once(sizes.way.to_owned()).chain(sizes.bytes.iter().map(cell)).collect();
        Table {
            heading: "The sizes of the futures",
            columns: ["bytes"].into_iter().chain(FUTURES).map(str::to_owned).collect(),
            rows: self.sizes.iter().map(row).collect(),
        }
    }
}

const REQUESTS: &str = "A request of MCP";

/// That table alone.
pub(crate) fn measure_requests() -> io::Result<Table> {
    Ok(table(REQUESTS, &rows(requests())?))
}

fn rows(states: Vec<State>) -> io::Result<Vec<Row>> {
    let rows = states.into_iter().map(|State { case, size, runs }| {
        eprintln!("{}: {}", case.group, case.name);
        let (cost, nanoseconds) = (case.cost(size, runs)?, case.nanoseconds(size, runs)?);
        Ok(Row { state: case.group, way: case.name, cost, nanoseconds })
    });
    rows.collect()
}

fn table(heading: &'static str, rows: &[Row]) -> Table {
    let cells = |row: &Row| {
        let counts = [row.cost.allocations, row.cost.bytes, row.nanoseconds].map(grouped);
        [row.state.to_owned(), row.way.to_owned(), instructions(&row.cost)].into_iter().chain(counts).collect()
    };
    Table {
        heading,
        columns: ["state", "way", "instructions", "allocations", "bytes", "ns"].map(str::to_owned).to_vec(),
        rows: rows.iter().map(cells).collect(),
    }
}

fn instructions(cost: &Cost) -> String {
    cost.instructions.map_or_else(|| "?".to_owned(), grouped)
}

fn from_machine() -> Table {
    Table {
        heading: "The machine",
        columns: ["", ""].map(str::to_owned).to_vec(),
        rows: machine().into_iter().map(Vec::from).collect(),
    }
}

fn plot(series: Series) -> io::Result<Plot> {
    let lines = series.lines.iter().map(|case| line(case, series.sizes)).collect::<io::Result<_>>()?;
    Ok(Plot { file: series.file, title: series.title, unit: series.unit, lines })
}

/// Instructions for one of the things that there are `size` of.
fn line(case: &Case, sizes: &[usize]) -> io::Result<Line> {
    let mut points = Vec::new();
    for &size in sizes {
        eprintln!("{}, {}: {size}", case.group, case.name);
        let start = Instant::now();
        let Some(instructions) = case.instructions(size, (1_000 / size).max(1))? else { break };
        points.push((size as u64, instructions / size as u64));
        if start.elapsed() > PATIENCE {
            break;
        }
    }
    Ok(Line { name: case.name, points })
}

fn points(plot: &Plot) -> Table {
    let longest = plot.lines.iter().map(|line| &line.points[..]).max_by_key(|points| points.len()).unwrap_or_default();
    let cell = |line: &Line, size| {
        let point = line.points.iter().find(|&&(at, _)| at == size);
        point.map_or_else(|| "–".to_owned(), |&(_, instructions)| grouped(instructions))
    };
    let row = |line: &Line| once(line.name.to_owned()).chain(longest.iter().map(|&(size, _)| cell(line, size))).collect();
    Table {
        heading: plot.title,
        columns: once(plot.unit[1].to_owned()).chain(longest.iter().map(|&(size, _)| grouped(size))).collect(),
        rows: plot.lines.iter().map(row).collect(),
    }
}
