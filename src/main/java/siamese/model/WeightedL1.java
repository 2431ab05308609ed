package siamese.model;

import java.util.Arrays;
import org.apache.commons.lang3.Validate;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * A distance that is learned together with the network, and the loss that teaches both: two examples are similar with
 * the probability σ(b − D), and the loss is the cross-entropy.
 *
 * <pre>D = Σₖ αₖ²|xₖ − yₖ|        L = mean of log(1 + exp(D − b)) if similar, log(1 + exp(b − D)) if not</pre>
 *
 * <p>G. Koch, R. Zemel and R. Salakhutdinov, "Siamese Neural Networks for One-shot Image Recognition" (ICML Deep
 * Learning Workshop 2015); there the weights are free, here they are squares, so that D is a distance. A network with
 * it has the same object as its distance and in its recipe.
 */
public final class WeightedL1 implements Loss, Distance {

    private final INDArray parameters;
    private final String name;

    /**
     * A distance that weighs all components alike.
     *
     * @param dimensions of an embedding, at least 1
     * @param alpha each α at first, greater than 0
     * @param bias b at first
     * @throws IllegalArgumentException if a value is out of range
     */
    public WeightedL1(int dimensions, double alpha, double bias) {
        Validate.isTrue(dimensions >= 1 && alpha > 0 && Double.isFinite(alpha + bias), "dimensions must be at least 1 "
                + "and alpha greater than 0, but are %s and %s with the bias %s; try an alpha of 0.3 and a bias of 1.",
                dimensions, alpha, bias);
        parameters = Nd4j.valueArrayOf(new long[] {dimensions + 1L}, alpha, DataType.DOUBLE);
        parameters.putScalar(dimensions, bias);
        name = "WeightedL1[dimensions=" + dimensions + ", alpha=" + alpha + ", bias=" + bias + "]";
    }

    /** {@return α of each component, and b behind them} */
    @Override
    public INDArray parameters() {
        return parameters;
    }

    private double[] weights() {
        double[] alpha = parameters.toDoubleVector();
        return Arrays.stream(alpha).limit(alpha.length - 1).map(a -> a * a).toArray();
    }

    private static double of(double[] a, double[] b, double[] weights) {
        double sum = 0;
        for (int k = 0; k < weights.length; k++) {
            sum += weights[k] * Math.abs(a[k] - b[k]);
        }
        return sum;
    }

    @Override
    public double of(double[] a, double[] b) {
        return of(a, b, weights());
    }

    @Override
    public double[] slope(double[] a, double[] b) {
        double[] weights = weights();
        double[] slope = new double[a.length];
        Arrays.setAll(slope, k -> weights[k] * Math.signum(a[k] - b[k]));
        return slope;
    }

    @Override
    public double[] matrix(INDArray embeddings) {
        double[][] e = embeddings.castTo(DataType.DOUBLE).toDoubleMatrix();
        double[] weights = weights();
        double[] distances = new double[e.length * e.length];
        for (int i = 0; i < e.length; i++) {
            for (int j = 0; j < i; j++) {
                distances[i * e.length + j] = distances[j * e.length + i] = of(e[i], e[j], weights);
            }
        }
        return distances;
    }

    @Override
    public Result of(INDArray embeddings, Batch batch) {
        double[][] e = embeddings.castTo(DataType.DOUBLE).toDoubleMatrix();
        double[] alpha = parameters.toDoubleVector();
        double[] weights = weights();
        double[][] gradient = new double[e.length][weights.length];
        double[] ofParameters = new double[alpha.length];
        double loss = 0;
        for (int p = 0; p < batch.size(); p++) {
            int i = batch.first()[p];
            int j = batch.second()[p];
            double sign = batch.similar()[p] ? 1 : -1;
            double excess = sign * (of(e[i], e[j], weights) - alpha[weights.length]);
            loss += batch.weights()[p] * (Math.max(0, excess) + Math.log1p(Math.exp(-Math.abs(excess))));
            double slope = sign * batch.weights()[p] / (1 + Math.exp(-excess));
            ofParameters[weights.length] -= slope;
            for (int k = 0; k < weights.length; k++) {
                double difference = e[i][k] - e[j][k];
                double force = slope * weights[k] * Math.signum(difference);
                gradient[i][k] += force;
                gradient[j][k] -= force;
                ofParameters[k] += slope * 2 * alpha[k] * Math.abs(difference);
            }
        }
        return new Result(loss, Nd4j.createFromArray(gradient).castTo(embeddings.dataType()),
                Nd4j.createFromArray(ofParameters));
    }

    @Override
    public String toString() {
        return name;
    }
}
