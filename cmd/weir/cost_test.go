package main

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"testing"

	"github.com/weir-ml/weir/internal/catalog"
)

// costConfig has a model of the table, and one with a price of its own, whose tokens cannot be counted.
const costConfig = `listen: 127.0.0.1:0
admin: "off"
providers: {p: {kind: openai, base_url: "http://127.0.0.1:1/v1"}}
models:
  known: {provider: p, model: gpt-4o-mini, options: {response.values: "positive,negative,neutral"}}
  own: {provider: p, model: mine, price: {input: 2, output: 8}, options: {response.values: "positive,negative,neutral"}}
  unpriced: {provider: p, model: mine, context_tokens: 1500, options: {response.values: "positive,negative,neutral"}}
`

// costRows are 1,203 rows, longer together than what is rendered at once, and two that cannot be asked about.
func costRows() string {
	var b strings.Builder
	for i := range 1203 {
		fmt.Fprintf(&b, `{"id": %d, "text": "Review %d: %s"}`+"\n", i, i, strings.Repeat("it works well enough. ", 1+i%40))
	}
	b.WriteString("{\"text\": \"  \"}\nnot a row\n")
	return b.String()
}

// TestCost: the tables are those of the golden files, and a server says what the file that it serves says.
func TestCost(t *testing.T) {
	file := writeFile(t, "weir.yaml", costConfig)
	server := startServer(t, "", file)
	rows := costRows()
	for _, c := range []struct {
		name string
		args []string
	}{
		{"known", nil},
		{"own", []string{"--answer-tokens", "9", "--latency", "250ms", "--token-time", "0", "--parallel", "4", "--batch-sizes", "7,100"}},
		{"unpriced", []string{"--batch-sizes", "2,50"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			args := append([]string{"cost", "-", "-m", c.name, "-o", "record.ids=sequential"}, c.args...)
			here := weir(t, rows, append(args, "--config", file)...)
			if here.code != exitOK {
				t.Fatalf("exit code %d, %s", here.code, here.err)
			}
			golden(t, "testdata/cost-"+c.name+".txt", here.out)
			if there := weir(t, rows, append(args, "--server", server.address)...); there.out != here.out {
				t.Errorf("with a server: exit code %d, %s%s", there.code, there.out, there.err)
			}
		})
	}
}

// TestCostAddsUp: the table's own figures make its price and its calls.
func TestCostAddsUp(t *testing.T) {
	file := writeFile(t, "weir.yaml", costConfig)
	got := weir(t, costRows(), "cost", "-", "-m", "own", "-c", file, "--batch-sizes", "1,10,1000", "--answer-tokens", "5")
	price := catalog.Price{Input: catalog.Dollars(2), Output: catalog.Dollars(8)}
	lines := strings.Split(got.out, "\n")[3:6]
	for i, size := range []int{1, 10, 1000} {
		cells := strings.Fields(lines[i])
		in, err := strconv.Atoi(strings.ReplaceAll(cells[2], ",", ""))
		if err != nil {
			t.Fatalf("%q: %v", lines[i], err)
		}
		micros := price.Cost(catalog.Tokens{Input: in, Output: 1203 * 5}) // each call is rounded, so a few less or more
		paid, err := strconv.ParseFloat(strings.TrimPrefix(cells[5], "$"), 64)
		if err != nil || math.Abs(paid*1e6-float64(micros)) > 1203 {
			t.Errorf("%s for %d tokens in, want %d millionths", cells[5], in, micros)
		}
		if calls := number(uint64((1203 + size - 1) / size)); cells[0] != strconv.Itoa(size) || cells[1] != calls || cells[3] != "6,015" {
			t.Errorf("%q, want %s calls", lines[i], calls)
		}
	}
}

func TestCostMisuse(t *testing.T) {
	file := writeFile(t, "weir.yaml", costConfig)
	for _, c := range []struct {
		args []string
		says string
	}{
		{[]string{"--batch-sizes", "1" + strings.Repeat(",2", 16)}, "1 to 16"},
		{[]string{"-m", "own", "--batch-sizes", "0"}, "batch.size"},
		{[]string{"--parallel", "0"}, "--parallel"},
		{[]string{"--latency", "-1s"}, "--latency"},
		{[]string{"-m", "nobody"}, "nobody"},
		{nil, "no model is named"},
	} {
		got := weir(t, `{"text": "x"}`, append([]string{"cost", "-", "-c", file}, c.args...)...)
		if got.code != exitUsage || !strings.Contains(got.err, c.says) {
			t.Errorf("%v: exit code %d, %s", c.args, got.code, got.err)
		}
	}
	if got := weir(t, "", "cost", "-", "-c", file); got.code != exitUsage || !strings.Contains(got.err, "no rows") {
		t.Errorf("an empty input: exit code %d, %s", got.code, got.err)
	}
}
