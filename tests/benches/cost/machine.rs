//! Where the figures are from.

use crate::measure::{output, valgrind};
use std::process::Command;

/// What instruction counts depend on besides the code: the compiler, its target, and the C library, whose `malloc` and `memcpy` are counted, too.
pub(crate) fn toolchain() -> String {
    format!("{}, {}, {}", rustc(), std::env::consts::ARCH, command("getconf", "GNU_LIBC_VERSION"))
}

/// Titles and values.
pub(crate) fn machine() -> [[String; 2]; 4] {
    let cpuinfo = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpuinfo.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let processor = model.map_or("unknown", |(_, model)| model);
    [
        ["processor".to_owned(), format!("{processor}, {cores} cores")],
        ["toolchain".to_owned(), toolchain()],
        ["profile".to_owned(), "release, one codegen unit, no LTO".to_owned()],
        ["counted by".to_owned(), valgrind().unwrap_or_else(|| "no valgrind".to_owned())],
    ]
}

fn rustc() -> String {
    command("rustc", "--version")
}

fn command(program: &str, argument: &str) -> String {
    output(Command::new(program).arg(argument)).unwrap_or_else(|_| format!("no {program}"))
}
