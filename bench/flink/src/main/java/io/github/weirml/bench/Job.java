package io.github.weirml.bench;

import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * One ML_PREDICT over the reviews, as a line of JSON describes it.
 *
 * @param output the model's output columns as SQL, the first of them the label
 * @param with the options of CREATE MODEL
 * @param config the options of the query
 * @param rows how many rows; there are 10,000 reviews, again and again
 * @param parallelism subtasks of every operator
 * @param texts rows with a text of their own instead of a review
 * @param rest how many milliseconds of silence come before the job
 */
record Job(
        String output,
        Map<String, String> with,
        Map<String, String> config,
        int rows,
        int parallelism,
        Map<Long, String> texts,
        int rest) {

    Job {
        texts = texts == null ? Map.of() : texts;
    }

    String createModel() {
        return "CREATE TEMPORARY MODEL asked INPUT (`text` STRING) OUTPUT ("
                + output
                + ")\n  WITH ("
                + list(with, " = ")
                + ")";
    }

    String query() {
        return "SELECT * FROM ML_PREDICT(TABLE reviews, MODEL asked, DESCRIPTOR(`text`), MAP["
                + list(config, ", ")
                + "])";
    }

    private static String list(Map<String, String> options, String between) {
        List<String> items =
                options.entrySet().stream()
                        .map(o -> quoted(o.getKey()) + between + quoted(o.getValue()))
                        .collect(Collectors.toList());
        return String.join(", ", items);
    }

    private static String quoted(String text) {
        return "'" + text.replace("'", "''") + "'";
    }
}
