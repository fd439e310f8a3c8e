package io.github.weirml.client;

import java.io.Serializable;
import java.util.Objects;

/**
 * A named value, of a {@link Record} or of a {@link Result}. Immutable.
 *
 * <p>Text stands as it is; everything else is JSON text, so that numbers keep every digit.
 */
public final class Field implements Serializable {
    private static final long serialVersionUID = 1L;

    private final String name;
    private final String content;
    private final boolean json;

    private Field(String name, String content, boolean json) {
        this.name = Objects.requireNonNull(name, "name");
        this.content = Objects.requireNonNull(content, "content");
        this.json = json;
    }

    /** A text. */
    public static Field text(String name, String text) {
        return new Field(name, text, false);
    }

    /** Anything but a text, as JSON: {@code 5}, {@code 12.50}, {@code true}, {@code ["a"]}. */
    public static Field json(String name, String json) {
        return new Field(name, json, true);
    }

    /** A JSON null. */
    public static Field ofNull(String name) {
        return new Field(name, "null", true);
    }

    /** The column; empty for the value of a result that has only one. */
    public String name() {
        return name;
    }

    /** The text, or the JSON text if {@link #isJson()}. */
    public String content() {
        return content;
    }

    /** Whether {@link #content()} is JSON. */
    public boolean isJson() {
        return json;
    }

    /** Whether this is a JSON null. */
    public boolean isNull() {
        return json && content.trim().equals("null");
    }

    @Override
    public boolean equals(Object o) {
        if (!(o instanceof Field)) {
            return false;
        }
        Field other = (Field) o;
        return json == other.json && name.equals(other.name) && content.equals(other.content);
    }

    @Override
    public int hashCode() {
        return Objects.hash(name, content, json);
    }

    /** Names the field, without its content: that may be private. */
    @Override
    public String toString() {
        return (json ? "json " : "text ") + name + " (" + content.length() + " characters)";
    }
}
