package io.github.weirml.flink.table;

import io.github.weirml.client.Match;
import io.github.weirml.client.Result;
import java.util.Arrays;
import java.util.Set;
import org.apache.flink.annotation.Internal;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.ConfigOptions;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.types.logical.LogicalTypeRoot;

/**
 * What a row can say of its record besides values and error; each in a column that the user names.
 */
@Internal
public enum Metadata {
    REASON("reason", "why there is no value, one word of a closed set", LogicalTypeRoot.VARCHAR),
    RETRIABLE("retriable", "whether the same record may succeed later", LogicalTypeRoot.BOOLEAN),
    ATTEMPTS("attempts", "model calls that the record took part in", Types.WHOLE),
    MATCH("match", "how the answer found the record", LogicalTypeRoot.VARCHAR),
    PROMPT_TOKENS("prompt.tokens", "its share of the prompts' tokens", Types.WHOLE),
    COMPLETION_TOKENS("completion.tokens", "its share of the answers' tokens", Types.WHOLE),
    WARNINGS("warnings", "what a careful reader should know", LogicalTypeRoot.VARCHAR);

    private final ConfigOption<String> option;
    private final Set<LogicalTypeRoot> types;

    Metadata(String name, String what, LogicalTypeRoot... types) {
        this.option =
                ConfigOptions.key("metadata." + name)
                        .stringType()
                        .noDefaultValue()
                        .withDescription("Name of the column that shows " + what + ".");
        this.types = Set.copyOf(Arrays.asList(types));
    }

    /** The option that names the column. */
    public ConfigOption<String> option() {
        return option;
    }

    /** The types that the column may have. */
    Set<LogicalTypeRoot> types() {
        return types;
    }

    /** What the result says of it; null: nothing. Text, a boolean or a long, in Flink's form. */
    Object of(Result result, ResultConverter.Failure failure) {
        switch (this) {
            case REASON:
                return failure == null ? null : StringData.fromString(failure.reason);
            case RETRIABLE:
                return failure == null ? null : failure.retriable;
            case ATTEMPTS:
                return (long) result.attempts();
            case MATCH:
                return result.match() == Match.NONE
                        ? null
                        : StringData.fromString(result.match().name());
            case PROMPT_TOKENS:
                return result.usage() == null ? null : result.usage().promptTokens();
            case COMPLETION_TOKENS:
                return result.usage() == null ? null : result.usage().completionTokens();
            default:
                return warnings(result);
        }
    }

    private static StringData warnings(Result result) {
        return result.warnings().isEmpty()
                ? null
                : StringData.fromString(String.join("; ", result.warnings()));
    }

    private static final class Types {
        static final LogicalTypeRoot[] WHOLE = {LogicalTypeRoot.INTEGER, LogicalTypeRoot.BIGINT};
    }
}
