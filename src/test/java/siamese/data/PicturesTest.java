package siamese.data;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import siamese.Campaign;

class PicturesTest {

    private static BufferedImage drawing(int type, Color paper, Color ink, int size) {
        BufferedImage picture = new BufferedImage(size, size, type);
        Graphics2D g = picture.createGraphics();
        g.setColor(paper);
        g.fillRect(0, 0, size, size);
        g.setColor(ink);
        g.setStroke(new BasicStroke(size / 20f));
        g.drawLine(size / 10, size / 10, size / 2, size / 2); // far from the middle
        g.drawLine(size / 2, size / 2, size / 10, size / 2);
        g.dispose();
        return picture;
    }

    private static double ink(BufferedImage picture, int x, int y) {
        return (255 - picture.getRaster().getSample(x, y, 0)) / 255.0;
    }

    @Test
    void inkFillsTwentyPixelsAroundItsCentreOfMass() {
        BufferedImage small = Pictures.likeMnist(drawing(BufferedImage.TYPE_INT_RGB, Color.WHITE, Color.BLACK, 300));
        assertEquals(28, small.getWidth());
        assertEquals(28, small.getHeight());
        double mass = 0;
        double sumX = 0;
        double sumY = 0;
        int left = 28;
        int right = 0;
        for (int y = 0; y < 28; y++) {
            for (int x = 0; x < 28; x++) {
                mass += ink(small, x, y);
                sumX += ink(small, x, y) * (x + 0.5);
                sumY += ink(small, x, y) * (y + 0.5);
                if (ink(small, x, y) > 0.2) {
                    left = Math.min(left, x);
                    right = Math.max(right, x);
                }
            }
        }
        assertEquals(14, sumX / mass, 0.6);
        assertEquals(14, sumY / mass, 0.6);
        assertEquals(20, right - left + 1, 1);
    }

    @Test
    void paperAndInkMayBeOfAnyShadeAndEitherWayRound() {
        BufferedImage expected = Pictures.likeMnist(drawing(BufferedImage.TYPE_INT_RGB, Color.WHITE, Color.BLACK, 200));
        for (BufferedImage other : new BufferedImage[] {drawing(BufferedImage.TYPE_INT_RGB, Color.BLACK, Color.WHITE,
                200),
            drawing(BufferedImage.TYPE_INT_RGB, new Color(200, 200, 200), new Color(30, 30, 90), 200),
            drawing(BufferedImage.TYPE_BYTE_GRAY, Color.WHITE, Color.BLACK, 200),
            drawing(BufferedImage.TYPE_INT_ARGB, new Color(0, 0, 0, 0), Color.BLACK, 200)}) {
            BufferedImage actual = Pictures.likeMnist(other);
            double difference = 0;
            for (int y = 0; y < 28; y++) {
                for (int x = 0; x < 28; x++) {
                    difference += Math.abs(ink(expected, x, y) - ink(actual, x, y));
                }
            }
            assertTrue(difference < 2, "difference " + difference);
        }
    }

    /** The frame alone says which is the paper, all four sides of it, however dark the rest. */
    @Test
    void theFrameDecidesWhichIsPaper() {
        for (boolean upright : new boolean[] {true, false}) {
            BufferedImage picture = new BufferedImage(28, 28, BufferedImage.TYPE_BYTE_GRAY);
            for (int k = 0; k < 28; k++) {
                for (int side : new int[] {0, 27}) { // two sides of 28 pixels outweigh the other two of 26
                    picture.getRaster().setSample(upright ? side : k, upright ? k : side, 0, 255);
                }
            }
            BufferedImage light = Pictures.likeMnist(picture);
            assertEquals(1, ink(light, 14, 14), "upright " + upright);
            assertEquals(0, ink(light, upright ? 0 : 14, upright ? 14 : 0));
            picture.getRaster().setSample(0, 0, 0, 0);
            picture.getRaster().setSample(27, 27, 0, 0);
            assertEquals(1, ink(Pictures.likeMnist(picture), 14, 14), "half of the frame is enough");
            picture.getRaster().setSample(27, 0, 0, 0);
            assertEquals(0, ink(Pictures.likeMnist(picture), 14, 14), "less is not");
        }
    }

    @Test
    void aPictureOfMnistsSizeIsKeptAsItIs(@TempDir Path folder) throws IOException {
        LabeledImages one = new LabeledImages("test", 28, 28, 2, new byte[784], new int[1]);
        BufferedImage picture = one.image(0);
        picture.getRaster().setSample(3, 4, 0, 0);
        picture.getRaster().setSample(5, 4, 0, 100);
        ImageIO.write(picture, "png", folder.resolve("a.png").toFile());
        BufferedImage read = Pictures.read(folder.resolve("a.png"));
        assertEquals(0, read.getRaster().getSample(3, 4, 0));
        assertEquals(100, read.getRaster().getSample(5, 4, 0));
        assertEquals(255, read.getRaster().getSample(6, 6, 0));
        LabeledImages set = LabeledImages.of(read);
        assertEquals(1.0, set.pixels(0).getDouble(0, 0, 4, 3), 1e-6);
        assertEquals(0.0, set.pixels(0).getDouble(0, 0, 6, 6), 1e-6);
    }

    @Test
    void bytesGiveWhatTheirFileGivesAndBadOnesOneSentence(@TempDir Path folder) throws IOException {
        Path file = folder.resolve("a.png");
        ImageIO.write(drawing(BufferedImage.TYPE_INT_RGB, Color.WHITE, Color.BLACK, 100), "png", file.toFile());
        byte[] bytes = Files.readAllBytes(file);
        assertArrayEquals(Pictures.read(file).getData().getSamples(0, 0, 28, 28, 0, (int[]) null),
                Pictures.read(bytes, 10_000).getData().getSamples(0, 0, 28, 28, 0, (int[]) null));
        assertEquals("This has 10,000 pixels, but may have 9,999; make it smaller.",
                assertThrows(IOException.class, () -> Pictures.read(bytes, 9_999)).getMessage());
        assertEquals("This is empty; send or copy it again.",
                assertThrows(IOException.class, () -> Pictures.read(new byte[0], 9_999)).getMessage());
        String damaged = assertThrows(IOException.class, () -> Pictures.read(Arrays.copyOf(bytes, 40), 10_000))
                .getMessage();
        assertTrue(damaged.startsWith("This is damaged (") && damaged.endsWith("); send it as PNG."), damaged);
        ImageIO.write(new BufferedImage(50, 50, BufferedImage.TYPE_INT_RGB), "png", file.toFile());
        assertTrue(assertThrows(IOException.class, () -> Pictures.read(Files.readAllBytes(file), 9_999)).getMessage()
                .startsWith("This cannot be used: the picture has no ink"));
    }

    @Test
    void badInputIsNamed(@TempDir Path folder) throws IOException {
        assertTrue(assertThrows(IOException.class, () -> Pictures.read(folder.resolve("none.png"))).getMessage()
                .startsWith("There is no file"));
        Files.writeString(folder.resolve("text.png"), "hello");
        assertTrue(assertThrows(IOException.class, () -> Pictures.read(folder.resolve("text.png"))).getMessage()
                .contains("not a picture"));
        BufferedImage blank = new BufferedImage(50, 50, BufferedImage.TYPE_INT_RGB);
        ImageIO.write(blank, "png", folder.resolve("blank.png").toFile());
        assertTrue(assertThrows(IOException.class, () -> Pictures.read(folder.resolve("blank.png"))).getMessage()
                .contains("has no ink"));
        assertThrows(IllegalArgumentException.class, () -> LabeledImages.of());
        assertThrows(IllegalArgumentException.class,
                () -> LabeledImages.of(blank, new BufferedImage(3, 3, BufferedImage.TYPE_INT_RGB)));
    }

    private static BufferedImage digit(int type, int size) {
        return drawing(type, Color.WHITE, Color.BLACK, size);
    }

    private String refusal(Path file) {
        String sentence = assertThrows(IOException.class, () -> Pictures.read(file)).getMessage();
        assertEquals("", Campaign.faults(sentence));
        return sentence;
    }

    @Test
    void whatATelephoneSavesIsReadOrSaidToBeSomethingElse(@TempDir Path folder) throws IOException {
        Files.write(folder.resolve("empty.jpg"), new byte[0]);
        assertTrue(refusal(folder.resolve("empty.jpg")).contains("is empty"));
        Files.writeString(folder.resolve("page.png"), "<!DOCTYPE html><title>Not found</title>");
        assertTrue(refusal(folder.resolve("page.png")).contains("a web page"));
        Files.write(folder.resolve("photo.heic"), "\0\0\0\u0018ftypheic\0\0\0\0mif1heic".getBytes(ISO_8859_1));
        assertTrue(refusal(folder.resolve("photo.heic")).contains("export it as JPEG"));
        ByteArrayOutputStream jpeg = new ByteArrayOutputStream();
        ImageIO.write(digit(BufferedImage.TYPE_INT_RGB, 400), "jpg", jpeg);
        byte[] bytes = jpeg.toByteArray();
        Files.write(folder.resolve("cut.jpg"), Arrays.copyOf(bytes, bytes.length / 2));
        assertTrue(refusal(folder.resolve("cut.jpg")).contains("is cut off"));
        ImageIO.write(drawing(BufferedImage.TYPE_INT_ARGB, new Color(0, 0, 0, 0), Color.WHITE, 100), "png",
                folder.resolve("white.png").toFile());
        assertTrue(refusal(folder.resolve("white.png")).contains("has no ink"));
    }

    @Test
    void twoCharactersAreRefused(@TempDir Path folder) throws IOException {
        BufferedImage two = new BufferedImage(600, 300, BufferedImage.TYPE_INT_RGB);
        Graphics2D g = two.createGraphics();
        g.drawImage(digit(BufferedImage.TYPE_INT_RGB, 300), 0, 0, null);
        g.drawImage(digit(BufferedImage.TYPE_INT_RGB, 300), 300, 0, null);
        g.dispose();
        ImageIO.write(two, "png", folder.resolve("two.png").toFile());
        assertTrue(refusal(folder.resolve("two.png")).contains("cut them apart"));
    }

    private static BufferedImage gammas(int... corners) {
        BufferedImage picture = new BufferedImage(300, 300, BufferedImage.TYPE_INT_RGB);
        Graphics2D g = picture.createGraphics();
        g.setColor(Color.WHITE);
        g.fillRect(0, 0, 300, 300);
        g.setColor(Color.BLACK);
        for (int k = 0; k < corners.length; k += 2) {
            g.fillRect(corners[k], corners[k + 1], 80, 24); // the letter gamma
            g.fillRect(corners[k], corners[k + 1], 24, 80);
        }
        g.dispose();
        return picture;
    }

    /** Two letters of 80 pixels are one up to a gap of 3, less than a twentieth of their height, on whichever side. */
    @Test
    void aSmallGapIsASlipOfThePenOnAnySide() {
        for (int gap : new int[] {2, 3, 4, 12}) {
            for (int[] second : new int[][] {{50 + 80 + gap, 50}, {50, 50 + 80 + gap}, {60 + 80 + gap, 60 + 80 + gap}}) {
                BufferedImage there = gammas(50, 50, second[0], second[1]);
                BufferedImage back = gammas(second[0], second[1], 50, 50);
                for (BufferedImage picture : List.of(there, back)) {
                    if (gap > 3 || second[0] == second[1]) {
                        assertTrue(Campaign.refusal(() -> Pictures.photograph(Rgb.of(picture)),
                                IllegalArgumentException.class).contains("more than one character"), "gap " + gap);
                    } else {
                        assertEquals(28, Pictures.photograph(Rgb.of(picture)).getWidth(), "gap " + gap);
                    }
                }
            }
        }
        assertTrue(Campaign.refusal(() -> Pictures.photograph(Rgb.of(gammas())), IllegalArgumentException.class)
                .endsWith("draw something on it, dark on light or light on dark."));
    }

    /** Something at the edge is no ink beside a letter, and is the letter where there is nothing else. */
    @Test
    void whatTouchesTheEdgeIsInkOnlyWhereNothingElseIs() {
        BufferedImage withTable = gammas(0, 100, 150, 100);
        BufferedImage alone = gammas(150, 100);
        assertArrayEquals(pixels(Pictures.photograph(Rgb.of(alone))), pixels(Pictures.photograph(Rgb.of(withTable))));
        double[] edge = pixels(Pictures.photograph(Rgb.of(gammas(0, 100))));
        assertArrayEquals(pixels(Pictures.photograph(Rgb.of(alone))), edge, 1, "the same letter");
    }

    @Test
    void kindsOfFilesShowTheSame(@TempDir Path folder) throws IOException {
        ImageIO.write(digit(BufferedImage.TYPE_INT_RGB, 300), "png", folder.resolve("rgb.png").toFile());
        double[] expected = pixels(Pictures.read(folder.resolve("rgb.png")));
        for (int type : new int[] {BufferedImage.TYPE_USHORT_GRAY, BufferedImage.TYPE_BYTE_INDEXED,
            BufferedImage.TYPE_INT_ARGB, BufferedImage.TYPE_BYTE_BINARY, BufferedImage.TYPE_3BYTE_BGR}) {
            for (String format : List.of("png", "gif", "bmp", "tiff", "jpg")) {
                Path file = folder.resolve(type + "." + format);
                if (ImageIO.write(digit(type, 300), format, file.toFile())) {
                    assertArrayEquals(expected, pixels(Pictures.read(file)), 30, file.toString());
                }
            }
        }
    }

    /** 108 megapixels, as some telephones take: as an array of all their pixels they would not fit into Binder's memory. */
    @Test
    void hugePicturesAreReadAtAReducedSize(@TempDir Path folder) throws IOException {
        BufferedImage huge = new BufferedImage(12_000, 9_000, BufferedImage.TYPE_BYTE_BINARY);
        Graphics2D g = huge.createGraphics();
        g.setColor(Color.WHITE);
        g.fillRect(0, 0, 12_000, 9_000);
        g.setColor(Color.BLACK);
        g.setStroke(new BasicStroke(500));
        g.drawLine(4000, 2000, 6000, 7000);
        g.dispose();
        ImageIO.write(huge, "png", folder.resolve("huge.png").toFile());
        long before = Campaign.allocated();
        BufferedImage read = Pictures.read(folder.resolve("huge.png"));
        long megabytes = Campaign.allocated() - before >> 20;
        Campaign.figure("108 megapixels: %d MB of memory", megabytes);
        assertTrue(ink(read, 14, 14) > 0.9, "the line goes through the middle");
        assertTrue(megabytes < 200, megabytes + " MB");
    }

    private static double[] pixels(BufferedImage picture) {
        return picture.getRaster().getSamples(0, 0, 28, 28, 0, (double[]) null);
    }
}
