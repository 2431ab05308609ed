"""The notebooks: the overview executed in quick mode, and all of them as they are committed."""
import json
import re

import nbformat
import pytest

import course
import notebooks
from conftest import ROOT, code_cells, trouble
from course import minutes
from test_launcher import outside

COMMITTED = [p for p in sorted((ROOT / "notebooks").rglob("*.ipynb")) if ".ipynb_checkpoints" not in p.parts]
FULL = [p for p in COMMITTED if "exercises" not in p.parts]


def name(path):
    return str(path.relative_to(ROOT / "notebooks"))


def read(path):
    return json.loads(path.read_text(encoding="utf-8"))


class TestQuickRun:
    def test_succeeds(self, overview_run):
        done, _ = overview_run
        assert done.returncode == 0, done.stdout + done.stderr

    def test_outputs_are_clean(self, overview):
        assert trouble(overview) == []

    def test_shows_pictures_and_tables(self, overview):
        outputs = [output.get("data", {}) for cell in code_cells(overview) for output in cell["outputs"]]
        assert sum("image/png" in data or "<img" in "".join(data.get("text/html", "")) for data in outputs) >= 4
        assert sum("<table" in "".join(data.get("text/html", "")) for data in outputs) >= 2

    def test_says_that_it_is_a_quick_run(self, overview):
        assert "quick run" in json.dumps([cell["outputs"] for cell in code_cells(overview)])

    def test_prints_the_summary(self, overview_run):
        done, path = overview_run
        rows = dict(re.findall(r"^(\w[\w (-]*\w\)?) {2,}(.+)$", done.stdout, re.MULTILINE))
        assert "quick run" in rows["Data set"] and rows["Run"] == "quick" and rows["Seed"] == "1" and int(rows["Epochs"]) > 0
        assert re.fullmatch(r"[\d,]+ for training, [\d,]+ for testing", rows["Pairs"])
        accuracy, error = map(float, rows["Accuracy (10-fold)"].split(" ± "))
        assert 0 < float(rows["Equal error rate"]) < 0.2 and 0.8 < accuracy <= 1 and 0 < error < 0.05
        assert re.fullmatch(r"\d+ min \d+ s", rows["Training time"])
        assert rows["Notebook"] == str(path) and rows["Web page"] == str(path.with_suffix(".html"))

    def test_page_needs_no_network(self, overview_run):
        page = overview_run[1].with_suffix(".html").read_text(encoding="utf-8")
        assert outside(page) == []
        assert page.count("<math") >= 3 and not re.search(r"\\(frac|max|lVert|mathbf|tfrac)\b", page)


def test_overview_is_there():
    assert ROOT / "notebooks" / f"{course.OVERVIEW}.ipynb" in COMMITTED


@pytest.mark.parametrize("path", COMMITTED, ids=name)
def test_committed_notebook_is_in_normal_form(path):
    text = path.read_text(encoding="utf-8")
    assert text == notebooks.normal_form(nbformat.reads(text, as_version=4)), f"run: python3 course.py publish {path.stem}"


@pytest.mark.parametrize("path", FULL, ids=name)
def test_committed_outputs_are_clean_and_full(path):
    notebook = read(path)
    assert trouble(notebook) == []
    assert "TODO" not in json.dumps([cell["source"] for cell in notebook["cells"]]), "a text is still to be written"
    outputs = json.dumps([cell["outputs"] for cell in code_cells(notebook)])
    assert "quick run" not in outputs and not re.search("stand-in (digits|characters)", outputs)


@pytest.mark.parametrize("path", COMMITTED, ids=name)
def test_style(path):
    notebook = read(path)
    long = [number for number, cell in enumerate(code_cells(notebook), 1) if len("".join(cell["source"]).splitlines()) > 25]
    assert not long, f"code cells with more than 25 lines: {long}"
    sources = "\n".join("".join(cell["source"]) for cell in code_cells(notebook))
    forbidden = re.findall(r"^%.*|import (?:io\.github\.spencerpark|org\.dflib).*|System\.out\.printf", sources, re.MULTILINE)
    assert not forbidden
    presented = [text for text in re.findall(r'"[^"\n]*MNIST[^"\n]*"', sources) if "full MNIST" not in text]
    assert not presented, f"a result names its data by source(), a figure from elsewhere by \"full MNIST\", and not by {presented}"


@pytest.mark.parametrize("path", COMMITTED, ids=name)
def test_parts_are_there_and_in_order(path):
    """One title, then what a notebook opens with, then its sections, then what it closes with; none of it empty."""
    cells = read(path)["cells"]
    assert all("".join(cell["source"]).strip() for cell in cells), "there is an empty cell"
    text = [line for cell in cells if cell["cell_type"] == "markdown" for line in "".join(cell["source"]).splitlines()]
    headings = [(len(line) - len(line.lstrip("#")), line.lstrip("# ")) for line in text if re.match("#+ ", line)]
    assert headings[0][0] == 1 and [level for level, _ in headings].count(1) == 1, "one title, and at the top"
    assert all(b <= a + 1 for (a, _), (b, _) in zip(headings, headings[1:])), "a heading skips a level"
    assert cells[1 if path.parent.name != "exercises" else 2]["cell_type"] == "code", "the imports come right after the introduction"
    if path.parent.name == "notebooks":
        opening = [text.index(f"**{part}**") for part in ("What you'll learn", "What you need")]
        assert opening == sorted(opening) and opening[-1] < text.index(next(line for line in text if line.startswith("## ")))
        assert [heading for level, heading in headings if level == 2][-3:] == ["Exercises", "In practice", "Further reading"]
    else:
        number = re.sub(r"^0(?=\d)", "", path.stem.split("_")[0])
        assert [heading.split()[0] for level, heading in headings[1:]] == [f"{number}.{k}" for k in range(1, len(headings))]


@pytest.mark.parametrize("path", COMMITTED, ids=name)
def test_imports_stand_in_the_first_code_cell(path):
    """A later import would reset the variables of the cells above it."""
    late = [number for number, cell in enumerate(code_cells(read(path)), 1)
            if number > 1 and re.search(r"^import ", "".join(cell["source"]), re.MULTILINE)]
    assert not late, f"code cells with imports: {late}"


@pytest.mark.parametrize("path", COMMITTED, ids=name)
def test_what_a_later_cell_uses_is_not_declared_with_var(path):
    """JShell resets a var to null when something that its value mentions is declared anew."""
    cells = [re.sub(r'"(?:\\.|[^"\\])*"|//.*', '""', "".join(cell["source"])) for cell in code_cells(read(path))]
    used = lambda word, cell: [before for before in re.findall(rf"([\w>\]]* ?)(?<![\w.:\"]){word}\b(?!\()", cell)  # noqa: E731
                               if before.strip() in ("", "return", "new", "case", "else")]
    late = [word for number, cell in enumerate(cells) for word in re.findall(r"^var (\w+)", cell, re.MULTILINE)
            if any(used(word, later) and not re.search(rf"[\w>\]] {word}\b *[,);:=]|\(\w+, {word}\)|\b{word} *->", later)
                   for later in cells[number + 1:])]
    assert not late, f"name the types of: {late}"


@pytest.mark.parametrize("path", [p for p in COMMITTED if p.parent.name == "notebooks" and p.stem != course.OVERVIEW], ids=name)
def test_every_chapter_has_its_exercises_and_names_them(path):
    assert (path.parent / "solutions" / path.name).exists() and (path.parent / "exercises" / path.name).exists()
    assert f"(exercises/{path.name})" in path.read_text(encoding="utf-8")
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    guide = (ROOT / "notebooks" / "README.md").read_text(encoding="utf-8")
    assert f"notebooks/{path.name}" in readme
    times = [re.search(r"(?:Time: about|About) (\d+|an hour)", "".join(read(p)["cells"][0]["source"]))[1].replace("an hour", "60")
             for p in (path, path.parent / "solutions" / path.name)]
    assert f"({path.name}) | {times[0]} | [{times[1]} min](exercises/{path.name})" in guide


def test_stated_minutes_are_the_computed_ones_everywhere():
    """A notebook states what its text and cells take, to five minutes (the run, which the repository does not know, is left
    out); the pages state the same and the sums; no hour of the twelve is longer than one, at two thirds of a reader's time."""
    found = {p.stem: minutes.of(p) for p in COMMITTED if p.parent.name == "notebooks"}
    off = {stem: (round(f["minutes"] - f["run"] / 60), f["stated"]) for stem, f in found.items()
           if abs(f["minutes"] - f["run"] / 60 - f["stated"]) > 5}
    assert not off, f"computed, stated: {off}"
    guide = (ROOT / "notebooks" / "README.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (\w+) \| \[.*?\]\((\w+)\.ipynb\) \| (\d+) \| (?:\[(\d+) min\])?", guide, re.MULTILINE)
    assert {stem: int(stated) for _, stem, stated, _ in rows} == {stem: f["stated"] for stem, f in found.items()}
    words = dict(zip(range(11, 19), "eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen".split()))
    reading, exercises = (words[round(sum(int(row[column] or 0) for row in rows) / 60)] for column in (2, 3))
    assert f"about {reading} hours in all" in guide and f"about {exercises} hours again" in guide
    assert f"about {reading} hours alone" in (ROOT / "README.md").read_text(encoding="utf-8")
    optional = re.search(r"optional reading takes (\d+)", (ROOT / "notebooks" / "05_evaluation.ipynb").read_text(encoding="utf-8"))
    assert abs(int(optional[1]) - found["05_evaluation"]["optional"]) <= 5
    takes = {number: int(stated) for number, _, stated, _ in rows}
    hours = re.findall(r"\| 1 \| ([^|\n]+)", guide.partition("## Twelve hours")[2].partition("\n## ")[0])
    assert len(hours) == 12
    for hour in (h for h in hours if "to the end of" not in h and "from 2014 on" not in h):
        chapters = re.findall(r"\((\d\d\w?)\)", hour)
        left_out = int(optional[1]) if "without its optional reading" in hour else 0
        assert chapters and (sum(takes[number] for number in chapters) - left_out) * 2 / 3 <= 60, hour


def test_the_appendix_accounts_for_every_box_and_is_linked():
    appendix = ROOT / "notebooks" / "python_overview.md"
    text = appendix.read_text(encoding="utf-8")
    overview = (ROOT / "notebooks" / f"{course.OVERVIEW}.ipynb").read_text(encoding="utf-8")
    for box in range(1, 14):
        chapter = re.search(rf"Corrected, {box} of 13\..*?→ \[chapter (\d\d)\]", overview)[1]
        assert re.search(rf"^\| {box} \| .* \| \[{chapter}\]\(", text, re.MULTILINE), f"box {box}"
    assert [link for link in re.findall(r"\]\(([^)#\s]+)", text) if not (appendix.parent / link).exists()] == []
    assert "(python_overview.md)" in overview
    for page in ("README.md", "notebooks/README.md"):
        assert "python_overview.md)" in (ROOT / page).read_text(encoding="utf-8"), page


@pytest.mark.parametrize("path", COMMITTED, ids=name)
def test_further_reading_is_a_numbered_list_that_the_text_refers_to(path):
    text = "\n".join("".join(cell["source"]) for cell in read(path)["cells"] if cell["cell_type"] == "markdown")
    body, _, reading = re.sub(r"\$[^$]*\$|`[^`]*`", "", text).partition("## Further reading")
    numbers = [int(n) for n in re.findall(r"^(\d+)\. ", reading, re.MULTILINE)]
    assert numbers == list(range(1, len(numbers) + 1))
    cited = {int(n) for group in re.findall(r"(?<!\])\[(\d+(?:, ?\d+)*)\](?!\()", body) for n in group.split(",")}
    cited.discard(0)  # as in [0, 1], a range
    assert cited <= set(numbers), f"cited but not listed: {sorted(cited - set(numbers))}"


@pytest.mark.parametrize("path", COMMITTED, ids=name)
def test_links_between_files_lead_somewhere(path):
    text = "\n".join("".join(cell["source"]) for cell in read(path)["cells"] if cell["cell_type"] == "markdown")
    links = [link for link in re.findall(r"\]\(([^)#\s]+)", text) if not re.match(r"\w+:", link)]
    assert [link for link in links if not (path.parent / link).exists()] == []


def test_the_quiz_has_ten_questions_with_folded_answers_for_each_chapter():
    text = (ROOT / "notebooks" / "quiz.md").read_text(encoding="utf-8")
    parts = dict(re.findall(r"^\*\[The chapter\]\((\S+)\)\*\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL))
    assert sorted(parts) == [p.name for p in COMMITTED if p.parent.name == "notebooks"]
    for chapter, part in parts.items():
        assert [int(n) for n in re.findall(r"^(\d+)\. .*[?.]$", part, re.MULTILINE)] == list(range(1, 11)), chapter
        assert len(re.findall(r"^    <details><summary>Answer</summary>.+</details>$", part, re.MULTILINE)) == 10, chapter
    assert "(quiz.md)" in (ROOT / "notebooks" / "README.md").read_text(encoding="utf-8")
