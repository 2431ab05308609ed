package siamese.notebook;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import siamese.data.Pairs;
import siamese.evaluation.CrossValidation;
import siamese.evaluation.VerificationReport;
import siamese.model.SiameseNetwork;

/**
 * The figures of one run of the overview, which {@code python3 course.py run} prints at its end.
 *
 * @param source name of the data, such as "MNIST"
 * @param quick whether it was a quick run
 * @param seed of the network and its training
 * @param trainPairs number of training pairs
 * @param testPairs number of test pairs
 * @param epochs number of finished epochs
 * @param equalErrorRate on the test pairs, 0 to 1
 * @param accuracy cross-validated on the test pairs, 0 to 1
 * @param accuracyStandardError of {@code accuracy}
 * @param trainingSeconds without the time for the test pairs
 */
public record RunResult(String source, boolean quick, long seed, int trainPairs, int testPairs, int epochs, double equalErrorRate,
        double accuracy, double accuracyStandardError, double trainingSeconds) {

    /**
     * {@return the figures of a run}
     *
     * @param network the trained network
     * @param quick whether it was a quick run
     * @param train the pairs it was trained on
     * @param report what came out on the test pairs
     * @param crossValidation the accuracy on the test pairs
     */
    public static RunResult of(SiameseNetwork network, boolean quick, Pairs train, VerificationReport report,
            CrossValidation crossValidation) {
        return new RunResult(report.source(), quick, network.seed(), train.size(), report.pairs(),
                network.history().epochs().size(), report.equalErrorRate(), crossValidation.accuracy(),
                crossValidation.standardError(), network.history().seconds());
    }

    /**
     * Writes the figures as JSON to the file that the environment variable {@code SIAMESE_RESULT} names; does nothing if
     * there is none.
     */
    public void save() {
        String file = System.getenv("SIAMESE_RESULT");
        if (file != null && !file.isBlank()) {
            try {
                Files.writeString(Path.of(file), json());
            } catch (IOException e) {
                throw new UncheckedIOException("The figures of this run cannot be written to " + file + ".", e);
            }
        }
    }

    String json() {
        return String.format(Locale.ROOT, "{\"source\": \"%s\", \"quick\": %b, \"seed\": %d, \"trainPairs\": %d, \"testPairs\": %d, "
                + "\"epochs\": %d, \"equalErrorRate\": %.6f, \"accuracy\": %.6f, \"accuracyStandardError\": %.6f, "
                + "\"trainingSeconds\": %.1f}%n", source.replace("\\", "\\\\").replace("\"", "\\\""), quick, seed, trainPairs, testPairs,
                epochs, equalErrorRate, accuracy, accuracyStandardError, trainingSeconds);
    }
}
