"""How long a reader needs for each notebook: computed from its words, cells and its last run, not guessed."""
import json
import re

from course import NOTEBOOKS, TARGET, read

WORDS_A_MINUTE = 200  # what adults read of plain prose (M. Brysbaert, 2019: 238 in English); less, since this is not novels
SECONDS = {"lines of code": 3, "pictures and tables": 20, "predictions": 30, "formulas": 30}
OPTIONAL = ("> **Optional reading", "*(Here the optional reading ends.)*")
STATED = re.compile(r"(?:Time: about|About) (\d+)")


def minutes(text: str, code: list, run: float = 0) -> float:
    """Minutes for a notebook's text, its code cells (without the imports), and its run in seconds."""
    body = text.partition("## Further reading")[0]
    words = len(re.findall(r"\w+", re.sub(r"\]\([^)]*\)|\$[^$]*\$", " x ", body)))
    outputs = [output.get("data", {}) for cell in code for output in cell["outputs"]]
    counts = {"lines of code": sum(bool(line.strip()) for cell in code for line in "".join(cell["source"]).splitlines()),
              "pictures and tables": sum("image/png" in data or "text/html" in data for data in outputs),
              "predictions": body.count("*Predict"), "formulas": len(re.findall(r"\$\$[^$]+\$\$", body))}
    return words / WORDS_A_MINUTE + (sum(SECONDS[kind] * count for kind, count in counts.items()) + run) / 60


def prose(cells: list) -> str:
    return "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")


def of(notebook) -> dict:
    """A notebook's figures: its minutes, those of its optional part's text, its last run's seconds, what it states."""
    cells = json.loads(read(notebook))["cells"]
    text = prose(cells)
    noted = TARGET / "notebooks" / notebook.relative_to(NOTEBOOKS).with_suffix(".seconds")
    run = float(read(noted)) if noted.exists() else 0.0
    ends = [k for k, cell in enumerate(cells) for mark in OPTIONAL if mark in "".join(cell["source"])]
    optional = cells[ends[0] + 1:ends[1]] if len(ends) == 2 else []
    return {"minutes": minutes(text, [cell for cell in cells if cell["cell_type"] == "code"][1:], run),
            "optional": minutes(prose(optional), [c for c in optional if c["cell_type"] == "code"]), "run": run,
            "stated": int((STATED.search(text) or [0, 0])[1])}


def table() -> str:
    """The chapters' minutes, one a line, and their sum."""
    lines = [f"{'':34}{'minutes':>8}{'states':>8}{'optional':>10}{'last run, s':>13}"]
    total = 0.0
    for path in sorted(NOTEBOOKS.glob("*.ipynb")):
        found = of(path)
        total += found["minutes"]
        lines.append(f"{path.stem:34}{found['minutes']:8.0f}{found['stated'] or '':>8}{found['optional'] or '':>10.3}"
                     f"{found['run'] or '':>13.4}")
    return "\n".join([*lines, f"{'all chapters':34}{total:8.0f}   ({total / 60:.1f} hours)"])
