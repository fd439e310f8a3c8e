package io.github.weirml.flink.table;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.weirml.testing.Logs;
import io.github.weirml.testing.ScriptedServer;
import io.github.weirml.testing.SqlTestBase;
import io.github.weirml.v1.Order;
import io.github.weirml.v1.PredictResponse;
import io.github.weirml.v1.PredictStart;
import io.github.weirml.v1.PredictStarted;
import io.github.weirml.v1.Record;
import io.github.weirml.v1.Window;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.apache.flink.table.api.bridge.java.StreamTableEnvironment;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What the server is told of Flink's own limits, by the query or by the session. */
class LimitsITCase extends SqlTestBase {
    private final BlockingQueue<PredictStart> starts = new LinkedBlockingQueue<>();
    private final BlockingQueue<Record> records = new LinkedBlockingQueue<>();
    private ScriptedServer server;
    private StreamTableEnvironment tables;

    @BeforeEach
    void start() {
        server =
                new ScriptedServer(
                        stream -> {
                            starts.add(stream.start());
                            stream.send(
                                    PredictResponse.newBuilder()
                                            .setStarted(
                                                    PredictStarted.newBuilder()
                                                            .setWindow(
                                                                    Window.newBuilder()
                                                                            .setRecords(9)
                                                                            .setBytes(1 << 20))));
                            Record record = stream.record();
                            records.add(record);
                            stream.answer(record);
                            stream.next();
                        });
        tables = tables(1);
        tables.executeSql("CREATE TEMPORARY VIEW input AS SELECT 'x' AS text");
    }

    @AfterEach
    void stop() {
        server.close();
    }

    @Test
    void theDefaultsAreFlinks() throws Exception {
        model();

        PredictStart start = run("MAP['batch.size', '2']");

        assertThat(start.getMaxInFlight()).isEqualTo(10);
        assertThat(start.getOrder()).isEqualTo(Order.ORDER_RECORD);
        assertThat(start.getClient().getName()).isEqualTo("flink-model-weir");
        assertThat(start.getModel()).isEqualTo("m1");
        assertThat(start.getOptionsMap()).containsEntry("batch.size", "2").hasSize(2);
        assertThat(timeoutMillis()).isBetween(100_000L, 150_000L);
    }

    @Test
    void theSessionsSettingsAreRead() throws Exception {
        model();
        tables.getConfig().set("table.exec.async-ml-predict.max-concurrent-operations", "40");
        tables.getConfig().set("table.exec.async-ml-predict.timeout", "60 s");
        tables.getConfig().set("table.exec.async-ml-predict.output-mode", "ALLOW_UNORDERED");

        PredictStart start = run("MAP['batch.size', '20']");

        assertThat(start.getMaxInFlight()).isEqualTo(40);
        assertThat(start.getOrder()).isEqualTo(Order.ORDER_UNORDERED);
        assertThat(timeoutMillis()).isBetween(30_000L, 50_000L);
    }

    @Test
    void theQuerysAreOverThoseOfTheSession() throws Exception {
        model();
        tables.getConfig().set("table.exec.async-ml-predict.max-concurrent-operations", "40");
        tables.getConfig().set("table.exec.async-ml-predict.output-mode", "ALLOW_UNORDERED");

        PredictStart start =
                run(
                        "MAP['max-concurrent-operations', '60', 'timeout', '120 s', 'output-mode',"
                                + " 'ORDERED', 'async', 'true', 'record.timeout', '20 s']");

        assertThat(start.getMaxInFlight()).isEqualTo(60);
        assertThat(start.getOrder()).isEqualTo(Order.ORDER_RECORD);
        assertThat(start.getOptionsMap()).containsOnlyKeys("max.retries");
        assertThat(timeoutMillis()).isBetween(10_000L, 20_000L);
    }

    @Test
    void batchesThatCannotFillAreWarnedOfOnce() {
        model();
        try (Logs logs = new Logs()) {
            for (int i = 0; i < 3; i++) {
                tables.explainSql(query("MAP['batch.size', '77']"));
            }

            assertThat(logs.with("'batch.size' is 77"))
                    .singleElement()
                    .asString()
                    .contains("WARN", "at most 10 rows", "'max-concurrent-operations' to 77")
                    .contains("'batch.scope' to 'model'");
        }
        assertThat(starts).isEmpty();
    }

    private void model() {
        tables.executeSql(
                "CREATE MODEL m INPUT (text STRING) OUTPUT (s STRING) WITH ("
                        + options(
                                "provider", "weir",
                                "endpoint", server.endpoint(),
                                "model", "m1",
                                "max.retries", "7")
                        + ")");
    }

    private static String query(String map) {
        return "SELECT s FROM ML_PREDICT(TABLE input, MODEL m, DESCRIPTOR(text), " + map + ")";
    }

    private PredictStart run(String map) throws Exception {
        assertThat(rows(tables, query(map))).hasSize(1);
        return starts.poll(20, TimeUnit.SECONDS);
    }

    private long timeoutMillis() throws InterruptedException {
        Record record = records.poll(20, TimeUnit.SECONDS);
        return record.getTimeout().getSeconds() * 1_000
                + record.getTimeout().getNanos() / 1_000_000;
    }
}
