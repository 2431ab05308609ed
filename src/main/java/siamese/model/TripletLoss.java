package siamese.model;

import it.unimi.dsi.fastutil.ints.IntArrays;
import java.util.Objects;
import java.util.stream.IntStream;
import org.apache.commons.lang3.Validate;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * The triplet loss: an anchor a shall be nearer to a positive p, of its class, than to a negative n, of another, by a
 * margin m:
 *
 * <pre>L = mean of max(0, m + D(a, p) − D(a, n))</pre>
 *
 * <p>F. Schroff, D. Kalenichenko and J. Philbin, "FaceNet" (CVPR 2015, arXiv:1503.03832), there with D²; with D itself,
 * and with the three ways to choose triplets within a batch compared, A. Hermans, L. Beyer and B. Leibe, "In Defense of
 * the Triplet Loss" (arXiv:1703.07737).
 *
 * @param margin m, greater than 0
 * @param mining which triplets of a batch count
 */
public record TripletLoss(double margin, Mining mining) implements Loss {

    /** Which triplets of a batch count. */
    public enum Mining {
        /** All; the mean is over those that violate the margin (Hermans et al.: batch all, without zeros). */
        ALL,
        /** For each anchor its farthest positive and its nearest negative (Hermans et al.: batch hard). */
        HARD,
        /**
         * For each anchor and positive the nearest negative that is farther away than the positive (Schroff et al.:
         * semi-hard), and where there is none, the farthest negative.
         */
        SEMI_HARD
    }

    /**
     * Checks the values.
     *
     * @throws IllegalArgumentException if the margin is not greater than 0
     */
    public TripletLoss {
        Objects.requireNonNull(mining, "mining");
        Validate.isTrue(margin > 0 && Double.isFinite(margin), "margin must be greater than 0, but is %s; try 0.2.",
                margin);
    }

    /**
     * {@inheritDoc}
     *
     * @throws IllegalArgumentException if the batch has no triplet
     */
    @Override
    public Result of(INDArray embeddings, Batch batch) {
        int[] labels = batch.labels();
        int n = labels.length;
        double[] d = batch.distance().matrix(embeddings);
        double[] slopes = new double[d.length];
        double loss = 0;
        int triplets = 0;
        int violating = 0;
        for (int anchor = 0; anchor < n; anchor++) {
            int a = anchor;
            int[] positives = nearestFirst(d, a * n,
                    IntStream.range(0, n).filter(k -> k != a && labels[k] == labels[a]));
            int[] negatives = nearestFirst(d, a * n, IntStream.range(0, n).filter(k -> labels[k] != labels[a]));
            for (int k = mining == Mining.HARD ? Math.max(0, positives.length - 1) : 0; k < positives.length; k++) {
                int positive = positives[k];
                for (int negative : counted(negatives, d, d[positive])) {
                    double excess = margin + d[positive] - d[negative];
                    triplets++;
                    if (excess > 0) {
                        violating++;
                        loss += excess;
                        slopes[positive]++;
                        slopes[negative]--;
                    }
                }
            }
        }
        Validate.isTrue(triplets != 0, "The batch has no triplet, two examples of one class and a third of another; "
                + "draw at least two classes and two examples of each (Recipe.withClassesPerBatch).");
        double count = Math.max(1, mining == Mining.ALL ? violating : triplets);
        for (int k = 0; k < slopes.length; k++) {
            slopes[k] /= count;
        }
        return new Result(loss / count, batch.distance().gradient(embeddings, d, slopes));
    }

    /** {@return the places in a row of distances, as numbers in the matrix; of those as near the first comes first} */
    private static int[] nearestFirst(double[] d, int row, IntStream columns) {
        int[] places = columns.map(k -> row + k).toArray();
        IntArrays.mergeSort(places, (x, y) -> Double.compare(d[x], d[y]));
        return places;
    }

    /** {@return which negatives count for an anchor and a positive so near} */
    private int[] counted(int[] nearestFirst, double[] d, double near) {
        if (mining == Mining.ALL || nearestFirst.length == 0) {
            return nearestFirst;
        }
        int chosen = 0;
        while (mining == Mining.SEMI_HARD && chosen < nearestFirst.length - 1 && d[nearestFirst[chosen]] <= near) {
            chosen++;
        }
        return new int[] {nearestFirst[chosen]};
    }
}
