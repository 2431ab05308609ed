"""The chapters and the exercises, executed in quick mode."""
import json

import nbformat
import pytest

import course
from course import children, commands
import exercises
import notebooks
from conftest import ROOT, code_cells, trouble

NOTEBOOKS = ROOT / "notebooks"
CHAPTERS = [p for p in sorted(NOTEBOOKS.glob("*.ipynb")) if p.stem != course.OVERVIEW]
SOLUTIONS = sorted((NOTEBOOKS / "solutions").glob("*.ipynb"))
EXERCISES = sorted((NOTEBOOKS / "exercises").glob("*.ipynb"))


def stem(path):
    return path.stem


@pytest.fixture
def quick(monkeypatch, request):
    spark = commands.needs_spark(request.getfixturevalue("path"))
    if spark and not (course.SPARK_BUILD / "built").exists():
        pytest.skip("Spark is not set up here; python3 course.py test --spark does it")
    monkeypatch.setenv("SIAMESE_QUICK", "1")
    for name, value in children.environment(spark=spark).items():
        monkeypatch.setenv(name, value)


# Chapter 11 takes minutes: it starts clusters of processes, trains on them, kills one of them and does it all once more.
@pytest.mark.parametrize("path", CHAPTERS + SOLUTIONS, ids=lambda p: f"{p.parent.name}-{p.stem}")
def test_runs_from_top_to_bottom(path, quick):
    notebook = nbformat.read(path, as_version=4)
    assert notebooks.execute(notebook, path.parent) is None
    executed = json.loads(notebooks.normal_form(notebook))
    assert trouble(executed) == []


@pytest.mark.parametrize("path", SOLUTIONS, ids=stem)
def test_every_exercise_has_a_check(path):
    checks = [cell for cell in code_cells(json.loads(path.read_text(encoding="utf-8"))) if "Check.exercise(" in "".join(cell["source"])]
    assert 3 <= len(checks) <= 8
    assert all("is solved" in json.dumps(cell["outputs"]) for cell in checks)


@pytest.mark.parametrize("path", EXERCISES, ids=stem)
def test_unsolved_exercises_fail_with_a_hint_and_nothing_else_fails(path, quick):
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        cell.metadata["tags"] = ["raises-exception"]
    notebooks.execute(notebook, path.parent)
    for number, cell in enumerate(cell for cell in notebook.cells if cell.cell_type == "code"):
        said = "\n".join("\n".join([o.evalue, *o.traceback]) for o in cell.outputs if o.output_type == "error")
        if "Check.exercise(" in cell.source:
            assert "Exercise " in said and "AssertionError" in said, f"the check in code cell {number + 1} does not fail: {said}"
        else:
            assert not said, f"code cell {number + 1} fails before the reader has written anything: {said}"


def test_exercises_are_those_of_the_solutions():
    assert list(exercises.differing()) == [], "run: python3 src/launcher/exercises.py"


def test_unmatched_markers_are_refused():
    for lines in (["// BEGIN SOLUTION\n"], ["// END SOLUTION\n"], ["// BEGIN SOLUTION\n", "// BEGIN SOLUTION\n"]):
        with pytest.raises(ValueError, match="SOLUTION"):
            exercises.stripped(lines, "x.ipynb, cell y")
    assert exercises.stripped(["a;\n", "  // BEGIN SOLUTION\n", "  b;\n", "  // END SOLUTION\n", "c;"], "") == [
        "a;\n", "  // Your code here.\n", "c;"]
