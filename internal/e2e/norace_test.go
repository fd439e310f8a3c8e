//go:build !race

package e2e_test

// raceDetector says that everything takes ten times as long.
const raceDetector = false
