package siamese.bench;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import siamese.data.LabeledImages;
import siamese.data.Mnist;
import siamese.data.Pairs;
import siamese.data.Variation;
import siamese.evaluation.DistanceHistogram;
import siamese.evaluation.Embeddings;
import siamese.evaluation.VerificationReport;
import siamese.model.BaseNetwork;
import siamese.model.BenchNetworks;
import siamese.model.Distance;
import siamese.model.Recipe;
import siamese.model.SiameseNetwork;
import siamese.model.SupervisedContrastiveLoss;
import siamese.model.TrainingListener;
import siamese.model.TrainingListener.Progress;

/**
 * The Java side of the benchmark: does one task in a process of its own and prints what it measured as lines of JSON,
 * the last of which counts. {@code src/bench/bench.py} starts it with arguments of the form {@code name=value}.
 *
 * @param wanted the task and what it needs, by name
 */
public record Bench(Map<String, String> wanted) {

    private static final int BATCH = 128; // pairs, as the overview's recipe has it
    private static final int BLOCK = 64; // of pairs that share most of their images
    private static final String JUDGED = "{\"equalErrorRate\": %.6f, \"accuracyAtHalf\": %.6f, \"bestAccuracy\": %.6f}";
    private static final int EPOCHS = 4; // of the five networks at most

    /** {@return arguments of the form {@code name=value} by their names} */
    static Map<String, String> values(String[] arguments) {
        return Arrays.stream(arguments).map(a -> a.split("=", 2)).collect(Collectors.toMap(a -> a[0], a -> a[1]));
    }

    /**
     * Does a task.
     *
     * @param arguments {@code task=…} and what the task needs
     * @throws IOException if the data cannot be read or a result cannot be written
     */
    public static void main(String[] arguments) throws IOException {
        Bench bench = new Bench(values(arguments));
        switch (bench.text("task")) {
            case "pairs" -> bench.writePairs();
            case "networks" -> bench.writeNetworks();
            case "network" -> bench.network();
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
    static String memory() throws IOException {
        Path status = Path.of("/proc/self/status");
        return !Files.exists(status) ? "null" : Files.readAllLines(status).stream()
                .filter(line -> line.startsWith("VmHWM")).map(line -> line.replaceAll("\\D", ""))
                .map(kib -> Double.toString(Long.parseLong(kib) / 1024.0)).findFirst().orElse("null");
    }

    /** How the wanted variant trains. */
    private Recipe recipe(int epochs) {
        String variant = text("variant");
        if (isOfPairs()) {
            return Recipe.overview().withEpochs(epochs).withPairsTogether(variant.equals("embed once") ? BLOCK : 1);
        }
        double[] v = Arrays.stream(text("recipe").split(",")).mapToDouble(Double::parseDouble).toArray();
        Recipe recipe = variant.equals("all pairs")
                ? Recipe.allPairs(epochs).withVariation(Variation.NONE.withShift(v[3]))
                : Recipe.supervisedContrastive(epochs).withLoss(new SupervisedContrastiveLoss(v[3]))
                        .withWeightDecay(v[4]).withVariation(new Variation(v[5], v[6], v[7]));
        return recipe.withClassesPerBatch((int) v[0]).withExamplesPerClass((int) v[1]).withLearningRate(v[2]);
    }

    /** Whether the wanted variant trains on given pairs rather than on all pairs of a batch. */
    private boolean isOfPairs() {
        return List.of("two inputs", "embed once").contains(text("variant"));
    }

    private Pairs pairs(LabeledImages images) {
        return Pairs.create(images, number("seed")).neighboursTogether();
    }

    private SiameseNetwork train(SiameseNetwork network, LabeledImages images, int epochs,
            TrainingListener... listeners) {
        if (isOfPairs()) {
            network.fit(pairs(images), null, recipe(epochs), listeners);
        } else {
            network.fit(images, null, recipe(epochs), listeners);
        }
        return network;
    }

    /** Pairs for the peers: first, second, and 1 for similar. */
    private void writePairs() throws IOException {
        Mnist mnist = Mnist.load();
        for (String seed : text("seeds").split(",")) {
            write(Path.of(text("folder"), "train-" + seed + ".pairs"),
                    Pairs.create(mnist.train(), Long.parseLong(seed)));
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

    /** The data and the batches of the part {@code networks}, for all sides. */
    private void writeNetworks() throws IOException {
        for (String name : BenchNetworks.ALL.keySet()) {
            Pairs pairs = pairs(BenchNetworks.images(name));
            Path folder = Path.of(text("folder"), name.replace(' ', '-'));
            Files.createDirectories(folder);
            Files.write(folder.resolve("pixels"), BenchNetworks.pixels(name));
            write(folder.resolve("pairs"), BenchNetworks.batches(pairs, recipe(EPOCHS), number("seed")));
        }
        tell("\"networks\": [\"%s\"]", String.join("\", \"", BenchNetworks.ALL.keySet()));
    }

    /** Trains one of the networks on the same batches as the peers, if the variant is to embed once. */
    private void network() throws IOException {
        String name = text("network");
        Clock clock = new Clock(number("discard"), Integer.MAX_VALUE, number("seconds"));
        SiameseNetwork network = new SiameseNetwork(BenchNetworks.ALL.get(name), Distance.EUCLIDEAN, number("seed"));
        train(network, BenchNetworks.images(name), EPOCHS, clock);
        tell("\"pairsPerSecond\": %.1f, \"weights\": %d, \"memory\": %s", clock.batchesPerSecond() * BATCH,
                network.state().weights().length, memory());
    }

    /** Trains some batches and stops; the first few do not count. */
    private void rate() throws IOException {
        LabeledImages train = Mnist.load().train();
        Clock clock = new Clock(number("discard"), number("batches"), Double.POSITIVE_INFINITY);
        SiameseNetwork network = train(SiameseNetwork.overview(number("seed")), train, 1, clock);
        Recipe recipe = recipe(1);
        double images = isOfPairs() ? 2 * BATCH : (double) recipe.classesPerBatch() * recipe.examplesPerClass();
        double perBatch = isOfPairs() ? BATCH : images * (images - 1) / 2;
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

    /** Notes when batches were learned, says when the first was, and stops training after enough of them or of time. */
    private static final class Clock implements TrainingListener {

        private final int discard;
        private final int batches;
        private final double seconds;
        private int seen;
        private long began;
        private long ended;

        Clock(int discard, int batches, double seconds) {
            this.discard = discard;
            this.batches = batches;
            this.seconds = seconds;
        }

        @Override
        public void onBatch(Progress progress) {
            ended = System.nanoTime();
            if (++seen == 1) {
                tell("\"first\": true");
            }
            if (seen == discard) {
                began = ended;
            }
            if (seen == batches || seen > discard && ended - began > 1e9 * seconds) {
                Thread.currentThread().interrupt();
            }
        }

        double batchesPerSecond() {
            return (seen - discard) * 1e9 / (ended - began);
        }
    }

    /** Trains whole schedules and writes the distances of the test pairs after each. */
    private void quality() throws IOException {
        Mnist mnist = Mnist.load();
        Pairs test = testPairs(mnist);
        List<String> results = new ArrayList<>();
        for (String text : text("epochs").split(",")) {
            int epochs = Integer.parseInt(text);
            SiameseNetwork network = text("variant").equals("supervised contrastive")
                    ? new SiameseNetwork(BaseNetwork.overview(28, 28, 1), Distance.COSINE, number("seed"))
                    : SiameseNetwork.overview(number("seed"));
            train(network, mnist.train(), epochs);
            for (String views : text("views").split(",")) {
                Path file = Path.of(text("out") + "-" + epochs + "-" + views + ".distances");
                writeDistances(file, network.withViews(Integer.parseInt(views)).distances(test));
                results.add(String.format(Locale.ROOT,
                        "{\"epochs\": %d, \"views\": %s, \"seconds\": %.3f, \"distances\": \"%s\"}", epochs, views,
                        network.history().seconds(), file.toString().replace("\\", "\\\\")));
            }
        }
        tell("\"schedules\": %s, \"memory\": %s", results, memory());
    }

    private static void writeDistances(Path file, double[] distances) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(4 * distances.length);
        Arrays.stream(distances).forEach(d -> buffer.putFloat((float) d));
        Files.write(file, buffer.array());
    }

    /** What files of distances are worth: all sides are judged by the same code. */
    private void judge() throws IOException {
        Pairs test = testPairs(Mnist.load());
        List<String> results = new ArrayList<>();
        for (String file : Files.readAllLines(Path.of(text("list")))) {
            ByteBuffer buffer = ByteBuffer.wrap(Files.readAllBytes(Path.of(file)));
            double[] distances = IntStream.range(0, test.size()).mapToDouble(p -> buffer.getFloat()).toArray();
            VerificationReport r = VerificationReport.of(test, distances);
            results.add(String.format(Locale.ROOT, JUDGED, r.equalErrorRate(), r.accuracyAt(0.5), r.bestAccuracy()));
        }
        tell("\"judged\": %s", results);
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
        double training = network.fit(some, null, recipe(1)).seconds();
        tell("\"images\": %d, \"embedSeconds\": %.3f, \"trainSeconds\": %.3f, \"memory\": %s", n, embedding, training,
                memory());
    }

    /** Embeds all training images with a network trained for one epoch, and keeps them for the counts of pairs. */
    private void embeddings() throws IOException {
        LabeledImages train = Mnist.load().train();
        SiameseNetwork network = SiameseNetwork.overview(1);
        network.fit(train, null, recipe(1));
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
        tell("\"images\": %d, \"dimensions\": %d, \"pairs\": %d, \"seconds\": %.3f, \"bins\": %d, "
                + "\"equalErrorRate\": %.8f, \"equalErrorRateError\": %.3e, \"auc\": %.8f, \"aucError\": %.3e, "
                + "\"memory\": %s",
                n, dimensions, histogram.pairs(), seconds, histogram.bins(), histogram.equalErrorRate(),
                histogram.equalErrorRateError(), histogram.auc(), histogram.aucError(), memory());
    }
}
