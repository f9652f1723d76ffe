package fields

import (
	"bytes"
	"fmt"

	"github.com/go-json-experiment/json/jsontext"
)

// The bounds of a body's shape. No documented body is deeper than five, nor has it an object of more than twenty
// properties.
const (
	maxDepth   = 32
	maxMembers = 1000
)

var (
	tooDeep = fmt.Sprintf("This is nested more than %d levels deep.", maxDepth)
	tooWide = fmt.Sprintf("An object in it has more than %d properties.", maxMembers)
)

const halfSurrogate = `A text in it has half of a surrogate pair (\ud800 to \udfff), which stands for no character.`

// shapeFault says what is wrong with how deep, or how wide, a body is; empty: nothing. It counts brackets and colons
// outside strings before any parser runs, which keeps every name that it has met in memory.
func shapeFault(body []byte) string {
	var members [maxDepth + 1]int // by depth, of the object or list that is open there
	depth, quoted := 0, false
	for i := 0; i < len(body); i++ {
		switch b := body[i]; {
		case quoted && b == '\\':
			i++
		case b == '"':
			quoted = !quoted
		case quoted:
		case b == '{' || b == '[':
			if depth++; depth > maxDepth {
				return tooDeep
			}
			members[depth] = 0
		case b == '}' || b == ']':
			depth = max(depth-1, 0)
		case b == ':':
			if members[depth]++; members[depth] > maxMembers {
				return tooWide
			}
		}
	}
	return ""
}

// partFault says what is wrong with a part of a body that was read loosely, properties given twice aside; empty:
// nothing.
func partFault(v jsontext.Value) string {
	if sentence := shapeFault(v); sentence != "" {
		return sentence
	}
	if jsontext.NewDecoder(bytes.NewBuffer(v), jsontext.AllowDuplicateNames(true)).SkipValue() != nil {
		return halfSurrogate // all else was found readable
	}
	return ""
}

// strictFault is partFault with properties given twice in the same spelling.
func strictFault(v jsontext.Value) string {
	if sentence := shapeFault(v); sentence != "" {
		return sentence
	}
	sentence, twice := syntaxFault(v, false)
	if sentence != "" && !twice {
		return halfSurrogate
	}
	return sentence
}
