package io.github.weirml.client;

/** Tokens of one record: its share of the calls that it took part in. Immutable. */
public final class Usage {
    private final long promptTokens;
    private final long completionTokens;

    Usage(long promptTokens, long completionTokens) {
        this.promptTokens = promptTokens;
        this.completionTokens = completionTokens;
    }

    /** Tokens of the prompt. */
    public long promptTokens() {
        return promptTokens;
    }

    /** Tokens of the model's reply. */
    public long completionTokens() {
        return completionTokens;
    }

    @Override
    public String toString() {
        return promptTokens + " prompt and " + completionTokens + " completion tokens";
    }
}
