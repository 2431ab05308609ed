"""Child processes: what they see, how they are started, and how they end with all that they have started themselves;
and the steps of the set-up, each of which runs some, says how far it is, and is taken by one launcher at a time."""
import ctypes
import errno
import locale
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import unquote
from urllib.request import getproxies

from course import JJAVA, LOGS, ROOT, SPARK, VENV, WINDOWS, Problem, read

LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None  # here, since a child before its exec must not load anything


def proxy_login() -> dict[str, str]:
    """The user and the password that the proxy's address holds, in variables that Java and Maven's settings read: on a
    command line others could see them. Empty without a password."""
    proxies = getproxies()
    for scheme in ("https", "http", "all"):
        address = proxies.get(scheme, "")
        user, found, _ = address.rpartition("@")
        if found:
            user, _, password = user.rpartition("//")[2].partition(":")
            return {"SIAMESE_PROXY_USER": unquote(user), "SIAMESE_PROXY_PASSWORD": unquote(password)}
    return {}


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
    env.update(proxy_login())
    env["SIAMESE_CACHE"] = str(Path(env.get("SIAMESE_CACHE") or ROOT / "data").expanduser().resolve())
    # ND4J's threads sleep while they wait for each other. Spinning instead, their default, makes training several
    # times slower where another program wants a core too.
    env.setdefault("OMP_WAIT_POLICY", "passive")
    kernels = blas_kernels(read(Path("/proc/cpuinfo")))
    if kernels:
        env.setdefault("OPENBLAS_CORETYPE", kernels)
    return env


def blas_kernels(cpuinfo: str) -> str:
    """Which of OpenBLAS' code ND4J shall use on this processor; '' where OpenBLAS is left to choose.

    On processors newer than itself OpenBLAS chooses code for very old ones, and its products of matrices take several
    times as long. Its code for AVX-512 (SKYLAKEX) would be the fastest, but computes wrong eigenvectors.
    binder/start says the same for Binder, whose sessions may run on another machine than the one that built the image.
    """
    flags = re.search(r"^flags\s*:(.*)$", cpuinfo, re.M)
    return "HASWELL" if flags and {"avx2", "fma"} <= set(flags[1].split()) else ""


def start(argv: list, env: dict | None = None, **popen) -> subprocess.Popen:
    """Starts a command in the project's folder, as the head of a family of processes that end() can end."""
    group = {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP} if WINDOWS else {"start_new_session": True}
    if LIBC:
        group["preexec_fn"] = follow
    return subprocess.Popen([str(a) for a in argv], cwd=ROOT, env=env or environment(), stdin=subprocess.DEVNULL,
                            encoding="utf-8", errors="replace", **group, **popen)


def follow() -> None:
    """Has Linux ask this process to end when the thread that started it has ended, by kill -9, too (PR_SET_PDEATHSIG)."""
    LIBC.prctl(1, signal.SIGTERM)


def call(argv: list, line=None, env: dict | None = None) -> int:
    """Runs a command and returns its exit status; line gets each line it prints. Ctrl-C ends it and its children."""
    child = start(argv, env, close_fds=False, stdout=subprocess.PIPE if line else None,
                  stderr=subprocess.STDOUT if line else None)
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


class Step:
    """One step of the set-up: says what is done, how far it is, and how long it took."""

    def __init__(self, title: str):
        self.title, self.began, self.shown = title, time.monotonic(), time.monotonic()
        self.terminal = sys.stdout.isatty()
        self.say(f"{title} …" + ("" if self.terminal else "\n"))

    def say(self, text: str) -> None:
        start = "\r\x1b[K" if self.terminal else ""
        width = shutil.get_terminal_size().columns - 1 if self.terminal else 200
        print(start + text[:width], end="", flush=True)

    def progress(self, text: str) -> None:
        if time.monotonic() - self.shown > (0.2 if self.terminal else 15):
            self.shown = time.monotonic()
            self.say(f"{self.title} … {text}" + ("" if self.terminal else "\n"))

    def run(self, log: str, argv: list, env: dict, folder, shown=lambda text: "") -> list[str]:
        """Runs a command that writes into the folder, with its output in target/logs/LOG.log; shown turns a line into
        what the step shows. Returns [] if all went well, else what the command said, which is something. If what it
        lacked is room on the disk, raises what this process would have met."""
        LOGS.mkdir(parents=True, exist_ok=True)
        lines: list[str] = []
        with open(LOGS / f"{log}.log", "w", encoding="utf-8") as file:
            def line(text: str) -> None:
                file.write(text + "\n")
                lines.append(text)
                news = shown(text)
                if news:
                    self.progress(news)
            status = call(argv, line, env)
        full = any(os.strerror(errno.ENOSPC) in text for text in lines) or shutil.disk_usage(ROOT).free < 50 << 20
        if status and full:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(folder))
        return (lines or ["it said nothing"]) if status else []

    def done(self) -> None:
        self.say(f"{self.title}: done ({time.monotonic() - self.began:.0f} s)\n")


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
