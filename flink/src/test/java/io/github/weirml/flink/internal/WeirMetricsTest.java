package io.github.weirml.flink.internal;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.weirml.client.Reason;
import io.github.weirml.client.Result;
import io.github.weirml.testing.Logs;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.apache.flink.metrics.Counter;
import org.apache.flink.metrics.Gauge;
import org.apache.flink.metrics.Histogram;
import org.apache.flink.metrics.Metric;
import org.apache.flink.metrics.MetricGroup;
import org.apache.flink.metrics.groups.UnregisteredMetricsGroup;
import org.junit.jupiter.api.Test;

class WeirMetricsTest {
    private static final Pattern ROW =
            Pattern.compile("^\\| `(\\w+)` \\| (counter|gauge|histogram) \\|", Pattern.MULTILINE);

    private final Group group = new Group();
    private final WeirMetrics metrics = new WeirMetrics(group, "sentiment");

    @Test
    void theReadmeListsExactlyTheMetricsThatThereAre() throws Exception {
        metrics.inFlight(() -> 0);
        List<String> listed = new ArrayList<>();
        for (MatchResult row :
                ROW.matcher(Files.readString(Path.of("README.md")))
                        .results()
                        .collect(Collectors.toList())) {
            listed.add(row.group(1) + " " + row.group(2));
        }

        assertThat(group.groups).containsExactly("weir");
        assertThat(listed)
                .containsExactlyInAnyOrderElementsOf(
                        group.metrics.keySet().stream()
                                .map(name -> name + " " + kind(group.metrics.get(name)))
                                .collect(Collectors.toList()));
    }

    private static String kind(Metric metric) {
        if (metric instanceof Counter) {
            return "counter";
        }
        return metric instanceof Histogram ? "histogram" : "gauge";
    }

    @Test
    void failedRecordsAreCountedEachAndLoggedTogether() {
        try (Logs logs = new Logs()) {
            for (int i = 0; i < 1_000; i++) {
                metrics.recordIn();
                metrics.resultReceived(
                        Result.failed(Reason.RATE_LIMITED, "slow down", true),
                        2_000_000,
                        5_000_000);
            }

            assertThat(count("recordsIn")).isEqualTo(1_000);
            assertThat(count("recordsFailed")).isEqualTo(1_000);
            assertThat(count("recordsOut")).isZero();
            assertThat(((Histogram) group.metrics.get("sendWaitMillis")).getStatistics().getMax())
                    .isEqualTo(2);
            assertThat(((Histogram) group.metrics.get("answerMillis")).getStatistics().getMax())
                    .isEqualTo(5);
            assertThat(logs.with("RATE_LIMITED"))
                    .singleElement()
                    .asString()
                    .contains("model sentiment", "slow down");
        }
    }

    @Test
    void aServerThatComesAndGoesIsCountedAndLoggedOnce() {
        try (Logs logs = new Logs()) {
            for (int i = 0; i < 10; i++) {
                metrics.streamEnded("weir:9347: UNAVAILABLE", 7, Duration.ofMillis(100));
                metrics.recordsSent(20, 7, 1_000);
            }

            assertThat(count("reconnects")).isEqualTo(10);
            assertThat(count("recordsSentAgain")).isEqualTo(70);
            assertThat(logs.with("weir stream ended")).hasSize(1);
        }
    }

    private long count(String name) {
        return ((Counter) group.metrics.get(name)).getCount();
    }

    /** Keeps what is registered. */
    private static final class Group extends UnregisteredMetricsGroup {
        final Map<String, Metric> metrics = new HashMap<>();
        final TreeSet<String> groups = new TreeSet<>();

        @Override
        public MetricGroup addGroup(String name) {
            groups.add(name);
            return this;
        }

        @Override
        public <C extends Counter> C counter(String name, C counter) {
            metrics.put(name, counter);
            return counter;
        }

        @Override
        public <H extends Histogram> H histogram(String name, H histogram) {
            metrics.put(name, histogram);
            return histogram;
        }

        @Override
        public <T, G extends Gauge<T>> G gauge(String name, G gauge) {
            metrics.put(name, gauge);
            return gauge;
        }
    }
}
