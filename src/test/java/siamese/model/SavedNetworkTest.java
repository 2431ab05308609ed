package siamese.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.io.Serializable;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Properties;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.zip.Deflater;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import java.util.zip.ZipOutputStream;
import org.deeplearning4j.util.ModelSerializer;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.dataset.api.DataSet;
import org.nd4j.linalg.dataset.api.DataSetPreProcessor;
import siamese.Campaign;
import siamese.Mutation;
import siamese.data.LabeledImages;
import siamese.data.Pairs;

/** Files of saved networks that are damaged, or made by somebody who means no good. */
class SavedNetworkTest {

    private static final LabeledImages BARS = SiameseNetworkTest.bars(3, 4, 1);
    private static final AtomicInteger RAN = new AtomicInteger();

    @TempDir
    private static Path folder;
    private static Path good;
    private static double[] embedding;
    private static Map<String, byte[]> entries;

    /** Does something when it is read as a Java object. */
    private static final class Intruder implements DataSetPreProcessor, Serializable {
        private static final long serialVersionUID = 1;

        private void readObject(ObjectInputStream in) throws IOException, ClassNotFoundException {
            in.defaultReadObject();
            RAN.incrementAndGet();
        }

        @Override
        public void preProcess(DataSet toPreProcess) {
        }
    }

    @BeforeAll
    static void save() throws IOException {
        SiameseNetwork network = SiameseNetwork.overview(3);
        network.fit(Pairs.create(BARS, 1), null, 1, 16);
        good = folder.resolve("good.zip");
        network.save(good);
        embedding = network.embed(BARS, 0)[0];
        entries = new LinkedHashMap<>();
        try (ZipInputStream zip = new ZipInputStream(Files.newInputStream(good))) {
            for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
                entries.put(entry.getName(), zip.readAllBytes());
            }
        }
    }

    /** The good file's entries with one replaced or added, with right checksums. */
    private static Path with(String name, byte[] content) throws IOException {
        Path file = folder.resolve("altered.zip");
        Map<String, byte[]> all = new LinkedHashMap<>(entries);
        all.put(name, content);
        try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(file))) {
            zip.setLevel(Deflater.BEST_SPEED);
            for (Map.Entry<String, byte[]> entry : all.entrySet()) {
                zip.putNextEntry(new ZipEntry(entry.getKey()));
                zip.write(entry.getValue());
            }
        }
        return file;
    }

    private static String refused(Path file) {
        return Campaign.refusal(() -> SiameseNetwork.load(file), IOException.class);
    }

    private static String text(String entry) {
        return new String(entries.get(entry), StandardCharsets.UTF_8);
    }

    private static String with(String name, String from, String to) throws IOException {
        assertTrue(text(name).contains(from), from);
        return refused(with(name, text(name).replace(from, to).getBytes(StandardCharsets.UTF_8)));
    }

    @Test
    void theFileSaysWhatTheNetworkIsAndWhatItWasTrainedOn() throws IOException {
        Properties p = new Properties();
        p.load(new StringReader(text("siamese.properties")));
        assertEquals("EUCLIDEAN", p.getProperty("distance"));
        assertEquals("1.0", p.getProperty("margin"));
        assertEquals("3", p.getProperty("seed"));
        assertEquals("0.001", p.getProperty("learningRate"));
        assertEquals("RELU", p.getProperty("embeddingActivation"));
        assertEquals("bars", p.getProperty("source"));
        assertEquals(BARS.fingerprint(), p.getProperty("data"));
        assertEquals("1", p.getProperty("version"));
        assertEquals(BARS.fingerprint(), SiameseNetwork.load(good).data());
        assertEquals("", SiameseNetwork.overview(1).data());
    }

    /** Deeplearning4j's own reader runs what it finds there, which this one must not. */
    @Test
    void noJavaObjectsAreRead() throws IOException {
        ByteArrayOutputStream object = new ByteArrayOutputStream();
        try (ObjectOutputStream out = new ObjectOutputStream(object)) {
            out.writeObject(new Intruder());
        }
        Path file = with("preprocessor.bin", object.toByteArray());
        RAN.set(0);
        ModelSerializer.restoreComputationGraph(file.toFile(), true);
        assertEquals(1, RAN.get(), "Deeplearning4j no longer reads Java objects: this test and the reader can go");
        assertTrue(refused(file).contains("something that does not belong"));
        assertEquals(1, RAN.get());
    }

    @Test
    void noClassIsTakenFromTheConfiguration() throws IOException {
        assertTrue(with("configuration.json", "siamese.model.ContrastiveLoss", "siamese.model.SavedNetworkTest$Intruder")
                .contains("its configuration is not that of its options"));
        assertTrue(with("configuration.json", "\"nout\" : 128", "\"nout\" : 2147483647").contains("its configuration"));
    }

    @Test
    void optionsAndConfigurationMustAgree() throws IOException {
        String name = "siamese.properties";
        assertTrue(with(name, "margin=1.0", "margin=2.0").contains("its configuration is not that of its options"));
        assertTrue(with(name, "version=1", "version=2").contains("its version is not 1"));
        assertTrue(with(name, "EUCLIDEAN", "RIEMANN").contains("its entries make no sense"));
        assertTrue(with(name, "seed=3", "seed=three").contains("its entries make no sense"));
        assertTrue(with(name, "distance=", "distant=").contains("its entries make no sense"));
    }

    @Test
    void arraysOfAnotherSizeAreRefusedBeforeMemoryIsReservedForThem() throws IOException {
        byte[] huge = entries.get("coefficients.bin").clone();
        int at = new String(huge, StandardCharsets.ISO_8859_1).indexOf("FLOAT") - 2 - 8; // the length stands before the type
        for (int k = 0; k < 8; k++) {
            huge[at + k] = (byte) (k < 2 ? 0 : 0x7f);
        }
        assertTrue(refused(with("coefficients.bin", huge)).contains("its weights have another number or form"));
        assertTrue(refused(with("updaterState.bin", entries.get("coefficients.bin"))).contains("its weights have another"));
        assertTrue(refused(with("updaterState.bin", new byte[0])).contains("its weights have another"));
    }

    @Test
    void aZipBombIsRefused() throws IOException {
        Path file = with("configuration.json", new byte[100 << 20]);
        assertTrue(Files.size(file) < 8 << 20);
        long before = Campaign.allocated();
        assertTrue(refused(file).contains("configuration.json was altered"));
        assertTrue(Campaign.allocated() - before < 100 << 20, Campaign.allocated() - before + " bytes were allocated");
    }

    @Test
    void aGraphThatWasChangedIsNotSavedAsTheOriginal() {
        SiameseNetwork network = SiameseNetwork.overview(1);
        network.graph().setLearningRate(0.5);
        String message = assertThrows(IOException.class, () -> network.save(folder.resolve("changed.zip"))).getMessage();
        assertTrue(message.contains("was changed after it was built"), message);
        assertFalse(Files.exists(folder.resolve("changed.zip")));
    }

    @Test
    void aFileFromBeforeThereWereViewsIsRead() throws IOException {
        String properties = new String(entries.get("siamese.properties"), StandardCharsets.UTF_8);
        assertTrue(properties.contains("views=1"), properties);
        Path old = with("siamese.properties", properties.replaceAll("views=1\\R", "").getBytes(StandardCharsets.UTF_8));
        assertEquals(SiameseNetwork.Options.overview(3), SiameseNetwork.load(old).options());
    }

    @Test
    void aFileOfAnotherNetworkUnderTheNameOfATrainedOneIsReplaced(@TempDir Path models) throws IOException {
        AllPairs recipe = new AllPairs(1, 3, 4, 1e-3, 0);
        SiameseNetwork.Options options = new SiameseNetwork.Options(Distance.EUCLIDEAN, 1, Activation.RELU, 1e-3, 9);
        SiameseNetwork.trained(models, BARS, options, recipe);
        Path file;
        try (var list = Files.list(models)) {
            file = list.findFirst().orElseThrow();
        }
        Files.copy(good, file, java.nio.file.StandardCopyOption.REPLACE_EXISTING);
        assertEquals(9, SiameseNetwork.trained(models, BARS, options, recipe).options().seed());
        assertEquals(9, SiameseNetwork.load(file).options().seed());
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
                assertEquals(3, result[0].options().seed());
                if (k % 2 == 0) {
                    assertArrayEquals(embedding, result[0].embed(BARS, 0)[0], "file " + k);
                }
            }
        }
        assertTrue(read < n / 2, read + " of " + n + " read");
        Campaign.figure("saved networks: %,d broken files, %,d read, %,d refused in one sentence", n, read, n - read);
    }
}
