"""What is fetched and built, each once: Python's packages with pip, the Java sides with Maven."""
from __future__ import annotations

import os
import re
import shutil
import sys
from pathlib import Path

from course import LOGS, ROOT, SPARK_BUILD, TARGET, VENV, WINDOWS, Problem, digest, read, write
from course.children import environment
from course.machine import check_venv_module, proxy_flags
from course.steps import Step


def venv_python(venv: Path | None = None) -> Path:
    return (venv or VENV) / ("Scripts/python.exe" if WINDOWS else "bin/python")


def python_packages(requirements: Path, stamp: Path, title: str, *options, venv: Path | None = None) -> None:
    """Installs pinned packages into .venv or another environment, unless the stamp says that they are there; the
    options are pip's."""
    venv = venv or VENV
    wanted = digest(requirements) + f" {venv}"
    if read(stamp) == wanted and venv_python(venv).exists():
        return
    if stamp == venv / "complete":
        check_venv_module()
    step = Step(title)
    if stamp == venv / "complete":
        shutil.rmtree(venv, ignore_errors=True)
        said = step.run("venv", [sys.executable, "-m", "venv", venv], environment(), venv)
        if said:
            raise Problem(f"Python could not make {venv} ({said[-1]}); try again, "
                          "or set up another Python 3.10 or newer.")
    total = len(re.findall(r"^[\w.-]+==", read(requirements), re.MULTILINE))  # a few of them for other systems only
    fetched = 0

    def shown(text: str) -> str:
        nonlocal fetched
        if text.startswith("Collecting"):
            fetched += 1
            return f"{fetched} of {total} packages, {text.split()[1]}"
        return f"installing {fetched} packages" if text.startswith("Installing") else ""

    said = step.run("pip", [venv_python(venv), "-m", "pip", "install", "--no-input", "--require-hashes",
                            "--progress-bar", "off", *options, "-r", requirements], environment(), venv, shown)
    if said:
        error = next((text for text in said if "ERROR" in text), "no error named")
        raise Problem(f"pip could not install the Python packages ({error}); check the network and try again; "
                      f"everything it said is in {LOGS / 'pip.log'}.")
    write(stamp, wanted)
    step.done()


def maven() -> list:
    """Maven's command: the one on PATH, else the wrapper, which fetches Maven from Maven Central."""
    found = shutil.which("mvn")
    proxy = proxy_flags()
    return [*([found] if found else [ROOT / "mvnw.cmd"] if WINDOWS else ["sh", ROOT / "mvnw"]),
            *proxy, *["-Daether.connector.http.useSystemProperties=true"] * bool(proxy)]


def maven_error(lines: list[str]) -> str:
    """The line with which Maven says why it failed, without its trailing advice."""
    errors = [text.replace("[ERROR] ", "").replace(str(ROOT) + os.sep, "") for text in lines
              if text.startswith("[ERROR]") and len(text) > 9 and "[Help" not in text and "re-run Maven" not in text]
    return errors[0] if errors else lines[-1]


def build(java: Path, title: str, what: str, folder: Path, sources: list[Path], *arguments: str) -> bool:
    """Runs Maven, which writes into the folder, unless the folder's stamp says that it did so with these very sources.
    Whether it ran. While it does there is no stamp, so that what a build that broke off has left is not trusted."""
    stamp = folder / "built"
    common = digest(ROOT / "pom.xml") + f" {java}\n"
    wanted = common + digest(*sources)
    had = read(stamp)
    if had == wanted and (folder / "classes").exists() and (TARGET / "help").exists():
        return False
    step = Step(title)
    stamp.unlink(missing_ok=True)
    if not had.startswith(common):
        for name in ("classes", "maven-status", "lib", "jars"):
            shutil.rmtree(folder / name, ignore_errors=True)
    fetched = 0

    def shown(text: str) -> str:
        nonlocal fetched
        if "Downloaded from" not in text:
            return ""
        fetched += 1
        return f"{fetched} files fetched, last {text.rsplit('/', 3)[-3 if text.endswith('/s)') else -1].split(' ')[0]}"

    log = "maven" if folder == TARGET else f"maven-{folder.name}"
    said = step.run(log, [*maven(), "-B", "-Dstyle.color=never", *arguments],
                    dict(environment(), JAVA_HOME=str(java.parents[1])), folder, shown)
    if said:
        raise Problem(f"Maven could not build {what}: {maven_error(said)} "
                      f"(everything it said is in {LOGS / f'{log}.log'}).")
    help_texts()
    write(stamp, wanted)
    step.done()
    return True


def library(java: Path) -> bool:
    """Compiles the library into target/classes and puts what it needs into target/lib, unless that is done."""
    return build(java, "Building the Java library with Maven (the first time it fetches about 300 MB)", "the library",
                 TARGET, [ROOT / "src" / "main"], "-Dmaven.test.skip=true", "package")


def with_spark(java: Path) -> bool:
    """Compiles the library and what runs on Spark into target/spark/classes, with all jars in target/spark/jars."""
    return build(java, "Building with Apache Spark (the first time it fetches about 250 MB)", "what runs on Spark",
                 SPARK_BUILD, [ROOT / "src" / "main", ROOT / "src" / "spark" / "java"],
                 "-P", "spark", "-Dmaven.test.skip=true", "package")


def help_texts() -> None:
    """Copies the library's sources into target/help, where the kernel finds the Javadoc that Shift-Tab shows, which it
    shows as HTML without knowing Javadoc's tags: here they become HTML."""
    def escaped(found: re.Match) -> str:
        return "<code>" + found[1].replace("<", "&lt;").replace(">", "&gt;") + "</code>"

    def linked(found: re.Match) -> str:
        return f"<code>{'.'.join(part for part in (found[1].rpartition('.')[2], found[2]) if part)}</code>"

    def comment(found: re.Match) -> str:
        text = re.sub(r"^ *\* ?", "", found[1], flags=re.MULTILINE)
        text = re.sub(r"\{@code\s+([^{}]*)\}", escaped, text)
        text = re.sub(r"\{@link\s+([\w.]*)#?([\w]*)[^{}]*\}", linked, text)
        text = re.sub(r"\{@return\s+([^{}]*?)\s*\}", r"Returns \1.", text)
        text = re.sub(r"^ *@param +<?(\w+)>?", r"<br><b>\1:</b>", text, flags=re.MULTILINE)
        text = re.sub(r"^ *@return\b", "<br><b>returns</b>", text, flags=re.MULTILINE)
        text = re.sub(r"^ *@throws +(\w+)", r"<br><b>throws \1</b>", text, flags=re.MULTILINE)
        return "/**" + re.sub(r"^ *@see .*$", "", text, flags=re.MULTILINE) + "*/"

    for folder in (ROOT / "src" / "main" / "java", ROOT / "src" / "spark" / "java"):
        for source in (folder / "siamese").rglob("*.java"):
            write(TARGET / "help" / source.relative_to(folder),
                  re.sub(r"/\*\*(.*?)\*/", comment, read(source), flags=re.DOTALL))
