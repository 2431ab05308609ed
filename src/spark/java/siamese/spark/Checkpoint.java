package siamese.spark;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import siamese.model.SiameseNetwork;

/**
 * A file that keeps how far a training has come, so that a driver that starts again goes on from there. A file of this
 * name is always whole.
 *
 * @param file where
 * @param training what the file belongs to, in words
 */
record Checkpoint(Path file, String training) {

    private static final int KIND = 0x53434b31; // SCK1

    /** {@return the state that was kept last; the first one given if there is no file yet} */
    SiameseNetwork.State read(SiameseNetwork.State first) {
        if (!Files.exists(file)) {
            return first;
        }
        try (DataInputStream in = new DataInputStream(new BufferedInputStream(Files.newInputStream(file)))) {
            if (in.readInt() != KIND || !in.readUTF().equals(training)
                    || in.readInt() != first.weights().length) {
                throw new IllegalArgumentException(file + " belongs to another training; delete it, or name another "
                        + "file.");
            }
            int steps = in.readInt();
            double loss = in.readDouble();
            return new SiameseNetwork.State(floats(in, first.weights().length), floats(in, first.moments().length),
                    steps, loss);
        } catch (IOException e) {
            throw new UncheckedIOException(new IOException(file + " is no whole checkpoint; delete it, or name another "
                    + "file.", e));
        }
    }

    void write(SiameseNetwork.State state) {
        Path whole = file.toAbsolutePath();
        try {
            Path part = Files.createTempFile(whole.getParent(), whole.getFileName().toString(), ".part");
            try {
                try (DataOutputStream out = new DataOutputStream(
                        new BufferedOutputStream(Files.newOutputStream(part)))) {
                    out.writeInt(KIND);
                    out.writeUTF(training);
                    out.writeInt(state.weights().length);
                    out.writeInt(state.steps());
                    out.writeDouble(state.loss());
                    for (float[] values : new float[][] {state.weights(), state.moments()}) {
                        for (float value : values) {
                            out.writeFloat(value);
                        }
                    }
                }
                Files.move(part, whole, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            } finally {
                Files.deleteIfExists(part);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(new IOException("The checkpoint cannot be written to " + whole + ": " + e,
                    e));
        }
    }

    private static float[] floats(DataInputStream in, int n) throws IOException {
        float[] values = new float[n];
        for (int i = 0; i < n; i++) {
            values[i] = in.readFloat();
        }
        return values;
    }
}
