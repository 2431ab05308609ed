package siamese.spark;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;
import siamese.data.LabeledImages;
import siamese.evaluation.DistanceHistogram;
import siamese.evaluation.Embeddings;
import siamese.model.BaseNetwork;
import siamese.model.Distance;
import siamese.model.SiameseNetwork;

@Timeout(900)
class SparkEvaluationTest {

    private static final int BINS = 1 << 16;

    /** Bars at a place of their own for each of four classes, with noise. */
    static LabeledImages bars(int n) {
        Random random = new Random(n);
        byte[] pixels = new byte[n * 28 * 28];
        int[] labels = IntStream.range(0, n).map(i -> i % 4).toArray();
        for (int p = 0; p < pixels.length; p++) {
            boolean ink = p / 28 % 28 / 5 == labels[p / 784] + 1;
            pixels[p] = (byte) ((ink ? 155 : 0) + random.nextInt(100));
        }
        return new LabeledImages("bars", 28, 28, 4, pixels, labels);
    }

    private static SiameseNetwork network(Distance distance) {
        return new SiameseNetwork(BaseNetwork.overview(28, 28, 1), distance, 5);
    }

    private record OwnDistance() implements Distance {

        @Override
        public double of(double[] a, double[] b) {
            return Math.abs(a[0] - b[0]);
        }

        @Override
        public double[] slope(double[] a, double[] b) {
            return new double[a.length];
        }

        @Override
        public String toString() {
            return "own";
        }
    }

    private static Embeddings points(int n, int d) {
        Random random = new Random(n + d);
        double[][] vectors = IntStream.range(0, n).mapToObj(i -> IntStream.range(0, d)
                .mapToDouble(k -> (float) (random.nextGaussian() * 0.1 + (k == i % 10 ? 0.3 : 0))).toArray())
                .toArray(double[][]::new);
        return new Embeddings(vectors, IntStream.range(0, n).map(i -> i % 10).toArray(), "ten clouds");
    }

    @Test
    void countsAreThoseOfOneMachineForAnyNumberOfTasks(@TempDir Path folder) throws IOException {
        Embeddings points = points(1500, 16);
        DistanceHistogram whole = DistanceHistogram.of(points, BINS, 4);
        String storage = folder.resolve("points").toUri().toString();
        LabeledImages images = bars(700);
        SiameseNetwork network = SiameseNetwork.overview(5);
        DistanceHistogram embedded = DistanceHistogram.of(Embeddings.of(network, images), BINS, 4);
        String written = folder.resolve("images").toUri().toString();
        try (Cluster cluster = Cluster.of("local[2]")) {
            new SparkEvaluation(cluster, BINS, 4, 200, 3).store(points, storage);
            for (int tasks : new int[] {1, 2, 3, 7}) {
                SparkEvaluation evaluation = new SparkEvaluation(cluster, BINS, 4, 200, tasks);
                assertEquals(whole, evaluation.broadcast(points), tasks + " tasks, broadcast");
                assertEquals(whole, evaluation.stored(storage), tasks + " tasks, stored");
                SparkEvaluation embedding = new SparkEvaluation(cluster, BINS, 4, 256, tasks);
                assertEquals(embedded, embedding.broadcast(network, images), tasks + " tasks, embedded on the way");
                Embeddings joined = SparkEvaluation.joined(embedding.embed(network, images), "bars");
                assertEquals(embedded, DistanceHistogram.of(joined, BINS, 4));
                embedding.store(network, images, written);
                assertEquals(embedded, embedding.stored(written), tasks + " tasks, embedded and written by the tasks");
            }
        }
    }

    @Test
    void ofANetworkThatComparesByTheCosineTheDirectionsAreCounted() {
        LabeledImages images = bars(300);
        SiameseNetwork network = network(Distance.COSINE);
        try (Cluster cluster = Cluster.of("local[2]")) {
            assertEquals(DistanceHistogram.of(Embeddings.of(network, images).directions(), BINS, 2),
                    new SparkEvaluation(cluster, BINS, 2, 256, 2).broadcast(network, images));
        }
    }

    @Test
    void whatIsWrongIsOneSentenceFromTheDriver(@TempDir Path folder) throws IOException {
        String storage = folder.toUri().toString();
        LabeledImages images = bars(40);
        try (Cluster cluster = Cluster.of("local[2]")) {
            SparkEvaluation evaluation = new SparkEvaluation(cluster, BINS, 4, 10, 2);
            says("There are no stored blocks", () -> evaluation.stored(storage));
            evaluation.store(points(40, 4), storage);
            assertEquals(780, evaluation.stored(storage).pairs());
            Files.copy(folder.resolve("block-000002"), folder.resolve("kept"));
            Files.delete(folder.resolve("block-000002"));
            says("Block 2 is not in", () -> evaluation.stored(storage));
            evaluation.store(SiameseNetwork.overview(1), images, folder.resolve("other").toUri().toString());
            Files.copy(folder.resolve("other/block-000002"), folder.resolve("block-000002"));
            Files.deleteIfExists(folder.resolve(".block-000002.crc"));
            says("Block 2 in", () -> evaluation.stored(storage));
            says("compares by own", () -> evaluation.broadcast(network(new OwnDistance()), images));
            LabeledImages small = new LabeledImages("small", 2, 2, 2, new byte[8], new int[2]);
            says("28", () -> evaluation.broadcast(SiameseNetwork.overview(1), small));
            says("rows and tasks", () -> new SparkEvaluation(cluster, BINS, 4, 0, 2));
            says("bins must be", () -> new SparkEvaluation(cluster, 0, 4, 10, 2));
        }
        says("nonsense", () -> Cluster.of("nonsense"));
    }

    static void says(String what, Executable wrong) {
        String said = assertThrows(Exception.class, wrong).getMessage();
        assertTrue(said.contains(what) && said.lines().count() == 1 && !said.contains("\tat "), said);
    }

    @Test
    void anExecutorKilledInMidEvaluationChangesNothing() {
        Embeddings points = points(6000, 64);
        DistanceHistogram whole = DistanceHistogram.of(points, BINS, 4);
        Cluster[] here = new Cluster[1];
        AtomicBoolean killed = new AtomicBoolean();
        List<Integer> told = Collections.synchronizedList(new ArrayList<>());
        try (Cluster cluster = Cluster.of("local-cluster[2,1,1024]", (done, of) -> {
            told.add(done);
            if (done == 4 && !killed.getAndSet(true)) {
                here[0].killWorker();
            }
        })) {
            here[0] = cluster;
            SparkEvaluation evaluation = new SparkEvaluation(cluster, BINS, 4, 250, 48);
            assertEquals(whole, evaluation.broadcast(points));
            assertTrue(killed.get());
            assertEquals(IntStream.rangeClosed(0, 48).boxed().toList(), told, "progress is told in order, to the end");
            assertEquals(whole, evaluation.broadcast(points), "and goes on afterwards");
        }
    }

    @Test
    void aWorkerWithoutTheNativeLibraryIsOneSentence() {
        System.setProperty("spark.executor.extraJavaOptions", "-Dorg.bytedeco.javacpp.platform=none");
        try (Cluster cluster = Cluster.of("local-cluster[1,1,1024]")) {
            SparkEvaluation evaluation = SparkEvaluation.of(cluster);
            says("cannot load ND4J's native library",
                    () -> evaluation.broadcast(SiameseNetwork.overview(1), bars(40)));
            assertFalse(cluster.memory().isEmpty());
        } finally {
            System.clearProperty("spark.executor.extraJavaOptions");
        }
    }
}
