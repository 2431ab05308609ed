package siamese.notebook;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.awt.FontMetrics;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.util.List;
import java.util.Locale;
import java.util.function.IntFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.commons.lang3.Validate;
import siamese.data.Channels;
import siamese.data.LabeledImages;
import siamese.data.Pairs;

/**
 * A grid of captioned pictures: pairs of images, or single ones. A pair's frame shows its kind by colour and by dashes,
 * and its caption says it in words. Immutable.
 */
public final class Gallery {

    /** One cell: its place in the set, its picture, its caption and the line below it, and what its frame shows. */
    private record Item(int index, BufferedImage picture, String caption, String detail, Kind kind) {

        List<String> lines() {
            return Stream.of(caption, detail).filter(text -> !text.isEmpty()).toList();
        }

        @Override
        public String toString() {
            return caption.isEmpty() || detail.isEmpty() ? caption + detail : caption + " (" + detail + ")";
        }
    }

    private enum Kind {
        SIMILAR(Charts.BLUE, Theme.stroke(2.5f)),
        DISSIMILAR(Charts.VERMILLION, Theme.stroke(2.5f, 6, 4)),
        SINGLE(new Color(0xBBBBBB), Theme.stroke(1));

        private final Color color;
        private final BasicStroke stroke;

        Kind(Color color, BasicStroke stroke) {
            this.color = color;
            this.stroke = stroke;
        }
    }

    private static final int WIDTH = 720;
    private static final int MARGIN = 12;
    private static final int FRAME = 6;
    private static final int GAP = 3;
    private static final int IMAGE_SIZE = 56;
    private static final Font FONT = new Font(Font.SANS_SERIF, Font.PLAIN, 13);
    private static final Font TITLE_FONT = FONT.deriveFont(Font.BOLD);
    private static final int LINE = 18;

    private final String title;
    private final int setSize;
    private final List<Item> items;

    private Gallery(String title, int setSize, List<Item> items) {
        this.title = title;
        this.setSize = setSize;
        this.items = items;
    }

    /**
     * Some pairs, with captions such as "similar: 7, 7".
     *
     * @param pairs the set of pairs
     * @param indices which of them, each 0 to {@code pairs.size() - 1}, at least one
     * @return the gallery, in the given order
     * @throws IllegalArgumentException if there is no index, or one without a pair
     */
    public static Gallery of(Pairs pairs, int... indices) {
        LabeledImages images = pairs.images();
        return of("Pairs of images from " + pairs.source(), "pairs", pairs.size(), indices, p -> {
            int a = pairs.first()[p];
            int b = pairs.second()[p];
            Kind kind = pairs.similar()[p] ? Kind.SIMILAR : Kind.DISSIMILAR;
            return new Item(p, strip(images.image(a), images.image(b)), kind.name().toLowerCase(Locale.ROOT) + ": "
                    + className(images, a) + ", " + className(images, b), "", kind);
        });
    }

    /**
     * Pairs from all over a set, similar and dissimilar in turn where the set has them in turn, as
     * {@link Pairs#create(siamese.data.Examples, long)} makes them; there they show all digits.
     *
     * @param pairs the set of pairs
     * @param n how many, 1 to {@code pairs.size()}
     * @return the gallery
     * @throws IllegalArgumentException if {@code n} is out of range
     */
    public static Gallery samplePairs(Pairs pairs, int n) {
        Validate.isTrue(n >= 1 && n <= pairs.size(), "n is %s, but there are %s pairs; use 1 to %s.", n,
                Text.count(pairs.size()), Text.count(pairs.size()));
        return of(pairs, IntStream.range(0, n).map(k -> {
            int even = (int) ((long) k * pairs.size() / n) & ~1;
            return Math.min(even + k % 2, pairs.size() - 1);
        }).toArray());
    }

    /**
     * Some images, each with its label as its caption.
     *
     * @param images the set of images
     * @param indices which of them, each 0 to {@code images.size() - 1}, at least one
     * @return the gallery, in the given order
     * @throws IllegalArgumentException if there is no index, or one without an image
     */
    public static Gallery of(LabeledImages images, int... indices) {
        return of("Images from " + images.source(), "images", images.size(), indices,
                i -> new Item(i, strip(images.image(i)), "label " + className(images, i), "", Kind.SINGLE));
    }

    /**
     * Pictures of any origin, such as your own.
     *
     * @param pictures of one size, at least one
     * @return the gallery, in the given order
     * @throws IllegalArgumentException if there is no picture, or they differ in size
     */
    public static Gallery of(BufferedImage... pictures) {
        LabeledImages images = LabeledImages.of(Channels.COLOUR, pictures);
        return of("Pictures", "pictures", pictures.length, IntStream.range(0, pictures.length).toArray(),
                i -> new Item(i, strip(images.image(i)), "", "picture " + (i + 1), Kind.SINGLE));
    }

    private static Gallery of(String title, String what, int size, int[] indices, IntFunction<Item> item) {
        Validate.isTrue(indices.length != 0, "indices is empty; name at least one of the %s %s.", Text.count(size),
                what);
        for (int k = 0; k < indices.length; k++) {
            Validate.isTrue(indices[k] >= 0 && indices[k] < size, "indices[%s] is %s, but there are %s %s; use 0 to "
                    + "%s.", k, indices[k], Text.count(size), what, size - 1);
        }
        return new Gallery(title, size, IntStream.of(indices).mapToObj(item).toList());
    }

    private static String className(LabeledImages images, int i) {
        return images.classNames().get(images.label(i));
    }

    /** The first image of each class, for as many classes as fit on a page. */
    static Gallery oneOfEachClass(LabeledImages images) {
        return of(images, Stream.of(images.indicesByClass()).filter(indices -> indices.length > 0).limit(20)
                .mapToInt(indices -> indices[0]).toArray());
    }

    /**
     * The same pictures with a second line below each caption; where the caption is a mere number, such as "picture 3",
     * the text takes its place.
     *
     * @param captions one text a picture, such as "accepted"; an empty one changes nothing
     * @return a new gallery
     * @throws IllegalArgumentException if there are more or fewer texts than pictures
     */
    public Gallery withCaptions(String... captions) {
        Validate.isTrue(captions.length == items.size(), "captions has %s entries, but the gallery has %s pictures; "
                + "give one a picture.", captions.length, items.size());
        return new Gallery(title, setSize, IntStream.range(0, captions.length).mapToObj(k -> {
            Item item = items.get(k);
            return captions[k].isEmpty() ? item
                    : new Item(item.index, item.picture, item.caption, captions[k], item.kind);
        }).toList());
    }

    /**
     * The same pairs with their distances below the captions, such as "D = 0.83".
     *
     * @param distances one distance for every pair of the whole set, as {@code network.distances(pairs)} gives them
     * @return a new gallery
     * @throws IllegalArgumentException if the length differs from the number of pairs in the set
     */
    public Gallery withDistances(double[] distances) {
        Validate.isTrue(distances.length == setSize, "distances has %s entries, but the pairs that the gallery was "
                + "made of are %s; compute them with network.distances(pairs).", Text.count(distances.length),
                Text.count(setSize));
        return withCaptions(items.stream().map(item -> String.format(Locale.ROOT, "D = %.2f", distances[item.index]))
                .toArray(String[]::new));
    }

    /** {@return the captions, one a picture, with the second line in brackets} */
    public List<String> captions() {
        return items.stream().map(Item::toString).toList();
    }

    /** {@return the whole gallery as one picture, painted twice as large as it is shown} */
    public BufferedImage image() {
        Graphics2D ruler = new BufferedImage(1, 1, BufferedImage.TYPE_INT_RGB).createGraphics();
        FontMetrics metrics = ruler.getFontMetrics(FONT);
        int pictureWidth = items.get(0).picture.getWidth() / View.PIXEL_RATIO; // all are of one size
        int pictureHeight = items.get(0).picture.getHeight() / View.PIXEL_RATIO;
        int texts = items.stream().flatMap(item -> item.lines().stream()).mapToInt(metrics::stringWidth).max()
                .orElse(0);
        int lines = items.stream().mapToInt(item -> item.lines().size()).max().orElse(0);
        int cell = Math.max(pictureWidth + 2 * FRAME, texts) + MARGIN;
        int row = pictureHeight + 2 * FRAME + lines * LINE + MARGIN;
        int most = Math.max(1, (WIDTH - 2 * MARGIN) / cell);
        int rows = (items.size() + most - 1) / most;
        int columns = (items.size() + rows - 1) / rows;
        int header = MARGIN + LINE + 4;
        int width = Math.max(columns * cell, ruler.getFontMetrics(TITLE_FONT).stringWidth(title) + MARGIN) + 2 * MARGIN;

        return View.paint(width, header + rows * row, graphics -> {
            graphics.setColor(Charts.INK);
            graphics.setFont(TITLE_FONT);
            graphics.drawString(title, MARGIN + MARGIN / 2, MARGIN + 13);
            graphics.setFont(FONT);
            for (int k = 0; k < items.size(); k++) {
                Item item = items.get(k);
                int x = MARGIN + MARGIN / 2 + k % columns * cell;
                int y = header + k / columns * row;
                graphics.drawImage(item.picture, x + FRAME, y + FRAME, pictureWidth, pictureHeight, null);
                graphics.setColor(item.kind.color);
                graphics.setStroke(item.kind.stroke);
                graphics.drawRect(x + 2, y + 2, pictureWidth + 2 * FRAME - 4, pictureHeight + 2 * FRAME - 4);
                graphics.setColor(Charts.INK);
                int base = y + pictureHeight + 2 * FRAME - 4;
                for (String line : item.lines()) {
                    base += LINE;
                    graphics.drawString(line, x + 2, base);
                }
            }
        });
    }

    /** Images of one size side by side, enlarged by a whole factor: every pixel becomes a square of one size. */
    private static BufferedImage strip(BufferedImage... images) {
        int factor = Math.max(1, IMAGE_SIZE / Math.max(images[0].getWidth(), images[0].getHeight()));
        int width = images[0].getWidth() * factor;
        int height = images[0].getHeight() * factor;
        return View.paint(images.length * (width + GAP) - GAP, height, graphics -> {
            graphics.setRenderingHint(RenderingHints.KEY_INTERPOLATION,
                    RenderingHints.VALUE_INTERPOLATION_NEAREST_NEIGHBOR);
            for (int k = 0; k < images.length; k++) {
                graphics.drawImage(images[k], k * (width + GAP), 0, width, height, null);
            }
        });
    }

    View view() {
        String alternative = title + ", " + items.size() + (items.size() == 1 ? " picture: " : " pictures: ")
                + String.join("; ", captions()) + ".";
        return new View(View.img(image(), alternative), toString());
    }

    /** {@return one line for the title and one for each picture} */
    @Override
    public String toString() {
        return IntStream.range(0, items.size()).mapToObj(k -> "%n%d. %s".formatted(k + 1, items.get(k)))
                .collect(Collectors.joining("", title + ":", ""));
    }
}
