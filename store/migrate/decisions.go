package migrate

import (
	"bytes"

	"github.com/go-json-experiment/json/jsontext"

	"postern/store/file"
	"postern/store/guid"
)

var (
	userBucket     = []byte("users")
	decidedBucket  = []byte("users.decided")
	cleaningBucket = []byte("cleanings")
)

// cleaning3 is a cleaning as schema 3 has it.
type cleaning3 struct {
	Load load3          `json:"load"`
	Rest jsontext.Value `json:",embed"`
}

type load3 struct {
	Comment string         `json:"comment,omitzero"`
	By      guid.ID        `json:"by,omitzero"`
	Rest    jsontext.Value `json:",embed"`
}

// decisions makes a file of schema 3 one of schema 4: a user's decisions are found by the user. Those of people who
// have been erased lose the comment, which could not be found then.
func decisions(atOnce int) file.Migration {
	return index(decidedBucket, func(t *file.Tx, from []byte) ([]byte, error) {
		return findDecisions(t, from, atOnce)
	})
}

// cleaningsAtOnce is how many cleanings one transaction looks at.
const cleaningsAtOnce = 50_000

// findDecisions looks at some cleanings, beginning with a key; next is nil behind the last one.
func findDecisions(t *file.Tx, from []byte, atOnce int) (next []byte, err error) {
	table := file.Table[cleaning3]{Bucket: cleaningBucket}
	unnamed := make(map[string]cleaning3)
	var decided [][]byte
	next = walk(t, cleaningBucket, from, atOnce, func(key, value []byte) {
		if !bytes.Contains(value, []byte(`"by":"`)) {
			return
		}
		cleaning, err := table.Decode(key, value)
		switch {
		case err != nil:
		case t.Has(userBucket, cleaning.Load.By[:]):
			decided = append(decided, append(cleaning.Load.By[:], key...))
		case cleaning.Load.Comment != "":
			cleaning.Load.Comment = ""
			unnamed[string(key)] = cleaning
		}
	})
	for _, key := range decided {
		if err := t.Put(decidedBucket, key, nil); err != nil {
			return nil, err
		}
	}
	for key, cleaning := range unnamed {
		if err := table.Put(t, []byte(key), cleaning); err != nil {
			return nil, err
		}
	}
	return next, nil
}
