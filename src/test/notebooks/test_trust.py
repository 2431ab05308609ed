"""The same numbers from everywhere: a plain Java process, IJava, JJava, and metrics worked out again in Python."""
import csv
import math
import re
import subprocess
import sys

import nbformat
import pytest

from course import children, machine, setup
from conftest import ROOT, code_cells, java_notebook
from test_jjava import jjava  # noqa: F401 (a fixture)

IMPORTS = """import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import siamese.data.LabeledImages;
import siamese.data.Pairs;
import siamese.evaluation.VerificationReport;
import siamese.model.SiameseNetwork;
"""
TRAINING = """SplittableRandom random = new SplittableRandom(1);
byte[] pixels = new byte[4 * 30 * 784];
int[] labels = new int[4 * 30];
for (int p = 0; p < pixels.length; p++) {
    labels[p / 784] = p / 784 % 4;
    pixels[p] = (byte) ((p % 784 / 196 == labels[p / 784] ? 30 : 0) + random.nextInt(220));
}
LabeledImages images = new LabeledImages("stripes", 28, 28, 4, pixels, labels);
Pairs pairs = Pairs.create(images, 1);
SiameseNetwork network = SiameseNetwork.overview(2);
network.fit(pairs, null, 1, 64);
double[] distances = network.distances(pairs);
VerificationReport report = VerificationReport.of(pairs, distances);
System.out.println("weights " + Arrays.hashCode(network.graph().params().toFloatVector())
    + ", auc " + report.auc() + ", equal error rate " + report.equalErrorRate() + ", best accuracy " + report.bestAccuracy() + ".");
"""
EXPORT = """StringBuilder rows = new StringBuilder();
for (double[] e : network.embed(images, IntStream.range(0, images.size()).toArray())) {
    rows.append("embedding,").append(Arrays.toString(e).replaceAll("[\\\\[\\\\] ]", "")).append("\\n");
}
for (int p = 0; p < pairs.size(); p++) {
    rows.append("pair," + pairs.first()[p] + "," + pairs.second()[p] + "," + pairs.similar()[p] + "," + distances[p] + "\\n");
}
for (int k = 0; k < report.thresholds().length; k++) {
    rows.append("roc," + report.falseAcceptRates()[k] + "," + report.trueAcceptRates()[k] + "\\n");
}
Files.writeString(Path.of(args[0]), rows);
"""


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    """The training in a Java process of its own: what it printed, and the rows that it wrote."""
    folder = tmp_path_factory.mktemp("plain")
    source = folder / "Plain.java"
    source.write_text(f"{IMPORTS}class Plain {{\npublic static void main(String[] args) throws Exception {{\n{TRAINING}{EXPORT}}}\n}}\n",
                      encoding="utf-8")
    done = subprocess.run([machine.find_java(), *setup.JVM_FLAGS, *setup.MEMORY, "-cp", setup.class_path(), source, folder / "out.csv"],
                          capture_output=True, text=True, encoding="utf-8", env=children.environment(), timeout=600)
    assert done.returncode == 0, done.stderr
    with open(folder / "out.csv", encoding="utf-8", newline="") as file:
        return done.stdout.strip(), list(csv.reader(file))


def numbers(printed):
    return re.search(r"weights -?\d+, auc [\d.]+, equal error rate [\d.E-]+, best accuracy [\d.]+\.", printed).group(0)


def in_notebook(tmp_path, env):
    source, target = tmp_path / "n.ipynb", tmp_path / "out.ipynb"
    nbformat.write(java_notebook(IMPORTS, TRAINING), source)
    done = subprocess.run([sys.executable, ROOT / "src/launcher/notebooks.py", source, target], capture_output=True, text=True,
                          encoding="utf-8", env=env, timeout=600)
    assert done.returncode == 0, done.stderr
    return "".join("".join(o.get("text", "")) for cell in code_cells(nbformat.read(target, as_version=4)) for o in cell["outputs"])


def test_ijava_gives_the_numbers_of_plain_java(plain, tmp_path):
    assert numbers(in_notebook(tmp_path, children.environment())) == numbers(plain[0])


def test_jjava_gives_the_numbers_of_plain_java(plain, tmp_path, jjava):  # noqa: F811
    assert numbers(in_notebook(tmp_path, children.environment("jjava"))) == numbers(plain[0])


def test_python_finds_the_same_roc_from_the_embeddings(plain):
    rows = {kind: [row[1:] for row in plain[1] if row[0] == kind] for kind in ("embedding", "pair", "roc")}
    embeddings = [[float(x) for x in row] for row in rows["embedding"]]
    pairs = []
    for first, second, similar, distance in rows["pair"]:
        ours = math.dist(embeddings[int(first)], embeddings[int(second)])
        assert ours == pytest.approx(float(distance), abs=1e-12)
        pairs.append((float(distance), similar == "true"))
    positives = sum(similar for _, similar in pairs)
    negatives = len(pairs) - positives
    curve = [(0.0, 0.0)]
    for threshold in sorted({distance for distance, _ in pairs}):
        accepted = [similar for distance, similar in pairs if distance <= threshold]
        curve.append(((len(accepted) - sum(accepted)) / negatives, sum(accepted) / positives))
    assert [float(x) for row in rows["roc"] for x in row] == pytest.approx([x for point in curve for x in point], abs=1e-12)
    auc = sum((b[0] - a[0]) * (a[1] + b[1]) / 2 for a, b in zip(curve, curve[1:]))
    a, b = next((a, b) for a, b in zip(curve, curve[1:]) if b[0] >= 1 - b[1])
    part = (1 - a[1] - a[0]) / (b[0] - a[0] + b[1] - a[1])
    best = max((true * positives + (1 - false) * negatives) / len(pairs) for false, true in curve)
    assert 0.01 < a[0] + part * (b[0] - a[0]) < 0.5, "neither perfect nor useless, so that there is something to compare"
    found = [float(x) for x in re.findall(r"(?:auc|rate|accuracy) ([\d.E-]+\d)", numbers(plain[0]))]
    assert found == pytest.approx([auc, a[0] + part * (b[0] - a[0]), best], abs=1e-9)


def test_every_python_package_is_pinned_by_hash():
    for path in (ROOT / "binder/requirements.txt", ROOT / "src/test/requirements.txt", ROOT / "src/launcher/jjava.txt",
                 ROOT / "src/spark/requirements.txt", ROOT / "src/bench/neighbours.txt"):
        lines = [line for line in path.read_text(encoding="utf-8").replace("\\\n", " ").splitlines() if line.strip() and not line.startswith("#")]
        packages = [line for line in lines if not line.lstrip().startswith(("#", "-r ", "--"))]
        assert packages and [line for line in packages if "==" not in line or "--hash=sha256:" not in line] == [], path


def test_nothing_is_fetched_at_run_time_but_data():
    """No notebook, and nothing in the library but its download of data, opens a connection."""
    opens = re.compile(r"openConnection|openStream|HttpClient|URLClassLoader|new URL\(|%maven|%jars|%loadFromPOM|Runtime\.getRuntime\(\)\.exec|ProcessBuilder")
    found = [path.relative_to(ROOT) for path in sorted((ROOT / "src/main").rglob("*.java")) if opens.search(path.read_text(encoding="utf-8"))]
    assert [path.name for path in found] == ["DataFolder.java"]
    for path in (ROOT / "notebooks").rglob("*.ipynb"):
        if ".ipynb_checkpoints" not in path.parts:
            code = "\n".join("".join(cell["source"]) for cell in code_cells(nbformat.read(path, as_version=4)))
            assert not opens.search(code), path
