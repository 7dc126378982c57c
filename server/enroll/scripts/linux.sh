#!/bin/bash
# Enrolls this instance in VM Management: proves to the enrollment server which instance it is, and registers the SSM Agent
# with the activation that the server answers. Runs as root on each boot; docs/enrolling.md describes it.
#
# It carries no secret. Bash 4.2 (CentOS 7, Amazon Linux 2) runs it, with curl, systemd and what every distribution has.

# Settings. The portal replaces the words between the quotes when it serves the script, and refuses values with other
# characters than check_settings accepts. Environment variables override them.
SERVER='@SERVER@'
PATCHING_LABEL='@PATCHING_LABEL@'
PATCH_GROUP_LABEL='@PATCH_GROUP_LABEL@'
SERVER=${MUSTER_ENROLL_SERVER:-$SERVER}
PATCHING_LABEL=${MUSTER_ENROLL_PATCHING_LABEL:-$PATCHING_LABEL}
PATCH_GROUP_LABEL=${MUSTER_ENROLL_PATCH_GROUP_LABEL:-$PATCH_GROUP_LABEL}
# Found out if empty: aws, azure, gcp, vmware, openstack or dedicated.
PROVIDER=${MUSTER_ENROLL_PROVIDER:-}
# The enrollment token of OpenStack and dedicated servers.
TOKEN_FILE=${MUSTER_ENROLL_TOKEN_FILE:-/etc/muster/enrollment-token}
# A new systems account takes up to 20 minutes.
MAX_SECONDS=${MUSTER_ENROLL_MAX_SECONDS:-1800}
# For tests only: `yes` also accepts a server without TLS.
ALLOW_HTTP=${MUSTER_ENROLL_ALLOW_HTTP:-}

set -euo pipefail
umask 077
export PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C
# Since bash 5.2, `&` in a replacement would stand for what it replaces.
shopt -u patsub_replacement 2>/dev/null || true

METADATA=http://169.254.169.254
# All metadata services answer at this address. None is asked through a proxy, whatever the environment says.
METADATA_OPTIONS=(--noproxy '*' --proto '=http' --connect-timeout 2 --max-time 5)
DETECT_SECONDS=60
# Of the enrollment server.
MAX_ANSWER_BYTES=8192
# Of metadata services and files of this instance. Azure answers all tags at once.
MAX_LOCAL_BYTES=65536
# Reading JSON takes bash time by the product of steps and bytes.
MAX_JSON_STEPS=2000
SSM_DATA=/var/lib/amazon/ssm
REGISTRATION=$SSM_DATA/registration
# Not /var/lib/muster, which belongs to the portal's own user.
STATE=/var/lib/muster-enroll
MARKER=$STATE/enrolled
LOCK=/run/muster-enroll.lock
WORK=
AGENT=
UNIT=
TOKEN_FILE_USED=
PROBLEM=

say() { printf 'muster-enroll: %s\n' "$*" >&2; }

# refuse MESSAGE: ends the script; running it again does not help until somebody has changed something.
refuse() {
    say "$*"
    exit 10
}

# retry_later MESSAGE: ends the script; running it again may succeed.
retry_later() {
    say "$*"
    exit 20
}

finish() {
    local status=$?
    [ -z "$WORK" ] || rm -rf "$WORK"
    case $status in
        0 | 10 | 20) exit "$status" ;;
        *) retry_later "The script stopped unexpectedly (exit code $status). It tries again on the next boot." ;;
    esac
}

# now: sets NOW to the seconds since boot, which setting the clock does not change.
now() {
    read -r NOW _ </proc/uptime
    NOW=${NOW%.*}
}

# remaining: sets LEFT to the seconds until the script gives up.
remaining() {
    now
    LEFT=$((DEADLINE - NOW))
}

# pause SECONDS: waits, or ends the script if no time is left for another attempt.
pause() {
    remaining
    [ "$1" -lt "$LEFT" ] || retry_later "$PROBLEM Gave up after $MAX_SECONDS seconds. The script tries again on the next boot."
    sleep "$1"
}

# printable TEXT: sets PRINTABLE to the text as it may be written to a log.
printable() { PRINTABLE=${1:0:500} PRINTABLE=${PRINTABLE//[![:print:]]/ }; }

# JSON, in bash, because neither jq nor Python is everywhere.

# json_read TEXT: sets JSON to the values of a document by their paths, such as $.labels.0; fails if it is none, or takes too long.
declare -A JSON=()
json_read() {
    JSON=() JSON_REST=$1 JSON_STEPS=$MAX_JSON_STEPS
    json_value '$' 0 || return 1
    json_skip_space
    [ -z "$JSON_REST" ]
}

JSON_SPACE=$'^[ \t\r\n]+'
json_skip_space() { [[ ! $JSON_REST =~ $JSON_SPACE ]] || JSON_REST=${JSON_REST:${#BASH_REMATCH[0]}}; }

# json_take CHARACTERS: moves past space and one of the characters, which it sets JSON_TAKEN to.
json_take() {
    json_skip_space
    JSON_TAKEN=${JSON_REST:0:1}
    [[ -n $JSON_TAKEN && $1 == *"$JSON_TAKEN"* ]] || return 1
    JSON_REST=${JSON_REST:1}
}

json_value() {
    local path=$1 depth=$2 index=0
    ((depth <= 8 && --JSON_STEPS > 0)) || return 1
    json_skip_space
    case $JSON_REST in
        '"'*)
            json_text || return 1
            JSON[$path]=$JSON_TEXT
            ;;
        '{'*)
            JSON_REST=${JSON_REST:1}
            json_take '}' && return
            while :; do
                json_skip_space
                json_text || return 1
                json_member "$path.$JSON_TEXT" "$depth" || return 1
                [ "$JSON_TAKEN" = , ] || return 0
            done
            ;;
        '['*)
            JSON_REST=${JSON_REST:1}
            json_take ']' && return
            while :; do
                json_value "$path.$index" $((depth + 1)) || return 1
                json_take ',]' || return 1
                [ "$JSON_TAKEN" = , ] || return 0
                index=$((index + 1))
            done
            ;;
        *)
            [[ $JSON_REST =~ ^(true|false|null|-?[0-9][0-9.eE+-]*) ]] || return 1
            JSON[$path]=${BASH_REMATCH[1]}
            JSON_REST=${JSON_REST:${#BASH_REMATCH[1]}}
            ;;
    esac
}

json_member() {
    json_take ':' || return 1
    json_value "$1" $(($2 + 1)) || return 1
    json_take ',}'
}

# json_text: sets JSON_TEXT to the string that JSON_REST starts with, and moves past it.
json_text() {
    local chunk text=
    [[ $JSON_REST == '"'* ]] || return 1
    JSON_REST=${JSON_REST:1}
    while ((--JSON_STEPS > 0)); do
        chunk=${JSON_REST%%[\"\\]*}
        text+=$chunk
        JSON_REST=${JSON_REST:${#chunk}}
        case $JSON_REST in
            '"'*)
                JSON_TEXT=$text JSON_REST=${JSON_REST:1}
                return
                ;;
            '\u'*)
                json_unicode || return 1
                text+=$JSON_TEXT
                continue
                ;;
            \\[\"\\/]*) text+=${JSON_REST:1:1} ;;
            '\b'*) text+=$'\b' ;;
            '\f'*) text+=$'\f' ;;
            '\n'*) text+=$'\n' ;;
            '\r'*) text+=$'\r' ;;
            '\t'*) text+=$'\t' ;;
            *) return 1 ;;
        esac
        JSON_REST=${JSON_REST:2}
    done
    return 1
}

# json_unicode: sets JSON_TEXT to the UTF-8 of the \uXXXX that JSON_REST starts with, and moves past it.
json_unicode() {
    local code low octets
    [[ $JSON_REST =~ ^\\u([0-9A-Fa-f]{4})(\\u([Dd][C-Fc-f][0-9A-Fa-f]{2}))? ]] || return 1
    code=$((16#${BASH_REMATCH[1]})) low=${BASH_REMATCH[3]:-}
    if ((code >= 0xD800 && code <= 0xDBFF)) && [ -n "$low" ]; then
        code=$((0x10000 + ((code - 0xD800) << 10) + 16#$low - 0xDC00))
        JSON_REST=${JSON_REST:12}
    else
        # Half of a pair is no character.
        ((code < 0xD800 || code > 0xDFFF)) || code=$((0xFFFD))
        JSON_REST=${JSON_REST:6}
    fi
    if ((code == 0)); then
        JSON_TEXT=
        return
    elif ((code < 0x80)); then
        printf -v octets '\\x%02x' "$code"
    elif ((code < 0x800)); then
        printf -v octets '\\x%02x' $((0xC0 | code >> 6)) $((0x80 | code & 0x3F))
    elif ((code < 0x10000)); then
        printf -v octets '\\x%02x' $((0xE0 | code >> 12)) $((0x80 | code >> 6 & 0x3F)) $((0x80 | code & 0x3F))
    else
        printf -v octets '\\x%02x' $((0xF0 | code >> 18)) $((0x80 | code >> 12 & 0x3F)) \
            $((0x80 | code >> 6 & 0x3F)) $((0x80 | code & 0x3F))
    fi
    printf -v JSON_TEXT '%b' "$octets"
}

# json_quote TEXT: sets QUOTED to it as a JSON string.
json_quote() {
    local text=$1 code character escape
    text=${text//\\/\\\\}
    text=${text//\"/\\\"}
    if [[ $text == *[[:cntrl:]]* ]]; then
        for ((code = 1; code < 32; code++)); do
            printf -v escape '\\x%02x' "$code"
            printf -v character '%b' "$escape"
            printf -v escape '\\u%04x' "$code"
            text=${text//"$character"/$escape}
        done
    fi
    QUOTED="\"$text\""
}

# Requests. Address, headers and body reach curl by its standard input, because every user can read command lines. -q, which old
# versions know in no longer form, keeps curl from reading .curlrc.

# curl_line NAME VALUE: prints one line of curl's configuration.
curl_line() {
    local value=$2
    value=${value//\\/\\\\}
    printf '%s = "%s"\n' "$1" "${value//\"/\\\"}"
}

# request METHOD URL HEADER BODY OPTION…: sets STATUS (000 without an answer), ANSWER and CURL_CODE. Redirects are not followed.
request() {
    local method=$1 url=$2 header=$3 body=$4 bytes=$MAX_ANSWER_BYTES answer
    shift 4
    [[ $url != "$METADATA"/* ]] || bytes=$MAX_LOCAL_BYTES
    CURL_CODE=0
    answer=$(
        {
            curl_line url "$url"
            curl_line request "$method"
            curl_line header 'Expect:'
            [ -z "$header" ] || curl_line header "$header"
            [ -z "$body" ] || curl_line data-binary "$body"
        } | curl -q --silent --config - --max-filesize "$bytes" --write-out '\n%{http_code}' "$@" 2>/dev/null |
            head -c "$((bytes + 16))" | tr -d '\0'
    ) || CURL_CODE=$?
    STATUS=${answer##*$'\n'} ANSWER=${answer%$'\n'*}
    if [ "$CURL_CODE" != 0 ] || [[ ! $STATUS =~ ^[1-9][0-9]{2}$ ]]; then
        STATUS=000 ANSWER=
    fi
}

# metadata PATH HEADER: asks the metadata service; fails unless it answers 200.
metadata() {
    request GET "$METADATA$1" "$2" '' "${METADATA_OPTIONS[@]}"
    [ "$STATUS" = 200 ]
}

# metadata_aws PATH: the same at EC2, by version 2 of the service, which wants a session's token.
metadata_aws() {
    request PUT "$METADATA/latest/api/token" 'X-aws-ec2-metadata-token-ttl-seconds: 60' '' "${METADATA_OPTIONS[@]}"
    if [[ $STATUS != 200 || ! $ANSWER =~ ^[A-Za-z0-9+/=_-]+$ ]]; then
        # Without a session nothing is known about the path, not even that it is absent.
        [ "$STATUS" = 000 ] || STATUS=401
        return 1
    fi
    metadata "$1" "X-aws-ec2-metadata-token: $ANSWER"
}

# post PATH BODY: asks the enrollment server. Returns 0 with an answer in JSON, 1 if another attempt may succeed, or refuses.
post() {
    local seconds protocol='=https'
    [ "$ALLOW_HTTP" != yes ] || protocol='=http,https'
    remaining
    seconds=$((LEFT < 30 ? LEFT : 30))
    if [ "$seconds" -lt 1 ]; then
        PROBLEM="${PROBLEM:-The enrollment server was not asked in time.}"
        return 1
    fi
    request POST "$SERVER$1" 'Content-Type: application/json' "$2" \
        --proto "$protocol" --tlsv1.2 --connect-timeout 10 --max-time "$seconds"
    case $STATUS in
        200)
            json_read "$ANSWER" && return
            PROBLEM="The answer of $SERVER is not the enrollment server's. Check the address, and proxies in between."
            ;;
        429 | 5??) PROBLEM="The enrollment server is busy or not ready (status $STATUS)." ;;
        000) connection_problem ;;
        *)
            PROBLEM="$SERVER answered with status $STATUS. Check the address, and proxies and firewalls in between."
            json_read "$ANSWER" || JSON=()
            # Without a code it is the answer of something in between, which may pass.
            if [[ $STATUS == 4?? && ${JSON['$.error.code']:-} =~ ^[a-z][a-z_]{0,63}$ ]]; then
                printable "${JSON['$.error.code']}: ${JSON['$.error.message']:-no message}"
                refuse "The enrollment server refused this instance (status $STATUS, $PRINTABLE). docs/enrolling.md says what to do."
            fi
            ;;
    esac
    return 1
}

# connection_problem: sets PROBLEM to what curl's exit code means.
connection_problem() {
    case $CURL_CODE in
        5 | 6) PROBLEM="The name of $SERVER, or of the proxy, was not found. Check DNS." ;;
        7) PROBLEM="$SERVER does not accept connections. Check the network, firewalls and the proxy." ;;
        23 | 63) PROBLEM="The answer of $SERVER is too long to be the enrollment server's. Check the address, and proxies in between." ;;
        28) PROBLEM="$SERVER did not answer in time. Check the network, firewalls and the proxy." ;;
        35 | 51 | 58 | 60 | 77) PROBLEM="The certificate of $SERVER is not valid here. Check the clock and the trusted authorities." ;;
        *) PROBLEM="The request to $SERVER failed (curl's exit code $CURL_CODE)." ;;
    esac
}

# Steps, in the order in which main runs them.

check_settings() {
    local command label
    [ "$(id -u)" = 0 ] || refuse "Only root can register the SSM Agent. Run this script as root."
    for command in base64 curl flock grep head mktemp readlink sed sleep stat systemctl tail timeout tr uname; do
        command -v "$command" >/dev/null || refuse "The program $command is missing. Install it, and run this script again."
    done
    if [[ ! $SERVER =~ ^https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?(/[A-Za-z0-9._~-]+)*$ ]]; then
        refuse "The server's address is not filled in, or is no address. Get this script from the portal."
    fi
    if [[ $SERVER == http:* && $ALLOW_HTTP != yes ]]; then
        refuse "The server's address does not start with https. Get this script from the portal."
    fi
    for label in "$PATCHING_LABEL" "$PATCH_GROUP_LABEL"; do
        [[ $label =~ ^[a-z0-9][a-z0-9_-]{0,62}$ ]] || refuse "The name of a label is not valid. Get this script from the portal."
    done
    case $PROVIDER in
        '' | aws | azure | gcp | vmware | openstack | dedicated) ;;
        *) refuse "MUSTER_ENROLL_PROVIDER is not one of aws, azure, gcp, vmware, openstack and dedicated. Correct it." ;;
    esac
    [[ $MAX_SECONDS =~ ^[1-9][0-9]{0,4}$ ]] || refuse "MUSTER_ENROLL_MAX_SECONDS is not a number of seconds. Correct it."
}

# prepare_state: creates the folder that this script notes in and installs from, and refuses one that others can change.
prepare_state() {
    # Another run may create it at the same time.
    [ -e "$STATE" ] || [ -L "$STATE" ] || mkdir -m 700 "$STATE" 2>/dev/null || [ -e "$STATE" ] ||
        retry_later "$STATE cannot be created. Check that its disk is writable and not full."
    if [ ! -d "$STATE" ] || [ -L "$STATE" ]; then
        refuse "$STATE is not a folder. Delete it, and run this script again."
    fi
    is_protected "$STATE" || refuse "$(how_to_protect)"
}

# is_protected PATH: fails if others than root can change the file or folder, or replace it. Sets CHANGEABLE to what they can change.
is_protected() {
    local owner mode
    # Both the folders that the path names and, behind links, those that it leads to.
    for CHANGEABLE in "$1" "$(readlink -f "$1")"; do
        while :; do
            read -r owner mode < <(stat -L -c '%u %a' "$CHANGEABLE") || return 1
            # An access list that lets others write shows as a group that can write.
            [[ $owner == 0 ]] && ((!(8#$mode & 8#22))) || return 1
            [ "$CHANGEABLE" != / ] || break
            CHANGEABLE=${CHANGEABLE%/*}
            CHANGEABLE=${CHANGEABLE:-/}
        done
    done
}

how_to_protect() {
    printf 'Others than root can change %s. Check who put it there, run "chown root %s" and "chmod go-w %s", and run this script again.' \
        "$CHANGEABLE" "$CHANGEABLE" "$CHANGEABLE"
}

# find_agent: sets AGENT and UNIT; fails if the agent is not installed.
find_agent() {
    if [ -x /usr/bin/amazon-ssm-agent ]; then
        AGENT=/usr/bin/amazon-ssm-agent UNIT=amazon-ssm-agent.service
    elif [ -x /snap/amazon-ssm-agent/current/amazon-ssm-agent ]; then
        AGENT=/snap/amazon-ssm-agent/current/amazon-ssm-agent UNIT=snap.amazon-ssm-agent.amazon-ssm-agent.service
    else
        return 1
    fi
}

# read_file PATH: sets TEXT to what a small file says, or to nothing.
read_file() {
    TEXT=
    [ ! -r "$1" ] || TEXT=$(head -c "$MAX_LOCAL_BYTES" "$1" | tr -d '\0') || TEXT=
}

# identify: sets IDENTITY to what tells this instance from its copies.
identify() {
    read_file /etc/machine-id
    IDENTITY="machine-id $TEXT"
    read_file /sys/class/dmi/id/product_uuid
    IDENTITY+=$'\n'"product-uuid $TEXT"
}

# stop_if_registered: ends the script if the agent is registered already. Makes no network request.
stop_if_registered() {
    if [ ! -s "$REGISTRATION" ]; then
        # Registering again would ask at the terminal, or make a second managed node.
        if grep -qs '"instanceID":"mi-' "$SSM_DATA/Vault/Store/RegistrationKey"; then
            refuse "The agent has a registration, but $REGISTRATION is missing. $(how_to_clear)"
        fi
        return 0
    fi
    read_registration
    if is_of_another_instance; then
        refuse "The registration $MANAGED is of another instance, from which this one was copied. $(how_to_clear)"
    fi
    find_agent || refuse "The registration $MANAGED is there, but not the agent. Install the agent, or delete $REGISTRATION."
    if ! systemctl is-active --quiet "$UNIT"; then
        say "The agent is registered as $MANAGED but is not running. Starting it."
        start_agent || retry_later "The agent does not start. Look at its messages: journalctl -u $UNIT"
    fi
    say "The agent is registered as $MANAGED and is running. Nothing to do."
    exit 0
}

# read_registration: sets MANAGED to the managed node that the agent is registered as.
read_registration() {
    read_file "$REGISTRATION"
    json_read "$TEXT" || JSON=()
    MANAGED=${JSON['$.ManagedInstanceID']:-}
    [[ $MANAGED =~ ^mi-[0-9a-z]+$ ]] || refuse "$REGISTRATION does not name a managed node. $(how_to_clear)"
}

how_to_clear() {
    find_agent || AGENT=amazon-ssm-agent
    printf 'Run "%s -register -clear", delete %s, and run this script again.' "$AGENT" "$MARKER"
}

# is_of_another_instance: compares the registration with what this script noted when it registered, and with what the agent noted.
is_of_another_instance() {
    local marker
    read_file "$MARKER"
    marker=$TEXT
    identify
    if [[ $marker == "$MANAGED"$'\n'* ]]; then
        [ "$marker" != "$MANAGED"$'\n'"$IDENTITY" ]
        return
    fi
    read_file "$SSM_DATA/Vault/Store/InstanceFingerprint"
    json_read "$TEXT" || return 1
    marker=${JSON['$.hardwareHash.machine-id']:-}
    read_file /etc/machine-id
    [ -n "$marker" ] && [ "${marker//[$' \r\n']/}" != "$TEXT" ]
}

take_lock() {
    exec 9>"$LOCK"
    remaining
    flock -w "$LEFT" 9 || retry_later "Another run of this script has not ended in $MAX_SECONDS seconds. Look at what it waits for."
    remaining
    [ "$LEFT" -gt 0 ] || retry_later "Another run of this script took all the time. Run it again."
}

# find_provider: sets PROVIDER. Waits for the network for a minute, because the script may start before it.
find_provider() {
    local last
    [ -z "$PROVIDER" ] || return 0
    now
    last=$((NOW + DETECT_SECONDS))
    [ "$last" -lt "$DEADLINE" ] || last=$((DEADLINE - 2))
    until detect_provider; do
        now
        [ "$NOW" -lt "$last" ] || retry_later "No provider was found: no metadata service answers, VMware has no token, and there" \
            "is no $TOKEN_FILE. Make one of them available, or set MUSTER_ENROLL_PROVIDER."
        sleep 2
    done
    say "This instance is at the provider $PROVIDER."
}

detect_provider() {
    # What somebody has placed for this purpose comes before what can be asked.
    if [ -s "$TOKEN_FILE" ]; then
        PROVIDER=dedicated
        read_file /sys/class/dmi/id/product_name
        if [[ $TEXT == OpenStack* || -e /dev/disk/by-label/config-2 ]]; then PROVIDER=openstack; fi
    elif read_guestinfo; then
        PROVIDER=vmware
    elif metadata_aws /latest/dynamic/instance-identity/document; then
        PROVIDER=aws
    elif [ "$STATUS" = 000 ]; then
        return 1
    elif metadata '/metadata/instance/compute/vmId?api-version=2021-02-01&format=text' 'Metadata: true'; then
        PROVIDER=azure
    elif metadata /computeMetadata/v1/instance/id 'Metadata-Flavor: Google'; then
        PROVIDER=gcp
    elif read_vendor_data; then
        PROVIDER=openstack
    else
        return 1
    fi
}

# read_guestinfo: sets TOKEN to what vCenter has placed for this virtual machine.
read_guestinfo() {
    TOKEN=
    if command -v vmware-rpctool >/dev/null; then
        TOKEN=$(timeout 10 vmware-rpctool 'info-get guestinfo.muster.enroll' 2>/dev/null) || TOKEN=
    elif command -v vmtoolsd >/dev/null; then
        TOKEN=$(timeout 10 vmtoolsd --cmd 'info-get guestinfo.muster.enroll' 2>/dev/null) || TOKEN=
    fi
    is_token
}

# read_vendor_data: sets TOKEN to what OpenStack's metadata service has for this instance.
read_vendor_data() {
    TOKEN=
    metadata /openstack/latest/vendor_data2.json '' && json_read "$ANSWER" || return 1
    TOKEN=${JSON['$.muster.enrollment_token']:-}
    is_token
}

is_token() { [[ $TOKEN =~ ^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$ ]]; }

# back_off: waits 2 to 120 seconds, longer each time since BACKOFF was 2.
back_off() {
    # Instances that start together must not ask together.
    pause "$((BACKOFF + RANDOM % BACKOFF))"
    BACKOFF=$((BACKOFF < 30 ? BACKOFF * 2 : 60))
}

# enroll: sets ACTIVATION_ID, ACTIVATION_CODE and REGION, with as many attempts as time allows. Each starts with a new challenge,
# because a challenge can be used once.
enroll() {
    BACKOFF=2
    until attempt; do
        if [ -n "$RETRY_AFTER" ]; then
            say "$PROBLEM Asking again in $RETRY_AFTER seconds."
            pause "$RETRY_AFTER"
        else
            say "$PROBLEM Trying again."
            back_off
        fi
    done
}

attempt() {
    local challenge
    RETRY_AFTER=
    post /enroll/v1/challenge "{\"provider\":\"$PROVIDER\"}" || return 1
    challenge=${JSON['$.challenge_id']:-} NONCE=${JSON['$.nonce']:-} AUDIENCE=${JSON['$.aud']:-}
    if [[ ! $challenge =~ ^[A-Za-z0-9._-]{1,128}$ || ! $NONCE =~ ^[A-Za-z0-9]{8,64}$ ||
        ! $AUDIENCE =~ ^[A-Za-z0-9.:/_-]{1,512}$ ]]; then
        PROBLEM="The challenge of $SERVER is not as expected. Get this script again from the portal."
        return 1
    fi
    "evidence_$PROVIDER" || return 1
    read_labels || return 1
    describe_os
    post /enroll/v1/attest \
        "{\"challenge_id\":\"$challenge\",\"provider\":\"$PROVIDER\",\"evidence\":$EVIDENCE,\"os\":$OS,\"labels\":$LABELS}" || return 1
    EVIDENCE='' TOKEN='' ANSWER=''
    if [ "${JSON['$.status']:-}" = provisioning ]; then
        RETRY_AFTER=${JSON['$.retry_after']:-}
        [[ $RETRY_AFTER =~ ^[1-9][0-9]{0,2}$ ]] || RETRY_AFTER=30
        PROBLEM="The systems account is still being created."
        return 1
    fi
    ACTIVATION_ID=${JSON['$.activation_id']:-} ACTIVATION_CODE=${JSON['$.activation_code']:-} REGION=${JSON['$.region']:-}
    JSON=()
    if [[ ! $ACTIVATION_ID =~ ^[0-9A-Za-z-]{1,64}$ || ! $ACTIVATION_CODE =~ ^[A-Za-z0-9+/=_-]{20,250}$ ||
        ! $REGION =~ ^[a-z]{2,6}(-[a-z]+)+-[0-9]$ ]]; then
        PROBLEM="The activation of $SERVER is not as expected. Get this script again from the portal."
        return 1
    fi
}

# evidence_PROVIDER: sets EVIDENCE to what proves which instance this is, as JSON.

evidence_aws() {
    PROBLEM="The metadata service has no identity document for this instance. Check that instance metadata is enabled."
    metadata_aws /latest/dynamic/instance-identity/rsa2048 || return 1
    ANSWER=${ANSWER//[$' \r\n']/}
    [[ $ANSWER =~ ^[A-Za-z0-9+/=]+$ ]] || return 1
    EVIDENCE="{\"rsa2048\":\"$ANSWER\"}"
}

evidence_azure() {
    local signature='' try
    # The service may answer a document that it made for an earlier nonce.
    for try in 1 2 3 4; do
        [ "$try" = 1 ] || sleep 1
        PROBLEM="The metadata service has no attested document for this instance."
        metadata "/metadata/attested/document?api-version=2025-04-07&nonce=$NONCE" 'Metadata: true' || continue
        json_read "$ANSWER" || continue
        signature=${JSON['$.signature']:-}
        [[ $signature =~ ^[A-Za-z0-9+/=]+$ ]] || continue
        PROBLEM="The metadata service answers an attested document that is not of this challenge."
        if printf '%s' "$signature" | base64 -d 2>/dev/null | grep -acF -f <(printf '%s\n' "$NONCE") >/dev/null; then
            azure_intermediates "$signature"
            EVIDENCE="{\"signature\":\"$signature\",\"intermediates\":$INTERMEDIATES}"
            return
        fi
    done
    return 1
}

# azure_intermediates BASE64: sets INTERMEDIATES to the certificates that issued the one in the document, as JSON. The document has
# only the last of the chain, and the server makes no requests to addresses that a certificate names.
azure_intermediates() {
    local certificate=$1 url list='' count
    for count in 1 2 3; do
        url=$(
            printf '%s' "$certificate" | base64 -d 2>/dev/null | tr -c '[:graph:]' '\n' |
                grep -oE 'http://www\.microsoft\.com/pkiops/certs/([A-Za-z0-9._-]|%20)+\.crt' | head -n 1
        ) || true
        [ -n "$url" ] || break
        certificate=$(
            curl_line url "$url" | curl -q --silent --fail --config - --proto '=http' --connect-timeout 5 --max-time 10 \
                --max-filesize 65536 2>/dev/null | head -c 65536 | base64 | tr -d '\n'
        ) || certificate=
        if [ -z "$certificate" ]; then
            say "The intermediate certificate $count was not downloaded from www.microsoft.com. Continuing without it."
            break
        fi
        list+="${list:+,}\"$certificate\""
    done
    INTERMEDIATES="[$list]"
}

evidence_gcp() {
    local path=/computeMetadata/v1/instance/service-accounts/default/identity
    PROBLEM="The metadata service has no identity token for this instance."
    if ! metadata "$path?audience=$AUDIENCE&format=full&licenses=FALSE" 'Metadata-Flavor: Google'; then
        [ "$STATUS" != 404 ] || refuse "This instance has no service account. Stop it, set one (it needs no roles), and start it."
        return 1
    fi
    TOKEN=$ANSWER
    token_evidence
}

evidence_vmware() {
    PROBLEM="VMware has no enrollment token for this instance (guestinfo.muster.enroll). Have vCenter place one."
    read_guestinfo && token_evidence
}

evidence_openstack() {
    PROBLEM="There is no enrollment token in $TOKEN_FILE or in OpenStack's vendor data. Place one."
    { read_token_file || read_vendor_data; } && token_evidence
}

evidence_dedicated() {
    PROBLEM="There is no enrollment token in $TOKEN_FILE. Place one."
    read_token_file && token_evidence
}

read_token_file() {
    TOKEN='' TOKEN_FILE_USED=
    [ -s "$TOKEN_FILE" ] || return 1
    # Who can write a token here decides which instance this one is.
    is_protected "$TOKEN_FILE" || refuse "$(how_to_protect)"
    read_file "$TOKEN_FILE"
    TOKEN=$TEXT TEXT=
    is_token || return 1
    TOKEN_FILE_USED=yes
}

token_evidence() {
    is_token || return 1
    EVIDENCE="{\"token\":\"$TOKEN\"}"
}

# read_labels: sets LABELS to the two labels of this instance, as JSON. Tokens of other providers state them.
read_labels() {
    local name list=''
    # Without an answer the labels are unknown, and not absent.
    PROBLEM="The metadata service does not say which labels this instance has."
    if [ "$PROVIDER" = azure ]; then
        metadata '/metadata/instance/compute/tagsList?api-version=2021-02-01&format=json' 'Metadata: true' || return 1
        [[ $ANSWER =~ ^[[:space:]]*\[ ]] && json_read "$ANSWER" || return 1
    fi
    for name in "$PATCHING_LABEL" "$PATCH_GROUP_LABEL"; do
        case $PROVIDER in
            # Only if tags in instance metadata are enabled.
            aws) metadata_aws "/latest/meta-data/tags/instance/$name" ;;
            azure) azure_tag "$name" ;;
            # The metadata server does not know labels, so attributes of the same names stand for them.
            gcp) metadata "/computeMetadata/v1/instance/attributes/$name" 'Metadata-Flavor: Google' ;;
            *) continue ;;
        esac || {
            [ "$STATUS" != 404 ] || continue
            return 1
        }
        if [ "${#ANSWER}" -gt 256 ]; then
            say "The label $name is longer than 256 bytes and is not sent. Shorten it."
            continue
        fi
        json_quote "$ANSWER"
        list+="${list:+,}\"$name\":$QUOTED"
    done
    LABELS="{$list}"
}

# azure_tag NAME: sets ANSWER to the value of a tag in JSON, and STATUS as a request for it would.
azure_tag() {
    local index
    for ((index = 0; index < 64; index++)); do
        if [ "${JSON["\$.$index.name"]:-}" = "$1" ]; then
            ANSWER=${JSON["\$.$index.value"]:-}
            return
        fi
    done
    STATUS=404
    return 1
}

# describe_os: sets OS to the operating system, as JSON.
describe_os() {
    local id version architecture
    os_release ID
    id=$QUOTED
    os_release VERSION_ID
    version=$QUOTED
    json_quote "$(uname -m)"
    architecture=$QUOTED
    OS="{\"id\":$id,\"version\":$version,\"architecture\":$architecture}"
}

# os_release KEY: sets QUOTED to a value of /etc/os-release. The file is not run, unlike what its format allows.
os_release() {
    local value
    value=$(sed -n "s/^$1=//p" /etc/os-release 2>/dev/null | head -n 1) || value=
    value=${value#[\"\']}
    json_quote "${value%[\"\']}"
}

# register_agent: registers with the activation, with as many attempts as time allows, and starts the agent.
register_agent() {
    BACKOFF=8
    # What a run that was killed has left.
    rm -rf "$STATE"/enroll.*
    # Not /tmp, which may forbid programs, and which others can write.
    WORK=$(mktemp -d "$STATE/enroll.XXXXXX")
    while :; do
        if find_agent; then run_agent; else run_setup; fi
        [ ! -s "$REGISTRATION" ] || break
        say "The agent was not registered in $REGION. It said: $PRINTABLE"
        PROBLEM="The agent was not registered. Check that this instance reaches ssm.$REGION.amazonaws.com and that its clock is right."
        back_off
    done
    ACTIVATION_ID='' ACTIVATION_CODE=''
    read_registration
    identify
    printf '%s\n%s\n' "$MANAGED" "$IDENTITY" >"$MARKER"
    # A token can be used once.
    [ -z "$TOKEN_FILE_USED" ] || rm -f "$TOKEN_FILE"
    find_agent || retry_later "The agent is registered but was not found. Look at /var/log/amazon/ssm."
    start_agent || retry_later "The agent is registered but does not start. Look at its messages: journalctl -u $UNIT"
    say "Enrolled as $MANAGED in $REGION."
    warn_without_proxy
}

# warn_without_proxy: says so if this script uses a proxy, and the agent, which systemd starts without our environment, has none.
warn_without_proxy() {
    local environment file=$'environmentfiles?=[^\n]'
    [ -n "${https_proxy:-}${HTTPS_PROXY:-}${all_proxy:-}${ALL_PROXY:-}" ] || return 0
    environment=$(systemctl show --property=Environment --property=EnvironmentFiles --property=EnvironmentFile "$UNIT" 2>/dev/null) || environment=
    environment+=$'\n'$(systemctl show-environment 2>/dev/null) || true
    environment=${environment,,}
    # What a file sets is only known to systemd.
    [[ $environment != *https_proxy=* && ! $environment =~ $file ]] || return 0
    say "A proxy is set here, but not for the agent: it will be offline unless it reaches AWS without one." \
        "docs/enrolling.md says how to set it (systemctl edit $UNIT)."
}

# Neither program of AWS takes the code in another way than on its command line. The code is of use to nobody else once this has
# returned: it registers one instance, within an hour.

# run_agent: registers the agent that is installed. Sets PRINTABLE to its output.
run_agent() {
    systemctl stop "$UNIT" || true
    run_with_code 120 "$AGENT" -register -id "$ACTIVATION_ID" -region "$REGION" -code "$ACTIVATION_CODE"
}

# run_setup: has AWS's installer install and register the agent; it checks the signature of the package.
run_setup() {
    local domain=amazonaws.com family=linux machine setup=$WORK/ssm-setup-cli
    case $REGION in
        cn-*) domain=amazonaws.com.cn ;;
        eusc-*) domain=amazonaws.eu ;;
    esac
    ! command -v dpkg >/dev/null || family=debian
    case $(uname -m) in
        x86_64) machine=amd64 ;;
        aarch64) machine=arm64 ;;
        *) refuse "There is no SSM Agent for the processor $(uname -m)." ;;
    esac
    say "Installing the SSM Agent."
    if ! curl_line url "https://amazon-ssm-$REGION.s3.$REGION.$domain/latest/${family}_$machine/ssm-setup-cli" |
        curl -q --silent --fail --config - --proto '=https' --tlsv1.2 --connect-timeout 10 --max-time 300 \
            --max-filesize 209715200 --output "$setup" 2>/dev/null; then
        PRINTABLE="the installer was not downloaded from amazon-ssm-$REGION.s3.$REGION.$domain"
        return 0
    fi
    chmod 700 "$setup"
    run_with_code 600 "$setup" -register -activation-id "$ACTIVATION_ID" -region "$REGION" -activation-code "$ACTIVATION_CODE"
}

# run_with_code SECONDS COMMAND…: runs it without input, so that it cannot wait for answers. Sets PRINTABLE to the end of its
# output, without the code. The output goes to a file, because a daemon that the command starts would keep a pipe open.
run_with_code() {
    local output
    (
        umask 022
        exec timeout -k 10 "$@"
    ) </dev/null >"$WORK/output" 2>&1 9>&- || true
    output=$(tail -c 4000 "$WORK/output" | tr -d '\0')
    output=${output//"$ACTIVATION_CODE"/(code)}
    if [ "${#output}" -gt 500 ]; then output=${output:${#output}-500}; fi
    printable "$output"
}

start_agent() {
    local try
    # An agent in an image may be disabled. A snap's is enabled by snapd.
    systemctl enable --quiet "$UNIT" 2>/dev/null || true
    systemctl start "$UNIT" || return 1
    for try in 1 2 3 4 5; do
        ! systemctl is-active --quiet "$UNIT" || return 0
        sleep "$try"
    done
    return 1
}

main() {
    trap finish EXIT
    trap 'exit 20' HUP INT TERM
    check_settings
    prepare_state
    now
    DEADLINE=$((NOW + MAX_SECONDS))
    stop_if_registered
    take_lock
    # Another run may just have registered it.
    stop_if_registered
    find_provider
    enroll
    register_agent
}

# Last, so that a script that was downloaded in part does nothing.
main
