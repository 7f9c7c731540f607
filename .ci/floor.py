"""Builds the published crates with the oldest that they promise: the Rust of `rust-version`, and every dependency at the floor of its requirement.

That Rust is rustup's if it is installed, else Debian's: the packages are unpacked into target/floor, and nothing of the machine changes.
Where there is neither, this says so, and takes the Rust that is there.
"""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
FLOOR = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")).resolve() / "floor"
PUBLISHED = ("samplescope", "samplescope-macros")
# Which Debian has which Rust.
SUITES = {"1.85": "trixie"}


def run(*command, **options):
    return subprocess.run(command, check=True, text=True, **options)


def output(*command, **options):
    return run(*command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, **options).stdout


def metadata(folder, *arguments):
    return json.loads(output("cargo", "metadata", "--format-version=1", *arguments, cwd=folder))


def is_floor(rustc, version):
    try:
        return output(rustc, "--version").startswith(f"rustc {version}.")
    except (OSError, subprocess.CalledProcessError):
        return False


def of_rustup(version):
    """The compiler of an installed toolchain. rustup would download one that is not."""
    if not shutil.which("rustup"):
        return None
    names = [line.split()[0] for line in output("rustup", "toolchain", "list").splitlines()]
    name = next((name for name in names if name.startswith(f"{version}.") or name.startswith(f"{version}-")), None)
    return name and pathlib.Path(output("rustup", "which", "--toolchain", name, "rustc").strip())


def of_debian(version):
    """The compiler of Debian's packages, with Debian's own C library: the machine's may be older."""
    if version not in SUITES or not all(map(shutil.which, ("apt-get", "apt-cache", "dpkg"))):
        return None
    rustc = FLOOR / "bin" / "rustc"
    if is_floor(rustc, version):
        return rustc
    apt = FLOOR / "apt"
    for folder in ("lists/partial", "cache/archives/partial", "packages"):
        (apt / folder).mkdir(parents=True, exist_ok=True)
    # The mirror that the machine has, and its key.
    targets = output("apt-get", "indextargets", "--format", "$(ORIGIN)|$(LABEL)|$(CREATED_BY)|$(REPO_URI)").splitlines()
    mirror = next((target.split("|")[3] for target in targets if target.startswith("Debian|Debian|Packages|")), None)
    keys = pathlib.Path("/usr/share/keyrings/debian-archive-keyring.gpg")
    if mirror is None or not keys.exists():
        return None
    (apt / "sources.list").write_text(f"deb [signed-by={keys}] {mirror} {SUITES[version]} main\n")
    options = ["-o", f"Dir::Etc::SourceList={apt}/sources.list", "-o", "Dir::Etc::SourceParts=/dev/null"]
    options += ["-o", f"Dir::State::Lists={apt}/lists", "-o", f"Dir::Cache={apt}/cache"]
    run("apt-get", *options, "-qq", "update", stdout=subprocess.DEVNULL)
    only = ["recommends", "suggests", "conflicts", "breaks", "replaces", "enhances"]
    library = f"libstd-rust-{version}"
    needed = output("apt-cache", *options, "depends", "--recurse", *(f"--no-{kind}" for kind in only), library).splitlines()
    names = ["rustc", "libstd-rust-dev", *{line for line in needed if re.match(r"[a-z]", line)}]
    run("apt-get", *options, "-qq", "download", *names, cwd=apt / "packages", stderr=subprocess.DEVNULL)
    for package in sorted((apt / "packages").glob("*.deb")):
        run("dpkg", "-x", package, FLOOR / "root")
    shutil.rmtree(apt)
    usr = FLOOR / "root" / "usr"
    loader = next(usr.glob("lib*/ld-linux*.so.*"))
    libraries = next(usr.glob("lib/*/libc.so.6")).parent
    rustc.parent.mkdir(exist_ok=True)
    rustc.write_text(f'#!/bin/sh\nexec "{loader}" --library-path "{libraries}" "{usr}/bin/rustc" --sysroot "{usr}" "$@"\n')
    rustc.chmod(0o755)
    return rustc


def oldest_rust(version):
    for found in (of_rustup, of_debian):
        try:
            rustc = found(version)
        except (OSError, StopIteration, subprocess.CalledProcessError) as error:
            print(f"{found.__name__}: {error}", flush=True)
            continue
        if rustc and is_floor(rustc, version):
            return rustc
    return None


def floor(requirement):
    """`^1.0.219` → 1.0.219, `>=0.30, <0.34` → 0.30.0, `=0.1.0` → 0.1.0"""
    numbers = re.match(r"(?:\^|>=|=|~)?\s*([\d.]+)", requirement).group(1).split(".")
    return ".".join((numbers + ["0", "0"])[:3])


def locked(folder):
    text = (folder / "Cargo.lock").read_text()
    versions = {}
    for name, version in re.findall(r'name = "(.+)"\nversion = "(.+)"', text):
        versions.setdefault(name, []).append(version)
    return versions


def minimal(folder, dependencies):
    """A program that depends on samplescope, and pins each of its dependencies to its floor."""
    pins = "".join(f'{name} = {{ version = "={lowest}", default-features = false }}\n' for name, lowest in dependencies.items())
    (folder / "src").mkdir()
    (folder / "src/main.rs").write_text("#[samplescope::sampling_loop]\nfn main() {}\n")
    (folder / "Cargo.toml").write_text(
        '[package]\nname = "oldest"\nversion = "0.0.0"\nedition = "2024"\n\n[workspace]\n\n'
        f'[dependencies]\nsamplescope = {{ path = "{ROOT}/runtime", features = ["console", "mcp", "testing"] }}\n{pins}'
    )
    run("cargo", "generate-lockfile", "--quiet", cwd=folder)
    # Where a range spans several incompatible versions, samplescope has taken the newest. The SDK brings the API of its own version.
    for name in ("opentelemetry_sdk", "opentelemetry"):
        for version in set(locked(folder)[name]) - {dependencies[name]}:
            run("cargo", "update", "--quiet", "-p", f"{name}@{version}", "--precise", dependencies[name], cwd=folder)
    # Others may need another syn beside ours.
    above = {name: locked(folder)[name] for name, lowest in dependencies.items() if lowest not in locked(folder)[name]}
    if above or any(len(locked(folder)[name]) > 1 for name in ("opentelemetry_sdk", "opentelemetry")):
        sys.exit(f"not at their floors: {above or locked(folder)['opentelemetry']}")


def main():
    workspace = metadata(ROOT, "--no-deps", "--locked")
    packages = [package for package in workspace["packages"] if package["name"] in PUBLISHED]
    (version,) = {package["rust_version"] for package in packages}
    dependencies = {
        dependency["name"]: floor(dependency["req"])
        for package in packages
        for dependency in package["dependencies"]
        if dependency["kind"] is None and dependency["name"] not in PUBLISHED
    }
    rustc = oldest_rust(version)
    environment = {**os.environ, "CARGO_TARGET_DIR": str(FLOOR / "target")}
    if rustc:
        environment["RUSTC"] = str(rustc)
        print(output(rustc, "--version").strip(), flush=True)
        arguments = [argument for name in PUBLISHED for argument in ("-p", name)]
        run("cargo", "check", "--quiet", "--locked", "--all-features", *arguments, cwd=ROOT, env=environment)
        print(f"{' and '.join(PUBLISHED)} build with it, with what Cargo.lock has", flush=True)
    else:
        print(f"SKIPPED: there is no Rust {version} here, neither rustup's nor Debian's", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        minimal(pathlib.Path(folder), dependencies)
        run("cargo", "check", "--quiet", cwd=folder, env=environment)
    print("and with " + ", ".join(f"{name} {lowest}" for name, lowest in sorted(dependencies.items())))


main()
