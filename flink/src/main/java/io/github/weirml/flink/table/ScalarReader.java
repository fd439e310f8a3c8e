package io.github.weirml.flink.table;

import java.io.IOException;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.DateTimeException;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.JsonNode;
import org.apache.flink.table.data.DecimalData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.data.TimestampData;
import org.apache.flink.table.types.logical.DecimalType;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.utils.LogicalTypeChecks;
import org.apache.flink.types.variant.BinaryVariantInternalBuilder;

/** Reads values without parts. */
final class ScalarReader implements ValueReader {
    private static final long serialVersionUID = 1L;

    private final LogicalType type;
    private final Rule rule;

    private ScalarReader(LogicalType type, Rule rule) {
        this.type = type;
        this.rule = rule;
    }

    /** Makes a value; null, or one of Java's own complaints: it does not fit. */
    private interface Rule extends java.io.Serializable {
        Object value(JsonNode json) throws IOException;
    }

    /** The reader; null if values of the type have parts, or none can be read. */
    static ScalarReader of(LogicalType type) {
        Rule rule = rule(type);
        return rule == null ? null : new ScalarReader(type, rule);
    }

    @Override
    public Object read(JsonNode json) throws Misfit {
        Object value;
        try {
            value = rule.value(json);
        } catch (ArithmeticException | NumberFormatException | DateTimeException | IOException e) {
            value = null;
        }
        if (value == null) {
            throw new Misfit(
                    "expected " + type.asSummaryString() + ", got " + ValueReader.kind(json));
        }
        return value;
    }

    private static Rule rule(LogicalType type) {
        switch (type.getTypeRoot()) {
            case VARCHAR:
                return json -> string(json, 0, LogicalTypeChecks.getLength(type));
            case CHAR:
                return json ->
                        string(
                                json,
                                LogicalTypeChecks.getLength(type),
                                LogicalTypeChecks.getLength(type));
            case BOOLEAN:
                return ScalarReader::bool;
            case TINYINT:
                return json -> whole(json).byteValueExact();
            case SMALLINT:
                return json -> whole(json).shortValueExact();
            case INTEGER:
                return json -> whole(json).intValueExact();
            case BIGINT:
                return json -> whole(json).longValueExact();
            case FLOAT:
                return json -> finite(number(json).floatValue());
            case DOUBLE:
                return json -> finite(number(json).doubleValue());
            case DECIMAL:
                return json -> decimal(json, (DecimalType) type);
            case VARIANT:
                return json -> BinaryVariantInternalBuilder.parseJson(json.toString(), false);
            default:
                return time(type);
        }
    }

    private static Rule time(LogicalType type) {
        switch (type.getTypeRoot()) {
            case DATE:
                return json -> (int) LocalDate.parse(text(json)).toEpochDay();
            case TIME_WITHOUT_TIME_ZONE:
                return json -> (int) (LocalTime.parse(text(json)).toNanoOfDay() / 1_000_000);
            case TIMESTAMP_WITHOUT_TIME_ZONE:
                return json -> timestamp(LocalDateTime.parse(dateTime(text(json))), type);
            case TIMESTAMP_WITH_LOCAL_TIME_ZONE:
                return json ->
                        timestamp(
                                OffsetDateTime.parse(dateTime(text(json)))
                                        .withOffsetSameInstant(ZoneOffset.UTC)
                                        .toLocalDateTime(),
                                type);
            default:
                return null;
        }
    }

    /** Without the digits that the type does not have, as a CAST does. */
    private static TimestampData timestamp(LocalDateTime time, LogicalType type) {
        int unit = (int) Math.pow(10, 9 - LogicalTypeChecks.getPrecision(type));
        return TimestampData.fromLocalDateTime(time.withNano(time.getNano() / unit * unit));
    }

    /** Between the date and the time SQL has a space, ISO 8601 a T. */
    private static String dateTime(String text) {
        return text.length() > 10 && text.charAt(10) == ' '
                ? text.substring(0, 10) + 'T' + text.substring(11)
                : text;
    }

    private static StringData string(JsonNode json, int least, int most) {
        String text = json.isTextual() ? json.textValue() : json.toString();
        int length = text.codePointCount(0, text.length());
        if (length > most) {
            return null;
        }
        return ValueReader.string(length < least ? text + " ".repeat(least - length) : text);
    }

    private static Boolean bool(JsonNode json) {
        String text =
                json.isBoolean() ? json.asText() : text(json).toLowerCase(java.util.Locale.ROOT);
        return text.equals("true") ? Boolean.TRUE : text.equals("false") ? Boolean.FALSE : null;
    }

    private static BigDecimal number(JsonNode json) {
        return json.isNumber() ? json.decimalValue() : new BigDecimal(text(json));
    }

    /** A whole number of at most 40 digits: 1e999999999 must not be written out. */
    private static BigInteger whole(JsonNode json) {
        BigDecimal number = number(json);
        if (number.precision() - (long) number.scale() > 40) {
            throw new ArithmeticException("too large");
        }
        return number.toBigIntegerExact();
    }

    private static Float finite(float value) {
        return Float.isInfinite(value) ? null : value;
    }

    private static Double finite(double value) {
        return Double.isInfinite(value) ? null : value;
    }

    /** Rounds to the type's scale, as a CAST does; null if the digits before it do not fit. */
    private static DecimalData decimal(JsonNode json, DecimalType type) {
        BigDecimal number = number(json);
        if (number.precision() - (long) number.scale() > type.getPrecision()) {
            return null;
        }
        return DecimalData.fromBigDecimal(number, type.getPrecision(), type.getScale());
    }

    /** Text without the space around it; what is no text is no number or date either. */
    private static String text(JsonNode json) {
        if (!json.isTextual()) {
            throw new NumberFormatException("no text");
        }
        return json.textValue().trim();
    }
}
