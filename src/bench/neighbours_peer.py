"""What Lucene's graph is compared with, on the same embeddings and queries: exact search in NumPy, and FAISS, exact and as
a graph. bench.py starts it as  neighbours_peer.py '{"task": "numpy", …}'  and reads the JSON that it tells at its end. Seconds
are those of processor time, as on the Java side, so that it matters less what else the machine does.
"""
import time

import numpy as np

from peer import memory, order, per_second, tell

DIMENSIONS, NEAREST, BLOCK = 128, 10, 8192
TIMED = 1.0, time.process_time  # how long, and by which clock


def vectors(file: str, most: int = -1) -> np.ndarray:
    """The first embeddings of a file, or all."""
    return np.fromfile(file, "<f4", most * DIMENSIONS if most > 0 else -1).reshape(-1, DIMENSIONS)


def exact(all_vectors: np.ndarray, squares: np.ndarray, queries: np.ndarray, k: int) -> np.ndarray:
    """The k nearest of each query, from blocks of a matrix product, in no order: ‖v‖² − 2 q·v orders as the distance does."""
    nearest = np.full((len(queries), k), np.inf, np.float32), np.zeros((len(queries), k), np.int32)
    for start in range(0, len(all_vectors), BLOCK):
        block = all_vectors[start:start + BLOCK]
        scores = queries @ (-2 * block.T)
        scores += squares[start:start + BLOCK]
        some = np.argpartition(scores, k, axis=1)[:, :k] if len(block) > k else np.tile(np.arange(len(block)), (len(queries), 1))
        values = np.hstack([nearest[0], np.take_along_axis(scores, some, 1)])
        indices = np.hstack([nearest[1], (some + start).astype(np.int32)])
        best = np.argpartition(values, k - 1, axis=1)[:, :k]
        nearest = np.take_along_axis(values, best, 1), np.take_along_axis(indices, best, 1)
    return nearest[1]


def distances(all_vectors: np.ndarray, queries: np.ndarray, indices: np.ndarray) -> np.ndarray:
    """Squared distances by their definition, in double precision."""
    return ((all_vectors[indices].astype(float) - queries[:, None].astype(float)) ** 2).sum(2)


def search_numpy(wanted: dict) -> dict:
    """Queries in blocks and one at a time; and how far the tenth nearest is, chosen anew from more than ten."""
    data, queries = vectors(wanted["file"], wanted["vectors"]), vectors(wanted["queries"])
    squares = (data * data).sum(1)
    found = exact(data, squares, queries, 3 * NEAREST)
    np.partition(distances(data, queries, found), NEAREST - 1, axis=1)[:, NEAREST - 1].tofile(wanted["truth"])

    def one():
        query = queries[one.next % len(queries)]
        one.next += 1
        scores = squares - 2 * (data @ query)
        return np.argpartition(scores, NEAREST)[:NEAREST]

    one.next = 0
    some = queries[:256]  # as many at a time
    exact(data, squares, some, NEAREST).astype("<i4").tofile(wanted["out"])
    return {"version": f"NumPy {np.__version__}", "build": 0, "indexBytes": data.nbytes + squares.nbytes, "lists": [
        {"list": 0, "way": f", {way}", "queriesPerSecond": per_second(run, size, *TIMED), "distances": len(data), "found": wanted["out"]}
        for way, size, run in (("in blocks", len(some), lambda: exact(data, squares, some, NEAREST)), ("one by one", 1, one))]}


def search_faiss(wanted: dict) -> dict:
    """The flat index, which is exact, or a graph with as many connections and as long lists as Lucene's."""
    import faiss
    faiss.omp_set_num_threads(wanted["threads"])
    data, queries = vectors(wanted["file"], wanted["vectors"]), vectors(wanted["queries"])
    flat = not wanted.get("connections")
    index = faiss.IndexFlatL2(DIMENSIONS) if flat else faiss.IndexHNSWFlat(DIMENSIONS, wanted["connections"])
    if not flat:
        index.hnsw.efConstruction = wanted["beam"]
    began = time.process_time()
    index.add(data)
    build, runs, peak = time.process_time() - began, [], memory()
    for size in [0] if flat else wanted["lists"]:
        count = len(data)
        if not flat:
            index.hnsw.efSearch = size
            faiss.cvar.hnsw_stats.reset()
        found = index.search(queries, NEAREST)[1]
        if not flat:
            count = faiss.cvar.hnsw_stats.ndis / len(queries)
        out = f"{wanted['out']}-{size}"
        found.astype("<i4").tofile(out)
        runs.append({"list": size, "distances": count, "found": out,
                     "queriesPerSecond": per_second(lambda: index.search(queries, NEAREST), len(queries), *TIMED)})
    return {"version": f"FAISS {faiss.__version__}", "build": build, "memory": peak, "lists": runs,
            "indexBytes": faiss.serialize_index(index).nbytes}


def judge(wanted: dict) -> dict:
    """The share of the ten nearest that was found: those as near as the tenth nearest or nearer."""
    data, queries = vectors(wanted["file"], wanted["vectors"]), vectors(wanted["queries"])
    limit = np.fromfile(wanted["truth"])[:, None] * (1 + 1e-9)
    recall = []
    for file in wanted["found"]:
        found = np.fromfile(file, "<i4").reshape(-1, NEAREST)
        assert all(len(set(row)) == NEAREST for row in found), f"{file} names a vector twice"
        recall.append(float((distances(data, queries[:len(found)], found) <= limit[:len(found)]).mean()))
    return {"recall": recall}


if __name__ == "__main__":
    ORDER = order()
    told = {"numpy": search_numpy, "faiss": search_faiss, "judge": judge}[ORDER["task"]](ORDER)
    tell(**{"memory": memory(), **told})
