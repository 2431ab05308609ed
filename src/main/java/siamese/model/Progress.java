package siamese.model;

/**
 * Where training stands after a batch.
 *
 * @param epoch 1 for the first
 * @param epochs how many there will be
 * @param batch of this epoch, 1 for the first
 * @param batches how many this epoch has
 * @param loss mean loss of this epoch's pairs so far
 * @param pairsPerSecond training pairs a second in this epoch so far
 * @param secondsLeft estimated time until the last epoch ends
 * @param warning what the reader should know now, in one sentence, such as that the network has collapsed; "" if
 *     nothing
 */
public record Progress(int epoch, int epochs, int batch, int batches, double loss, double pairsPerSecond,
        double secondsLeft, String warning) {
}
