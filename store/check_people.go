package store

import (
	"bytes"

	"postern/store/guid"
)

func (c *checker) users() {
	all, pending := 0, 0
	checkTable(c, users, func(key []byte, user User) {
		all++
		if !bytes.Equal(c.tx.Get(userAddressBucket, addressKey(user.Email)), key) {
			c.fault("user %s is not found by the address", user.ID)
		}
		if user.ActivatedAt.IsZero() {
			pending++
			if !c.tx.Has(userPendingBucket, timeKey(user.RegisteredAt, user.ID)) {
				c.fault("user %s is not activated and not pending", user.ID)
			}
		}
	})
	c.indexed(userAddressBucket, all)
	c.indexed(userPendingBucket, pending)
}

func (c *checker) partners() {
	tokens := 0
	checkTable(c, partners, func(key []byte, partner Partner) {
		if !bytes.Equal(key, nameKey(partner.Name)) {
			c.fault("partner %s stands under the name %q", partner.Name, key)
		}
		for _, token := range partner.Tokens {
			tokens++
			if !bytes.Equal(c.tx.Get(partnerTokenBucket, token.Hash[:]), key) {
				c.fault("partner %s is not found by a token", partner.Name)
			}
		}
	})
	c.keys(partnerTokenBucket, func(_, name []byte) {
		if len(name) == 0 || name[0] != endedToken {
			tokens--
		} else if !c.tx.Has(partnerBucket, name[1:]) {
			c.fault("an ended token is of a partner %q who is not there", name[1:])
		}
	})
	if tokens != 0 {
		c.fault("%s and the partners differ by %d tokens that let in", partnerTokenBucket, tokens)
	}
	checkTable(c, plans, func(key []byte, plan Plan) {
		if string(key) != plan.Code {
			c.fault("plan %s stands under the code %q", plan.Code, key)
		}
	})
}

func (c *checker) bikers() {
	all, numbered := 0, 0
	checkTable(c, bikers, func(key []byte, biker Biker) {
		all++
		if !bytes.Equal(c.tx.Get(bikerAddressBucket, addressKey(biker.Email)), key) {
			c.fault("biker %s is not found by the address", biker.ID)
		}
		if !c.tx.Has(partnerBucket, nameKey(biker.Partner)) {
			c.fault("biker %s belongs to a partner %q who is not there", biker.ID, biker.Partner)
		}
		if biker.EmployeeID == "" {
			return
		}
		numbered++
		if !bytes.Equal(c.tx.Get(bikerEmployeeBucket, employeeKey(biker.Partner, biker.EmployeeID)), key) {
			c.fault("biker %s is not found by the partner's id", biker.ID)
		}
	})
	c.indexed(bikerAddressBucket, all)
	c.indexed(bikerEmployeeBucket, numbered)
}

func (c *checker) sessions() {
	all := 0
	checkTable(c, sessions, func(key []byte, session Session) {
		all++
		if !c.tx.Has(sessionBikerBucket, personKey(session.Biker, session.ID)) {
			c.fault("session %s is not found by its biker", session.ID)
		}
		if !c.tx.Has(bikerBucket, session.Biker[:]) {
			c.fault("session %s is of a biker who is not there", session.ID)
		}
	})
	c.indexed(sessionBikerBucket, all)
}

func (c *checker) answers() {
	all, parts, kept := 0, 0, make(map[guid.ID]int)
	checkTable(c, idempotencies, func(key []byte, record idempotency) {
		all++
		if !bytes.Equal(c.tx.Get(idempotencyBegunBucket, timeKey(record.BegunAt, record.ID)), key) {
			c.fault("answer %s is not found by its time", record.ID)
		}
		kept[record.ID] = record.Results
	})
	c.indexed(idempotencyBegunBucket, all)
	checkTable(c, results, func(key []byte, part []BikerResult) {
		kept[guid.ID(key[:16])] -= len(part)
		people := make(map[guid.ID]bool) // one may stand there twice
		for _, result := range part {
			if !result.Biker.IsZero() && !people[result.Biker] {
				people[result.Biker] = true
				parts++
				if !c.tx.Has(idempotencyPersonBucket, resultsOfKey(result.Biker, key)) {
					c.fault("results %x are not found by biker %s", key, result.Biker)
				}
			}
		}
	})
	c.indexed(idempotencyPersonBucket, parts)
	for id, missing := range kept {
		if missing != 0 {
			c.fault("answer %s: %d results are missing", id, missing)
		}
	}
}
