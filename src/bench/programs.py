"""The programs that are compared: what they need, how each is run by itself, and how busy the machine was meanwhile."""
import json
import os
import platform
import subprocess
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

from course import ROOT, TARGET, Problem, read, setup
from course.children import Lock, end, environment, quiet, start
from course.setup import JVM_FLAGS, MEMORY, build, python_packages, set_up, venv_python

HERE = ROOT / "src" / "bench"
PLACE = TARGET / "bench"
VENV_BENCH = ROOT / ".venv-bench"  # TensorFlow and PyTorch are for the benchmark alone
VENV_FAISS = ROOT / ".venv-faiss"  # and FAISS for its part neighbours
JAVA_VARIANTS = ("two inputs", "embed once", "all pairs")
NO_MNIST = ("the benchmark compares on real MNIST, which is not here; "
            "put its four original .gz files into a folder mnist and set SIAMESE_DATA to the folder above it.")
DISTURBED = 0.05  # share of the machine that others may take before a process counts as disturbed
OURS = "supervised contrastive"  # the course's recommendation; a step of it costs what one of all pairs does


@dataclass
class Program:
    """How to start one of the programs, and what its tasks want on top."""
    name: str
    command: list
    extra: dict = field(default_factory=dict)
    as_json: bool = True

    def argv(self, values: dict) -> list[str]:
        values = {**values, **self.extra}
        if self.as_json:
            return [*map(str, self.command), json.dumps(values)]
        flat = {k: ",".join(map(str, v)) if isinstance(v, list) else v for k, v in values.items()}
        return [*map(str, self.command), *(f"{k}={v}" for k, v in flat.items())]


def busy() -> tuple[float, float] | None:
    """Seconds that all processors were busy so far, and all processors' seconds; None where the system does not say."""
    try:
        ticks = [int(word) for word in Path("/proc/stat").read_text().split("\n")[0].split()[1:9]]
    except OSError:
        return None
    idle = ticks[3] + ticks[4]
    return (sum(ticks) - idle) / os.sysconf("SC_CLK_TCK"), sum(ticks) / os.sysconf("SC_CLK_TCK")


def run_once(program: Program, values: dict, threads: int, patience: float = 3600) -> dict:
    """Runs a program on a task in a process of its own; what it told last, with the seconds from its start to its first
    result and the share of the machine that others took meanwhile."""
    env = environment()
    env.pop("SIAMESE_QUICK", None)
    if program.as_json:  # it is set for ND4J; NumPy's own OpenBLAS knows more processors
        env.pop("OPENBLAS_CORETYPE", None)
    env["OMP_NUM_THREADS"] = str(threads)
    # OMP_WAIT_POLICY is passive for all of them: PyTorch, too, is several times slower without it on a machine that is not idle.
    before, own = busy(), os.times()
    began = time.monotonic()
    child = start(program.argv(values), env, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    errors: list[str] = []
    reader = threading.Thread(target=lambda: errors.extend(child.stderr), daemon=True)
    reader.start()
    late = threading.Timer(patience, end, [child])
    late.start()
    first, told = None, {}
    try:
        for line in child.stdout:
            if not line.startswith("{"):
                continue
            said = json.loads(line)
            if said == {"first": True}:
                first = first or time.monotonic() - began
            else:
                told = said
        status = child.wait()
    except BaseException:
        end(child)
        raise
    finally:
        late.cancel()
    reader.join(5)
    if status or not told:
        said = [line.strip() for line in errors if line.strip()]
        raise Problem(f"{program.name} failed in the task {values.get('task', '?')} with status {status} "
                             f"({said[-1][:300] if said else 'it said nothing'}); nothing of this part was written.")
    after, own_after = busy(), os.times()
    others = None
    if before and after and after[1] > before[1]:
        mine = (own_after.children_user + own_after.children_system + own_after.user + own_after.system
                - own.children_user - own.children_system - own.user - own.system)
        others = round(max(0.0, (after[0] - before[0] - mine) / (after[1] - before[1])), 3)
    return {"program": program.name, "first": first and round(first, 2), **told, "others": others}


def alternate(programs: list[Program], values, rounds: int, threads: int, say=print) -> list[dict]:
    """All programs in turn, round after round, each round in another order; values(program, round) says what they do."""
    runs = []
    for number in range(1, rounds + 1):
        shift = (number - 1) % len(programs)
        for program in programs[shift:] + programs[:shift]:
            wanted = values(program, number)
            run = {"round": number, **run_once(program, wanted, threads)}
            runs.append(run)
            say(f"  round {number}, {program.name}: {brief(run)}")
    return runs


def brief(run: dict) -> str:
    """A run in one line, for who watches."""
    words = []
    if "pairsPerSecond" in run:
        words.append(f"{run['pairsPerSecond']:,.0f} pairs/s")
    if "imagesPerSecond" in run:
        words.append(f"{run['imagesPerSecond']:,.0f} images/s embedded")
    words += dict.fromkeys(f"{s['epochs']} epochs in {s['seconds']:.0f} s" for s in run.get("schedules", []))
    words += [f"{run[k]:.1f} {u}" for k, u in (("gflops", "GFLOP/s"), ("seconds", "s")) if k in run]
    if run.get("others") is not None and run["others"] > DISTURBED:
        words.append(f"disturbed, others took {run['others']:.0%}")
    return ", ".join(words) or "done"


def mnist() -> Path:
    """The folder with MNIST's four files, in the two places where the library looks before it downloads them."""
    env = environment()
    for folder in (env.get("SIAMESE_DATA"), env["SIAMESE_CACHE"]):
        if folder and all((Path(folder) / "mnist" / f"{part}-{kind}-ubyte.gz").exists()
                          for part in ("train", "t10k") for kind in ("images-idx3", "labels-idx1")):
            return Path(folder) / "mnist"
    raise Problem(NO_MNIST)


def prepare(peers: list[str], faiss: bool = False) -> Path:
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
            if faiss:
                python_packages(HERE / "neighbours.txt", VENV_FAISS / "complete", "FAISS into .venv-faiss (about 120 MB)",
                                venv=VENV_FAISS)
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
    return os.pathsep.join([str(PLACE / "classes"), setup.class_path(), str(PLACE / "lib" / "*")])


def peers(options, java: Path) -> tuple[dict[str, Program], str]:
    """The programs that can be started, by name, and the versions of the peers."""
    python = venv_python(VENV_BENCH)
    found = {}
    if "keras" in options.peers:
        found["Keras"] = Program("Keras", [python, HERE / "keras_peer.py"])
    if "torch" in options.peers:
        found["PyTorch"] = Program("PyTorch", [python, HERE / "torch_peer.py"])
    for peer in list(found):
        name = f"{peer}, all pairs"
        found[name] = Program(name, found[peer].command, {"recipe": options.recipe})
    command = [java, *JVM_FLAGS, *MEMORY, "-cp", class_path(), "siamese.bench.Bench"]
    for variant in (*JAVA_VARIANTS, OURS):
        recipe = options.best_recipe if variant == OURS else options.recipe
        found[variant] = Program(variant, command, {"variant": variant, "recipe": recipe}, as_json=False)
    told = quiet([python, "-m", "pip", "list", "--format=json"]).stdout if python.exists() else ""
    versions = {p["name"].lower().replace("_", "-"): p["version"] for p in json.loads(told or "[]")}
    return found, ", ".join(["Deeplearning4j 1.0.0-M2.1", *(f"{name} {versions[name]}" for name in
                             ("tensorflow-cpu", "tensorflow", "keras", "torch", "numpy") if name in versions)])
