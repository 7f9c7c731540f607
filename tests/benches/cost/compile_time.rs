//! What annotating costs the compiler: a crate of 100 functions, annotated in one way or another, and the CPU seconds of the rustc that compiles it,
//! its dependencies aside.

use crate::case::{NOTHING, OURS};
use crate::table::Table;
use std::ffi::OsString;
use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};

const FUNCTIONS: usize = 100;
const ROUNDS: usize = 5;
const CRATE: &str = "annotated";
/// Set while cargo calls this program instead of rustc: where to write how long that took.
const TIMES: &str = "SAMPLESCOPE_RUSTC_TIMES";
const PROFILES: [(&str, &[&str]); 3] = [("check", &["check"]), ("debug", &["build"]), ("release", &["build", "--release"])];

/// Request arguments as `key = field`, then response arguments.
const OF_3: [&str; 3] = ["model = request.model", "stop_reason = |response| &response.text", "usage = |response| response.usage"];
const OF_19: [&str; 19] = [
    "provider = request.text",
    "model = request.model",
    "temperature = request.number",
    "max_tokens = request.count",
    "iteration = request.count",
    "top_p = request.number",
    "top_k = request.count",
    "seed = request.count",
    "stop_sequences = [request.text.as_str()]",
    "presence_penalty = request.number",
    "frequency_penalty = request.number",
    "choice_count = request.count",
    "server_address = request.text",
    "server_port = request.count",
    "stop_reason = |response| &response.text",
    "response_model = |response| &response.text",
    "response_id = |response| &response.text",
    "usage = |response| response.usage",
    "failed = |response| response.failed",
];

const TYPES: &str = "
pub struct Request { pub model: String, pub text: String, pub number: f64, pub count: i64 }
pub struct Response { pub text: String, pub usage: Option<samplescope::TokenUsage>, pub failed: bool }
";

/// The CPU seconds, for each way and profile.
pub(crate) fn measure() -> io::Result<Table> {
    let traced = |count: usize| {
        let fields: Vec<_> = (0..count).map(|field| format!("field_{field} = request.model")).collect();
        format!("#[tracing::instrument(skip_all, fields({}))]", fields.join(", "))
    };
    let ours = |arguments: &[&str]| format!("#[samplescope::sampling_step({})]", arguments.join(", "));
    let ways = [
        (NOTHING.to_owned(), String::new()),
        ("`#[tracing::instrument]`, 3 fields".to_owned(), traced(3)),
        (format!("{OURS}, 3 arguments"), ours(&OF_3)),
        ("`#[tracing::instrument]`, 19 fields".to_owned(), traced(19)),
        (format!("{OURS}, 19 arguments"), ours(&OF_19)),
    ];
    let project = Project::new()?;
    let mut rows = Vec::new();
    for (way, attribute) in ways {
        project.write(&attribute)?;
        let mut row = vec![way];
        for (profile, arguments) in PROFILES {
            eprintln!("{}: {profile}", row[0]);
            row.push(format!("{:.2}", project.least(arguments)?));
        }
        rows.push(row);
    }
    let columns = std::iter::once("CPU seconds").chain(PROFILES.map(|(profile, _)| profile)).map(str::to_owned).collect();
    Ok(Table { heading: "Compile time", columns, rows })
}

/// A crate below cargo's directory for temporary files, on the dependencies of this workspace's lock file.
struct Project(PathBuf);

impl Project {
    fn new() -> io::Result<Self> {
        let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("compile-time");
        let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize()?;
        fs::create_dir_all(directory.join("src"))?;
        fs::copy(workspace.join("Cargo.lock"), directory.join("Cargo.lock"))?;
        let manifest = format!(
            "[package]\nname = \"{CRATE}\"\nedition = \"2024\"\n\n[workspace]\n\n[dependencies]\n\
             samplescope.path = \"{}\"\ntracing = {{ version = \"0.1\", features = [\"attributes\"] }}\n",
            workspace.join("runtime").display()
        );
        fs::write(directory.join("Cargo.toml"), manifest)?;
        Ok(Project(directory))
    }

    fn write(&self, attribute: &str) -> io::Result<()> {
        let mut source = TYPES.to_owned();
        for number in 0..FUNCTIONS {
            let function = format!(
                "pub async fn ask_{number}(request: &Request) -> Result<Response, std::io::Error> {{\n    \
                 std::future::ready(()).await;\n    \
                 Ok(Response {{ text: request.text.clone(), usage: None, failed: false }})\n}}\n"
            );
            // Called from a function that is no generic one: else a release build would leave it to whoever uses the crate.
            let call = format!(
                "pub fn boxed_{number}(request: &Request) -> Box<dyn Future<Output = Result<Response, std::io::Error>> + '_> {{\n    Box::new(ask_{number}(request))\n}}\n"
            );
            write!(source, "\n{attribute}\n{function}\n{call}").map_err(io::Error::other)?;
        }
        fs::write(self.0.join("src/lib.rs"), source)
    }

    /// The least of several times. The first compiles the dependencies, too, which are not counted.
    fn least(&self, arguments: &[&str]) -> io::Result<f64> {
        let times = self.0.join("times");
        let _none_yet = fs::remove_file(&times);
        for _ in 0..ROUNDS {
            // Touched: cargo looks at the time.
            fs::File::options().append(true).open(self.0.join("src/lib.rs"))?.set_modified(std::time::SystemTime::now())?;
            let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
            cargo.current_dir(&self.0).args(arguments).args(["--quiet", "--offline"]);
            cargo.env("CARGO_TARGET_DIR", self.0.join("target")).env("CARGO_INCREMENTAL", "0");
            cargo.env("RUSTC_WORKSPACE_WRAPPER", std::env::current_exe()?).env(TIMES, &times);
            if !cargo.status()?.success() {
                return Err(io::Error::other(format!("{cargo:?} failed")));
            }
        }
        let times = fs::read_to_string(times)?;
        times.lines().filter_map(|time| time.parse().ok()).min_by(f64::total_cmp).ok_or_else(|| io::Error::other("no time"))
    }
}

/// Whether cargo called this program instead of rustc.
pub(crate) fn is_rustc() -> bool {
    std::env::var_os(TIMES).is_some()
}

/// Calls rustc, and writes down how long the crate took it.
pub(crate) fn rustc(mut arguments: impl Iterator<Item = OsString>) -> io::Result<ExitStatus> {
    let program = arguments.next().ok_or_else(|| io::Error::other("which rustc?"))?;
    let arguments: Vec<_> = arguments.collect();
    let status = Command::new(program).args(&arguments).status()?;
    if let Some(times) = std::env::var_os(TIMES).filter(|_| arguments.iter().any(|argument| argument == CRATE)) {
        let mut file = fs::File::options().create(true).append(true).open(times)?;
        io::Write::write_fmt(&mut file, format_args!("{}\n", children_seconds()?))?;
    }
    Ok(status)
}

/// User and system time of the children that have ended, from /proc, which counts hundredths of a second.
fn children_seconds() -> io::Result<f64> {
    let stat = fs::read_to_string("/proc/self/stat")?;
    // The program's name is in parentheses and may hold anything. Behind it: state, 10 other fields, utime, stime, cutime, cstime.
    let fields = stat.rsplit_once(')').map_or("", |(_, fields)| fields).split_whitespace();
    Ok(fields.skip(13).take(2).filter_map(|ticks| ticks.parse::<f64>().ok()).sum::<f64>() / 100.0)
}
