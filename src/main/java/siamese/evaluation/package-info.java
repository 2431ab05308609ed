/**
 * How good a network is at telling whether two pictures show the same class.
 *
 * <p>{@link siamese.evaluation.VerificationReport} judges distances of pairs whose truth is known: ROC curve, area
 * under it, equal error rate, accuracy. {@link siamese.evaluation.CrossValidation} chooses the threshold on some pairs
 * and judges it on others. Positive means similar, and a pair is accepted when its distance is at most the threshold.
 */
package siamese.evaluation;
