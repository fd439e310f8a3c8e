package io.github.weirml.flink.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RecordTimeTest {

    @ParameterizedTest
    @CsvSource({"PT0.6S, PT0.5S", "PT3M, PT2M30S", "PT1H, PT59M30S"})
    void aRecordEndsBeforeFlinksTimeout(Duration timeout, Duration record) {
        assertThat(RecordTime.within(timeout)).isEqualTo(record);
    }

    @Test
    void aTimeoutThatLeavesNoTimeIsRefused() {
        assertThatThrownBy(() -> RecordTime.within(Duration.ofMillis(99)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("100 ms");
    }
}
