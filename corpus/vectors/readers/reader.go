// Reads the vectors: go run reader.go FOLDER prints each case as `id verdict status hex-of-the-input`.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
)

// Part is text, or base64, or a text many times.
type Part struct {
	Base64 []byte
	Repeat string
	Times  int
}

type Case struct {
	ID, Verdict string
	Status      int
	Input       []json.RawMessage
}

func (c Case) Bytes() ([]byte, error) {
	var joined []byte
	for _, raw := range c.Input {
		var text string
		if json.Unmarshal(raw, &text) == nil {
			joined = append(joined, text...)
			continue
		}
		var part Part
		if err := json.Unmarshal(raw, &part); err != nil {
			return nil, err
		}
		joined = append(append(joined, part.Base64...), bytes.Repeat([]byte(part.Repeat), part.Times)...)
	}
	return joined, nil
}

func run(folder string, out *bufio.Writer) error {
	paths, err := filepath.Glob(filepath.Join(folder, "*.json"))
	if err != nil {
		return err
	}
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil || filepath.Base(path) == "schema.json" {
			continue
		}
		var file struct{ Cases []Case }
		if err := json.Unmarshal(text, &file); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		for _, c := range file.Cases {
			input, err := c.Bytes()
			if err != nil {
				return fmt.Errorf("%s: %w", c.ID, err)
			}
			fmt.Fprintf(out, "%s %s %d %x\n", c.ID, c.Verdict, c.Status, input)
		}
	}
	return out.Flush()
}

func main() {
	if err := run(os.Args[1], bufio.NewWriter(os.Stdout)); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
