package siamese.notebook;

import java.util.List;
import java.util.Optional;
import org.knowm.xchart.internal.chartpart.Chart;
import siamese.data.LabeledImages;
import siamese.data.Pairs;
import siamese.evaluation.VerificationReport;
import siamese.model.History;
import siamese.model.SiameseNetwork;
import tech.tablesaw.api.Table;

/** Which types have a look of their own in a notebook, and which. */
final class Views {

    /** The types that a kernel is told about; subclasses are included. */
    static final List<Class<?>> TYPES = List.of(View.class, Chart.class, Table.class, Gallery.class, History.class,
            VerificationReport.class, Pairs.class, LabeledImages.class, SiameseNetwork.class, Check.class);

    private static final int SAMPLE_PAIRS = 10;

    private Views() {}

    /** The view of a value of one of {@link #TYPES}; empty for anything else, null included. */
    static Optional<View> of(Object value) {
        if (value instanceof View view) {
            return Optional.of(view);
        } else if (value instanceof Chart<?, ?> chart) {
            return Optional.of(Charts.view(chart));
        } else if (value instanceof Table table) {
            return Optional.of(Tables.view(table));
        } else if (value instanceof Gallery gallery) {
            return Optional.of(gallery.view());
        } else if (value instanceof History history) {
            return Optional.of(Tables.view(Tables.of(history)));
        } else if (value instanceof VerificationReport report) {
            return Optional.of(Tables.view(Tables.of(report)));
        } else if (value instanceof Pairs pairs) {
            return Optional.of(Gallery.samplePairs(pairs, Math.min(SAMPLE_PAIRS, pairs.size())).view());
        } else if (value instanceof LabeledImages images) {
            return Optional.of(Gallery.oneOfEachClass(images).view());
        } else if (value instanceof Check check) {
            return Optional.of(check.view());
        } else if (value instanceof SiameseNetwork network) {
            return Optional.of(Tables.view(network.summary()));
        }
        return Optional.empty();
    }
}
