package io.github.weirml.flink.table;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.weirml.testing.WeirProcess;
import java.nio.file.Path;
import java.util.Collection;
import org.apache.flink.api.common.JobID;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.metrics.Metric;
import org.apache.flink.runtime.testutils.InMemoryReporter;
import org.apache.flink.runtime.testutils.MiniClusterResourceConfiguration;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.table.api.TableResult;
import org.apache.flink.table.api.bridge.java.StreamTableEnvironment;
import org.apache.flink.test.junit5.MiniClusterExtension;
import org.apache.flink.types.Row;
import org.apache.flink.util.CloseableIterator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** ML_PREDICT with the built jar, as users of the SQL client add it. */
@Timeout(120)
@SuppressWarnings("try") // CloseableIterator.close() may throw anything.
class JarITCase {
    private static final InMemoryReporter METRICS = InMemoryReporter.createWithRetainedMetrics();
    private static final Path JAR = Path.of(System.getProperty("weir.jar"));

    @RegisterExtension
    static final MiniClusterExtension CLUSTER =
            new MiniClusterExtension(
                    new MiniClusterResourceConfiguration.Builder()
                            .setConfiguration(METRICS.addToConfiguration(new Configuration()))
                            .build());

    @Test
    void theJarIsAllThatSqlNeeds() throws Exception {
        StreamTableEnvironment tables =
                StreamTableEnvironment.create(StreamExecutionEnvironment.getExecutionEnvironment());
        try (WeirProcess weir = WeirProcess.serve()) {
            tables.executeSql("ADD JAR '" + JAR + "'");
            tables.executeSql(
                    "CREATE MODEL m INPUT (text STRING) OUTPUT (s STRING) WITH ('provider' = 'weir',"
                            + " 'endpoint' = '"
                            + weir.endpoint()
                            + "', 'batch.size' = '5')");
            tables.executeSql("CREATE TEMPORARY VIEW input AS SELECT 'I love it' AS text");
            TableResult result =
                    tables.executeSql(
                            "SELECT s FROM ML_PREDICT(TABLE input, MODEL m,"
                                    + " DESCRIPTOR(text))");

            assertThat(first(result)).isEqualTo(Row.of("positive"));
            assertThat(loaderOf(result.getJobClient().orElseThrow().getJobID()))
                    .as("the loader of weir's classes on the task manager")
                    .isNotSameAs(JarITCase.class.getClassLoader());
        }
    }

    private static Row first(TableResult result) throws Exception {
        try (CloseableIterator<Row> rows = result.collect()) {
            return rows.next();
        }
    }

    private static ClassLoader loaderOf(JobID job) {
        Collection<Metric> metrics = METRICS.findMetrics(job, ".*weir\\.answerMillis").values();
        assertThat(metrics).isNotEmpty();
        return metrics.iterator().next().getClass().getClassLoader();
    }
}
