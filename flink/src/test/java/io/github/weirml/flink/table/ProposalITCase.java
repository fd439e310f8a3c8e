package io.github.weirml.flink.table;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.weirml.testing.SimulatedWeir;
import io.github.weirml.testing.SqlTestBase;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.apache.flink.table.api.bridge.java.StreamTableEnvironment;
import org.apache.flink.types.Row;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The SQL of the proposal, in the syntax that Flink has today, on a real weir and a model server.
 */
class ProposalITCase extends SqlTestBase {
    private static final String TEMPLATE =
            "Analyze sentiment for these texts. Return JSON array: [{\"index\": <n>, \"sentiment\":"
                    + " \"<positive|negative|neutral>\"}]";
    private static final String ENTITIES =
            "Extract key entities. Return JSON: [{\"index\": <n>, \"entities\": [...]}]";

    @TempDir static Path folder;
    private static SimulatedWeir weir;

    private StreamTableEnvironment tables;

    @BeforeAll
    static void start() throws Exception {
        Path token = Files.writeString(folder.resolve("token"), "t0ken");
        weir = new SimulatedWeir(folder, "auth: {token: \"file:" + token + "\"}\n");
    }

    @AfterAll
    static void stop() {
        weir.close();
    }

    /** Every option of the proposal. */
    @BeforeEach
    void createTheModel() {
        tables = tables(2);
        tables.executeSql(
                "CREATE MODEL llm_sentiment INPUT (text STRING)"
                        + " OUTPUT (sentiment STRING, error_msg STRING) WITH ("
                        + options(
                                "provider", "weir",
                                "endpoint", weir.endpoint(),
                                "model", "gpt-4",
                                "api-key", "t0ken",
                                "batch.size", "20",
                                "batch.timeout.ms", "1000",
                                "system.prompt",
                                        "You are a sentiment analyzer. Always respond with valid"
                                                + " JSON.",
                                "batch.prompt.template", TEMPLATE,
                                "response.format", "json",
                                "response.path", "$[*]",
                                "response.index.field", "index",
                                "response.value.field", "sentiment",
                                "max.retries", "3",
                                "request.timeout.ms", "30000",
                                "error.column", "error_msg")
                        + ")");
        tables.executeSql(
                "CREATE TEMPORARY VIEW customer_reviews AS SELECT * FROM (VALUES"
                        + " (1, 'I love it'), (2, 'A waste of money.'), (3, ' '),"
                        + " (4, 'It has four wheels.'), (5, CAST(NULL AS STRING))) AS t(id, text)");
        tables.executeSql(
                "CREATE TEMPORARY VIEW documents AS SELECT * FROM (VALUES"
                        + " (1, 'I saw Bill Gates in 1999.'), (2, 'We met in Paris.'))"
                        + " AS t(id, text)");
    }

    @Test
    void theQueryWithTheModelsDefaults() throws Exception {
        List<Row> rows =
                rows(
                        tables,
                        "SELECT id, text, sentiment, error_msg FROM ML_PREDICT("
                                + "TABLE customer_reviews, MODEL llm_sentiment, DESCRIPTOR(text))");

        assertThat(rows)
                .hasSize(5)
                .contains(
                        Row.of(1, "I love it", "positive", null),
                        Row.of(2, "A waste of money.", "negative", null),
                        Row.of(4, "It has four wheels.", "neutral", null),
                        Row.of(5, null, null, null))
                .anySatisfy(
                        row -> {
                            assertThat(row.getField(0)).isEqualTo(3);
                            assertThat(row.getField(2)).isNull();
                            assertThat((String) row.getField(3)).startsWith("INVALID_RECORD: ");
                        });
    }

    @Test
    void theQueryThatOverridesForAnotherAnalysis() throws Exception {
        List<Row> rows =
                rows(
                        tables,
                        "SELECT id, text, sentiment AS entities FROM ML_PREDICT(TABLE documents,"
                                + " MODEL llm_sentiment, DESCRIPTOR(text), "
                                + map(
                                        "batch.size", "50",
                                        "max-concurrent-operations", "50",
                                        "batch.prompt.template", ENTITIES,
                                        "response.value.field", "entities")
                                + ")");

        assertThat(rows)
                .containsExactlyInAnyOrder(
                        Row.of(1, "I saw Bill Gates in 1999.", "[\"Bill Gates\",\"1999\"]"),
                        Row.of(2, "We met in Paris.", "[\"Paris\"]"));
    }

    @Test
    void theOverrideWithATypedColumn() throws Exception {
        tables.executeSql(
                "CREATE MODEL entities INPUT (text STRING) OUTPUT (entities ARRAY<STRING>) WITH ("
                        + options(
                                "provider", "weir",
                                "endpoint", weir.endpoint(),
                                "api-key", "t0ken",
                                "batch.size", "20",
                                "batch.prompt.template", ENTITIES,
                                "response.value.field", "entities")
                        + ")");

        List<Row> rows =
                rows(
                        tables,
                        "SELECT id, entity FROM ML_PREDICT(TABLE documents, MODEL entities,"
                                + " DESCRIPTOR(text)), UNNEST(entities) AS t(entity)");

        assertThat(rows)
                .containsExactlyInAnyOrder(
                        Row.of(1, "Bill Gates"), Row.of(1, "1999"), Row.of(2, "Paris"));
    }

    /** The proposal's default: one call for each record. */
    @Test
    void batchSizeOneIsACallForEachRow() throws Exception {
        long before = weir.calls();

        List<Row> rows =
                rows(
                        tables,
                        "SELECT id, sentiment FROM ML_PREDICT(TABLE customer_reviews,"
                                + " MODEL llm_sentiment, DESCRIPTOR(text), MAP['batch.size', '1'])"
                                + " WHERE error_msg IS NULL");

        assertThat(rows).contains(Row.of(1, "positive"), Row.of(2, "negative")).hasSize(4);
        assertThat(weir.calls() - before).as("rows with something in them").isEqualTo(3);
    }

    @Test
    void explainNeitherDialsNorShowsTheToken() {
        tables.executeSql(
                "CREATE MODEL nowhere INPUT (text STRING) OUTPUT (s STRING) WITH ("
                        + options(
                                "provider", "weir",
                                "endpoint", "127.0.0.1:1",
                                "api-key", "s3cret")
                        + ")");

        String plan =
                tables.explainSql(
                        "SELECT * FROM ML_PREDICT(TABLE customer_reviews, MODEL nowhere,"
                                + " DESCRIPTOR(text), MAP['batch.size', '5'])");

        assertThat(plan).contains("MLPredict").doesNotContain("s3cret");
    }
}
