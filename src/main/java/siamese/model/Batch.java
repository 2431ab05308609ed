package siamese.model;

import java.util.Objects;
import java.util.stream.IntStream;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * What a loss is told about the n examples whose embeddings it gets: their labels, and the pairs that the batch is made
 * of. The arrays are not copied and must not change.
 *
 * @param labels the class of each example; n entries
 * @param first of each pair, the row of its first example, 0 to n − 1
 * @param second of each pair, the row of its second example
 * @param similar of each pair, whether both are of one class
 * @param weights of each pair, how much it counts; together about 1
 * @param distance the network's
 */
public record Batch(int[] labels, int[] first, int[] second, boolean[] similar, double[] weights, Distance distance) {

    /**
     * Checks that the arrays agree.
     *
     * @throws IllegalArgumentException if not, or if there is no pair
     */
    public Batch {
        Objects.requireNonNull(distance, "distance");
        if (first.length == 0 || second.length != first.length || similar.length != first.length
                || weights.length != first.length) {
            throw new IllegalArgumentException("A batch needs a pair at least and one entry a pair, but "
                    + "first, second, similar and weights have " + first.length + ", " + second.length + ", "
                    + similar.length + " and " + weights.length + ".");
        }
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
     * {@return a loss that is read off the distances of the pairs, with its gradient with respect to the embeddings}
     *
     * @param embeddings shape [n, d]
     * @param loss of the batch
     * @param slopes of each pair, the derivative of the loss by its distance
     */
    public Loss.Result result(INDArray embeddings, double loss, double[] slopes) {
        double[] all = new double[labels.length * labels.length];
        for (int p = 0; p < slopes.length; p++) {
            all[place(p)] += slopes[p];
        }
        return new Loss.Result(loss, distance.gradient(embeddings, distance.matrix(embeddings), all));
    }
}
