"""The RO-Crate holds to what its profile demands, and to what is recorded.

The demands are those of Process Run Crate 0.5 and of RO-Crate 1.1, which it extends; the official
validator, `make audit`, needs a network for the vocabularies and asks for the same.
"""

import json
import re
from hashlib import sha256
from pathlib import Path

import pytest

from incontext import records
from incontext.cli import crate
from incontext.networks.store import Store
from incontext.paths import reports_directory, repository_root
from incontext.records.verify import verify

ACTION_RESULTS = {"File", "Dataset", "Collection", "CreativeWork", "PropertyValue"}
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+]\d\d:\d\d")


class Graph:
    """The entities of a crate by @id."""

    def __init__(self, place):
        self.place = place
        self.document = json.loads((place / "ro-crate-metadata.json").read_text("utf-8"))
        self.entities = {one["@id"]: one for one in self.document["@graph"]}
        assert len(self.entities) == len(self.document["@graph"]), "an @id is used twice"

    def kinds(self, entity):
        found = entity["@type"]
        return {found} if isinstance(found, str) else set(found)

    def all_of(self, kind):
        return [one for one in self.entities.values() if kind in self.kinds(one)]

    def follow(self, entity, name):
        """The entities that a property refers to; every one must be described."""
        found = entity.get(name, [])
        found = found if isinstance(found, list) else [found]
        return [self.entities[one["@id"]] for one in found]


@pytest.fixture(scope="module")
def graph(tmp_path_factory):
    """The crate of this project's own records."""
    place = tmp_path_factory.mktemp("crate") / "a crate"
    crate.write(place)
    return Graph(place)


def references(value):
    if isinstance(value, dict):
        yield from ([value["@id"]] if set(value) == {"@id"} else [])
    elif isinstance(value, list):
        for one in value:
            yield from references(one)


def test_the_metadata_describe_the_root_by_ro_crate(graph):
    about = graph.entities["ro-crate-metadata.json"]
    assert about["@type"] == "CreativeWork"
    assert about["about"] == {"@id": "./"}
    assert about["conformsTo"] == {"@id": "https://w3id.org/ro/crate/1.1"}
    assert graph.document["@context"][0] == "https://w3id.org/ro/crate/1.1/context"
    root = graph.entities["./"]
    assert root["@type"] == "Dataset"
    assert root["name"]
    assert root["description"]
    assert MOMENT.fullmatch(root["datePublished"])
    assert {one["name"] for one in graph.follow(root, "license")} == {
        "CC BY 4.0",
        "Apache License 2.0",
    }
    assert [one["@type"] for one in graph.follow(root, "citation")] == ["ScholarlyArticle"] * 2


def test_the_root_names_the_profile(graph):
    (profile,) = graph.follow(graph.entities["./"], "conformsTo")
    assert profile["@id"] == "https://w3id.org/ro/wfrun/process/0.5"
    assert (profile["@type"], profile["version"]) == ("CreativeWork", "0.5")
    assert profile["name"]


def test_every_run_is_an_action_by_an_instrument_with_results(graph):
    actions = graph.all_of("CreateAction")
    mentioned = graph.follow(graph.entities["./"], "mentions")
    assert [one["@id"] for one in actions] == [one["@id"] for one in mentioned]
    for action in actions:
        (instrument,) = graph.follow(action, "instrument")
        assert graph.kinds(instrument) == {"SoftwareApplication"}
        assert instrument["name"]
        assert instrument["softwareVersion"]
        assert action["name"]
        assert action["description"]
        assert [one["@type"] for one in graph.follow(action, "agent")] == ["Organization"]
        assert MOMENT.fullmatch(action["startTime"])
        assert MOMENT.fullmatch(action["endTime"])
        assert action["startTime"] <= action["endTime"]
        assert action["actionStatus"] == "http://schema.org/CompletedActionStatus"
        assert graph.follow(action, "result")
        assert graph.follow(action, "object")
        for one in [*graph.follow(action, "result"), *graph.follow(action, "object")]:
            assert graph.kinds(one) & ACTION_RESULTS


def test_whatever_is_referred_to_is_described(graph):
    for entity in graph.entities.values():
        for name, value in entity.items():
            for one in references(value):
                is_vocabulary = name == "conformsTo" and one == "https://w3id.org/ro/crate/1.1"
                assert one in graph.entities or is_vocabulary, f"{entity['@id']}: {name} {one}"


def test_every_file_is_there_as_it_is_described(graph):
    for entity in graph.all_of("File"):
        content = (graph.place / entity["@id"]).read_bytes()
        assert entity["sha256"] == sha256(content).hexdigest()
        assert entity["contentSize"] == str(len(content))
        assert entity["encodingFormat"]
        assert entity["name"]
    for entity in graph.all_of("Dataset"):
        assert (graph.place / entity["@id"]).is_dir()


def test_all_records_are_in_the_crate_and_are_as_recorded(graph):
    data = reports_directory()
    actions = {one["@id"]: one for one in graph.all_of("CreateAction")}
    assert len(actions) == len(records.recorded(data)) > 0
    assert verify(graph.place / "data" / "reports") == []
    for experiment, preset in records.recorded(data):
        made_by = records.load_manifest(experiment, preset, root=data)
        action = actions[f"#run-{experiment}-{preset}"]
        (dataset,) = (one for one in graph.follow(action, "result") if one["@type"] == "Dataset")
        assert dataset["identifier"] == f"sha256:{made_by.checksum}"
        names = {one["@id"].rpartition("/")[2] for one in graph.follow(dataset, "hasPart")}
        assert names == {*made_by.files, "manifest.json"}
        inputs = {one["name"]: one.get("value") for one in graph.follow(action, "object")}
        assert inputs["seeds"] == str(list(made_by.seeds))
        assert inputs["class"] == made_by.config["class"]


def test_the_crate_holds_source_and_no_waste(graph):
    assert (graph.place / "src" / "incontext" / "records" / "store.py").is_file()
    assert not list(graph.place.rglob("__pycache__"))
    assert not list(graph.place.rglob("*.pyc"))
    assert str(repository_root()) not in (graph.place / "ro-crate-metadata.json").read_text("utf-8")


def test_the_same_records_are_the_same_crate(graph, tmp_path):
    crate.write(tmp_path / "again")
    for name in ("ro-crate-metadata.json", "ledger.toml", "schema/manifest-v1.json"):
        assert (tmp_path / "again" / name).read_bytes() == (graph.place / name).read_bytes()


def test_an_address_names_the_software(tmp_path, monkeypatch):
    monkeypatch.setenv("INCONTEXT_REPOSITORY", "https://example.org/incontext")
    crate.write(tmp_path / "crate")
    for one in Graph(tmp_path / "crate").all_of("SoftwareApplication"):
        assert one["@id"].startswith("https://example.org/incontext#incontext-")
        assert one["url"] == "https://example.org/incontext"


def test_the_networks_that_a_report_measured_are_in_it(incontext, recorded, places):
    assert incontext("crate", "--out", places.out).status == 0
    graph = Graph(places.out)
    action = graph.entities["#run-tiny-smoke"]
    files = [one["@id"] for one in graph.follow(action, "object") if one["@type"] == "File"]
    networks = records.load_manifest("tiny", "smoke", root=places.reports).networks
    assert files == [f"data/networks/{name}.safetensors" for name in networks]
    for path in Store(places.networks).files():
        assert (places.out / path.relative_to(places.data.parent)).read_bytes() == path.read_bytes()


def test_a_damaged_network_makes_no_crate(incontext, recorded, places):
    next(iter(Store(places.networks).files())).write_bytes(b"x")
    answer = incontext("crate", "--out", places.out)
    assert (answer.status, answer.err.count("\n")) == (1, 1)
    assert not places.out.exists()


def test_a_damaged_record_makes_no_crate(incontext, recorded, places):
    (recorded / "metrics.csv").write_text("")
    answer = incontext("crate", "--out", places.out)
    assert answer.status == 1
    assert "metrics.csv: it was changed after it was recorded" in answer.err
    assert answer.err.count("\n") == 1
    assert not places.out.exists()


def test_without_records_there_is_no_crate(incontext, places):
    places.reports.mkdir()
    answer = incontext("crate", "--out", places.out)
    assert answer.status == 1
    assert "nothing is recorded in" in answer.err
    assert not places.out.exists()


def test_nothing_is_written_over(incontext, recorded, places):
    places.out.mkdir()
    answer = incontext("crate", "--out", places.out)
    assert answer.status == 2
    assert "exists; name a directory that does not" in answer.err
    assert list(places.out.iterdir()) == []


def test_the_command_writes_a_crate(incontext, recorded, places):
    answer = incontext("crate", "--out", places.out)
    assert (answer.status, answer.err) == (0, "")
    assert Path(answer.out.strip()) == places.out
    names = [one["@id"] for one in Graph(places.out).all_of("CreateAction")]
    assert names == ["#run-tiny-laptop", "#run-tiny-paper", "#run-tiny-smoke"]
