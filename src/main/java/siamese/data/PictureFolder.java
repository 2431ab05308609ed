package siamese.data;

import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Reads a folder of pictures with one subfolder a class. Names that begin with a dot, and files beside the subfolders,
 * are none of its business.
 *
 * @param folder the folder
 * @param files all of the classes, in order
 * @param labels the class of each file
 * @param classes the folders of the classes
 */
record PictureFolder(Path folder, List<Path> files, int[] labels, List<Path> classes) {

    /** Twice what one of 12 megapixels takes while it is read and scaled. */
    private static final long MEMORY_OF_A_PHOTOGRAPH = 1 << 28;

    private static final Pattern NUMBER = Pattern.compile("\\d+");

    /**
     * {@return what is there, before anything is read}
     *
     * @throws IOException if there is no folder, no class, one class, or an empty one, in one sentence
     */
    static PictureFolder of(Path folder) throws IOException {
        List<Path> classes = content(folder).stream().filter(Files::isDirectory).toList();
        if (classes.size() < 2) {
            throw new IOException(folder
                    + (classes.isEmpty() ? " has no subfolder" : " has one subfolder alone, " + name(classes.get(0)))
                    + "; give a folder with a subfolder of pictures for each class, of which there are at least two.");
        }
        List<Path> files = new ArrayList<>();
        for (Path pictures : classes) {
            files.addAll(content(pictures));
        }
        int[] labels = files.stream().mapToInt(file -> classes.indexOf(file.getParent())).toArray();
        PictureFolder all = new PictureFolder(folder, files, labels, classes);
        all.checkClasses(IntStream.range(0, files.size()).toArray());
        return all;
    }

    /** What to sort by: the name, with numbers in it by their value, so that s2 comes before s10. */
    private static String sortable(Path path) {
        return NUMBER.matcher(name(path)).replaceAll(number -> "0".repeat(Math.max(0, 20 - number.group().length()))
                + number.group()) + '\0' + name(path);
    }

    private static String name(Path path) {
        return path.getFileName().toString();
    }

    private static List<Path> content(Path folder) throws IOException {
        try (Stream<Path> content = Files.list(folder)) {
            return content.filter(path -> !name(path).startsWith("."))
                    .sorted(Comparator.comparing(PictureFolder::sortable)).toList();
        } catch (FileSystemException e) {
            throw new IOException(folder
                    + " is no folder that can be read; give one with a subfolder of pictures for each class.", e);
        }
    }

    private void checkClasses(int[] kept) throws IOException {
        BitSet there = IntStream.of(kept).map(k -> labels[k]).collect(BitSet::new, BitSet::set, BitSet::or);
        if (there.cardinality() < classes.size()) {
            throw new IOException(classes.get(there.nextClearBit(0)) + " has no picture"
                    + (kept.length < files.size() ? " that can be read" : "")
                    + "; put some there, or take that folder away.");
        }
    }

    private static Rgb read(Path file) throws IOException {
        return PictureFiles.read(file,
                "save it as PNG, take it away, or name what shall be told of files that are left out");
    }

    /** See {@link LabeledImages#ofFolder(Path, Channels)}. */
    LabeledImages asTheyAre(Channels channels) throws IOException {
        Rgb first = read(files.get(0));
        return read(first.rows(), first.columns(), channels, null, true);
    }

    /** See {@link LabeledImages#ofFolder(Path, int, int, Channels, Consumer)}; mustFit if all must have the size. */
    LabeledImages read(int rows, int columns, Channels channels, Consumer<String> leftOut, boolean mustFit)
            throws IOException {
        Pixels pixels = Pixels.allocate(files.size(), rows, columns, channels, false);
        IOException[] troubles = new IOException[files.size()];
        AtomicInteger refused = new AtomicInteger(files.size());
        Semaphore room = new Semaphore((int) (1 + Runtime.getRuntime().maxMemory() / MEMORY_OF_A_PHOTOGRAPH));
        IntStream.range(0, files.size()).parallel().filter(k -> k < refused.get()).forEach(k -> {
            room.acquireUninterruptibly();
            try {
                Rgb picture = read(files.get(k));
                if (mustFit && (picture.rows() != rows || picture.columns() != columns)) {
                    throw new IOException(files.get(k) + " is " + picture.rows() + " x " + picture.columns()
                            + " pixels, but " + files.get(0) + " is " + rows + " x " + columns
                            + "; give the size that all shall have.");
                }
                pixels.set(k, picture.fitted(rows, columns).ink(channels));
            } catch (IOException e) {
                troubles[k] = e;
                if (leftOut == null) {
                    refused.accumulateAndGet(k, Math::min);
                }
            } finally {
                room.release();
            }
        });
        if (refused.get() < files.size()) {
            throw troubles[refused.get()];
        }
        Stream.of(troubles).filter(Objects::nonNull).map(IOException::getMessage)
                .forEach(trouble -> leftOut.accept(trouble));
        int[] kept = IntStream.range(0, troubles.length).filter(k -> troubles[k] == null).toArray();
        checkClasses(kept);
        LabeledImages all = new LabeledImages(name(folder.toAbsolutePath().normalize()),
                classes.stream().map(PictureFolder::name).toList(), pixels, labels);
        return kept.length == files.size() ? all : all.subset(kept);
    }
}
