package inference_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/weir-ml/weir/inference"
	"github.com/weir-ml/weir/providers"
)

// rambler is cut off whenever text 3 is there, until it is told to be short; stubborn always.
type rambler struct {
	echoModel

	stubborn bool
}

func (m *rambler) Complete(ctx context.Context, req *providers.Request) (*providers.Response, error) {
	out, err := m.echoModel.Complete(ctx, req)
	user := req.Messages[len(req.Messages)-1].Content
	told := strings.Contains(req.Messages[0].Content, "as short as you can")
	if strings.Contains(user, `"text 3"`) && (m.stubborn || !told) {
		out.Text, out.Finish = `[{"index": 1, "value": "text and text and`, providers.FinishLength
	}
	return out, err
}

// TestCutOffAlone: a record whose answer is cut off although it is alone is asked about once more, with the word that it was
// too long; then it is given up.
func TestCutOffAlone(t *testing.T) {
	t.Parallel()
	for _, n := range []int{3, 4, 20} {
		for _, stubborn := range []bool{false, true} {
			m := &rambler{stubborn: stubborn}
			got := predict(t, newEngine(t, m, batchesOf(n)), recordsOf(n))
			values, want := checkOwn(t, got), len(got)
			if stubborn {
				want--
				if err := got[3].Err; err == nil || err.Reason != inference.ReasonUnparsableAnswer || !strings.Contains(err.Message, "max.output.tokens") {
					t.Errorf("%d records: %v", n, err)
				}
			}
			alone := 0
			for _, texts := range m.calls {
				if fmt.Sprint(texts) == "[text 3]" {
					alone++
				}
			}
			if values != want || alone != 2 || len(m.calls)-1 > most(len(got)) {
				t.Errorf("%d records, stubborn %v: %d values, %d calls about the one alone, %d calls", n, stubborn, values, alone, len(m.calls))
			}
		}
	}
}
