package siamese.notebook;

import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.RunnableFuture;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import jdk.jshell.DeclarationSnippet;
import jdk.jshell.ImportSnippet;
import jdk.jshell.JShell;
import jdk.jshell.Snippet;
import jdk.jshell.SnippetEvent;
import jdk.jshell.VarSnippet;
import jdk.jshell.spi.ExecutionControl.UserException;

/**
 * What is added to how a kernel runs cells, IJava and JJava alike, where JShell hands a piece of code over to be run:
 * causes of exceptions, which IJava drops; which variables JShell has reset; cells that Stop has not ended; and output
 * gathered into few messages, of which Jupyter takes a limited number in a second.
 */
final class Cells implements InvocationHandler {

    /** The most that one cell prints, in bytes: a browser still shows it. */
    private static final int MOST_BYTES = 4_000_000;
    private static final int GATHER_MILLIS = 50;
    /** A cell that has not ended so long after Stop never will, or after the batch that it trains on. */
    private static final int GRACE_MILLIS = 500;
    private static final String JSHELLS_NAMES = "REPL\\.\\$JShell\\$\\w+\\.";

    private final KernelBridge bridge;
    private final JShell shell;
    private final Object control;
    private final Gathered out;
    private final Gathered err;
    private final Map<Thread, Integer> stopped = new ConcurrentHashMap<>();
    private final Map<String, String> reset = new LinkedHashMap<>();
    private volatile boolean running;
    private volatile Throwable thrown;
    private Snippet lastCause;
    private int cell;

    /**
     * Wraps what runs a shell's code.
     *
     * @param control the kernel's
     * @param out the kernel's stream for what is printed
     * @param err and for errors
     */
    Cells(KernelBridge bridge, JShell shell, Object control, PrintStream out, PrintStream err) {
        this.bridge = bridge;
        this.shell = shell;
        this.control = control;
        this.out = new Gathered(out);
        this.err = new Gathered(err);
        shell.onSnippetEvent(this::changed);
        streams();
    }

    /** Sends what was printed so far, so that what is shown now comes below it. */
    void flush() {
        out.send();
        err.send();
    }

    @Override
    public Object invoke(Object proxy, Method method, Object[] arguments) throws Throwable {
        boolean runs = method.getName().equals("invoke");
        try {
            running = runs && begin();
            return method.invoke(control, arguments);
        } catch (InvocationTargetException e) {
            if (runs) {
                awaitEnd();
            }
            throw e.getCause() instanceof UserException user ? explained(user) : e.getCause();
        } finally {
            running = false;
            flush();
        }
    }

    /** Runs cells as the kernel's own executor does, and keeps what they throw, of which IJava drops the causes. */
    ExecutorService keeping(ThreadPoolExecutor own) {
        return new ThreadPoolExecutor(0, Integer.MAX_VALUE, 1, TimeUnit.MINUTES, new SynchronousQueue<>(),
                own.getThreadFactory()) {
            @Override
            protected <T> RunnableFuture<T> newTaskFor(Callable<T> code) {
                return super.newTaskFor(() -> {
                    try {
                        return code.call();
                    } catch (InvocationTargetException e) {
                        thrown = e.getCause();
                        throw e;
                    }
                });
            }
        };
    }

    private boolean begin() {
        thrown = null;
        if (bridge.cell() != cell) {
            cell = bridge.cell();
            out.left = MOST_BYTES;
            err.left = MOST_BYTES;
            if (!stopped.isEmpty()) {
                streams(); // the old ones hold what the stopped cell could not print
                stopped.keySet().retainAll(inCells());
                stopped.values().forEach(number -> System.err.println("Cell [" + number + "], which you stopped, is "
                        + "still running and keeps a processor busy: its loop neither sleeps nor looks whether its "
                        + "thread is interrupted. Only Kernel > Restart Kernel… ends it."));
            }
        }
        return true;
    }

    /** Waits for the cell to end that was stopped; one that does not end by itself ends when it next prints. */
    private void awaitEnd() throws InterruptedException {
        for (int waited = 0; waited < GRACE_MILLIS && !stopped.keySet().containsAll(inCells()); waited += 20) {
            Thread.sleep(20);
        }
        if (inCells().stream().filter(thread -> stopped.putIfAbsent(thread, cell) == null).count() > 0) {
            Thread.sleep(2 * GATHER_MILLIS);
        }
    }

    /** The threads that run a cell's code now: JShell puts it into a method of this name. */
    private static Set<Thread> inCells() {
        return Thread.getAllStackTraces().entrySet().stream().filter(thread -> Stream.of(thread.getValue())
                .anyMatch(frame -> frame.getMethodName().equals("do_it$"))).map(Map.Entry::getKey)
                .collect(Collectors.toSet());
    }

    /** The exception with its causes in the message: the deepest first, or a sentence of this library. */
    private UserException explained(UserException outer) {
        Throwable whole = thrown;
        if (whole == null || !whole.getClass().getName().equals(outer.causeExceptionClass())) {
            return outer; // the cell was stopped, say
        }
        List<Throwable> chain = new ArrayList<>(Stream.iterate(whole, Objects::nonNull, Throwable::getCause).limit(20)
                .toList());
        StackTraceElement[] stack = whole.getStackTrace();
        boolean ours = stack.length > 0 && stack[0].getClassName().startsWith("siamese.");
        if (!ours) {
            Collections.reverse(chain);
        }
        Throwable first = chain.remove(0);
        StringBuilder text = new StringBuilder(String.valueOf(first.getMessage()).replaceAll(JSHELLS_NAMES, ""));
        text.append(first instanceof NullPointerException ? nulls() : "");
        for (Throwable next : chain) {
            boolean repeats = next.getCause() != null && next.getCause().toString().equals(next.getMessage());
            text.append(ours ? "\n  caused by " : "\n  which led to ")
                    .append(repeats ? next.getClass().getName() : next.toString());
        }
        return new UserException(text.toString(), first.getClass().getName(), first.getStackTrace());
    }

    private String nulls() {
        return shell.variables().filter(v -> reset.containsKey(v.name()) && "null".equals(shell.varValue(v)))
                .map(v -> "\n  " + v.name() + " was reset to null when " + reset.get(v.name()) + " was declared anew, "
                        + "since var took its type from there; run the cell again that declares " + v.name() + ".")
                .collect(Collectors.joining());
    }

    private void changed(SnippetEvent event) {
        Snippet cause = event.causeSnippet();
        String name = event.snippet() instanceof DeclarationSnippet named ? named.name() : "";
        if (cause == null) {
            reset.remove(name);
            return;
        }
        String by = cause instanceof DeclarationSnippet declared ? declared.name()
                : cause instanceof ImportSnippet imported ? "import " + imported.fullname() : "other code";
        if (event.snippet() instanceof VarSnippet) {
            reset.put(name, by);
        }
        String why = shell.diagnostics(event.snippet()).map(found -> found.getMessage(null).replaceAll("\\s+", " "))
                .findFirst().orElse("");
        if (event.previousStatus() == Snippet.Status.VALID && !why.isEmpty() && !cause.equals(lastCause)) {
            lastCause = cause;
            System.err.println("Since " + by + " earlier code does not compile any more, such as " + name + ": " + why
                    + "; run an import of the one that is meant, such as import java.util.List;");
        }
    }

    /** Makes these the kernel's streams from the next cell on, and Java's now. */
    private void streams() {
        PrintStream printed = new PrintStream(out, false, StandardCharsets.UTF_8);
        PrintStream errors = new PrintStream(err, false, StandardCharsets.UTF_8);
        bridge.setStreams(printed, errors);
        System.setOut(printed);
        System.setErr(errors);
    }

    /** What is printed goes on to the kernel's stream after a moment, and not without end. */
    private final class Gathered extends OutputStream {

        private final PrintStream target;
        private final ByteArrayOutputStream waiting = new ByteArrayOutputStream();
        private volatile long left = MOST_BYTES;

        Gathered(PrintStream target) {
            this.target = target;
        }

        @Override
        public void write(int b) {
            write(new byte[] {(byte) b}, 0, 1);
        }

        @Override
        public void write(byte[] bytes, int from, int count) {
            if (stopped.containsKey(Thread.currentThread())) {
                throw new ThreadDeath(); // ends a printing loop
            }
            boolean first;
            synchronized (this) {
                first = waiting.size() == 0;
                if (left >= 0) {
                    waiting.write(bytes, from, count);
                    left -= count;
                    if (left < 0) {
                        waiting.writeBytes(String.format("%n… This cell has printed %,d bytes; what it prints from "
                                + "here on is not shown.%n", MOST_BYTES).getBytes(StandardCharsets.UTF_8));
                    }
                }
            }
            if (!running) {
                send();
            } else if (first) {
                CompletableFuture.runAsync(this::send,
                        CompletableFuture.delayedExecutor(GATHER_MILLIS, TimeUnit.MILLISECONDS));
            }
        }

        private synchronized void send() {
            if (waiting.size() > 0) {
                target.write(waiting.toByteArray(), 0, waiting.size());
                target.flush();
                waiting.reset();
            }
        }
    }
}
