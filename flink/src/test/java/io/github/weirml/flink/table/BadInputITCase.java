package io.github.weirml.flink.table;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.google.protobuf.UnknownFieldSet;
import io.github.weirml.testing.ScriptedServer;
import io.github.weirml.testing.ScriptedStream;
import io.github.weirml.testing.SqlTestBase;
import io.github.weirml.testing.WeirProcess;
import io.github.weirml.v1.PredictResponse;
import io.github.weirml.v1.PredictStarted;
import io.github.weirml.v1.Record;
import io.github.weirml.v1.RecordError;
import io.github.weirml.v1.Result;
import io.github.weirml.v1.Window;
import io.grpc.Status;
import java.io.File;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.apache.flink.table.api.bridge.java.StreamTableEnvironment;
import org.apache.flink.types.Row;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * What goes wrong is said while planning where that is possible, else by one failure of the job or
 * by the row's error. Nothing hangs, no row is lost in silence.
 */
class BadInputITCase extends SqlTestBase {
    private static final String PEM = "src/test/resources/tls/server.pem";
    private static final String KEY = "src/test/resources/tls/server.key";

    private static WeirProcess weir;
    private StreamTableEnvironment tables;

    @BeforeAll
    static void start() {
        weir = WeirProcess.serve();
    }

    @AfterAll
    static void stop() {
        weir.close();
    }

    @BeforeEach
    void createTheInput() {
        tables = tables(1);
        tables.executeSql(
                "CREATE TEMPORARY VIEW input AS SELECT * FROM (VALUES (1, 'I love it'),"
                        + " (2, 'A waste of money.')) AS t(id, text)");
    }

    //  Known while planning: no server is there to ask.

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            value = {
                "(text STRING) | (s STRING)  | MAP['batch.sice', '3']          | did you mean 'batch.size'?",
                "(text STRING) | (s STRING)  | MAP['batch.size', '0']          | from 1 to 1000 (records)",
                "(text STRING) | (s STRING)  | MAP['endpoint', 'h:1']          | cannot be set by a query",
                "(text STRING) | (s STRING)  | MAP['api-key', 'k']             | cannot be set by a query",
                "(text STRING) | (s STRING)  | MAP['error.column', 'err']      | no such output column",
                "(text STRING) | (s STRING)  | MAP['timeout', '1 min', 'record.timeout', '1 min'] | 50000 ms at most",
                "(text STRING) | (s STRING)  | MAP['max-concurrent-operations', '0'] | more than 0",
                "(text STRING) | (s BYTES)   | MAP['batch.size', '2']          | 's' is BYTES",
                "(text BYTES)  | (s STRING)  | MAP['batch.size', '2']          | 'text' is BYTES",
                "(text STRING) | (s STRING, t INT) | MAP['response.value.field', 's,u'] | 't' is none of the fields",
                "(text STRING) | (s STRING, t INT) | MAP['response.value.field', 's'] | 2 value columns",
            })
    void whatCanBeKnownWithoutAServerFailsThePlanning(
            String input, String output, String map, String why) {
        model("INPUT " + input + " OUTPUT " + output, "127.0.0.1:1");
        tables.executeSql(
                "CREATE TEMPORARY VIEW typed AS SELECT CAST('x' AS "
                        + input.replaceAll("[()]|text ", "")
                        + ") AS text");

        assertThat(messages(catchThrowable(() -> tables.explainSql(query("*", "typed", map)))))
                .contains(why);
    }

    @Test
    void aWrongOptionOfTheModelFailsThePlanning() {
        model(TEXT, "127.0.0.1:1", "max.retrys", "3", "api-key", "s3cret", "api_key", "s3cret");

        assertThat(messages(catchThrowable(() -> tables.explainSql(query("s, e", "input", NONE)))))
                .contains("'max.retrys' is not an option; did you mean 'max.retries'?")
                .contains("'api_key' is not an option; did you mean 'api-key'?")
                .doesNotContain("s3cret");
    }

    //  Known when a server is asked: the job fails once, and says why.

    @Test
    void noServer() {
        model(TEXT, "127.0.0.1:1", "connect.timeout", "1 s");

        assertThat(failure(NONE))
                .contains("Cannot use model", "127.0.0.1:1", "Connection refused", "Check that");
    }

    @Test
    void aWrongModel() {
        model(TEXT, weir.endpoint(), "model", "nosuch");

        assertThat(failure(NONE)).contains("NOT_FOUND", "nosuch");
    }

    @Test
    void anOptionThatOnlyTheServerCanRefuse() {
        model(TEXT, weir.endpoint(), "option.batch.colour", "red");

        assertThat(failure(NONE)).contains("INVALID_ARGUMENT", "batch.colour");
    }

    @Test
    void anOptionThatTheOperatorHasNotOpened() {
        model(TEXT, weir.endpoint(), "batch.scope", "model");

        assertThat(failure(NONE)).contains("batch.scope may not be set here", "not opened");
    }

    @Test
    void optionsThatContradictEachOther() {
        model(TEXT, weir.endpoint(), "batch.size", "5", "response.format", "text");

        assertThat(failure(NONE)).contains("INVALID_ARGUMENT", "batch.size is 5");
    }

    @Test
    void moreColumnsThanTheServersModelHasValues() {
        model("INPUT (text STRING) OUTPUT (s STRING, e INT)", weir.endpoint());

        assertThat(failure(NONE)).contains("2 value columns", "'s,e'");
    }

    @Test
    void tlsToAServerThatHasNone() {
        model(TEXT, weir.endpoint(), "tls.enabled", "true", "connect.timeout", "1 s");

        assertThat(failure(NONE)).contains("Cannot use model", "TLS");
    }

    @Test
    void noTlsToAServerThatHasIt() {
        try (ScriptedServer server = tlsServer()) {
            model(TEXT, server.endpoint(), "connect.timeout", "1 s");

            assertThat(failure(NONE)).contains("Cannot use model", server.endpoint());
        }
    }

    @Test
    void aCertificateThatNobodyTrusts() {
        try (ScriptedServer server = tlsServer()) {
            model(TEXT, server.endpoint(), "tls.enabled", "true", "connect.timeout", "1 s");

            assertThat(failure(NONE)).contains("Cannot use model", "certif");
        }
    }

    @Test
    void aCertificateThatIsTrusted() throws Exception {
        try (ScriptedServer server = tlsServer()) {
            model(TEXT, server.endpoint(), "tls.ca", new File(PEM).getAbsolutePath());

            assertThat(rows(tables, query("s, e", "input", NONE)))
                    .containsExactly(
                            Row.of("[I love it]", null), Row.of("[A waste of money.]", null));
        }
    }

    private static ScriptedServer tlsServer() {
        return new ScriptedServer(
                WeirProcess.freePort(),
                stream -> stream.open(10).echo(),
                new File(PEM),
                new File(KEY));
    }

    //  Known of one record: its row says it, unless the user wants something else.

    @Test
    void aRowThatIsTooLarge() throws Exception {
        model(TEXT, weir.endpoint(), "batch.size", "4", "error.column", "e");
        tables.executeSql(
                "CREATE TEMPORARY VIEW sizes AS SELECT id, REPEAT('x', size_) AS text FROM (VALUES"
                        + " (1, 2000000), (2, 17000000), (3, 10)) AS t(id, size_)");

        List<Row> rows =
                rows(
                        tables,
                        "SELECT id, s, e FROM ML_PREDICT(TABLE sizes, MODEL m, DESCRIPTOR(text))");

        assertThat(rows).hasSize(3);
        assertThat(rows.get(0).toString()).contains("1, null, INVALID_RECORD: ", "2000004 bytes");
        assertThat(rows.get(1).toString()).contains("2, null, INVALID_RECORD: ");
        assertThat(rows.get(2)).isEqualTo(Row.of(3, "neutral", null));
    }

    @Test
    void anAnswerThatNeverComes() throws Exception {
        try (ScriptedServer server = new ScriptedServer(BadInputITCase::takeAll)) {
            model(TEXT, server.endpoint(), "error.column", "e");

            List<Row> rows = rows(tables, query("s, e", "input", "MAP['timeout', '2 s']"));

            assertThat(rows).hasSize(2).allSatisfy(BadInputITCase::isOutOfTime);
        }
    }

    private static void takeAll(ScriptedStream stream) throws Exception {
        stream.open(10);
        while (true) {
            stream.record();
        }
    }

    private static void isOutOfTime(Row row) {
        assertThat(row.getField("s")).isNull();
        assertThat((String) row.getField("e")).startsWith("DEADLINE_EXCEEDED: ");
    }

    @Test
    void anAnswerThatNeverComesCanFailTheJob() {
        try (ScriptedServer server = new ScriptedServer(BadInputITCase::takeAll)) {
            model(TEXT, server.endpoint(), "error.handling", "fail");

            assertThat(failure("MAP['timeout', '2 s']"))
                    .contains("DEADLINE_EXCEEDED", "'error.handling' is 'fail'")
                    .doesNotContain("Async function call has timed out");
        }
    }

    @Test
    void anAnswerThatNeverComesCanDropTheRow() throws Exception {
        try (ScriptedServer server = new ScriptedServer(BadInputITCase::takeAll)) {
            model(TEXT, server.endpoint(), "error.handling", "drop");

            assertThat(rows(tables, query("s, e", "input", "MAP['timeout', '2 s']"))).isEmpty();
        }
    }

    /** The server takes records, is gone, and does not come back. */
    @Test
    void aServerThatGoesForGoodMidJob() throws Exception {
        ExecutorService crashes = Executors.newSingleThreadExecutor();
        ScriptedServer[] server = new ScriptedServer[1];
        server[0] =
                new ScriptedServer(
                        stream -> {
                            stream.open(10);
                            stream.answer(stream.record());
                            stream.record();
                            crashes.execute(server[0]::crash);
                        });
        try {
            model(TEXT, server[0].endpoint(), "error.column", "e");

            List<Row> rows = rows(tables, query("s, e", "input", "MAP['timeout', '3 s']"));

            assertThat(rows.get(0)).isEqualTo(Row.of("[I love it]", null));
            assertThat(rows).hasSize(2).last().satisfies(BadInputITCase::isOutOfTime);
        } finally {
            server[0].close();
            crashes.shutdown();
        }
    }

    /** Restarted in time, nobody notices. */
    @Test
    void aServerThatComesBackMidJob() throws Exception {
        ExecutorService crashes = Executors.newSingleThreadExecutor();
        ScriptedServer[] server = new ScriptedServer[1];
        server[0] =
                new ScriptedServer(
                        stream -> {
                            stream.open(10);
                            if (stream.number > 1) {
                                stream.echo();
                            }
                            stream.record();
                            crashes.execute(
                                    () -> {
                                        server[0].crash();
                                        server[0].start();
                                    });
                        });
        try {
            model(TEXT, server[0].endpoint(), "error.column", "e");

            assertThat(rows(tables, query("s, e", "input", "MAP['timeout', '30 s']")))
                    .containsExactly(
                            Row.of("[I love it]", null), Row.of("[A waste of money.]", null));
        } finally {
            server[0].close();
            crashes.shutdown();
        }
    }

    //  Other contracts.

    /** Fields, messages and reasons that this client does not know. */
    @Test
    void aNewerServer() throws Exception {
        try (ScriptedServer server = new ScriptedServer(BadInputITCase::speakNewer)) {
            model(TEXT, server.endpoint(), "error.column", "e");

            assertThat(rows(tables, query("s, e", "input", NONE)))
                    .containsExactly(Row.of("new", null), Row.of(null, "UNRECOGNIZED: newer"));
        }
    }

    private static void speakNewer(ScriptedStream stream) throws Exception {
        UnknownFieldSet unknown =
                UnknownFieldSet.newBuilder()
                        .addField(77, UnknownFieldSet.Field.newBuilder().addVarint(7).build())
                        .build();
        stream.open(10);
        stream.send(PredictResponse.newBuilder().setUnknownFields(unknown));
        Record first = stream.record();
        Record second = stream.record();
        stream.result(
                Result.newBuilder()
                        .setSequence(first.getSequence())
                        .setText("new")
                        .setMatchValue(99)
                        .setUnknownFields(unknown));
        stream.result(
                Result.newBuilder()
                        .setSequence(second.getSequence())
                        .setError(RecordError.newBuilder().setReasonValue(99).setMessage("newer")));
        stream.next();
    }

    /** Says only what the first version said: no options, no batch size, no version. */
    @Test
    void anOlderServer() throws Exception {
        try (ScriptedServer server =
                new ScriptedServer(
                        stream -> {
                            stream.start();
                            stream.send(
                                    PredictResponse.newBuilder()
                                            .setStarted(
                                                    PredictStarted.newBuilder()
                                                            .setModel("old")
                                                            .setWindow(
                                                                    Window.newBuilder()
                                                                            .setRecords(1))));
                            stream.echo();
                        })) {
            model(TEXT, server.endpoint(), "error.column", "e");

            assertThat(rows(tables, query("s, e", "input", NONE)))
                    .containsExactly(
                            Row.of("[I love it]", null), Row.of("[A waste of money.]", null));
        }
    }

    @Test
    void aServerThatIsNoWeir() {
        try (ScriptedServer server =
                new ScriptedServer(
                        stream -> {
                            stream.start();
                            stream.end(Status.UNIMPLEMENTED.withDescription("unknown service"));
                        })) {
            model(TEXT, server.endpoint());

            assertThat(failure(NONE)).contains("Cannot use model", "UNIMPLEMENTED");
        }
    }

    private static final String TEXT = "INPUT (text STRING) OUTPUT (s STRING, e STRING)";
    private static final String NONE = "MAP['batch.timeout.ms', '100']";

    /** A model whose second column is for errors, unless it says something else. */
    private void model(String columns, String endpoint, String... more) {
        List<String> all = new ArrayList<>(Arrays.asList("provider", "weir", "endpoint", endpoint));
        all.addAll(Arrays.asList(more));
        if (columns.equals(TEXT) && !all.contains("error.column")) {
            all.addAll(List.of("error.column", "e"));
        }
        tables.executeSql(
                "CREATE MODEL m "
                        + columns
                        + " WITH ("
                        + options(all.toArray(new String[0]))
                        + ")");
    }

    private static String query(String columns, String table, String map) {
        return "SELECT "
                + columns
                + " FROM ML_PREDICT(TABLE "
                + table
                + ", MODEL m, DESCRIPTOR(text), "
                + map
                + ")";
    }

    /** All messages of the failed job, one below another. */
    private String failure(String map) {
        long start = System.nanoTime();
        Throwable failure = catchThrowable(() -> rows(tables, query("s, e", "input", map)));
        assertThat(failure).as("the job fails").isNotNull();
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(20));
        return messages(failure);
    }

    private static String messages(Throwable failure) {
        StringBuilder all = new StringBuilder();
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            all.append(cause.getMessage()).append('\n');
        }
        return all.toString();
    }
}
