package siamese.spark;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.Locale;
import java.util.UUID;
import org.apache.hadoop.fs.Path;
import siamese.evaluation.DistanceHistogram.Block;

/**
 * Blocks of points in a folder that all workers see, each a file.
 *
 * @param folder its name, with that of its file system
 * @param id what the files of one run have in common
 * @param number how many blocks
 * @param rows how many points each has; the last may have fewer
 */
record StoredBlocks(String folder, String id, int number, int rows) implements Tally.Source {

    private static final String ABOUT = "about";

    /** {@return blocks that are to be written} */
    static StoredBlocks of(String folder, int number, int rows) {
        return new StoredBlocks(folder, UUID.randomUUID().toString(), number, rows);
    }

    /**
     * {@return blocks that were written}
     *
     * @throws IllegalArgumentException if there are none, in one sentence
     */
    static StoredBlocks of(String folder) {
        try (DataInputStream about = open(new Path(folder, ABOUT))) {
            return new StoredBlocks(folder, about.readUTF(), about.readInt(), about.readInt());
        } catch (IOException e) {
            throw new IllegalArgumentException("There are no stored blocks in " + folder
                    + ", or storing them was not finished; store them first.", e);
        }
    }

    private static DataInputStream open(Path file) throws IOException {
        return file.getFileSystem(Storage.settings()).open(file);
    }

    private static DataOutputStream create(Path file) throws IOException {
        return file.getFileSystem(Storage.settings()).create(file, true);
    }

    private Path file(int block) {
        return new Path(folder, String.format(Locale.ROOT, "block-%06d", block));
    }

    void write(int block, Block points) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(4 * (points.labels().length + points.components().length));
        bytes.asIntBuffer().put(points.labels());
        bytes.position(4 * points.labels().length).slice().asFloatBuffer().put(points.components());
        try (DataOutputStream out = create(file(block))) {
            out.writeUTF(id);
            out.writeInt(points.size());
            out.writeInt(points.dimensions());
            out.write(bytes.array());
        }
    }

    /** Until this is written, the blocks are not all there. */
    void finish() throws IOException {
        try (DataOutputStream out = create(new Path(folder, ABOUT))) {
            out.writeUTF(id);
            out.writeInt(number);
            out.writeInt(rows);
        }
    }

    @Override
    public Block block(int block) {
        try (DataInputStream in = open(file(block))) {
            if (!in.readUTF().equals(id)) {
                throw new IllegalStateException("Block " + block + " in " + folder
                        + " was not stored together with the others, so it may come from another network; "
                        + "store all of them anew.");
            }
            int[] labels = new int[in.readInt()];
            float[] components = new float[labels.length * in.readInt()];
            ByteBuffer bytes = ByteBuffer.wrap(in.readNBytes(4 * (labels.length + components.length)));
            bytes.asIntBuffer().get(labels);
            bytes.position(4 * labels.length).slice().asFloatBuffer().get(components);
            return new Block(components, labels);
        } catch (FileNotFoundException e) {
            throw new IllegalStateException("Block " + block + " is not in " + folder
                    + " on a worker; use a folder that all workers see, and store the blocks there first.", e);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public int start(int block) {
        return block * rows;
    }
}
