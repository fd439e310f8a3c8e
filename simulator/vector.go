package simulator

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"strings"
)

// The bounds of embeddings.
const (
	// defaultDimensions is how long vectors are where the request does not say.
	defaultDimensions = 256
	maxDimensions     = 4096
	// maxInputs is the most texts of one request, OpenAI's.
	maxInputs = 2048
)

// vector is a text's embedding, at its place in the request.
type vector struct {
	index  int
	values []float32
	packed bool
}

// MarshalJSON writes the numbers, or their bytes in base64.
func (v vector) MarshalJSON() ([]byte, error) {
	if !v.packed {
		return json.Marshal(v.values)
	}
	data := make([]byte, 0, 4*len(v.values))
	for _, n := range v.values {
		data = binary.LittleEndian.AppendUint32(data, math.Float32bits(n))
	}
	return json.Marshal(base64.StdEncoding.EncodeToString(data))
}

// checkInputs looks at what is to be embedded.
func (c *call) checkInputs() *trouble {
	if d := c.ask.dimensions; d < 0 || d > maxDimensions {
		return &trouble{kind: badRequest, path: path{"dimensions"}, message: fmt.Sprintf("At most %d dimensions.", maxDimensions)}
	}
	for _, text := range c.ask.inputs {
		if text == "" {
			return &trouble{kind: badRequest, path: path{"input"}, message: "An input cannot be an empty string."}
		}
		if have := (len(text) + tokenBytes - 1) / tokenBytes; c.cfg.ContextTokens > 0 && have > c.cfg.ContextTokens {
			return &trouble{kind: overflow, path: path{"input"}, have: have, most: c.cfg.ContextTokens}
		}
	}
	return nil
}

// embed makes the vectors of a request. Of the faults of answers those show that leave one out or change their order.
func (c *call) embed(fault Fault) []vector {
	list := make([]vector, len(c.ask.inputs))
	for i, text := range c.ask.inputs {
		list[i] = vector{index: i, values: c.cfg.Embed(text, c.ask.dimensions), packed: c.ask.packed}
	}
	random := rand.New(rand.NewPCG(c.cfg.Seed, ^c.number))
	switch fault {
	case FaultDrop:
		at := random.IntN(len(list))
		list = append(list[:at], list[at+1:]...)
	case "swap-order":
		random.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
	default:
	}
	return list
}

// embedding is a text's vector: the words and their pieces of three letters, each added or subtracted at a place that its hash
// says, of length 1. Texts with the same words are near each other; it knows nothing of meaning.
func embedding(text string, dimensions int) []float32 {
	if dimensions == 0 {
		dimensions = defaultDimensions
	}
	sums := make([]float64, dimensions)
	for word := range strings.FieldsSeq(strings.ToLower(text)) {
		add(sums, word, 1)
		padded := []rune(" " + word + " ")
		for i := 0; i+3 <= len(padded); i++ {
			add(sums, string(padded[i:i+3]), 0.5)
		}
	}
	return unit(sums)
}

func add(sums []float64, piece string, weight float64) {
	hash := fnv.New64a()
	hash.Write([]byte(piece))
	n := hash.Sum64()
	if n>>63 == 1 {
		weight = -weight
	}
	sums[n%uint64(len(sums))] += weight
}

// unit gives a vector the length 1; one without any word points along its first axis.
func unit(sums []float64) []float32 {
	square := 0.0
	for _, n := range sums {
		square += n * n
	}
	values := make([]float32, len(sums))
	if square == 0 {
		values[0] = 1
		return values
	}
	for i, n := range sums {
		values[i] = float32(n / math.Sqrt(square))
	}
	return values
}
