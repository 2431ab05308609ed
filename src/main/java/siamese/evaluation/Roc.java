package siamese.evaluation;

import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * The ROC curve of pairs that are accepted step by step, the nearest first: true over false accept rate, from (0, 0) to
 * (1, 1). Reports, estimates and histograms all take their figures from here. It takes pairs of {@link #hasBothKinds}.
 */
final class Roc {

    private final long[] dissimilar;
    private final long[] similar;
    final long negatives;
    final long positives;

    /**
     * Where the false accept rate and the false reject rate meet, by linear interpolation between the ends of a step.
     *
     * @param step the first one after which the false accept rate is not below the false reject rate
     * @param part how much of this step, 0 to 1
     * @param rate the equal error rate, 0 to 1
     * @param error how far the rate is off at most where the pairs of a step differ in distance: the rates meet between
     *     the greater of their lower ends and the lesser of their upper ends
     */
    record Crossing(int step, double part, double rate, double error) {
    }

    /**
     * A curve of counts, or of weights; the arrays are not copied.
     *
     * @param dissimilar how many dissimilar pairs each step accepts
     * @param similar how many similar pairs each step accepts, with as many steps
     */
    Roc(long[] dissimilar, long[] similar) {
        this.dissimilar = dissimilar;
        this.similar = similar;
        negatives = Arrays.stream(dissimilar).sum();
        positives = Arrays.stream(similar).sum();
    }

    boolean hasBothKinds() {
        return negatives > 0 && positives > 0;
    }

    /** {@return the false accept rate before the first step and after each} */
    double[] falseAcceptRates() {
        return rates(dissimilar, negatives);
    }

    /** {@return the true accept rate before the first step and after each} */
    double[] trueAcceptRates() {
        return rates(similar, positives);
    }

    private static double[] rates(long[] counts, double all) {
        long[] accepted = new long[counts.length + 1];
        System.arraycopy(counts, 0, accepted, 1, counts.length);
        Arrays.parallelPrefix(accepted, Long::sum);
        return Arrays.stream(accepted).mapToDouble(a -> a / all).toArray();
    }

    /** {@return the area under the curve, by the trapezoidal rule} */
    double auc() {
        double area = 0;
        long accepted = 0;
        for (int k = 0; k < similar.length; k++) {
            area += dissimilar[k] * (accepted + similar[k] / 2.0);
            accepted += similar[k];
        }
        return area / ((double) negatives * positives);
    }

    /** {@return how far {@link #auc()} is off at most where the pairs of a step differ in distance} */
    double aucError() {
        return IntStream.range(0, similar.length).mapToDouble(k -> dissimilar[k] * (similar[k] / 2.0)).sum()
                / ((double) negatives * positives);
    }

    Crossing crossing() {
        double n = negatives;
        double p = positives;
        long falseAccepts = dissimilar[0];
        long trueAccepts = similar[0];
        int k = 0;
        while (falseAccepts / n < 1 - trueAccepts / p) { // of millions of bins most are not looked at
            k++;
            falseAccepts += dissimilar[k];
            trueAccepts += similar[k];
        }
        double far = (falseAccepts - dissimilar[k]) / n;
        double frr = 1 - (trueAccepts - similar[k]) / p;
        double farAfter = falseAccepts / n;
        double frrAfter = 1 - trueAccepts / p;
        double part = (frr - far) / (frr - far - (frrAfter - farAfter)); // until their difference is 0
        double rate = far + part * (farAfter - far);
        return new Crossing(k, part, rate, Math.max(rate - Math.max(far, frrAfter), Math.min(farAfter, frr) - rate));
    }

    /** {@return after how many steps most decisions are right; the fewest if there are several} */
    int best() {
        long lead = 0;
        long most = 0;
        int best = 0;
        for (int k = 0; k < similar.length; k++) {
            lead += similar[k] - dissimilar[k];
            if (lead > most) {
                most = lead;
                best = k + 1;
            }
        }
        return best;
    }

    /** {@return the share of right decisions after so many steps} */
    double accuracy(int steps) {
        long right = negatives + Arrays.stream(similar, 0, steps).sum() - Arrays.stream(dissimilar, 0, steps).sum();
        return (double) right / (negatives + positives);
    }
}
