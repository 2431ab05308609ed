package siamese.data;

import java.io.IOException;
import java.io.Serializable;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.commons.lang3.Validate;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Signatures or characters as the pen moved. To a network each is {@value #CURVES} curves over 200 moments,
 * as in J. Bromley et al., "Signature Verification using a 'Siamese' Time Delay Neural Network" (NIPS 6, 1993). The
 * class of a genuine signature is its signer; every forgery is a class of its own, as it is like none. Immutable.
 */
public final class Strokes implements Examples {

    /** How many curves describe a drawing: see {@link Drawing#curves()}. */
    public static final int CURVES = 8;
    /** At how many moments, evenly spaced in time. */
    public static final int STEPS = 200;

    private static final long serialVersionUID = 1;

    private final String source;
    private final List<Drawing> drawings;
    private final int[] signers;
    private final boolean[] forged;
    private final int[] labels;
    private final int classes;
    private final float[][] curves;

    /**
     * One drawing: points in the order of time. The arrays are not copied and must not change.
     *
     * @param name such as the name of its file
     * @param x to the right, in any unit
     * @param y upwards, in the same unit
     * @param seconds the time of each point, each later than the one before
     * @param down whether the pen is on the paper from this point to the next
     */
    public record Drawing(String name, double[] x, double[] y, double[] seconds, boolean[] down)
            implements Serializable {

        private static final double LARGEST = 1e9;

        /**
         * Checks the values.
         *
         * @throws IllegalArgumentException if the arrays differ in length or have fewer than two points, a number is
         *     not finite or beyond a billion, or time stands or runs backwards
         */
        public Drawing {
            int n = x.length;
            Validate.isTrue(y.length == n && seconds.length == n && down.length == n, "%s has %s x, %s y, %s times and "
                    + "%s pen states, but needs as many of each.", name, n, y.length, seconds.length, down.length);
            Validate.isTrue(n >= 2, "%s has %s point(s), but a drawing needs at least two; record it again.", name, n);
            for (int i = 0; i < n; i++) {
                Validate.isTrue(Math.abs(x[i]) <= LARGEST && Math.abs(y[i]) <= LARGEST
                        && Math.abs(seconds[i]) <= LARGEST,
                        "%s has x %s, y %s and the time %s at point %s, but these must be numbers up to a billion; "
                        + "leave the point out.", name, x[i], y[i], seconds[i], i + 1);
                Validate.isTrue(i == 0 || seconds[i] > seconds[i - 1], "%s: at point %s the time is %s s after %s s, "
                        + "but time must go forwards; leave the point out, or record it again.", name, i + 1,
                        seconds[i], seconds[Math.max(0, i - 1)]);
            }
        }

        /** {@return how long it took, in seconds} */
        public double duration() {
            return seconds[seconds.length - 1] - seconds[0];
        }

        /**
         * {@return the eight curves of 200 numbers each, mostly within −1 to 1: the pen (1 down, −1 up), x,
         * y, the speed, the centripetal and the tangential acceleration, the cosine and the sine of the direction}
         *
         * <p>The path is interpolated linearly at evenly spaced moments; of x and y the straight line in time that fits
         * best is taken away, and both are divided by the standard deviation of y (of a flat drawing by a quarter of
         * that of x). With ẋ and ẏ by central differences, one moment the unit of time: v = √(ẋ² + ẏ²), centripetal
         * (ẋÿ − ẏẍ)/v, tangential (ẋẍ + ẏÿ)/v, cosine ẋ/v, sine ẏ/v; where the pen stands, the direction stays and
         * the centripetal acceleration is 0. How long it took is in none of them. The 1993 paper names these quantities
         * among ten; the formulas and scales are ours.
         */
        public double[][] curves() {
            return PenCurves.of(this);
        }
    }

    /**
     * Computes the curves of drawings.
     *
     * @param source where they come from; shown in every chart and table
     * @param drawings at least two
     * @param signers whose signature each one is or claims to be, from 0 on without gaps; of characters which one it is
     * @param forged whether each is a forgery; they come after all genuine ones or among them
     * @throws IllegalArgumentException if the sizes differ, or a signer from 0 to the largest has no genuine signature
     */
    public Strokes(String source, List<Drawing> drawings, int[] signers, boolean[] forged) {
        this.source = source;
        this.drawings = List.copyOf(drawings);
        this.signers = signers.clone();
        this.forged = forged.clone();
        Validate.isTrue(drawings.size() >= 2 && signers.length == drawings.size() && forged.length == signers.length,
                "drawings, signers and forged must have one entry a drawing and at least two, but have %s, %s and %s.",
                drawings.size(), signers.length, forged.length);
        int people = IntStream.of(signers).max().orElseThrow() + 1;
        long known = IntStream.range(0, size()).filter(i -> !forged[i]).map(i -> signers[i]).distinct().count();
        Validate.isTrue(IntStream.of(signers).min().orElseThrow() >= 0 && known == people, "signers must be 0 to %s, "
                + "each with a genuine drawing, but only %s have one.", people - 1, known);
        this.labels = new int[size()];
        int next = people;
        for (int i = 0; i < labels.length; i++) {
            labels[i] = forged[i] ? next++ : signers[i];
        }
        this.classes = next;
        this.curves = drawings.stream().parallel().map(drawing -> {
            FloatBuffer flat = FloatBuffer.allocate(CURVES * STEPS);
            Stream.of(drawing.curves()).flatMapToDouble(DoubleStream::of).forEach(v -> flat.put((float) v));
            return flat.array();
        }).toArray(float[][]::new);
    }

    /**
     * Finds the strokes of Omniglot as {@link Omniglot#load()} finds its pictures, and reads them: 242 characters of
     * eight alphabets by 20 people each, drawn with a mouse. Drawing i is character i / 20 by drawer i % 20 + 1 of its
     * alphabet, with a name such as "Greek/character01/0394_01". Pauses are cut to 150 ms, and a point that is not
     * later than the one before is put a millisecond after it.
     *
     * @return all 4,840 drawings; their "signers" are the characters
     * @throws IOException if the archives are nowhere to be had, in one sentence that says what to do
     */
    public static Strokes omniglot() throws IOException {
        return StrokeFiles.omniglot(DataFolder.standard("omniglot", Omniglot.MIRRORS));
    }

    /**
     * Reads a folder of signatures in the format of SVC2004, the first Signature Verification Competition, which the
     * page {@code notebooks/signature_recorder.html} writes, too: files UiSk.TXT by signer i, genuine for k up to 20
     * and forged from 21 on. The first line is the number of points; each further one has x, y, the time in
     * milliseconds, and 1 while the pen is down, else 0; what follows is not read.
     *
     * @param folder the folder, after which the set is called; other files are passed over
     * @return all signatures, by signer and number
     * @throws IOException if there is no such file, or one cannot be read, in one sentence that names it
     */
    public static Strokes ofFolder(Path folder) throws IOException {
        return StrokeFiles.folder(folder);
    }

    /**
     * {@return a drawing as the pen moved}
     *
     * @param i 0 to {@code size() - 1}
     */
    public Drawing drawing(int i) {
        return drawings.get(i);
    }

    /**
     * {@return whose signature a drawing is, or claims to be; of characters which one}
     *
     * @param i 0 to {@code size() - 1}
     */
    public int signer(int i) {
        return signers[i];
    }

    /**
     * {@return whether a drawing is a forgery}
     *
     * @param i 0 to {@code size() - 1}
     */
    public boolean forged(int i) {
        return forged[i];
    }

    /**
     * {@return some of the drawings, in this order, as a set of their own; the signers are numbered anew}
     *
     * @param newSource what the new set calls itself
     * @param indices which, at least two; each signer with a genuine drawing
     */
    public Strokes subset(String newSource, int... indices) {
        int[] people = IntStream.of(indices).map(i -> signers[i]).sorted().distinct().toArray();
        boolean[] own = new boolean[indices.length];
        for (int k = 0; k < own.length; k++) {
            own[k] = forged[indices[k]];
        }
        return new Strokes(newSource, IntStream.of(indices).mapToObj(drawings::get).toList(),
                IntStream.of(indices).map(i -> Arrays.binarySearch(people, signers[i])).toArray(), own);
    }

    @Override
    public int size() {
        return drawings.size();
    }

    @Override
    public int classes() {
        return classes;
    }

    @Override
    public int label(int i) {
        return labels[i];
    }

    @Override
    public String source() {
        return source;
    }

    @Override
    public int[] shape() {
        return new int[] {1, CURVES, STEPS};
    }

    @Override
    public String fingerprint() {
        return Pixels.fingerprint(Arrays.toString(labels), Stream.of(curves).map(own -> {
            ByteBuffer bytes = ByteBuffer.allocate(Float.BYTES * own.length);
            bytes.asFloatBuffer().put(own);
            return bytes.array();
        }));
    }

    @Override
    public INDArray batch(int... indices) {
        INDArray numbers = Nd4j.createUninitialized(DataType.FLOAT, indices.length, 1, CURVES, STEPS);
        FloatBuffer values = numbers.data().asNioFloat();
        IntStream.of(indices).forEach(i -> values.put(curves[i]));
        return numbers;
    }

    @Override
    public String toString() {
        long forgeries = IntStream.range(0, size()).filter(this::forged).count();
        return String.format(forgeries == 0 ? "%s: %,d drawings in %,d classes"
                : "%s: %,d drawings by %,d signers, %,d of them forged", source, size(), classes - forgeries,
                forgeries);
    }
}
