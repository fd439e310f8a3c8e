package io.github.weirml.flink.table;

import static org.apache.flink.table.types.logical.LogicalTypeRoot.TIME_WITHOUT_TIME_ZONE;

import java.io.IOException;
import java.io.Serializable;
import java.math.BigDecimal;
import java.time.LocalDate;
import java.time.LocalTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.core.JsonGenerator;
import org.apache.flink.table.api.ValidationException;
import org.apache.flink.table.data.ArrayData;
import org.apache.flink.table.data.DecimalData;
import org.apache.flink.table.data.MapData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.TimestampData;
import org.apache.flink.table.types.logical.ArrayType;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.LogicalTypeFamily;
import org.apache.flink.table.types.logical.MapType;
import org.apache.flink.table.types.logical.RowType;
import org.apache.flink.types.variant.Variant;

/** Writes a column's value, in Flink's internal form, as JSON: every digit stays. */
interface ValueWriter extends Serializable {

    void write(JsonGenerator out, Object value) throws IOException;

    /** The writer of a type; refuses types that no model could read. */
    static ValueWriter of(LogicalType type, String column) {
        if (isText(type)) {
            return (out, value) -> out.writeString(text(type, value));
        }
        switch (type.getTypeRoot()) {
            case BOOLEAN:
                return (out, value) -> out.writeBoolean((Boolean) value);
            case TINYINT:
            case SMALLINT:
            case INTEGER:
            case BIGINT:
            case FLOAT:
            case DOUBLE:
            case DECIMAL:
                return ValueWriter::writeNumber;
            case VARIANT:
                return (out, value) -> out.writeRawValue(((Variant) value).toJson());
            case ARRAY:
                return array((ArrayType) type, column);
            case MAP:
                return map((MapType) type, column);
            case ROW:
                return row((RowType) type, column);
            default:
                throw new ValidationException(
                        String.format(
                                "weir: input column '%s' is %s, which a prompt cannot show: CAST it"
                                        + " to STRING, or leave it out",
                                column, type.asSummaryString()));
        }
    }

    /** Whether the type is shown as text, rather than as another JSON value. */
    static boolean isText(LogicalType type) {
        return type.isAnyOf(LogicalTypeFamily.CHARACTER_STRING, LogicalTypeFamily.DATETIME);
    }

    /** Text of a value; dates and times as ISO 8601 has them. */
    static String text(LogicalType type, Object value) {
        if (value instanceof Integer && type.getTypeRoot() != TIME_WITHOUT_TIME_ZONE) {
            return LocalDate.ofEpochDay((Integer) value)
                    .toString(); // A DATE, whatever is declared.
        }
        switch (type.getTypeRoot()) {
            case TIME_WITHOUT_TIME_ZONE:
                return DateTimeFormatter.ISO_LOCAL_TIME.format(
                        LocalTime.ofNanoOfDay((Integer) value * 1_000_000L));
            case TIMESTAMP_WITHOUT_TIME_ZONE:
                return DateTimeFormatter.ISO_LOCAL_DATE_TIME.format(
                        ((TimestampData) value).toLocalDateTime());
            case TIMESTAMP_WITH_LOCAL_TIME_ZONE:
                return ((TimestampData) value).toInstant().toString();
            default:
                return value.toString();
        }
    }

    /**
     * By the value's own class: Flink takes an INT for a BIGINT column, and does not convert it.
     */
    private static void writeNumber(JsonGenerator out, Object value) throws IOException {
        if (value instanceof DecimalData) {
            out.writeNumber(((DecimalData) value).toBigDecimal());
        } else if (value instanceof Float || value instanceof Double) {
            writeFloating(out, (Number) value);
        } else {
            out.writeNumber(((Number) value).longValue());
        }
    }

    /** JSON has no word for what is no number. */
    private static void writeFloating(JsonGenerator out, Number value) throws IOException {
        double number = value.doubleValue();
        if (Double.isNaN(number) || Double.isInfinite(number)) {
            out.writeString(value.toString());
        } else {
            out.writeNumber(new BigDecimal(value.toString()));
        }
    }

    private static ValueWriter array(ArrayType type, String column) {
        ValueWriter element = nullable(type.getElementType(), column);
        ArrayElements elements = new ArrayElements(type.getElementType(), column);
        return (out, value) -> {
            out.writeStartArray();
            for (Object one : elements.of((ArrayData) value)) {
                element.write(out, one);
            }
            out.writeEndArray();
        };
    }

    private static ValueWriter map(MapType type, String column) {
        LogicalType keyType = type.getKeyType();
        if (!keyType.is(LogicalTypeFamily.CHARACTER_STRING)) {
            throw new ValidationException(
                    String.format(
                            "weir: input column '%s' has a %s; the keys of a map must be STRING",
                            column, type.asSummaryString()));
        }
        ValueWriter element = nullable(type.getValueType(), column);
        ArrayElements keys = new ArrayElements(keyType, column);
        ArrayElements values = new ArrayElements(type.getValueType(), column);
        return (out, value) -> {
            Object[] keyArray = keys.of(((MapData) value).keyArray());
            Object[] valueArray = values.of(((MapData) value).valueArray());
            out.writeStartObject();
            for (int i = 0; i < keyArray.length; i++) {
                out.writeFieldName(String.valueOf(keyArray[i]));
                element.write(out, valueArray[i]);
            }
            out.writeEndObject();
        };
    }

    private static ValueWriter row(RowType type, String column) {
        List<ValueWriter> writers = new ArrayList<>();
        List<RowFields> getters = new ArrayList<>();
        List<String> names = type.getFieldNames();
        for (int i = 0; i < type.getFieldCount(); i++) {
            writers.add(nullable(type.getTypeAt(i), column));
            getters.add(new RowFields(type.getTypeAt(i), i));
        }
        return (out, value) -> {
            out.writeStartObject();
            for (int i = 0; i < writers.size(); i++) {
                out.writeFieldName(names.get(i));
                writers.get(i).write(out, getters.get(i).of((RowData) value));
            }
            out.writeEndObject();
        };
    }

    private static ValueWriter nullable(LogicalType type, String column) {
        ValueWriter writer = of(type, column);
        return (out, value) -> {
            if (value == null) {
                out.writeNull();
            } else {
                writer.write(out, value);
            }
        };
    }
}
