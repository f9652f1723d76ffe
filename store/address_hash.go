package store

import (
	"crypto/hmac"
	"crypto/sha256"
	"hash"
	"net/netip"
)

// What is remembered of an e-mail address outlives the person, so that limits survive an erasure. It stands under
//
//	HMAC-SHA-256(key, SHA-256(address in lower case))
//
// with the key of Options.AddressKey, which is in no data file and no backup: without it nobody finds out by trying
// whether an address is remembered. SHA-256 comes first so that a file which holds that alone can be migrated without
// knowing the addresses. A bare SHA-256 of an address is never stored beyond the person.

// keyed is the HMAC of a sum, or of a text that begins with a label of its own.
func (s *Store) keyed(sum []byte) []byte {
	mac, made := s.macs.Get().(hash.Hash) // made once: the key costs as much as the sum
	if !made {
		mac = hmac.New(sha256.New, s.addressKey[:])
	}
	defer s.macs.Put(mac)
	mac.Reset()
	mac.Write(sum)
	return mac.Sum(nil)
}

// addressSum is the SHA-256 of an address without regard to case. It is not stored.
func addressSum(email string) []byte {
	sum := sha256.Sum256(addressKey(email))
	return sum[:]
}

// addressHash is what an address is remembered under.
func (t tx) addressHash(email string) []byte { return t.store.keyed(addressSum(email)) }

// emailHash is what tokens carry of an address: the first half of its SHA-256.
func emailHash(email string) [16]byte { return [16]byte(addressSum(email)) }

// clientKey recognises who asks for letters without saying who that is: an IPv4 address or an IPv6 /64, as one
// subscriber commands a whole one. It is nil for the zero address.
func (t tx) clientKey(client netip.Addr) []byte {
	key := t.prefixKey("client", client, 32, 64)
	return key[:min(len(key), clientKeyLength)]
}

// clientKeyLength is enough to tell apart the few clients that one address remembers.
const clientKeyLength = 8

// networkKey does the same for the network around a client, an IPv4 /24 or an IPv6 /48. It is nil also for loopback
// addresses, which stand for a proxy or a front end on this machine.
func (t tx) networkKey(client netip.Addr) []byte {
	if client.IsLoopback() {
		return nil
	}
	return t.prefixKey("network", client, 24, 48)
}

// prefixKey recognises a network of so many bits.
func (t tx) prefixKey(label string, client netip.Addr, bits4, bits6 int) []byte {
	client = client.Unmap().WithZone("")
	bits := bits4
	if client.Is6() {
		bits = bits6
	}
	prefix, err := client.Prefix(bits)
	if err != nil || !client.IsValid() {
		return nil
	}
	return t.store.keyed([]byte(label + "\x00" + prefix.String()))
}
