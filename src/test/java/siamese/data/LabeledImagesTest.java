package siamese.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import it.unimi.dsi.fastutil.ints.IntOpenHashSet;
import it.unimi.dsi.fastutil.ints.IntSet;
import java.awt.image.BufferedImage;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.ndarray.INDArray;

class LabeledImagesTest {

    private final LabeledImages images = new LabeledImages("test", 1, 2, 3,
            new byte[] {0, (byte) 255, 51, 0, 102, 0, (byte) 153, 0}, new int[] {2, 0, 2, 0});

    @Test
    void pixelsAreScaledToOne() {
        INDArray pixels = images.pixels(3, 0);
        assertArrayEquals(new long[] {2, 1, 1, 2}, pixels.shape());
        assertArrayEquals(new float[] {0.6f, 0, 0, 1}, pixels.reshape(4).toFloatVector(), 1e-6f);
    }

    @Test
    void pictureIsDarkInkOnWhitePaper() {
        assertEquals(255, images.image(0).getRaster().getSample(0, 0, 0));
        assertEquals(0, images.image(0).getRaster().getSample(1, 0, 0));
        assertEquals(204, images.image(1).getRaster().getSample(0, 0, 0));
    }

    @Test
    void classesAreCounted() {
        assertArrayEquals(new int[] {2, 0, 2}, images.classCounts());
        assertArrayEquals(new int[] {1, 3}, images.indicesByClass()[0]);
        assertArrayEquals(new int[] {}, images.indicesByClass()[1]);
    }

    @Test
    void aSampleOfEachClassIsDrawnWithoutReplacementAndKeepsTheOrder() {
        byte[] number = new byte[2 * 90];
        for (int i = 0; i < number.length; i++) {
            number[i] = (byte) i; // each image says which it is
        }
        int[] labels = IntStream.range(0, 180).map(i -> i % 3).toArray();
        LabeledImages all = new LabeledImages("test", 1, 1, 3, number, labels);
        LabeledImages part = all.sampleOfEachClass(20, 7, "test, quick run");
        assertEquals("test, quick run", part.source());
        assertArrayEquals(new int[] {20, 20, 20}, part.classCounts());
        int[] drawn = numbers(part);
        assertArrayEquals(IntStream.of(drawn).distinct().sorted().toArray(), drawn);
        IntStream.range(0, 60).forEach(i -> assertEquals(drawn[i] % 3, part.label(i)));
        assertArrayEquals(drawn, numbers(all.sampleOfEachClass(20, 7, "again")));
        assertFalse(Arrays.equals(drawn, numbers(all.sampleOfEachClass(20, 8, "another seed"))));
        IntSet larger = new IntOpenHashSet(numbers(all.sampleOfEachClass(30, 7, "nested")));
        assertTrue(IntStream.of(drawn).allMatch(larger::contains));
        assertEquals(180, all.sampleOfEachClass(61, 7, "all").size());
    }

    /** Every image has the same chance, whatever its place: 400 draws of 20 in 60 bring each one about 133 times. */
    @Test
    void aSampleDoesNotFavourAnyPlace() {
        int[] labels = new int[120];
        Arrays.fill(labels, 60, 120, 1);
        byte[] number = new byte[120];
        for (int i = 0; i < number.length; i++) {
            number[i] = (byte) i;
        }
        LabeledImages all = new LabeledImages("test", 1, 1, 2, number, labels);
        int[] often = new int[120];
        for (int seed = 0; seed < 400; seed++) {
            IntStream.of(numbers(all.sampleOfEachClass(20, seed, "x"))).forEach(i -> often[i]++);
        }
        assertTrue(IntStream.of(often).allMatch(n -> Math.abs(n - 400 / 3.0) < 5 * Math.sqrt(400 * 2 / 9.0)),
                Arrays.toString(often));
        int early = IntStream.range(0, 120).filter(i -> i % 60 < 30).map(i -> often[i]).sum();
        assertEquals(8000, early, 5 * Math.sqrt(800 * 20 / 4.0), "draws from the first halves of the classes");
    }

    private static int[] numbers(LabeledImages images) {
        return IntStream.range(0, images.size()).map(i -> images.bytes(i)[0] & 0xff).toArray();
    }

    @Test
    void mapChangesThePicturesAndKeepsOrderAndLabels() {
        LabeledImages mirrored = images.map("test, mirrored", picture -> {
            BufferedImage result = new BufferedImage(2, 1, BufferedImage.TYPE_BYTE_GRAY);
            result.getRaster().setSample(0, 0, 0, picture.getRaster().getSample(1, 0, 0));
            result.getRaster().setSample(1, 0, 0, picture.getRaster().getSample(0, 0, 0));
            return result;
        });
        assertEquals("test, mirrored", mirrored.source());
        assertEquals(3, mirrored.classes());
        assertArrayEquals(new float[] {1, 0, 0, 0.2f, 0, 0.4f, 0, 0.6f},
                mirrored.pixels(0, 1, 2, 3).reshape(8).toFloatVector(), 1e-6f);
        assertArrayEquals(images.indicesByClass()[2], mirrored.indicesByClass()[2]);
        assertEquals(images.fingerprint(), images.map("same", picture -> picture).fingerprint());
        assertEquals(3, images.map("larger", picture -> new BufferedImage(4, 3, BufferedImage.TYPE_BYTE_GRAY)).rows());
        AtomicInteger width = new AtomicInteger(1);
        assertTrue(assertThrows(IllegalArgumentException.class, () -> images.map("x",
                picture -> new BufferedImage(width.getAndIncrement(), 1, BufferedImage.TYPE_BYTE_GRAY))).getMessage()
                .contains("of one size"));
    }

    @Test
    void badInputIsNamed() {
        assertTrue(assertThrows(IllegalArgumentException.class,
                () -> new LabeledImages("x", 1, 1, 2, new byte[2], new int[] {0, 2})).getMessage()
                .startsWith("labels[1] is 2"));
        assertTrue(assertThrows(IllegalArgumentException.class,
                () -> new LabeledImages("x", 2, 2, 2, new byte[7], new int[2])).getMessage().contains("needs 8 bytes"));
        assertThrows(IllegalArgumentException.class, () -> new LabeledImages("x", 0, 1, 2, new byte[0], new int[0]));
        assertThrows(IllegalArgumentException.class, () -> new LabeledImages("x", 1, 1, 1, new byte[0], new int[0]));
        assertThrows(IllegalArgumentException.class, () -> images.sampleOfEachClass(0, 1, "x"));
        assertThrows(IndexOutOfBoundsException.class, () -> images.label(4));
        assertThrows(IndexOutOfBoundsException.class, () -> images.pixels(-1));
        assertThrows(IndexOutOfBoundsException.class, () -> images.image(4));
    }

    @Test
    void takesNumbersFrom0To1() {
        LabeledImages images = LabeledImages.of("mine", 1, 3, 2, new float[] {0, 0.5f, 1}, new int[] {1});
        assertEquals("[0, -128, -1]", java.util.Arrays.toString(images.bytes(0)));
        for (float wrong : new float[] {-0.01f, 1.01f, Float.NaN}) {
            assertThrows(IllegalArgumentException.class,
                    () -> LabeledImages.of("mine", 1, 1, 2, new float[] {wrong}, new int[] {1}));
        }
    }
}
