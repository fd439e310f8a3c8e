package io.github.weirml.flink.table;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.weirml.testing.ScriptedServer;
import io.github.weirml.testing.ScriptedStream;
import io.github.weirml.testing.SqlTestBase;
import io.github.weirml.testing.WeirProcess;
import io.github.weirml.v1.Field;
import io.github.weirml.v1.Match;
import io.github.weirml.v1.Record;
import io.github.weirml.v1.Result;
import io.github.weirml.v1.Values;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.apache.flink.api.common.JobID;
import org.apache.flink.table.api.TableResult;
import org.apache.flink.table.api.bridge.java.StreamTableEnvironment;
import org.apache.flink.types.Row;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** ML_PREDICT on a real weir with its embedded model. */
class PredictITCase extends SqlTestBase {
    private static WeirProcess weir;

    @BeforeAll
    static void start() {
        weir = WeirProcess.serve();
    }

    @AfterAll
    static void stop() {
        weir.close();
    }

    @Test
    void theQueryOverridesTheModelsBatchSize() throws Exception {
        StreamTableEnvironment tables = tables(1);
        tables.executeSql(
                "CREATE MODEL llm_sentiment INPUT (text STRING) OUTPUT (sentiment STRING) WITH ("
                        + options("provider", "weir", "endpoint", weir.endpoint())
                        + ")");
        tables.executeSql(
                "CREATE TEMPORARY VIEW reviews AS SELECT * FROM (VALUES"
                        + " (1, 'I love it'), (2, 'A waste of money.'),"
                        + " (3, CAST(NULL AS STRING)), (4, 'Great!')) AS t(id, text)");

        List<Row> rows =
                rows(
                        tables,
                        "SELECT id, sentiment FROM ML_PREDICT(TABLE reviews, MODEL llm_sentiment,"
                                + " DESCRIPTOR(text), MAP['batch.size', '2'])");

        assertThat(rows)
                .containsExactlyInAnyOrder(
                        Row.of(1, "positive"),
                        Row.of(2, "negative"),
                        Row.of(3, null),
                        Row.of(4, "positive"));
    }

    /** What a prompt shows of each type: the single mode's model sees the fields as JSON. */
    @Test
    void columnsOfManyTypesBecomeFields() throws Exception {
        StreamTableEnvironment tables = tables(1);
        try (ScriptedServer server = new ScriptedServer(PredictITCase::echoFields)) {
            tables.executeSql(
                    "CREATE MODEL echo INPUT (t STRING, b BOOLEAN, l BIGINT, d DECIMAL(20, 2),"
                            + " f DOUBLE, d8 DATE, ts TIMESTAMP(3), tags ARRAY<BIGINT>,"
                            + " r ROW<a INT, b STRING>, m MAP<STRING, INT>, n STRING)"
                            + " OUTPUT (answer STRING) WITH ("
                            + options("provider", "weir", "endpoint", server.endpoint())
                            + ")");
            tables.executeSql(
                    "CREATE TEMPORARY VIEW input AS SELECT 'x' AS t, TRUE AS b, 7 AS l,"
                            + " CAST(1.5 AS DECIMAL(20, 2)) AS d, CAST(0.25 AS FLOAT) AS f,"
                            + " DATE '2026-02-28' AS d8,"
                            + " TIMESTAMP '2026-02-28 10:00:00.5' AS ts,"
                            + " ARRAY[CAST(1 AS BIGINT), -2] AS tags, ROW(1, 'z') AS r, MAP['k', 3] AS m,"
                            + " CAST(NULL AS STRING) AS n");

            List<Row> rows =
                    rows(
                            tables,
                            "SELECT answer FROM ML_PREDICT(TABLE input, MODEL echo,"
                                    + " DESCRIPTOR(t, b, l, d, f, d8, ts, tags, r, m, n))");

            assertThat(rows)
                    .containsExactly(
                            Row.of(
                                    "t:x b=true l=7 d=1.50 f=0.25 d8:2026-02-28"
                                            + " ts:2026-02-28T10:00:00.5 tags=[1,-2]"
                                            + " r={\"a\":1,\"b\":\"z\"} m={\"k\":3} n=null"));
        }
    }

    /** Answers with the fields: {@code name:text} and {@code name=JSON}. */
    private static void echoFields(ScriptedStream stream) throws Exception {
        stream.open(10);
        Record record = stream.record();
        String all =
                record.getFieldsList().stream()
                        .map(
                                field ->
                                        field.hasText()
                                                ? field.getName() + ":" + field.getText()
                                                : field.getName() + "=" + field.getJson())
                        .collect(Collectors.joining(" "));
        stream.result(Result.newBuilder().setSequence(record.getSequence()).setText(all));
        stream.next();
    }

    @Test
    void severalTypedColumnsAndWhatTheResultSaysBesides() throws Exception {
        StreamTableEnvironment tables = tables(1);
        try (ScriptedServer server = new ScriptedServer(PredictITCase::answerValues)) {
            tables.executeSql(
                    "CREATE MODEL typed INPUT (text STRING) OUTPUT (ok BOOLEAN, score DECIMAL(4, 2),"
                            + " at_time TIMESTAMP(3), tags ARRAY<FLOAT>, r ROW<a INT>,"
                            + " m MAP<STRING, BIGINT>, v VARIANT, calls INT, how STRING, why STRING)"
                            + " WITH ("
                            + options(
                                    "provider", "weir",
                                    "endpoint", server.endpoint(),
                                    "response.value.field", "ok,score,at_time,tags,r,m,v",
                                    "metadata.attempts", "calls",
                                    "metadata.match", "how",
                                    "error.column", "why")
                            + ")");
            tables.executeSql(
                    "CREATE TEMPORARY VIEW texts AS SELECT * FROM (VALUES ('fits'), ('does not'))"
                            + " AS t(text)");

            TableResult result =
                    tables.executeSql(
                            "SELECT ok, score, CAST(at_time AS STRING), tags, r, m, calls, how, why,"
                                    + " v FROM ML_PREDICT(TABLE texts, MODEL typed,"
                                    + " DESCRIPTOR(text))");
            List<Row> rows = new ArrayList<>();
            result.collect().forEachRemaining(rows::add);

            JobID job = result.getJobClient().orElseThrow().getJobID();
            assertThat(METRICS.sum(job, "recordsOut")).isEqualTo(2);
            assertThat(METRICS.sum(job, "recordsMisfit")).isEqualTo(1);
            assertThat(rows).hasSize(2);
            assertThat(rows.get(0).toString())
                    .isEqualTo(
                            "+I[true, 9.50, 2026-02-28 10:00:00.000, [0.5, null], +I[1], {k=2}, 1,"
                                    + " INDEX, null, {\"x\":5}]");
            assertThat(rows.get(1).toString())
                    .isEqualTo(
                            "+I[null, null, null, null, null, null, 1, INDEX,"
                                    + " INVALID_ANSWER: column score: expected DECIMAL(4, 2), got a"
                                    + " text of 8 characters, null]");
        }
    }

    private static void answerValues(ScriptedStream stream) throws Exception {
        stream.open(10);
        while (true) {
            Record record = stream.record();
            String score = record.getText().equals("fits") ? "9.5" : "\"does not\"";
            Values.Builder values = Values.newBuilder();
            String[] all = {
                "ok",
                "true",
                "score",
                score,
                "at_time",
                "\"2026-02-28 10:00:00\"",
                "tags",
                "[0.5, null]",
                "r",
                "{\"a\": 1}",
                "m",
                "{\"k\": 2}",
                "v",
                "{\"x\": 5}"
            };
            for (int i = 0; i < all.length; i += 2) {
                values.addFields(Field.newBuilder().setName(all[i]).setJson(all[i + 1]));
            }
            stream.result(
                    Result.newBuilder()
                            .setSequence(record.getSequence())
                            .setAttempts(1)
                            .setMatch(Match.MATCH_INDEX)
                            .setValues(values));
        }
    }
}
