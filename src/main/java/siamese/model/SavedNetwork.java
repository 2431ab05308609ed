package siamese.model;

import java.io.IOException;
import java.io.InputStream;
import java.io.InvalidObjectException;
import java.io.OutputStream;
import java.io.StringReader;
import java.io.StringWriter;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Properties;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import java.util.zip.ZipOutputStream;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.shade.jackson.core.JsonParser;
import org.nd4j.shade.jackson.core.JsonProcessingException;
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
    private static final Map<String, Distance> KNOWN = Stream.of(Distance.EUCLIDEAN, Distance.COSINE)
            .collect(Collectors.toMap(Distance::toString, own -> own));
    private static final int LARGEST_TEXT = 16 << 20;
    private static final int LARGEST_ARRAY = Integer.MAX_VALUE - 16;
    /** A layer's output for one example: 64 channels of a photograph of two megapixels. */
    private static final long MOST_NUMBERS = 1 << 27;

    private SavedNetwork() {
    }

    static void write(SiameseNetwork network, Path file) throws IOException {
        replace(file, out -> write(network, out));
    }

    /** What a file shall hold. */
    interface Content {

        void writeTo(OutputStream out) throws IOException;
    }

    /** Puts a file in place when it is whole, and leaves nothing behind otherwise, nor of a process that was killed. */
    static void replace(Path file, Content content) throws IOException {
        if (Files.isDirectory(file)) {
            throw new IOException(file + " is a folder; give the name of a file in it, such as network.zip.");
        }
        Files.createDirectories(file.getParent());
        removeAbandoned(file);
        Path part = Files.createTempFile(file.getParent(), file.getFileName().toString(), ".part");
        try {
            try (FileChannel out = FileChannel.open(part, StandardOpenOption.WRITE)) {
                out.lock();
                content.writeTo(Channels.newOutputStream(out));
            }
            Files.move(part, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } finally {
            Files.deleteIfExists(part);
        }
    }

    /** Who writes holds a lock, which ends with the process. */
    private static void removeAbandoned(Path file) throws IOException {
        try (DirectoryStream<Path> parts = Files.newDirectoryStream(file.getParent(), path -> path.getFileName()
                .toString().startsWith(file.getFileName().toString()) && path.toString().endsWith(".part"))) {
            for (Path part : parts) {
                try (FileChannel channel = FileChannel.open(part, StandardOpenOption.WRITE);
                        FileLock lock = channel.tryLock()) {
                    if (lock != null && channel.size() > 0) { // an empty one may have been created just now
                        Files.delete(part);
                    }
                } catch (OverlappingFileLockException | IOException another) { // is writing, or has just ended
                }
            }
        }
    }

    static void write(SiameseNetwork network, OutputStream out) throws IOException {
        String layers = network.base().json();
        String foreign = foreignClass(layers);
        if (foreign != null) {
            throw new IOException("The network cannot be saved, since a layer, or a part of one, is not "
                    + "Deeplearning4j's: " + foreign + ".");
        }
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
        return numbers == null ? new byte[0] : numbers.castTo(type(numbers)).dup('c').data().asBytes();
    }

    /** {@return as what numbers are kept in the file} */
    private static DataType type(INDArray numbers) {
        return numbers.dataType() == DataType.DOUBLE ? DataType.DOUBLE : DataType.FLOAT;
    }

    /** {@return how many bytes numbers take in the file} */
    private static long size(INDArray numbers) {
        return numbers == null ? 0 : type(numbers).width() * numbers.length();
    }

    private static Properties properties(SiameseNetwork network) {
        Properties p = new Properties();
        History history = network.core().history;
        p.putAll(Map.of("version", VERSION, "distance", name(network.distance()), "seed", "" + network.seed(),
                "views", "" + network.views(), "input", Arrays.stream(network.base().input().getShape())
                        .mapToObj(Long::toString).collect(Collectors.joining(" ")),
                "steps", "" + network.core().steps, "data", network.core().data, "source", history.source(),
                "interrupted", "" + history.interrupted(), "warning", history.warning()));
        for (History.Epoch e : history.epochs()) {
            p.setProperty("epoch." + e.number(), e.trainLoss() + " " + e.testLoss() + " " + e.pairsPerSecond() + " "
                    + e.seconds());
        }
        return p;
    }

    private static String name(Distance distance) {
        return KNOWN.containsValue(distance) ? distance.toString() : distance.getClass().getSimpleName();
    }

    static SiameseNetwork read(Path file, Distance distance, Loss loss) throws IOException {
        if (!Files.isRegularFile(file)) {
            throw new IOException("There is no file " + file + "; save a network there first.");
        }
        try (InputStream in = Files.newInputStream(file)) {
            return read(in, file.toString(), distance, loss);
        }
    }

    /**
     * {@return a network that {@link #write} wrote}
     *
     * @param what the file is called in a sentence
     * @param distance the network's if it is the reader's own, or null
     * @param loss the one with parameters that the network was trained with, or null
     */
    static SiameseNetwork read(InputStream in, String what, Distance distance, Loss loss) throws IOException {
        try {
            return network(entries(in), distance, loss);
        } catch (InvalidObjectException e) {
            throw new IOException(what + " cannot be loaded so: " + e.getMessage() + ".", e);
        } catch (IOException | RuntimeException e) { // a runtime exception: a number is no number, an entry is missing
            throw new IOException(what + " is not a network that this library saved, or is damaged ("
                    + (e instanceof IOException && e.getMessage() != null ? e.getMessage()
                    : "its entries make no sense") + "); train and save it again.", e);
        }
    }

    /** What is in the archive; the numbers as far as they are not compressed, so that a small file holds little. */
    private static Map<String, byte[]> entries(InputStream in) throws IOException {
        Map<String, byte[]> entries = new HashMap<>();
        ZipInputStream zip = new ZipInputStream(in, StandardCharsets.UTF_8);
        for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
            String name = entry.getName();
            if (!ENTRIES.contains(name) || entries.containsKey(name)) {
                throw new IOException(name.equals("configuration.json") ? "it is of version 1, or Deeplearning4j's own"
                        : "it contains something that does not belong into it");
            }
            int most = !name.endsWith(".bin") ? LARGEST_TEXT
                    : entry.getMethod() == ZipEntry.STORED ? LARGEST_ARRAY : -1;
            byte[] content = zip.readNBytes(most + 1);
            if (content.length > most) {
                throw new IOException("its " + name + " was altered");
            }
            entries.put(name, content);
            if (name.equals(PROPERTIES)) {
                properties(content); // what follows may be unknown in another version
            }
        }
        if (!entries.keySet().equals(ENTRIES)) {
            throw new IOException(entries.containsKey(PROPERTIES) || entries.isEmpty()
                    ? "it is cut off or of another version" : "it is no saved network");
        }
        return entries;
    }

    private static Properties properties(byte[] content) throws IOException {
        Properties p = new Properties();
        p.load(new StringReader(new String(content, StandardCharsets.UTF_8)));
        if (!VERSION.equals(p.getProperty("version"))) {
            throw new IOException("its version is " + p.getProperty("version", "unknown") + ", but this library reads "
                    + VERSION);
        }
        return p;
    }

    private static SiameseNetwork network(Map<String, byte[]> entries, Distance given, Loss loss) throws IOException {
        Properties p = properties(entries.get(PROPERTIES));
        Distance distance = distance(Objects.requireNonNull(p.getProperty("distance")), given);
        long seed = Long.parseLong(p.getProperty("seed"));
        BaseNetwork base = base(p.getProperty("input"), new String(entries.get(LAYERS), StandardCharsets.UTF_8),
                entries.get(WEIGHTS).length);
        Core core = new Core(new Execution(base, seed));
        if (size(core.moments) != entries.get(MOMENTS).length) {
            throw new IOException("its moments have another number");
        }
        if (size(distance.parameters()) != entries.get(DISTANCE).length
                || loss != null && size(loss.parameters()) != entries.get(LOSS).length) {
            throw new InvalidObjectException("its distance or its loss has another number of parameters; give "
                    + "those of the training");
        }
        fill(core.execution.weights(), entries.get(WEIGHTS));
        fill(core.moments, entries.get(MOMENTS));
        fill(distance.parameters(), entries.get(DISTANCE));
        if (loss != null) {
            fill(loss.parameters(), entries.get(LOSS));
        }
        core.loss = loss;
        core.steps = Integer.parseInt(p.getProperty("steps"));
        core.data = p.getProperty("data");
        List<History.Epoch> epochs = new ArrayList<>();
        for (int n = 1; p.containsKey("epoch." + n); n++) {
            double[] v = Stream.of(p.getProperty("epoch." + n).split(" ")).mapToDouble(Double::parseDouble).toArray();
            epochs.add(new History.Epoch(n, v[0], v[1], v[2], v[3]));
        }
        core.history = new History(p.getProperty("source"), epochs, Boolean.parseBoolean(p.getProperty("interrupted")),
                p.getProperty("warning"));
        return new SiameseNetwork(base, distance, seed, 1, core).withViews(Integer.parseInt(p.getProperty("views")));
    }

    private static Distance distance(String name, Distance given) throws IOException {
        Distance distance = given == null ? KNOWN.get(name) : name(given).equals(name) ? given : null;
        if (distance == null) {
            throw new InvalidObjectException("its distance is " + name + "; give that to load");
        }
        return distance;
    }

    /** The layers, as far as they name Deeplearning4j's own classes and need just the weights that are there. */
    private static BaseNetwork base(String input, String json, long bytes) throws IOException {
        String foreign = foreignClass(json);
        if (foreign != null) {
            throw new IOException("it has a layer that is not Deeplearning4j's: " + foreign);
        }
        long[] sizes = Arrays.stream(input.split(" ")).mapToLong(Long::parseLong).toArray();
        InputType type = sizes.length == 3 ? InputType.convolutional(sizes[1], sizes[2], sizes[0])
                : sizes.length == 2 ? InputType.recurrent(sizes[0], sizes[1]) : InputType.feedForward(sizes[0]);
        MultiLayerConfiguration configuration = MultiLayerConfiguration.fromJson(json);
        long weights = configuration.getConfs().stream()
                .mapToLong(layer -> layer.getLayer().initializer().numParams(layer)).reduce(0, Math::addExact);
        if (weights <= 0 || weights != (double) bytes / Float.BYTES) {
            throw new IOException("its weights have another number");
        }
        if (Stream.concat(Stream.of(type), configuration.getLayerActivationTypes(type).stream())
                .anyMatch(shape -> shape.arrayElementsPerExample() > MOST_NUMBERS)) {
            throw new IOException("its layers make more numbers of an example than any network here does");
        }
        return new BaseNetwork(type, configuration.getConfs().stream().map(NeuralNetConfiguration::getLayer).toList());
    }

    /** {@return the first class that layers name and that is not Deeplearning4j's; null if there is none} */
    private static String foreignClass(String json) throws IOException {
        ObjectMapper strict = new ObjectMapper();
        // of two names alike a tree shows the second, but Deeplearning4j reads the first
        strict.enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION);
        try {
            return strict.readTree(json).findValuesAsText("@class").stream()
                    .filter(name -> !name.matches("org\\.(deeplearning4j\\.nn\\.|nd4j\\.linalg\\.)[\\w.$]+"))
                    .findFirst().orElse(null);
        } catch (JsonProcessingException e) {
            throw new IOException("its " + LAYERS + " makes no sense", e);
        }
    }

    private static void fill(INDArray target, byte[] content) {
        if (target != null) {
            ByteBuffer bytes = ByteBuffer.wrap(content);
            INDArray values = Nd4j.createUninitialized(type(target), target.shape(), 'c');
            for (int k = 0; bytes.hasRemaining(); k++) {
                values.data().put(k, type(target) == DataType.DOUBLE ? bytes.getDouble() : bytes.getFloat());
            }
            target.assign(values);
        }
    }
}
