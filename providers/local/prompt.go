package local

import (
	"strings"

	"github.com/weir-ml/weir/providers"
)

// Prompt is what the model understands of a prompt.
type Prompt struct {
	// Records are the records of the block, in its order. It is empty where the user's message is itself the one record.
	Records []Record
	// Form is the shape of the wanted answer; without Records only its fields' kinds count.
	Form Form
	// Text is the user's message where there are no Records.
	Text string
}

// Record is one record of a prompt's block.
type Record struct {
	// Index is the number that the prompt gives it; 0 where it has an ID.
	Index int
	// ID is what the prompt calls it in the place of a number: two to four consonants, as weir writes them. "": it has a number.
	ID string
	// Echo is the word behind it that is to be repeated; "": there is none.
	Echo string
	// Text is what is judged: the record's text, or its fields' values in order, a line each.
	Text string
}

// Read understands a prompt. The records are looked for in the user's messages, the form in everything that is no record:
// the user's words first, then the system's.
//
// Records begin at the start of a line or right behind another one. These are read to their own end, so that nothing
// in their text can be taken for another record or for an instruction:
//
//	Input 1: "a JSON string"          also Input 1: {"title": "…"}, and any one word in the place of Input
//	{"index": 1, "text": "…"}         in an array or one a line
//	<record index="1">…</record>      text or <field name="…"> elements, and any name in the place of record
//
// In these, random ids of two to four consonants may stand for the numbers: Input kq: "…". Behind the record there may be an echo, such
// a word too: Input 1: "…" [echo kq], "echo": "kq" as the last member, <echo>kq</echo> as the last element.
//
// Lines such as "1. text", "1) text", "[1] text" and "Review 1: text" count where none of the above is there and the
// prompt shows the wanted form; their text ends with the line. Of several lists the longest one is the records, the last
// of equals, and objects only where there is no list in another style. Objects that have only an answer's fields (index,
// sentiment, …) are the example of an answer, unless there is another one.
//
// Read keeps parts of the messages and may be called by several goroutines at once.
func Read(messages []providers.Message) *Prompt {
	user, system := join(messages, providers.RoleUser), join(messages, providers.RoleSystem)
	block := newBlock(scan(user))
	around := outside(user, block.certain)
	if len(block.certain) > 0 && (!blank(around) || formIn(system).shown()) {
		return newPrompt(block.certain, around, system)
	}
	for _, guess := range [][]found{block.plain, block.examples} {
		around = outside(user, guess)
		if len(guess) > 0 && (formIn(around...).shown() || formIn(system).shown()) {
			return newPrompt(guess, around, system)
		}
	}
	return &Prompt{Text: user, Form: single(system)}
}

func newPrompt(list []found, around []string, system string) *Prompt {
	p := &Prompt{Records: make([]Record, len(list)), Form: form(around, system)}
	for i, f := range list {
		p.Records[i] = f.Record
	}
	return p
}

// join is what one role says.
func join(messages []providers.Message, role providers.Role) string {
	var said []string
	for _, m := range messages {
		if m.Role == role {
			said = append(said, m.Content)
		}
	}
	return strings.Join(said, "\n")
}

// outside is text without the records: the instruction.
func outside(text string, list []found) []string {
	var pieces []string
	at := 0
	for _, f := range list {
		pieces = appendPiece(pieces, text[at:f.start])
		at = f.end
	}
	return appendPiece(pieces, text[at:])
}

func appendPiece(pieces []string, piece string) []string {
	if piece = strings.Trim(piece, " \t\r\n,[]"); piece == "" {
		return pieces
	}
	return append(pieces, piece)
}

func blank(pieces []string) bool { return len(pieces) == 0 }
