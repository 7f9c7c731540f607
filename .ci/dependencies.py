"""Licences and known vulnerabilities of what the published crates depend on, with all features and on all platforms.

Licences are those that a crate declares. Advisories are RustSec's, from `advisories.tsv`, which has at least one row for each crate: a new dependency is looked up
before it lands. To renew it from a checkout of https://github.com/rustsec/advisory-db: `python3 .ci/dependencies.py --renew CHECKOUT`.
"""

import pathlib
import re
import subprocess
import sys

PUBLISHED = ("samplescope", "samplescope-macros", "samplescope-rmcp")
# Each lets a program of any licence link what we do; `Unicode-3.0` is that of tables.
ALLOWED = {"MIT", "Apache-2.0", "Unicode-3.0", "Zlib"}
KNOWN = pathlib.Path(__file__).with_name("advisories.tsv")
NONE = "-"


def dependencies():
    """Name, version and licence of each. Not from `cargo metadata`, which adds what the tests' own dependencies turn on."""
    tree = ["cargo", "tree", "--locked", "--edges=no-dev", "--all-features", "--target=all", "--prefix=none", "--no-dedupe"]
    published = [argument for name in PUBLISHED for argument in ("-p", name)]
    lines = subprocess.check_output([*tree, "--format={p}|{l}", *published], text=True).splitlines()
    named = {re.match(r"(\S+) v(\S+)[^|]*\|(.*)", line).groups() for line in lines if line}
    return sorted(one for one in named if one[0] not in PUBLISHED)


def is_allowed(licence):
    """`(MIT OR Apache-2.0) AND Unicode-3.0`: of each choice one. Read as if `OR` went first, it never lets through what it should not."""
    choices = re.sub(r"[()]", "", licence).split(" AND ")
    return all(any(word.strip() in ALLOWED for word in re.split(r" OR |/", choice)) for choice in choices)


def numbers(version):
    return tuple(int(part) for part in (re.match(r"[\d.]+", version).group().split(".") + ["0", "0"])[:3])


def matches(version, requirement):
    """Whether a version is in `>= 1.8.4, < 1.9.0`."""
    version = numbers(version)
    for one in requirement.split(","):
        sign, lowest = re.fullmatch(r"\s*(>=|<=|>|<|=|\^|~|)\s*([\d.]+)\S*\s*", one).groups()
        parts, least = lowest.split("."), numbers(lowest)
        if sign in ("^", ""):
            # Up to and with the first number that is not 0.
            kept = next((place for place, part in enumerate(parts) if int(part)), len(parts) - 1) + 1
            fits = version >= least and version[:kept] == least[:kept]
        elif sign == "~":
            kept = min(len(parts), 2)
            fits = version >= least and version[:kept] == least[:kept]
        else:
            fits = {">=": version >= least, "<=": version <= least, ">": version > least, "<": version < least, "=": version == least}[sign]
        if not fits:
            return False
    return True


def rows():
    for line in KNOWN.read_text().splitlines():
        if not line.startswith("#"):
            yield (line.split("\t") + [""] * 3)[:4]


def renew(checkout):
    import tomllib

    commit = subprocess.check_output(["git", "-C", checkout, "log", "-1", "--format=%cs %H"], text=True).split()
    lines = [f"# RustSec's advisories of {commit[0]}, commit {commit[1]}: crate, advisory, versions that have it mended, versions that never had it"]
    for name in sorted({name for name, _, _ in dependencies()}):
        known = []
        files = subprocess.check_output(["git", "-C", checkout, "ls-tree", "--name-only", "HEAD", f"crates/{name}/"], text=True).split()
        for file in files:
            text = subprocess.check_output(["git", "-C", checkout, "show", f"HEAD:{file}"], text=True)
            advisory = tomllib.loads(re.match(r"```toml\n(.*?)```", text, re.DOTALL).group(1))
            if "withdrawn" not in advisory["advisory"]:
                versions = [" | ".join(advisory["versions"].get(kind, [])) for kind in ("patched", "unaffected")]
                known.append("\t".join([name, advisory["advisory"]["id"], *versions]).rstrip("\t"))
        lines += sorted(known) or [f"{name}\t{NONE}"]
    KNOWN.write_text("\n".join(lines) + "\n")


def main():
    if sys.argv[1:2] == ["--renew"]:
        renew(sys.argv[2])
    known = list(rows())
    wrong = []
    crates = dependencies()
    for name, version, licence in crates:
        if not is_allowed(licence):
            wrong.append(f"{name} {version}: its licence is {licence or 'not declared'}")
        mine = [row for row in known if row[0] == name]
        if not mine:
            wrong.append(f"{name} {version}: not looked up; renew advisories.tsv")
        for _, advisory, *versions in mine:
            safe = [one for kind in versions for one in kind.split(" | ") if one]
            if advisory != NONE and not any(matches(version, one) for one in safe):
                wrong.append(f"{name} {version}: {advisory}")
    print("\n".join(wrong) if wrong else f"{len(crates)} crates: licences allowed, no advisory")
    sys.exit(bool(wrong))


main()
