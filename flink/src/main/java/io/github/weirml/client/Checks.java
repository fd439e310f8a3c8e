package io.github.weirml.client;

import java.time.Duration;

/** Refuses settings that cannot be meant. */
final class Checks {
    private Checks() {}

    static void that(boolean holds, String message) {
        if (!holds) {
            throw new WeirException(WeirException.Kind.CONFIG, message);
        }
    }

    static Duration positive(Duration value, String name) {
        that(
                value != null && !value.isZero() && !value.isNegative(),
                name + " is " + value + "; it must be more than zero");
        return value;
    }

    static Duration notNegative(Duration value, String name) {
        that(
                value != null && !value.isNegative(),
                name + " is " + value + "; it must not be negative");
        return value;
    }
}
