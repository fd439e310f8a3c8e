package io.github.weirml.flink.internal;

import java.util.Arrays;
import org.apache.flink.metrics.Histogram;
import org.apache.flink.metrics.HistogramStatistics;

/** A histogram of the last 1,024 values: bounded, whatever the job does. For any thread. */
final class RecentValues implements Histogram {
    static final int SIZE = 1024;

    private final long[] values = new long[SIZE];
    private long count;

    @Override
    public synchronized void update(long value) {
        values[(int) (count++ % SIZE)] = value;
    }

    @Override
    public synchronized long getCount() {
        return count;
    }

    @Override
    public HistogramStatistics getStatistics() {
        long[] sorted = copy();
        Arrays.sort(sorted);
        return new Statistics(sorted);
    }

    private synchronized long[] copy() {
        return Arrays.copyOf(values, (int) Math.min(count, SIZE));
    }

    /** Zero everywhere if there are no values. */
    private static final class Statistics extends HistogramStatistics {
        private final long[] sorted;

        Statistics(long[] sorted) {
            this.sorted = sorted;
        }

        @Override
        public double getQuantile(double quantile) {
            int rank = (int) Math.ceil(quantile * sorted.length) - 1;
            return at(Math.max(0, Math.min(rank, sorted.length - 1)));
        }

        private long at(int rank) {
            return sorted.length == 0 ? 0 : sorted[rank];
        }

        @Override
        public long[] getValues() {
            return sorted.clone();
        }

        @Override
        public int size() {
            return sorted.length;
        }

        @Override
        public double getMean() {
            return Arrays.stream(sorted).average().orElse(0);
        }

        @Override
        public double getStdDev() {
            double mean = getMean();
            return Math.sqrt(
                    Arrays.stream(sorted)
                            .mapToDouble(value -> (value - mean) * (value - mean))
                            .average()
                            .orElse(0));
        }

        @Override
        public long getMax() {
            return at(sorted.length - 1);
        }

        @Override
        public long getMin() {
            return at(0);
        }
    }
}
