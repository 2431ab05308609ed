"""What the benchmark needs: MNIST, the peers' Python packages, the Java side; and how its programs are started."""
from __future__ import annotations

import json
import os
import platform
from pathlib import Path

from course import ROOT, TARGET, Problem, read
from course.builds import build, python_packages, venv_python
from course.children import environment, quiet
from course.kernels import JVM_FLAGS, MEMORY, set_up
from course.kernels import class_path as library_class_path
from course.steps import Lock
from figures import OURS
from programs import Program

HERE = ROOT / "src" / "bench"
PLACE = TARGET / "bench"
VENV_BENCH = ROOT / ".venv-bench"  # TensorFlow and PyTorch are for the benchmark alone
JAVA_VARIANTS = ("two inputs", "embed once", "all pairs")
NO_MNIST = ("the benchmark compares on real MNIST, which is not here; "
            "put its four original .gz files into a folder mnist and set SIAMESE_DATA to the folder above it.")


def mnist() -> Path:
    """The folder with MNIST's four files, in the two places where the library looks before it downloads them."""
    env = environment()
    for folder in (env.get("SIAMESE_DATA"), env["SIAMESE_CACHE"]):
        if folder and all((Path(folder) / "mnist" / f"{part}-{kind}-ubyte.gz").exists()
                          for part in ("train", "t10k") for kind in ("images-idx3", "labels-idx1")):
            return Path(folder) / "mnist"
    raise Problem(NO_MNIST)


def prepare(peers: list[str]) -> Path:
    """Fetches and builds what is missing; returns the java command."""
    java = set_up()
    try:
        with Lock():
            if "keras" in peers or "torch" in peers:
                python_packages(HERE / "requirements.txt", VENV_BENCH / "complete",
                                "TensorFlow into .venv-bench (about 350 MB)", venv=VENV_BENCH)
            if "torch" in peers:
                python_packages(HERE / "torch.txt", VENV_BENCH / "complete-torch", "PyTorch into .venv-bench (on Linux "
                                "about 2.5 GB, as it comes with CUDA; --peers keras leaves it out)", venv=VENV_BENCH)
            build(java, "Building the benchmark with Maven", "the benchmark", PLACE,
                  [ROOT / "src" / "main", HERE / "java"], "-P", "bench", "test-compile")
    except OSError as problem:
        raise Problem(f"cannot write {problem.filename or ROOT} ({problem.strerror}); "
                      "the benchmark needs a folder that you may write to, with 10 GB free.")
    return java


def machine(threads: int, versions: str) -> dict:
    names = [line.split(":", 1)[1].strip() for line in read(Path("/proc/cpuinfo")).splitlines()
             if line.startswith("model name")]
    try:
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2 ** 30
    except (AttributeError, ValueError):
        memory = 0
    name = names[0] if names else platform.processor() or platform.machine()
    return {"processor": f"{os.cpu_count()} cores of {name}", "memory": memory, "threads": threads,
            "system": f"{platform.system()} {platform.machine()}", "versions": versions}


def class_path() -> str:
    return os.pathsep.join([str(PLACE / "classes"), library_class_path(), str(PLACE / "lib" / "*")])


def peers(options, java: Path) -> tuple[dict[str, Program], str]:
    """The programs that can be started, by name, and the versions of the peers."""
    python = venv_python(VENV_BENCH)
    found = {}
    if "keras" in options.peers:
        found["Keras"] = Program("Keras", [python, HERE / "keras_peer.py"])
    if "torch" in options.peers:
        found["PyTorch"] = Program("PyTorch", [python, HERE / "torch_peer.py"])
    command = [java, *JVM_FLAGS, *MEMORY, "-cp", class_path(), "siamese.bench.Bench"]
    for variant in (*JAVA_VARIANTS, OURS):
        recipe = options.best_recipe if variant == OURS else options.recipe
        found[variant] = Program(variant, command, {"variant": variant, "recipe": recipe}, as_json=False)
    versions = dict.fromkeys(("tensorflow-cpu", "tensorflow", "keras", "torch", "numpy"))
    if python.exists():
        told = quiet([python, "-m", "pip", "list", "--format=json"]).stdout
        versions.update((p["name"].lower().replace("_", "-"), p["version"]) for p in json.loads(told or "[]"))
    return found, ", ".join(["Deeplearning4j 1.0.0-M2.1", *(f"{name} {versions[name]}" for name in
                             ("tensorflow-cpu", "tensorflow", "keras", "torch", "numpy") if versions[name])])
