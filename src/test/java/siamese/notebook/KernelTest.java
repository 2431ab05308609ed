package siamese.notebook;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import siamese.Campaign;
import siamese.model.SiameseNetwork;
import tech.tablesaw.api.IntColumn;
import tech.tablesaw.api.Table;

/** Outside a kernel; the notebooks' tests run the same inside one. */
class KernelTest {

    private static List<String> printed(Runnable action) {
        return Campaign.printed(() -> {
            action.run();
            return null;
        }).text().lines().toList();
    }

    @Test
    void withoutAKernelRegisteringDoesNothing() {
        assertFalse(Kernel.isRunning());
        assertEquals(List.of(), printed(Kernel::register));
    }

    @Test
    void withoutAKernelDisplayPrintsTheText() {
        assertEquals(List.of("Pairs of images from squares & <stripes>:", "1. similar: 0, 0"),
                printed(() -> Kernel.display(Gallery.of(Samples.pairs(), 0))));
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
        List<Object> values = List.of(View.lines("x"), Charts.roc(Samples.report()),
                Charts.grid(1, Charts.roc(Samples.report())), Table.create("t", IntColumn.create("n", new int[] {1})),
                Gallery.of(Samples.images(), 0), Samples.history(false, 0.1), Samples.report(), Samples.pairs(),
                Samples.images(), SiameseNetwork.overview(1), Check.exercise("1.1").that(true, "never shown"));
        for (int i = 0; i < values.size(); i++) {
            View view = View.of(values.get(i));
            assertFalse(view.html().isBlank());
            assertFalse(view.text().contains("@") || view.text().isBlank(), "no object identities: " + view.text());
            assertTrue(View.LOOKS.get(i).type().isInstance(values.get(i)), "each registered type is tested, in order");
        }
        assertEquals(values.size() + 1, View.LOOKS.size(), "and there is one for all others");
    }

    @Test
    void whatElseThereIsLooksAsInJava() {
        assertEquals(View.plain("text"), View.of("text"));
        assertEquals(View.plain("null"), View.of(null));
        assertEquals(View.plain("[1, 2]"), View.of(List.of(1, 2)));
    }

    @Test
    void arraysEntriesAndOptionalsShowWhatIsInThem() {
        assertEquals("[7, 2, 1]", View.of(new int[] {7, 2, 1}).text());
        assertEquals("[0.1, -1.0E10]", View.of(new double[] {0.1, -1e10}).text());
        assertEquals("[true] [a, b] [x, null] []", String.join(" ", View.of(new boolean[] {true}).text(),
                View.of(new char[] {'a', 'b'}).text(), View.of(new String[] {"x", null}).text(),
                View.of(new float[0]).text()));
        assertEquals("[[1, 2],\n [3]]", View.of(new long[][] {{1, 2}, {3}}).text());
        assertEquals("[[[1],\n  [2]],\n [[3]]]", View.of(new byte[][][] {{{1}, {2}}, {{3}}}).text());
        assertEquals("Optional[[1, 2]]", View.of(Optional.of(new int[] {1, 2})).text());
        assertEquals("Optional.empty", View.of(Optional.empty()).text());
        assertEquals("a=[1.5]", View.of(Map.entry("a", new float[] {1.5f})).text());
        assertEquals("[Optional[a], b=[[1]]]",
                View.of(new Object[] {Optional.of("a"), Map.entry("b", new int[][] {{1}})}).text());
        assertEquals("", View.of(new int[1]).html(), "shown as any other value");
    }

    @Test
    void longArraysAreShortenedAndSaySo() {
        String long1 = View.of(new int[17_820]).text();
        assertEquals("[" + "0, ".repeat(20) + "… (17,820 in all)]", long1);
        String long2 = View.of(new int[100][100]).text();
        assertEquals(21, long2.lines().count());
        assertTrue(long2.endsWith("… (100 in all)],\n … (100 in all)]"), long2);
        assertFalse(View.of(new int[20][20]).text().contains("in all"));
        assertTrue(View.of(new float[28][28][28]).text().length() < 20_000, "a picture in three dimensions");
    }
}
