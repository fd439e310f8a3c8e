package io.github.weirml.flink.table;

import java.io.IOException;
import java.io.Serializable;
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
                return (out, value) -> out.writeNumber(((Number) value).longValue());
            case FLOAT:
            case DOUBLE:
                return ValueWriter::writeFloating;
            case DECIMAL:
                return (out, value) -> out.writeNumber(((DecimalData) value).toBigDecimal());
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
        switch (type.getTypeRoot()) {
            case DATE:
                return LocalDate.ofEpochDay((Integer) value).toString();
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

    /** JSON has no word for what is no number. */
    private static void writeFloating(JsonGenerator out, Object value) throws IOException {
        double number = ((Number) value).doubleValue();
        if (Double.isNaN(number) || Double.isInfinite(number)) {
            out.writeString(value.toString());
        } else if (value instanceof Float) {
            out.writeNumber((Float) value);
        } else {
            out.writeNumber(number);
        }
    }

    private static ValueWriter array(ArrayType type, String column) {
        ValueWriter element = nullable(type.getElementType(), column);
        ArrayData.ElementGetter getter = ArrayData.createElementGetter(type.getElementType());
        return (out, value) -> {
            ArrayData array = (ArrayData) value;
            out.writeStartArray();
            for (int i = 0; i < array.size(); i++) {
                element.write(out, getter.getElementOrNull(array, i));
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
        ArrayData.ElementGetter keys = ArrayData.createElementGetter(keyType);
        ArrayData.ElementGetter values = ArrayData.createElementGetter(type.getValueType());
        return (out, value) -> {
            MapData map = (MapData) value;
            ArrayData keyArray = map.keyArray();
            ArrayData valueArray = map.valueArray();
            out.writeStartObject();
            for (int i = 0; i < map.size(); i++) {
                out.writeFieldName(String.valueOf(keys.getElementOrNull(keyArray, i)));
                element.write(out, values.getElementOrNull(valueArray, i));
            }
            out.writeEndObject();
        };
    }

    private static ValueWriter row(RowType type, String column) {
        List<ValueWriter> writers = new ArrayList<>();
        List<RowData.FieldGetter> getters = new ArrayList<>();
        List<String> names = type.getFieldNames();
        for (int i = 0; i < type.getFieldCount(); i++) {
            writers.add(nullable(type.getTypeAt(i), column));
            getters.add(RowData.createFieldGetter(type.getTypeAt(i), i));
        }
        return (out, value) -> {
            out.writeStartObject();
            for (int i = 0; i < writers.size(); i++) {
                out.writeFieldName(names.get(i));
                writers.get(i).write(out, getters.get(i).getFieldOrNull((RowData) value));
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
