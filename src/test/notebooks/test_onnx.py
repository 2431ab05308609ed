"""Networks that Java wrote as ONNX, read by others: the checker, and ONNX Runtime, whose embeddings are to equal ours."""
import gzip
import json
import os
import re
import subprocess
import sys

import numpy as np
import onnx
import onnxruntime
import pytest

from conftest import ROOT
from course import children, machine, setup

NAMES = ["overview", "five-views", "cosine", "faces", "twin-1993", "twin-1993-sequence", "colour", "paddings", "dilations",
         *(f"activation-{kind}" for kind in ["ReLU", "TanH", "Sigmoid", "SoftPlus", "ELU", "LReLU", "GELU", "GELU-precise", "Swish",
                                             "Cube", "SELU", "SoftSign"])]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Each network as name.onnx, 1,000 examples as name.in and our embeddings of them as name.out."""
    place = tmp_path_factory.mktemp("onnx")
    done = subprocess.run([machine.find_java(), *setup.JVM_FLAGS, *setup.MEMORY, "-cp", setup.class_path(),
                           ROOT / "src/test/notebooks/ExportNetworks.java", place],
                          capture_output=True, text=True, encoding="utf-8", env=children.environment(), timeout=900)
    assert done.returncode == 0, done.stderr
    return place


def run(folder, name):
    session = onnxruntime.InferenceSession(folder / f"{name}.onnx", providers=["CPUExecutionProvider"])
    [given], [made] = session.get_inputs(), session.get_outputs()
    assert (given.name, made.name, given.shape[0], made.shape[0]) == ("input", "embedding", "batch", "batch")
    examples = np.fromfile(folder / f"{name}.in", "<f4").reshape(1000, *given.shape[1:])
    return session, examples, np.fromfile(folder / f"{name}.out", "<f4").reshape(1000, made.shape[1])


@pytest.mark.parametrize("name", NAMES)
def test_onnx_runtime_gives_our_embeddings(folder, name):
    onnx.checker.check_model(folder / f"{name}.onnx", full_check=True)
    session, examples, ours = run(folder, name)
    theirs = session.run(["embedding"], {"input": examples})[0]
    assert theirs.shape == ours.shape
    assert (theirs.std(axis=0) > 1e-4).sum() >= 1, "embeddings that are all alike would agree whatever the graph"
    difference = np.abs(theirs - ours).max()
    print(f"Figure: {name}: ONNX Runtime's embeddings differ by at most {difference:.1e}, their largest number is {np.abs(ours).max():.2f}")
    assert difference < 1e-5


@pytest.mark.parametrize("name", ["overview", "five-views", "twin-1993-sequence"])
def test_a_batch_has_any_size(folder, name):
    session, examples, ours = run(folder, name)
    for size in (1, 2, 7):
        assert np.abs(session.run(None, {"input": examples[:size]})[0] - ours[:size]).max() < 1e-5


def test_the_metadata_say_how_to_decide(folder):
    session, _, _ = run(folder, "five-views")
    model = session.get_modelmeta()
    said = model.custom_metadata_map
    assert model.producer_name == "siamese-networks-java"
    assert float(said["threshold"]) == 0.5
    assert said["distance"].startswith("Euclidean") and said["views"].startswith("5") and said["fingerprint"]
    assert run(folder, "cosine")[0].get_modelmeta().custom_metadata_map["threshold"] == "none given"


def test_the_python_of_chapter_04_compares_two_pictures(folder, tmp_path):
    cells = json.loads((ROOT / "notebooks/04_training.ipynb").read_text(encoding="utf-8"))["cells"]
    text = next(text for text in ("".join(cell["source"]) for cell in cells) if "import onnxruntime" in text)
    program = re.search(r"```\n(.*?)```", text, re.DOTALL).group(1)
    (tmp_path / "network.onnx").write_bytes((folder / "overview.onnx").read_bytes())
    _, examples, ours = run(folder, "overview")
    pixels = np.rint(examples * 255).astype(np.uint8)
    assert np.abs(pixels / 255 - examples).max() < 1e-6
    with gzip.open(tmp_path / "t10k-images-idx3-ubyte.gz", "wb") as file:
        file.write(bytes(16) + pixels.tobytes())
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, encoding="utf-8", timeout=120)
    assert done.returncode == 0, done.stderr
    distance, answer = done.stdout.strip().split(" ", 1)
    wanted = np.sqrt(((ours[0] - ours[1]) ** 2).sum())
    assert float(distance) == pytest.approx(wanted, abs=1e-5) and wanted > 0
    assert answer == ("the same" if wanted <= 0.5 else "different")


@pytest.mark.skipif(not os.environ.get("SIAMESE_LONG"), reason="fetches ONNX Runtime for Java, 75 MB that nothing else needs; test --long does")
def test_onnx_runtime_for_java_gives_our_embeddings_too(folder):
    jars = ROOT / "target" / "onnxruntime-java"
    java = machine.find_java()
    done = subprocess.run([*setup.maven(), "-B", "-q", "dependency:copy", "-Dartifact=com.microsoft.onnxruntime:onnxruntime:1.23.2",
                           f"-DoutputDirectory={jars}"], cwd=ROOT, capture_output=True, text=True, encoding="utf-8",
                          env=dict(children.environment(), JAVA_HOME=str(java.parents[1])), timeout=900)
    assert done.returncode == 0, done.stdout + done.stderr
    done = subprocess.run([java, "-cp", f"{jars}/*", ROOT / "src/test/notebooks/RunOnnx.java", folder, *NAMES], capture_output=True,
                          text=True, encoding="utf-8", timeout=900)
    assert done.returncode == 0, done.stderr
    for name in NAMES:
        _, _, ours = run(folder, name)
        difference = np.abs(np.fromfile(folder / f"{name}.java", "<f4").reshape(ours.shape) - ours).max()
        print(f"Figure: {name}: the embeddings of ONNX Runtime for Java differ by at most {difference:.1e}")
        assert difference < 1e-5, name
