package templates

import "strings"

// stable is how the messages of every batch begin, whatever its records.
type stable struct{ system, user string }

// Stable returns how the messages of every batch begin, whatever its records: the whole of a message that has nothing else,
// the instruction above a block, or a template up to its first tag. A provider that keeps what it has read of a prompt can
// keep that much.
func (p *Prompt) Stable() (system, user string) { return p.stable.system, p.stable.user }

func (p *Prompt) findStable() stable {
	found := stable{user: p.user.head(), system: p.stableSystem()}
	switch p.where {
	case asMessage:
		found.user = ""
	case appended:
		found.user = strings.TrimRight(found.user, " \t\r\n") // as appendUser does
		if p.user.tmpl == nil && found.user != "" {
			found.user += "\n\n"
		}
		if p.user.tmpl == nil {
			found.user += p.style.open
		}
	case byTag, bySection:
	}
	return found
}

// stableSystem is how the system message begins: all of it, with the form, where it has no tag.
func (p *Prompt) stableSystem() string {
	switch {
	case p.system.blank():
		return p.form
	case p.form == "" || p.system.tmpl != nil:
		return p.system.head()
	default:
		return strings.TrimRight(p.system.literal, " \t\r\n") + "\n\n" + p.form
	}
}

// head is a template's text up to its first tag. Where it has one, the blanks before it are left out: with a tag that stands
// alone on its line they are not rendered.
func (s source) head() string {
	if s.tmpl == nil {
		return s.literal
	}
	return strings.TrimRight(s.before, " \t\r\n")
}

// sharedBytes is how many bytes of a text are the same in every batch. It begins with head; should it not, then none.
func sharedBytes(text, head string) int {
	if !strings.HasPrefix(text, head) {
		return 0
	}
	return len(head)
}
