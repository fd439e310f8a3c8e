package io.github.weirml.client;

/** The closed set of reasons why a record ends without a value. */
public enum Reason {
    /** The record itself is at fault: empty, too large, not UTF-8, too many fields. */
    INVALID_RECORD,
    /** The model answered, but not for this record. */
    MISSING_ANSWER,
    /** The model's reply cannot be read in the expected format. */
    UNPARSABLE_ANSWER,
    /** The model answered for this record, but not with a valid value. */
    INVALID_ANSWER,
    /** The model or its content filter refused. */
    REFUSED,
    /** The prompt does not fit into the model's context window. */
    CONTEXT_OVERFLOW,
    /** The provider's rate limit, after the retries. */
    RATE_LIMITED,
    /** The provider cannot be reached or fails, after the retries. */
    PROVIDER_UNAVAILABLE,
    /** The provider does not take the request: key, model, parameter. A person has to act. */
    PROVIDER_REJECTED,
    /** The record's time is over. */
    DEADLINE_EXCEEDED,
    /** The server ended the stream first; the client sends such records again. */
    CANCELLED,
    /** A fault of weir. Please report it. */
    INTERNAL,
    /** A reason of a newer server that this client does not know. */
    UNRECOGNIZED
}
