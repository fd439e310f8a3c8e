package io.github.weirml.flink.table;

import java.io.Serializable;
import org.apache.flink.table.data.ArrayData;
import org.apache.flink.table.data.GenericArrayData;
import org.apache.flink.table.data.binary.BinaryArrayData;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.util.FlinkRuntimeException;

/**
 * Takes elements out of arrays. Flink accepts an ARRAY&lt;INT&gt; for an ARRAY&lt;BIGINT&gt; column
 * of a model and does not convert it: as objects that is no harm, as bytes it would be read
 * wrongly.
 */
final class ArrayElements implements Serializable {
    private static final long serialVersionUID = 1L;

    private final LogicalType type;
    private final String column;
    private final ArrayData.ElementGetter getter;
    private final int width;

    ArrayElements(LogicalType type, String column) {
        this.type = type;
        this.column = column;
        this.getter = ArrayData.createElementGetter(type);
        this.width = width(type);
    }

    /** Bytes of an element; 0: they vary. */
    private static int width(LogicalType type) {
        switch (type.getTypeRoot()) {
            case TINYINT:
                return 1;
            case SMALLINT:
                return 2;
            case INTEGER:
            case FLOAT:
                return 4;
            case BIGINT:
            case DOUBLE:
                return 8;
            default:
                return 0;
        }
    }

    Object[] of(ArrayData array) {
        if (array instanceof GenericArrayData) {
            return ((GenericArrayData) array).toObjectArray();
        }
        if (width > 0 && array instanceof BinaryArrayData) {
            checkWidth((BinaryArrayData) array);
        }
        Object[] elements = new Object[array.size()];
        for (int i = 0; i < elements.length; i++) {
            elements[i] = getter.getElementOrNull(array, i);
        }
        return elements;
    }

    private void checkWidth(BinaryArrayData array) {
        int fixed = (array.size() * width + 7) / 8 * 8;
        int expected = BinaryArrayData.calculateHeaderInBytes(array.size()) + fixed;
        if (array.getSizeInBytes() != expected) {
            throw new FlinkRuntimeException(
                    String.format(
                            "weir: the elements of input column '%s' are not %s, as the model's INPUT"
                                    + " says: CAST the column, or change the INPUT",
                            column, type.asSummaryString()));
        }
    }
}
