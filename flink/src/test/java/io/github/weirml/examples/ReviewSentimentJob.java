package io.github.weirml.examples;

import io.github.weirml.client.ClientConfig;
import io.github.weirml.client.Record;
import io.github.weirml.client.Result;
import io.github.weirml.flink.WeirAsyncFunction;
import java.util.List;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;

/**
 * A job that labels reviews, in batches of 20. Start a server with {@code weir serve}, and give its
 * address if it is not on this machine.
 */
public final class ReviewSentimentJob {
    private ReviewSentimentJob() {}

    public static void main(String[] arguments) throws Exception {
        String endpoint = arguments.length > 0 ? arguments[0] : ClientConfig.DEFAULT_ENDPOINT;
        StreamExecutionEnvironment env = StreamExecutionEnvironment.getExecutionEnvironment();
        DataStream<String> reviews =
                env.fromData(List.of("I love it", "I hate it", "It has two buttons"));
        label(reviews, endpoint).print();
        env.execute("Sentiment of reviews");
    }

    /** Returns each review with its label before it, or with what went wrong. */
    static DataStream<String> label(DataStream<String> reviews, String endpoint) {
        return WeirAsyncFunction.<String, String>builder()
                .endpoints(endpoint)
                .model("sentiment")
                .option("batch.size", "20")
                .capacity(100)
                .record(Record::of)
                .output((review, result) -> label(result) + "\t" + review)
                .returns(String.class)
                .orderedWait(reviews);
    }

    private static String label(Result result) {
        return result.isValue() ? result.values().get(0).content() : result.error().toString();
    }
}
