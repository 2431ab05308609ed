package siamese.notebook;

import java.util.List;
import java.util.function.Function;
import org.knowm.xchart.HeatMapChart;
import org.knowm.xchart.internal.chartpart.Chart;
import siamese.data.LabeledImages;
import siamese.data.Pairs;
import siamese.evaluation.VerificationReport;
import siamese.model.History;
import siamese.model.SiameseNetwork;
import tech.tablesaw.api.Table;

/** Which types have a look of their own in a notebook, and which. */
final class Views {

    private static final int SAMPLE_PAIRS = 10;

    /** A value has the first look that takes it. The kernel is told about these types. */
    static final List<Look<?>> LOOKS = List.of(
            new Look<>(View.class, view -> view),
            new Look<>(HeatMapChart.class, HeatMap::view),
            new Look<>(Chart.class, Charts::view),
            new Look<>(ChartGrid.class, ChartGrid::view),
            new Look<>(Table.class, Tables::view),
            new Look<>(Gallery.class, Gallery::view),
            new Look<>(History.class, history -> Tables.view(Tables.of(history))),
            new Look<>(VerificationReport.class, report -> Tables.view(Tables.of(report))),
            new Look<>(Pairs.class, pairs -> Gallery.samplePairs(pairs, Math.min(SAMPLE_PAIRS, pairs.size())).view()),
            new Look<>(LabeledImages.class, images -> Gallery.oneOfEachClass(images).view()),
            new Look<>(SiameseNetwork.class, network -> Tables.view(network.summary())),
            new Look<>(Check.class, Check::view),
            new Look<>(Object.class, value -> View.plain(Text.value(value))));

    private Views() {}

    /** How a value looks; null looks as "null". */
    static View of(Object value) {
        return LOOKS.stream().filter(look -> look.type().isInstance(value)).findFirst()
                .map(look -> look.view(value)).orElseGet(() -> View.plain("null"));
    }

    /** How values of a type and its subclasses look. */
    record Look<T>(Class<T> type, Function<? super T, View> look) {

        View view(Object value) {
            return look.apply(type.cast(value));
        }
    }
}
