package siamese.data;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.IntSummaryStatistics;
import java.util.List;
import java.util.function.IntConsumer;
import java.util.function.IntPredicate;
import java.util.function.IntUnaryOperator;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import org.apache.commons.lang3.Validate;

/**
 * Finds the ink of one character on a photograph: in uneven light and shadow, of any colour, darker or lighter than its
 * paper, among ruled lines, dust, fingers and the table around.
 *
 * <p>The paper's brightness at each place is the morphological closing of the picture with a square of half its longer
 * side, the "bottom hat" of J. Serra, Image Analysis and Mathematical Morphology, Academic Press 1982: a slope or a
 * step of the light stays as it is, what is narrower and darker is filled. Ink is what part of that light is missing.
 */
final class Ink {

    /** Pixels of the longer side at which ink is looked for: noise and fine lines blur into the paper. */
    private static final int LONGER_SIDE = 320;
    private static final double LEAST_STRENGTH = 0.05;
    /** Of the strongest ink. */
    private static final double INK = 0.5;
    /** Of the picture's pixels, that much is the strongest ink. */
    private static final double STRONGEST = 0.001;
    /** Of the largest piece of ink: what is smaller is dust. */
    private static final double DUST = 0.04;

    /** Pixels around the character that may be ink, too. */
    private static final int SOFT_EDGE = 2;

    /** Neighbouring pixels that belong together, and the box around them. */
    private record Piece(int[] pixels, int top, int left, int bottom, int right, boolean touchesBorder) {

        int height() {
            return bottom - top + 1;
        }

        int width() {
            return right - left + 1;
        }

        int longer() {
            return Math.max(height(), width());
        }

        boolean isBeside(Piece other, int gap) {
            return left > other.right + gap || other.left > right + gap || top > other.bottom + gap
                    || other.top > bottom + gap;
        }
    }

    private final Rgb picture;
    private final int rows;
    private final int columns;
    private final int size;

    private Ink(Rgb picture) {
        this.picture = picture;
        this.rows = picture.rows();
        this.columns = picture.columns();
        this.size = rows * columns;
    }

    /**
     * {@return the ink of a picture, black on white, at most 320 pixels high and wide}
     *
     * @throws IllegalArgumentException if there is none, or there are two characters, in one sentence
     */
    static Rgb of(Rgb picture) {
        double scale = Math.min(1, (double) LONGER_SIDE / Math.max(picture.rows(), picture.columns()));
        Rgb small = picture.scaled(0, 0, picture.rows(), picture.columns(),
                (int) Math.max(1, Math.round(picture.rows() * scale)),
                (int) Math.max(1, Math.round(picture.columns() * scale)));
        return new Ink(new Ink(small).paper()).drawing();
    }

    /** The sheet (or board) alone, where it lies in the picture with something darker (or lighter) all around it. */
    private Rgb paper() {
        int[] border = shades(this::isBorder);
        int[] all = shades(p -> true);
        double middle = (all[(int) (0.02 * size)] + all[(int) (0.98 * size)]) / 2.0;
        boolean dark = border[border.length / 2] < middle;
        if (IntStream.of(border).filter(value -> value < middle == dark).count() < 0.9 * border.length) {
            return picture;
        }
        List<Piece> inside = pieces(p -> picture.brightness(p) < middle != dark);
        Piece sheet = inside.stream().max(Comparator.comparingInt(piece -> piece.pixels.length)).orElse(null);
        if (sheet == null || sheet.touchesBorder || sheet.height() * sheet.width() < 0.3 * size) {
            return picture;
        }
        boolean[] on = marked(List.of(sheet));
        boolean[] off = marked(pieces(p -> !on[p]).stream().filter(Piece::touchesBorder).toList());
        int filled = (int) IntStream.range(0, size).filter(p -> !off[p]).count();
        double holes = (double) (filled - sheet.pixels.length) / filled;
        if (filled < 0.85 * smallestBox(sheet) || holes < 0.002 || holes > 0.3) {
            return picture;
        }
        int blank = mean(sheet.pixels);
        boolean[] outside = grown(off, Math.max(1, sheet.longer() / 50));
        return new Rgb(rows, columns, IntStream.range(0, size).map(p -> outside[p] ? blank : picture.pixels()[p])
                .toArray()).scaled(sheet.top, sheet.left, sheet.height(), sheet.width(), sheet.height(), sheet.width());
    }

    /** The brightness of some of the pixels, from the darkest on. */
    private int[] shades(IntPredicate of) {
        return IntStream.range(0, size).filter(of).map(picture::brightness).sorted().toArray();
    }

    private int mean(int[] places) {
        int mean = 0;
        for (int shift = 0; shift < 24; shift += 8) {
            int channel = shift;
            mean |= (int) IntStream.of(places).map(p -> picture.pixels()[p] >> channel & 0xff).average().orElseThrow()
                    << shift;
        }
        return mean;
    }

    /** The area of the smallest rectangle around, turned by multiples of five degrees. */
    private double smallestBox(Piece piece) {
        return IntStream.range(0, 18).mapToObj(k -> Math.toRadians(5 * k)).mapToDouble(angle -> {
            double across = extent(piece, Math.cos(angle), Math.sin(angle));
            return across * extent(piece, -Math.sin(angle), Math.cos(angle));
        }).min().orElseThrow();
    }

    private double extent(Piece piece, double x, double y) {
        var along = IntStream.of(piece.pixels).mapToDouble(p -> p % columns * x + p / columns * y).summaryStatistics();
        return along.getMax() - along.getMin() + 1;
    }

    private Rgb drawing() {
        double[] strength = strength();
        double[] sorted = DoubleStream.of(strength).sorted().toArray();
        double strongest = sorted[size - 1 - (int) (STRONGEST * size)];
        Validate.isTrue(strongest >= LEAST_STRENGTH, "the picture has no ink, all its pixels being of one shade; draw "
                + "something on it, dark on light or light on dark.");
        List<Piece> character = character(pieces(p -> strength[p] >= INK * strongest));
        boolean[] near = grown(marked(character), SOFT_EDGE);
        return new Rgb(rows, columns, IntStream.range(0, size).map(p -> Rgb.grey(near[p]
                ? (int) Math.round(255 * (1 - Math.min(1, strength[p] / strongest))) : 255)).toArray());
    }

    /** What part of the paper's light is missing (of a board's darkness), in the channel that misses most. */
    private double[] strength() {
        int[] border = shades(this::isBorder);
        int[] all = shades(p -> true);
        int paper = border[border.length / 2];
        int rare = size / 500;
        int turn = paper - all[rare] >= all[size - 1 - rare] - paper ? 0 : 255;
        double[] strength = new double[size];
        for (int shift = 0; shift < 24; shift += 8) {
            int channel = shift;
            double[] light = IntStream.of(picture.pixels()).mapToDouble(rgb -> Math.abs(turn - (rgb >> channel & 0xff)))
                    .toArray();
            double[] closed = widest(widest(light, 1), -1);
            for (int p = 0; p < size; p++) {
                strength[p] = Math.max(strength[p], (closed[p] - light[p]) / Math.max(closed[p], 32));
            }
        }
        return strength;
    }

    /** The greatest (sign 1) or least (−1) value in the square around each pixel, first along the rows. */
    private double[] widest(double[] values, int sign) {
        int reach = Math.max(rows, columns) / 4;
        double[] along = new double[size];
        for (int y = 0; y < rows; y++) {
            slide(values, along, y * columns, columns, 1, reach, sign);
        }
        double[] result = new double[size];
        for (int x = 0; x < columns; x++) {
            slide(along, result, x, rows, columns, reach, sign);
        }
        return result;
    }

    private static void slide(double[] from, double[] to, int start, int length, int stride, int reach, int sign) {
        int[] best = new int[length]; // places, the values at which fall, from head to tail
        int head = 0;
        int tail = 0;
        for (int i = 0; i < length + reach; i++) {
            if (i < length) {
                double value = sign * from[start + i * stride];
                while (tail > head && sign * from[start + best[tail - 1] * stride] <= value) {
                    tail--;
                }
                best[tail++] = i;
            }
            if (i >= reach) {
                if (best[head] < i - 2 * reach) {
                    head++;
                }
                to[start + (i - reach) * stride] = from[start + best[head] * stride];
            }
        }
    }

    /** The pieces that make the character: none of the table, of a finger, of dust. */
    private List<Piece> character(List<Piece> pieces) {
        double tall = 0.2 * Math.min(rows, columns);
        boolean within = pieces.stream().anyMatch(piece -> !piece.touchesBorder && piece.longer() >= tall);
        List<Piece> whole = pieces.stream().filter(piece -> !within || !piece.touchesBorder).toList();
        int largest = whole.stream().mapToInt(piece -> piece.pixels.length).max().orElseThrow();
        List<Piece> character = whole.stream().filter(piece -> piece.pixels.length >= DUST * largest).toList();
        int height = character.stream().mapToInt(Piece::height).max().orElseThrow();
        List<Piece> high = character.stream().filter(piece -> piece.height() >= 0.6 * height).toList();
        boolean two = high.stream().anyMatch(a -> high.stream().anyMatch(b -> a.isBeside(b, height / 20)));
        Validate.isTrue(!two, "the picture shows more than one character; cut them apart and give each a picture of "
                + "its own.");
        return character;
    }

    private List<Piece> pieces(IntPredicate belongs) {
        boolean[] seen = new boolean[size];
        List<Piece> pieces = new ArrayList<>();
        for (int first = 0; first < size; first++) {
            if (!seen[first] && belongs.test(first)) {
                IntStream.Builder found = IntStream.builder();
                ArrayDeque<Integer> open = new ArrayDeque<>(List.of(first));
                seen[first] = true;
                while (!open.isEmpty()) {
                    int p = open.remove();
                    found.add(p);
                    around(p, 1, q -> {
                        if (!seen[q] && belongs.test(q)) {
                            seen[q] = true;
                            open.add(q);
                        }
                    });
                }
                int[] pixels = found.build().toArray();
                pieces.add(new Piece(pixels, range(pixels, p -> p / columns).getMin(),
                        range(pixels, p -> p % columns).getMin(), range(pixels, p -> p / columns).getMax(),
                        range(pixels, p -> p % columns).getMax(), IntStream.of(pixels).anyMatch(this::isBorder)));
            }
        }
        return pieces;
    }

    private static IntSummaryStatistics range(int[] pixels, IntUnaryOperator place) {
        return IntStream.of(pixels).map(place).summaryStatistics();
    }

    private boolean[] marked(List<Piece> pieces) {
        boolean[] marks = new boolean[size];
        pieces.forEach(piece -> IntStream.of(piece.pixels).forEach(p -> marks[p] = true));
        return marks;
    }

    /** The marks, and what is no further from one than a number of steps. */
    private boolean[] grown(boolean[] marks, int steps) {
        boolean[] grown = marks.clone();
        for (int p = 0; p < size; p++) {
            if (marks[p]) {
                around(p, steps, q -> grown[q] = true);
            }
        }
        return grown;
    }

    private boolean isBorder(int p) {
        return p < columns || p >= size - columns || p % columns == 0 || p % columns == columns - 1;
    }

    private void around(int p, int steps, IntConsumer action) {
        int x = p % columns;
        int bottom = Math.min(rows - 1, p / columns + steps);
        for (int y = Math.max(0, p / columns - steps); y <= bottom; y++) {
            for (int column = Math.max(0, x - steps); column <= Math.min(columns - 1, x + steps); column++) {
                action.accept(y * columns + column);
            }
        }
    }
}
