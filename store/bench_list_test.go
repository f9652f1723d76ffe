package store

import (
	"fmt"
	"testing"

	"go.etcd.io/bbolt"
)

const benchList = 10_000

// benchPeople are a list whose addresses nobody has yet.
func benchPeople(round int) []Candidate {
	people := make([]Candidate, benchList)
	for i := range people {
		people[i] = candidate(fmt.Sprintf("person.%07d@example.com", round*benchList+i))
		people[i].PersonnelNumber = fmt.Sprintf("M-%d", i)
	}
	return people
}

// BenchmarkList registers lists of 10,000 new people, and writes as many of the same records to a bare bbolt file in
// one transaction; the ratio of the two is what the appliance's rules and its parts of 500 people cost.
func BenchmarkList(b *testing.B) {
	b.Run("postern", func(b *testing.B) {
		s := benchStore(b)
		addPartner(b, s, "Acme")
		round := 0
		for b.Loop() {
			post(b, s, "Acme", benchPeople(round)...)
			round++
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/benchList, "ns/person")
	})
	b.Run("again", func(b *testing.B) { // the same people five minutes later
		s := benchStore(b)
		addPartner(b, s, "Acme")
		people := benchPeople(0)
		post(b, s, "Acme", people...)
		for b.Loop() {
			post(b, s, "Acme", people...)
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/benchList, "ns/person")
	})
	b.Run("told", func(b *testing.B) { // the same people once they have had their letters
		s := benchStore(b)
		addPartner(b, s, "Acme")
		people := benchPeople(0)
		post(b, s, "Acme", people...)
		for range benchList / 1000 {
			send(b, s)
		}
		post(b, s, "Acme", people...)
		for b.Loop() {
			post(b, s, "Acme", people...)
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/benchList, "ns/person")
	})
	b.Run("bbolt", func(b *testing.B) {
		bolt := benchBolt(b)
		records := benchRecords(b)
		round := byte(0)
		for b.Loop() {
			if err := bolt.Update(func(tx *bbolt.Tx) error { return putRecords(tx, records, round) }); err != nil {
				b.Fatal(err)
			}
			round++
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/benchList, "ns/person")
	})
}

type benchRecord struct{ bucket, key, value []byte }

// benchRecords are what a list leaves in the file, in the order in which it was written: person by person.
func benchRecords(b *testing.B) (all []benchRecord) {
	s := benchStore(b)
	addPartner(b, s, "Acme")
	post(b, s, "Acme", benchPeople(0)...)
	byBucket := make([][]benchRecord, len(buckets))
	for i, bucket := range buckets {
		if err := eachValue(s, bucket, func(key, value []byte) {
			byBucket[i] = append(byBucket[i],
				benchRecord{bucket, append([]byte{0}, key...), append([]byte{}, value...)})
		}); err != nil {
			b.Fatal(err)
		}
	}
	for person := range benchList {
		for _, records := range byBucket {
			if person < len(records) {
				all = append(all, records[person])
			}
		}
	}
	return all
}

func putRecords(tx *bbolt.Tx, records []benchRecord, round byte) error {
	for _, record := range records {
		bucket, err := tx.CreateBucketIfNotExists(record.bucket)
		if err != nil {
			return err
		}
		key := append([]byte{round}, record.key[1:]...)
		if err := bucket.Put(key, record.value); err != nil {
			return err
		}
	}
	return nil
}
