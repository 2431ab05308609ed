package siamese.evaluation;

import it.unimi.dsi.fastutil.ints.IntArrays;
import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * Pairs in ascending order of distance. Pairs of equal distance are accepted together, in one step.
 *
 * @param order the pairs' numbers, the nearest first
 * @param similar whether each is similar, in this order
 * @param steps which step accepts each, from 0, in this order
 * @param distances those of the steps, ascending
 */
record Ranking(int[] order, boolean[] similar, int[] steps, double[] distances) {

    /**
     * {@return pairs in order}
     *
     * @param distances one a pair
     * @param similar one a pair
     * @throws IllegalArgumentException if the two differ in length, or a distance is not a finite number
     */
    static Ranking of(double[] distances, boolean[] similar) {
        if (distances.length != similar.length) {
            throw new IllegalArgumentException("distances and similar must have one entry a pair, but have "
                    + distances.length + " and " + similar.length + ".");
        }
        for (int p = 0; p < distances.length; p++) {
            if (!Double.isFinite(distances[p])) {
                throw new IllegalArgumentException("distances[" + p + "] is " + distances[p]
                        + ", but a distance must be a finite number; did training fail?");
            }
        }
        int[] order = IntStream.range(0, distances.length).toArray();
        IntArrays.stableSort(order, (p, q) -> Double.compare(distances[p], distances[q])); // no object for each pair
        boolean[] sorted = new boolean[order.length];
        int[] steps = new int[order.length];
        double[] distinct = new double[order.length];
        int step = -1;
        for (int k = 0; k < order.length; k++) {
            double distance = distances[order[k]];
            if (step < 0 || distance != distinct[step]) {
                step++;
                distinct[step] = distance;
            }
            sorted[k] = similar[order[k]];
            steps[k] = step;
        }
        return new Ranking(order, sorted, steps, Arrays.copyOf(distinct, step + 1));
    }

    /**
     * {@return the curve of these pairs}
     *
     * @throws IllegalArgumentException if there is no similar or no dissimilar pair
     */
    Roc roc() {
        long[] similarCounts = new long[distances.length];
        long[] dissimilarCounts = new long[distances.length];
        for (int k = 0; k < steps.length; k++) {
            (similar[k] ? similarCounts : dissimilarCounts)[steps[k]]++;
        }
        Roc roc = new Roc(dissimilarCounts, similarCounts);
        if (!roc.hasBothKinds()) {
            throw new IllegalArgumentException("similar must have both kinds of pairs, but has " + roc.positives
                    + " similar and " + roc.negatives
                    + " dissimilar ones; take pairs of both kinds, as Pairs.create makes them.");
        }
        return roc;
    }
}
