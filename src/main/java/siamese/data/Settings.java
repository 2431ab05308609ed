package siamese.data;

import java.nio.file.Files;
import java.nio.file.Path;

/** What the environment says about all runs, whatever their {@link RunSize}. */
public final class Settings {

    private Settings() {
    }

    /**
     * {@return the seed of the notebooks: the environment variable {@code SIAMESE_SEED}, or 1}
     *
     * @throws IllegalArgumentException if the variable holds no whole number
     */
    public static long seed() {
        String seed = System.getenv("SIAMESE_SEED");
        try {
            return seed == null || seed.isBlank() ? 1 : Long.parseLong(seed);
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("SIAMESE_SEED must be a whole number, but is " + seed + ".", e);
        }
    }

    /**
     * {@return the folder where downloads and trained networks are kept: {@code SIAMESE_CACHE}, or {@code data} in the
     * project's folder}
     */
    public static Path cacheFolder() {
        String cache = System.getenv("SIAMESE_CACHE");
        if (cache != null && !cache.isBlank()) {
            return Path.of(cache).toAbsolutePath();
        }
        Path here = Path.of("").toAbsolutePath();
        for (Path folder = here; folder != null; folder = folder.getParent()) {
            if (Files.isRegularFile(folder.resolve("pom.xml")) && Files.isDirectory(folder.resolve("notebooks"))) {
                return folder.resolve("data");
            }
        }
        return here.resolve("data");
    }
}
