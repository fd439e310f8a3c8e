package io.github.weirml.client;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * The records of a session that are to be sent, oldest first. Belongs to the session's event loop.
 */
final class Backlog {
    private final ArrayDeque<Pending> records = new ArrayDeque<>();

    /** A new record. */
    void add(Pending record) {
        records.addLast(record);
    }

    /** Records that are older than all others here, oldest first; those that are done stay away. */
    void putBack(List<Pending> older) {
        for (int i = older.size() - 1; i >= 0; i--) {
            if (!older.get(i).isDone()) {
                records.addFirst(older.get(i));
            }
        }
    }

    /** The oldest one that is not done, or null. */
    Pending peek() {
        while (!records.isEmpty() && records.peekFirst().isDone()) {
            records.removeFirst();
        }
        return records.peekFirst();
    }

    void removeFirst() {
        records.removeFirst();
    }

    void forEach(Consumer<Pending> action) {
        records.forEach(action);
    }

    /** Forgets those that are done. */
    void prune() {
        records.removeIf(Pending::isDone);
    }

    List<Pending> takeAll() {
        List<Pending> all = new ArrayList<>(records);
        records.clear();
        return all;
    }
}
