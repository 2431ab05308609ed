package siamese.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

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
    void whatIsBrokenIsNamed() {
        refused("image file is cut off", new byte[15], labels(1));
        refused("starts with 00000801 instead of 00000803", Arrays.copyOf(labels(20), 28), labels(1));
        refused("should have 8 bytes after its header, but can have no more than 7", Arrays.copyOf(images(2, 2, 2), 23), labels(2));
        refused("should have 8 bytes after its header, but has more", Arrays.copyOf(images(2, 2, 2), 25), labels(2));
        refused("dimension 1 is -1", idx(0x803, new int[] {2, -1, 2}, 0), labels(2));
        refused("dimension 0 is 2147483647", idx(0x803, new int[] {Integer.MAX_VALUE, 1, 1}, 8), labels(2));
        refused("which its 57016 bytes at most cannot hold", idx(0x803, new int[] {60000, 60000, 60000}, 57_000), labels(2));
        refused("do not belong together", images(2, 2, 2), labels(3));
        refused("no label but 0", images(2, 2, 2), labels(2));
    }
}
