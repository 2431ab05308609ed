package siamese.model;

import java.util.function.DoublePredicate;
import java.util.stream.IntStream;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * The multi-similarity loss: the farther away a positive and the nearer a negative, also compared with the others, the
 * more it counts; those that are in order already do not. With s = 1 − D, which is the cosine where D is the cosine
 * distance, for each example a with the positives p and the negatives n that count:
 *
 * <pre>L = mean over a of 1/α·log(1 + Σₚ exp(−α(s_ap − λ))) + 1/β·log(1 + Σₙ exp(β(s_an − λ)))</pre>
 *
 * <p>A positive counts if s_ap − ε is less than the largest s_an, a negative if s_an + ε is more than the least s_ap.
 * X. Wang et al., "Multi-Similarity Loss with General Pair Weighting for Deep Metric Learning" (CVPR 2019,
 * arXiv:1904.06627).
 *
 * @param alpha α, how much a far positive outweighs a near one, greater than 0
 * @param beta β, the same for negatives, greater than 0
 * @param base λ, where a positive's and a negative's weights begin to fall
 * @param epsilon ε, how far from a mistake a pair may be and still count
 */
public record MultiSimilarityLoss(double alpha, double beta, double base, double epsilon) implements Loss {

    /**
     * Checks the values.
     *
     * @throws IllegalArgumentException if α or β is not greater than 0, or one is no number
     */
    public MultiSimilarityLoss {
        if (!(alpha > 0 && beta > 0) || !Double.isFinite(alpha + beta + base + epsilon)) {
            throw new IllegalArgumentException("alpha and beta must be greater than 0, and all four numbers, but are "
                    + alpha + ", " + beta + ", " + base + " and " + epsilon + "; try 2, 50, 0.5 and 0.1.");
        }
    }

    @Override
    public Result of(INDArray embeddings, Batch batch) {
        int[] labels = batch.labels();
        int n = labels.length;
        double[] d = batch.distance().matrix(embeddings);
        double[] slopes = new double[d.length];
        double loss = 0;
        for (int a = 0; a < n; a++) {
            double least = Double.POSITIVE_INFINITY; // similarity of a positive
            double largest = Double.NEGATIVE_INFINITY; // of a negative
            for (int k = 0; k < n; k++) {
                if (k != a && labels[k] == labels[a]) {
                    least = Math.min(least, 1 - d[n * a + k]);
                } else if (k != a) {
                    largest = Math.max(largest, 1 - d[n * a + k]);
                }
            }
            double hardest = largest + epsilon;
            double easiest = least - epsilon;
            loss += side(-alpha, s -> s < hardest, true, a, labels, d, slopes)
                    + side(beta, s -> s > easiest, false, a, labels, d, slopes);
        }
        return new Result(loss, batch.distance().gradient(embeddings, d, slopes));
    }

    /** {@return an example's part of the loss from one side, its positives or its negatives; adds to the slopes} */
    private double side(double steepness, DoublePredicate counts, boolean positive, int a, int[] labels, double[] d,
            double[] slopes) {
        int row = labels.length * a;
        int[] counted = IntStream.range(0, labels.length).filter(k -> k != a && labels[k] == labels[a] == positive
                && counts.test(1 - d[row + k])).map(k -> row + k).toArray();
        double most = 0; // of the exponents, that of the 1 included, so that nothing overflows
        for (int place : counted) {
            slopes[place] = steepness * (1 - d[place] - base);
            most = Math.max(most, slopes[place]);
        }
        double sum = Math.exp(-most);
        for (int place : counted) {
            slopes[place] = Math.exp(slopes[place] - most);
            sum += slopes[place];
        }
        for (int place : counted) {
            slopes[place] *= (positive ? 1 : -1) / sum / labels.length;
        }
        return (most + Math.log(sum)) / Math.abs(steepness) / labels.length;
    }
}
