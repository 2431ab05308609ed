package siamese.evaluation;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.CancellationException;
import java.util.function.ToDoubleBiFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import siamese.model.Distance;

class DistanceHistogramTest {

    private static final int BINS = 1 << 20;

    /** Three clouds that overlap; d components. */
    private static Embeddings points(int n, int d) {
        Random random = new Random(n * 31L + d);
        double[][] vectors = new double[n][d];
        int[] labels = new int[n];
        for (int i = 0; i < n; i++) {
            labels[i] = i % 3;
            for (int k = 0; k < d; k++) {
                vectors[i][k] = (float) (random.nextGaussian() * 0.1 + (k % 3 == labels[i] ? 0.2 : 0));
            }
        }
        return new Embeddings(vectors, labels, "three clouds");
    }

    private static VerificationReport exact(Embeddings points) {
        return exact(points, (a, b) -> {
            float sum = 0;
            for (int k = 0; k < a.length; k++) {
                float difference = (float) a[k] - (float) b[k];
                sum += difference * difference;
            }
            return (float) Math.sqrt(sum);
        });
    }

    private static VerificationReport exact(Embeddings points, ToDoubleBiFunction<double[], double[]> distance) {
        int n = points.size();
        double[] distances = new double[n * (n - 1) / 2];
        boolean[] similar = new boolean[distances.length];
        int p = 0;
        for (int i = 0; i < n; i++) {
            for (int j = i + 1; j < n; j++, p++) {
                distances[p] = distance.applyAsDouble(points.vectors()[i], points.vectors()[j]);
                similar[p] = points.labels()[i] == points.labels()[j];
            }
        }
        return VerificationReport.of("three clouds", distances, similar);
    }

    @ParameterizedTest
    @CsvSource({"400,128,1048576", "400,128,512", "301,13,1048576", "301,13,64", "90,1,16", "90,3,1"})
    void figuresAreThoseOfTheDistancesWithinTheStatedError(int n, int d, int bins) {
        Embeddings points = points(n, d);
        VerificationReport report = exact(points);
        DistanceHistogram histogram = DistanceHistogram.of(points, bins, 4);
        assertEquals(report.pairs(), histogram.pairs());
        assertEquals(report.similarPairs(), histogram.similarPairs());
        assertTrue(Math.abs(report.auc() - histogram.auc()) <= histogram.aucError() + 1e-12);
        assertTrue(Math.abs(report.equalErrorRate() - histogram.equalErrorRate()) <= histogram.equalErrorRateError() + 1e-12);
        int crossing = 1;
        while (report.falseAcceptRates()[crossing] < 1 - report.trueAcceptRates()[crossing]) {
            crossing++;
        }
        assertEquals(report.thresholds()[crossing], histogram.equalErrorThreshold(), histogram.binWidth());
        if (bins == BINS) {
            assertTrue(histogram.aucError() < 1e-4 && histogram.equalErrorRateError() < 1e-3, "the stated error is small with many bins");
        }
    }

    /** For a network that compares by the cosine: the curve of directions is that of cosines, and D²/2 leads to them. */
    @Test
    void directionsAreCountedForTheCosine() {
        Embeddings points = points(300, 5);
        VerificationReport cosine = exact(points, Distance.COSINE::of);
        DistanceHistogram histogram = DistanceHistogram.of(points.directions(), BINS, 2);
        assertEquals(cosine.auc(), histogram.auc(), 1e-4);
        assertEquals(cosine.equalErrorRate(), histogram.equalErrorRate(), 1e-3);
        double threshold = histogram.equalErrorThreshold();
        assertEquals(cosine.equalErrorThreshold(), threshold * threshold / 2, 1e-3);
        assertTrue(Math.abs(DistanceHistogram.of(points, BINS, 4).auc() - cosine.auc()) > 1e-2, "lengths say something else");
    }

    /** So many pairs in each bin of width 1. */
    private static DistanceHistogram counts(int[] similar, int[] dissimilar) {
        PairCounter counter = new PairCounter(similar.length, similar.length);
        DistanceHistogram.Block origin = new DistanceHistogram.Block(new float[1], new int[1]);
        for (int bin = 0; bin < similar.length; bin++) {
            for (int k = 0; k < similar[bin] + dissimilar[bin]; k++) {
                counter.add(origin, new DistanceHistogram.Block(new float[] {bin + 0.5f}, new int[] {k < similar[bin] ? 0 : 1}));
            }
        }
        return counter.counted;
    }

    /** Worked out by hand: in the second bin the false accept rate rises from 0.1 to 0.6, the false reject rate falls from 0.6 to 0.2. */
    @Test
    void figuresOfAFewPairs() {
        DistanceHistogram histogram = counts(new int[] {2, 2, 1, 0}, new int[] {1, 5, 2, 2});
        assertArrayEquals(new long[] {1, 5, 2, 2}, histogram.dissimilar());
        assertEquals(0.1 + 5 / 9.0 * 0.5, histogram.equalErrorRate(), 1e-12);
        assertEquals(1 + 5 / 9.0, histogram.equalErrorThreshold(), 1e-12);
        assertEquals(0.6 - histogram.equalErrorRate(), histogram.equalErrorRateError(), 1e-12);
        assertEquals(0.02 + 0.3 + 0.18 + 0.2, histogram.auc(), 1e-12);
        assertEquals(0.02 + 0.1 + 0.02, histogram.aucError(), 1e-12);
        histogram = counts(new int[] {2, 2, 1, 0}, new int[] {1, 2, 2, 5}); // now from 0.1 to 0.3
        assertEquals(0.1 + 5 / 6.0 * 0.2, histogram.equalErrorRate(), 1e-12);
        assertEquals(histogram.equalErrorRate() - 0.2, histogram.equalErrorRateError(), 1e-12);
        assertEquals("15 pairs, 5 of them similar, in 4 bins up to 4.0", histogram.toString());
    }

    @Test
    void theCurveIsExactAtTheEdgesOfTheBins() {
        Embeddings points = points(200, 24);
        VerificationReport report = exact(points);
        DistanceHistogram histogram = DistanceHistogram.of(points, 256, 4);
        for (int edge = 0; edge <= 256; edge++) {
            double threshold = edge * histogram.binWidth();
            double below = Math.nextDown(threshold); // a bin holds its lower edge, not its upper one
            assertEquals(report.falseAcceptRateAt(below), histogram.falseAcceptRateAt(threshold));
            assertEquals(report.trueAcceptRateAt(below), histogram.trueAcceptRateAt(threshold));
        }
    }

    @Test
    void distancesBeyondTheLastBinAreCountedInIt() {
        Embeddings points = points(200, 24);
        DistanceHistogram histogram = DistanceHistogram.of(points, 64, 0.5);
        VerificationReport report = exact(points);
        assertEquals(report.pairs(), histogram.pairs());
        assertTrue(histogram.similar()[63] > 0 && histogram.dissimilar()[63] > 0);
        assertTrue(Math.abs(report.auc() - histogram.auc()) <= histogram.aucError() + 1e-12);
        assertEquals(1, histogram.falseAcceptRateAt(0.5));
    }

    @Test
    void countsAreTheSameHoweverTheWorkIsDivided() {
        Embeddings points = points(700, 37);
        DistanceHistogram whole = DistanceHistogram.of(points, 1 << 16, 4, 700, 1);
        for (int rows : new int[] {7, 97, 256, 1000}) {
            for (int parts : new int[] {1, 2, 3, 7}) {
                assertEquals(whole, DistanceHistogram.of(points, 1 << 16, 4, rows, parts), rows + " rows, " + parts + " parts");
            }
        }
        assertEquals(whole.hashCode(), DistanceHistogram.of(points, 1 << 16, 4, 64, 5).hashCode());
    }

    @Test
    void blocksInAnyOrderGiveTheWhole() {
        Embeddings points = points(50, 9);
        DistanceHistogram.Block a = DistanceHistogram.Block.of(points, 0, 20);
        DistanceHistogram.Block b = DistanceHistogram.Block.of(points, 20, 50);
        PairCounter one = new PairCounter(1000, 3);
        one.add(b, a);
        PairCounter two = new PairCounter(1000, 3);
        two.add(b, b);
        two.add(a, a);
        DistanceHistogram sum = one.counted.plus(two.counted);
        assertEquals(DistanceHistogram.of(points, 1000, 3), sum);
        assertEquals(50 * 49 / 2, sum.pairs());
        assertNotEquals(sum, one.counted);
        assertArrayEquals(new int[][] {{0, 0}, {0, 1}, {1, 1}}, DistanceHistogram.tiles(2));
    }

    @Test
    void aHistogramSurvivesTheJourneyToAnotherProcess() throws Exception {
        DistanceHistogram histogram = DistanceHistogram.of(points(30, 5), 100, 3);
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
            out.writeObject(histogram);
        }
        try (ObjectInputStream in = new ObjectInputStream(new ByteArrayInputStream(bytes.toByteArray()))) {
            assertEquals(histogram, in.readObject());
        }
    }

    @Test
    void perfectAndHopelessSeparation() {
        Embeddings apart = new Embeddings(new double[][] {{0}, {0.1}, {2}, {2.1}}, new int[] {0, 0, 1, 1}, "apart");
        DistanceHistogram histogram = DistanceHistogram.of(apart, 1024, 4);
        assertEquals(1, histogram.auc());
        assertEquals(0, histogram.equalErrorRate());
        Embeddings mixed = new Embeddings(new double[][] {{0}, {0.1}, {2}, {2.1}}, new int[] {0, 1, 0, 1}, "mixed");
        assertTrue(DistanceHistogram.of(mixed, 1024, 4).auc() < 0.5);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, -1, (1 << 24) + 1})
    void refusesBins(int bins) {
        assertSays("bins must be", () -> DistanceHistogram.of(points(9, 2), bins, 4));
    }

    @ParameterizedTest
    @ValueSource(doubles = {0, -1, Double.NaN, Double.POSITIVE_INFINITY, 1e300, 1e-300})
    void refusesMaxDistance(double maxDistance) {
        assertSays("maxDistance must be", () -> DistanceHistogram.of(points(9, 2), 10, maxDistance));
    }

    @Test
    void refusesWhatDoesNotFit() {
        assertSays("a pair needs two", () -> DistanceHistogram.of(points(1, 2), 10, 4));
        assertSays("n must be", () -> DistanceHistogram.tiles(0));
        DistanceHistogram histogram = DistanceHistogram.of(points(9, 2), 10, 4);
        assertSays("same bins", () -> histogram.plus(DistanceHistogram.of(points(9, 2), 10, 5)));
        assertSays("same bins", () -> histogram.plus(DistanceHistogram.of(points(9, 2), 11, 4)));
        assertSays("one entry a bin", () -> new DistanceHistogram(4, new long[3], new long[2]));
        PairCounter counter = new PairCounter(10, 4);
        assertSays("as many components", () -> counter.add(DistanceHistogram.Block.of(points(9, 2), 0, 9),
                DistanceHistogram.Block.of(points(9, 3), 0, 9)));
        assertSays("for each of the points", () -> new DistanceHistogram.Block(new float[5], new int[2]));
        assertSays("for each of the points", () -> new DistanceHistogram.Block(new float[0], new int[0]));
        assertSays("finite", () -> new DistanceHistogram.Block(new float[] {1, Float.NaN}, new int[2]));
        assertThrows(IndexOutOfBoundsException.class, () -> DistanceHistogram.Block.of(points(9, 2), 3, 10));
    }

    @Test
    void ratesNeedPairsOfTheirKind() {
        DistanceHistogram alike = DistanceHistogram.of(new Embeddings(new double[][] {{0}, {1}}, new int[] {4, 4}, "alike"), 10, 4);
        assertEquals(1, alike.trueAcceptRateAt(4));
        assertTrue(assertThrows(IllegalStateException.class, () -> alike.falseAcceptRateAt(1)).getMessage().contains("no dissimilar pairs"));
        assertThrows(IllegalStateException.class, alike::auc);
        assertThrows(IllegalStateException.class, alike::equalErrorRate);
    }

    @Test
    void stopsWhenTheThreadIsInterrupted() {
        Thread.currentThread().interrupt();
        assertThrows(CancellationException.class, () -> DistanceHistogram.of(points(9, 2), 10, 4));
        assertTrue(Thread.interrupted());
    }

    private static void assertSays(String words, org.junit.jupiter.api.function.Executable action) {
        String said = assertThrows(IllegalArgumentException.class, action).getMessage();
        assertTrue(said.contains(words), said);
        assertEquals(1, Arrays.stream(said.split("\n")).count());
    }

    @Test
    void noThresholdIsNoNumber() {
        DistanceHistogram few = DistanceHistogram.of(new Embeddings(new double[][] {{0}, {1}, {3}}, new int[] {0, 0, 1},
                "made up"), 16, 4);
        assertThrows(IllegalArgumentException.class, () -> few.falseAcceptRateAt(Double.NaN));
        assertThrows(IllegalArgumentException.class, () -> few.trueAcceptRateAt(Double.NaN));
    }
}
