package io.github.weirml.client;

import io.github.weirml.v1.Task;
import java.util.List;
import java.util.Map;

/** What a stream got from its server. Immutable. */
public final class SessionInfo {
    private final String endpoint;
    private final String model;
    private final Map<String, String> options;
    private final int windowRecords;
    private final long windowBytes;
    private final int effectiveBatchSize;
    private final List<String> warnings;
    private final String serverVersion;
    private final boolean embedding;

    SessionInfo(String endpoint, io.github.weirml.v1.PredictStarted started) {
        this.endpoint = endpoint;
        this.model = started.getModel();
        this.options = Map.copyOf(started.getOptionsMap());
        this.windowRecords = Wire.windowRecords(started.getWindow());
        this.windowBytes = Wire.windowBytes(started.getWindow());
        this.effectiveBatchSize = started.getEffectiveBatchSize();
        this.warnings = List.copyOf(started.getWarningsList());
        this.serverVersion = started.getServerVersion();
        this.embedding = started.getTask() == Task.TASK_EMBEDDING;
    }

    /** The endpoint of the stream, as it was configured. */
    public String endpoint() {
        return endpoint;
    }

    /** Name of the model. */
    public String model() {
        return model;
    }

    /** Every option as it holds: the server's defaults, the model's, the session's. */
    public Map<String, String> options() {
        return options;
    }

    /** Most records that may be unanswered at the server. */
    public int windowRecords() {
        return windowRecords;
    }

    /** Most bytes of unanswered records at the server. */
    public long windowBytes() {
        return windowBytes;
    }

    /** Records that make a full batch; below {@code batch.size} there is a warning. */
    public int effectiveBatchSize() {
        return effectiveBatchSize;
    }

    /** What the user should know, in English. */
    public List<String> warnings() {
        return warnings;
    }

    /** Version of the server. */
    public String serverVersion() {
        return serverVersion;
    }

    /** Whether results have an {@link Result#embedding()} instead of values. */
    public boolean isEmbedding() {
        return embedding;
    }

    @Override
    public String toString() {
        return "model "
                + model
                + " at "
                + endpoint
                + " (weir "
                + serverVersion
                + "): window "
                + windowRecords
                + ", batches of "
                + effectiveBatchSize;
    }
}
