package siamese.evaluation;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Random;
import java.util.concurrent.CancellationException;
import java.util.stream.IntStream;
import org.apache.commons.math3.linear.MatrixUtils;
import org.apache.commons.math3.linear.SingularValueDecomposition;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import siamese.data.Channels;
import siamese.data.LabeledImages;
import siamese.model.BaseNetwork;
import siamese.model.Distance;
import siamese.model.SiameseNetwork;

class EmbeddingsTest {

    /** Points around {@code classes} centres, {@code gap} standard deviations apart in each component. */
    private static Embeddings blobs(int classes, int perClass, int dimensions, double gap, long seed) {
        Random random = new Random(seed);
        double[][] vectors = new double[classes * perClass][dimensions];
        int[] labels = new int[vectors.length];
        for (int i = 0; i < vectors.length; i++) {
            labels[i] = i % classes;
            for (int k = 0; k < dimensions; k++) {
                vectors[i][k] = random.nextGaussian() + (k % classes == labels[i] ? gap : 0);
            }
        }
        return new Embeddings(vectors, labels, "blobs");
    }

    private static double distance(double[] a, double[] b) {
        return Math.sqrt(IntStream.range(0, a.length).mapToDouble(k -> (a[k] - b[k]) * (a[k] - b[k])).sum());
    }

    /** The indices of all points but one, the nearest to the query first. */
    private static int[] sorted(Embeddings points, double[] query, int without) {
        return IntStream.range(0, points.size()).filter(i -> i != without).boxed()
                .sorted(Comparator.<Integer>comparingDouble(i -> distance(points.vectors()[i], query)).thenComparing(i -> i))
                .mapToInt(i -> i).toArray();
    }

    private static String message(Runnable wrong) {
        return assertThrows(IllegalArgumentException.class, wrong::run).getMessage();
    }

    @Test
    void neighboursAreThoseOfBruteForce() {
        Embeddings points = blobs(4, 75, 7, 1, 1);
        Embeddings queries = blobs(4, 70, 7, 1, 2);
        double[] third = points.distances(queries, 3);
        for (int q = 0; q < queries.size(); q++) {
            double[] query = queries.vectors()[q];
            int[] expected = Arrays.copyOf(sorted(points, query, -1), 9);
            Embeddings.Neighbours found = points.nearest(query, 9);
            assertArrayEquals(expected, found.indices());
            for (int k = 0; k < 9; k++) {
                assertEquals(distance(query, points.vectors()[expected[k]]), found.distances()[k], 1e-12);
            }
            assertEquals(found.distances()[2], third[q], 1e-12);
        }
        for (int i = 0; i < points.size(); i++) {
            assertArrayEquals(Arrays.copyOf(sorted(points, points.vectors()[i], i), 5), points.nearest(i, 5).indices());
        }
    }

    @Test
    void neighboursAreExactFarFromTheOriginAndWithTies() {
        double[][] vectors = new double[300][];
        for (int i = 0; i < vectors.length; i++) {
            vectors[i] = new double[] {1e4 + i % 10, -1e4}; // thirty copies of ten points
        }
        Embeddings points = new Embeddings(vectors, new int[300], "grid");
        Embeddings.Neighbours found = points.nearest(new double[] {1e4 + 3, -1e4}, 32);
        assertArrayEquals(IntStream.range(0, 30).map(i -> 3 + 10 * i).toArray(), Arrays.copyOf(found.indices(), 30));
        assertArrayEquals(new int[] {2, 4}, Arrays.copyOfRange(found.indices(), 30, 32));
        assertEquals(0, found.distances()[29]);
        assertEquals(1, found.distances()[30]);
        assertArrayEquals(new int[] {13, 23}, points.nearest(3, 2).indices(), "not itself");
    }

    @Test
    void accuracyIsTheShareOfRightVotes() {
        Embeddings points = new Embeddings(new double[][] {{0}, {1}, {2.5}, {10}, {11}}, new int[] {0, 0, 1, 1, 1}, "line");
        Embeddings queries = new Embeddings(new double[][] {{0.2}, {2.4}, {9}}, new int[] {0, 1, 0}, "line");
        assertEquals(2 / 3.0, points.accuracy(queries, 1));
        assertEquals(1 / 3.0, points.accuracy(queries, 3), "2.4 is outvoted by 0 and 1");
        assertEquals(2 / 3.0, points.accuracy(queries, 2), "one vote each: the nearest decides");
        assertEquals(0.8, points.accuracy(1), "of the points themselves only 2.5 has a neighbour of the other class");
    }

    @Test
    void leavingOneOutIsBruteForce() {
        Embeddings points = blobs(3, 150, 5, 1.5, 3);
        int right = 0;
        for (int i = 0; i < points.size(); i++) {
            right += points.labels()[sorted(points, points.vectors()[i], i)[0]] == points.labels()[i] ? 1 : 0;
        }
        assertTrue(right < points.size(), "the blobs overlap");
        assertEquals((double) right / points.size(), points.accuracy(1));
    }

    @Test
    void retrievalCountsWhatIsFoundAmongTheNearest() {
        double[][] line = {{0}, {1}, {2.5}, {10}, {11}};
        Embeddings blocks = new Embeddings(line, new int[] {0, 0, 1, 1, 1}, "line");
        assertEquals(0.8, blocks.recall(2), "2.5 has none of its own among two");
        assertEquals(1, blocks.recall(3));
        assertEquals(0.8, blocks.meanAveragePrecision(), 1e-12, "2.5 finds nothing, the others all");
        Embeddings mixed = new Embeddings(line, new int[] {0, 1, 0, 0, 1}, "line");
        assertEquals(0, mixed.recall(1));
        assertEquals(0.6, mixed.recall(2));
        assertEquals(0.15, mixed.meanAveragePrecision(), 1e-12, "0, 2.5 and 10: ½ at the second of two ranks");
        assertTrue(message(() -> new Embeddings(line, new int[] {0, 0, 0, 0, 1}, "line").meanAveragePrecision())
                .contains("at least twice"));
        assertTrue(message(() -> mixed.recall(5)).contains("k must be"));
    }

    @Test
    void retrievalIsBruteForce() {
        Embeddings all = blobs(4, 60, 5, 1.5, 7);
        int[] some = IntStream.range(0, all.size()).filter(i -> i % 7 > 0 || all.labels()[i] > 1).toArray(); // other sizes
        Embeddings points = new Embeddings(IntStream.of(some).mapToObj(i -> all.vectors()[i]).toArray(double[][]::new),
                IntStream.of(some).map(i -> all.labels()[i]).toArray(), "some");
        double precision = 0;
        double[] recalls = new double[6];
        for (int q = 0; q < points.size(); q++) {
            int label = points.labels()[q];
            int[] right = IntStream.of(sorted(points, points.vectors()[q], q)).map(i -> points.labels()[i] == label ? 1 : 0)
                    .toArray();
            int r = (int) IntStream.of(points.labels()).filter(other -> other == label).count() - 1;
            precision += IntStream.range(0, r).filter(k -> right[k] == 1).mapToDouble(k -> IntStream.of(right).limit(k + 1)
                    .average().getAsDouble()).sum() / r / points.size();
            for (int k = 1; k < recalls.length; k++) {
                recalls[k] += IntStream.of(right).limit(k).max().getAsInt() / (double) points.size();
            }
        }
        assertTrue(precision > 0.2 && precision < 0.9, "the blobs overlap: " + precision);
        assertEquals(precision, points.meanAveragePrecision(), 1e-12);
        assertEquals(recalls[1], points.recall(1), 1e-12);
        assertEquals(recalls[5], points.recall(5), 1e-12);
    }

    @Test
    void componentsOfKnownPoints() {
        // 3 along (0.6, 0.8) and 1 along (-0.8, 0.6), around (5, -2)
        double[][] vectors = {{5 + 1.8, -2 + 2.4}, {5 - 1.8, -2 - 2.4}, {5 - 0.8, -2 + 0.6}, {5 + 0.8, -2 - 0.6}};
        Embeddings points = new Embeddings(vectors, new int[4], "cross");
        PrincipalComponents components = points.components(2);
        assertArrayEquals(new double[] {5, -2}, components.mean(), 1e-12);
        assertArrayEquals(new double[] {0.9, 0.1}, components.shares(), 1e-12);
        assertArrayEquals(new double[] {0.6, 0.8}, components.axes()[0], 1e-12);
        assertArrayEquals(new double[] {0.8, -0.6}, components.axes()[1], 1e-12, "the largest component is positive");
        assertArrayEquals(new double[] {3, 0}, components.project(points).vectors()[0], 1e-12);
        assertArrayEquals(new double[] {0, 0, 1, 1}, points.components(1).errors(points), 1e-12);
        assertArrayEquals(vectors[3], components.reconstruct(0, 1), 1e-12);
    }

    /** Pixels are like this: many always white, others seldom black. Commons Math gave up on every fifth such set. */
    @ParameterizedTest
    @ValueSource(longs = {4, 8, 11, 18, 21})
    void componentsOfHardlyUsedDimensions(long seed) {
        Random random = new Random(seed);
        double[][] vectors = new double[400][200];
        for (int k = 0; k < 200; k++) {
            double ink = random.nextInt(3) == 0 ? 0 : Math.pow(10, -8 * random.nextDouble());
            for (double[] vector : vectors) {
                vector[k] = ink * (random.nextInt(10) == 0 ? random.nextDouble() : 0);
            }
        }
        Embeddings points = new Embeddings(vectors, new int[400], "sparse");
        PrincipalComponents all = points.components(200);
        assertEquals(1, Arrays.stream(all.shares()).sum(), 1e-12);
        assertTrue(IntStream.range(1, 200).allMatch(a -> all.shares()[a] <= all.shares()[a - 1]));
        assertEquals(0, Arrays.stream(all.errors(points)).max().orElseThrow(), 1e-12);
    }

    /** The numbers that make_components.py computed. */
    @Test
    void componentsAgreeWithScikitLearn() throws IOException {
        double[][][] m;
        try (InputStream in = EmbeddingsTest.class.getResourceAsStream("components.csv")) {
            m = new String(in.readAllBytes(), StandardCharsets.UTF_8).lines().map(line -> Arrays.stream(line.split("\\|"))
                    .map(row -> Arrays.stream(row.split(" ")).mapToDouble(Double::parseDouble).toArray()).toArray(double[][]::new))
                    .toArray(double[][][]::new);
        }
        Embeddings points = new Embeddings(m[0], new int[40], "fixture");
        PrincipalComponents components = points.components(3);
        assertArrayEquals(m[1][0], components.mean(), 1e-12);
        assertArrayEquals(m[3][0], components.shares(), 1e-12);
        double[][] projected = components.project(points).vectors();
        for (int a = 0; a < 3; a++) {
            assertArrayEquals(m[2][a], components.axes()[a], 1e-9);
        }
        for (int i = 0; i < 40; i++) {
            assertArrayEquals(m[4][i], projected[i], 1e-9);
        }
    }

    @Test
    void componentsAreThoseOfTheSingularValueDecomposition() {
        Embeddings points = blobs(3, 40, 12, 2, 4);
        PrincipalComponents components = points.components(4);
        double[][] centred = points.vectors().clone();
        for (int i = 0; i < centred.length; i++) {
            int row = i;
            centred[i] = IntStream.range(0, 12).mapToDouble(k -> points.vectors()[row][k] - components.mean()[k]).toArray();
        }
        SingularValueDecomposition svd = new SingularValueDecomposition(MatrixUtils.createRealMatrix(centred));
        double sum = Arrays.stream(svd.getSingularValues()).map(s -> s * s).sum();
        for (int a = 0; a < 4; a++) {
            assertEquals(Math.pow(svd.getSingularValues()[a], 2) / sum, components.shares()[a], 1e-10);
            assertEquals(1, Math.abs(svd.getV().getColumnVector(a).dotProduct(MatrixUtils.createRealVector(components.axes()[a]))), 1e-9);
        }
        double rest = Arrays.stream(components.errors(points)).map(e -> e * e).sum();
        assertEquals(1 - Arrays.stream(components.shares()).sum(), rest / sum, 1e-10, "what the axes leave over");
        Embeddings all = points.components(12).project(points);
        assertEquals(distance(points.vectors()[0], points.vectors()[1]), distance(all.vectors()[0], all.vectors()[1]), 1e-9);
    }

    @Test
    void mapKeepsSeparateBlobsSeparateAndIsRepeatable() {
        Embeddings points = blobs(3, 200, 60, 6, 5);
        Embeddings map = points.tsne(30, 1);
        assertEquals(2, map.dimensions());
        assertEquals("blobs", map.source());
        assertEquals(1, map.accuracy(5));
        double[][] centres = new double[3][];
        for (int c = 0; c < 3; c++) {
            int label = c;
            centres[c] = IntStream.range(0, 2).mapToDouble(k -> IntStream.range(0, 600).filter(i -> i % 3 == label)
                    .mapToDouble(i -> map.vectors()[i][k]).average().orElseThrow()).toArray();
        }
        for (int i = 0; i < points.size(); i++) {
            double[] point = map.vectors()[i];
            int own = i % 3;
            assertTrue(IntStream.range(0, 3).allMatch(c -> distance(point, centres[own]) <= distance(point, centres[c])), "point " + i);
        }
        assertTrue(Arrays.deepEquals(map.vectors(), points.tsne(30, 1).vectors()), "same seed, same map");
        assertFalse(Arrays.deepEquals(map.vectors(), points.tsne(30, 2).vectors()), "another seed, another map");
    }

    @Test
    void mapOfPointsThatAreAllNegativeOrThereTwiceIsFinite() {
        double[][] vectors = blobs(2, 30, 3, 4, 6).vectors();
        for (int i = 0; i < vectors.length; i++) {
            vectors[i] = i % 2 == 0 ? Arrays.stream(vectors[i]).map(x -> -100 - Math.abs(x)).toArray() : vectors[i - 1].clone();
        }
        assertEquals(60, new Embeddings(vectors, new int[60], "twins").tsne(5, 1).size()); // the record checks that all is finite
    }

    @Test
    void stopEndsTheMap() {
        Thread.currentThread().interrupt();
        assertThrows(CancellationException.class, () -> blobs(2, 20, 2, 3, 7).tsne(5, 1));
        assertTrue(Thread.interrupted());
    }

    @Test
    void embeddingsOfImagesComeFromTheNetworkOrAreTheirPixels() {
        byte[] pixels = new byte[3 * 784];
        pixels[5] = (byte) 255;
        pixels[784 + 6] = 51;
        LabeledImages images = new LabeledImages("dots", 28, 28, 10, pixels, new int[] {7, 0, 9});
        SiameseNetwork network = SiameseNetwork.overview(1);
        Embeddings embeddings = Embeddings.of(network, images);
        assertTrue(Arrays.deepEquals(network.embed(images, 0, 1, 2), embeddings.vectors()));
        assertArrayEquals(new int[] {7, 0, 9}, embeddings.labels());
        assertEquals("dots", embeddings.source());
        Embeddings points = Embeddings.ofPixels(images);
        assertEquals(784, points.dimensions());
        assertEquals(1, points.vectors()[0][5]);
        assertEquals(0.2, points.vectors()[1][6], 1e-6);
        assertEquals("dots: 3 points of 784 components", points.toString());
    }

    @Test
    void anyNetworkAndAnyPicturesGivePoints() {
        byte[] pixels = new byte[3 * 3 * 4 * 5];
        new Random(9).nextBytes(pixels);
        pixels[2 * 20 + 7] = 51; // of the first picture's blue
        LabeledImages colour = new LabeledImages("tinted", 4, 5, Channels.COLOUR, 1000, pixels, new int[] {999, 0, 7});
        Embeddings points = Embeddings.ofPixels(colour);
        assertEquals(60, points.dimensions());
        assertEquals(0.2, points.vectors()[0][47], 1e-6);
        SiameseNetwork network = new SiameseNetwork(BaseNetwork.of(InputType.convolutional(4, 5, 3),
                new DenseLayer.Builder().nOut(1).build()), Distance.EUCLIDEAN, 1);
        Embeddings embeddings = Embeddings.of(network, colour);
        assertEquals(1, embeddings.dimensions());
        assertArrayEquals(new int[] {999, 0, 7}, embeddings.labels());
        double a = embeddings.vectors()[0][0];
        double b = embeddings.vectors()[1][0];
        double c = embeddings.vectors()[2][0];
        assertEquals(Math.min(Math.abs(a - b), Math.abs(a - c)), embeddings.nearest(0, 1).distances()[0], 1e-12);
    }

    @Test
    void pointsOfOneComponentHaveAnAxisAndAMap() {
        Embeddings points = blobs(2, 40, 1, 9, 10);
        PrincipalComponents axis = points.components(1);
        assertArrayEquals(new double[] {1}, axis.axes()[0], 1e-12);
        assertArrayEquals(new double[] {1}, axis.shares(), 1e-12);
        assertEquals(points.vectors()[3][0] - axis.mean()[0], axis.project(points).vectors()[3][0], 1e-12);
        assertEquals(2, points.tsne(10, 1).dimensions());
        assertTrue(Arrays.stream(points.directions().vectors()).allMatch(v -> Math.abs(v[0]) == 1), "only the signs");
    }

    /** Whatever is done with directions is what a network sees that compares by the cosine. */
    @Test
    void directionsAreAsFarApartAsTheCosineSays() {
        double[][] vectors = blobs(3, 20, 4, 2, 11).vectors();
        vectors[5] = new double[4]; // without a direction
        Embeddings points = new Embeddings(vectors, new int[60], "vectors");
        Embeddings directions = points.directions();
        for (int i = 0; i < 60; i++) {
            for (int j = 0; j < 60; j++) {
                double d = distance(directions.vectors()[i], directions.vectors()[j]);
                assertEquals(Distance.COSINE.of(vectors[i], vectors[j]), d * d / 2, 1e-12);
            }
        }
        assertEquals("vectors", directions.source());
    }

    @Test
    void wrongInputIsSaidInOneSentence() {
        Embeddings points = blobs(2, 20, 3, 1, 8);
        double[][] two = {{1, 2}, {3, 4}};
        assertTrue(message(() -> new Embeddings(new double[0][], new int[0], "x")).contains("at least one"));
        assertTrue(message(() -> new Embeddings(two, new int[1], "x")).contains("2 and 1"));
        assertTrue(message(() -> new Embeddings(new double[][] {{1, 2}, {3}}, new int[2], "x")).contains("vectors[1] has 1 components"));
        assertTrue(message(() -> new Embeddings(new double[][] {{1, Double.NaN}}, new int[1], "x")).contains("vectors[0] contains NaN"));
        assertTrue(message(() -> new Embeddings(two, new int[] {0, -1}, "x")).contains("labels[1] is -1"));
        assertTrue(message(() -> points.nearest(new double[2], 1)).contains("query must have 3 components, but has 2"));
        assertTrue(message(() -> points.nearest(0, 40)).contains("k must be 1 to 39"));
        assertTrue(message(() -> points.nearest(new double[3], 0)).contains("but is 0"));
        assertTrue(message(() -> points.accuracy(new Embeddings(two, new int[2], "x"), 1)).contains("same space"));
        assertTrue(message(() -> points.distances(points, 41)).contains("1 to 40"));
        assertTrue(message(() -> points.accuracy(0)).contains("k must be"));
        assertTrue(message(() -> points.components(4)).contains("1 to 3"));
        assertTrue(message(() -> new Embeddings(new double[][] {{1}, {1}}, new int[2], "x").components(1)).contains("the same"));
        assertTrue(message(() -> points.components(1).project(new Embeddings(two, new int[2], "x"))).contains("points must have 3"));
        assertTrue(message(() -> points.components(1).reconstruct(1, 2)).contains("coordinates must have 1"));
        assertTrue(message(() -> points.tsne(13, 1)).contains("less than a third of 39"));
        assertTrue(message(() -> points.tsne(Double.NaN, 1)).contains("NaN"));
        assertThrows(IndexOutOfBoundsException.class, () -> points.nearest(40, 1));
    }
}
