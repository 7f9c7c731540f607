//! What instrumenting a loop of 8 spans, or a request of MCP, costs beside its peers: instructions, allocations, bytes, time, and the sizes of the
//! futures; and how that grows with steps, concurrent tools, attributes and history.
//!
//! ```text
//! cargo bench -p samplescope-tests --bench cost                      prints it
//! cargo bench -p samplescope-tests --bench cost -- --write           and writes BENCHMARKS.md, its plots, and what README quotes
//! cargo bench -p samplescope-tests --bench cost -- --requests        prints what a request of MCP costs, alone (--write as above)
//! cargo bench -p samplescope-tests --bench cost -- --compile-time    prints what 100 annotated functions cost the compiler (--write as above)
//! cargo bench -p samplescope-tests --bench cost -- --budget          fails if a state costs more than budget.tsv allows
//! cargo bench -p samplescope-tests --bench cost -- --renew-budget    writes budget.tsv
//! ```
//!
//! `case` says what is measured (`workload`, `growth`, `floor`), `measure` how, `report` puts it in tables and plots.

mod allocator;
mod budget;
mod case;
mod compile_time;
mod document;
mod floor;
mod growth;
mod machine;
mod measure;
mod plot;
mod report;
mod sizes;
mod table;
mod workload;

use case::Case;
use report::Report;
use std::error::Error;
use std::process::ExitCode;

fn main() -> Result<ExitCode, Box<dyn Error>> {
    if compile_time::is_rustc() {
        let status = compile_time::rustc(std::env::args_os().skip(1))?;
        return Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE });
    }
    // `--bench` is cargo's own.
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        [] => print(&Report::measure()?),
        // What is committed has instructions.
        ["--write" | "--renew-budget"] | ["--requests", "--write"] if measure::valgrind().is_none() => {
            return Err("install valgrind first".into());
        }
        ["--write"] => {
            let report = Report::measure()?;
            print(&report);
            document::write(&report)?;
        }
        ["--requests"] => println!("{}", report::measure_requests()?),
        ["--requests", "--write"] => {
            let table = report::measure_requests()?;
            println!("{table}");
            document::write_tables(&[table])?;
        }
        ["--compile-time"] => println!("{}", compile_time::measure()?),
        ["--compile-time", "--write"] => {
            let table = compile_time::measure()?;
            println!("{table}");
            document::write_tables(&[table])?;
        }
        ["--budget"] => {
            if !budget::check()? {
                return Err("not within the budget; if that is meant, --renew-budget".into());
            }
        }
        ["--renew-budget"] => budget::renew()?,
        ["--run", group, name, size, runs] => measure::run(&case(group, name)?, size.parse()?, runs.parse()?),
        ["--time", group, name, size, runs] => measure::time(&case(group, name)?, size.parse()?, runs.parse()?),
        _ => return Err(format!("not understood: {arguments:?}; the head of tests/benches/cost/main.rs has the commands").into()),
    }
    Ok(ExitCode::SUCCESS)
}

fn print(report: &Report) {
    for table in report.tables() {
        println!("\n{}\n\n{table}", table.heading);
    }
}

fn case(group: &str, name: &str) -> Result<Case, String> {
    case::all().find(|case| case.group == group && case.name == name).ok_or_else(|| format!("no case {name} of {group}"))
}
