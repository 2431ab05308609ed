package siamese.data;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import javax.imageio.ImageIO;
import javax.imageio.ImageReadParam;
import javax.imageio.ImageReader;
import javax.imageio.stream.ImageInputStream;
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
        String kind;
        try (ImageInputStream in = ImageIO.createImageInputStream(file.toFile())) {
            Iterator<ImageReader> readers = ImageIO.getImageReaders(in);
            if (readers.hasNext()) {
                return read(readers.next(), in);
            }
            byte[] head = new byte[32];
            kind = new String(head, 0, Math.max(0, in.read(head)), StandardCharsets.ISO_8859_1);
        } catch (IOException | RuntimeException e) { // Java's readers throw all kinds of them
            throw new IOException(file + " is damaged (" + reason(e) + "); " + remedy + ".", e);
        }
        throw new IOException(file + (kind.isEmpty() ? " is empty; copy it again."
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

    private static Rgb read(ImageReader reader, ImageInputStream in) throws IOException {
        try {
            reader.setInput(in);
            List<String> warnings = new ArrayList<>();
            reader.addIIOReadWarningListener((source, warning) -> warnings.add(warning));
            ImageReadParam part = reader.getDefaultReadParam();
            double pixels = (double) reader.getWidth(0) * reader.getHeight(0);
            int step = (int) Math.max(1, Math.ceil(Math.sqrt(pixels / MOST_PIXELS)));
            part.setSourceSubsampling(step, step, 0, 0);
            Rgb picture = Rgb.of(reader.read(0, part));
            if (warnings.stream().anyMatch(warning -> warning.contains("remature end"))) { // of JPEG: the rest is grey
                throw new IOException("it is cut off");
            }
            String mark = orientation(reader);
            boolean swap = mark.contains("90") || mark.contains("270");
            return mark.equals("Normal") ? picture
                    : picture.turned(swap, FROM_RIGHT.contains(mark), FROM_BOTTOM.contains(mark));
        } finally {
            reader.dispose();
        }
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
