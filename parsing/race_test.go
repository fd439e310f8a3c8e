//go:build race

package parsing_test

// slower is how many times longer everything takes: the race detector is on, which a pattern of many steps feels most. The bound
// of 100 ms for each megabyte is held by the tests without it.
const slower = 40

// hostileBytes is how long hostile replies are: shorter, because everything takes longer.
const hostileBytes = 1 << 15
