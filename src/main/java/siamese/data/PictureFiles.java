package siamese.data;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.Set;
import javax.imageio.ImageIO;
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

    private PictureFiles() {
    }

    /**
     * {@return what a file shows}
     *
     * @param remedy what to do if that fails, without the full stop
     * @throws IOException if it cannot be read or is no picture, in one sentence
     */
    static Rgb read(Path file, String remedy) throws IOException {
        try (ImageInputStream in = ImageIO.createImageInputStream(file.toFile())) {
            Iterator<ImageReader> readers = ImageIO.getImageReaders(in);
            if (readers.hasNext()) {
                return read(readers.next(), in);
            }
        } catch (IOException | RuntimeException e) { // Java's readers throw all kinds of them
            throw new IOException(file + " is damaged (" + reason(e) + "); " + remedy + ".", e);
        }
        throw new IOException(file + " is not a picture that Java can read; " + remedy + ".");
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
            Rgb picture = Rgb.of(reader.read(0));
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
