package io.github.weirml.client;

import io.github.weirml.v1.Window;

/** Converts between this package and the contract. */
final class Wire {
    private Wire() {}

    /** The records of a window: one is always allowed. */
    static int windowRecords(Window window) {
        long records = Integer.toUnsignedLong(window.getRecords());
        return (int) Math.max(1, Math.min(records, Integer.MAX_VALUE));
    }

    /** The bytes of a window; a server that names none has no bound. */
    static long windowBytes(Window window) {
        return window.getBytes() <= 0 ? Long.MAX_VALUE : window.getBytes();
    }
}
