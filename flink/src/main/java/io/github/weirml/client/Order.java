package io.github.weirml.client;

/** In which order the server sends the results of a stream. */
public enum Order {
    /** In the order of the records, whatever order their batches end in. */
    RECORD,
    /** Each as soon as it is there. */
    UNORDERED
}
