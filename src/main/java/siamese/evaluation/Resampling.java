package siamese.evaluation;

import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import siamese.data.Pairs;

/**
 * The engine of {@link VerificationReport.Bootstrap}: pairs sorted by distance once, whose figures are then computed for
 * any counts of the images (or of the pairs) in one pass with running sums.
 */
final class Resampling {

    /** How often a draw is repeated that lacks one kind of pairs, before the data are called too few. */
    private static final int ATTEMPTS = 100;

    private final double[] distances;
    private final boolean[] similar;
    /** Which unit's count multiplies the weight of each pair; second is null where a pair is a unit by itself. */
    private final int[] first;
    private final int[] second;
    private final int units;
    private final double threshold;

    private Resampling(double[] distances, boolean[] similar, int[] first, int[] second, int units, double threshold) {
        this.distances = distances;
        this.similar = similar;
        this.first = first;
        this.second = second;
        this.units = units;
        this.threshold = threshold;
    }

    static Resampling of(Pairs pairs, double[] distances, double threshold, boolean overImages) {
        if (!Double.isFinite(threshold)) {
            throw new IllegalArgumentException("threshold is " + threshold
                    + ", but must be finite; choose one on validation pairs, such as report.equalErrorThreshold().");
        }
        int[] order = VerificationReport.sorted(distances, pairs.similar());
        int[] distinct = pairs.distinctImages();
        boolean[] similar = new boolean[order.length];
        int[] first = new int[order.length];
        int[] second = new int[order.length];
        for (int k = 0; k < order.length; k++) {
            similar[k] = pairs.similar()[order[k]];
            first[k] = overImages ? Arrays.binarySearch(distinct, pairs.first()[order[k]]) : k;
            second[k] = Arrays.binarySearch(distinct, pairs.second()[order[k]]);
        }
        double[] sorted = Arrays.stream(order).mapToDouble(p -> distances[p]).toArray();
        return new Resampling(sorted, similar, first, overImages ? second : null, overImages ? distinct.length : order.length,
                threshold);
    }

    /** The figures of each replicate; row r depends on the seed and on r only. */
    double[][] run(int replicates, long seed) {
        if (replicates < 1) {
            throw new IllegalArgumentException("replicates must be at least 1, but is " + replicates + "; 1,000 are usual.");
        }
        long[] seeds = new SplittableRandom(seed).longs(replicates).toArray();
        return IntStream.range(0, replicates).parallel().mapToObj(r -> replicate(new SplittableRandom(seeds[r])))
                .toArray(double[][]::new);
    }

    private double[] replicate(SplittableRandom random) {
        for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
            int[] counts = new int[units];
            for (int draw = 0; draw < units; draw++) {
                counts[random.nextInt(units)]++;
            }
            double[] figures = figures(counts);
            if (figures != null) {
                return figures;
            }
        }
        throw new IllegalArgumentException("pairs are too few to be drawn again: " + ATTEMPTS + " draws out of " + units
                + (second == null ? " pairs" : " images") + " had no similar or no dissimilar pair; use more of both kinds.");
    }

    /** Equal error rate, area under the ROC curve and accuracy at the threshold, or null if one kind of pairs has no weight. */
    double[] figures(int[] counts) {
        long positives = 0;
        long negatives = 0;
        for (int k = 0; k < similar.length; k++) {
            long weight = weight(counts, k);
            positives += similar[k] ? weight : 0;
            negatives += similar[k] ? 0 : weight;
        }
        if (positives == 0 || negatives == 0) {
            return null;
        }
        long trueAccepts = 0;
        long falseAccepts = 0;
        long right = negatives;
        double tar = 0;
        double far = 0;
        double area = 0;
        double equal = Double.NaN;
        for (int k = 0; k < similar.length; k++) {
            long weight = weight(counts, k);
            trueAccepts += similar[k] ? weight : 0;
            falseAccepts += similar[k] ? 0 : weight;
            if (k + 1 < similar.length && distances[k + 1] == distances[k]) {
                continue; // pairs of equal distance are accepted together
            }
            double newTar = (double) trueAccepts / positives;
            double newFar = (double) falseAccepts / negatives;
            area += (newFar - far) * (newTar + tar) / 2;
            if (Double.isNaN(equal) && newFar >= 1 - newTar) {
                equal = far + (1 - tar - far) / (newFar - far + newTar - tar) * (newFar - far);
            }
            tar = newTar;
            far = newFar;
            right = distances[k] <= threshold ? negatives + trueAccepts - falseAccepts : right;
        }
        return new double[] {equal, area, (double) right / (positives + negatives)};
    }

    private long weight(int[] counts, int k) {
        return second == null ? counts[first[k]] : (long) counts[first[k]] * counts[second[k]];
    }
}
