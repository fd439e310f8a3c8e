package io.github.weirml.testing;

import java.util.Collection;
import java.util.Objects;
import java.util.regex.Pattern;
import org.apache.flink.api.common.JobID;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.metrics.Counter;
import org.apache.flink.metrics.Gauge;
import org.apache.flink.metrics.Histogram;
import org.apache.flink.metrics.Metric;
import org.apache.flink.runtime.testutils.InMemoryReporter;
import org.apache.flink.runtime.testutils.MiniClusterResourceConfiguration;

/** The metrics of the group {@code weir} of a cluster's jobs, also after their end. */
public final class JobMetrics {
    private volatile InMemoryReporter reporter;

    /** A cluster of one task manager that reports here, until there is another one. */
    public MiniClusterResourceConfiguration cluster(int slots) {
        reporter = InMemoryReporter.createWithRetainedMetrics(); // A cluster's end ends it.
        return new MiniClusterResourceConfiguration.Builder()
                .setConfiguration(reporter.addToConfiguration(new Configuration()))
                .setNumberTaskManagers(1)
                .setNumberSlotsPerTaskManager(slots)
                .build();
    }

    /** The sum over all subtasks; of a histogram, how many values it got. */
    public long sum(JobID job, String name) {
        return sumOf(job, "weir." + name);
    }

    /** The same of a metric of Flink's own, by the end of its name, such as cache.hitCount. */
    public long sumOf(JobID job, String name) {
        Collection<Metric> metrics =
                reporter.findMetrics(job, ".*\\." + Pattern.quote(name)).values();
        if (metrics.isEmpty()) {
            throw new AssertionError("no metric " + name);
        }
        return metrics.stream().mapToLong(JobMetrics::value).sum();
    }

    /** The sum over all subtasks of all jobs and of all their attempts so far. */
    public long total(String name) {
        return reporter.getMetricsByGroup().values().stream()
                .map(metrics -> metrics.get(name))
                .filter(Objects::nonNull)
                .mapToLong(JobMetrics::value)
                .sum();
    }

    private static long value(Metric metric) {
        if (metric instanceof Counter) {
            return ((Counter) metric).getCount();
        }
        return metric instanceof Histogram
                ? ((Histogram) metric).getCount()
                : ((Number) ((Gauge<?>) metric).getValue()).longValue();
    }
}
