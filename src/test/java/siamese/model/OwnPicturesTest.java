package siamese.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.SubsamplingLayer;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.nd4j.linalg.activations.Activation;
import siamese.Campaign;
import siamese.data.Channels;
import siamese.data.LabeledImages;
import siamese.data.Pairs;
import siamese.data.PictureSets;
import siamese.evaluation.VerificationReport;

/** The reader's own pictures, trained and judged in a cell of ten lines: IDX files, and a folder, grey and coloured. */
class OwnPicturesTest {

    @TempDir
    private Path folder;

    private static Layer[] layers() {
        return new Layer[] {new ConvolutionLayer.Builder(5, 5).nOut(8).stride(2, 2).activation(Activation.RELU).build(),
            new SubsamplingLayer.Builder(2, 2).stride(2, 2).build(), new DenseLayer.Builder().nOut(32).build()};
    }

    private Path file(String part, String kind) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(file -> file.getFileName().toString().startsWith(part + "-" + kind)).findFirst().orElseThrow();
        }
    }

    @ParameterizedTest
    @EnumSource(PictureSets.Form.class)
    void garmentsInIdxFiles(PictureSets.Form form) throws IOException {
        PictureSets.garments(folder, form, 40, 20);
        LabeledImages train = LabeledImages.ofIdx(file("train", "images"), file("train", "labels"), "garments");
        LabeledImages test = LabeledImages.ofIdx(file("t10k", "images"), file("t10k", "labels"), "garments, test");
        if (form == PictureSets.Form.TRANSPOSED) {
            train = train.transposed();
            test = test.transposed();
        }
        SiameseNetwork network = new SiameseNetwork(BaseNetwork.of(InputType.convolutional(28, 28, 1), layers()),
                Distance.EUCLIDEAN, 1);
        network.fit(train, null, Recipe.allPairs(6));
        Pairs pairs = Pairs.create(test, 1);
        VerificationReport report = VerificationReport.of(pairs, network.distances(pairs));
        Campaign.figure("garments, %s: equal error rate %.3f", form, report.equalErrorRate());
        assertEquals(10, train.classes());
        assertTrue(report.equalErrorRate() < 0.1, report.toString());
    }

    private Path faces() throws IOException {
        String data = System.getenv("SIAMESE_DATA");
        Path archive = Path.of(data == null ? "." : data, "faces", "att_faces.zip");
        Assumptions.assumeTrue(Files.exists(archive), "there is no faces/att_faces.zip in the folder that SIAMESE_DATA names");
        return PictureSets.faces(archive, folder);
    }

    /** Thirty people to learn from, ten others to judge. */
    private static VerificationReport judged(LabeledImages faces) {
        LabeledImages train = faces.subset(IntStream.range(0, faces.size()).filter(i -> faces.label(i) < 30).toArray());
        LabeledImages test = faces.subset(IntStream.range(0, faces.size()).filter(i -> faces.label(i) >= 30).toArray());
        SiameseNetwork network = new SiameseNetwork(BaseNetwork.of(InputType.convolutional(faces.rows(), faces.columns(),
                faces.channels().count()), layers()), Distance.EUCLIDEAN, 1);
        network.fit(train, null, Recipe.allPairs(8).withExamplesPerClass(6));
        Pairs pairs = neighbours(test);
        VerificationReport report = VerificationReport.of(pairs, network.distances(pairs));
        Campaign.figure("%s: equal error rate %.3f on ten people never seen", faces, report.equalErrorRate());
        return report;
    }

    /** Ten pictures of each of ten people: each with the next one of the same person, and of the next person. */
    private static Pairs neighbours(LabeledImages images) {
        int n = images.size();
        int[] first = IntStream.range(0, 2 * n).map(p -> p / 2).toArray();
        int[] second = IntStream.range(0, 2 * n).map(p -> p % 2 == 0 ? p / 2 / 10 * 10 + (p / 2 + 1) % 10 : (p / 2 + 10) % n)
                .toArray();
        boolean[] similar = new boolean[2 * n];
        IntStream.range(0, 2 * n).forEach(p -> similar[p] = images.label(first[p]) == images.label(second[p]));
        assertEquals(n, IntStream.range(0, 2 * n).filter(p -> similar[p]).count());
        return new Pairs(images, first, second, similar);
    }

    @Test
    void facesInAFolder() throws IOException {
        LabeledImages faces = LabeledImages.ofFolder(faces(), 40, 33, Channels.GREY);
        assertEquals(40, faces.classes());
        VerificationReport report = judged(faces);
        assertTrue(report.equalErrorRate() < 0.15, report.toString());
    }

    @Test
    void facesInColour() throws IOException {
        LabeledImages faces = LabeledImages.ofFolder(PictureSets.tinted(faces(), folder), 40, 33, Channels.COLOUR);
        assertEquals("[3, 40, 33]", Arrays.toString(faces.shape()));
        VerificationReport report = judged(faces);
        assertTrue(report.equalErrorRate() < 0.15, report.toString());
    }
}
