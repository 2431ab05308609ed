package siamese.data;

import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.Polygon;
import java.awt.RenderingHints;
import java.awt.geom.AffineTransform;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Enumeration;
import java.util.SplittableRandom;
import java.util.zip.GZIPOutputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import javax.imageio.ImageIO;

/** Sets of pictures as readers have them, put into a folder for a test: real faces, and drawn garments as IDX files. */
public final class PictureSets {

    /** What stands in the garments' files. */
    public enum Form {
        /** As Fashion-MNIST's, decompressed. */
        PLAIN,
        /** As Fashion-MNIST's. */
        COMPRESSED,
        /** As EMNIST's letters: pictures with rows and columns swapped, labels from 1. */
        TRANSPOSED
    }

    /** One a class, in a square of 28 × 28 pixels: x and y in turn, from top, trousers, … to the ankle boot. */
    private static final int[][] GARMENTS = {
        {9, 5, 19, 5, 26, 10, 23, 14, 20, 12, 20, 24, 8, 24, 8, 12, 5, 14, 2, 10},
        {9, 3, 19, 3, 20, 25, 15, 25, 14, 10, 13, 25, 8, 25},
        {9, 4, 19, 4, 24, 8, 26, 23, 22, 23, 20, 12, 20, 25, 8, 25, 8, 12, 6, 23, 2, 23, 4, 8},
        {11, 2, 17, 2, 18, 12, 23, 26, 5, 26, 10, 12},
        {8, 2, 13, 2, 14, 8, 15, 2, 20, 2, 25, 7, 25, 22, 21, 22, 21, 26, 15, 26, 14, 12, 13, 26, 7, 26, 7, 22, 3, 22,
            3, 7},
        {3, 20, 8, 12, 10, 12, 8, 18, 16, 10, 18, 11, 13, 18, 25, 19, 25, 22, 3, 22},
        {10, 4, 14, 7, 18, 4, 24, 7, 22, 13, 19, 11, 19, 26, 9, 26, 9, 11, 6, 13, 4, 7},
        {2, 14, 6, 12, 10, 14, 15, 12, 26, 19, 26, 22, 2, 22},
        {4, 12, 9, 12, 9, 6, 19, 6, 19, 12, 24, 12, 24, 25, 4, 25, 4, 12, 11, 12, 11, 8, 17, 8, 17, 12, 11, 12},
        {5, 3, 14, 3, 15, 13, 25, 18, 25, 24, 13, 24, 11, 22, 9, 25, 5, 25}};

    private PictureSets() {
    }

    /**
     * {@return the folder with the ORL faces, 40 people with ten pictures each, PGM files of 112 × 92 pixels}
     *
     * @param archive {@code faces/att_faces.zip} of the folder that SIAMESE_DATA names
     * @param into where to make that folder
     */
    public static Path faces(Path archive, Path into) throws IOException {
        Path folder = Files.createDirectories(into.resolve("faces"));
        try (ZipFile zip = new ZipFile(archive.toFile())) {
            for (Enumeration<? extends ZipEntry> entries = zip.entries(); entries.hasMoreElements();) {
                ZipEntry entry = entries.nextElement();
                Path file = folder.resolve(entry.getName()).normalize();
                if (!entry.isDirectory() && file.startsWith(folder)) {
                    Files.createDirectories(file.getParent());
                    try (InputStream in = zip.getInputStream(entry)) {
                        Files.copy(in, file);
                    }
                }
            }
        }
        return folder;
    }

    /** {@return a folder with the same pictures as PNG files, each class tinted in a colour of its own} */
    public static Path tinted(Path faces, Path into) throws IOException {
        LabeledImages grey = LabeledImages.ofFolder(faces, Channels.GREY);
        Path folder = into.resolve("tinted");
        for (int i = 0; i < grey.size(); i++) {
            String name = grey.classNames().get(grey.label(i));
            BufferedImage picture = tinted(grey.image(i),
                    Color.getHSBColor(grey.label(i) / (float) grey.classes(), 0.5f, 1));
            ImageIO.write(picture, "png", Files.createDirectories(folder.resolve(name)).resolve(i + ".png").toFile());
        }
        return folder;
    }

    private static BufferedImage tinted(BufferedImage grey, Color tint) {
        BufferedImage picture = new BufferedImage(grey.getWidth(), grey.getHeight(), BufferedImage.TYPE_INT_RGB);
        for (int y = 0; y < grey.getHeight(); y++) {
            for (int x = 0; x < grey.getWidth(); x++) {
                int shade = grey.getRaster().getSample(x, y, 0);
                picture.setRGB(x, y, new Color(shade * tint.getRed() / 255, shade * tint.getGreen() / 255,
                        shade * tint.getBlue() / 255).getRGB());
            }
        }
        return picture;
    }

    /**
     * Writes four files with Fashion-MNIST's names into a folder: drawn garments of ten classes, each a little
     * different.
     *
     * @return the folder
     */
    public static Path garments(Path folder, Form form, int trainPerClass, int testPerClass) throws IOException {
        Files.createDirectories(folder);
        write(folder, form, "train", trainPerClass, new SplittableRandom(1));
        write(folder, form, "t10k", testPerClass, new SplittableRandom(2));
        return folder;
    }

    private static void write(Path folder, Form form, String part, int perClass, SplittableRandom random)
            throws IOException {
        int n = 10 * perClass;
        ByteBuffer images = ByteBuffer.allocate(16 + n * 784).putInt(0x803).putInt(n).putInt(28).putInt(28);
        ByteBuffer labels = ByteBuffer.allocate(8 + n).putInt(0x801).putInt(n);
        for (int i = 0; i < n; i++) {
            labels.put((byte) (i % 10 + (form == Form.TRANSPOSED ? 1 : 0)));
            int[] ink = garment(i % 10, random);
            for (int p = 0; p < ink.length; p++) {
                images.put((byte) ink[form == Form.TRANSPOSED ? p % 28 * 28 + p / 28 : p]);
            }
        }
        write(folder.resolve(part + "-images-idx3-ubyte"), images.array(), form);
        write(folder.resolve(part + "-labels-idx1-ubyte"), labels.array(), form);
    }

    private static int[] garment(int kind, SplittableRandom random) {
        BufferedImage picture = new BufferedImage(28, 28, BufferedImage.TYPE_BYTE_GRAY);
        Graphics2D graphics = picture.createGraphics();
        graphics.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
        int shade = random.nextInt(120, 256);
        graphics.setColor(new Color(shade, shade, shade));
        graphics.transform(AffineTransform.getRotateInstance(random.nextDouble(-0.1, 0.1), 14, 14));
        graphics.translate(random.nextDouble(-1, 1), random.nextDouble(-1, 1));
        Polygon outline = new Polygon();
        for (int k = 0; k < GARMENTS[kind].length; k += 2) {
            outline.addPoint(GARMENTS[kind][k], GARMENTS[kind][k + 1]);
        }
        graphics.fill(outline);
        graphics.dispose();
        return picture.getRaster().getSamples(0, 0, 28, 28, 0, (int[]) null);
    }

    private static void write(Path file, byte[] content, Form form) throws IOException {
        if (form != Form.COMPRESSED) {
            Files.write(file, content);
            return;
        }
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
            gzip.write(content);
        }
        Files.write(file.resolveSibling(file.getFileName() + ".gz"), out.toByteArray());
    }
}
