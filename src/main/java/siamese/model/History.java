package siamese.model;

import java.util.List;
import java.util.stream.Collectors;

/**
 * What training did, epoch by epoch.
 *
 * @param source name of the data it was trained on, such as "MNIST"
 * @param epochs the epochs that were finished, in order
 * @param interrupted whether training was stopped before its last epoch was finished
 * @param warning what the reader should know, in one sentence, such as that the network has collapsed; "" if nothing
 */
public record History(String source, List<Epoch> epochs, boolean interrupted, String warning) {

    /**
     * One epoch.
     *
     * @param number 1 for the first
     * @param trainLoss mean loss of the training pairs, each taken just before the network learned from it
     * @param testLoss mean loss of the test pairs after the epoch; NaN if there are none
     * @param pairsPerSecond training pairs a second, without the time for the test pairs
     * @param seconds training time, without the time for the test pairs
     */
    public record Epoch(int number, double trainLoss, double testLoss, double pairsPerSecond, double seconds) {

        @Override
        public String toString() {
            return String.format("Epoch %2d: training loss %.4f%s, %,.0f pairs/s, %.0f s", number, trainLoss,
                    Double.isNaN(testLoss) ? "" : String.format(", test loss %.4f", testLoss), pairsPerSecond, seconds);
        }
    }

    /** Copies the list. */
    public History {
        epochs = List.copyOf(epochs);
    }

    /** {@return the training time of all epochs in seconds, without the time for the test pairs} */
    public double seconds() {
        return epochs.stream().mapToDouble(Epoch::seconds).sum();
    }

    @Override
    public String toString() {
        return source + ": " + epochs.size() + " epochs" + (interrupted ? ", then stopped" : "")
                + (warning.isEmpty() ? "" : "\n" + warning)
                + epochs.stream().map(e -> "\n" + e).collect(Collectors.joining());
    }
}
