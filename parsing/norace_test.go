//go:build !race

package parsing_test

// slower is how many times longer everything takes: the race detector is off.
const slower = 1

// hostileBytes is how long hostile replies are.
const hostileBytes = 1 << 20
