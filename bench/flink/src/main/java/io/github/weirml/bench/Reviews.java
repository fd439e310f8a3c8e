package io.github.weirml.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.ObjectMapper;

/** The texts of the sample reviews, in the order of the file that the system property names. */
final class Reviews {
    private static final List<String> TEXTS = read(Path.of(System.getProperty("reviews")));

    private Reviews() {}

    /** The text of a row: after the last review comes the first again. */
    static String text(long row) {
        return TEXTS.get((int) (row % TEXTS.size()));
    }

    private static List<String> read(Path file) {
        ObjectMapper json = new ObjectMapper();
        try {
            return Files.readAllLines(file).stream()
                    .map(line -> text(json, line))
                    .collect(Collectors.toList());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String text(ObjectMapper json, String line) {
        try {
            return json.readTree(line).get("text").textValue();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
