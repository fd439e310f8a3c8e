package io.github.weirml.flink.internal;

import static org.assertj.core.api.Assertions.assertThat;

import org.apache.flink.metrics.HistogramStatistics;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

class RecentValuesTest {
    private final RecentValues values = new RecentValues();

    @Test
    void withoutValuesEverythingIsZero() {
        HistogramStatistics none = values.getStatistics();

        assertThat(none.size()).isZero();
        assertThat(none.getMax() + none.getMin()).isZero();
        assertThat(none.getMean() + none.getStdDev() + none.getQuantile(0.99)).isZero();
    }

    @Test
    void quantilesAreThoseOfTheValues() {
        for (int value = 100; value >= 1; value--) {
            values.update(value);
        }
        HistogramStatistics all = values.getStatistics();

        assertThat(all.getQuantile(0)).isEqualTo(1);
        assertThat(all.getQuantile(0.5)).isEqualTo(50);
        assertThat(all.getQuantile(0.99)).isEqualTo(99);
        assertThat(all.getQuantile(1)).isEqualTo(100);
        assertThat(all.getMean()).isEqualTo(50.5);
        assertThat(all.getStdDev()).isEqualTo(28.866, Offset.offset(0.001));
        assertThat(values.getCount()).isEqualTo(100);
    }

    @Test
    void onlyTheLastValuesAreKept() {
        for (int value = 0; value < 3 * RecentValues.SIZE; value++) {
            values.update(value);
        }

        assertThat(values.getCount()).isEqualTo(3L * RecentValues.SIZE);
        assertThat(values.getStatistics().size()).isEqualTo(RecentValues.SIZE);
        assertThat(values.getStatistics().getMin()).isEqualTo(2L * RecentValues.SIZE);
    }
}
