package siamese.evaluation;

import it.unimi.dsi.fastutil.longs.Long2DoubleOpenHashMap;
import java.util.Arrays;
import java.util.function.IntToDoubleFunction;
import org.apache.commons.lang3.Validate;
import siamese.data.Pairs;
import siamese.evaluation.VerificationReport.Estimate;

/**
 * How much each pair moves a figure: the engine of {@link Estimate}. Each figure is, as far as small changes go, a sum
 * of two means, that of the similar and that of the dissimilar pairs' scores, each with its weight; a score depends on
 * the step that accepts the pair. For the accuracy this is exact; for the area under the curve see E. R. DeLong and
 * others, 1988 (doi:10.2307/2531595); the equal error rate moves with both rates, the more with one the less steep it
 * is where they meet.
 */
final class Influences {

    private final Pairs pairs;
    private final Ranking ranking;
    private final Roc roc;
    private final double[] far;
    private final double[] tar;

    Influences(Pairs pairs, double[] distances) {
        this.pairs = pairs;
        ranking = Ranking.of(distances, pairs.similar());
        roc = ranking.roc();
        far = roc.falseAcceptRates();
        tar = roc.trueAcceptRates();
    }

    Estimate accuracy(double threshold) {
        Validate.isTrue(Double.isFinite(threshold), "threshold is %s, but must be finite; choose one on validation "
                + "pairs, such as report.equalErrorThreshold().", threshold);
        int accepted = (int) Arrays.stream(ranking.distances()).filter(d -> d <= threshold).count();
        double share = (double) roc.positives / pairs.size();
        return estimate(roc.accuracy(accepted), j -> j < accepted ? share : 0, j -> j < accepted ? 0 : 1 - share);
    }

    Estimate auc() {
        return estimate(roc.auc(), j -> 1 - (far[j] + far[j + 1]) / 2, j -> (tar[j] + tar[j + 1]) / 2);
    }

    /** How steep the two rates are is seen between the thresholds where either is half the equal error rate. */
    Estimate equalErrorRate() {
        Roc.Crossing equal = roc.crossing();
        int from = (int) Arrays.stream(far).filter(rate -> rate < equal.rate() / 2).count();
        int to = (int) Arrays.stream(tar).filter(rate -> 1 - rate >= equal.rate() / 2).count() - 1;
        double both = far[to] - far[from] + tar[to] - tar[from];
        double weight = both > 0 ? (tar[to] - tar[from]) / both : 0.5;
        return estimate(equal.rate(), j -> j > equal.step() ? 1 - weight : 0, j -> j > equal.step() ? 0 : weight);
    }

    /** The scores are those of the pairs that each step accepts. */
    private Estimate estimate(double value, IntToDoubleFunction similarScore, IntToDoubleFunction dissimilarScore) {
        double[] influences = new double[pairs.size()];
        double similarSum = 0;
        double dissimilarSum = 0;
        for (int p = 0; p < influences.length; p++) {
            boolean similar = pairs.similar()[p];
            influences[p] = (similar ? similarScore : dissimilarScore).applyAsDouble(ranking.steps()[p]);
            similarSum += similar ? influences[p] : 0;
            dissimilarSum += similar ? 0 : influences[p];
        }
        for (int p = 0; p < influences.length; p++) {
            influences[p] = pairs.similar()[p] ? (influences[p] - similarSum / roc.positives) / roc.positives
                    : (influences[p] - dissimilarSum / roc.negatives) / roc.negatives;
        }
        return new Estimate(pairs, value, influences, true);
    }

    static double pairVariance(Estimate figure) {
        return squares(figure.influences());
    }

    /** The products of the influences of all two pairs that share an example, and of each pair with itself. */
    static double dyadicVariance(Estimate figure) {
        int[] first = figure.pairs().first();
        int[] second = figure.pairs().second();
        int n = figure.pairs().examples().size();
        Long2DoubleOpenHashMap ofBoth = new Long2DoubleOpenHashMap(first.length); // they share two, and count once
        for (int p = 0; p < first.length; p++) {
            ofBoth.addTo((long) Math.min(first[p], second[p]) * n + Math.max(first[p], second[p]),
                    figure.influences()[p]);
        }
        return squares(sums(figure)) - squares(ofBoth.values().toDoubleArray());
    }

    static double effectiveNumber(double[] parts) {
        double[] squares = Arrays.stream(parts).map(x -> x * x).toArray();
        double sum = Arrays.stream(squares).sum();
        return sum == 0 ? 1 : sum * sum / squares(squares);
    }

    /** The sum of the influences of each example's pairs. */
    static double[] sums(Estimate figure) {
        double[] sums = new double[figure.pairs().examples().size()];
        for (int p = 0; p < figure.influences().length; p++) {
            sums[figure.pairs().first()[p]] += figure.influences()[p];
            sums[figure.pairs().second()[p]] += figure.influences()[p];
        }
        return sums;
    }

    private static double squares(double[] values) {
        return Arrays.stream(values).map(x -> x * x).sum();
    }
}
