package siamese.notebook;

import java.util.UUID;
import java.util.function.Consumer;

/**
 * An output below a cell whose content can be replaced in place, from any thread, even after the cell has ended.
 * Made by {@link Kernel#displayUpdatable(Object)}. The saved notebook holds the last content only. Without a kernel
 * each content is printed once, as text, unless it is the same as the one before.
 */
public final class LiveDisplay {

    private final KernelBridge bridge;
    private final String id = UUID.randomUUID().toString();
    private Consumer<Object> updates;
    private String printed;

    LiveDisplay(KernelBridge bridge, Object value) {
        this.bridge = bridge;
        update(value);
    }

    /**
     * Replaces what is shown.
     *
     * @param value the new content; whatever {@link Kernel#display(Object)} takes
     */
    public void update(Object value) {
        OwnThread.run(() -> {
            if (bridge == null) {
                print(value);
            } else if (updates == null) {
                updates = bridge.display(id, bridge.render(value));
            } else {
                updates.accept(bridge.render(value));
            }
        });
    }

    private void print(Object value) {
        String text = Kernel.text(value);
        if (!text.equals(printed)) {
            System.out.println(text);
            printed = text;
        }
    }
}
