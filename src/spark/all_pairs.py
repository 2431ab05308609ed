"""All pairs of points, counted by distance with NumPy: what chapter 11 compares Java and Spark with.

    python all_pairs.py POINTS BINS MAX_DISTANCE

POINTS holds two numbers of 4 bytes, n and d, n labels of 4 bytes, and d rows of n numbers in single precision, all little
endian: the first component of every point, then the second, and so on. Prints seconds (reading not counted), similar pairs,
dissimilar pairs, equal error rate at the edges of the bins, NumPy's version and the peak memory in MB.

Squared distances come from a matrix product, |a|² + |b|² − 2ab, as is usual in NumPy, so that they differ from those of
DistanceHistogram in the last digits.
"""
import sys
import time

import numpy as np

ROWS = 1000


def count(points, labels, bins, largest):
    """Two histograms, of the similar and of the dissimilar pairs."""
    histograms = np.zeros((2, bins), dtype=np.int64)
    squares = np.einsum("ij,ij->i", points, points)
    scale = np.float32(bins / largest)
    n = len(points)
    for a in range(0, n, ROWS):
        rows = slice(a, min(a + ROWS, n))
        for b in range(a, n, ROWS):
            columns = slice(b, min(b + ROWS, n))
            distances = points[rows] @ points[columns].T
            distances *= -2
            distances += squares[rows, None]
            distances += squares[columns]
            np.maximum(distances, 0, out=distances)
            np.sqrt(distances, out=distances)
            distances *= scale
            bin_of = np.minimum(distances, bins - 1).astype(np.int32)
            similar = labels[rows, None] == labels[columns]
            if a == b:
                above = np.triu(np.ones(similar.shape, dtype=bool), 1)
                histograms[0] += np.bincount(bin_of[similar & above], minlength=bins)
                histograms[1] += np.bincount(bin_of[~similar & above], minlength=bins)
            else:
                histograms[0] += np.bincount(bin_of[similar], minlength=bins)
                histograms[1] += np.bincount(bin_of[~similar], minlength=bins)
    return histograms


def equal_error_rate(histograms):
    false_rejects = 1 - np.cumsum(histograms[0]) / histograms[0].sum()
    false_accepts = np.cumsum(histograms[1]) / histograms[1].sum()
    edge = np.argmax(false_accepts >= false_rejects)
    return (false_accepts[edge] + false_rejects[edge]) / 2


def peak_memory():
    try:
        import resource
    except ImportError:  # Windows
        return 0
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // (1 << 20 if sys.platform == "darwin" else 1 << 10)


def main(path, bins, largest):
    with open(path, "rb") as file:
        n, d = np.fromfile(file, dtype="<i4", count=2)
        labels = np.fromfile(file, dtype="<i4", count=n)
        points = np.ascontiguousarray(np.fromfile(file, dtype="<f4", count=n * d).reshape(d, n).T)
    began = time.perf_counter()
    histograms = count(points, labels, int(bins), float(largest))
    seconds = time.perf_counter() - began
    print(seconds, *histograms.sum(axis=1), equal_error_rate(histograms), np.__version__, peak_memory())


if __name__ == "__main__":
    main(*sys.argv[1:])
