package io.github.weirml.examples;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.weirml.testing.WeirProcess;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class PredictExampleITCase {

    @Test
    void theExampleRuns() {
        try (WeirProcess weir = WeirProcess.serve()) {
            assertThat(
                            PredictExample.label(
                                    weir.endpoint(), List.of("I love it", "I hate it", " ")))
                    .containsAllEntriesOf(Map.of("I love it", "positive", "I hate it", "negative"))
                    .hasEntrySatisfying(" ", label -> assertThat(label).startsWith("no label"));
        }
    }
}
