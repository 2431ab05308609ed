package siamese.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import siamese.Campaign;

class IdxTest {

    private static byte[] idx(int magic, int[] dimensions, int bytes) {
        ByteBuffer buffer = ByteBuffer.allocate(4 + 4 * dimensions.length + bytes).putInt(magic);
        Arrays.stream(dimensions).forEach(buffer::putInt);
        return buffer.array();
    }

    private static byte[] images(int... dimensions) {
        return idx(0x803, dimensions, Arrays.stream(dimensions).reduce(1, (a, b) -> a * b));
    }

    private static byte[] labels(int n) {
        return idx(0x801, new int[] {n}, n);
    }

    private static void refused(String message, byte[] images, byte[] labels) {
        String actual = assertThrows(IOException.class, () -> Idx.images("test", images, labels)).getMessage();
        assertTrue(actual.contains(message), actual);
    }

    @Test
    void readsImagesWithTheirLabels() throws IOException {
        byte[] labels = labels(3);
        labels[8 + 2] = 9;
        byte[] images = images(3, 2, 4);
        images[16 + 2 * 8] = (byte) 255;
        LabeledImages read = Idx.images("test", images, labels);
        assertEquals("test: 3 images of 2 x 4 pixels in 2 classes", read.toString());
        assertEquals(1, read.label(2));
        assertEquals(List.of("0", "9"), read.classNames());
        assertEquals(1.0, read.pixels(2).getDouble(0, 0, 0, 0));
        assertEquals(0.0, read.pixels(0).getDouble(0, 0, 0, 0));
    }

    @Test
    void readsFilesOfAnyFormAsTheyAreMeant(@TempDir Path folder) throws IOException {
        Path fashion = PictureSets.garments(folder.resolve("plain"), PictureSets.Form.PLAIN, 6, 2);
        LabeledImages plain = LabeledImages.ofIdx(fashion.resolve("train-images-idx3-ubyte"),
                fashion.resolve("train-labels-idx1-ubyte"), "Fashion-MNIST");
        assertEquals("Fashion-MNIST: 60 images of 28 x 28 pixels in 10 classes", plain.toString());
        assertEquals(100, Pairs.create(plain, 1).size());
        Path zipped = PictureSets.garments(folder.resolve("zipped"), PictureSets.Form.COMPRESSED, 6, 2);
        Files.move(zipped.resolve("train-labels-idx1-ubyte.gz"), zipped.resolve("labels")); // the content counts
        LabeledImages same = LabeledImages.ofIdx(zipped.resolve("train-images-idx3-ubyte.gz"), zipped.resolve("labels"),
        "Fashion-MNIST");
        assertEquals(plain.fingerprint(), same.fingerprint());
        Path letters = PictureSets.garments(folder.resolve("letters"), PictureSets.Form.TRANSPOSED, 6, 2);
        LabeledImages lying = LabeledImages.ofIdx(letters.resolve("train-images-idx3-ubyte"),
                letters.resolve("train-labels-idx1-ubyte"), "EMNIST letters");
        assertEquals("1", lying.classNames().get(0), "no class 0 that is empty");
        assertEquals(100, Pairs.create(lying, 1).size());
        assertNotEquals(plain.fingerprint(), lying.fingerprint());
        assertEquals(plain.fingerprint(), lying.transposed().fingerprint());
        assertEquals("T-shirt", plain.withClassNames("T-shirt", "1", "2", "3", "4", "5", "6", "7", "8", "9")
                .classNames().get(0));
        assertThrows(IllegalArgumentException.class, () -> plain.withClassNames("T-shirt"));
    }

    @Test
    void filesThatAreNotWholeAreNamed(@TempDir Path folder) throws IOException {
        Path images = Files.write(folder.resolve("images"), images(3, 2, 4));
        Path labels = folder.resolve("labels");
        refused("There is no file " + labels, images, labels);
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
            gzip.write(labels(3));
        }
        Files.write(labels, Arrays.copyOf(out.toByteArray(), out.size() - 9));
        refused(labels + " is damaged or cut off", images, labels);
        Files.write(labels, labels(3));
        refused(images + " is not an IDX file of 1-dimensional bytes", images, images);
        out.reset();
        try (GZIPOutputStream gzip = new GZIPOutputStream(out)) { // a header that promises 8 GB
            gzip.write(idx(0x803, new int[] {2000, 2000, 2000}, 5000));
        }
        Files.write(images, out.toByteArray());
        refused("should have 2000 x 2000 x 2000 bytes after its header, but can have no more than ", images, labels);
    }

    private static void refused(String message, Path images, Path labels) {
        String actual = Campaign.refusal(() -> LabeledImages.ofIdx(images, labels, "test"), IOException.class);
        assertTrue(actual != null && actual.contains(message), actual);
    }

    @Test
    void whatIsBrokenIsNamed() {
        refused("image file is not an IDX file of 3-dimensional bytes: it starts with 00000000",
                new byte[3], labels(1));
        refused("image file should have 0 x 0 x 0 bytes", Arrays.copyOf(idx(0x803, new int[3], 0), 4), labels(1));
        refused("starts with 00000801 instead of 00000803", Arrays.copyOf(labels(20), 28), labels(1));
        refused("should have 2 x 2 x 2 bytes after its header, but can have no more than 7",
                Arrays.copyOf(images(2, 2, 2), 23), labels(2));
        refused("should have 8 bytes after its header, but has more", Arrays.copyOf(images(2, 2, 2), 25), labels(2));
        refused("should have 2 x -1 x 2 bytes", idx(0x803, new int[] {2, -1, 2}, 0), labels(2));
        refused("should have 2147483647 x 1 x 1 bytes", idx(0x803, new int[] {Integer.MAX_VALUE, 1, 1}, 8), labels(2));
        refused("should have 60000 x 60000 x 60000 bytes after its header, but can have no more than 57000.",
                idx(0x803, new int[] {60000, 60000, 60000}, 57_000), labels(2));
        refused("do not belong together", images(2, 2, 2), labels(3));
        refused("no label but 0", images(2, 2, 2), labels(2));
    }
}
