package batching_test

import (
	"fmt"
	"time"

	"github.com/weir-ml/weir/batching"
)

func Example() {
	b := batching.New(batching.Config[string]{
		Policy:  batching.Policy{Size: 2, Timeout: time.Second},
		Process: func(batch []string, why batching.Reason) { fmt.Println(batch, why) },
	})
	stream := b.Join(2) // at most two items unanswered at once
	for _, word := range []string{"one", "two"} {
		stream.Add(batching.Item[string]{Value: word, Bytes: len(word)})
	}
	stream.Answered(2)
	stream.Leave()
	b.Close()
	<-b.Idle()
	// Output: [one two] full
}
