package siamese.evaluation;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import siamese.evaluation.OneShot.Episode;
import siamese.model.Distance;

class OneShotTest {

    private static Embeddings points(double[][] vectors, int... labels) {
        return new Embeddings(vectors, labels, "points");
    }

    @Test
    void prototypeAndNearestExampleDiffer() {
        // class 4 around 0 with one example astray at 10; class 7 around 8
        Episode episode = new Episode(points(new double[][] {{0, 0}, {-1, 0}, {10, 0}, {7, 0}, {8, 0}, {9, 0}}, 4, 4, 4, 7, 7, 7),
                points(new double[][] {{1, 0}, {9.8, 0}}, 4, 7));
        assertArrayEquals(new int[] {4, 4}, episode.nearestExample(Distance.EUCLIDEAN));
        assertArrayEquals(new int[] {4, 7}, episode.nearestPrototype(Distance.EUCLIDEAN));
    }

    @Test
    void cosinePrototypeIsTheMeanDirection() {
        // the long example of class 0 would pull a mean of vectors to (1, 0.01); the mean direction is (1, 1)
        Episode episode = new Episode(points(new double[][] {{100, 0}, {0, 1}, {1, 0.2}}, 0, 0, 1), points(new double[][] {{1, 0.5}}, 1));
        assertArrayEquals(new int[] {1}, episode.nearestPrototype(Distance.COSINE));
        assertArrayEquals(new int[] {1}, episode.nearestExample(Distance.COSINE));
        assertArrayEquals(new int[] {0}, new Episode(episode.support(), points(new double[][] {{1, 0.9}}, 0)).nearestPrototype(Distance.COSINE));
    }

    @Test
    void episodesHaveTheirClassesAndNoQueryAmongItsExamples() {
        int n = 200;
        Embeddings first = points(IntStream.range(0, n).mapToObj(i -> new double[] {i}).toArray(double[][]::new),
                IntStream.range(0, n).map(i -> i % 10).toArray());
        Embeddings second = points(IntStream.range(0, n).mapToObj(i -> new double[] {-1 - i}).toArray(double[][]::new),
                IntStream.range(0, n).map(i -> i % 10).toArray());
        List<Episode> episodes = OneShot.draw(List.of(first, second), 5, 3, 40, new Random(1));
        assertEquals(40, episodes.size());
        for (int e = 0; e < episodes.size(); e++) {
            Episode episode = episodes.get(e);
            assertEquals(15, episode.support().size());
            assertEquals(5, IntStream.of(episode.queries().labels()).distinct().count());
            HashSet<Double> distinct = new HashSet<>();
            Arrays.stream(episode.support().vectors()).forEach(v -> distinct.add(v[0]));
            Arrays.stream(episode.queries().vectors()).forEach(v -> distinct.add(v[0]));
            assertEquals(20, distinct.size(), "no point twice");
            int sign = e % 2 == 0 ? 1 : -1;
            assertTrue(distinct.stream().allMatch(v -> sign > 0 ? v >= 0 : v < 0), "one group only");
        }
        assertArrayEquals(episodes.get(7).queries().labels(),
                OneShot.draw(List.of(first, second), 5, 3, 40, new Random(1)).get(7).queries().labels());
        assertNotEquals(Arrays.toString(episodes.get(0).queries().labels()), Arrays.toString(episodes.get(2).queries().labels()));
    }

    @Test
    void accuracyAndIntervalAreThoseOfTheTextbook() {
        OneShot result = new OneShot("points", new double[] {0.8, 0.9, 1.0});
        assertEquals(0.9, result.accuracy(), 1e-12);
        assertEquals(4.302652729911275 * 0.1 / Math.sqrt(3), result.halfWidth(), 1e-9); // t with 2 degrees of freedom
        assertEquals("points: 90.0 % ± 24.8 % right in 3 episodes", result.toString());
        assertTrue(Double.isNaN(new OneShot("points", new double[] {1}).halfWidth()));
    }

    @Test
    void pointsInTheirPlacesAreToldApartAndNoiseIsChance() {
        Random random = new Random(1);
        int[] labels = IntStream.range(0, 400).map(i -> i % 20).toArray();
        Embeddings clear = points(Arrays.stream(labels).mapToObj(c -> new double[] {c + 0.1 * random.nextDouble()}).toArray(double[][]::new), labels);
        assertEquals(1, OneShot.of("points", OneShot.draw(List.of(clear), 20, 1, 10, random), e -> e.nearestPrototype(Distance.EUCLIDEAN)).accuracy());
        Embeddings noise = points(Arrays.stream(labels).mapToObj(c -> new double[] {random.nextDouble()}).toArray(double[][]::new), labels);
        OneShot chance = OneShot.of("points", OneShot.draw(List.of(noise), 20, 1, 500, random), e -> e.nearestExample(Distance.EUCLIDEAN));
        assertEquals(0.05, chance.accuracy(), 2 * chance.halfWidth());
        assertTrue(chance.halfWidth() < 0.01);
    }

    @Test
    void badInputIsNamed() {
        Embeddings few = points(new double[][] {{0}, {1}, {2}, {3}, {4}}, 0, 0, 1, 1, 2);
        assertTrue(assertThrows(IllegalArgumentException.class, () -> OneShot.draw(List.of(few), 3, 1, 1, new Random(1))).getMessage()
                .startsWith("points has only 2 classes with at least 2 points, but 3 are needed"));
        assertTrue(assertThrows(IllegalArgumentException.class, () -> OneShot.draw(List.of(few), 1, 1, 1, new Random(1))).getMessage().contains("way"));
        assertTrue(assertThrows(IllegalArgumentException.class, () -> OneShot.of("x", List.of(), e -> new int[0])).getMessage().contains("no episodes"));
        List<Episode> episodes = OneShot.draw(List.of(few), 2, 1, 1, new Random(1));
        assertTrue(assertThrows(IllegalArgumentException.class, () -> OneShot.of("x", episodes, e -> new int[1])).getMessage()
                .contains("so 2, but gave 1"));
        assertTrue(assertThrows(IllegalArgumentException.class, () -> new Episode(few, points(new double[][] {{0, 1}}, 0))).getMessage()
                .contains("1 and 2 components"));
    }
}
