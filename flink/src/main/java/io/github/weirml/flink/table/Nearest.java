package io.github.weirml.flink.table;

import java.util.Collection;

/** Finds what a wrong name was meant to be. */
final class Nearest {
    private static final int LONGEST = 64;

    private Nearest() {}

    /** {@code "; did you mean X?"}, or nothing where no name is near. */
    static String hint(String name, Collection<String> known) {
        String nearest = of(name, known);
        return nearest == null ? "" : "; did you mean '" + nearest + "'?";
    }

    /** The name that differs in a third of its letters at most; else one that begins or ends so. */
    static String of(String name, Collection<String> known) {
        if (name.isEmpty() || name.length() > LONGEST) {
            return null;
        }
        String plain = name.toLowerCase(java.util.Locale.ROOT).replace('_', '.');
        String best = null;
        int least = Integer.MAX_VALUE;
        for (String candidate : known) {
            int distance = distance(plain, candidate.toLowerCase(java.util.Locale.ROOT));
            if (distance < least && distance <= Math.max(plain.length(), candidate.length()) / 3) {
                best = candidate;
                least = distance;
            }
        }
        return best == null ? part(plain, known) : best;
    }

    private static String part(String name, Collection<String> known) {
        return known.stream()
                .filter(candidate -> name.length() >= 4)
                .filter(candidate -> candidate.startsWith(name) || candidate.endsWith(name))
                .findFirst()
                .orElse(null);
    }

    /** How many letters must be inserted, deleted or replaced to make b of a. */
    private static int distance(String a, String b) {
        int[] last = new int[b.length() + 1];
        for (int j = 0; j < last.length; j++) {
            last[j] = j;
        }
        for (int i = 0; i < a.length(); i++) {
            int[] row = new int[b.length() + 1];
            row[0] = i + 1;
            for (int j = 0; j < b.length(); j++) {
                int replaced = last[j] + (a.charAt(i) == b.charAt(j) ? 0 : 1);
                row[j + 1] = Math.min(replaced, Math.min(last[j + 1], row[j]) + 1);
            }
            last = row;
        }
        return last[b.length()];
    }
}
