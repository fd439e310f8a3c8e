package io.github.weirml.flink.table;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.weirml.testing.SqlTestBase;
import io.github.weirml.testing.WeirProcess;
import java.util.List;
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
}
