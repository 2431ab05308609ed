package siamese.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.awt.image.BufferedImage;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import siamese.Campaign;

class StandInCharactersTest {

    @TempDir
    private Path folder;

    private DataFolder nowhere(Path given) {
        return new DataFolder("omniglot", given, folder.resolve("cache/omniglot"),
                List.of(URI.create("http://127.0.0.1:9/")), Duration.ofSeconds(5), System.out);
    }

    @Test
    void standInForOmniglotAndSaySoOnce() throws IOException {
        Campaign.Printed<Omniglot> said = Campaign.printed(() -> Omniglot.load(
                nowhere(folder.resolve("mnist's parent/omniglot")), 28)); // named for MNIST's sake
        Omniglot omniglot = said.result();
        String text = said.text();
        assertTrue(text.startsWith("OMNIGLOT could not be had: ") && text.contains("stand-in characters")
                && text.contains("SIAMESE_DATA"), text);
        assertEquals(1, text.lines().count(), text);
        assertEquals("stand-in characters, background: 19,200 images of 28 x 28 pixels in 960 classes",
                omniglot.background().images().toString());
        assertEquals("stand-in characters, evaluation: 12,800 images of 28 x 28 pixels in 640 classes",
                omniglot.evaluation().images().toString());
        Omniglot quick = RunSize.QUICK.of(omniglot);
        assertEquals("stand-in characters, evaluation, quick run", quick.evaluation().images().source());
        assertEquals("stand-in characters, run 1, quick run", quick.runs().get(0).test().source());
        assertEquals(omniglot.evaluation().images().fingerprint(),
                StandInCharacters.draw(28).evaluation().images().fingerprint());
    }

    @Test
    void doNotStandInForFilesThatTheUserGave() throws IOException {
        Path given = Files.createDirectories(folder.resolve("omniglot"));
        assertTrue(assertThrows(FileNotFoundException.class, () -> Omniglot.load(nowhere(given), 28)).getMessage()
                .contains("neither in " + given));
        Files.writeString(given.resolve("images_background.zip"), "something else");
        assertTrue(assertThrows(IOException.class, () -> Omniglot.load(nowhere(given), 28)).getMessage()
                .contains("is not the original file"));
    }

    @Test
    void aRunAsksForTwentyCharactersOfOneAlphabetByTwoHands() {
        Omniglot omniglot = StandInCharacters.draw(28);
        LabeledImages all = omniglot.evaluation().images();
        assertEquals(20, omniglot.runs().size());
        for (int r = 0; r < 20; r++) {
            Omniglot.Run run = omniglot.runs().get(r);
            assertArrayEquals(IntStream.range(0, 20).toArray(), run.test().labels());
            for (LabeledImages images : List.of(run.training(), run.test())) {
                int[] at = IntStream.range(0, 20).map(k -> IntStream.range(0, all.size())
                        .filter(i -> Arrays.equals(all.bytes(i), images.bytes(k))).findFirst().orElseThrow()).toArray();
                assertEquals(1, IntStream.of(at).map(i -> omniglot.evaluation().drawers()[i]).distinct().count());
                assertEquals(List.of("evaluation alphabet " + (1 + r / 2)), IntStream.of(at)
                        .mapToObj(i -> omniglot.evaluation().alphabets().get(all.label(i))).distinct().toList());
            }
        }
    }

    /** To pixels they are neither all the same nor noise, as Omniglot's are not: 20.8 % of its runs' questions. */
    @Test
    void areHardButNotHopelessForPixels() {
        Omniglot omniglot = StandInCharacters.draw(28);
        double right = omniglot.runs().stream().mapToDouble(run -> IntStream.range(0, 20).filter(q ->
                IntStream.range(0, 20).boxed().min(Comparator.comparingInt(k -> far(run, k, q))).get() == q)
                .count() / 400.0).sum();
        System.out.printf("Figure: %.1f %% of the stand-in runs' questions are answered by pixels%n", 100 * right);
        assertTrue(right > 0.1 && right < 0.9, "right: " + right);
        LabeledImages large = StandInCharacters.draw(105).runs().get(0).test();
        assertEquals(105, large.rows());
        LabeledImages small = omniglot.runs().get(0).test();
        for (int i = 0; i < 20; i++) { // the same drawing: its ink is at the same place
            assertEquals(inkMiddle(small.image(i)), inkMiddle(large.image(i)) * 28 / 105, 0.7);
        }
    }

    private static int far(Omniglot.Run run, int known, int query) {
        byte[] a = run.training().bytes(known);
        byte[] b = run.test().bytes(query);
        return IntStream.range(0, a.length).map(p -> (a[p] & 0xff) - (b[p] & 0xff)).map(d -> d * d).sum();
    }

    private static double inkMiddle(BufferedImage image) {
        double sum = 0;
        double places = 0;
        for (int p = 0; p < image.getWidth() * image.getHeight(); p++) {
            int ink = 255 - image.getRaster().getSample(p % image.getWidth(), p / image.getWidth(), 0);
            sum += ink;
            places += ink * (p % image.getWidth() + 0.5);
        }
        return places / sum;
    }
}
