package siamese.data;

import java.io.BufferedInputStream;
import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.IntStream;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;

/** MNIST's format of files: two zero bytes, the element type, the number of dimensions, the dimensions, the bytes. */
final class Idx {

    private static final int UNSIGNED_BYTE = 8;

    /** Deflate makes a byte of at most so many. */
    private static final int MOST_COMPRESSED = 1032;

    private Idx() {
    }

    /**
     * Joins a file of images (three dimensions) with its file of labels (one dimension), both decompressed.
     *
     * @throws IOException if one of the files is not what it should be, in one sentence
     */
    static LabeledImages images(String source, byte[] imageFile, byte[] labelFile) throws IOException {
        return images(source, parse("The image file", new ByteArrayInputStream(imageFile), imageFile.length, 3),
                parse("The label file", new ByteArrayInputStream(labelFile), labelFile.length, 1));
    }

    /** See {@link LabeledImages#ofIdx}. */
    static LabeledImages images(String source, Path imageFile, Path labelFile) throws IOException {
        return images(source, read(imageFile, 3), read(labelFile, 1));
    }

    private static LabeledImages images(String source, Pixels images, Pixels labels) throws IOException {
        if (images.size() != labels.size()) {
            throw new IOException("The image file has " + images.size() + " images, but the label file has "
                    + labels.size() + " labels; they do not belong together.");
        }
        int[] numbers = IntStream.range(0, labels.size()).map(i -> labels.data()[i] & 0xff).toArray();
        int[] known = IntStream.of(numbers).distinct().sorted().toArray();
        if (known.length < 2) {
            throw new IOException("The label file has no label but " + known[0] + "; at least two classes are needed.");
        }
        return new LabeledImages(source, IntStream.of(known).mapToObj(Integer::toString).toList(), images,
                IntStream.of(numbers).map(number -> Arrays.binarySearch(known, number)).toArray());
    }

    private static Pixels read(Path file, int rank) throws IOException {
        if (!Files.isRegularFile(file)) {
            throw new IOException("There is no file " + file
                    + "; give the path of an IDX file, compressed by gzip or not.");
        }
        try (InputStream in = decompressed(Files.newInputStream(file))) {
            return parse(file.toString(), in, Files.size(file) * (in instanceof GZIPInputStream ? MOST_COMPRESSED : 1),
                    rank);
        } catch (EOFException | ZipException e) {
            throw new IOException(file + " is damaged or cut off; fetch it once more.", e);
        }
    }

    /** {@return what a file holds, decompressed if it begins as gzip's do} */
    static InputStream decompressed(InputStream file) throws IOException {
        InputStream in = new BufferedInputStream(file, 1 << 16);
        in.mark(2);
        boolean zipped = in.read() == 0x1f && in.read() == 0x8b;
        in.reset();
        return zipped ? new GZIPInputStream(in, 1 << 16) : in;
    }

    /** Reads one; most is a bound of how many bytes it has. */
    private static Pixels parse(String what, InputStream in, long most, int rank) throws IOException {
        int length = 4 + 4 * rank;
        ByteBuffer header = ByteBuffer.wrap(Arrays.copyOf(in.readNBytes(length), length));
        int magic = header.getInt();
        if (magic != (UNSIGNED_BYTE << 8 | rank)) {
            throw new IOException(String.format("%s is not an IDX file of %d-dimensional bytes: it starts with %08x "
                    + "instead of %08x.", what, rank, magic, UNSIGNED_BYTE << 8 | rank));
        }
        int[] sizes = {1, 1, 1};
        double expected = 1;
        for (int d = 0; d < rank; d++) {
            sizes[d] = header.getInt();
            expected *= Math.max(sizes[d], 0);
        }
        if (expected < 1 || expected > most - length) {
            throw new IOException(String.format("%s should have %d x %d x %d bytes after its header, but can have no "
                    + "more than %d.", what, sizes[0], sizes[1], sizes[2], Math.max(0, most - length)));
        }
        Pixels pixels = Pixels.allocate(sizes[0], sizes[1], sizes[2], Channels.GREY, false);
        int n = in.readNBytes(pixels.data(), 0, (int) expected);
        if (n < expected || in.read() >= 0) {
            throw new IOException(String.format("%s should have %.0f bytes after its header, but has %s.",
                    what, expected, n < expected ? n : "more"));
        }
        return pixels;
    }
}
