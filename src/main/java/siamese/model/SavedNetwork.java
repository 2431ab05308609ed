package siamese.model;

import java.io.IOException;
import java.io.Reader;
import java.io.StringReader;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.util.ModelSerializer;
import org.nd4j.linalg.activations.Activation;

/**
 * The file of a saved network: what Deeplearning4j's {@link ModelSerializer} writes (a zip archive of configuration,
 * weights and the state of Adam) with one more entry, a properties file with the options and the history.
 */
final class SavedNetwork {

    private static final String ENTRY = "siamese.properties";
    private static final String VERSION = "1";

    private SavedNetwork() {
    }

    static void write(SiameseNetwork network, Path file) throws IOException {
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
            Properties p = new Properties();
            try (FileSystem zip = FileSystems.newFileSystem(file)) {
                try (Reader in = new StringReader(Files.readString(zip.getPath(ENTRY)))) {
                    p.load(in);
                }
            }
            if (!VERSION.equals(p.getProperty("version"))) {
                throw new IOException("its version is " + p.getProperty("version") + ", but this library reads version " + VERSION);
            }
            SiameseNetwork.Options options = new SiameseNetwork.Options(Distance.valueOf(p.getProperty("distance")),
                    Double.parseDouble(p.getProperty("margin")), Activation.valueOf(p.getProperty("embeddingActivation")),
                    Double.parseDouble(p.getProperty("learningRate")), Long.parseLong(p.getProperty("seed")));
            List<History.Epoch> epochs = new ArrayList<>();
            for (int n = 1; p.containsKey("epoch." + n); n++) {
                String[] v = p.getProperty("epoch." + n).split(" ");
                epochs.add(new History.Epoch(n, Double.parseDouble(v[0]), Double.parseDouble(v[1]), Double.parseDouble(v[2]),
                        Double.parseDouble(v[3])));
            }
            OneDnn.enable();
            ComputationGraph graph = ModelSerializer.restoreComputationGraph(file.toFile(), true);
            return new SiameseNetwork(options, graph,
                    new History(p.getProperty("source"), epochs, Boolean.parseBoolean(p.getProperty("interrupted"))));
        } catch (Exception e) { // the archive, its entries and Deeplearning4j fail in many ways; the reader needs one
            throw new IOException(file + " is not a network that this library saved, or is damaged (" + e.getMessage()
                    + "); train and save it again.", e);
        }
    }
}
