package server

import (
	"time"

	weirv1 "github.com/weir-ml/weir/gen/weir/v1"
	"github.com/weir-ml/weir/inference"
)

// write is the writer: it sends what is ready until nothing can come any more.
func (s *session) write() {
	o := s.opened.Load()
	for {
		message, results := s.nextMessage(o)
		if message == nil {
			if over, err := s.isOver(o); over {
				s.sent <- err
				return
			}
			select {
			case <-o.window.filled:
			case <-s.over:
				return
			}
			continue
		}
		if results > 0 {
			o.engine.Answered(results)
		}
		if err := s.send(message); err != nil {
			s.sent <- err
			return
		}
	}
}

// nextMessage returns what leaves next, and how many results are in it; nil where nothing is ready.
func (s *session) nextMessage(o *opened) (*weirv1.PredictResponse, int) {
	if m := s.nextControl(o); m != nil {
		return m, 0
	}
	results := o.window.next()
	if len(results) == 0 {
		return nil, 0
	}
	return &weirv1.PredictResponse{Message: &weirv1.PredictResponse_Results{
		Results: &weirv1.ResultBatch{Results: results},
	}}, len(results)
}

func (s *session) nextControl(o *opened) *weirv1.PredictResponse {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.control) == 0 {
		if !s.windowMoved {
			return nil
		}
		s.windowMoved = false
		return &weirv1.PredictResponse{Message: &weirv1.PredictResponse_WindowUpdate{
			WindowUpdate: &weirv1.WindowUpdate{Window: o.window.size()},
		}}
	}
	m := s.control[0]
	s.control = s.control[1:]
	signal(s.room)
	return m
}

// isOver reports whether nothing more can come, and how the stream then ends. A client that has not half-closed must learn
// that its later records were not taken, so a drained stream does not end with OK.
func (s *session) isOver(o *opened) (bool, error) {
	s.mu.Lock()
	inputOver, draining, talking := s.inputOver, s.draining, len(s.control) > 0
	s.mu.Unlock()
	ending := inputOver || draining
	if !ending || talking || !o.window.empty() {
		return false, nil
	}
	if inputOver {
		return true, nil
	}
	return true, errDrained(o.window.close())
}

func (s *session) send(m *weirv1.PredictResponse) error {
	s.sending.Store(time.Now().UnixNano())
	err := s.stream.Send(m)
	s.lastOut.Store(time.Now().UnixNano())
	s.sending.Store(0)
	return err
}

// receiver puts the engine's results into their slots.
type receiver struct{ window *window }

// Receive converts in the goroutine of the batch, so that the writer has less to do.
func (r receiver) Receive(results []inference.Result) {
	r.window.fill(results, resultsOf(results))
}
