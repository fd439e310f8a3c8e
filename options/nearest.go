package options

import "strings"

// Nearest returns the one of known that name is most likely a slip of, or "" if none is near: one that differs in a third
// of its letters at most, or that name is the beginning or the end of.
func Nearest(name string, known []string) string {
	const longest = 64 // No key of weir is longer, and the distance costs the product of the lengths.
	if len(name) > longest || name == "" {
		return ""
	}
	best, least := "", len(name)
	for _, candidate := range known {
		if d := distance(name, candidate); d < least && d <= max(len(name), len(candidate))/3 {
			best, least = candidate, d
		}
	}
	if best != "" || len(name) < 4 {
		return best
	}
	for _, candidate := range known {
		if strings.HasPrefix(candidate, name) || strings.HasSuffix(candidate, name) {
			return candidate
		}
	}
	return ""
}

// distance is how many bytes must be inserted, deleted, replaced, or swapped with the next to make b of a.
func distance(a, b string) int {
	before, last := make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := range len(a) {
		row := make([]int, len(b)+1)
		row[0] = i + 1
		for j := range len(b) {
			row[j+1] = min(last[j+1]+1, row[j]+1, last[j]+cost(a[i] != b[j]))
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
		before, last = last, row
	}
	return last[len(b)]
}

func cost(differ bool) int {
	if differ {
		return 1
	}
	return 0
}
