package siamese.data;

import it.unimi.dsi.fastutil.ints.IntArrays;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.commons.lang3.Validate;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Images of one size with a class label each, grey or in colour. In all of them 0 is white paper and 1 is black ink:
 * the numbers of a photograph are those of its negative, and {@link #image} shows it as it was. A pixel takes a byte
 * (47 MB for MNIST's training images), or a bit where nothing is between black and white. Immutable.
 */
public final class LabeledImages implements Examples {

    private static final long serialVersionUID = 2;

    private final String source;
    private final List<String> classNames;
    private final Pixels pixels;
    private final int[] labels;

    /**
     * Wraps pixels and labels of grey images; the arrays are not copied and must not change afterwards.
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
        this(source, rows, columns, Channels.GREY, classes, pixels, labels);
    }

    /**
     * Wraps pixels and labels of grey or coloured images.
     *
     * @param source where the images come from
     * @param rows height of an image in pixels, at least 1
     * @param columns width of an image in pixels, at least 1
     * @param channels what a pixel says
     * @param classes number of classes, at least 2
     * @param pixels {@code labels.length * channels.count() * rows * columns} unsigned bytes, in an image by channel
     * @param labels one label an image
     * @throws IllegalArgumentException if the sizes do not agree or a label is out of range
     */
    public LabeledImages(String source, int rows, int columns, Channels channels, int classes, byte[] pixels,
            int[] labels) {
        this(source, names(classes), Pixels.of(rows, columns, channels, pixels, labels.length), labels);
    }

    LabeledImages(String source, List<String> classNames, Pixels pixels, int[] labels) {
        this.source = source;
        this.classNames = List.copyOf(classNames);
        this.pixels = pixels;
        this.labels = labels;
        for (int i = 0; i < labels.length; i++) {
            Validate.isTrue(labels[i] >= 0 && labels[i] < classes(), "labels[%s] is %s, but a label must be 0 to %s; "
                    + "correct it, or give more classes.", i, labels[i], classes() - 1);
        }
    }

    /** The names of classes that have none: their numbers. */
    static List<String> names(int classes) {
        Validate.isTrue(classes >= 2, "classes must be at least 2, but is %s.", classes);
        return IntStream.range(0, classes).mapToObj(Integer::toString).toList();
    }

    /**
     * {@return grey images given as numbers; they are kept as whole steps of 1/255}
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
        return new LabeledImages(source, rows, columns, classes, Pixels.bytes(pixels), labels.clone());
    }

    /**
     * {@return pictures of your own as a set of grey images, all in class 0}
     *
     * @param pictures of one size and of any kind: what a person sees of them on white paper counts
     * @throws IllegalArgumentException if there is none, or they differ in size
     */
    public static LabeledImages of(BufferedImage... pictures) {
        return of(Channels.GREY, pictures);
    }

    /**
     * {@return pictures of your own as a set of images, all in class 0}
     *
     * @param channels whether they become grey or keep their colours
     * @param pictures of one size and of any kind: what a person sees of them on white paper counts
     * @throws IllegalArgumentException if there is none, or they differ in size
     */
    public static LabeledImages of(Channels channels, BufferedImage... pictures) {
        return new LabeledImages("your own pictures", names(2), Pixels.of(channels, pictures),
                new int[pictures.length]);
    }

    /**
     * Reads a folder of pictures (PNG, JPEG, WebP, GIF, BMP, TIFF or PGM) with one subfolder a class, which gives the
     * class its name. Classes and pictures come in the order of their names, s2 before s10. Of each picture the middle
     * is taken, as much as has the proportions of the size, and scaled by averaging areas. Pictures that a camera has
     * marked as turned are set upright. Names that begin with a dot, and files beside the subfolders, are passed over.
     *
     * @param folder the folder, after which the set is called
     * @param rows height that the images shall have, in pixels, at least 1
     * @param columns width that they shall have, in pixels, at least 1
     * @param channels whether they become grey or keep their colours
     * @return all images
     * @throws IOException if there is no folder, no class, one class, an empty class, or a file that is no picture
     * @throws IllegalArgumentException if the size is less than 1, or the images need more memory than there is
     */
    public static LabeledImages ofFolder(Path folder, int rows, int columns, Channels channels) throws IOException {
        return ofFolder(folder, rows, columns, channels, null);
    }

    /**
     * {@return a folder's images as {@link #ofFolder(Path, int, int, Channels)} reads them, but no other files}
     *
     * @param folder the folder
     * @param rows height that the images shall have, in pixels
     * @param columns width that they shall have, in pixels
     * @param channels whether they become grey or keep their colours
     * @param leftOut is told of each file that is left out, in one sentence; {@code System.out::println} shows it
     * @throws IOException if there is no folder, no class, one class, or a class without a picture
     * @throws IllegalArgumentException as there
     */
    public static LabeledImages ofFolder(Path folder, int rows, int columns, Channels channels,
            Consumer<String> leftOut) throws IOException {
        return PictureFolder.of(folder).read(rows, columns, channels, leftOut, false);
    }

    /**
     * Reads a folder as {@link #ofFolder(Path, int, int, Channels)} does, its pictures at the size that they have.
     *
     * @param folder the folder
     * @param channels whether they become grey or keep their colours
     * @return all images
     * @throws IOException as there, and if two pictures differ in size
     * @throws IllegalArgumentException if the images need more memory than there is
     */
    public static LabeledImages ofFolder(Path folder, Channels channels) throws IOException {
        return PictureFolder.of(folder).asTheyAre(channels);
    }

    /**
     * Reads two files in the IDX format of MNIST, Fashion-MNIST, KMNIST and EMNIST, compressed by gzip or not. The
     * labels that occur become the classes, without gaps, and give them their names: EMNIST's letters, 1 to 26, are the
     * classes 0 to 25 with the names "1" to "26". EMNIST's pictures need {@link #transposed()}.
     *
     * @param images of unsigned bytes in three dimensions: images, rows, columns; 255 is ink
     * @param labels of unsigned bytes in one dimension
     * @param source what the set calls itself, such as "Fashion-MNIST"
     * @return all images
     * @throws IOException if a file cannot be read, is not of this format, or does not belong to the other
     * @throws IllegalArgumentException if the images need more memory than there is
     */
    public static LabeledImages ofIdx(Path images, Path labels, String source) throws IOException {
        return Idx.images(source, images, labels);
    }

    @Override
    public String source() {
        return source;
    }

    @Override
    public int size() {
        return labels.length;
    }

    /** {@return the height of an image in pixels} */
    public int rows() {
        return pixels.rows();
    }

    /** {@return the width of an image in pixels} */
    public int columns() {
        return pixels.columns();
    }

    /** {@return what a pixel says} */
    public Channels channels() {
        return pixels.channels();
    }

    @Override
    public int[] shape() {
        return new int[] {channels().count(), rows(), columns()};
    }

    @Override
    public int classes() {
        return classNames.size();
    }

    /** {@return what each class is called, such as the name of its folder; its number, if it has no name} */
    public List<String> classNames() {
        return classNames;
    }

    /**
     * {@return the same images with other names of their classes}
     *
     * @param names one a class
     * @throws IllegalArgumentException if there are more or fewer
     */
    public LabeledImages withClassNames(String... names) {
        Validate.isTrue(names.length == classes(), "names has %s entries, but there are %s classes.", names.length,
                classes());
        return new LabeledImages(source, List.of(names), pixels, labels);
    }

    @Override
    public int label(int i) {
        return labels[i];
    }

    @Override
    public INDArray batch(int... indices) {
        return batch(Variation.NONE, null, indices);
    }

    @Override
    public INDArray batch(Variation how, RandomGenerator random, int... indices) {
        return pixels.batch(how, random, indices);
    }

    /**
     * {@return the images as {@link #batch(int...)} gives them: shape [n, channels, rows, columns], 0 to 1}
     *
     * @param indices the images wanted, in this order; an image may appear more than once
     * @throws IndexOutOfBoundsException if there is no such image
     */
    public INDArray pixels(int... indices) {
        return batch(indices);
    }

    /**
     * {@return one image as a picture: dark ink on white paper, and a photograph as it was}
     *
     * @param i the image, 0 to {@code size() - 1}
     * @throws IndexOutOfBoundsException if there is no such image
     */
    public BufferedImage image(int i) {
        return pixels.image(i);
    }

    /**
     * {@return some images of each class, drawn without replacement, as a set of their own, in their order}
     *
     * <p>Files have an order, so one {@link Random}, seeded by a {@code SplittableRandom} of this seed, shuffles class
     * after class, and each gives its first. Draws of one seed are nested: what a small one has, a larger one has.
     *
     * @param perClass how many images of each class, at least 1; a smaller class gives all it has
     * @param seed of the draw
     * @param newSource what the new set calls itself, such as "MNIST, quick run"
     * @throws IllegalArgumentException if {@code perClass} is less than 1
     */
    public LabeledImages sampleOfEachClass(int perClass, long seed, String newSource) {
        Validate.isTrue(perClass >= 1, "perClass must be at least 1, but is %s.", perClass);
        Random random = Pairs.random(seed);
        return subset(Stream.of(indicesByClass()).flatMapToInt(
                c -> IntStream.of(IntArrays.shuffle(c, random)).limit(perClass)).sorted().toArray()).named(newSource);
    }

    /**
     * {@return some of the images, in the given order, as a set of their own; they keep their labels}
     *
     * @param indices the images wanted, at least one
     * @throws IndexOutOfBoundsException if there is no such image
     */
    public LabeledImages subset(int... indices) {
        return new LabeledImages(source, classNames, pixels.select(indices),
                IntStream.of(indices).map(this::label).toArray());
    }

    /**
     * {@return changed copies of the images, such as rotated or noisy ones; they keep their order and labels}
     *
     * @param newSource what the new set calls itself, such as "MNIST, rotated by 10°"
     * @param change makes the new picture from the old one, both as {@link #image} gives them; called once an image, in
     *     order; its results must be of one size, and of them what a person sees on white paper counts
     * @throws IllegalArgumentException if there is no image, or the new pictures differ in size
     */
    public LabeledImages map(String newSource, UnaryOperator<BufferedImage> change) {
        Pixels changed = Pixels.of(channels(), IntStream.range(0, size()).mapToObj(i -> change.apply(image(i)))
                .toArray(BufferedImage[]::new));
        return new LabeledImages(newSource, classNames, changed, labels);
    }

    /** {@return the same images with rows and columns swapped, as EMNIST needs it, whose letters lie on their side} */
    public LabeledImages transposed() {
        return new LabeledImages(source, classNames, pixels.transposed(), labels);
    }

    /** {@return the same images under another name} */
    LabeledImages named(String newSource) {
        return new LabeledImages(newSource, classNames, pixels, labels);
    }

    /** {@return the same images with other classes} */
    LabeledImages relabelled(String newSource, int newClasses, int[] newLabels) {
        return new LabeledImages(newSource, names(newClasses), pixels, newLabels);
    }

    /** {@return a copy of the pixels of an image, channel by channel, row by row, 255 is ink} */
    byte[] bytes(int i) {
        return pixels.get(i);
    }

    @Override
    public String fingerprint() {
        return pixels.fingerprint((channels() == Channels.GREY ? "" : channels() + " ") + rows() + " " + columns() + " "
                + classes() + " " + Arrays.hashCode(labels));
    }

    @Override
    public String toString() {
        return String.format("%s: %,d %simages of %d x %d pixels in %d classes", source, size(),
                channels() == Channels.GREY ? "" : "coloured ", rows(), columns(), classes());
    }
}
