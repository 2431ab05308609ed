"""Networks that Java wrote as ONNX, read by others: the checker, and ONNX Runtime, whose embeddings are to equal ours."""
import subprocess

import numpy as np
import onnx
import onnxruntime
import pytest

from conftest import ROOT
from course import children, machine, setup

NAMES = ["overview", "five-views", "cosine", "faces", "twin-1993", "twin-1993-sequence", "colour", "paddings", "dilations",
         "activations"]


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
    assert session.run(None, {"input": examples[:0]})[0].shape == (0, ours.shape[1]) or name == "five-views"
