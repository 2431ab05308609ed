package siamese.model;

import java.util.Arrays;
import org.apache.commons.lang3.Validate;
import org.nd4j.common.primitives.Pair;
import org.nd4j.linalg.activations.IActivation;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.lossfunctions.ILossFunction;
import org.nd4j.linalg.lossfunctions.LossUtil;
import org.nd4j.linalg.ops.transforms.Transforms;
import org.nd4j.shade.jackson.annotation.JsonProperty;

/**
 * The contrastive loss of Hadsell, Chopra and LeCun, "Dimensionality Reduction by Learning an Invariant Mapping" (CVPR
 * 2006, doi 10.1109/CVPR.2006.100), as the overview's code has it, without the paper's factor ½. For a pair at distance
 * D with s = 1 if it is similar and s = 0 if not, and the margin m:
 *
 * <pre>L = s·D² + (1 − s)·max(0, m − D)²        ∂L/∂D = 2·s·D − 2·(1 − s)·max(0, m − D)</pre>
 *
 * <p>As a loss function of Deeplearning4j it reads distances (shape [n, 1], at least 0) as the network's output and s
 * (shape [n, 1], 1 similar, 0 dissimilar) as labels.
 *
 * @param margin the distance beyond which a dissimilar pair costs nothing; greater than 0
 * @param violatingOnly whether the dissimilar pairs of a batch that are closer than the margin share the weight of all
 *     of them, so that those beyond it, which have nothing left to teach, do not count in the mean
 */
public record ContrastiveLoss(@JsonProperty("margin") double margin,
        @JsonProperty("violatingOnly") boolean violatingOnly) implements Loss, ILossFunction {

    /**
     * Creates the loss with the mean over all pairs.
     *
     * @param margin the distance beyond which a dissimilar pair costs nothing; greater than 0
     * @throws IllegalArgumentException if the margin is not a number greater than 0
     */
    public ContrastiveLoss(double margin) {
        this(margin, false);
    }

    /**
     * Checks the margin.
     *
     * @throws IllegalArgumentException if it is not a number greater than 0
     */
    public ContrastiveLoss {
        Validate.isTrue(margin > 0 && Double.isFinite(margin), "margin must be greater than 0, but is %s; the overview "
                + "uses 1.", margin);
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
        Validate.isTrue(distances.length != 0 && distances.length == similar.length, "distances and similar must have "
                + "one entry a pair, but have %s and %s.", distances.length, similar.length);
        double sum = 0;
        for (int p = 0; p < distances.length; p++) {
            sum += of(distances[p], similar[p]);
        }
        return sum / distances.length;
    }

    @Override
    public Result of(INDArray embeddings, Batch batch) {
        double[] d = batch.distance().matrix(embeddings);
        double[] slopes = new double[d.length];
        double scale = violatingOnly ? scale(batch, d) : 1;
        double loss = 0;
        for (int p = 0; p < batch.size(); p++) {
            int at = batch.place(p);
            double weight = batch.weights()[p] * (batch.similar()[p] ? 1 : scale);
            loss += weight * of(d[at], batch.similar()[p]);
            slopes[at] += 2 * weight * (batch.similar()[p] ? d[at] : -Math.max(0, margin - d[at]));
        }
        return new Result(loss, batch.distance().gradient(embeddings, d, slopes));
    }

    /** How many times heavier the dissimilar pairs within the margin must be so that they weigh as much as all. */
    private double scale(Batch batch, double[] d) {
        double all = 0;
        double within = 0;
        for (int p = 0; p < batch.size(); p++) {
            if (!batch.similar()[p]) {
                all += batch.weights()[p];
                within += d[batch.place(p)] < margin ? batch.weights()[p] : 0;
            }
        }
        return within > 0 ? all / within : 1;
    }

    @Override
    public double computeScore(INDArray labels, INDArray preOutput, IActivation activationFn, INDArray mask,
            boolean average) {
        double sum = computeScoreArray(labels, preOutput, activationFn, mask).sumNumber().doubleValue();
        return average ? sum / labels.size(0) : sum;
    }

    @Override
    public INDArray computeScoreArray(INDArray labels, INDArray preOutput, IActivation activationFn, INDArray mask) {
        INDArray d = activationFn.getActivation(preOutput.dup(), true);
        INDArray s = similarity(labels, d);
        INDArray missing = Transforms.relu(d.rsub(margin), false);
        return masked(s.mul(d).muli(d).addi(s.rsub(1).muli(missing).muli(missing)), mask);
    }

    @Override
    public INDArray computeGradient(INDArray labels, INDArray preOutput, IActivation activationFn, INDArray mask) {
        INDArray d = activationFn.getActivation(preOutput.dup(), true);
        INDArray s = similarity(labels, d);
        INDArray slope = s.mul(d).subi(s.rsub(1).muli(Transforms.relu(d.rsub(margin), false))).muli(2);
        return masked(activationFn.backprop(preOutput.dup(), slope).getFirst(), mask);
    }

    @Override
    public Pair<Double, INDArray> computeGradientAndScore(INDArray labels, INDArray preOutput, IActivation activationFn,
            INDArray mask, boolean average) {
        return new Pair<>(computeScore(labels, preOutput, activationFn, mask, average),
                computeGradient(labels, preOutput, activationFn, mask));
    }

    private static INDArray similarity(INDArray labels, INDArray distance) {
        Validate.isTrue(labels.equalShapes(distance), "labels must have one row a pair, shape %s, but has shape %s.",
                Arrays.toString(distance.shape()), Arrays.toString(labels.shape()));
        return labels.castTo(distance.dataType());
    }

    private static INDArray masked(INDArray values, INDArray mask) {
        if (mask != null) {
            LossUtil.applyMask(values, mask);
        }
        return values;
    }

    @Override
    public String name() {
        return toString();
    }

    @Override
    public String toString() {
        return "ContrastiveLoss(margin=" + margin + (violatingOnly ? ", violating only" : "") + ")";
    }
}
