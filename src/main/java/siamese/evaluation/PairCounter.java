package siamese.evaluation;

import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import siamese.evaluation.DistanceHistogram.Block;

/** Counts the pairs of a {@link DistanceHistogram}, block by block. For one thread; several count each their own. */
final class PairCounter {

    /** So many columns of a block are compared with a row at a time: 128 components of them are 128 KB. */
    private static final int STRIP = 256;

    private static final int MOST_BINS = 1 << 24;

    private final double maxDistance;
    private final float scale;
    private final long[] similar;
    private final long[] dissimilar;

    PairCounter(int bins, double maxDistance) {
        check(bins, maxDistance);
        this.maxDistance = maxDistance;
        scale = (float) (bins / maxDistance);
        similar = new long[bins];
        dissimilar = new long[bins];
    }

    static void check(int bins, double maxDistance) {
        if (bins < 1 || bins > MOST_BINS) {
            throw new IllegalArgumentException("bins must be 1 to " + MOST_BINS + ", but is " + bins
                    + "; 1048576 are plenty.");
        }
        if (!(maxDistance > 0) || !Float.isFinite((float) maxDistance)
                || !Float.isFinite((float) (bins / maxDistance))) {
            throw new IllegalArgumentException("maxDistance must be greater than 0 and finite, but is " + maxDistance
                    + "; four times the margin is usual.");
        }
    }

    /** The pairs of all points in blocks of so many rows, counted in so many parts. */
    static DistanceHistogram all(Embeddings points, int bins, double maxDistance, int rows, int parts) {
        if (points.size() < 2) {
            throw new IllegalArgumentException("points has one point, but a pair needs two.");
        }
        check(bins, maxDistance); // here, not in a worker
        List<Block> blocks = Block.split(points, rows);
        int[][] tiles = DistanceHistogram.tiles(blocks.size());
        Thread caller = Thread.currentThread();
        DistanceHistogram result = IntStream.range(0, parts).parallel().mapToObj(part -> count(
                IntStream.iterate(part, t -> t < tiles.length && !caller.isInterrupted(), t -> t + parts)
                        .mapToObj(t -> tiles[t]).iterator(), blocks::get, bins, maxDistance))
                .reduce(DistanceHistogram::plus).orElseThrow();
        if (caller.isInterrupted()) {
            throw new CancellationException("Counting the pairs was stopped.");
        }
        return result;
    }

    static DistanceHistogram count(Iterator<int[]> tiles, IntFunction<Block> blocks, int bins, double maxDistance) {
        PairCounter counter = new PairCounter(bins, maxDistance);
        int held = -1;
        Block a = null;
        while (tiles.hasNext()) {
            int[] tile = tiles.next();
            if (tile[0] != held) {
                held = tile[0];
                a = blocks.apply(held);
            }
            counter.add(a, tile[1] == held ? a : blocks.apply(tile[1]));
        }
        return counter.histogram();
    }

    /** Counts each pair of a point of one block and a point of another, or within a block if both are the same one. */
    void add(Block a, Block b) {
        if (a.dimensions() != b.dimensions()) {
            throw new IllegalArgumentException("The points of b must have as many components as those of a, "
                    + a.dimensions() + ", but have " + b.dimensions() + "; do both come from the same network?");
        }
        boolean above = a == b;
        float[] row = new float[a.dimensions()];
        float[][] columns = new float[row.length][STRIP];
        float[] squares = new float[STRIP];
        int[] labels = b.labels();
        for (int from = 0; from < b.size(); from += STRIP) {
            int width = Math.min(STRIP, b.size() - from);
            for (int k = 0; k < row.length; k++) {
                System.arraycopy(b.components(), k * b.size() + from, columns[k], 0, width);
            }
            for (int i = 0; i < (above ? Math.min(a.size(), from + width) : a.size()); i++) {
                for (int k = 0; k < row.length; k++) {
                    row[k] = a.components()[k * a.size() + i];
                }
                squares(row, columns, width, squares);
                int label = a.labels()[i];
                for (int j = above ? Math.max(0, i + 1 - from) : 0; j < width; j++) {
                    int bin = Math.min(similar.length - 1, (int) ((float) Math.sqrt(squares[j]) * scale));
                    if (labels[from + j] == label) {
                        similar[bin]++;
                    } else {
                        dissimilar[bin]++;
                    }
                }
            }
        }
    }
    /** What was counted, when counting is over: the counts are not copied. */
    DistanceHistogram histogram() {
        return new DistanceHistogram(maxDistance, similar, dissimilar);
    }

    private static void squares(float[] row, float[][] columns, int width, float[] sums) {
        Arrays.fill(sums, 0);
        int k = 0;
        for (; k + 4 <= row.length; k += 4) {
            add(row[k], row[k + 1], row[k + 2], row[k + 3], columns[k], columns[k + 1], columns[k + 2], columns[k + 3],
                    width, sums);
        }
        for (; k < row.length; k++) {
            for (int j = 0; j < width; j++) {
                float d = row[k] - columns[k][j];
                sums[j] += d * d;
            }
        }
    }

    /** Four components at a time from arrays of their own: of this the compiler makes vector instructions. */
    private static void add(float x0, float x1, float x2, float x3, float[] c0, float[] c1, float[] c2, float[] c3,
            int width, float[] sums) {
        for (int j = 0; j < width; j++) {
            float d0 = x0 - c0[j];
            float d1 = x1 - c1[j];
            float d2 = x2 - c2[j];
            float d3 = x3 - c3[j];
            sums[j] = sums[j] + d0 * d0 + d1 * d1 + d2 * d2 + d3 * d3;
        }
    }
}
