/**
 * Examples and pairs: what goes into a Siamese network.
 *
 * <p>{@link siamese.data.Examples} are labelled and of one shape. {@link siamese.data.LabeledImages} are those that are
 * pictures, of any size, grey or in colour, at a byte or a bit a pixel; 0 is white paper and 1 black ink. They come
 * from {@link siamese.data.Mnist} and {@link siamese.data.Omniglot}, which are found in the folder that
 * {@code SIAMESE_DATA} names, in the cache, or on a mirror, and are checked; from a folder of pictures or files in
 * MNIST's format; or from pictures in memory. {@link siamese.data.Pictures} prepares one of the reader's own.
 * {@link siamese.data.Variation} says how much pictures are varied at random while a network learns.
 * {@link siamese.data.Pairs} are indices into one set of examples, never copies of them.
 *
 * <p>{@link siamese.data.RunSize} is the one place that decides how much of the data a quick run uses;
 * {@link siamese.data.Settings} is what the environment says about all runs.
 *
 * <p>Every set of examples and pairs carries a {@code source}, such as "MNIST" or "MNIST, quick run", which all charts
 * and tables repeat: a result never loses the name of the data it was computed on.
 */
package siamese.data;
