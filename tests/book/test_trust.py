"""The pages about records and their form say what records and schemas say."""

import json
from types import SimpleNamespace

import pytest
from pages import markup, schemas, status
from record_samples import manifest, result

from incontext import experiments, provenance, records
from incontext.figures import display
from incontext.records import manifest as manifests

MODULE = "incontext.experiments.sine"


@pytest.fixture
def data(tmp_path, monkeypatch):
    """An empty directory of reports."""
    monkeypatch.setenv("INCONTEXT_DATA", str(tmp_path))
    return tmp_path / "reports"


def made(**changes):
    """The manifest of a record of sines that the present source made."""
    sources = changes.pop("sources", None) or provenance.sources(MODULE)
    return manifest(experiment="sine", preset="paper", sources=sources, **changes)


def test_every_field_of_every_version_is_explained():
    for version in manifests.READABLE:
        whole = manifests.schema(version)
        rows = list(schemas.entries(whole, whole))
        assert {name for name, _, _ in rows} >= {*whole["properties"], "device.kind", "git.commit"}
        assert "tables.*.columns[].dtype" in {name for name, _, _ in rows}
        assert [name for name, _, meaning in rows if not meaning] == []


def test_the_page_shows_every_field_and_links_every_version():
    page = schemas.fields(SimpleNamespace())
    for name in manifests.schema()["properties"]:
        assert f"| `{name}` |" in page
    for version in manifests.READABLE:
        assert f'href="schema/manifest-v{version}.json"' in page
    for version, lacks in ((2, "`networks`"), (1, "`sources`, `networks`")):
        assert f">version {version}</a>, without {lacks}" in page


def test_the_published_schemas_are_those_that_check(tmp_path):
    schemas.attach(tmp_path)
    for version in manifests.READABLE:
        published = json.loads((tmp_path / "schema" / f"manifest-v{version}.json").read_text())
        assert published == manifests.schema(version)


def test_every_column_of_a_record_is_explained(data):
    assert schemas.tables(SimpleNamespace()) == "Nothing is recorded yet."
    records.save(result(), made(), root=data)
    page = schemas.tables(SimpleNamespace())
    assert "<summary>sine, preset paper</summary>" in page
    assert "| `curve.csv` | `kept` | bool | whether the row is kept, yes or no |" in page


def test_without_records_everything_is_not_yet_with_its_command(data):
    page = status.missing(SimpleNamespace())
    for name in experiments.names():
        for preset in set(experiments.get(name).presets) - {"smoke"}:
            command = f"`incontext run {name} --preset {preset} --record`"
            assert f"| {name} | {preset} | not yet | {command} |" in page
    assert "smoke" not in page


def test_a_record_on_a_cpu_is_not_yet_one_on_a_gpu(data):
    records.save(result(), made(), root=data)
    assert "| sine | paper | on a CPU; not yet on a GPU |" in status.missing(SimpleNamespace())
    gpu = {"platform": "gpu", "kind": "NVIDIA H200", "count": 1}
    records.save(result(), made(device=gpu), root=data)
    assert "| sine | paper |" not in status.missing(SimpleNamespace())
    assert "1 × NVIDIA H200" in status.recorded(SimpleNamespace())


def test_a_record_shows_its_commit_its_machine_and_what_changed_since(data):
    commit = {"commit": "0123456789" * 4, "dirty": True}
    records.save(result(), made(git=commit), root=data)
    page = status.recorded(SimpleNamespace())
    row = next(line for line in page.splitlines() if line.startswith("| sine, paper |"))
    assert "3 seeds" in row
    assert "012345678 with changes" in row
    assert "some processor, 2 cores" in row
    assert row.endswith("| the same |")
    edited = {**provenance.sources(MODULE), "incontext/experiments/sine/config.py": "0" * 64}
    records.save(result(), made(sources=edited), root=data)
    assert "changed: experiments/sine/config.py |" in status.recorded(SimpleNamespace())


def test_a_report_says_of_how_many_networks_it_is_or_that_it_is_older(data):
    networks = {f"sine-0123456789/seed-{seed}": "0" * 64 for seed in range(3)}
    records.save(result(), made(networks=networks), root=data)
    assert "| 3 seeds, 3 networks |" in status.recorded(SimpleNamespace())
    assert status.training(made(schema_version=2)) == (
        "3 seeds, measured before networks were kept"
    )


EVIL = "<script>alert(1)</script> *|* [x](y)\n# z"


def test_what_a_manifest_says_is_text_on_every_page(data, monkeypatch):
    """Reading refuses a processor or version that is markup, and pages show none as such."""
    evil = made(cpu=EVIL, versions={**made().versions, "jax": EVIL})
    monkeypatch.setattr(status, "manifests", lambda: {("sine", "paper"): evil})
    shown = status.recorded(SimpleNamespace())
    assert "<script" not in shown.replace("\\<", "")
    assert len(shown.splitlines()) == 3
    records.save(result(), made(), root=data)
    monkeypatch.setattr(display, "_draw", lambda *which: (b"", None))
    caption = display.show("A4", result(), evil)._repr_mimebundle_()["text/html"]
    assert 'id="figure-A4"' in caption
    assert "<script" not in caption
    live = display.show("A4", result(), "Recorded is only a word.")._repr_mimebundle_()
    assert "id=" not in live["text/html"]


def test_the_machine_names_versions_and_commit():
    page = status.machine(SimpleNamespace())
    for name in ("jax", "python", "jupyter-book", "Commit", "Machine"):
        assert f"| {name} |" in page


@pytest.mark.parametrize("text", ["a|b", "a*b*", "$x$", "<b>", "`a`", "[a](b)", "a_b"])
def test_marks_of_markdown_are_escaped(text):
    escaped = markup.escape(text)
    assert escaped.replace("\\", "") == text
    assert escaped.count("\\") >= 1
