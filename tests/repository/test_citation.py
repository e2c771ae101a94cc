"""CITATION.cff fits the schema of the Citation File Format, and says what the project says."""

import json
import re
import tomllib
from importlib import resources

import pytest
import yaml
from jsonschema import Draft7Validator
from jsonschema.exceptions import best_match
from sources import ROOT


@pytest.fixture(scope="module")
def validator():
    """The schema of CFF 1.2.0, as check-jsonschema brings it along: no network is needed."""
    schemas = resources.files("check_jsonschema") / "builtin_schemas" / "vendor"
    return Draft7Validator(json.loads((schemas / "citation-file-format.json").read_text("utf-8")))


@pytest.fixture
def citation():
    # As text: YAML would make 2023-01-01 a date, which JSON schemas do not know.
    return yaml.load((ROOT / "CITATION.cff").read_text("utf-8"), Loader=yaml.BaseLoader)


def plain(value):
    """Years and the like as the numbers that they are in the file."""
    if isinstance(value, dict):
        return {
            key: int(one) if key in ("year", "volume") else plain(one) for key, one in value.items()
        }
    return [plain(one) for one in value] if isinstance(value, list) else value


def test_the_citation_fits_the_schema(validator, citation):
    error = best_match(validator.iter_errors(plain(citation)))
    assert error is None, f"{list(error.absolute_path)}: {error.message}"


@pytest.mark.parametrize(
    ("field", "value"),
    [("cff-version", "1.0"), ("authors", []), ("license", "free"), ("colour", "green")],
)
def test_a_wrong_citation_is_refused(validator, citation, field, value):
    assert not validator.is_valid({**plain(citation), field: value})


@pytest.mark.parametrize("field", ["cff-version", "message", "title", "authors"])
def test_a_citation_without_what_it_must_say_is_refused(validator, citation, field):
    assert not validator.is_valid(
        {key: one for key, one in plain(citation).items() if key != field}
    )


def test_the_citation_names_this_version_and_its_licences(citation):
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert citation["version"] == project["version"]
    assert set(citation["license"]) == set(project["license"].split(" AND "))


def test_what_zenodo_reads_says_the_same(citation):
    zenodo = json.loads((ROOT / ".zenodo.json").read_text("utf-8"))
    assert (zenodo["title"], zenodo["version"]) == (citation["title"], citation["version"])
    assert zenodo["keywords"] == citation["keywords"]
    assert zenodo["license"] in citation["license"]
    assert [one["name"] for one in zenodo["creators"]] == [
        one["name"] for one in citation["authors"]
    ]
    papers = [one["identifiers"][0]["value"] for one in citation["references"]]
    assert [one["identifier"] for one in zenodo["related_identifiers"]] == papers


def test_the_paper_about_this_book_cites_what_there_is():
    text = (ROOT / "paper.md").read_text("utf-8")
    keys = set(
        re.findall(r"^@\w+\{([^,]+),", (ROOT / "references.bib").read_text("utf-8"), re.MULTILINE)
    )
    about, body = yaml.safe_load(text.split("---")[1]), text.split("---", 2)[2]
    cited = set(re.findall(r"@(\w+)", body))
    assert len(cited) > 5
    assert cited <= keys
    assert about["bibliography"] == "references.bib"
