package inference

// stackRoom is what a call needs of its goroutine's stack, down to the driver's HTTP client and JSON decoder.
const stackRoom = 12 << 10

// growStack makes the stack of a new goroutine large enough for a call, in one step. A stack starts small and doubles, and
// is copied, each time a call goes deeper: for a single record that was a tenth of what weir adds to its model's time.
// The room is a frame that is checked for but never used, so that nothing is cleared.
//
//go:noinline
func growStack(use bool) byte {
	if !use {
		return 0
	}
	var room [stackRoom]byte
	return last(&room)
}

//go:noinline
func last(room *[stackRoom]byte) byte { return room[len(room)-1] }
