package siamese.evaluation;

import java.io.Serializable;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CancellationException;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import org.apache.commons.lang3.Validate;

/**
 * How many similar and how many dissimilar pairs lie at which distance, counted in bins of equal width: what is left of
 * billions of pairs when none of them is kept. Bin k of n holds the Euclidean distances from k to k + 1 times the bin
 * width; the last one also holds all that are greater.
 *
 * <p>Counts are whole numbers, so that their sum does not depend on the order in which parts are added. Distances are
 * computed in single precision, component by component in their order, without any fused or reordered operation: the
 * same two points have the same distance whatever block they are in, on whatever machine. The counts of all pairs are
 * therefore the same to the bit however the work is divided. A distance's own relative error is at most (d/2 + 2) ·
 * 2⁻²⁴ for d components, 4·10⁻⁶ for 128.
 *
 * <p>The points of the ROC curve at the bins' edges are exact, and within a bin the curve only rises. That bounds how
 * far the figures computed from the bins are from those of {@link VerificationReport} on the same distances: {@link
 * #aucError()} and {@link #equalErrorRateError()} say how far, for these very counts.
 *
 * <p>For a network that compares by the cosine, count the pairs of its {@link Embeddings#directions()}, at most 2
 * apart: where D is the Euclidean distance of two directions, the cosine distance is D²/2. The one grows with the
 * other, so that the ROC curve and its figures are those of the cosine distance; a threshold t here is t²/2 there.
 *
 * <p>The arrays are not copied and must not change.
 *
 * @param maxDistance where the last bin ends, greater than 0
 * @param similar counts of the similar pairs, one a bin
 * @param dissimilar counts of the dissimilar pairs, one a bin
 */
public record DistanceHistogram(double maxDistance, long[] similar, long[] dissimilar) implements Serializable {

    private static final int MOST_BINS = 1 << 24;

    /**
     * Checks the bins.
     *
     * @throws IllegalArgumentException if {@link #check} does, or one kind has more counts than the other
     */
    public DistanceHistogram {
        check(similar.length, maxDistance);
        Validate.isTrue(dissimilar.length == similar.length, "similar and dissimilar must have one entry a bin, but "
                + "have %s and %s.", similar.length, dissimilar.length);
    }

    /**
     * Some points, as a block of the distance matrix wants them. The arrays are not copied and must not change.
     *
     * @param components first component of every point, then the second of every point, and so on
     * @param labels one a point
     */
    public record Block(float[] components, int[] labels) implements Serializable {

        /**
         * Checks the values.
         *
         * @throws IllegalArgumentException if there is no point, the points have no or unequal numbers of components,
         *     or one is not finite
         */
        public Block {
            Validate.isTrue(labels.length > 0 && components.length > 0 && components.length % labels.length == 0,
                    "components must have the same number for each of the points, at least one, but has %s for %s "
                    + "points.", components.length, labels.length);
            for (float value : components) {
                if (!Float.isFinite(value)) { // of millions
                    throw new IllegalArgumentException("components contains " + value + ", but every component must be "
                            + "finite in single precision; was the network trained with too high a rate?");
                }
            }
        }

        /**
         * {@return the points from one to another}
         *
         * @param points all of them
         * @param from the first
         * @param to one after the last
         * @throws IndexOutOfBoundsException if there are no such points
         * @throws IllegalArgumentException if there are none in between, or a component is too large for single
         *     precision
         */
        public static Block of(Embeddings points, int from, int to) {
            Objects.checkFromToIndex(from, to, points.size());
            int n = to - from;
            float[] components = new float[points.dimensions() * n];
            for (int i = 0; i < n; i++) {
                double[] vector = points.vectors()[from + i];
                for (int k = 0; k < vector.length; k++) {
                    components[k * n + i] = (float) vector[k];
                }
            }
            return new Block(components, Arrays.copyOfRange(points.labels(), from, to));
        }

        /**
         * {@return all points in blocks, in their order}
         *
         * @param points all of them
         * @param rows how many a block, at least 1; the last block may have fewer
         * @throws IllegalArgumentException if a component is too large for single precision
         */
        public static List<Block> split(Embeddings points, int rows) {
            return IntStream.range(0, (points.size() + rows - 1) / rows)
                    .mapToObj(b -> of(points, b * rows, Math.min((b + 1) * rows, points.size()))).toList();
        }

        /** {@return the number of points} */
        public int size() {
            return labels.length;
        }

        /** {@return the number of components of a point} */
        public int dimensions() {
            return components.length / labels.length;
        }
    }

    /**
     * {@return the histogram of all pairs of some points, n(n − 1)/2 of n, counted on all processors; a pair is similar
     * where the labels are equal}
     *
     * <p>Needs 16 bytes a bin and processor, and never more than a row of distances at a time. The 1.8 billion pairs of
     * 60,000 points take well under a minute on two processors.
     *
     * @param points at least two
     * @param bins how many, 1 to 2²⁴; 2²⁰ are plenty
     * @param maxDistance where the last bin ends, greater than 0
     * @throws IllegalArgumentException if there are fewer than two points, or an argument is out of range
     * @throws CancellationException if the thread is interrupted, as Stop in JupyterLab does
     */
    public static DistanceHistogram of(Embeddings points, int bins, double maxDistance) {
        return of(points, bins, maxDistance, 2000, Runtime.getRuntime().availableProcessors());
    }

    /** The pairs of all points in blocks of so many rows, counted in so many parts. */
    static DistanceHistogram of(Embeddings points, int bins, double maxDistance, int rows, int parts) {
        Validate.isTrue(points.size() >= 2, "points has one point, but a pair needs two.");
        check(bins, maxDistance); // here, not in a worker
        List<Block> blocks = Block.split(points, rows);
        int[][] tiles = tiles(blocks.size());
        Thread caller = Thread.currentThread();
        DistanceHistogram result = IntStream.range(0, parts).parallel().mapToObj(part -> of(
                IntStream.iterate(part, t -> t < tiles.length && !caller.isInterrupted(), t -> t + parts)
                        .mapToObj(t -> tiles[t]).iterator(), blocks::get, bins, maxDistance))
                .reduce(DistanceHistogram::plus).orElseThrow();
        if (caller.isInterrupted()) {
            throw new CancellationException("Counting the pairs was stopped.");
        }
        return result;
    }

    /**
     * {@return the histogram of the pairs in some blocks of the distance matrix: one part of the work, whose parts can
     * be added by {@link #plus}}
     *
     * @param tiles what {@link #tiles} gives, or some of it
     * @param blocks the points of each number; asked but once for first numbers that follow each other and are the same
     * @param bins how many, 1 to 2²⁴
     * @param maxDistance where the last bin ends, greater than 0
     * @throws IllegalArgumentException if an argument is out of range, or two blocks differ in their number of
     *     components
     */
    public static DistanceHistogram of(Iterator<int[]> tiles, IntFunction<Block> blocks, int bins, double maxDistance) {
        return new PairCounter(bins, maxDistance).counted(tiles, blocks);
    }

    /**
     * Checks what a histogram is made with, without making one.
     *
     * @param bins how many, 1 to 2²⁴
     * @param maxDistance where the last bin ends, greater than 0
     * @throws IllegalArgumentException if one is out of range
     */
    public static void check(int bins, double maxDistance) {
        Validate.isTrue(bins >= 1 && bins <= MOST_BINS, "bins must be 1 to %s, but is %s; 1048576 are plenty.",
                MOST_BINS, bins);
        Validate.isTrue(maxDistance > 0 && Float.isFinite((float) maxDistance)
                && Float.isFinite((float) (bins / maxDistance)), "maxDistance must be greater than 0 and finite, but "
                + "is %s; four times the margin is usual.", maxDistance);
    }

    /**
     * {@return the blocks of a distance matrix that hold each pair once: the pairs (a, b) of numbers with a ≤ b,
     * n(n + 1)/2 of them, where (a, a) stands for the pairs within block a}
     *
     * @param n into how many blocks the points are divided, at least 1
     * @throws IllegalArgumentException if there are none
     */
    public static int[][] tiles(int n) {
        Validate.isTrue(n >= 1, "n must be at least 1 block, but is %s.", n);
        return IntStream.range(0, n).boxed().flatMap(a -> IntStream.range(a, n).mapToObj(b -> new int[] {a, b}))
                .toArray(int[][]::new);
    }

    /**
     * {@return these pairs and others}
     *
     * @param other counted in the same bins
     * @throws IllegalArgumentException if it has other bins
     */
    public DistanceHistogram plus(DistanceHistogram other) {
        Validate.isTrue(other.bins() == bins() && other.maxDistance == maxDistance, "other must have the same bins, "
                + "%s up to %s, but has %s up to %s.", bins(), maxDistance, other.bins(), other.maxDistance);
        long[] s = similar.clone();
        long[] d = dissimilar.clone();
        Arrays.setAll(s, k -> s[k] + other.similar[k]);
        Arrays.setAll(d, k -> d[k] + other.dissimilar[k]);
        return new DistanceHistogram(maxDistance, s, d);
    }

    /** {@return the number of bins} */
    public int bins() {
        return similar.length;
    }

    /** {@return how wide a bin is, in units of distance: no threshold is known better than this} */
    public double binWidth() {
        return maxDistance / bins();
    }

    /** {@return the number of pairs} */
    public long pairs() {
        return similarPairs() + Arrays.stream(dissimilar).sum();
    }

    /** {@return the number of similar pairs} */
    public long similarPairs() {
        return Arrays.stream(similar).sum();
    }

    /**
     * {@return the share of the dissimilar pairs that is accepted at a threshold, 0 to 1}
     *
     * @param threshold taken down to the next edge of a bin
     * @throws IllegalArgumentException if it is NaN
     * @throws IllegalStateException if there are no dissimilar pairs
     */
    public double falseAcceptRateAt(double threshold) {
        return accepted(dissimilar, "dissimilar", threshold);
    }

    /**
     * {@return the share of the similar pairs that is accepted at a threshold, 0 to 1}
     *
     * @param threshold taken down to the next edge of a bin
     * @throws IllegalArgumentException if it is NaN
     * @throws IllegalStateException if there are no similar pairs
     */
    public double trueAcceptRateAt(double threshold) {
        return accepted(similar, "similar", threshold);
    }

    private double accepted(long[] counts, String kind, double threshold) {
        Validate.isTrue(!Double.isNaN(threshold), "threshold must be a number, but is NaN.");
        double total = needed(counts, kind);
        int edge = threshold >= maxDistance ? counts.length : Math.max(0, (int) (threshold / binWidth()));
        return Arrays.stream(counts, 0, edge).sum() / total;
    }

    private static double needed(long[] counts, String kind) {
        long sum = Arrays.stream(counts).sum();
        if (sum == 0) {
            throw new IllegalStateException("There are no " + kind
                    + " pairs, so there is no rate of them; count pairs of both kinds.");
        }
        return sum;
    }

    /**
     * {@return the area under the ROC curve, by the trapezoidal rule, 0 to 1}
     *
     * @throws IllegalStateException if pairs of one kind are missing
     */
    public double auc() {
        return roc().auc();
    }

    /**
     * {@return how far {@link #auc()} is at most from that of the distances themselves: half the sum over the bins of
     * (rise of the false accept rate) × (rise of the true accept rate)}
     *
     * @throws IllegalStateException if pairs of one kind are missing
     */
    public double aucError() {
        return roc().aucError();
    }

    /**
     * {@return where the false accept rate and the false reject rate meet, by linear interpolation between the edges of
     * a bin, 0 to 1}
     *
     * @throws IllegalStateException if pairs of one kind are missing
     */
    public double equalErrorRate() {
        return roc().crossing().rate();
    }

    /**
     * {@return how far {@link #equalErrorRate()} is at most from that of the distances themselves: both lie between the
     * lowest and the highest rate at which the curves can meet within the bin}
     *
     * @throws IllegalStateException if pairs of one kind are missing
     */
    public double equalErrorRateError() {
        return roc().crossing().error();
    }

    /**
     * {@return the threshold at the equal error rate, interpolated likewise; within a bin width of the first distance
     * at which the false accept rate is not below the false reject rate, whereas {@link VerificationReport}
     * interpolates between that distance and the one before, which may be further away where pairs are few}
     *
     * @throws IllegalStateException if pairs of one kind are missing
     */
    public double equalErrorThreshold() {
        Roc.Crossing crossing = roc().crossing();
        return (crossing.step() + crossing.part()) * binWidth();
    }

    private Roc roc() {
        needed(similar, "similar");
        needed(dissimilar, "dissimilar");
        return new Roc(dissimilar, similar);
    }

    /** Two are equal if they have the same bins and the same counts. */
    @Override
    public boolean equals(Object other) {
        return other instanceof DistanceHistogram h && h.maxDistance == maxDistance && Arrays.equals(h.similar, similar)
                && Arrays.equals(h.dissimilar, dissimilar);
    }

    @Override
    public int hashCode() {
        return Objects.hash(maxDistance, Arrays.hashCode(similar), Arrays.hashCode(dissimilar));
    }

    @Override
    public String toString() {
        return String.format("%,d pairs, %,d of them similar, in %,d bins up to %s", pairs(), similarPairs(), bins(),
                maxDistance);
    }
}
