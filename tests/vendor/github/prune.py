#!/usr/bin/env python3
"""Makes rest.json and schema.graphql from the package files of GitHub's published descriptions.

    prune.py OPENAPI.tgz GRAPHQL.tgz FOLDER

Writes rest.json, schema.graphql and the two licences into FOLDER. The same package files always give the same bytes. README.md beside
this file says which packages, and how to renew.
"""

import json
import pathlib
import re
import sys
import tarfile

HERE = pathlib.Path(__file__).resolve().parent
OPENAPI = "package/generated/api.github.com.json"
PROSE = ("description", "summary", "title", "externalDocs", "example", "examples", "tags", "headers", "deprecated")
KEPT_EXTENSIONS = ("x-multi-segment",)


def member(package, name):
    """The text of one file of a package."""
    with tarfile.open(package) as archive:
        return archive.extractfile(name).read().decode("utf-8")


def wanted():
    """The operations to keep, as (method, path)."""
    lines = (HERE / "operations.txt").read_text(encoding="utf-8").splitlines()
    rows = [line.split() for line in lines if line and not line.startswith("#")]
    return [(method.lower(), path) for method, path in rows]


def without_prose(node, names=False):
    """A description without what only people read. Below `properties` the keys are names of fields and stay, whatever they are."""
    if isinstance(node, list):
        return [without_prose(item) for item in node]
    if not isinstance(node, dict):
        return node
    if names:
        return {key: without_prose(value) for key, value in node.items()}
    kept = {}
    for key, value in node.items():
        if key in PROSE or (key.startswith("x-") and key not in KEPT_EXTENSIONS):
            continue
        if key in ("enum", "default", "required"):
            kept[key] = value
        else:
            kept[key] = without_prose(value, names=key in ("properties", "content", "responses", "paths"))
    return kept


def references(node):
    """Every component that a part of the description refers to, as (kind, name)."""
    if isinstance(node, dict):
        target = node.get("$ref")
        if isinstance(target, str):
            _, _, kind, name = target.split("/", 3)
            yield kind, name
        for value in node.values():
            yield from references(value)
    elif isinstance(node, list):
        for value in node:
            yield from references(value)


def pruned(document):
    """The wanted operations and all components that they need."""
    paths = {}
    for method, path in wanted():
        if method not in document["paths"].get(path, {}):
            sys.exit(f"{method.upper()} {path} is not in the description")
        paths.setdefault(path, {})[method] = without_prose(document["paths"][path][method])
    components = {}
    waiting = list(references(paths))
    while waiting:
        kind, name = waiting.pop()
        if name in components.setdefault(kind, {}):
            continue
        components[kind][name] = without_prose(document["components"][kind][name])
        waiting += references(components[kind][name])
    return paths, components


def compact(value):
    return json.dumps(value, separators=(",", ":"), sort_keys=True, ensure_ascii=False)


def table(entries, indent):
    """A JSON object with one line per entry, so that a renewal can be read as a difference."""
    rows = [f"{indent}{compact(name)}:{compact(entries[name])}" for name in sorted(entries)]
    return "{\n" + ",\n".join(rows) + "\n" + indent + "}"


def rendered(document):
    paths, components = pruned(document)
    kinds = [f' {compact(kind)}:{table(components[kind], " ")}' for kind in sorted(components)]
    head = f'{{"openapi":{compact(document["openapi"])},"version":{compact(document["info"]["version"])},\n'
    return head + '"paths":' + table(paths, "") + ',\n"components":{\n' + ",\n".join(kinds) + "\n}}\n"


def without_descriptions(schema):
    """The GraphQL schema without its descriptions; everything that a program needs is in the rest."""
    bare = re.sub(r'^[ ]*"""(?:[^"\\]|\\.|"(?!""))*"""\n', "", schema, flags=re.MULTILINE | re.DOTALL)
    if '"""' in bare:
        sys.exit("a description of the GraphQL schema was not understood")
    return re.sub(r"\n{2,}", "\n", bare).lstrip("\n").rstrip("\n") + "\n"


def main():
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    openapi, graphql, folder = sys.argv[1], sys.argv[2], pathlib.Path(sys.argv[3])
    texts = {
        "rest.json": rendered(json.loads(member(openapi, OPENAPI))),
        "schema.graphql": without_descriptions(member(graphql, "package/schema.graphql")),
        "LICENSE-openapi": member(openapi, "package/LICENSE").rstrip() + "\n",
        "LICENSE-graphql-schema": member(graphql, "package/LICENSE.md").rstrip() + "\n",
    }
    for name, text in texts.items():
        (folder / name).write_bytes(text.replace("\r\n", "\n").encode("utf-8"))


main()
