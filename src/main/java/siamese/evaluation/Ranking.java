package siamese.evaluation;

import java.util.Arrays;
import org.apache.commons.lang3.Validate;

/**
 * Which step accepts each pair where the nearest are accepted first, and pairs of equal distance together, in one step.
 *
 * @param distances those of the steps, ascending
 * @param steps which step accepts each pair, from 0
 * @param roc the curve of these pairs, of which there are both kinds
 */
record Ranking(double[] distances, int[] steps, Roc roc) {

    /**
     * {@return the steps of some pairs}
     *
     * @param distances one a pair
     * @param similar one a pair
     * @throws IllegalArgumentException if the two differ in length, a distance is not a finite number, or there is no
     *     similar or no dissimilar pair
     */
    static Ranking of(double[] distances, boolean[] similar) {
        Validate.isTrue(distances.length == similar.length, "distances and similar must have one entry a pair, but "
                + "have %s and %s.", distances.length, similar.length);
        for (int p = 0; p < distances.length; p++) {
            if (!Double.isFinite(distances[p])) { // of millions
                throw new IllegalArgumentException("distances[" + p + "] is " + distances[p]
                        + ", but a distance must be a finite number; did training fail?");
            }
        }
        double[] sorted = Arrays.stream(distances).map(d -> d + 0.0).sorted().toArray(); // −0.0 + 0.0 is 0.0
        int count = 0;
        for (double distance : sorted) {
            if (count == 0 || distance > sorted[count - 1]) {
                sorted[count++] = distance;
            }
        }
        double[] distinct = Arrays.copyOf(sorted, count);
        int[] steps = Arrays.stream(distances).mapToInt(d -> Arrays.binarySearch(distinct, d + 0.0)).toArray();
        long[] similarCounts = new long[count];
        long[] dissimilarCounts = new long[count];
        for (int p = 0; p < steps.length; p++) {
            (similar[p] ? similarCounts : dissimilarCounts)[steps[p]]++;
        }
        Roc roc = new Roc(dissimilarCounts, similarCounts);
        Validate.isTrue(roc.hasBothKinds(), "similar must have both kinds of pairs, but has %s similar and %s "
                + "dissimilar ones; take pairs of both kinds, as Pairs.create makes them.", roc.positives,
                roc.negatives);
        return new Ranking(distinct, steps, roc);
    }
}
