"""What the peers share: the data, pairs and recipes that the Java side uses, and how results are told.

A peer is started as  PEER.py '{"task": "rate", …}'  and prints lines of JSON: {"first": true} as soon as the first batch was
learned, and at its end one object with what it measured. bench.py reads them.
"""
import gzip
import json
import math
import struct
import sys
import time
from concurrent.futures import ThreadPoolExecutor
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


def digits(folder: str, name: str) -> np.ndarray:
    """What the pictures of one of MNIST's files show, 0 to 9, as int32."""
    with gzip.open(Path(folder) / f"{name}-labels-idx1-ubyte.gz") as file:
        return np.frombuffer(file.read()[8:], np.uint8).astype(np.int32)


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
    distances, seconds, results = judge(wanted), 0.0, []
    for epoch in range(1, max(wanted["epochs"]) + 1):
        began = time.perf_counter()
        learn()
        seconds += time.perf_counter() - began
        if epoch == 1:
            tell(first=True)
        if epoch in wanted["epochs"]:
            results.append({"epochs": epoch, "seconds": seconds, "distances": distances(epoch, embed), **says()})
    tell(schedules=results, memory=memory())


def cycles(wanted: dict, begin) -> None:
    """Trains a new network on all pairs of batches for each number of epochs that is asked for, one cycle of the learning
    rate each, and tells the same. begin() gives a new network's step and embed; step gets pictures [n, 28, 28], what
    they show, and the learning rate."""
    train, labels = images(wanted["mnist"], "train"), digits(wanted["mnist"], "train")
    distances, results = judge(wanted), []
    for epochs in wanted["epochs"]:
        step, embed = begin()
        began = time.perf_counter()
        for number, batch in enumerate(labelled(train, labels, wanted, epochs)):
            step(*batch)
            if number == 0 and not results:
                tell(first=True)
        seconds = time.perf_counter() - began
        results.append({"epochs": epochs, "seconds": seconds, "distances": distances(epochs, embed)})
    tell(schedules=results, memory=memory())


def judge(wanted: dict):
    """What writes the test pairs' distances after so many epochs, of a network's embed, and gives the file's name."""
    test, judged = images(wanted["mnist"], "t10k"), pairs(wanted["test"])

    def distances(epochs: int, embed) -> str:
        e, file = embed(test), f"{wanted['out']}-{epochs}.distances"
        np.linalg.norm(e[judged[:, 0]] - e[judged[:, 1]], axis=1).astype(">f4").tofile(file)
        return file

    return distances


def labelled(train: np.ndarray, labels: np.ndarray, wanted: dict, epochs: int):
    """Our recipe for all pairs, as Batches.OfClasses and OneCycle have it: for each step the shifted pictures of some
    digits, as many of each, what they show, and the learning rate. Another thread prepares the next batch."""
    classes, each, peak, shift = (kind(word) for kind, word in zip((int, int, float, float), wanted["recipe"].split(",")))
    random = np.random.default_rng(wanted["seed"])
    members = [random.permutation(np.flatnonzero(labels == digit)) for digit in range(10)]
    taken = [0] * 10
    steps = epochs * round(len(train) / (classes * each))

    def draw(digit: int) -> np.ndarray:
        """The next ones of a digit; in a new order when all had their turn."""
        if taken[digit] + each > len(members[digit]):
            rest = members[digit][taken[digit]:]
            members[digit] = np.concatenate([rest, random.permutation(np.setdiff1d(members[digit], rest))])
            taken[digit] = 0
        taken[digit] += each
        return members[digit][taken[digit] - each:taken[digit]]

    def batch(number: int):
        chosen = np.concatenate([draw(digit) for digit in random.permutation(10)[:classes]])
        return shifted(train[chosen], shift, random), labels[chosen], one_cycle(peak, (number + 0.5) / steps)

    with ThreadPoolExecutor(1) as other:
        following = other.submit(batch, 0)
        for number in range(1, steps + 1):
            ready = following.result()
            following = other.submit(batch, number) if number < steps else None
            yield ready


def shifted(pictures: np.ndarray, most: float, random) -> np.ndarray:
    """Each picture moved by up to so many pixels to the side and down, what lies between two pixels as their mean."""
    if most == 0:
        return pictures
    n, rows, columns = pictures.shape
    edge = math.ceil(most) + 1
    padded, moved = np.pad(pictures, ((0, 0), (edge, edge), (edge, edge))), np.empty_like(pictures)
    for picture, new, (down, right) in zip(padded, moved, edge - random.uniform(-most, most, (n, 2))):
        top, left = int(down), int(right)
        y, x = down - top, right - left
        part = picture[top:top + rows + 1, left:left + columns + 1]
        lines = (1 - y) * part[:-1] + y * part[1:]
        new[:] = (1 - x) * lines[:, :-1] + x * lines[:, 1:]
    return moved


def one_cycle(peak: float, done: float) -> float:
    """The learning rate when a share of the steps is done: up from peak/25 for 30 % of them, then down to peak/10,000."""
    start, end, share = (peak / 25, peak, done / 0.3) if done < 0.3 else (peak, peak / 10_000, (done - 0.3) / 0.7)
    return end + (start - end) * (1 + math.cos(math.pi * share)) / 2


def gemm(multiply) -> float:
    """GFLOP/s of the best of some products of two 2048 × 2048 matrices."""
    multiply()
    best = 0.0
    for _ in range(12):
        began = time.perf_counter()
        multiply()
        best = max(best, 2 * 2048 ** 3 / (time.perf_counter() - began) / 1e9)
    return best
