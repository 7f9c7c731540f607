"""Fails if a dependency of the published crates declares a newer `rust-version` than the workspace does."""

import json
import subprocess
import sys

PUBLISHED = {"samplescope", "samplescope-macros"}


def version(text):
    return tuple(int(part) for part in (text.split(".") + ["0", "0"])[:3])


metadata = json.loads(subprocess.check_output(["cargo", "metadata", "--format-version=1", "--locked", "--all-features"]))
packages = {package["id"]: package for package in metadata["packages"]}
nodes = {node["id"]: node for node in metadata["resolve"]["nodes"]}

todo = [id for id, package in packages.items() if package["name"] in PUBLISHED]
floor = version(packages[todo[0]]["rust_version"])
seen = set()
while todo:
    id = todo.pop()
    if id in seen:
        continue
    seen.add(id)
    for dependency in nodes[id]["deps"]:
        if any(kind["kind"] in (None, "build") for kind in dependency["dep_kinds"]):
            todo.append(dependency["pkg"])

newer = [packages[id] for id in seen if packages[id]["rust_version"] and version(packages[id]["rust_version"]) > floor]
for package in newer:
    print(f"{package['name']} {package['version']} wants Rust {package['rust_version']}")
print(f"{len(seen)} crates, none newer than {'.'.join(map(str, floor))}" if not newer else "too new")
sys.exit(bool(newer))
