package io.github.weirml.flink.restart;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.weirml.client.Order;
import io.github.weirml.client.Record;
import io.github.weirml.flink.WeirAsyncFunction;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.apache.flink.api.common.JobID;
import org.apache.flink.api.common.typeinfo.TypeHint;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.java.tuple.Tuple2;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.table.api.Table;
import org.apache.flink.table.api.bridge.java.StreamTableEnvironment;
import org.apache.flink.types.Row;
import org.apache.flink.util.CloseableIterator;

/**
 * A job that asks for the answers to reviews, with checkpoints, to its end.
 *
 * <p>The source counts numbers and knows in a checkpoint how far it is. What is compared is what
 * comes out of {@link DataStream#collectAsync}: with checkpoints its sink keeps rows in its state,
 * and gives away only those that a completed checkpoint covers, so it is exactly once over restarts
 * by what Flink promises; it does not look at the rows, and would hide no doubled one.
 */
final class Trial {
    static final int PARALLELISM = 2;
    static final int CAPACITY = 40;
    static final int BATCH = 20;
    private static final int CHECKPOINT_MILLIS = 200;
    private static final TypeInformation<Tuple2<Long, String>> ROWS =
            TypeInformation.of(new TypeHint<>() {});

    /** Which of the connector's two faces asks. */
    enum Face {
        ML_PREDICT,
        ASYNC_FUNCTION
    }

    private final Face face;
    private final Order order;
    private final String endpoint;
    private final int count;
    private CompletableFuture<List<Tuple2<Long, String>>> output;
    private JobID job;

    /**
     * A job that is not running yet.
     *
     * @param count reviews at most, an even number
     */
    Trial(Face face, Order order, String endpoint, int count) {
        this.face = face;
        this.order = order;
        this.endpoint = endpoint;
        this.count = count;
    }

    /**
     * Starts it.
     *
     * @param name of its {@link Flow}
     * @param restarts most that there may be
     */
    void start(String name, Exit.CallsInFlight calls, int restarts) throws Exception {
        StreamExecutionEnvironment env = env(restarts);
        DataStream<Tuple2<Long, String>> in =
                env.fromSequence(0, count - 1).flatMap(new Entrance(name)).returns(ROWS);
        DataStream<Tuple2<Long, String>> out =
                (face == Face.ML_PREDICT ? sql(env, in) : function(in))
                        .map(new Exit(name, calls))
                        .returns(ROWS);
        CloseableIterator<Tuple2<Long, String>> rows = out.collectAsync();
        job = env.executeAsync(name).getJobID();
        output = CompletableFuture.supplyAsync(() -> drain(rows));
    }

    private static StreamExecutionEnvironment env(int restarts) {
        Configuration configuration = new Configuration();
        configuration.setString("restart-strategy.type", restarts == 0 ? "none" : "fixed-delay");
        configuration.setString("restart-strategy.fixed-delay.attempts", "" + restarts);
        configuration.setString("restart-strategy.fixed-delay.delay", "0 ms");
        StreamExecutionEnvironment env =
                StreamExecutionEnvironment.getExecutionEnvironment(configuration);
        env.setParallelism(PARALLELISM);
        env.enableCheckpointing(CHECKPOINT_MILLIS);
        return env;
    }

    private static List<Tuple2<Long, String>> drain(CloseableIterator<Tuple2<Long, String>> rows) {
        List<Tuple2<Long, String>> all = new ArrayList<>();
        try (rows) {
            rows.forEachRemaining(all::add);
        } catch (Exception e) {
            throw new AssertionError("the job has failed", e);
        }
        return all;
    }

    private DataStream<Tuple2<Long, String>> function(DataStream<Tuple2<Long, String>> in) {
        WeirAsyncFunction.Builder<Tuple2<Long, String>, Tuple2<Long, String>> function =
                WeirAsyncFunction.<Tuple2<Long, String>, Tuple2<Long, String>>builder()
                        .endpoints(endpoint)
                        .options(Answers.OPTIONS)
                        .capacity(CAPACITY)
                        .record(row -> Record.of(row.f1))
                        .output((row, result) -> Tuple2.of(row.f0, Answers.show(result)))
                        .returns(ROWS);
        return order == Order.RECORD ? function.orderedWait(in) : function.unorderedWait(in);
    }

    private DataStream<Tuple2<Long, String>> sql(
            StreamExecutionEnvironment env, DataStream<Tuple2<Long, String>> in) {
        StreamTableEnvironment tables = StreamTableEnvironment.create(env);
        tables.createTemporaryView("reviews", tables.fromDataStream(in).as("id", "text"));
        Map<String, String> model = new HashMap<>(Answers.OPTIONS);
        model.putAll(Map.of("provider", "weir", "endpoint", endpoint, "error.column", "error"));
        tables.executeSql(
                "CREATE MODEL judge INPUT (text STRING) OUTPUT (sentiment STRING, score STRING,"
                        + " entities STRING, error STRING) WITH ("
                        + list(model, " = ")
                        + ")");
        Table answers =
                tables.sqlQuery(
                        "SELECT id, sentiment, score, entities, error FROM ML_PREDICT(TABLE"
                                + " reviews, MODEL judge, DESCRIPTOR(text), MAP["
                                + list(limits(), ", ")
                                + "])");
        return tables.toDataStream(answers).map(Trial::row).returns(ROWS);
    }

    private Map<String, String> limits() {
        return Map.of(
                "async",
                "true",
                "max-concurrent-operations",
                "" + CAPACITY,
                "output-mode",
                order == Order.RECORD ? "ORDERED" : "ALLOW_UNORDERED");
    }

    private static String list(Map<String, String> options, String between) {
        return options.entrySet().stream()
                .map(option -> quoted(option.getKey()) + between + quoted(option.getValue()))
                .collect(Collectors.joining(", "));
    }

    private static String quoted(String text) {
        return "'" + text.replace("'", "''") + "'";
    }

    private static Tuple2<Long, String> row(Row row) {
        String answer = row.getField(1) + "|" + row.getField(2) + "|" + row.getField(3);
        String error = row.getFieldAs(4);
        return Tuple2.of(row.getFieldAs(0), error == null ? answer : error);
    }

    /** For its metrics. */
    JobID job() {
        return job;
    }

    /** Waits for the end, and compares by the reviews' ids: none lost, doubled or mixed up. */
    void assertExactlyOnce(Flow flow) throws Exception {
        List<Tuple2<Long, String>> rows = output.get(90, TimeUnit.SECONDS);
        List<Long> ids = rows.stream().map(row -> row.f0).collect(Collectors.toList());
        if (order == Order.RECORD) {
            assertInOrder(ids);
        }
        assertThat(ids.stream().sorted().collect(Collectors.toList())).isEqualTo(flow.ids());
        assertThat(rows).allSatisfy(row -> assertThat(row.f1).isEqualTo(Answers.answer(row.f0)));
    }

    /** The source has as many splits as subtasks, and each of those keeps its order. */
    private void assertInOrder(List<Long> ids) {
        int split = count / PARALLELISM;
        for (int i = 0; i < PARALLELISM; i++) {
            int number = i;
            List<Long> part =
                    ids.stream().filter(id -> id / split == number).collect(Collectors.toList());
            List<Long> sorted = new ArrayList<>(part);
            Collections.sort(sorted);
            assertThat(part).isEqualTo(sorted);
        }
    }
}
