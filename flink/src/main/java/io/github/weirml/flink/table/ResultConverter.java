package io.github.weirml.flink.table;

import io.github.weirml.client.Field;
import io.github.weirml.client.Reason;
import io.github.weirml.client.Result;
import io.github.weirml.flink.internal.WeirMetrics;
import java.io.Serializable;
import java.util.AbstractList;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;
import org.apache.flink.annotation.Internal;
import org.apache.flink.table.api.ValidationException;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.LogicalTypeRoot;
import org.apache.flink.table.types.logical.RowType;
import org.apache.flink.util.FlinkRuntimeException;

/**
 * Makes rows of results: value columns by the names of {@code response.value.field}, a column for
 * the error, columns for what else a result says. Makes one row of each result, or does with an
 * error what the user has chosen. For any thread.
 */
@Internal
public final class ResultConverter implements Serializable {
    private static final long serialVersionUID = 1L;

    private final int arity;
    private final ErrorHandling errorHandling;
    private final ArrayList<ValueColumn> values = new ArrayList<>();
    private final ArrayList<MetadataColumn> metadata = new ArrayList<>();
    private final int error;

    private ResultConverter(RowType output, WeirSettings settings) {
        this.arity = output.getFieldCount();
        this.errorHandling = settings.errorHandling();
        this.error = errorColumn(output, settings.errorColumn());
        settings.metadata()
                .forEach((what, name) -> metadata.add(MetadataColumn.of(what, name, output)));
        for (int i = 0; i < arity; i++) {
            if (i != error && !isMetadata(i)) {
                values.add(new ValueColumn(output.getFieldNames().get(i), output.getTypeAt(i), i));
            }
        }
    }

    /**
     * A converter to rows with these columns; which of them hold error and metadata the settings
     * say, the others hold values.
     *
     * @throws ValidationException if a column is not there or has a wrong type, or if it can be
     *     known without a server that its values will not be there
     */
    public static ResultConverter of(RowType output, WeirSettings settings) {
        ResultConverter converter = new ResultConverter(output, settings);
        if (converter.values.isEmpty()) {
            throw new ValidationException(
                    "weir: no output column is left for the value: add one, such as"
                            + " OUTPUT (answer STRING, …)");
        }
        String fields = settings.serverOption(WeirOptions.VALUE_FIELD);
        if (fields != null && !fields.isEmpty()) {
            converter.checkFields(fields);
        }
        return converter;
    }

    private static int errorColumn(RowType output, String name) {
        if (name == null) {
            return -1;
        }
        return Columns.find(output, name, WeirOptions.ERROR_COLUMN.key(), LogicalTypeRoot.VARCHAR);
    }

    private boolean isMetadata(int position) {
        return metadata.stream().anyMatch(column -> column.position == position);
    }

    /**
     * Refuses columns that the server will give no value for.
     *
     * @param valueField the option {@code response.value.field} as it holds; empty: one value
     */
    public void checkFields(String valueField) {
        List<String> fields =
                Arrays.stream(valueField.split(",")).map(String::trim).collect(Collectors.toList());
        if (fields.size() < 2) {
            checkSingle(valueField);
            return;
        }
        for (ValueColumn column : values) {
            if (!fields.contains(column.name)) {
                throw new ValidationException(
                        String.format(
                                "weir: output column '%s' is none of the fields of"
                                        + " 'response.value.field', which is '%s'%s",
                                column.name, valueField, Nearest.hint(column.name, fields)));
            }
        }
    }

    private void checkSingle(String valueField) {
        if (values.size() > 1) {
            String names = values.stream().map(c -> c.name).collect(Collectors.joining(","));
            throw new ValidationException(
                    String.format(
                            "weir: the output has %d value columns, but an answer has one value"
                                    + " ('response.value.field' is '%s'): set"
                                    + " 'response.value.field' = '%s', or name the other columns in"
                                    + " 'error.column' or 'metadata.…'",
                            values.size(), valueField, names));
        }
    }

    /**
     * Refuses columns that cannot hold what the model makes.
     *
     * @param embedding whether its results are embeddings
     */
    public void checkTask(boolean embedding) {
        if (!embedding) {
            return;
        }
        if (values.size() > 1) {
            throw new ValidationException(
                    String.format(
                            "weir: the output has %d value columns, but the model makes one"
                                    + " embedding of a record: leave one column, ARRAY<FLOAT>",
                            values.size()));
        }
        ValueColumn column = values.get(0);
        if (column.embedding == null) {
            throw EmbeddingReader.refusal(column.name, column.type);
        }
    }

    /** The row of a record that was not sent because its columns are NULL: NULL everywhere. */
    public Collection<RowData> ofNull() {
        return Collections.singletonList(new GenericRowData(arity));
    }

    /**
     * The row of a result; none if it is an error and errors are dropped.
     *
     * @throws FlinkRuntimeException if it is an error and errors fail the job
     */
    public Collection<RowData> convert(Result result) {
        GenericRowData row = new GenericRowData(arity);
        Failure failure =
                result.isValue()
                        ? setValues(row, result)
                        : new Failure(
                                result.error().reason().name(),
                                result.error().message(),
                                result.error().isRetriable());
        if (failure != null) {
            if (errorHandling == ErrorHandling.DROP) {
                return Collections.emptyList();
            }
            fail(row, failure);
        }
        for (MetadataColumn column : metadata) {
            row.setField(column.position, column.value(result, failure));
        }
        return failure == null ? Collections.singletonList(row) : new FailedRow(row);
    }

    /** Whether {@link #convert} made these rows of an error. */
    static boolean isFailure(Collection<RowData> rows) {
        return rows.isEmpty() || rows instanceof FailedRow;
    }

    /** Counts what only the converter knows of a result and the rows that it made of it. */
    void count(Result result, Collection<RowData> rows, WeirMetrics metrics) {
        if (rows.isEmpty()) {
            metrics.recordDropped();
        }
        if (result.isValue() && isFailure(rows)) {
            metrics.recordMisfit();
        }
    }

    private static final class FailedRow extends AbstractList<RowData> {
        private final RowData row;

        FailedRow(RowData row) {
            this.row = row;
        }

        @Override
        public RowData get(int index) {
            Objects.checkIndex(index, 1);
            return row;
        }

        @Override
        public int size() {
            return 1;
        }
    }

    private void fail(GenericRowData row, Failure failure) {
        if (errorHandling == ErrorHandling.FAIL) {
            throw new FlinkRuntimeException(
                    "weir: a record has no answer, and 'error.handling' is 'fail': " + failure);
        }
        values.forEach(column -> row.setField(column.position, null));
        if (error >= 0) {
            row.setField(error, ValueReader.string(failure.toString()));
        }
    }

    /** Returns what is wrong with them, or null. */
    private Failure setValues(GenericRowData row, Result result) {
        float[] embedding = result.embedding();
        if (embedding != null) {
            return setEmbedding(row, embedding);
        }
        boolean single = values.size() == 1 && result.values().size() == 1;
        for (ValueColumn column : values) {
            Field field = single ? result.values().get(0) : result.value(column.name);
            try {
                row.setField(column.position, column.read(field));
            } catch (Misfit e) {
                String message = "column " + column.name + ": " + e.getMessage();
                return new Failure(Reason.INVALID_ANSWER.name(), message, true);
            }
        }
        return null;
    }

    /** Other columns than one that fits were refused before the first record. */
    private Failure setEmbedding(GenericRowData row, float[] embedding) {
        ValueColumn column = values.get(0);
        if (column.embedding == null) {
            String message = EmbeddingReader.refusal(column.name, column.type).getMessage();
            return new Failure(Reason.INVALID_ANSWER.name(), message, false);
        }
        row.setField(column.position, column.embedding.read(embedding));
        return null;
    }

    /** A record without a value: by the server's word, or because the value does not fit. */
    static final class Failure {
        final String reason;
        final String message;
        final boolean retriable;

        Failure(String reason, String message, boolean retriable) {
            this.reason = reason;
            this.message = message;
            this.retriable = retriable;
        }

        @Override
        public String toString() {
            return reason + ": " + message;
        }
    }

    private static final class ValueColumn implements Serializable {
        private static final long serialVersionUID = 1L;

        final String name;
        final int position;
        private final LogicalType type;
        private final ValueReader reader;
        private final EmbeddingReader embedding;

        ValueColumn(String name, LogicalType type, int position) {
            if (!type.isNullable()) {
                throw new ValidationException(
                        String.format(
                                "weir: output column '%s' is NOT NULL, but it is NULL where the"
                                        + " input is NULL or a record has no answer: declare it"
                                        + " without NOT NULL",
                                name));
            }
            this.name = name;
            this.position = position;
            this.type = type;
            this.reader = ValueReader.of(type, name);
            this.embedding = EmbeddingReader.of(type);
        }

        Object read(Field field) throws Misfit {
            if (field == null) {
                throw new Misfit("the server has sent no such value");
            }
            return reader.read(field, type);
        }
    }

    private static final class MetadataColumn implements Serializable {
        private static final long serialVersionUID = 1L;

        final int position;
        private final Metadata what;
        private final boolean isInt;

        private MetadataColumn(Metadata what, int position, boolean isInt) {
            this.what = what;
            this.position = position;
            this.isInt = isInt;
        }

        static MetadataColumn of(Metadata what, String name, RowType output) {
            LogicalTypeRoot[] types = what.types().toArray(new LogicalTypeRoot[0]);
            int position = Columns.find(output, name, what.option().key(), types);
            return new MetadataColumn(
                    what, position, output.getTypeAt(position).is(LogicalTypeRoot.INTEGER));
        }

        Object value(Result result, Failure failure) {
            Object value = what.of(result, failure);
            return isInt && value != null ? (Object) ((Long) value).intValue() : value;
        }
    }
}
