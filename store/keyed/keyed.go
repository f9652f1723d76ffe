// Package keyed makes the hashes under which things are remembered that may outlive a person, so that limits survive an
// erasure. Those of an e-mail address are
//
//	HMAC-SHA-256(key, SHA-256(address in lower case))
//
// with a key that is in no data file and no backup: without it nobody finds out by trying whether an address is
// remembered. SHA-256 comes first so that a file which holds that alone can be migrated without knowing the addresses.
// A bare SHA-256 of an address is never stored beyond the person.
package keyed

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"net/netip"
	"sync"
)

// Hashes are the hashes under one key. They may be used by many goroutines.
type Hashes struct {
	key  [32]byte
	macs sync.Pool // made once each: the key costs as much as what is hashed
}

// New returns the hashes under a key.
func New(key [32]byte) *Hashes { return &Hashes{key: key} }

// Of is the HMAC of a SHA-256, or of a text that begins with a label of its own.
func (h *Hashes) Of(sum []byte) []byte {
	mac, made := h.macs.Get().(hash.Hash)
	if !made {
		mac = hmac.New(sha256.New, h.key[:])
	}
	defer h.macs.Put(mac)
	mac.Reset()
	mac.Write(sum)
	return mac.Sum(nil)
}

// Print recognises the key, and tells nothing of it.
func (h *Hashes) Print() string { return hex.EncodeToString(h.Of([]byte("fingerprint\x00"))[:8]) }

// clientLength is enough to tell apart the few clients that one address remembers.
const clientLength = 8

// OfClient recognises who asks for letters without saying who that is: an IPv4 address or an IPv6 /64, as one
// subscriber commands a whole one. It is nil for the zero address.
func (h *Hashes) OfClient(client netip.Addr) []byte {
	key := h.ofPrefix("client", client, 32, 64)
	return key[:min(len(key), clientLength)]
}

// OfNetwork does the same for the network around a client, an IPv4 /24 or an IPv6 /48. It is nil also for loopback
// addresses, which stand for a proxy or a front end on this machine.
func (h *Hashes) OfNetwork(client netip.Addr) []byte {
	if client.IsLoopback() {
		return nil
	}
	return h.ofPrefix("network", client, 24, 48)
}

// ofPrefix recognises a network of so many bits.
func (h *Hashes) ofPrefix(label string, client netip.Addr, bits4, bits6 int) []byte {
	client = client.Unmap().WithZone("")
	bits := bits4
	if client.Is6() {
		bits = bits6
	}
	prefix, err := client.Prefix(bits)
	if err != nil || !client.IsValid() {
		return nil
	}
	return h.Of([]byte(label + "\x00" + prefix.String()))
}
