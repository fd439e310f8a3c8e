package io.github.weirml.flink.table;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.weirml.testing.Reviews;
import io.github.weirml.testing.SimulatedWeir;
import io.github.weirml.testing.SqlTestBase;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.api.common.eventtime.Watermark;
import org.apache.flink.api.common.eventtime.WatermarkGenerator;
import org.apache.flink.api.common.eventtime.WatermarkOutput;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.table.api.DataTypes;
import org.apache.flink.table.api.Schema;
import org.apache.flink.table.api.bridge.java.StreamTableEnvironment;
import org.apache.flink.types.Row;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Watermarks take places of the same queue as rows, so fewer rows are in flight. */
@SuppressWarnings("try") // CloseableIterator.close() may throw anything.
class WatermarkITCase extends SqlTestBase {
    @TempDir static Path folder;
    private static SimulatedWeir weir;

    @BeforeAll
    static void start() {
        weir = new SimulatedWeir(folder, "", "--latency", "100ms");
    }

    @AfterAll
    static void stop() {
        weir.close();
    }

    /** Six batches; and two, whose second one never fills, so that it must leave incomplete. */
    @ParameterizedTest
    @ValueSource(ints = {120, 40})
    void aWatermarkEveryTenRowsKeepsMostOfTheRate(int capacity) throws Exception {
        int rows = 15 * capacity;
        seconds(0, capacity, capacity); // What only the first job of a JVM pays.
        double without = seconds(0, capacity, rows);
        double with = seconds(10, capacity, rows);

        System.out.printf(
                "watermarks: %d rows, batch 20, capacity %d: %.2f s without, %.2f s with one every"
                        + " 10 rows, %.0f %% of the rate%n",
                rows, capacity, without, with, 100 * without / with);
        assertThat(without / with).as("the rate with watermarks").isGreaterThan(0.6);
    }

    /** Seconds from the first row to the last. */
    private static double seconds(int every, int capacity, int rows) throws Exception {
        StreamTableEnvironment tables = tables(every, rows);
        tables.executeSql(
                "CREATE MODEL m INPUT (text STRING) OUTPUT (s STRING, e STRING) WITH ("
                        + options(
                                "provider", "weir",
                                "endpoint", weir.endpoint(),
                                "batch.size", "20",
                                "batch.timeout.ms", "200", // the rest at the end, not the rate
                                "system.prompt", "Name the sentiment of each text.",
                                "error.column", "e")
                        + ")");
        long[] span = {0, 0};
        int count = 0;
        try (org.apache.flink.util.CloseableIterator<Row> all =
                tables.executeSql(
                                "SELECT e FROM ML_PREDICT(TABLE reviews, MODEL m, DESCRIPTOR(text), "
                                        + map("max-concurrent-operations", "" + capacity)
                                        + ")")
                        .collect()) {
            for (; all.hasNext(); count++) {
                assertThat(all.next().getField(0)).isNull();
                span[1] = System.nanoTime();
                span[0] = count == 0 ? span[1] : span[0];
            }
        }
        assertThat(count).isEqualTo(rows);
        return (span[1] - span[0]) / 1e9;
    }

    private static StreamTableEnvironment tables(int every, int rows) {
        StreamExecutionEnvironment env = StreamExecutionEnvironment.getExecutionEnvironment();
        env.setParallelism(1);
        env.getConfig().setAutoWatermarkInterval(0);
        List<String> texts = new ArrayList<>();
        Reviews.all().subList(0, rows).forEach(review -> texts.add(review.text));
        DataStream<String> stream =
                env.fromData(texts)
                        .assignTimestampsAndWatermarks(
                                WatermarkStrategy.<String>forGenerator(c -> new Every(every))
                                        .withTimestampAssigner((text, before) -> 0L));
        StreamTableEnvironment tables = StreamTableEnvironment.create(env);
        tables.createTemporaryView(
                "reviews",
                stream,
                Schema.newBuilder()
                        .columnByExpression("text", "f0")
                        .columnByMetadata("ts", DataTypes.TIMESTAMP_LTZ(3), "rowtime")
                        .watermark("ts", "SOURCE_WATERMARK()")
                        .build());
        return tables;
    }

    /** A watermark behind every so many rows; 0: none. */
    private static final class Every implements WatermarkGenerator<String> {
        private final int every;
        private long rows;

        Every(int every) {
            this.every = every;
        }

        @Override
        public void onEvent(String event, long timestamp, WatermarkOutput output) {
            rows++;
            if (every > 0 && rows % every == 0) {
                output.emitWatermark(new Watermark(rows));
            }
        }

        @Override
        public void onPeriodicEmit(WatermarkOutput output) {}
    }
}
