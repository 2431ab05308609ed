"""Measures this course's training against TensorFlow/Keras and PyTorch on the same machine, in one run.

    python3 course.py bench          (which starts this; --help names the options)

Each program is run in a process of its own, the programs in turn, round after round, with the same data, the same pairs and
the same number of threads. How busy the machine was with other things during a process is noted beside what it measured;
times are taken from undisturbed processes where there are any. Results are kept in target/bench/results.json, part by part,
each written when it is complete, and shown in target/bench/results.md; those of a quick run in quick.json and quick.md.
"""
import argparse
import json
import math
import os
import shutil
import time
from pathlib import Path

from course import NOTEBOOKS, ROOT, Problem, read, write
from course.children import call, environment
from course.setup import JVM_FLAGS, MEMORY, venv_python
from figures import as_csv, label, markdown, neighbours_csv, overview_csv, with_parts
from programs import (HERE, JAVA_VARIANTS, NO_MNIST, OURS, PLACE, VENV_FAISS, Program, alternate, brief, class_path, machine,
                      mnist, peers, prepare, run_once)

PUBLISHED = NOTEBOOKS / "performance.csv"
OVERVIEW = NOTEBOOKS / "python_overview.csv"
FILES = {part: NOTEBOOKS / f"{part}.csv" for part in ("descendants", "people")}  # as the Java side writes them
NEIGHBOURS = NOTEBOOKS / "neighbours.csv"
PARTS = {"rate": "training and inference speed, memory, first result, GEMM peak",
         "jmh": "the small pieces, by JMH",
         "scaling": "time and memory against images, pairs, embedding size and threads",
         "footprint": "memory and start of the overview in quick mode",
         "quality": "time until the equal error rate is at most 0.008",
         "best": "the best that is reached in the time of ten epochs of Keras",
         "networks": "training speed of five base networks",
         "methods": "our way to learn, all pairs of a batch, in Keras and in PyTorch beside our own",
         "ten": "ten epochs of Keras, judged after each",
         "overview": "the Python overview's own program, ten epochs, judged after each",
         "descendants": "the tournament of chapter 14, which goes on where it was stopped",
         "people": "Omniglot's published runs, for chapter 14: four tries, and one training of some minutes",
         "neighbours": "Lucene's HNSW beside exact search and FAISS, for chapter 11; with --keep it goes on"}
APART = ("methods", "ten")  # for the chapter, too, but published by themselves
NEEDED = ("rate", "jmh", "scaling", "footprint", "quality", "best", *APART)  # by the chapter


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
        return json.loads(read(self.file) or "{}") if self.options.keep else {}

    def tool(self, **extra) -> Program:
        """The Java side for what is not compared."""
        return Program("Java", self.programs["all pairs"].command, {"variant": "all pairs", **extra}, as_json=False)

    def values(self, task: str, seed: int) -> dict:
        return {"task": task, "seed": seed, "threads": self.options.threads, "mnist": str(self.mnist),
                "train": str(PLACE / "pairs" / f"train-{seed}.pairs"), "test": str(PLACE / "pairs" / "test.pairs")}

    def pairs(self) -> None:
        """Has the Java side write the pairs that all programs train on and are judged by."""
        (PLACE / "pairs").mkdir(parents=True, exist_ok=True)
        seeds = sorted({1, *self.options.seeds})
        told = run_once(self.tool(), {"task": "pairs", "seeds": seeds, "folder": PLACE / "pairs"}, 1)
        if told["source"] != "MNIST":
            raise Problem(NO_MNIST)

    def chosen(self, *wanted: str) -> list[Program]:
        return [self.programs[name] for name in wanted if name in self.programs]

    def save(self) -> None:
        """Writes the results in one go; with --keep, also those that another run has added meanwhile."""
        self.results = {**self.kept(), **{k: v for k, v in self.results.items() if k in self.measured or k not in PARTS}}
        write(self.file, json.dumps(self.results, indent=1) + "\n")
        write(self.file.with_suffix(".md"), markdown(self.results))

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

    def networks(self) -> dict:
        """Each network by the programs in turn, on the same batches: ours, and Keras on both pictures of each pair or
        on each distinct picture once."""
        folder, threads = str(PLACE / "networks"), self.options.threads
        written = run_once(self.tool(variant="embed once"), {"task": "networks", "seed": 1, "folder": folder}, 1)
        programs = self.chosen("embed once", "two inputs")
        if "Keras" in self.programs:
            python = self.programs["Keras"].command[0]
            programs = [Program(name, [python, HERE / "keras_networks.py"], {"once": name != "Keras"})
                        for name in ("Keras", "Keras, once")] + programs
        runs = []
        for name in written["networks"]:
            say(f"  {name}")
            values = {"task": "network", "network": name, "seed": 1, "threads": threads, "folder": folder,
                      "discard": 3 if self.quick else 8, "seconds": 2 if self.quick else 8}
            rounds = 1 if self.quick else self.options.rounds
            found = alternate(programs, lambda *_: values, rounds, threads, say)
            if len({r["weights"] for r in found}) > 1:
                raise Problem(f"the network {name} is not the same for all programs; "
                              "see BenchNetworks.java and keras_networks.py.")
            runs += [{"network": name, **r} for r in found]
        return {"runs": runs}

    def seeded(self, part: str, programs: list[Program], epochs: dict[str, list[int]], views: tuple[int, ...] = (1,)) -> dict:
        """Whole schedules for each seed, the programs in turn, each judged by the same code."""
        runs = [r for r in self.results.get(part, {}).get("runs", []) if self.options.keep]
        for seed in self.options.seeds:
            for program in programs:
                run = self.judged("quality", program, seed, f"{part}-{program.name.replace(' ', '-')}-{seed}",
                                  epochs=epochs[program.name], views=list(views))
                runs = [r for r in runs if (r["seed"], r["program"]) != (seed, program.name)] + [run]
                self.results[part] = {"runs": runs}
                self.measured.append(part)
                self.save()  # a run is whole in itself
        return {"runs": runs}

    def judged(self, task: str, program: Program, seed: int, name: str, **more) -> dict:
        """One run of schedules, each with what its file of distances is worth."""
        values = {**self.values(task, seed), **more, "out": str(PLACE / name)}
        run = {"seed": seed, **run_once(program, values, self.options.threads, 4 * 3600)}
        say(f"  seed {seed}, {program.name}: {brief(run)}")
        write(PLACE / "judge.txt", "\n".join(s.pop("distances") for s in run["schedules"]))
        judged = run_once(self.tool(), {"task": "judge", "list": str(PLACE / "judge.txt")}, 1)["judged"]
        for schedule, found in zip(run["schedules"], judged):
            schedule.update(found)
        say("  " * 4 + ", ".join(f"{label(run, s)}: EER {s['equalErrorRate']:.4f} after {s['epochs']}"
                                 for s in run["schedules"]))
        return run

    def overview(self) -> dict:
        """One run at seed 1; a quick one takes every fiftieth pair."""
        if "Keras" not in self.programs:
            raise Problem("the part overview is a program in Keras; leave --peers out, or name keras there.")
        return {"runs": [self.judged("overview", self.programs["Keras"], 1, "overview",
                                     epochs=list(range(1, 3 if self.quick else 11)), every=50 if self.quick else 1)]}

    def descendants(self) -> dict:
        """All losses of chapter 14 with ten seeds; a quick run stops after 20 seconds."""
        return self.campaign("Descendants", {"seconds": 20 if self.quick else 4 * 3600, "seeds": 1 if self.quick else 10,
                                             "digitEpochs": 1, "characterEpochs": 3})

    def people(self) -> dict:
        """Tries on the validation alphabets with a copy of each drawing, the chosen one with four on all the background."""
        return self.campaign("People", {"tried": 1, "alphabets": 2 if self.quick else 30, "judged": 1 if self.quick else 4}, "-Xmx3g")

    def campaign(self, name: str, values: dict, *flags: str) -> dict:
        """A program that goes on with its file; a quick run has a file of its own."""
        file = PLACE / f"{name.lower()}{'-quick' if self.quick else ''}.csv"
        return run_once(self.java_program("Java", name, *flags), {"file": str(file), **values}, self.options.threads, 5 * 3600)

    def java_program(self, name: str, main: str, *flags: str) -> Program:
        """A program of the Java side with a main class of its own."""
        return Program(name, [*self.tool().command[:-1], *flags, f"siamese.bench.{main}"], as_json=False)

    def neighbours(self) -> dict:
        """The ten nearest of up to a million embeddings, found by all programs, size by size; each is judged by what
        exact search found. With --keep, what was measured already is not measured again."""
        place, runs, kept = PLACE / "neighbours", [], self.results.get("neighbours", {}).get("runs", [])
        sizes = [1000, 3000] if self.quick else [1000, 3000, 10_000, 30_000, 100_000, 300_000, 1_000_000]
        files = {"file": f"{place / str(sizes[-1])}.vectors", "queries": f"{place / str(sizes[-1])}.queries"}
        place.mkdir(parents=True, exist_ok=True)
        if not Path(files["file"]).exists():
            run_once(self.searcher("Lucene HNSW"), {**files, "task": "embed", "vectors": sizes[-1], "epochs": 1,
                                                    "asked": 100 if self.quick else 1000}, self.options.threads)
        searches = [(n, *search) for n in sizes for search in (("NumPy", 0, 0), ("FAISS flat", 0, 0), ("FAISS HNSW", 16, 100),
                                                               ("Lucene HNSW", 16, 100))]
        searches += [(30_000, name, *graph) for graph in ((8, 100), (32, 100), (16, 50), (16, 200))
                     for name in ("FAISS HNSW", "Lucene HNSW") if not self.quick]
        for search in searches:
            setting = dict(zip(("vectors", "program", "connections", "beam"), search))
            runs.append(next((r for r in kept if setting.items() <= r.items()), None) or self.searched({**files, **setting}, setting))
            self.results["neighbours"] = {"runs": [*runs, *(r for r in kept if r not in runs)]}
            self.measured.append("neighbours")
            self.save()  # a run is whole in itself
        return {"runs": runs}

    def searcher(self, name: str) -> Program:
        """Lucene, which needs room for a graph of a million, or one of the peers."""
        if name.startswith("Lucene"):
            return self.java_program(name, "Neighbours", "-Xmx4g")
        return Program(name, [venv_python(VENV_FAISS), HERE / "neighbours_peer.py"])

    def searched(self, values: dict, setting: dict) -> dict:
        """One index, built and searched with lists of several lengths, and the recall of each."""
        name, n, place = setting["program"], setting["vectors"], PLACE / "neighbours"
        values = {**values, "threads": self.options.threads, "truth": f"{place / str(n)}.truth", "out": str(place / "found"),
                  "folder": str(place / "index"), "lists": [10, 100] if self.quick else [10, 20, 50, 100, 200]}
        run = run_once(self.searcher(name), {**values, "task": name.split()[0].lower()}, self.options.threads, 2 * 3600) | setting
        found = [r.pop("found") for r in run["lists"]]
        judged = run_once(self.searcher("NumPy"), {**values, "task": "judge", "found": found}, self.options.threads)
        for one, recall in zip(run["lists"], judged["recall"]):
            one["recall"] = recall
        say(f"  {n:,} vectors, {name} {setting['connections']}, {setting['beam']}: built in {run['build']:.1f} s; " + ", ".join(
            f"{r['recall']:.3f} at {r['queriesPerSecond']:,.0f}/s" for r in run["lists"]))
        return run

    def quality(self) -> dict:
        return self.seeded("quality", self.chosen("Keras", "embed once", "all pairs", OURS),
                           {"Keras": [2, 3], "embed once": [3], "all pairs": self.options.epochs, OURS: self.options.epochs})

    def best(self) -> dict:
        return self.seeded("best", self.chosen(OURS), {OURS: [self.options.best_epochs]}, views=(1, 5))

    def methods(self) -> dict:
        ways = ("Keras, all pairs", "PyTorch, all pairs", "all pairs")
        return self.seeded("methods", self.chosen(*ways), dict.fromkeys(ways, self.options.epochs))

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
        command = [self.java, *JVM_FLAGS, *MEMORY, "-Djmh.ignoreLock=true", "-cp", class_path(), "org.openjdk.jmh.Main", "-f", "1", "-tu", "ms", "-bm",
                   "avgt", "-rf", "json", "-rff", out, "-foe", "true", *times, "-jvmArgs", " ".join([*JVM_FLAGS, *MEMORY])]
        said: list[str] = []
        status = call(command, said.append, {**environment(), "OMP_NUM_THREADS": str(self.options.threads)})
        if status or not out.exists():
            why = [line for line in said if "ERROR" in line or "Exception" in line] or said[-1:] or ["it said nothing"]
            raise Problem(f"JMH failed with status {status} ({why[0].strip()[:300]}); nothing of this part was written.")
        found = [{"name": named(r), "score": r["primaryMetric"]["score"], "error": finite(r["primaryMetric"]["scoreError"])}
                 for r in json.loads(read(out))]
        for r in found:
            say(f"  {r['name']}: {r['score']:.3f} ms")
        return found

    def footprint(self) -> dict:
        told = run_once(Program("the overview", [venv_python(), HERE / "footprint.py"]), {"task": "footprint"}, self.options.threads)
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


def arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="course.py bench", description="Measure the training against "
                                     "TensorFlow/Keras and PyTorch on this machine, into target/bench.")
    add = parser.add_argument
    add("--quick", action="store_true", help="a short look, within three minutes; its figures are not for quoting")
    add("--only", type=listed(str, *PARTS), metavar="PART,…", help=f"only these parts of {', '.join(PARTS)}; "
        "without it all but methods, ten (ten epochs of Keras for each seed), overview, descendants, people and neighbours, with "
        "--quick the first three")
    add("--rounds", type=int, default=5, help="how often each program is run for its speed (default: 5)")
    add("--seeds", type=listed(int), default=[1, 2, 3, 4, 5], metavar="A-B",
        help="of the trainings for quality and best (default: 1-5)")
    add("--threads", type=int, default=os.cpu_count(), help="for every program (default: the processors, %(default)s)")
    add("--peers", type=listed(str, "keras", "torch", "none"), default=["keras", "torch"], metavar="PEER,…",
        help="keras, torch, or none (default: keras,torch)")
    add("--keep", action="store_true", help="keep the results of earlier runs, but for what is measured anew")
    add("--publish", action="store_true",
        help="then write the results into notebooks/performance.csv, which chapter 10 reads, and those of the part "
             "overview into notebooks/python_overview.csv, which the overview reads, of descendants and people into files "
             "of these names, which chapter 14 reads, and of neighbours into notebooks/neighbours.csv, which chapter 11 reads")
    add("--epochs", type=listed(int), default=[1, 2], metavar="A-B",
        help="of our schedules, for quality (default: 1-2)")
    add("--recipe", default="10,12,4e-3,2",
        help="of all pairs: classes and images a batch, peak learning rate, shift (default: %(default)s)")
    add("--best-epochs", type=int, default=20,
        help="of the supervised contrastive loss, for best (default: %(default)s)")
    add("--best-recipe", default="10,12,4e-3,0.05,0.1,2,0.5,0.4",
        help="of the supervised contrastive loss: classes and images a batch, peak learning rate, temperature, "
             "weight decay, shift, bend, ink (default: %(default)s)")
    return parser


def publish(results: dict, measured: list[str]) -> None:
    """Writes the results to where the notebooks read them."""
    if "overview" in measured:
        write(OVERVIEW, overview_csv(results))
        print(f"{OVERVIEW.name} now holds these figures; publish 00 writes the notebook that reads them.")
    for part, file in FILES.items():
        if part in measured:
            if not results[part]["complete"]:
                raise Problem(f"{part} is not complete; run this part again, which goes on with it.")
            shutil.copyfile(PLACE / file.name, file)
            print(f"{file.name} now holds these figures; publish 14 writes the notebook that reads them.")
    if "neighbours" in measured:
        write(NEIGHBOURS, neighbours_csv(results))
        print(f"{NEIGHBOURS.name} now holds these figures; publish 11 writes the notebook that reads them.")
    rest = [part for part in measured if part not in ("overview", "neighbours", *FILES)]
    if not rest:
        return
    if set(rest) <= set(APART):
        write(PUBLISHED, with_parts(read(PUBLISHED), results, rest))
        print(f"{PUBLISHED.name} now holds these figures beside the others; publish 10 writes the notebook that reads them.")
        return
    missing = [part for part in NEEDED if part not in results]
    if missing:
        raise Problem(f"the chapter needs the parts {', '.join(missing)}, too; "
                      "measure them, with --keep to keep these.")
    write(PUBLISHED, as_csv(results))
    print(f"{PUBLISHED.name} now holds these figures; publish 10 writes the notebook that reads them.")


def main(words: list[str]) -> int:
    options = arguments().parse_args(words)
    if options.publish and options.quick:
        raise Problem("a quick run is too short to be published; leave --quick out.")
    data = mnist()  # before half a gigabyte and more is fetched
    java = prepare(options.peers, "neighbours" in (options.only or []))
    programs, versions = peers(options, java)
    bench = Bench(options, java, data, programs, versions)
    began = time.monotonic()
    bench.pairs()
    for part in options.only or list(PARTS)[:3 if options.quick else -6]:
        bench.measure(part)
    print()
    print(markdown(bench.results))
    if options.publish:
        publish(bench.results, bench.measured)
    print(f"{time.monotonic() - began:.0f} s in all; "
          f"the figures are in {bench.file} and {bench.file.with_suffix('.md').name}")
    return 0
