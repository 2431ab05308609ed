package siamese.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import onnx.Onnx;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import siamese.Campaign;
import siamese.data.LabeledImages;

/** Processes that are killed, disks that are full, clocks that are wrong: no network is half-made, and none is lost. */
class BadDayTest {

    private static final LabeledImages BARS = SomeNetworks.bars(3, 20, 1);
    private static final Recipe RECIPE = Recipe.allPairs(1).withClassesPerBatch(3).withExamplesPerClass(4);
    private static final int NETWORKS = 3;

    @TempDir
    private Path models;
    private int trainings;

    private static SiameseNetwork network(long seed) {
        return new SiameseNetwork(BaseNetwork.of(InputType.convolutional(28, 28, 1),
                new DenseLayer.Builder().nOut(256).build()), Distance.EUCLIDEAN, seed);
    }

    private SiameseNetwork get(long seed) {
        return TrainedNetworks.get(models, network(seed), BARS, RECIPE, new TrainingListener() {
            @Override
            public void onStart(String source, int epochs, int batches) {
                trainings++;
            }
        });
    }

    /** Trains, keeps and exports, and says what comes next. */
    public static void main(String[] folder) throws IOException {
        Path models = Path.of(folder[0]);
        for (long seed = 1; seed <= NETWORKS; seed++) {
            System.out.println("training");
            SiameseNetwork network = TrainedNetworks.get(models, network(seed), BARS, RECIPE,
                    SomeNetworks.each(progress -> System.out.println("a batch")));
            System.out.println("exporting");
            network.exportOnnx(models.resolve(seed + ".onnx"));
        }
        System.out.println("done");
    }

    private ProcessBuilder child() {
        return new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-Xmx256m",
                "-XX:TieredStopAtLevel=1", "-XX:-UsePerfData", "-cp", System.getProperty("java.class.path"),
                BadDayTest.class.getName(), models.toString()).redirectErrorStream(true);
    }

    private List<Path> files(String ending) throws IOException {
        try (Stream<Path> list = Files.list(models)) {
            return list.filter(file -> file.toString().endsWith(ending)).sorted().toList();
        }
    }

    private static byte[] saved(SiameseNetwork network) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        SavedNetwork.write(network, bytes);
        return bytes.toByteArray();
    }

    @Tag("slow")
    @Test
    void killedAtAnyMomentTheNextStartTrainsWhatIsMissing() throws Exception {
        int n = Campaign.size(4, 50);
        SplittableRandom random = new SplittableRandom(5);
        int kept = 0;
        int abandoned = 0;
        for (int k = 0; k < n; k++) {
            Process child = child().start();
            int lines = 1 + random.nextInt(NETWORKS * 7);
            try (BufferedReader out = new BufferedReader(new InputStreamReader(child.getInputStream(),
                    StandardCharsets.UTF_8))) {
                String line = "";
                while (lines > 0 && (line = out.readLine()) != null && !line.equals("done")) {
                    lines -= line.matches("training|a batch|exporting") ? 1 : 0;
                }
                assertNotNull(line, "it ended before its end");
                long until = System.nanoTime() + random.nextInt(30_000_000);
                while (System.nanoTime() < until) {
                    Thread.onSpinWait();
                }
                child.destroyForcibly().waitFor();
            }
            List<Path> networks = files(".zip");
            for (Path file : networks) {
                SiameseNetwork.load(file);
            }
            for (Path file : files(".onnx")) {
                assertTrue(Onnx.ModelProto.parseFrom(Files.readAllBytes(file)).getGraph().getNodeCount() > 0);
            }
            kept += networks.size();
            abandoned += files(".part").size();
            trainings = 0;
            for (long seed = 1; seed <= NETWORKS; seed++) {
                get(seed).exportOnnx(models.resolve(seed + ".onnx"));
            }
            assertEquals(NETWORKS - networks.size(), trainings, "what was kept is not lost");
            for (Path part : files(".part")) {
                assertEquals(0, Files.size(part), "only a file that was created and not yet locked may stay");
                Files.delete(part);
            }
            assertEquals(2 * NETWORKS, files("").size());
            for (Path file : files("")) {
                Files.delete(file);
            }
        }
        Campaign.figure("networks: killed at %d moments of training, keeping and exporting; %d of %d networks were kept by "
                + "then, %d files were left half-written and removed; the next start trained only what was missing", n, kept,
                n * NETWORKS, abandoned);
    }

    @Tag("slow")
    @Test
    void twoThatTrainTheSameDoNotDisturbEachOther() throws Exception {
        List<Process> children = new ArrayList<>(List.of(child().inheritIO().start(), child().inheritIO().start()));
        for (Process process : children) {
            assertEquals(0, process.waitFor());
        }
        assertEquals(2 * NETWORKS, files("").size());
        for (long seed = 1; seed <= NETWORKS; seed++) {
            get(seed);
        }
        assertEquals(0, trainings);
    }

    @Tag("slow")
    @Test
    void aDiskWithTooLittleRoomIsNamedAndNothingStays() throws Exception {
        assumeTrue(Files.exists(Path.of("/bin/bash")), "needs a shell that limits the size of files");
        List<String> limited = new ArrayList<>(List.of("/bin/bash", "-c", "ulimit -f 100; exec \"$0\" \"$@\""));
        limited.addAll(child().command());
        Process process = new ProcessBuilder(limited).redirectErrorStream(true).start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(1, process.waitFor(), said);
        assertTrue(said.contains("The trained network cannot be kept in " + models + " (File too large); make room there"),
                said);
        assertEquals(List.of(), files(""));
    }

    @Test
    void whereverWritingEndsTheOldFileStays() throws IOException {
        Path file = models.resolve("network.zip");
        network(1).save(file);
        byte[] old = Files.readAllBytes(file);
        SiameseNetwork other = network(2);
        int length = saved(other).length;
        SplittableRandom random = new SplittableRandom(3);
        for (int k = 0; k < 50; k++) {
            int room = k == 0 ? 0 : k == 1 ? length - 1 : random.nextInt(length);
            assertThrows(IOException.class, () -> SavedNetwork.replace(file,
                    out -> SavedNetwork.write(other, limited(out, room))));
            assertArrayEquals(old, Files.readAllBytes(file));
            assertEquals(List.of(file), files(""));
        }
    }

    private static OutputStream limited(OutputStream out, int room) {
        return new FilterOutputStream(out) {
            private int left = room;

            @Override
            public void write(int value) throws IOException {
                write(new byte[] {(byte) value}, 0, 1);
            }

            @Override
            public void write(byte[] bytes, int from, int length) throws IOException {
                out.write(bytes, from, Math.min(left, length));
                if (length > left) {
                    throw new IOException("No space left on device");
                }
                left -= length;
            }
        };
    }

    @Test
    void aClockThatIsWrongChangesNothing() throws IOException {
        get(1);
        for (String time : List.of("1970-01-01T00:00:00Z", "2100-01-01T00:00:00Z")) {
            Files.setLastModifiedTime(files(".zip").get(0), FileTime.from(Instant.parse(time)));
            get(1);
        }
        assertEquals(1, trainings);
    }
}
