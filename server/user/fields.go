package user

import (
	"postern/server/web/fields"
	"postern/store"
)

// The bounds of what users type, in code points.
const (
	MaxName         = 100
	MaxOrganisation = 200
	MaxProduct      = 200
	MaxComment      = 2000
)

// RegistrationFields are what a registration consists of.
func RegistrationFields(in *store.Registration) fields.Object {
	return fields.Object{
		"email":            fields.Email(&in.Email),
		"firstName":        fields.Name(&in.FirstName, MaxName, true),
		"lastName":         fields.Name(&in.LastName, MaxName, true),
		"organisationName": fields.Name(&in.OrganisationName, MaxOrganisation, true),
		"cleaningId":       fields.GUID(&in.CleaningID, false),
	}
}

// CompletionFields are what completing a load takes.
func CompletionFields(d *store.Decision) fields.Object {
	return fields.Object{
		"ProductName": fields.Text(&d.ProductName, fields.Limits{Required: true, Max: MaxProduct}),
		"Comment":     fields.Text(&d.Comment, fields.Limits{Max: MaxComment, Lines: true}),
	}
}

// RejectionFields are what rejecting a load takes.
func RejectionFields(d *store.Decision) fields.Object {
	return fields.Object{
		"Comment": fields.Text(&d.Comment, fields.Limits{Required: true, Max: MaxComment, Lines: true}),
	}
}
