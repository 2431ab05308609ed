package siamese.evaluation;

import java.util.Arrays;
import java.util.stream.DoubleStream;
import org.apache.commons.lang3.Validate;
import org.apache.commons.math3.distribution.TDistribution;
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
         * {@return whether a value lies in it; the ends belong to it}
         *
         * @param value such as the true figure of a simulation
         */
        public boolean contains(double value) {
            return low <= value && value <= high;
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
     * A figure and how far the choice of the examples, such as images, moves it. The network stays as it is, so nothing
     * is said about training it again.
     *
     * <p>Pairs share examples, so they are not independent. The standard error is the dyadic-robust one (M. Fafchamps
     * and F. Gubert, 2007, doi:10.1016/j.jdeveco.2006.05.005; P. M. Aronow, C. Samii and V. A. Assenova, 2015,
     * doi:10.1093/pan/mpv018): two pairs' influences count together where the pairs share an example, and only there.
     * For a mean it is what is left of the variance of a bootstrap over examples, in which a pair counts with the
     * product of its examples' counts, when twice the variance of a bootstrap over pairs is taken off.
     *
     * @param pairs the pairs
     * @param value the figure
     * @param influences by how much each pair moves the figure away from its expectation, to first order; of similar
     *     and of dissimilar pairs they add up to 0
     * @param share whether the figure is a share, 0 to 1; a difference of two is none
     */
    public record Estimate(Pairs pairs, double value, double[] influences, boolean share) {

        /**
         * Checks that each pair has its influence.
         *
         * @throws IllegalArgumentException if there are more or fewer
         */
        public Estimate {
            Validate.isTrue(influences.length == pairs.size(), "influences has %s entries, but there are %s pairs.",
                    influences.length, pairs.size());
        }

        /**
         * {@return the share of right decisions at a threshold}
         *
         * @param pairs the pairs
         * @param distances one a pair, in the same order
         * @param threshold pairs up to this distance are accepted; it must have been chosen on other pairs
         * @throws IllegalArgumentException if a distance or the threshold is not finite, the lengths differ, or there
         *     are no pairs of one kind
         */
        public static Estimate accuracy(Pairs pairs, double[] distances, double threshold) {
            return new Influences(pairs, distances).accuracy(threshold);
        }

        /**
         * {@return the area under the ROC curve}
         *
         * @param pairs the pairs
         * @param distances one a pair, in the same order
         * @throws IllegalArgumentException as {@link #accuracy}
         */
        public static Estimate auc(Pairs pairs, double[] distances) {
            return new Influences(pairs, distances).auc();
        }

        /**
         * {@return the equal error rate}
         *
         * @param pairs the pairs
         * @param distances one a pair, in the same order
         * @throws IllegalArgumentException as {@link #accuracy}
         */
        public static Estimate equalErrorRate(Pairs pairs, double[] distances) {
            return new Influences(pairs, distances).equalErrorRate();
        }

        /**
         * {@return by how much this figure is greater than another one on the same pairs, such as that of another
         * network; what both find hard drops out, so that the standard error may be far below those of the two}
         *
         * @param other the same kind of figure
         * @throws IllegalArgumentException if it is on other pairs
         */
        public Estimate minus(Estimate other) {
            Validate.isTrue(Arrays.equals(pairs.first(), other.pairs.first())
                    && Arrays.equals(pairs.second(), other.pairs.second()), "other is a figure of other pairs, but "
                    + "figures are only compared on the same ones; compute both on %s.", pairs);
            double[] difference = new double[influences.length];
            Arrays.setAll(difference, p -> influences[p] - other.influences[p]);
            return new Estimate(pairs, value - other.value, difference, false);
        }

        /** {@return how far the figure is typically off; not less than {@link #pairStandardError}} */
        public double standardError() {
            return Math.sqrt(Math.max(Influences.dyadicVariance(this), Influences.pairVariance(this)));
        }

        /** {@return how far it would be off if pairs were independent: too little where they share examples} */
        public double pairStandardError() {
            return Math.sqrt(Influences.pairVariance(this));
        }

        /**
         * {@return whether the pairs show no dependence: the dyadic-robust variance is not above that of independent
         * pairs, and the latter is taken}
         */
        public boolean looksIndependent() {
            return standardError() <= pairStandardError();
        }

        /**
         * {@return how many examples the uncertainty rests on, or pairs if they look independent: with the sums s of
         * each example's influences (Σs²)² / Σs⁴, which is n where n have equal sums and the others none; 1 where all
         * have none}
         */
        public double effectiveNumber() {
            return effectiveNumber(standardError());
        }

        /** The same from the standard error, which takes far longer than all else here. */
        private double effectiveNumber(double standardError) {
            return Influences.effectiveNumber(standardError <= pairStandardError() ? influences
                    : Influences.sums(this));
        }

        /**
         * {@return the 95 % interval: of a share on the scale ln(x / (1 − x)), so that it stays between 0 and 1; from
         * Student's distribution with {@link #effectiveNumber} degrees of freedom, but 2 at least}
         *
         * <p>In simulations it holds the true figure in 93 to 97 % of the cases from 50 expected errors of each kind
         * on. Without any error its width is 0, and it says nothing.
         */
        public Interval interval() {
            double standardError = standardError();
            TDistribution student = new TDistribution(Math.max(2, effectiveNumber(standardError)));
            double reach = standardError * student.inverseCumulativeProbability(0.975);
            if (!share || value <= 0 || value >= 1) {
                return new Interval(value - reach, value + reach);
            }
            double odds = Math.log(value / (1 - value));
            double width = reach / (value * (1 - value));
            return new Interval(1 / (1 + Math.exp(width - odds)), 1 / (1 + Math.exp(-width - odds)));
        }

        @Override
        public String toString() {
            return String.format("%.4f (95 %%: %s%s)", value, interval(),
                    looksIndependent() ? "; the pairs look independent" : "");
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
        Roc roc = ranking.roc();
        double[] steps = ranking.distances();
        double[] thresholds = DoubleStream.concat(DoubleStream.of(Double.NEGATIVE_INFINITY), Arrays.stream(steps))
                .toArray();
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
     * @throws IllegalArgumentException if it is NaN
     */
    public double falseAcceptRateAt(double threshold) {
        return falseAcceptRates[pointAt(threshold)];
    }

    /**
     * {@return the share of the similar pairs that is accepted at a threshold, 0 to 1}
     *
     * @param threshold pairs up to this distance are accepted
     * @throws IllegalArgumentException if it is NaN
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
        Validate.isTrue(falseAcceptRate >= 0 && falseAcceptRate <= 1, "falseAcceptRate must be 0 to 1, but is %s.",
                falseAcceptRate);
        long points = Arrays.stream(falseAcceptRates).filter(rate -> rate <= falseAcceptRate).count();
        return trueAcceptRates[(int) points - 1];
    }

    private int pointAt(double threshold) {
        Validate.isTrue(!Double.isNaN(threshold), "threshold must be a number, but is NaN.");
        int k = Arrays.binarySearch(thresholds, threshold);
        return k >= 0 ? k : Math.max(0, -k - 2);
    }

    @Override
    public String toString() {
        return String.format("%s: %,d pairs, equal error rate %.4f, best accuracy %.4f, AUC %.5f", source, pairs,
                equalErrorRate, bestAccuracy, auc);
    }
}
