package io.github.weirml.flink.table;

/** An answer is no value of its column's type. Its message says what was expected and what came. */
final class Misfit extends Exception {
    private static final long serialVersionUID = 1L;

    Misfit(String message) {
        super(message, null, false, false);
    }
}
