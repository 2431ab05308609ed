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
import java.util.StringJoiner;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import siamese.data.Channels;
import siamese.data.LabeledImages;
import siamese.data.Pairs;

/**
 * A grid of captioned pictures: pairs of images, or single ones. A pair's frame shows its kind by colour and by dashes,
 * and its caption says it in words. Immutable.
 */
public final class Gallery {

    /** One cell: its images, its place in the set, its caption, further lines, and the kind that the frame shows. */
    private record Item(int index, List<BufferedImage> images, String caption, String detail, Kind kind) {

        String line() {
            return detail.isEmpty() ? caption : caption + " (" + detail + ")";
        }
    }

    private enum Kind {
        SIMILAR(Charts.BLUE, new BasicStroke(2.5f)),
        DISSIMILAR(Charts.VERMILLION, new BasicStroke(2.5f, BasicStroke.CAP_BUTT, BasicStroke.JOIN_MITER, 10,
                new float[] {6, 4}, 0)),
        SINGLE(new Color(0xBBBBBB), new BasicStroke(1)),
        NUMBERED(SINGLE.color, SINGLE.stroke);

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
        this.items = List.copyOf(items);
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
        check(indices, pairs.size(), "pairs");
        LabeledImages images = pairs.images();
        return new Gallery("Pairs of images from " + pairs.source(), pairs.size(), IntStream.of(indices).mapToObj(p -> {
            int a = pairs.first()[p];
            int b = pairs.second()[p];
            boolean similar = pairs.similar()[p];
            return new Item(p, List.of(images.image(a), images.image(b)),
                    (similar ? "similar: " : "dissimilar: ") + className(images, a) + ", " + className(images, b), "",
                    similar ? Kind.SIMILAR : Kind.DISSIMILAR);
        }).toList());
    }

    /**
     * The first pairs of a set.
     *
     * @param pairs the set of pairs
     * @param n how many, 1 to {@code pairs.size()}
     * @return the gallery
     * @throws IllegalArgumentException if {@code n} is out of range
     */
    public static Gallery firstPairs(Pairs pairs, int n) {
        checkCount(n, pairs.size());
        return of(pairs, IntStream.range(0, n).toArray());
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
        checkCount(n, pairs.size());
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
        check(indices, images.size(), "images");
        return new Gallery("Images from " + images.source(), images.size(), IntStream.of(indices)
                .mapToObj(i -> new Item(i, List.of(images.image(i)), "label " + className(images, i), "", Kind.SINGLE))
                .toList());
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
        return new Gallery("Pictures", pictures.length, IntStream.range(0, pictures.length)
                .mapToObj(i -> new Item(i, List.of(images.image(i)), "picture " + (i + 1), "", Kind.NUMBERED))
                .toList());
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
        if (captions.length != items.size()) {
            throw new IllegalArgumentException("captions has " + captions.length + " entries, but the gallery has "
                    + items.size() + " pictures; give one a picture.");
        }
        return new Gallery(title, setSize, IntStream.range(0, captions.length).mapToObj(k -> {
            Item item = items.get(k);
            boolean instead = item.kind == Kind.NUMBERED && !captions[k].isEmpty();
            return new Item(item.index, item.images, instead ? captions[k] : item.caption, instead ? "" : captions[k],
                    item.kind);
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
        if (distances.length != setSize) {
            throw new IllegalArgumentException("distances has " + Text.count(distances.length)
                    + " entries, but the pairs that the gallery was made of are " + Text.count(setSize)
                    + "; compute them with network.distances(pairs).");
        }
        return withCaptions(items.stream().map(item -> String.format(Locale.ROOT, "D = %.2f", distances[item.index]))
                .toArray(String[]::new));
    }

    /** {@return the captions, one a picture, with the second line in brackets} */
    public List<String> captions() {
        return items.stream().map(Item::line).toList();
    }

    /** {@return the whole gallery as one picture, painted twice as large as it is shown} */
    public BufferedImage image() {
        Graphics2D ruler = new BufferedImage(1, 1, BufferedImage.TYPE_INT_RGB).createGraphics();
        FontMetrics metrics = ruler.getFontMetrics(FONT);
        int pictures = items.stream().mapToInt(item -> pictureWidth(item) + 2 * FRAME).max().orElseThrow();
        int texts = items.stream().flatMap(item -> Stream.of(item.caption, item.detail)).mapToInt(metrics::stringWidth)
                .max().orElseThrow();
        int cell = Math.max(pictures, texts) + MARGIN;
        int most = Math.max(1, (WIDTH - 2 * MARGIN) / cell);
        int rows = (items.size() + most - 1) / most;
        int columns = (items.size() + rows - 1) / rows;
        int lines = items.stream().allMatch(item -> item.detail.isEmpty()) ? 1 : 2;
        int frame = items.stream().mapToInt(Gallery::pictureHeight).max().orElseThrow() + 2 * FRAME;
        int row = frame + lines * LINE + MARGIN;
        int header = MARGIN + LINE + 4;
        int width = Math.max(columns * cell, ruler.getFontMetrics(TITLE_FONT).stringWidth(title) + MARGIN) + 2 * MARGIN;

        return View.paint(width, header + rows * row, graphics -> {
            graphics.setColor(Charts.INK);
            graphics.setFont(TITLE_FONT);
            graphics.drawString(title, MARGIN + MARGIN / 2, MARGIN + 13);
            graphics.setFont(FONT);
            for (int k = 0; k < items.size(); k++) {
                paint(graphics, items.get(k), MARGIN + MARGIN / 2 + k % columns * cell, header + k / columns * row);
            }
        });
    }

    private static void paint(Graphics2D graphics, Item item, int x, int y) {
        graphics.setRenderingHint(RenderingHints.KEY_INTERPOLATION,
                RenderingHints.VALUE_INTERPOLATION_NEAREST_NEIGHBOR);
        int left = x + FRAME;
        for (BufferedImage image : item.images) {
            graphics.drawImage(image, left, y + FRAME, width(image), height(image), null);
            left += width(image) + FRAME / 2;
        }
        graphics.setColor(item.kind.color);
        graphics.setStroke(item.kind.stroke);
        graphics.drawRect(x + 2, y + 2, pictureWidth(item) + 2 * FRAME - 4, pictureHeight(item) + 2 * FRAME - 4);
        graphics.setColor(Charts.INK);
        int base = y + pictureHeight(item) + 2 * FRAME + LINE - 4;
        graphics.drawString(item.caption, x + 2, base);
        graphics.drawString(item.detail, x + 2, base + LINE);
    }

    private static int pictureWidth(Item item) {
        return item.images.stream().mapToInt(image -> width(image) + FRAME / 2).sum() - FRAME / 2;
    }

    private static int pictureHeight(Item item) {
        return item.images.stream().mapToInt(Gallery::height).max().orElseThrow();
    }

    private static int width(BufferedImage image) {
        return image.getWidth() * enlargement(image) / View.PIXEL_RATIO;
    }

    private static int height(BufferedImage image) {
        return image.getHeight() * enlargement(image) / View.PIXEL_RATIO;
    }

    /** By a whole factor in painted pixels, so that every pixel of the image becomes a square of one size. */
    private static int enlargement(BufferedImage image) {
        int size = Math.max(image.getWidth(), image.getHeight());
        return Math.max(View.PIXEL_RATIO, IMAGE_SIZE * View.PIXEL_RATIO / size / View.PIXEL_RATIO * View.PIXEL_RATIO);
    }

    View view() {
        String alternative = title + ", " + items.size() + (items.size() == 1 ? " picture: " : " pictures: ")
                + String.join("; ", captions()) + ".";
        return new View(View.img(image(), alternative), toString());
    }

    /** {@return one line for the title and one for each picture} */
    @Override
    public String toString() {
        StringJoiner lines = new StringJoiner(System.lineSeparator());
        lines.add(title + ":");
        for (int k = 0; k < items.size(); k++) {
            lines.add((k + 1) + ". " + items.get(k).line());
        }
        return lines.toString();
    }

    private static void checkCount(int n, int size) {
        if (n < 1 || n > size) {
            throw new IllegalArgumentException("n is " + n + ", but there are " + Text.count(size) + " pairs; use 1 to "
                    + Text.count(size) + ".");
        }
    }

    private static void check(int[] indices, int size, String what) {
        if (indices.length == 0) {
            throw new IllegalArgumentException(
                    "indices is empty; name at least one of the " + Text.count(size) + " " + what + ".");
        }
        for (int k = 0; k < indices.length; k++) {
            if (indices[k] < 0 || indices[k] >= size) {
                throw new IllegalArgumentException("indices[" + k + "] is " + indices[k] + ", but there are "
                        + Text.count(size) + " " + what + "; use 0 to " + (size - 1) + ".");
            }
        }
    }
}
