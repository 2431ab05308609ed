"""A Sphinx extension: formulas as MathML, made while the site is built, and no script from elsewhere."""
import sys
from pathlib import Path

from docutils import nodes

sys.path.append(str(Path(__file__).resolve().parents[1] / "launcher"))

from notebooks import mathml  # noqa: E402


def inline(self, node):
    self.body.append(mathml(node.astext(), "inline"))
    raise nodes.SkipNode


def block(self, node):
    self.body.append(f'<div class="math">{mathml(node.astext(), "block")}</div>')
    raise nodes.SkipNode


def local_only(app, pagename, templatename, context, doctree):
    """Jupyter Book prepares for Thebe, which is loaded from a server: this course runs on Binder instead."""
    for name in ("script_files", "css_files"):
        context[name] = [file for file in context.get(name, []) if "//" not in str(getattr(file, "filename", file))
                         and "thebe" not in f"{getattr(file, 'filename', file)} {getattr(file, 'attributes', '')}"]


def setup(app):
    app.add_html_math_renderer("mathml", (inline, None), (block, None))
    app.connect("html-page-context", local_only, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
