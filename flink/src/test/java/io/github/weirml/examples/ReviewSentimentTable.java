package io.github.weirml.examples;

import io.github.weirml.client.ClientConfig;
import org.apache.flink.table.api.DataTypes;
import org.apache.flink.table.api.EnvironmentSettings;
import org.apache.flink.table.api.ModelDescriptor;
import org.apache.flink.table.api.Schema;
import org.apache.flink.table.api.Table;
import org.apache.flink.table.api.TableEnvironment;

/** The same as {@link ReviewSentimentJob} with the Table API. */
public final class ReviewSentimentTable {
    private ReviewSentimentTable() {}

    public static void main(String[] arguments) {
        String endpoint = arguments.length > 0 ? arguments[0] : ClientConfig.DEFAULT_ENDPOINT;
        label(TableEnvironment.create(EnvironmentSettings.inStreamingMode()), endpoint)
                .execute()
                .print();
    }

    /** Returns each review with its label, or with what went wrong. */
    static Table label(TableEnvironment tables, String endpoint) {
        tables.createTemporaryModel(
                "sentiment",
                ModelDescriptor.forProvider("weir")
                        .inputSchema(Schema.newBuilder().column("text", DataTypes.STRING()).build())
                        .outputSchema(
                                Schema.newBuilder()
                                        .column("label", DataTypes.STRING())
                                        .column("problem", DataTypes.STRING())
                                        .build())
                        .option("endpoint", endpoint)
                        .option("model", "sentiment")
                        .option("batch.size", "20")
                        .option("error.column", "problem")
                        .build());
        tables.createTemporaryView(
                "reviews",
                tables.fromValues("I love it", "I hate it", "It has two buttons").as("text"));
        return tables.sqlQuery(
                "SELECT * FROM ML_PREDICT(TABLE reviews, MODEL sentiment, DESCRIPTOR(text),"
                        + " MAP['max-concurrent-operations', '100'])");
    }
}
