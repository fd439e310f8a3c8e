//go:build race

package parsing_test

// slower is how many times longer everything takes: the race detector is on.
const slower = 15

// hostileBytes is how long hostile replies are: shorter, because everything takes longer.
const hostileBytes = 1 << 16
