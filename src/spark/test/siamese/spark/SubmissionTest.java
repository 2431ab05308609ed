package siamese.spark;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.awt.Color;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
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
import siamese.evaluation.DistanceHistogram;
import siamese.evaluation.Embeddings;
import siamese.model.BaseNetwork;
import siamese.model.Distance;
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

    static List<String> lines(DistanceHistogram counts) {
        long[] similar = counts.similar();
        long[] dissimilar = counts.dissimilar();
        return Stream.concat(Stream.of("bin,similar,dissimilar"), IntStream.range(0, counts.bins())
                .filter(b -> similar[b] + dissimilar[b] > 0)
                .mapToObj(b -> b + "," + similar[b] + "," + dissimilar[b])).toList();
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
        Path counts = folder.resolve("counts.csv");
        SiameseNetwork network = new SiameseNetwork(BaseNetwork.overview(20, 20, 3), Distance.COSINE, 4);
        network.save(saved);
        Embeddings points = Embeddings.of(network, LabeledImages.ofFolder(pictures, 20, 20, Channels.COLOUR));
        Said said = run(saved, counts, "--folder", pictures);
        assertEquals(0, said.status, said.err);
        assertEquals(lines(DistanceHistogram.of(points.directions(), BINS, 2)), Files.readAllLines(counts));
        assertTrue(said.out.contains("27 coloured images") && said.out.contains("equal error rate"), said.out);
        new SiameseNetwork(network.base(), Distance.EUCLIDEAN, 4).save(saved);
        said = run("--most", "0.01", saved, counts, "--folder", pictures, "--storage", folder.resolve("s").toUri());
        assertEquals(lines(DistanceHistogram.of(points, BINS, 0.01)), Files.readAllLines(counts), said.err);
        assertTrue(said.out.contains("--most with more than 0.01 tells them apart"), said.out);
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
        Said said = run(folder.resolve("network.zip"), folder.resolve("counts.csv"), "--idx", folder.resolve("images"),
                folder.resolve("labels"));
        assertEquals(0, said.status, said.err);
        assertEquals(lines(DistanceHistogram.of(Embeddings.of(network, bars), BINS, 4)),
                Files.readAllLines(folder.resolve("counts.csv")));
    }

    @Test
    void whatIsWrongIsOneSentence(@TempDir Path folder) throws IOException {
        Path saved = folder.resolve("network.zip");
        Path counts = folder.resolve("counts.csv");
        BaseNetwork vectors = BaseNetwork.of(InputType.feedForward(7), new DenseLayer.Builder().nOut(2).build());
        new SiameseNetwork(vectors, Distance.EUCLIDEAN, 1).save(saved);
        refuses(2, "Usage:", saved);
        refuses(2, "There is no option --pictures", saved, counts, "--pictures", folder);
        refuses(2, "At the end, two files", saved, counts, "--idx", folder);
        refuses(2, "Before --most, a folder", saved, counts, "--storage", "--most", 3);
        refuses(2, "greater than 0, but is far", saved, counts, "--most", "far");
        refuses(2, "greater than 0, but is 0", saved, counts, "--most", 0);
        refuses(2, "give one of them", saved, counts, "--folder", folder, "--idx", folder, folder);
        refuses(2, "must be a file in a folder that is there", saved, folder);
        refuses(2, "must be a file in a folder that is there", saved, folder.resolve("no/counts.csv"));
        refuses(1, "There is no file", folder.resolve("other.zip"), counts);
        refuses(1, "neither grey nor coloured", saved, counts, "--folder", folder);
        new SiameseNetwork(BaseNetwork.overview(20, 20, 1), Distance.EUCLIDEAN, 1).save(saved);
        refuses(1, "1 × 20 × 20, but those of", saved, counts);
        refuses(1, "nowhere", saved, counts, "--folder", folder.resolve("nowhere"));
        assertFalse(Files.exists(counts));
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
