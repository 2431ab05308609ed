"""Other Javas and Pythons than those that run the course here: which of them this machine has, and the tests on them."""
import os
import re
import shutil
import sys
from pathlib import Path

from course import ROOT, TARGET
from course.children import call, environment, quiet
from course.machine import JVMS, inspect_java

PYTHONS = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"
NOT_COPIED = (".git", ".venv", ".venv-bench", ".venv-faiss", "target", "data")  # as a clone has none of them


def pythons() -> dict[int, Path]:
    """The Pythons 3.10 and newer that can make environments, by their minor version: PATH's and pyenv's."""
    folders = [*map(Path, os.environ.get("PATH", "").split(os.pathsep)), *sorted(PYTHONS.glob("3.*/bin"))]
    found = {}
    for minor in range(10, 30):
        for python in (folder / f"python3.{minor}" for folder in folders):
            # pyenv's own commands on PATH are there for each version, and fail for all but the one that is switched on
            if python.exists() and quiet([python, "-c", "import ensurepip, ssl, venv"]).returncode == 0:
                found[minor] = python
                break
    return found


def release(java: Path) -> int:
    """Which Java a JDK's java command is, such as 17."""
    return int(re.search(r"specification\.version = (?:1\.)?(\d+)",
                         quiet([java, "-XshowSettings:properties", "-version"]).stderr)[1])


def javas() -> dict[int, Path]:
    """The JDKs of this machine that the course can use, by their version."""
    return {release(java): java for java in sorted(JVMS.glob("*/bin/java")) if inspect_java(java)[0]}


def cells(java: Path) -> tuple[list[tuple[Path, Path, bool]], list[str]]:
    """What there is to run beside what this Python and the given java run anyway: the oldest Python on this Java, the
    newest Python on the newest Java, and whether Java's tests as well; and a sentence for each that is not here."""
    here, minor = release(java), sys.version_info[1]
    known, jdks = {minor: Path(sys.executable)} | pythons(), {here: java} | javas()
    oldest, newest, newest_java = min(known), max(known), max(jdks)
    lacking = [sentence for sentence, lacks in [
        (f"Skipped: no Python from 3.10 on that is older than 3.{minor} is on this machine.", oldest == minor),
        (f"Skipped: no Python newer than 3.{minor} is on this machine.", newest == minor),
        (f"Skipped: no Java newer than {here} is on this machine.", newest_java == here)] if lacks]
    chosen = [(known[oldest], java, False)] * (oldest < minor)
    chosen += [(known[newest], jdks[newest_java], newest_java > here)] * (newest > minor or newest_java > here)
    return chosen, lacking


def versions(java: Path) -> tuple[int, int, int, list[Path]]:
    """Runs each cell in a copy as new as a clone: the quick overview, and Java's tests. How many of these commands went
    well, how many did not, how many cells this machine lacks, and the reports of Java's tests."""
    chosen, lacking = cells(java)
    passed, failed, reports = 0, 0, []
    for python, jdk, tests in chosen:
        copy = TARGET / "versions" / f"{python.name}-java{release(jdk)}"
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(ROOT, copy, ignore=lambda folder, names: NOT_COPIED if Path(folder) == ROOT else [])
        env = dict(environment(), JAVA_HOME=str(jdk.parents[1]), SIAMESE_CACHE=str(copy / "data"))
        for words in [["run", "--quick"], ["test", "--only", "java"]][:1 + tests]:
            print(f"\n{python.name}, Java {release(jdk)}, a new copy: course.py {' '.join(words)}", flush=True)
            status = call([python, copy / "course.py", *words], env=env)
            passed, failed = passed + (not status), failed + bool(status)
        reports += (copy / "target" / "surefire-reports").glob("TEST-*.xml")
        shutil.rmtree(copy / ".venv", ignore_errors=True)
    print("", *lacking, sep="\n", flush=True)
    return passed, failed, len(lacking), reports
