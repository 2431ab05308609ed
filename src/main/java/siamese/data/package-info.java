/**
 * Images and pairs: what goes into a Siamese network.
 *
 * <p>{@link siamese.data.Mnist} finds MNIST (in the folder that {@code SIAMESE_DATA} names, in the cache, or on a mirror),
 * checks it and reads it into {@link siamese.data.LabeledImages}, which keeps one byte a pixel.
 * {@link siamese.data.Pairs} holds pairs of images as indices into one such set, never as copies of pixels.
 * {@link siamese.data.RunSize} is the one place that decides how much of it a quick run uses.
 *
 * <p>Every set of images and pairs carries a {@code source}, such as "MNIST" or "MNIST, quick run", which all charts
 * and tables repeat: a result never loses the name of the data it was computed on.
 */
package siamese.data;
