package siamese.data;

import java.awt.image.BufferedImage;
import java.awt.image.DataBufferByte;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Objects;
import java.util.function.UnaryOperator;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Grey images of one size with a class label each, held as one byte a pixel (47 MB for MNIST's training images).
 * Immutable.
 */
public final class LabeledImages implements Examples {

    private static final long serialVersionUID = 1;

    private final String source;
    private final int rows;
    private final int columns;
    private final int classes;
    private final byte[] pixels;
    private final int[] labels;

    /**
     * Wraps pixels and labels; the arrays are not copied and must not change afterwards.
     *
     * @param source where the images come from, such as "MNIST"; shown in every chart and table
     * @param rows height of an image in pixels, at least 1
     * @param columns width of an image in pixels, at least 1
     * @param classes number of classes, at least 2; labels are 0 to {@code classes - 1}
     * @param pixels {@code labels.length * rows * columns} unsigned bytes, image by image, row by row, 255 is ink
     * @param labels one label an image
     * @throws IllegalArgumentException if the sizes do not agree or a label is out of range
     */
    public LabeledImages(String source, int rows, int columns, int classes, byte[] pixels, int[] labels) {
        this.source = Objects.requireNonNull(source, "source");
        if (rows < 1 || columns < 1) {
            throw new IllegalArgumentException("rows and columns must be at least 1, but are " + rows + " and " + columns + ".");
        }
        if (classes < 2) {
            throw new IllegalArgumentException("classes must be at least 2, but is " + classes + ".");
        }
        if ((long) labels.length * rows * columns != pixels.length) {
            throw new IllegalArgumentException("labels has " + labels.length + " entries, so pixels needs "
                    + (long) labels.length * rows * columns + " bytes (" + rows + " x " + columns + " an image), but it has "
                    + pixels.length + "; give one label an image.");
        }
        for (int i = 0; i < labels.length; i++) {
            if (labels[i] < 0 || labels[i] >= classes) {
                throw new IllegalArgumentException("labels[" + i + "] is " + labels[i] + ", but a label must be 0 to "
                        + (classes - 1) + "; correct it, or give more classes.");
            }
        }
        this.rows = rows;
        this.columns = columns;
        this.classes = classes;
        this.pixels = pixels;
        this.labels = labels;
    }

    /**
     * {@return images given as numbers; they are kept as whole steps of 1/255}
     *
     * @param source where the images come from, such as "my digits"; shown in every chart and table
     * @param rows height of an image in pixels, at least 1
     * @param columns width of an image in pixels, at least 1
     * @param classes number of classes, at least 2; labels are 0 to {@code classes - 1}
     * @param pixels {@code labels.length * rows * columns} numbers, image by image, row by row, 0 (paper) to 1 (ink)
     * @param labels one label an image
     * @throws IllegalArgumentException if a number is not in [0, 1], the sizes do not agree, or a label is out of range
     */
    public static LabeledImages of(String source, int rows, int columns, int classes, float[] pixels, int[] labels) {
        byte[] bytes = new byte[pixels.length];
        for (int p = 0; p < pixels.length; p++) {
            if (!(pixels[p] >= 0 && pixels[p] <= 1)) {
                throw new IllegalArgumentException("pixels[" + p + "] is " + pixels[p]
                        + ", but a pixel must be 0 (paper) to 1 (ink); if they go to 255, divide them by 255.");
            }
            bytes[p] = (byte) Math.round(255 * pixels[p]);
        }
        return new LabeledImages(source, rows, columns, classes, bytes, labels.clone());
    }

    /**
     * {@return pictures of your own as a set of images, all in class 0}
     *
     * @param pictures of one size, dark ink on white paper
     * @throws IllegalArgumentException if there is none, or they differ in size
     */
    public static LabeledImages of(BufferedImage... pictures) {
        if (pictures.length == 0) {
            throw new IllegalArgumentException("pictures is empty; give at least one.");
        }
        int columns = pictures[0].getWidth();
        int rows = pictures[0].getHeight();
        byte[] pixels = new byte[pictures.length * rows * columns];
        int p = 0;
        for (BufferedImage picture : pictures) {
            if (picture.getWidth() != columns || picture.getHeight() != rows) {
                throw new IllegalArgumentException("pictures must be of one size, but one is " + rows + " x " + columns + " pixels and another "
                        + picture.getHeight() + " x " + picture.getWidth() + "; prepare them with Pictures.likeMnist.");
            }
            for (int y = 0; y < rows; y++) {
                for (int x = 0; x < columns; x++) {
                    pixels[p++] = (byte) (255 - (picture.getColorModel().getNumComponents() == 1
                            ? picture.getRaster().getSample(x, y, 0) : picture.getRGB(x, y) & 0xff));
                }
            }
        }
        return new LabeledImages("your own pictures", rows, columns, 2, pixels, new int[pictures.length]);
    }

    /** {@return where the images come from, such as "MNIST"} */
    @Override
    public String source() {
        return source;
    }

    /** {@return the number of images} */
    @Override
    public int size() {
        return labels.length;
    }

    /** {@return the height of an image in pixels} */
    public int rows() {
        return rows;
    }

    /** {@return the width of an image in pixels} */
    public int columns() {
        return columns;
    }

    /** {@return the number of classes} */
    @Override
    public int classes() {
        return classes;
    }

    /**
     * {@return the class of an image, 0 to {@code classes() - 1}}
     *
     * @param i the image, 0 to {@code size() - 1}
     * @throws IndexOutOfBoundsException if there is no such image
     */
    @Override
    public int label(int i) {
        return labels[Objects.checkIndex(i, labels.length)];
    }

    @Override
    public int[] shape() {
        return new int[] {1, rows, columns};
    }

    @Override
    public INDArray batch(int... indices) {
        return pixels(indices);
    }

    @Override
    public INDArray batch(Variation how, RandomGenerator random, int... indices) {
        if (how.equals(Variation.NONE)) {
            return batch(indices);
        }
        byte[] result = new byte[indices.length * rows * columns];
        for (int k = 0; k < indices.length; k++) {
            how.draw(random).apply(bytes(indices[k]), 1, rows, columns, result, k * rows * columns);
        }
        return numbers(result);
    }

    /**
     * {@return the images as numbers for the network: shape [n, 1, rows, columns], float, 0 (paper) to 1 (ink)}
     *
     * @param indices the images wanted, in this order; an image may appear more than once
     * @throws IndexOutOfBoundsException if there is no such image
     */
    public INDArray pixels(int... indices) {
        int area = rows * columns;
        byte[] chosen = new byte[indices.length * area];
        for (int k = 0; k < indices.length; k++) {
            System.arraycopy(pixels, Objects.checkIndex(indices[k], labels.length) * area, chosen, k * area, area);
        }
        return numbers(chosen);
    }

    private INDArray numbers(byte[] ink) {
        float[] values = new float[ink.length];
        for (int p = 0; p < values.length; p++) {
            values[p] = (ink[p] & 0xff) / 255f;
        }
        INDArray images = Nd4j.createUninitialized(DataType.FLOAT, ink.length / (rows * columns), 1, rows, columns);
        images.data().asNioFloat().put(values);
        return images;
    }

    /**
     * {@return one image as a picture, dark ink on white paper}
     *
     * @param i the image, 0 to {@code size() - 1}
     * @throws IndexOutOfBoundsException if there is no such image
     */
    public BufferedImage image(int i) {
        int area = rows * columns;
        int from = Objects.checkIndex(i, labels.length) * area;
        BufferedImage picture = new BufferedImage(columns, rows, BufferedImage.TYPE_BYTE_GRAY);
        byte[] raster = ((DataBufferByte) picture.getRaster().getDataBuffer()).getData();
        for (int p = 0; p < area; p++) {
            raster[p] = (byte) (255 - (pixels[from + p] & 0xff));
        }
        return picture;
    }

    /**
     * {@return the first images of each class, in their order, as a set of their own}
     *
     * @param perClass how many images of each class, at least 1; a smaller class gives all it has
     * @param newSource what the new set calls itself, such as "MNIST, quick run"
     * @throws IllegalArgumentException if {@code perClass} is less than 1
     */
    public LabeledImages firstOfEachClass(int perClass, String newSource) {
        if (perClass < 1) {
            throw new IllegalArgumentException("perClass must be at least 1, but is " + perClass + ".");
        }
        int[] kept = Arrays.stream(indicesByClass()).flatMapToInt(c -> Arrays.stream(c).limit(perClass)).sorted().toArray();
        return subset(newSource, kept);
    }

    /**
     * {@return some of the images, in the given order, as a set of their own; they keep their labels}
     *
     * @param indices the images wanted, at least one
     * @throws IndexOutOfBoundsException if there is no such image
     */
    public LabeledImages subset(int... indices) {
        return subset(source, indices);
    }

    LabeledImages subset(String newSource, int[] indices) {
        int area = rows * columns;
        byte[] newPixels = new byte[indices.length * area];
        int[] newLabels = new int[indices.length];
        for (int k = 0; k < indices.length; k++) {
            newLabels[k] = label(indices[k]);
            System.arraycopy(pixels, indices[k] * area, newPixels, k * area, area);
        }
        return new LabeledImages(newSource, rows, columns, classes, newPixels, newLabels);
    }

    /**
     * {@return changed copies of the images, such as rotated or noisy ones; they keep their order and labels}
     *
     * @param newSource what the new set calls itself, such as "MNIST, rotated by 10°"
     * @param change makes the new picture from the old one, both dark ink on white paper; called once an image, in order;
     *     its results must be of one size
     * @throws IllegalArgumentException if there is no image, or the new pictures differ in size
     */
    public LabeledImages map(String newSource, UnaryOperator<BufferedImage> change) {
        LabeledImages changed = of(IntStream.range(0, size()).mapToObj(i -> change.apply(image(i))).toArray(BufferedImage[]::new));
        return new LabeledImages(newSource, changed.rows, changed.columns, classes, changed.pixels, labels);
    }

    /** {@return the same images with other classes} */
    LabeledImages relabelled(String newSource, int newClasses, int[] newLabels) {
        return new LabeledImages(newSource, rows, columns, newClasses, pixels, newLabels);
    }

    /** {@return a copy of the pixels of an image, row by row, 255 is ink} */
    byte[] bytes(int i) {
        int area = rows * columns;
        int from = Objects.checkIndex(i, labels.length) * area;
        return Arrays.copyOfRange(pixels, from, from + area);
    }

    /** {@return 16 hexadecimal digits that are the same for the same pixels and labels: the beginning of their SHA-256} */
    @Override
    public String fingerprint() {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            digest.update((rows + " " + columns + " " + classes + " " + Arrays.hashCode(labels)).getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(digest.digest(pixels), 0, 8);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("This Java has no SHA-256.", e);
        }
    }

    @Override
    public String toString() {
        return String.format("%s: %,d images of %d x %d pixels in %d classes", source, size(), rows, columns, classes);
    }
}
