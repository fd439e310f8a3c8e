package io.github.weirml.examples;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.weirml.testing.Reviews;
import io.github.weirml.testing.WeirProcess;
import java.util.List;
import java.util.stream.Collectors;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.test.junit5.MiniClusterExtension;
import org.apache.flink.util.CollectionUtil;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class ReviewSentimentJobITCase {
    @RegisterExtension static final MiniClusterExtension CLUSTER = new MiniClusterExtension();

    @Test
    void theJobLabelsRealReviews() throws Exception {
        List<String> reviews =
                Reviews.all().stream()
                        .limit(1_000)
                        .map(review -> review.text)
                        .collect(Collectors.toList());
        StreamExecutionEnvironment env = StreamExecutionEnvironment.getExecutionEnvironment();
        env.setParallelism(1);
        try (WeirProcess weir = WeirProcess.serve()) {
            List<String> lines =
                    CollectionUtil.iteratorToList(
                            ReviewSentimentJob.label(env.fromData(reviews), weir.endpoint())
                                    .executeAndCollect());

            assertThat(lines)
                    .extracting(line -> line.substring(line.indexOf('\t') + 1))
                    .isEqualTo(reviews);
            assertThat(lines)
                    .extracting(line -> line.substring(0, line.indexOf('\t')))
                    .containsOnly("positive", "negative", "neutral");
        }
    }
}
