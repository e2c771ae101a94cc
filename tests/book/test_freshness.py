"""What a chapter depends on is found from its code, and dates decide nothing."""

import os

import freshness
import pytest
from chapter_texts import write_chapter


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A checkout with two experiments, each with a recorded table."""
    package = tmp_path / "src" / "incontext"
    files = {
        "__init__.py": "",
        "records.py": "",
        "experiments/__init__.py": "",
        "experiments/single_layer.py": "from incontext.models import attention",
        "experiments/copying.py": "def run():\n    import incontext.models.softmax",
        "models/__init__.py": "",
        "models/attention.py": "",
        "models/softmax.py": "",
    }
    for name, text in files.items():
        (package / name).parent.mkdir(parents=True, exist_ok=True)
        (package / name).write_text(text)
    for name in ("single-layer", "copying"):
        folder = tmp_path / "data" / "reports" / name / "paper"
        folder.mkdir(parents=True)
        (folder / "metrics.csv").write_text("metric,seed,value\n")
    (tmp_path / "requirements.lock").write_text("")
    (tmp_path / "workflow").mkdir()
    (tmp_path / "workflow" / "execute.py").write_text("")
    monkeypatch.setattr(freshness, "ROOT", tmp_path)
    monkeypatch.setattr(freshness, "PACKAGE", tmp_path / "src")
    return tmp_path


def dependencies(project, *cells):
    chapter = write_chapter(project / "chapters", *cells)
    found = freshness.chapter_dependencies(chapter, project / "data" / "reports")
    return {str(path.relative_to(project)) for path in found}


ALWAYS = {"chapters/01_tiny.md", "requirements.lock", "workflow/execute.py"}


def test_a_chapter_that_names_an_experiment_depends_on_its_modules_and_its_records(project):
    found = dependencies(project, "from incontext import records", 'NAME = "single-layer"')
    assert found - ALWAYS == {
        "src/incontext/__init__.py",
        "src/incontext/records.py",
        "src/incontext/experiments/__init__.py",
        "src/incontext/experiments/single_layer.py",
        "src/incontext/models/__init__.py",
        "src/incontext/models/attention.py",
        "data/reports/single-layer/paper/metrics.csv",
    }
    assert found >= ALWAYS


@pytest.mark.parametrize(
    ("chapter", "module", "other"),
    [("01_single_layer", "single_layer", "mesa"), ("08_mesa_trained", "mesa", "softmax")],
)
def test_a_chapter_depends_on_what_draws_its_figures(chapter, module, other):
    path = freshness.ROOT / "chapters" / f"{chapter}.md"
    found = freshness.chapter_dependencies(path, freshness.ROOT / "data" / "reports")
    drawn = {path.stem for path in found if path.parent.name == "figures"}
    assert {module, "style"} <= drawn
    assert other not in drawn


def test_imports_inside_functions_count(project):
    found = dependencies(project, "%matplotlib inline\nimport incontext.experiments.copying")
    assert "src/incontext/models/softmax.py" in found
    assert "src/incontext/models/attention.py" not in found


@pytest.mark.parametrize(
    "changed",
    [
        "src/incontext/models/attention.py",
        "data/reports/single-layer/paper/metrics.csv",
        "requirements.lock",
    ],
)
def test_a_change_of_content_changes_the_stamp_and_a_new_date_does_not(project, changed):
    chapter = write_chapter(project / "chapters", 'NAME = "single-layer"')
    stamp = project / "stamp"

    def stamped():
        needs = freshness.chapter_dependencies(chapter, project / "data" / "reports")
        return freshness.keep_stamp(stamp, freshness.digest(needs, "laptop")).stat().st_mtime_ns

    stamped()
    os.utime(stamp, ns=(1, 1))
    os.utime(project / changed)
    assert stamped() == 1
    (project / changed).write_text("# changed\n")
    assert stamped() > 1
