package siamese.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfEnvironmentVariable;
import org.junit.jupiter.api.io.TempDir;
import siamese.Campaign;
import siamese.data.Strokes.Drawing;

class StrokesTest {

    private static final boolean[] DOWN = {true, true, true};

    private static Drawing drawing(double[] x, double[] y, double... seconds) {
        return new Drawing("mine", x, y, seconds, DOWN);
    }

    private static String refused(double[] x, double[] y, double[] seconds, boolean... down) {
        return Campaign.refusal(() -> new Drawing("mine", x, y, seconds, down), IllegalArgumentException.class);
    }

    private static String unreadable(String text) {
        return Campaign.refusal(() -> StrokeFiles.signature("U1S1.TXT", text), IOException.class);
    }

    private static String cut(String text) {
        return Campaign.refusal(() -> StrokeFiles.character("Greek/a/1_01", text), IOException.class);
    }

    @Test
    void aCircleHasConstantSpeedAndTurnsAllTheTime() {
        double w = 0.03;
        double[] x = IntStream.range(0, 200).mapToDouble(k -> Math.cos(w * k)).toArray();
        double[] y = IntStream.range(0, 200).mapToDouble(k -> Math.sin(w * k)).toArray();
        boolean[] down = new boolean[200];
        down[7] = true;
        double[][] curves = PenCurves.of(x, y, down);
        for (int k = 2; k < 198; k++) { // central differences of a circle: r sin w, and r sin² w
            double[] expected = {k == 7 ? 1 : -1, 0.4 * x[k], 0.4 * y[k], 5 * Math.sin(w), 20 * Math.pow(Math.sin(w), 2), 0,
                -Math.sin(w * k), Math.cos(w * k)};
            for (int c = 0; c < 8; c++) {
                assertEquals(expected[c], curves[c][k], 1e-9, "curve " + c + " at " + k);
            }
        }
        for (int k = 0; k < 200; k++) {
            y[k] = -y[k];
        }
        assertEquals(-20 * Math.pow(Math.sin(w), 2), PenCurves.of(x, y, down)[4][50], 1e-9, "clockwise");
    }

    @Test
    void upAndDownIsAsComputedByHand() {
        double[][] curves = new Drawing("mine", new double[] {5, 6, 7}, new double[] {10, 12, 10}, new double[] {3, 4, 5},
                new boolean[] {true, false, false}).curves();
        double[] triangle = IntStream.range(0, 200).mapToDouble(k -> Math.min(k, 199 - k) * 2 / 99.5).toArray();
        double mean = Arrays.stream(triangle).average().orElseThrow();
        double unit = Math.sqrt(Arrays.stream(triangle).map(v -> (v - mean) * (v - mean)).average().orElseThrow());
        for (int k = 0; k < 200; k++) {
            assertEquals(0, curves[1][k], 1e-9, "x is a straight line in time");
            assertEquals(0.4 * (triangle[k] - mean) / unit, curves[2][k], 1e-9);
            assertEquals(k < 100 ? 1 : -1, curves[0][k]);
        }
        assertEquals(5 * 2 / 99.5 / unit, curves[3][50], 1e-9);
        assertEquals(5 * 2 / 99.5 / unit, curves[3][150], 1e-9);
        assertEquals(1, curves[7][50], 1e-9);
        assertEquals(-1, curves[7][150], 1e-9);
        assertEquals(0, curves[6][150], 1e-6);
        assertEquals(0, curves[5][50], 1e-9, "no acceleration on the way");
    }

    @Test
    void neitherPlaceNorSizeNorDurationIsInTheCurves() {
        double[] x = {0, 3, 4, 9};
        double[] y = {0, 5, 1, 2};
        boolean[] down = {true, true, false, true};
        double[][] curves = new Drawing("a", x, y, new double[] {0, 1, 2, 4}, down).curves();
        double[][] other = new Drawing("b", Arrays.stream(x).map(v -> 100 + 7 * v).toArray(),
                Arrays.stream(y).map(v -> 7 * v - 3).toArray(), new double[] {5, 8, 11, 17}, down).curves();
        for (int c = 0; c < 8; c++) {
            assertArrayEquals(curves[c], other[c], 1e-9, "curve " + c);
        }
    }

    @Test
    void aStraightLineAndAStandingPenAreFinite() {
        double[][] line = drawing(new double[] {0, 1, 2}, new double[] {0, 2, 4}, 0, 1, 2).curves();
        double[] still = new double[200];
        assertArrayEquals(still, line[1], 1e-9);
        assertArrayEquals(still, line[3], 1e-9);
        double[][] flat = drawing(new double[] {0, 8, 1}, new double[] {0, 0, 0}, 0, 1, 2).curves();
        assertArrayEquals(still, flat[2], 1e-12);
        assertTrue(Arrays.stream(flat[1]).map(Math::abs).max().orElseThrow() < 4, "a quarter of x's deviation is the unit");
        assertTrue(Arrays.stream(flat[1]).map(Math::abs).max().orElseThrow() > 1);
    }

    @Test
    void brokenDrawingsGetOneSentence() {
        double[] two = {0, 1};
        double[] nan = {0, Double.NaN};
        assertEquals("mine has 1 point(s), but a drawing needs at least two; record it again.",
                refused(new double[] {0}, new double[] {0}, new double[] {0}, true));
        assertTrue(refused(two, nan, two, true, true).startsWith("mine has x 1.0, y NaN and the time 1.0 at point 2, but these"));
        assertTrue(refused(new double[] {0, 1e300}, two, two, true, true).startsWith("mine has x 1.0E300, y 1.0"));
        assertEquals("mine: at point 2 the time is 1.0 s after 2.0 s, but time must go forwards; leave the point out, or record "
                + "it again.", refused(two, two, new double[] {2, 1}, true, true));
        assertTrue(refused(two, two, new double[] {1, 1}, true, true).contains("must go forwards"));
        assertTrue(refused(two, two, two, true).startsWith("mine has 2 x, 2 y, 2 times and 1 pen states"));
    }

    @Test
    void signaturesAreReadAsSvc2004HasThem() throws IOException {
        Drawing task2 = StrokeFiles.signature("U1S1.TXT", "4\r\n2933 5678 31275775 0 1550 710 439\r\n"
                + "2933 5678 31275785 1 1480 770 420\r\n3001 5851 31275795 1 1350 830 433\r\n2929 5600 31275805 0 1 2 3\r\n");
        assertArrayEquals(new double[] {2933, 2933, 3001, 2929}, task2.x());
        assertArrayEquals(new boolean[] {false, true, true, false}, task2.down());
        assertEquals(0.03, task2.duration(), 1e-9);
        Drawing twice = StrokeFiles.signature("U1S1.TXT", "3\n0 0 10 1\n5 5 10 1\n9 9 20 0");
        assertArrayEquals(new double[] {5, 9}, twice.x(), "of two events of one moment the later one counts");
    }

    @Test
    void whatTheRecordersPageSavesIsRead() throws IOException { // made by test_recorder.py, in Chromium
        Drawing drawing = StrokeFiles.signature("U1S1.TXT",
                Files.readString(Path.of("src", "test", "resources", "signatures", "U1S1.TXT")));
        int last = drawing.x().length - 1;
        assertEquals(300, drawing.x()[last] - drawing.x()[0], 3);
        assertEquals(2, IntStream.range(1, last + 1).filter(i -> drawing.down()[i - 1] && !drawing.down()[i]).count());
        assertTrue(Arrays.stream(drawing.curves()[0]).anyMatch(v -> v == -1), "on the way in the air");
    }

    @Test
    void brokenSignaturesGetOneSentence() {
        assertEquals("U1S1.TXT promises 3 points in its first line, but has 2; it is cut off.", unreadable("3\n0 0 1 1\n0 1 2 1"));
        assertTrue(unreadable("2\n0 0 1 1\n0 1 2").startsWith("U1S1.TXT, line 3: 4 number(s) expected, but found \"0 1 2\""));
        assertTrue(unreadable("").startsWith("U1S1.TXT promises 0 points"));
        assertTrue(unreadable("hello").startsWith("U1S1.TXT, line 1: 1 number(s) expected"));
        assertTrue(unreadable("x".repeat(1 << 20)).length() < 160);
        assertTrue(unreadable("2\n0 0 5 1\n0 1 2 1").contains("time must go forwards"));
        assertTrue(unreadable("2\n0 0 5 1\n0 NaN 6 1").startsWith("U1S1.TXT has x 0.0, y NaN"));
        assertTrue(unreadable("1\n0 0 5 1").startsWith("U1S1.TXT has 1 point(s)"));
        assertTrue(unreadable("2\n0 0 5 0\n0 1 6 0").contains("never down"));
        assertEquals("U1S1.TXT, line 3: the pen must be 1 (down) or 0 (up), but is 7.0.", unreadable("2\n0 0 5 1\n0 1 6 7"));
    }

    @Test
    void aFolderGivesSignersAndForgeries(@TempDir Path parent) throws IOException {
        Path folder = Files.createDirectory(parent.resolve("mine"));
        String text = "3\n0 0 0 1\n5 9 10 1\n9 1 20 0\n";
        for (String name : List.of("U3S1.TXT", "u10s2.txt", "U3S21.TXT", "U3S2.TXT", "notes.md")) {
            Files.writeString(folder.resolve(name), text);
        }
        Strokes read = Strokes.ofFolder(folder);
        assertEquals("mine: 4 drawings by 2 signers, 1 of them forged", read.toString());
        assertEquals(List.of("U3S1.TXT", "U3S2.TXT", "U3S21.TXT", "u10s2.txt"),
                IntStream.range(0, 4).mapToObj(i -> read.drawing(i).name()).toList());
        assertArrayEquals(new int[] {0, 0, 2, 1}, read.labels(), "a forgery is a class of its own");
        assertArrayEquals(new int[] {0, 0, 0, 1}, IntStream.range(0, 4).map(read::signer).toArray());
        Files.writeString(folder.resolve("U4S30.TXT"), text);
        assertTrue(Campaign.refusal(() -> Strokes.ofFolder(folder), IOException.class)
                .contains("of each signer a genuine one"));
        Files.writeString(folder.resolve("U4S30.TXT"), "1 ".repeat(1 << 19));
        Files.writeString(folder.resolve("U4S1.TXT"), text);
        assertTrue(Campaign.refusal(() -> Strokes.ofFolder(folder), IOException.class)
                .startsWith("U4S30.TXT has a megabyte or more"));
        assertTrue(Campaign.refusal(() -> Strokes.ofFolder(parent), IOException.class).contains("does not hold two signatures at least"));
        assertTrue(Campaign.refusal(() -> Strokes.ofFolder(parent.resolve("no")), IOException.class).contains("is no folder"));
    }

    @Test
    void charactersAreReadAsOmniglotHasThem() throws IOException {
        Map<String, byte[]> files = Map.of("strokes_x/Greek/c1/1_02.txt",
                "START\n10,-5,0\n12,-6,20\n12,-6,20\nBREAK\n30,-9,5000\n31,-9,4990\nBREAK\n".getBytes(),
                "__MACOSX/strokes_x/Greek/c1/._1_02.txt", new byte[9], "strokes_x/.DS_Store", new byte[9]);
        Map<String, Drawing> drawings = StrokeFiles.characters(Campaign.zip(files));
        assertEquals(List.of("Greek/c1/1_02"), List.copyOf(drawings.keySet()));
        Drawing drawing = drawings.get("Greek/c1/1_02");
        assertArrayEquals(new double[] {0.001, 0.021, 0.022, 0.172, 0.173}, drawing.seconds(), 1e-9,
                "pauses are cut, and time never stands");
        assertArrayEquals(new boolean[] {true, true, false, true, false}, drawing.down());
        assertEquals("Greek/a/1_01 has no BREAK behind its last stroke, so it is cut off; use the original.",
                cut("START\n1,1,0\n2,2,10\n"));
        assertTrue(cut("START\n1,1,0\nBREAK\n").contains("1 point(s)"));
        assertTrue(cut("").contains("0 point(s)"));
        assertTrue(cut("START\n1,1\nBREAK\n").startsWith("Greek/a/1_01, line 2: 3 number(s) expected, but found \"1,1\""));
    }

    @Test
    @EnabledIfEnvironmentVariable(named = "SIAMESE_DATA", matches = ".+", disabledReason = "SIAMESE_DATA names no Omniglot")
    void omniglotHasTwentyDrawersOfEachCharacter() throws IOException {
        Strokes strokes = Strokes.omniglot();
        assertEquals("Omniglot's strokes: 4,840 drawings in 242 classes", strokes.toString());
        assertEquals(4_840, strokes.size());
        assertEquals(242, strokes.classes());
        assertTrue(Arrays.stream(strokes.classCounts()).allMatch(n -> n == 20));
        assertEquals(8, IntStream.range(0, 4840).mapToObj(i -> strokes.drawing(i).name().split("/")[0]).distinct().count());
        for (int i = 0; i < strokes.size(); i++) {
            assertTrue(strokes.drawing(i).name().endsWith(String.format("_%02d", i % 20 + 1)));
            assertEquals(i / 20, strokes.label(i));
            assertTrue(Double.isFinite(strokes.batch(i).sumNumber().doubleValue()), strokes.drawing(i).name());
        }
    }

    @Test
    void areExamplesForANetwork() {
        Drawing a = drawing(new double[] {0, 1, 2}, new double[] {0, 2, 0}, 0, 1, 2);
        Drawing b = drawing(new double[] {0, 3, 2}, new double[] {0, 2, 0}, 0, 1, 2);
        Strokes strokes = new Strokes("mine", List.of(a, b, a), new int[] {0, 1, 1}, new boolean[] {false, false, true});
        assertArrayEquals(new long[] {2, 1, 8, 200}, strokes.batch(2, 1).shape());
        assertEquals(b.curves()[2][100], strokes.batch(2, 1).getDouble(1, 0, 2, 100), 1e-6);
        assertEquals(3, strokes.classes());
        assertArrayEquals(new int[] {1, 8, 200}, strokes.shape());
        assertNotEquals(strokes.fingerprint(), strokes.subset("other", 0, 1).fingerprint());
        assertEquals(strokes.fingerprint(), strokes.subset("other", 0, 1, 2).fingerprint());
        assertArrayEquals(new int[] {0, 1}, strokes.subset("forged", 1, 2).labels(), "signers are numbered anew");
        assertTrue(Campaign.refusal(() -> strokes.subset("x", 0, 2), IllegalArgumentException.class)
                .startsWith("signers must be 0 to 1, each with a genuine drawing, but only 1 have one"));
    }
}
