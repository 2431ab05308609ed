/**
 * The network: what turns two pictures into a distance, and how it learns to.
 *
 * <p>{@link siamese.model.SiameseNetwork} builds the overview's two-input graph in Deeplearning4j, trains it, computes
 * distances, and is saved and loaded. {@link siamese.model.ContrastiveLoss} is what training makes small,
 * {@link siamese.model.Distance} how far apart two embeddings are. Training reports to
 * {@link siamese.model.TrainingListener}s and returns a {@link siamese.model.History}.
 */
package siamese.model;
