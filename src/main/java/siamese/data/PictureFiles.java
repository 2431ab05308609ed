package siamese.data;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import javax.imageio.ImageIO;
import javax.imageio.ImageReadParam;
import javax.imageio.ImageReader;
import javax.imageio.stream.ImageInputStream;
import javax.imageio.stream.MemoryCacheImageInputStream;
import org.w3c.dom.Element;

/**
 * Reads picture files with Java's ImageIO and its plugins (TwelveMonkeys: CMYK and odd JPEG, WebP, PGM), upright as the
 * camera's mark says.
 */
final class PictureFiles {

    /** How the standard metadata of ImageIO says that a picture is to be mirrored and then turned to the left. */
    private static final Set<String> FROM_RIGHT = Set.of("FlipH", "Rotate180", "FlipHRotate90", "Rotate90");
    private static final Set<String> FROM_BOTTOM = Set.of("FlipV", "Rotate180", "FlipHRotate90", "Rotate270");

    /** Of larger pictures each second, third … pixel of a row, and row, is read, for they would fill the memory. */
    private static final double MOST_PIXELS = 9e6;

    private PictureFiles() {
    }

    /**
     * {@return what a file shows}
     *
     * @param remedy what to do if that fails, without the full stop
     * @throws IOException if it cannot be read or is no picture, in one sentence
     */
    static Rgb read(Path file, String remedy) throws IOException {
        return read(file.toString(), () -> ImageIO.createImageInputStream(file.toFile()), Long.MAX_VALUE, remedy);
    }

    /**
     * {@return what the bytes of a file show}
     *
     * @param mostPixels how many it may have: a small file may hold more than memory does
     * @param remedy what to do if that fails, without the full stop
     * @throws IOException if it is no picture or has more pixels, in one sentence
     */
    static Rgb read(byte[] bytes, long mostPixels, String remedy) throws IOException {
        return read("This", () -> new MemoryCacheImageInputStream(new ByteArrayInputStream(bytes)), mostPixels, remedy);
    }

    private static Rgb read(String name, Callable<ImageInputStream> open, long mostPixels, String remedy)
            throws IOException {
        long pixels = 0;
        String kind;
        try (ImageInputStream in = open.call()) {
            Iterator<ImageReader> readers = ImageIO.getImageReaders(in);
            if (readers.hasNext()) {
                ImageReader reader = readers.next();
                try {
                    reader.setInput(in);
                    pixels = (long) reader.getWidth(0) * reader.getHeight(0);
                    if (pixels <= mostPixels) {
                        return read(reader, (int) Math.max(1, Math.ceil(Math.sqrt(pixels / MOST_PIXELS))));
                    }
                } finally {
                    reader.dispose();
                }
            }
            byte[] head = new byte[32];
            kind = new String(head, 0, Math.max(0, in.read(head)), StandardCharsets.ISO_8859_1);
        } catch (Exception e) { // Java's readers throw all kinds of them
            throw new IOException(name + " is damaged (" + reason(e) + "); " + remedy + ".", e);
        }
        throw new IOException(pixels > 0
                ? String.format("%s has %,d pixels, but may have %,d; make it smaller.", name, pixels, mostPixels)
                : name + (kind.isEmpty() ? " is empty; send or copy it again."
                : kind.strip().startsWith("<") ? " is a web page or a drawing in text, not a picture; " + remedy + "."
                : kind.startsWith("ftyphe", 4) || kind.startsWith("ftypmif1", 4)
                ? " is an HEIC picture, which Java cannot read; export it as JPEG, or let the telephone take "
                        + "compatible ones."
                : " is not a picture that Java can read; " + remedy + "."));
    }

    /** {@return what an exception says of a file, as far as a reader can understand it} */
    static String reason(Exception e) {
        String message = e.getMessage();
        return message == null || message.isBlank() || message.contains("null")
                ? "it is cut off or none of its kind" : message.strip().replaceAll("\\s+", " ");
    }

    /** The first picture, upright: of each step pixels of a row, and of each step rows, one. */
    private static Rgb read(ImageReader reader, int step) throws IOException {
        List<String> warnings = new ArrayList<>();
        reader.addIIOReadWarningListener((source, warning) -> warnings.add(warning));
        ImageReadParam part = reader.getDefaultReadParam();
        part.setSourceSubsampling(step, step, 0, 0);
        Rgb picture = Rgb.of(reader.read(0, part));
        if (warnings.stream().anyMatch(warning -> warning.contains("remature end"))) { // of JPEG: the rest is grey
            throw new IOException("it is cut off");
        }
        String mark = orientation(reader);
        boolean swap = mark.contains("90") || mark.contains("270");
        return mark.equals("Normal") ? picture
                : picture.turned(swap, FROM_RIGHT.contains(mark), FROM_BOTTOM.contains(mark));
    }

    private static String orientation(ImageReader reader) {
        try {
            Element metadata = (Element) reader.getImageMetadata(0).getAsTree("javax_imageio_1.0");
            return ((Element) metadata.getElementsByTagName("ImageOrientation").item(0)).getAttribute("value");
        } catch (IOException | RuntimeException e) { // there is no mark, or one that cannot be read
            return "Normal";
        }
    }
}
