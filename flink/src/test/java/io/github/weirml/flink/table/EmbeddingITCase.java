package io.github.weirml.flink.table;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.weirml.client.ClientConfig;
import io.github.weirml.client.PredictSession;
import io.github.weirml.client.Record;
import io.github.weirml.client.Result;
import io.github.weirml.client.SessionConfig;
import io.github.weirml.client.WeirClient;
import io.github.weirml.testing.SqlTestBase;
import io.github.weirml.testing.WeirProcess;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.apache.flink.table.api.bridge.java.StreamTableEnvironment;
import org.apache.flink.types.Row;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** ML_PREDICT, and the client alone, on a real weir with a model that embeds. */
class EmbeddingITCase extends SqlTestBase {
    private static final String REVIEWS =
            "(VALUES (1, 'The battery died after an hour.'), (2, 'A moving film.'),"
                    + " (3, CAST(NULL AS STRING)), (4, 'The batteries die after an hour.'),"
                    + " (5, ' ')) AS t(id, review)";

    @TempDir static Path folder;
    private static WeirProcess weir;

    @BeforeAll
    static void start() throws Exception {
        Path file = folder.resolve("weir.yaml");
        Files.writeString(
                file,
                "providers: {local: {kind: local}}\nmodels:\n  vectors:\n    provider: local\n"
                        + "    task: embedding\n    options: {batch.size: 3, batch.timeout.ms: 20}\n");
        weir = WeirProcess.serve(file.toString());
    }

    @AfterAll
    static void stop() {
        weir.close();
    }

    private static StreamTableEnvironment withModel(String column) throws Exception {
        StreamTableEnvironment tables = tables(1);
        tables.executeSql(
                "CREATE MODEL vectors INPUT (review STRING) OUTPUT ("
                        + column
                        + ", error STRING) WITH ("
                        + options(
                                "provider", "weir",
                                "endpoint", weir.endpoint(),
                                "model", "vectors",
                                "error.column", "error")
                        + ")");
        tables.executeSql("CREATE TEMPORARY VIEW reviews AS SELECT * FROM " + REVIEWS);
        return tables;
    }

    private static List<Row> sorted(StreamTableEnvironment tables, String sql) throws Exception {
        return rows(tables, sql).stream()
                .sorted(Comparator.comparing(row -> row.<Integer>getFieldAs(0)))
                .collect(Collectors.toList());
    }

    @Test
    void anArrayOfFloatIsTheEmbedding() throws Exception {
        List<Row> rows =
                sorted(
                        withModel("embedding ARRAY<FLOAT>"),
                        "SELECT id, embedding, error FROM ML_PREDICT(TABLE reviews, MODEL vectors,"
                                + " DESCRIPTOR(review))");

        assertThat(rows).hasSize(5);
        Float[] battery = rows.get(0).getFieldAs(1);
        Float[] film = rows.get(1).getFieldAs(1);
        Float[] batteries = rows.get(3).getFieldAs(1);
        assertThat(battery).hasSize(256);
        assertThat(product(battery, battery)).isBetween(0.9999, 1.0001);
        assertThat(product(battery, batteries)).isGreaterThan(product(battery, film) + 0.2);
        assertThat(rows.get(2)).isEqualTo(Row.of(3, null, null));
        assertThat(rows.get(4).getField(1)).isNull();
        assertThat(rows.get(4).<String>getFieldAs(2)).startsWith("INVALID_RECORD");
    }

    @Test
    void aQueryChoosesTheDimensions() throws Exception {
        List<Row> rows =
                sorted(
                        withModel("embedding ARRAY<DOUBLE>"),
                        "SELECT id, CARDINALITY(embedding), embedding FROM ML_PREDICT(TABLE reviews,"
                                + " MODEL vectors, DESCRIPTOR(review), MAP['dimensions', '16'])");

        assertThat(rows.get(0).getField(1)).isEqualTo(16);
        assertThat(rows.get(0).<Double[]>getFieldAs(2)).hasSize(16).doesNotContainNull();
    }

    @Test
    void anotherTypeIsRefusedBeforeTheFirstRow() {
        assertThatThrownBy(
                        () ->
                                rows(
                                        withModel("embedding STRING"),
                                        "SELECT embedding FROM ML_PREDICT(TABLE reviews, MODEL"
                                                + " vectors, DESCRIPTOR(review))"))
                .hasStackTraceContaining(
                        "weir: output column 'embedding' is STRING, but the model makes embeddings:"
                                + " declare it as ARRAY<FLOAT>");
    }

    @Test
    void aPromptsOptionIsRefused() {
        assertThatThrownBy(
                        () ->
                                rows(
                                        withModel("embedding ARRAY<FLOAT>"),
                                        "SELECT embedding FROM ML_PREDICT(TABLE reviews, MODEL"
                                                + " vectors, DESCRIPTOR(review),"
                                                + " MAP['temperature', '0'])"))
                .hasStackTraceContaining(
                        "temperature has no meaning for a model whose task is embedding");
    }

    @Test
    void theClientGivesAnArray() throws Exception {
        ClientConfig config = ClientConfig.builder().endpoints(weir.endpoint()).build();
        SessionConfig vectors = SessionConfig.builder().model("vectors").build();
        try (WeirClient client = WeirClient.create(config);
                PredictSession session = client.open(vectors)) {
            assertThat(session.started().get(20, TimeUnit.SECONDS).isEmbedding()).isTrue();
            Result result = session.predict(Record.of("A film.")).get(20, TimeUnit.SECONDS);

            assertThat(result.isValue()).isTrue();
            assertThat(result.embedding()).hasSize(256);
            assertThat(result.values()).isEmpty();
            assertThat(result).hasToString("an embedding of 256 numbers");
        }
    }

    private static double product(Float[] a, Float[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            sum += a[i] * b[i];
        }
        return sum;
    }
}
