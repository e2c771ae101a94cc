"""The reference of the library, from its source: signatures and docstrings, nothing imported.

Docstrings are plain text in a fixed form (one line, the formula, shapes, errors, source), which no
markup language reads well, so they are shown as they were written.
"""

import ast
import re
from pathlib import Path

from freshness import PACKAGE

from pages.publication import Publication

FENCE = "`" * 3
TICKS = re.compile(r"`{3,}")
Named = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def room(book: Publication, name: str) -> str:
    """Reference of everything public in one room of the library."""
    folder = PACKAGE / "incontext" / name
    modules = sorted(path for path in folder.rglob("*.py"))
    return "\n\n".join(text for path in modules if (text := module(path)))


def module(path: Path) -> str:
    """A section with the module's docstring and everything public in it."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    named = [node for node in tree.body if isinstance(node, Named) and is_public(node)]
    members = {node.name: node for node in named}.values()  # of overloads the one that is run
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
    if not members and parts[-1] != "__init__":
        return ""
    head = f"## {name}\n\n{plain(ast.get_docstring(tree))}"
    return "\n\n".join([head, *(entry(node, name) for node in members)])


def entry(node: Named, owner: str) -> str:
    """A function, or a class with its fields and public methods."""
    name = f"{owner}.{node.name}"
    text = plain(ast.get_docstring(node))
    if not isinstance(node, ast.ClassDef):
        return directive_of("py:function", name + signature(node), text, "")
    fields = [statement for statement in node.body if isinstance(statement, ast.AnnAssign)]
    listed = "\n".join(ast.unparse(field) for field in fields)
    if listed:
        text += f"\n\n{FENCE}python\n{listed}\n{FENCE}"
    bases = ", ".join(ast.unparse(base) for base in node.bases)
    title = name + (f"({bases})" if bases else "")
    methods = [one for one in node.body if isinstance(one, ast.FunctionDef) and is_public(one)]
    inner = "\n\n".join(
        directive_of(
            "py:method", f"{name}.{one.name}{signature(one)}", plain(ast.get_docstring(one)), ""
        )
        for one in methods
    )
    return directive_of("py:class", title, text, inner)


def directive_of(kind: str, title: str, text: str, inner: str) -> str:
    """A directive whose fence is longer than any inside it."""
    body = "\n\n".join(part for part in (text, inner) if part)
    longest = max((len(run) for run in TICKS.findall(body)), default=2)
    fence = "`" * (longest + 1)
    return f"{fence}{{{kind}}} {title}\n{body}\n{fence}"


def signature(node: ast.FunctionDef | ast.AsyncFunctionDef) -> str:
    """Arguments and what is returned, on one line."""
    spec = WithoutNotes().visit(node.args)
    for group in (spec.posonlyargs, spec.args):
        group[:] = [one for one in group if one.arg not in ("self", "cls")]
    returns = f" -> {ast.unparse(node.returns)}" if node.returns else ""
    return f"({ast.unparse(spec)}){returns}"


class WithoutNotes(ast.NodeTransformer):
    """Annotations as a reader of Python knows them: of `Annotated[type, notes]` the type."""

    def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
        """The first argument of Annotated, anything else as it is."""
        self.generic_visit(node)
        if ast.unparse(node.value) == "Annotated" and isinstance(node.slice, ast.Tuple):
            return node.slice.elts[0]
        return node


def plain(docstring: str | None) -> str:
    """A docstring as paragraphs: the first as prose, the others as they are laid out."""
    if not docstring:
        return ""
    first, _, rest = docstring.partition("\n\n")
    text = escaped(" ".join(first.split()))
    return text if not rest else f"{text}\n\n{FENCE}{{code-block}} text\n{rest}\n{FENCE}"


def escaped(text: str) -> str:
    """Prose with the signs escaped that Markdown would read, but for code between single ticks."""
    parts = re.split(r"(`[^`]+`)", text)
    return "".join(part if part.startswith("`") else _escaped(part) for part in parts)


def _escaped(text: str) -> str:
    return "".join(f"\\{sign}" if sign in "\\`*_{}[]<>#$|^~" else sign for sign in text)


def is_public(node: Named) -> bool:
    """Whether a name is meant for others."""
    return not node.name.startswith("_")
