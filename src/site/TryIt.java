import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import onnx.Onnx;
import siamese.data.LabeledImages;
import siamese.data.Mnist;
import siamese.data.Pairs;
import siamese.data.Settings;
import siamese.evaluation.VerificationReport;
import siamese.model.Distance;
import siamese.model.Recipe;
import siamese.model.SiameseNetwork;

/**
 * Writes what the page Try it shows into a folder: the network as ONNX, 500 test digits with their embeddings, and the test pairs'
 * distances. course.py demo runs it as a single file.
 *
 * <pre>java -cp … src/site/TryIt.java FOLDER course   the network of chapter 05, trained if it is not there
 * java -cp … src/site/TryIt.java FOLDER last     the network of digits that was trained last; exit status 3 if there is none</pre>
 */
public final class TryIt {

    private static final int BARS = 100;
    private static final int DIGITS_OF_A_CLASS = 50;
    private static final int NONE = 3;
    private static final DateTimeFormatter DAY = DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm").withZone(ZoneId.systemDefault());

    private record Named(SiameseNetwork network, String name) {
    }

    private TryIt() {
    }

    public static void main(String[] args) throws IOException {
        boolean course = args[1].equals("course");
        Named last = course ? null : last();
        if (!course && last == null) {
            System.exit(NONE);
        }
        Mnist mnist = Mnist.load();
        int cut = mnist.train().size() * 5 / 6; // as chapters 05 and 06 do
        LabeledImages learn = mnist.train().subset(IntStream.range(0, cut).toArray());
        LabeledImages validation = mnist.train().subset(IntStream.range(cut, mnist.train().size()).toArray());
        Named chosen = !course ? last : new Named(SiameseNetwork.overview(1).trained(learn, Recipe.allPairs(6)),
                "The overview's network, trained on 50,000 digits as chapter 05 does");
        write(Files.createDirectories(Path.of(args[0])), chosen, learn, validation, mnist.test());
    }

    /** The newest network of digits that SiameseNetwork.trained has kept, or null. */
    private static Named last() throws IOException {
        Path folder = Settings.cacheFolder().resolve("models");
        if (!Files.isDirectory(folder)) {
            return null;
        }
        List<Path> files;
        try (Stream<Path> all = Files.list(folder)) {
            files = all.filter(file -> file.toString().endsWith(".zip")).sorted(Comparator.comparing(TryIt::time).reversed()).toList();
        }
        for (Path file : files) {
            try {
                SiameseNetwork network = SiameseNetwork.load(file);
                boolean digits = network.history().source().matches("(MNIST|stand-in digits)\\b.*");
                boolean known = network.distance() == Distance.EUCLIDEAN || network.distance() == Distance.COSINE;
                if (digits && known && Arrays.equals(network.base().input().getShape(), new long[] {1, 28, 28})) {
                    return new Named(network, "Your network of " + DAY.format(time(file)) + ", trained on "
                            + network.history().source() + " for " + network.history().epochs().size() + " epochs");
                }
            } catch (IOException otherOrDamaged) { // the next one, then
            }
        }
        return null;
    }

    private static Instant time(Path file) {
        try {
            return Files.getLastModifiedTime(file).toInstant();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void write(Path folder, Named chosen, LabeledImages learn, LabeledImages validation, LabeledImages test)
            throws IOException {
        SiameseNetwork network = chosen.network();
        Pairs choosing = Pairs.create(validation, 1);
        double threshold = VerificationReport.of(choosing, network.distances(choosing)).equalErrorThreshold();
        Pairs pairs = Pairs.create(test, 1);
        double[] distances = network.distances(pairs);
        VerificationReport report = VerificationReport.of(pairs, distances);
        network.exportOnnx(folder.resolve("network.onnx"), threshold);
        LabeledImages digits = test.sampleOfEachClass(DIGITS_OF_A_CLASS, 1, test.source());
        int[] all = IntStream.range(0, digits.size()).toArray();
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (float pixel : digits.pixels(all).data().asFloat()) {
            out.write(Math.round(255 * pixel));
        }
        double[][] embeddings = network.embed(digits, all);
        ByteBuffer numbers = ByteBuffer.allocate(Float.BYTES * embeddings.length * embeddings[0].length)
                .order(ByteOrder.LITTLE_ENDIAN);
        Arrays.stream(embeddings).flatMapToDouble(Arrays::stream).forEach(value -> numbers.putFloat((float) value));
        out.write(numbers.array());
        Files.write(folder.resolve("digits.bin"), out.toByteArray());

        double most = Arrays.stream(distances).max().orElseThrow();
        String learned = Onnx.ModelProto.parseFrom(Files.readAllBytes(folder.resolve("network.onnx"))).getMetadataPropsList()
                .stream().filter(entry -> entry.getKey().equals("fingerprint")).findFirst().orElseThrow().getValue();
        String seen = learned.equals(learn.fingerprint()) ? "which it has not learned from"
                : "which it may have learned from, so that the threshold may be too strict";
        String text = String.format("%s. The threshold, %.3f, is where both errors are equal on pairs of %,d %s training digits, %s. "
                + "On %,d pairs of test digits the network is right in %.2f %% at this threshold. Nothing that you draw or drop leaves "
                + "this page. The test digits are %s.", chosen.name(), threshold, validation.size(), validation.source(), seen,
                pairs.size(), 100 * report.accuracyAt(threshold), test.source().startsWith("MNIST")
                        ? "MNIST's (Y. LeCun and C. Cortes, CC BY-SA 3.0)" : "stand-ins that this project draws");
        Files.writeString(folder.resolve("about.json"), String.format("""
                {"text": "%s",
                "distance": "%s",
                "threshold": %s,
                "histogram": {"width": %s,
                "similar": %s,
                "dissimilar": %s},
                "labels": %s}
                """, text.replace("\\", "\\\\").replace("\"", "\\\""), network.distance() == Distance.COSINE ? "cosine" : "euclidean",
                threshold, most / BARS, counts(pairs, distances, true, most), counts(pairs, distances, false, most),
                Arrays.stream(all).mapToObj(i -> Integer.toString(digits.label(i))).collect(Collectors.joining(",", "[", "]"))));
        System.out.println(text);
    }

    private static String counts(Pairs pairs, double[] distances, boolean similar, double most) {
        int[] counts = new int[BARS];
        for (int p = 0; p < pairs.size(); p++) {
            if (pairs.similar()[p] == similar) {
                counts[(int) Math.min(BARS - 1, distances[p] / most * BARS)]++;
            }
        }
        return Arrays.toString(counts);
    }
}
