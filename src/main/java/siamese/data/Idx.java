package siamese.data;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;

/** The IDX format of MNIST's files: two zero bytes, the element type, the number of dimensions, the dimensions, the bytes. */
final class Idx {

    private static final int UNSIGNED_BYTE = 8;

    private Idx() {
    }

    /** The bytes of an IDX file of unsigned bytes, with its dimensions. */
    private record Array(int[] dimensions, byte[] values) {
    }

    /**
     * Joins a file of images (three dimensions) with its file of labels (one dimension).
     *
     * @throws IOException if one of the files is not what it should be, in one sentence
     */
    static LabeledImages images(String source, int classes, byte[] imageFile, byte[] labelFile) throws IOException {
        Array images = parse("image file", imageFile, 3);
        Array labels = parse("label file", labelFile, 1);
        if (images.dimensions[0] != labels.dimensions[0]) {
            throw new IOException("The image file has " + images.dimensions[0] + " images, but the label file has "
                    + labels.dimensions[0] + " labels; they do not belong together.");
        }
        try {
            return new LabeledImages(source, images.dimensions[1], images.dimensions[2], classes, images.values, unsigned(labels.values));
        } catch (IllegalArgumentException e) {
            throw new IOException("The image and label files do not hold " + source + ": " + e.getMessage(), e);
        }
    }

    private static int[] unsigned(byte[] values) {
        int[] numbers = new int[values.length];
        Arrays.setAll(numbers, i -> values[i] & 0xff);
        return numbers;
    }

    private static Array parse(String what, byte[] file, int rank) throws IOException {
        int header = 4 + 4 * rank;
        if (file.length < header) {
            throw new IOException("The " + what + " is cut off: it has " + file.length + " bytes, but its header alone takes " + header + ".");
        }
        ByteBuffer buffer = ByteBuffer.wrap(file);
        int magic = buffer.getInt();
        if (magic != (UNSIGNED_BYTE << 8 | rank)) {
            throw new IOException(String.format("The %s is not an IDX file of %d-dimensional bytes: it starts with %08x instead of %08x.",
                    what, rank, magic, UNSIGNED_BYTE << 8 | rank));
        }
        int[] dimensions = new int[rank];
        long expected = 1;
        for (int d = 0; d < rank; d++) {
            dimensions[d] = buffer.getInt();
            if (dimensions[d] < 1 || dimensions[d] > file.length) {
                throw new IOException("The " + what + " says that its dimension " + d + " is " + dimensions[d]
                        + ", which its " + file.length + " bytes cannot hold.");
            }
            expected = Math.min(expected * dimensions[d], Integer.MAX_VALUE);
        }
        if (expected != file.length - header) {
            throw new IOException("The " + what + " should have " + expected + " bytes after its header, but has " + (file.length - header) + ".");
        }
        return new Array(dimensions, Arrays.copyOfRange(file, header, file.length));
    }
}
