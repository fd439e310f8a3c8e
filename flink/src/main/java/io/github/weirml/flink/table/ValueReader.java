package io.github.weirml.flink.table;

import io.github.weirml.client.Field;
import java.io.Serializable;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.JsonNode;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.node.TextNode;
import org.apache.flink.table.api.ValidationException;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.types.logical.ArrayType;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.LogicalTypeFamily;
import org.apache.flink.table.types.logical.MapType;
import org.apache.flink.table.types.logical.RowType;

/**
 * Reads values of one type, in Flink's internal form, from answers. Exactly that type: models like
 * to write {@code "5"} for 5, so numbers, booleans and dates may stand in text, but nothing is
 * guessed or cut.
 */
interface ValueReader extends Serializable {

    /** The value of JSON that is not null. */
    Object read(JsonNode json) throws Misfit;

    /** The reader of a type; refuses types that no answer can have. */
    static ValueReader of(LogicalType type, String column) {
        ScalarReader scalar = ScalarReader.of(type);
        if (scalar != null) {
            return scalar;
        }
        switch (type.getTypeRoot()) {
            case ARRAY:
                return StructureReader.array((ArrayType) type, column);
            case MAP:
                return StructureReader.map((MapType) type, column);
            case ROW:
                return StructureReader.row((RowType) type, column);
            default:
                throw new ValidationException(
                        String.format(
                                "weir: output column '%s' is %s, which no answer can be; use"
                                        + " STRING, BOOLEAN, a number, DATE, TIME, TIMESTAMP, ARRAY,"
                                        + " ROW, MAP<STRING, …> or VARIANT",
                                column, type.asSummaryString()));
        }
    }

    /** The value of an answer's field. */
    default Object read(Field field, LogicalType type) throws Misfit {
        if (field.isNull()) {
            return null;
        }
        if (!field.isJson()) {
            return read(TextNode.valueOf(field.content()));
        }
        JsonNode json = Json.read(field.content());
        if (json == null) {
            throw new Misfit(
                    "expected " + type.asSummaryString() + ", got JSON that cannot be read");
        }
        if (type.is(LogicalTypeFamily.CHARACTER_STRING) && !json.isTextual()) {
            return read(TextNode.valueOf(field.content().trim()));
        }
        return read(json);
    }

    /** What came, without its content. */
    static String kind(JsonNode json) {
        switch (json.getNodeType()) {
            case STRING:
                return "a text of " + json.textValue().length() + " characters";
            case NUMBER:
                return json.isIntegralNumber() ? "a whole number" : "a number with a fraction";
            case BOOLEAN:
                return "a boolean";
            case ARRAY:
                return "an array of " + json.size();
            case OBJECT:
                return "an object";
            default:
                return "null";
        }
    }

    /** A fresh string of Flink's. */
    static StringData string(String text) {
        return StringData.fromString(text);
    }
}
