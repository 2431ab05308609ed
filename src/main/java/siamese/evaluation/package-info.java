/**
 * How good a network is at telling whether two examples are of one class.
 *
 * <p>{@link siamese.evaluation.VerificationReport} judges distances of pairs whose truth is known: ROC curve, area
 * under it, equal error rate, accuracy. {@link siamese.evaluation.CrossValidation} chooses the threshold on some pairs
 * and judges it on others. Positive means similar, and a pair is accepted when its distance is at most the threshold.
 * {@link siamese.evaluation.Embeddings} are the points themselves, with their neighbours and maps, and
 * {@link siamese.evaluation.OneShot} tells new classes apart.
 *
 * <p>Only chapters 10 and 11 use {@link siamese.evaluation.DistanceHistogram}: it counts billions of pairs, of which
 * none is kept.
 */
package siamese.evaluation;
