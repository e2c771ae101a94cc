"""Nothing is unpickled or evaluated, and nothing recorded tells of the machine's files."""

import re

import pytest
from leaks import leaks

from incontext.paths import data_directory, repository_root

OFFENCE = re.compile(
    r"^\s*(?:import|from) (?:c?pickle|cloudpickle|dill|joblib|marshal|shelve)\b"
    r"|\b(?:eval|exec|__import__|system|popen|(?:read|to)_pickle)\("
    r"|\b(?:unsafe_load|full_load|yaml\.load)\b|(?:allow_pickle|shell)=True",
    re.MULTILINE,
)


def test_source_neither_unpickles_nor_evaluates():
    root = repository_root()
    paths = [*(root / "src").rglob("*.py"), *(root / "workflow").rglob("*.py")]
    assert len(paths) > 50
    assert [path for path in paths if OFFENCE.search(path.read_text("utf-8"))] == []


@pytest.mark.parametrize(
    "text",
    [
        *("import pickle", "from dill import loads", "eval('1')", "  exec(text)"),
        *("numpy.load(path, allow_pickle=True)", "pandas.read_pickle(path)"),
        *("subprocess.run(text, shell=True)", "os.system(text)", "yaml.unsafe_load(text)"),
    ],
)
def test_each_offence_is_seen(text):
    assert OFFENCE.search(text)


def test_no_recorded_file_names_a_place_or_a_secret():
    found = data_directory().rglob("[!.]*")  # hidden ones are locks of recorders at work
    paths = [path for path in found if path.is_file()]
    assert len(paths) > 50
    assert [path for path in paths if leaks(path.read_bytes())] == []


@pytest.mark.parametrize("text", [b"see file://x", b"C:\\\\Users", b"api_key = 'abcdefgh'"])
def test_a_place_or_secret_is_seen(text):
    assert leaks(text)
