package siamese.evaluation;

import java.util.Arrays;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;
import org.apache.commons.math3.stat.StatUtils;
import siamese.data.Pairs;

/**
 * The accuracy of thresholds that were chosen on other pairs than the ones they are judged on: each fold's pairs are
 * judged with the threshold that is best on all other folds.
 *
 * @param source name of the data, such as "MNIST"
 * @param pairs number of pairs judged
 * @param leftOut number of pairs that could not be judged, since their two examples lie in different folds
 * @param foldAccuracies share of right decisions in each fold, 0 to 1
 * @param foldThresholds the threshold that each fold was judged with
 */
public record CrossValidation(String source, int pairs, int leftOut, double[] foldAccuracies,
        double[] foldThresholds) {

    /**
     * {@return the cross-validation of the overview's pairs as {@link Pairs#folds(int, long)} divides them, so that no
     * example is in two folds}
     *
     * <p>Unlike in the protocol of the face benchmark LFW, the classes are the same in all folds.
     *
     * @param pairs the pairs
     * @param distances one a pair, in the same order
     * @param k the number of folds; ten are usual
     * @param seed decides which examples fall into which fold
     * @throws IllegalArgumentException if k is out of range, the lengths differ, or a fold lacks one kind of pairs
     */
    public static CrossValidation of(Pairs pairs, double[] distances, int k, long seed) {
        int[] folds = pairs.folds(k, seed);
        double[] accuracies = new double[k];
        double[] thresholds = new double[k];
        for (int fold = 0; fold < k; fold++) {
            int held = fold;
            thresholds[fold] = report(pairs, distances, p -> folds[p] >= 0 && folds[p] != held).bestThreshold();
            accuracies[fold] = report(pairs, distances, p -> folds[p] == held).accuracyAt(thresholds[fold]);
        }
        int leftOut = (int) Arrays.stream(folds).filter(f -> f < 0).count();
        return new CrossValidation(pairs.source(), folds.length - leftOut, leftOut, accuracies, thresholds);
    }

    private static VerificationReport report(Pairs pairs, double[] distances, IntPredicate which) {
        int[] chosen = IntStream.range(0, pairs.size()).filter(which).toArray();
        boolean[] similar = new boolean[chosen.length];
        for (int k = 0; k < chosen.length; k++) {
            similar[k] = pairs.similar()[chosen[k]];
        }
        return VerificationReport.of(Arrays.stream(chosen).mapToDouble(p -> distances[p]).toArray(), similar);
    }

    /** {@return the mean of the folds' accuracies, 0 to 1} */
    public double accuracy() {
        return StatUtils.mean(foldAccuracies);
    }

    /** {@return the standard error of the mean: the folds' standard deviation, over the root of their number} */
    public double standardError() {
        return Math.sqrt(StatUtils.variance(foldAccuracies) / foldAccuracies.length);
    }

    @Override
    public String toString() {
        return String.format("%s: accuracy %.4f ± %.4f over %d folds of %,d pairs; %,d between folds left out",
                source, accuracy(), standardError(), foldAccuracies.length, pairs, leftOut);
    }
}
