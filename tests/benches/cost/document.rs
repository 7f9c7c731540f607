//! Writes a run down: the tables of BENCHMARKS.md, the one that README quotes, and the plots. The text between them is written by people.

use crate::report::{Report, SUMMARY};
use crate::table::Table;
use std::io;
use std::path::PathBuf;

const BENCHMARKS: &str = "BENCHMARKS.md";

pub(crate) fn write(report: &Report) -> io::Result<()> {
    let tables = report.tables();
    write_tables(&tables)?;
    let summary = tables.iter().find(|table| table.heading == SUMMARY);
    if let Some(summary) = summary {
        replace("README.md", "What it costs", summary)?;
    }
    for plot in &report.plots {
        std::fs::write(path(&format!("docs/benchmarks/{}.svg", plot.file)), plot.to_string())?;
    }
    Ok(())
}

/// Puts tables in the place of those below the same headings.
pub(crate) fn write_tables(tables: &[Table]) -> io::Result<()> {
    tables.iter().try_for_each(|table| replace(BENCHMARKS, table.heading, table))
}

/// Puts the table in the place of the first one below the heading.
fn replace(file: &str, heading: &str, table: &Table) -> io::Result<()> {
    let text = std::fs::read_to_string(path(file))?;
    let missing = || io::Error::other(format!("{file} has no table below `{heading}`"));
    let below = text.find(&format!("# {heading}\n")).ok_or_else(missing)?;
    let start = below + text[below..].find("\n|").ok_or_else(missing)? + 1;
    let length: usize = text[start..].split_inclusive('\n').take_while(|line| line.starts_with('|')).map(str::len).sum();
    std::fs::write(path(file), [&text[..start], &table.to_string(), &text[start + length..]].concat())
}

/// In the repository.
fn path(file: &str) -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "..", file].iter().collect()
}
