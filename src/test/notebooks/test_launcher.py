"""The launcher: on machines where something is missing, twice, at once, interrupted, and what it leaves behind."""
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import pytest

import course
import notebooks
from conftest import ROOT, java_notebook

POSIX = pytest.mark.skipif(os.name == "nt", reason="uses shell scripts in place of Java")


def launcher(*arguments, root=ROOT, before="", **env):
    """Runs course.py's main with these arguments, after Python code that changes it."""
    code = (f"import sys, runpy; sys.path.insert(0, {str(root)!r}); import course, pathlib; {before}\n"
            "try: sys.exit(course.main())\n"
            "except course.Problem as problem: sys.exit(f'course.py: {problem}')\n")
    return subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, encoding="utf-8",
                          timeout=300, env={**os.environ, **env})


def says(done, *words):
    """The launcher failed with one sentence that holds these words."""
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1, done.stderr
    for word in words:
        assert word in done.stderr


def fake_java(folder, version, compiler=True, modules="java.base@17\njdk.jshell@17"):
    """A script that answers like a java of that version."""
    (folder / "bin").mkdir(parents=True)
    java = folder / "bin" / "java"
    java.write_text(f"""#!/bin/sh
[ "$1" = --list-modules ] && echo "{modules}" && exit
echo "    java.home = {folder}
    java.specification.version = {version}" >&2
""")
    java.chmod(0o755)
    if compiler:
        (folder / "bin" / "javac").write_text("")


def without_java(tmp_path, **env):
    return launcher("setup", before=f"course.JVMS = pathlib.Path({str(tmp_path / 'none')!r})", SIAMESE_INSTALL="no",
                    **{"JAVA_HOME": "", "PATH": str(tmp_path / "bin"), **env})


@POSIX
class TestJava:
    def test_missing(self, tmp_path):
        says(without_java(tmp_path), "Java is missing", "JDK 17", "install one with:")

    def test_too_old(self, tmp_path):
        fake_java(tmp_path, "11")
        says(without_java(tmp_path), "is Java 11", "JDK 17")

    def test_java_8_is_too_old(self, tmp_path):
        fake_java(tmp_path, "1.8")
        says(without_java(tmp_path), "is Java 8", "JDK 17")

    def test_without_jshell(self, tmp_path):
        fake_java(tmp_path, "17", modules="java.base@17")
        says(without_java(tmp_path), "JShell", "full JDK")

    def test_without_compiler(self, tmp_path):
        fake_java(tmp_path, "17", compiler=False)
        says(without_java(tmp_path), "compiler", "full JDK")

    def test_java_home_that_does_not_exist(self, tmp_path):
        says(without_java(tmp_path, JAVA_HOME=str(tmp_path / "gone")), "does not start", "JDK 17")

    def test_java_home_comes_first(self, tmp_path, monkeypatch):
        fake_java(tmp_path / "home", "21")
        fake_java(tmp_path / "path", "17")
        monkeypatch.setenv("JAVA_HOME", str(tmp_path / "home"))
        monkeypatch.setenv("PATH", str(tmp_path / "path" / "bin"))
        assert course.find_java() == tmp_path / "home" / "bin" / "java"
        monkeypatch.delenv("JAVA_HOME")
        assert course.find_java() == tmp_path / "path" / "bin" / "java"


def test_missing_venv_module_is_named(tmp_path):
    says(launcher("setup", before="course.find_spec = lambda name: None; course.VENV = pathlib.Path('/none')",
                  SIAMESE_INSTALL="no"), "venv")


def test_wrong_data_folder():
    says(launcher("run", SIAMESE_DATA="no/such/folder"), "SIAMESE_DATA", "no/such/folder", "unset it")


def test_unknown_notebook():
    says(launcher("run", "no_such_notebook"), "no_such_notebook", course.OVERVIEW)


@POSIX
def test_old_python():
    done = launcher("setup", before="sys.version_info = (3, 8, 0)")
    says(done, "3.10 or newer")


def test_relative_data_folder_becomes_absolute(monkeypatch, tmp_path):
    (tmp_path / "data").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SIAMESE_DATA", "data")
    assert course.environment()["SIAMESE_DATA"] == str(tmp_path / "data")


def test_second_set_up_changes_nothing_and_is_quick():
    watched = [course.VENV / "complete", course.TARGET / "built.json", course.VENV / "share/jupyter/kernels/java/kernel.json"]
    before = [path.stat().st_mtime_ns for path in watched]
    began = time.monotonic()
    done = launcher("setup")
    assert done.stdout == "Everything is in place.\n" or done.stdout.startswith("Note: ")
    assert time.monotonic() - began < 3
    assert [path.stat().st_mtime_ns for path in watched] == before


def test_kernel_is_this_projects_own():
    spec = json.loads((course.VENV / "share/jupyter/kernels/java/kernel.json").read_text(encoding="utf-8"))
    assert Path(spec["argv"][0]).is_absolute() and Path(spec["argv"][0]).exists()
    classes, libraries = spec["argv"][spec["argv"].index("-cp") + 1].split(os.pathsep)
    assert Path(classes) == ROOT / "target" / "classes" and Path(libraries) == ROOT / "target" / "lib" / "*"
    assert spec["language"] == "java" and spec["interrupt_mode"] == "message"


def test_users_java_kernel_is_neither_used_nor_touched(tmp_path, monkeypatch):
    theirs = tmp_path / ".local/share/jupyter/kernels/java/kernel.json"
    theirs.parent.mkdir(parents=True)
    theirs.write_text('{"argv": ["false"], "display_name": "Theirs", "language": "java"}')
    before = sorted(tmp_path.rglob("*"))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("JUPYTER_PATH", str(theirs.parents[2]))
    source = tmp_path / "project" / "n.ipynb"
    source.parent.mkdir()
    nbformat.write(java_notebook('System.out.println("ours " + (3 + 4));'), source)
    done = execute(source, course.environment())
    assert done.returncode == 0, done.stderr
    assert "ours 7" in source.with_suffix(".out.ipynb").read_text(encoding="utf-8")
    shutil.rmtree(source.parent)
    assert sorted(tmp_path.rglob("*")) == before


def execute(source, env):
    return subprocess.run([sys.executable, ROOT / "src/launcher/notebooks.py", source, source.with_suffix(".out.ipynb"),
                           source.with_suffix(".html")], capture_output=True, text=True, encoding="utf-8", env=env, timeout=120)


def test_failing_cell_is_named_and_the_rest_is_kept(tmp_path):
    source = tmp_path / "n.ipynb"
    nbformat.write(java_notebook("1 + 1", 'throw new IllegalArgumentException("margin is -1; make it positive");', "2 + 2"), source)
    done = execute(source, course.environment())
    assert done.returncode == 1
    assert done.stderr == ('n.ipynb, cell 2/3, "A heading": '
                           "java.lang.IllegalArgumentException: margin is -1; make it positive\n")
    kept = nbformat.read(source.with_suffix(".out.ipynb"), as_version=4)
    assert [cell.execution_count for cell in kept.cells[1:]] == [1, 2, None]


@POSIX
def test_ctrl_c_ends_every_child(tmp_path):
    source = tmp_path / "n.ipynb"
    nbformat.write(java_notebook('System.out.println("running"); while (true) Thread.sleep(10);'), source)
    code = (f"import sys; sys.path.insert(0, {str(ROOT)!r}); import course, signal; signal.signal(signal.SIGINT, course.stop)\n"
            f"course.call([course.venv_python(), course.ROOT / 'src/launcher/notebooks.py', *sys.argv[1:]])")
    process = subprocess.Popen([sys.executable, "-c", code, source, tmp_path / "out.ipynb"],
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    until = time.monotonic() + 60
    while time.monotonic() < until and not any("connection" in c or "kernel-" in c for c in commands(process.pid)):
        time.sleep(0.2)
    time.sleep(2)
    family = course.descendants(process.pid)
    assert len(family) >= 2
    process.send_signal(signal.SIGINT)
    assert process.wait(20) != 0
    until = time.monotonic() + 5
    while time.monotonic() < until and any(alive(pid) for pid in family):
        time.sleep(0.1)
    assert not [pid for pid in family if alive(pid)]


def commands(pid):
    found = []
    for child in course.descendants(pid):
        told = subprocess.run(["ps", "-o", "args=", "-p", str(child)], capture_output=True, text=True)
        found.append(told.stdout)
    return found


def alive(pid):
    told = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True).stdout.strip()
    return bool(told) and not told.startswith("Z")


@POSIX
def test_fresh_copy_in_an_awkward_folder_killed_and_started_twice_at_once(tmp_path):
    """A copy in a folder with spaces and other letters, in the C locale: one set-up is killed, then two start at once."""
    copy = tmp_path / "Überraschung mit Leerzeichen"
    not_cloned = [".git", ".venv", "target", "data"]
    shutil.copytree(ROOT, copy, ignore=lambda folder, names: not_cloned if Path(folder) == ROOT else [])
    env = dict({k: v for k, v in os.environ.items() if k not in ("LANG", "SIAMESE_CACHE")}, LC_ALL="C", SIAMESE_INSTALL="no")
    start = lambda: subprocess.Popen([sys.executable, copy / "course.py", "setup"], stdout=subprocess.PIPE,  # noqa: E731
                                     stderr=subprocess.STDOUT, text=True, encoding="utf-8", env=env)
    killed = start()
    time.sleep(6)
    killed.kill()
    killed.wait()
    both = [start(), start()]
    said = [process.communicate(timeout=600)[0] for process in both]
    assert [process.returncode for process in both] == [0, 0], said
    assert any("waiting for it" in text for text in said), said
    source = copy / "notebooks" / "tiny.ipynb"
    nbformat.write(java_notebook("import siamese.data.RunSize;\nRunSize.QUICK.epochs(1)"), source)
    done = subprocess.run([sys.executable, copy / "course.py", "run", "tiny"], capture_output=True, text=True,
                          encoding="utf-8", env=env, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    assert str(copy / "target" / "notebooks" / "tiny.html") in done.stdout


class TestNormalForm:
    def notebook(self):
        nb = java_notebook("1")
        nb.cells[1].update(execution_count=7, metadata={"execution": {"iopub.status.busy": "2026-01-01"}, "tags": ["x"]})
        nb.cells[1].outputs = [
            nbformat.v4.new_output("stream", name="stdout", text="a\n"),
            nbformat.v4.new_output("stream", name="stdout", text="b\n"),
            nbformat.v4.new_output("execute_result", {"text/plain": "a chart", "image/png": "iVBO\nRw0K\n"}, execution_count=7)]
        nb.metadata["language_info"] = {"name": "Java", "version": "17.0.15+6"}
        return nb

    def test_is_idempotent(self):
        once = notebooks.normal_form(self.notebook())
        assert notebooks.normal_form(nbformat.reads(once, as_version=4)) == once

    def test_what_it_fixes(self):
        nb = json.loads(notebooks.normal_form(self.notebook()))
        cell = nb["cells"][1]
        assert cell["execution_count"] == 1 and cell["metadata"] == {"tags": ["x"]}
        assert cell["outputs"][0]["text"] == ["a\n", "b\n"]
        assert cell["outputs"][1]["data"] == {"text/plain": ["a chart"], "image/png": "iVBORw0K"}
        assert nb["metadata"] == {"kernelspec": notebooks.KERNELSPEC, "language_info": notebooks.LANGUAGE}


def test_page_has_formulas_pictures_with_descriptions_and_nothing_from_outside():
    nb = java_notebook("1")
    nb.cells[0].source = "# Title\n\n$D < m$ and `$code$`\n\n$$\\sum_i \\max(0, m - D_i)^2$$"
    nb.cells[1].outputs = [nbformat.v4.new_output("display_data", {"text/plain": "Two <digits>", "image/png": "iVBORw0K"})]
    page = notebooks.to_page(nb, ROOT)
    assert page.count("<math") == 2 and "$code$" in page
    assert 'alt="Two &lt;digits&gt;"' in page
    assert not outside(page)


def outside(page):
    """The addresses that a browser would fetch by itself while it shows the page."""
    from bs4 import BeautifulSoup
    import re
    soup = BeautifulSoup(page, "html.parser")
    found = [tag.get(name) for tag in soup.select("img, script, iframe, link, source, video, audio, object, embed")
             for name in ("src", "href", "data", "srcset") if tag.get(name)]
    css = re.sub(r"/\*.*?\*/", "", " ".join(tag.get_text() for tag in soup.select("style")), flags=re.S)
    found += re.findall(r"url\(\s*[\"']?([^\"')]+)", css) + re.findall(r"@import[^;]+", css)
    found += [tag.get_text()[:80] for tag in soup.select("script") if "http" in tag.get_text()]
    return [address for address in found if not address.startswith(("data:", "#"))]
