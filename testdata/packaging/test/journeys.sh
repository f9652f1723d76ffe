#!/bin/sh
# Goes both journeys on an appliance that has the built-in inbox: journeys.sh URL COMMAND…, where COMMAND runs
# postern. It ends with 0 if every answer is the right one. Each run has people and a cleaning of its own.
set -eu
url=$1
shift
n=$(date +%s%N)
biker=zoe-$n@example.org user=jan-$n@example.org
cleaning=00000000-0000-4000-8000-$(echo "$n" | tail -c 13)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# call STATUS CURL'S-WORDS…: prints the body.
call() {
  want=$1
  shift
  got=$(curl -sS --max-time 60 -o "$scratch/body" -w '%{http_code}' "$@")
  [ "$got" = "$want" ] || { echo "journeys: $got, not $want: $* $(head -c 500 "$scratch/body")" >&2; exit 1; }
  cat "$scratch/body"
}

# link TO PATTERN: the link in the newest letter.
link() {
  call 200 "$url/inbox/api/v1/wait?to=$1&timeout=30s" | tr '"' '\n' |
    sed -n "s|.*\\(http[^ ]*$2?token=[A-Za-z0-9_-]*\\).*|\\1|p" | head -n 1
}

has() { grep -q "$1" "$scratch/body" || { echo "journeys: no $1 in $(head -c 500 "$scratch/body")" >&2; exit 1; }; }

"$@" plan add SYN-NL-ANT-01 --client "Synthetische NV" >/dev/null
token=$("$@" partner add "payroll-$n" 2>/dev/null)
"$@" cleaning add - >/dev/null <<END
{"id": "$cleaning", "number": "SYN-$n", "station": {"name": "Synthetische Tankreiniging Kaai 9"},
 "equipment": {"kind": "tankContainer", "identification": "ZZSU1000016"}, "status": "signedOff"}
END

# o2o: registered by the partner, told by a letter, a password set by its link, read back.
call 201 "$url/receiver/APIv3/user.create" -H "Authorization: Bearer $token" -d '{"user":{
  "BikePlanCode":"SYN-NL-ANT-01","FirstName":"Zoë","LastName":"Claes","Email":"'"$biker"'",
  "Language":"NL","partner_EmployeeID":"'"$n"'"}}' >/dev/null
to=$(link "$biker" /biker/password)
call 303 "$url/biker/password" --data-urlencode "token=${to#*token=}" \
  --data-urlencode 'password=velvet otter climbs marble' >/dev/null
call 200 -G "$url/partner/v1/users" -H "Authorization: Bearer $token" -d "partner_EmployeeID=$n" >/dev/null
has '"passwordSetAt":"20'

# eECD: registered alone, the mailbox proven, the document read and mailed, the load decided, once.
call 201 "$url/non-license-user/register" -H 'Content-Type: application/json' -d '{"email":"'"$user"'",
  "firstName":"Jan","lastName":"Peeters","organisationName":"Synthetische Terminal BV",
  "cleaningId":"'"$cleaning"'"}' >/dev/null
to=$(link "$user" /eecd/activate)
call 200 "$url/non-license-user/activate" -H 'Content-Type: application/json' \
  -d '{"ConfirmationToken":"'"${to#*token=}"'"}' >/dev/null
token=$(sed -n 's/.*"UserToken":"\([^"]*\)".*/\1/p' "$scratch/body")
call 200 "$url/non-license-user/cleanings/$cleaning/document" -H "X-NALLIAN-TOKEN: $token" >/dev/null
has '^%PDF-'
call 200 "$url/non-license-user/cleanings/$cleaning/email" -H "X-NALLIAN-TOKEN: $token" >/dev/null
call 200 -X PUT "$url/non-license-user/loads/$cleaning/complete" -H "X-NALLIAN-TOKEN: $token" \
  -H 'Content-Type: application/json' -d '{"ProductName":"Ethanol 96 %"}' >/dev/null
call 409 -X PUT "$url/non-license-user/loads/$cleaning/reject" -H "X-NALLIAN-TOKEN: $token" \
  -H 'Content-Type: application/json' -d '{"Comment":"too late"}' >/dev/null
echo "both journeys: $biker, $user"
