package siamese.notebook;

import java.io.IOException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;

/**
 * The Jupyter kernel that this program runs in, if there is one: IJava or its successor JJava.
 *
 * <p>The kernel's start-up calls {@link #register()}; from then on charts, tables, galleries, pairs, histories, reports
 * and networks show themselves when they are a cell's last expression. In a plain Java program, in a unit test say,
 * everything works too, and what would be shown is printed as text.
 */
public final class Kernel {

    /** The kernel that has our renderers: registering twice would render twice. */
    private static final AtomicReference<Object> REGISTERED = new AtomicReference<>();

    private Kernel() {}

    /**
     * Tells the running kernel how to show this project's types. Does nothing without a kernel or when done before, and
     * never throws, since a failing start-up script kills some kernels: what goes wrong is one line on standard error.
     */
    public static void register() {
        try {
            KernelBridge.find().ifPresent(Kernel::registerWith);
        } catch (RuntimeException | LinkageError e) {
            System.err.println("Charts and tables will show as text only: " + e);
        }
    }

    /** {@return whether this program runs inside a Jupyter kernel} */
    public static boolean isRunning() {
        return KernelBridge.find().isPresent();
    }

    /**
     * Shows a value below the running cell, in mid-cell too; without a kernel prints its text to standard output.
     *
     * @param value a chart, table, gallery, network or whatever else the kernel can show; null shows as "null"
     */
    public static void display(Object value) {
        displayUpdatable(value);
    }

    /**
     * Shows a value as {@link #display(Object)} does, as an output whose content can be replaced later.
     *
     * @param value what to show first
     * @return the handle that replaces it
     */
    public static LiveDisplay displayUpdatable(Object value) {
        KernelBridge bridge = KernelBridge.find().orElse(null);
        if (bridge != null) {
            registerWith(bridge);
        }
        return new LiveDisplay(bridge, value);
    }

    /** The text form of a value, as a terminal shows it. */
    static String text(Object value) {
        return View.of(value).text();
    }

    private static void registerWith(KernelBridge bridge) {
        Object kernel = bridge.kernel();
        if (REGISTERED.getAndSet(kernel) != kernel) {
            View.LOOKS.forEach(bridge::register);
            bridge.javadocFrom(sources());
            bridge.watchCells();
        }
    }

    /** Where Shift-Tab finds Javadoc: in our sources, which the kernel's start names, and in the JDK's. */
    private static List<Path> sources() {
        List<Path> sources = new ArrayList<>();
        if (System.getProperty("siamese.help") != null) {
            sources.add(Path.of(System.getProperty("siamese.help")));
        }
        Path jdk = Path.of(System.getProperty("java.home"), "lib", "src.zip");
        if (Files.isReadable(jdk)) {
            try (Stream<Path> modules = Files.list(FileSystems.newFileSystem(jdk).getPath("/"))) {
                modules.filter(Files::isDirectory).forEach(sources::add);
            } catch (IOException e) { // then without the JDK's
            }
        }
        return sources;
    }
}
