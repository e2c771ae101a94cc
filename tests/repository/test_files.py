"""What is committed names no machine, and the frame of the project is in place."""

import re

import pytest
import yaml
from sources import ROOT, tracked_files

ABSOLUTE = re.compile(rb"(?<![\w.:/~$}])/(?:home|root|Users|work|tmp|mnt|workspace)/\w+")
HOSTED = re.compile(
    rb"https?://[\w.-]*(?:pypi\.|pythonhosted|npmjs|artifactory|debian\.org/debian)"
)
BINARY = {".png", ".safetensors", ".svg", ".ico", ".woff2"}


@pytest.mark.parametrize("pattern", [ABSOLUTE, HOSTED], ids=["path", "host"])
def test_no_tracked_file_names_a_path_or_a_package_host(pattern):
    texts = [path for path in tracked_files() if path.suffix not in BINARY]
    found = {str(p): pattern.findall(p.read_bytes())[:3] for p in texts}
    assert {name: hits for name, hits in found.items() if hits} == {}


def test_the_path_pattern_finds_paths():
    prefix = b"/home"
    assert ABSOLUTE.search(b'open("' + prefix + b'/someone/x")')
    assert not ABSOLUTE.search(b"see docs" + prefix + b"/someone")


def files_of(entry):
    """The pages that the table of contents names, at any depth."""
    if isinstance(entry, dict):
        for key, value in entry.items():
            yield from [value] if key in ("root", "file") else files_of(value)
    elif isinstance(entry, list):
        for one in entry:
            yield from files_of(one)


def test_every_listed_page_exists_and_every_chapter_is_listed():
    contents = yaml.safe_load((ROOT / "_toc.yml").read_text())
    listed = list(files_of(contents))
    assert len(listed) == len(set(listed))
    assert [page for page in listed if not (ROOT / f"{page}.md").is_file()] == []
    chapters = {f"chapters/{path.stem}" for path in (ROOT / "chapters").glob("*.md")}
    assert chapters == {page for page in listed if page.startswith("chapters/")}
