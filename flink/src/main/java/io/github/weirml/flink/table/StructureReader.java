package io.github.weirml.flink.table;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.JsonNode;
import org.apache.flink.table.api.ValidationException;
import org.apache.flink.table.data.GenericArrayData;
import org.apache.flink.table.data.GenericMapData;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.types.logical.ArrayType;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.LogicalTypeFamily;
import org.apache.flink.table.types.logical.MapType;
import org.apache.flink.table.types.logical.RowType;

/** Reads values that have parts. */
final class StructureReader {
    private StructureReader() {}

    static ValueReader array(ArrayType type, String column) {
        Part element = new Part(type.getElementType(), column);
        return json -> {
            JsonNode array = structure(json, type);
            expect(array.isArray(), type, json);
            Object[] elements = new Object[array.size()];
            for (int i = 0; i < elements.length; i++) {
                elements[i] = element.read(array.get(i), "element " + (i + 1));
            }
            return new GenericArrayData(elements);
        };
    }

    static ValueReader map(MapType type, String column) {
        if (!type.getKeyType().is(LogicalTypeFamily.CHARACTER_STRING)) {
            throw new ValidationException(
                    String.format(
                            "weir: output column '%s' has a %s; the keys of a map must be STRING",
                            column, type.asSummaryString()));
        }
        Part element = new Part(type.getValueType(), column);
        return json -> {
            JsonNode object = structure(json, type);
            expect(object.isObject(), type, json);
            Map<Object, Object> map = new LinkedHashMap<>();
            for (Map.Entry<String, JsonNode> entry : object.properties()) {
                map.put(
                        ValueReader.string(entry.getKey()),
                        element.read(entry.getValue(), "a value"));
            }
            return new GenericMapData(map);
        };
    }

    /** Fields by their names; one that is not there is NULL, and what else is there is left out. */
    static ValueReader row(RowType type, String column) {
        List<String> names = type.getFieldNames();
        List<Part> parts = new ArrayList<>();
        type.getChildren().forEach(child -> parts.add(new Part(child, column)));
        return json -> {
            JsonNode object = structure(json, type);
            expect(object.isObject(), type, json);
            GenericRowData row = new GenericRowData(parts.size());
            for (int i = 0; i < parts.size(); i++) {
                row.setField(i, parts.get(i).read(object.get(names.get(i)), names.get(i)));
            }
            return row;
        };
    }

    /** In single mode the whole reply is a text, and may be JSON. */
    private static JsonNode structure(JsonNode json, LogicalType type) throws Misfit {
        JsonNode structure = json.isTextual() ? Json.read(json.textValue()) : json;
        expect(structure != null, type, json);
        return structure;
    }

    private static void expect(boolean fits, LogicalType type, JsonNode json) throws Misfit {
        if (!fits) {
            throw new Misfit(
                    "expected " + type.asSummaryString() + ", got " + ValueReader.kind(json));
        }
    }

    private static final class Part implements java.io.Serializable {
        private static final long serialVersionUID = 1L;

        private final LogicalType type;
        private final ValueReader reader;

        Part(LogicalType type, String column) {
            this.type = type;
            this.reader = ValueReader.of(type, column);
        }

        Object read(JsonNode json, String where) throws Misfit {
            if (json != null && !json.isNull()) {
                return inside(json, where);
            }
            if (!type.isNullable()) {
                throw new Misfit(where + ": expected " + type.asSummaryString() + ", got null");
            }
            return null;
        }

        private Object inside(JsonNode json, String where) throws Misfit {
            try {
                return reader.read(json);
            } catch (Misfit e) {
                throw new Misfit(where + ": " + e.getMessage());
            }
        }
    }
}
