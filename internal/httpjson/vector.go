package httpjson

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"math"
	"strconv"
)

// Vector is an embedding as vendors write it: a list of numbers, or base64 of little-endian float32, a quarter of its size. What is
// null in a list, as some servers write NaN, becomes NaN, and what is too large becomes infinite: whether a vector can be used is
// for others to say.
type Vector []float32

var errVector = errors.New("a vector is neither a list of numbers nor base64 of 4 bytes for each")

// UnmarshalJSON reads either form; null is no vector.
func (v *Vector) UnmarshalJSON(text []byte) error {
	switch {
	case len(text) > 1 && text[0] == '"':
		return v.unpack(text[1 : len(text)-1])
	case len(text) > 1 && text[0] == '[':
		return v.list(bytes.TrimSpace(text[1 : len(text)-1]))
	case string(text) == "null":
		*v = nil
		return nil
	default:
		return errVector
	}
}

// unpack reads base64. A server may escape its slashes.
func (v *Vector) unpack(packed []byte) error {
	packed = bytes.ReplaceAll(packed, []byte(`\/`), []byte("/"))
	raw := make([]byte, base64.StdEncoding.DecodedLen(len(packed)))
	n, err := base64.StdEncoding.Decode(raw, packed)
	if err != nil || n%4 != 0 {
		return errVector
	}
	all := make(Vector, n/4)
	for i := range all {
		all[i] = math.Float32frombits(binary.LittleEndian.Uint32(raw[4*i:]))
	}
	*v = all
	return nil
}

// list reads numbers with commas between.
func (v *Vector) list(text []byte) error {
	all := make(Vector, 0, bytes.Count(text, []byte(","))+1)
	for len(text) > 0 {
		number, rest, _ := bytes.Cut(text, []byte(","))
		x, err := component(bytes.TrimSpace(number))
		if err != nil {
			return err
		}
		all, text = append(all, x), rest
	}
	*v = all
	return nil
}

func component(text []byte) (float32, error) {
	if string(text) == "null" {
		return float32(math.NaN()), nil
	}
	if len(text) == 0 || text[0] != '-' && (text[0] < '0' || text[0] > '9') {
		return 0, errVector // a list in the list, a word, a text
	}
	x, err := strconv.ParseFloat(string(text), 32)
	if err != nil && !errors.Is(err, strconv.ErrRange) {
		return 0, errVector
	}
	return float32(x), nil
}
