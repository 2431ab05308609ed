package siamese.model;

import java.util.Arrays;
import java.util.Objects;
import org.nd4j.common.primitives.Pair;
import org.nd4j.linalg.activations.IActivation;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.lossfunctions.ILossFunction;
import org.nd4j.linalg.lossfunctions.LossUtil;
import org.nd4j.linalg.ops.transforms.Transforms;
import org.nd4j.shade.jackson.annotation.JsonAutoDetect;
import org.nd4j.shade.jackson.annotation.JsonProperty;

/**
 * The contrastive loss of Hadsell, Chopra and LeCun, "Dimensionality Reduction by Learning an Invariant Mapping" (CVPR
 * 2006, doi 10.1109/CVPR.2006.100), as the overview's code has it, without the paper's factor ½. For a pair at distance
 * D with s = 1 if it is similar and s = 0 if not, and the margin m:
 *
 * <pre>L = s·D² + (1 − s)·max(0, m − D)²        ∂L/∂D = 2·s·D − 2·(1 − s)·max(0, m − D)</pre>
 *
 * <p>As a loss function of Deeplearning4j it reads distances (shape [n, 1], at least 0) as the network's output and s
 * (shape [n, 1], 1 similar, 0 dissimilar) as labels. Immutable.
 */
@JsonAutoDetect(fieldVisibility = JsonAutoDetect.Visibility.ANY, getterVisibility = JsonAutoDetect.Visibility.NONE)
public final class ContrastiveLoss implements Loss, ILossFunction {

    private static final long serialVersionUID = 1;

    private final double margin;
    private final boolean violatingOnly;

    /**
     * Creates the loss.
     *
     * @param margin the distance beyond which a dissimilar pair costs nothing; greater than 0
     * @throws IllegalArgumentException if the margin is not a number greater than 0
     */
    public ContrastiveLoss(double margin) {
        this(margin, false);
    }

    /**
     * Creates the loss, perhaps with a mean that leaves out what has nothing left to teach.
     *
     * @param margin the distance beyond which a dissimilar pair costs nothing; greater than 0
     * @param violatingOnly whether the dissimilar pairs of a batch that are closer than the margin share the weight of
     *     all of them, so that those beyond it do not count in the mean
     * @throws IllegalArgumentException if the margin is not a number greater than 0
     */
    public ContrastiveLoss(@JsonProperty("margin") double margin,
            @JsonProperty("violatingOnly") boolean violatingOnly) {
        if (!(margin > 0) || Double.isInfinite(margin)) {
            throw new IllegalArgumentException("margin must be greater than 0, but is " + margin
                    + "; the overview uses 1.");
        }
        this.margin = margin;
        this.violatingOnly = violatingOnly;
    }

    /** {@return the distance beyond which a dissimilar pair costs nothing} */
    public double margin() {
        return margin;
    }

    /**
     * {@return the loss of one pair}
     *
     * @param distance of the pair, at least 0
     * @param similar whether the pair is similar
     */
    public double of(double distance, boolean similar) {
        double missing = Math.max(0, margin - distance);
        return similar ? distance * distance : missing * missing;
    }

    /**
     * {@return the mean loss of some pairs}
     *
     * @param distances one distance a pair, at least 0
     * @param similar whether each pair is similar
     * @throws IllegalArgumentException if there is no pair, or the two differ in length
     */
    public double mean(double[] distances, boolean[] similar) {
        if (distances.length == 0 || distances.length != similar.length) {
            throw new IllegalArgumentException("distances and similar must have one entry a pair, but have "
                    + distances.length
                    + " and " + similar.length + ".");
        }
        double sum = 0;
        for (int p = 0; p < distances.length; p++) {
            sum += of(distances[p], similar[p]);
        }
        return sum / distances.length;
    }

    @Override
    public Result of(INDArray embeddings, Batch batch) {
        double[] d = batch.distances(embeddings);
        double scale = violatingOnly ? scale(batch, d) : 1;
        double[] slopes = new double[d.length];
        double loss = 0;
        for (int p = 0; p < d.length; p++) {
            double weight = batch.weights()[p] * (batch.similar()[p] ? 1 : scale);
            loss += weight * of(d[p], batch.similar()[p]);
            slopes[p] = 2 * weight * (batch.similar()[p] ? d[p] : -Math.max(0, margin - d[p]));
        }
        return batch.result(embeddings, loss, slopes);
    }

    /** How many times heavier the dissimilar pairs within the margin must be so that they weigh as much as all. */
    private double scale(Batch batch, double[] distances) {
        double all = 0;
        double within = 0;
        for (int p = 0; p < distances.length; p++) {
            if (!batch.similar()[p]) {
                all += batch.weights()[p];
                within += distances[p] < margin ? batch.weights()[p] : 0;
            }
        }
        return within > 0 ? all / within : 1;
    }

    @Override
    public double computeScore(INDArray labels, INDArray preOutput, IActivation activationFn, INDArray mask,
            boolean average) {
        INDArray scores = computeScoreArray(labels, preOutput, activationFn, mask);
        double sum = scores.sumNumber().doubleValue();
        return average ? sum / scores.size(0) : sum;
    }

    @Override
    public INDArray computeScoreArray(INDArray labels, INDArray preOutput, IActivation activationFn, INDArray mask) {
        INDArray distance = activationFn.getActivation(preOutput.dup(), true);
        INDArray s = similarity(labels, distance);
        INDArray missing = Transforms.relu(distance.rsub(margin), false);
        INDArray scores = s.mul(distance).muli(distance).addi(s.rsub(1).muli(missing).muli(missing));
        if (mask != null) {
            LossUtil.applyMask(scores, mask);
        }
        return scores;
    }

    @Override
    public INDArray computeGradient(INDArray labels, INDArray preOutput, IActivation activationFn, INDArray mask) {
        INDArray distance = activationFn.getActivation(preOutput.dup(), true);
        INDArray s = similarity(labels, distance);
        INDArray missing = Transforms.relu(distance.rsub(margin), false);
        INDArray slope = s.mul(distance).subi(s.rsub(1).muli(missing)).muli(2);
        INDArray gradient = activationFn.backprop(preOutput.dup(), slope).getFirst();
        if (mask != null) {
            LossUtil.applyMask(gradient, mask);
        }
        return gradient;
    }

    @Override
    public Pair<Double, INDArray> computeGradientAndScore(INDArray labels, INDArray preOutput, IActivation activationFn,
            INDArray mask, boolean average) {
        return new Pair<>(computeScore(labels, preOutput, activationFn, mask, average),
                computeGradient(labels, preOutput, activationFn, mask));
    }

    private static INDArray similarity(INDArray labels, INDArray distance) {
        if (!labels.equalShapes(distance)) {
            throw new IllegalArgumentException("labels must have one row a pair, shape "
                    + Arrays.toString(distance.shape())
                    + ", but has shape " + Arrays.toString(labels.shape()) + ".");
        }
        return labels.castTo(distance.dataType());
    }

    @Override
    public String name() {
        return toString();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof ContrastiveLoss loss && loss.margin == margin && loss.violatingOnly == violatingOnly;
    }

    @Override
    public int hashCode() {
        return Objects.hash(margin, violatingOnly);
    }

    @Override
    public String toString() {
        return "ContrastiveLoss(margin=" + margin + (violatingOnly ? ", violating only" : "") + ")";
    }
}
