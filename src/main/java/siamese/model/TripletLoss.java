package siamese.model;

import java.util.Objects;
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
        if (!(margin > 0) || Double.isInfinite(margin)) {
            throw new IllegalArgumentException("margin must be greater than 0, but is " + margin + "; try 0.2.");
        }
    }

    /** The sum over triplets, how many there are, how many violate the margin, and the slopes by distance. */
    private static final class Sum {

        private final double[] slopes;
        private double loss;
        private int triplets;
        private int violating;

        Sum(int length) {
            slopes = new double[length];
        }

        void add(double excess, int positive, int negative) {
            triplets++;
            if (excess > 0) {
                violating++;
                loss += excess;
                slopes[positive]++;
                slopes[negative]--;
            }
        }
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
        Sum sum = new Sum(d.length);
        for (int a = 0; a < n; a++) {
            int farthest = -1;
            for (int p = 0; p < n; p++) {
                if (p != a && labels[p] == labels[a]) {
                    farthest = farthest < 0 || d[a * n + p] > d[a * n + farthest] ? p : farthest;
                    if (mining != Mining.HARD) {
                        add(a, p, labels, d, sum);
                    }
                }
            }
            if (mining == Mining.HARD && farthest >= 0) {
                add(a, farthest, labels, d, sum);
            }
        }
        if (sum.triplets == 0) {
            throw new IllegalArgumentException("The batch has no triplet, two examples of one class and a third "
                    + "of another; draw at least two classes and two examples of each (Recipe.withClassesPerBatch).");
        }
        double count = Math.max(1, mining == Mining.ALL ? sum.violating : sum.triplets);
        for (int k = 0; k < sum.slopes.length; k++) {
            sum.slopes[k] /= count;
        }
        return new Result(sum.loss / count, batch.distance().gradient(embeddings, d, sum.slopes));
    }

    /** Adds the triplets of an anchor and a positive. */
    private void add(int a, int p, int[] labels, double[] d, Sum sum) {
        int n = labels.length;
        double near = d[a * n + p];
        int nearest = -1;   // of all negatives
        int farthest = -1;
        int beyond = -1;    // the nearest that is farther away than the positive
        for (int k = 0; k < n; k++) {
            if (labels[k] == labels[a]) {
                continue;
            }
            double far = d[a * n + k];
            if (mining == Mining.ALL) {
                sum.add(margin + near - far, a * n + p, a * n + k);
            }
            nearest = nearest < 0 || far < d[a * n + nearest] ? k : nearest;
            farthest = farthest < 0 || far > d[a * n + farthest] ? k : farthest;
            beyond = far > near && (beyond < 0 || far < d[a * n + beyond]) ? k : beyond;
        }
        int chosen = mining == Mining.HARD ? nearest : beyond >= 0 ? beyond : farthest;
        if (mining != Mining.ALL && chosen >= 0) {
            sum.add(margin + near - d[a * n + chosen], a * n + p, a * n + chosen);
        }
    }
}
