#!/usr/bin/env bash
# Checks the CloudFormation template of systems accounts with cfn-lint, which knows the resource types of each Region. Seconds,
# once the tests of muster-provision are built.

. "$(dirname "$0")/common.sh"
cd "$ROOT"

# Those in which accounts are expected. China, GovCloud and the UAE lack AWS::SSM::ServiceSetting.
REGIONS=(us-east-1 us-east-2 us-west-2 ca-central-1 eu-west-1 eu-west-2 eu-central-1 eu-north-1 ap-southeast-2 ap-northeast-1 sa-east-1)

"$ROOT/scripts/python.sh" cfn-lint "$ROOT/server/provision/tests/requirements.txt"
TEMP=$(mktemp -d)
trap 'rm -rf "$TEMP"' EXIT
export MUSTER_TEMPLATE_FILE=$TEMP/template.json
cargo test $LOCKED --quiet --package muster-provision --test it -- --exact template::writes_the_template_to_a_file --ignored >/dev/null
"$CACHE/cfn-lint/bin/cfn-lint" --non-zero-exit-code informational --include-checks I --regions "${REGIONS[@]}" -- "$MUSTER_TEMPLATE_FILE"
say "cfn-lint found nothing in ${#REGIONS[@]} Regions"
