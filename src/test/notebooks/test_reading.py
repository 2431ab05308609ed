"""Reading the committed notebooks without running them, on GitHub or with a screen reader."""
import re

import pytest
from bs4 import BeautifulSoup

from test_notebooks import COMMITTED, FULL, name, read


def outputs(path):
    return [output for cell in read(path)["cells"] for output in cell.get("outputs", [])]


@pytest.mark.parametrize("path", FULL, ids=name)
def test_no_output_needs_scripts_or_styles(path):
    for output in outputs(path):
        data = output.get("data", {})
        assert set(data) <= {"text/plain", "text/html", "text/latex", "text/markdown", "image/png", "image/svg+xml"}, set(data)
        soup = BeautifulSoup("".join(data.get("text/html", "")), "html.parser")
        assert not soup.select("script, iframe, object, embed, canvas, link, video")
        assert not [tag for tag in soup.find_all(True) for attribute in tag.attrs if attribute.startswith("on")]
        assert "text/html" not in data or "".join(data["text/plain"]).strip(), "a terminal has something to show"


@pytest.mark.parametrize("path", FULL, ids=name)
def test_every_picture_has_a_description(path):
    for output in outputs(path):
        data = output.get("data", {})
        if "image/png" in data and "text/html" not in data:
            description = "".join(data.get("text/plain", ""))
            assert len(description) > 10 and not re.search(r"@[0-9a-f]{5,}|BufferedImage", description), description[:100]
        for image in BeautifulSoup("".join(data.get("text/html", "")), "html.parser").select("img"):
            assert len(image.get("alt", "")) > 10, str(image)[:200]


@pytest.mark.parametrize("path", COMMITTED, ids=name)
def test_every_picture_in_the_text_has_a_description(path):
    for cell in read(path)["cells"]:
        if cell["cell_type"] == "markdown":
            source = "".join(cell["source"])
            assert all(len(alt) > 10 for alt in re.findall(r"!\[([^\]]*)\]", source))
            assert all(len(tag.get("alt", "")) > 10 for tag in BeautifulSoup(source, "html.parser").select("img"))


@pytest.mark.parametrize("path", FULL, ids=name)
def test_tables_are_short_or_say_how_long_they_are(path):
    for output in outputs(path):
        for table in BeautifulSoup("".join(output.get("data", {}).get("text/html", "")), "html.parser").select("table"):
            rows = table.select("tbody tr")
            assert len(rows) <= 21 and (len(rows) < 21 or re.search(r"… [\d,]+ more rows of [\d,]+", rows[-1].get_text()))
