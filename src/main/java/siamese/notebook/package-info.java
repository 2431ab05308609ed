/**
 * What a notebook cell shows: charts, tables, picture galleries and the live view of a training run.
 *
 * <p>A newcomer needs three classes. {@link siamese.notebook.Charts} draws losses, distances and ROC curves in one
 * theme; {@link siamese.notebook.Gallery} lays pairs and images out as captioned pictures;
 * {@link siamese.notebook.TrainingProgress} is handed to a training run and shows how it goes. Histories and reports
 * show themselves as tables. Whatever they make shows itself when it is a cell's last expression, because the
 * kernel's start-up calls {@link siamese.notebook.Kernel#register()};
 * {@link siamese.notebook.Kernel#display(Object)} shows it in mid-cell, and {@link siamese.notebook.LiveDisplay} is an
 * output that changes in place.
 *
 * <p>Nothing here knows a Jupyter kernel at compile time: {@code KernelBridge} finds IJava or JJava by reflection, and
 * {@code View} decides how each type looks (HTML for notebooks, plain text for terminals and screen readers).
 * Without a kernel everything works too and prints its text.
 */
package siamese.notebook;
