"""Fails if a dependency of a published crate declares a newer `rust-version` than that crate does. `samplescope-rmcp` has a floor of its own."""

import json
import subprocess
import sys

PUBLISHED = ("samplescope", "samplescope-macros", "samplescope-rmcp")


def version(text):
    return tuple(int(part) for part in (text.split(".") + ["0", "0"])[:3])


metadata = json.loads(subprocess.check_output(["cargo", "metadata", "--format-version=1", "--locked", "--all-features"]))
packages = {package["id"]: package for package in metadata["packages"]}
nodes = {node["id"]: node for node in metadata["resolve"]["nodes"]}


def dependencies(id):
    """What is compiled with that crate, itself included."""
    seen, todo = set(), [id]
    while todo:
        id = todo.pop()
        if id in seen:
            continue
        seen.add(id)
        normal = (d for d in nodes[id]["deps"] if any(kind["kind"] in (None, "build") for kind in d["dep_kinds"]))
        todo.extend(dependency["pkg"] for dependency in normal)
    return [packages[id] for id in seen]


too_new = False
for name in PUBLISHED:
    (id,) = (id for id, package in packages.items() if package["name"] == name)
    floor = packages[id]["rust_version"]
    crates = dependencies(id)
    newer = [crate for crate in crates if crate["rust_version"] and version(crate["rust_version"]) > version(floor)]
    for crate in newer:
        print(f"{crate['name']} {crate['version']} wants Rust {crate['rust_version']}, {name} has {floor}")
    print(f"{name}: {len(crates)} crates, {'none' if not newer else len(newer)} newer than {floor}")
    too_new |= bool(newer)
sys.exit(too_new)
