"""What the peers share: the data and pairs that the Java side uses, and how results are told.

A peer is started as  PEER.py '{"task": "rate", …}'  and prints lines of JSON: {"first": true} as soon as the first batch was
learned, and at its end one object with what it measured. bench.py reads them.
"""
import gzip
import json
import struct
import sys
import time
from pathlib import Path

import numpy as np

BATCH = 128  # pairs


def order() -> dict:
    """What bench.py wants done."""
    return json.loads(sys.argv[1])


def tell(**values) -> None:
    print(json.dumps(values), flush=True)


def images(folder: str, name: str) -> np.ndarray:
    """The pictures of one of MNIST's files as float32 of shape [n, 28, 28], 0 to 1."""
    with gzip.open(Path(folder) / f"{name}-images-idx3-ubyte.gz") as file:
        _, n, rows, columns = struct.unpack(">4i", file.read(16))
        return np.frombuffer(file.read(), np.uint8).reshape(n, rows, columns).astype(np.float32) / 255


def pairs(file: str) -> np.ndarray:
    """Pairs that the Java side wrote: rows of first, second, and 1 for similar, as int32."""
    return np.fromfile(file, ">i4").reshape(-1, 3).astype(np.int32)


def memory() -> float | None:
    """The highest resident memory of this process so far, in MiB."""
    try:
        return next(int(line.split()[1]) / 1024 for line in open("/proc/self/status") if line.startswith("VmHWM"))
    except OSError:
        return None


class Clock:
    """Seconds of the batches that count: those after the first few."""

    def __init__(self, discard: int):
        self.discard, self.batches, self.began, self.ended = discard, 0, None, None

    def batch(self) -> None:
        """One more batch was learned."""
        self.batches += 1
        if self.batches == 1:
            tell(first=True)
        self.ended = time.perf_counter()
        if self.batches == self.discard:
            self.began = self.ended

    def seconds(self) -> float:
        return self.ended - self.began

    def pairs_per_second(self) -> float:
        return (self.batches - self.discard) * BATCH / self.seconds()


def per_second(run, count: int, seconds: float = 2.0, clock=time.perf_counter) -> float:
    """How many of count things a second, after one run that does not count."""
    run()
    began, done = clock(), 0
    while clock() - began < seconds:
        run()
        done += count
    return done / (clock() - began)


def quality(wanted: dict, learn, embed, says=dict) -> None:
    """Learns epoch after epoch and tells, for each number of epochs that is asked for, the training time so far, the
    file with the test pairs' distances then, and what else says() has to say. learn() is one epoch; embed gets pictures
    of shape [n, 28, 28]."""
    test, judged, seconds, results = images(wanted["mnist"], "t10k"), pairs(wanted["test"]), 0.0, []
    for epoch in range(1, max(wanted["epochs"]) + 1):
        began = time.perf_counter()
        learn()
        seconds += time.perf_counter() - began
        if epoch == 1:
            tell(first=True)
        if epoch in wanted["epochs"]:
            e = embed(test)
            file = f"{wanted['out']}-{epoch}.distances"
            np.linalg.norm(e[judged[:, 0]] - e[judged[:, 1]], axis=1).astype(">f4").tofile(file)
            results.append({"epochs": epoch, "seconds": seconds, "distances": file, **says()})
    tell(schedules=results, memory=memory())


def gemm(multiply) -> float:
    """GFLOP/s of the best of some products of two 2048 × 2048 matrices."""
    multiply()
    best = 0.0
    for _ in range(12):
        began = time.perf_counter()
        multiply()
        best = max(best, 2 * 2048 ** 3 / (time.perf_counter() - began) / 1e9)
    return best
