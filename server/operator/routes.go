package operator

import (
	"fmt"
	"net/http"
	"slices"
	"time"

	"postern/mail/bounce"
	"postern/server/web"
	"postern/server/web/fields"
	"postern/server/web/schema"
	"postern/server/wire"
	"postern/store"
	"postern/store/guid"
	"postern/store/refuse"
)

// Routes are the operator's endpoints. They belong behind Listen or in process, with web.ForAnybody.
func (o *Operator) Routes() []web.Route {
	return slices.Concat(o.cleaningRoutes(), o.partnerRoutes(), o.planRoutes(), o.bikerRoutes(), o.userRoutes(),
		o.letterRoutes(), o.sendingRoutes(), o.fileRoutes(), o.keyRoutes())
}

func get(path string, handle web.Handler, doc web.Doc) web.Route {
	return web.Route{Method: http.MethodGet, Path: Prefix + path, Handle: handle, Doc: doc}
}

func post(path string, handle web.Handler, doc web.Doc) web.Route {
	return web.Route{Method: http.MethodPost, Path: Prefix + path, Handle: handle, Doc: doc}
}

func remove(path string, handle web.Handler, doc web.Doc) web.Route {
	return web.Route{Method: http.MethodDelete, Path: Prefix + path, Handle: handle, Doc: doc}
}

// shows describes the answer of an act that has something to show.
func shows[T any](text string) web.Answer { return web.Returns[T](http.StatusOK, text) }

// The parameters and refusals that acts share.
var (
	idInPath   = web.InPath("id", schema.GUID(), "")
	emailQuery = web.InQuery("email", fields.AddressSchema(), "Whom it is about.").MustHave()
	limitQuery = web.InQuery("limit", schema.AtLeast(0),
		fmt.Sprintf("How many at most; 0 and more than %d are %[1]d.", longestList))
	waitQuery = web.InQuery("wait", schema.Of(schema.String),
		fmt.Sprintf("How long to wait for what is not there yet; at most %s.", longestWait))

	wrongQuery = web.Refuses(http.StatusBadRequest, "A parameter is wrong; errors says which.")
	nobody     = web.Refuses(http.StatusNotFound, "There is nobody with this address.")
	wrongID    = web.Refuses(http.StatusBadRequest, "The id is no GUID.")
	notThere   = web.Refuses(http.StatusNotFound, "")
	conflict   = web.Refuses(http.StatusConflict, "")
)

func (o *Operator) cleaningRoutes() []web.Route {
	add := post("/cleanings", o.addCleanings, web.Doc{
		ID: "addCleanings", Summary: "Store a cleaning, or a list of them: all, or none where one is wrong",
		In: web.Body{Type: "application/json", Schema: deliverySchema},
		Out: []web.Answer{
			shows[StoredCleanings]("What storing them came to, in the order of the request."), notThere,
			web.RefusesWith[wire.LoadProblem](http.StatusConflict, "A load is decided already."),
		},
	})
	add.BodyLimit, add.BodyTime = cleaningsLimit, 2*time.Minute
	return []web.Route{
		add,
		get("/cleanings", o.cleanings, web.Doc{
			ID: "listCleanings", Summary: "List cleanings, in the order of their ids",
			Params: []web.Param{web.InQuery("after", schema.GUID(), "The next of the page before."), limitQuery},
			Out:    []web.Answer{shows[Page[wire.StoredCleaning]]("A page of the list."), wrongQuery},
		}),
		get("/cleanings/:id", o.cleaning, web.Doc{
			ID: "showCleaning", Summary: "Show a cleaning", Params: []web.Param{idInPath},
			Out: []web.Answer{shows[wire.StoredCleaning]("The cleaning."), wrongID, notThere},
		}),
		post("/cleanings/:id/reopen", o.reopenCleaning, web.Doc{
			ID: "reopenCleaning", Summary: "Take back the decision about a load", Params: []web.Param{idInPath},
			In: web.TakesJSON("ReopenRequest", reopeningFields, web.Texts{"reason": "Why it is taken back."}),
			Out: []web.Answer{
				shows[wire.StoredCleaning]("The cleaning, its load open."), wrongID, notThere,
				web.RefusesWith[wire.LoadProblem](http.StatusConflict, "The load is open already."),
			},
		}),
		remove("/cleanings/:id", o.deleteCleaning, web.Doc{
			ID: "deleteCleaning", Summary: "Delete a cleaning with its document", Params: []web.Param{idInPath},
			Out: []web.Answer{web.ReturnsNothing("It is deleted."), wrongID, notThere},
		}),
	}
}

func (o *Operator) partnerRoutes() []web.Route {
	named := web.TakesJSON("NamedPartner", namedPartnerFields, nil)
	return []web.Route{
		get("/partners", o.partners, web.Doc{
			ID: "listPartners", Summary: "List the partners, the revoked ones too",
			Out: []web.Answer{shows[Page[Partner]]("All of them.")},
		}),
		post("/partners", o.addPartner, web.Doc{
			ID: "addPartner", Summary: "Add a partner", Text: "Its token is told this once.",
			In: web.TakesJSON("NewPartner", partnerFields, web.Texts{
				"scope":        "What it may do, of users, cleanings and events; none: everything.",
				"plan":         "Codes of the bike plans that it may use; none: all.",
				"from":         "Networks (CIDR) or addresses from which it may call; none: any.",
				"expect-every": "How often it is expected to call, as 5m.",
			}),
			Out: []web.Answer{shows[PartnerToken]("The partner and its token."), conflict},
		}),
		post("/partners/rotate", o.rotatePartner, web.Doc{
			ID: "rotatePartner", Summary: "Make a second token for a partner; both work until that is finished",
			In: named, Out: []web.Answer{shows[PartnerToken]("The partner and its new token."), notThere, conflict},
		}),
		post("/partners/finish", o.finishRotation, web.Doc{
			ID: "finishRotation", Summary: "End the older of a partner's two tokens",
			In: named, Out: []web.Answer{shows[Partner]("The partner."), notThere, conflict},
		}),
		post("/partners/revoke", o.revokePartner, web.Doc{
			ID: "revokePartner", Summary: "End all tokens of a partner; its bikers and cleanings stay",
			In: named, Out: []web.Answer{shows[Partner]("The partner."), notThere, conflict},
		}),
	}
}

func (o *Operator) planRoutes() []web.Route {
	return []web.Route{
		get("/plans", o.plans, web.Doc{
			ID: "listPlans", Summary: "List the bike plans", Out: []web.Answer{shows[Page[Plan]]("All of them.")},
		}),
		post("/plans", o.addPlan, web.Doc{
			ID: "addPlan", Summary: "Add a bike plan, or change what bikers read of it",
			In: web.TakesJSON("NewPlan", planFields, web.Texts{
				"code":     "What registrations name: visible ASCII characters without commas.",
				"client":   "Whose bikers they are.",
				"language": "Of people whose registration names none that is valid.",
				"name":     "Of the plan itself, as bikers know it.",
				"nextUrl":  "Where a biker goes on once the password is set.",
				"nextText": "What happens next, as bikers read it.",
			}),
			Out: []web.Answer{shows[Plan]("The plan."), conflict},
		}),
		remove("/plans", o.removePlan, web.Doc{
			ID: "removePlan", Summary: "Remove a bike plan: nobody new is registered with it, and who has it keeps it",
			Params: []web.Param{web.InQuery("code", schema.Of(schema.String), "The plan's code.").MustHave()},
			Out:    []web.Answer{web.ReturnsNothing("It is removed."), wrongQuery, notThere},
		}),
	}
}

func (o *Operator) bikerRoutes() []web.Route {
	person := web.TakesJSON("Person", personFields, nil)
	return []web.Route{
		get("/bikers", o.biker, web.Doc{
			ID: "showBiker", Summary: "Show a biker", Params: []web.Param{emailQuery},
			Out: []web.Answer{shows[Biker]("The biker, with the latest letters."), wrongQuery, nobody},
		}),
		get("/bikers/export", o.exportBiker, web.Doc{
			ID: "exportBiker", Summary: "Gather everything held of a biker", Params: []web.Param{emailQuery},
			Out: []web.Answer{shows[BikerExport]("Everything but secrets."), wrongQuery, nobody},
		}),
		remove("/bikers", o.eraseBiker, web.Doc{
			ID: "eraseBiker", Summary: "Erase a biker", Params: []web.Param{emailQuery},
			Out: []web.Answer{web.ReturnsNothing("Erased, from every record."), wrongQuery, nobody},
		}),
		post("/bikers/block", o.blockBiker, web.Doc{
			ID: "blockBiker", Summary: "Keep a biker out; sessions end, and no letter is sent",
			In: person, Out: []web.Answer{shows[Biker]("The biker."), nobody},
		}),
		post("/bikers/unblock", o.unblockBiker, web.Doc{
			ID: "unblockBiker", Summary: "Let a blocked biker in again",
			In: person, Out: []web.Answer{shows[Biker]("The biker."), nobody},
		}),
		post("/bikers/move", o.moveBiker, web.Doc{
			ID: "moveBiker", Summary: "Give a biker to another partner or plan",
			In:  web.TakesJSON("Move", moveFields, web.Texts{"plan": "The code of a plan that the partner may use."}),
			Out: []web.Answer{shows[Biker]("The biker."), nobody, conflict},
		}),
	}
}

func (o *Operator) userRoutes() []web.Route {
	person := web.TakesJSON("Person", personFields, nil)
	return []web.Route{
		get("/users", o.user, web.Doc{
			ID: "showUser", Summary: "Show a user", Params: []web.Param{emailQuery},
			Out: []web.Answer{shows[User]("The user, with the latest letters."), wrongQuery, nobody},
		}),
		get("/users/export", o.exportUser, web.Doc{
			ID: "exportUser", Summary: "Gather everything held of a user", Params: []web.Param{emailQuery},
			Out: []web.Answer{shows[UserExport]("Everything but secrets."), wrongQuery, nobody},
		}),
		remove("/users", o.eraseUser, web.Doc{
			ID: "eraseUser", Summary: "Erase a user; decisions and events stay, without the name",
			Params: []web.Param{emailQuery},
			Out:    []web.Answer{web.ReturnsNothing("Erased, from every record."), wrongQuery, nobody},
		}),
		post("/users/block", o.blockUser, web.Doc{
			ID: "blockUser", Summary: "Keep a user out: no sign-in, no token, no letter",
			In: person, Out: []web.Answer{shows[User]("The user."), nobody},
		}),
		post("/users/unblock", o.unblockUser, web.Doc{
			ID: "unblockUser", Summary: "Let a blocked user in again",
			In: person, Out: []web.Answer{shows[User]("The user."), nobody},
		}),
		post("/users/reactivate", o.reactivateUser, web.Doc{
			ID: "reactivateUser", Summary: "Make a user prove the mailbox again before the next sign-in",
			In: person, Out: []web.Answer{shows[User]("The user."), nobody},
		}),
	}
}

func (o *Operator) letterRoutes() []web.Route {
	act := func(path, id, summary string, handle web.Handler) web.Route {
		return post("/letters/:id/"+path, handle, web.Doc{ID: id, Summary: summary, Params: []web.Param{idInPath},
			Out: []web.Answer{shows[Letter]("The letter."), wrongID, notThere, conflict}})
	}
	states := &schema.Schema{Types: []string{schema.String}, Enum: store.LetterState("").Words()}
	return []web.Route{
		get("/letters", o.letters, web.Doc{
			ID: "listLetters", Summary: "List letters, the newest first",
			Params: []web.Param{
				web.InQuery("state", states, "Only those in this state."),
				web.InQuery("to", fields.AddressSchema(), "Only those to this address."),
				web.InQuery("before", schema.GUID(), "The next of the page before."), limitQuery,
			},
			Out: []web.Answer{shows[Page[Letter]]("A page of the list."), wrongQuery},
		}),
		get("/letters/:id", o.letter, web.Doc{
			ID: "showLetter", Summary: "Show a letter", Text: "It waits for as long as the letter is queued.",
			Params: []web.Param{idInPath, waitQuery},
			Out:    []web.Answer{shows[Letter]("The letter."), wrongQuery, notThere},
		}),
		act("retry", "retryLetter", "Have a letter that failed, or waits, tried now", o.retryLetter),
		act("release", "releaseLetter", "Let a letter go that is held", o.releaseLetter),
		act("hold", "holdLetter", "Keep a queued letter back until it is released", o.holdLetter),
		act("cancel", "cancelLetter", "End a letter unsent", o.cancelLetter),
	}
}

func (o *Operator) sendingRoutes() []web.Route {
	back := post("/bounces", o.bounce, web.Doc{
		ID: "takeBounce", Summary: "Take a message that came back", Text: "What changes nothing is no failure.",
		In:  web.Body{Type: messageType, Text: "The message, or as much of it as is looked at."},
		Out: []web.Answer{shows[Bounce]("What became of it.")},
	})
	back.BodyLimit, back.BodyTime = bounce.MaxMessage, time.Minute
	return []web.Route{
		back,
		get("/sending", o.sending, web.Doc{
			ID: "showSending", Summary: "Tell how the mail queue stands",
			Out: []web.Answer{shows[Sending]("How it stands.")},
		}),
		post("/sending/pause", o.pause, web.Doc{
			ID: "pauseSending", Summary: "Keep all letters back until they are let go again",
			Out: []web.Answer{shows[Sending]("How the queue stands.")},
		}),
		post("/sending/resume", o.resume, web.Doc{
			ID: "resumeSending", Summary: "Let letters go again",
			Out: []web.Answer{shows[Sending]("How the queue stands.")},
		}),
		post("/sending/retry-failed", o.retryFailed, web.Doc{
			ID: "retryFailed", Summary: "Have all letters that failed tried again",
			Out: []web.Answer{shows[Counted]("How many they are.")},
		}),
		post("/sending/release-held", o.releaseHeld, web.Doc{
			ID: "releaseHeld", Summary: "Let all letters go that are held",
			Out: []web.Answer{shows[Counted]("How many they are.")},
		}),
		post("/sending/test", o.testLetter, web.Doc{
			ID: "sendTest", Summary: "Owe a letter that only shows that mail from here arrives",
			In:  web.TakesJSON("TestLetter", testFields, web.Texts{"language": "en, nl, fr or de; without it en."}),
			Out: []web.Answer{shows[Letter]("The letter.")},
		}),
		post("/sending/check", o.checkSmarthost, web.Doc{
			ID: "checkSmarthost", Summary: "Dial the smarthost and log in to it; nothing is sent",
			Out: []web.Answer{shows[SmarthostCheck]("The steps, up to the first that failed.")},
		}),
	}
}

// fileRoutes are about the data file as a whole.
func (o *Operator) fileRoutes() []web.Route {
	return []web.Route{
		get("/events", o.events, web.Doc{
			ID: "listEvents", Summary: "List the events after a number", Text: "All of them, numbered without a gap.",
			Params: []web.Param{web.InQuery("after", schema.AtLeast(0), "The last number seen; 0: from the first."),
				limitQuery, waitQuery},
			Out: []web.Answer{
				shows[wire.Feed]("Events, in the order of their numbers."), wrongQuery,
				web.RefusesWith[wire.AheadProblem](http.StatusConflict, "There is no event of that number yet."),
				web.RefusesWith[wire.GoneProblem](http.StatusGone, "Events of that age are not kept any more."),
			},
		}),
		post("/check", o.check, web.Doc{
			ID: "checkData", Summary: "Look through a copy of the data file",
			Out: []web.Answer{shows[Checked]("What is wrong with it; nothing, where it is sound.")},
		}),
		post("/backup", o.backup, web.Doc{
			ID: "makeBackup", Summary: "Hand out a checked copy of the data file",
			Text: "It is what restore takes. No key is in it.",
			Out: []web.Answer{web.ReturnsFile(BackupType, "The whole file.").With(
				web.InHeader(BackupTime, schema.Of(schema.String), "Whose state it has."))},
		}),
	}
}

func (o *Operator) keyRoutes() []web.Route {
	return []web.Route{
		get("/keys", o.listKeys, web.Doc{
			ID: "listKeys", Summary: "List the token keys, and what still needs the former ones",
			Out: []web.Answer{shows[Keys]("All of the key file, but for the keys themselves.")},
		}),
		post("/keys/rotate", o.rotateKey, web.Doc{
			ID: "rotateKey", Summary: "Make a new primary key, which seals from now on",
			Out: []web.Answer{shows[Keys]("The keys.")},
		}),
		post("/keys/retire", o.retireKey, web.Doc{
			ID: "retireKey", Summary: "Take a former key out of the key file",
			In: web.TakesJSON("Retirement", retirementFields, web.Texts{
				"id":    "8 hexadecimal digits.",
				"force": "Whether to end what still needs it.",
			}),
			Out: []web.Answer{shows[Keys]("The keys that are left."), notThere, conflict},
		}),
	}
}

// answer answers with what an act came to.
func answer(c *web.Call, value any, err error) error {
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, value)
}

// done answers an act that has nothing to show.
func done(c *web.Call, err error) error {
	if err != nil {
		return err
	}
	return c.NoContent()
}

// pathID is the id in the path.
func pathID(c *web.Call) (guid.ID, error) {
	id, err := guid.Parse(c.Param("id"))
	if err != nil {
		return id, refuse.New(refuse.Invalid, "The id must be a GUID, as 00000000-0000-4000-8000-000000000001.")
	}
	return id, nil
}
