"""The launcher: on machines where something is missing, twice, at once, interrupted, and what it leaves behind."""
import ast
import base64
import http.server
import json
import os
import random
import re
import resource
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import nbformat
import psutil
import pytest

import course
from course import children, machine, setup, versions
import notebooks
from conftest import ROOT, java_notebook, wait_until

POSIX = pytest.mark.skipif(os.name == "nt", reason="uses shell scripts in place of Java")


def launcher(*arguments, root=ROOT, before="", **env):
    """Runs the launcher with these arguments, after Python code that changes it."""
    code = (f"import pathlib, sys; sys.path.insert(0, {str(root / 'src' / 'launcher')!r}); sys.dont_write_bytecode = True\n"
            "from course import ROOT, children, commands, machine, setup\n"
            f"{before}\nsys.exit(commands.main(sys.argv[1:]))\n")
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
    return launcher("setup", before=f"machine.JVMS = pathlib.Path({str(tmp_path / 'none')!r})", SIAMESE_INSTALL="no",
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

    def test_real_runtime_without_compiler_and_jshell(self, tmp_path):
        java = machine.find_java()
        if not (java.parent / "jlink").exists() or not (java.parents[1] / "jmods").exists():
            pytest.skip("this JDK has no jlink or no jmods to make a runtime from")
        made = subprocess.run([java.parent / "jlink", "--add-modules", "java.base", "--output", tmp_path / "jre"], capture_output=True, text=True)
        assert made.returncode == 0, made.stdout + made.stderr
        says(without_java(tmp_path, JAVA_HOME=str(tmp_path / "jre")), str(tmp_path / "jre"), "without the compiler or JShell", "full JDK")

    def test_java_home_that_does_not_exist(self, tmp_path):
        says(without_java(tmp_path, JAVA_HOME=str(tmp_path / "gone")), "does not start", "JDK 17")

    def test_java_home_comes_first(self, tmp_path, monkeypatch):
        fake_java(tmp_path / "home", "21")
        fake_java(tmp_path / "path", "17")
        monkeypatch.setenv("JAVA_HOME", str(tmp_path / "home"))
        monkeypatch.setenv("PATH", str(tmp_path / "path" / "bin"))
        assert machine.find_java() == tmp_path / "home" / "bin" / "java"
        monkeypatch.delenv("JAVA_HOME")
        assert machine.find_java() == tmp_path / "path" / "bin" / "java"


class TestVersions:
    @pytest.fixture
    def machine_has(self, monkeypatch):
        """Tells which Pythons and Javas there are; this Python is 3.12, and Java 17's command is called java17."""
        def tell(pythons, javas):
            monkeypatch.setattr(versions, "sys", SimpleNamespace(version_info=(3, 12, 0), executable="python3.12"))
            monkeypatch.setattr(versions, "pythons", lambda: {minor: Path(f"python3.{minor}") for minor in pythons})
            monkeypatch.setattr(versions, "javas", lambda: {java: Path(f"java{java}") for java in javas})
            monkeypatch.setattr(versions, "release", lambda java: int(java.name[4:]))
            chosen, lacking = versions.cells(Path("java17"))
            return [(python.name, java.name, tests) for python, java, tests in chosen], lacking
        return tell

    def test_the_oldest_and_the_newest_run(self, machine_has):
        assert machine_has([10, 11, 12, 14], [17, 21, 25]) == ([("python3.10", "java17", False), ("python3.14", "java25", True)], [])

    def test_a_newer_java_alone_runs_on_this_python(self, machine_has):
        chosen, lacking = machine_has([12], [17, 21])
        assert chosen == [("python3.12", "java21", True)] and [text.split(" that is ")[0] for text in lacking] == [
            "Skipped: no Python from 3.10 on", "Skipped: no Python newer than 3.12 is on this machine."]

    def test_what_is_not_here_is_said(self, machine_has):
        chosen, lacking = machine_has([], [])
        assert chosen == [] and len(lacking) == 3 and "no Java newer than 17" in lacking[2]

    @POSIX
    def test_commands_that_are_no_python_that_will_do_are_left_out(self, tmp_path, monkeypatch):
        for folder, minor, status in (("path", 10, 1), ("path", 11, 1), ("pyenv/3.10.1/bin", 10, 0)):
            command = tmp_path / folder / f"python3.{minor}"
            command.parent.mkdir(parents=True, exist_ok=True)
            command.write_text(f"#!/bin/sh\nexit {status}\n")
            command.chmod(0o755)
        monkeypatch.setenv("PATH", str(tmp_path / "path"))
        monkeypatch.setattr(versions, "PYTHONS", tmp_path / "pyenv")
        assert versions.pythons() == {10: tmp_path / "pyenv/3.10.1/bin/python3.10"}


def test_missing_venv_module_is_named(tmp_path):
    says(launcher("setup", before="machine.find_spec = lambda name: None; setup.VENV = pathlib.Path('/none')",
                  SIAMESE_INSTALL="no"), "venv")


def test_wrong_data_folder():
    says(launcher("run", SIAMESE_DATA="no/such/folder"), "SIAMESE_DATA", "no/such/folder", "unset it")


def test_unknown_notebook():
    says(launcher("run", "no_such_notebook"), "no_such_notebook", course.OVERVIEW)


@POSIX
def test_old_python():
    code = "import runpy, sys; sys.version_info = (3, 9, 7); sys.version = '3.9.7 (main)'; runpy.run_path(sys.argv[1], run_name='__main__')"
    says(subprocess.run([sys.executable, "-c", code, ROOT / "course.py"], capture_output=True, text=True),
         "this is Python 3.9.7", "3.10 or newer", "install it with:")
    ast.parse((ROOT / "course.py").read_text(encoding="utf-8"), feature_version=(3, 4))


def test_relative_data_folder_becomes_absolute(monkeypatch, tmp_path):
    (tmp_path / "data").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SIAMESE_DATA", "data")
    assert children.environment()["SIAMESE_DATA"] == str(tmp_path / "data")


def test_second_set_up_changes_nothing_and_is_quick():
    watched = [course.VENV / "complete", course.TARGET / "built", course.VENV / "share/jupyter/kernels/java/kernel.json"]
    before = [path.stat().st_mtime_ns for path in watched]
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = launcher("setup")
    assert done.stdout == "Everything is in place.\n" or done.stdout.startswith("Note: ")
    now = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert now.ru_utime + now.ru_stime - used.ru_utime - used.ru_stime < 3  # processor time: the wall's depends on what else runs
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
    done = execute(source, children.environment())
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
    done = execute(source, children.environment())
    assert done.returncode == 1
    assert done.stderr == ('n.ipynb, cell 2/3, "A heading": '
                           "java.lang.IllegalArgumentException: margin is -1; make it positive\n")
    kept = nbformat.read(source.with_suffix(".out.ipynb"), as_version=4)
    assert [cell.execution_count for cell in kept.cells[1:]] == [1, 2, None]


@POSIX
def test_ctrl_c_ends_every_child(tmp_path):
    source = tmp_path / "n.ipynb"
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(120)
        nbformat.write(java_notebook(f'new java.net.Socket("127.0.0.1", {server.getsockname()[1]}).close(); Thread.currentThread().join();'), source)
        code = (f"import sys; sys.path.insert(0, {str(ROOT / 'src' / 'launcher')!r}); import signal\n"
                "from course import LAUNCHER, children, commands, setup; signal.signal(signal.SIGINT, commands.stop)\n"
                "children.call([setup.venv_python(), LAUNCHER / 'notebooks.py', *sys.argv[1:]])")
        process = subprocess.Popen([sys.executable, "-c", code, source, tmp_path / "out.ipynb"],
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        server.accept()[0].close()  # the cell runs
    family = children.descendants(process.pid)
    assert len(family) >= 2
    process.send_signal(signal.SIGINT)
    assert process.wait(20) != 0
    assert gone(family)


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
    while line := killed.stdout.readline():
        if line.startswith("Python packages"):
            break
    assert line, "it ended before there was anything to kill"
    killed.kill()
    killed.wait()
    both = [start(), start()]
    said = [process.communicate(timeout=600)[0] for process in both]
    assert [process.returncode for process in both] == [0, 0], said
    assert any("waiting for it" in text for text in said), said
    source = copy / "notebooks" / "tiny.ipynb"
    nbformat.write(java_notebook("import siamese.data.RunSize;\nRunSize.QUICK.epochs(1)"), source)
    run = lambda: subprocess.Popen([sys.executable, copy / "course.py", "run", "tiny"], stdout=subprocess.PIPE,  # noqa: E731
                                   stderr=subprocess.STDOUT, text=True, encoding="utf-8", env=env)
    chance = random.Random(1)
    for moment in [None, *(chance.uniform(0, 8) for _ in range(50 if os.environ.get("SIAMESE_LONG") else 2))]:
        if moment is not None:  # kill -9, as a machine that has no memory left does
            killed = run()
            time.sleep(moment)
            family = children.descendants(killed.pid)
            killed.kill()
            killed.communicate(timeout=60)  # whoever still holds its output has ended
            assert gone(family), f"killed after {moment:.1f} s"
        both = [run(), run()] if moment is None else [run()]
        for process in both:
            said = process.communicate(timeout=300)[0]
            assert process.returncode == 0, said
            assert str(copy / "target" / "notebooks" / "tiny.html") in said
        assert nbformat.read(copy / "target" / "notebooks" / "tiny.ipynb", as_version=4).cells[1].execution_count == 1


def test_lab_is_killed_and_starts_again(tmp_path):
    """kill -9 at some moments of its start and once with a running kernel: nothing goes on, and the next one has the port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    start = lambda: subprocess.Popen([sys.executable, ROOT / "course.py", "lab", "--no-browser", "--folder", tmp_path,  # noqa: E731
                                      "--port", str(port)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, encoding="utf-8")

    def kill(lab, when):
        family = children.descendants(lab.pid)
        lab.kill()
        lab.communicate(timeout=60)  # whoever still holds its output has ended
        assert gone(family), f"killed {when}"
        return family

    chance = random.Random(1)
    for moment in (chance.uniform(0, 8) for _ in range(50 if os.environ.get("SIAMESE_LONG") else 2)):
        starting = start()
        time.sleep(moment)
        kill(starting, f"after {moment:.1f} s")
    for _ in range(2):
        lab = start()
        token = next(found for line in lab.stdout if (found := re.search(rf"127\.0\.0\.1:{port}/\S+token=(\w+)", line)))[1]
        ask = urllib.request.Request(f"http://127.0.0.1:{port}/api/kernels", b'{"name": "java"}', {"Authorization": f"token {token}"})

        def answered():
            try:
                return urllib.request.urlopen(ask, timeout=60).status == 201
            except OSError:  # it said its address a moment before it listens
                return False

        wait_until(answered, 60)
        assert len(kill(lab, "with a running kernel")) >= 2


# What the set-up needs of the project, without the notebooks.
SET_UP_FILES = ["course.py", "pom.xml", "mvnw", ".mvn", "binder", "src/main", "src/launcher"]
NO_PACKAGES = "setup.python_packages = lambda *a: None"


def small_copy(folder):
    for name in SET_UP_FILES:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        copy(ROOT / name, folder / name)
    return folder


@pytest.fixture
def small_disk(tmp_path):
    """Makes a folder on a disk of its own, of the size in MB that it is called with (again to change the size)."""
    folder = tmp_path / "disk"
    mounted = []

    def make(size):
        folder.mkdir(exist_ok=True)
        command = ["mount", "-t", "tmpfs", "-o", ("remount," if mounted else "") + f"size={size}m", "tmpfs", folder]
        if not hasattr(os, "geteuid") or os.geteuid() or not shutil.which("mount") or subprocess.run(command, capture_output=True).returncode:
            pytest.skip("a small disk can be mounted by root only, and not in every container")
        mounted.append(folder)
        return folder

    yield make
    if mounted:
        subprocess.run(["umount", "--lazy", folder])


class TestFullDisk:
    words = ["cannot write", "No space left on device", "2 GB free"]

    def test_while_the_environment_is_made(self, small_disk):
        copy = small_copy(small_disk(8))
        says(launcher("setup", root=copy), *self.words)
        assert not (copy / ".venv" / "complete").exists()

    def test_while_pip_installs(self, small_disk):
        folder = small_disk(2)
        says(launcher("setup", before=f"""
def fetch(*a, **k):
    children.LOGS = setup.LOGS = pathlib.Path({str(folder.parent)!r})
    setup.python_packages(ROOT / 'src/launcher/jjava.txt', pathlib.Path({str(folder)!r}) / 'complete', 'JJava',
                           '--no-deps', '--prefix', {str(folder)!r})
setup.library = fetch"""), *self.words)
        assert not (folder / "complete").exists()

    def test_while_maven_builds_and_after_making_room(self, small_disk):
        copy = small_copy(small_disk(90))
        says(launcher("setup", root=copy, before=NO_PACKAGES), *self.words)
        small_disk(1000)
        done = launcher("setup", root=copy, before=NO_PACKAGES)
        assert done.returncode == 0, done.stdout + done.stderr
        names = lambda folder: sorted((p.name, p.stat().st_size) for p in (folder / "target" / "lib").iterdir())  # noqa: E731
        assert names(copy) == names(ROOT)


@POSIX
def test_folder_that_may_not_be_written():
    folder = Path(tempfile.mkdtemp())  # not below tmp_path, which other users may not enter
    try:
        folder.chmod(0o755)
        small_copy(folder)
        other = {"user": 65534, "group": 65534, "extra_groups": []} if os.geteuid() == 0 else {}
        if not other:
            folder.chmod(0o555)
        try:
            subprocess.run([python := Path(sys.executable).resolve(), "-c", "0"], **other, check=True)
        except PermissionError:  # root's own
            python = "/usr/bin/python3"
        done = subprocess.run([python, folder / "course.py", "setup"], capture_output=True, text=True, cwd="/",
                              env=dict(os.environ, SIAMESE_INSTALL="no", PYTHONDONTWRITEBYTECODE="1"), **other)
        says(done, "cannot write", str(folder), "Permission denied", "a folder that you may write to")
        assert not (folder / ".venv").exists() and not (folder / "target").exists()
    finally:
        folder.chmod(0o755)
        shutil.rmtree(folder)


@POSIX
class TestWithoutMaven:
    TOOLS = ("sh env uname curl wget unzip tar gzip mktemp mkdir dirname basename sha256sum shasum rm mv cp ln cat sed grep cut tr head "
             "awk find ls chmod sleep ps expr").split()

    @pytest.fixture(autouse=True)
    def no_maven(self, tmp_path, monkeypatch):
        java = machine.find_java()
        (tmp_path / "bin").mkdir()
        for tool in self.TOOLS:
            if shutil.which(tool):
                (tmp_path / "bin" / tool).symlink_to(shutil.which(tool))
        monkeypatch.setenv("PATH", str(tmp_path / "bin"))
        monkeypatch.setenv("JAVA_HOME", str(java.parents[1]))
        monkeypatch.setenv("MAVEN_USER_HOME", str(tmp_path / "m2"))

    def test_wrapper_fetches_the_pinned_one(self):
        done = subprocess.run([str(word) for word in setup.maven()] + ["-version"], capture_output=True, text=True, cwd=ROOT)
        if "Failed to fetch" in done.stderr:
            pytest.skip("Maven Central cannot be reached: " + done.stderr.strip().splitlines()[-1])
        wanted = re.search(r"apache-maven-([\d.]+)-bin", (ROOT / ".mvn/wrapper/maven-wrapper.properties").read_text())[1]
        assert f"Apache Maven {wanted}" in re.sub(r"\x1b\[\d*m", "", done.stdout), done.stdout + done.stderr

    def test_nor_network(self, tmp_path, monkeypatch):
        monkeypatch.setenv("MVNW_REPOURL", "http://127.0.0.1:9")
        copy = small_copy(tmp_path / "copy")
        says(launcher("setup", root=copy, before=NO_PACKAGES), "Maven could not build the library", "maven.log")


@POSIX
class TestNativeLibrariesThatCannotLoad:
    """One sentence says why, and what to set; nothing of it is kept for a later run."""

    def refused(self, monkeypatch, place):
        monkeypatch.setenv("SIAMESE_HOME", str(place))
        with pytest.raises(course.Problem) as problem:
            setup.onednn_warning(machine.find_java())
        assert "SIAMESE_HOME" in str(problem.value) and "33 more" not in str(problem.value)
        return str(problem.value)

    def test_a_full_disk(self, small_disk, monkeypatch):
        assert "is full" in self.refused(monkeypatch, small_disk(20))

    def test_a_disk_from_which_no_program_may_run(self, small_disk, monkeypatch):
        folder = small_disk(1500)
        if subprocess.run(["mount", "-o", "remount,noexec", folder], capture_output=True).returncode:
            pytest.skip("this disk cannot be mounted noexec")
        assert "noexec" in self.refused(monkeypatch, folder)

    def test_they_are_loaded_again_where_they_were_not_yet(self, small_disk, tmp_path, monkeypatch):
        copy, java = tmp_path / "target", machine.find_java()
        copy.mkdir()
        for path in (ROOT / "target").iterdir():
            if path.suffix != ".txt":
                (copy / path.name).symlink_to(path)
        monkeypatch.setattr(setup, "TARGET", copy)
        monkeypatch.setenv("SIAMESE_HOME", str(tmp_path / "good"))
        assert setup.natives(java, True) == ""
        with monkeypatch.context() as without:
            without.setattr(setup, "quiet", lambda *_: pytest.fail("nothing has changed, and Java was started"))
            assert setup.natives(java, False) == ""
        monkeypatch.setenv("SIAMESE_HOME", str(small_disk(20)))
        with pytest.raises(course.Problem, match="is full"):
            setup.natives(java, False)

    def test_a_good_place_is_used(self, tmp_path, monkeypatch):
        monkeypatch.setenv("SIAMESE_HOME", str(tmp_path))
        assert setup.onednn_warning(machine.find_java()) == ""
        assert (tmp_path / "javacpp").is_dir()


@POSIX
class TestWhyMavenAndPipFail:
    """Each cause in a sentence of its own, of the real tools, which talk to this machine only."""

    def sentence(self, tmp_path, tool, **env):
        env = {name: "" for name in ("PIP_FIND_LINKS", "PIP_CERT", "no_proxy", "NO_PROXY")} | {"PIP_RETRIES": "1", "PIP_CONFIG_FILE": os.devnull,
               "MAVEN_ARGS": f"-Dmaven.repo.local={tmp_path / 'repository'}", "PIP_NO_CACHE_DIR": "1"} | env
        if tool == "maven":
            copy = small_copy(tmp_path / "copy")
            settings = copy / "settings.xml"
            settings.write_text("<settings/>")
            before = (NO_PACKAGES + "\nold = setup.maven\nsetup.maven = lambda: [*old(), '-s', ROOT / 'settings.xml', '-gs', ROOT / 'settings.xml', "
                      f"'-Dmaven.repo.local={tmp_path / 'repository'}'" + (", '-o'" if env.get("OFFLINE") else "") + "]")
            done = launcher("setup", root=copy, before=before, **env)
        else:
            copy = small_copy(tmp_path / "copy")
            (copy / "binder/requirements.txt").write_text("nothing-of-this-name==1.0 --hash=sha256:" + "0" * 64 + "\n")
            done = launcher("setup", root=copy, **env)
        says(done, tool.replace("m", "M"), f"{tool}.log")
        return done.stderr

    @pytest.mark.parametrize("tool", ["maven", "pip"])
    def test_a_proxy_that_refuses(self, tmp_path, tool):
        dead = "http://127.0.0.1:9"
        assert re.search("HTTPS_PROXY", self.sentence(tmp_path, tool, HTTPS_PROXY=dead, HTTP_PROXY=dead, https_proxy=dead, http_proxy=dead))

    @pytest.mark.parametrize("tool", ["maven", "pip"])
    @pytest.mark.parametrize("status, words", [(407, "wants a user and a password"), (502, "refuses|answers 502")])
    def test_what_a_proxy_answers(self, tmp_path, tool, status, words):
        with answering(status) as address:
            assert re.search(words, self.sentence(tmp_path, tool, HTTPS_PROXY=address, https_proxy=address))

    @pytest.mark.parametrize("tool", ["maven", "pip"])
    def test_a_proxy_that_opens_tls_with_its_own_certificate(self, tmp_path, tool, own_certificate):
        with answering(200, own_certificate) as address:
            assert "a certificate is not trusted" in self.sentence(tmp_path, tool, HTTPS_PROXY=address, https_proxy=address)

    def test_a_proxys_password_is_sent_and_never_shown(self, tmp_path):
        asked = []
        with answering(407, asked=asked) as address:
            address = address.replace("//", "//user:s%40cret@")
            said = self.sentence(tmp_path, "maven", HTTPS_PROXY=address, https_proxy=address)
        login = "Basic " + base64.b64encode(b"user:s@cret").decode()
        assert login in {sent for _, sent in asked}
        assert "cret" not in said + (tmp_path / "copy/target/proxy.xml").read_text() + (tmp_path / "copy/target/logs/maven.log").read_text()

    def test_offline(self, tmp_path):
        assert "work offline" in self.sentence(tmp_path, "maven", OFFLINE="1")

    def test_a_name_that_cannot_be_looked_up(self):
        assert "cannot be looked up" in setup.why(["[ERROR] x: Could not transfer: repo.maven.apache.org: Name or service not known -> [Help 1]"])
        assert "cannot be looked up" in setup.why(["WARNING: Retrying after NameResolutionError(\"Failed to resolve: [Errno -3] Temporary failure in name resolution\")"])

    def test_what_does_not_compile_is_named(self, tmp_path):
        copy = small_copy(tmp_path / "copy")
        (copy / "src/main/java/siamese/Wrong.java").write_text("package siamese;\nclass Wrong { int x = y; }\n")
        done = launcher("setup", root=copy, before=NO_PACKAGES)
        says(done, "src/main/java/siamese/Wrong.java, line 2: cannot find symbol", "maven.log")

    def test_another_reason_is_said_as_maven_says_it(self):
        assert setup.why(["[INFO] a", "[ERROR] Failed to execute goal x: the reason -> [Help 1]", "[ERROR] ", "[ERROR] Re-run Maven using -X"]) \
            == "Failed to execute goal x: the reason"


@pytest.fixture(scope="session")
def own_certificate(tmp_path_factory):
    """A key and a certificate that nobody knows, as one file."""
    folder = tmp_path_factory.mktemp("certificate")
    if not shutil.which("openssl") or subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=proxy",
            "-keyout", folder / "key", "-out", folder / "pem"], capture_output=True).returncode:
        pytest.skip("openssl is missing")
    (folder / "both").write_text((folder / "key").read_text() + (folder / "pem").read_text())
    return folder / "both"


@contextmanager
def answering(status, certificate=None, asked=None):
    """The address of a proxy that answers each CONNECT with this status, and after 200 opens TLS with the certificate;
    `asked` gets the address and the login of each."""
    class Proxy(http.server.BaseHTTPRequestHandler):
        def do_CONNECT(self):
            if asked is not None:
                asked.append((self.path, self.headers.get("Proxy-Authorization")))
            self.send_response(status)
            if status == 407:
                self.send_header("Proxy-Authenticate", "Basic realm=proxy")
            self.send_header("Content-Length", "0")
            self.end_headers()
            self.close_connection = True
            if status == 200:
                context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                context.load_cert_chain(certificate)
                try:
                    context.wrap_socket(self.connection, server_side=True)
                except OSError:  # the client does not trust it
                    pass

        do_GET = do_CONNECT

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Proxy)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()


class TestProxy:
    ADDRESSES = {"https_proxy": "http://me:secret@proxy.example:3128", "http_proxy": "proxy.example", "no_proxy": "intern:80,.example.org"}

    def test_maven_is_told_what_the_environment_says(self, monkeypatch):
        for name in ("http_proxy", "https_proxy", "no_proxy", "all_proxy"):
            monkeypatch.delenv(name, raising=False)
            monkeypatch.delenv(name.upper(), raising=False)
        assert machine.proxy_flags() == [] and len(setup.maven()) <= 2
        for name, value in self.ADDRESSES.items():
            monkeypatch.setenv(name, value)
        assert machine.proxy_flags() == [
            "-Dhttp.proxyHost=proxy.example", "-Dhttp.proxyPort=80", "-Dhttps.proxyHost=proxy.example", "-Dhttps.proxyPort=3128",
            "-Dhttp.nonProxyHosts=localhost|127.*|[::1]|intern|*.intern|example.org|*.example.org"]
        assert "secret" not in str(setup.maven())
        for name in ("http_proxy", "https_proxy", "no_proxy"):
            monkeypatch.delenv(name)
        monkeypatch.setenv("ALL_PROXY", "socks5h://proxy.example")
        assert set(machine.proxy_flags()) == {"-DsocksProxyHost=proxy.example", "-DsocksProxyPort=1080"}

    @pytest.mark.parametrize("nonsense", ["http://me:secret@proxy.example:port", "http://", "http://me:secret@/"])
    def test_nonsense_is_named_but_no_password_shown(self, monkeypatch, nonsense):
        monkeypatch.setenv("https_proxy", nonsense)
        with pytest.raises(course.Problem, match="HTTPS_PROXY is no address of a proxy; set it to something like") as problem:
            setup.maven()
        assert "secret" not in str(problem.value)

    def test_mnist_in_the_kernel_and_maven_come_through_it(self, tmp_path, monkeypatch):
        asked = []
        with answering(502, asked=asked) as proxy:
            for name in ("http_proxy", "https_proxy"):
                monkeypatch.setenv(name, proxy)
            monkeypatch.setenv("no_proxy", "")
            java = machine.find_java()
            env = {**os.environ, "SIAMESE_CACHE": str(tmp_path), "SIAMESE_DATA": ""}
            setup.kernel_spec(java, tmp_path, setup.MEMORY)
            kernel = json.loads((tmp_path / "share/jupyter/kernels/java/kernel.json").read_text(encoding="utf-8"))["argv"]
            done = subprocess.run([*kernel[:kernel.index("--add-opens")], "-cp", setup.class_path(), "siamese.data.Mnist"],
                                  capture_output=True, text=True, encoding="utf-8", env=env)
            addresses = {address for address, _ in asked}
            assert len(addresses) == 2 and all(address.endswith(":443") for address in addresses), asked
            assert "MNIST could not be had" in done.stdout and "Ready: stand-in digits" in done.stdout, done.stdout + done.stderr
            asked.clear()
            subprocess.run([*setup.maven(), "-B", f"-Dmaven.repo.local={tmp_path / 'repository'}", "dependency:resolve"], cwd=ROOT,
                           capture_output=True, env={**os.environ, "JAVA_HOME": str(java.parents[1])})
            assert asked

    def test_the_kernel_sends_the_proxys_password_and_never_shows_it(self, tmp_path, monkeypatch):
        asked = []
        with answering(407, asked=asked) as proxy:
            monkeypatch.setenv("https_proxy", proxy.replace("//", "//user:s%40cret@"))
            monkeypatch.setenv("no_proxy", "")
            setup.kernel_spec(machine.find_java(), tmp_path, setup.MEMORY)
            spec = (tmp_path / "share/jupyter/kernels/java/kernel.json").read_text(encoding="utf-8")
            kernel = json.loads(spec)["argv"]
            done = subprocess.run([*kernel[:kernel.index("--add-opens")], "-cp", setup.class_path(), "siamese.data.Mnist"], capture_output=True, text=True,
                                  encoding="utf-8", env={**children.environment(), "SIAMESE_CACHE": str(tmp_path), "SIAMESE_DATA": ""})
        assert "Basic " + base64.b64encode(b"user:s@cret").decode() in {sent for _, sent in asked}
        assert "cret" not in spec + done.stdout + done.stderr

@POSIX
def test_ctrl_c_while_setting_up_ends_every_child(tmp_path):
    copy = small_copy(tmp_path / "copy")
    process = subprocess.Popen([sys.executable, copy / "course.py", "setup"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                               env=dict(os.environ, SIAMESE_INSTALL="no"))
    assert process.stdout.readline().startswith("Python packages into")
    family = wait_until(lambda: children.descendants(process.pid), 60)
    process.send_signal(signal.SIGINT)
    said, _ = process.communicate(timeout=60)
    assert process.returncode == 130 and "Stopped." in said and "Traceback" not in said, said
    assert gone(family)


def gone(family):
    """Whether these processes end; waits for them, 15 seconds at most."""
    processes = []
    for pid in family:
        try:
            processes.append(psutil.Process(pid))
        except psutil.NoSuchProcess:
            pass
    left = psutil.wait_procs(processes, timeout=15)[1]
    return not [process for process in left if process.is_running() and process.status() != psutil.STATUS_ZOMBIE]


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


def test_openblas_is_told_which_code_suits_the_processor(monkeypatch):
    line = "flags\t\t: fpu sse4_2 {}\nbugs\t\t: spectre\n"
    assert children.blas_kernels(line.format("avx2 fma avx512f")) == "HASWELL"
    assert children.blas_kernels(line.format("avx")) == children.blas_kernels("") == children.blas_kernels("Features\t: fp asimd\n") == ""
    monkeypatch.setenv("OPENBLAS_CORETYPE", "ZEN")
    assert children.environment()["OPENBLAS_CORETYPE"] == "ZEN"  # the user's word counts


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc/cpuinfo")
def test_binder_says_the_same_of_openblas(monkeypatch):
    monkeypatch.delenv("OPENBLAS_CORETYPE", raising=False)
    told = subprocess.run(["bash", ROOT / "binder" / "start", "printenv", "OPENBLAS_CORETYPE"], capture_output=True, text=True)
    assert told.stdout.strip() == children.environment().get("OPENBLAS_CORETYPE", "")
