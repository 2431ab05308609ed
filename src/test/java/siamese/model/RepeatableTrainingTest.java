package siamese.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.factory.Nd4j;
import siamese.Campaign;
import siamese.data.LabeledImages;
import siamese.data.Pairs;
import siamese.data.Variation;

/** The same training in processes of their own, with one thread and with two: the same weights each time. */
class RepeatableTrainingTest {

    /** What a process does: train in all ways, and write the weights after each. */
    public static void main(String[] args) throws IOException {
        int epochs = Integer.parseInt(args[1]);
        if (Nd4j.getEnvironment().maxThreads() != Integer.parseInt(args[2])) {
            throw new IllegalStateException("There are " + Nd4j.getEnvironment().maxThreads() + " threads.");
        }
        LabeledImages bars = SomeNetworks.bars(4, 65, 1);
        Pairs pairs = Pairs.create(bars, 1); // four batches of 128
        Recipe given = Recipe.overview().withEpochs(epochs);
        Recipe drawn = Recipe.allPairs(epochs).withClassesPerBatch(4).withExamplesPerClass(32);
        List<float[]> weights = new ArrayList<>();
        for (boolean cosine : new boolean[] {false, true}) {
            SiameseNetwork network = SomeNetworks.overview(cosine, 5);
            network.fit(pairs, null, given);
            weights.add(network.state().weights());
            network = SomeNetworks.overview(cosine, 5);
            network.fit(pairs, null, given.withPairsTogether(8));
            weights.add(network.state().weights());
            network = SomeNetworks.overview(cosine, 5);
            network.fit(bars, null, drawn);
            weights.add(network.state().weights());
        }
        SiameseNetwork network = SomeNetworks.overview(true, 5);
        network.fit(bars, null, Recipe.supervisedContrastive(epochs).withClassesPerBatch(4).withExamplesPerClass(32));
        weights.add(network.state().weights());
        network = new SiameseNetwork(SomeNetworks.dropout(), Distance.EUCLIDEAN, 5);
        network.fit(SomeNetworks.examples(network.base(), 100, 4), null, drawn.withVariation(Variation.NONE));
        weights.add(network.state().weights());
        ByteBuffer out = ByteBuffer.allocate(4 * weights.stream().mapToInt(w -> w.length).sum());
        for (float[] w : weights) {
            for (float value : w) {
                out.putFloat(value);
            }
        }
        Files.write(Path.of(args[0]), out.array());
    }

    private static float[] trained(Path file, int epochs, int threads) throws Exception {
        ProcessBuilder child = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-Xmx512m",
                "-Djava.awt.headless=true", "-cp", System.getProperty("java.class.path"), RepeatableTrainingTest.class.getName(),
                file.toString(), Integer.toString(epochs), Integer.toString(threads)).redirectErrorStream(true);
        child.environment().put("OMP_NUM_THREADS", Integer.toString(threads));
        Process process = child.start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, process.waitFor(), said);
        ByteBuffer in = ByteBuffer.wrap(Files.readAllBytes(file));
        float[] weights = new float[in.remaining() / 4];
        in.asFloatBuffer().get(weights);
        return weights;
    }

    /** More than a minute where others want the processors, too: four processes, each of which trains in eight ways. */
    @Test
    void sameSeedAndThreadsSameWeightsToTheBit(@TempDir Path folder) throws Exception {
        int epochs = Campaign.size(1, 10);
        int runs = Campaign.size(2, 5);
        float[][] first = new float[3][];
        for (int threads = 1; threads <= 2; threads++) {
            first[threads] = trained(folder.resolve("weights"), epochs, threads);
            for (int run = 1; run < runs; run++) {
                assertArrayEquals(first[threads], trained(folder.resolve("weights"), epochs, threads), threads + " threads");
            }
        }
        double most = 0;
        for (int i = 0; i < first[1].length; i++) {
            most = Math.max(most, Math.abs(first[1][i] - first[2][i]));
        }
        Campaign.figure("training: %d processes with one thread, %d with two, each trained in three ways with two distances, in a "
                + "fourth way, and with dropout for %d epochs: for the same number of threads all %,d weights the same to the "
                + "bit; between one and two threads they differ by %.1g at most",
                runs, runs, epochs, first[1].length, most);
    }
}
