"""What the benchmark's results come to: figures over rounds and seeds, as Markdown and as the table for chapter 10."""
import csv
import io
import math
import statistics

from programs import DISTURBED, OURS

ENOUGH = 0.008  # the equal error rate of goal 2

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

            def median(key, form=",.0f"):
                values = [r[key] for r in mine if r.get(key) is not None]
                return f"{statistics.median(values):{form}}" if values else ""

            rows.append([name, median("pairsPerSecond"), ratio_text(ratios(runs, name, "pairsPerSecond")), median("pictureLoadsPerSecond"),
                         median("imagesPerSecond"), ratio_text(ratios(runs, name, "imagesPerSecond")), median("memory"), median("first", ".1f"),
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
    for part, title in (("best", "In the time of ten epochs of Keras"), ("methods", "All pairs of a batch in each library"), ("ten", "Ten epochs of Keras"),
                        ("overview", "The Python overview's own program")):
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
    if "networks" in results:
        lines += ["## Five base networks", "",
                  "Training, pairs a second in 128 pairs a batch, the same for all: Keras's median on both pictures of "
                  "each pair, and ratios to it within a round, median (least to greatest). Where a network normalizes "
                  "over the batch (four blocks), Keras embeds both pictures in one call.", ""]
        rows = []
        for name in dict.fromkeys(r["network"] for r in results["networks"]["runs"]):
            runs = [r for r in results["networks"]["runs"] if r["network"] == name]
            keras = [r["pairsPerSecond"] for r in quiet([r for r in runs if r["program"] == "Keras"])]
            distinct = [r["pictures"] for r in runs if r["program"] == "Keras, once"]
            rows.append([name, f"{statistics.median(keras):,.0f}" if keras else "",
                         f"{distinct[0]:.0f}" if distinct else "",
                         *(ratio_text(ratios(runs, program, "pairsPerSecond"))
                           for program in ("embed once", "Keras, once", "two inputs"))])
        lines += table(["Network", "Keras, both pictures, pairs/s", "Distinct pictures a batch, neighbours together",
                        "Ours, embedding once", "Keras, embedding once", "Ours, pairs at random"], rows)
    if "neighbours" in results:
        lines += ["## Nearest neighbours", "", "The ten nearest of a test picture's embedding; a graph has so many connections a "
                  "vector, a list so long while it is built, and another while it is searched.", ""]
        head, *found = neighbours_rows(results)
        lines += table(head[:-1], [row[:-1] for row in found])
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
    for r in results.get("networks", {}).get("runs", []):
        add("networks", r["program"], r["network"], r["round"], r, ("pairsPerSecond", "pictures", "memory", "others"))
    for name, value in results.get("rate", {}).get("gemm", {}).items():
        out.append(["gemm", name, "", "", "gflops", value])
    for part in ("quality", "best", "methods", "ten"):
        for r in results.get(part, {}).get("runs", []):
            for s in r["schedules"]:
                add(part, label(r, s), s["epochs"], r["seed"], {**s, "others": r["others"]}, ("seconds", "equalErrorRate", "others"))
    out += [["conditions", part, conditions(results, part), "", "told", ""] for part in ("methods", "ten", "networks") if part in results]
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
    return written([["part", "program", "setting", "run", "measure", "value"], *rows(results)])


def conditions(results: dict, part: str) -> str:
    """On what a part was measured, and how busy others kept it."""
    runs, machine = results[part]["runs"], results["machine"]
    others = sorted(r["others"] for r in runs if r["others"] is not None)
    return f"{len(runs)} runs on {machine['processor']}, {machine['threads']} threads" + (
        f"; other programs took {statistics.median(others):.0%} of the machine at the median, {others[-1]:.0%} at most" if others else "")


def with_parts(published: str, results: dict, parts: list[str]) -> str:
    """A published table with runs of some parts measured anew, at another time; conditions stay while runs of theirs do."""
    fresh = [r for r in rows(results) if r[0] in parts or r[0] == "conditions" and r[1] in parts]
    new = {tuple(map(str, r[:4])) for r in fresh}
    old = [r for r in csv.reader(io.StringIO(published)) if tuple(r[:4]) not in new]
    left = {r[0] for r in old}
    return written([r for r in old if r[0] != "conditions" or r[1] not in parts or r[1] in left] + fresh)


def overview_csv(results: dict) -> str:
    """What the Python overview's program reached after each epoch, with the conditions: what the overview reads."""
    machine, run = results["machine"], results["overview"]["runs"][0]
    conditions = f"{machine['versions']}; {machine['processor']}; full {results['data']}; one run, seed {run['seed']}"
    measures = ["epochs", "seconds", "printed", "accuracyAtHalf", "bestAccuracy", "equalErrorRate"]
    return written([[*measures, "conditions"],
                    *([*(round(s[m], 4) for m in measures), conditions] for s in run["schedules"])])


def neighbours_rows(results: dict) -> list[list]:
    """For each index and each length of the list that it was searched with, what it cost and what it found."""
    machine, runs = results["machine"], results["neighbours"]["runs"]
    versions = ", ".join(dict.fromkeys(r["version"] for r in runs))
    conditions = f"{versions}; {machine['processor']}; threads: {machine['threads']}; {results['data']}"
    return [["program", "connections", "beam", "vectors", "build", "megabytes", "memory", "list", "queriesPerSecond", "recall",
             "distances", "others", "conditions"],
            *([r["program"] + s.get("way", ""), r["connections"], r["beam"], r["vectors"], round(r["build"], 2),
               round(r["indexBytes"] / 1e6, 2), round(r["memory"] or 0), s["list"], round(s["queriesPerSecond"], 1),
               round(s["recall"], 4), round(s["distances"]), r["others"], conditions] for r in runs for s in r["lists"])]


def neighbours_csv(results: dict) -> str:
    return written(neighbours_rows(results))


def written(rows: list[list]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()
