package config

import (
	"errors"
	"math"
	"strconv"
	"strings"
)

// Price is what an operator pays for a model's tokens.
type Price struct {
	// Input and Output are the prices of tokens that are read and written; both or none.
	Input, Output Dollars
	// CachedInput is the price of tokens that the provider had kept, CacheWrite of those that it keeps; none: as Input.
	CachedInput, CacheWrite Dollars
}

// IsSet reports whether there is a price at all.
func (p Price) IsSet() bool { return p.Input.Set && p.Output.Set }

// Dollars is a price in US dollars for a million tokens.
type Dollars struct {
	Amount float64
	// Set is false where none is written; a price of 0 is one.
	Set bool
}

// mostDollars is the highest price; above it is a price of one token.
const mostDollars = 10_000

func parseDollars(text string) (Dollars, error) {
	amount, err := strconv.ParseFloat(strings.TrimPrefix(text, "$"), 64)
	if err != nil || math.IsNaN(amount) || amount < 0 || amount > mostDollars {
		return Dollars{}, errors.New("must be US dollars for a million tokens, a number from 0 to 10000 such as 0.15, not " + quote(text))
	}
	return Dollars{Amount: amount, Set: true}, nil
}

func (v *validation) price(path string, p Price) {
	switch {
	case p.Input.Set != p.Output.Set:
		v.add(path+".price", "needs both input and output")
	case !p.Input.Set && (p.CachedInput.Set || p.CacheWrite.Set):
		v.add(path+".price", "needs input and output beside what the cache costs")
	}
}
