package siamese.evaluation;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import siamese.data.LabeledImages;
import siamese.data.Pairs;
import siamese.evaluation.VerificationReport.Bootstrap;
import siamese.evaluation.VerificationReport.Interval;

class BootstrapTest {

    /** All pairs of n images, of which image i is of class i % 3. */
    private static Pairs allPairs(int n) {
        int[] labels = IntStream.range(0, n).map(i -> i % 3).toArray();
        List<int[]> pairs = new ArrayList<>();
        for (int i = 0; i < n; i++) {
            for (int j = i + 1; j < n; j++) {
                pairs.add(new int[] {i, j});
            }
        }
        boolean[] similar = new boolean[pairs.size()];
        for (int p = 0; p < similar.length; p++) {
            similar[p] = labels[pairs.get(p)[0]] == labels[pairs.get(p)[1]];
        }
        return new Pairs(new LabeledImages("test", 1, 1, 3, new byte[n], labels), pairs.stream().mapToInt(p -> p[0]).toArray(),
                pairs.stream().mapToInt(p -> p[1]).toArray(), similar);
    }

    /** Distances that depend on how odd each of the two images is, so that an odd image spoils all its pairs. */
    private static double[] distances(Pairs pairs, Random random) {
        double[] odd = random.doubles(pairs.images().size()).map(u -> u < 0.2 ? 1 : 0).toArray();
        return IntStream.range(0, pairs.size()).mapToDouble(p -> {
            double oddness = odd[pairs.first()[p]] + odd[pairs.second()[p]];
            return pairs.similar()[p] ? 0.2 + 0.5 * oddness + 0.3 * random.nextDouble() : 0.9 + 0.5 * random.nextDouble();
        }).toArray();
    }

    /** The figures by definition: every pair written down as often as it counts, and an ordinary report made of them. */
    private static double[] slow(Pairs pairs, double[] distances, double threshold, int[] weights) {
        int[] written = IntStream.range(0, pairs.size()).flatMap(p -> IntStream.range(0, weights[p]).map(k -> p)).toArray();
        boolean[] similar = new boolean[written.length];
        for (int k = 0; k < written.length; k++) {
            similar[k] = pairs.similar()[written[k]];
        }
        VerificationReport report = VerificationReport.of(Arrays.stream(written).mapToDouble(p -> distances[p]).toArray(), similar);
        return new double[] {report.equalErrorRate(), report.auc(), report.accuracyAt(threshold)};
    }

    private static int[] draw(int n, Random random) {
        int[] counts = new int[n];
        random.ints(n, 0, n).forEach(i -> counts[i]++);
        return counts;
    }

    private static int[] products(Pairs pairs, int[] counts) {
        return IntStream.range(0, pairs.size()).map(p -> counts[pairs.first()[p]] * counts[pairs.second()[p]]).toArray();
    }

    @Test
    void weightedFiguresAreThoseOfPairsWrittenDownThatOften() {
        Pairs pairs = allPairs(14);
        Random random = new Random(1);
        for (int trial = 0; trial < 50; trial++) {
            double[] distances = random.doubles(pairs.size()).map(d -> Math.rint(8 * d) / 8).toArray(); // with many ties
            int[] images = draw(14, random);
            assertArrayEquals(slow(pairs, distances, 0.5, products(pairs, images)),
                    quick(Resampling.ofImages(pairs, distances, 0.5), images), 1e-12);
            int[] drawn = draw(pairs.size(), random);
            int[] order = Ranking.of(distances, pairs.similar()).order();
            assertArrayEquals(slow(pairs, distances, 0.5, drawn), quick(Resampling.ofPairs(pairs, distances, 0.5),
                    Arrays.stream(order).map(p -> drawn[p]).toArray()), 1e-12);
        }
    }

    private static double[] quick(Resampling resampling, int[] counts) {
        Resampling.Figures figures = resampling.figures(resampling.roc(counts));
        return new double[] {figures.equalErrorRate(), figures.auc(), figures.accuracy()};
    }

    @Test
    void replicatesSpreadAsThoseOfADirectBootstrap() {
        Pairs pairs = allPairs(30);
        Random random = new Random(2);
        double[] distances = distances(pairs, random);
        int n = 2000;
        Bootstrap bootstrap = Bootstrap.overImages(pairs, distances, 0.8, n, 3);
        double[][] direct = IntStream.range(0, n).mapToObj(r -> slow(pairs, distances, 0.8, products(pairs, draw(30, random))))
                .toArray(double[][]::new);
        double[][] found = {bootstrap.equalErrorRates(), bootstrap.aucs(), bootstrap.accuracies()};
        for (int figure = 0; figure < 3; figure++) {
            int f = figure;
            double[] values = Arrays.stream(direct).mapToDouble(row -> row[f]).toArray();
            for (double level : new double[] {0.2, 0.6, 0.9}) {
                Interval expected = Interval.of(values, level);
                Interval actual = Interval.of(found[f], level);
                double tolerance = 0.1 * Interval.of(values, 0.9).width();
                assertEquals(expected.low(), actual.low(), tolerance, f + " at " + level);
                assertEquals(expected.high(), actual.high(), tolerance, f + " at " + level);
            }
        }
    }

    @Test
    void drawingImagesCoversTheTruthAndDrawingPairsDoesNot() {
        Random random = new Random(4);
        Pairs pairs = allPairs(45);
        double truth = IntStream.range(0, 300).mapToDouble(k -> accuracy(pairs, distances(pairs, random))).average().orElseThrow();
        int overImages = 0;
        int overPairs = 0;
        for (int trial = 0; trial < 100; trial++) {
            double[] distances = distances(pairs, random);
            overImages += covers(Bootstrap.overImages(pairs, distances, 0.8, 200, trial).accuracy(), truth) ? 1 : 0;
            overPairs += covers(Bootstrap.overPairs(pairs, distances, 0.8, 200, trial).accuracy(), truth) ? 1 : 0;
        }
        assertTrue(overImages >= 85, overImages + " of 100 intervals over images cover the truth");
        assertTrue(overPairs <= 60, overPairs + " of 100 intervals over pairs cover the truth");
    }

    private static double accuracy(Pairs pairs, double[] distances) {
        return VerificationReport.of(pairs, distances).accuracyAt(0.8);
    }

    private static boolean covers(Interval interval, double value) {
        return interval.low() <= value && value <= interval.high();
    }

    @Test
    void theSeedDeterminesEveryReplicate() {
        Pairs pairs = allPairs(20);
        double[] distances = distances(pairs, new Random(5));
        Bootstrap one = Bootstrap.overImages(pairs, distances, 0.8, 50, 6);
        assertArrayEquals(one.equalErrorRates(), Bootstrap.overImages(pairs, distances, 0.8, 50, 6).equalErrorRates());
        assertArrayEquals(one.aucs(), Arrays.copyOf(Bootstrap.overImages(pairs, distances, 0.8, 60, 6).aucs(), 50));
        assertFalse(Arrays.equals(one.aucs(), Bootstrap.overImages(pairs, distances, 0.8, 50, 7).aucs()));
        // The same draws for another network: distances twice as large change no rank
        double[] doubled = Arrays.stream(distances).map(d -> 2 * d).toArray();
        assertArrayEquals(one.equalErrorRates(), Bootstrap.overImages(pairs, doubled, 1.6, 50, 6).equalErrorRates());
    }

    @Test
    void imagesWithoutPairsPlayNoPart() {
        Pairs pairs = allPairs(20);
        double[] distances = distances(pairs, new Random(8));
        int[] labels = IntStream.range(0, 500).map(i -> i % 3).toArray();
        Pairs among = new Pairs(new LabeledImages("more", 1, 1, 3, new byte[500], labels), pairs.first(), pairs.second(), pairs.similar());
        assertArrayEquals(Bootstrap.overImages(pairs, distances, 0.8, 20, 1).equalErrorRates(),
                Bootstrap.overImages(among, distances, 0.8, 20, 1).equalErrorRates());
    }

    @Test
    void percentilesAreInterpolated() {
        double[] values = {5, 1, 2, 4, 3};
        assertEquals(new Interval(2, 4), Interval.of(values, 0.5));
        assertEquals(1.1, Interval.of(values, 0.95).low(), 1e-12);
        assertEquals(3.8, Interval.of(values, 0.95).width(), 1e-12);
        assertEquals("0.0010 to 0.0025", new Interval(0.001, 0.0025).toString());
    }

    @Test
    void badInputIsNamed() {
        Pairs pairs = allPairs(6);
        double[] distances = distances(pairs, new Random(9));
        assertTrue(message(() -> Bootstrap.overImages(pairs, distances, 0.8, 0, 1)).startsWith("replicates must be at least 1, but is 0"));
        assertTrue(message(() -> Bootstrap.overImages(pairs, distances, Double.NaN, 9, 1)).startsWith("threshold is NaN"));
        assertTrue(message(() -> Bootstrap.overPairs(pairs, new double[2], 1, 9, 1)).contains("15"));
        double[] broken = distances.clone();
        broken[3] = Double.NaN;
        assertTrue(message(() -> Bootstrap.overImages(pairs, broken, 1, 9, 1)).startsWith("distances[3] is NaN"));
        Pairs onlySimilar = new Pairs(pairs.images(), new int[] {0, 1}, new int[] {3, 4}, new boolean[] {true, true});
        assertTrue(message(() -> Bootstrap.overImages(onlySimilar, new double[2], 1, 9, 1)).contains("too few"));
        assertTrue(message(() -> Interval.of(new double[0], 0.9)).startsWith("values has 0"));
        assertTrue(message(() -> Interval.of(new double[] {1, Double.NaN}, 0.9)).contains("1 are NaN"));
        assertTrue(message(() -> Interval.of(new double[] {1}, 95)).contains("0.95"));
    }

    private static String message(org.junit.jupiter.api.function.Executable call) {
        return assertThrows(IllegalArgumentException.class, call).getMessage();
    }
}
