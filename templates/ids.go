package templates

import (
	"math/rand/v2"
	"strconv"
)

// consonants make ids that are no words and no numbers.
const consonants = "bcdfghjklmnpqrstvwxyz"

// IDs makes n ids for the records of one call: two letters for up to 21 records, three for up to 441, then four and more.
// Any two of them differ in at least two letters, so that one wrong letter names nobody. They are the same for the same
// source, which must not be used by another goroutine meanwhile; a source of its own for each call keeps a model from
// answering with ids that it has seen.
func IDs(source *rand.Rand, n int) []string {
	letters, room := 1, len(consonants)
	for room < n {
		letters++
		room *= len(consonants)
	}
	check := source.Perm(len(consonants))
	ids := make([]string, n)
	for i, number := range source.Perm(room)[:n] {
		ids[i] = spell(number, letters, check)
	}
	return ids
}

// Echoes makes words for n records to be repeated with their answers: as IDs are, and none is its record's own id where ids are
// given, so that who copies the wrong one of the two is seen. It draws again until that holds: one time in twenty.
func Echoes(source *rand.Rand, ids []string, n int) []string {
	echoes := IDs(source, n)
	for meet(ids, echoes) {
		echoes = IDs(source, n)
	}
	return echoes
}

// meet reports whether a record has its own id as its echo.
func meet(ids, echoes []string) bool {
	for i, id := range ids {
		if id == echoes[i] {
			return true
		}
	}
	return false
}

// spell writes a number with so many letters and one more, which changes whenever a single other one does.
func spell(number, letters int, check []int) string {
	id := make([]byte, 0, letters+1)
	sum := 0
	for range letters {
		digit := number % len(consonants)
		number /= len(consonants)
		sum += digit
		id = append(id, consonants[digit])
	}
	return string(append(id, consonants[check[sum%len(consonants)]]))
}

// appendID appends what the prompt calls the record.
func (r Record) appendID(dst []byte, index int, e *encoding) []byte {
	if r.ID == "" {
		return strconv.AppendInt(dst, int64(index), 10)
	}
	return e.append(dst, r.ID)
}

// appendJSONID appends it as JSON: a number, or an id as text.
func (r Record) appendJSONID(dst []byte, index int) []byte {
	if r.ID == "" {
		return strconv.AppendInt(dst, int64(index), 10)
	}
	return appendString(dst, r.ID)
}
