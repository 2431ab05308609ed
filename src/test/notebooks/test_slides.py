"""The lecture's slides: from notebooks/lecture.md and the committed outputs; reveal.js is a stand-in here."""
import re

import nbformat
import pytest
from bs4 import BeautifulSoup

import slides
from conftest import ROOT

LECTURE = ROOT / "notebooks" / "lecture.md"


@pytest.fixture
def reveal(tmp_path):
    for name in ("reveal.css", "theme/white.css", "reveal.js"):
        path = tmp_path / "reveal" / "dist" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        text = "@import url(http://x);\n/* {{ stand-in }} */" if name.startswith("theme") else f"/* {name} {{% %}} */"
        path.write_text(text, encoding="utf-8")
    return tmp_path / "reveal"


def lecture(folder, text):
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("secret code", id="chart", outputs=[
        nbformat.v4.new_output("display_data", {"image/png": "aGVsbG8=", "text/plain": "Chart: a \"line\""})])])
    nbformat.write(notebook, folder / "05_evaluation.ipynb")
    (folder / "lecture.md").write_text(text, encoding="utf-8")
    return folder / "lecture.md"


def test_slides_hold_the_charts_and_load_nothing(tmp_path, reveal):
    target = tmp_path / "slides" / "lecture.html"
    slides.main(lecture(tmp_path, "# Title\n\n---\n\n## Two\n\n[[05 chart]]\n\n$$x^2$$\n\n---\n\n## Three\n"), reveal, target)
    page = target.read_text(encoding="utf-8")
    assert len(re.findall(r"<section><section", re.sub(r">\s+<", "><", page))) == 3
    picture, = BeautifulSoup(page, "html.parser").select("img")
    assert picture["src"] == "data:image/png;base64,aGVsbG8=" and picture["alt"] == 'Chart: a "line"'
    assert "secret code" not in page and "<math" in page and "{{ stand-in }}" in page
    assert re.findall(r'(?:src|href)="(?:https?:)?//[^"]*|url\(["\']?http[^)]*|import .* from', page) == []


def test_a_reference_to_nothing_gets_one_sentence(tmp_path, reveal):
    for reference in ("05 nothing", "06 chart"):
        with pytest.raises(ValueError, match=rf"\[\[{reference}\]\], but no notebook"):
            slides.main(lecture(tmp_path, f"# Title\n\n[[{reference}]]\n"), reveal, tmp_path / "lecture.html")
    assert not (tmp_path / "lecture.html").exists()


def test_each_reference_of_the_lecture_names_a_cell():
    references = re.findall(r"^\[\[(\S+) (\S+)\]\]$", LECTURE.read_text(encoding="utf-8"), re.MULTILINE)
    assert len(references) > 8
    for chapter, cell in references:
        path, = LECTURE.parent.glob(f"{chapter}_*.ipynb")
        assert any(c.get("id") == cell and c.cell_type == "code" for c in nbformat.read(path, as_version=4).cells), (chapter, cell)
