package io.github.weirml.client;

import java.util.Arrays;
import java.util.List;

/** Results for tests, as a server would send them. */
public final class Results {
    private static final Result.Details DETAILS =
            new Result.Details(2, new Usage(30, 7), Match.INDEX, List.of("careful"));

    private Results() {}

    /** With values; one without a name is the only value. */
    public static Result of(Field... values) {
        return Result.of(Arrays.asList(values), DETAILS);
    }

    /** One text. */
    public static Result text(String text) {
        return of(Field.text("", text));
    }

    /** One value that is not text. */
    public static Result json(String json) {
        return of(Field.json("", json));
    }

    /** An error. */
    public static Result error(Reason reason, String message) {
        return Result.failed(reason, message, true);
    }
}
