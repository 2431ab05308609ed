package siamese.evaluation;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.function.IntFunction;
import java.util.function.LongFunction;
import java.util.stream.IntStream;
import org.apache.commons.math3.distribution.NormalDistribution;
import org.apache.commons.math3.stat.StatUtils;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import siamese.Campaign;
import siamese.data.LabeledImages;
import siamese.data.Pairs;
import siamese.evaluation.VerificationReport.Estimate;
import siamese.evaluation.VerificationReport.Interval;

class EstimateTest {

    private static final NormalDistribution NORMAL = new NormalDistribution();

    /** How much wider the dissimilar distances spread than the similar ones. */
    private static final double SPREAD = 1.5;

    private static LabeledImages images(int n) {
        return new LabeledImages("test", 1, 1, 10, new byte[n], IntStream.range(0, n).map(i -> i % 10).toArray());
    }

    /** All pairs of n images, of which image i is of class i % 10. */
    private static Pairs dense(int n) {
        int[] first = IntStream.range(0, n).flatMap(i -> IntStream.range(i + 1, n).map(j -> i)).toArray();
        int[] second = IntStream.range(0, n).flatMap(i -> IntStream.range(i + 1, n)).toArray();
        boolean[] similar = new boolean[first.length];
        for (int p = 0; p < similar.length; p++) {
            similar[p] = first[p] % 10 == second[p] % 10;
        }
        return new Pairs(images(n), first, second, similar);
    }

    /** The overview's chain of pairs. */
    private static Pairs sparse(int n, long seed) {
        return Pairs.create(images(n), seed);
    }

    private static Random random(long seed) {
        return new Random(new SplittableRandom(seed).nextLong());
    }

    /** Normal deviates of variance 1, one a pair, of which so much comes from each of its two images. */
    private static double[] deviates(Pairs pairs, double share, Random random) {
        double[] image = IntStream.range(0, pairs.examples().size()).mapToDouble(i -> random.nextGaussian()).toArray();
        double own = Math.sqrt(1 - 2 * share);
        return IntStream.range(0, pairs.size()).mapToDouble(p -> own * random.nextGaussian()
                + Math.sqrt(share) * (image[pairs.first()[p]] + image[pairs.second()[p]])).toArray();
    }

    /** Distances whose equal error rate is expected at the threshold 0; a deviate is a mistake when it is large. */
    private static double[] distances(Pairs pairs, double error, double[] deviates) {
        double mistake = -NORMAL.inverseCumulativeProbability(error);
        return IntStream.range(0, pairs.size()).mapToDouble(p -> pairs.similar()[p] ? deviates[p] - mistake
                : SPREAD * (mistake - deviates[p])).toArray();
    }

    private static double[] distances(Pairs pairs, double error, double share, Random random) {
        return distances(pairs, error, deviates(pairs, share, random));
    }

    private static double[] tied(double[] distances) {
        return Arrays.stream(distances).map(d -> Math.rint(8 * d) / 8).toArray();
    }

    private static Estimate[] figures(Pairs pairs, double[] distances) {
        return new Estimate[] {Estimate.accuracy(pairs, distances, 0), Estimate.auc(pairs, distances),
                Estimate.equalErrorRate(pairs, distances)};
    }

    private static double[] truth(double error) {
        double auc = NORMAL.cumulativeProbability(-NORMAL.inverseCumulativeProbability(error) * (1 + SPREAD)
                / Math.sqrt(1 + SPREAD * SPREAD));
        return new double[] {1 - error, auc, error};
    }

    @Test
    void valuesAreThoseOfTheReport() {
        Pairs pairs = sparse(500, 1);
        double[] distances = tied(distances(pairs, 0.1, 0.2, random(1)));
        VerificationReport report = VerificationReport.of(pairs, distances);
        Estimate[] figures = figures(pairs, distances);
        assertEquals(report.accuracyAt(0), figures[0].value(), 1e-12);
        assertEquals(report.auc(), figures[1].value(), 1e-12);
        assertEquals(report.equalErrorRate(), figures[2].value(), 1e-12);
    }

    /** An influence is what the figure loses when the pair is taken out, but for the small change of the number. */
    @Test
    void influencesAreThoseOfLeavingAPairOut() {
        Pairs pairs = dense(30);
        double[] distances = tied(distances(pairs, 0.2, 0.2, random(2)));
        Estimate auc = Estimate.auc(pairs, distances);
        for (int p = 0; p < pairs.size(); p += 7) {
            int out = p;
            int[] rest = IntStream.range(0, pairs.size()).filter(q -> q != out).toArray();
            boolean[] similar = new boolean[rest.length];
            IntStream.range(0, rest.length).forEach(k -> similar[k] = pairs.similar()[rest[k]]);
            double[] others = Arrays.stream(rest).mapToDouble(q -> distances[q]).toArray();
            double without = VerificationReport.of(others, similar).auc();
            int kind = pairs.similar()[p] ? pairs.similarCount() : pairs.size() - pairs.similarCount();
            assertEquals(auc.influences()[p], (auc.value() - without) * (kind - 1) / kind, 1e-12);
        }
        for (Estimate figure : figures(pairs, distances)) {
            assertEquals(0, Arrays.stream(figure.influences()).sum(), 1e-12);
        }
    }

    /** Two pairs count together where they share an image, once even if they share both. */
    @Test
    void theVarianceIsThatOfPairsThatShareImages() {
        Pairs pairs = sparse(60, 3);
        double[] x = Estimate.accuracy(pairs, distances(pairs, 0.2, 0.3, random(3)), 0).influences();
        double expected = 0;
        int both = 0;
        for (int p = 0; p < x.length; p++) {
            for (int q = 0; q < x.length; q++) {
                boolean first = pairs.first()[p] == pairs.first()[q] || pairs.first()[p] == pairs.second()[q];
                boolean second = pairs.second()[p] == pairs.first()[q] || pairs.second()[p] == pairs.second()[q];
                expected += first || second ? x[p] * x[q] : 0;
                both += p != q && first && second ? 1 : 0;
            }
        }
        assertTrue(both > 0, "no two pairs join the same images, so that case was not tested");
        assertEquals(expected, Influences.dyadicVariance(new Estimate(pairs, 0.8, x, true)), 1e-15);
        double[] alone = new double[x.length];
        alone[0] = 1;
        assertEquals(1, new Estimate(pairs, 0.8, alone, true).effectiveNumber(), 1e-12);
        Pairs chain = new Pairs(images(30), new int[] {0, 10}, new int[] {10, 20}, new boolean[] {true, false});
        double[] two = {1, 1}; // of three images' sums, 1, 2 and 1
        assertEquals(36 / 18.0, new Estimate(chain, 0.8, two, true).effectiveNumber(), 1e-12);
    }

    /**
     * The identity that the course teaches: the variance of a bootstrap over images, less twice that of one over pairs,
     * and that the former alone is three times too large on a chain of independent pairs.
     */
    @Test
    void theImageBootstrapIsTooWideByTwoPairBootstraps() {
        double overImages = 0;
        double overPairs = 0;
        double dyadic = 0;
        for (int trial = 0; trial < 40; trial++) {
            Pairs pairs = sparse(400, trial);
            Estimate accuracy = Estimate.accuracy(pairs, distances(pairs, 0.1, 0, random(trial)), 0);
            double[] x = accuracy.influences();
            Random random = random(trial + 1000);
            overImages += variance(100, r -> {
                int[] counts = draw(pairs.examples().size(), random);
                return IntStream.range(0, x.length).mapToDouble(
                        p -> x[p] * counts[pairs.first()[p]] * counts[pairs.second()[p]]).sum();
            });
            overPairs += variance(100, r -> {
                int[] counts = draw(x.length, random);
                return IntStream.range(0, x.length).mapToDouble(p -> x[p] * counts[p]).sum();
            });
            dyadic += Influences.dyadicVariance(accuracy);
        }
        System.out.printf("Figure: on a chain of independent pairs, drawing images is %.2f times as wide as pairs%n",
                Math.sqrt(overImages / overPairs));
        assertEquals(Math.sqrt(3), Math.sqrt(overImages / overPairs), 0.08);
        assertEquals(1, (overImages - 2 * overPairs) / dyadic, 0.15);
    }

    private static int[] draw(int n, Random random) {
        int[] counts = new int[n];
        random.ints(n, 0, n).forEach(i -> counts[i]++);
        return counts;
    }

    private static double variance(int replicates, IntFunction<Double> figure) {
        return StatUtils.variance(IntStream.range(0, replicates).mapToDouble(figure::apply).toArray());
    }

    /** How many of so many simulated lists' intervals hold the truth: by the library, and by pairs alone. */
    private static int[][] holding(LongFunction<Pairs> list, double error, double share, int lists) {
        double[] truth = truth(error);
        int[][] held = new int[2][3];
        Estimate[][] all = IntStream.range(0, lists).parallel().mapToObj(seed -> {
            Pairs pairs = list.apply(seed);
            return figures(pairs, distances(pairs, error, share, random(seed)));
        }).toArray(Estimate[][]::new);
        for (Estimate[] figures : all) {
            for (int f = 0; f < 3; f++) {
                held[0][f] += figures[f].interval().contains(truth[f]) ? 1 : 0;
                held[1][f] += Math.abs(figures[f].value() - truth[f]) <= 1.96 * figures[f].pairStandardError() ? 1 : 0;
            }
        }
        return held;
    }

    @Test
    @Tag("slow")
    void intervalsHoldTheTruthOnSparseAndDenseListsOfDependentAndIndependentPairs() {
        int lists = Campaign.size(300, 2000);
        double tolerance = 0.02 + 2.6 * Math.sqrt(0.05 * 0.95 / lists); // 93 to 97 %, and the chance of so few lists
        Pairs dense = dense(100);
        for (double share : new double[] {0, 0.1, 0.25}) {
            // 50 errors of each kind are expected on the sparse lists, 50 and 500 on the dense ones
            int[][] onSparse = holding(seed -> sparse(2010, seed), 50 / 2000.0, share, lists);
            int[][] onDense = holding(seed -> dense, 50 / 450.0, share, lists);
            System.out.printf("Figure: share %.2f, intervals of %d that hold the truth: sparse %s, dense %s%n", share,
                    lists, Arrays.toString(onSparse[0]), Arrays.toString(onDense[0]));
            for (int f = 0; f < 3; f++) {
                String which = "list, share " + share + ", figure " + f;
                assertEquals(0.95, (double) onSparse[0][f] / lists, tolerance, "sparse " + which);
                assertEquals(0.95, (double) onDense[0][f] / lists, tolerance, "dense " + which);
                assertTrue(share == 0 || onDense[1][f] < 0.75 * lists, "over pairs it should be too narrow: " + which);
            }
        }
    }

    /** Two networks that find the same images hard: their difference is surer than either, and as sure as it says. */
    @Test
    void differencesOnTheSamePairsAreSurerAndHoldTheTruth() {
        int lists = 300;
        int held = 0;
        double narrower = 0;
        for (int seed = 0; seed < lists; seed++) {
            Pairs pairs = sparse(1010, seed);
            Random random = random(seed);
            double[] common = deviates(pairs, 0.25, random);
            double[] one = mixed(common, deviates(pairs, 0.25, random));
            double[] other = mixed(common, deviates(pairs, 0.25, random));
            Estimate first = Estimate.equalErrorRate(pairs, distances(pairs, 0.08, one));
            Estimate second = Estimate.equalErrorRate(pairs, distances(pairs, 0.1, other));
            Estimate difference = second.minus(first);
            assertEquals(second.value() - first.value(), difference.value(), 1e-15);
            held += difference.interval().contains(0.02) ? 1 : 0;
            narrower += difference.standardError() / Math.hypot(first.standardError(), second.standardError()) / lists;
        }
        System.out.printf("Figure: %d of %d intervals of a paired difference hold it; its standard error is %.2f of "
                + "that of unpaired figures%n", held, lists, narrower);
        assertEquals(0.95, (double) held / lists, 0.05);
        assertTrue(narrower < 0.8, "paired over unpaired standard error: " + narrower);
    }

    private static double[] mixed(double[] common, double[] own) {
        return IntStream.range(0, own.length)
                .mapToDouble(p -> Math.sqrt(0.8) * common[p] + Math.sqrt(0.2) * own[p]).toArray();
    }

    @Test
    void anIntervalOfAShareStaysBetweenZeroAndOneAndADifferenceDoesNot() {
        Pairs pairs = sparse(200, 5);
        double[] few = new double[pairs.size()];
        Arrays.setAll(few, p -> pairs.similar()[p] ? 0 : 1);
        assertEquals(new Interval(1, 1), Estimate.accuracy(pairs, few, 0.5).interval());
        assertEquals(new Interval(0, 0), Estimate.equalErrorRate(pairs, few).interval());
        few[0] = 2;
        Estimate accuracy = Estimate.accuracy(pairs, few, 0.5);
        assertTrue(accuracy.interval().low() > 0.8 && accuracy.interval().high() < 1, accuracy.toString());
        assertTrue(accuracy.interval().contains(accuracy.value()) && accuracy.interval().width() > 0);
        assertTrue(accuracy.looksIndependent());
        assertEquals(accuracy.pairStandardError(), accuracy.standardError());
        assertTrue(accuracy.toString().endsWith("; the pairs look independent)"), accuracy.toString());
        Interval none = accuracy.minus(accuracy).interval();
        assertEquals(new Interval(0, 0), none);
        Estimate dependent = Estimate.accuracy(dense(60), distances(dense(60), 0.2, 0.4, random(6)), 0);
        assertFalse(dependent.looksIndependent());
        assertFalse(dependent.toString().contains("independent"));
        assertTrue(dependent.standardError() > dependent.pairStandardError());
    }

    @Test
    void theSameAnswerWhateverElseIsInTheSet() {
        Pairs pairs = sparse(200, 7);
        double[] distances = distances(pairs, 0.1, 0.2, random(7));
        Pairs among = new Pairs(images(500), pairs.first(), pairs.second(), pairs.similar());
        for (int f = 0; f < 3; f++) {
            Estimate expected = figures(pairs, distances)[f];
            assertEquals(expected.interval(), figures(among, distances)[f].interval());
            assertArrayEquals(expected.influences(), figures(among, distances)[f].influences());
        }
    }

    @Test
    void badInputIsNamed() {
        Pairs pairs = sparse(40, 1);
        double[] distances = new double[pairs.size()];
        assertTrue(message(() -> Estimate.accuracy(pairs, distances, Double.NaN)).startsWith("threshold is NaN"));
        assertTrue(message(() -> Estimate.auc(pairs, new double[2])).contains("2 and 60"));
        Pairs onlySimilar = new Pairs(pairs.examples(), new int[2], new int[] {10, 20}, new boolean[] {true, true});
        assertTrue(message(() -> Estimate.equalErrorRate(onlySimilar, new double[2])).contains("2 similar and 0 dis"));
        assertTrue(message(() -> new Estimate(pairs, 0, new double[1], true)).startsWith("influences has 1 entries"));
        Estimate one = Estimate.auc(pairs, distances);
        Estimate other = Estimate.auc(sparse(40, 2), distances);
        assertTrue(message(() -> one.minus(other)).startsWith("other is a figure of other pairs"));
        distances[3] = Double.NaN;
        assertTrue(message(() -> Estimate.auc(pairs, distances)).startsWith("distances[3] is NaN"));
    }

    private static String message(org.junit.jupiter.api.function.Executable call) {
        return assertThrows(IllegalArgumentException.class, call).getMessage();
    }
}
