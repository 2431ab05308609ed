package siamese.data;

import java.awt.image.BufferedImage;
import java.io.Serializable;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.Objects;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.commons.codec.digest.DigestUtils;
import org.apache.commons.lang3.Validate;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * The pixels of pictures of one size: picture by picture, channel by channel, row by row, each from 0 (paper) to 255
 * (ink). A pixel of a channel takes a byte, or a bit where there is nothing between ink and paper.
 *
 * @param rows height of a picture
 * @param columns width of a picture
 * @param channels what a pixel says
 * @param bits whether a pixel takes a bit; each picture begins with a new byte
 * @param data all pictures
 */
record Pixels(int rows, int columns, Channels channels, boolean bits, byte[] data) implements Serializable {

    Pixels {
        Validate.isTrue(rows >= 1 && columns >= 1, "rows and columns must be at least 1, but are %s and %s.", rows,
                columns);
    }

    /** {@return bytes as pixels of as many pictures as there are labels; they are not copied} */
    static Pixels of(int rows, int columns, Channels channels, byte[] data, int labels) {
        long needed = (long) labels * channels.count() * rows * columns;
        Validate.isTrue(needed == data.length, "labels has %s entries, so pixels needs %s bytes (%s x %s%s an image), "
                + "but it has %s; give one label an image.", labels, needed, rows, columns,
                channels == Channels.GREY ? "" : " in 3 channels", data.length);
        return new Pixels(rows, columns, channels, false, data);
    }

    /** {@return numbers from 0 to 1 as bytes} */
    static byte[] bytes(float[] pixels) {
        byte[] bytes = new byte[pixels.length];
        for (int p = 0; p < pixels.length; p++) {
            if (!(pixels[p] >= 0 && pixels[p] <= 1)) {
                throw new IllegalArgumentException("pixels[" + p + "] is " + pixels[p]
                        + ", but a pixel must be 0 (paper) to 1 (ink); if they go to 255, divide them by 255.");
            }
            bytes[p] = (byte) Math.round(255 * pixels[p]);
        }
        return bytes;
    }

    /**
     * {@return room for pictures, all paper}
     *
     * @throws IllegalArgumentException if the size is less than 1, or they need more memory than there is
     */
    static Pixels allocate(int pictures, int rows, int columns, Channels channels, boolean bits) {
        double area = (double) channels.count() * rows * columns; // may be more than an int holds
        double needed = pictures * (bits ? Math.ceil(area / 8) : area);
        int most = (int) Math.min(Runtime.getRuntime().maxMemory(), Integer.MAX_VALUE - 8); // an array has no more
        if (needed <= most) {
            try {
                return new Pixels(rows, columns, channels, bits, new byte[(int) Math.max(0, needed)]);
            } catch (OutOfMemoryError e) { // said below: others have the rest
            }
        }
        throw new IllegalArgumentException(String.format("%,d pictures of %d x %d pixels%s need %.2f GB of memory, but "
                + "have less than %.2f; choose a smaller size, or fewer, or start Java with more memory (-Xmx).",
                pictures, rows, columns, channels == Channels.GREY ? "" : " in colour", needed / 1e9, most / 1e9));
    }

    /**
     * {@return pictures of one size}
     *
     * @throws IllegalArgumentException if there is none, or they differ in size
     */
    static Pixels of(Channels channels, BufferedImage... pictures) {
        Validate.isTrue(pictures.length != 0, "pictures is empty; give at least one.");
        Pixels pixels = allocate(pictures.length, pictures[0].getHeight(), pictures[0].getWidth(), channels, false);
        for (int i = 0; i < pictures.length; i++) {
            Rgb picture = Rgb.of(pictures[i]);
            Validate.isTrue(picture.columns() == pixels.columns && picture.rows() == pixels.rows, "pictures must be "
                    + "of one size, but one is %s x %s pixels and another %s x %s; prepare them with "
                    + "Pictures.likeMnist.", pixels.rows, pixels.columns, picture.rows(), picture.columns());
            pixels.set(i, picture.ink(channels));
        }
        return pixels;
    }

    /** {@return how many numbers a picture is: rows times columns times channels} */
    int area() {
        return channels.count() * rows * columns;
    }

    /** {@return the number of pictures} */
    int size() {
        return data.length / stride();
    }

    private int stride() {
        return bits ? (area() + 7) / 8 : area();
    }

    private int place(int i) {
        return Objects.checkIndex(i, size()) * stride();
    }

    /** Copies a picture, a byte a pixel, into an array, from a place on. */
    void get(int i, byte[] target, int at) {
        int from = place(i);
        if (!bits) {
            System.arraycopy(data, from, target, at, area());
            return;
        }
        for (int p = 0; p < area(); p++) {
            target[at + p] = (byte) -(data[from + (p >> 3)] >> (p & 7) & 1);
        }
    }

    /** {@return a picture, a byte a pixel} */
    byte[] get(int i) {
        byte[] picture = new byte[area()];
        get(i, picture, 0);
        return picture;
    }

    /** Puts a picture, a byte a pixel, where there is paper; several threads may put one each. */
    void set(int i, byte[] picture) {
        int to = place(i);
        if (!bits) {
            System.arraycopy(picture, 0, data, to, area());
            return;
        }
        for (int p = 0; p < area(); p++) {
            data[to + (p >> 3)] |= (byte) ((picture[p] & 0xff) >> 7 << (p & 7));
        }
    }

    /** {@return some of the pictures} */
    Pixels select(int... indices) {
        Pixels selected = allocate(indices.length, rows, columns, channels, bits);
        for (int k = 0; k < indices.length; k++) {
            System.arraycopy(data, place(indices[k]), selected.data, k * stride(), stride());
        }
        return selected;
    }

    /** {@return the pictures with rows and columns swapped} */
    Pixels transposed() {
        Pixels swapped = allocate(size(), columns, rows, channels, bits);
        for (int i = 0; i < size(); i++) {
            byte[] from = get(i);
            byte[] to = new byte[from.length];
            for (int p = 0; p < to.length; p++) {
                int inChannel = p % (rows * columns);
                to[p] = from[p - inChannel + inChannel % rows * columns + inChannel / rows];
            }
            swapped.set(i, to);
        }
        return swapped;
    }

    /** {@return some of the pictures, each varied at random, as numbers: see {@link Examples#batch}} */
    INDArray batch(Variation how, RandomGenerator random, int... indices) {
        byte[] bytes = new byte[indices.length * area()];
        for (int k = 0; k < indices.length; k++) {
            if (how.equals(Variation.NONE)) {
                get(indices[k], bytes, k * area());
            } else {
                how.draw(random).apply(get(indices[k]), channels.count(), rows, columns, bytes, k * area());
            }
        }
        float[] values = new float[bytes.length];
        for (int p = 0; p < values.length; p++) {
            values[p] = (bytes[p] & 0xff) / 255f;
        }
        INDArray numbers = Nd4j.createUninitialized(DataType.FLOAT, indices.length, channels.count(), rows, columns);
        numbers.data().asNioFloat().put(values); // Nd4j.create takes twice as long
        return numbers;
    }

    /** {@return a picture as it is looked at} */
    BufferedImage image(int i) {
        byte[] ink = get(i);
        BufferedImage image = new BufferedImage(columns, rows,
                channels == Channels.GREY ? BufferedImage.TYPE_BYTE_GRAY : BufferedImage.TYPE_INT_RGB);
        for (int channel = 0; channel < channels.count(); channel++) {
            int from = channel * rows * columns;
            image.getRaster().setSamples(0, 0, columns, rows, channel,
                    IntStream.range(from, from + rows * columns).map(p -> 255 - (ink[p] & 0xff)).toArray());
        }
        return image;
    }

    /** {@return the beginning of the SHA-256 of a text and all pictures, 16 hexadecimal digits} */
    String fingerprint(String text) {
        return fingerprint(text, IntStream.range(0, size()).mapToObj(this::get));
    }

    /** {@return the same of a text and all examples, in their order} */
    static String fingerprint(String text, Stream<byte[]> examples) {
        MessageDigest digest = DigestUtils.updateDigest(DigestUtils.getSha256Digest(), text);
        examples.sequential().forEachOrdered(digest::update);
        return HexFormat.of().formatHex(digest.digest(), 0, 8);
    }
}
