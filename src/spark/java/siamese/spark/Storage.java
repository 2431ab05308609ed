package siamese.spark;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.util.UUID;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.FileUtil;
import org.apache.hadoop.fs.Path;
import org.apache.spark.SparkConf;
import org.apache.spark.SparkEnv;
import org.apache.spark.deploy.SparkHadoopUtil;

/**
 * Files and folders by the names that a user gives them: local ones, and those of any file system that Hadoop knows,
 * such as {@code hdfs://…} and {@code s3a://…}, for which a local copy is made where the library reads local files.
 */
final class Storage implements AutoCloseable {

    private java.nio.file.Path copies;

    /** {@return Hadoop's settings and those that Spark was given for it, on the driver and on a worker} */
    static Configuration settings() {
        return SparkHadoopUtil.get().newConfiguration(SparkEnv.get() == null ? new SparkConf() : SparkEnv.get().conf());
    }

    /** {@return where a name points to: without a file system's name in front to a local file} */
    static Path path(String name) {
        return name.matches("[A-Za-z][\\w+.-]+:.*") ? new Path(name)
                : new Path(java.nio.file.Path.of(name).toAbsolutePath().normalize().toUri());
    }

    /** Complains in one sentence if there is nothing of that name. */
    static void check(String name) throws IOException {
        Path path = path(name);
        try {
            path.getFileSystem(settings()).getFileStatus(path);
        } catch (IOException | RuntimeException e) {
            throw unreadable(name, e);
        }
    }

    private static IOException unreadable(String name, Exception e) {
        return new IOException(e instanceof FileNotFoundException ? "There is no file or folder " + name + "."
                : name + " cannot be read: " + String.valueOf(e.getMessage()).lines().findFirst().orElse("") + ".", e);
    }

    /** {@return a file or folder as a local one} */
    java.nio.file.Path local(String name) throws IOException {
        Path path = path(name);
        if (path.toUri().getScheme().equals("file")) {
            return java.nio.file.Path.of(path.toUri());
        }
        check(name);
        if (copies == null) {
            copies = Files.createTempDirectory("siamese");
        }
        java.nio.file.Path copy = Files.createTempDirectory(copies, "").resolve(path.getName());
        try {
            FileUtil.copy(path.getFileSystem(settings()), path, copy.toFile(), false, settings());
        } catch (IOException e) {
            throw unreadable(name, e);
        }
        return copy;
    }

    @Override
    public void close() {
        if (copies != null) {
            FileUtil.fullyDelete(copies.toFile());
        }
    }

    /** A folder that is there with all its files, or not at all: until then they lie in a hidden one beside it. */
    static final class Output implements AutoCloseable {

        private final String name;
        private final Path folder;
        private final Path part;
        private final FileSystem files;

        /** Complains if there is such a folder already; nothing is written yet. */
        Output(String name) throws IOException {
            this.name = name;
            folder = path(name);
            try {
                files = FileSystem.newInstance(folder.toUri(), settings());
                files.setWriteChecksum(false);
            } catch (IOException | RuntimeException e) {
                throw unwritable(e);
            }
            checkIsFree();
            part = new Path(folder.getParent(), "." + folder.getName() + "-" + UUID.randomUUID() + ".part");
        }

        private void checkIsFree() throws IOException {
            if (files.exists(folder)) {
                throw new IOException("There is a file or folder " + name + " already; name a new one for the output.");
            }
        }

        private IOException unwritable(Exception e) {
            return new IOException("The output cannot be written to " + name + ": "
                    + String.valueOf(e.getMessage()).lines().findFirst().orElse("") + ".", e);
        }

        /** Begins to write, so that a place that cannot be written to is found out before anything is computed. */
        void begin() throws IOException {
            try {
                if (!files.mkdirs(part)) {
                    throw new IOException("no folder can be made there");
                }
            } catch (IOException e) {
                throw unwritable(e);
            }
        }

        void write(String file, byte[] content) throws IOException {
            try (OutputStream out = files.create(new Path(part, file))) {
                out.write(content);
            } catch (IOException e) {
                throw unwritable(e);
            }
        }

        /** {@return the name of a folder in it, for Spark to write to} */
        String folder(String inside) {
            return new Path(part, inside).toString();
        }

        /** All is there. */
        void finish() throws IOException {
            checkIsFree();
            if (!files.rename(part, folder)) {
                throw unwritable(new IOException(part + " cannot be renamed"));
            }
        }

        @Override
        public void close() throws IOException {
            files.delete(part, true);
            files.close();
        }
    }
}
