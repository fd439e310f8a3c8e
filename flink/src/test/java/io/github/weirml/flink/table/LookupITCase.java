package io.github.weirml.flink.table;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.weirml.testing.Logs;
import io.github.weirml.testing.Reviews;
import io.github.weirml.testing.Simulators;
import io.github.weirml.testing.SqlTestBase;
import io.github.weirml.testing.Threads;
import io.github.weirml.testing.WeirProcess;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.flink.api.common.JobID;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.table.api.Schema;
import org.apache.flink.table.api.TableResult;
import org.apache.flink.table.api.bridge.java.StreamTableEnvironment;
import org.apache.flink.types.Row;
import org.apache.flink.util.CloseableIterator;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Lookup joins with a real weir. */
@SuppressWarnings("try")
class LookupITCase extends SqlTestBase {
    private static WeirProcess weir;

    private StreamExecutionEnvironment env;
    private StreamTableEnvironment tables;
    private JobID job;

    @BeforeAll
    static void start() {
        weir = WeirProcess.serve();
    }

    @AfterAll
    static void stop() {
        weir.close();
    }

    @AfterEach
    void noThreadIsLeft() {
        assertThat(Threads.leftBehind()).isEmpty();
    }

    @Test
    void aLeftJoinKeepsEveryReview() throws Exception {
        List<Reviews.Review> some = Reviews.all().subList(0, 2_000);
        reviews(some.stream().map(review -> Row.of(review.id, review.text)));
        sentiment("text STRING, label STRING", "batch.size", "20");

        List<Row> rows = run("SELECT r.id, s.label FROM reviews r " + LEFT_JOIN);

        assertThat(rows)
                .extracting(row -> row.getField(0))
                .isEqualTo(some.stream().map(review -> review.id).collect(Collectors.toList()));
        assertThat(rows)
                .extracting(row -> row.getField(1))
                .containsOnly("positive", "negative", "neutral");
        assertThat(METRICS.sum(job, "recordsIn")).isEqualTo(2_000);
        assertThat(METRICS.sum(job, "recordsOut")).isEqualTo(2_000);
    }

    private static final String LEFT_JOIN =
            "LEFT JOIN sentiment FOR SYSTEM_TIME AS OF r.now AS s ON r.text = s.text";

    @Test
    void anErrorIsARowWithItsReason() throws Exception {
        reviews(LOVE, Row.of("2", "  "));
        sentiment(
                "text STRING, label STRING, problem STRING, attempts INT, `REASON` STRING",
                "error.column",
                "problem",
                "metadata.attempts",
                "attempts",
                "metadata.reason",
                "REASON");

        assertThat(
                        run(
                                "SELECT r.id, s.text, label, problem, attempts, `REASON` FROM reviews r "
                                        + LEFT_JOIN))
                .containsExactly(
                        Row.of("1", "I love it", "positive", null, 1, null),
                        Row.of(
                                "2",
                                "  ",
                                null,
                                "INVALID_RECORD: the record is empty: all its values are blank",
                                0,
                                "INVALID_RECORD"));
    }

    private static final Row LOVE = Row.of("1", "I love it");
    private static final Row HATE = Row.of("3", "I hate it");

    @Test
    void nullIsEqualToNothingAndAsksNobody() throws Exception {
        reviews(LOVE, Row.of("2", null), HATE);
        sentiment("text STRING, label STRING");

        assertThat(run("SELECT r.id, s.label FROM reviews r " + LEFT_JOIN))
                .containsExactly(
                        Row.of("1", "positive"), Row.of("2", null), Row.of("3", "negative"));
        assertThat(METRICS.sum(job, "recordsIn")).isEqualTo(2);
    }

    @Test
    void droppedErrorsAreNoRowsOfTheTable() throws Exception {
        reviews(LOVE, Row.of("2", "  "), HATE);
        sentiment("text STRING, label STRING", "error.handling", "drop");

        assertThat(run("SELECT r.id, s.text, s.label FROM reviews r " + LEFT_JOIN))
                .containsExactly(
                        Row.of("1", "I love it", "positive"),
                        Row.of("2", null, null),
                        Row.of("3", "I hate it", "negative"));
        assertThat(METRICS.sum(job, "recordsDropped")).isEqualTo(1);
        assertThat(run("SELECT r.id FROM reviews r " + LEFT_JOIN.substring("LEFT ".length())))
                .containsExactly(Row.of("1"), Row.of("3"));
    }

    @Test
    void severalColumnsAreTheFieldsOfTheRecord() throws Exception {
        reviews(LOVE, HATE);
        sentiment("id STRING, label STRING, text STRING, PRIMARY KEY (id, text) NOT ENFORCED");

        assertThat(run("SELECT s.id, s.label FROM reviews r " + LEFT_JOIN + " AND r.id = s.id"))
                .containsExactly(Row.of("1", "positive"), Row.of("3", "negative"));
    }

    @ParameterizedTest
    @CsvSource({
        "LEFT, AND s.label = 'positive', 2",
        "LEFT, AND s.label = r.id, 2",
        "'', AND s.label = 'positive', 1",
        "'', WHERE s.label = 'positive', 1",
        "'', WHERE s.label = 'none', 0"
    })
    void conditionsOnTheAnswerAreComparedWithIt(String kind, String condition, int rows)
            throws Exception {
        reviews(LOVE, HATE);
        sentiment("text STRING, label STRING, PRIMARY KEY (text) NOT ENFORCED");
        String join = kind + LEFT_JOIN.substring("LEFT".length());

        assertThat(run("SELECT r.id, s.label FROM reviews r " + join + " " + condition))
                .hasSize(rows)
                .extracting(row -> row.getField(1))
                .doesNotContain("negative", "none");
        assertThat(METRICS.sum(job, "recordsOut")).isEqualTo(2);
    }

    @Test
    void anAnswerIsCachedAndAnErrorIsNot() throws Exception {
        List<Row> rows = new ArrayList<>();
        for (Reviews.Review review : Reviews.all().subList(0, 50)) {
            for (int i = 0; i < 3; i++) {
                rows.add(Row.of(review.id, review.text));
                rows.add(Row.of("blank", " "));
            }
        }
        reviews(rows.stream());
        tables.getConfig().set("table.exec.async-lookup.buffer-capacity", "1");
        sentiment("text STRING, label STRING", "lookup.cache", "PARTIAL");

        assertThat(run("SELECT r.id, s.label FROM reviews r " + LEFT_JOIN))
                .hasSize(300)
                .filteredOn(row -> row.getField(1) == null)
                .hasSize(150)
                .containsOnly(Row.of("blank", null));
        assertThat(METRICS.sumOf(job, "cache.hitCount")).isEqualTo(100);
        assertThat(METRICS.sum(job, "recordsOut")).isEqualTo(50);
        assertThat(METRICS.sum(job, "recordsFailed")).isEqualTo(150);
    }

    @Test
    void noDroppedErrorIsCached() throws Exception {
        reviews(LOVE, Row.of("2", " "), Row.of("3", " "), Row.of("4", "I love it"));
        tables.getConfig().set("table.exec.async-lookup.buffer-capacity", "1");
        sentiment(
                "text STRING, label STRING",
                "lookup.cache",
                "PARTIAL",
                "lookup.partial-cache.max-rows",
                "10",
                "error.handling",
                "drop");

        assertThat(run("SELECT r.id, s.label FROM reviews r " + LEFT_JOIN)).hasSize(4);
        assertThat(METRICS.sum(job, "recordsFailed")).isEqualTo(2);
        assertThat(METRICS.sum(job, "recordsOut")).isEqualTo(1);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "text STRING, label STRING | batch.sice=3 | 'batch.sice' is not an option",
                "text STRING, label STRING | lookup.cache=FULL | there is no table to load",
                "text STRING, label STRING | lookup.cache=ALL | lookup cache's options",
                "text STRING, label STRING | lookup.partial-cache.max-rows=5 | there is no cache",
                "text STRING, label STRING | record.timeout=1 h | 'record.timeout' is 3600000 ms",
                "text STRING, label STRING | error.column=eror | there is no such output column",
                "text STRING | error.handling=null | none is left for the answer",
                "text STRING, error STRING | error.column=error | none is left for the answer",
                "text STRING, a STRING, b STRING | response.value.field=a,c | output column 'b'",
                "id INT, text STRING, label STRING, PRIMARY KEY (id) NOT ENFORCED"
                        + " | error.handling=null | 'id' is in the primary key",
            })
    void whatCannotWorkIsRefusedWhileItIsPlanned(String columns, String option, String message) {
        reviews(LOVE);
        String[] pair = option.split("=");
        sentiment(columns, pair[0], pair[1]);

        assertThatThrownBy(() -> tables.explainSql("SELECT * FROM reviews r " + LEFT_JOIN))
                .hasStackTraceContaining("weir: ")
                .hasStackTraceContaining(message);
    }

    @Test
    void anAnswerThatNeverComesIsAnErrorBeforeFlinksTimeout(@TempDir Path folder) throws Exception {
        try (WeirProcess model = WeirProcess.simulate("--fault", "hang=1");
                WeirProcess slow = WeirProcess.serve(Simulators.config(folder, model))) {
            reviews(LOVE, HATE);
            tables.getConfig().set("table.exec.async-lookup.timeout", "3 s");
            sentiment(
                    "text STRING, label STRING, reason STRING",
                    "endpoint",
                    slow.endpoint(),
                    "metadata.reason",
                    "reason");

            assertThat(run("SELECT r.id, s.reason FROM reviews r " + LEFT_JOIN))
                    .containsExactly(
                            Row.of("1", "DEADLINE_EXCEEDED"), Row.of("3", "DEADLINE_EXCEEDED"));
        }
    }

    @Test
    void whatOnlyTheServerKnowsIsOneClearFailure() {
        reviews(LOVE);
        sentiment("text STRING, label STRING", "model", "nosuch");

        assertThatThrownBy(() -> run("SELECT * FROM reviews r " + LEFT_JOIN))
                .hasStackTraceContaining("Cannot use model \"nosuch\" of weir at 127.0.0.1")
                .hasStackTraceContaining("NOT_FOUND");
    }

    @Test
    void columnsThatTheServerHasNoValueForAreOneClearFailure() {
        reviews(LOVE);
        sentiment("text STRING, label STRING, score DOUBLE");

        assertThatThrownBy(() -> run("SELECT * FROM reviews r " + LEFT_JOIN))
                .hasStackTraceContaining("the output has 2 value columns");
    }

    @Test
    void aCapacityThatIsNoMultipleOfTheBatchSizeIsWarnedOf() {
        try (Logs logs = new Logs()) {
            reviews(LOVE);
            tables.getConfig().set("table.exec.async-lookup.buffer-capacity", "130");
            sentiment("text STRING, label STRING", "batch.size", "20");
            tables.explainSql("SELECT * FROM reviews r " + LEFT_JOIN);

            assertThat(logs.with("WARN io.github.weirml"))
                    .singleElement()
                    .asString()
                    .contains("'table.exec.async-lookup.buffer-capacity' is 130", "120 or 140");
        }
    }

    private void reviews(Row... rows) {
        reviews(Stream.of(rows));
    }

    /** The table reviews: id, text and a time to join at. */
    private void reviews(Stream<Row> rows) {
        env = StreamExecutionEnvironment.getExecutionEnvironment(new Configuration());
        env.setParallelism(1);
        tables = StreamTableEnvironment.create(env);
        tables.createTemporaryView(
                "reviews",
                env.fromData(
                        rows.collect(Collectors.toList()),
                        Types.ROW_NAMED(new String[] {"id", "text"}, Types.STRING, Types.STRING)),
                Schema.newBuilder()
                        .column("id", "STRING")
                        .column("text", "STRING")
                        .columnByExpression("now", "PROCTIME()")
                        .build());
    }

    private void sentiment(String columns, String... options) {
        List<String> all = new ArrayList<>(List.of("connector", "weir"));
        if (!List.of(options).contains("endpoint")) {
            all.addAll(List.of("endpoint", weir.endpoint()));
        }
        all.addAll(List.of(options));
        tables.executeSql(
                "CREATE TABLE sentiment ("
                        + columns
                        + ") WITH ("
                        + options(all.toArray(new String[0]))
                        + ")");
    }

    private List<Row> run(String query) throws Exception {
        TableResult result = tables.executeSql(query);
        job = result.getJobClient().orElseThrow().getJobID();
        List<Row> rows = new ArrayList<>();
        try (CloseableIterator<Row> all = result.collect()) {
            all.forEachRemaining(rows::add);
        }
        return rows;
    }
}
