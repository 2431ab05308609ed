"""Measures this course's training against TensorFlow/Keras and PyTorch on the same machine, in one run.

    python3 course.py bench          (which sets everything up and then starts this)

Each program is run in a process of its own, the programs in turn, round after round, with the same data, the same pairs and
the same number of threads. How busy the machine was with other things during a process is noted beside what it measured;
times are taken from undisturbed processes where there are any. Results are kept in target/bench/results.json, part by part,
each written when it is complete, and shown in target/bench/results.md; those of a quick run in quick.json and quick.md.
"""
import csv
import io
import json
import math
import os
import platform
import statistics
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

import course  # noqa: E402

HERE = ROOT / "src" / "bench"
PLACE = course.TARGET / "bench"
PUBLISHED = course.NOTEBOOKS / "performance.csv"

PARTS = {"rate": "training and inference speed, memory, first result, GEMM peak",
         "jmh": "the small pieces, by JMH",
         "scaling": "time and memory against images, pairs, embedding size and threads",
         "footprint": "memory and start of the overview in quick mode",
         "quality": "time until the equal error rate is at most 0.008",
         "best": "the best that is reached in the time of ten epochs of Keras",
         "ten": "ten epochs of Keras, judged after each"}
NEEDED = ("rate", "jmh", "scaling", "footprint", "quality", "best")  # by the chapter
JAVA_VARIANTS = ("two inputs", "embed once", "all pairs")
OURS = "supervised contrastive"  # the course's recommendation; a step of it costs what one of all pairs does

ENOUGH = 0.008             # the equal error rate of goal 2
DISTURBED = 0.05           # share of the machine that others may take before a process counts as disturbed


# ---------------------------------------------------------------- running one program

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
    env = course.environment()
    env.pop("SIAMESE_QUICK", None)
    if program.as_json:  # course.py sets it for ND4J; NumPy's own OpenBLAS knows more processors
        env.pop("OPENBLAS_CORETYPE", None)
    env["OMP_NUM_THREADS"] = str(threads)
    # OMP_WAIT_POLICY is passive for all of them: PyTorch, too, is several times slower without it on a machine that is not idle.
    before, own = busy(), os.times()
    began = time.monotonic()
    group = {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP} if course.WINDOWS else {"start_new_session": True}
    child = subprocess.Popen(program.argv(values), cwd=ROOT, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                             stderr=subprocess.PIPE, encoding="utf-8", errors="replace", **group)
    errors: list[str] = []
    reader = threading.Thread(target=lambda: errors.extend(child.stderr), daemon=True)
    reader.start()
    late = threading.Timer(patience, course.end, [child])
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
        course.end(child)
        raise
    finally:
        late.cancel()
    reader.join(5)
    if status or not told:
        said = [line.strip() for line in errors if line.strip()]
        raise course.Problem(f"{program.name} failed in the task {values.get('task', '?')} with status {status} "
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
        words.append(f"{run['pairsPerSecond']:,.0f} pairs/s, {run['imagesPerSecond']:,.0f} images/s embedded")
    words += dict.fromkeys(f"{s['epochs']} epochs in {s['seconds']:.0f} s" for s in run.get("schedules", []))
    words += [f"{run[k]:.1f} {u}" for k, u in (("gflops", "GFLOP/s"), ("seconds", "s")) if k in run]
    if run.get("others") is not None and run["others"] > DISTURBED:
        words.append(f"disturbed, others took {run['others']:.0%}")
    return ", ".join(words) or "done"


# ---------------------------------------------------------------- figures

def quiet(runs: list[dict]) -> list[dict]:
    """The undisturbed ones of some runs; all, if there are none."""
    return [r for r in runs if (r.get("others") or 0) <= DISTURBED] or runs


def spread(values: list[float]) -> tuple[float, float, float]:
    """Median, least and greatest."""
    return statistics.median(values), min(values), max(values)


def ratios(runs: list[dict], program: str, measure: str, to: str = "Keras") -> tuple[float, float, float] | None:
    """Median, least and greatest of the ratios of a program's measure to another's, round by round."""
    of = {(r["round"], r["program"]): r[measure] for r in runs if r.get(measure) is not None}
    found = [of[number, program] / of[number, to] for number, name in of if name == program and (number, to) in of]
    return spread(found) if found else None


def mean_interval(values: list[float]) -> tuple[float, float, float]:
    """The mean of some values and its 95 % interval by Student's t; without an interval if there is just one."""
    mean = statistics.fmean(values)
    t = {2: 12.706, 3: 4.303, 4: 3.182, 5: 2.776, 6: 2.571, 7: 2.447, 8: 2.365, 9: 2.306, 10: 2.262}.get(len(values), 1.96)
    half = t * statistics.stdev(values) / math.sqrt(len(values)) if len(values) > 1 else math.nan
    return mean, mean - half, mean + half


def schedules(runs: list[dict]) -> list[dict]:
    """For each program and number of epochs the figures over the seeds: time, equal error rates, their median."""
    rows = []
    for key in sorted({(label(r, s), s["epochs"]) for r in runs for s in r["schedules"]}):
        mine = [(r, s) for r in runs for s in r["schedules"] if (label(r, s), s["epochs"]) == key]
        calm = quiet([r for r, _ in mine])
        seconds = [s["seconds"] for r, s in mine if r in calm]
        errors = [s["equalErrorRate"] for _, s in mine]
        rows.append({"program": key[0], "epochs": key[1], "seeds": len(errors), "seconds": statistics.median(seconds),
                     "equalErrorRates": errors, "median": statistics.median(errors)})
    return rows


def label(run: dict, schedule: dict) -> str:
    """The program, and how often it looks at a picture, if more than once."""
    return run["program"] + (f", {schedule['views']} views" if schedule.get("views", 1) > 1 else "")


def soonest(rows: list[dict], program: str) -> dict | None:
    """The shortest schedule of a program whose median equal error rate is good enough."""
    good = [r for r in rows if r["program"] == program and r["median"] <= ENOUGH]
    return min(good, key=lambda r: r["seconds"]) if good else None


# ---------------------------------------------------------------- what is shown

def table(head: list[str], rows: list[list]) -> list[str]:
    return ["| " + " | ".join(head) + " |", "|" + "---|" * len(head), *("| " + " | ".join(map(str, r)) + " |" for r in rows), ""]


def ratio_text(found) -> str:
    return "" if not found else f"{found[0]:.2f} ({found[1]:.2f} to {found[2]:.2f})"


def names(runs: list[dict]) -> list[str]:
    return list(dict.fromkeys(r["program"] for r in runs))


def markdown(results: dict) -> str:
    """The results as Markdown."""
    machine = results["machine"]
    lines = ["# Benchmark", "", f"{machine['processor']}, {machine['threads']} threads, {machine['memory']:.0f} GiB, "
             f"{machine['system']}; {machine['versions']}; data: {results['data']}.", ""]
    if results.get("quick"):
        lines += ["**A quick run: too short for figures to be quoted.**", ""]
    if "rate" in results:
        runs, gemm = results["rate"]["runs"], results["rate"]["gemm"]
        calm = quiet(runs)
        lines += ["## Training and inference", "",
                  "Medians over the rounds; ratios to Keras within a round, median (least to greatest).", ""]
        rows = []
        for name in names(runs):
            mine = [r for r in calm if r["program"] == name] or [r for r in runs if r["program"] == name]

            def median(key):
                values = [r[key] for r in mine if r.get(key) is not None]
                return f"{statistics.median(values):,.0f}" if values else ""

            def decimal(key):
                values = [r[key] for r in mine if r.get(key) is not None]
                return f"{statistics.median(values):.1f}" if values else ""

            rows.append([name, median("pairsPerSecond"), ratio_text(ratios(runs, name, "pairsPerSecond")), median("pictureLoadsPerSecond"),
                         median("imagesPerSecond"), ratio_text(ratios(runs, name, "imagesPerSecond")), median("memory"), decimal("first"),
                         share_of_peak(mine, gemm)])
        lines += table(["Program", "Training, pairs/s", "to Keras", "trained images/s", "Inference, images/s", "to Keras",
                        "Peak memory, MiB", "First batch learned after, s", "Share of GEMM peak"], rows)
        lines += [f"GEMM of 2048 × 2048 floats: {gemm['ND4J']:.0f} GFLOP/s in ND4J, {gemm['NumPy']:.0f} in NumPy. "
                  "Share of the peak: the floating-point operations that training needs per image, over the larger of the two.", ""]
    if "quality" in results:
        rows = schedules(results["quality"]["runs"])
        lines += ["## Time to quality", "", f"Fixed schedules, test pairs judged once at their end; wanted: a median of at most {ENOUGH}.", ""]
        lines += table(["Program", "Epochs", "Seeds", "Training, s", "Equal error rate, median", "least", "greatest"],
                       [[r["program"], r["epochs"], r["seeds"], f"{r['seconds']:.1f}", f"{r['median']:.4f}",
                         f"{min(r['equalErrorRates']):.4f}", f"{max(r['equalErrorRates']):.4f}"] for r in rows])
        theirs = soonest(rows, "Keras")
        for name in ("all pairs", OURS):
            ours = soonest(rows, name)
            if ours and theirs:
                lines += [f"Soonest: {name} after {ours['seconds']:.1f} s, Keras after {theirs['seconds']:.1f} s: "
                          f"{ours['seconds'] / theirs['seconds']:.2f} of its time.", ""]
    for part, title in (("best", "In the time of ten epochs of Keras"), ("ten", "Ten epochs of Keras")):
        if part in results:
            lines += [f"## {title}", ""]
            lines += table(["Program", "Epochs", "Seeds", "Training, s", "Equal error rate, mean", "95 % interval"],
                           [[r["program"], r["epochs"], r["seeds"], f"{r['seconds']:.0f}", f"{m:.4f}", f"{lo:.4f} to {hi:.4f}"]
                            for r in schedules(results[part]["runs"]) for m, lo, hi in [mean_interval(r["equalErrorRates"])]])
    if "scaling" in results:
        scaling = results["scaling"]
        lines += ["## Scaling", ""]
        lines += table(["Images", "Embedding, s", "One epoch of all pairs, s", "Peak memory, MiB"],
                       [[f"{r['images']:,}", f"{r['embedSeconds']:.2f}", f"{r['trainSeconds']:.1f}", f"{r['memory']:.0f}"] for r in scaling["images"]])
        lines += table(["Pairs counted", "Dimensions", "s", "million pairs/s", "Equal error rate", "its error at most", "Peak memory, MiB"],
                       [[f"{r['pairs']:,}", r["dimensions"], f"{r['seconds']:.2f}", f"{r['pairs'] / r['seconds'] / 1e6:.0f}",
                         f"{r['equalErrorRate']:.6f}", f"{r['equalErrorRateError']:.0e}", f"{r['memory']:.0f}"]
                        for r in scaling["pairs"] + scaling["dimensions"]])
        lines += table(["Threads", "Program", "pairs/s"],
                       [[r["threads"], r["program"], f"{r['pairsPerSecond']:,.0f}"] for r in scaling["threads"]])
    if "jmh" in results:
        lines += ["## Small pieces", ""]
        lines += table(["Benchmark", "ms an operation", "±"], [[r["name"], f"{r['score']:.3f}", f"{r['error']:.3f}"] for r in results["jmh"]])
    if "footprint" in results:
        f = results["footprint"]
        lines += ["## Footprint", "", f"The overview in quick mode: kernel {f['kernel']:.0f} MiB and server {f['server']:.0f} MiB at their peaks, "
                  f"{f['total']:.0f} MiB together; first result {f['first']:.1f} s after the kernel's start.", ""]
    return "\n".join(lines)


# Multiply-adds count twice. One image forward: conv1 26·26·32·9, conv2 11·11·64·288, dense 1600·128; training three times that, but
# for the input's gradient, which nobody needs.
FORWARD = 2 * (26 * 26 * 32 * 9 + 11 * 11 * 64 * 288 + 1600 * 128)
TRAINING = 3 * FORWARD - 2 * 26 * 26 * 32 * 9


def share_of_peak(runs: list[dict], gemm: dict) -> str:
    """What share of the machine's measured peak the training uses, if it says how many images went through the tower."""
    rates = [r.get("pictureLoadsPerSecond") or 2 * r["pairsPerSecond"] for r in runs if "pairsPerSecond" in r]
    peak = max(gemm.values())
    return f"{statistics.median(rates) * TRAINING / 1e9 / peak:.0%}" if rates else ""


def rows(results: dict) -> list[list]:
    """The results as rows of part, program, setting, run, measure, value: what the notebook reads."""
    out = [["machine", "", results["machine"][k], "", k, ""] for k in ("processor", "system", "versions")]
    out += [["machine", "", "", "", "threads", results["machine"]["threads"]], ["data", "", results["data"], "", "source", ""]]

    def add(part, program, setting, run, values, keys):
        out.extend([part, program, setting, run, key, round(values[key], 8)] for key in keys if values.get(key) is not None)

    for r in results.get("rate", {}).get("runs", []):
        add("rate", r["program"], "", r["round"], r, ("pairsPerSecond", "pictureLoadsPerSecond", "imagesPerSecond", "memory", "first", "others"))
    for name, value in results.get("rate", {}).get("gemm", {}).items():
        out.append(["gemm", name, "", "", "gflops", value])
    for part in ("quality", "best", "ten"):
        for r in results.get(part, {}).get("runs", []):
            for s in r["schedules"]:
                add(part, label(r, s), s["epochs"], r["seed"], {**s, "others": r["others"]}, ("seconds", "equalErrorRate", "others"))
    scaling = results.get("scaling", {})
    for r in scaling.get("images", []):
        add("images", "", r["images"], "", r, ("embedSeconds", "trainSeconds", "memory"))
    for part in ("pairs", "dimensions"):
        for r in scaling.get(part, []):
            add(part, "", r["images"] if part == "pairs" else r["dimensions"], "", r,
                ("pairs", "seconds", "bins", "equalErrorRate", "equalErrorRateError", "auc", "aucError", "memory"))
    for r in scaling.get("threads", []):
        add("threads", r["program"], r["threads"], r.get("round", 1), r, ("pairsPerSecond", "pictureLoadsPerSecond"))
    for r in results.get("jmh", []):
        add("jmh", r["name"], "", "", r, ("score", "error"))
    add("footprint", "", "", "", results.get("footprint", {}), ("kernel", "server", "total", "first"))
    return out


def as_csv(results: dict) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["part", "program", "setting", "run", "measure", "value"])
    writer.writerows(rows(results))
    return text.getvalue()


# ---------------------------------------------------------------- the parts

class Bench:
    """What is measured, with what, and where the results go."""

    def __init__(self, options, java: Path, mnist: Path, programs: dict[str, Program], versions: str):
        self.options, self.java, self.mnist, self.programs = options, java, mnist, programs
        self.quick = options.quick
        self.file = PLACE / ("quick.json" if self.quick else "results.json")
        self.measured: list[str] = []  # parts of this run
        self.results = {**self.kept(), "data": "MNIST", "quick": self.quick, "machine": machine(options.threads, versions)}

    def kept(self) -> dict:
        """The results of earlier runs, if they are to be kept."""
        return json.loads(course.read(self.file) or "{}") if self.options.keep else {}

    def tool(self, **extra) -> Program:
        """The Java side for what is not compared."""
        return Program("Java", self.programs["all pairs"].command, extra, as_json=False)

    def values(self, task: str, seed: int) -> dict:
        return {"task": task, "seed": seed, "threads": self.options.threads, "mnist": str(self.mnist),
                "train": str(PLACE / "pairs" / f"train-{seed}.pairs"), "test": str(PLACE / "pairs" / "test.pairs")}

    def pairs(self) -> None:
        """Has the Java side write the pairs that all programs train on and are judged by."""
        (PLACE / "pairs").mkdir(parents=True, exist_ok=True)
        seeds = sorted({1, *self.options.seeds})
        told = run_once(self.tool(), {"task": "pairs", "seeds": seeds, "folder": PLACE / "pairs"}, 1)
        if told["source"] != "MNIST":
            raise course.Problem(course.NO_MNIST)

    def chosen(self, *wanted: str) -> list[Program]:
        return [self.programs[name] for name in wanted if name in self.programs]

    def save(self) -> None:
        """Writes the results in one go; with --keep, also those that another run has added meanwhile."""
        self.results = {**self.kept(), **{k: v for k, v in self.results.items() if k in self.measured or k not in PARTS}}
        course.write(self.file, json.dumps(self.results, indent=1) + "\n")
        course.write(self.file.with_suffix(".md"), markdown(self.results))

    def measure(self, part: str) -> None:
        print(f"{part}: {PARTS[part]}", flush=True)
        self.results[part] = getattr(self, part)()
        self.measured.append(part)
        self.save()

    def rate(self) -> dict:
        discard, batches = (15, 75) if self.quick else (60, 300)
        runs = alternate(self.chosen("Keras", "PyTorch", *JAVA_VARIANTS),
                         lambda _, number: {**self.values("rate", 1), "seed": number, "discard": discard, "batches": batches},
                         1 if self.quick else self.options.rounds, self.options.threads, say)
        gemm = {"ND4J": run_once(self.tool(), {"task": "gemm"}, self.options.threads)["gflops"],
                "NumPy": run_once(self.programs["Keras"], {"task": "gemm"}, self.options.threads)["gflops"]
                if "Keras" in self.programs else 0}
        return {"runs": runs, "gemm": gemm}

    def seeded(self, part: str, programs: list[Program], epochs: dict[str, list[int]], views: tuple[int, ...] = (1,)) -> dict:
        """Whole schedules for each seed, the programs in turn, each judged by the same code."""
        runs = [r for r in self.results.get(part, {}).get("runs", []) if self.options.keep]
        for seed in self.options.seeds:
            for program in programs:
                out = PLACE / f"{part}-{program.name.replace(' ', '-')}-{seed}"
                values = {**self.values("quality", seed), "epochs": epochs[program.name], "views": list(views), "out": str(out)}
                run = {"seed": seed, **run_once(program, values, self.options.threads, 4 * 3600)}
                say(f"  seed {seed}, {program.name}: {brief(run)}")
                files = [s.pop("distances") for s in run["schedules"]]
                course.write(PLACE / "judge.txt", "\n".join(files))
                for s, rate in zip(run["schedules"], run_once(self.tool(), {"task": "judge", "list": PLACE / "judge.txt"}, 1)["equalErrorRates"]):
                    s["equalErrorRate"] = rate
                say("  " * 4 + ", ".join(f"{label(run, s)}: EER {s['equalErrorRate']:.4f} after {s['epochs']}" for s in run["schedules"]))
                runs = [r for r in runs if (r["seed"], r["program"]) != (seed, program.name)] + [run]
                self.results[part] = {"runs": runs}
                self.measured.append(part)
                self.save()  # a run is whole in itself
        return {"runs": runs}

    def quality(self) -> dict:
        return self.seeded("quality", self.chosen("Keras", "embed once", "all pairs", OURS),
                           {"Keras": [2, 3], "embed once": [3], "all pairs": self.options.epochs, OURS: self.options.epochs})

    def best(self) -> dict:
        return self.seeded("best", self.chosen(OURS), {OURS: [self.options.best_epochs]}, views=(1, 5))

    def ten(self) -> dict:
        return self.seeded("ten", self.chosen("Keras"), {"Keras": list(range(1, 11))})

    def scaling(self) -> dict:
        threads, recipe, file = self.options.threads, self.options.recipe, PLACE / "embeddings.bin"
        sizes = [1000, 2000] if self.quick else [1000, 2000, 5000, 10_000, 20_000, 40_000, 60_000]
        images = []
        for n in sizes:
            images.append(run_once(self.tool(), {"task": "images", "images": n, "recipe": recipe}, threads))
            say(f"  {n:,} images: one epoch {images[-1]['trainSeconds']:.1f} s")
        stored = run_once(self.tool(), {"task": "embeddings", "recipe": recipe, "file": file}, threads)["dimensions"]

        def count(n, dimensions):
            run = run_once(self.tool(), {"task": "pair-counts", "file": file, "images": n, "dimensions": dimensions, "stored": stored,
                                         "bins": 1 << 20}, threads)
            say(f"  {run['pairs']:,} pairs of {dimensions} dimensions: {run['seconds']:.2f} s")
            return run

        pairs = [count(n, stored) for n in ([1000, 5000] if self.quick else [1000, 2000, 5000, 10_000, 20_000, 60_000])]
        dimensions = [count(2000 if self.quick else 10_000, d) for d in ([8, 128] if self.quick else [2, 8, 32, 64, 128, 256, 512])]
        several = []
        for t in sorted({1, threads} | ({2} if os.cpu_count() >= 2 and not self.quick else set())):
            for program in self.chosen(*(JAVA_VARIANTS[1:] if self.quick else ("Keras", *JAVA_VARIANTS[1:]))):
                run = run_once(program, {**self.values("rate", 1), "threads": t, "discard": 15, "batches": 50 if self.quick else 150}, t)
                several.append({"threads": t, **run})
                say(f"  {t} threads, {program.name}: {brief(run)}")
        return {"images": images, "pairs": pairs, "dimensions": dimensions, "threads": several}

    def jmh(self) -> list[dict]:
        out = PLACE / "jmh.json"
        out.unlink(missing_ok=True)
        times = ["-wi", "1", "-i", "2", "-w", "300ms", "-r", "300ms"] if self.quick else ["-wi", "3", "-i", "5", "-w", "1s", "-r", "1s"]
        command = [self.java, *course.JVM_FLAGS, *course.MEMORY, "-Djmh.ignoreLock=true", "-cp", class_path(), "org.openjdk.jmh.Main", "-f", "1", "-tu", "ms", "-bm",
                   "avgt", "-rf", "json", "-rff", out, "-foe", "true", *times, "-jvmArgs", " ".join([*course.JVM_FLAGS, *course.MEMORY])]
        said: list[str] = []
        status = course.call(command, said.append, {**course.environment(), "OMP_NUM_THREADS": str(self.options.threads)})
        if status or not out.exists():
            why = [line for line in said if "ERROR" in line or "Exception" in line] or said[-1:] or ["it said nothing"]
            raise course.Problem(f"JMH failed with status {status} ({why[0].strip()[:300]}); nothing of this part was written.")
        found = [{"name": named(r), "score": r["primaryMetric"]["score"], "error": finite(r["primaryMetric"]["scoreError"])}
                 for r in json.loads(course.read(out))]
        for r in found:
            say(f"  {r['name']}: {r['score']:.3f} ms")
        return found

    def footprint(self) -> dict:
        told = run_once(Program("the overview", [course.venv_python(), HERE / "footprint.py"]), {"task": "footprint"}, self.options.threads)
        say(f"  kernel {told['kernel']:.0f} MiB, server {told['server']:.0f} MiB, together {told['total']:.0f} MiB (wanted: 1,536 at most); "
            f"first result after {told['first']:.1f} s (wanted: 5 at most)")
        return told


def named(result: dict) -> str:
    """The name of a JMH result with its parameters."""
    name = ".".join(result["benchmark"].split(".")[-2:])
    params = ", ".join(f"{k} {v}" for k, v in result.get("params", {}).items())
    return f"{name} ({params})" if params else name


def finite(value) -> float:
    return float(value) if isinstance(value, (int, float)) and math.isfinite(value) else 0.0


def say(text: str) -> None:
    print(text, flush=True)


def machine(threads: int, versions: str) -> dict:
    names_ = [line.split(":", 1)[1].strip() for line in course.read(Path("/proc/cpuinfo")).splitlines() if line.startswith("model name")]
    try:
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2 ** 30
    except (AttributeError, ValueError):
        memory = 0
    return {"processor": f"{os.cpu_count()} cores of {names_[0] if names_ else platform.processor() or platform.machine()}",
            "memory": memory, "threads": threads, "system": f"{platform.system()} {platform.machine()}", "versions": versions}


def class_path() -> str:
    return os.pathsep.join([str(PLACE / "classes"), course.class_path(), str(PLACE / "lib" / "*")])


def peers(options, java: Path) -> tuple[dict[str, Program], str]:
    """The programs that can be started, by name, and the versions of the peers."""
    python = course.venv_python(course.VENV_BENCH)
    found = {}
    if "keras" in options.peers:
        found["Keras"] = Program("Keras", [python, HERE / "keras_peer.py"])
    if "torch" in options.peers:
        found["PyTorch"] = Program("PyTorch", [python, HERE / "torch_peer.py"])
    command = [java, *course.JVM_FLAGS, *course.MEMORY, "-cp", class_path(), "siamese.bench.Bench"]
    for variant in (*JAVA_VARIANTS, OURS):
        recipe = options.best_recipe if variant == OURS else options.recipe
        found[variant] = Program(variant, command, {"variant": variant, "recipe": recipe}, as_json=False)
    versions = dict.fromkeys(("tensorflow-cpu", "tensorflow", "keras", "torch", "numpy"))
    if python.exists():
        told = course.quiet([python, "-m", "pip", "list", "--format=json"]).stdout
        versions.update((p["name"].lower().replace("_", "-"), p["version"]) for p in json.loads(told or "[]"))
    return found, ", ".join(["Deeplearning4j 1.0.0-M2.1", *(f"{name} {versions[name]}" for name in
                             ("tensorflow-cpu", "tensorflow", "keras", "torch", "numpy") if versions[name])])


def main() -> int:
    options = course.arguments().parse_args(["bench", *sys.argv[2:]])
    if options.publish and options.quick:
        raise course.Problem("a quick run is too short to be published; leave --quick out.")
    java = Path(sys.argv[1])
    programs, versions = peers(options, java)
    bench = Bench(options, java, course.mnist(), programs, versions)
    began = time.monotonic()
    bench.pairs()
    for part in options.only or list(PARTS)[:3 if options.quick else -1]:
        bench.measure(part)
    print()
    print(markdown(bench.results))
    if options.publish:
        missing = [part for part in NEEDED if part not in bench.results]
        if missing:
            raise course.Problem(f"the chapter needs the parts {', '.join(missing)}, too; measure them, with --keep to keep these.")
        course.write(PUBLISHED, as_csv(bench.results))
        print(f"{PUBLISHED.relative_to(ROOT)} now holds these figures; publish 10 writes the notebook that reads them.")
    print(f"{time.monotonic() - began:.0f} s in all; the figures are in {bench.file} and {bench.file.with_suffix('.md').name}")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except course.Problem as problem:
        print(f"course.py: {problem}", file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        print("\nStopped.", file=sys.stderr)
        sys.exit(130)
