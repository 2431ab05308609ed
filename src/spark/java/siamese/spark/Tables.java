package siamese.spark;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.function.Function;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.ArrayType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.NumericType;
import org.apache.spark.sql.types.StructType;
import siamese.evaluation.Embeddings;

/** Embeddings and pairs in Spark's tables: Parquet, and for pairs CSV with a line of names above. */
final class Tables {

    private static final Map<String, Integer> WORDS = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);

    static {
        WORDS.putAll(Map.of("true", 1, "1", 1, "false", 0, "0", 0));
    }

    private Tables() {
    }

    /** Points and what each is called. */
    record Named(Embeddings points, List<String> names) {
    }

    private static Dataset<Row> read(Cluster cluster, String name, String... columns) throws IOException {
        Storage.check(name);
        String path = Storage.path(name).toString();
        boolean csv = name.matches("(?i).*\\.csv(\\.\\w+)?");
        Dataset<Row> table;
        try {
            table = cluster.quietly(() -> csv ? session().read().option("header", true).csv(path)
                    : session().read().parquet(path));
        } catch (IllegalStateException e) {
            throw new IOException(name + " cannot be read as " + (csv ? "CSV" : "Parquet") + ".", e);
        }
        need(table, name, columns);
        return table;
    }

    private static void need(Dataset<Row> table, String name, String... columns) {
        List<String> there = Arrays.asList(table.columns());
        Arrays.stream(columns).filter(column -> !there.contains(column)).findFirst().ifPresent(column -> {
            throw new IllegalArgumentException(name + " has no column " + column + ", but " + there + ".");
        });
    }

    /** Of the connection that is open. */
    private static SparkSession session() {
        return SparkSession.builder().config("spark.sql.warehouse.dir", System.getProperty("java.io.tmpdir"))
                .getOrCreate();
    }

    /**
     * {@return embeddings that somebody has made, in the order of the file, brought here}
     *
     * @param name of a Parquet file or folder with the columns id or file, label, and embedding, an array of numbers
     * @throws IOException if there is none
     * @throws IllegalArgumentException if it has other columns, an id twice, or no value somewhere
     */
    static Named embeddings(Cluster cluster, String name) throws IOException {
        Dataset<Row> table = read(cluster, name, "label", "embedding");
        String id = Arrays.asList(table.columns()).contains("id") ? "id" : "file";
        need(table, name, id);
        if (!(table.schema().apply("embedding").dataType() instanceof ArrayType array
                && array.elementType() instanceof NumericType)) {
            throw new IllegalArgumentException("The column embedding of " + name + " must be an array of numbers, but "
                    + "is " + table.schema().apply("embedding").dataType().simpleString() + ".");
        }
        Iterator<Row> rows = cluster.quietly(() -> table.selectExpr("cast(" + id + " as string)",
                "cast(label as string)", "cast(embedding as array<double>)").toLocalIterator());
        Map<String, Integer> classes = new HashMap<>();
        Map<String, Integer> names = new LinkedHashMap<>();
        List<double[]> vectors = new ArrayList<>();
        List<Integer> labels = new ArrayList<>();
        while (cluster.quietly(rows::hasNext)) {
            Row row = rows.next();
            if (row.anyNull() || row.getList(2).contains(null)) {
                throw new IllegalArgumentException(name + " has no value somewhere in the row of " + row.get(0) + ".");
            }
            if (names.put(row.getString(0), names.size()) != null) {
                throw new IllegalArgumentException(name + " has the " + id + " " + row.getString(0) + " twice.");
            }
            labels.add(classes.computeIfAbsent(row.getString(1), label -> classes.size()));
            vectors.add(row.<Double>getList(2).stream().mapToDouble(x -> x).toArray());
        }
        if (vectors.size() < 2) {
            throw new IllegalArgumentException(name + " has fewer than two embeddings, but a pair needs two.");
        }
        return new Named(new Embeddings(vectors.toArray(double[][]::new),
                labels.stream().mapToInt(label -> label).toArray(), Storage.path(name).getName()),
                List.copyOf(names.keySet()));
    }

    /** Writes embeddings as {@link #embeddings} reads them, with the names of their classes. */
    static void write(Cluster cluster, Embeddings points, List<String> names, IntFunction<String> className,
            String path) {
        StructType columns = new StructType().add("id", DataTypes.StringType).add("label", DataTypes.StringType)
                .add("embedding", DataTypes.createArrayType(DataTypes.FloatType, false));
        List<Row> rows = IntStream.range(0, points.size()).mapToObj(i -> RowFactory.create(names.get(i),
                className.apply(points.labels()[i]), Arrays.stream(points.vectors()[i]).mapToObj(x -> (float) x)
                        .toArray(Float[]::new))).toList();
        cluster.quietly(() -> {
            session().createDataFrame(rows, columns).coalesce(1).write().parquet(path);
            return null;
        });
    }

    /**
     * {@return pairs of a file: the numbers of two examples, and 1 if they are similar, else 0}
     *
     * @param name of a CSV or Parquet file with the columns first, second (names of examples) and similar (true or
     *     false, 1 or 0)
     * @param names of all examples
     * @throws IOException if there is none
     * @throws IllegalArgumentException if it has other columns, names another example, or is empty
     */
    static JavaRDD<int[]> pairs(Cluster cluster, String name, List<String> names) throws IOException {
        Map<String, Integer> numbers = new HashMap<>();
        names.forEach(one -> numbers.put(one, numbers.size()));
        Broadcast<Map<String, Integer>> known = cluster.context().broadcast(numbers);
        JavaRDD<Row> rows = read(cluster, name, "first", "second", "similar").selectExpr("cast(first as string)",
                "cast(second as string)", "cast(similar as string)").javaRDD();
        List<String> wrong = cluster.quietly(() -> rows.map(wrong(known)).filter(Objects::nonNull).take(1));
        if (!wrong.isEmpty() || cluster.quietly(rows::isEmpty)) {
            throw new IllegalArgumentException(name + (wrong.isEmpty() ? " has no pairs." : wrong.get(0)));
        }
        return rows.map(resolved(known));
    }

    private static Function<Row, String> wrong(Broadcast<Map<String, Integer>> known) {
        return row -> !known.value().containsKey(row.getString(0)) ? " names " + row.get(0) + ", which is no example."
                : !known.value().containsKey(row.getString(1)) ? " names " + row.get(1) + ", which is no example."
                : row.isNullAt(2) || !WORDS.containsKey(row.getString(2).strip()) ? " says that " + row.get(0) + " and "
                + row.get(1) + " are similar: " + row.get(2) + "; say true or false, or 1 or 0." : null;
    }

    private static Function<Row, int[]> resolved(Broadcast<Map<String, Integer>> known) {
        return row -> new int[] {known.value().get(row.getString(0)), known.value().get(row.getString(1)),
            WORDS.get(row.getString(2).strip())};
    }
}
