package siamese.model;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.StringReader;
import java.io.StringWriter;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import java.util.zip.ZipOutputStream;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.shade.jackson.databind.JsonNode;
import org.nd4j.shade.jackson.databind.ObjectMapper;

/**
 * The file of a saved network: a zip archive of plain parts, a properties file with what the network is and what its
 * training did, the layers as Deeplearning4j's JSON, and the weights, the optimizer's means and the parameters of a
 * distance and a loss as big-endian numbers.
 *
 * <p>No Java object is deserialized, the JSON may name Deeplearning4j's own classes only, and no more memory is
 * reserved than the file has bytes, so that a file from a stranger can do no harm.
 */
final class SavedNetwork {

    private static final String VERSION = "2";
    private static final String PROPERTIES = "siamese.properties";
    private static final String LAYERS = "layers.json";
    private static final String WEIGHTS = "weights.bin";
    private static final String MOMENTS = "moments.bin";
    private static final String DISTANCE = "distance.bin";
    private static final String LOSS = "loss.bin";
    private static final Set<String> ENTRIES = Set.of(PROPERTIES, LAYERS, WEIGHTS, MOMENTS, DISTANCE, LOSS);
    private static final int LARGEST_TEXT = 16 << 20;

    private SavedNetwork() {
    }

    static void write(SiameseNetwork network, Path file) throws IOException {
        if (Files.isDirectory(file)) {
            throw new IOException(file + " is a folder; give the name of a file in it, such as network.zip.");
        }
        Files.createDirectories(file.getParent());
        Path part = Files.createTempFile(file.getParent(), file.getFileName().toString(), ".part");
        try {
            try (OutputStream out = Files.newOutputStream(part)) {
                write(network, out);
            }
            Files.move(part, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } finally {
            Files.deleteIfExists(part);
        }
    }

    static void write(SiameseNetwork network, OutputStream out) throws IOException {
        String layers = network.base().json();
        checkClasses(layers, "has a layer, or a part of one, that is not Deeplearning4j's");
        Core core = network.core();
        ZipOutputStream zip = new ZipOutputStream(out);
        synchronized (core) {
            StringWriter text = new StringWriter();
            properties(network).store(text, "A network of the course Siamese Networks in Java notebooks");
            put(zip, PROPERTIES, text.toString().getBytes(StandardCharsets.UTF_8));
            put(zip, LAYERS, layers.getBytes(StandardCharsets.UTF_8));
            put(zip, WEIGHTS, bytes(core.execution.weights()));
            put(zip, MOMENTS, bytes(core.moments));
            put(zip, DISTANCE, bytes(network.distance().parameters()));
            put(zip, LOSS, bytes(core.loss == null ? null : core.loss.parameters()));
        }
        zip.finish();
    }

    /** Entries of numbers are stored as they are: none can be longer than the file. */
    private static void put(ZipOutputStream zip, String name, byte[] content) throws IOException {
        ZipEntry entry = new ZipEntry(name);
        if (name.endsWith(".bin")) {
            CRC32 checksum = new CRC32();
            checksum.update(content);
            entry.setMethod(ZipEntry.STORED);
            entry.setSize(content.length);
            entry.setCrc(checksum.getValue());
        }
        zip.putNextEntry(entry);
        zip.write(content);
        zip.closeEntry();
    }

    private static byte[] bytes(INDArray numbers) {
        if (numbers == null) {
            return new byte[0];
        }
        float[] values = numbers.dup('c').data().asFloat();
        ByteBuffer bytes = ByteBuffer.allocate(Float.BYTES * values.length);
        bytes.asFloatBuffer().put(values);
        return bytes.array();
    }

    private static Properties properties(SiameseNetwork network) {
        Properties p = new Properties();
        History history = network.core().history;
        p.setProperty("version", VERSION);
        p.setProperty("distance", name(network.distance()));
        p.setProperty("seed", Long.toString(network.seed()));
        p.setProperty("views", Integer.toString(network.views()));
        p.setProperty("input", Arrays.stream(network.base().input().getShape()).mapToObj(Long::toString)
                .collect(Collectors.joining(" ")));
        p.setProperty("steps", Integer.toString(network.core().steps));
        p.setProperty("data", network.core().data);
        p.setProperty("source", history.source());
        p.setProperty("interrupted", Boolean.toString(history.interrupted()));
        p.setProperty("warning", history.warning());
        for (History.Epoch e : history.epochs()) {
            p.setProperty("epoch." + e.number(), e.trainLoss() + " " + e.testLoss() + " " + e.pairsPerSecond() + " "
                    + e.seconds());
        }
        return p;
    }

    private static String name(Distance distance) {
        return distance == Distance.EUCLIDEAN || distance == Distance.COSINE ? distance.toString()
                : distance.getClass().getSimpleName();
    }

    static SiameseNetwork read(Path file, Distance distance, Loss loss) throws IOException {
        if (!Files.isRegularFile(file)) {
            throw new IOException("There is no file " + file + "; save a network there first.");
        }
        try (InputStream in = Files.newInputStream(file)) {
            return read(in, file.toString(), distance, loss);
        }
    }

    static SiameseNetwork read(InputStream in) throws IOException {
        return read(in, "This", null, null);
    }

    private static SiameseNetwork read(InputStream in, String what, Distance distance, Loss loss) throws IOException {
        try {
            return network(entries(in), distance, loss);
        } catch (IOException | RuntimeException e) { // a runtime exception: a number is no number, an entry is missing
            throw new IOException(what + " is not a network that this library saved, or is damaged ("
                    + (e instanceof IOException && e.getMessage() != null ? e.getMessage()
                    : "its entries make no sense")
                    + "); train and save it again.", e);
        }
    }

    /** What is in the archive; the numbers as far as they are not compressed, so that a small file holds little. */
    private static Map<String, byte[]> entries(InputStream in) throws IOException {
        Map<String, byte[]> entries = new HashMap<>();
        ZipInputStream zip = new ZipInputStream(in, StandardCharsets.UTF_8);
        for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
            String name = entry.getName();
            if (!ENTRIES.contains(name) || entries.containsKey(name)) {
                throw new IOException("it contains something that does not belong into it");
            }
            boolean numbers = name.endsWith(".bin");
            if (numbers && entry.getMethod() != ZipEntry.STORED) {
                throw new IOException("its " + name + " was altered");
            }
            byte[] content = numbers ? zip.readAllBytes() : zip.readNBytes(LARGEST_TEXT + 1);
            if (!numbers && content.length > LARGEST_TEXT) {
                throw new IOException("its " + name + " was altered");
            }
            entries.put(name, content);
        }
        if (!entries.keySet().equals(ENTRIES)) {
            throw new IOException(entries.containsKey(PROPERTIES) || entries.isEmpty()
                    ? "it is cut off or of another version"
                    : "it is no saved network");
        }
        return entries;
    }

    private static SiameseNetwork network(Map<String, byte[]> entries, Distance given, Loss loss) throws IOException {
        Properties p = new Properties();
        p.load(new StringReader(text(entries, PROPERTIES)));
        if (!VERSION.equals(p.getProperty("version"))) {
            throw new IOException("its version is not " + VERSION + ", which is the one that this library reads");
        }
        Distance distance = distance(p.getProperty("distance"), given);
        long seed = Long.parseLong(p.getProperty("seed"));
        BaseNetwork base = base(p.getProperty("input"), text(entries, LAYERS), entries.get(WEIGHTS).length);
        Core core = new Core(new Execution(base, seed));
        fill(core.execution.weights(), entries.get(WEIGHTS), "weights");
        fill(core.moments, entries.get(MOMENTS), "moments");
        fill(distance.parameters(), entries.get(DISTANCE), "distance's parameters");
        if (loss != null && loss.parameters() != distance.parameters()) {
            fill(loss.parameters(), entries.get(LOSS), "loss's parameters");
        }
        core.loss = loss;
        core.steps = Integer.parseInt(p.getProperty("steps"));
        core.data = p.getProperty("data");
        List<History.Epoch> epochs = new ArrayList<>();
        for (int n = 1; p.containsKey("epoch." + n); n++) {
            String[] v = p.getProperty("epoch." + n).split(" ");
            epochs.add(new History.Epoch(n, Double.parseDouble(v[0]), Double.parseDouble(v[1]),
                    Double.parseDouble(v[2]),
                    Double.parseDouble(v[3])));
        }
        core.history = new History(p.getProperty("source"), epochs, Boolean.parseBoolean(p.getProperty("interrupted")),
                p.getProperty("warning"));
        return new SiameseNetwork(base, distance, seed, 1, core).withViews(Integer.parseInt(p.getProperty("views")));
    }

    private static Distance distance(String name, Distance given) throws IOException {
        if (given != null && name(given).equals(name)) {
            return given;
        }
        for (Distance own : List.of(Distance.EUCLIDEAN, Distance.COSINE)) {
            if (given == null && own.toString().equals(name)) {
                return own;
            }
        }
        throw new IOException("its distance is " + name + "; give that to load");
    }

    /** The layers, as far as they name Deeplearning4j's own classes and need just the weights that are there. */
    private static BaseNetwork base(String input, String json, long bytes) throws IOException {
        checkClasses(json, "has a layer that is not Deeplearning4j's");
        long[] shape = Arrays.stream(input.split(" ")).mapToLong(Long::parseLong).toArray();
        InputType type = shape.length == 3 ? InputType.convolutional(shape[1], shape[2], shape[0])
                : shape.length == 2 ? InputType.recurrent(shape[0], shape[1]) : InputType.feedForward(shape[0]);
        MultiLayerConfiguration configuration = MultiLayerConfiguration.fromJson(json);
        long weights = 0;
        for (NeuralNetConfiguration layer : configuration.getConfs()) {
            weights += layer.getLayer().initializer().numParams(layer);
        }
        if (weights <= 0 || Float.BYTES * weights != bytes) {
            throw new IOException("its weights have another number");
        }
        return new BaseNetwork(type, configuration.getConfs().stream().map(NeuralNetConfiguration::getLayer).toList());
    }

    private static void checkClasses(String json, String what) throws IOException {
        List<JsonNode> nodes = new ArrayList<>(List.of(new ObjectMapper().readTree(json)));
        for (int k = 0; k < nodes.size(); k++) {
            JsonNode name = nodes.get(k).get("@class");
            if (name != null && !name.asText().matches("org\\.(deeplearning4j\\.nn\\.|nd4j\\.linalg\\.)[\\w.$]+")) {
                throw new IOException("it " + what + ": " + name.asText());
            }
            nodes.get(k).forEach(nodes::add);
        }
    }

    private static String text(Map<String, byte[]> entries, String name) {
        return new String(entries.get(name), StandardCharsets.UTF_8);
    }

    private static void fill(INDArray target, byte[] content, String what) throws IOException {
        long length = target == null ? 0 : target.length();
        if (content.length != Float.BYTES * length) {
            throw new IOException("its " + what + " have another number");
        }
        if (length > 0) {
            float[] values = new float[content.length / Float.BYTES];
            ByteBuffer.wrap(content).asFloatBuffer().get(values);
            target.assign(Nd4j.createFromArray(values).castTo(target.dataType()).reshape('c', target.shape()));
        }
    }
}
