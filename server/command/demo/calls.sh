# Postern is running. Its data is in {{.Data}}; Ctrl-C ends it.
# The letters it sends are at {{.Inbox}}
{{- if .Page}}
# A driver begins on the page that the QR code of a document leads to: {{.URL}}/eecd/cleanings/{{.Page}}
{{- end}}
#
# Commands that are to reach it: export POSTERN_DATA={{quote .Data}}, then {{quote .Binary}} letter list
#
# Try it: paste these calls into another shell, in their order (zsh: first "setopt interactive_comments").

POSTERN={{quote .URL}}
INBOX={{quote .Inbox}}
PARTNER={{quote .Token}}
BIKER=biker-{{.Number}}@example.org
EMAIL=loader-{{.Number}}@example.org
CLEANING=00000000-0000-4000-8000-200000{{.Number}}

# ---- o2o: a partner registers bikers ----

# 1. Register one. Answers 201 {"success":true,"result":"User was created.",…} and owes a letter; the same call again: 200.
curl -sS -w 'HTTP %{http_code}\n' "$POSTERN/receiver/APIv3/user.create" -H "Authorization: Bearer $PARTNER" \
  -d '{"user":{"BikePlanCode":"SYN-FR-LIE-02","FirstName":"Émilie","LastName":"Dubois","Email":"'"$BIKER"'","Language":"FR","partner_EmployeeID":"SYN{{.Number}}"}}'

# 2. Wait for the letter, and take the link out of it. Prints the link: open it in a browser, and choose a password.
LINK=$(curl -sS -G "$INBOX/api/v1/wait" --data-urlencode "to=$BIKER" -d timeout=10s |
  tr '"' '\n' | sed -n 's/.*\(http[^ ]*\/biker\/password?token=[A-Za-z0-9_-]*\).*/\1/p' | head -n 1); echo "$LINK"

# 3. Ask what became of it. Answers 200 with the state of the letter and, once there is one, "passwordSetAt".
curl -sS -w 'HTTP %{http_code}\n' "$POSTERN/partner/v1/users?partner_EmployeeID=SYN{{.Number}}" -H "Authorization: Bearer $PARTNER"

# 4. Push a list, as a partner's own machine does. Prints what became of each person.
{{quote .Binary}} push - --verbose --to "$POSTERN" --token-file {{quote .TokenFile}} <<END
BikePlanCode,FirstName,LastName,Email,Language,ContractType
SYN-NL-ANT-01,Zoë,Claes,zoe-{{.Number}}@example.org,NL,clerk
SYN-EN-BRU-03,Siobhán,O'Neill,siobhan-{{.Number}}@example.org,EN,
END

# 5. Register one whose mailbox is not there: the inbox takes the letter, and plays a report that comes back a second later.
#    Answers 200 as soon as that is so, with the letter's "state":"failed" and "reason":"returned: 550 5.1.1 …".
curl -sS -w 'HTTP %{http_code}\n' "$POSTERN/receiver/APIv3/user.create" -H "Authorization: Bearer $PARTNER" \
  -d '{"user":{"BikePlanCode":"SYN-EN-BRU-03","FirstName":"Jan","LastName":"Maes","Email":"bounced+{{.Number}}@example.org","Language":"EN","partner_EmployeeID":"BACK{{.Number}}"}}'
sleep 3; curl -sS -w 'HTTP %{http_code}\n' "$POSTERN/partner/v1/users?partner_EmployeeID=BACK{{.Number}}" -H "Authorization: Bearer $PARTNER"

# ---- eECD: a cleaning station delivers a cleaning ----

# 6. Deliver one. Answers 201 with the cleaning and its load, which is open; the same call again: 200.
curl -sS -w 'HTTP %{http_code}\n' -X PUT "$POSTERN/partner/v1/cleanings/$CLEANING" -H "Authorization: Bearer $PARTNER" \
  -d '{"number":"DEMO-{{.Number}}","station":{"name":"Synthetische Tankreiniging Kaai 9","city":"Antwerpen","country":"BE"},
       "equipment":{"kind":"tankContainer","identification":"ZZSU1000016"},"status":"signedOff",
       "compartments":[{"number":1,"previousLoad":{"unNumber":"1230","name":"METHANOL"},"cleaned":true,"codes":["P01","P10"]}]}'

# 7. Read its document, which is made from the data. Answers 200 with a PDF, which lands in {{.Document}}.
curl -sS -w 'HTTP %{http_code}\n' -o {{quote .Document}} "$POSTERN/partner/v1/cleanings/$CLEANING/document" -H "Authorization: Bearer $PARTNER"

# 8. Send the station's own document instead; here it is the same PDF. Answers 204.
curl -sS -w 'HTTP %{http_code}\n' -T {{quote .Document}} "$POSTERN/partner/v1/cleanings/$CLEANING/document" \
  -H "Authorization: Bearer $PARTNER" -H 'Content-Type: application/pdf'

# ---- eECD: a driver proves the mailbox, reads the document and decides on the load ----

# 9. Register. Answers 201 {"email":…,"status":"confirmation-required"} and owes a letter; the same call again: 409.
curl -sS -w 'HTTP %{http_code}\n' "$POSTERN/non-license-user/register" -H 'Content-Type: application/json' \
  -d '{"email":"'"$EMAIL"'","firstName":"Jan","lastName":"Peeters","organisationName":"Synthetische Terminal BV","cleaningId":"'"$CLEANING"'"}'

# 10. Sign in too early. Answers 403: the mailbox is not confirmed yet.
curl -sS -w 'HTTP %{http_code}\n' "$POSTERN/non-license-user/sign-in" -H 'Content-Type: application/json' -d '{"Email":"'"$EMAIL"'"}'

# 11. Wait for the letter, and take the token out of its link. Prints the token.
TOKEN=$(curl -sS -G "$INBOX/api/v1/wait" --data-urlencode "to=$EMAIL" -d timeout=10s |
  tr '"' '\n' | sed -n 's/.*\/eecd\/activate?token=\([A-Za-z0-9_-]*\).*/\1/p' | head -n 1); echo "$TOKEN"

# 12. Activate. Answers 200 {"UserToken":…}; prints the user token.
USER_TOKEN=$(curl -sS "$POSTERN/non-license-user/activate" -H 'Content-Type: application/json' \
  -d '{"ConfirmationToken":"'"$TOKEN"'"}' | sed -n 's/.*"UserToken":"\([^"]*\)".*/\1/p'); echo "$USER_TOKEN"

# 13. Sign in. Answers 201 {"UserToken":…}, another one. (The one of step 12 comes from the mailbox, so it may do more.)
curl -sS -w 'HTTP %{http_code}\n' "$POSTERN/non-license-user/sign-in" -H 'Content-Type: application/json' -d '{"Email":"'"$EMAIL"'"}'

# 14. Read the cleaning. Answers 200 with the cleaning and its load, which is open; with /document behind it, its PDF.
curl -sS -w 'HTTP %{http_code}\n' "$POSTERN/non-license-user/cleanings/$CLEANING" -H "X-NALLIAN-TOKEN: $USER_TOKEN"

# 15. Have the document mailed. Answers 200 {"status":"queued"}; the letter is in the inbox a moment later.
curl -sS -w 'HTTP %{http_code}\n' "$POSTERN/non-license-user/cleanings/$CLEANING/email" -H "X-NALLIAN-TOKEN: $USER_TOKEN"

# 16. Complete the load. Answers 200 {"cleaningActionId":…,"status":"completed",…}; another decision after that: 409.
curl -sS -w 'HTTP %{http_code}\n' -X PUT "$POSTERN/non-license-user/loads/$CLEANING/complete" \
  -H "X-NALLIAN-TOKEN: $USER_TOKEN" -H 'Content-Type: application/json' -d '{"ProductName":"Ethanol 96 %","Comment":"compartment 1, 24 t"}'
curl -sS -w 'HTTP %{http_code}\n' -X PUT "$POSTERN/non-license-user/loads/$CLEANING/reject" \
  -H "X-NALLIAN-TOKEN: $USER_TOKEN" -H 'Content-Type: application/json' -d '{"Comment":"too late"}'

# ---- eECD: the station hears what became of it ----

# 17. Read it back. Answers 200 with the load's status, when it was decided and by whom.
curl -sS -w 'HTTP %{http_code}\n' "$POSTERN/partner/v1/cleanings/$CLEANING" -H "Authorization: Bearer $PARTNER"

# 18. Take the decision back. Answers 200: the load is open again; once more: 409.
curl -sS -w 'HTTP %{http_code}\n' "$POSTERN/partner/v1/cleanings/$CLEANING/reopen" -H "Authorization: Bearer $PARTNER" \
  -d '{"Reason":"loaded on another tank"}'

# 19. Now the driver rejects it. Answers 200 {"cleaningActionId":…,"status":"rejected",…}.
curl -sS -w 'HTTP %{http_code}\n' -X PUT "$POSTERN/non-license-user/loads/$CLEANING/reject" \
  -H "X-NALLIAN-TOKEN: $USER_TOKEN" -H 'Content-Type: application/json' -d '{"Comment":"smell of the former product at the manhole"}'

# That is all. Look at the letters: {{.Inbox}}
