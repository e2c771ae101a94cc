"""The form of a record, as the book shows it: read from the schemas and the manifests."""

import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from incontext import experiments
from incontext.errors import RecordError
from incontext.records import manifest as manifests
from incontext.records import reading
from incontext.records.types import SCHEMA_VERSION
from pages.markup import code, escape, link, table
from pages.publication import Publication

NAMED = {"#/$defs/name": "name", "#/$defs/sha256": "SHA-256"}
Node = Mapping[str, Any]


def fields(book: Publication) -> str:
    """Every field of a manifest, from the schema that checks it, and what was otherwise before."""
    del book
    whole = manifests.schema()
    rows = [(code(name), kind, escape(text)) for name, kind, text in entries(whole, whole)]
    current, *older = (
        link(f"schema/manifest-v{one}.json", f"version {one}")
        for one in reversed(manifests.READABLE)
    )
    earlier = "".join(
        f"\n\nStill read: {one}, {difference(version)}."
        for one, version in zip(older, range(SCHEMA_VERSION - 1, 0, -1), strict=True)
    )
    listed = table(("Field", "Form", "Meaning"), rows)
    return f"{current} is a JSON Schema.\n\n{listed}{earlier}"


def tables(book: Publication) -> str:
    """Every table of every experiment and what its columns mean, from the manifests."""
    del book
    parts = []
    for name in experiments.names():
        try:
            one = reading.best(name).manifest
        except RecordError:  # not recorded yet
            continue
        rows = [
            (code(f"{entry}.csv"), code(column["name"]), escape(column["dtype"]),
             escape(column["description"]))
            for entry, about in one.tables.items()
            for column in about["columns"]
        ]  # fmt: skip
        listed = table(("Table", "Column", "Type", "Meaning and unit"), rows)
        title = f"<summary>{name}, preset {one.preset}</summary>"
        parts.append(f"<details>{title}\n\n{listed}\n\n</details>")
    return "\n\n".join(parts) or "Nothing is recorded yet."


def attach(html: Path) -> None:
    """Put every version of the schema beside the pages."""
    folder = html / "schema"
    folder.mkdir(exist_ok=True)
    for version in manifests.READABLE:
        name = f"manifest-v{version}.json"
        shutil.copyfile(Path(manifests.__file__).with_name("schema") / name, folder / name)


def entries(node: Node, whole: Node, name: str = "") -> Iterator[tuple[str, str, str]]:
    """Path, form and meaning of every field below a node of a schema, the outer ones first.

    A star stands for a name that may be chosen, empty brackets for a place in a list.
    """
    children = {f"{name}.{key}".lstrip("."): one for key, one in node.get("properties", {}).items()}
    chosen = [node.get("additionalProperties"), *node.get("patternProperties", {}).values()]
    children |= {f"{name}.*": one for one in chosen if isinstance(one, dict)}
    children |= {f"{name}[]": node["items"]} if "items" in node else {}
    for path, child in children.items():
        if not path.endswith(("*", "]")):
            yield path, form(child), child.get("description", "")
        reference = child.get("$ref", "").rpartition("/")[2]
        yield from entries(whole["$defs"][reference] if reference else child, whole, path)


def form(node: Node) -> str:
    """Type of a field and the values it may have, in a few words."""
    if "const" in node:
        return f"always {node['const']}"
    if "enum" in node:
        return "one of " + ", ".join(node["enum"])
    if "$ref" in node:
        return NAMED[node["$ref"]]
    if "anyOf" in node:
        return " or ".join(form(one) for one in node["anyOf"])
    kind = node.get("type", "any")
    text = kind if isinstance(kind, str) else " or ".join(kind)
    return text + (f", at least {node['minimum']}" if "minimum" in node else "")


def difference(version: int) -> str:
    """Which fields an earlier version lacks, and which mean something else there."""
    old, new = manifests.schema(version)["properties"], manifests.schema()["properties"]
    lacks = [code(name) for name in new if name not in old]
    meant = [
        f"{code(name)} means “{escape(old[name]['description'].rstrip('.'))}”"
        for name in new
        if name in old and old[name]["description"] != new[name]["description"]
    ]
    return "; ".join([f"without {', '.join(lacks)}", *meant] if lacks else meant)
