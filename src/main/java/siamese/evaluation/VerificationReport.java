package siamese.evaluation;

import java.util.Arrays;
import java.util.function.ToDoubleFunction;
import org.apache.commons.math3.stat.descriptive.rank.Percentile;
import org.apache.commons.math3.stat.descriptive.rank.Percentile.EstimationType;
import siamese.data.Pairs;

/**
 * How well distances separate similar from dissimilar pairs, at every threshold. A pair is accepted as similar when its
 * distance is at most the threshold. The ROC curve's points are in ascending order of threshold, from "accept nothing"
 * (threshold −∞) to "accept everything"; pairs of equal distance are accepted together, so that they share one point.
 *
 * @param source name of the data, such as "MNIST"
 * @param pairs number of pairs
 * @param similarPairs number of similar pairs among them
 * @param thresholds of the ROC curve's points
 * @param falseAcceptRates share of the dissimilar pairs that is accepted at each threshold, 0 to 1
 * @param trueAcceptRates share of the similar pairs that is accepted at each threshold, 0 to 1
 * @param auc area under the ROC curve (true over false accept rate), by the trapezoidal rule, 0 to 1; ½ is chance
 * @param equalErrorRate where the false accept rate and the false reject rate meet, by linear interpolation between
 *     neighbouring points of the curve, 0 to 1
 * @param equalErrorThreshold the threshold there, interpolated likewise
 * @param bestAccuracy the highest share of right decisions at any threshold; flatters, since the threshold is chosen on
 *     the pairs that it is judged on, and depends on the mix of similar and dissimilar pairs
 * @param bestThreshold the middle of the gap of distances that gives this accuracy; the lowest if there are several
 */
public record VerificationReport(String source, int pairs, int similarPairs, double[] thresholds,
        double[] falseAcceptRates, double[] trueAcceptRates, double auc, double equalErrorRate,
        double equalErrorThreshold, double bestAccuracy, double bestThreshold) {

    /**
     * From where to where a figure may lie.
     *
     * @param low lower end
     * @param high upper end
     */
    public record Interval(double low, double high) {

        /**
         * {@return the middle part of some values: a percentile interval}
         *
         * @param values such as a figure's replicates, at least one
         * @param level which share of them lies within, above 0 and below 1, such as 0.95
         * @throws IllegalArgumentException if there is no value, one is NaN, or the level is out of range
         */
        public static Interval of(double[] values, double level) {
            if (!(level > 0 && level < 1)) {
                throw new IllegalArgumentException("level must be above 0 and below 1, but is " + level
                        + "; 0.95 is usual.");
            }
            if (values.length == 0 || Arrays.stream(values).anyMatch(Double::isNaN)) {
                throw new IllegalArgumentException("values has " + values.length + " entries of which "
                        + Arrays.stream(values).filter(Double::isNaN).count()
                        + " are NaN; give at least one number, and only numbers.");
            }
            Percentile percentile = new Percentile().withEstimationType(EstimationType.R_7);
            percentile.setData(values);
            return new Interval(percentile.evaluate(50 * (1 - level)), percentile.evaluate(50 * (1 + level)));
        }

        /** {@return how wide it is} */
        public double width() {
            return high - low;
        }

        @Override
        public String toString() {
            return String.format("%.4f to %.4f", low, high);
        }
    }

    /**
     * How much the figures of a report would move with other examples, by the bootstrap (B. Efron, 1979,
     * doi:10.1214/aos/1176344552): the examples of the pairs are drawn, with replacement and as many as there are,
     * a pair counts with the product of its examples' counts, and the figures are computed anew. The network stays as
     * it is, so nothing is said about training it again. A draw without similar or without dissimilar pairs is
     * repeated.
     *
     * <p>Replicate r depends on the pairs, the seed and r only. Two networks' bootstraps with the same pairs and seed
     * therefore draw the same examples, and the differences of their replicates say whether one network is better.
     *
     * @param equalErrorRates one a replicate, 0 to 1
     * @param aucs areas under the ROC curve, one a replicate, 0 to 1
     * @param accuracies shares of right decisions at the given threshold, one a replicate, 0 to 1
     */
    public record Bootstrap(double[] equalErrorRates, double[] aucs, double[] accuracies) {

        /**
         * {@return replicates that draw examples such as images, the course's way}
         *
         * @param pairs the pairs
         * @param distances one a pair, in the same order
         * @param threshold where the accuracy is taken; pairs up to this distance are accepted
         * @param replicates how many, at least 1; 1,000 are usual
         * @param seed of the draws
         * @throws IllegalArgumentException if a distance or the threshold is not finite, the lengths differ, there are
         *     no replicates, or there are too few pairs of one kind
         */
        public static Bootstrap overImages(Pairs pairs, double[] distances, double threshold, int replicates,
                long seed) {
            return of(Resampling.ofImages(pairs, distances, threshold).bootstrap(replicates, seed));
        }

        /**
         * {@return replicates that draw pairs as if they were independent of each other; since pairs share examples,
         * their spread is too small: for comparison only}
         *
         * @param pairs the pairs
         * @param distances one a pair, in the same order
         * @param threshold where the accuracy is taken; pairs up to this distance are accepted
         * @param replicates how many, at least 1
         * @param seed of the draws
         * @throws IllegalArgumentException as {@link #overImages}
         */
        public static Bootstrap overPairs(Pairs pairs, double[] distances, double threshold, int replicates,
                long seed) {
            return of(Resampling.ofPairs(pairs, distances, threshold).bootstrap(replicates, seed));
        }

        private static Bootstrap of(Resampling.Figures[] figures) {
            return new Bootstrap(column(figures, Resampling.Figures::equalErrorRate),
                    column(figures, Resampling.Figures::auc), column(figures, Resampling.Figures::accuracy));
        }

        private static double[] column(Resampling.Figures[] rows, ToDoubleFunction<Resampling.Figures> figure) {
            return Arrays.stream(rows).mapToDouble(figure).toArray();
        }

        /** {@return the 95 % interval of the equal error rate} */
        public Interval equalErrorRate() {
            return Interval.of(equalErrorRates, 0.95);
        }

        /** {@return the 95 % interval of the area under the ROC curve} */
        public Interval auc() {
            return Interval.of(aucs, 0.95);
        }

        /** {@return the 95 % interval of the accuracy at the threshold} */
        public Interval accuracy() {
            return Interval.of(accuracies, 0.95);
        }
    }

    /**
     * {@return the report on pairs of examples}
     *
     * @param pairs the pairs
     * @param distances one a pair, in the same order
     * @throws IllegalArgumentException as {@link #of(double[], boolean[])}
     */
    public static VerificationReport of(Pairs pairs, double[] distances) {
        return of(pairs.source(), distances, pairs.similar());
    }

    /**
     * {@return the report on distances of any origin}
     *
     * @param distances one a pair; smaller means more alike
     * @param similar whether each pair is similar
     * @throws IllegalArgumentException if the two differ in length, if a distance is not a finite number, or if there
     *     is no similar or no dissimilar pair
     */
    public static VerificationReport of(double[] distances, boolean[] similar) {
        return of("unnamed data", distances, similar);
    }

    /**
     * {@return the report on distances of any origin, which names their data}
     *
     * @param source name of the data, such as "MNIST"
     * @param distances one a pair; smaller means more alike
     * @param similar whether each pair is similar
     * @throws IllegalArgumentException as {@link #of(double[], boolean[])}
     */
    public static VerificationReport of(String source, double[] distances, boolean[] similar) {
        Ranking ranking = Ranking.of(distances, similar);
        long[] once = new long[similar.length];
        Arrays.fill(once, 1);
        Roc roc = ranking.roc(once);
        if (!roc.hasBothKinds()) {
            throw new IllegalArgumentException("similar must have both kinds of pairs, but has " + roc.positives
                    + " similar and " + roc.negatives
                    + " dissimilar ones; take pairs of both kinds, as Pairs.create makes them.");
        }
        double[] steps = ranking.distances();
        double[] thresholds = new double[steps.length + 1];
        thresholds[0] = Double.NEGATIVE_INFINITY;
        System.arraycopy(steps, 0, thresholds, 1, steps.length);
        Roc.Crossing equal = roc.crossing();
        double lower = equal.step() == 0 ? Math.min(0, steps[0]) : steps[equal.step() - 1];
        return new VerificationReport(source, similar.length, (int) roc.positives, thresholds, roc.falseAcceptRates(),
                roc.trueAcceptRates(), roc.auc(), equal.rate(), lower + equal.part() * (steps[equal.step()] - lower),
                roc.accuracy(roc.best()), middle(thresholds, roc.best()));
    }

    /** A threshold that accepts the points up to k: halfway to the next distance. */
    private static double middle(double[] thresholds, int k) {
        if (k == 0) {
            return Math.min(0, thresholds[1] - 1);
        }
        return k == thresholds.length - 1 ? thresholds[k] : (thresholds[k] + thresholds[k + 1]) / 2;
    }

    /**
     * {@return the share of right decisions at a threshold, 0 to 1}
     *
     * @param threshold pairs up to this distance are accepted
     */
    public double accuracyAt(double threshold) {
        double share = (double) similarPairs / pairs;
        return trueAcceptRateAt(threshold) * share + (1 - falseAcceptRateAt(threshold)) * (1 - share);
    }

    /**
     * {@return the share of the dissimilar pairs that is accepted at a threshold, 0 to 1}
     *
     * @param threshold pairs up to this distance are accepted
     */
    public double falseAcceptRateAt(double threshold) {
        return falseAcceptRates[pointAt(threshold)];
    }

    /**
     * {@return the share of the similar pairs that is accepted at a threshold, 0 to 1}
     *
     * @param threshold pairs up to this distance are accepted
     */
    public double trueAcceptRateAt(double threshold) {
        return trueAcceptRates[pointAt(threshold)];
    }

    /**
     * {@return the share of the similar pairs that is accepted when a given share of the dissimilar pairs may be, 0 to
     * 1}
     *
     * @param falseAcceptRate the largest false accept rate allowed, 0 to 1
     * @throws IllegalArgumentException if it is out of range
     */
    public double trueAcceptRateAtFalseAcceptRate(double falseAcceptRate) {
        if (!(falseAcceptRate >= 0 && falseAcceptRate <= 1)) {
            throw new IllegalArgumentException("falseAcceptRate must be 0 to 1, but is " + falseAcceptRate + ".");
        }
        int k = 0;
        while (k + 1 < thresholds.length && falseAcceptRates[k + 1] <= falseAcceptRate) {
            k++;
        }
        return trueAcceptRates[k];
    }

    private int pointAt(double threshold) {
        int k = Arrays.binarySearch(thresholds, threshold);
        return k >= 0 ? k : Math.max(0, -k - 2);
    }

    @Override
    public String toString() {
        return String.format("%s: %,d pairs, equal error rate %.4f, best accuracy %.4f, AUC %.5f", source, pairs,
                equalErrorRate, bestAccuracy, auc);
    }
}
