package siamese.evaluation;

import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import siamese.data.Pairs;

/**
 * How a report's figures move when its examples, or its pairs, count more or less often: the engine of
 * {@link VerificationReport.Bootstrap}. Pairs are sorted once; then {@link #roc} is the curve for any counts.
 */
final class Resampling {

    /** How often a draw is repeated that lacks one kind of pairs, before the data are called too few. */
    private static final int ATTEMPTS = 100;

    private final Ranking ranking;
    /** Which units' counts are each ranked pair's weight; second is null where a pair is a unit by itself. */
    private final int[] first;
    private final int[] second;
    private final int units;
    private final int acceptedSteps;

    /** What is computed for each choice of counts, all 0 to 1; the accuracy is that at the threshold. */
    record Figures(double equalErrorRate, double auc, double accuracy) {
    }

    private Resampling(Ranking ranking, int[] first, int[] second, int units, double threshold) {
        if (!Double.isFinite(threshold)) {
            throw new IllegalArgumentException("threshold is " + threshold
                    + ", but must be finite; choose one on validation pairs, such as report.equalErrorThreshold().");
        }
        this.ranking = ranking;
        this.first = first;
        this.second = second;
        this.units = units;
        acceptedSteps = (int) Arrays.stream(ranking.distances()).filter(d -> d <= threshold).count();
    }

    /** The units are the pairs' examples; a pair counts with the product of its examples' counts. */
    static Resampling ofImages(Pairs pairs, double[] distances, double threshold) {
        Ranking ranking = Ranking.of(distances, pairs.similar());
        int[] distinct = pairs.distinctImages();
        return new Resampling(ranking, places(distinct, pairs.first(), ranking.order()),
                places(distinct, pairs.second(), ranking.order()), distinct.length, threshold);
    }

    private static int[] places(int[] distinct, int[] examples, int[] order) {
        return Arrays.stream(order).map(p -> Arrays.binarySearch(distinct, examples[p])).toArray();
    }

    /** The units are the pairs, by rank. */
    static Resampling ofPairs(Pairs pairs, double[] distances, double threshold) {
        Ranking ranking = Ranking.of(distances, pairs.similar());
        int n = ranking.order().length;
        return new Resampling(ranking, IntStream.range(0, n).toArray(), null, n, threshold);
    }

    /** The figures of so many bootstrap replicates; number r depends on the seed and on r only. */
    Figures[] bootstrap(int replicates, long seed) {
        if (replicates < 1) {
            throw new IllegalArgumentException("replicates must be at least 1, but is " + replicates
                    + "; 1,000 are usual.");
        }
        long[] seeds = new SplittableRandom(seed).longs(replicates).toArray();
        return IntStream.range(0, replicates).parallel().mapToObj(r -> replicate(new SplittableRandom(seeds[r])))
                .toArray(Figures[]::new);
    }

    private Figures replicate(SplittableRandom random) {
        for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
            int[] counts = new int[units];
            for (int draw = 0; draw < units; draw++) {
                counts[random.nextInt(units)]++;
            }
            Roc roc = roc(counts);
            if (roc.hasBothKinds()) {
                return figures(roc);
            }
        }
        throw new IllegalArgumentException("pairs are too few to be drawn again: " + ATTEMPTS + " draws out of " + units
                + (second == null ? " pairs" : " examples")
                + " had no similar or no dissimilar pair; use more of both kinds.");
    }

    /** The curve when each unit counts so often. */
    Roc roc(int[] counts) {
        long[] weights = new long[first.length];
        for (int k = 0; k < weights.length; k++) {
            weights[k] = second == null ? counts[first[k]] : (long) counts[first[k]] * counts[second[k]];
        }
        return ranking.roc(weights);
    }

    Figures figures(Roc roc) {
        return new Figures(roc.crossing().rate(), roc.auc(), roc.accuracy(acceptedSteps));
    }
}
