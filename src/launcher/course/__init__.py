"""The launcher behind course.py, of Python's standard library alone; here is what all its modules use."""
import hashlib
import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
NOTEBOOKS = ROOT / "notebooks"
LAUNCHER = ROOT / "src" / "launcher"
TARGET = ROOT / "target"
LOGS = TARGET / "logs"
SPARK_BUILD = TARGET / "spark"
VENV = ROOT / ".venv"
JJAVA = VENV / "jjava"  # a prefix of its own: JJava's kernel is called java, as IJava's is
SPARK = VENV / "spark"  # prefixes for the kernels that see Spark as well, spark/ijava and spark/jjava
OVERVIEW = "00_siamese_networks_overview"
WINDOWS = os.name == "nt"


class Problem(Exception):
    """Something the reader has to know or do, in one sentence."""


def digest(*paths: Path) -> str:
    """A hash of the contents of files and of all files in folders, with their names."""
    total = hashlib.sha256()
    for path in paths:
        for file in sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]:
            total.update(f"{file.relative_to(ROOT)}\0".encode() + hashlib.sha256(file.read_bytes()).digest())
    return total.hexdigest()


def write(path: Path, text: str) -> None:
    """Writes a file in one go: it is never seen half-written. One that holds this text already is left alone."""
    if path.exists() and read(path) == text:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    part.write_text(text, encoding="utf-8")
    os.replace(part, path)


def read(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.exists() else ""
