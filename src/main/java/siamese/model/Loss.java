package siamese.model;

import java.io.Serializable;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Locale;
import java.util.Objects;
import java.util.Random;
import java.util.stream.IntStream;
import org.apache.commons.lang3.Validate;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.shape.Shape;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

/**
 * What training makes small, read off the embeddings of a batch. One of your own over the pairs' distances is a few
 * lines:
 *
 * <pre>
 * Loss hinge = (embeddings, batch) -&gt; {
 *     double[] d = batch.distances(embeddings), slopes = new double[d.length];
 *     double loss = 0;
 *     for (int p = 0; p &lt; d.length; p++) {
 *         …                                     // add to loss, set slopes[p] to its derivative by d[p]
 *     }
 *     return batch.result(embeddings, loss, slopes);
 * };</pre>
 *
 * <p>{@link #check} compares its gradient with finite differences. Make it a record for
 * {@link SiameseNetwork#trained}, which keeps networks under the name of their loss.
 */
@FunctionalInterface
public interface Loss extends Serializable {

    /**
     * What a loss is told about the n examples whose embeddings it gets: their labels, and the pairs that the batch is
     * made of. The arrays are not copied and must not change.
     *
     * @param labels the class of each example; n entries
     * @param first of each pair, the row of its first example, 0 to n − 1
     * @param second of each pair, the row of its second example
     * @param similar of each pair, whether both are of one class
     * @param weights of each pair, how much it counts; together about 1
     * @param distance the network's
     */
    record Batch(int[] labels, int[] first, int[] second, boolean[] similar, double[] weights, Distance distance) {

        /**
         * Checks that the arrays agree.
         *
         * @throws IllegalArgumentException if not, or if there is no pair
         */
        public Batch {
            Objects.requireNonNull(distance, "distance");
            Validate.isTrue(first.length != 0 && second.length == first.length && similar.length == first.length
                    && weights.length == first.length, "A batch needs a pair at least and one entry a pair, but first, "
                    + "second, similar and weights have %s, %s, %s and %s.", first.length, second.length,
                    similar.length, weights.length);
        }

        /** {@return the number of pairs} */
        public int size() {
            return first.length;
        }

        /** {@return where a pair stands in a matrix of all examples, row by row} */
        int place(int pair) {
            return labels.length * first[pair] + second[pair];
        }

        /**
         * {@return the distance of each pair, as {@link #distance()} defines it}
         *
         * @param embeddings shape [n, d]
         */
        public double[] distances(INDArray embeddings) {
            double[] all = distance.matrix(embeddings);
            return IntStream.range(0, size()).mapToDouble(p -> all[place(p)]).toArray();
        }

        /**
         * {@return a loss that is read off the distances of the pairs, with its gradient with respect to the
         * embeddings}
         *
         * @param embeddings shape [n, d]
         * @param loss of the batch
         * @param slopes of each pair, the derivative of the loss by its distance
         */
        public Result result(INDArray embeddings, double loss, double[] slopes) {
            double[] all = new double[labels.length * labels.length];
            for (int p = 0; p < slopes.length; p++) {
                all[place(p)] += slopes[p];
            }
            return new Result(loss, distance.gradient(embeddings, distance.matrix(embeddings), all));
        }
    }

    /**
     * What a loss is and where it falls.
     *
     * @param loss of the batch
     * @param gradient of the loss with respect to the embeddings, shape [n, d]
     * @param ofParameters its gradient with respect to the loss's parameters, and after them the distance's, in one
     *     row; null where there are none
     */
    record Result(double loss, INDArray gradient, INDArray ofParameters) {

        /**
         * A loss without parameters.
         *
         * @param loss of the batch
         * @param gradient of the loss with respect to the embeddings, shape [n, d]
         */
        public Result(double loss, INDArray gradient) {
            this(loss, gradient, null);
        }
    }

    /** How far a number is moved to see how the loss changes. */
    double STEP = 1e-5;

    /**
     * How well a loss's gradient agrees with finite differences.
     *
     * @param largest difference of any two numbers, relative to the largest of the gradient
     * @param where what it was found at, such as "row 3, component 2 of the embeddings"
     * @param claimed the loss's own number there
     * @param measured by central differences
     */
    record Check(double largest, String where, double claimed, double measured) {

        /** {@return whether the two agree to a millionth} */
        public boolean agrees() {
            return largest < 1e-6;
        }

        @Override
        public String toString() {
            return String.format(Locale.ROOT, agrees()
                    ? "The gradient agrees with finite differences (largest deviation %.1e)."
                    : "The gradient is wrong at %2$s: it says %3$.6f, but finite differences say %4$.6f.",
                    largest, where, claimed, measured);
        }
    }

    /**
     * {@return the loss of a batch and its gradient}
     *
     * @param embeddings shape [n, d], one row an example, float or double; not changed
     * @param batch labels and pairs of the same n examples
     * @throws IllegalArgumentException if the batch lacks what the loss needs, in one sentence
     */
    Result of(INDArray embeddings, Batch batch);

    /**
     * {@return what training changes in the loss, in place, such as a weight for each class; the same array each time,
     * of double numbers if {@link #check} shall read it; null if nothing}
     */
    default INDArray parameters() {
        return null;
    }

    /**
     * Compares the gradient of a loss with central differences, in double precision, on random embeddings of four
     * classes with three examples each.
     *
     * @param loss the loss
     * @param distance how far apart embeddings are
     * @param dimensions of the embeddings, at least 1
     * @param seed of the embeddings
     * @return where the two differ most
     * @throws IllegalArgumentException if the loss returns no gradient, or one of another shape
     */
    static Check check(Loss loss, Distance distance, int dimensions, long seed) {
        Random random = new Random(seed);
        INDArray embeddings = Nd4j.create(random.doubles(12L * dimensions, -1, 1).toArray(),
                new long[] {12, dimensions}, 'c');
        int[] labels = IntStream.range(0, 12).map(i -> i % 4).toArray();
        Batch batch = Batches.allPairs(labels, distance);
        Result result = Trainer.checked(loss.of(embeddings, batch), embeddings, loss, distance, ".");
        Check worst = worst(embeddings, result.gradient(), dimensions, "row %d, component %d of the embeddings", loss,
                batch, embeddings);
        long from = 0;
        for (INDArray own : Trainer.parameters(loss, distance)) {
            INDArray part = result.ofParameters().ravel().get(NDArrayIndex.interval(from, from + own.length()));
            Check next = worst(own, part, own.length(), "parameter %2$d", loss, batch, embeddings);
            worst = next.largest > worst.largest ? next : worst;
            from += own.length();
        }
        return worst;
    }

    private static Check worst(INDArray values, INDArray gradient, long columns, String where, Loss loss, Batch batch,
            INDArray embeddings) {
        double[] claimed = gradient.dup('c').data().asDouble();
        double[] measured = new double[claimed.length];
        for (int k = 0; k < measured.length; k++) {
            long[] at = Shape.ind2subC(values.shape(), k);
            double value = values.getDouble(at);
            values.putScalar(at, value + STEP);
            double above = loss.of(embeddings, batch).loss();
            values.putScalar(at, value - STEP);
            measured[k] = (above - loss.of(embeddings, batch).loss()) / (2 * STEP);
            values.putScalar(at, value);
        }
        double scale = Math.max(Arrays.stream(measured).map(Math::abs).max().orElse(0), 1e-9);
        int at = IntStream.range(0, measured.length).boxed()
                .max(Comparator.comparingDouble(k -> deviation(claimed[k], measured[k]))).orElseThrow();
        return new Check(deviation(claimed[at], measured[at]) / scale,
                String.format(Locale.ROOT, where, at / columns, at % columns), claimed[at], measured[at]);
    }

    private static double deviation(double claimed, double measured) {
        return Double.isFinite(claimed) ? Math.abs(claimed - measured) : Double.POSITIVE_INFINITY;
    }
}
