package catalog

import "math/bits"

// Rate is what tokens of one kind cost, in millionths of a US dollar for a million of them: $0.15 a million is 150,000.
type Rate int64

// MaxRate is the highest rate, $10,000 a million tokens; a higher one counts as this one.
const MaxRate Rate = 10_000_000_000

// Dollars returns a rate that is written in US dollars a million tokens, as vendors do; to the nearest millionth.
func Dollars(perMillion float64) Rate {
	if !(perMillion > 0) { // a NaN too
		return 0
	}
	return Rate(min(perMillion*1e6+0.5, float64(MaxRate)))
}

// Dollars returns the rate in US dollars a million tokens.
func (r Rate) Dollars() float64 { return float64(r) / 1e6 }

// Price is what a model's tokens cost. The zero Price is that of a model that costs nothing.
type Price struct {
	// Input and Output are the rates of tokens that are read and written. Those that a model thinks with are written.
	Input, Output Rate
	// CachedInput is the rate of tokens that the provider had kept, CacheWrite that of those that it keeps. 0: as Input.
	CachedInput, CacheWrite Rate
	// LongAbove is the tokens of a prompt above which the whole call costs Long; 0: none.
	LongAbove int
	Long      *Price
	// Date is when the price held, such as 2026-07-24, and Source where it is from; empty for an operator's own.
	Date, Source string
}

// Tokens are those of a call.
type Tokens struct {
	// Input are all that were read; CachedInput and CacheWrite are those of them.
	Input, CachedInput, CacheWrite int
	// Output are all that were written.
	Output int
}

// Cost returns what a call costs in millionths of a US dollar, to the nearest one. Counts that cannot be (below 0, or more
// parts than the whole) count as the nearest that can.
func (p *Price) Cost(t Tokens) int64 {
	if p.Long != nil && p.LongAbove > 0 && t.Input > p.LongAbove {
		return p.Long.Cost(t)
	}
	input := max(t.Input, 0)
	cached := min(max(t.CachedInput, 0), input)
	written := min(max(t.CacheWrite, 0), input-cached)
	var total sum
	total.add(input-cached-written, p.Input)
	total.add(cached, orElse(p.CachedInput, p.Input))
	total.add(written, orElse(p.CacheWrite, p.Input))
	total.add(max(t.Output, 0), p.Output)
	return total.micros()
}

func orElse(rate, other Rate) Rate {
	if rate > 0 {
		return rate
	}
	return other
}

// sum adds up tokens times rates in 128 bits: no figure of a provider makes it wrap around.
type sum struct{ high, low uint64 }

func (s *sum) add(tokens int, rate Rate) {
	high, low := bits.Mul64(uint64(max(tokens, 0)), uint64(min(max(rate, 0), MaxRate)))
	var carry uint64
	s.low, carry = bits.Add64(s.low, low, 0)
	s.high, _ = bits.Add64(s.high, high, carry)
}

const million = 1_000_000

// micros is the sum over a million, to the nearest whole; at most what an int64 holds.
func (s *sum) micros() int64 {
	const most = 1<<63 - 1
	low, carry := bits.Add64(s.low, million/2, 0)
	high := s.high + carry
	if high >= million { // the quotient would not fit
		return most
	}
	micros, _ := bits.Div64(high, low, million)
	return int64(min(micros, most))
}
