package io.github.weirml.flink.restart;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.weirml.client.ClientConfig;
import io.github.weirml.client.Field;
import io.github.weirml.client.PredictSession;
import io.github.weirml.client.Record;
import io.github.weirml.client.Result;
import io.github.weirml.client.SessionConfig;
import io.github.weirml.client.WeirClient;
import io.github.weirml.testing.Reviews;
import io.github.weirml.testing.WeirProcess;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/**
 * Real reviews, each with the answer that an undisturbed server gives to a plain client. Labels
 * repeat; so the model is asked for label, score and entities, and of the reviews only those are
 * here whose answer no other review has: another record's answer never goes unnoticed.
 */
final class Answers {
    /** The options that ask for such answers. */
    static final Map<String, String> OPTIONS =
            Map.of(
                    "batch.size",
                    "20",
                    "batch.timeout.ms",
                    "500",
                    "batch.prompt.template",
                    "Judge each text. Answer with a JSON array: [{\"index\": <n>, \"sentiment\":"
                            + " \"<positive|negative|neutral>\", \"score\": <number>, \"entities\":"
                            + " []}]",
                    "response.value.field",
                    "sentiment,score,entities");

    private static final List<String> TEXTS = new ArrayList<>();
    private static final List<String> ANSWERS = new ArrayList<>();

    private Answers() {}

    /** Asks a server with the embedded model, once in the life of this class. */
    static synchronized void learn() throws Exception {
        if (TEXTS.isEmpty()) {
            List<String> texts =
                    Reviews.all().stream().map(review -> review.text).collect(Collectors.toList());
            keepUnique(texts, ask(texts));
        }
    }

    private static List<String> ask(List<String> texts) throws Exception {
        SessionConfig config = SessionConfig.builder().maxInFlight(1_000).options(OPTIONS).build();
        try (WeirProcess weir = WeirProcess.serve();
                WeirClient client =
                        WeirClient.create(
                                ClientConfig.builder().endpoints(weir.endpoint()).build());
                PredictSession session = client.open(config)) {
            List<CompletableFuture<Result>> futures = new ArrayList<>();
            texts.forEach(text -> futures.add(session.predict(Record.of(text))));
            List<String> answers = new ArrayList<>();
            for (CompletableFuture<Result> future : futures) {
                answers.add(show(future.get(60, TimeUnit.SECONDS)));
            }
            return answers;
        }
    }

    private static void keepUnique(List<String> texts, List<String> answers) {
        Map<String, Integer> times = new HashMap<>();
        answers.forEach(answer -> times.merge(answer, 1, Integer::sum));
        for (int i = 0; i < texts.size(); i++) {
            if (times.get(answers.get(i)) == 1) {
                TEXTS.add(texts.get(i));
                ANSWERS.add(answers.get(i));
            }
        }
        assertThat(TEXTS).hasSizeGreaterThan(4_000);
    }

    /** The review of an id; those beyond the last one begin again. */
    static String text(long id) {
        return TEXTS.get((int) (id % TEXTS.size()));
    }

    /** What is to come out for it. */
    static String answer(long id) {
        return ANSWERS.get((int) (id % ANSWERS.size()));
    }

    /** A result as it is compared. */
    static String show(Result result) {
        return result.isValue()
                ? result.values().stream().map(Field::content).collect(Collectors.joining("|"))
                : result.error().toString();
    }
}
