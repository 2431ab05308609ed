package siamese.evaluation;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.stream.Stream;
import java.util.function.ToDoubleFunction;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import siamese.data.LabeledImages;
import siamese.data.Pairs;

class VerificationReportTest {

    /** Rows that make_fixture.py computed with scikit-learn. */
    static Stream<String> fixture() throws IOException {
        try (InputStream in = VerificationReportTest.class.getResourceAsStream("verification.csv")) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8).lines().toList().stream();
        }
    }

    private static double[] numbers(String text) {
        return Arrays.stream(text.split(" ")).mapToDouble(Double::parseDouble).toArray();
    }

    private static boolean[] flags(double[] values) {
        boolean[] flags = new boolean[values.length];
        for (int i = 0; i < values.length; i++) {
            flags[i] = values[i] == 1;
        }
        return flags;
    }

    @ParameterizedTest
    @MethodSource("fixture")
    void agreesWithScikitLearn(String row) {
        String[] columns = row.split(";");
        VerificationReport report = VerificationReport.of(numbers(columns[1]), flags(numbers(columns[2])));
        assertArrayEquals(numbers(columns[3]), Arrays.copyOfRange(report.thresholds(), 1, report.thresholds().length), 1e-12);
        assertArrayEquals(numbers(columns[4]), report.falseAcceptRates(), 1e-12);
        assertArrayEquals(numbers(columns[5]), report.trueAcceptRates(), 1e-12);
        assertEquals(Double.parseDouble(columns[6]), report.auc(), 1e-12);
        assertEquals(Double.parseDouble(columns[7]), report.equalErrorRate(), 1e-9);
        assertEquals(Double.parseDouble(columns[8]), report.bestAccuracy(), 1e-12);
        assertEquals(report.bestAccuracy(), report.accuracyAt(report.bestThreshold()), 1e-12);
    }

    @Test
    void namesTheDataThatItIsTold() {
        VerificationReport report = VerificationReport.of("MNIST, known digits", new double[] {0.1, 0.5}, new boolean[] {true, false});
        assertEquals("MNIST, known digits", report.source());
        assertEquals(1, report.auc());
    }

    @Test
    void aCaseWorkedOutByHand() {
        VerificationReport report = VerificationReport.of(new double[] {0.1, 0.2, 0.3, 0.4, 0.5}, new boolean[] {true, true, false, true, false});
        // accepted up to 0.1, 0.2, 0.3, 0.4, 0.5: 1/3, 2/3, 2/3, 1, 1 of the similar and 0, 0, 1/2, 1/2, 1 of the dissimilar
        assertArrayEquals(new double[] {0, 0, 0, 0.5, 0.5, 1}, report.falseAcceptRates());
        assertArrayEquals(new double[] {0, 1 / 3.0, 2 / 3.0, 2 / 3.0, 1, 1}, report.trueAcceptRates());
        assertEquals(0.5 * 2 / 3 + 0.5, report.auc(), 1e-15);
        assertEquals(1 / 3.0, report.equalErrorRate(), 1e-15); // false rejects are 1/3 while false accepts rise from 0 to 1/2
        assertEquals(0.2 + 0.1 * 2 / 3, report.equalErrorThreshold(), 1e-15);
        assertEquals(0.8, report.bestAccuracy(), 1e-15);
        assertEquals(0.25, report.bestThreshold(), 1e-15);
        assertEquals(0.8, report.accuracyAt(0.2), 1e-15);
        assertEquals(0.6, report.accuracyAt(0.35), 1e-15);
        assertEquals(0.4, report.accuracyAt(-1), 1e-15);
        assertEquals(0.5, report.falseAcceptRateAt(0.3), 1e-15);
        assertEquals(2 / 3.0, report.trueAcceptRateAt(0.39), 1e-15);
        assertEquals(2 / 3.0, report.trueAcceptRateAtFalseAcceptRate(0.1), 1e-15);
        assertEquals(1, report.trueAcceptRateAtFalseAcceptRate(1), 1e-15);
    }

    @Test
    void perfectSeparationHasNoError() {
        VerificationReport report = VerificationReport.of(new double[] {0, 2, 0, 3}, new boolean[] {true, false, true, false});
        assertEquals(1, report.auc());
        assertEquals(0, report.equalErrorRate());
        assertEquals(1, report.bestAccuracy());
        assertEquals(1, report.bestThreshold());
    }

    /** Where accepting nothing, or everything, is best, there is no gap to take the middle of. */
    @Test
    void theBestThresholdMayAcceptNothingOrEverything() {
        boolean[] lastIsSimilar = {false, false, true};
        VerificationReport nothing = VerificationReport.of(new double[] {0.5, 0.7, 2}, lastIsSimilar);
        assertEquals(-0.5, nothing.bestThreshold());
        assertEquals(2 / 3.0, nothing.accuracyAt(nothing.bestThreshold()), 1e-15);
        assertEquals(0, VerificationReport.of(new double[] {5, 6, 9}, lastIsSimilar).bestThreshold());
        VerificationReport all = VerificationReport.of(new double[] {1, 2, 1.5, 3}, new boolean[] {true, true, false, true});
        assertEquals(3, all.bestThreshold());
        assertEquals(0.75, all.bestAccuracy(), 1e-15);
        assertEquals(0.75, all.accuracyAt(4), 1e-15);
    }

    /** Four pairs that share no example, with influences of 0.1: an error of 0.2, four degrees of freedom. */
    @Test
    void anIntervalWorkedOutByHand() {
        Pairs pairs = new Pairs(new LabeledImages("test", 1, 1, 2, new byte[8], new int[8]), new int[] {0, 2, 4, 6},
                new int[] {1, 3, 5, 7}, new boolean[] {true, true, false, false});
        double[] influences = {0.1, -0.1, 0.1, -0.1};
        double reach = 0.2 * 2.7764451052; // Student's quantile in any table
        VerificationReport.Estimate share = new VerificationReport.Estimate(pairs, 0.9, influences, true);
        assertEquals(0.2, share.standardError(), 1e-12);
        assertEquals(4, share.effectiveNumber(), 1e-12);
        double factor = Math.exp(reach / (0.9 * 0.1));
        assertEquals(9 / factor / (1 + 9 / factor), share.interval().low(), 1e-9);
        assertEquals(9 * factor / (1 + 9 * factor), share.interval().high(), 1e-9);
        for (VerificationReport.Estimate plain : List.of(
                new VerificationReport.Estimate(pairs, 0.9, influences, false),
                new VerificationReport.Estimate(pairs, 0, influences, true),
                new VerificationReport.Estimate(pairs, 1, influences, true))) {
            assertEquals(plain.value() - reach, plain.interval().low(), 1e-9);
            assertEquals(plain.value() + reach, plain.interval().high(), 1e-9);
        }
        VerificationReport.Estimate one = new VerificationReport.Estimate(pairs, 0.9, new double[] {0, 0.1, 0, 0}, false);
        assertEquals(1, one.effectiveNumber(), 1e-12);
        assertEquals(2 * 0.1 * 4.3026527297, one.interval().width(), 1e-8, "two degrees of freedom at least");
    }

    @Test
    void badInputIsNamed() {
        for (double wrong : new double[] {Double.NaN, Double.POSITIVE_INFINITY}) {
            assertTrue(assertThrows(IllegalArgumentException.class,
                    () -> VerificationReport.of(new double[] {0, wrong}, new boolean[] {true, false})).getMessage().startsWith("distances[1] is "));
        }
        assertTrue(assertThrows(IllegalArgumentException.class,
                () -> VerificationReport.of(new double[] {1, 2}, new boolean[2])).getMessage().contains("0 similar and 2 dissimilar"));
        assertThrows(IllegalArgumentException.class, () -> VerificationReport.of(new double[0], new boolean[0]));
        assertThrows(IllegalArgumentException.class, () -> VerificationReport.of(new double[2], new boolean[3]));
        VerificationReport report = VerificationReport.of(new double[] {0, 1}, new boolean[] {true, false});
        assertThrows(IllegalArgumentException.class, () -> report.trueAcceptRateAtFalseAcceptRate(1.5));
    }

    /** Each fold is judged with the threshold that is best on the others: worked out again by brute force. */
    @Test
    void crossValidationChoosesThresholdsOnTheOtherFolds() {
        int classes = 3;
        int perClass = 101;
        int[] labels = new int[classes * perClass];
        for (int i = 0; i < labels.length; i++) {
            labels[i] = i % classes;
        }
        Pairs pairs = Pairs.create(new LabeledImages("test", 1, 1, classes, new byte[labels.length], labels), 1);
        SplittableRandom random = new SplittableRandom(2);
        double[] distances = new double[pairs.size()];
        for (int p = 0; p < distances.length; p++) {
            distances[p] = random.nextDouble() + (pairs.similar()[p] ? 0 : 0.6);
        }
        int k = 4;
        CrossValidation result = CrossValidation.of(pairs, distances, k, 5);
        int[] folds = pairs.folds(k, 5);
        double sum = 0;
        for (int fold = 0; fold < k; fold++) {
            double bestThreshold = 0;
            int most = -1;
            for (double t = 0.0005; t < 1.7; t += 0.001) {
                int right = 0;
                for (int p = 0; p < folds.length; p++) {
                    right += folds[p] >= 0 && folds[p] != fold && distances[p] <= t == pairs.similar()[p] ? 1 : 0;
                }
                if (right > most) {
                    most = right;
                    bestThreshold = t;
                }
            }
            int right = 0;
            int all = 0;
            for (int p = 0; p < folds.length; p++) {
                if (folds[p] == fold) {
                    all++;
                    right += distances[p] <= bestThreshold == pairs.similar()[p] ? 1 : 0;
                }
            }
            assertEquals((double) right / all, result.foldAccuracies()[fold], 1.5 / all, "fold " + fold);
            sum += result.foldAccuracies()[fold];
        }
        assertEquals(sum / k, result.accuracy(), 1e-12);
        assertEquals(Arrays.stream(folds).filter(f -> f >= 0).count(), result.pairs());
        assertEquals(Arrays.stream(folds).filter(f -> f < 0).count(), result.leftOut());
        assertTrue(result.toString().endsWith(" folds of " + result.pairs() + " pairs; " + result.leftOut()
                + " between folds left out"), result.toString());
        double mean = result.accuracy();
        double variance = Arrays.stream(result.foldAccuracies()).map(a -> (a - mean) * (a - mean)).sum() / (k - 1);
        assertEquals(Math.sqrt(variance / k), result.standardError(), 1e-12);
    }

    /** By definition: a step for each different distance, the least first, where 0 is −0. */
    @Test
    void pairsOfEqualDistanceShareAStep() {
        SplittableRandom random = new SplittableRandom(3);
        for (int n : new int[] {2, 3, 1000, 20_000}) {
            double[] distances = random.doubles(n).map(d -> d < 0.1 ? -0.0 : d < 0.2 ? 0.0 : d < 0.5 ? Math.rint(20 * d) - 6 : d).toArray();
            boolean[] similar = new boolean[n];
            for (int p = 0; p < n; p++) {
                similar[p] = p == 0 || p > 1 && random.nextBoolean();
            }
            TreeMap<Double, long[]> expected = new TreeMap<>();
            for (int p = 0; p < n; p++) {
                expected.computeIfAbsent(distances[p] == 0 ? 0.0 : distances[p], d -> new long[2])[similar[p] ? 1 : 0]++;
            }
            Ranking ranking = Ranking.of(distances, similar);
            assertArrayEquals(expected.keySet().stream().mapToDouble(d -> d).toArray(), ranking.distances());
            for (int p = 0; p < n; p++) {
                assertTrue(ranking.distances()[ranking.steps()[p]] == distances[p], "pair " + p);
            }
            assertEquals(similar.length, ranking.roc().negatives + ranking.roc().positives);
            double[] tar = new double[expected.size() + 1];
            int k = 0;
            long accepted = 0;
            for (long[] counts : expected.values()) {
                accepted += counts[1];
                tar[++k] = (double) accepted / ranking.roc().positives;
            }
            assertArrayEquals(tar, ranking.roc().trueAcceptRates(), 1e-15);
        }
    }

    @Test
    void notANumberIsNoThreshold() {
        VerificationReport report = VerificationReport.of("x", new double[] {0.1, 0.9}, new boolean[] {true, false});
        for (ToDoubleFunction<Double> rate : List.<ToDoubleFunction<Double>>of(report::falseAcceptRateAt,
                report::trueAcceptRateAt)) {
            assertThrows(IllegalArgumentException.class, () -> rate.applyAsDouble(Double.NaN));
        }
    }
}
