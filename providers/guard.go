package providers

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
)

// guard is the link that holds a driver to its contract.
type guard struct{ next Provider }

func newGuard(next Provider) Provider { return guard{next} }

// Complete turns a panic, a foreign error and a missing response into errors of KindInternal.
func (g guard) Complete(ctx context.Context, req *Request) (resp *Response, err error) {
	defer func() {
		if fault := recover(); fault != nil {
			resp, err = nil, &Error{Kind: KindInternal, Message: panicked(fault)}
		}
	}()
	resp, err = g.next.Complete(ctx, req)
	if err == nil && resp != nil {
		return resp, nil
	}
	if e := AsError(err); e != nil {
		return nil, e
	}
	return nil, &Error{Kind: KindInternal, Message: "the driver returned neither a response nor an error; please report it"}
}

// panicked describes a panic by its place. Its value is named only where the runtime made it: another may hold text of
// a record.
func panicked(fault any) string {
	what := fmt.Sprintf("%T", fault)
	if err, ok := fault.(error); ok {
		if runtimeErr, ok := errors.AsType[runtime.Error](err); ok {
			what = runtimeErr.Error()
		}
	}
	return fmt.Sprintf("the driver panicked (%s) at %s; please report it", what, panicPlace())
}

// panicPlace returns the function and line that panicked. It must be called while the panic is being recovered.
func panicPlace() string {
	pcs := make([]uintptr, 32)
	frames := runtime.CallersFrames(pcs[:runtime.Callers(0, pcs)])
	panicking := false
	for {
		frame, more := frames.Next()
		inRuntime := strings.HasPrefix(frame.Function, "runtime.")
		panicking = panicking || frame.Function == "runtime.gopanic"
		if panicking && !inRuntime {
			return fmt.Sprintf("%s, line %d", frame.Function, frame.Line)
		}
		if !more {
			return "an unknown place"
		}
	}
}
