// Package wire is how cleanings, loads and events stand in JSON, for all who read or answer them: partners, users,
// the operator.
package wire

import (
	"time"

	"postern/server/web/fields"
	"postern/server/web/schema"
	"postern/store"
	"postern/store/guid"
)

// The bounds of a cleaning's fields, in code points and entries.
const (
	maxText         = 200
	maxComment      = 2000
	maxCompartments = 12
	maxCodes        = 100 // per compartment
	maxSeals        = 100
	maxCompartment  = 1_000_000
)

// CleaningObject documents a cleaning as it is delivered, for partners and operators alike, and fills in data.
func CleaningObject(data *store.CleaningData) fields.Object {
	return fields.Object{
		"number":             text(&data.Number, true),
		"station":            fields.Nested(stationObject(&data.Station)),
		"customer":           text(&data.Customer, false),
		"customerReference":  text(&data.CustomerReference, false),
		"equipment":          fields.Nested(equipmentObject(&data.Equipment)),
		"productNature":      text(&data.ProductNature, false),
		"nextLoad":           text(&data.NextLoad, false),
		"compartments":       fields.List(&data.Compartments, maxCompartments, compartment),
		"additionalServices": Comment(&data.AdditionalServices, false),
		"comments":           Comment(&data.Comments, false),
		"cleaner":            text(&data.Cleaner, false),
		"timeIn":             fields.Time(&data.TimeIn),
		"timeOut":            fields.Time(&data.TimeOut),
		"driver":             text(&data.Driver, false),
		"seals": fields.List(&data.Seals, maxSeals, func(seal *string) fields.Reader {
			return text(seal,
				true)
		}),
		"status": fields.Enum(&data.Status, true,
			store.Planned, store.Completed, store.SignedOff, store.Cancelled, store.Invalid),
	}
}

// CleaningTexts say what the properties of a cleaning are.
var CleaningTexts = schema.Texts{
	"number":                    "The number of the document.",
	"station":                   "Where the tank was cleaned.",
	"equipment":                 "What was cleaned.",
	"equipment.identification":  "Its number or plate.",
	"equipment.vehicle":         "The plate of what carries it.",
	"nextLoad":                  "What the tank is to be loaded with.",
	"compartments":              "The chambers of the tank.",
	"compartments.previousLoad": "What was in it before.",
	"compartments.codes":        "EFTCO cleaning codes: what was done.",
	"cleaner":                   "Who cleaned it.",
	"timeIn":                    "When the tank came to the station, with its offset from UTC.",
	"timeOut":                   "When the tank left the station, with its offset from UTC.",
	"seals":                     "The seals' numbers.",
}

func text(to *string, required bool) fields.Reader {
	return fields.Text(to, fields.Limits{Required: required, Max: maxText})
}

// Comment reads a text of several lines, at most 2,000 code points.
func Comment(to *string, required bool) fields.Reader {
	return fields.Text(to, fields.Limits{Required: required, Max: maxComment, Lines: true})
}

func stationObject(s *store.Station) fields.Object {
	return fields.Object{
		"name": text(&s.Name, true), "city": text(&s.City, false), "country": text(&s.Country,
			false), "phone": text(&s.Phone, false),
	}
}

func equipmentObject(e *store.Equipment) fields.Object {
	return fields.Object{
		"kind":           fields.Enum(&e.Kind, true, "tankTrailer", "tankContainer", "ibc", "silo"),
		"identification": text(&e.Identification, false),
		"vehicle":        text(&e.Vehicle, false),
	}
}

func compartment(c *store.Compartment) fields.Reader {
	return fields.Nested(fields.Object{
		"number": fields.Integer(&c.Number, 0, maxCompartment),
		"previousLoad": fields.Nested(fields.Object{
			"unNumber": text(&c.PreviousLoad.UNNumber, false), "name": text(&c.PreviousLoad.Name, false),
		}),
		"cleaned": fields.Bool(&c.Cleaned),
		"codes":   fields.List(&c.Codes, maxCodes, fields.Code),
	})
}

// Cleaning is a cleaning as it is answered: the fields that it was delivered with, and how its load stands.
type Cleaning struct {
	ID guid.ID `json:"id"`
	store.CleaningData
	Load Load `json:"load"`
}

// Load is how a load is answered; what is not there is null.
type Load struct {
	Status      store.LoadStatus `json:"status"`
	DecidedAt   *time.Time       `json:"decidedAt" doc:"Null while the load is open."`
	ProductName *string          `json:"productName" doc:"What was loaded."`
	Comment     *string          `json:"comment"`
}

// LoadProblem is what the problem has, beside the usual members, of a load that is decided already or can't be yet.
type LoadProblem struct {
	LoadStatus     store.LoadStatus     `json:"loadStatus"`
	CleaningStatus store.CleaningStatus `json:"cleaningStatus" doc:"Where it is not signed off, as it must be."`
}

// ViewCleaning is the wire form of a cleaning.
func ViewCleaning(c store.Cleaning) Cleaning {
	return Cleaning{ID: c.ID, CleaningData: c.CleaningData, Load: ViewLoad(c.Load)}
}

// ViewLoad is the wire form of a load.
func ViewLoad(l store.Load) Load {
	answer := Load{Status: l.Status, ProductName: fields.OrNull(&l.ProductName), Comment: fields.OrNull(&l.Comment)}
	if !l.DecidedAt.IsZero() {
		answer.DecidedAt = &l.DecidedAt
	}
	return answer
}
