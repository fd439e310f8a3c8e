package io.github.weirml.client;

/** How an answer found its record. */
public enum Match {
    /**
     * There is no answer, or the server is newer and names a way that this client does not know.
     */
    NONE,
    /** By the index that the answer names. */
    INDEX,
    /** By its place among exactly as many answers as records (best effort). */
    POSITION,
    /** The record was alone in the call and the whole reply is its value. */
    SINGLE
}
