"""Executes one notebook, and writes it in normal form and as a web page of its own.

course.py calls it with the Python of .venv:

    python src/launcher/notebooks.py SOURCE.ipynb TARGET.ipynb [PAGE.html]

Exit status 0 if every cell passed, 1 if one failed. TARGET (and PAGE) are written either way.
"""
import asyncio
import html
import json
import logging
import os
import re
import sys
import time
from pathlib import Path

import nbformat
from jinja2 import pass_context
from latex2mathml.converter import convert
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, DeadKernelError
from nbconvert import HTMLExporter
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

KERNELSPEC = {"display_name": "Java", "language": "java", "name": "java"}
LANGUAGE = {"codemirror_mode": "java", "file_extension": ".jshell", "mimetype": "text/x-java-source",
            "name": "Java", "pygments_lexer": "java"}
ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")


# ---------------------------------------------------------------- executing

class Client(NotebookClient):
    """Executes cell by cell and tells a Progress what happens."""

    def __init__(self, notebook, folder, progress):
        super().__init__(notebook, kernel_name="java", timeout=None, startup_timeout=300, coalesce_streams=True,
                         record_timing=False, shutdown_kernel="immediate",
                         resources={"metadata": {"path": str(folder)}},
                         on_cell_start=progress.start, on_cell_executed=progress.end)
        self.progress, self.stopped = progress, False

    async def _async_cleanup_kernel(self):
        # nbclient calls this when it is told to stop (Ctrl-C), too, and then once more.
        if self.km is not None:
            self.stopped = bool(self.progress.label) and await self.km.is_alive()
            await super()._async_cleanup_kernel()

    def process_message(self, msg, cell, cell_index):
        content = msg["content"]
        text = content.get("text") if msg["msg_type"] == "stream" else content.get("data", {}).get("text/plain")
        if isinstance(text, str) and msg["msg_type"] != "execute_result":
            self.progress.live(text)
        return super().process_message(msg, cell, cell_index)


class Progress:
    """One line a cell: its number, the heading it stands under, its seconds; while it runs, its newest output."""

    def __init__(self, notebook):
        self.headings, heading = [], ""
        for cell in notebook.cells:
            if cell.cell_type == "markdown":
                found = re.findall(r"^#+ +(.+)$", cell.source, re.MULTILINE)
                heading = re.sub(r"[*_`]", "", found[-1]) if found else heading
            self.headings.append(heading)
        self.numbers, self.total = {}, 0
        for index, cell in enumerate(notebook.cells):
            if is_code(cell):
                self.total += 1
                self.numbers[index] = self.total
        self.terminal = sys.stdout.isatty()
        self.label, self.started, self.shown, self.line = "", 0.0, 0.0, ""  # of the running cell

    def name(self, index):
        return f"cell {self.numbers[index]}/{self.total}, \"{self.headings[index]}\""

    def start(self, cell, cell_index, **_):
        if cell_index in self.numbers:
            number = str(self.numbers[cell_index]).rjust(len(str(self.total)))
            self.label = f"  [{number}/{self.total}] {self.headings[cell_index]}"
            self.started, self.shown, self.line = time.monotonic(), time.monotonic(), ""
            if self.terminal:
                self.show()

    def live(self, text):
        lines = [line.strip() for line in ANSI.sub("", text).replace("\r", "\n").split("\n") if line.strip()]
        if lines and self.label:
            self.line = lines[-1]
            # A terminal sees every half second of it, a log file every half minute.
            if time.monotonic() - self.shown > (0.5 if self.terminal else 30):
                self.show()

    def show(self):
        self.shown = time.monotonic()
        text = f"{self.label} … {self.line}"
        if self.terminal:
            width = os.get_terminal_size().columns - 1
            print("\r\x1b[K" + text[:width], end="", flush=True)
        else:
            print(text[:160], flush=True)

    def end(self, cell, cell_index, **_):
        if cell_index in self.numbers:
            start = "\r\x1b[K" if self.terminal else ""
            print(f"{start}{self.label} ({time.monotonic() - self.started:.1f} s)", flush=True)
            self.label = ""


def is_code(cell):
    return cell.cell_type == "code" and bool(cell.source.strip())


def execute(notebook, folder):
    """Executes the notebook in place, in the given folder; None, or one sentence about the cell that failed."""
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    progress = Progress(notebook)
    client = Client(notebook, folder, progress)
    try:
        client.execute()
        return None
    except (CellExecutionError, DeadKernelError) as problem:
        code = [index for index in progress.numbers if notebook.cells[index].execution_count]
        failed = next((index for index in code for output in notebook.cells[index].outputs
                       if output.output_type == "error" and not is_expected(notebook.cells[index])), None)
        if failed is None:
            failed = max(code, default=min(progress.numbers))
            if client.stopped:
                return f"{progress.name(failed)}: stopped."
            return (f"{progress.name(failed)}: the kernel ended while the cell ran "
                    "(out of memory is the usual cause: close other programs and try again).")
        error = next(o for o in notebook.cells[failed].outputs if o.output_type == "error")
        lines = [ANSI.sub("", line).strip("- \t") for line in "\n".join(error.traceback).splitlines()]
        lines = [line for line in lines if line and not line.startswith("|")]  # "|" shows the cell's own lines
        return f"{progress.name(failed)}: {' '.join(lines[:1 if lines[1:2] and lines[1].startswith('at ') else 2]) or error.ename}"
    except RuntimeError as problem:
        if "respond" not in str(problem):
            raise
        return f"the Java kernel did not start within {client.startup_timeout} seconds; close other programs and try again."


def is_expected(cell):
    return "raises-exception" in cell.metadata.get("tags", [])


# ---------------------------------------------------------------- normal form

def copy(notebook):
    return nbformat.reads(nbformat.writes(notebook), as_version=4)


def normal_form(notebook):
    """The text of a notebook as it is committed: the same content always gives the same bytes."""
    nb = copy(notebook)
    nb.nbformat, nb.nbformat_minor = 4, 5
    nb.metadata = nbformat.from_dict({"kernelspec": KERNELSPEC, "language_info": LANGUAGE})
    count = 0
    for number, cell in enumerate(nb.cells):
        cell.setdefault("id", f"cell-{number}")
        tags = cell.metadata.get("tags")
        cell.metadata = nbformat.from_dict({"tags": tags} if tags else {})
        if cell.cell_type != "code":
            cell.pop("outputs", None)
            continue
        executed = cell.execution_count is not None
        count += executed
        cell.execution_count = count if executed else None
        cell.outputs = normal_outputs(cell.outputs, cell.execution_count)
    nbformat.validate(nb)
    return json.dumps(json.loads(nbformat.writes(nb)), indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def normal_outputs(outputs, count):
    result = []
    for output in outputs:
        if output.output_type == "stream" and result and result[-1].get("name") == output.name:
            result[-1].text += output.text
            continue
        output.pop("transient", None)
        if output.output_type == "execute_result":
            output.execution_count = count
        if "data" in output:
            for kind in ("image/png", "image/jpeg"):
                if kind in output.data:
                    output.data[kind] = "".join(output.data[kind].split())
        result.append(output)
    return result


# ---------------------------------------------------------------- the page

PAGE = """{% extends 'lab/index.html.j2' %}
{% block html_head_js %}{% endblock %}
{% block html_head_js_mathjax %}{% endblock %}
{% block html_head_js_mermaidjs %}{% endblock %}
{% block html_head_css %}<style>math[display="block"] { margin: 0.8em 0; font-size: 1.15em; }
.jp-Notebook { max-width: 68em; margin: 0 auto; }
@media print { .highlight pre { white-space: pre-wrap; overflow-wrap: anywhere; } }</style>{% endblock %}"""


def mathml(latex, display):
    return convert(latex.strip(), display=display)


class Renderer(IPythonRenderer):
    """Markdown whose formulas are MathML, which browsers show without any script."""

    def block_math(self, body):
        return f"<p>{mathml(body, 'block')}</p>\n"

    def inline_math(self, body):
        return mathml(body, "inline")

    def latex_environment(self, name, body):
        return self.block_math(f"\\begin{{{name}}}{body}\\end{{{name}}}")


class Page(HTMLExporter):
    """A web page that needs no network: no scripts, formulas as MathML, images within."""

    def __init__(self, **kw):
        super().__init__(raw_template=PAGE, embed_images=True, **kw)

    def default_filters(self):
        yield from super().default_filters()
        yield "markdown2html", self.markdown2html

    @pass_context
    def markdown2html(self, context, source):
        renderer = Renderer(escape=False, attachments=context.get("cell", {}).get("attachments", {}),
                            embed_images=True, path=context["resources"].get("metadata", {}).get("path", ""))
        return MarkdownWithMath(renderer=renderer).render(source)


def to_page(notebook, folder):
    """The notebook as HTML; folder is where its images are looked for."""
    nb = copy(notebook)
    for cell in nb.cells:
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            if "image/png" in data and "text/html" not in data:
                # A picture's text/plain is its description: what a screen reader says.
                alt = html.escape(" ".join(data.get("text/plain", "picture").split()), quote=True)
                data["text/html"] = f'<img alt="{alt}" src="data:image/png;base64,{"".join(data["image/png"].split())}">'
            if "text/latex" in data:
                data["text/html"] = mathml(data["text/latex"].strip().strip("$"), "block")
    title = next((line.lstrip("# ") for cell in nb.cells if cell.cell_type == "markdown"
                  for line in cell.source.splitlines() if line.startswith("# ")), "Notebook")
    nb.metadata["title"] = title
    logging.getLogger("traitlets").setLevel(logging.ERROR)
    page, _ = Page().from_notebook_node(nb, {"metadata": {"path": str(folder), "name": title}})
    return page


# ---------------------------------------------------------------- command

def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(path.name + ".part")
    unfinished.write_bytes(text.encode("utf-8"))
    os.replace(unfinished, path)


def main(source, target, page=None):
    source = Path(source).resolve()
    notebook = nbformat.read(source, as_version=4)
    problem = execute(notebook, source.parent)
    write(Path(target), normal_form(notebook))
    if page:
        write(Path(page), to_page(notebook, source.parent))
    if problem:
        print(f"{source.name}, {problem}", file=sys.stderr)
    return 1 if problem else 0


if __name__ == "__main__":
    if sys.platform == "win32":  # pyzmq needs it
        asyncio.set_event_loop_policy(asyncio.WindowsSelectorEventLoopPolicy())
    sys.exit(main(*sys.argv[1:]))
