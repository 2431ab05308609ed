package siamese.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.io.OutputStream;
import java.io.Serializable;
import java.io.StringReader;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import java.util.zip.ZipOutputStream;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.GlobalPoolingLayer;
import org.deeplearning4j.nn.conf.layers.PoolingType;
import org.deeplearning4j.nn.conf.layers.Upsampling2D;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.common.primitives.Pair;
import org.nd4j.linalg.activations.BaseActivationFunction;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import siamese.Campaign;
import siamese.Mutation;
import siamese.data.LabeledImages;
import siamese.data.Pairs;

/** Files of saved networks: what is in them, and files that are damaged or made by somebody who means no good. */
class SavedNetworkTest {

    private static final LabeledImages BARS = SomeNetworks.bars(3, 4, 1);
    private static final String NO_NETWORK = " is not a network that this library saved, or is damaged (";
    private static final AtomicInteger RAN = new AtomicInteger();

    @TempDir
    private static Path folder;
    private static SiameseNetwork network;
    private static Path good;
    private static double[] embedding;
    private static Map<String, byte[]> entries;

    /** Does something when its class is only named, and when it is read as a Java object. */
    public static final class Intruder extends BaseActivationFunction implements Serializable {

        private static final long serialVersionUID = 1;

        static {
            RAN.incrementAndGet();
        }

        private void readObject(ObjectInputStream in) throws IOException, ClassNotFoundException {
            in.defaultReadObject();
            RAN.incrementAndGet();
        }

        @Override
        public INDArray getActivation(INDArray in, boolean training) {
            return in;
        }

        @Override
        public Pair<INDArray, INDArray> backprop(INDArray in, INDArray epsilon) {
            return new Pair<>(epsilon, null);
        }
    }

    @BeforeAll
    static void save() throws IOException {
        network = SiameseNetwork.overview(3);
        network.fit(Pairs.create(BARS, 1), null, 1, 16);
        good = folder.resolve("good.zip");
        network.save(good);
        embedding = network.embed(BARS, 0)[0];
        entries = entries(Files.readAllBytes(good));
    }

    private static Map<String, byte[]> entries(byte[] file) throws IOException {
        Map<String, byte[]> all = new LinkedHashMap<>();
        try (ZipInputStream zip = new ZipInputStream(new ByteArrayInputStream(file))) {
            for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
                all.put(entry.getName(), zip.readAllBytes());
            }
        }
        return all;
    }

    /** Entries as a file, with right checksums; numbers uncompressed, as the library writes them, or compressed. */
    private static Path file(Map<String, byte[]> all, boolean compressed) throws IOException {
        Path file = folder.resolve("altered.zip");
        try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(file))) {
            for (Map.Entry<String, byte[]> each : all.entrySet()) {
                ZipEntry entry = new ZipEntry(each.getKey());
                if (each.getKey().endsWith(".bin") && !compressed) {
                    CRC32 checksum = new CRC32();
                    checksum.update(each.getValue());
                    entry.setMethod(ZipEntry.STORED);
                    entry.setSize(each.getValue().length);
                    entry.setCrc(checksum.getValue());
                }
                zip.putNextEntry(entry);
                zip.write(each.getValue());
            }
        }
        return file;
    }

    /** The good file with one entry replaced or added. */
    private static Path with(String name, byte[] content) throws IOException {
        Map<String, byte[]> all = new LinkedHashMap<>(entries);
        all.put(name, content);
        return file(all, false);
    }

    private static String refused(Path file) {
        return Campaign.refusal(() -> SiameseNetwork.load(file), IOException.class);
    }

    private static String text(String entry) {
        return new String(entries.get(entry), StandardCharsets.UTF_8);
    }

    /** What is said of the good file with some text replaced. */
    private static String with(String name, String from, String to) throws IOException {
        assertTrue(text(name).contains(from), from);
        return refused(with(name, text(name).replace(from, to).getBytes(StandardCharsets.UTF_8)));
    }

    @Test
    void theFileIsOfPlainParts() throws IOException {
        assertEquals(List.of("siamese.properties", "layers.json", "weights.bin", "moments.bin", "distance.bin", "loss.bin"),
                List.copyOf(entries.keySet()));
        Properties p = new Properties();
        p.load(new StringReader(text("siamese.properties")));
        assertEquals("2", p.getProperty("version"));
        assertEquals("Euclidean", p.getProperty("distance"));
        assertEquals("3", p.getProperty("seed"));
        assertEquals("1", p.getProperty("views"));
        assertEquals("1 28 28", p.getProperty("input"));
        assertEquals("2", p.getProperty("steps"));
        assertEquals("bars", p.getProperty("source"));
        assertEquals(BARS.fingerprint(), p.getProperty("data"));
        assertEquals("false", p.getProperty("interrupted"));
        assertEquals("", p.getProperty("warning"));
        assertEquals(network.base().json(), text("layers.json"));
        float[] weights = new float[223_744];
        ByteBuffer.wrap(entries.get("weights.bin")).asFloatBuffer().get(weights);
        assertArrayEquals(network.state().weights(), weights, "raw numbers");
        assertEquals(8 * 223_744, entries.get("moments.bin").length);
        assertEquals(BARS.fingerprint(), SiameseNetwork.load(good).core().data);
        assertEquals("", SiameseNetwork.overview(1).core().data);
        assertArrayEquals(embedding, SiameseNetwork.load(file(entries, false)).embed(BARS, 0)[0], "the test's own files");
    }

    @Test
    void javaObjectsAreNoPartOfAFile() throws IOException {
        ByteArrayOutputStream object = new ByteArrayOutputStream();
        try (ObjectOutputStream out = new ObjectOutputStream(object)) {
            out.writeObject(new Intruder());
        }
        int before = RAN.get();
        for (String name : List.of("preprocessor.bin", "weights2.bin", "../siamese.properties")) {
            assertTrue(refused(with(name, object.toByteArray())).contains("something that does not belong"), name);
        }
        assertEquals(before, RAN.get());
    }

    /** The class is named where an activation stands; plainly, with an escaped letter, and hidden behind a harmless one. */
    @Test
    void noForeignClassIsLoaded() throws IOException {
        String harmless = "\"@class\" : \"org.nd4j.linalg.activations.impl.ActivationReLU\"";
        String foreign = "\"@class\" : \"siamese.model.SavedNetworkTest$Intruder\"";
        RAN.set(0);
        for (String to : List.of(foreign, foreign.replace("@", "\\u0040"), foreign.replace("class", "cl\\u0061ss"))) {
            assertTrue(with("layers.json", harmless, to)
                    .contains("it has a layer that is not Deeplearning4j's: siamese.model.SavedNetworkTest$Intruder"), to);
        }
        assertTrue(with("layers.json", harmless, foreign + ", " + harmless).contains(NO_NETWORK));
        assertTrue(with("layers.json", harmless, harmless + ", " + foreign).contains(NO_NETWORK));
        assertTrue(with("layers.json", "org.deeplearning4j.nn.conf.layers.DenseLayer", "java.lang.ProcessBuilder")
                .contains("not Deeplearning4j's: java.lang.ProcessBuilder"));
        assertTrue(with("layers.json", "org.deeplearning4j.nn.conf.layers.DenseLayer", "org.deeplearning4j.nnet.X")
                .contains("not Deeplearning4j's"));
        assertTrue(with("layers.json", "org.deeplearning4j.nn.conf.layers.DenseLayer", "org.deeplearning4j.nn.conf.X")
                .contains("its entries make no sense"));
        assertEquals(0, RAN.get(), "not even looked at");
    }

    @Test
    void aLayerOfOnesOwnIsNotSaved() throws IOException {
        SiameseNetwork own = new SiameseNetwork(BaseNetwork.of(InputType.feedForward(3),
                new DenseLayer.Builder().nOut(2).activation(new Intruder()).build()), Distance.EUCLIDEAN, 1);
        Path file = folder.resolve("deep/own.zip");
        String said = Campaign.refusal(() -> {
            own.save(file);
            return null;
        }, IOException.class);
        assertTrue(said.endsWith("is not Deeplearning4j's: " + Intruder.class.getName() + "."), said);
        try (Stream<Path> left = Files.list(file.getParent())) {
            assertEquals(List.of(), left.toList(), "no half-written file");
        }
    }

    @Test
    void entriesMustMakeSense() throws IOException {
        String name = "siamese.properties";
        assertTrue(with(name, "version=2", "version=3").contains("its version is 3, but this library reads 2"));
        assertTrue(with(name, "version=2", "edition=2").contains("its version is unknown"));
        assertEquals(folder.resolve("altered.zip") + " cannot be loaded so: its distance is RIEMANN; give that to load.",
                with(name, "Euclidean", "RIEMANN"));
        assertTrue(with(name, "seed=3", "seed=three").contains("its entries make no sense"));
        assertTrue(with(name, "distance=", "distant=").contains("its entries make no sense"));
        assertTrue(with(name, "steps=2", "steps=-").contains("its entries make no sense"));
        assertTrue(with(name, "views=1", "views=3").contains("its entries make no sense"));
        assertTrue(with(name, "input=1 28 28", "input=1 28 20").contains(NO_NETWORK));
        assertTrue(with(name, "input=1 28 28", "input=784").contains(NO_NETWORK));
        assertTrue(with(name, "input=1 28 28", "input=3 28 28").contains(NO_NETWORK));
        assertTrue(with(name, "input=1 28 28", "input=").contains("its entries make no sense"));
        assertTrue(with("layers.json", "{", "[").contains(NO_NETWORK));
    }

    @Test
    void aFileOfTheFirstVersionIsRefusedByName() throws IOException {
        Map<String, byte[]> first = new LinkedHashMap<>();
        for (String name : List.of("configuration.json", "coefficients.bin", "updaterState.bin", "siamese.properties")) {
            first.put(name, "version=1\n".getBytes(StandardCharsets.UTF_8));
        }
        Path file = file(first, true);
        assertEquals(file + NO_NETWORK + "it is of version 1, or Deeplearning4j's own); train and save it again.", refused(file));
        first.clear();
        first.put("siamese.properties", "version=7\n".getBytes(StandardCharsets.UTF_8));
        first.put("something new", new byte[3]);
        assertTrue(refused(file(first, true)).contains("its version is 7, but this library reads 2"));
    }

    @Test
    void aDistanceThatWasNotAskedForIsRefused() throws IOException {
        for (Distance wrong : List.of(Distance.COSINE, new WeightedL1(128, 0.7, 1))) {
            String said = Campaign.refusal(() -> SiameseNetwork.load(good, wrong, null), IOException.class);
            assertEquals(good + " cannot be loaded so: its distance is Euclidean; give that to load.", said);
        }
        assertArrayEquals(embedding, SiameseNetwork.load(good, Distance.EUCLIDEAN, null).embed(BARS, 0)[0]);
    }

    @Test
    void numbersOfAnotherSizeAreRefused() throws IOException {
        byte[] weights = entries.get("weights.bin");
        for (int length : new int[] {0, 4, weights.length - 4, weights.length - 1}) {
            assertTrue(refused(with("weights.bin", Arrays.copyOf(weights, length))).contains("its weights have another number"));
            assertTrue(refused(with("moments.bin", Arrays.copyOf(weights, length))).contains("its moments have another number"));
        }
        for (String name : List.of("distance.bin", "loss.bin")) {
            Path more = with(name, new byte[4]);
            String said = Campaign.refusal(() -> SiameseNetwork.load(more, Distance.EUCLIDEAN, new ContrastiveLoss(1)),
                    IOException.class);
            assertTrue(said.contains("its distance or its loss has another number of parameters"), said);
        }
        Map<String, byte[]> without = new LinkedHashMap<>(entries);
        without.remove("moments.bin");
        assertTrue(refused(file(without, false)).contains("it is cut off or of another version"));
    }

    /** A small file that claims to be large: by compressed numbers, long texts, many weights, or layers that blow up. */
    @Test
    void noMoreMemoryIsTakenThanAFileHasBytes() throws IOException {
        Map<String, byte[]> zeros = new LinkedHashMap<>(entries);
        zeros.put("weights.bin", new byte[100 << 20]);
        Path compressed = file(zeros, true);
        assertTrue(Files.size(compressed) < 2 << 20);
        assertRefusedInLittleMemory(compressed, "weights.bin was altered");
        assertRefusedInLittleMemory(with("layers.json", new byte[100 << 20]), "layers.json was altered");
        assertRefusedInLittleMemory(with("siamese.properties", new byte[100 << 20]), "siamese.properties was altered");
        assertTrue(with("layers.json", "\"nout\" : 128", "\"nout\" : 2147483647").contains("its weights have another number"));

        BaseNetwork wide = BaseNetwork.of(InputType.convolutional(3, 3, 1), new ConvolutionLayer.Builder(1, 1).nOut(2).build(),
                new Upsampling2D.Builder(2).build(), new GlobalPoolingLayer(PoolingType.MAX));
        ByteArrayOutputStream small = new ByteArrayOutputStream();
        new SiameseNetwork(wide, Distance.EUCLIDEAN, 1).save(small);
        Map<String, byte[]> all = entries(small.toByteArray());
        String layers = new String(all.get("layers.json"), StandardCharsets.UTF_8);
        String larger = layers.replaceAll("(\"size\" : \\[ )2, 2", "$120000, 20000");
        assertFalse(larger.equals(layers), layers);
        all.put("layers.json", larger.getBytes(StandardCharsets.UTF_8));
        assertRefusedInLittleMemory(file(all, false), "its layers make more numbers of an example");
        all.put("layers.json", layers.getBytes(StandardCharsets.UTF_8));
        all.put("siamese.properties", new String(all.get("siamese.properties"), StandardCharsets.UTF_8)
                .replace("input=1 3 3", "input=1 30000 30000").getBytes(StandardCharsets.UTF_8));
        assertRefusedInLittleMemory(file(all, false), "its layers make more numbers of an example");
    }

    private static void assertRefusedInLittleMemory(Path file, String why) {
        long before = Campaign.allocated();
        String said = refused(file);
        assertTrue(said.contains(why), said);
        assertTrue(Campaign.allocated() - before < 100 << 20, Campaign.allocated() - before + " bytes were allocated");
    }

    @Test
    void whatIsNoSavedNetworkIsRefusedInOneSentence() throws IOException {
        assertTrue(refused(folder.resolve("nowhere.zip")).startsWith("There is no file " + folder.resolve("nowhere.zip")));
        assertTrue(refused(folder).startsWith("There is no file"));
        byte[] whole = Files.readAllBytes(good);
        byte[] altered = whole.clone();
        altered[whole.length / 2] ^= 0x55;
        Path file = folder.resolve("wrong.zip");
        for (byte[] wrong : List.of(Arrays.copyOf(whole, whole.length / 2), Arrays.copyOf(whole, 3000), altered,
                "hello".getBytes(StandardCharsets.UTF_8), new byte[0])) {
            Files.write(file, wrong);
            String message = refused(file);
            assertTrue(message.startsWith(file + NO_NETWORK) && message.endsWith("; train and save it again."), message);
            assertTrue(Campaign.refusal(() -> SiameseNetwork.load(new ByteArrayInputStream(wrong)), IOException.class)
                    .startsWith("This" + NO_NETWORK));
        }
    }

    @Test
    void aFolderIsNoFileToSaveTo() throws IOException {
        Path target = Files.createDirectories(folder.resolve("target/inside")).getParent();
        String said = Campaign.refusal(() -> {
            network.save(target);
            return null;
        }, IOException.class);
        assertEquals(target + " is a folder; give the name of a file in it, such as network.zip.", said);
        try (Stream<Path> left = Files.list(target)) {
            assertEquals(List.of(target.resolve("inside")), left.toList());
        }
    }

    /** Where the disk is full, or a pipe breaks, the file that was there stays. */
    @Test
    void aStreamThatFailsIsSaidAndAFileIsReplacedInOneStep() throws IOException {
        OutputStream full = new OutputStream() {
            private int left = 10_000;

            @Override
            public void write(int b) throws IOException {
                if (--left < 0) {
                    throw new IOException("No space left on device.");
                }
            }
        };
        assertEquals("No space left on device.", Campaign.refusal(() -> {
            network.save(full);
            return null;
        }, IOException.class));
        Path file = folder.resolve("replaced/network.zip");
        Files.createDirectories(file.getParent());
        Files.writeString(file, "an older one");
        network.save(file);
        assertArrayEquals(embedding, SiameseNetwork.load(file).embed(BARS, 0)[0]);
        try (Stream<Path> left = Files.list(file.getParent())) {
            assertEquals(List.of(file), left.toList());
        }
    }

    @Test
    void aFileOfAnotherNetworkUnderTheNameOfATrainedOneIsReplaced(@TempDir Path models) throws IOException {
        Recipe recipe = Recipe.allPairs(1).withClassesPerBatch(3).withExamplesPerClass(4);
        SiameseNetwork like = SiameseNetwork.overview(9);
        TrainedNetworks.get(models, like, BARS, recipe);
        Path file;
        try (Stream<Path> list = Files.list(models)) {
            file = list.findFirst().orElseThrow();
        }
        Files.copy(good, file, StandardCopyOption.REPLACE_EXISTING);
        assertEquals(9, TrainedNetworks.get(models, like, BARS, recipe).seed());
        assertEquals(9, SiameseNetwork.load(file).seed());
    }

    @Test
    void brokenFilesAreReadRightlyOrRefused() throws IOException {
        int n = Campaign.size(120, 5_000);
        SplittableRandom random = new SplittableRandom(10);
        byte[] whole = Files.readAllBytes(good);
        String[] names = entries.keySet().toArray(new String[0]);
        int read = 0;
        for (int k = 0; k < n; k++) {
            Path file;
            if (k % 2 == 0) { // damaged as a whole, or an entry altered with care
                file = Files.write(folder.resolve("broken.zip"), Mutation.of(whole, random));
            } else {
                String name = names[random.nextInt(names.length)];
                file = with(name, Mutation.of(entries.get(name), random));
            }
            SiameseNetwork[] result = new SiameseNetwork[1];
            if (Campaign.refusal(() -> result[0] = SiameseNetwork.load(file), IOException.class) == null) {
                read++;
                assertEquals(DataType.FLOAT, result[0].graph().params().dataType());
                if (k % 2 == 0) {
                    assertArrayEquals(embedding, result[0].embed(BARS, 0)[0], "file " + k);
                }
            }
        }
        assertTrue(read < n / 2, read + " of " + n + " read");
        Campaign.figure("saved networks: %,d broken files, %,d read, %,d refused in one sentence", n, read, n - read);
    }
}
