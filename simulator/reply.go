package simulator

import (
	"encoding/json"
	"net/http"
	"strconv"
)

// reply is what a call gets, ready to be sent. A reply without a status resets the connection.
type reply struct {
	status int
	header [][2]string
	kind   string
	body   []byte
	// answered: it is an answer, and used its tokens.
	answered bool
	used     usage
	// end says how a call without a status ends.
	end string
}

const (
	jsonKind = "application/json"
	htmlKind = "text/html; charset=utf-8"
)

// encode is JSON of what always has one.
func encode(v any) []byte {
	body, err := json.Marshal(v)
	if err != nil {
		return []byte(`{"error": {"message": "the simulator cannot encode its answer", "type": "server_error"}}`)
	}
	return body
}

// send writes a reply. It fails only when the client has gone, which is the client's affair.
func (r reply) send(w http.ResponseWriter) {
	header := w.Header()
	for _, h := range r.header {
		header.Set(h[0], h[1])
	}
	header.Set("Content-Type", r.kind)
	header.Set("Content-Length", strconv.Itoa(len(r.body)))
	w.WriteHeader(r.status)
	w.Write(r.body)
}

// plain is an error of an endpoint that is no vendor's.
func plain(status int, message string) reply {
	var body struct {
		Error struct {
			Message string `json:"message"`
		} `json:"error"`
	}
	body.Error.Message = message
	return reply{status: status, kind: jsonKind, body: encode(body)}
}
