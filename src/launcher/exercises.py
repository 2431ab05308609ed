"""The exercises, made from their solutions.

    python3 src/launcher/exercises.py            writes notebooks/exercises from notebooks/solutions
    python3 src/launcher/exercises.py --check    exit status 1 if they differ from what would be written

In code cells the lines from "// BEGIN SOLUTION" to "// END SOLUTION" become "// Your code here."; cells with the tag
"solution" are left out. Python's standard library alone.
"""
import json
import re
import sys
from pathlib import Path

NOTEBOOKS = Path(__file__).resolve().parents[2] / "notebooks"
BEGIN, END = "// BEGIN SOLUTION", "// END SOLUTION"
HEADER = ("*This notebook is made from [its solution](../solutions/{name}), where you may look when you are stuck. "
          "Write your code where it says so; the cell after it turns green when it is right.*")


def stripped(source, where):
    """A cell's lines without the solution."""
    lines, inside = [], False
    for line in source:
        word = line.strip()
        if word in (BEGIN, END):
            if inside == (word == BEGIN):
                raise ValueError(f"{where}: {word} without its partner before it.")
            inside = word == BEGIN
            if inside:
                lines.append(re.match(r"\s*", line).group() + "// Your code here.\n")
        elif not inside:
            lines.append(line)
    if inside:
        raise ValueError(f"{where}: {BEGIN} is never ended; add a line {END}.")
    if lines:
        lines[-1] = lines[-1].rstrip("\n")
    return lines


def exercise(solution):
    """The text of the exercise notebook that belongs to a solution notebook."""
    notebook = json.loads(solution.read_text(encoding="utf-8"))
    cells = []
    for cell in notebook["cells"]:
        if "solution" in cell["metadata"].get("tags", []):
            continue
        if cell["cell_type"] == "code":
            cell.update(outputs=[], execution_count=None, source=stripped(cell["source"], f"{solution.name}, cell {cell['id']}"))
        cells.append(cell)
        if len(cells) == 1:
            cells.append({"cell_type": "markdown", "id": "made-from", "metadata": {},
                          "source": [HEADER.format(name=solution.name)]})
    notebook["cells"] = cells
    return json.dumps(notebook, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def differing():
    """The exercise notebooks that are not what their solutions give, with the right text (None: should not exist)."""
    wanted = {NOTEBOOKS / "exercises" / path.name: exercise(path) for path in sorted((NOTEBOOKS / "solutions").glob("*.ipynb"))}
    for path in (NOTEBOOKS / "exercises").glob("*.ipynb"):
        wanted.setdefault(path, None)
    return {path: text for path, text in wanted.items()
            if text != (path.read_text(encoding="utf-8") if path.exists() else None)}


def main(check):
    for path, text in differing().items():
        if check:
            print(f"{path.name} is not what its solution gives; run: python3 src/launcher/exercises.py", file=sys.stderr)
            return 1
        if text is None:
            path.unlink()
        else:
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="\n")
        print(path.relative_to(NOTEBOOKS.parent))
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main("--check" in sys.argv[1:]))
    except ValueError as problem:
        sys.exit(f"exercises.py: {problem}")
