"""What the machine must have: a JDK, Python's venv module, and for some commands more; and its way to the network."""
import os
import re
import shutil
import sys
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import getproxies

from course import WINDOWS, Problem
from course.children import Step, call, quiet

JVMS = Path("/usr/lib/jvm")  # where Linux distributions put their JDKs
JAVA_NEEDED = 17


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
        raise Problem(f"apt-get install {package} failed ({said[-1] if said else 'no output'}); "
                      f"install {what} yourself.")
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
    known = quiet(["apt-cache", "pkgnames", "openjdk-"]).stdout.split() if shutil.which("apt-cache") else []
    return next((name for name in names if name in known), names[0])


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
    compiler = Path(home[1].strip()) / "bin" / ("javac.exe" if WINDOWS else "javac")
    if not compiler.exists() or "jdk.jshell" not in quiet([java, "--list-modules"]).stdout:
        return "", f"{java} is a Java {version[1]} without the compiler or JShell, which a full JDK has"
    return home[1].strip(), ""


def find_java() -> Path:
    """The java command of a JDK 17 or newer with JShell: JAVA_HOME's, else PATH's, else the
    system's, else one installed now."""
    name = "java.exe" if WINDOWS else "java"
    given = os.environ.get("JAVA_HOME")

    def search() -> Path | None:
        wrong.clear()
        known = [given and Path(given) / "bin" / name, shutil.which("java"), *sorted(JVMS.glob("*/bin/java"))]
        for java in filter(None, known):
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
    command = install_command(jdk_package(), "--cask temurin@21", "EclipseAdoptium.Temurin.21.JDK",
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
    command = install_command(package, "python@3.12", "Python.Python.3.12",
                              "your system's package for Python's venv module")
    raise Problem(f"Python's venv module is missing; install it with: {command}")


def chromium() -> str:
    """A Chromium for the browser tests, '' if there is none."""
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    found = next(filter(None, map(shutil.which, names)), "")
    if not found and may_install():
        try:
            apt_install("chromium", "Chromium for the browser tests")
        except Problem as problem:
            print(problem)
        found = shutil.which("chromium") or ""
    return found


def proxy_flags() -> list[str]:
    """Java's properties for the proxies that the environment (or the system) names; pip sees them by itself."""
    proxies, flags = getproxies(), []
    for scheme in ("http", "https"):
        name = scheme if proxies.get(scheme) else "all"
        address = proxies.get(name, "")
        try:
            parts = urlsplit(address if "//" in address else f"//{address}")
            if address and not parts.hostname:
                raise ValueError
            socks = parts.scheme.startswith("socks")
            port = parts.port or (1080 if socks else 443 if parts.scheme == "https" else 80)
        except ValueError:  # the address is not shown, as it may hold a password
            raise Problem(f"{name.upper()}_PROXY is no address of a proxy; "
                          "set it to something like http://proxy.example:3128, or unset it.")
        if parts.hostname:
            kind = "socksProxy" if socks else f"{scheme}.proxy"
            flags += [f"-D{kind}Host={parts.hostname}", f"-D{kind}Port={port}"]
    direct = [re.sub(r"^\*?\.|:\d+$", "", host) for host in re.split(r"[,\s]+", proxies.get("no", "")) if host]
    if flags and direct:
        flags.append("-Dhttp.nonProxyHosts=localhost|127.*|[::1]" + "".join(f"|{host}|*.{host}" for host in direct))
    return flags
