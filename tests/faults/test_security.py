"""Nothing is unpickled or evaluated, and nothing recorded tells of the machine's files."""

import ast

import pytest
from leaks import leaks

from incontext.paths import data_directory, repository_root

FORBIDDEN_IMPORTS = {"pickle", "cPickle", "dill", "cloudpickle", "joblib", "marshal", "shelve"}
FORBIDDEN_CALLS = {
    *("eval", "exec", "compile", "__import__", "read_pickle", "to_pickle"),
    *("system", "popen", "unsafe_load", "full_load", "yaml.load"),
}


def offences(text):
    """What a source text does that this project never does: (line, what)."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            names = {alias.name.split(".")[0] for alias in node.names}
            yield from ((node.lineno, name) for name in names & FORBIDDEN_IMPORTS)
        elif isinstance(node, ast.ImportFrom) and node.module:
            if node.module.split(".")[0] in FORBIDDEN_IMPORTS:
                yield node.lineno, node.module
        elif isinstance(node, ast.Call):
            yield from _called(node)


def _called(node):
    name = ast.unparse(node.func)
    is_regex = name == "re.compile"
    if {name, name.rpartition(".")[2]} & FORBIDDEN_CALLS and not is_regex:
        yield node.lineno, name
    for keyword in node.keywords:
        is_true = isinstance(keyword.value, ast.Constant) and keyword.value.value is True
        if keyword.arg in ("allow_pickle", "shell") and is_true:
            yield node.lineno, f"{name}({keyword.arg}=True)"


def sources():
    root = repository_root()
    return sorted([*(root / "src").rglob("*.py"), *(root / "workflow").rglob("*.py")])


@pytest.mark.parametrize("path", sources(), ids=lambda path: path.name)
def test_source_neither_unpickles_nor_evaluates(path):
    found = [f"{line}: {what}" for line, what in offences(path.read_text("utf-8"))]
    # jax.jit(...).lower().compile() compiles a computation, not a text
    assert [one for one in found if not one.endswith(".compile")] == []


@pytest.mark.parametrize(
    "text",
    [
        "import pickle",
        "from dill import loads",
        "eval('1')",
        "exec(text)",
        "numpy.load(path, allow_pickle=True)",
        "pandas.read_pickle(path)",
        "subprocess.run(text, shell=True)",
        "os.system(text)",
        "yaml.unsafe_load(text)",
    ],
)
def test_each_offence_is_seen(text):
    assert list(offences(text))


def recorded_files():
    found = data_directory().rglob("[!.]*")  # hidden ones are locks of recorders at work
    return sorted(path for path in found if path.is_file())


@pytest.mark.parametrize("path", recorded_files(), ids=lambda path: "-".join(path.parts[-3:]))
def test_a_recorded_file_names_no_place_and_no_secret(path):
    assert leaks(path.read_bytes()) == []


@pytest.mark.parametrize("text", [b"see file://x", b"C:\\\\Users", b"api_key = 'abcdefgh'"])
def test_a_place_or_secret_is_seen(text):
    assert leaks(text)
