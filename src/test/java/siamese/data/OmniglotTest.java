package siamese.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.ObjectOutputStream;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfEnvironmentVariable;
import siamese.Campaign;
import siamese.Mutation;

class OmniglotTest {

    /** A drawing with a black rectangle on white, one bit a pixel. */
    private static byte[] png(int left, int top, int width, int height) throws IOException {
        return png(105, left, top, width, height);
    }

    private static byte[] png(int size, int left, int top, int width, int height) throws IOException {
        BufferedImage picture = new BufferedImage(size, size, BufferedImage.TYPE_BYTE_BINARY);
        for (int y = 0; y < size; y++) {
            for (int x = 0; x < size; x++) {
                boolean ink = x >= left && x < left + width && y >= top && y < top + height;
                picture.getRaster().setSample(x, y, 0, ink ? 0 : 1);
            }
        }
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ImageIO.write(picture, "png", out);
        return out.toByteArray();
    }

    private static Omniglot.Characters small() throws IOException {
        Map<String, byte[]> files = new LinkedHashMap<>();
        files.put("images/", new byte[0]);
        files.put("images/Latin/character02/0002_01.png", png(0, 0, 15, 15));
        files.put("images/Latin/character01/0001_02.png", png(15, 0, 15, 30));
        files.put("images/Latin/character01/0001_01.png", png(0, 0, 105, 105));
        files.put("images/Greek/character01/0003_20.png", png(1, 0, 3, 4));
        return Omniglot.characters("small", Campaign.zip(files), 28);
    }

    @Test
    void classesAreCharactersInOrder() throws IOException {
        Omniglot.Characters small = small();
        assertEquals("small: 4 images of 28 x 28 pixels in 3 classes", small.images().toString());
        assertEquals(List.of("Greek", "Latin", "Latin"), small.alphabets());
        assertEquals(List.of("Greek", "Latin"), small.alphabetNames());
        assertArrayEquals(new int[] {20, 1, 2, 1}, small.drawers());
        assertArrayEquals(new int[] {0, 1, 1, 2}, IntStream.range(0, 4).map(small.images()::label).toArray());
    }

    @Test
    void scalingAveragesAreas() throws IOException {
        LabeledImages images = small().images();
        byte[] all = new byte[784];
        Arrays.fill(all, (byte) 255);
        assertArrayEquals(all, images.bytes(1));
        byte[] corner = images.bytes(3); // 15 of 105 pixels are 4 of 28
        for (int p = 0; p < 784; p++) {
            assertEquals(p / 28 < 4 && p % 28 < 4 ? 255 : 0, corner[p] & 0xff, "pixel " + p);
        }
        // a new pixel is 3.75 wide: x from 1 to 4 gives it 2.75 and the next one 0.25; y from 0 to 4 gives 3.75 and
        // 0.25
        byte[] small = images.bytes(0);
        assertEquals(Math.round(255 * 2.75 / 3.75), small[0] & 0xff);
        assertEquals(Math.round(255 * 0.25 / 3.75), small[1] & 0xff);
        assertEquals(Math.round(255 * 2.75 / 3.75 * 0.25 / 3.75), small[28] & 0xff);
        assertEquals(0, small[2]);
        assertEquals(0, small[56]);
    }

    @Test
    void atTheirOwnSizeDrawingsAreWhatTheFilesHold() throws IOException {
        Map<String, byte[]> files = Map.of("a/b/c/1_1.png", png(20, 30, 7, 9), "a/b/d/1_1.png", png(0, 0, 105, 1));
        LabeledImages images = Omniglot.characters("own", Campaign.zip(files), 105).images();
        assertArrayEquals(new int[] {1, 105, 105}, images.shape());
        byte[] drawing = images.bytes(0);
        for (int p = 0; p < drawing.length; p++) {
            int x = p % 105;
            int y = p / 105;
            assertEquals(x >= 20 && x < 27 && y >= 30 && y < 39 ? 255 : 0, drawing[p] & 0xff, "pixel " + p);
        }
        assertEquals(105, images.pixels(1, 0).slice(0).sumNumber().intValue());
        assertArrayEquals(drawing, images.subset(1, 0).bytes(1));
        LabeledImages bytes = new LabeledImages("own", 105, 105, 2, concatenated(drawing, images.bytes(1)),
                new int[] {0, 1});
        assertEquals(bytes.fingerprint(), images.fingerprint(), "how they are kept does not matter");
        assertEquals(bytes.transposed().fingerprint(), images.transposed().fingerprint());
        assertTrue(serialized(images) < serialized(bytes) / 3);
        assertThrows(IllegalArgumentException.class, () -> Omniglot.load(106));
        LabeledImages many = images.subset(new int[5_000]);
        String message = Campaign.refusal(() -> Warp.augmented(many, 20, new Random(1)),
                IllegalArgumentException.class);
        assertTrue(message.startsWith("400,000 pictures of 105 x 105 pixels need 4.41 GB of memory"), message);
    }

    private static byte[] concatenated(byte[] one, byte[] other) {
        byte[] both = Arrays.copyOf(one, one.length + other.length);
        System.arraycopy(other, 0, both, one.length, other.length);
        return both;
    }

    private static int serialized(LabeledImages images) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        new ObjectOutputStream(out).writeObject(images);
        return out.size();
    }

    @Test
    void someAlphabetsAreNumberedAnew() throws IOException {
        Omniglot.Characters latin = small().only(List.of("Latin"), "some");
        assertEquals("some: 3 images of 28 x 28 pixels in 2 classes", latin.images().toString());
        assertArrayEquals(new int[] {1, 2, 1}, latin.drawers());
        assertArrayEquals(new int[] {0, 0, 1}, IntStream.range(0, 3).map(latin.images()::label).toArray());
        assertTrue(assertThrows(IllegalArgumentException.class, () -> small().only(List.of("Klingon"), "x"))
                .getMessage().contains("but is [Klingon]"));
    }

    @Test
    void quarterTurnsAreNewClasses() throws IOException {
        LabeledImages turned = small().augmented(1, new Random(1));
        assertEquals("small: 16 images of 28 x 28 pixels in 12 classes", turned.toString());
        // which corner has the ink: 0 top left, 1 top right, 2 bottom left, 3 bottom right
        int[] corners = IntStream.range(12, 16).map(i -> {
            byte[] p = turned.bytes(i);
            return IntStream.of(0, 1, 2, 3).filter(c -> p[c / 2 * 27 * 28 + c % 2 * 27] != 0).findFirst().orElseThrow();
        }).toArray();
        assertArrayEquals(new int[] {0, 2, 3, 1}, corners);
        assertArrayEquals(new int[] {8, 9, 10, 11}, IntStream.range(12, 16).map(turned::label).toArray());
    }

    @Test
    void distortedCopiesAreNewYetTheSameForASeed() throws IOException {
        LabeledImages three = small().augmented(3, new Random(1));
        assertEquals(48, three.size());
        assertArrayEquals(small().augmented(1, new Random(9)).bytes(3 * 4), three.bytes(3 * 12),
                "the first copy is as it was");
        Set<String> different = new HashSet<>();
        for (int i = 36; i < 39; i++) {
            assertEquals(8, three.label(i));
            different.add(Arrays.toString(three.bytes(i)));
        }
        assertEquals(3, different.size());
        assertEquals(three.fingerprint(), small().augmented(3, new Random(1)).fingerprint());
        assertThrows(IllegalArgumentException.class, () -> small().augmented(0, new Random(1)));
    }

    @Test
    void runsKnowTheirAnswers() throws IOException {
        Map<String, byte[]> files = new HashMap<>();
        files.put("run01/training/class01.png", png(0, 0, 15, 15));
        files.put("run01/training/class02.png", png(30, 0, 15, 15));
        files.put("run01/test/item01.png", png(30, 0, 15, 30));
        files.put("run01/test/item02.png", png(0, 0, 15, 30));
        files.put("run01/class_labels.txt",
                ("run01/test/item01.png run01/training/class02.png\n"
                        + "run01/test/item02.png run01/training/class01.png\n").getBytes());
        Omniglot.Run run = Omniglot.runs(Campaign.zip(files), 28).get(0);
        assertEquals("Omniglot run01: 2 images of 28 x 28 pixels in 2 classes", run.training().toString());
        assertArrayEquals(new int[] {1, 0}, new int[] {run.test().label(0), run.test().label(1)});
        assertTrue(run.test().bytes(0)[8] != 0 && run.test().bytes(1)[0] != 0);
        files.put("run01/class_labels.txt", "run01/test/item09.png run01/training/class02.png".getBytes());
        assertTrue(assertThrows(IOException.class, () -> Omniglot.runs(Campaign.zip(files), 28)).getMessage()
                .contains("run01/class_labels.txt"));
    }

    @Test
    void whatIsNotOmniglotIsRefusedInOneSentence() {
        assertTrue(assertThrows(IOException.class,
                () -> Omniglot.characters("x", Campaign.zip(Map.of("a/b/c/1_1.png", png(50, 0, 0, 9, 9))), 28)).getMessage()
                .contains("50 x 50 pixels instead of 105 x 105"));
        assertTrue(assertThrows(IOException.class,
                () -> Omniglot.characters("x", Campaign.zip(Map.of("a/b/c/1_1.png", new byte[70_000])), 28)).getMessage()
                .contains("a file of more than 65536 bytes"));
        assertTrue(assertThrows(IOException.class,
                () -> Omniglot.characters("x", Campaign.zip(Map.of("a/b/c/1_1.png", new byte[10])), 28)).getMessage()
                .contains("cannot be read"));
        assertTrue(assertThrows(IOException.class,
                () -> Omniglot.characters("x", Campaign.zip(Map.of("1_1.png", png(0, 0, 9, 9))), 28)).getMessage()
                .contains("alphabet/character/number_drawer.png"));
    }

    /** More than a minute where others want the processors, too: 32,460 drawings are unpacked and made smaller. */
    @Tag("slow")
    @Test
    @EnabledIfEnvironmentVariable(named = "SIAMESE_DATA", matches = ".+",
            disabledReason = "SIAMESE_DATA names no folder with Omniglot")
    void isTheRealOne() throws IOException {
        Omniglot omniglot = Omniglot.load();
        assertEquals("Omniglot background: 19,280 images of 28 x 28 pixels in 964 classes",
                omniglot.background().images().toString());
        assertEquals("Omniglot evaluation: 13,180 images of 28 x 28 pixels in 659 classes",
                omniglot.evaluation().images().toString());
        assertEquals(30, omniglot.background().alphabetNames().size());
        assertEquals(20, omniglot.evaluation().alphabetNames().size());
        assertTrue(Arrays.stream(omniglot.background().images().classCounts()).allMatch(n -> n == 20));
        assertEquals(20, omniglot.runs().size());
        Set<ByteBuffer> background = drawings(omniglot.background().images());
        Set<ByteBuffer> evaluation = drawings(omniglot.evaluation().images());
        for (Omniglot.Run run : omniglot.runs()) {
            assertEquals(20, run.training().size());
            assertArrayEquals(IntStream.range(0, 20).toArray(),
                    IntStream.range(0, 20).map(run.test()::label).sorted().toArray());
            for (ByteBuffer drawing : drawings(run.test())) {
                assertTrue(evaluation.contains(drawing) && !background.contains(drawing),
                        "the runs are made of evaluation drawings");
            }
        }
        Omniglot quick = RunSize.QUICK.of(omniglot);
        assertEquals("Omniglot background, quick run", quick.background().images().source());
        assertEquals("Omniglot evaluation, quick run", quick.evaluation().images().source());
        assertEquals("Omniglot run01, quick run", quick.runs().get(0).test().source());
        assertTrue(quick.background().images().size() < 5000);
    }

    private static Set<ByteBuffer> drawings(LabeledImages images) {
        Set<ByteBuffer> drawings = new HashSet<>();
        for (int i = 0; i < images.size(); i++) {
            drawings.add(ByteBuffer.wrap(images.bytes(i)));
        }
        return drawings;
    }

    private static byte[] drawings() throws IOException {
        Map<String, byte[]> files = new LinkedHashMap<>();
        for (int k = 0; k < 8; k++) {
            files.put("images/A/character" + k / 2 + "/0001_0" + (1 + k % 2) + ".png", png(10 + k, 20, 30 + 5 * k, 40));
        }
        return Campaign.zip(files);
    }

    /** What is read from a broken archive is one of its drawings, or nothing is. */
    @Test
    void brokenArchivesAreReadRightlyOrRefused() throws IOException {
        byte[] whole = drawings();
        LabeledImages originals = Omniglot.characters("whole", whole, 28).images();
        Set<String> known = new HashSet<>();
        IntStream.range(0, originals.size()).forEach(i -> known.add(originals.subset(i).pixels(0).toStringFull()));
        assertEquals(8, known.size());
        int n = Campaign.size(1_000, 10_000);
        SplittableRandom random = new SplittableRandom(12);
        int read = 0;
        for (int k = 0; k < n; k++) {
            byte[] broken = Mutation.of(whole, random);
            LabeledImages[] result = new LabeledImages[1];
            if (Campaign.refusal(() -> result[0] = Omniglot.characters("broken", broken, 28).images(),
                    IOException.class) == null) {
                read++;
                for (int i = 0; i < result[0].size(); i += 3) {
                    assertTrue(known.contains(result[0].subset(i).pixels(0).toStringFull()), "archive " + k);
                }
            }
            Campaign.refusal(() -> Omniglot.runs(broken, 28), IOException.class);
        }
        assertTrue(read > 0 && read < n / 2, read + " of " + n + " read");
        Campaign.figure("zip reader: %,d broken archives, %,d whose drawings are right, %,d refused in one sentence", n,
                read, n - read);
    }

    @Test
    void archivesThatBurstOrReachOutsideAreRefused() throws IOException {
        long before = Campaign.allocated();
        String message = Campaign.refusal(() -> Omniglot.characters("bomb",
                Campaign.zip(Map.of("A/a/1_01.png", new byte[1 << 26])), 28), IOException.class);
        assertTrue(message.contains("of more than 65536 bytes"), message);
        Map<String, byte[]> many = new LinkedHashMap<>();
        for (int k = 0; k < 1100; k++) {
            many.put("A/a/1_" + k + ".png", new byte[1 << 16]);
        }
        message = Campaign.refusal(() -> Omniglot.characters("bomb", Campaign.zip(many), 28), IOException.class);
        assertTrue(message.contains("67108864 bytes in all"), message);
        assertTrue(Campaign.allocated() - before < 600 << 20, Campaign.allocated() - before + " bytes were allocated");
        for (String outside : List.of("../A/a/1_01.png", "A/../../a/1_01.png", "A\\..\\..\\a\\1_01.png")) {
            message = Campaign.refusal(() -> Omniglot.characters("outside", Campaign.zip(Map.of(outside, png(1, 1, 9, 9))), 28),
                    IOException.class);
            assertTrue(message.contains("outside of its folder"), message);
        }
        byte[] twice = Campaign.zip(Map.of("A/a/1_01.png", png(1, 1, 9, 9), "A/a/1_02.png", png(1, 1, 9, 9)));
        for (int k = 0; k < twice.length; k++) { // both names become one
            twice[k] = k > 6 && twice[k] == '2' && twice[k - 1] == '0' && twice[k - 2] == '_' ? (byte) '1' : twice[k];
        }
        message = Campaign.refusal(() -> Omniglot.characters("twice", twice, 28), IOException.class);
        assertTrue(message.contains("a file twice"), message);
    }
}
