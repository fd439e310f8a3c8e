package io.github.weirml.flink.table;

import io.github.weirml.client.Field;
import io.github.weirml.client.Record;
import java.io.IOException;
import java.io.Serializable;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.apache.flink.annotation.Internal;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.core.JsonGenerator;
import org.apache.flink.table.api.ValidationException;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.RowType;

/**
 * Makes records of rows. One column is the record's text, several are its fields under their names.
 * Text stays text, dates and times become ISO 8601 text, everything else JSON. For any thread.
 */
@Internal
public final class RecordConverter implements Serializable {
    private static final long serialVersionUID = 1L;
    private static final int MOST_FIELDS = 64;
    private static final int MOST_NAME_BYTES = 128;

    private final ArrayList<Column> columns = new ArrayList<>();
    private final boolean asText;

    private RecordConverter(RowType input, boolean asText) {
        for (int i = 0; i < input.getFieldCount(); i++) {
            columns.add(new Column(input.getFieldNames().get(i), input.getTypeAt(i), i));
        }
        this.asText = asText;
    }

    /**
     * A converter of rows with these columns.
     *
     * @throws ValidationException if a record cannot have such columns
     */
    public static RecordConverter of(RowType input) {
        checkColumns(input);
        return new RecordConverter(input, input.getFieldCount() == 1);
    }

    /**
     * The same for a prompt template, which may ask for the only column by its name: then it is a
     * field, because a text has no name.
     */
    public static RecordConverter of(RowType input, String template) {
        checkColumns(input);
        boolean one = input.getFieldCount() == 1;
        return new RecordConverter(input, one && !names(template, input.getFieldNames().get(0)));
    }

    private static boolean names(String template, String column) {
        String tag = "\\{\\{[{#^&]?\\s*" + Pattern.quote(column) + "\\s*(\\|\\s*\\w+\\s*)?}}";
        return template != null && Pattern.compile(tag).matcher(template).find();
    }

    private static void checkColumns(RowType input) {
        if (input.getFieldCount() > MOST_FIELDS) {
            throw new ValidationException(
                    String.format(
                            "weir: %d input columns; a record has at most %d fields",
                            input.getFieldCount(), MOST_FIELDS));
        }
        for (String name : input.getFieldNames()) {
            if (name.getBytes(StandardCharsets.UTF_8).length > MOST_NAME_BYTES) {
                throw new ValidationException(
                        String.format(
                                "weir: the name of input column '%s' is longer than %d bytes",
                                name, MOST_NAME_BYTES));
            }
        }
    }

    /** The record of a row; null where all columns are NULL: there is nothing to ask about. */
    public Record convert(RowData row) {
        if (asText) {
            String text = columns.get(0).content(row);
            return text == null ? null : Record.of(text);
        }
        List<Field> fields = new ArrayList<>(columns.size());
        boolean empty = true;
        for (Column column : columns) {
            String content = column.content(row);
            empty &= content == null;
            fields.add(column.field(content));
        }
        return empty ? null : Record.of(fields);
    }

    private static final class Column implements Serializable {
        private static final long serialVersionUID = 1L;

        private final String name;
        private final LogicalType type;
        private final boolean isText;
        private final RowFields getter;
        private final ValueWriter writer;

        Column(String name, LogicalType type, int position) {
            this.name = name;
            this.type = type;
            this.isText = ValueWriter.isText(type);
            this.getter = new RowFields(type, position);
            this.writer = ValueWriter.of(type, name);
        }

        String content(RowData row) {
            Object value = getter.of(row);
            if (value == null) {
                return null;
            }
            return isText ? ValueWriter.text(type, value) : json(value);
        }

        private String json(Object value) {
            StringWriter text = new StringWriter();
            try (JsonGenerator out = Json.MAPPER.createGenerator(text)) {
                writer.write(out, value);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            return text.toString();
        }

        Field field(String content) {
            if (content == null) {
                return Field.ofNull(name);
            }
            return isText ? Field.text(name, content) : Field.json(name, content);
        }
    }
}
