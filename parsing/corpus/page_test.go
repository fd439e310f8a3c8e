package corpus_test

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weir-ml/weir/parsing/corpus"
)

var update = flag.Bool("update", false, "write docs/answers-damage.md")

const page = "../../docs/answers-damage.md"

// checkPage compares docs/answers-damage.md with what has been measured; with -update it writes the page.
func checkPage(t *testing.T, c columns, total int) {
	t.Helper()
	got := writePage(c, total)
	if *update {
		if err := os.WriteFile(page, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s is stale (-file +now); if the change is meant, run: go generate ./parsing/corpus\n%s", page, diff)
	}
}

// columns are what became of the answers with each damage: as they are, with random ids, and with an echo.
type columns struct{ plain, ids, echo []tally }

func writePage(c columns, total int) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, `# What damaged answers cost

Written by `+"`go generate ./parsing/corpus`"+`, from %d damaged answers about 1 to %d records each: a right answer, damaged as models do
it, and read as weir reads it, without asking again. The same answers each time, so that two versions can be compared.

- **In the reply**: records that have, in the damaged reply, a whole entry of their own under their own index.
- **Own value**: records that got their own value from this one reply. All others are asked about again.
- **Wrong**: records that got a value that is not theirs.
- **With ids**: the same where the records have short random ids in place of numbers (`+"`record.ids=token`"+`), and a model that counts writes
  numbers all the same.

## Damage that can be seen

No record may get a wrong value; the test fails at the first one.

`, total, mostRecords)
	writeRows(&b, c, corpus.Seen)
	b.WriteString(`
## Damage that cannot be seen

Most of these replies look like right ones: complete, each index once, each value well formed. No reader of the reply alone can
tell them from the truth. Others hold a hint that weir does not take: a count from 0 with gaps, indexes under another name, a draft before a
correction of which not even the first bracket is there. Random ids make those harmless that come from counting.

`)
	writeRows(&b, c, corpus.Unseen)
	b.WriteString(`
## The same with an echo

With ` + "`response.echo.field`" + ` each entry repeats a word that stands behind its record, half of the answers with numbers and half with random
ids. A value that has come under another record's index brings that record's word along, and is asked about again. What is left is a model that
copies the right word to a wrong value (` + "`shift-first`" + `).

| damage | the model … | records | own value | wrong |
|---|---|--:|--:|--:|
`)
	for i := range c.echo {
		if e := &c.echo[i]; c.plain[i].damage.Class == corpus.Unseen || c.plain[i].damage.Name == "nothing" {
			fmt.Fprintf(&b, "| `%s` | %s | %d | %s | %s |\n", e.damage.Name, e.damage.Does, e.records, share(e.kept, e.records), share(e.wrong, e.records))
		}
	}
	return b.Bytes()
}

func writeRows(b *bytes.Buffer, all columns, class corpus.Class) {
	b.WriteString("| damage | the model … | records | in the reply | own value | wrong | with ids: own | wrong |\n|---|---|--:|--:|--:|--:|--:|--:|\n")
	for i := range all.plain {
		if c := &all.plain[i]; c.damage.Class == class {
			ids := &all.ids[i]
			fmt.Fprintf(b, "| `%s` | %s | %d | %s | %s | %s | %s | %s |\n",
				c.damage.Name, c.damage.Does, c.records, share(c.good, c.records), share(c.kept, c.records), share(c.wrong, c.records),
				share(ids.kept, ids.records), share(ids.wrong, ids.records))
		}
	}
}

func share(n, of int) string {
	if n == 0 {
		return "0"
	}
	return fmt.Sprintf("%.1f %%", 100*float64(n)/float64(of))
}
