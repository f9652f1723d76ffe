package client

import (
	"bytes"
	"net/http"
	"testing"

	"github.com/google/uuid"

	"postern/testdata/client/api"
)

// TestUsers goes the journey of a driver: registered, activated by the mailed link, signed in, the document read and
// mailed, the load completed once, signed out.
func TestUsers(t *testing.T) {
	ctx, email := t.Context(), "jan.peeters@example.org"
	cleaning := uuid.MustParse("00000000-0000-4000-8000-000000000008")
	registered, err := postern.RegisterUserWithResponse(
		ctx,
		api.UserRegistration{Email: "jan.peeters@example.org", FirstName: "Jan",
			LastName: "Peeters", OrganisationName: "Synthetische Terminal BV", CleaningId: &cleaning},
	)
	if err != nil || registered.JSON201 == nil {
		t.Fatalf("%v %s", err, registered.Body)
	}
	early, err := postern.SignInUserWithResponse(ctx, api.SignIn{Email: "jan.peeters@example.org"})
	if err != nil || early.ApplicationproblemJSON403 == nil || early.ApplicationproblemJSON403.TraceId == "" {
		t.Fatalf("%v %s", err, early.Body)
	}
	activated, err := postern.ActivateUserWithResponse(
		ctx,
		api.Confirmation{ConfirmationToken: letter(t, email, "eecd/activate")},
	)
	if err != nil || activated.JSON200 == nil {
		t.Fatalf("%v %s", err, activated.Body)
	}
	signedIn, err := postern.SignInUserWithResponse(ctx, api.SignIn{Email: "jan.peeters@example.org"})
	if err != nil || signedIn.JSON201 == nil {
		t.Fatalf("%v %s", err, signedIn.Body)
	}
	act(t, cleaning, with("X-NALLIAN-TOKEN", activated.JSON200.UserToken))
}

// act does what a user token is for.
func act(t *testing.T, cleaning uuid.UUID, user api.RequestEditorFn) {
	t.Helper()
	ctx := t.Context()
	read, err := postern.GetCleaningWithResponse(ctx, cleaning, user)
	if err != nil || read.JSON200 == nil || read.JSON200.Load.Status != api.LoadStatusOpen ||
		read.JSON200.Load.DecidedAt != nil {
		t.Fatalf("%v %s", err, read.Body)
	}
	document, err := postern.GetDocumentWithResponse(ctx, cleaning, user)
	if err != nil || document.StatusCode() != http.StatusOK || !bytes.HasPrefix(document.Body, []byte("%PDF-")) {
		t.Fatalf("%v %.200s", err, document.Body)
	}
	mailed, err := postern.MailCleaningWithResponse(ctx, cleaning, user)
	if err != nil || mailed.JSON200 == nil || mailed.JSON200.Status != "queued" {
		t.Fatalf("%v %s", err, mailed.Body)
	}
	comment := "compartment 1, 24 t"
	completed, err := postern.CompleteLoadWithResponse(
		ctx,
		cleaning,
		api.Completion{ProductName: "Ethanol 96 %", Comment: &comment},
		user,
	)
	if err != nil || completed.JSON200 == nil || completed.JSON200.Status != api.DecisionStatusCompleted ||
		*completed.JSON200.Comment != comment {
		t.Fatalf("%v %s", err, completed.Body)
	}
	late, err := postern.RejectLoadWithResponse(ctx, cleaning, api.Rejection{Comment: "too late"}, user)
	if err != nil || late.ApplicationproblemJSON409 == nil ||
		*late.ApplicationproblemJSON409.LoadStatus != api.LoadProblemLoadStatusCompleted {
		t.Fatalf("%v %s", err, late.Body)
	}
	out, err := postern.SignOutUserWithResponse(ctx, user)
	if err != nil || out.StatusCode() != http.StatusNoContent {
		t.Fatalf("%v %s", err, out.Body)
	}
	over, err := postern.GetCleaningWithResponse(ctx, cleaning, user)
	if err != nil || over.ApplicationproblemJSON401 == nil {
		t.Fatalf("%v %s", err, over.Body)
	}
}
