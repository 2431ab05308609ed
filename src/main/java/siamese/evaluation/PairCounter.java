package siamese.evaluation;

import java.util.Arrays;
import java.util.Iterator;
import java.util.function.IntFunction;
import org.apache.commons.lang3.Validate;
import siamese.evaluation.DistanceHistogram.Block;

/** Counts the pairs of a {@link DistanceHistogram}, block by block. For one thread; several count each their own. */
final class PairCounter {

    /** So many columns of a block are compared with a row at a time: 128 components of them are 128 KB. */
    private static final int STRIP = 256;

    /** What was counted so far. */
    final DistanceHistogram counted;
    private final float scale;

    PairCounter(int bins, double maxDistance) {
        DistanceHistogram.check(bins, maxDistance);
        counted = new DistanceHistogram(maxDistance, new long[bins], new long[bins]);
        scale = (float) (bins / maxDistance);
    }

    /** Counts the pairs of some blocks of the distance matrix; see {@link DistanceHistogram#of}. */
    DistanceHistogram counted(Iterator<int[]> tiles, IntFunction<Block> blocks) {
        int held = -1;
        Block a = null;
        while (tiles.hasNext()) {
            int[] tile = tiles.next();
            if (tile[0] != held) {
                held = tile[0];
                a = blocks.apply(held);
            }
            add(a, tile[1] == held ? a : blocks.apply(tile[1]));
        }
        return counted;
    }

    /** Counts each pair of a point of one block and a point of another, or within a block if both are the same one. */
    void add(Block a, Block b) {
        Validate.isTrue(a.dimensions() == b.dimensions(), "The points of b must have as many components as those of "
                + "a, %s, but have %s; do both come from the same network?", a.dimensions(), b.dimensions());
        boolean above = a == b;
        long[] similar = counted.similar();
        long[] dissimilar = counted.dissimilar();
        float[] row = new float[a.dimensions()];
        float[][] columns = new float[row.length][Math.min(STRIP, b.size())];
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
                    (labels[from + j] == label ? similar : dissimilar)[bin]++;
                }
            }
        }
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
