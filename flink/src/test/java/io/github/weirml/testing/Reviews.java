package io.github.weirml.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** The 10,000 sample reviews of the repository. */
public final class Reviews {
    private static final Pattern LINE =
            Pattern.compile("\\{\"id\": \"([^\"]+)\", \"text\": \"((?:[^\"\\\\]|\\\\.)*)\".*");
    private static final Pattern ESCAPE = Pattern.compile("\\\\(u[0-9a-f]{4}|.)");

    private Reviews() {}

    /** One of them. */
    public static final class Review {
        public final String id;
        public final String text;

        private Review(String id, String text) {
            this.id = id;
            this.text = text;
        }
    }

    /** All of them, in the order of the file. */
    public static List<Review> all() {
        Path file = Path.of("../examples/reviews/reviews.jsonl");
        try {
            return Files.readAllLines(file).stream()
                    .map(Reviews::review)
                    .collect(Collectors.toList());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Review review(String line) {
        Matcher matcher = LINE.matcher(line);
        if (!matcher.matches()) {
            throw new IllegalArgumentException("not a review: " + line);
        }
        return new Review(
                matcher.group(1), ESCAPE.matcher(matcher.group(2)).replaceAll(Reviews::unescaped));
    }

    private static String unescaped(java.util.regex.MatchResult escape) {
        String code = escape.group(1);
        switch (code.charAt(0)) {
            case 'u':
                return Matcher.quoteReplacement(
                        String.valueOf((char) Integer.parseInt(code.substring(1), 16)));
            case 'n':
                return "\n";
            case 't':
                return "\t";
            case 'r':
                return "\r";
            case 'b':
                return "\b";
            case 'f':
                return "\f";
            default:
                return Matcher.quoteReplacement(code);
        }
    }
}
