/**
 * The network: what turns two examples into a distance, and how it learns to.
 *
 * <p>A {@link siamese.model.SiameseNetwork} is a {@link siamese.model.BaseNetwork}, any layers over any shape of
 * example, and a {@link siamese.model.Distance}. It embeds examples, computes distances, is trained, saved and loaded,
 * and shows itself as the overview's two-input graph. Training follows a {@link siamese.model.Recipe}, which has a
 * {@link siamese.model.Loss}: {@link siamese.model.ContrastiveLoss}, {@link siamese.model.TripletLoss},
 * {@link siamese.model.SupervisedContrastiveLoss}, or the reader's own. It reports to
 * {@link siamese.model.TrainingListener}s and returns a {@link siamese.model.History}.
 *
 * <p>Not public: {@code Execution} runs a base network forward and back, as {@code LayerPlan} says, layer by layer;
 * {@code Batches} chooses what a {@code Trainer} sees next; {@code SavedNetwork} is the file.
 */
package siamese.model;
