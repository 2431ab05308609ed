package siamese.bench;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.IntStream;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import siamese.data.LabeledImages;
import siamese.data.Mnist;
import siamese.data.Pairs;
import siamese.evaluation.DistanceHistogram;
import siamese.evaluation.Embeddings;
import siamese.evaluation.VerificationReport;
import siamese.model.AllPairs;
import siamese.model.Progress;
import siamese.model.SiameseNetwork;
import siamese.model.SupervisedContrastive;
import siamese.model.TrainingListener;

/**
 * The Java side of the benchmark: does one task in a process of its own and prints what it measured as lines of JSON, the
 * last of which counts. {@code src/bench/bench.py} starts it with arguments of the form {@code name=value}.
 */
public final class Bench {

    private static final int BATCH = 128;
    private static final int BLOCK = 64; // of pairs that share most of their images

    private final Map<String, String> wanted = new HashMap<>();

    private Bench(String[] arguments) {
        for (String argument : arguments) {
            int sign = argument.indexOf('=');
            wanted.put(argument.substring(0, sign), argument.substring(sign + 1));
        }
    }

    /**
     * Does a task.
     *
     * @param arguments {@code task=…} and what the task needs
     * @throws IOException if the data cannot be read or a result cannot be written
     */
    public static void main(String[] arguments) throws IOException {
        Bench bench = new Bench(arguments);
        switch (bench.text("task")) {
            case "pairs" -> bench.writePairs();
            case "rate" -> bench.rate();
            case "quality" -> bench.quality();
            case "judge" -> bench.judge();
            case "gemm" -> bench.gemm();
            case "embeddings" -> bench.embeddings();
            case "pair-counts" -> bench.pairCounts();
            case "images" -> bench.images();
            default -> throw new IllegalArgumentException("There is no task " + bench.text("task") + ".");
        }
    }

    private String text(String name) {
        String value = wanted.get(name);
        if (value == null) {
            throw new IllegalArgumentException("The argument " + name + " is missing.");
        }
        return value;
    }

    private int number(String name) {
        return Integer.parseInt(text(name));
    }

    private static void tell(String format, Object... values) {
        System.out.println("{" + String.format(Locale.ROOT, format, values) + "}");
    }

    /** The highest resident memory of this process so far in MiB, NaN where the system does not say. */
    private static String memory() throws IOException {
        Path status = Path.of("/proc/self/status");
        return !Files.exists(status) ? "null" : Files.readAllLines(status).stream().filter(line -> line.startsWith("VmHWM"))
                .map(line -> Double.toString(Long.parseLong(line.replaceAll("\\D", "")) / 1024.0)).findFirst().orElse("null");
    }

    private static AllPairs recipe(int epochs, String values) {
        String[] v = values.split(",");
        return new AllPairs(epochs, Integer.parseInt(v[0]), Integer.parseInt(v[1]), Double.parseDouble(v[2]), Integer.parseInt(v[3]));
    }

    private static SupervisedContrastive supervised(int epochs, String values) {
        double[] v = Arrays.stream(values.split(",")).mapToDouble(Double::parseDouble).toArray();
        return new SupervisedContrastive(epochs, (int) v[0], (int) v[1], v[2], v[3], v[4], v[5], v[6], v[7]);
    }

    /** Pairs for the peers: first, second, and 1 for similar. */
    private void writePairs() throws IOException {
        Mnist mnist = Mnist.load();
        for (String seed : text("seeds").split(",")) {
            write(Path.of(text("folder"), "train-" + seed + ".pairs"), Pairs.create(mnist.train(), Long.parseLong(seed)));
        }
        write(Path.of(text("folder"), "test.pairs"), testPairs(mnist));
        tell("\"source\": \"%s\"", mnist.train().source());
    }

    /** The same for all sides and seeds. */
    private static Pairs testPairs(Mnist mnist) {
        return Pairs.create(mnist.test(), 1);
    }

    private static void write(Path file, Pairs pairs) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(12 * pairs.size());
        for (int p = 0; p < pairs.size(); p++) {
            buffer.putInt(pairs.first()[p]).putInt(pairs.second()[p]).putInt(pairs.similar()[p] ? 1 : 0);
        }
        Files.write(file, buffer.array());
    }

    /** Trains some batches and stops; the first few do not count. */
    private void rate() throws IOException {
        LabeledImages train = Mnist.load().train();
        int batches = number("batches");
        Clock clock = new Clock(number("discard"), batches);
        SiameseNetwork network = SiameseNetwork.overview(number("seed"));
        double perBatch = BATCH;
        double images = 2 * BATCH;
        if (text("variant").equals("all pairs")) {
            AllPairs recipe = recipe(1, text("recipe"));
            images = (double) recipe.classesPerBatch() * recipe.imagesPerClass();
            perBatch = images * (images - 1) / 2;
            network.fit(train, null, recipe, clock);
        } else if (text("variant").equals("embed once")) {
            network.fitEmbeddingOnce(Pairs.create(train, number("seed")).neighboursTogether(), null, 1, BATCH, BLOCK, clock);
        } else {
            network.fit(Pairs.create(train, number("seed")), null, 1, BATCH, clock);
        }
        Thread.interrupted();
        String memory = memory();
        int[] some = IntStream.range(0, 10_000).toArray();
        double inference = perSecond(() -> network.embed(train, some), some.length);
        tell("\"pairsPerSecond\": %.1f, \"pictureLoadsPerSecond\": %.1f, \"imagesPerSecond\": %.1f, \"memory\": %s",
                clock.batchesPerSecond() * perBatch, clock.batchesPerSecond() * images, inference, memory);
    }

    private static double perSecond(Runnable run, int count) {
        run.run();
        long began = System.nanoTime();
        long done = 0;
        while (System.nanoTime() - began < 2e9) {
            run.run();
            done += count;
        }
        return done * 1e9 / (System.nanoTime() - began);
    }

    /** Notes when batches were learned, says when the first was, and stops training after the last that counts. */
    private static final class Clock implements TrainingListener {

        private final int discard;
        private final int batches;
        private int seen;
        private long began;
        private long ended;

        Clock(int discard, int batches) {
            this.discard = discard;
            this.batches = batches;
        }

        @Override
        public void onBatch(Progress progress) {
            seen++;
            if (seen == 1) {
                tell("\"first\": true");
            }
            if (seen <= batches) {
                ended = System.nanoTime();
            }
            if (seen == discard) {
                began = ended;
            }
            if (seen >= batches) {
                Thread.currentThread().interrupt();
            }
        }

        double batchesPerSecond() {
            return (Math.min(seen, batches) - discard) * 1e9 / (ended - began);
        }
    }

    /** Trains whole schedules and writes the distances of the test pairs after each. */
    private void quality() throws IOException {
        Mnist mnist = Mnist.load();
        Pairs test = testPairs(mnist);
        List<String> results = new ArrayList<>();
        for (String text : text("epochs").split(",")) {
            int epochs = Integer.parseInt(text);
            SiameseNetwork network = SiameseNetwork.overview(number("seed"));
            if (text("variant").equals("all pairs")) {
                network.fit(mnist.train(), null, recipe(epochs, text("recipe")));
            } else if (text("variant").equals("supervised contrastive")) {
                network = new SiameseNetwork(SiameseNetwork.Options.directions(number("seed")));
                network.fit(mnist.train(), null, supervised(epochs, text("recipe")));
            } else if (text("variant").equals("embed once")) {
                network.fitEmbeddingOnce(Pairs.create(mnist.train(), number("seed")).neighboursTogether(), null, epochs, BATCH, BLOCK);
            } else {
                network.fit(Pairs.create(mnist.train(), number("seed")), null, epochs, BATCH);
            }
            for (String views : text("views").split(",")) {
                SiameseNetwork judged = new SiameseNetwork(network.options().withViews(Integer.parseInt(views)));
                judged.restore(network.state());
                Path file = Path.of(text("out") + "-" + epochs + "-" + views + ".distances");
                writeDistances(file, judged.distances(test));
                results.add(String.format(Locale.ROOT, "{\"epochs\": %d, \"views\": %s, \"seconds\": %.3f, \"distances\": \"%s\"}",
                        epochs, views, network.history().seconds(), file.toString().replace("\\", "\\\\")));
            }
        }
        tell("\"schedules\": %s, \"memory\": %s", results, memory());
    }

    private static void writeDistances(Path file, double[] distances) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(4 * distances.length);
        Arrays.stream(distances).forEach(d -> buffer.putFloat((float) d));
        Files.write(file, buffer.array());
    }

    /** The equal error rates of files of distances: all sides are judged by the same code. */
    private void judge() throws IOException {
        Pairs test = testPairs(Mnist.load());
        List<String> results = new ArrayList<>();
        for (String file : Files.readAllLines(Path.of(text("list")))) {
            ByteBuffer buffer = ByteBuffer.wrap(Files.readAllBytes(Path.of(file)));
            double[] distances = new double[test.size()];
            Arrays.setAll(distances, p -> buffer.getFloat());
            results.add(String.format(Locale.ROOT, "%.6f", VerificationReport.of(test, distances).equalErrorRate()));
        }
        tell("\"equalErrorRates\": %s", results);
    }

    /** GFLOP/s of the best of some products of two 2048 × 2048 matrices. */
    private void gemm() {
        INDArray a = Nd4j.rand(2048, 2048);
        INDArray b = Nd4j.rand(2048, 2048);
        INDArray c = Nd4j.createUninitialized(2048, 2048);
        a.mmuli(b, c);
        double best = 0;
        for (int i = 0; i < 12; i++) {
            long began = System.nanoTime();
            a.mmuli(b, c);
            best = Math.max(best, 2 * Math.pow(2048, 3) / (System.nanoTime() - began));
        }
        tell("\"gflops\": %.1f", best);
    }

    /** Time and memory of embedding and of one epoch of training against the number of images. */
    private void images() throws IOException {
        LabeledImages train = Mnist.load().train();
        int n = number("images");
        LabeledImages some = train.subset(IntStream.range(0, n).toArray());
        int[] all = IntStream.range(0, n).toArray();
        SiameseNetwork network = SiameseNetwork.overview(1);
        network.embed(some, IntStream.range(0, 256).toArray());
        long began = System.nanoTime();
        network.embed(some, all);
        double embedding = (System.nanoTime() - began) / 1e9;
        double training = network.fit(some, null, recipe(1, text("recipe"))).seconds();
        tell("\"images\": %d, \"embedSeconds\": %.3f, \"trainSeconds\": %.3f, \"memory\": %s", n, embedding, training, memory());
    }

    /** Embeds all training images with a network that was trained for one epoch and keeps them for the counts of pairs. */
    private void embeddings() throws IOException {
        LabeledImages train = Mnist.load().train();
        SiameseNetwork network = SiameseNetwork.overview(1);
        network.fit(train, null, recipe(1, text("recipe")));
        double[][] vectors = network.embed(train, IntStream.range(0, train.size()).toArray());
        ByteBuffer buffer = ByteBuffer.allocate(train.size() * (4 + 4 * vectors[0].length));
        for (int i = 0; i < vectors.length; i++) {
            buffer.putInt(train.label(i));
            Arrays.stream(vectors[i]).forEach(v -> buffer.putFloat((float) v));
        }
        Files.write(Path.of(text("file")), buffer.array());
        tell("\"dimensions\": %d", vectors[0].length);
    }

    /** All pairs of the first n embeddings, their first d components, counted into a histogram. */
    private void pairCounts() throws IOException {
        ByteBuffer buffer = ByteBuffer.wrap(Files.readAllBytes(Path.of(text("file"))));
        int n = number("images");
        int dimensions = number("dimensions");
        double[][] vectors = new double[n][dimensions];
        int[] labels = new int[n];
        for (int i = 0; i < n; i++) {
            buffer.position(i * (4 + 4 * number("stored")));
            labels[i] = buffer.getInt();
            for (int k = 0; k < dimensions; k++) {
                vectors[i][k] = k < number("stored") ? buffer.getFloat() : 0;
            }
        }
        long began = System.nanoTime();
        DistanceHistogram histogram = DistanceHistogram.of(new Embeddings(vectors, labels, "MNIST"), number("bins"), 4);
        double seconds = (System.nanoTime() - began) / 1e9;
        tell("\"images\": %d, \"dimensions\": %d, \"pairs\": %d, \"seconds\": %.3f, \"bins\": %d, \"equalErrorRate\": %.8f, "
                + "\"equalErrorRateError\": %.3e, \"auc\": %.8f, \"aucError\": %.3e, \"memory\": %s",
                n, dimensions, histogram.pairs(), seconds, histogram.bins(), histogram.equalErrorRate(),
                histogram.equalErrorRateError(), histogram.auc(), histogram.aucError(), memory());
    }
}
