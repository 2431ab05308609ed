package siamese.notebook;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import siamese.model.SiameseNetwork;
import tech.tablesaw.api.IntColumn;
import tech.tablesaw.api.Table;

/** Outside a kernel; the notebooks' tests run the same inside one. */
class KernelTest {

    private static List<String> printed(Runnable action) {
        PrintStream out = System.out;
        ByteArrayOutputStream caught = new ByteArrayOutputStream();
        System.setOut(new PrintStream(caught, true, StandardCharsets.UTF_8));
        try {
            action.run();
        } finally {
            System.setOut(out);
        }
        return caught.toString(StandardCharsets.UTF_8).lines().toList();
    }

    @Test
    void withoutAKernelRegisteringDoesNothing() {
        assertFalse(Kernel.isRunning());
        assertEquals(List.of(), printed(Kernel::register));
    }

    @Test
    void withoutAKernelDisplayPrintsTheText() {
        assertEquals(List.of("Pairs of images from squares & <stripes>:", "1. similar: 0, 0"),
                printed(() -> Kernel.display(Gallery.firstPairs(Samples.pairs(), 1))));
        assertEquals(List.of("plain"), printed(() -> Kernel.display("plain")));
        assertEquals(List.of("null"), printed(() -> Kernel.display(null)));
    }

    @Test
    void withoutAKernelALiveDisplayPrintsEachNewContentOnce() {
        assertEquals(List.of("a", "b"), printed(() -> {
            LiveDisplay live = Kernel.displayUpdatable("a");
            live.update("a");
            live.update("b");
        }));
    }

    @Test
    void everyTypeOfTheProjectHasALookInBothForms() {
        List<Object> values = List.of(Charts.roc(Samples.report()), Table.create("t", IntColumn.create("n", new int[] {1})),
                Gallery.of(Samples.images(), 0), Samples.history(false, 0.1), Samples.report(), Samples.pairs(),
                Samples.images(), SiameseNetwork.overview(1), View.lines("x"),
                Check.exercise("1.1").that(true, "never shown"));
        for (Object value : values) {
            View view = Views.of(value).orElseThrow();
            assertFalse(view.html().isBlank());
            assertFalse(view.text().contains("@") || view.text().isBlank(), "no object identities: " + view.text());
            assertTrue(Views.TYPES.stream().anyMatch(type -> type.isInstance(value)), value.getClass() + " is registered");
        }
        assertEquals(Views.TYPES.size(), values.size(), "each registered type is tested");
        assertTrue(Views.of("text").isEmpty() && Views.of(null).isEmpty());
    }
}
