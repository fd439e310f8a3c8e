package io.github.weirml.examples;

import io.github.weirml.client.ClientConfig;
import io.github.weirml.client.PredictSession;
import io.github.weirml.client.Record;
import io.github.weirml.client.Result;
import io.github.weirml.client.SessionConfig;
import io.github.weirml.client.WeirClient;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/**
 * Labels a few texts from plain Java, without Flink. Start a server with {@code weir serve}, and
 * give its address if it is not on this machine.
 */
public final class PredictExample {
    private PredictExample() {}

    public static void main(String[] arguments) {
        String endpoint = arguments.length > 0 ? arguments[0] : ClientConfig.DEFAULT_ENDPOINT;
        label(endpoint, List.of("I love it", "I hate it", "It has two buttons"))
                .forEach((text, label) -> System.out.println(label + "\t" + text));
    }

    /** Returns each text with its label, or with what went wrong. */
    static Map<String, String> label(String endpoint, List<String> texts) {
        ClientConfig server = ClientConfig.builder().endpoints(endpoint).build();
        SessionConfig sentiment =
                SessionConfig.builder().model("sentiment").option("batch.size", "20").build();
        try (WeirClient client = WeirClient.create(server);
                PredictSession session = client.open(sentiment)) {
            Map<String, CompletableFuture<Result>> asked = new LinkedHashMap<>();
            for (String text : texts) {
                asked.put(text, session.predict(Record.of(text)));
            }
            session.flush(); // nothing more comes: do not wait for a full batch

            Map<String, String> labels = new LinkedHashMap<>();
            asked.forEach((text, future) -> labels.put(text, show(future.join())));
            return labels;
        }
    }

    private static String show(Result result) {
        return result.isValue()
                ? result.values().get(0).content()
                : "no label, " + result.error().message();
    }
}
