package siamese.spark;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.awt.Color;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.apache.spark.sql.SparkSession;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.LSTM;
import org.deeplearning4j.nn.conf.layers.recurrent.LastTimeStep;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import siamese.data.Channels;
import siamese.data.Examples;
import siamese.data.LabeledImages;
import siamese.data.Pairs;
import siamese.data.Pictures;
import siamese.evaluation.DistanceHistogram;
import siamese.evaluation.Embeddings;
import siamese.evaluation.VerificationReport;
import siamese.model.BaseNetwork;
import siamese.model.Distance;
import siamese.model.Recipe;
import siamese.model.SiameseNetwork;

/** Other networks than the overview's, and other examples than MNIST. */
@Timeout(900)
class SubmissionTest {

    private static final int BINS = 1 << 18;

    private record Said(int status, String out, String err) {
    }

    private static Said run(Object... args) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        int status = Submission.run(Stream.of(args).map(Object::toString).toArray(String[]::new),
                new PrintStream(out, true, StandardCharsets.UTF_8), new PrintStream(err, true, StandardCharsets.UTF_8));
        return new Said(status, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
    }

    private static void refuses(int status, String what, Object... args) {
        Said said = run(args);
        assertEquals(status, said.status, said.err);
        assertTrue(said.err.contains(what) && said.err.lines().count() == 1, said.err);
    }

    /** What roc.csv must say of these counts. */
    static List<String> lines(DistanceHistogram counts) {
        long[] trueAccepts = counts.similar().clone();
        long[] falseAccepts = counts.dissimilar().clone();
        Arrays.parallelPrefix(trueAccepts, Long::sum);
        Arrays.parallelPrefix(falseAccepts, Long::sum);
        int last = counts.bins() - 1;
        return Stream.concat(Stream.of("bin,similar,dissimilar,threshold,true_accept_rate,false_accept_rate"),
                IntStream.rangeClosed(0, last).filter(b -> counts.similar()[b] + counts.dissimilar()[b] > 0)
                        .mapToObj(b -> b + "," + counts.similar()[b] + "," + counts.dissimilar()[b] + ","
                                + (b + 1) * counts.binWidth() + "," + trueAccepts[b] / (double) trueAccepts[last]
                                + "," + falseAccepts[b] / (double) falseAccepts[last])).toList();
    }

    private static List<String> roc(Path output) throws IOException {
        return Files.readAllLines(output.resolve("roc.csv"));
    }

    /** What worst.csv must say, by looking at each pair. */
    private static List<String> worst(Embeddings points, List<String> names, Pairs pairs, int number) {
        record Line(boolean similar, float distance, int first, int second) {
        }
        List<Line> all = IntStream.range(0, pairs.size()).mapToObj(p -> {
            float sum = 0;
            for (int k = 0; k < points.dimensions(); k++) {
                float d = (float) points.vectors()[pairs.first()[p]][k]
                        - (float) points.vectors()[pairs.second()[p]][k];
                sum += d * d;
            }
            return new Line(pairs.similar()[p], (float) Math.sqrt(sum), pairs.first()[p], pairs.second()[p]);
        }).toList();
        Comparator<Line> numbers = Comparator.comparingInt(Line::first).thenComparingInt(Line::second);
        return Stream.of(Stream.of("similar,distance,first,second"),
                all.stream().filter(Line::similar).sorted(Comparator.comparingDouble(Line::distance).reversed()
                        .thenComparing(numbers)).limit(number)
                        .map(l -> "true," + l.distance + "," + names.get(l.first) + "," + names.get(l.second)),
                all.stream().filter(l -> !l.similar).sorted(Comparator.comparingDouble(Line::distance)
                        .thenComparing(numbers)).limit(number)
                        .map(l -> "false," + l.distance + "," + names.get(l.first) + "," + names.get(l.second)))
                .flatMap(lines -> lines).toList();
    }

    private static Pairs all(LabeledImages images) {
        int n = images.size();
        int[][] pairs = IntStream.range(0, n).boxed().flatMap(i -> IntStream.range(i + 1, n)
                .mapToObj(j -> new int[] {i, j})).toArray(int[][]::new);
        boolean[] similar = new boolean[pairs.length];
        for (int p = 0; p < pairs.length; p++) {
            similar[p] = images.label(pairs[p][0]) == images.label(pairs[p][1]);
        }
        return new Pairs(images, Stream.of(pairs).mapToInt(p -> p[0]).toArray(),
                Stream.of(pairs).mapToInt(p -> p[1]).toArray(), similar);
    }

    /** {@return a network that reads these pictures, which is network.zip now} */
    private static SiameseNetwork saved(Path folder) throws IOException {
        SiameseNetwork network = new SiameseNetwork(BaseNetwork.overview(20, 20, 3), Distance.EUCLIDEAN, 4);
        network.save(folder.resolve("network.zip"));
        return network;
    }

    private static List<String> names(Path pictures) throws IOException {
        return Pictures.files(pictures).stream().map(file -> pictures.relativize(file).toString()
                .replace('\\', '/')).toList();
    }

    /** All names in the folder, hidden ones too. */
    private static List<String> content(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }

    /** One subfolder a colour, with noisy pictures of 24 × 30 pixels. */
    private static Path colours(Path folder) throws IOException {
        Random random = new Random(1);
        for (Color colour : List.of(Color.RED, Color.GREEN, Color.BLUE)) {
            Path part = Files.createDirectories(folder.resolve("pictures/" + colour.getRGB()));
            for (int n = 0; n < 9; n++) {
                BufferedImage picture = new BufferedImage(24, 30, BufferedImage.TYPE_INT_RGB);
                for (int p = 0; p < 24 * 30; p++) {
                    picture.setRGB(p % 24, p / 24, colour.getRGB() ^ random.nextInt(1 << 24) & 0x3f3f3f);
                }
                ImageIO.write(picture, "png", part.resolve(n + ".png").toFile());
            }
        }
        return folder.resolve("pictures");
    }

    @Test
    void aFolderOfColouredPicturesIsCountedForANetworkOfItsOwnSize(@TempDir Path folder) throws IOException {
        Path pictures = colours(folder);
        Path saved = folder.resolve("network.zip");
        Path output = folder.resolve("output");
        SiameseNetwork network = new SiameseNetwork(BaseNetwork.overview(20, 20, 3), Distance.COSINE, 4);
        network.save(saved);
        LabeledImages images = LabeledImages.ofFolder(pictures, 20, 20, Channels.COLOUR);
        Embeddings points = Embeddings.of(network, images);
        DistanceHistogram counts = DistanceHistogram.of(points.directions(), BINS, 2);
        Said said = run(saved, output, "--folder", pictures, "--worst", 3, "--keep-embeddings");
        assertEquals(0, said.status, said.err);
        assertEquals(lines(counts), roc(output));
        assertEquals(worst(points.directions(), names(pictures), all(images), 3),
                Files.readAllLines(output.resolve("worst.csv")));
        JsonNode json = new ObjectMapper().readTree(output.resolve("counts.json").toFile());
        assertEquals(351, json.get("pairs").asLong());
        assertEquals(3 * 36, json.get("similar_pairs").asLong());
        for (String[] line : roc(output).stream().skip(1).map(line -> line.split(",")).toList()) {
            double within = Double.parseDouble(line[3]) + counts.binWidth() / 2;
            assertEquals(counts.trueAcceptRateAt(within), Double.parseDouble(line[4]));
            assertEquals(counts.falseAcceptRateAt(within), Double.parseDouble(line[5]));
        }
        assertEquals(counts.equalErrorRate(), json.get("equal_error_rate").asDouble());
        VerificationReport report = VerificationReport.of(all(images), network.distances(all(images)));
        assertEquals(report.equalErrorRate(), counts.equalErrorRate(), counts.equalErrorRateError() + 1e-6);
        assertEquals(List.of("counts.json", "embeddings.parquet", "roc.csv", "worst.csv"), content(output));
        assertTrue(said.out.contains("27 coloured images") && said.out.contains("equal error rate"), said.out);

        Path again = folder.resolve("again");
        said = run(again, "--embeddings", output.resolve("embeddings.parquet"), "--most", 2, "--worst", 3);
        assertEquals(0, said.status, said.err);
        assertEquals(roc(output), roc(again));
        assertEquals(Files.readAllLines(output.resolve("worst.csv")), Files.readAllLines(again.resolve("worst.csv")));

        new SiameseNetwork(network.base(), Distance.EUCLIDEAN, 4).save(saved);
        Path other = folder.resolve("other");
        said = run("--most", "0.01", saved, other, "--folder", pictures, "--storage", folder.resolve("s").toUri(),
                "--worst", 5);
        assertEquals(lines(DistanceHistogram.of(points, BINS, 0.01)), roc(other), said.err);
        assertEquals(worst(points, names(pictures), all(images), 5),
                Files.readAllLines(other.resolve("worst.csv")));
        assertTrue(said.out.contains("--most with more than 0.01 tells them apart"), said.out);
        assertEquals(List.of("again", "network.zip", "other", "output", "pictures", "s"), content(folder));
    }

    @Test
    void thePairsOfAFileAreCountedAndOtherFileSystemsAreRead(@TempDir Path folder) throws IOException {
        Path pictures = colours(folder);
        SiameseNetwork network = saved(folder);
        LabeledImages images = LabeledImages.ofFolder(pictures, 20, 20, Channels.COLOUR);
        List<String> names = names(pictures);
        int[] first = IntStream.range(0, 40).map(p -> p * 7 % 27).toArray();
        int[] second = IntStream.range(0, 40).map(p -> (p * 5 + 1) % 27).toArray();
        boolean[] similar = new boolean[40];
        List<String> file = new ArrayList<>(List.of("similar,second,first"));
        for (int p = 0; p < 40; p++) {
            similar[p] = images.label(first[p]) == images.label(second[p]);
            file.add((p % 2 == 0 ? "" + similar[p] : similar[p] ? "1" : "0") + "," + names.get(second[p]) + ","
                    + names.get(first[p]));
        }
        Files.write(folder.resolve("pairs.csv"), file);
        Pairs pairs = new Pairs(images, first, second, similar);
        System.setProperty("spark.hadoop.fs.viewfs.mounttable.test.link./data", folder.toUri().toString());
        try {
            String there = "viewfs://test/data/";
            Said said = run(there + "network.zip", there + "output", "--folder", there + "pictures", "--pairs",
                    there + "pairs.csv");
            assertEquals(0, said.status, said.err);
        } finally {
            System.clearProperty("spark.hadoop.fs.viewfs.mounttable.test.link./data");
        }
        assertEquals(worst(Embeddings.of(network, images), names, pairs, 20),
                Files.readAllLines(folder.resolve("output/worst.csv")));
        JsonNode json = new ObjectMapper().readTree(folder.resolve("output/counts.json").toFile());
        assertEquals(40, json.get("pairs").asLong());
        assertEquals(pairs.similarCount(), json.get("similar_pairs").asLong());
        assertEquals(VerificationReport.of(pairs, network.distances(pairs)).equalErrorRate(),
                json.get("equal_error_rate").asDouble(), json.get("equal_error_rate_error_at_most").asDouble() + 1e-6);
        long[][] counts = new long[2][BINS]; // each pair in the bin of its distance
        double[] distances = network.distances(pairs);
        roc(folder.resolve("output")).stream().skip(1).map(line -> line.split(",")).forEach(line -> {
            counts[0][Integer.parseInt(line[0])] = Long.parseLong(line[1]);
            counts[1][Integer.parseInt(line[0])] = Long.parseLong(line[2]);
        });
        for (int p = 0; p < 40; p++) {
            int bin = (int) ((float) distances[p] * (float) (BINS / 4.0));
            long[] kind = counts[similar[p] ? 0 : 1];
            assertTrue(IntStream.rangeClosed(Math.max(0, bin - 1), bin + 1).anyMatch(b -> kind[b] > 0), "pair " + p);
        }
    }

    @Test
    void aNetworkIsTrainedOnAFolderAndThenJudged(@TempDir Path folder) throws IOException {
        Path pictures = colours(folder);
        SiameseNetwork network = saved(folder);
        LabeledImages images = LabeledImages.ofFolder(pictures, 20, 20, Channels.COLOUR);
        Object[] start = {folder.resolve("network.zip"), folder.resolve("trained"), "--folder", pictures, "--train", 2,
            "--parts", 2, "--interval", 1};
        Said said = run(start);
        assertEquals(0, said.status, said.err);
        assertTrue(said.out.contains("Epoch 2 of 2"), said.out);
        try (Cluster cluster = Cluster.of("local[2]")) {
            new SynchronousTraining(cluster, 2, 2, 1, Recipe.allPairs(2)).fit(network, images, null);
        }
        Path trained = folder.resolve("trained/network.zip");
        assertArrayEquals(network.state().weights(), SiameseNetwork.load(trained).state().weights());
        said = run(trained, folder.resolve("judged"), "--folder", pictures);
        assertEquals(0, said.status, said.err);
        assertEquals(lines(DistanceHistogram.of(Embeddings.of(network, images), BINS, 4)),
                roc(folder.resolve("judged")));
        said = run(trained, folder.resolve("averaged"), "--folder", pictures, "--train", 1, "--shards", 2);
        assertEquals(0, said.status, said.err);
        assertEquals(List.of("network.zip"), content(folder.resolve("averaged")));
    }

    @Test
    void aDryRunSaysWhatWouldBeDoneAndWritesNothing(@TempDir Path folder) throws IOException {
        Path pictures = colours(folder);
        saved(folder);
        List<String> names = names(pictures);
        Files.write(folder.resolve("pairs.csv"), List.of("first,second,similar",
                names.get(0) + "," + names.get(1) + ",true", names.get(0) + "," + names.get(20) + ",false"));
        List<String> before = content(folder);
        System.setProperty("spark.master", "yarn"); // which nobody asks
        try {
            Said said = run(folder.resolve("network.zip"), folder.resolve("out"), "--folder", pictures, "--dry-run");
            assertEquals(0, said.status, said.err);
            assertTrue(said.out.contains("27 coloured images") && said.out.contains("351 pairs in 1 blocks")
                    && said.out.contains("conv1"), said.out);
            said = run(folder.resolve("network.zip"), folder.resolve("out"), "--folder", pictures, "--dry-run",
                    "--pairs", folder.resolve("pairs.csv"));
            assertEquals(0, said.status, said.err);
            assertTrue(said.out.contains("2 pairs of "), said.out);
        } finally {
            System.clearProperty("spark.master");
        }
        assertEquals(before, content(folder));
    }

    @Test
    void twoIdxFilesAreCounted(@TempDir Path folder) throws IOException {
        LabeledImages bars = SparkEvaluationTest.bars(60);
        ByteBuffer pixels = ByteBuffer.allocate(16 + 60 * 784).putInt(0x803).putInt(60).putInt(28).putInt(28);
        ByteBuffer labels = ByteBuffer.allocate(8 + 60).putInt(0x801).putInt(60);
        for (int i = 0; i < 60; i++) {
            for (float ink : bars.batch(i).dup('c').data().asFloat()) {
                pixels.put((byte) Math.round(255 * ink));
            }
            labels.put((byte) bars.label(i));
        }
        Files.write(folder.resolve("images"), pixels.array());
        Files.write(folder.resolve("labels"), labels.array());
        SiameseNetwork network = SiameseNetwork.overview(4);
        network.save(folder.resolve("network.zip"));
        Said said = run(folder.resolve("network.zip"), folder.resolve("output"), "--idx", folder.resolve("images"),
                folder.resolve("labels"));
        assertEquals(0, said.status, said.err);
        assertEquals(lines(DistanceHistogram.of(Embeddings.of(network, bars), BINS, 4)),
                roc(folder.resolve("output")));
    }

    @Test
    void whatIsWrongIsOneSentence(@TempDir Path folder) throws IOException {
        Path saved = folder.resolve("network.zip");
        Path output = folder.resolve("output");
        BaseNetwork vectors = BaseNetwork.of(InputType.feedForward(7), new DenseLayer.Builder().nOut(2).build());
        new SiameseNetwork(vectors, Distance.EUCLIDEAN, 1).save(saved);
        refuses(2, "Usage:", saved);
        refuses(2, "There is no option --pictures", saved, output, "--pictures", folder);
        refuses(2, "At the end, two files", saved, output, "--idx", folder);
        refuses(2, "Before --most, a folder", saved, output, "--storage", "--most", 3);
        refuses(2, "greater than 0, but is far", saved, output, "--most", "far");
        refuses(2, "greater than 0, but is 0", saved, output, "--most", 0);
        refuses(2, "give one of them", saved, output, "--folder", folder, "--idx", folder, folder);
        refuses(2, "learns from pictures", output, "--train", 1, "--embeddings", folder);
        refuses(2, "--worst must be a whole number from 0, but is few", saved, output, "--worst", "few");
        refuses(2, "--train must be a whole number from 1, but is 0", saved, output, "--train", 0);
        refuses(1, "There is a file or folder " + saved, saved, saved);
        refuses(1, "There is no file", folder.resolve("other.zip"), output);
        refuses(1, "neither grey nor coloured", saved, output, "--folder", folder);
        new SiameseNetwork(BaseNetwork.overview(20, 20, 1), Distance.EUCLIDEAN, 1).save(saved);
        refuses(1, "1 × 20 × 20, but those of", saved, output);
        refuses(1, "nowhere", saved, output, "--folder", folder.resolve("nowhere"));
        refuses(1, "has no subfolder", saved, output, "--folder", Files.createDirectory(folder.resolve("empty")));
        Path pictures = colours(folder);
        refuses(1, "cannot be written", saved, saved.resolve("below/output"), "--folder", pictures);
        refuses(1, "powers of two", saved, output, "--folder", pictures, "--train", 1, "--parts", 3);
        assertEquals(List.of("empty", "network.zip", "pictures"), content(folder));
    }

    @Test
    void wrongTablesAreOneSentence(@TempDir Path folder) throws IOException {
        Path pictures = colours(folder);
        Path saved = folder.resolve("network.zip");
        Path output = folder.resolve("output");
        Path csv = folder.resolve("pairs.csv");
        new SiameseNetwork(BaseNetwork.overview(20, 20, 3), Distance.EUCLIDEAN, 1).save(saved);
        String name = names(pictures).get(0);
        try (Cluster cluster = Cluster.of("local[2]")) {
            Map<String, String> wrong = Map.of("first,second,similar\n" + name + ",nobody.png,true\n",
                    "names nobody.png, which is no example", "first,second\na,b\n", "has no column similar",
                    "first,second,similar\n" + name + "," + name + ",maybe\n", "similar: maybe; say true or false",
                    "first,second,similar\n", "has no pairs");
            for (Map.Entry<String, String> one : wrong.entrySet()) {
                Files.writeString(csv, one.getKey());
                SparkEvaluationTest.says(one.getValue(), () -> Submission.run(cluster, saved.toString(),
                        output.toString(), "--folder", pictures.toString(), "--pairs", csv.toString()));
            }
            SparkSession session = SparkSession.builder().getOrCreate();
            Map<String, String> tables = Map.of("select 'a' id, array(1f) embedding", "has no column label",
                    "select 'a' file, 1 label, 'b' embedding", "must be an array of numbers, but is string",
                    "select 'a' id, 1 label, array(1f) embedding", "fewer than two embeddings",
                    "select 'a' id, 1 label, array(1f) embedding union all select 'a', 1, array(2f)", "id a twice",
                    "select 'a' id, 1 label, array(1f) embedding union all select 'b', null, array(2f)", "row of b",
                    "select 'a' id, 1 label, array(1f) embedding union all select 'b', 1, array(2f, 3f)", "components");
            int number = 0;
            for (Map.Entry<String, String> one : tables.entrySet()) {
                String table = folder.resolve("table" + number++).toString();
                session.sql(one.getKey()).write().parquet(table);
                SparkEvaluationTest.says(one.getValue(), () -> Submission.run(cluster, output.toString(),
                        "--embeddings", table));
            }
            SparkEvaluationTest.says("cannot be read", () -> Submission.run(cluster, output.toString(),
                    "--embeddings", saved.toString()));
        }
        refuses(1, "There is no file or folder", output, "--embeddings", folder.resolve("nowhere.parquet"));
        assertTrue(content(folder).stream().noneMatch(file -> file.contains("output")), content(folder) + "");
    }

    /** Sequences that rise or fall. */
    private record Slopes(int size) implements Examples {

        @Override
        public int classes() {
            return 2;
        }

        @Override
        public int label(int i) {
            return i % 2;
        }

        @Override
        public String source() {
            return "slopes";
        }

        @Override
        public String fingerprint() {
            return String.format("%016x", size);
        }

        @Override
        public int[] shape() {
            return new int[] {2, 9};
        }

        @Override
        public INDArray batch(int... indices) {
            float[][][] values = new float[indices.length][2][9];
            for (int k = 0; k < indices.length; k++) {
                for (int t = 0; t < 9; t++) {
                    values[k][0][t] = (label(indices[k]) == 0 ? t : -t) / 9f;
                    values[k][1][t] = indices[k] / (float) size;
                }
            }
            return Nd4j.createFromArray(values);
        }
    }

    @Test
    void sequencesAreEmbeddedByAnLstmInAnotherProcess() {
        BaseNetwork base = BaseNetwork.of(InputType.recurrent(2, 9),
                new LastTimeStep(new LSTM.Builder().nOut(7).activation(Activation.TANH).build()),
                new DenseLayer.Builder().nOut(5).build());
        SiameseNetwork network = new SiameseNetwork(base, Distance.EUCLIDEAN, 3);
        Slopes slopes = new Slopes(700);
        try (Cluster cluster = Cluster.of("local-cluster[1,1,1024]")) {
            assertEquals(DistanceHistogram.of(Embeddings.of(network, slopes), BINS, 4),
                    new SparkEvaluation(cluster, BINS, 4, 256, 3).broadcast(network, slopes));
        }
    }
}
