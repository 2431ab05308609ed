"""The benchmark's plumbing, with small scripts in place of the programs: no TensorFlow, no PyTorch, no training."""
import csv
import gzip
import io
import json
import struct
import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pytest

from conftest import ROOT

sys.path.insert(0, str(ROOT / "src" / "bench"))

import bench  # noqa: E402
import figures  # noqa: E402
import neighbours_peer  # noqa: E402
import peer  # noqa: E402
from course import Problem  # noqa: E402
from programs import OURS, Program, alternate, busy, mnist, run_once  # noqa: E402

FAKE = """
import json, sys
wanted = json.loads(sys.argv[1])
with open(wanted["log"], "a") as log:
    print(wanted["name"], wanted["round"], file=log)
print("a line that is no result")
print(json.dumps({"first": True}), flush=True)
print(json.dumps({"pairsPerSecond": wanted["speed"] * wanted["round"], "imagesPerSecond": 10.0, "memory": 100.0}))
"""
MACHINE = {"processor": "2 cores of an abacus", "memory": 24.0, "threads": 2, "system": "Linux", "versions": "Keras 0"}


def fake(tmp_path, name, speed, script=FAKE):
    file = tmp_path / f"{name.replace(' ', '-')}.py"
    file.write_text(script)
    return Program(name, [sys.executable, file], {"speed": speed, "name": name, "log": str(tmp_path / "log")})


def options(**more):
    return SimpleNamespace(**{"quick": False, "keep": False, "threads": 1, "rounds": 3, "seeds": [1], "recipe": "", "epochs": [1],
                              "best_recipe": "", "best_epochs": 1, **more})


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.setattr(bench, "PLACE", tmp_path / "bench")
    return tmp_path / "bench"


def searches(monkeypatch, place):
    """Has nothing searched but what is asked noted: task, program, vectors, links and beam."""
    asked = []

    def once(program, values, threads, patience=0):
        asked.append((values["task"], program.name, values["vectors"], values.get("connections"), values.get("beam")))
        if values["task"] == "judge":
            return {"program": "NumPy", "recall": [0.5 + 0.1 * len(file) for file in values["found"]]}
        if values["task"] == "embed":
            (place / "neighbours" / "1000000.vectors").write_text("embedded")
            return {}
        return {"program": "another", "version": program.name, "build": 2.0, "indexBytes": 3_000_000, "memory": None, "others": 0.1,
                "lists": [{"list": 10 * k, "queriesPerSecond": 100.0, "distances": 7.4, "found": "f" * k} for k in (1, 2)]}

    monkeypatch.setattr(bench, "run_once", once)
    return asked


class TestRunning:
    def test_programs_take_turns_and_begin_in_turn(self, tmp_path):
        programs = [fake(tmp_path, "Keras", 100), fake(tmp_path, "embed once", 150)]
        runs = alternate(programs, lambda _, number: {"round": number}, 3, 1, say=lambda text: None)
        assert (tmp_path / "log").read_text().splitlines() == ["Keras 1", "embed once 1", "embed once 2", "Keras 2", "Keras 3", "embed once 3"]
        assert [r["pairsPerSecond"] for r in runs if r["program"] == "Keras"] == [100, 200, 300]
        assert all(0 < r["first"] < 60 for r in runs)

    def test_others_are_noticed(self, tmp_path):
        if not busy():
            pytest.skip("this system does not say how busy it is")
        run = run_once(fake(tmp_path, "Keras", 1), {"round": 1}, 1)
        assert 0 <= run["others"] <= 1

    def test_java_gets_words_and_peers_get_json(self, tmp_path):
        assert Program("Java", ["java"], {"variant": "all pairs"}, as_json=False).argv({"epochs": [1, 2]}) == [
            "java", "epochs=1,2", "variant=all pairs"]
        assert json.loads(Program("Keras", ["python"]).argv({"epochs": [1, 2]})[1]) == {"epochs": [1, 2]}

    @pytest.mark.parametrize("script, said", [
        ("import sys; sys.exit('no such module: tensorflow')", "no such module: tensorflow"),
        ("print('{\"first\": true}')", "it said nothing"),
        ("raise ValueError('the data is torn')", "the data is torn")])
    def test_failure_is_one_sentence(self, tmp_path, script, said):
        with pytest.raises(Problem) as problem:
            run_once(fake(tmp_path, "Keras", 1, script), {"task": "rate", "round": 1}, 1)
        assert said in str(problem.value) and "Keras failed in the task rate" in str(problem.value)
        assert "\n" not in str(problem.value)

    def test_failure_leaves_the_results_as_they_were(self, tmp_path, place):
        place.mkdir()
        (place / "results.json").write_text(json.dumps({"quick": False, "jmh": [], "rate": {"runs": ["old"]}}))
        broken = fake(tmp_path, "embed once", 1, "import sys; sys.exit('broken')")
        programs = {"Keras": fake(tmp_path, "Keras", 100), "embed once": broken, "all pairs": broken}
        before = (place / "results.json").read_text()
        wanted = bench.Bench(options(keep=True), None, tmp_path, programs, "")
        wanted.values = lambda task, seed: {"task": task, "round": 1}
        with pytest.raises(Problem):
            wanted.measure("rate")
        assert (place / "results.json").read_text() == before
        assert [file.name for file in place.iterdir()] == ["results.json"]

    def test_networks_are_run_by_turns_and_must_be_the_same(self, tmp_path, place):
        script = """
import json, sys
wanted = json.loads(sys.argv[1])
if wanted["task"] == "networks":
    print(json.dumps({"networks": ["colour", "four blocks"]}))
else:
    print(json.dumps({"pairsPerSecond": 5.0, "weights": 7 if wanted["network"] == "colour" else wanted["weights"]}))
"""
        file = tmp_path / "java.py"
        file.write_text(script)
        programs = {name: Program(name, [sys.executable, file], {"weights": weights})
                    for name, weights in (("all pairs", 0), ("embed once", 8), ("two inputs", 9))}
        wanted = bench.Bench(options(rounds=2), None, tmp_path, programs, "")
        wanted.tool = lambda **more: Program("Java", programs["all pairs"].command, more)
        with pytest.raises(Problem, match="four blocks is not the same for all programs"):
            wanted.networks()
        programs["two inputs"].extra["weights"] = 8
        found = [(r["network"], r["round"], r["program"]) for r in wanted.networks()["runs"]]
        assert found[:5] == [("colour", 1, "embed once"), ("colour", 1, "two inputs"), ("colour", 2, "two inputs"),
                             ("colour", 2, "embed once"), ("four blocks", 1, "embed once")] and len(found) == 8

    def test_the_overviews_program_is_judged_after_each_epoch_and_published(self, tmp_path, place, monkeypatch):
        program = """
import json, sys
wanted = json.loads(sys.argv[1])
print(json.dumps({"schedules": [
    {"epochs": e, "seconds": 40.123456 * e, "printed": 0.0125, "distances": f"{wanted['out']}-{e}"}
    for e in wanted["epochs"]]}))
"""
        judge = """
import json, sys
files = open(json.loads(sys.argv[1])["list"]).read().splitlines()
print(json.dumps({"judged": [
    {"equalErrorRate": 0.01 / int(f.split("-")[-1]), "accuracyAtHalf": 0.9875, "bestAccuracy": 0.99} for f in files]}))
"""
        monkeypatch.setattr(bench, "OVERVIEW", tmp_path / "python_overview.csv")
        monkeypatch.setattr(bench, "PUBLISHED", tmp_path / "performance.csv")
        place.mkdir()
        wanted = bench.Bench(options(), None, tmp_path, {"Keras": fake(tmp_path, "Keras", 1, program)}, "Keras 3")
        wanted.tool = lambda: fake(tmp_path, "judge", 1, judge)
        wanted.measure("overview")
        bench.publish(wanted.results, wanted.measured)
        found = list(csv.DictReader((tmp_path / "python_overview.csv").open()))
        assert [r["epochs"] for r in found] == [str(e) for e in range(1, 11)] and found[1]["equalErrorRate"] == "0.005"
        assert [found[0][m] for m in ("seconds", "printed", "bestAccuracy")] == ["40.1235", "0.0125", "0.99"]
        assert "Keras 3" in found[0]["conditions"] and "seed 1" in found[0]["conditions"]
        assert not (tmp_path / "performance.csv").exists() and "distances" not in (place / "results.json").read_text()
        committed = (ROOT / "notebooks" / "python_overview.csv").read_text().splitlines()
        assert committed[0] == ",".join(found[0]) and len(committed) == 11
        with pytest.raises(Problem, match="needs the parts rate"):
            bench.publish(wanted.results, ["overview", "rate"])
        with pytest.raises(Problem, match="overview is a program in Keras"):
            bench.Bench(options(), None, tmp_path, {}, "").overview()

    @pytest.mark.parametrize("part", ["descendants", "people"])
    def test_what_chapter_14_reads_is_published_when_it_is_complete(self, tmp_path, place, monkeypatch, part):
        monkeypatch.setitem(bench.FILES, part, tmp_path / f"{part}.csv")
        monkeypatch.setattr(bench, "PUBLISHED", tmp_path / "performance.csv")
        program = "import json, sys; v = json.loads(sys.argv[1]); open(v['file'], 'a').write('row\\n'); " \
                  "print(json.dumps({'complete': len(open(v['file']).readlines()) == 2}))"
        place.mkdir()
        wanted = bench.Bench(options(), None, tmp_path, {}, "")
        monkeypatch.setattr(bench, "Program", lambda name, command, as_json: fake(tmp_path, name, 1, program))
        wanted.tool = lambda: fake(tmp_path, "Java", 1, program)
        wanted.measure(part)
        with pytest.raises(Problem, match="not complete"):
            bench.publish(wanted.results, wanted.measured)
        assert not (tmp_path / f"{part}.csv").exists()
        wanted.measure(part)
        bench.publish(wanted.results, wanted.measured)
        assert (tmp_path / f"{part}.csv").read_text() == "row\nrow\n" and not (tmp_path / "performance.csv").exists()

    def test_the_neighbours_are_judged_kept_and_published(self, tmp_path, place, monkeypatch):
        asked = searches(monkeypatch, place)
        for name in ("NEIGHBOURS", "PUBLISHED"):
            monkeypatch.setattr(bench, name, tmp_path / f"{name}.csv")
        place.mkdir()
        wanted = bench.Bench(options(), None, tmp_path, {"all pairs": Program("all pairs", ["java", "Bench"])}, "")
        wanted.measure("neighbours")
        searched = [words for words in asked if words[0] not in ("judge", "embed")]
        assert asked[0][:3] == ("embed", "Lucene HNSW", 1_000_000) and len(asked) == 1 + 2 * len(searched)
        assert [words[1:] for words in searched if words[2] == 10_000] == [
            ("NumPy", 10_000, 0, 0), ("FAISS flat", 10_000, 0, 0), ("FAISS HNSW", 10_000, 16, 100), ("Lucene HNSW", 10_000, 16, 100)]
        assert len([words for words in searched if words[2] == 30_000]) == 12 and len(searched) == 7 * 4 + 8
        asked.clear()
        again = bench.Bench(options(keep=True), None, tmp_path, wanted.programs, "")
        again.results["neighbours"]["runs"].pop()  # where it was stopped
        again.measure("neighbours")
        assert asked == [("lucene", "Lucene HNSW", 30_000, 16, 200), ("judge", "NumPy", 30_000, 16, 200)]
        assert again.results["neighbours"] == wanted.results["neighbours"]
        bench.publish(again.results, again.measured)
        found = list(csv.DictReader((tmp_path / "NEIGHBOURS.csv").open()))
        assert len(found) == 2 * len(searched) and not (tmp_path / "PUBLISHED.csv").exists()
        assert [found[-1][m] for m in ("program", "vectors", "megabytes", "list", "recall", "distances")] == [
            "Lucene HNSW", "30000", "3.0", "20", "0.7", "7"]
        assert "FAISS HNSW" in found[0]["conditions"] and "threads: 1" in found[0]["conditions"]
        assert "| Lucene HNSW | 16 | 200 | 30000 | 2.0 | 3.0 | 0 | 20 | 100.0 | 0.7 | 7 | 0.1 |" in figures.markdown(again.results)
        committed = (ROOT / "notebooks" / "neighbours.csv").read_text().splitlines()
        assert committed[0] == ",".join(found[0]) and "Lucene HNSW,16,100,100000," in "\n".join(committed)

    def test_a_quick_look_at_neighbours_is_small(self, tmp_path, place, monkeypatch):
        asked = searches(monkeypatch, place)
        place.mkdir()
        bench.Bench(options(quick=True), None, tmp_path, {"all pairs": Program("all pairs", ["java", "Bench"])}, "").neighbours()
        assert max(words[2] for words in asked) == 3000 and len(asked) == 1 + 2 * 2 * 4

    def test_process_that_hangs_is_ended(self, tmp_path):
        with pytest.raises(Problem):
            run_once(fake(tmp_path, "Keras", 1, "import time; time.sleep(600)"), {"round": 1}, 1, patience=1)

    def test_without_data_one_sentence(self, tmp_path, monkeypatch):
        monkeypatch.setenv("SIAMESE_DATA", str(tmp_path))
        monkeypatch.setenv("SIAMESE_CACHE", str(tmp_path / "cache"))
        with pytest.raises(Problem, match="real MNIST, which is not here; put its four"):
            mnist()


def run(program, number, speed, others=0.0, **more):
    return {"program": program, "round": number, "pairsPerSecond": speed, "imagesPerSecond": 2 * speed, "memory": 100.0, "first": 1.5,
            "others": others, **more}


def schedule(program, seed, epochs, seconds, rate, others=0.0, five=None):
    found = [{"epochs": epochs, "views": 1, "seconds": seconds, "equalErrorRate": rate}]
    if five is not None:
        found.append({"epochs": epochs, "views": 5, "seconds": seconds, "equalErrorRate": five})
    return {"program": program, "seed": seed, "others": others, "first": 1.0, "schedules": found}


class TestOurWayInOthers:
    """What Keras and PyTorch are given when they learn from all pairs of a batch."""

    def test_batches_have_some_digits_and_each_picture_comes_once_before_any_comes_again(self, tmp_path):
        shown = np.arange(600) % 10
        with gzip.open(tmp_path / "train-labels-idx1-ubyte.gz", "wb") as file:
            file.write(struct.pack(">2i", 2049, 600) + shown.astype(np.uint8).tobytes())
        with gzip.open(tmp_path / "train-images-idx3-ubyte.gz", "wb") as file:  # the picture says its number
            file.write(struct.pack(">4i", 2051, 600, 28, 28)
                       + b"".join(bytes([k // 256, k % 256]) + bytes(782) for k in range(600)))
        data = peer.images(tmp_path, "train"), peer.digits(tmp_path, "train")
        batches = list(peer.labelled(*data, {"recipe": "10,12,4e-3,0", "seed": 1}, 2))
        assert len(batches) == 10 and all(np.array_equal(np.bincount(labels), [12] * 10) for _, labels, _ in batches)
        numbers = np.array([np.rint(p[:, 0, 0] * 255) * 256 + np.rint(p[:, 0, 1] * 255) for p, _, _ in batches]).astype(int)
        assert all(np.array_equal(shown[found], labels) for found, (_, labels, _) in zip(numbers, batches))
        assert all(len(set(half.ravel())) == 600 for half in (numbers[:5], numbers[5:]))
        assert [rate for _, _, rate in batches] == pytest.approx([peer.one_cycle(4e-3, (k + 0.5) / 10) for k in range(10)])
        seven = list(peer.labelled(*data, {"recipe": "7,12,4e-3,0", "seed": 1}, 1))
        assert {len(set(labels)) for _, labels, _ in seven} == {7} and len(seven) == 7

    def test_shifted_pictures_are_interpolated(self):
        pictures = np.random.default_rng(1).random((3, 28, 28)).astype(np.float32)
        way = iter([(2.0, -1.0), (0.25, 0.0), (-0.5, 0.5)])
        moved = peer.shifted(pictures, 2, SimpleNamespace(uniform=lambda low, high, size: np.array(list(way))))
        assert np.array_equal(moved[0, 2:, :-1], pictures[0, :-2, 1:]) and not moved[0, :2].any()  # down 2, left 1
        assert moved[1, 5] == pytest.approx(0.75 * pictures[1, 5] + 0.25 * pictures[1, 4])
        assert moved[2, 9, 9] == pytest.approx((pictures[2, 9:11, 8:10]).mean())
        assert peer.shifted(pictures, 0, None) is pictures

    def test_learning_rate_rises_and_falls_once(self):
        rates = [peer.one_cycle(0.004, k / 1000) for k in range(1001)]
        assert rates[0] == pytest.approx(0.004 / 25) and rates[300] == pytest.approx(0.004) and rates[1000] == pytest.approx(4e-7)
        assert rates[150] == pytest.approx(0.004 * 26 / 50)  # half-way up
        assert all(a < b for a, b in zip(rates[:300], rates[1:])) and all(a > b for a, b in zip(rates[300:], rates[301:]))


class TestNearest:
    @pytest.fixture
    def data(self, monkeypatch):
        monkeypatch.setattr(neighbours_peer, "BLOCK", 64)  # the last of three blocks has fewer vectors than are wanted
        random = np.random.default_rng(1)
        return random.random((130, 128), np.float32), random.random((7, 128), np.float32)

    def test_blocks_find_what_sorting_all_distances_finds(self, data):
        vectors, queries = data
        found = neighbours_peer.exact(vectors, (vectors * vectors).sum(1), queries, 10)
        distances = ((queries[:, None].astype(float) - vectors) ** 2).sum(2)
        assert np.array_equal(np.sort(found), np.sort(np.argsort(distances)[:, :10]))
        assert neighbours_peer.distances(vectors, queries, found) == pytest.approx(np.take_along_axis(distances, found, 1))

    def test_recall_is_the_share_of_the_ten_nearest(self, data, tmp_path):
        vectors, queries = data
        vectors[77] = vectors[5]  # as far away as another: either is right
        wanted = {"file": str(tmp_path / "vectors"), "queries": str(tmp_path / "queries"), "vectors": 100,
                  "truth": str(tmp_path / "truth"), "out": str(tmp_path / "found"), "found": []}
        vectors.tofile(wanted["file"])
        queries[:1] = vectors[5]
        queries.tofile(wanted["queries"])
        order = np.argsort(((queries[:, None].astype(float) - vectors[:100]) ** 2).sum(2))
        neighbours_peer.search_numpy(wanted)
        for name, found in (("right", order[:, :10]), ("shifted", order[:, 3:13]), ("of two queries", order[:2, 1:11])):
            found.astype("<i4").tofile(tmp_path / name)
            wanted["found"].append(str(tmp_path / name))
        assert neighbours_peer.judge({**wanted, "found": [wanted["out"], *wanted["found"]]})["recall"] == pytest.approx([1, 1, 0.7, 0.9])


class TestFigures:
    def test_ratios_are_taken_within_a_round(self):
        runs = [run("Keras", 1, 100), run("embed once", 1, 150), run("Keras", 2, 50), run("embed once", 2, 100),
                run("Keras", 3, 10), run("embed once", 3, 10), run("embed once", 4, 999)]
        assert figures.ratios(runs, "embed once", "pairsPerSecond") == (1.5, 1.0, 2.0)
        assert figures.ratios(runs, "PyTorch", "pairsPerSecond") is None

    def test_disturbed_runs_do_not_count_where_there_are_others(self):
        runs = [run("Keras", 1, 100, others=0.4), run("Keras", 2, 200)]
        assert figures.quiet(runs) == runs[1:]
        assert figures.quiet(runs[:1]) == runs[:1]

    def test_interval_over_seeds(self):
        mean, low, high = figures.mean_interval([1.0, 2.0, 3.0])
        assert mean == 2 and high - mean == pytest.approx(4.303 / 3 ** 0.5, rel=1e-6) and mean - low == pytest.approx(high - mean)
        assert str(figures.mean_interval([1.0])) == "(1.0, nan, nan)"

    def test_soonest_good_enough_schedule(self):
        runs = [schedule("Keras", s, 3, 100 + s, rate) for s, rate in ((1, 0.007), (2, 0.0079), (3, 0.02))]
        runs += [schedule("Keras", s, 2, 70, 0.009) for s in (1, 2, 3)]
        rows = figures.schedules(runs)
        assert figures.soonest(rows, "Keras")["epochs"] == 3 and figures.soonest(rows, "Keras")["seconds"] == 102
        assert figures.soonest(rows, "all pairs") is None

    def test_disturbed_seeds_count_for_quality_and_not_for_time(self):
        rows = figures.schedules([schedule("Keras", 1, 3, 100, 0.005), schedule("Keras", 2, 3, 300, 0.007, others=0.5),
                                schedule("Keras", 3, 3, 300, 0.009, others=0.5)])
        assert rows[0]["seconds"] == 100 and rows[0]["median"] == 0.007 and rows[0]["seeds"] == 3


def whole():
    """Results of all parts."""
    return {"machine": MACHINE, "data": "MNIST", "quick": False,
            "rate": {"runs": [run("Keras", 1, 1000), run("embed once", 1, 1500, pictureLoadsPerSecond=3000)],
                     "gemm": {"ND4J": 200.0, "NumPy": 100.0}},
            "quality": {"runs": [schedule("Keras", 1, 3, 100, 0.007), schedule("all pairs", 1, 1, 20, 0.0075)]},
            "best": {"runs": [schedule(OURS, 1, 12, 150, 0.004, five=0.003), schedule(OURS, 2, 12, 150, 0.003, five=0.002)]},
            "scaling": {"images": [{"images": 1000, "embedSeconds": 0.1, "trainSeconds": 0.4, "memory": 300.0}],
                        "pairs": [{"images": 60000, "dimensions": 128, "pairs": 1799970000, "seconds": 12.0, "bins": 1048576,
                                   "equalErrorRate": 0.0071, "equalErrorRateError": 1e-7, "auc": 0.999, "aucError": 1e-9, "memory": 900.0}],
                        "dimensions": [], "threads": [{**run("embed once", 1, 900), "threads": 1}]},
            "networks": {"runs": [{**run("Keras", 1, 400), "network": "colour"},
                                  {**run("Keras, once", 1, 600), "network": "colour", "pictures": 93.4},
                                  {**run("embed once", 1, 500), "network": "colour"},
                                  {**run("two inputs", 1, 300), "network": "colour"},
                                  {**run("embed once", 1, 100), "network": "strokes"}]},
            "jmh": [{"name": "DataBenchmark.readIdx", "score": 8.5, "error": 0.2}],
            "footprint": {"kernel": 700.0, "server": 200.0, "total": 900.0, "first": 3.2}}


class TestShowing:
    def test_markdown_has_what_was_measured(self):
        text = figures.markdown(whole())
        assert "| embed once | 1,500 | 1.50 (1.50 to 1.50) | 3,000 | 3,000 | 1.50 (1.50 to 1.50) | 100 | 1.5 |" in text
        assert "Soonest: all pairs after 20.0 s, Keras after 100.0 s: 0.20 of its time." in text
        assert "| supervised contrastive | 12 | 2 | 150 | 0.0035 | -0.0029 to 0.0099 |" in text
        assert "| supervised contrastive, 5 views | 12 | 2 | 150 | 0.0025 | -0.0039 to 0.0089 |" in text
        assert "1,799,970,000 | 128 | 12.00 | 150 |" in text
        assert "900 MiB together; first result 3.2 s" in text
        assert "| colour | 400 | 93 | 1.25 (1.25 to 1.25) | 1.50 (1.50 to 1.50) | 0.75 (0.75 to 0.75) |" in text
        assert "| strokes |  |  |  |  |  |" in text
        assert "quick run" not in text and "quick run" in figures.markdown({**whole(), "quick": True})

    def test_any_part_alone_can_be_shown(self):
        for part in ("rate", "quality", "best", "scaling", "jmh", "footprint", "networks"):
            some = {k: v for k, v in whole().items() if k in ("machine", "data", "quick", part)}
            assert figures.markdown(some).startswith("# Benchmark") and figures.as_csv(some)

    def test_published_table(self):
        found = list(csv.DictReader(io.StringIO(figures.as_csv(whole()))))
        assert {r["part"] for r in found} == {"machine", "data", "rate", "gemm", "quality", "best", "images", "pairs", "threads", "jmh", "footprint",
                                              "networks", "conditions"}
        assert [r["value"] for r in found if r["program"] == "embed once" and r["measure"] == "pairsPerSecond" and r["part"] == "rate"] == ["1500"]
        assert [r["value"] for r in found if r["program"] == "supervised contrastive, 5 views" and r["measure"] == "equalErrorRate"] == ["0.003", "0.002"]

    def test_parts_that_are_measured_apart_replace_their_runs_in_the_published_table(self):
        old = figures.as_csv({**whole(), "ten": {"runs": [schedule("Keras", seed, 1, 40, 0.01) for seed in (1, 2)]}})
        new = {**whole(), "rate": {"runs": [run("Keras", 1, 7)], "gemm": {}},
               "ten": {"runs": [schedule("Keras", seed, 1, 80, 0.02, others=0.1 * seed) for seed in (2, 3)]}}
        found = list(csv.DictReader(io.StringIO(figures.with_parts(old, new, ["ten"]))))
        rates = {r["run"]: r["value"] for r in found if r["part"] == "ten" and r["measure"] == "equalErrorRate"}
        assert rates == {"1": "0.01", "2": "0.02", "3": "0.02"}
        assert [r["setting"].split("took ")[1] for r in found if r["part"] == "conditions" and r["program"] == "ten"] == [
            "0% of the machine at the median, 0% at most", "25% of the machine at the median, 30% at most"]  # run 1 is of the old
        assert [r["value"] for r in found if r["part"] == "rate" and r["measure"] == "pairsPerSecond"] == ["1000", "1500"]
        assert len(found) == len(list(csv.DictReader(io.StringIO(old)))) + 4

    def test_share_of_the_peak_counts_what_training_needs(self):
        assert figures.FORWARD == pytest.approx(5.3e6, rel=0.05)  # FLOP an image, as the design has it
        assert figures.share_of_peak([run("Keras", 1, 100)], {"ND4J": 200 * figures.TRAINING / 1e9}) == "100%"


class TestCommand:
    def test_lists(self):
        parse = bench.arguments().parse_args
        assert parse(["--seeds", "1-3,7"]).seeds == [1, 2, 3, 7]
        assert parse(["--only", "rate,jmh"]).only == ["rate", "jmh"]
        assert set(bench.PARTS) == set(parse(["--only", ",".join(bench.PARTS)]).only)

    def test_the_launcher_hands_them_through(self):
        said = lambda *words: subprocess.run([sys.executable, ROOT / "course.py", "bench", *words], capture_output=True, text=True,  # noqa: E731
                                             encoding="utf-8")
        assert "--best-recipe" in said("--help").stdout
        refused = said("--quick", "--publish")
        assert refused.returncode == 1 and refused.stderr == "course.py: a quick run is too short to be published; leave --quick out.\n"

    @pytest.mark.parametrize("wrong", [["--only", "speed"], ["--peers", "jax"], ["--seeds", "all"]])
    def test_wrong_words_are_named(self, wrong, capsys):
        with pytest.raises(SystemExit):
            bench.arguments().parse_args(wrong)
        assert wrong[1] in capsys.readouterr().err
