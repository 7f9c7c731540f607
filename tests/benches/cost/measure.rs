//! A case is run in a process of its own, so that none sees what another set up, with the same environment everywhere.

use crate::allocator;
use crate::case::Case;
use std::io;
use std::process::Command;
use std::time::Instant;

/// What one run of a case costs. Exact, and the same whenever the same program is run; a meter's hash maps have a random seed.
#[derive(Clone, Copy)]
pub(crate) struct Cost {
    /// None without valgrind.
    pub(crate) instructions: Option<u64>,
    pub(crate) allocations: u64,
    pub(crate) bytes: u64,
}

impl Case {
    pub(crate) fn cost(&self, size: usize, runs: usize) -> io::Result<Cost> {
        let program = std::env::current_exe()?;
        let output = output(Command::new(program).args(self.arguments("--run", size, runs)))?;
        let counted = output.split_whitespace().map(str::parse).collect::<Result<Vec<u64>, _>>().map_err(io::Error::other)?;
        let &[allocations, bytes] = &counted[..] else { return Err(io::Error::other(format!("not two counts: {output}"))) };
        Ok(Cost { instructions: self.instructions(size, runs)?, allocations, bytes })
    }

    /// The difference between many runs and none, which leaves out what happens once. None without valgrind.
    pub(crate) fn instructions(&self, size: usize, runs: usize) -> io::Result<Option<u64>> {
        if valgrind().is_none() {
            return Ok(None);
        }
        let (many, none) = (self.callgrind(size, runs)?, self.callgrind(size, 0)?);
        Ok(Some(many.saturating_sub(none) / runs as u64))
    }

    fn callgrind(&self, size: usize, runs: usize) -> io::Result<u64> {
        let program = std::env::current_exe()?;
        let mut command = Command::new("valgrind");
        command.args(["--tool=callgrind", "--callgrind-out-file=/dev/null"]).arg(program);
        command.args(self.arguments("--run", size, runs));
        let output = fixed(&mut command).output()?;
        let text = String::from_utf8_lossy(&output.stderr);
        let count = text.lines().find_map(|line| line.split_once("Collected : ")?.1.trim().parse().ok());
        count.ok_or_else(|| io::Error::other(format!("valgrind counted nothing: {text}")))
    }

    /// The least that a run took.
    pub(crate) fn nanoseconds(&self, size: usize, runs: usize) -> io::Result<u64> {
        let program = std::env::current_exe()?;
        let output = output(Command::new(program).args(self.arguments("--time", size, runs.div_ceil(10))))?;
        output.trim().parse().map_err(io::Error::other)
    }

    fn arguments(&self, what: &str, size: usize, runs: usize) -> [String; 5] {
        [what.to_owned(), self.group.to_owned(), self.name.to_owned(), size.to_string(), runs.to_string()]
    }
}

/// In the process of its own: runs, and prints what was allocated.
pub(crate) fn run(case: &Case, size: usize, runs: usize) {
    let prepared = warm(case, size);
    let allocated = allocator::during(|| (0..runs).for_each(|_| prepared()));
    let each = |count: u64| count / (runs as u64).max(1);
    println!("{} {}", each(allocated.times), each(allocated.bytes));
}

/// In the process of its own: prints the least of many times.
pub(crate) fn time(case: &Case, size: usize, runs: usize) {
    let prepared = warm(case, size);
    let batch = || {
        let start = Instant::now();
        (0..runs).for_each(|_| prepared());
        start.elapsed().as_nanos() / runs as u128
    };
    println!("{}", (0..200).map(|_| batch()).min().unwrap_or_default());
}

/// What is to be run, and everything that happens once has happened.
fn warm(case: &Case, size: usize) -> Box<dyn Fn()> {
    (case.set_up)();
    (case.prepare)(1)();
    (case.prepare)(size)
}

/// The version of valgrind, if there is one.
pub(crate) fn valgrind() -> Option<String> {
    output(Command::new("valgrind").arg("--version")).ok()
}

/// What a command prints, in an environment that does not depend on who asks.
pub(crate) fn output(command: &mut Command) -> io::Result<String> {
    let output = fixed(command).output()?;
    if !output.status.success() {
        return Err(io::Error::other(format!("{command:?}: {}", String::from_utf8_lossy(&output.stderr))));
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

fn fixed(command: &mut Command) -> &mut Command {
    // What rustup and the loader want; nothing that OpenTelemetry reads.
    let kept = ["PATH", "HOME", "RUSTUP_HOME", "RUSTUP_TOOLCHAIN", "CARGO_HOME", "LD_LIBRARY_PATH"];
    let kept: Vec<_> = kept.into_iter().filter_map(|name| Some((name, std::env::var_os(name)?))).collect();
    command.env_clear().env("LC_ALL", "C").envs(kept)
}
