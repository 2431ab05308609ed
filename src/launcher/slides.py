"""The slides of the lecture: course.py slides calls it with the Python of .venv.

    python src/launcher/slides.py LECTURE.md REVEAL SLIDES.html

nbconvert makes them from LECTURE.md, whose slides stand between lines of three dashes; [[00 losses]] is the output of the cell "losses"
in the notebook whose name begins with 00_, as it is committed. One file, without any need of a network: reveal.js is written into it.
"""
import html
import json
import logging
import re
import sys
from pathlib import Path

import nbformat
from nbconvert import SlidesExporter

from notebooks import Page, mathml, write

TEMPLATE = """{%% extends 'reveal/index.html.j2' %%}
{%% block html_head_js %%}{%% endblock %%}
{%% block html_head_js_mathjax %%}{%% endblock %%}
{%% block html_head_css %%}<style>%s</style><style>%s</style><style>
.reveal h1, .reveal h2 { text-transform: none; font-size: 1.5em; }
.reveal { font-size: 26px; }
.reveal .slides { text-align: left; }
.reveal img { height: 410px; width: auto; max-width: 100%%; object-fit: contain; margin: 0 auto; display: block; }
.reveal section:has(.jp-CodeCell ~ .jp-CodeCell img) img { height: 240px; }
.reveal table { font-size: 0.8em; margin: 0 auto !important; }
.reveal caption { white-space: nowrap; }
.jp-OutputPrompt, .jp-InputPrompt { display: none; }
</style>{%% endblock %%}
{%% block footer_js %%}<script>%s</script>
<script>Reveal.initialize({controls: true, progress: true, hash: true, slideNumber: 'c', width: 1000, height: 720});</script>
{%% endblock %%}"""


class Slides(SlidesExporter):
    """nbconvert's slides, without scripts from elsewhere; formulas are MathML."""

    markdown2html = Page.markdown2html

    def default_filters(self):
        yield from super().default_filters()
        yield "markdown2html", self.markdown2html


def outputs(reference, folder):
    """The outputs of the cell that a line such as [[00 losses]] names."""
    chapter, cell_id = reference.split()
    for path in sorted(folder.glob(f"{chapter}_*.ipynb")):
        for cell in nbformat.read(path, as_version=4).cells:
            if cell.get("id") == cell_id and cell.get("outputs"):
                return [shown(output) for output in cell.outputs]
    raise ValueError(f"the lecture shows [[{reference}]], but no notebook {chapter}_….ipynb has a cell {cell_id} with an output.")


def shown(output):
    """An output with its picture's description in it."""
    data = output.get("data", {})
    if "image/png" in data:
        alt = html.escape(" ".join(data.get("text/plain", "picture").split()), quote=True)
        data["text/html"] = f'<img alt="{alt}" src="data:image/png;base64,{"".join(data.pop("image/png").split())}">'
    if "text/latex" in data:
        data["text/html"] = mathml(data["text/latex"].strip().strip("$"), "block")
    return output


def notebook_of(text, folder):
    """The lecture as a notebook: a slide's text, and what its references show."""
    cells = []
    for slide in re.split(r"^---\n", text, flags=re.MULTILINE):
        kind = "slide"
        for part in re.split(r"^(\[\[.*\]\])$", slide, flags=re.MULTILINE):
            found = re.fullmatch(r"\[\[(.*)\]\]", part)
            if found:
                cell = nbformat.v4.new_code_cell("", outputs=outputs(found[1], folder))
            elif part.strip():
                cell = nbformat.v4.new_markdown_cell(part.strip())
            else:
                continue
            cell.metadata["slideshow"] = {"slide_type": kind}
            kind = "-"
            cells.append(cell)
    return nbformat.v4.new_notebook(cells=cells, metadata={"title": text.splitlines()[0].lstrip("# ")})


def main(lecture, reveal, target):
    lecture, reveal = Path(lecture), Path(reveal)
    notebook = notebook_of(lecture.read_text(encoding="utf-8"), lecture.parent)
    read = lambda name: (reveal / "dist" / name).read_text(encoding="utf-8")  # noqa: E731
    styles = [read("reveal.css"), re.sub(r"@import[^;]*;", "", read("theme/white.css"))]
    raw = [f"{{% raw %}}{part}{{% endraw %}}" for part in [*styles, read("reveal.js")]]
    logging.getLogger("traitlets").setLevel(logging.ERROR)
    exporter = Slides(raw_template=TEMPLATE % tuple(raw), exclude_input=True, embed_images=True)
    page, _ = exporter.from_notebook_node(notebook, {"metadata": {"path": str(lecture.parent), "name": lecture.stem}})
    write(Path(target), re.sub(r'<link [^>]*rel="stylesheet"[^>]*>', "", page))


if __name__ == "__main__":
    try:
        sys.exit(main(*sys.argv[1:]))
    except ValueError as problem:
        sys.exit(f"slides.py: {problem}")
