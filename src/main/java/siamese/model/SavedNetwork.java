package siamese.model;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.StringReader;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.zip.CRC32;
import java.util.zip.CheckedInputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.util.ModelSerializer;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * The file of a saved network: what Deeplearning4j's {@link ModelSerializer} writes (a zip archive of configuration,
 * weights and the state of Adam) with one more entry, a properties file with the options, the history and the
 * fingerprint of the training images.
 *
 * <p>Files are read without {@link ModelSerializer}. It would read an entry {@code preprocessor.bin} as serialized Java
 * objects and a configuration as objects of the classes that it names, so that a file from a stranger could run code, and
 * it reserves as much memory as a file says that it needs. Here the graph is built anew from the options; the
 * configuration is only compared with the new one's, and the arrays must have the new ones' sizes.
 */
final class SavedNetwork {

    private static final String ENTRY = "siamese.properties";
    private static final String VERSION = "1";
    private static final int LARGEST = 16 << 20;
    private static final Pattern COUNT = Pattern.compile("\"(iteration|epoch)Count\" : (\\d{1,9})\\b");

    private SavedNetwork() {
    }

    static void write(SiameseNetwork network, Path file) throws IOException {
        String expected = SiameseNetwork.graphOf(network.options()).getConfiguration().toJson();
        if (!comparable(network.graph().getConfiguration().toJson()).equals(comparable(expected))) {
            throw new IOException("The network's graph was changed after it was built and no longer is what its options say; "
                    + "save the graph itself with Deeplearning4j's ModelSerializer.");
        }
        Files.createDirectories(file.getParent());
        Path part = Files.createTempFile(file.getParent(), file.getFileName().toString(), ".part");
        try {
            ModelSerializer.writeModel(network.graph(), part.toFile(), true);
            try (FileSystem zip = FileSystems.newFileSystem(part);
                    Writer out = Files.newBufferedWriter(zip.getPath(ENTRY), StandardCharsets.UTF_8)) {
                properties(network).store(out, "A network of the course Siamese Networks in Java notebooks");
            }
            Files.move(part, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } finally {
            Files.deleteIfExists(part);
        }
    }

    private static Properties properties(SiameseNetwork network) {
        Properties p = new Properties();
        SiameseNetwork.Options options = network.options();
        p.setProperty("version", VERSION);
        p.setProperty("distance", options.distance().name());
        p.setProperty("margin", Double.toString(options.margin()));
        p.setProperty("embeddingActivation", options.embeddingActivation().name());
        p.setProperty("learningRate", Double.toString(options.learningRate()));
        p.setProperty("seed", Long.toString(options.seed()));
        p.setProperty("views", Integer.toString(options.views()));
        p.setProperty("data", network.data());
        p.setProperty("source", network.history().source());
        p.setProperty("interrupted", Boolean.toString(network.history().interrupted()));
        for (History.Epoch e : network.history().epochs()) {
            p.setProperty("epoch." + e.number(), e.trainLoss() + " " + e.testLoss() + " " + e.pairsPerSecond() + " " + e.seconds());
        }
        return p;
    }

    static SiameseNetwork read(Path file) throws IOException {
        if (!Files.isRegularFile(file)) {
            throw new IOException("There is no file " + file + "; save a network there first.");
        }
        try {
            return network(entries(file));
        } catch (IOException | RuntimeException e) { // a runtime exception: a number is no number, an entry is missing
            throw new IOException(file + " is not a network that this library saved, or is damaged ("
                    + (e instanceof IOException && e.getMessage() != null ? e.getMessage() : "its entries make no sense")
                    + "); train and save it again.", e);
        }
    }

    /** What is in the archive, as far as its size is honest and its checksums are right. */
    private static Map<String, byte[]> entries(Path file) throws IOException {
        if (Files.size(file) > LARGEST) {
            throw new IOException("it is larger than any such network");
        }
        Set<String> known = Set.of(ENTRY, ModelSerializer.CONFIGURATION_JSON, ModelSerializer.COEFFICIENTS_BIN, ModelSerializer.UPDATER_BIN);
        Map<String, byte[]> entries = new HashMap<>();
        try (ZipFile zip = new ZipFile(file.toFile())) {
            for (ZipEntry entry : Collections.list(zip.entries())) {
                if (!known.contains(entry.getName()) || entries.containsKey(entry.getName())) {
                    throw new IOException("it contains something that does not belong into it");
                }
                CRC32 checksum = new CRC32();
                try (InputStream in = new CheckedInputStream(zip.getInputStream(entry), checksum)) {
                    byte[] content = in.readNBytes(LARGEST + 1);
                    if (content.length > LARGEST || content.length != entry.getSize() || checksum.getValue() != entry.getCrc()) {
                        throw new IOException("its " + entry.getName() + " was altered");
                    }
                    entries.put(entry.getName(), content);
                }
            }
        }
        return entries;
    }

    private static SiameseNetwork network(Map<String, byte[]> entries) throws IOException {
        Properties p = new Properties();
        p.load(new StringReader(text(entries, ENTRY)));
        if (!VERSION.equals(p.getProperty("version"))) {
            throw new IOException("its version is not " + VERSION + ", which is the one that this library reads");
        }
        SiameseNetwork.Options options = new SiameseNetwork.Options(Distance.valueOf(p.getProperty("distance")),
                Double.parseDouble(p.getProperty("margin")), Activation.valueOf(p.getProperty("embeddingActivation")),
                Double.parseDouble(p.getProperty("learningRate")), Long.parseLong(p.getProperty("seed")),
                Integer.parseInt(p.getProperty("views", "1")));
        List<History.Epoch> epochs = new ArrayList<>();
        for (int n = 1; p.containsKey("epoch." + n); n++) {
            String[] v = p.getProperty("epoch." + n).split(" ");
            epochs.add(new History.Epoch(n, Double.parseDouble(v[0]), Double.parseDouble(v[1]), Double.parseDouble(v[2]),
                    Double.parseDouble(v[3])));
        }
        History history = new History(p.getProperty("source"), epochs,
                Boolean.parseBoolean(p.getProperty("interrupted")), "");
        return new SiameseNetwork(options, graph(options, entries), history, p.getProperty("data", ""));
    }

    private static ComputationGraph graph(SiameseNetwork.Options options, Map<String, byte[]> entries) throws IOException {
        ComputationGraph graph = SiameseNetwork.graphOf(options);
        String configuration = text(entries, ModelSerializer.CONFIGURATION_JSON);
        if (!comparable(configuration).equals(comparable(graph.getConfiguration().toJson()))) {
            throw new IOException("its configuration is not that of its options");
        }
        graph.getConfiguration().setIterationCount(count(configuration, "iteration"));
        graph.getConfiguration().setEpochCount(count(configuration, "epoch"));
        fill(graph.params(), entries.get(ModelSerializer.COEFFICIENTS_BIN));
        fill(graph.getUpdater().getStateViewArray(), entries.get(ModelSerializer.UPDATER_BIN));
        return graph;
    }

    private static String text(Map<String, byte[]> entries, String name) {
        return new String(entries.get(name), StandardCharsets.UTF_8);
    }

    /** A configuration without what training counts, and without the line ends of the system that wrote it. */
    private static String comparable(String configuration) {
        return COUNT.matcher(configuration).replaceAll("").replaceAll("\\s+", " ");
    }

    /** How far training has counted; Adam's correction for its start depends on it. */
    private static int count(String configuration, String what) {
        return COUNT.matcher(configuration).results().filter(m -> m.group(1).equals(what)).map(MatchResult::group)
                .mapToInt(m -> Integer.parseInt(m.substring(m.lastIndexOf(' ') + 1))).max().orElse(0);
    }

    /** Reads an array into one that has the right size: but for the numbers both must be written alike. */
    private static void fill(INDArray target, byte[] content) throws IOException {
        ByteArrayOutputStream model = new ByteArrayOutputStream();
        Nd4j.write(target, new DataOutputStream(model));
        byte[] expected = model.toByteArray();
        int header = expected.length - (int) target.length() * target.dataType().width();
        if (content.length != expected.length || !Arrays.equals(content, 0, header, expected, 0, header)) {
            throw new IOException("its weights have another number or form");
        }
        target.assign(Nd4j.read(new DataInputStream(new ByteArrayInputStream(content))));
    }
}
