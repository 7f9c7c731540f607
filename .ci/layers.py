"""No file of a crate imports from above itself: the imports between the files have no circle, and so an order to read them in."""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent


def files(crate):
    """Each module's path by its file: `call::open` is `call/open.rs`, a folder's own is its `mod.rs`."""
    source = ROOT / crate / "src"
    for path in sorted(source.rglob("*.rs")):
        module = path.relative_to(source).with_suffix("").parts
        if module in {("lib",)} or "tests" in module:
            continue
        yield (module[:-1] if module[-1] == "mod" else module), path


def imports(text, modules):
    """The modules that a file names behind `crate::`, one by one where they stand in braces. Its own tests do not count."""
    text = re.sub(r"//.*", "", text.split("#[cfg(test)]")[0])
    for head, names in re.findall(r"crate((?:::\w+)+)(?:::\{([^}]*)\})?", text):
        words = tuple(head.split("::")[1:])
        for name in [name.split()[0] for name in names.split(",") if name.strip()] or [None]:
            path = words + ((name,) if name else ())
            while path and path not in modules:
                path = path[:-1]
            if path:
                yield path


def circle(module, graph, path, done):
    if module in path:
        return path[path.index(module) :] + [module]
    if module in done:
        return None
    for other in sorted(graph[module]):
        found = circle(other, graph, path + [module], done)
        if found:
            return found
    done.add(module)
    return None


def main():
    for crate in ("macros", "runtime", "rmcp"):
        modules = dict(files(crate))
        # A folder's face hands on what its files define: importing from it is importing from one of these, which `crate::folder::file` says exactly.
        faces = {module for module, path in modules.items() if path.name == "mod.rs"}
        graph = {
            module: {other for other in imports(path.read_text(), modules) if other != module} if module not in faces else set()
            for module, path in modules.items()
        }
        for face in faces:
            graph[face] = {module for module in modules if module[:-1] == face and module != face}
        for module in graph:
            # Within a folder, files name each other directly, or through the folder's face where that is above both.
            graph[module] = {other for other in graph[module] if module[:-1] != other or module in faces}
        done = set()
        for module in graph:
            found = circle(module, graph, [], done)
            if found:
                sys.exit(f"{crate}: a circle of imports: " + " → ".join("::".join(step) for step in found))
        print(f"{crate}: {len(modules)} files, none imports from above itself") if modules else None


main()
