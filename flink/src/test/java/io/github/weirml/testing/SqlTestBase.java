package io.github.weirml.testing;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.table.api.bridge.java.StreamTableEnvironment;
import org.apache.flink.test.junit5.MiniClusterExtension;
import org.apache.flink.types.Row;
import org.apache.flink.util.CloseableIterator;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * SQL on a MiniCluster of one task manager with four slots. The first job of a JVM takes 15 s and
 * more, so all such tests share one.
 */
@Timeout(120)
@SuppressWarnings("try") // CloseableIterator.close() may throw anything.
public abstract class SqlTestBase {

    /** What the jobs of all such tests count. */
    protected static final JobMetrics METRICS = new JobMetrics();

    @RegisterExtension
    protected static final MiniClusterExtension CLUSTER =
            new MiniClusterExtension(() -> METRICS.cluster(4));

    /** An environment whose jobs have that parallelism and no restarts. */
    protected static StreamTableEnvironment tables(int parallelism) {
        Configuration configuration = new Configuration();
        configuration.setString("restart-strategy.type", "none");
        StreamExecutionEnvironment env =
                StreamExecutionEnvironment.getExecutionEnvironment(configuration);
        env.setParallelism(parallelism);
        return StreamTableEnvironment.create(env);
    }

    /** {@code 'a' = 'b', 'c' = 'd'}, of pairs. */
    protected static String options(String... pairs) {
        List<String> options = new ArrayList<>();
        for (int i = 0; i < pairs.length; i += 2) {
            options.add(quoted(pairs[i]) + " = " + quoted(pairs[i + 1]));
        }
        return String.join(", ", options);
    }

    /** {@code MAP['a', 'b']}, of pairs. */
    protected static String map(String... pairs) {
        List<String> all = new ArrayList<>();
        for (String text : pairs) {
            all.add(quoted(text));
        }
        return "MAP[" + String.join(", ", all) + "]";
    }

    private static String quoted(String text) {
        return "'" + text.replace("'", "''") + "'";
    }

    /** Runs a query to its end. */
    protected static List<Row> rows(StreamTableEnvironment tables, String query) throws Exception {
        List<Row> rows = new ArrayList<>();
        try (CloseableIterator<Row> all = tables.executeSql(query).collect()) {
            all.forEachRemaining(rows::add);
        }
        return rows;
    }

    /** A bounded view of rows, from one subtask, as {@code (0, 'a'), …}. */
    protected static void view(StreamTableEnvironment tables, String name, Map<Integer, String> t) {
        List<String> rows = new ArrayList<>();
        t.forEach((id, text) -> rows.add("(" + id + ", " + quoted(text) + ")"));
        tables.executeSql(
                "CREATE TEMPORARY VIEW "
                        + name
                        + " AS SELECT * FROM (VALUES "
                        + String.join(", ", rows)
                        + ") AS t(id, text)");
    }
}
