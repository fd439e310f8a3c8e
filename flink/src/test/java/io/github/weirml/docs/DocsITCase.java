package io.github.weirml.docs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.weirml.testing.SqlTestBase;
import io.github.weirml.testing.WeirProcess;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.flink.table.api.TableResult;
import org.apache.flink.table.api.bridge.java.StreamTableEnvironment;
import org.apache.flink.types.Row;
import org.apache.flink.util.CloseableIterator;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The SQL of the pages runs, one statement after the other as a reader would type them. A table
 * below a block is what its last query gives. Flink refuses blocks that begin with {@code ```sql
 * refused}, and only plans those with {@code ```sql plan}.
 */
@SuppressWarnings("try") // CloseableIterator.close() may throw anything.
class DocsITCase extends SqlTestBase {
    private static final Pattern SETTING = Pattern.compile("(?is)SET '(.*)' = '(.*)'");
    private static final String ROWS =
            " AS SELECT id, text, PROCTIME() AS proc_time FROM (VALUES (1, 'I love it'),"
                    + " (2, 'We met Bill Gates in Paris.')) AS t(id, text)";
    private static final Pattern PYTHON =
            Pattern.compile("(?s)\\.(?:execute_sql|sql_query)\\(\"\"\"(.*?)\"\"\"\\)");

    @TempDir static Path folder;
    private static WeirProcess weir;

    private StreamTableEnvironment tables;
    private List<List<String>> last = List.of();

    @BeforeAll
    static void start() throws Exception {
        Path file = folder.resolve("weir.yaml");
        String model = ": {provider: embedded, overridable: all}\n";
        Files.writeString(
                file,
                "providers: {embedded: {kind: local}}\nmodels:\n  sentiment"
                        + model
                        + "  reviews"
                        + model
                        + "  vectors: {provider: embedded, task: embedding}\n");
        weir = WeirProcess.serve(file.toString());
    }

    @AfterAll
    static void stop() {
        weir.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"docs/flink.md", "docs/proposal.md", "README.md", "flink/README.md"})
    void theSqlOfThePageRuns(String page) throws Exception {
        tables = tables(1);
        for (String view : List.of("customer_reviews", "documents", "reviews")) {
            if (!Blocks.page(page).contains("VIEW " + view)) {
                tables.executeSql("CREATE TEMPORARY VIEW " + view + ROWS);
            }
        }
        List<Blocks.Block> blocks = Blocks.of(page);
        for (Blocks.Block block : blocks) {
            run(block);
        }
        assertThat(blocks).extracting(block -> block.info).contains("sql");
    }

    private void run(Blocks.Block block) throws Exception {
        switch (block.info) {
            case "sql":
                for (String statement : Blocks.statements(block.text)) {
                    execute(statement);
                }
                assertThat(last).containsAll(block.table);
                break;
            case "sql plan":
                Blocks.statements(block.text).forEach(this::plan);
                break;
            case "sql refused":
                for (String statement : Blocks.statements(block.text)) {
                    assertThatThrownBy(() -> tables.explainSql(statement))
                            .as(statement)
                            .hasMessageMatching("(?s)SQL (parse|validation) failed.*")
                            .hasMessageNotContaining("not found");
                }
                break;
            case "python":
                Matcher sql = PYTHON.matcher(block.text);
                while (sql.find()) {
                    execute(sql.group(1).trim());
                }
                break;
            default: // no SQL
        }
    }

    private void plan(String statement) {
        if (statement.startsWith("SELECT")) {
            tables.explainSql(statement);
        } else {
            tables.executeSql(statement);
        }
    }

    private void execute(String statement) throws Exception {
        Matcher setting = SETTING.matcher(statement);
        if (setting.matches()) {
            tables.getConfig().set(setting.group(1), setting.group(2));
            return;
        }
        TableResult result = tables.executeSql(here(statement));
        if (statement.startsWith("SELECT")) {
            last = shown(result);
            assertThat(last).as(statement).hasSizeGreaterThan(1);
        }
    }

    /** With this test's server and jar in the places of the reader's. */
    private static String here(String statement) {
        return statement
                .replaceAll("'endpoint' = '[^']*'", "'endpoint' = '" + weir.endpoint() + "'")
                .replaceAll("ADD JAR '[^']*'", "ADD JAR '" + System.getProperty("weir.jar") + "'");
    }

    /** The names and the rows, as a page shows them. */
    private static List<List<String>> shown(TableResult result) throws Exception {
        List<List<String>> shown = new ArrayList<>();
        shown.add(result.getResolvedSchema().getColumnNames());
        try (CloseableIterator<Row> rows = result.collect()) {
            while (rows.hasNext()) {
                shown.add(cells(rows.next()));
            }
        }
        return shown;
    }

    private static List<String> cells(Row row) {
        List<String> cells = new ArrayList<>();
        for (int i = 0; i < row.getArity(); i++) {
            cells.add(row.getField(i) == null ? "NULL" : row.getField(i).toString().trim());
        }
        return cells;
    }
}
