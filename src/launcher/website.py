"""Builds the course as a web site: `course.py site` calls it with the Python of .venv.

    python src/launcher/website.py SITE JAVADOC-COMMAND CLASS-PATH

Jupyter Book 1 (Sphinx) makes the pages from the committed outputs; nothing is executed. Formulas become MathML, so that no page
loads anything from elsewhere. The exercises show their solutions folded.
"""
import json
import os
import re
import shutil
import subprocess
import sys
from html import escape
from pathlib import Path
from xml.etree import ElementTree

import nbformat

from course import demo
from notebooks import mathml

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = ROOT / "notebooks"
BOOK = ROOT / "target" / "book"
POM = ElementTree.parse(ROOT / "pom.xml").getroot()
REPOSITORY = POM.findtext("{*}scm/{*}url")
TITLE = "Siamese Networks in Java"
PAGES = ("python_overview.md", "quiz.md", "use_the_library.md")  # of notebooks/, beside the notebooks

INDEX = f"""# {TITLE}

A course on Siamese networks in Jupyter notebooks that run on the JVM, with Deeplearning4j, Tablesaw and XChart. These pages show
the notebooks with the outputs of a full run. The rocket at the top of each page opens it on Binder, to run and to change, in quick
mode; [the project]({REPOSITORY}) says how to run it on a machine of your own.

![Two charts of the overview: the distances of similar and dissimilar pairs of digits, and the upper left corner of the ROC curve](images/result.png)

[Try it](try_it.md): draw two digits in your browser, and see how far apart the network puts them. To use the network in a program
of your own, see [Use the library](use_the_library.md).

Begin with [the overview]({{overview}}). The chapters go deeper, and each has exercises whose solutions are folded: try first, then
look. [The library](library.md) that the notebooks use is described class by class.
"""

TRY_IT = """# Try it

Draw two digits. A network that was trained in this course says how far apart they are, and whether it takes them for the same digit.
It runs in your browser: what you draw leaves this page for nowhere. [The overview]({overview}) says how it works.

```{raw} html
{page}```
"""

LIBRARY = """# The library

The notebooks import four packages. Their classes and methods are described in the Javadoc:

"""


def text(cell):
    return "".join(cell.source)


def links(source):
    """Links as they are in the site: the solutions are the exercises here, README.md is the first page, and sources are where
    the project is."""
    source = re.sub(r"\]\((?:\.\./)?(?:solutions|exercises)/(\d\d\w*\.ipynb)", r"](SITE_EXERCISES/\1", source)
    source = re.sub(r"\]\((?:\.\./)+(src/[\w/.-]+)", rf"]({REPOSITORY}/blob/HEAD/\1", source)
    # no page of the book, but one by itself: Sphinx would offer it as a download
    source = re.sub(r"\[([^\]]+)\]\((\.\./)?(signature_recorder\.html)\)", r'<a href="\2_static/\3">\1</a>', source)
    source = re.sub(r"\]\((?:\.\./)*README\.md(?:#[\w-]*)?\)", "](SITE_ROOT/index.md)", source)
    return source


def shown(output):
    """An output in the form that the site shows: pictures as HTML with their description."""
    data = output.get("data", {})
    if "image/png" in data and "text/html" not in data:
        alt = escape(" ".join(data.get("text/plain", "picture").split()), quote=True)
        data["text/html"] = f'<img alt="{alt}" src="data:image/png;base64,{"".join(data["image/png"].split())}">'
    if "text/latex" in data:
        data["text/html"] = mathml(data["text/latex"].strip().strip("$"), "block")
    if "text/html" in data:
        data.pop("image/png", None)
        data.pop("text/latex", None)
    return output


def stage(source, target):
    """Copies a notebook into the book; what is a solution in it is folded."""
    notebook = nbformat.read(source, as_version=4)
    depth = "../" if target.parent != BOOK else ""
    for cell in notebook.cells:
        tags = cell.metadata.get("tags", [])
        if cell.cell_type == "markdown":
            cell.source = links(cell.source).replace("SITE_ROOT/", depth).replace("SITE_EXERCISES/", "" if depth else "exercises/")
            if "solution" in tags:
                cell.source = f"::::{{dropdown}} Explanation\n{cell.source}\n::::"
        elif cell.cell_type == "code":
            cell.outputs = [shown(output) for output in cell.outputs]
            if "BEGIN SOLUTION" in cell.source:
                cell.metadata["tags"] = [*tags, "hide-cell"]
    target.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, target)


def stage_all():
    """The book's sources; the names of its pages, without endings."""
    shutil.rmtree(BOOK, ignore_errors=True)
    chapters = sorted(p for p in NOTEBOOKS.glob("*.ipynb"))
    solutions = sorted((NOTEBOOKS / "solutions").glob("*.ipynb"))
    for path in chapters:
        stage(path, BOOK / path.name)
    for path in solutions:
        stage(path, BOOK / "exercises" / path.name)
    shutil.copytree(NOTEBOOKS / "images", BOOK / "images")
    (BOOK / "_static").mkdir()
    shutil.copy(ROOT / "src" / "site" / "site.css", BOOK / "_static")
    shutil.copy(NOTEBOOKS / "signature_recorder.html", BOOK / "_static")
    for page in PAGES:
        (BOOK / page).write_text(links((NOTEBOOKS / page).read_text(encoding="utf-8")), encoding="utf-8")
    (BOOK / "index.md").write_text(INDEX.replace("{overview}", chapters[0].name), encoding="utf-8")
    (BOOK / "try_it.md").write_text(TRY_IT.replace("{overview}", chapters[0].name).replace(
        "{page}", (demo.PAGE / "page.html").read_text(encoding="utf-8")), encoding="utf-8")
    packages = sorted(p.parent for p in (ROOT / "src/main/java/siamese").rglob("package-info.java"))
    (BOOK / "library.md").write_text(LIBRARY + "<ul>\n" + "".join(
        f'<li><a href="api/siamese/{p.name}/package-summary.html"><code>siamese.{p.name}</code></a></li>\n' for p in packages)
        + '</ul>\n\n<p><a href="api/index.html">All classes</a></p>\n', encoding="utf-8")
    toc = {"format": "jb-book", "root": "index", "parts": [
        {"caption": "In your browser", "chapters": [{"file": "try_it"}]},
        {"caption": "Chapters", "chapters": [{"file": p.stem} for p in chapters]},
        {"caption": "Exercises", "chapters": [{"file": f"exercises/{p.stem}", "title": "Exercises: " + title(p)} for p in solutions]},
        {"caption": "Reference",
         "chapters": [{"file": p} for p in ("use_the_library", "library", "quiz", "python_overview")]}]}
    config = {
        "title": TITLE, "author": "the project's contributors", "execute": {"execute_notebooks": "off"}, "only_build_toc_files": True,
        "repository": {"url": REPOSITORY, "branch": "HEAD", "path_to_book": "notebooks"},
        "launch_buttons": {"binderhub_url": "https://mybinder.org", "notebook_interface": "jupyterlab", "thebe": False},
        "html": {"use_repository_button": True, "use_edit_page_button": False, "use_issues_button": False},
        "sphinx": {"local_extensions": {"offline": str(ROOT / "src" / "site")}, "config": {
            "html_math_renderer": "mathml", "myst_update_mathjax": False, "html_show_sourcelink": False,
            "nb_code_prompt_show": "Show the solution", "nb_code_prompt_hide": "Hide the solution", "html_js_files": [],
            "suppress_warnings": ["mystnb.mime_priority", "myst.header"]}}}
    # JSON is YAML.
    (BOOK / "_toc.yml").write_text(json.dumps(toc), encoding="utf-8")
    (BOOK / "_config.yml").write_text(json.dumps(config), encoding="utf-8")


def title(path):
    notebook = nbformat.read(path, as_version=4)
    line = next(line for cell in notebook.cells for line in text(cell).splitlines() if line.startswith("# "))
    return re.sub(r"^(Exercises|Solutions)\W+", "", line.lstrip("# "))


def main(site, javadoc, class_path):
    site = Path(site)
    stage_all()
    command = [Path(sys.executable).with_name("jupyter-book.exe" if os.name == "nt" else "jupyter-book"), "build", "-q", BOOK]
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True, encoding="utf-8", errors="replace",
                          env={**os.environ, "PYTHONWARNINGS": "ignore"})
    said = [line for line in (done.stdout + done.stderr).splitlines() if re.search("WARNING|ERROR|Error", line)]
    print("\n".join(line.replace(str(BOOK) + os.sep, "") for line in said))
    if done.returncode:
        print(done.stdout + done.stderr, file=sys.stderr)
        return 1
    unfinished = site.with_name(site.name + ".part")
    shutil.rmtree(unfinished, ignore_errors=True)
    shutil.copytree(BOOK / "_build" / "html", unfinished)
    demo.assemble(unfinished)
    sources = sorted(str(p) for p in (ROOT / "src/main/java/siamese").rglob("*.java"))
    done = subprocess.run([javadoc, "-quiet", "-Xdoclint:none", "-notimestamp", "-encoding", "UTF-8", "-docencoding", "UTF-8", "-cp", class_path,
                           "-windowtitle", TITLE, "-d", str(unfinished / "api"), *sources], capture_output=True, text=True)
    if done.returncode:
        print(done.stdout + done.stderr, file=sys.stderr)
        return 1
    shutil.rmtree(site, ignore_errors=True)
    os.replace(unfinished, site)
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
